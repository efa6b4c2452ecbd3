"""The table `decisions` in its order, block after block of processing time: no more than a block is ever sorted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import duckdb
import numpy as np

from .frames import frame
from .sifting import ahead
from .warehouse import statement

if TYPE_CHECKING:
    import polars as pl

_FOLDER = "6_replay"
BLOCK_ROWS = 1_000_000
_KEY = ("processed_at", "request_id", "position", "row_key")


def decision_blocks(con: duckdb.DuckDBPyConnection, written: Callable[[int], None]) -> Iterator[pl.DataFrame]:
    """The rows of `temp.decisions` with its columns, in the order of their key; `written` is told how many were given
    out, from 0 on."""
    import polars as pl

    columns = [name for name, *_ in con.execute("DESCRIBE temp.decisions").fetchall()]
    verdicts = frame(con, "FROM verdict ORDER BY reason_no, accepted")
    limits = frame(con, "SELECT limit_name FROM ruling_slot ORDER BY slot_no")["limit_name"]
    # A slot that is none is the last name.
    limits = limits.append(pl.Series([""]))
    done = 0
    written(done)
    read = (frame(con, statement(_FOLDER, "numbered_row")) for _ in time_stretches(con))
    with closing(ahead(read)) as found:
        for block in found:
            reason = block["reason_no"].to_numpy().astype(np.int64)
            said = verdicts[2 * reason + block["accepted"].to_numpy()]
            block = block.with_columns(
                *said.select("decision", "reason", "compared"),
                limit_name=limits.gather(block["slot_no"].fill_null(len(limits) - 1)),
            )
            yield block.sort(_KEY).select(columns)
            done += len(block)
            written(done)


def time_stretches(con: duckdb.DuckDBPyConnection) -> Iterator[int]:
    """Ask for a stretch of processing time after the other, and tell how many rows it has: about
    :data:`BLOCK_ROWS`, at least those of an instant."""
    con.execute(f"SET VARIABLE stretch_rows = {BLOCK_ROWS:d}")
    bounds = con.execute(f"FROM ({statement(_FOLDER, 'told_stretch')}) ORDER BY first").fetchall()
    for first, last, issuances in bounds:
        con.execute(f"SET VARIABLE time_from = {first:d}")
        con.execute(f"SET VARIABLE time_to = {last + 1:d}")
        yield int(issuances)
