"""The report that another one is compared with: read from its folder, or made again where that is gone or damaged.

It is known by the hash of its manifest. What its tables were follows from the warehouse in any case; the folder only
saves the work, and is proved by its hashes before it is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from . import changes, evidence, runs
from .changes import REMEMBERED, Earlier
from .errors import DifferenceFound, UsageError
from .evidence import Manifest
from .reports.manifest import known_inputs, versions
from .reports.tables import TABLES
from .runs import Run
from .waivers import of_record
from .warehouse import BADGE_BITS, Warehouse, first_row, statement

Progress = Callable[..., None]


@dataclass
class Found:
    """The earlier report, None where a report has none before it. `rebuilt` says that its tables were made again by
    other software than published them, `lost` that nothing of it is left; `warnings` are for people.
    """

    report: Earlier | None
    rebuilt: bool = False
    lost: bool = False
    warnings: list[str] = field(default_factory=list)


def named(folder: Path) -> tuple[str, Path]:
    """The manifest hash of a report folder that `--since` names, and its absolute path. Raises UsageError."""
    try:
        return evidence.read_manifest(folder).sha256, folder.absolute()
    except DifferenceFound as error:
        raise UsageError(
            where=f"--since {folder}",
            expected="the folder of a whole report",
            found=f"in {error.where} {error.found}",
            next_step="Name another folder, or leave the option out to compare with the last published report.",
        ) from None


@contextmanager
def remembered(
    warehouse: Warehouse,
    settings: Mapping[str, Any],
    *,
    rebuild: bool = False,
    carry: bool = False,
    progress: Progress = lambda *_: None,
) -> Iterator[Found]:
    """The report that recorded `settings` say is compared with (`since`, `since_folder`), while the block lasts.

    Where its folder cannot be used, its tables are taken from the warehouse when its ledger is still the one in place;
    else, or when `rebuild` asks for it, the report is made again from its run's recorded settings and inputs, and
    before it those that it was compared with, back to one that stands. A report of another warehouse
    whose folder is gone is lost. With `carry`, if the ledger of that report is the one that was committed last, only
    what was touched since is remembered of it (:class:`~badgeledger.changes.Earlier`).
    """
    found = Found(None)
    with TemporaryDirectory(prefix="earlier-", dir=warehouse.spill) as stage:
        lost: list[Run] = []
        wanted, place = settings.get("since"), settings.get("since_folder")
        while wanted is not None:
            run = runs.by_manifest(warehouse, wanted)
            folders = [Path(place)] if place is not None else []
            folders += [run.folder] if run is not None and run.folder is not None else []
            if carry and run is not None and not lost:
                found.report = _carried(warehouse, run, Path(stage) / "carried")
            if found.report is None and not (rebuild and not lost):
                found.report = _read_first(warehouse, folders, wanted, found.warnings)
                if found.report is None and run is not None:
                    found.report = _still_in_place(warehouse, run, Path(stage) / "in place")
            if found.report is not None:
                break
            if run is None:
                found.lost = not lost
                found.warnings.append(
                    f"the report with manifest {wanted} is gone, and no run of this warehouse made it"
                )
                break
            lost.append(run)
            wanted, place = run.settings.get("since"), run.settings.get("since_folder")
        for number, run in enumerate(reversed(lost)):
            progress("account: an earlier report again")
            found.report = _made_again(warehouse, run, found.report, Path(stage) / str(number))
        found.rebuilt = bool(lost) and dict(lost[0].settings.get("versions", {})) != versions()
        yield found


def _read_first(warehouse: Warehouse, folders: list[Path], sha256: str, warnings: list[str]) -> Earlier | None:
    faults = []
    for folder in dict.fromkeys(folders):
        try:
            manifest = evidence.read_manifest(folder)
            if manifest.sha256 != sha256:
                raise ValueError("its manifest is that of another report")
            if manifest.content.open_from is not None or manifest.content.pseudonyms is not None:
                # Its tables hold open rows alone, or not the customers: the others are in the warehouse.
                return None
            return _read(warehouse, manifest)
        except (UsageError, DifferenceFound) as error:
            faults.append(f"{error.where}: {error.found}")
        except (ValueError, OSError, duckdb.Error) as error:
            faults.append(f"{folder}: {str(error).splitlines()[0]}")
    if faults:
        warnings.append(f"the report to compare with cannot be read ({'; '.join(faults)}); it is made again")
    return None


def _read(warehouse: Warehouse, manifest: Manifest) -> Earlier:
    """The tables of a folder that are remembered, each proved by its hash. Raises ValueError for one that is not."""
    content, tables = manifest.content, {}
    for name in REMEMBERED:
        output = next((f"{name}.{kind}" for kind in ("parquet", "csv") if f"{name}.{kind}" in content.outputs), None)
        if output is None and name == "changes":
            # An earlier version did not write it: nothing is remembered from before that report.
            continue
        if output is None:
            raise ValueError(f"it holds no table {name}")
        path = manifest.folder / output
        if evidence.file_sha256(path) != content.outputs[output].sha256:
            raise ValueError(f"{output} is not what its manifest promises")
        if _columns(warehouse.con, path) != TABLES[name].columns:
            raise ValueError(f"{output} has other columns")
        tables[name] = path
    return Earlier(
        as_of=content.as_of_us,
        rules=content.settings.rules,
        versions=content.versions,
        inputs=[(entry.path, entry.sha256) for entry in content.inputs],
        tables=tables,
    )


def _columns(con: duckdb.DuckDBPyConnection, path: Path) -> tuple[str, ...]:
    if path.suffix == ".csv":
        return tuple(next(iter(evidence.rows_of(path)), ()))
    return tuple(row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {changes.source_of(path)}").fetchall())


def _still_in_place(warehouse: Warehouse, run: Run, folder: Path) -> Earlier | None:
    """The tables of a run whose ledger is the one in place, in files of `folder`; None when another ledger is.

    The run that compares counts in a transaction of its own, and what was committed is the ledger as it was before.
    """
    with warehouse.committed() as con:
        if not runs.is_current(con, run):
            return None
        tables = _written(con, folder)
        inputs = [(entry.path, entry.sha256) for entry in known_inputs(con)]
    return Earlier(run.as_of, run.rules.model_dump(), run.settings.get("versions", {}), inputs, tables)


def _carried(warehouse: Warehouse, run: Run, folder: Path) -> Earlier | None:
    """What is to be compared of a run whose ledger was the one in place; None when another was, or when anything but
    rows of badges may be told otherwise since: the software, a path, or every badge.
    """
    touched = _touched(warehouse.con)
    made_with = run.settings.get("versions")
    if touched is None or made_with != versions():
        return None
    inputs = _known_to(warehouse.con, run)
    if not set(inputs) <= {(entry.path, entry.sha256) for entry in known_inputs(warehouse.con)}:
        return None
    now = _first_processed(warehouse.con, touched)
    with warehouse.committed() as con:
        if first_row(con, "SELECT max(run_id) FROM raw.run")[0] != run.run_id:
            return None
        then = _first_processed(con, touched)
        badges = {badge: min(now[badge], then[badge]) for badge in now}
        badges |= dict.fromkeys(_not_judged(con), -changes.NEVER)
        changes.note_compared(con, badges)
        tables = _written(con, folder, carried=True)
    return Earlier(run.as_of, run.rules.model_dump(), made_with, inputs, tables, badges)


def _known_to(con: duckdb.DuckDBPyConnection, run: Run) -> list[tuple[str, str]]:
    """The files that a run knew, whatever was read since: path and SHA-256."""
    return con.execute(
        "SELECT min(delivery.path), file.sha256 FROM raw.file AS file"
        " INNER JOIN raw.delivery AS delivery USING (file_id) WHERE delivery.batch_id <= $1"
        " GROUP BY file.file_id, file.sha256 ORDER BY ALL",
        [run.batch_id or 0],
    ).fetchall()


def _touched(con: duckdb.DuckDBPyConnection) -> list[tuple[str, int, int]] | None:
    """The badges that were touched, their numbers, and from which row on; None when that is every badge."""
    rest = "SELECT 1 FROM staging.badge_number ANTI JOIN staging.touched USING (badge_id) LIMIT 1"
    if first_row(con, rest) is None:
        return None
    return con.execute("SELECT badge_id, badge_no, from_no FROM staging.touched ORDER BY badge_no").fetchall()


def _first_processed(con: duckdb.DuckDBPyConnection, touched: list[tuple[str, int, int]]) -> dict[str, int]:
    """When the first touched row of each badge was processed by this ledger, in microseconds; never where none is."""
    _, numbers, places = (list(column) for column in zip(*touched, strict=True)) if touched else ([], [], [])
    found = con.execute(
        "SELECT touched.badge_no, min(answered.processed_at) FROM staging.answered_row AS answered"
        " INNER JOIN (SELECT unnest($1::BIGINT[]) AS badge_no, unnest($2::BIGINT[]) AS from_no) AS touched"
        f" ON answered.row_no >> {BADGE_BITS} = touched.badge_no AND answered.row_no >= touched.from_no"
        f" WHERE answered.row_no >= {min(places, default=0):d} GROUP BY touched.badge_no",
        [numbers, places],
    ).fetchall()
    first = dict(found)
    return {badge: first.get(number, changes.NEVER) for badge, number, _ in touched}


def _not_judged(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The badges of flags that could not be judged."""
    found = con.execute("SELECT DISTINCT badge_id FROM flags.change WHERE state = 'not-judged'").fetchall()
    return [badge for (badge,) in found if badge is not None]


