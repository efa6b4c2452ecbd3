"""The table `decisions` in its order, block after block of processing time: no more than a block is ever sorted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import duckdb
import numpy as np

from .deciding import NO_SLOT
from .decisions import Decided, Ints
from .frames import frame
from .sifting import ahead
from .warehouse import statement

if TYPE_CHECKING:
    import polars as pl

_FOLDER = "6_replay"
BLOCK_ROWS = 1_000_000
_KEY = ("processed_at", "request_id", "position", "row_key")


def decision_blocks(
    con: duckdb.DuckDBPyConnection, decided: Decided, written: Callable[[int], None], rows: int = BLOCK_ROWS
) -> Iterator[pl.DataFrame]:
    """The rows of `temp.decisions` with its columns, in the order of their key; `written` is told how many were given
    out, from 0 on. A block has about so many `rows`."""
    import polars as pl

    columns = [name for name, *_ in con.execute("DESCRIBE temp.decisions").fetchall()]
    verdicts = frame(con, "FROM verdict ORDER BY reason_no, accepted")
    limits = frame(con, "SELECT limit_name FROM ruling_slot ORDER BY slot_no")["limit_name"]
    # A slot that is none is the last name.
    limits = limits.append(pl.Series([""]))
    done = 0
    written(done)
    read = (
        frame(con, f"FROM told_row WHERE processed >= {low:d} AND processed < {high:d}")
        for low, high in time_bounds(con, rows)
    )
    with closing(ahead(read)) as found:
        for block in found:
            reason, slot = decided.of(block["row_no"].to_numpy())
            said = verdicts[2 * reason.astype(np.int64) + block["accepted"].to_numpy()]
            block = block.with_columns(
                *said.select("decision", "reason", "compared"),
                limit_name=limits.gather(np.where(slot == NO_SLOT, len(limits) - 1, slot)),
            )
            yield block.sort(_KEY).select(columns)
            done += len(block)
            written(done)


def time_bounds(con: duckdb.DuckDBPyConnection, rows: int = BLOCK_ROWS) -> list[tuple[int, int]]:
    """Half-open stretches of processing time with about so many rows, at least those of an instant."""
    found = con.execute(f"FROM ({statement(_FOLDER, 'told_instant')}) ORDER BY processed").fetchnumpy()
    before: Ints = np.cumsum(found["issuances"]) - found["issuances"]
    first = np.flatnonzero(np.diff(before // rows, prepend=-1))
    starts = [int(instant) for instant in found["processed"][first]]
    return list(zip(starts, [*starts[1:], int(found["processed"][-1]) + 1] if starts else [], strict=True))
