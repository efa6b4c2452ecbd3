"""What the platform would have answered under replay, as JSON lines in the API's own shape (RULEBOOK 3 and 10)."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
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


def emit(
    con: DuckDBPyConnection, badges: Badges, path: Path, key: str, answered: Callable[[int], None] = lambda _: None
) -> int:
    """Write one line for each exchange that replay answers, in processing order; the number of lines. `badges` are
    those that were decided, `key` tells apart what they decided from; `answered` is told how many issuances are, from 0
    on.

    The file appears whole or not at all; what a killed writer of the same key had written is taken up. Raises
    UsageError when it is there already, OSError when it cannot be written.
    """
    from .decision_blocks import time_stretches

    require_new(path)
    _make_expiries(con, badges)
    for relation in ("request_reference", "answered_call"):
        con.execute(f"CREATE OR REPLACE TEMP TABLE {relation} AS {statement('6_replay', relation)}")
    query = statement("6_replay", "emitted_call")
    with _Young(path, key) as young:
        told = 0
        answered(told)
        # A stretch of time after the other: the answers of all time would not fit into memory.
        for stretch, issuances in enumerate(time_stretches(con)):
            if stretch >= young.stretches:
                found = con.execute(
                    f"SELECT exchange FROM ({query}) ORDER BY processed_at, request_id, call_no, line_position"
                )
                while rows := found.fetchmany(_LINES):
                    young.write([exchange for (exchange,) in rows])
                young.end_stretch()
            told += issuances
            answered(told)
        return young.publish()


class _Young:
    """The file before it has its name, and beside it, from one stretch to the next, how far it has come."""

    def __init__(self, path: Path, key: str) -> None:
        self._path, self._key = path, key
        self._young, self._told = (path.with_name(f"{path.name}.{suffix}") for suffix in ("new", "written"))
        self.stretches = self._lines = self._size = 0
        with suppress(OSError, ValueError, TypeError, KeyError):
            told = json.loads(self._told.read_bytes())
            if told["key"] == key and self._young.stat().st_size >= told["size"]:
                self.stretches, self._lines, self._size = told["stretches"], told["lines"], told["size"]

    def __enter__(self) -> _Young:
        self._file = self._young.open("r+b" if self._size else "wb")
        self._file.truncate(self._size)
        self._file.seek(self._size)
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        for left in (self._young, self._told):
            left.unlink(missing_ok=True)

    def write(self, lines: Sequence[str]) -> None:
        self._file.write("".join(f"{line}\n" for line in lines).encode())
        self._lines += len(lines)

    def end_stretch(self) -> None:
        """What comes now is written again when nobody ends it."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self.stretches += 1
        told = {"key": self._key, "stretches": self.stretches, "lines": self._lines, "size": self._file.tell()}
        newer = self._told.with_name(f"{self._told.name}.new")
        newer.write_text(json.dumps(told))
        newer.replace(self._told)

    def publish(self) -> int:
        """Give the file its name; the number of its lines."""
        self._file.close()
        sync(self._young)
        self._young.rename(self._path)
        sync(self._path.absolute().parent)
        return self._lines


def _make_expiries(con: DuckDBPyConnection, badges: Badges) -> None:
    """Make the relation `answered_expiry`: issues expire from their event on, earns from their processing."""
    import numpy as np

    from . import validity
    from .asked import badge_bounds, badges_of, read_calls, stretches

    known = badges_of(con)
    query = statement("6_replay", "answered_expiry")
    for part, stretch in enumerate(stretches(con)):
        calls = read_calls(con, stretch)
        bases = np.where(calls["is_issue"], calls["event"], calls["processed"])
        ends = np.empty(len(bases), np.int64)
        places = badge_bounds(calls["call_no"], [number for number, _ in known])
        for (_, badge), low, high in zip(known, places[:-1], places[1:], strict=True):
            if high > low:
                rows = slice(low, high)
                ends[rows] = validity.expiries(
                    badges[badge].versions, calls["version"][rows], calls["is_issue"][rows], bases[rows]
                )
        con.register("kernel_answered_expiry", {"call_no": calls["call_no"], "expires_at": ends})
        try:
            verb = "INSERT INTO answered_expiry" if part else "CREATE OR REPLACE TEMP TABLE answered_expiry AS"
            con.execute(f"{verb} {query}")
        finally:
            con.unregister("kernel_answered_expiry")
