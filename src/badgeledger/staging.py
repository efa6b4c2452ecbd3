"""Staging: what `raw` holds, typed, deduplicated, paired and put in order (RULEBOOK 2, 3 and 5)."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from . import due
from .warehouse import build, build_view, first_row, from_place, has_table, renew, statement

# Which lines are records, and which of them repeat another.
_RECORDS = ("source", "same_call", "same_other", "same_record")
# Which halves belong together, and which lines no clock dates or another shape has brought already.
_JOINED = (
    "record", "agreed_badge", "pair", "half_delivery", "joined_call", "clockless", "known_row", "duplicate",
    "quarantined", "reconciliation",
)  # fmt: skip
# The versions that judge the rows of the calls.
_VERSIONS = ("version", "version_limit", "platform_cycle")
# Relations that are read once or are mere renamings stay views.
_VIEWS = {"same_record", "record", "duplicate", "quarantined", "reconciliation"}
# So few are joined faster than it is found out which of them must be.
_FEW_LINES = 20_000
# Wide and needed only until the rows are in order.
_TEMPORARY = {"agreed_badge", "pair", "half_delivery", "joined_call"}
_PASSING = ("sorted_record", *sorted(_TEMPORARY), "come_call", "imported_row", "ordered_call", "kept_row")
# Of what grows with history only the part that comes of the lines that are due is made anew.
_OF_RECORDS = {"same_call", "clockless", "known_row"}


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

    Only lines are staged that are new, and those that hang together with them.
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
    """Put the rows of the calls in order; the second half of staging, of all calls when `full`."""
    if full or not has_table(con, "temp", "sorted_record"):
        _make(con, _RECORDS, due.find(con, full=full))
    whole = due.whole(con)
    if full or not has_table(con, "temp", "joined_call"):
        _make(con, _JOINED, whole)
    due.number_badges(con)
    _make(con, _VERSIONS, whole)
    for relation in ("come_call", "imported_row"):
        build(con, "staging", relation, temporary=True)
    if whole:
        # Nothing was in order before.
        con.execute("CREATE OR REPLACE TEMP TABLE due_key (request_key UUID)")
        con.execute(
            "CREATE OR REPLACE TABLE staging.call AS"
            " SELECT 0::BIGINT AS call_no, * EXCLUDE (join_no), 0::BIGINT AS version_no FROM temp.come_call LIMIT 0"
        )
    _place_rows(con, whole)
    for relation in _PASSING:
        con.execute(f"DROP TABLE IF EXISTS temp.{relation}")


def _place_rows(con: duckdb.DuckDBPyConnection, whole: bool) -> None:
    """Calls, their rows and what is told of them, from the first place of each badge that moves."""
    build(con, "staging", "due")
    build(con, "staging", "ordered_call", temporary=True)
    if whole:
        for relation in ("call", "answered_row", "lone_response"):
            build(con, "staging", relation)
        con.execute(
            "CREATE OR REPLACE TEMP VIEW holder AS FROM staging.answered_row"
            " WHERE answered = 'ACCEPTED' AND row_id IS NOT NULL"
        )
        build(con, "staging", "shared_id")
        con.execute("DROP VIEW temp.holder")
    else:
        build(con, "staging", "moved_id", temporary=True)
        build(con, "staging", "kept_row", temporary=True)
        renew(con, "staging", "call", from_place(con, "call_no", "due"))
        renew(con, "staging", "answered_row", from_place(con, "row_no", "due"))
        con.execute("INSERT INTO staging.answered_row BY NAME FROM temp.kept_row")
        renew(con, "staging", "lone_response", "response_key IN (SELECT request_key FROM temp.due_key)")
        _share_ids(con)
    build_view(con, "staging", "issuance")


def _share_ids(con: duckdb.DuckDBPyConnection) -> None:
    """Which of the rows with an id that moved is the first; `shared_otherwise` are those told otherwise elsewhere."""
    con.execute(f"INSERT INTO temp.moved_id {statement('2_staging', 'moved_id')}")
    build(con, "staging", "holder", temporary=True)
    moved = from_place(con, "row_no", "due")
    held = "SELECT * FROM staging.shared_id WHERE row_no IN (SELECT row_no FROM temp.holder)"
    elsewhere = f"{held} AND NOT ({moved})"
    con.execute(f"CREATE OR REPLACE TEMP TABLE earlier_share AS {elsewhere}")
    renew(con, "staging", "shared_id", f"({moved}) OR row_no IN (SELECT row_no FROM temp.holder)")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE shared_otherwise AS SELECT row_no FROM"
        f" (({elsewhere} EXCEPT FROM temp.earlier_share) UNION (FROM temp.earlier_share EXCEPT {elsewhere}))"
    )
    for relation in ("holder", "moved_id", "earlier_share"):
        con.execute(f"DROP TABLE temp.{relation}")


def _make(con: duckdb.DuckDBPyConnection, names: tuple[str, ...], whole: bool) -> None:
    for relation in names:
        if relation in _VIEWS:
            build_view(con, "staging", relation)
        elif relation in _OF_RECORDS and not whole:
            renew(
                con, "staging", relation, "(file_id, record_no) IN (SELECT (file_id, record_no) FROM temp.due_record)"
            )
        else:
            build(con, "staging", relation, temporary=relation in _TEMPORARY)


def reconciliation(con: duckdb.DuckDBPyConnection) -> dict[str, FileResult]:
    """What became of each known file's lines, by SHA-256; records must be sorted."""
    found = con.execute(
        "SELECT path, sha256, lines, accepted, duplicate, quarantined FROM staging.reconciliation"
    ).fetchall()
    return {sha256: FileResult(path, sha256, True, *counts) for path, sha256, *counts in found}
