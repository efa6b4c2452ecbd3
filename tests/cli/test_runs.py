"""Runs from the command line, on small logs: what is committed, published, printed, and with which code."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import harness
import pytest

from badgeledger import accounting, cli, inputs
from badgeledger.reports import publish
from badgeledger.reports.tables import TABLES
from badgeledger.warehouse import Warehouse

NIGHTLY = harness.nightly(
    'as_of = "2024-02-01T00:00:00Z"',
    "max_quarantined = 0.25",
    place="build/",
    more='[reports]\nformats = ["csv", "parquet"]',
)
DEFINED = harness.define(harness.definition("B", limits=[harness.fixed_value(1)]))
FIRST = [DEFINED, *(harness.earn("B", "c1", f"2024-01-0{day}T10:00:00Z", rid=f"r{day}") for day in (1, 2, 3))]
SECOND = [harness.earn("B", "c2", f"2024-01-0{day}T10:00:00Z", rid=f"s{day}") for day in (4, 5)]


def log(tmp_path: Path, name: str, lines: Iterable[harness.Line]) -> None:
    harness.write_files(tmp_path / "logs", harness.files_of({name: lines}))


@pytest.fixture
def nightly(tmp_path: Path) -> str:
    """A pipeline file beside a log with three earns of a badge that allows one: two breaches."""
    (tmp_path / "nightly.toml").write_text(NIGHTLY)
    log(tmp_path, "first.jsonl", FIRST)
    return str(tmp_path / "nightly.toml")


def run(*arguments: object, code: int = 0) -> None:
    assert cli.run_command([str(argument) for argument in arguments]) == code


def answer(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, object]:
    capsys.readouterr()
    run(*arguments, "--json")
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def rows(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_run_ends_with_at_most_twelve_lines_the_path_of_the_report_and_the_next_command(
    nightly: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run("run", nightly)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 12
    assert lines[0] == "nightly: 2 breaches, 0 findings (0 errors)"
    assert "4 read = 4 accepted + 0 duplicate + 0 quarantined (1 file)" in "\n".join(lines)
    assert any(line.split()[:2] == ["report", "build/reports/2024-02-01"] for line in lines)
    assert lines[-1] == "next: badgeledger status --warehouse build/ledger.duckdb"


def test_a_night_hashes_no_input_that_stands_as_it_stood_unless_it_is_full(
    nightly: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "_CLOCK_STEP_NS", 0)
    log(tmp_path, "second.jsonl", SECOND)
    time.sleep(0.05)
    sizes: list[int] = []
    real = inputs._sha256

    def noted(file: IO[bytes], size: int) -> str:
        sizes.append(size)
        return real(file, size)

    monkeypatch.setattr(inputs, "_sha256", noted)
    whole = [(tmp_path / "logs" / f"{name}.jsonl").stat().st_size for name in ("first", "second")]
    for options, hashed in (((), whole), ((), []), (("--full",), whole)):
        sizes.clear()
        answer(capsys, "run", nightly, *options)
        assert sizes == hashed
    # A line that is broken in its place, and dated back, is another file.
    place = tmp_path / "logs" / "first.jsonl"
    dated = place.stat()
    place.write_bytes(place.read_bytes().replace(b'"r3"', b'"r4"'))
    os.utime(place, ns=(dated.st_atime_ns, dated.st_mtime_ns))
    sizes.clear()
    facts = answer(capsys, "run", nightly)
    assert sizes == whole[:1]
    assert [file["known"] for file in facts["files"]] == [False, True]  # type: ignore[index,attr-defined]
    assert facts["totals"]["issuances"] == 6  # type: ignore[index]


def test_the_report_folder_holds_every_table_and_counts_agree(
    nightly: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = answer(capsys, "run", nightly)
    folder = tmp_path / "build" / "reports" / "2024-02-01"
    assert facts["report"]["folder"] == str(folder)  # type: ignore[index]
    assert {path.name for path in folder.iterdir()} == {
        *(f"{name}.{kind}" for name in TABLES for kind in ("csv", "parquet")),
        "manifest.json",
    }
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in TABLES:
        assert manifest["outputs"][f"{name}.csv"]["rows"] == len(rows(folder, name)), name
    totals = facts["totals"]
    assert totals["breaches"] == len(rows(folder, "breaches")) == 2  # type: ignore[index]
    assert totals["issuances"] == len(rows(folder, "issuances")) == 3  # type: ignore[index]
    assert [entry["path"] for entry in manifest["inputs"]] == ["first.jsonl"]
    assert manifest["as_of"] == "2024-02-01T00:00:00.000000Z"


def test_the_second_run_of_a_night_keeps_the_folder_and_reads_no_file_again(
    nightly: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("run", nightly)
    before = bytes_of(tmp_path / "build" / "reports" / "2024-02-01")
    facts = answer(capsys, "run", nightly)
    assert facts["report"]["kept"] is True  # type: ignore[index]
    assert [entry["known"] for entry in facts["files"]] == [True]  # type: ignore[attr-defined]
    assert bytes_of(tmp_path / "build" / "reports" / "2024-02-01") == before
    assert [path.name for path in (tmp_path / "build" / "reports").iterdir()] == ["2024-02-01"]


def test_options_replace_what_the_file_says(nightly: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log(tmp_path / "other", "x.jsonl", [*FIRST, *SECOND])
    monkeypatch.chdir(tmp_path)
    run(
        *("run", nightly, "--input", "other/logs/*.jsonl", "--warehouse", "w.duckdb", "--out", "report"),
        *("--as-of", "2024-01-03T10:00:00+00:00", "--set", "zone=Asia/Kolkata", "--full"),
    )
    manifest = json.loads((tmp_path / "report" / "manifest.json").read_text())
    assert manifest["as_of"] == "2024-01-03T10:00:00.000000Z"
    assert manifest["settings"]["rules"]["zone"] == "Asia/Kolkata"
    assert [entry["path"] for entry in manifest["inputs"]] == ["x.jsonl"]
    assert len(rows(tmp_path / "report", "issuances")) == 3
    assert (tmp_path / "w.duckdb").exists()
    assert not (tmp_path / "build").exists()


def test_too_many_refused_lines_end_with_3_and_nothing_of_the_run_is_kept(
    nightly: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log(tmp_path, "garbage.jsonl", ["}{", "}{", "}{"])
    run("run", nightly, code=3)
    text = capsys.readouterr().err
    assert "at most 25.00%" in text
    assert "3 of 7, most of them (3) in garbage.jsonl" in text
    facts = answer(capsys, "status", "--pipeline", nightly)
    assert (facts["files"], facts["lines"], facts["last_run"]) == (0, 0, None)
    assert list((tmp_path / "build" / "reports").iterdir()) == []
    (tmp_path / "logs" / "garbage.jsonl").write_text("}{\n")
    run("run", nightly)
    assert len(rows(tmp_path / "build" / "reports" / "2024-02-01", "quarantine")) == 1


def test_an_input_that_is_not_there_ends_with_3(nightly: str, capsys: pytest.CaptureFixture[str]) -> None:
    run("run", nightly, "--input", "/nowhere/at/all.jsonl", code=3)
    assert "/nowhere/at/all.jsonl" in capsys.readouterr().err


@pytest.mark.parametrize(("condition", "code"), [("breaches", 4), ("errors", 0)])
def test_fail_on_ends_with_4_after_the_report_is_published(
    condition: str, code: int, nightly: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("run", nightly, "--fail-on", condition, code=code)
    captured = capsys.readouterr()
    assert captured.out.startswith("nightly: 2 breaches")
    assert ("--fail-on breaches: expected no breach; found 2" in captured.err) == (code == 4)
    assert (tmp_path / "build" / "reports" / "2024-02-01" / "manifest.json").exists()


def test_a_warehouse_that_is_held_ends_with_5_and_names_the_holder(
    nightly: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Warehouse.open(tmp_path / "build" / "ledger.duckdb"):
        run("run", nightly, "--lock-timeout", "0", code=5)
    assert "held by process" in capsys.readouterr().err


def test_a_file_that_is_no_warehouse_ends_with_5_and_stays_as_it_is(
    nightly: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "w.duckdb").write_bytes(b"not a database" * 1000)
    run("run", nightly, "--warehouse", tmp_path / "w.duckdb", code=5)
    assert "w.duckdb" in capsys.readouterr().err
    assert (tmp_path / "w.duckdb").read_bytes() == b"not a database" * 1000


def test_a_check_that_finds_a_row_ends_with_6_and_nothing_of_the_run_is_kept(
    nightly: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = accounting.statement

    def contradicted(folder: str, relation: str) -> str:
        return "SELECT 'badge B', '3', '4'" if relation == "lines_reconcile" else real(folder, relation)

    monkeypatch.setattr(accounting, "statement", contradicted)
    run("run", nightly, code=6)
    text = capsys.readouterr().err
    assert "lines_reconcile" in text
    assert "badge B: expected 3; found 4" in text
    assert answer(capsys, "status", "--pipeline", nightly)["files"] == 0
    assert list((tmp_path / "build" / "reports").iterdir()) == []


def test_a_night_without_a_new_line_has_the_finding_no_input_and_says_what_it_is_compared_with(
    nightly: str, tmp_path: Path
) -> None:
    def night(day: int) -> tuple[list[str], str | None, str]:
        run("run", nightly, "--as-of", f"2024-02-0{day}T00:00:00Z")
        folder = tmp_path / "build" / "reports" / f"2024-02-0{day}"
        manifest = (folder / "manifest.json").read_bytes()
        codes = [row["code"] for row in rows(folder, "findings")]
        return codes, json.loads(manifest)["since"], hashlib.sha256(manifest).hexdigest()

    first, second = night(1), night(2)
    assert (first[0], first[1]) == ([], None)
    assert (second[0], second[1]) == (["no-input"], first[2])
    assert night(2) == second
    log(tmp_path, "second.jsonl", SECOND)
    third = night(3)
    assert (third[0], third[1]) == ([], second[2])
    assert not list((tmp_path / "build" / "reports").glob("*.2"))


def test_a_report_place_that_cannot_be_written_is_found_before_anything_is_committed(
    nightly: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    run("run", nightly, "--out", tmp_path / "file" / "report", code=6)
    assert str(tmp_path / "file") in capsys.readouterr().err
    assert answer(capsys, "status", "--pipeline", nightly)["files"] == 0


def test_a_run_that_was_stopped_before_its_report_stood_is_finished_by_the_next(
    nightly: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("run", nightly, "--out", tmp_path / "undisturbed", "--warehouse", tmp_path / "other.duckdb")

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(publish, "_write_files", stopped)
        run("run", nightly, code=130)
    facts = answer(capsys, "status", "--pipeline", nightly)
    assert facts["last_run"]["state"] == "open"  # type: ignore[index]
    log(tmp_path, "second.jsonl", SECOND)
    run("run", nightly, "--as-of", "2024-02-02T00:00:00Z")
    folders = tmp_path / "build" / "reports"
    assert sorted(path.name for path in folders.iterdir()) == ["2024-02-01", "2024-02-02"]
    assert bytes_of(folders / "2024-02-01") == bytes_of(tmp_path / "undisturbed")
    assert len(rows(folders / "2024-02-02", "issuances")) == 5


def test_an_open_run_is_finished_as_it_was_also_after_another_ingest(
    nightly: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("run", nightly, "--out", tmp_path / "undisturbed", "--warehouse", tmp_path / "other.duckdb")
    with monkeypatch.context() as patched:
        patched.setattr(publish, "_write_files", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        run("run", nightly, code=130)
    log(tmp_path, "second.jsonl", SECOND)
    run("ingest", tmp_path / "logs", "--warehouse", tmp_path / "build" / "ledger.duckdb")
    run("run", nightly, "--as-of", "2024-02-02T00:00:00Z")
    assert bytes_of(tmp_path / "build" / "reports" / "2024-02-01") == bytes_of(tmp_path / "undisturbed")


def test_the_report_of_a_past_night_can_be_made_again_byte_for_byte(
    nightly: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("run", nightly)
    with Warehouse.open(tmp_path / "build" / "ledger.duckdb") as warehouse:
        known_at = warehouse.con.execute("SELECT strftime(known_at, '%Y-%m-%dT%H:%M:%S.%fZ') FROM raw.run").fetchone()
    assert known_at is not None
    log(tmp_path, "second.jsonl", SECOND)
    run("run", nightly, "--as-of", "2024-03-01T00:00:00Z", "--set", "zone=Asia/Kolkata")
    capsys.readouterr()
    run(
        *("report", "--warehouse", tmp_path / "build" / "ledger.duckdb", "--as-of", "2024-02-01T00:00:00Z"),
        *("--known-at", known_at[0], "--set", "zone=UTC", "--out", tmp_path / "again"),
    )
    assert "settings of the last run: zone=UTC" in capsys.readouterr().err
    assert bytes_of(tmp_path / "again") == bytes_of(tmp_path / "build" / "reports" / "2024-02-01")


def test_report_after_an_ingest_shows_the_new_lines_with_the_settings_of_the_last_run(
    nightly: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("run", nightly, "--set", "zone=Asia/Kolkata")
    log(tmp_path, "second.jsonl", SECOND)
    run("ingest", tmp_path / "logs", "--warehouse", tmp_path / "build" / "ledger.duckdb")
    assert "4     4 " not in capsys.readouterr().err
    facts = answer(capsys, "report", "--pipeline", nightly, "--out", tmp_path / "report")
    assert facts["totals"]["issuances"] == 5  # type: ignore[index]
    facts = answer(capsys, "report", "--warehouse", tmp_path / "build" / "ledger.duckdb", "--out", tmp_path / "report")
    assert facts["rules"]["zone"] == "Asia/Kolkata"  # type: ignore[index]
    assert facts["report"]["folder"] == str(tmp_path / "report.2")  # type: ignore[index]


def test_ingest_prints_what_became_of_the_lines_of_each_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log(tmp_path, "first.jsonl", [*FIRST, FIRST[1], "}{"])
    log(tmp_path, "second.jsonl.gz", SECOND)
    run("ingest", tmp_path / "logs", "--warehouse", tmp_path / "w.duckdb")
    printed = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert printed[0] == ["read", "accepted", "duplicate", "quarantined", "file"]
    assert printed[1:3] == [["6", "4", "1", "1", "first.jsonl"], ["2", "2", "0", "0", "second.jsonl.gz"]]
    assert printed[3][:4] == ["8", "6", "1", "1"]


def test_status_says_what_the_warehouse_holds(nightly: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("run", nightly)
    facts = answer(capsys, "status", "--pipeline", nightly)
    assert {name: facts[name] for name in ("files", "lines", "runs", "issuances", "breaches", "quarantined")} == {
        "files": 1,
        "lines": 4,
        "runs": 1,
        "issuances": 3,
        "breaches": 2,
        "quarantined": 0,
    }
    assert facts["last_run"] == {
        "pipeline": "nightly",
        "as_of": "2024-02-01T00:00:00Z",
        "zone": "UTC",
        "state": "published",
        "report": str(tmp_path / "build" / "reports" / "2024-02-01"),
    }
    run("status", "--pipeline", nightly)
    assert "breaches" in capsys.readouterr().out
