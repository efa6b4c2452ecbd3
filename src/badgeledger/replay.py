"""Deciding history again: settings and definitions in, a folder of decisions out (RULEBOOK 10).

The folder holds `decisions`, `decision_totals` and `manifest.json`, which is written last and means complete. Nothing
in the warehouse is changed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import calendar, pipeline, runs
from .errors import ConfigError
from .reports import manifest
from .reports.folder import prepare, put, staged
from .reports.tables import table, write_csv_of, write_rows
from .settings import PipelineFile, Rules, now_microseconds, report_folder, resolve_as_of
from .warehouse import Warehouse
from .warehouse_files import sync

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TABLES = {
    entry.name: entry
    for entry in (
        table(
            "decisions",
            "processed_at request_id position row_key",
            "issuance_id badge_id customer_id decision reason limit_name recorded_outcome recorded_code compared",
            schema="temp",
            unique=True,
        ),
        table(
            "decision_totals",
            "badge_id day reason limit_name",
            "decisions same newly_admitted newly_rejected breaches",
            schema="temp",
        ),
    )
}
FORMATS = ("csv", "parquet")
EVER = (-(2**63), 2**63 - 1)
Numbers = Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class ReplayResult:
    """What a replay found. `by_reason` sums `decision_totals` by reason and limit; instants are microseconds."""

    as_of: int
    rules: Rules
    folder: Path
    kept: bool
    by_reason: list[dict[str, Any]]
    warehouse: Path


@dataclass(frozen=True)
class Question:
    """What is asked: settings, as-of, other numbers of limits, and the part of time that the output shows."""

    rules: Rules
    as_of: int
    numbers: Numbers
    shown: tuple[int, int]


def replay(
    warehouse: Path,
    *,
    file: PipelineFile | None = None,
    overrides: Callable[[Rules], Rules] = lambda rules: rules,
    numbers: Numbers | None = None,
    as_of: str | None = None,
    shown: tuple[int, int] = EVER,
    out: Path | None = None,
    lock_timeout: float = pipeline.LOCK_TIMEOUT_SECONDS,
    progress: pipeline.Progress = lambda *_: None,
) -> ReplayResult:
    """Decide every request up to as-of again, with the settings of `file`, else of the last run.

    `numbers` replaces the number of a limit, by badge and limit name, in all versions that carry it. `shown` are the
    half-open bounds of `processed_at` of what is written; they cut the output, never the decisions before it. Raises
    UsageError when there was no run, ConfigError when `numbers` names a limit that no version carries.
    """
    with Warehouse.open(warehouse, lock_timeout=lock_timeout, read_only=True) as opened:
        last = runs.last(opened) if file is not None and as_of is not None else runs.require_last(opened)
        recorded = file.settings.rules if file is not None else last.rules if last is not None else Rules()
        rules = overrides(recorded)
        at = last.as_of if as_of is None and last else resolve_as_of(as_of or "now", rules.zone, now_microseconds())
        question = Question(rules, at, numbers or {}, shown)
        target = (out or _beside_report(file, last, at, rules)).absolute()
        prepare(target, warehouse)
        no_input = last is not None and bool(last.settings["no_input"])
        with pipeline.ledger_views(opened, rules, at, None, no_input, progress) as con:
            _refuse_unknown_limits(con, question.numbers)
            _decide(con, question, progress)
            folder, kept = _publish(con, target, warehouse, question, progress)
            return ReplayResult(at, rules, folder, kept, _by_reason(con), warehouse)


def _beside_report(file: PipelineFile | None, last: runs.Run | None, as_of: int, rules: Rules) -> Path:
    """The folder of the report of that night, with `-replay` behind its name."""
    if file is not None:
        section = file.settings.pipeline
        report = file.base / report_folder(section.reports, as_of, rules.zone, section.name)
    else:
        assert last is not None
        report = Path(report_folder(last.settings["reports"], as_of, rules.zone, last.pipeline))
    return report.with_name(report.name + "-replay")


def _refuse_unknown_limits(con: DuckDBPyConnection, numbers: Numbers) -> None:
    known: dict[str, list[str]] = {}
    for badge, name in con.execute("SELECT badge_id, limit_name FROM ledger.slot ORDER BY ALL").fetchall():
        known.setdefault(badge, []).append(name)
    for badge, name in numbers:
        if name not in known.get(badge, ()):
            raise ConfigError(
                where=f"--rules, badge {badge}",
                expected="a limit that a version of the badge carries"
                + (": " + ", ".join(known[badge]) if badge in known else ""),
                found=repr(name) if badge in known else "a badge without any limit, or none of that id",
                next_step="Correct the file; the names stand in the report's table limits.",
            )


def _decide(con: DuckDBPyConnection, question: Question, progress: pipeline.Progress) -> None:
    from .decisions import make_decisions

    progress("replay: reading")
    began = 0.0

    def told(done: int) -> None:
        nonlocal began
        if not done:
            began = time.monotonic()
            return
        progress(f"replay: {done:,} issuances decided, {done / max(time.monotonic() - began, 1e-6):,.0f} a second")

    make_decisions(con, question.rules, question.as_of, numbers=question.numbers, shown=question.shown, progress=told)


def _publish(
    con: DuckDBPyConnection, target: Path, owner: Path, question: Question, progress: pipeline.Progress
) -> tuple[Path, bool]:
    with staged(target, owner) as stage:
        outputs = []
        for name, entry in TABLES.items():
            progress(f"replay: {name}")
            parquet, csv = stage / f"{name}.parquet", stage / f"{name}.csv"
            # Sorted once: the CSV follows the order of the Parquet file.
            rows = write_rows(con, entry, "parquet", parquet), write_csv_of(con, entry, parquet, csv)
            for path, written in zip((parquet, csv), rows, strict=True):
                sync(path)
                outputs.append(manifest.Output(path.name, written, manifest.file_sha256(path)))
        text = _manifest(con, question, outputs)
        (stage / manifest.NAME).write_bytes(text.encode())
        sync(stage / manifest.NAME)
        return put(stage, target, lambda place: manifest.holds(place, text))


def _manifest(con: DuckDBPyConnection, question: Question, outputs: list[manifest.Output]) -> str:
    """What the folder was made of and what it holds, without any reading of the clock."""
    bounds = [None if end in EVER else calendar.iso_instant(end) for end in question.shown]
    content = {
        "replay": True,
        "versions": manifest.versions(),
        "settings": {
            "rules": question.rules.model_dump(),
            "numbers": [
                {"badge": badge, "limit": name, "number": number}
                for (badge, name), number in sorted(question.numbers.items())
            ],
            "from": bounds[0],
            "to": bounds[1],
        },
        "as_of": calendar.iso_instant(question.as_of),
        "inputs": [{"path": entry.path, "sha256": entry.sha256} for entry in manifest.known_inputs(con)],
        "outputs": {entry.name: {"rows": entry.rows, "sha256": entry.sha256} for entry in outputs},
    }
    return json.dumps(content, indent=2) + "\n"


def _by_reason(con: DuckDBPyConnection) -> list[dict[str, Any]]:
    columns = ("decisions", "same", "newly_admitted", "newly_rejected", "breaches")
    sums = ", ".join(f"sum({name})::BIGINT" for name in columns)
    rows = con.execute(
        f"SELECT reason, limit_name, {sums} FROM temp.decision_totals GROUP BY reason, limit_name ORDER BY ALL"
    ).fetchall()
    return [dict(zip(("reason", "limit_name", *columns), row, strict=True)) for row in rows]
