"""The runs that a warehouse remembers: their settings, as-of, known-at, and whether their report stands (`raw.run`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import calendar
from .errors import UsageError
from .settings import Rules
from .warehouse import Warehouse

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_I64_MAX = 2**63 - 1
OPEN, PUBLISHED, ACCOUNTED = "open", "published", "accounted"
_COLUMNS = "run_id, batch_id, pipeline, epoch_us(as_of), epoch_us(known_at), settings, state, folder, manifest_sha256"


@dataclass(frozen=True)
class Run:
    """One run. Instants are microseconds; `settings` holds `rules`, `formats`, `rows`, `reports` (the folder's
    template), `inputs` (the files, folders and globs that it was given), `since` and `since_folder` (the report that it
    is compared with: manifest hash, and folder if one was named), `no_input`, `waivers`, the software's `versions`,
    what came of its `self_check`, and `open_from`, the cut of a report of open rows. `state` is `open` until the report
    stands in `folder`, then `published`; a run that made no report is `accounted`.
    """

    run_id: int
    batch_id: int | None
    pipeline: str
    as_of: int
    known_at: int | None
    settings: Mapping[str, Any]
    state: str
    folder: Path | None
    manifest_sha256: str | None

    @property
    def rules(self) -> Rules:
        return Rules(**self.settings["rules"])


def record(
    warehouse: Warehouse, *, pipeline: str, as_of: int, known_at: int, settings: Mapping[str, Any], folder: Path | None
) -> Run:
    """Write down a run inside the caller's transaction; `folder` is where its report will stand, if it makes one."""
    row = warehouse.con.execute(
        "SELECT coalesce(max(run_id), 0) + 1, (SELECT max(batch_id) FROM raw.batch) FROM raw.run"
    ).fetchone()
    run_id, batch_id = row if row else (1, None)
    state = ACCOUNTED if folder is None else OPEN
    run = Run(run_id, batch_id, pipeline, as_of, known_at, settings, state, folder, None)
    _insert(warehouse, run)
    return run


def mark_published(warehouse: Warehouse, run: Run, folder: Path, manifest_sha256: str) -> None:
    """Write down, inside the caller's transaction, that the report of a run stands."""
    warehouse.con.execute("DELETE FROM raw.run WHERE run_id = $1", [run.run_id])
    _insert(warehouse, replace(run, state=PUBLISHED, folder=folder, manifest_sha256=manifest_sha256))


def restore(warehouse: Warehouse, run: Run) -> None:
    """Write down, inside the caller's transaction, a run that another warehouse had recorded."""
    _insert(warehouse, run)


def last(warehouse: Warehouse) -> Run | None:
    """The newest run, whatever its state."""
    rows = warehouse.con.execute(f"SELECT {_COLUMNS} FROM raw.run ORDER BY run_id DESC LIMIT 1").fetchall()
    return _run(rows[0]) if rows else None


def require_last(warehouse: Warehouse) -> Run:
    """The newest run. Raises UsageError when there was none."""
    run = last(warehouse)
    if run is None:
        raise UsageError(
            where=str(warehouse.path),
            expected="a warehouse with at least one run",
            found="none",
            next_step="Run a pipeline on it first, or name one with --pipeline.",
        )
    return run


def inputs_given(warehouse: Warehouse) -> list[Path]:
    """The files, folders and globs that the runs were given, the newest first."""
    rows = warehouse.con.execute("SELECT settings FROM raw.run ORDER BY run_id DESC").fetchall()
    given = dict.fromkeys(path for (settings,) in rows for path in json.loads(settings).get("inputs", ()))
    return [Path(path) for path in given]


def unfinished(warehouse: Warehouse) -> list[Run]:
    """The runs whose report never came to stand, oldest first."""
    rows = warehouse.con.execute(f"SELECT {_COLUMNS} FROM raw.run WHERE state = $1 ORDER BY run_id", [OPEN]).fetchall()
    return [_run(row) for row in rows]


def by_manifest(warehouse: Warehouse, manifest_sha256: str) -> Run | None:
    """The newest run whose report has this manifest."""
    rows = warehouse.con.execute(
        f"SELECT {_COLUMNS} FROM raw.run WHERE manifest_sha256 = $1 ORDER BY run_id DESC LIMIT 1", [manifest_sha256]
    ).fetchall()
    return _run(rows[0]) if rows else None


def published(warehouse: Warehouse) -> list[Run]:
    """The runs whose report stands, oldest first."""
    query = f"SELECT {_COLUMNS} FROM raw.run WHERE state = $1 ORDER BY run_id"
    return [_run(row) for row in warehouse.con.execute(query, [PUBLISHED]).fetchall()]


