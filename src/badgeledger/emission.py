"""What the platform would have answered under replay, as JSON lines in the API's own shape (RULEBOOK 3 and 10)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import UsageError
from .warehouse import statement
from .warehouse_files import sync

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from .ruling import Badges

_LINES = 10_000


def require_new(path: Path) -> None:
    """Raise UsageError when a file stands there already: nothing is ever written over."""
    if os.path.lexists(path):
        raise UsageError(
            where=f"--emit {path}",
            expected="the name of a new file",
            found="one that is there already",
            next_step="Move it away, or name another one.",
        )


def emit(con: DuckDBPyConnection, badges: Badges, path: Path) -> int:
    """Write one line for each exchange that replay answers, in processing order; the number of lines. `badges` are
    those that were decided.

    The file appears whole or not at all. Raises UsageError when it is there already, OSError when it cannot be written.
    """
    from .decision_blocks import time_bounds

    require_new(path)
    _make_expiries(con, badges)
    con.execute(f"CREATE OR REPLACE TEMP TABLE request_reference AS {statement('6_replay', 'request_reference')}")
    young = path.with_name(path.name + ".new")
    lines = 0
    try:
        with young.open("w", encoding="utf-8", newline="\n") as file:
            query = statement("6_replay", "emitted_call")
            # A stretch of time after the other: the answers of all time would not fit into memory.
            for low, high in time_bounds(con):
                con.execute(f"SET VARIABLE emitted_from = {low:d}")
                con.execute(f"SET VARIABLE emitted_to = {high:d}")
                found = con.execute(
                    f"SELECT exchange FROM ({query}) ORDER BY processed_at, request_id, call_no, line_position"
                )
                while rows := found.fetchmany(_LINES):
                    file.writelines(f"{exchange}\n" for (exchange,) in rows)
                    lines += len(rows)
        sync(young)
        young.rename(path)
    finally:
        young.unlink(missing_ok=True)
    sync(path.absolute().parent)
    return lines


def _make_expiries(con: DuckDBPyConnection, badges: Badges) -> None:
    """Make the relation `answered_expiry`: issues expire from their event on, earns from their processing."""
    import numpy as np

    from . import validity
    from .asked import badge_bounds, badges_of, read_calls

    calls, known = read_calls(con), badges_of(con)
    bases = np.where(calls["is_issue"], calls["event"], calls["processed"])
    ends = np.empty(len(bases), np.int64)
    places = badge_bounds(calls["call_no"], [number for number, _ in known])
    for (_, badge), low, high in zip(known, places[:-1], places[1:], strict=True):
        if high > low:
            part = slice(low, high)
            ends[part] = validity.expiries(
                badges[badge].versions, calls["version"][part], calls["is_issue"][part], bases[part]
            )
    con.register("kernel_answered_expiry", {"call_no": calls["call_no"], "expires_at": ends})
    try:
        con.execute(f"CREATE OR REPLACE TEMP TABLE answered_expiry AS {statement('6_replay', 'answered_expiry')}")
    finally:
        con.unregister("kernel_answered_expiry")
