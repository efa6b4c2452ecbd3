"""A row that is not open is what it was: whatever a second night brings, the cut lies before everything it changes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random

import pytest
from conftest import examples
from harness import Line, Tables, files_of, micros, read_csv, tables_of, write_files
from hypothesis import example, given, settings
from hypothesis import strategies as st
from laws.random_logs import RULES, Log, logs, make_log, rules

from badgeledger import accounting, ingest
from badgeledger.calendar import iso_instant
from badgeledger.open_rows import OpenRows
from badgeledger.reports.open_rows import CUT_TABLES, first_change, open_rows
from badgeledger.reports.tables import write_table
from badgeledger.settings import Rules
from badgeledger.warehouse import Warehouse

# Which of equal deliveries is told, and the newest name of a badge, are not what a row says.
_NOT_COMPARED = {"source_file", "source_line", "badge_name"}


def night(warehouse: Warehouse, place: Path, lines: list[Line], as_of: int, chosen: dict[str, str]) -> Tables:
    write_files(place, files_of({"log.jsonl": lines}))
    with warehouse.transaction():
        ingest.ingest(warehouse, [ingest.Input(path=str(place))], place.parent)
        accounting.account(warehouse, Rules(**chosen), as_of)
    return tables_of(warehouse.con, [])


def values(rows: list[dict[str, str]]) -> set[tuple[str, ...]]:
    return {tuple(cell for name, cell in row.items() if name not in _NOT_COMPARED) for row in rows}


def open_of(warehouse: Warehouse, name: str, cut: int, path: Path) -> list[dict[str, str]]:
    """The open rows of a table, as SQL tells them."""
    write_table(warehouse.con, name, "csv", path, open_rows(warehouse.con, name, cut))
    return read_csv(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_what_is_not_open_has_not_changed(zone: str) -> None:
    kept: list[int] = []

    @settings(max_examples=examples(8))
    @given(logs(zone, calls=30), rules, st.integers(0, 10**9), st.booleans())
    # A second night's version ends the badge, and with it cycles that were closed.
    @example(make_log(0, zone, 30), {name: values[0] for name, values in RULES.items()}, 0, False)
    def law(log: Log, chosen: dict[str, str], seed: int, in_order: bool) -> None:
        draw = Random(seed)
        lines = [line for of in log.files.values() for line in of]
        if not in_order:
            draw.shuffle(lines)
        cut_at = draw.randrange(len(lines) + 1)
        whole = micros(log.as_of)
        earlier = whole - draw.choice([0, 3_600, 86_400, 30 * 86_400]) * 1_000_000
        with tempfile.TemporaryDirectory() as name, Warehouse.open(Path(name) / "w.duckdb") as warehouse:
            first, second = lines[:cut_at], lines[cut_at:]
            before = night(warehouse, Path(name) / "1", first, earlier, chosen)
            after = night(warehouse, Path(name) / "2", second, whole, chosen)
            new = first_change(warehouse.con, 1, earlier)
            cut = earlier + 1 if new is None else min(new, earlier + 1)
            judge = OpenRows(iso_instant(cut), after["issuances"], after["limits"])
            # What became of a flag is told by a comparison: `test_changes.py`.
            for table in (name for name in CUT_TABLES if name != "changes"):
                rows = after[table]
                is_open = [judge.holds(table, row) for row in rows]
                found = [row for row, holds in zip(rows, is_open, strict=True) if holds]
                assert open_of(warehouse, table, cut, Path(name) / f"{table}.csv") == found, table
                final = [row for row, holds in zip(rows, is_open, strict=True) if not holds]
                assert values(final) <= values(before[table]), table
                kept.append(len(final))

    law()
    assert sum(kept) > 20
