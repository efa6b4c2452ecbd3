"""The self-check of a run: what it says where, what it does without the raw inputs, and that a difference stops it."""

from __future__ import annotations

import csv
import gzip
import json
import os
from pathlib import Path
from typing import Any

import harness
import polars as pl
import pytest
from backports import zstd

from badgeledger import cli, pipeline, self_check
from badgeledger.warehouse import Warehouse

NIGHTLY = harness.nightly(
    'as_of = "2024-02-01T00:00:00Z"',
    "max_quarantined = 0.5",
    place="build/",
    more='[reports]\nformats = ["csv", "html"]',
)
LIMITS = [harness.fixed_value(1), harness.every_days(5, 1), harness.every_days(5, 2, "BADGE")]
DEFINED = harness.define(harness.definition("B", limits=LIMITS))


def earns(customer: str, *days: int) -> list[harness.Line]:
    rids = [f"{customer}.{day}" for day in days]
    return [
        harness.earn("B", customer, f"2024-01-{day:02}T10:00:00Z", rid=rid) for day, rid in zip(days, rids, strict=True)
    ]


@pytest.fixture
def nightly(tmp_path: Path) -> Path:
    """A pipeline over every kind of file: plain, packed, one JSON document, one that begins with a byte order mark."""
    (tmp_path / "nightly.toml").write_text(NIGHTLY)
    asked = harness.issue_bulk("B", ["c1", "c4"], "2024-01-20T10:00:00Z", rid="halves")
    files: dict[str, bytes] = {
        "plain.jsonl": lines_of([DEFINED, *earns("c1", 1, 2, 3), "}{", harness.unanswered(asked)]),
        "packed.jsonl.gz": gzip.compress(lines_of(["", *earns("c1", 4), *earns("c2", 5, 6)]), mtime=0),
        "packed.jsonl.zst": zstd.compress(lines_of(earns("c3", 7))),
        "document.json": json.dumps([*earns("c1", 8), *earns("c4", 9)], indent=1).encode(),
        "marked.jsonl": b"\xef\xbb\xbf" + lines_of([*earns("c5", 10, 11), harness.unasked(asked)]).rstrip(b"\n"),
    }
    for name, data in files.items():
        path = tmp_path / "logs" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "nightly.toml"


def lines_of(lines: list[harness.Line]) -> bytes:
    return b"".join(harness.text_of(line) + b"\n" for line in lines)


def run(*arguments: object, code: int = 0) -> None:
    assert cli.run_command([str(argument) for argument in arguments]) == code


