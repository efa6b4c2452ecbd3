"""`badgeledger replay --settings-grid`: which flags depend on which reading of the rules."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import harness
import pytest
from harness import earn, issue_bulk, never

from badgeledger import cli
from badgeledger.grid import CHOICES, dependences
from badgeledger.settings import Rules

NIGHTLY = """
[pipeline]
name = "nightly"
warehouse = "ledger.duckdb"
as_of = "2024-06-01T00:00:00Z"

[[inputs]]
path = "logs"

[reports]
formats = ["csv"]
"""
# The late earn of c1 is over the limit on the clock of processing alone; c2 is over it when issues count too.
LOG = [
    harness.define(
        harness.definition("B", limits=[harness.rolling(days=(1, 1))], issued=never(), earn_type="ISSUE_EARN")
    ),
    earn("B", "c1", "2024-02-01T10:00:00Z", rid="r1"),
    earn("B", "c1", "2024-02-01T11:00:00Z", rid="r2", event="2024-01-20T11:00:00Z"),
    issue_bulk("B", ["c2"], "2024-02-01T10:00:00Z", rid="r3"),
    earn("B", "c2", "2024-02-01T12:00:00Z", rid="r4"),
    earn("B", "c3", "2024-02-01T12:00:00Z", rid="r5"),
    earn("B", "c3", "2024-02-01T13:00:00Z", rid="r6"),
    earn("X", "c3", "2024-02-01T13:00:00Z", rid="r7"),
]


@pytest.fixture
def warehouse(after_a_run: Path) -> Path:
    """A warehouse after one run, in the folder in which the commands run."""
    return after_a_run / "ledger.duckdb"


def run(*arguments: object, code: int = 0) -> None:
    assert cli.run_command([str(argument) for argument in arguments]) == code


def table(folder: str, name: str) -> list[harness.Row]:
    return harness.read_csv((Path(folder) / f"{name}.csv").read_text())


def test_each_combination_is_the_audit_under_its_settings(warehouse: Path, tmp_path: Path) -> None:
    """Compared with the witness, for every combination of the two settings."""
    run("replay", "--settings-grid", "rolling_clock,counted", "--warehouse", warehouse, "--out", "grid")
    rows = table("grid", "grid")
    expected = list(itertools.product(CHOICES["rolling_clock"], CHOICES["counted"]))
    assert [(row["rolling_clock"], row["counted"]) for row in rows] == expected
    assert [row["in_force"] for row in rows] == ["true", *["false"] * 7]
    seen: dict[str, list[str]] = {}
    for row in rows:
        settings = {name: row[name] for name in CHOICES}
        found = harness.witness(LOG, tmp_path, as_of="2024-06-01T00:00:00Z", **settings)
        assert (int(row["breaches"]), int(row["findings"])) == (len(found["breaches"]), len(found["findings"]))
        flags = found.column("breaches", "breach_id") + found.column("findings", "finding_id")
        for flag in flags:
            seen.setdefault(flag, []).append(row["combination"])
    told = {row["flag_id"]: row for row in table("grid", "grid_flags")}
    assert {flag: row["raised_under"].split() for flag, row in told.items()} == {
        flag: combinations for flag, combinations in seen.items() if len(combinations) < 8
    }
    assert any(len(combinations) == 8 for combinations in seen.values())
    assert all(int(row["combinations"]) == len(row["raised_under"].split()) for row in told.values())
    by_customer = {row["customer_id"]: row for row in told.values()}
    assert by_customer["c1"]["depends_on"] == "rolling_clock, counted"
    assert by_customer["c2"]["depends_on"] == "counted"
    assert (by_customer["c1"]["kind"], by_customer["c1"]["code"]) == ("breach", "CUSTOMER:ROLLING_WINDOW:DAYS:1")


def test_a_flag_depends_on_a_setting_that_alone_makes_it_appear_or_go() -> None:
    names = ("rolling_clock", "month")
    grid = [
        Rules(rolling_clock=clock, month=month)  # type: ignore[arg-type]
        for clock in CHOICES["rolling_clock"]
        for month in CHOICES["month"]
    ]
    assert dependences("1 2 3 4", grid, names) == []
    assert dependences("1 2", grid, names) == ["rolling_clock"]
    assert dependences("2 4", grid, names) == ["month"]
    assert dependences("3", grid, names) == ["rolling_clock", "month"]
    assert dependences("1 4", grid, names) == ["rolling_clock", "month"]


def test_the_grid_is_printed(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("replay", "--settings-grid", "rolling_clock", "--warehouse", warehouse)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "2 combinations of rolling_clock: 2 flags under each, 1 under some alone"
    assert "  1 *  processed             2         1" in lines
    assert "  2    event                 1         1" in lines
    assert "  breach  CUSTOMER:ROLLING_WINDOW:DAYS:1  rolling_clock      1" in lines
    assert lines[-1] == "  tables      reports/2024-06-01-grid: grid, grid_flags"
    run("replay", "--settings-grid", "rolling_clock", "--warehouse", warehouse, "--json")
    facts = json.loads(capsys.readouterr().out)
    assert [row["breaches"] for row in facts["combinations"]] == [2, 1]
    assert facts["kept"] is True
    assert facts["steady"] == 2


def test_without_names_all_readings_are_combined(warehouse: Path) -> None:
    run("replay", "--settings-grid", "--warehouse", warehouse, "--out", "all", "--set", "zone=Asia/Kolkata")
    assert len(table("all", "grid")) == 2 * 2 * 2 * 4 * 2 * 2
    manifest = json.loads((Path("all") / "manifest.json").read_text())
    assert manifest["grid"] == list(CHOICES)
    assert manifest["settings"]["rules"]["zone"] == "Asia/Kolkata"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--settings-grid", "zone"), "settings among rolling_clock, rolling_edge, month, counted, revoked, imported"),
        (("--settings-grid", "--emit", "x.jsonl"), "found --emit"),
        (("rolling_clock",), "settings behind --settings-grid alone"),
    ],
)
def test_what_cannot_be_combined_is_a_usage_error(
    warehouse: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    run("replay", "--warehouse", warehouse, *arguments, code=2)
    assert message in capsys.readouterr().err