def _written(con: duckdb.DuckDBPyConnection, folder: Path, *, carried: bool = False) -> dict[str, Path]:
    """What is remembered of each table, in a file of `folder`; when `carried`, only of rows that are compared."""
    folder.mkdir()
    tables = {name: folder / f"{name}.parquet" for name in REMEMBERED}
    for name, path in tables.items():
        columns, rows = ", ".join(REMEMBERED[name]), f"report.{name}"
        if carried and name == "issuances":
            rows = f"({statement('4_flags', 'compared_issuance')})"
        elif carried:
            code = "code" if name in {"findings", "changes"} else "NULL"
            processed = "NULL" if name == "cycle_counts" else "epoch_us(processed_at)"
            rows += f" WHERE is_compared({code}, badge_id, {processed})"
        target = str(path).replace("'", "''")
        con.execute(f"COPY (SELECT {columns} FROM {rows}) TO '{target}' (FORMAT parquet)")
    return tables


def _made_again(warehouse: Warehouse, run: Run, before: Earlier | None, folder: Path) -> Earlier:
    """The tables of a past run, in files of `folder`."""
    from .accounting import aside

    no_input = bool(run.settings.get("no_input"))
    with aside(warehouse, run.rules, run.as_of, run.known_at, no_input=no_input) as con:
        changes.compare(
            con,
            before,
            rules=run.rules,
            as_of_us=run.as_of,
            versions=versions(),
            waivers=of_record(run.settings.get("waivers", ())),
        )
        tables = _written(con, folder)
        inputs = [(entry.path, entry.sha256) for entry in known_inputs(con)]
    return Earlier(run.as_of, run.rules.model_dump(), versions(), inputs, tables)