def result(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    capsys.readouterr()
    run(*arguments, "--json")
    found: dict[str, Any] = json.loads(capsys.readouterr().out)["self_check"]
    return found


def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return found


def test_the_result_stands_on_stderr_in_the_manifest_and_on_the_page(
    nightly: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("run", nightly)
    told = capsys.readouterr().err
    assert "info self-check: 6 of 6 subjects recounted from 14 raw lines, " in told
    folder = nightly.parent / "build" / "reports" / "2024-02-01"
    found = manifest(folder)["self_check"]
    assert (found["subjects"], found["recounted"], found["lines"]) == (6, 6, 14)
    assert f"{found['rows']} rows of tables agree" in told
    page = (folder / "report.html").read_text()
    assert "recounted 6 of 6 subjects, drawn by as-of, from 14 raw lines" in page


def test_a_report_with_its_self_check_is_verified_and_reproduced(nightly: Path) -> None:
    run("run", nightly)
    folder, warehouse = nightly.parent / "build" / "reports" / "2024-02-01", nightly.parent / "build" / "ledger.duckdb"
    run("verify", folder, "--warehouse", warehouse)
    (nightly.parent / "logs" / "plain.jsonl").unlink()
    run("reproduce", folder, "--warehouse", warehouse)


def test_a_difference_stops_the_run_with_6_and_names_the_subject(
    nightly: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = pipeline._check

    def miscounted(opened: Warehouse, progress: pipeline.Progress) -> None:
        real(opened, progress)
        opened.con.execute("UPDATE flags.breach SET count = 7 WHERE customer_id = 'c2' AND scope = 'CUSTOMER'")

    with monkeypatch.context() as patched:
        patched.setattr(pipeline, "_check", miscounted)
        run("run", nightly, code=6)
    told = capsys.readouterr().err
    assert "badgeledger: the self-check of badge B, " in told
    assert "column count: expected 2, as the second program counts from the raw lines; found 7." in told
    assert list((nightly.parent / "build" / "reports").iterdir()) == []
    run("status", "--pipeline", nightly, "--json")
    assert json.loads(capsys.readouterr().out)["files"] == 0
    run("run", nightly)


def test_inputs_that_have_moved_away_are_told_and_never_fail_a_run(
    nightly: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("run", nightly)
    (nightly.parent / "logs" / "packed.jsonl.gz").unlink()
    found = result(capsys, "run", nightly, "--as-of", "2024-02-02T00:00:00Z")
    # c1 and c2 have lines in it, and with them the badge as a whole.
    assert (found["subjects"], found["recounted"]) == (6, 3)
    run("run", nightly, "--as-of", "2024-02-03T00:00:00Z")
    told = capsys.readouterr().err
    assert "warning self-check: 3 of 6 subjects recounted" in told
    assert "; 3 not: their raw lines have moved or changed, or are hard to get at" in told
    page = (nightly.parent / "build" / "reports" / "2024-02-03" / "report.html").read_text()
    assert "raw lines of the other 3 subjects" in page


@pytest.mark.parametrize(
    # The definition stands in the first; in each of the others some customer's rows, and with them the badge's.
    ("name", "left"),
    [("plain.jsonl", 0), ("packed.jsonl.gz", 3), ("document.json", 3)],
)
def test_inputs_that_were_overwritten_are_told_and_never_fail_a_run(
    name: str, left: int, nightly: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("run", nightly)
    path = nightly.parent / "logs" / name
    size, stamp = path.stat().st_size, path.stat().st_mtime_ns
    other = gzip.decompress(path.read_bytes()) if name.endswith(".gz") else path.read_bytes()
    other = other.replace(b'"c1"', b'"c9"').replace(b'"c2"', b'"c8"')
    path.write_bytes((gzip.compress(other, mtime=0) if name.endswith(".gz") else other).ljust(size, b"\0"))
    os.utime(path, ns=(stamp, stamp))
    found = result(capsys, "report", "--pipeline", nightly, "--out", nightly.parent / "again")
    assert (found["subjects"], found["recounted"]) == (6, left)


def test_a_log_that_has_grown_since_is_read_as_far_as_it_was_known(
    nightly: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("run", nightly)
    with (nightly.parent / "logs" / "marked.jsonl").open("ab") as file:
        file.write(b" and what was written behind it\n" + lines_of(earns("c5", 12)))
    found = result(capsys, "report", "--pipeline", nightly, "--out", nightly.parent / "again")
    assert (found["subjects"], found["recounted"]) == (6, 6)


def test_a_small_sample_is_drawn_by_as_of(nightly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nightly.write_text(NIGHTLY.replace('"csv", "html"', '"csv"') + "\n[check]\nself_check = 2\n")
    nights = [f"2024-02-0{day}T00:00:00Z" for day in range(1, 8)]
    pairs = [[result(capsys, "run", nightly, "--as-of", night) for _ in range(2)] for night in nights]
    assert all(first == second for first, second in pairs)
    assert {first["subjects"] for first, _ in pairs} == {2}
    assert len({(first["lines"], first["rows"]) for first, _ in pairs}) > 1
    assert not list((nightly.parent / "build" / "reports").glob("*.2"))


@pytest.mark.parametrize("revoked", ["count", "exclude"])
def test_subjects_of_every_shape_are_recounted(revoked: str, nightly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs = nightly.parent / "logs"
    revoke = {"badgeMetaId": "B", "customers": ["c4"]}
    by_id = {"badgeMetaId": "B", "revokeIssuals": [{"issueId": "halves.0"}]}
    imported = {"badgeMetaId": "B", "customerId": "c6", "earnEventDate": harness.seconds("2024-01-12T00:00:00Z")}
    event = {"eventName": "badgeEarned", "badgeMetaId": "B", "customerId": "c7", "earnedBadgeId": "e7"}
    lines: list[harness.Line] = [
        {"loggedAt": "2024-01-21T00:00:00Z", "endpoint": "revokeIssue", "request": revoke},
        {"loggedAt": "2024-01-22T00:00:00Z", "endpoint": "revokeIssue", "request": by_id},
        {"loggedAt": "2024-01-12T00:00:00Z", "endpoint": "import", "request": [imported, imported]},
        event | {"createdAt": harness.micros("2024-01-13T00:00:00Z") // 1000},
    ]
    (logs / "others.jsonl").write_bytes(lines_of(lines))
    (logs / "flat.csv").write_text(
        'badge_id,customer_id,kind,processed_at,note\nB,c8,EARN,2024-01-14T00:00:00Z,"two\nlines"\n'
        "B,c9,EARN,2024-01-15T00:00:00Z,\nB,c9,EARN,2024-01-16T00:00:00Z,\n"
    )
    frame = {"badgeMetaId": ["B"], "customerId": ["c10"], "earnEventDateISO": ["2024-01-17T00:00:00Z"]}
    pl.DataFrame(frame).write_parquet(logs / "template.parquet")
    found = result(capsys, "run", nightly, "--set", f"revoked={revoked}")
    assert (found["subjects"], found["recounted"]) == (11, 11)
    with (nightly.parent / "build" / "reports" / "2024-02-01" / "issuances.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["customer_id"] for row in rows} == {f"c{number}" for number in range(1, 11)}
    assert sorted(row["customer_id"] for row in rows if row["revoked_at"]) == ["c1", "c4"]


def test_a_badge_of_many_rows_is_recounted_within_the_budget_and_told_when_it_is_passed_over(
    nightly: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    customers = [f"w{number}" for number in range(1_500)]
    wide = harness.issue_bulk("B", customers, "2024-01-20T00:00:00Z", rid="wide")
    harness.write_files(nightly.parent / "logs", harness.files_of({"wide.jsonl": [wide]}))
    nightly.write_text(NIGHTLY.replace('"csv", "html"', '"csv"') + "\n[check]\nself_check = 2000\n")
    found = result(capsys, "run", nightly)
    # The badge as a whole, and its customers; each row of the badge stands in issuances and expirations at least.
    assert (found["subjects"], found["recounted"], found["passed_over"]) == (1_506, 1_506, 0)
    assert found["rows"] > 4 * 1_500
    monkeypatch.setattr(self_check, "_MOST_LOOKS", 1_000**2)
    nightly.write_text(NIGHTLY + "\n[check]\nself_check = 2000\n")
    found = result(capsys, "report", "--pipeline", nightly, "--out", nightly.parent / "again")
    assert (found["subjects"], found["recounted"], found["passed_over"]) == (1_505, 1_505, 1)
    page = (nightly.parent / "again" / "report.html").read_text()
    assert "1 subject of more rows or lines than could be recounted beside these was passed over" in page
    run("report", "--pipeline", nightly, "--out", nightly.parent / "again")
    assert "; 1 passed over: too many rows or lines" in capsys.readouterr().err


def test_zero_turns_it_off(nightly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nightly.write_text(NIGHTLY + "\n[check]\nself_check = 0\n")
    run("run", nightly)
    assert "self-check" not in capsys.readouterr().err
    folder = nightly.parent / "build" / "reports" / "2024-02-01"
    assert manifest(folder)["self_check"] is None
    assert "No sample was recounted" in (folder / "report.html").read_text()


def test_a_log_without_a_subject_has_nothing_to_recount(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "nightly.toml").write_text(NIGHTLY)
    harness.write_files(tmp_path / "logs", harness.files_of([DEFINED]))
    found = result(capsys, "run", tmp_path / "nightly.toml")
    assert found == {"subjects": 0, "recounted": 0, "lines": 0, "rows": 0, "passed_over": 0}
