"""What a killed replay had done: kept beside its output until that stands, and taken up by the next one.

Decisions are a database of their own, part by part, so that those of very many rows need no memory either. Each file
says what it was made from, so that nothing is taken up that the rows, the rules or the software have left behind. A
part, like a written table, is kept whole or not at all.
"""

from __future__ import annotations

import glob
import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from .asked import Stretch
from .reports.manifest import known_inputs, versions
from .ruling import Badges
from .warehouse import attach, first_row, statement
from .warehouse_files import remove, sync

# Fewer rows are decided in a second or two.
LEAST_ROWS = 1_000_000


def fingerprint(con: duckdb.DuckDBPyConnection, badges: Badges, as_of_us: int) -> str:
    """Tells apart what decisions are made from: the inputs, the numbers of their rows, the rules and the software."""
    inputs = [(entry.path, entry.sha256) for entry in known_inputs(con)]
    calls = first_row(con, "SELECT count(*), bit_xor(hash(call_no, request_key, ordinal, badge_id)) FROM staging.call")
    asked = (versions(), inputs, calls, as_of_us, sorted(badges.items()))
    return hashlib.sha256(repr(asked).encode()).hexdigest()


class Parts:
    """A temporary relation of decisions that comes into being part by part, in memory or in a file that stays: in the
    `catalog` of that file."""

    def __init__(self, con: duckdb.DuckDBPyConnection, relation: str, catalog: str | None) -> None:
        self._con, self._relation, self._catalog = con, relation, catalog
        self._table = relation if catalog is None else f"{catalog}.decided_row"
        self._begun = catalog is not None and bool(
            first_row(con, "SELECT 1 FROM duckdb_tables() WHERE database_name = $1 AND table_name <> 'made'", [catalog])
        )

    def hold(self, stretch: Stretch) -> bool:
        """Whether the rows of a stretch have been added."""
        query = f"SELECT 1 FROM {self._table} WHERE row_no >= $1 AND row_no < $2 LIMIT 1"
        return self._begun and first_row(self._con, query, list(stretch)) is not None

    def add(self, arrays: dict[str, Any]) -> None:
        """Add the rows of one more stretch, all or none, from the columns of `kernel_decision`."""
        kind = "TEMP TABLE" if self._catalog is None else "TABLE"
        verb = f"INSERT INTO {self._table}" if self._begun else f"CREATE OR REPLACE {kind} {self._table} AS"
        self._con.register("kernel_decision", arrays)
        try:
            self._con.execute(f"{verb} {statement('6_replay', 'decided_row')}")
        finally:
            self._con.unregister("kernel_decision")
        self._begun = True

    def close(self) -> None:
        """Give the relation its name: every part is there."""
        if self._catalog is not None:
            self._con.execute(f"CREATE OR REPLACE TEMP VIEW {self._relation} AS FROM {self._table}")


@dataclass(frozen=True)
class Kept:
    """One file of decisions beside the output, and the tables that were written of them; without a path nothing is
    kept."""

    path: Path | None

    def parts(self, con: duckdb.DuckDBPyConnection, relation: str, key: str) -> Parts:
        """The relation of decisions, with what was kept of it under this fingerprint. It is kept where that is worth
        it. Raises duckdb.Error when it cannot be written."""
        rows = first_row(con, "SELECT count(*) FROM staging.answered_row")[0]
        # DuckDB would take a question mark as the end of the path.
        if self.path is None or rows < LEAST_ROWS or "?" in os.path.realpath(self.path):
            return Parts(con, relation, None)
        catalog = f"kept_{relation}"
        try:
            attach(con, self.path, catalog)
            if first_row(con, f"SELECT key FROM {catalog}.made") == (key,):
                return Parts(con, relation, catalog)
        except duckdb.Error:
            # Half a file, or none at all.
            pass
        con.execute(f"DETACH DATABASE IF EXISTS {catalog}")
        remove(self.path)
        attach(con, self.path, catalog)
        con.execute(f"CREATE TABLE {catalog}.made AS SELECT $1 AS key", [key])
        return Parts(con, relation, catalog)

    def table_taken_up(self, key: str, place: Path) -> bool:
        """Whether the file of that name that was kept under this fingerprint now stands in the place."""
        kept = self._table(key, place)
        if kept is None or not kept.is_file():
            return False
        os.link(kept, place)
        return True

    def keep_table(self, key: str, table: Path, rows: int) -> None:
        """Keep a file that has been written whole, where that is worth it. Raises OSError."""
        kept = self._table(key, table)
        if kept is not None and rows >= LEAST_ROWS:
            sync(table)
            # A file system without such links keeps nothing.
            with suppress(OSError):
                os.link(table, kept)

    def remove(self) -> None:
        """Remove the files, and what a killed writer left of them."""
        if self.path is not None:
            name = glob.escape(self.path.name)
            for pattern in (name, f"{name}.wal", f"{name}.{'[0-9a-f]' * 16}.*"):
                for left in self.path.parent.glob(pattern):
                    left.unlink()

    def _table(self, key: str, table: Path) -> Path | None:
        return None if self.path is None else self.path.with_name(f"{self.path.name}.{key[:16]}.{table.name}")
