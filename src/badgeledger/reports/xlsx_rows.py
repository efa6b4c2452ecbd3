"""Rows of the workbook's large sheets, written as the XML that they are: the library takes three times as long.

Text is text whatever it looks like: the library would take some of it for markup of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from html import escape
from typing import Any

from xlsxwriter.utility import xl_col_to_name

from ..calendar import DAY
from ..text import plain

_CELL_LENGTH = 32_767
_EPOCH_SERIAL = 25_569
_EPOCH_DAY = date(1970, 1, 1)
# Excel's calendar holds a 29 February 1900; from this day on its serials agree with everyone else's.
_FIRST_SERIAL = 61
# In a workbook `_x0041_` is the letter A; a text that says so has its underscore written as such.
_ESCAPED = re.compile("(_x[0-9a-fA-F]{4}_)")
Rows = Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Column:
    """A column of a table, and the kind that its relation gives it."""

    name: str
    kind: str

    @property
    def is_instant(self) -> bool:
        """It takes two cells: a date, and the exact text."""
        return self.kind == "TIMESTAMP WITH TIME ZONE"

    @property
    def fields(self) -> str:
        """What the query of the rows asks for: of an instant microseconds and text, of anything else itself."""
        if not self.is_instant:
            return f'"{self.name}"'
        return f"epoch_us(\"{self.name}\"), strftime(\"{self.name}\" at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')"


def append_rows(
    sheet: Any, first: int, columns: Sequence[Column], batches: Iterable[Rows], styles: Mapping[str, Any]
) -> None:
    """Write rows of the columns' fields below what stands on a sheet of a workbook in constant memory; `first` is
    their first row, from 0.
    """
    # What the sheet still holds of its last row goes out before.
    sheet._write_single_row(first)
    cells = _cells(columns, {name: styles[name]._get_xf_index() for name in ("text", "instant", "day")})
    row = first
    for batch in batches:
        lines = []
        for values in batch:
            row += 1
            lines.append(_row(row, cells, values))
        sheet.row_data_fh.write("".join(lines))
    sheet.dim_rowmax = max(sheet.dim_rowmax, row - 1)


def _cells(columns: Sequence[Column], styles: dict[str, int]) -> list[tuple[str, str, str]]:
    """For each field its kind, what its cell begins with before the number of the row, and what follows that."""
    found: list[tuple[str, str, str]] = []
    for column in columns:
        start = f'<c r="{xl_col_to_name(len(found))}'
        text = (' t="inlineStr"><is>', "</is></c>")
        if column.is_instant:
            found.append(("instant", start, f'" s="{styles["instant"]}"><v>'))
            found.append(("exact", f'<c r="{xl_col_to_name(len(found))}', f'"{text[0]}'))
        elif column.kind == "DATE":
            found.append(("day", start, f'" s="{styles["day"]}"><v>'))
        elif column.kind == "BOOLEAN":
            found.append(("truth", start, '" t="b"><v>'))
        elif column.kind == "VARCHAR":
            found.append(("text", start, f'" s="{styles["text"]}"{text[0]}'))
        else:
            found.append(("number", start, '"><v>'))
    return found


def _row(row: int, cells: Sequence[tuple[str, str, str]], values: Sequence[Any]) -> str:
    parts = [f'<row r="{row}">']
    for (kind, start, middle), value in zip(cells, values, strict=True):
        if value is None:
            continue
        if kind == "text":
            parts.append(f"{start}{row}{middle}{inline_text(value)}</is></c>")
        elif kind == "exact":
            parts.append(f"{start}{row}{middle}<t>{value}</t></is></c>")
        elif kind == "instant":
            if (serial := value / DAY + _EPOCH_SERIAL) >= _FIRST_SERIAL:
                parts.append(f"{start}{row}{middle}{serial:.16G}</v></c>")
        elif kind == "day":
            parts.append(f"{start}{row}{middle}{(value - _EPOCH_DAY).days + _EPOCH_SERIAL}</v></c>")
        else:
            parts.append(f"{start}{row}{middle}{int(value)}</v></c>")
    parts.append("</row>")
    return "".join(parts)


@lru_cache(maxsize=1 << 16)
def inline_text(text: str) -> str:
    """The element of a text in a cell: unseen characters written out, its length at most Excel's, a cut marked."""
    shown = plain(text)
    # Excel counts units of UTF-16: a character beyond the first plane has two.
    if len(shown) * 2 > _CELL_LENGTH and len(units := shown.encode("utf-16-le")) > 2 * _CELL_LENGTH:
        shown = units[: 2 * (_CELL_LENGTH - 6)].decode("utf-16-le", "ignore") + " … cut"
    shown = _ESCAPED.sub(r"_x005F\1", shown).replace("\ufffe", "_xFFFE_").replace("\uffff", "_xFFFF_")
    keep = ' xml:space="preserve"' if shown != shown.strip() else ""
    return f"<t{keep}>{escape(shown, quote=False)}</t>"
