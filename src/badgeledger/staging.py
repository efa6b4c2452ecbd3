"""Staging: what `raw` holds, typed, deduplicated, paired and put in order (RULEBOOK 2, 3 and 5)."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from . import due
from .warehouse import build, build_view, first_row, has_table, of_badges, renew

# Which lines are records, and which of them repeat another.
_RECORDS = ("source", "same_call", "same_other", "same_record")
# Which halves belong together, and which lines no clock dates or another shape has brought already.
_JOINED = (
    "record", "agreed_badge", "pair", "half_delivery", "joined_call", "clockless", "known_row", "duplicate",
    "quarantined", "reconciliation",
)  # fmt: skip
# The rows of the calls in processing order, and the versions that judge them: what accounting reads.
_ROWS = (
    "version", "version_limit", "platform_cycle", "call", "imported_row", "answered_row", "lone_response", "shared_id",
    "issuance",
)  # fmt: skip
# Relations that are read once or are mere renamings stay views.
_VIEWS = {"same_record", "record", "duplicate", "issuance", "quarantined", "reconciliation"}
# So few are joined faster than it is found out which of them must be.
_FEW_LINES = 20_000
# Wide and needed only until the rows are in order.
_TEMPORARY = {"agreed_badge", "pair", "half_delivery", "joined_call", "imported_row"}
# Of what grows with history only the part of the badges that are due is made anew.
_OF_RECORDS = {"same_call", "clockless", "known_row"}
_OF_BADGES = {"call", "answered_row", "lone_response", "shared_id"}


@dataclass(frozen=True)
class FileResult:
    """What became of one file: `known` files are not read again, unless `again` says so: fewer of their lines were
    refused now than then. lines = accepted + duplicate + quarantined.
    """

    path: str
    sha256: str
    known: bool
    lines: int
    accepted: int
    duplicate: int
    quarantined: int
    again: bool = False


def sort_records(con: duckdb.DuckDBPyConnection) -> None:
    """Tell records from duplicates and refused lines: what a reader of files wants to know; the first half of staging.

    Only badges are staged of which something new is known, and those that hang together with them.
    """
    whole = due.find(con, full=False)
    _make(con, _RECORDS, whole)
    con.execute("CREATE OR REPLACE TEMP TABLE sorted_record AS SELECT 1 AS done")
    lines, of_no_call = first_row(con, "SELECT count(*), count(*) FILTER (NOT of_call(endpoint)) FROM staging.due_call")
    if of_no_call or lines < _FEW_LINES:
        _make(con, _JOINED, whole)
        return
    # Only a line without a clock of its own must be joined now, to see whether its other half dates it; the others can
    # wait for those who count. These few are read again and again, so they are looked for once.
    build(con, "staging", "undated_record", temporary=True)
    con.execute("CREATE OR REPLACE VIEW staging.record AS FROM temp.undated_record")
    _make(con, _JOINED[1:], whole)
    con.execute("DROP TABLE temp.joined_call")
    build_view(con, "staging", "record")
    con.execute("DROP TABLE temp.undated_record")


def order_rows(con: duckdb.DuckDBPyConnection, *, full: bool = False) -> None:
    """Put the rows of all calls in order; the second half of staging, of all badges when `full`."""
    if full or not has_table(con, "temp", "sorted_record"):
        _make(con, _RECORDS, due.find(con, full=full))
    if full or not has_table(con, "temp", "joined_call"):
        _make(con, _JOINED, due.whole(con))
    due.number_badges(con)
    _make(con, _ROWS, due.whole(con))
    for relation in ("sorted_record", *sorted(_TEMPORARY)):
        con.execute(f"DROP TABLE IF EXISTS temp.{relation}")


def _make(con: duckdb.DuckDBPyConnection, names: tuple[str, ...], whole: bool) -> None:
    for relation in names:
        if relation in _VIEWS:
            build_view(con, "staging", relation)
        elif relation in _OF_RECORDS and not whole:
            renew(
                con, "staging", relation, "(file_id, record_no) IN (SELECT (file_id, record_no) FROM temp.due_record)"
            )
        elif relation in _OF_BADGES and not whole:
            renew(con, "staging", relation, of_badges(con, "staging", relation, "due"))
        else:
            build(con, "staging", relation, temporary=relation in _TEMPORARY)


def reconciliation(con: duckdb.DuckDBPyConnection) -> dict[str, FileResult]:
    """What became of each known file's lines, by SHA-256; records must be sorted."""
    found = con.execute(
        "SELECT path, sha256, lines, accepted, duplicate, quarantined FROM staging.reconciliation"
    ).fetchall()
    return {sha256: FileResult(path, sha256, True, *counts) for path, sha256, *counts in found}
