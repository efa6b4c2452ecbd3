"""The table `decisions` in its order, block after block of processing time: no more than a block is ever sorted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import duckdb
import numpy as np

from .deciding import UNKNOWN_BADGE
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
    read = (_decided_block(con) for _ in time_stretches(con))
    with closing(ahead(read)) as found:
        for block in found:
            # No version, no rules: the badge is unknown.
            reason = block["reason"].fill_null(UNKNOWN_BADGE).to_numpy().astype(np.int64)
            said = verdicts[2 * reason + block["accepted"].to_numpy()]
            block = block.with_columns(
                *said.select("decision", "reason", "compared"),
                limit_name=limits.gather(block["slot_no"].fill_null(len(limits) - 1)),
            )
            yield block.sort(_KEY).select(columns)
            done += len(block)
            written(done)


def _decided_block(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The rows of the stretch of time at hand, in no order: what `decisions` shows, reason and limit by their
    numbers."""
    at_hand = "processed >= getvariable('time_from') AND processed < getvariable('time_to')"
    told = frame(con, f"FROM told_row WHERE {at_hand}")
    found = frame(con, f"SELECT row_no, reason, slot_no FROM decided_row WHERE {at_hand}")
    # DuckDB would carry the told texts through the join.
    return told.join(found, on="row_no", how="left")


def time_stretches(con: duckdb.DuckDBPyConnection) -> Iterator[int]:
    """Ask for a stretch of processing time after the other, and tell how many rows it has: about
    :data:`BLOCK_ROWS`, at least those of a minute."""
    con.execute(f"SET VARIABLE stretch_rows = {BLOCK_ROWS:d}")
    bounds = con.execute(f"FROM ({statement(_FOLDER, 'told_stretch')}) ORDER BY first").fetchall()
    for first, last, issuances in bounds:
        con.execute(f"SET VARIABLE time_from = {first:d}")
        con.execute(f"SET VARIABLE time_to = {last + 1:d}")
        yield int(issuances)