def is_current(con: DuckDBPyConnection, run: Run) -> bool:
    """True when the ledger that a connection sees is that of this run, and nothing was ingested since."""
    row = con.execute(
        "SELECT (SELECT max(run_id) FROM raw.run) = $1, (SELECT max(batch_id) FROM raw.batch) IS NOT DISTINCT FROM $2",
        [run.run_id, run.batch_id],
    ).fetchone()
    return row == (True, True)


@dataclass(frozen=True)
class Comparison:
    """What a report is compared with: `since`, the last published run that is not the same night (same as-of, same
    inputs known), and `no_input`: inputs were given, and nothing is known that `since` did not know (RULEBOOK 9).
    """

    since: Run | None
    no_input: bool

    def recorded(self, named: tuple[str, Path] | None = None) -> dict[str, Any]:
        """Both as the settings of a run hold them; `named` is another report to compare with, by its manifest hash
        and folder.
        """
        since = None if self.since is None else self.since.manifest_sha256
        sha256, folder = named or (since, None)
        return {"since": sha256, "since_folder": None if folder is None else str(folder), "no_input": self.no_input}

    def open_from(self, con: DuckDBPyConnection, settings: Mapping[str, Any], rules: Rules, as_of: int) -> int | None:
        """The cut of a report of open rows from the ledger of `con` (page readings); None when every row is open, as
        when `settings` name another report to compare with.
        """
        from .reports.manifest import versions
        from .reports.open_rows import first_change

        since, made_with = self.since, versions()
        if (
            settings["rows"] == "all"
            or settings.get("since_folder")
            or since is None
            or since.rules != rules
            or since.as_of > as_of
        ):
            return None
        if since.settings.get("versions", made_with) != made_with:
            return None
        new = first_change(con, since.batch_id or 0, since.as_of)
        after = since.as_of + 1
        return after if new is None else min(new, after)


def compare(warehouse: Warehouse, as_of: int, known_at: int | None = None) -> Comparison:
    """Find what a report as of an instant compares with, by what was known at `known_at` (None: now)."""
    known = _I64_MAX if known_at is None else known_at
    batch = warehouse.con.execute(
        "SELECT batch_id, inputs_given FROM raw.batch WHERE epoch_us(ingested_at) <= $1 ORDER BY batch_id DESC LIMIT 1",
        [known],
    ).fetchone()
    last_batch, inputs_given = batch if batch else (0, 0)
    rows = warehouse.con.execute(
        f"""
        SELECT {_COLUMNS}, new_files FROM (
            SELECT *, (
                SELECT count(*) FROM raw.file
                WHERE raw.file.batch_id > coalesce(raw.run.batch_id, 0) AND raw.file.batch_id <= $1
            ) AS new_files
            FROM raw.run
            WHERE state = $2 AND coalesce(batch_id, 0) <= $1 AND epoch_us(known_at) <= $3
        )
        WHERE epoch_us(as_of) <> $4 OR new_files > 0
        ORDER BY run_id DESC LIMIT 1
        """,
        [last_batch, PUBLISHED, known, as_of],
    ).fetchall()
    if not rows:
        return Comparison(None, False)
    *run, new_files = rows[0]
    return Comparison(_run(tuple(run)), inputs_given > 0 and new_files == 0)


def _insert(warehouse: Warehouse, run: Run) -> None:
    warehouse.con.execute(
        "INSERT INTO raw.run BY NAME SELECT $1 AS run_id, $2 AS batch_id, $3 AS pipeline,"
        " make_timestamptz($4) AS as_of,"
        " make_timestamptz($5) AS known_at, $6 AS settings, $7 AS state, $8 AS folder, $9 AS manifest_sha256",
        [
            run.run_id,
            run.batch_id,
            run.pipeline,
            run.as_of,
            run.known_at,
            json.dumps(run.settings),
            run.state,
            None if run.folder is None else str(run.folder),
            run.manifest_sha256,
        ],
    )


def _run(row: tuple[Any, ...]) -> Run:
    run_id, batch_id, pipeline, as_of, known_at, settings, state, folder, manifest_sha256 = row
    return Run(
        run_id,
        batch_id,
        pipeline,
        as_of,
        known_at,
        json.loads(settings),
        state,
        None if folder is None else Path(folder),
        manifest_sha256,
    )


def shown(instant: int) -> str:
    """An instant as people read it: to the second where it is whole."""
    text = calendar.iso_instant(instant)
    return text.replace(".000000Z", "Z")
