"""The two programs that decide history again, beside those of `harness`: the table `decisions` of a log."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import duckdb
import harness
import polars as pl
from harness import LATE, Files, Line, Tables, micros, read_csv

from badgeledger import accounting, asked, decision_blocks, decisions, ruling
from badgeledger.calendar import iso_instant
from badgeledger.overrides import load_overrides
from badgeledger.pipeline import Rules
from badgeledger.replay import COMPARED, TABLES
from badgeledger.reports.tables import frame, write_rows
from badgeledger.witness import replay

Replay = Callable[..., Tables]
Numbers = Mapping[tuple[str, str], int]
EVER = (-(2**63), 2**63 - 1)
# Badges are decided in parts here as well, not only where there are millions of rows.
asked.PART_ROWS = 40
decision_blocks.BLOCK_ROWS = 3


def witness(
    log: Iterable[Line] | Files,
    folder: Path,
    *,
    as_of: str = LATE,
    numbers: Numbers | None = None,
    other: str | None = None,
    **rules: str,
) -> Tables:
    """The second meaning: dictionaries and lists."""
    files = list(harness.files_of(log).items())
    return Tables(decisions=replay(files, rules, micros(as_of), other=_text(numbers, other)))


def engine(
    log: Iterable[Line] | Files,
    folder: Path,
    *,
    as_of: str = LATE,
    numbers: Numbers | None = None,
    other: str | None = None,
    shown: tuple[int, int] = EVER,
    **rules: str,
) -> Tables:
    """The product, in the warehouse that all tests share; also the totals, the breaches of the audit, and, with other
    rules, what sets them against the recorded ones."""
    with harness.scratch_ledger(log, folder) as (warehouse, _):
        recorded = Rules(**rules)
        text = _text(numbers, other)
        before, names = None, dict(TABLES)
        if text is not None:
            (folder / "rules.toml").write_text(text)
            overrides = load_overrides(folder / "rules.toml")
            recorded = overrides.settings(recorded)
        accounting.account(warehouse, recorded, micros(as_of))
        con = warehouse.con
        badges = ruling.recorded(con, recorded, micros(as_of))
        if text is not None:
            before = ruling.recorded(con, Rules(**rules), micros(as_of))
            badges = overrides.apply(badges)
            names |= COMPARED
        decisions.make_decisions(con, badges, micros(as_of), before=before, shown=shown)
        decisions.make_totals(con, compared=before is not None)
        if text is not None:
            decisions.make_chosen(con, badges, overrides.chosen(badges))
        _same_in_blocks(con)
        found = Tables()
        for name, table in names.items():
            write_rows(con, table, "csv", folder / f"{name}.csv")
            found[name] = read_csv((folder / f"{name}.csv").read_text())
        found["breaches"] = read_csv(harness.csv_text(con, "breaches"))
        return found


def _text(numbers: Numbers | None, other: str | None) -> str | None:
    """The file of other rules, also from numbers by badge and limit name."""
    if numbers is None:
        return other
    entries = (
        f"[[limits]]\nbadge = {json.dumps(badge)}\nlimit = {json.dumps(limit)}\nnumber = {number}\n"
        for (badge, limit), number in numbers.items()
    )
    return "".join(entries) or None


def full(micros_: int) -> str:
    """An instant as the tables write it."""
    return iso_instant(micros_)


def _same_in_blocks(con: duckdb.DuckDBPyConnection) -> None:
    """The file `decisions` is written block after block: the same rows in the same order as the relation's."""
    whole = frame(con, TABLES["decisions"])
    blocks = list(decision_blocks.decision_blocks(con, lambda _: None))
    assert pl.concat([whole.clear(), *blocks]).equals(whole)
