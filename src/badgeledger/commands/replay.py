"""`badgeledger replay`: decide history again, and the few lines that a person reads."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .. import runs
from ..errors import UsageError
from ..overrides import load_overrides
from ..progress import progress
from ..replay import COMPARED, EVER, TABLES, ReplayResult, replay
from ..settings import instant_option, load, with_overrides
from ..text import columns, counted, number, plain, shown_path
from .status import warehouse_path

_COUNTS = ("decisions", "same", "newly_admitted", "newly_rejected", "breaches")


def replay_history(
    pipeline: Path | None,
    warehouse: Path | None,
    *,
    as_of: str | None,
    out: Path | None,
    overrides: Sequence[str],
    rules: Path | None,
    shown_from: str | None,
    shown_to: str | None,
    emit: Path | None,
    lock_timeout: float,
    as_json: bool,
) -> None:
    """Decide again, publish the decisions and print their totals. Raises the errors of :mod:`badgeledger.errors`."""
    path = warehouse_path(pipeline, warehouse)
    if as_of not in {None, "now", "start-of-day"}:
        instant_option("--as-of", str(as_of))
    shown = _shown(shown_from, shown_to)
    file = None if pipeline is None else load(pipeline)
    other = None if rules is None else load_overrides(rules)
    with progress() as told:
        result = replay(
            path,
            file=file,
            overrides=lambda recorded: with_overrides(recorded, overrides),
            other=other,
            as_of=as_of,
            shown=shown,
            out=out,
            emit=emit,
            lock_timeout=lock_timeout,
            progress=told,
        )
    settings = ", ".join(f"{key}={value}" for key, value in result.rules.model_dump().items())
    print(f"settings of {pipeline if pipeline is not None else 'the last run'}: {settings}", file=sys.stderr)
    if emit is not None:
        print(f"{plain(str(emit))}: {counted(result.emitted, 'line')}", file=sys.stderr)
    print(json.dumps(replay_facts(result), indent=2) if as_json else "\n".join(_summary(result)))


def _shown(shown_from: str | None, shown_to: str | None) -> tuple[int, int]:
    low = EVER[0] if shown_from is None else instant_option("--from", shown_from)
    high = EVER[1] if shown_to is None else instant_option("--to", shown_to)
    if low >= high:
        raise UsageError(
            where=f"--from {shown_from} --to {shown_to}",
            expected="--from before --to",
            found="no time between them",
            next_step="Correct one of them; --to itself is not shown.",
        )
    return low, high


def replay_facts(result: ReplayResult) -> dict[str, Any]:
    """What a replay found, as JSON."""
    return {
        "as_of": runs.shown(result.as_of),
        "rules": result.rules.model_dump(),
        "totals": replay_totals(result),
        "by_reason": result.by_reason,
        "compared": result.compared,
        "emitted": result.emitted,
        "folder": str(result.folder),
        "kept": result.kept,
        "warehouse": str(result.warehouse),
    }


def replay_totals(result: ReplayResult) -> dict[str, int]:
    """Decisions, rejected ones, and how they compare with the record."""
    sums = {name: sum(row[name] for row in result.by_reason) for name in _COUNTS}
    rejected = sum(row["decisions"] for row in result.by_reason if row["reason"])
    return {"decisions": sums["decisions"], "rejected": rejected} | {name: sums[name] for name in _COUNTS[1:]}


def _summary(result: ReplayResult) -> list[str]:
    totals = replay_totals(result)
    compared = f"{number(totals['newly_admitted'])} newly admitted, {number(totals['newly_rejected'])} newly rejected"
    head = ("decision", "limit", "decisions", "same", "newly admitted", "newly rejected", "audit breaches")
    rows = [
        (row["reason"] or "admitted", row["limit_name"], *(number(row[name]) for name in _COUNTS))
        for row in result.by_reason
    ]
    lines = [
        f"{counted(totals['decisions'], 'decision')}: {number(totals['same'])} as recorded, {compared}",
        f"  as of       {runs.shown(result.as_of)}, zone {result.rules.zone}",
    ]
    if result.compared is not None:
        sums = {name: sum(row[name] for row in result.compared) for name in ("gained", "lost")}
        lines.append(
            f"  other rules {number(sums['gained'])} gained, {number(sums['lost'])} lost against the recorded ones"
        )
    if rows:
        lines += ["  " + line for line in columns([head, *rows], right=range(2, len(head)))]
    kept = "  (unchanged)" if result.kept else ""
    names = ", ".join(TABLES if result.compared is None else TABLES | COMPARED)
    lines.append(f"  tables      {names}")
    lines.append(f"  page        {shown_path(result.page)}{kept}")
    return lines
