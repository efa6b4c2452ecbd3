"""What a killed replay had decided: kept beside its output until that stands, and taken up by the next one.

A file says what it was decided from, so that nothing is taken up that the rows, the rules or the software have left
behind. It appears whole or not at all.
"""

from __future__ import annotations

import glob
import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import duckdb
import numpy as np

from .reports.manifest import known_inputs, versions
from .ruling import Badges
from .warehouse import first_row
from .warehouse_files import sync

# Fewer rows are decided in a second or two.
LEAST_ROWS = 1_000_000
Arrays = dict[str, Any]


def fingerprint(con: duckdb.DuckDBPyConnection, badges: Badges, as_of_us: int) -> str:
    """Tells apart what decisions are made from: the inputs, the numbers of their rows, the rules and the software."""
    inputs = [(entry.path, entry.sha256) for entry in known_inputs(con)]
    calls = first_row(con, "SELECT count(*), bit_xor(hash(call_no, request_key, ordinal, badge_id)) FROM staging.call")
    asked = (versions(), inputs, calls, as_of_us, sorted(badges.items()))
    return hashlib.sha256(repr(asked).encode()).hexdigest()


@dataclass(frozen=True)
class Kept:
    """One file of decisions beside the output, and the table that was written of them; without a path nothing is
    kept."""

    path: Path | None

    def taken_up(self, key: str) -> Arrays | None:
        """The arrays that were kept under this fingerprint, None when there are none."""
        if self.path is None or not self.path.is_file():
            return None
        try:
            with self.path.open("rb") as file, np.load(file, allow_pickle=False) as found:
                return (
                    {name: found[name] for name in found.files if name != "key"} if str(found["key"]) == key else None
                )
        except (ValueError, KeyError, EOFError, BadZipFile):
            return None

    def keep(self, key: str, arrays: Arrays) -> None:
        """Write the arrays down, where that is worth it. Raises OSError."""
        if self.path is None or len(arrays["row_no"]) < LEAST_ROWS:
            return
        young = self.path.with_name(self.path.name + ".new")
        with young.open("wb") as file:
            # Each array has its checksum: of a file of which the power left a part nothing is taken up.
            np.savez(file, key=np.array(key), **arrays)
        young.replace(self.path)

    def table_taken_up(self, key: str, place: Path) -> bool:
        """Whether the table that was kept under this fingerprint now stands in the place."""
        kept = self._table(key)
        if kept is None or not kept.is_file():
            return False
        os.link(kept, place)
        return True

    def keep_table(self, key: str, table: Path, rows: int) -> None:
        """Keep a table that has been written whole, where that is worth it. Raises OSError."""
        kept = self._table(key)
        if kept is not None and rows >= LEAST_ROWS:
            sync(table)
            # A file system without such links keeps nothing.
            with suppress(OSError):
                os.link(table, kept)

    def remove(self) -> None:
        """Remove the files, and what a killed writer left of them."""
        if self.path is not None:
            name = glob.escape(self.path.name)
            for pattern in (name, f"{name}.new", f"{name}.{'[0-9a-f]' * 16}.parquet"):
                for left in self.path.parent.glob(pattern):
                    left.unlink()

    def _table(self, key: str) -> Path | None:
        return None if self.path is None else self.path.with_name(f"{self.path.name}.{key[:16]}.parquet")
