"""Nights compared from the command line: `--since`, waivers, `--fail-on new-breaches`, and reports that are gone."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import harness
import pytest
from cli.conftest import restore

from badgeledger import cli

PIPELINE = harness.nightly('as_of = "2024-02-01T00:00:00Z"', more='[reports]\nformats = ["csv", "parquet"]')
WAIVERS = """
[[waiver]]
badge = "B"
limit = "CUSTOMER:FIXED_VALUE"
reason = "agreed"
who = "the sponsor"
until = {until}
"""


def earn(customer: str, at: str, rid: str) -> harness.Line:
    return harness.earn("B", customer, at, rid=rid)


# Of the third night's lines the last is processed after that night's as-of.
NIGHTS: list[list[harness.Line]] = [
    [
        harness.define(harness.definition("B", limits=[harness.fixed_value(1), harness.every_days(5, 9)])),
        earn("c1", "2024-01-01T10:00:00Z", "r1"),
        earn("c1", "2024-01-02T10:00:00Z", "r2"),
    ],
    [earn("c1", "2024-01-03T10:00:00Z", "r3")],
    [earn("c2", "2024-01-03T10:00:00Z", "r4"), earn("c2", "2024-02-03T10:00:00Z", "r5")],
]


def run(*arguments: object, code: int = 0) -> None:
    assert cli.run_command([str(argument) for argument in arguments]) == code


def night(folder: Path, number: int, *options: object, code: int = 0) -> Path:
    """The run of the night before day `number` of February, with what came in then; its report folder."""
    if number <= len(NIGHTS):
        harness.write_files(folder / "logs", harness.files_of({f"{number}.jsonl": NIGHTS[number - 1]}))
    run("run", folder / "nightly.toml", "--as-of", f"2024-02-0{number}T00:00:00Z", *options, code=code)
    return folder / "reports" / f"2024-02-0{number}"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "nightly.toml").write_text(PIPELINE)
    return tmp_path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder after three nights; `kept` beside it is a copy."""
    folder = tmp_path_factory.mktemp("made") / "place"
    folder.mkdir()
    (folder / "nightly.toml").write_text(PIPELINE)
    for number in (1, 2, 3):
        night(folder, number)
    shutil.copytree(folder, folder.with_name("kept"))
    return folder


@pytest.fixture
def three_nights(made: Path) -> Path:
    """The folder as it was after three nights; a warehouse remembers its places."""
    restore(made)
    return made


