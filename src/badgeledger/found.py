"""What counting finds, as tables of integers that grow by pieces."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Table = dict[str, NDArray[Any]]


class Found:
    """Tables that grow by pieces: blocks of columns, so that nothing is copied twice."""

    COLUMNS: ClassVar[dict[str, dict[str, type]]] = {
        "over_limit": dict.fromkeys(("row_no", "slot_no", "count", "number", "window_start", "window_end"), np.int64),
        "cycle_count": {
            "badge_no": np.int32,
            "scope": np.int8,
            "cycle_no": np.int32,
            "customer": np.int32,
            "count": np.int32,
            "number": np.int64,
            "breached": np.bool_,
        },
        "limit_use": {
            "slot_no": np.int32,
            "customer": np.int32,
            "count": np.int32,
            "number": np.int64,
            "peak_count": np.int32,
            "peak_at": np.int64,
        },
        "outside_cycle": {"row_no": np.int64},
        "straddle": dict.fromkeys(("row_no", "slot_no", "count", "number"), np.int64),
        "cycle": dict.fromkeys(
            ("badge_no", "scope", "slot_no", "cycle_no", "first_day", "end_day", "starts_at", "ends_at"), np.int64
        ),
    }
    _FIRST, _LARGEST = 1 << 12, 1 << 20

    def __init__(self) -> None:
        self._full: dict[str, list[Table]] = {name: [] for name in self.COLUMNS}
        self._open = {name: self._block(name, 0) for name in self.COLUMNS}
        self._used = dict.fromkeys(self.COLUMNS, 0)

    def add(self, name: str, **columns: Any) -> None:
        """Add rows: arrays of one length, beside values that stand for all of them."""
        size = next(len(values) for values in columns.values() if isinstance(values, np.ndarray) and values.ndim)
        done = 0
        while done < size:
            block, used = self._open[name], self._used[name]
            room = min(len(next(iter(block.values()))) - used, size - done)
            if not room:
                self._close(name)
                continue
            for column, values in columns.items():
                whole = not (isinstance(values, np.ndarray) and values.ndim)
                block[column][used : used + room] = values if whole else values[done : done + room]
            self._used[name] += room
            done += room

    def _close(self, name: str) -> None:
        used = self._used[name]
        if used:
            self._full[name].append({column: values[:used] for column, values in self._open[name].items()})
        size = min(max(2 * used, self._FIRST), self._LARGEST)
        self._open[name], self._used[name] = self._block(name, size), 0

    def _block(self, name: str, size: int) -> Table:
        return {column: np.empty(size, dtype) for column, dtype in self.COLUMNS[name].items()}

    @classmethod
    def joined(cls, parts: Iterable[Found]) -> dict[str, list[Table]]:
        """The blocks of all parts; a table without rows has one empty block."""
        whole: dict[str, list[Table]] = {name: [] for name in cls.COLUMNS}
        for part in parts:
            for name, blocks in whole.items():
                part._close(name)
                blocks.extend(part._full[name])
        empty = cls()
        return {name: blocks or [empty._block(name, 0)] for name, blocks in whole.items()}
