"""What replay asks the kernel, read from the warehouse into arrays: every row that rules decide, and the facts.

Rows are read as they lie, with little more than their customers; what all rows of a call share is read once a call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from .subjects import NEVER
from .warehouse import BADGE_BITS, statement

Ints = NDArray[np.int64]
Stretch = tuple[int, int]
# While so many rows are decided, the next ones are read.
PART_ROWS = 3_000_000
EVERYTHING: Stretch = (0, 2**62)
_FOLDER = "6_replay"


@dataclass(frozen=True)
class AskedRows:
    """Every row that rules decide or that is a `fact`, badge after badge, each in processing order.

    `badge`, `customer` and `request` number from 0 what they stand for; calls of one badge, endpoint and requestId
    have one `request`. `accepted` is what was recorded.
    """

    row_no: Ints
    badge: NDArray[np.int32]
    customer: NDArray[np.int32]
    version: NDArray[np.int32]
    is_issue: NDArray[np.bool_]
    processed: Ints
    event: Ints
    call: Ints
    request: NDArray[np.int32]
    accepted: NDArray[np.bool_]
    fact: NDArray[np.bool_]
    revoked_at: Ints

    def part(self, low: int, high: int) -> AskedRows:
        """The rows from one place up to another."""
        return AskedRows(*(getattr(self, entry.name)[low:high] for entry in fields(self)))


def badges_of(con: duckdb.DuckDBPyConnection) -> list[tuple[int, str]]:
    """The badges of the log, in the order of their rows: what their rows' numbers begin with, and their ids."""
    return con.execute("SELECT badge_no, badge_id FROM staging.badge_number ORDER BY badge_no").fetchall()


def stretches(con: duckdb.DuckDBPyConnection) -> list[Stretch]:
    """The numbers of all rows cut between badges, so that what lies between two cuts is read at a time."""
    cuts = [EVERYTHING[0], *(badge_nos[0] << BADGE_BITS for badge_nos in _parts(con)[1:]), EVERYTHING[1]]
    return list(pairwise(cuts))


def ruled_stretches(con: duckdb.DuckDBPyConnection) -> list[Stretch]:
    """As :func:`stretches`, of the badges that have a version in the relation `ruling_version`, which may be few."""
    parts = _parts(con, "WHERE number IN (SELECT badge_no FROM ruling_version)")
    # Where nothing is decided, what is decided is a relation without rows.
    return [(badge_nos[0] << BADGE_BITS, (badge_nos[-1] + 1) << BADGE_BITS) for badge_nos in parts] or [(0, 0)]


def _parts(con: duckdb.DuckDBPyConnection, which: str = "") -> list[list[int]]:
    """The numbers of badges, so many together as are read at a time."""
    counts = con.execute(
        f"SELECT row_no >> {BADGE_BITS} AS number, count(*) FROM staging.answered_row {which}"
        " GROUP BY number ORDER BY number"
    ).fetchall()
    parts: list[list[int]] = []
    held = 0
    for badge_no, rows in counts:
        if not parts or held + rows > PART_ROWS:
            parts.append([])
            held = 0
        parts[-1].append(badge_no)
        held += rows
    return parts


def read_asked(con: duckdb.DuckDBPyConnection, stretch: Stretch) -> AskedRows:
    """Read the rows with numbers in the stretch, of the badges that have a version in the relation `ruling_version`;
    badges are numbered as in :func:`badges_of`, customers anew in each stretch."""
    calls = read_calls(con, stretch)
    con.execute(f"CREATE OR REPLACE TEMP TABLE asking_customer AS {statement(_FOLDER, 'asking_customer')}")
    found = _numpy(con, "asked_row")
    order = np.argsort(found["row_no"])
    row_no = found["row_no"][order]
    # Rows of a call have the numbers from the call's on.
    sizes = np.diff(np.append(np.searchsorted(row_no, calls["call_no"]), len(row_no)))
    asked = {
        "row_no": row_no,
        "customer": found["customer"][order],
        "accepted": found["accepted"][order],
        "version": np.repeat(calls["version"], sizes),
        "is_issue": np.repeat(calls["is_issue"], sizes),
        "processed": np.repeat(calls["processed"], sizes),
        "event": np.repeat(calls["event"], sizes),
        "call": np.repeat(calls["call_no"], sizes),
        "request": np.repeat(np.searchsorted(calls["call_no"], calls["first_call_no"]).astype(np.int32), sizes),
        "fact": np.zeros(len(row_no), np.bool_),
    }
    facts = _numpy(con, "asked_fact")
    if len(facts["row_no"]):
        together = {name: np.concatenate([asked[name], facts[name]]) for name in asked}
        order = np.argsort(together["row_no"])
        asked = {name: values[order] for name, values in together.items()}
    return AskedRows(
        **asked, badge=_badges(con, asked["row_no"]), revoked_at=_revocations(con, asked["row_no"], stretch)
    )


def set_stretch(con: duckdb.DuckDBPyConnection, stretch: Stretch) -> None:
    """Ask for the rows with numbers from one up to another."""
    for name, number in zip(("asked_from", "asked_to"), stretch, strict=True):
        con.execute(f"SET VARIABLE {name} = {number:d}")


def read_calls(con: duckdb.DuckDBPyConnection, stretch: Stretch = EVERYTHING) -> dict[str, Any]:
    """The columns of the calls that rules decide, in the order of their numbers, which lie in the stretch."""
    set_stretch(con, stretch)
    return _numpy(con, "asked_call", "call_no")


def badge_bounds(row_no: Ints, badge_nos: Sequence[int]) -> Ints:
    """Where the rows of each badge begin among sorted numbers of rows or calls, and where the last one's end."""
    first = np.array(badge_nos, np.int64) << BADGE_BITS
    return np.append(np.searchsorted(row_no, first), len(row_no))


def _badges(con: duckdb.DuckDBPyConnection, row_no: Ints) -> NDArray[np.int32]:
    """The place of each row's badge."""
    sizes = np.diff(badge_bounds(row_no, [number for number, _ in badges_of(con)]))
    return np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)


def _revocations(con: duckdb.DuckDBPyConnection, row_no: Ints, stretch: Stretch) -> Ints:
    """The instant of each row's revocation, or never; the rows have numbers in the stretch."""
    query = "SELECT row_no, revoked_at FROM ledger.revoked_row WHERE row_no >= $1 AND row_no < $2"
    revoked = con.execute(query, stretch).fetchnumpy()
    revoked_at = np.full(len(row_no), NEVER, np.int64)
    places = np.searchsorted(row_no, revoked["row_no"])
    asked = places < len(row_no)
    asked[asked] = row_no[places[asked]] == revoked["row_no"][asked]
    revoked_at[places[asked]] = revoked["revoked_at"][asked]
    return revoked_at


def _numpy(con: duckdb.DuckDBPyConnection, relation: str, order: str = "") -> dict[str, Any]:
    query = statement(_FOLDER, relation)
    return dict(con.execute(f"FROM ({query}) ORDER BY {order}" if order else query).fetchnumpy())
