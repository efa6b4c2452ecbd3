"""Which rows of which tables are open: what can still change, or may have changed since another report (page readings).

The cut is one instant. Whatever is new since the other report lies at or after it, in processing order and by event,
so a row before it is final unless it says itself that it is not.
"""

from __future__ import annotations

import duckdb

from ..warehouse import first_row, statement

_PLACED = "greatest(processed_at, event_at) >= {cut}"
_OPEN = {
    "issuances": f"{_PLACED} OR outcome = 'ASSUMED' OR revoked_at >= {{cut}}",
    "breaches": _PLACED,
    "cycle_counts": "ends_at >= {cut}",
    "usage": (
        "NOT ends_with(limit_name, ':FIXED_VALUE')"
        " OR customer_id <> '' AND (badge_id, customer_id) IN"
        " (SELECT (badge_id, customer_id) FROM report.issuances WHERE processed_at >= {cut})"
        " OR customer_id = '' AND badge_id IN (SELECT badge_id FROM report.issuances WHERE processed_at >= {cut})"
        " OR (badge_id, limit_name) IN (SELECT (badge_id, limit_name) FROM report.limits WHERE in_force_from >= {cut})"
    ),
    "expirations": f"{_PLACED} OR expires_at >= {{cut}} OR revoked_at >= {{cut}}",
    "findings": (
        "processed_at >= {cut} OR processed_at IS NULL OR coalesce(customer_id, '') = ''"
        " OR row_key IN (SELECT row_key FROM report.issuances WHERE event_at >= {cut})"
        " OR code IN ('cycle-mismatch', 'earn-count-mismatch')"
    ),
}
CUT_TABLES = tuple(_OPEN)


def open_condition(table: str, open_from: int | None) -> str:
    """The SQL condition that holds for the open rows of a table of schema `report`; `open_from` is the cut in
    microseconds, None for a table that is shown whole.
    """
    if open_from is None or table not in _OPEN:
        return "true"
    return f"({_OPEN[table].format(cut=f'make_timestamptz({open_from:d})')}) IS TRUE"


def first_change(con: duckdb.DuckDBPyConnection, since_batch: int, since_as_of: int) -> int | None:
    """The earliest place of anything that came after an ingest, or was revoked after an as-of, in microseconds; None
    when nothing did.
    """
    con.execute(f"SET VARIABLE since_batch = {since_batch:d}")
    con.execute(f"SET VARIABLE since_as_of = {since_as_of:d}")
    found: int | None = first_row(con, statement("4_flags", "open_cut"))[0]
    return found
