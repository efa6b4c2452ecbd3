"""Which flags of the audit depend on how the rules are read: the audit under every combination of some settings."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from . import calendar, pipeline
from .errors import UsageError
from .replay import beside_report, known_settings, night
from .reports import manifest
from .reports.folder import prepare
from .reports.table_folder import put_tables
from .reports.tables import table
from .settings import PipelineFile, Rules
from .warehouse import Warehouse, statement

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Every setting that is a choice between readings; a zone is none.
CHOICES: dict[str, tuple[str, ...]] = {
    name: get_args(field.annotation) for name, field in Rules.model_fields.items() if get_args(field.annotation)
}
TABLES = {
    entry.name: entry
    for entry in (
        table("grid", "combination", " ".join([*CHOICES, "in_force breaches findings"]), schema="temp", unique=True),
        table(
            "grid_flags",
            "flag_id",
            "kind code badge_id customer_id processed_at depends_on combinations raised_under",
            schema="temp",
        ),
    )
}


@dataclass(frozen=True)
class GridResult:
    """What the grid found. `combinations` are the rows of `grid` and `dependent` counts of flags by kind, code and what
    they depend on; `steady` flags are raised under every combination."""

    settings: Sequence[str]
    as_of: int
    combinations: list[dict[str, Any]]
    dependent: list[dict[str, Any]]
    steady: int
    folder: Path
    kept: bool


def settings_grid(
    warehouse: Path,
    settings: Sequence[str] = (),
    *,
    file: PipelineFile | None = None,
    overrides: Callable[[Rules], Rules] = lambda rules: rules,
    as_of: str | None = None,
    out: Path | None = None,
    lock_timeout: float = pipeline.LOCK_TIMEOUT_SECONDS,
    progress: pipeline.Progress = lambda *_: None,
) -> GridResult:
    """Audit under every combination of the named settings, of all choices when none is named.

    The other settings are those of `file`, else of the last run, with `overrides` put in. Raises UsageError for a
    setting that is no choice, and when there was no run.
    """
    for name in settings:
        if name not in CHOICES:
            raise UsageError(
                where=f"--settings-grid {name}",
                expected="settings among " + ", ".join(CHOICES),
                found=repr(name),
                next_step="Name some of them, with commas between, or none for all.",
            )
    named = [name for name in CHOICES if not settings or name in settings]
    with Warehouse.open(warehouse, lock_timeout=lock_timeout, read_only=True) as opened:
        last, recorded = known_settings(opened, file, as_of)
        rules = overrides(recorded)
        at = night(last, as_of, rules)
        target = (out or beside_report(file, last, at, rules, "grid")).absolute()
        prepare(target, warehouse)
        grid = [
            rules.model_copy(update=dict(zip(named, values, strict=True)))
            for values in itertools.product(*(CHOICES[name] for name in named))
        ]
        no_input = last is not None and bool(last.settings["no_input"])
        from .accounting import staged_aside

        progress("grid: staging aside")
        with staged_aside(opened) as con:
            _audit_each(con, grid, at, no_input, progress)
            _tell(con, grid, named, rules)
            facts = {
                "grid": named,
                "versions": manifest.versions(),
                "settings": {"rules": rules.model_dump()},
                "as_of": calendar.iso_instant(at),
                "inputs": [{"path": entry.path, "sha256": entry.sha256} for entry in manifest.known_inputs(con)],
            }
            folder, kept = put_tables(con, target, warehouse, TABLES, facts, {}, progress)
            return GridResult(
                named,
                at,
                _rows(con, "SELECT * FROM temp.grid ORDER BY combination"),
                _rows(con, statement("6_replay", "grid_dependence")),
                _rows(con, "SELECT count(*) AS steady FROM grid_steady")[0]["steady"],
                folder,
                kept,
            )


def _audit_each(
    con: DuckDBPyConnection, grid: Sequence[Rules], as_of: int, no_input: bool, progress: pipeline.Progress
) -> None:
    """Make `grid_seen`, the flags of every combination by its number from 1."""
    from .deriving import derive

    for number, rules in enumerate(grid, start=1):
        progress(f"grid: combination {number} of {len(grid)}")
        derive(con, rules, as_of, no_input=no_input)
        con.execute(f"SET VARIABLE combination = {number:d}")
        verb = "CREATE OR REPLACE TEMP TABLE grid_seen AS" if number == 1 else "INSERT INTO grid_seen"
        con.execute(f"{verb} {statement('6_replay', 'grid_seen')}")


def _tell(con: DuckDBPyConnection, grid: Sequence[Rules], named: Sequence[str], rules: Rules) -> None:
    """Make the relations `grid`, `grid_steady` and `grid_flags`."""
    import numpy as np

    con.execute(f"CREATE OR REPLACE TEMP TABLE grid_flag AS {statement('6_replay', 'grid_flag')}")
    found = con.execute("SELECT DISTINCT raised_under FROM grid_flag ORDER BY raised_under").fetchall()
    sets = [raised for (raised,) in found]
    combination = {
        "combination": np.arange(1, len(grid) + 1),
        **{name: np.array([getattr(one, name) for one in grid], dtype=object) for name in CHOICES},
        "in_force": np.array([one == rules for one in grid]),
    }
    dependence = {
        "raised_under": np.array(sets, dtype=object),
        "depends_on": np.array([", ".join(dependences(raised, grid, named)) for raised in sets], dtype=object),
    }
    for relation, arrays in (("grid", combination), ("grid_steady", {}), ("grid_flags", dependence)):
        if arrays:
            con.register("grid_input", arrays)
        con.execute(f"CREATE OR REPLACE TEMP TABLE {relation} AS {statement('6_replay', relation)}")
        if arrays:
            con.unregister("grid_input")


def dependences(raised_under: str, grid: Sequence[Rules], named: Sequence[str]) -> list[str]:
    """The settings of which a flag depends: one that is changed alone makes it appear or go, under some combination.

    `raised_under` holds the numbers of the combinations that raise it, with blanks between.
    """
    raised = {int(number) for number in raised_under.split()}
    found = []
    for name in named:
        sides: dict[tuple[Any, ...], set[bool]] = {}
        for number, rules in enumerate(grid, start=1):
            others = tuple(getattr(rules, other) for other in named if other != name)
            sides.setdefault(others, set()).add(number in raised)
        if any(len(side) > 1 for side in sides.values()):
            found.append(name)
    return found


def _rows(con: DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    found = con.execute(query)
    columns = [column[0] for column in found.description or []]
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
