"""What a killed replay had decided: kept beside its output until that stands, and taken up by the next one.

A file says what it was decided from, so that nothing is taken up that the rows, the rules or the software have left
behind. It appears whole or not at all.
"""

from __future__ import annotations

import hashlib
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

# Fewer rows are decided in seconds.
LEAST_ROWS = 20_000_000
Arrays = dict[str, Any]


def fingerprint(con: duckdb.DuckDBPyConnection, badges: Badges, as_of_us: int) -> str:
    """Tells apart what decisions are made from: the inputs, the numbers of their rows, the rules and the software."""
    inputs = [(entry.path, entry.sha256) for entry in known_inputs(con)]
    calls = first_row(con, "SELECT count(*), bit_xor(hash(call_no, request_key, ordinal, badge_id)) FROM staging.call")
    asked = (versions(), inputs, calls, as_of_us, sorted(badges.items()))
    return hashlib.sha256(repr(asked).encode()).hexdigest()


@dataclass(frozen=True)
class Kept:
    """One file of decisions beside the output; without a path nothing is kept."""

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
        except (ValueError, KeyError, BadZipFile):
            return None

    def keep(self, key: str, arrays: Arrays) -> None:
        """Write the arrays down, where that is worth it. Raises OSError."""
        if self.path is None or len(arrays["row_no"]) < LEAST_ROWS:
            return
        young = self.path.with_name(self.path.name + ".new")
        with young.open("wb") as file:
            np.savez(file, key=np.array(key), **arrays)
        sync(young)
        young.replace(self.path)

    def remove(self) -> None:
        """Remove the file, and what a killed writer left of it."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)
            self.path.with_name(self.path.name + ".new").unlink(missing_ok=True)
