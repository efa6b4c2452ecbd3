"""What is due: the lines of calls that are staged anew since the ledger last took in what was due, and the badges whose
rows they move.

A call depends on the lines that hang together with its own: the same request or response again, the other half, and
rows that have the same platform id. New lines, and round by round those that hang together with them, are read again
(`staging.due_call`); all other calls keep their content. Their rows are numbered anew from the first place of their
badge that moves (`staging.due`). A change of the software makes all lines due.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256

import duckdb

from . import __version__
from .warehouse import FOLDERS, build, build_view, first_row, has_table, relations, statement


def find(con: duckdb.DuckDBPyConnection, *, full: bool) -> bool:
    """Make the view `staging.due_call` and the keys of the calls that come of it; True when every line is due."""
    software = _software()
    known = has_table(con, "staging", "staged")
    staged, everything, made_by = (
        first_row(con, "SELECT batch_id, whole, software FROM staging.staged") if known else (0, True, software)
    )
    everything = everything or full or made_by != software
    if everything or not known:
        _remember(con, staged, everything, software)
    con.execute(f"SET VARIABLE staged_batch = {staged:d}")
    if everything:
        con.execute("CREATE OR REPLACE VIEW staging.due_call AS FROM raw.call")
    else:
        _find_lines(con)
        build_view(con, "staging", "due_call")
        build(con, "staging", "due_key", temporary=True)
    return bool(everything)


def whole(con: duckdb.DuckDBPyConnection) -> bool:
    """True when every line is due."""
    return bool(first_row(con, "SELECT whole FROM staging.staged")[0])


def number_badges(con: duckdb.DuckDBPyConnection) -> None:
    """Give new badges a number, and all badges when every line is due."""
    if whole(con):
        con.execute("SET VARIABLE badges_numbered = 0")
        build(con, "staging", "badge_number")
        return
    numbered = first_row(con, "SELECT coalesce(max(badge_no) + 1, 0) FROM staging.badge_number")[0]
    con.execute(f"SET VARIABLE badges_numbered = {numbered:d}")
    query = statement("2_staging", "badge_number")
    con.execute(
        f"INSERT INTO staging.badge_number SELECT * FROM ({query}) ANTI JOIN staging.badge_number USING (badge_id)"
    )


def forget(con: duckdb.DuckDBPyConnection) -> None:
    """All lines are due: what is known was taken back or read otherwise, not only added to."""
    con.execute("DROP TABLE IF EXISTS staging.staged")


def settle(con: duckdb.DuckDBPyConnection) -> None:
    """Nothing is due any more: the ledger has taken in what was."""
    last_batch = first_row(con, "SELECT coalesce(max(batch_id), 0) FROM raw.batch")[0]
    _remember(con, last_batch, False, _software())
    con.execute("DELETE FROM staging.due")


@cache
def _software() -> str:
    """The version, and a digest of the relations: tables that others made are not added to."""
    digest = sha256()
    for folder in FOLDERS.values():
        for relation in relations(folder):
            digest.update(statement(folder, relation).encode())
    return f"{__version__} {digest.hexdigest()[:16]}"


def _find_lines(con: duckdb.DuckDBPyConnection) -> None:
    """Make `due_record`: the new lines and, round by round, those that hang together with what was found last."""
    build(con, "staging", "new_record", temporary=True)
    con.execute("CREATE OR REPLACE TEMP TABLE due_record AS FROM temp.new_record")
    con.execute("CREATE OR REPLACE TEMP TABLE last_record AS FROM temp.new_record")
    while first_row(con, "SELECT count(*) FROM temp.last_record")[0]:
        build(con, "staging", "tied_record", temporary=True)
        con.execute("INSERT INTO temp.due_record FROM temp.tied_record")
        con.execute("CREATE OR REPLACE TEMP TABLE last_record AS FROM temp.tied_record")


def _remember(con: duckdb.DuckDBPyConnection, batch: int, everything: bool, software: str) -> None:
    con.execute(
        "CREATE OR REPLACE TABLE staging.staged AS SELECT $1::BIGINT AS batch_id, $2 AS whole, $3 AS software",
        [batch, everything, software],
    )
