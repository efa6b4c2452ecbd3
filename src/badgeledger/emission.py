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


def emit(con: DuckDBPyConnection, path: Path) -> int:
    """Write one line for each exchange that replay answers, in processing order; the number of lines.

    The file appears whole or not at all. Raises UsageError when it is there already, OSError when it cannot be written.
    """
    require_new(path)
    young = path.with_name(path.name + ".new")
    lines = 0
    try:
        with young.open("w", encoding="utf-8", newline="\n") as file:
            query = statement("6_replay", "emitted_call")
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
