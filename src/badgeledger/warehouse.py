"""The only module that opens DuckDB: the warehouse file, its lock, its schemas, and the runner of `sql/`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from .errors import WarehouseDamaged, WarehouseError, WarehouseLocked, WarehouseNewer
from .faults import Point, reached
from .macros import MACROS
from .resources import sql_folder
from .trouble import damaged, explained, first_line
from .warehouse_files import free_name, locked, log_of, refuse_lone_log, remove, replace, sync

SCHEMA_VERSION = 4
_CATALOG = "warehouse"
# Below the number of its badge a row's number has so many bits.
BADGE_BITS = 36
_GROUP_ROWS = 16_384  # one thread compresses a group of rows: with small ones a day's lines keep all cores busy
SCHEMAS = ("raw", "staging", "ledger", "flags", "report")
FOLDERS = {"raw": "1_raw", "staging": "2_staging", "ledger": "3_ledger", "flags": "4_flags", "report": "5_reports"}
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


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
        with locked(path, lock_timeout):
            reached(Point.LOCKED)
            refuse_lone_log(path)
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
            except duckdb.Error as error:
                raise explained(path, error) from None
            finally:
                con.close()
            reached(Point.CLOSED)

    @classmethod
    @contextmanager
    def anew(cls, path: Path, *, lock_timeout: float = 600.0) -> Iterator[tuple[Warehouse, Path | None]]:
        """An empty warehouse that takes the place of the one in `path` when the block has ended well.

        What stood there is kept, with its write-ahead log, under the path that is yielded beside it, None where there
        was nothing. Raises :class:`WarehouseLocked`; :class:`WarehouseNewer` for the file of a later version, and
        :class:`WarehouseDamaged` for a sound file of another program.
        """
        with locked(path, lock_timeout):
            _refuse_other(path)
            young = path.with_name(path.name + ".rebuilt")
            for folder in (_spill_folder(path), _spill_folder(young)):
                shutil.rmtree(folder, ignore_errors=True)
            remove(young)
            _create(young)
            kept = free_name(path) if path.exists() or log_of(path).exists() else None
            con = _connect(young)
            try:
                yield cls(con, young), kept
                con.execute(f"CHECKPOINT {_CATALOG}")
            except duckdb.Error as error:
                raise explained(young, error) from None
            finally:
                con.close()
                shutil.rmtree(_spill_folder(young), ignore_errors=True)
            replace(path, young, kept)

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

    @contextmanager
    def committed(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that sees what was committed last, whatever a transaction under way has done since."""
        with self.con.cursor() as con:
            con.execute(f"USE {_CATALOG}")
            _prepare(con)
            con.execute("BEGIN TRANSACTION")
            yield con

    def copy_into(self, young: Path) -> None:
        """Write all that was committed into a new file, in the order in which it stands."""
        self.con.execute("SET preserve_insertion_order = true")
        _attach(self.con, young, "young")
        self.con.execute(f"COPY FROM DATABASE {_CATALOG} TO young")
        self.con.execute("CHECKPOINT young")
        self.con.execute("DETACH young")

    @property
    def spill(self) -> Path:
        """A folder for this process's temporary files, beside the warehouse."""
        folder = _spill_folder(self.path) if self.path else Path(os.devnull)
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def configure(con: duckdb.DuckDBPyConnection, spill: Path) -> None:
    """Session settings that every connection of ours has: UTC, no progress bar, a spill folder, the reading macros."""
    _prepare(con)
    con.execute("SET preserve_insertion_order = false")
    con.execute("SET temp_directory = $1", [str(spill)])
    con.execute("SET memory_limit = $1", [os.environ.get("BADGELEDGER_MEMORY_LIMIT", "3GB")])


def leave_room(con: duckdb.DuckDBPyConnection) -> None:
    """Let DuckDB take less memory, beside much that is held in arrays, unless its limit was given."""
    con.execute("SET memory_limit = $1", [os.environ.get("BADGELEDGER_MEMORY_LIMIT", "1500MB")])


def _prepare(con: duckdb.DuckDBPyConnection) -> None:
    """What belongs to a connection, not to the database."""
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET enable_progress_bar = false")
    for macro in MACROS:
        con.execute(macro)


def attach(con: duckdb.DuckDBPyConnection, path: Path, catalog: str) -> None:
    """Open one more file on a connection, made where it is not there; its tables are those of a catalog. Raises
    :class:`duckdb.Error`."""
    _attach(con, path, catalog)


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
        remove(path)


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
    _execute(con, f"CREATE OR REPLACE {table} AS {query}")


def renew(con: duckdb.DuckDBPyConnection, schema: str, relation: str, stale: str) -> None:
    """Replace the rows of a table for which `stale` holds by those that its file gives and for which it holds."""
    renew_from(con, schema, relation, f"FROM ({statement(FOLDERS[schema], relation)})", stale)


def renew_from(con: duckdb.DuckDBPyConnection, schema: str, relation: str, source: str, stale: str) -> None:
    """Replace the rows of a table for which `stale` holds by those of `source`, a FROM clause, for which it holds."""
    con.execute(f"DELETE FROM {schema}.{relation} WHERE {stale}")
    con.execute(f"INSERT INTO {schema}.{relation} BY NAME {source} WHERE {stale}")


def from_place(con: duckdb.DuckDBPyConnection, number: str, places: str) -> str:
    """The condition that a row's `number` is one of its badge's from `from_no` of `staging.{places}` on."""
    lowest = first_row(con, f"SELECT coalesce(min(from_no), {2**63 - 1}) FROM staging.{places}")[0]
    # A row number knows its badge. The lowest of all places spares most of the table.
    place = f"SELECT from_no FROM staging.{places} WHERE badge_no = {number} >> {BADGE_BITS}"
    return f"{number} >= {lowest:d} AND coalesce({number} >= ({place}), false)"


