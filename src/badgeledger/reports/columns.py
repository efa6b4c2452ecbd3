"""Many rows held by columns, which takes a third of the time and memory of a dictionary for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = dict[str, Any]


class Columns:
    """Rows as lists of equal length, by the names of their columns and in the order of the rows."""

    def __init__(self, lists: Mapping[str, list[Any]]) -> None:
        self._lists = dict(lists)
        self._many = len(next(iter(self._lists.values()), ()))

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Columns:
        """The same rows by columns, which are those of the first row."""
        return cls({name: [row[name] for row in rows] for name in (rows[0] if rows else ())})

    def __len__(self) -> int:
        return self._many

    def __contains__(self, name: str) -> bool:
        return name in self._lists

    def __getitem__(self, name: str) -> list[Any]:
        """The values of a column; no rows have every column."""
        return self._lists[name] if self._many else []

    def first(self, many: int) -> Columns:
        """The first so many rows."""
        return self if many >= self._many else Columns({name: one[:many] for name, one in self._lists.items()})

    def beside(self, lists: Mapping[str, list[Any]]) -> Columns:
        """The same rows with other columns, or others in the place of some."""
        return Columns({**self._lists, **lists})

    def rows(self, places: Iterable[int]) -> list[Row]:
        """The rows at some places, each for itself."""
        return [{name: one[place] for name, one in self._lists.items()} for place in places]
