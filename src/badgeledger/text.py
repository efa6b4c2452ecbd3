"""Text for a terminal: data from logs never moves the cursor, changes a color or turns the reading direction."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def plain(text: str) -> str:
    """The text with control, format and surrogate characters written as escapes; line feeds too."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character if unicodedata.category(character) not in _UNSAFE else character.encode("unicode_escape").decode()
        for character in text
    )


def shown_path(path: Path) -> str:
    """The path from here where it lies below, else the whole path."""
    relative = os.path.relpath(path)
    return plain(str(path) if relative.startswith("..") else relative)


def number(value: int) -> str:
    """A count with commas between thousands."""
    return f"{value:,}"


def counted(value: int, noun: str, plural: str | None = None) -> str:
    """A count with its noun, such as `1 breach` and `2 breaches`."""
    return f"{number(value)} {noun if value == 1 else plural or noun + 's'}"


def columns(rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> list[str]:
    """Rows as lines of aligned columns; those of the numbers in `right` are aligned on the right."""
    table = [[plain(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if place in right else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
