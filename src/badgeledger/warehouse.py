"""The only module that opens DuckDB: the warehouse file, its lock, its schemas, and the runner of `sql/`."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from .errors import WarehouseDamaged, WarehouseError, WarehouseLocked, WarehouseNewer
from .faults import Point, reached
from .resources import sql_folder

SCHEMA_VERSION = 2
_CATALOG = "warehouse"
SCHEMAS = ("raw", "staging", "ledger", "flags", "report")
FOLDERS = {"raw": "1_raw", "staging": "2_staging", "ledger": "3_ledger", "flags": "4_flags", "report": "5_reports"}
_LOCK_POLL_SECONDS = 0.2
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_MACROS = (
    "CREATE OR REPLACE TEMP MACRO instant_text(us) AS strftime(make_timestamp(us), '%Y-%m-%dT%H:%M:%S.%fZ')",
    # The first 8 of 24 hex digits of a platform id are the epoch second of its creation (RULEBOOK 2).
    """
    CREATE OR REPLACE TEMP MACRO id_created_us(id) AS CASE
        WHEN regexp_full_match(id, '[0-9a-fA-F]{24}') THEN ('0x' || left(id, 8))::BIGINT * 1000000
    END
    """,
    # The clock by which lone responses are put in order (page readings).
    """
    CREATE OR REPLACE TEMP MACRO own_response_clock(logged_at, answers) AS coalesce(
        logged_at,
        list_max(
            list_transform(
                list_filter(answers, lambda answer: NOT answer.refused),
                lambda answer: id_created_us(answer.row_id)
            )
        )
    )
    """,
    # Seconds with at most six decimals, or ISO with an offset: every other spelling is left to the careful reader.
    r"""
    CREATE OR REPLACE TEMP MACRO instant_us(text) AS CASE
        WHEN regexp_full_match(text, '[0-9]{1,10}(\.[0-9]{1,6}0*)?')
            THEN (text::DECIMAL(28, 6) * 1000000)::BIGINT
        WHEN regexp_full_match(
            text,
            '[12][0-9]{3}-[01][0-9]-[0-3][0-9]T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?'
            || '(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])'
        ) THEN epoch_us(TRY_CAST(text AS TIMESTAMPTZ))
    END
    """,
)


class Warehouse:
    """One open warehouse. `con` is its DuckDB connection; writers hold the lock file beside it."""

    def __init__(self, con: duckdb.DuckDBPyConnection, path: Path | None) -> None:
        self.con = con
        self.path = path

    @classmethod
    @contextmanager
    def open(cls, path: Path, *, lock_timeout: float = 600.0, read_only: bool = False) -> Iterator[Warehouse]:
        """The warehouse in `path`, made when it is not there.

        Raises :class:`WarehouseLocked` when another process holds it longer than `lock_timeout` seconds,
        :class:`WarehouseDamaged` when it does not open, :class:`WarehouseNewer` when a later version made it.
        """
        if read_only and not path.exists():
            raise WarehouseDamaged(
                where=str(path),
                expected="a warehouse",
                found="no such file",
                next_step="Run a pipeline or `badgeledger ingest` first, or name another --warehouse.",
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path, lock_timeout):
            reached(Point.LOCKED)
            _refuse_lone_wal(path)
            shutil.rmtree(_spill_folder(path), ignore_errors=True)
            if not path.exists():
                _create(path)
            con = _connect(path)
            try:
                opened = cls(con, path)
                _check_schema(opened, path)
                reached(Point.OPENED)
                yield opened
                reached(Point.CLOSING)
            finally:
                con.close()
            reached(Point.CLOSED)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: what happens inside is committed at the end, or rolled back when it raises."""
        self.con.execute("BEGIN TRANSACTION")
        try:
            reached(Point.BEGUN)
            yield
            reached(Point.COMMITTING)
        except BaseException:
            try:
                self.con.execute("ROLLBACK")
            except duckdb.Error:
                # After a fatal error the instance is gone, and the transaction with it.
                pass
            raise
        self.con.execute("COMMIT")
        reached(Point.COMMITTED)

    @property
    def spill(self) -> Path:
        """A folder for this process's temporary files, beside the warehouse."""
        folder = _spill_folder(self.path) if self.path else Path(os.devnull)
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def configure(con: duckdb.DuckDBPyConnection, spill: Path) -> None:
    """Session settings that every connection of ours has: UTC, no progress bar, a spill folder, the reading macros."""
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET enable_progress_bar = false")
    con.execute("SET preserve_insertion_order = false")
    con.execute("SET temp_directory = $1", [str(spill)])
    con.execute("SET memory_limit = $1", [os.environ.get("BADGELEDGER_MEMORY_LIMIT", "3GB")])
    for macro in _MACROS:
        con.execute(macro)


