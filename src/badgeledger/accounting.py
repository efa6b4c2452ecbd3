"""Accounting: from raw rows to counts, flags and report views, in the order of the layers of `sql/`.

SQL pairs, joins and reports; the calendar makes cycles; the kernel counts. The result stands for one as-of and one
set of settings, in the warehouse itself or, for another night, aside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from . import due
from .deriving import derive
from .errors import InternalCheckFailed
from .faults import Point, reached
from .settings import Rules
from .staging import order_rows
from .warehouse import Warehouse, first_row, relations, scratch_database, statement


@dataclass(frozen=True)
class Cost:
    """What an accounting touched, of how much: badges staged and counted anew, subjects (badge and customer), limits
    and cycles of these badges, issuances and lines of calls read. `full` when everything had to be.
    """

    full: bool
    staged_badges: int
    badges: int
    all_badges: int
    subjects: int
    all_subjects: int
    limits: int
    cycles: int
    issuances: int
    all_issuances: int
    lines: int
    all_lines: int


def account(
    warehouse: Warehouse,
    rules: Rules,
    as_of_us: int,
    *,
    no_input: bool = False,
    full: bool = False,
    explain: bool = False,
) -> Cost | None:
    """Count, flag and set up the report views in the warehouse, as of an instant in microseconds.

    Only badges are accounted for of which something is new, or not the same at this as-of, each from its earliest row
    that may be judged otherwise on; all of them when `full`, when the settings changed, or when as-of lies before the
    last one. What it cost is told when asked to `explain`. For another night use :func:`aside`.
    """
    order_rows(warehouse.con, full=full)
    reached(Point.ROWS_ORDERED)
    full = derive(warehouse.con, rules, as_of_us, no_input=no_input, full=full)
    cost = _cost(warehouse.con, full) if explain else None
    due.settle(warehouse.con)
    return cost


@contextmanager
def aside(
    warehouse: Warehouse,
    rules: Rules,
    as_of_us: int,
    known_at_us: int | None = None,
    *,
    inputs: Iterable[tuple[str, str]] | None = None,
    no_input: bool = False,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose `report` views stand for another night, computed in a scratch file; the warehouse stays
    as it is. `inputs`, as (path, SHA-256), are all that is known then, under these paths alone."""
    with staged_aside(warehouse, known_at_us, inputs=inputs) as con:
        derive(con, rules, as_of_us, no_input=no_input)
        check(con)
        yield con


@contextmanager
def staged_aside(
    warehouse: Warehouse, known_at_us: int | None = None, *, inputs: Iterable[tuple[str, str]] | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """As :func:`aside`, before anything is derived."""
    with scratch_database(warehouse.spill) as con:
        _copy_raw(warehouse, con, known_at_us, inputs)
        order_rows(con)
        yield con


def _copy_raw(
    warehouse: Warehouse,
    target: duckdb.DuckDBPyConnection,
    known_at_us: int | None,
    inputs: Iterable[tuple[str, str]] | None,
) -> None:
    """Copy what was known at an instant, or the inputs alone, through Parquet files in the spill folder."""
    source = warehouse.con
    known = "true" if known_at_us is None else f"ingested_at <= make_timestamptz({known_at_us:d})"
    if inputs is not None:
        source.execute(
            "CREATE OR REPLACE TEMP TABLE known_input AS SELECT file_id, pair[1] AS path FROM raw.file"
            " INNER JOIN (SELECT unnest($1::VARCHAR[][]) AS pair) ON sha256 = pair[2]",
            [[list(pair) for pair in inputs]],
        )
    for relation in relations("1_raw"):
        target.execute(statement("1_raw", relation))
        if relation in {"run", "sighting"}:
            continue
        path = warehouse.spill / f"aside_{relation}.parquet"
        rows = f"FROM raw.{relation} WHERE batch_id IN (SELECT batch_id FROM raw.batch WHERE {known})"
        if inputs is not None and relation != "batch":
            keys = "file_id, path" if relation == "delivery" else "file_id"
            rows += f" AND ({keys}) IN (SELECT {keys} FROM known_input)"
        source.execute(f"COPY (SELECT * {rows}) TO '{str(path).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)")
        target.execute(f"INSERT INTO raw.{relation} BY NAME SELECT * FROM read_parquet($1)", [str(path)])
        path.unlink()


def _cost(con: duckdb.DuckDBPyConnection, full: bool) -> Cost:
    counts = first_row(
        con,
        "SELECT (SELECT count(*) FROM staging.due), (SELECT count(*) FROM staging.touched),"
        " (SELECT count(*) FROM staging.badge_number),"
        " (SELECT count(DISTINCT (badge_id, customer_id)) FROM temp.touched_entry),"
        " (SELECT count(DISTINCT (badge_id, customer_id)) FROM ledger.entry),"
        " (SELECT count(*) FROM ledger.slot SEMI JOIN staging.touched USING (badge_id)),"
        " (SELECT count(*) FROM ledger.cycle SEMI JOIN staging.touched USING (badge_id)),"
        " (SELECT count(*) FROM temp.touched_entry), (SELECT count(*) FROM ledger.entry),"
        " (SELECT count(*) FROM staging.due_call), (SELECT count(*) FROM raw.call)",
    )
    return Cost(full, *counts)


def check(con: duckdb.DuckDBPyConnection) -> None:
    """Run `sql/checks`: each file's name is an assertion, each query must return no row."""
    for name in relations("checks"):
        row = first_row(con, f"{statement('checks', name)} LIMIT 1")
        if row is not None:
            raise InternalCheckFailed(
                where=f"the check {name}, at {row[0]}",
                expected=str(row[1]),
                found=str(row[2]),
                next_step="Nothing was published. Please report this with the input that brings it about.",
            )
    reached(Point.CHECKED)
