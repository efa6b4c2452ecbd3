"""`badgeledger replay` from the command line: what it writes, prints and refuses."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import harness
import polars as pl
import pytest

from badgeledger import asked, cli, decision_blocks, decisions, emission, kept
from badgeledger.replay import COMPARED, TABLES
from badgeledger.reports.table_folder import FORMATS
from badgeledger.warehouse import Warehouse

NIGHTLY = """
[pipeline]
name = "nightly"
warehouse = "ledger.duckdb"
reports = "reports/{as_of:%Y-%m-%d}"
as_of = "2024-02-01T00:00:00Z"

[[inputs]]
path = "logs"

[reports]
formats = ["csv"]
"""
LOG = [
    harness.define(
        harness.definition("B", limits=[harness.fixed_value(1), harness.rolling(days=(1, 1))])
        | {"tags": [{"name": "tier", "value": "one"}]}
    ),
    harness.earn("B", "c1", "2024-01-01T10:00:00Z", rid="r1"),
    harness.earn("B", "c1", "2024-01-02T10:00:00Z", rid="r2"),
    harness.earn("B", "c1", "2024-01-03T10:00:00Z", rid="r3", answer=1039),
]
FILES = {"manifest.json", "replay.html", *(f"{name}.{suffix}" for name in TABLES for suffix in ("csv", "parquet"))}

KILLED = """
import os, sys
from pathlib import Path
from badgeledger import asked, decision_blocks, kept
from badgeledger.replay import replay

asked.PART_ROWS = decision_blocks.BLOCK_ROWS = kept.LEAST_ROWS = 1

def told(text):
    if sys.argv[3] in text:
        os.kill(os.getpid(), 9)

replay(Path(sys.argv[1]), out=Path(sys.argv[2]), emit=Path(sys.argv[4]) if sys.argv[4:] else None, progress=told)
"""


@pytest.fixture
def warehouse(after_a_run: Path) -> Path:
    """A warehouse after one run, in the folder in which the commands run."""
    return after_a_run / "ledger.duckdb"


def run(*arguments: object, code: int = 0) -> None:
    assert cli.run_command([str(argument) for argument in arguments]) == code


def decided(folder: Path) -> list[tuple[str, str]]:
    with (folder / "decisions.csv").open(newline="") as file:
        return [(row["request_id"], row["reason"] or "+") for row in csv.DictReader(file)]


def _text(value: object) -> str:
    """A value of the Parquet file as the CSV writes it."""
    return f"{value:%Y-%m-%dT%H:%M:%S.%fZ}" if isinstance(value, datetime) else str(value)


def test_decisions_are_written_beside_the_report_and_their_totals_are_printed(
    warehouse: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("replay", "--warehouse", warehouse)
    folder = warehouse.parent / "reports" / "2024-02-01-replay"
    assert {path.name for path in folder.iterdir()} == FILES
    assert decided(folder) == [("r1", "+"), ("r2", "customer-limit"), ("r3", "customer-limit")]
    captured = capsys.readouterr()
    assert captured.out.splitlines()[0] == "3 decisions: 2 as recorded, 0 newly admitted, 1 newly rejected"
    assert "customer-limit  CUSTOMER:FIXED_VALUE          2     1" in captured.out
    assert captured.out.splitlines()[-2:] == [
        "  tables      decisions, decision_totals",
        "  page        reports/2024-02-01-replay/replay.html",
    ]
    assert "settings of the last run: zone=UTC" in captured.err


def test_csv_and_parquet_hold_the_same_rows_and_the_manifest_their_hashes(warehouse: Path) -> None:
    run("replay", "--warehouse", warehouse, "--out", "again")
    folder = warehouse.parent / "again"
    manifest = json.loads((folder / "manifest.json").read_text())
    assert set(manifest["outputs"]) == FILES - {"manifest.json"}
    for name, entry in manifest["outputs"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == entry["sha256"]
    assert len(manifest["inputs"]) == 1
    for name, table in TABLES.items():
        frame = pl.read_parquet(folder / f"{name}.parquet")
        assert tuple(frame.columns) == table.columns
        assert manifest["outputs"][f"{name}.csv"]["rows"] == frame.height == 3
        with (folder / f"{name}.csv").open(newline="") as file:
            written = [tuple(row.values()) for row in csv.DictReader(file)]
        assert written == [tuple(map(_text, row)) for row in frame.rows()]
    totals = pl.read_parquet(folder / "decision_totals.parquet")
    assert totals.select(pl.col("day").cast(str), "reason", "same", "newly_rejected", "breaches").rows() == [
        ("2024-01-01", "", 1, 0, 0),
        ("2024-01-02", "customer-limit", 0, 1, 1),
        ("2024-01-03", "customer-limit", 1, 0, 0),
    ]


def test_the_same_question_has_the_same_bytes_and_another_keeps_them(
    warehouse: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("replay", "--warehouse", warehouse, "--out", "out")
    before = {path.name: path.read_bytes() for path in (warehouse.parent / "out").iterdir()}
    capsys.readouterr()
    run("replay", "--warehouse", warehouse, "--out", "out")
    assert "out/replay.html  (unchanged)" in capsys.readouterr().out
    run("replay", "--warehouse", warehouse, "--out", "out", "--set", "counted=issue")
    assert {path.name: path.read_bytes() for path in (warehouse.parent / "out").iterdir()} == before
    assert decided(warehouse.parent / "out.2") == [("r1", "+"), ("r2", "+"), ("r3", "+")]


def test_the_warehouse_stays_as_it_was(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("status", "--warehouse", warehouse, "--json")
    before = capsys.readouterr().out
    run("replay", "--warehouse", warehouse, "--set", "rolling_clock=event", "--as-of", "2024-01-02T12:00:00Z")
    capsys.readouterr()
    run("status", "--warehouse", warehouse, "--json")
    assert capsys.readouterr().out == before


def test_from_and_to_cut_the_output_and_no_state(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second is rejected because of the first, which is not shown; `--to` itself is not shown."""
    bounds = ("--from", "2024-01-02T10:00:00Z", "--to", "2024-01-03T10:00:00Z")
    run("replay", "--warehouse", warehouse, "--out", "part", *bounds, "--json")
    assert decided(warehouse.parent / "part") == [("r2", "customer-limit")]
    answer = json.loads(capsys.readouterr().out)
    assert answer["totals"]["decisions"] == answer["totals"]["breaches"] == 1
    settings = json.loads((warehouse.parent / "part" / "manifest.json").read_text())["settings"]
    assert (settings["from"], settings["to"]) == ("2024-01-02T10:00:00.000000Z", "2024-01-03T10:00:00.000000Z")


