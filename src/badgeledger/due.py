"""What is due: the badges of which something was ingested since staging was last brought up to date.

A badge's rows depend on the records of that badge alone, but for two ties: a response that names no badge may belong to
one of several, and a platform's row id may stand in rows of several. Badges that are tied to one that is due are due
too (`staging.due`). A change of the software makes all badges due.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256

import duckdb

from . import __version__
from .warehouse import FOLDERS, build, build_view, first_row, has_table, relations, statement


def find(con: duckdb.DuckDBPyConnection, *, full: bool) -> bool:
    """Bring `staging.due` and the view `staging.due_call` up to date; True when every badge is due."""
    last_batch = first_row(con, "SELECT coalesce(max(batch_id), 0) FROM raw.batch")[0]
    software = _software()
    known = has_table(con, "staging", "staged")
    staged, everything, made_by = (
        first_row(con, "SELECT batch_id, whole, software FROM staging.staged") if known else (0, True, software)
    )
    everything = everything or full or made_by != software
    if not everything:
        _add_new(con, staged)
    _remember(con, last_batch, everything, software)
    if everything:
        con.execute("CREATE OR REPLACE TABLE staging.due (badge_id VARCHAR)")
        con.execute("CREATE OR REPLACE VIEW staging.due_call AS FROM raw.call")
    else:
        build(con, "staging", "due_record", temporary=True)
        build_view(con, "staging", "due_call")
    return bool(everything)


def whole(con: duckdb.DuckDBPyConnection) -> bool:
    """True when every badge is due."""
    return bool(first_row(con, "SELECT whole FROM staging.staged")[0])


def number_badges(con: duckdb.DuckDBPyConnection) -> None:
    """Give new badges a number, and all badges when all are due: these are then listed."""
    if whole(con):
        con.execute("SET VARIABLE badges_numbered = 0")
        build(con, "staging", "badge_number")
        con.execute("CREATE OR REPLACE TABLE staging.due AS SELECT badge_id FROM staging.badge_number")
        return
    numbered = first_row(con, "SELECT coalesce(max(badge_no) + 1, 0) FROM staging.badge_number")[0]
    con.execute(f"SET VARIABLE badges_numbered = {numbered:d}")
    query = statement("2_staging", "badge_number")
    con.execute(
        f"INSERT INTO staging.badge_number SELECT * FROM ({query}) ANTI JOIN staging.badge_number USING (badge_id)"
    )


def forget(con: duckdb.DuckDBPyConnection) -> None:
    """All badges are due: what is known was taken back or read otherwise, not only added to."""
    con.execute("DROP TABLE IF EXISTS staging.staged")


def settle(con: duckdb.DuckDBPyConnection) -> None:
    """Nothing is due any more: the ledger has taken in what was."""
    con.execute("CREATE OR REPLACE TABLE staging.staged AS SELECT * REPLACE (false AS whole) FROM staging.staged")
    con.execute("CREATE OR REPLACE TABLE staging.due (badge_id VARCHAR)")


@cache
def _software() -> str:
    """The version, and a digest of the relations: tables that others made are not added to."""
    digest = sha256()
    for folder in FOLDERS.values():
        for relation in relations(folder):
            digest.update(statement(folder, relation).encode())
    return f"{__version__} {digest.hexdigest()[:16]}"


def _add_new(con: duckdb.DuckDBPyConnection, staged: int) -> None:
    """Add the badges with something new, and those tied to them, round by round."""
    con.execute(f"SET VARIABLE staged_batch = {staged:d}")
    build_view(con, "staging", "named_badge")
    for relation in ("nameless", "link"):
        build(con, "staging", relation, temporary=True)
    relation = "new_badge"
    while True:
        query = statement("2_staging", relation)
        found = con.execute(
            f"INSERT INTO staging.due SELECT badge_id FROM ({query}) ANTI JOIN staging.due USING (badge_id)"
        ).fetchall()
        if relation == "linked_badge" and not found[0][0]:
            return
        relation = "linked_badge"


def _remember(con: duckdb.DuckDBPyConnection, batch: int, everything: bool, software: str) -> None:
    con.execute(
        "CREATE OR REPLACE TABLE staging.staged AS SELECT $1::BIGINT AS batch_id, $2 AS whole, $3 AS software",
        [batch, everything, software],
    )
