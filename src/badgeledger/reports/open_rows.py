"""Which rows of which tables are open: what can still change, or may have changed since another report (page readings).

The cut is one instant. Whatever is new since the other report lies at or after it, in processing order and by event,
so a row before it is final unless it says itself that it is not.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from ..warehouse import first_row, statement
from .tables import NUMBERED

_PLACED = "greatest(processed_at, event_at) >= {cut}"
_TOLD = (
    "processed_at >= {cut} OR processed_at IS NULL OR coalesce(customer_id, '') = ''"
    " OR row_key IN (SELECT row_key FROM found_issuance)"
    " OR code IN ('cycle-mismatch', 'earn-count-mismatch')"
)
_SOME = "SELECT row_no FROM report.issuance_places WHERE"
# The issuances that make rows of a table open: few among many, so that their numbers are found first.
_FOUND = {
    "issuances": f"{_SOME} {_PLACED} OR answered = 'ASSUMED' OR revoked_at >= {{cut}}",
    "expirations": (
        f"{_SOME} {_PLACED} OR revoked_at >= {{cut}}"
        " UNION ALL SELECT row_no FROM report.expiry_places WHERE expires_at >= {cut}"
    ),
    "usage": f"{_SOME} processed_at >= {{cut}}",
    "findings": f"{_SOME} event_at >= {{cut}}",
    "changes": f"{_SOME} event_at >= {{cut}}",
}
_OF_FOUND = "row_no IN (FROM found_row)"
_OPEN = {
    "issuances": _OF_FOUND,
    "breaches": _PLACED,
    "cycle_counts": "ends_at >= {cut}",
    "usage": (
        "NOT ends_with(limit_name, ':FIXED_VALUE')"
        " OR customer_id <> '' AND (badge_id, customer_id) IN"
        " (SELECT (badge_id, customer_id) FROM found_issuance)"
        " OR customer_id = '' AND badge_id IN (SELECT badge_id FROM found_issuance)"
        " OR (badge_id, limit_name) IN (SELECT (badge_id, limit_name) FROM report.limits WHERE in_force_from >= {cut})"
    ),
    "expirations": _OF_FOUND,
    "findings": _TOLD,
    # What stands as it stood, or stays gone, is told where its breach or finding is.
    "changes": (
        f"state NOT IN ('still-open', 'gone-before') OR cause IS NOT NULL OR NOT comparable OR waived OR {_TOLD}"
    ),
}
CUT_TABLES = tuple(_OPEN)


def find_rows(con: duckdb.DuckDBPyConnection, query: str, values: Mapping[str, object] | None = None) -> None:
    """Make the temporary relation `found_row`: the numbers of issuances that a query gives."""
    con.execute(f"CREATE OR REPLACE TEMP TABLE found_row AS {query}", values)


def open_rows(con: duckdb.DuckDBPyConnection, table: str, open_from: int | None) -> str:
    """The FROM clause of the open rows of a table of schema `report`, which it calls `t`, until the next is asked for;
    `open_from` is the cut in microseconds, None for a table that is shown whole.
    """
    if open_from is None or table not in _OPEN:
        return f"report.{table} AS t"
    if table in _FOUND:
        find_rows(con, _FOUND[table].format(cut=open_from))
        if _OPEN[table] == _OF_FOUND:
            # The files are written without what DuckDB knows of its columns, by which it finds some numbers fast.
            con.execute(f"CREATE OR REPLACE TEMP TABLE open_row AS FROM report.{NUMBERED}{table} WHERE {_OF_FOUND}")
            return "open_row AS t"
        con.execute(
            "CREATE OR REPLACE TEMP TABLE found_issuance AS"
            f" SELECT row_key, badge_id, customer_id FROM report.{NUMBERED}issuances WHERE {_OF_FOUND}"
        )
    return f"report.{table} AS t WHERE {_OPEN[table].format(cut=f'make_timestamptz({open_from:d})')}"


def first_change(con: duckdb.DuckDBPyConnection, since_batch: int, since_as_of: int) -> int | None:
    """The earliest place of anything that came after an ingest, or was revoked after an as-of, in microseconds; None
    when nothing did.
    """
    con.execute(f"SET VARIABLE since_batch = {since_batch:d}")
    con.execute(f"SET VARIABLE since_as_of = {since_as_of:d}")
    found: int | None = first_row(con, statement("4_flags", "open_cut"))[0]
    return found