def test_a_file_of_rules_is_set_against_the_recorded_rules(warehouse: Path) -> None:
    Path("rules.toml").write_text(
        '[[limits]]\nbadge = "B"\nlimit = "CUSTOMER:FIXED_VALUE"\nnumber = 2\n'
        '[[badges]]\nname = "badge *"\nfrom = 2024-01-03T00:00:00Z\nactive = false\n'
    )
    run("replay", "--warehouse", warehouse, "--out", "more", "--rules", "rules.toml")
    folder = warehouse.parent / "more"
    assert decided(folder) == [("r1", "+"), ("r2", "+"), ("r3", "badge-not-active")]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["settings"]["other"] == {
        "limits": [{"badge": "B", "limit": "CUSTOMER:FIXED_VALUE", "number": 2}],
        "badges": [{"name": "badge *", "from": "2024-01-03T00:00:00.000000Z", "active": False}],
    }
    tables = {f"{name}.{suffix}" for name in TABLES | COMPARED for suffix in FORMATS}
    assert set(manifest["outputs"]) == {*tables, "replay.html"}
    assert (folder / "comparison.csv").read_text().splitlines() == [
        "badge_id,week,reason,limit_name,decisions_a,decisions_b,gained,lost,breaches",
        "B,2024-01-01,,,1,2,0,0,0",
        "B,2024-01-01,badge-not-active,,0,1,0,0,0",
        "B,2024-01-01,customer-limit,CUSTOMER:FIXED_VALUE,2,0,1,0,1",
    ]
    assert (folder / "gains.csv").read_text() == (
        "badge_id,customer_id,admitted_a,admitted_b,gained,lost\nB,c1,1,2,1,0\n"
    )
    assert (folder / "chosen.csv").read_text().splitlines() == [
        "entry,badge_id,badge_name,tags,gained,lost",
        'badges[0],B,badge B,"tier, tier=one",1,0',
        'limits[0],B,badge B,"tier, tier=one",1,0',
    ]


def test_settings_alone_are_set_against_the_recorded_ones_too(warehouse: Path) -> None:
    run("replay", "--warehouse", warehouse, "--out", "issues", "--set", "counted=issue")
    assert (warehouse.parent / "issues" / "gains.csv").read_text().splitlines()[1:] == ["B,c1,1,3,2,0"]


