"""`badgeledger replay --settings-grid`: which flags of the audit depend on which reading of the rules."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from .. import runs
from ..grid import TABLES, GridResult, settings_grid
from ..progress import progress
from ..settings import instant_option, load, with_overrides
from ..text import columns, counted, number, shown_path
from .status import warehouse_path


def show_grid(
    pipeline: Path | None,
    warehouse: Path | None,
    settings: str,
    *,
    as_of: str | None,
    out: Path | None,
    overrides: Sequence[str],
    lock_timeout: float,
    as_json: bool,
) -> None:
    """Audit under every combination of the settings, names with commas between, and print what depends on them."""
    if as_of not in {None, "now", "start-of-day"}:
        instant_option("--as-of", str(as_of))
    with progress() as told:
        result = settings_grid(
            warehouse_path(pipeline, warehouse),
            [name.strip() for name in settings.split(",") if name.strip()],
            file=None if pipeline is None else load(pipeline),
            overrides=lambda recorded: with_overrides(recorded, overrides),
            as_of=as_of,
            out=out,
            lock_timeout=lock_timeout,
            progress=told,
        )
    print(json.dumps(_facts(result), indent=2) if as_json else "\n".join(_summary(result)))


def _facts(result: GridResult) -> dict[str, object]:
    return {
        "as_of": runs.shown(result.as_of),
        "settings": list(result.settings),
        "combinations": result.combinations,
        "steady": result.steady,
        "dependent": result.dependent,
        "folder": str(result.folder),
        "kept": result.kept,
    }


def _summary(result: GridResult) -> list[str]:
    changing = sum(row["flags"] for row in result.dependent)
    lines = [
        f"{counted(len(result.combinations), 'combination')} of {', '.join(result.settings)}:"
        f" {counted(result.steady, 'flag')} under each, {number(changing)} under some alone",
        f"  as of       {runs.shown(result.as_of)}",
    ]
    head = ("", *result.settings, "breaches", "findings")
    rows = [
        (
            f"{row['combination']}{' *' if row['in_force'] else ''}",
            *(row[name] for name in result.settings),
            number(row["breaches"]),
            number(row["findings"]),
        )
        for row in result.combinations
    ]
    lines += ["  " + line for line in columns([head, *rows], right=(len(head) - 2, len(head) - 1))]
    if result.dependent:
        facts = [(row["kind"], row["code"], row["depends_on"], number(row["flags"])) for row in result.dependent]
        table = columns([("flag", "limit or code", "depends on", "flags"), *facts], right=(3,))
        lines += ["", *("  " + line for line in table)]
    kept = "  (unchanged)" if result.kept else ""
    lines.append(f"  tables      {shown_path(result.folder)}{kept}: {', '.join(TABLES)}")
    return lines