@pytest.fixture(scope="module")
def fourth(made: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The report of a fourth night to which nothing happened."""
    folder = tmp_path_factory.mktemp("undisturbed") / "place"
    shutil.copytree(made.with_name("kept"), folder)
    return bytes_of(night(folder, 4))


def changes(report: Path) -> list[dict[str, str]]:
    with (report / "changes.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def states(report: Path) -> Counter[str]:
    return Counter(f"{row['kind']} {row['state']}" for row in changes(report))


def manifest(report: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((report / "manifest.json").read_bytes())
    return content


def sha256(report: Path) -> str:
    return hashlib.sha256((report / "manifest.json").read_bytes()).hexdigest()


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def reproduces(place: Path, report: Path) -> None:
    run("reproduce", report, "--warehouse", place / "ledger.duckdb")


def test_each_night_tells_what_became_of_the_flags_of_the_one_before(
    three_nights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reports = [three_nights / "reports" / f"2024-02-0{number}" for number in (1, 2, 3)]
    assert [manifest(report)["since"] for report in reports] == [None, sha256(reports[0]), sha256(reports[1])]
    assert states(reports[0]) == {"breach new": 1}
    assert states(reports[1]) == {"breach new": 1, "breach still-open": 1, "cycle count-changed": 1}
    assert states(reports[2]) == {"breach still-open": 2, "cycle count-changed": 1}
    capsys.readouterr()
    night(three_nights, 4, "--json")
    told = json.loads(capsys.readouterr().out)["changes"]
    assert told["earlier_as_of"] == "2024-02-03T00:00:00Z"
    # The other new flag is the finding no-input.
    assert (told["new"], told["gone"], told["still_open"], told["new_breaches"]) == (2, 0, 2, 1)
    assert (told["newly_judged"], told["cycles_changed"]) == (0, 0)


def test_the_summary_has_one_line_about_it(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    night(place, 1)
    assert "  first report: 1 new\n" in capsys.readouterr().out
    night(place, 2)
    line = "  since 2024-02-01T00:00:00Z: 1 new, 0 gone, 1 still open, 0 newly judged, 1 closed cycle changed\n"
    assert line in capsys.readouterr().out


def test_every_night_is_made_again_byte_for_byte_with_its_changes(three_nights: Path) -> None:
    for number in (1, 2, 3):
        reproduces(three_nights, three_nights / "reports" / f"2024-02-0{number}")
    run("verify", three_nights / "reports" / "2024-02-03", "--warehouse", three_nights / "ledger.duckdb")


def test_the_same_night_again_gives_the_same_bytes(three_nights: Path) -> None:
    report = three_nights / "reports" / "2024-02-03"
    before = bytes_of(report)
    night(three_nights, 3)
    assert bytes_of(report) == before
    assert not report.with_name("2024-02-03.2").exists()


def test_since_names_another_report(three_nights: Path) -> None:
    first = three_nights / "reports" / "2024-02-01"
    night(three_nights, 3, "--since", first)
    report = three_nights / "reports" / "2024-02-03.2"
    assert manifest(report)["since"] == sha256(first)
    assert states(report) == {"breach new": 1, "breach still-open": 1, "cycle count-changed": 2}
    reproduces(three_nights, report)
    run("verify", report, "--warehouse", three_nights / "ledger.duckdb")


@pytest.mark.parametrize("harm", ["gone", "both gone", "changed", "only pages"])
def test_a_report_that_is_gone_or_damaged_is_made_again_to_compare_with(
    harm: str, three_nights: Path, fourth: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    """The night after it is what it would have been, and every report is still reproduced."""
    folder = three_nights / "reports"
    if harm == "changed":
        with (folder / "2024-02-03" / "breaches.parquet").open("ab") as file:
            file.write(b"!")
    elif harm == "only pages":
        (folder / "2024-02-03" / "cycle_counts.parquet").unlink()
    else:
        shutil.rmtree(folder / "2024-02-03")
    if harm == "both gone":
        shutil.rmtree(folder / "2024-02-02")
    capsys.readouterr()
    report = night(three_nights, 4)
    assert "the report to compare with cannot be read" in capsys.readouterr().err
    assert bytes_of(report) == fourth
    reproduces(three_nights, report)


def test_reports_without_tables_are_made_again_to_compare_with(place: Path) -> None:
    (place / "nightly.toml").write_text(PIPELINE.replace('"csv", "parquet"', '"html"'))
    for number in (1, 2):
        night(place, number)
    report = night(place, 3)
    assert manifest(report)["since_rebuilt"] is False
    assert "changes.csv" not in manifest(report)["outputs"]
    reproduces(place, report)


def test_a_report_of_another_warehouse_can_be_named_and_is_missed_when_it_is_gone(
    three_nights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "elsewhere"
    shutil.copytree(three_nights / "reports" / "2024-02-02", other)
    shutil.rmtree(three_nights / "reports")
    (three_nights / "ledger.duckdb").unlink()
    report = night(three_nights, 3, "--since", other)
    assert manifest(report)["since"] == sha256(other)
    assert states(report) == {"breach still-open": 2, "cycle count-changed": 1}
    reproduces(three_nights, report)
    run("verify", report, "--warehouse", three_nights / "ledger.duckdb")
    shutil.rmtree(other)
    run("reproduce", report, "--warehouse", three_nights / "ledger.duckdb", code=5)
    assert "Put that report's folder back" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["nowhere", "nightly.toml", "logs"])
def test_since_must_name_a_whole_report(name: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "logs").mkdir()
    night(place, 1, "--since", place / name, code=2)
    assert str(place / name) in capsys.readouterr().err


def test_fail_on_new_breaches_ends_with_4_only_while_they_are_new(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    night(place, 1, "--fail-on", "new-breaches", code=4)
    assert "--fail-on new-breaches: expected no new breach; found 1" in capsys.readouterr().err
    night(place, 2, "--fail-on", "new-breaches", code=4)
    night(place, 3, "--fail-on", "new-breaches")
    night(place, 3, "--fail-on", "breaches", code=4)


def test_waived_flags_never_fail_a_run_and_stay_in_every_table(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "nightly.toml").write_text(PIPELINE.replace('name = "nightly"', 'name = "nightly"\nwaivers = "w.toml"'))
    (place / "w.toml").write_text(WAIVERS.format(until="2024-02-01"))
    report = night(place, 1, "--fail-on", "new-breaches")
    assert "0 of 1" not in capsys.readouterr().err
    night(place, 1, "--fail-on", "breaches")
    assert [row["waived"] for row in changes(report)] == ["true"]
    assert len((report / "breaches.csv").read_text().splitlines()) == 2
    assert manifest(report)["settings"]["waivers"] == [
        {
            "badge": "B",
            "limit": "CUSTOMER:FIXED_VALUE",
            "reason": "agreed",
            "who": "the sponsor",
            "until": "2024-02-01",
        }
    ]
    capsys.readouterr()
    later = night(place, 2, "--fail-on", "new-breaches", code=4)
    told = capsys.readouterr().err
    assert "the waiver of badge B, limit CUSTOMER:FIXED_VALUE has expired: agreed (the sponsor, until" in told
    (place / "w.toml").write_text("")
    for made in (report, later):
        reproduces(place, made)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (WAIVERS.format(until="2024-02-01") + 'limt = "x"', "w.toml, key waiver[0].limt"),
        (WAIVERS.format(until='"soon"'), "w.toml, key waiver[0].until"),
        ('[[waiver]]\nreason = "r"\nwho = "w"\nuntil = 2024-02-01\n', "either flag, or badge with limit"),
        ("[[waiver]", "w.toml, line 1"),
        (None, "w.toml: expected a file of waivers"),
    ],
)
def test_a_mistake_in_the_waivers_names_file_and_key(
    text: str | None, named: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "nightly.toml").write_text(PIPELINE.replace('name = "nightly"', 'name = "nightly"\nwaivers = "w.toml"'))
    if text is not None:
        (place / "w.toml").write_text(text)
    night(place, 1, code=2)
    assert named in capsys.readouterr().err


def test_a_run_that_was_stopped_is_finished_with_its_comparison(
    three_nights: Path, fourth: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    from badgeledger.reports import publish

    with monkeypatch.context() as patched:
        patched.setattr(publish, "_write_files", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        report = night(three_nights, 4, code=130)
    lines: Iterable[harness.Line] = [earn("c9", "2024-02-04T01:00:00Z", "r9")]
    harness.write_files(three_nights / "logs", harness.files_of({"9.jsonl": lines}))
    run("ingest", three_nights / "logs", "--warehouse", three_nights / "ledger.duckdb")
    last = night(three_nights, 5)
    assert bytes_of(report) == fourth
    assert manifest(last)["since"] == sha256(report)
