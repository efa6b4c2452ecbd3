"""`badgeledger prune`: the raw text of long ago goes, every count stays, and what is lost is said."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import harness
import pytest

from badgeledger import cli

NIGHTLY = harness.nightly("max_quarantined = 0.9", place="build/", more='[reports]\nformats = ["csv"]')
LINES = [
    harness.define(harness.definition("B", limits=[harness.fixed_value(1)])),
    *(harness.earn("B", "c1", f"2024-01-0{day}T10:00:00Z", rid=f"r{day}") for day in (1, 2)),
]
REFUSED = "this is no JSON"


def run(*arguments: object) -> None:
    assert cli.run_command([str(argument) for argument in arguments]) == 0


def rows(folder: Path, table: str) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / f"{table}.csv").read_text().splitlines()))


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """The folder of a pipeline whose first night had a refused line."""
    (tmp_path / "nightly.toml").write_text(NIGHTLY)
    harness.write_files(tmp_path / "logs", harness.files_of({"first.jsonl": [*LINES, REFUSED]}))
    run("run", tmp_path / "nightly.toml", "--as-of", "2024-02-01T00:00:00Z")
    return tmp_path


def test_pruning_drops_the_text_and_keeps_every_count(night: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("prune", "--warehouse", night / "build/ledger.duckdb", "--before", "2100-01-01")
    said = capsys.readouterr().out
    assert f"dropped the text of 1 refused line ({len(REFUSED)} bytes) of 1 file" in said
    assert "no longer to be rebuilt: the table quarantine of 1 published report" in said
    run("report", "--warehouse", night / "build/ledger.duckdb", "--out", night / "after")
    before, after = night / "build/reports/2024-02-01", night / "after"
    assert [row["raw"] for row in rows(before, "quarantine")] == [REFUSED]
    assert [(row["reason"], row["raw"]) for row in rows(after, "quarantine")] == [("not-json", "")]
    for table in ("badges", "issuances", "breaches", "findings", "daily"):
        assert rows(after, table) == rows(before, table)


def test_a_dry_run_changes_nothing(night: Path, capsys: pytest.CaptureFixture[str]) -> None:
    warehouse = night / "build/ledger.duckdb"
    capsys.readouterr()
    run("prune", "--warehouse", warehouse, "--before", "2100-01-01", "--dry-run", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["lines"], told["files"], told["dry_run"]) == (1, 1, True)
    run("prune", "--warehouse", warehouse, "--before", "2100-01-01", "--json")
    assert json.loads(capsys.readouterr().out)["lines"] == 1


def test_what_came_later_stays(night: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    run("prune", "--warehouse", night / "build/ledger.duckdb", "--before", "2001-01-01T00:00:00+05:30", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["lines"], told["reports"], told["lost"]) == (0, [], [])


def test_a_night_after_pruning_is_like_any_other(night: Path) -> None:
    run("prune", "--warehouse", night / "build/ledger.duckdb", "--before", "2100-01-01")
    harness.write_files(
        night / "logs", harness.files_of({"second.jsonl": [harness.earn("B", "c2", "2024-02-01T10:00:00Z", rid="s")]})
    )
    run("run", night / "nightly.toml", "--as-of", "2024-03-01T00:00:00Z")
    folder = night / "build/reports/2024-03-01"
    assert len(rows(folder, "issuances")) == 3
    assert len(rows(folder, "quarantine")) == 1


def test_raw_text_is_stored_compressed_and_pruning_gives_its_room_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = [
        harness.earn("B", f"c{number}", "2024-01-01T10:00:00Z", rid=f"{number * 7919 % 10_007}", owner="Nobody")
        for number in range(10_000)
    ]
    harness.write_files(tmp_path / "logs", harness.files_of({"refused.jsonl": refused, "a.jsonl": LINES}))
    warehouse = tmp_path / "ledger.duckdb"
    run("ingest", tmp_path / "logs", "--warehouse", warehouse)
    before = warehouse.stat().st_size
    capsys.readouterr()
    run("prune", "--warehouse", warehouse, "--before", "2100-01-01", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["lines"] == len(refused)
    stored = before - warehouse.stat().st_size
    assert 0 < stored < told["text_bytes"] / 4
    assert [path.name for path in tmp_path.iterdir() if "compact" in path.name or path.suffix == ".wal"] == []
    run("status", "--warehouse", warehouse, "--json")
    assert json.loads(capsys.readouterr().out)["quarantined"] == len(refused)