@contextmanager
def scratch_database(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database with our schemas in a temporary file below `folder`, removed afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"aside-{os.getpid()}.duckdb"
    con = _attached(path)
    try:
        configure(con, folder)
        for schema in SCHEMAS:
            con.execute(f"CREATE SCHEMA {schema}")
        yield con
    finally:
        con.close()
        path.unlink(missing_ok=True)
        path.with_name(path.name + ".wal").unlink(missing_ok=True)


def first_row(con: duckdb.DuckDBPyConnection, query: str, values: list[Any] | None = None) -> Any:
    """The first row of a query, None when it has none; the result is read to its end, as the next statement needs."""
    rows = con.execute(query, values).fetchall()
    return rows[0] if rows else None


@cache
def statement(folder: str, relation: str) -> str:
    """The statement of one file in `sql/`."""
    return (sql_folder() / folder / f"{relation}.sql").read_text(encoding="utf-8")


@cache
def relations(folder: str) -> tuple[str, ...]:
    """The relations of one folder of `sql/`, in order of name."""
    return tuple(sorted(path.stem for path in (sql_folder() / folder).glob("*.sql")))


def build(con: duckdb.DuckDBPyConnection, schema: str, relation: str, *, temporary: bool = False) -> None:
    """Make a table `schema.relation`, or `temp.relation`, anew from its file."""
    query = statement(FOLDERS[schema], relation)
    table = f"TEMP TABLE {relation}" if temporary else f"TABLE {schema}.{relation}"
    con.execute(f"CREATE OR REPLACE {table} AS {query}")


def build_view(con: duckdb.DuckDBPyConnection, schema: str, relation: str) -> None:
    """Make a view `schema.relation` anew from its file."""
    con.execute(f"CREATE OR REPLACE VIEW {schema}.{relation} AS {statement(FOLDERS[schema], relation)}")


def _spill_folder(path: Path) -> Path:
    return path.with_name(path.name + ".tmp")


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        con = _attached(path)
        configure(con, _spill_folder(path))
        return con
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise WarehouseLocked(
                where=str(path),
                expected="a warehouse that no other program has open",
                found=_first_line(error),
                next_step="Close that program and run again.",
            ) from None
        raise _damaged(path, error) from None
    except (duckdb.Error, RuntimeError) as error:
        raise _damaged(path, error) from None


def _attached(path: Path) -> duckdb.DuckDBPyConnection:
    """A connection to the file under one catalog name: DuckDB would take the file's, which may be that of a schema."""
    con = duckdb.connect(":memory:", config=_CONFIG)
    quoted = str(path).replace("'", "''")
    con.execute(f"ATTACH '{quoted}' AS {_CATALOG}")
    con.execute(f"USE {_CATALOG}")
    return con


def _damaged(path: Path, error: Exception) -> WarehouseDamaged:
    return WarehouseDamaged(
        where=str(path),
        expected="a DuckDB file that opens",
        found=_first_line(error),
        next_step="Move the file and its .wal away together and run the pipeline again on all inputs; they rebuild it.",
    )


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _refuse_lone_wal(path: Path) -> None:
    # DuckDB would make an empty database and delete the log, and with it what was committed (FAULTS 3.1).
    wal = path.with_name(path.name + ".wal")
    if wal.exists() and not path.exists():
        raise WarehouseDamaged(
            where=str(path),
            expected="the warehouse beside its write-ahead log",
            found=f"only {wal.name}",
            next_step="Put the warehouse file back, or move the .wal away and run the pipeline again on all inputs.",
        )


def _create(path: Path) -> None:
    """A new warehouse under a temporary name, checkpointed and synced, then renamed: a crash leaves none or a
    whole one."""
    young = path.with_name(path.name + ".new")
    for leftover in (young, young.with_name(young.name + ".wal")):
        leftover.unlink(missing_ok=True)
    try:
        con = _attached(young)
    except duckdb.Error as error:
        raise WarehouseError(
            where=str(path),
            expected="a folder in which a warehouse can be made",
            found=_first_line(error),
            next_step="Check the folder's rights and free space.",
        ) from None
    try:
        reached(Point.YOUNG_OPENED)
        con.execute("CREATE TABLE main.made AS SELECT 'badgeledger' AS made_by, $1 AS schema_version", [SCHEMA_VERSION])
        for schema in SCHEMAS:
            con.execute(f"CREATE SCHEMA {schema}")
        for relation in relations("1_raw"):
            con.execute(statement("1_raw", relation))
        reached(Point.YOUNG_FILLED)
        con.execute(f"CHECKPOINT {_CATALOG}")
        reached(Point.YOUNG_CHECKPOINTED)
    finally:
        con.close()
    sync(young)
    reached(Point.YOUNG_SYNCED)
    os.replace(young, path)
    reached(Point.YOUNG_RENAMED)
    sync(path.parent)


def sync(path: Path) -> None:
    """Force a file or folder to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_schema(opened: Warehouse, path: Path) -> None:
    try:
        row = first_row(opened.con, "SELECT made_by, schema_version FROM main.made")
    except duckdb.Error as error:
        raise WarehouseDamaged(
            where=str(path),
            expected="a warehouse made by badgeledger",
            found=_first_line(error),
            next_step="Name another --warehouse; this file is left as it is.",
        ) from None
    if row[1] > SCHEMA_VERSION:
        raise WarehouseNewer(
            where=str(path),
            expected=f"a warehouse of schema {SCHEMA_VERSION} or older",
            found=f"schema {row[1]}",
            next_step="Use the version of badgeledger that made it, or a later one.",
        )
    if row[1] < SCHEMA_VERSION:
        with opened.transaction():
            reached(Point.MIGRATING)
            _migrate(opened.con)
            reached(Point.MIGRATED)


def _migrate(con: duckdb.DuckDBPyConnection) -> None:
    """From schema 1 to 2: a file has the zone of its feed; of files read before it is not known."""
    con.execute("CREATE TEMP TABLE earlier_file AS SELECT * FROM raw.file")
    con.execute("DROP TABLE raw.file")
    con.execute(statement("1_raw", "file"))
    con.execute("INSERT INTO raw.file BY NAME SELECT * FROM earlier_file")
    con.execute("DROP TABLE earlier_file")
    con.execute("UPDATE main.made SET schema_version = $1", [SCHEMA_VERSION])


@contextmanager
def _locked(path: Path, timeout: float) -> Iterator[None]:
    """Hold `PATH.lock`, which is never removed; it names the holder's process while it is held."""
    lock_path = path.with_name(path.name + ".lock")
    descriptor = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        deadline = time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() >= deadline:
                    holder = os.pread(descriptor, 200, 0).decode("utf-8", "replace").strip() or "an unnamed process"
                    raise WarehouseLocked(
                        where=str(path),
                        expected=f"the warehouse to become free within {timeout:g} s",
                        found=f"it is held by {holder}",
                        next_step="Wait for that run to end, or raise --lock-timeout.",
                    ) from None
                time.sleep(_LOCK_POLL_SECONDS)
        os.ftruncate(descriptor, 0)
        os.pwrite(
            descriptor,
            f"process {os.getpid()}, since {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}\n".encode(),
            0,
        )
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)
