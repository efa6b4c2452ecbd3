"""The public tables of the contract, written as CSV and Parquet from the views of schema `report`.

The bytes depend on the rows alone: the order is that of the key and then of all other columns, so that rows which tie
are the same row. Text is compared by code point, and an absent value comes first.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import duckdb

from .. import frames
from ..errors import InternalCheckFailed

if TYPE_CHECKING:
    import polars as pl

Format = Literal["csv", "parquet"]
_ROW_GROUP = 122_880
_OPTIONS: dict[Format, str] = {
    "csv": "format csv, header true",
    "parquet": f"format parquet, compression zstd, row_group_size {_ROW_GROUP}",
}
# All rows of the two largest tables, as their days tell them.
_COUNTED = {
    "issuances": "coalesce(sum(accepted + assumed + rejected + repeated), 0)::bigint from report.daily",
    "expirations": "coalesce(sum(accepted + assumed), 0)::bigint from report.daily",
}
# So begin the names of views that show the rows of a table with their numbers, by which few of many are found.
NUMBERED = "numbered_"


@dataclass(frozen=True)
class Table:
    """A public table: its columns in their order, the first `key_length` of which are its key, and where it is read.

    `unique` says that no two rows can have one key (row keys are checked), so that the key alone orders them.
    """

    name: str
    columns: tuple[str, ...]
    key_length: int
    schema: str = "report"
    unique: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        return self.columns[: self.key_length]


def table(name: str, key: str, rest: str, schema: str = "report", *, unique: bool = False) -> Table:
    """A table of the contract from its columns up to the bar and those after it."""
    keys, others = key.split(), rest.split()
    return Table(name, (*keys, *others), len(keys), schema, unique)


TABLES = {
    entry.name: entry
    for entry in (
        table(
            "badges",
            "badge_id",
            "name org_id earn_type active starts_at expires_at status versions issuances counted breaches findings",
            unique=True,
        ),
        table(
            "issuances",
            "processed_at request_id position row_key",
            "issuance_id badge_id customer_id kind outcome code counted event_at owner_type reported_expires_at"
            " revoked_at source_file source_line",
            unique=True,
        ),
        table(
            "breaches",
            "badge_id limit_name processed_at row_key",
            "breach_id badge_name scope customer_id number count excess window_start window_end event_at issuance_id"
            " request_id owner_type version source_file source_line",
            unique=True,
        ),
        table("cycles", "badge_id scope cycle_no", "limit_name first_day last_day starts_at ends_at", unique=True),
        table(
            "cycle_counts",
            "badge_id scope cycle_no customer_id",
            "limit_name first_day last_day starts_at ends_at count number headroom breached",
            unique=True,
        ),
        table(
            "usage", "badge_id limit_name customer_id", "scope count number headroom peak_count peak_at", unique=True
        ),
        table(
            "expirations",
            "processed_at row_key",
            "issuance_id badge_id customer_id kind event_at rule expires_at state reported_expires_at revoked_at",
            unique=True,
        ),
        table(
            "findings",
            "code badge_id processed_at row_key",
            "finding_id platform_code severity customer_id issuance_id request_id detail source_file source_line",
        ),
        table("quarantine", "source_file source_line", "reason raw"),
        table("limits", "badge_id version limit_name", "in_force_from scope number"),
        table(
            "daily", "badge_id day", "requests accepted assumed rejected repeated counted breaches expired", unique=True
        ),
        table(
            "changes",
            "kind flag_id",
            "state cause cause_file cause_line comparable waived first_seen gone_at badge_id limit_name code scope"
            " cycle_no customer_id processed_at row_key number count_before count source_file source_line",
            unique=True,
        ),
    )
}


def all_rows(con: duckdb.DuckDBPyConnection, name: str) -> int:
    """The number of rows of one of :data:`TABLES`."""
    row = con.execute(f"select {_COUNTED.get(name, f'count(*) from report.{name}')}").fetchone()
    return int(row[0]) if row else 0


def write_table(con: duckdb.DuckDBPyConnection, name: str, file_format: Format, path: Path, source: str = "") -> int:
    """As :func:`write_rows`, of one of :data:`TABLES`."""
    return write_rows(con, TABLES[name], file_format, path, source)


def write_rows(con: duckdb.DuckDBPyConnection, entry: Table, file_format: Format, path: Path, source: str = "") -> int:
    """Write the rows of one table, or those of a FROM clause that calls them `t`, and return their number. The session
    of `con` is in UTC.

    Raises InternalCheckFailed when the relation does not have the columns of the contract.
    """
    query = _query(con, entry, file_format, source)
    target = str(path).replace("'", "''")
    # What DuckDB keeps of a column's smallest and largest values follows from its past, too, and by that it would say
    # in the Parquet file whether the column may be empty.
    if file_format == "parquet":
        con.execute("set disabled_optimizers = 'statistics_propagation'")
    try:
        row = con.execute(f"copy ({query}) to '{target}' ({_OPTIONS[file_format]})").fetchone()
    finally:
        con.execute("reset disabled_optimizers")
    return int(row[0]) if row else 0


def write_blocks(con: duckdb.DuckDBPyConnection, entry: Table, blocks: Iterator[pl.DataFrame], parquet: Path) -> int:
    """Write the rows of one table as Parquet, given in their order block by block, and return their number. Raises
    OSError when the file cannot be written."""
    import polars as pl
    from polars.io.plugins import register_io_source

    rows = 0

    def source(*_: object) -> Iterator[pl.DataFrame]:
        nonlocal rows
        for block in blocks:
            rows += len(block)
            yield block

    none = _query(con, entry, "parquet", f"{_relation(entry)} where false")
    frame = register_io_source(source, schema=frames.frame(con, none).schema)
    try:
        # Of ids and hashes the lowest level makes the smaller files, and in three quarters of the time.
        frame.sink_parquet(
            parquet, compression="zstd", compression_level=1, row_group_size=_ROW_GROUP, maintain_order=True
        )
    except pl.exceptions.ComputeError as error:
        found = re.search(r"\(os error (\d+)\)", str(error))
        if found is None:
            raise
        raise OSError(int(found[1]), os.strerror(int(found[1])), str(parquet)) from None
    return rows


def csv_text(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """The text that `NAME.csv` of a report folder would hold."""
    with tempfile.TemporaryDirectory(prefix="badgeledger-") as folder:
        path = Path(folder) / f"{name}.csv"
        write_table(con, name, "csv", path)
        return path.read_bytes().decode()


def frame(con: duckdb.DuckDBPyConnection, entry: Table) -> pl.DataFrame:
    """The rows of a table in the order of its files, with the types of its Parquet file. As :func:`write_rows`."""
    return frames.frame(con, _query(con, entry, "parquet"))


def write_csv_of(con: duckdb.DuckDBPyConnection, entry: Table, parquet: Path, path: Path) -> int:
    """Write a table as CSV from its Parquet file, whose order it keeps without sorting again; the number of rows."""
    types = _column_types(con, entry)
    source, target = (str(place).replace("'", "''") for place in (parquet, path))
    query = f"select {_shown(types)} from read_parquet('{source}') as t"
    con.execute("set preserve_insertion_order = true")
    try:
        row = con.execute(f"copy ({query}) to '{target}' ({_OPTIONS['csv']})").fetchone()
    finally:
        con.execute("set preserve_insertion_order = false")
    return int(row[0]) if row else 0


def _relation(entry: Table) -> str:
    return f"{entry.schema}.{entry.name} as t"


def _query(con: duckdb.DuckDBPyConnection, entry: Table, file_format: Format, source: str = "") -> str:
    types = _column_types(con, entry)
    order = ", ".join(_order(f"t.{name}", types[name]) for name in (entry.key if entry.unique else entry.columns))
    shown = _shown(types) if file_format == "csv" else ", ".join(f"t.{name}" for name in entry.columns)
    return f"select {shown} from {source or _relation(entry)} order by {order}"


def _shown(types: Mapping[str, str]) -> str:
    """The columns of a CSV file, as text where DuckDB would write another one."""
    return ", ".join(f"{_csv_value(f't.{name}', kind)} as {name}" for name, kind in types.items())


def _order(column: str, kind: str) -> str:
    return f"coalesce({column}, '')" if kind == "VARCHAR" else f"{column} asc nulls first"


def _csv_value(column: str, kind: str) -> str:
    if kind == "TIMESTAMP WITH TIME ZONE":
        # Its time of day in UTC, without asking a calendar of zones.
        return f"strftime(make_timestamp(epoch_us({column})), '%Y-%m-%dT%H:%M:%S.%fZ')"
    # An empty text and an absent one are both none; DuckDB would write the first as two quotes.
    return f"nullif({column}, '')" if kind == "VARCHAR" else column


def _column_types(con: duckdb.DuckDBPyConnection, entry: Table) -> dict[str, str]:
    found = con.execute(f"describe {entry.schema}.{entry.name}").fetchall()
    types = {str(row[0]): str(row[1]) for row in found}
    if list(types) != list(entry.columns):
        raise InternalCheckFailed(
            where=f"{entry.schema}.{entry.name}",
            expected="the columns " + ", ".join(entry.columns),
            found=", ".join(types),
            next_step="This is a fault of badgeledger: the relation and the contract disagree.",
        )
    return types