def test_settings_of_the_file_yield_to_those_of_the_command(
    warehouse: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("rules.toml").write_text('[settings]\ncounted = "issue"\nmonth = "30-days"\n')
    run("replay", "--warehouse", warehouse, "--out", "out", "--rules", "rules.toml", "--set", "counted=earn")
    assert "month=30-days, counted=earn" in capsys.readouterr().err
    assert [reason for _, reason in decided(warehouse.parent / "out")] == ["+", "customer-limit", "customer-limit"]


def test_the_definitions_of_another_warehouse_rule(warehouse: Path) -> None:
    other = [harness.define(harness.definition("B", limits=[harness.fixed_value(2)]))]
    harness.write_files(Path("other/logs"), harness.files_of(other))
    Path("other/nightly.toml").write_text(NIGHTLY)
    run("run", "other/nightly.toml")
    Path("rules.toml").write_text('definitions = "other/ledger.duckdb"\n')
    run("replay", "--warehouse", warehouse, "--out", "out", "--rules", "rules.toml")
    assert decided(warehouse.parent / "out") == [("r1", "+"), ("r2", "+"), ("r3", "customer-limit")]
    Path("rules.toml").write_text(
        'definitions = "other/ledger.duckdb"\n[[limits]]\nlimit = "CUSTOMER:FIXED_VALUE"\nremove = true\n'
    )
    run("replay", "--warehouse", warehouse, "--out", "none", "--rules", "rules.toml")
    assert decided(warehouse.parent / "none") == [("r1", "+"), ("r2", "+"), ("r3", "+")]


def test_a_run_can_end_with_the_step_replay(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It writes what the command writes, beside where the report would stand."""
    Path("rules.toml").write_text('[[limits]]\nlimit = "CUSTOMER:FIXED_VALUE"\nnumber = 2\n')
    Path("replay.toml").write_text(
        NIGHTLY.replace("[pipeline]", '[pipeline]\nsteps = ["ingest", "account", "check", "replay"]')
        + '[replay]\nrules = "rules.toml"\n'
    )
    run("run", "replay.toml")
    out = capsys.readouterr().out
    assert "  replay      reports/2024-02-01-replay/replay.html\n" in out
    assert "  decided     3 again: 3 as recorded, 0 newly admitted, 0 newly rejected\n" in out
    run("replay", "--warehouse", warehouse, "--rules", "rules.toml", "--out", "same")
    names = {path.name for path in Path("same").iterdir()}
    assert names == {path.name for path in Path("reports/2024-02-01-replay").iterdir()}
    for name in names:
        assert (Path("same") / name).read_bytes() == (Path("reports/2024-02-01-replay") / name).read_bytes(), name
    run("run", "replay.toml", "--out", "elsewhere", "--json")
    facts = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert facts["replayed"]["totals"]["decisions"] == 3
    assert Path(facts["replayed"]["folder"]) == Path("elsewhere").absolute()


def test_replay_without_account_is_no_pipeline(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("replay.toml").write_text(NIGHTLY.replace("[pipeline]", '[pipeline]\nsteps = ["replay"]'))
    run("run", "replay.toml", code=2)
    assert '"account" before "replay"' in capsys.readouterr().err


def test_the_answers_under_replay_can_be_fed_back(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("replay", "--warehouse", warehouse, "--out", "one", "--emit", "answers.jsonl")
    assert "answers.jsonl: 3 lines" in capsys.readouterr().err
    harness.write_files(Path("again"), harness.files_of([LOG[0], *Path("answers.jsonl").read_text().splitlines()]))
    Path("again.toml").write_text(NIGHTLY.replace('"logs"', '"again"').replace("ledger", "again"))
    run("run", "again.toml")
    capsys.readouterr()
    run("replay", "--warehouse", "again.duckdb", "--out", "two")
    assert "3 decisions: 3 as recorded" in capsys.readouterr().out
    assert decided(Path("two")) == decided(Path("one"))


B_HAS = '[[limits]]\nbadge = "B"\nlimit = "CUSTOMER:FIXED_VALUE"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (B_HAS.replace("CUSTOMER", "BADGE") + "number = 2\n", "only CUSTOMER:FIXED_VALUE, CUSTOMER:ROLL"),
        (B_HAS.replace('"B"', '"C"') + "number = 2\n", "key limits[0]: expected a badge"),
        ('[[badges]]\nname = "Badge *"\nactive = true\n', "found 'Badge *'"),
        (
            '[[badges]]\ntag = "gold"\nactive = true\n',
            "key badges[0]: expected a tag among tier, tier=one; found 'gold'",
        ),
        ('[[badges]]\nbadge = "B"\ntag = "tier"\n', "one of badge, name and tag"),
        (B_HAS + "number = -1\n", "key limits[0].number"),
        (B_HAS, "either a number or remove = true"),
        (B_HAS + 'number = 1\nadd = true\nreplaces = "BADGE:FIXED_VALUE"\n', "at most one of"),
        (
            B_HAS + "number = 1\nfrom = 2024-01-01T00:00:00\n",
            "key limits[0].from, line 5, column 1: expected an instant",
        ),
        ('[[limits]]\nbadge = "B"\nnumbr = 1\n', "limits[0]"),
        ('[[limits]]\nlimit = "CUSTOMER:FIXED_WINDOW:WEEKS:1"\nnumber = 1\n', "expected a limit's name"),
        ((B_HAS + "number = 1\n") * 2, "found two for CUSTOMER:FIXED_VALUE"),
        (
            "".join(
                f'[[limits]]\nlimit = "BADGE:FIXED_WINDOW:{window}"\nnumber = 1\nadd = true\n'
                for window in ("MONTHS", "DAYS:2")
            ),
            "key limits[1]: expected one fixed window a scope",
        ),
        ('[settings]\nmonth = "31-days"\n', "key settings.month"),
        ('[[badges]]\nissued_expiry = "RELATIVE:DAYS:0"\n', "key badges[0].issued_expiry"),
        ('[[badges]]\nowners = ["Nobody"]\n', "an owner among Loyalty"),
        ("[[badges]]\nstarts_at = 2030-01-01T00:00:00Z\n", "an end after the start, 2030-01-01"),
        ('definitions = "ledger.duckdb"\n', "which is the same"),
        ('definitions = "none.duckdb"\n', "which is not there"),
        ("", "found nothing"),
        ("[[limits]\n", "line 1"),
    ],
)
def test_a_wrong_file_of_rules_is_named(
    warehouse: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    Path("rules.toml").write_text(text)
    run("replay", "--warehouse", warehouse, "--rules", "rules.toml", code=2)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert not (warehouse.parent / "reports" / "2024-02-01-replay").exists()


def test_a_warehouse_that_kept_no_tags_says_how_to_get_them(
    warehouse: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Warehouse.open(warehouse) as opened:
        without_tags = "UPDATE raw.definition SET definition = json_merge_patch(definition, '{\"tags\": null}')"
        opened.con.execute(without_tags)
    Path("rules.toml").write_text('[[badges]]\ntag = "tier"\nactive = false\n')
    run("replay", "--warehouse", warehouse, "--rules", "rules.toml", "--out", "out", code=2)
    told = capsys.readouterr().err
    assert "key badges[0].tag: expected a warehouse that keeps the tags of its definitions" in told
    assert "badgeledger rebuild" in told
    run("rebuild", "nightly.toml")
    run("replay", "--warehouse", warehouse, "--rules", "rules.toml", "--out", "out")
    assert {reason for _, reason in decided(Path("out"))} == {"badge-not-active"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--emit", "nightly.toml"), "--emit nightly.toml: expected the name of a new file"),
        (("--rules", "missing.toml"), "missing.toml: expected a file of rules"),
        (("--from", "2024-01-01"), "an instant with an offset"),
        (("--from", "2024-01-02T00:00:00Z", "--to", "2024-01-02T00:00:00Z"), "--from before --to"),
        (("--set", "colour=red"), "KEY=VALUE"),
    ],
)
def test_what_cannot_be_asked_is_a_usage_error(
    warehouse: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    run("replay", "--warehouse", warehouse, *arguments, code=2)
    assert message in capsys.readouterr().err


def test_a_warehouse_without_a_run_has_no_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    harness.write_files(tmp_path / "logs", harness.files_of(LOG))
    (tmp_path / "nightly.toml").write_text(NIGHTLY)
    run("ingest", "logs", "--warehouse", "ledger.duckdb")
    run("replay", "--warehouse", "ledger.duckdb", code=2)
    assert "at least one run" in capsys.readouterr().err
    run("replay", "--pipeline", "nightly.toml", "--as-of", "2024-02-01T00:00:00Z")
    assert decided(tmp_path / "reports" / "2024-02-01-replay")[0] == ("r1", "+")


@pytest.mark.parametrize(
    ("killed_at", "parts", "tables", "size"),
    [("5 issuances decided", (1, 2), 1, None), ("decisions.csv", (0,), 0, 5_000)],
)
def test_a_killed_replay_is_taken_up_and_leaves_the_bytes_of_an_undisturbed_one(
    warehouse: Path,
    monkeypatch: pytest.MonkeyPatch,
    killed_at: str,
    parts: tuple[int, ...],
    tables: int,
    size: int | None,
) -> None:
    place = warehouse.parent
    more = [harness.define(harness.definition(badge)) for badge in ("A", "C")]
    more += [harness.earn(badge, "c1", "2024-01-01T10:00:00Z", rid="r1") for badge in ("A", "C")]
    harness.write_files(place / "logs", harness.files_of({"more.jsonl": more}))
    run("run", "nightly.toml")
    run("replay", "--warehouse", warehouse, "--out", "undisturbed")
    command = [sys.executable, "-c", KILLED, warehouse, place / "out", killed_at]
    assert subprocess.run(command, check=False).returncode == -9
    assert (place / ".out.decided").exists() and not (place / "out").exists()
    copy = (place / ".out.decided").read_bytes()
    monkeypatch.setattr(kept, "LEAST_ROWS", 1)
    monkeypatch.setattr(asked, "PART_ROWS", 1)
    done_again: list[str] = []
    for module, name in ((decisions, "decide_badges"), (decision_blocks, "decision_blocks")):
        monkeypatch.setattr(module, name, _noting(done_again, name, getattr(module, name)))
    run("replay", "--warehouse", warehouse, "--out", "out")
    assert done_again.count("decide_badges") in parts and done_again.count("decision_blocks") == tables
    # Decisions of other rules, or half a file, are not taken up.
    done_again.clear()
    (place / ".other.decided").write_bytes(copy[:size])
    run("replay", "--warehouse", warehouse, "--out", "other", "--set", "counted=both")
    assert done_again.count("decide_badges") == 6
    assert [path.name for path in place.iterdir() if path.name.startswith(".")] == []
    undisturbed = {path.name: path.read_bytes() for path in (place / "undisturbed").iterdir()}
    assert {path.name: path.read_bytes() for path in (place / "out").iterdir()} == undisturbed


def test_a_killed_emission_is_taken_up_after_its_last_stretch_of_time(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = warehouse.parent
    run("replay", "--warehouse", warehouse, "--out", "undisturbed", "--emit", "undisturbed.jsonl")
    undisturbed = (place / "undisturbed.jsonl").read_bytes()
    command = [sys.executable, "-c", KILLED, warehouse, place / "out", "2 issuances answered", place / "answers.jsonl"]
    assert subprocess.run(command, check=False).returncode == -9
    assert (place / "answers.jsonl.new").read_bytes() == b"".join(undisturbed.splitlines(keepends=True)[:2])
    # What the killed one had begun of a stretch is written again, and nothing else.
    with (place / "answers.jsonl.new").open("ab") as file:
        file.write(b'{"loggedAt"')
    monkeypatch.setattr(decision_blocks, "BLOCK_ROWS", 1)
    written: list[int] = []
    monkeypatch.setattr(emission._Young, "write", _counting(written, emission._Young.write))
    run("replay", "--warehouse", warehouse, "--out", "out", "--emit", "answers.jsonl")
    assert written == [1]
    assert (place / "answers.jsonl").read_bytes() == undisturbed
    # Of other rules nothing is taken up.
    (place / "others.jsonl.new").write_bytes(b"other")
    told = {"key": "other", "stretches": 2, "lines": 2, "size": 5}
    (place / "others.jsonl.written").write_text(json.dumps(told))
    run("replay", "--warehouse", warehouse, "--out", "out", "--emit", "others.jsonl")
    assert (place / "others.jsonl").read_bytes() == undisturbed
    assert not [path.name for path in place.iterdir() if ".jsonl." in path.name]


def _counting(written: list[int], write: Any) -> Any:
    def counted(young: Any, lines: list[str]) -> None:
        written.append(len(lines))
        write(young, lines)

    return counted


def _noting(done: list[str], name: str, does: Any) -> Any:
    def noted(*given: Any, **named: Any) -> Any:
        done.append(name)
        return does(*given, **named)

    return noted