def has_table(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    """True when the table is there; `temp` is the schema of temporary ones."""
    where = "temporary" if schema == "temp" else "schema_name = $2 AND NOT temporary"
    values = [table] if schema == "temp" else [table, schema]
    return bool(first_row(con, f"SELECT count(*) FROM duckdb_tables() WHERE table_name = $1 AND {where}", values)[0])


def build_view(con: duckdb.DuckDBPyConnection, schema: str, relation: str) -> None:
    """Make a view `schema.relation` anew from its file."""
    _execute(con, f"CREATE OR REPLACE VIEW {schema}.{relation} AS {statement(FOLDERS[schema], relation)}")


def _execute(con: duckdb.DuckDBPyConnection, text: str) -> None:
    """Run a statement of `sql/`, which is parsed once for all ledgers of a process."""
    if text not in _parsed:
        (_parsed[text],) = con.extract_statements(text)
    con.execute(_parsed[text])


_parsed: dict[str, duckdb.Statement] = {}


def _spill_folder(path: Path) -> Path:
    return path.with_name(path.name + ".tmp")


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        con = _attached(path)
        configure(con, _spill_folder(path))
        return con
    except (duckdb.Error, RuntimeError) as error:
        if "Conflicting lock" in str(error):
            raise _held(path, error) from None
        found = explained(path, error)
        raise (damaged(path, error) if found is error else found) from None


def _held(path: Path, error: Exception) -> WarehouseLocked:
    return WarehouseLocked(
        where=str(path),
        expected="a warehouse that no other program has open",
        found=first_line(error),
        next_step="Close that program and run again.",
    )


def _attached(path: Path, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection to the file under one catalog name: DuckDB would take the file's, which may be that of a schema."""
    con = duckdb.connect(":memory:", config=_CONFIG)
    _attach(con, path, _CATALOG, ", READ_ONLY" if read_only else "")
    con.execute(f"USE {_CATALOG}")
    return con


def _attach(con: duckdb.DuckDBPyConnection, path: Path, catalog: str, options: str = "") -> None:
    quoted = str(path).replace("'", "''")
    con.execute(f"ATTACH '{quoted}' AS {catalog} (ROW_GROUP_SIZE {_GROUP_ROWS}{options})")


def _create(path: Path) -> None:
    """A new warehouse under a temporary name, checkpointed and synced, then renamed: a crash leaves none or a
    whole one."""
    young = path.with_name(path.name + ".new")
    remove(young)
    try:
        con = _attached(young)
    except duckdb.Error as error:
        found = explained(path, error)
        if found is not error:
            raise found from None
        raise WarehouseError(
            where=str(path),
            expected="a folder in which a warehouse can be made",
            found=first_line(error),
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
    except duckdb.Error as error:
        raise explained(path, error) from None
    finally:
        con.close()
    sync(young)
    reached(Point.YOUNG_SYNCED)
    os.replace(young, path)
    reached(Point.YOUNG_RENAMED)
    sync(path.parent)


def _refuse_other(path: Path) -> None:
    """Raise for a file that opens and is no warehouse of this version; one that does not open may be replaced."""
    if not path.exists():
        return
    con = None
    try:
        con = _attached(path, read_only=True)
        _schema_version(con, path)
    except duckdb.Error as error:
        if "Conflicting lock" in str(error):
            raise _held(path, error) from None
    finally:
        if con is not None:
            con.close()


def _check_schema(opened: Warehouse, path: Path) -> None:
    version = _schema_version(opened.con, path)
    if version < SCHEMA_VERSION:
        with opened.transaction():
            reached(Point.MIGRATING)
            _migrate(opened.con, version)
            reached(Point.MIGRATED)


def _schema_version(con: duckdb.DuckDBPyConnection, path: Path) -> int:
    try:
        version = int(first_row(con, "SELECT schema_version FROM main.made WHERE made_by = 'badgeledger'")[0])
    except (duckdb.CatalogException, duckdb.BinderException, TypeError) as error:
        raise WarehouseDamaged(
            where=str(path),
            expected="a warehouse made by badgeledger",
            found=first_line(error),
            next_step="Name another --warehouse; this file is left as it is.",
        ) from None
    if version > SCHEMA_VERSION:
        raise WarehouseNewer(
            where=str(path),
            expected=f"a warehouse of schema {SCHEMA_VERSION} or older",
            found=f"schema {version}",
            next_step="Use the version of badgeledger that made it, or a later one.",
        )
    return version


def _migrate(con: duckdb.DuckDBPyConnection, version: int) -> None:
    """From schema 1, whose files have no zone, 2, which knows neither imports, flat rows, revocations nor dumps, or 3,
    which does not know how files were seen.

    What an earlier schema did not hold is not known of files that were read under it.
    """
    for relation in relations("1_raw"):
        is_there = has_table(con, "raw", relation)
        if is_there and version < 3:
            con.execute(f"CREATE TEMP TABLE earlier AS SELECT * FROM raw.{relation}")
            con.execute(f"DROP TABLE raw.{relation}")
            con.execute(statement("1_raw", relation))
            missing = ", 0 AS place" if relation == "call" else ""
            con.execute(f"INSERT INTO raw.{relation} BY NAME SELECT *{missing} FROM earlier")
            con.execute("DROP TABLE earlier")
        elif not is_there:
            con.execute(statement("1_raw", relation))
    con.execute("DROP VIEW IF EXISTS ledger.known_entry")
    con.execute("UPDATE main.made SET schema_version = $1", [SCHEMA_VERSION])
