"""What replay says of the issuances that a report flags: the relation `replayed`, which report.html reads."""

from __future__ import annotations

import duckdb

from .reports.open_rows import find_rows
from .settings import Rules
from .warehouse import statement

_FOLDER = "6_replay"
_EVER = (-(2**63), 2**63 - 1)
# Deciding takes two microseconds of CPU and some hundred bytes an issuance: at this many, a second and little memory.
# The breaches that find room on a page are of about as many.
MOST_ROWS = 600_000


def make_replayed(con: duckdb.DuckDBPyConnection, rules: Rules, as_of_us: int, most_rows: int = MOST_ROWS) -> None:
    """Make the temporary relation `replayed`: of each breach, what replay says under the recorded definitions.

    Badges are independent, so only those with a breach are decided again: the ones of the newest breaches, of at most
    `most_rows` issuances in all. Of other badges the relation holds nothing.
    """
    from . import ruling
    from .decisions import make_decisions

    con.execute(f"SET VARIABLE most_rows = {most_rows:d}")
    _make(con, "replayed_badge")
    chosen = {badge for (badge,) in con.execute("SELECT badge_id FROM replayed_badge").fetchall()}
    badges = {badge: ruled for badge, ruled in ruling.recorded(con, rules, as_of_us).items() if badge in chosen}
    make_decisions(con, badges, as_of_us, shown=_EVER)
    find_rows(con, "SELECT row_no FROM report.numbered_breaches SEMI JOIN replayed_badge USING (badge_id)")
    _make(con, "replayed")


def _make(con: duckdb.DuckDBPyConnection, relation: str) -> None:
    con.execute(f"CREATE OR REPLACE TEMP TABLE {relation} AS {statement(_FOLDER, relation)}")
