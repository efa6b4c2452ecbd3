"""Deciding history again: settings and definitions in, a folder of decisions out (RULEBOOK 10).

The folder holds the tables, and `manifest.json`, which is written last and means complete. Nothing in the warehouse is
changed.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import calendar, emission, pipeline, runs, views
from .errors import ConfigError
from .kept import Kept
from .reports import manifest
from .reports.context import ReportContext
from .reports.folder import prepare
from .reports.table_folder import put_tables
from .reports.tables import Table, table, write_blocks, write_csv_of
from .settings import PipelineFile, Rules, now_microseconds, report_folder, resolve_as_of
from .warehouse import Warehouse, first_row, leave_room

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from .overrides import Overrides
    from .reports.replay_page import Asked
    from .ruling import Badges, RuledBadge

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
# Of a replay under other rules alone: they set it against the replay under the recorded ones.
COMPARED = {
    entry.name: entry
    for entry in (
        table(
            "comparison",
            "badge_id week reason limit_name",
            "decisions_a decisions_b gained lost breaches",
            schema="temp",
        ),
        table("gains", "badge_id customer_id", "admitted_a admitted_b gained lost", schema="temp"),
        table("chosen", "entry badge_id", "badge_name tags gained lost", schema="temp"),
    )
}
REPLAY_PAGE = "replay.html"
EVER = (-(2**63), 2**63 - 1)


@dataclass(frozen=True)
class ReplayResult:
    """What a replay found. `by_reason` sums `decision_totals` by reason and limit; `compared` does so for
    `comparison`, and is None where nothing but the recorded rules was asked for. `emitted` lines of answers were
    written. Instants are microseconds."""

    as_of: int
    rules: Rules
    folder: Path
    kept: bool
    by_reason: list[dict[str, Any]]
    compared: list[dict[str, Any]] | None
    emitted: int
    warehouse: Path

    @property
    def page(self) -> Path:
        """The page that a person opens."""
        return self.folder / REPLAY_PAGE


@dataclass(frozen=True)
class Question:
    """What is asked: settings and other rules, against the recorded settings, as of an instant, and the part of time
    that the output shows."""

    rules: Rules
    recorded: Rules
    other: Overrides | None
    as_of: int
    shown: tuple[int, int]

    @property
    def compares(self) -> bool:
        """Whether anything but the recorded rules is asked for."""
        return self.other is not None or self.rules != self.recorded


def replay(
    warehouse: Path,
    *,
    file: PipelineFile | None = None,
    overrides: Callable[[Rules], Rules] = lambda rules: rules,
    other: Overrides | None = None,
    as_of: str | None = None,
    shown: tuple[int, int] = EVER,
    out: Path | None = None,
    emit: Path | None = None,
    lock_timeout: float = pipeline.LOCK_TIMEOUT_SECONDS,
    progress: pipeline.Progress = lambda *_: None,
) -> ReplayResult:
    """Decide every request up to as-of again, with the settings of `file`, else of the last run.

    `other` are rules to decide under instead of the recorded ones, `overrides` settings that come before theirs.
    `shown` are the half-open bounds of `processed_at` of what is written; they cut the output, never the decisions
    before it. `emit` is a new file for the answers that the platform would have given. What a killed replay of the same
    rows, rules and output had decided is taken up. Raises UsageError when there
    was no run, ConfigError when `other` finds nothing to change.
    """
    with Warehouse.open(warehouse, lock_timeout=lock_timeout, read_only=True) as opened:
        last, recorded = known_settings(opened, file, as_of)
        rules = overrides(recorded if other is None else other.settings(recorded))
        at = night(last, as_of, rules)
        question = Question(rules, recorded, other, at, shown)
        target = (out or beside_report(file, last, at, rules, "replay")).absolute()
        prepare(target, warehouse)
        if emit is not None:
            emission.require_new(emit)
        no_input = last is not None and bool(last.settings["no_input"])
        with views.ledger_views(opened, rules, at, None, no_input, progress) as con:
            leave_room(con)
            sides = [Kept(target.with_name(f".{target.name}.decided{side}")) for side in ("", "-before")]
            decided, badges = _decide(con, warehouse, question, lock_timeout, progress, sides)
            folder, kept = _publish(con, decided, badges, sides[0], target, warehouse, question, progress)
            emitted = 0
            if emit is not None:
                progress(f"replay: {emit.name}")
                emitted = emission.emit(con, badges, emit, f"{decided} {shown}", _speed(progress, "answered"))
            for side in sides:
                side.remove()
            compared = _sums(con, "comparison", COMPARED) if question.compares else None
            by_reason = _sums(con, "decision_totals", TABLES)
            return ReplayResult(at, rules, folder, kept, by_reason, compared, emitted, warehouse)


def replay_step(
    file: PipelineFile, warehouse: Path, as_of: int, out: Path, lock_timeout: float, progress: pipeline.Progress
) -> ReplayResult:
    """The step `replay` of a pipeline: as of its run, under the rules that its `[replay]` names."""
    from .overrides import load_overrides

    rules = file.settings.replay.rules
    return replay(
        warehouse,
        file=file,
        other=None if rules is None else load_overrides(file.base / rules),
        as_of=calendar.iso_instant(as_of),
        out=out,
        lock_timeout=lock_timeout,
        progress=progress,
    )


def known_settings(opened: Warehouse, file: PipelineFile | None, as_of: str | None) -> tuple[runs.Run | None, Rules]:
    """The last run, and the settings of the file, else of that run. Raises UsageError when there was none to tell."""
    last = runs.last(opened) if file is not None and as_of is not None else runs.require_last(opened)
    return last, file.settings.rules if file is not None else last.rules if last is not None else Rules()


def night(last: runs.Run | None, as_of: str | None, rules: Rules) -> int:
    """The as-of that is asked for, else that of the last run, in microseconds."""
    return last.as_of if as_of is None and last else resolve_as_of(as_of or "now", rules.zone, now_microseconds())


def beside_report(file: PipelineFile | None, last: runs.Run | None, as_of: int, rules: Rules, kind: str) -> Path:
    """The folder of the report of that night, with what it holds behind its name."""
    if file is not None:
        section = file.settings.pipeline
        report = file.base / report_folder(section.reports, as_of, rules.zone, section.name)
    else:
        assert last is not None
        report = Path(report_folder(last.settings["reports"], as_of, rules.zone, last.pipeline))
    return report.with_name(f"{report.name}-{kind}")


def _decide(
    con: DuckDBPyConnection,
    warehouse: Path,
    question: Question,
    lock_timeout: float,
    progress: pipeline.Progress,
    kept: Sequence[Kept],
) -> tuple[str, Badges]:
    """What the decisions are told apart by, and the badges under whose rules they are."""
    from . import ruling
    from .decisions import make_decisions

    progress("replay: reading")
    before = ruling.recorded(con, question.recorded, question.as_of)
    badges: Badges = ruling.recorded(con, question.rules, question.as_of)
    if question.other is not None:
        if question.other.definitions is not None:
            badges = _other_definitions(question.other, warehouse, question, lock_timeout)
        badges = question.other.apply(badges)
    told, compared = _speed(progress, "decided"), before if question.compares else None
    found = make_decisions(con, badges, question.as_of, before=compared, shown=question.shown, progress=told, kept=kept)
    return found, badges


def _speed(progress: pipeline.Progress, done: str) -> Callable[[int], None]:
    """Tells how many issuances are done, and how many a second since there was none."""
    began = 0.0

    def told(issuances: int) -> None:
        nonlocal began
        if not issuances:
            began = time.monotonic()
            return
        progress(
            f"replay: {issuances:,} issuances {done}, {issuances / max(time.monotonic() - began, 1e-6):,.0f} a second"
        )

    return told


def _other_definitions(
    other: Overrides, warehouse: Path, question: Question, lock_timeout: float
) -> dict[str, RuledBadge]:
    from . import ruling

    path = other.definitions
    assert path is not None
    where = f"{other.path}, key definitions"
    if not path.exists() or path.samefile(warehouse):
        raise ConfigError(
            where=where,
            expected="another warehouse than the one that is replayed",
            found=f"{path}, which is the same" if path.exists() else f"{path}, which is not there",
            next_step="Correct the path; it is relative to the file. Without the key the recorded definitions rule.",
        )
    return ruling.of_warehouse(path, where, question.rules, question.as_of, lock_timeout)


def _publish(
    con: DuckDBPyConnection,
    decided: str,
    badges: Badges,
    side: Kept,
    target: Path,
    owner: Path,
    question: Question,
    progress: pipeline.Progress,
) -> tuple[Path, bool]:
    from .decision_blocks import decision_blocks
    from .decisions import make_chosen, make_totals
    from .reports import replay_page

    key = hashlib.sha256(f"{decided} {question.shown}".encode()).hexdigest()

    def write_decisions(path: Path) -> int:
        if side.table_taken_up(key, path):
            return _rows_of(con, path)
        rows = write_blocks(con, TABLES["decisions"], decision_blocks(con, _speed(progress, "written")), path)
        side.keep_table(key, path, rows)
        return rows

    def write_csv(path: Path) -> int:
        parquet = path.with_suffix(".parquet")
        if side.table_taken_up(key, path):
            rows = _rows_of(con, parquet)
        else:
            rows = write_csv_of(con, TABLES["decisions"], parquet, path)
            side.keep_table(key, path, rows)
        # The tables that come behind the decisions sum them up.
        make_totals(con, compared=question.compares)
        if question.compares:
            make_chosen(con, badges, question.other.chosen(badges) if question.other is not None else [])
        return rows

    def write_page(path: Path) -> None:
        progress(f"replay: {path.name}")
        replay_page.write_replay_page(con, path, _context(con, question), _asked(question))

    tables = TABLES | COMPARED if question.compares else TABLES
    pages, writers = {REPLAY_PAGE: write_page}, {"decisions.parquet": write_decisions, "decisions.csv": write_csv}
    return put_tables(con, target, owner, tables, _facts(con, question), pages, progress, writers)


def _rows_of(con: DuckDBPyConnection, parquet: Path) -> int:
    return int(first_row(con, "SELECT count(*) FROM read_parquet($1)", [str(parquet)])[0])


def _context(con: DuckDBPyConnection, question: Question) -> ReportContext:
    return ReportContext(
        name="replay",
        as_of=calendar.moment_of(question.as_of),
        known_at=tuple((entry.path, entry.sha256) for entry in manifest.known_inputs(con)),
        zone=question.rules.zone,
        rules=question.rules.model_dump(),
        versions=manifest.versions(),
    )


def _asked(question: Question) -> Asked:
    from .reports.replay_page import Asked

    other = None if question.other is None else question.other.facts()
    return Asked(question.compares, question.recorded.model_dump(), other, _bounds(question))


def _bounds(question: Question) -> tuple[str | None, str | None]:
    low, high = (None if end in EVER else calendar.iso_instant(end) for end in question.shown)
    return low, high


def _facts(con: DuckDBPyConnection, question: Question) -> dict[str, Any]:
    """What the folder is made of, without any reading of the clock."""
    low, high = _bounds(question)
    return {
        "replay": True,
        "versions": manifest.versions(),
        "settings": {
            "rules": question.rules.model_dump(),
            "recorded_rules": question.recorded.model_dump(),
            "other": None if question.other is None else question.other.facts(),
            "from": low,
            "to": high,
        },
        "as_of": calendar.iso_instant(question.as_of),
        "inputs": [{"path": entry.path, "sha256": entry.sha256} for entry in manifest.known_inputs(con)],
    }


def _sums(con: DuckDBPyConnection, relation: str, tables: Mapping[str, Table]) -> list[dict[str, Any]]:
    """The counts of a relation by reason and limit."""
    entry = tables[relation]
    counts = entry.columns[entry.key_length :]
    sums = ", ".join(f"sum({name})::BIGINT" for name in counts)
    rows = con.execute(
        f"SELECT reason, limit_name, {sums} FROM temp.{relation} GROUP BY reason, limit_name ORDER BY ALL"
    ).fetchall()
    return [dict(zip(("reason", "limit_name", *counts), row, strict=True)) for row in rows]
