"""The two programs that decide history again, beside those of `harness`: the table `decisions` of a log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import harness
from harness import LATE, Files, Line, Tables, micros, read_csv

from badgeledger import accounting, decisions
from badgeledger.calendar import iso_instant
from badgeledger.pipeline import Rules
from badgeledger.replay import TABLES
from badgeledger.reports.tables import write_rows
from badgeledger.witness import replay

Replay = Callable[..., Tables]
Numbers = Mapping[tuple[str, str], int]
EVER = (-(2**63), 2**63 - 1)


def witness(
    log: Iterable[Line] | Files, folder: Path, *, as_of: str = LATE, numbers: Numbers | None = None, **rules: str
) -> Tables:
    """The second meaning: dictionaries and lists."""
    return Tables(decisions=replay(list(harness.files_of(log).items()), rules, micros(as_of), None, numbers))


def engine(
    log: Iterable[Line] | Files,
    folder: Path,
    *,
    as_of: str = LATE,
    numbers: Numbers | None = None,
    shown: tuple[int, int] = EVER,
    **rules: str,
) -> Tables:
    """The product, in the warehouse that all tests share; also the totals, and the breaches of the audit."""
    with harness.scratch_ledger(log, folder) as (warehouse, _):
        accounting.account(warehouse, Rules(**rules), micros(as_of))
        con = warehouse.con
        decisions.make_decisions(con, Rules(**rules), micros(as_of), numbers=numbers or {}, shown=shown)
        found = Tables()
        for name, table in TABLES.items():
            write_rows(con, table, "csv", folder / f"{name}.csv")
            found[name] = read_csv((folder / f"{name}.csv").read_text())
        found["breaches"] = read_csv(harness.csv_text(con, "breaches"))
        return found


def full(micros_: int) -> str:
    """An instant as the tables write it."""
    return iso_instant(micros_)
