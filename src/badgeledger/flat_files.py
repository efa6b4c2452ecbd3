"""Files of flat rows: CSV and Parquet become rows of values, each with its line and its text (RULEBOOK 3)."""

from __future__ import annotations

import glob
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from .errors import InputError
from .records.strict_json import MAX_LINE_BYTES, Number

PARQUET_MAGIC = b"PAR1"
_SEPARATORS = {".csv": b",", ".tsv": b"\t"}
_QUOTED = re.compile(rb'[^"]*(?:""[^"]*)*')
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_NUMBERS = re.compile(r"U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|FLOAT|DOUBLE|DECIMAL.*")
_FETCH_ROWS = 10_000


class LongLine:
    """A line over the cap: its length, SHA-256 and first bytes are kept, its text is not."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._length = 0
        self.head = b""

    def add(self, block: bytes) -> None:
        self._digest.update(block)
        self._length += len(block)
        self.head = (self.head + block[:4096])[:4096]

    @property
    def detail(self) -> str:
        return json.dumps({"bytes": self._length, "sha256": self._digest.hexdigest()})


@dataclass(frozen=True)
class FlatRow:
    """One row: the line on which it begins, its text, and its fields, None when its quotes are wrong.

    `is_open` when the file ends within a quoted field.
    """

    line: int
    raw: bytes | LongLine
    fields: list[Any] | None
    is_open: bool = False


def separator_of(path: str) -> bytes | None:
    """What stands between the fields of a file of this name; None when it is no CSV."""
    name = path.removesuffix(".gz").removesuffix(".zst")
    return next((mark for ending, mark in _SEPARATORS.items() if name.endswith(ending)), None)


def csv_rows(blocks: Iterable[bytes | LongLine], separator: bytes) -> Iterator[FlatRow]:
    """The rows of a CSV file, its header included, from blocks of whole lines; the last one may have an open quote."""
    row: _OpenRow | None = None
    number = 0
    for block in blocks:
        lines = [block] if isinstance(block, LongLine) else block.removesuffix(b"\n").split(b"\n")
        for text in lines:
            number += 1
            if row is None:
                row = _OpenRow(number, separator)
            if row.add(text):
                yield row.finished()
                row = None
    if row is not None:
        yield row.finished()


class _OpenRow:
    """A row that is being read; each line is looked at once, however many a quoted field has."""

    def __init__(self, line: int, separator: bytes) -> None:
        self._line = line
        self._separator = separator
        self._lines: list[bytes] = []
        self._bytes = 0
        self._long: LongLine | None = None
        self._fields: list[bytes] = []
        # The pieces of a quoted field whose end is not read yet.
        self._open: list[bytes] | None = None
        self._broken = False

    def add(self, text: bytes | LongLine) -> bool:
        """Add a line, without its end; True when the row ends with it."""
        if isinstance(text, LongLine):
            self._long, self._broken = text, True
            return True
        self._keep(text)
        if self._open is not None:
            self._open.append(b"\n")
        bare = text.removesuffix(b"\r")
        self._read(bare)
        if self._open is None:
            return True
        self._open.append(text[len(bare) :])
        if self._long is not None:
            self._open = [b""]
        return False

    def finished(self) -> FlatRow:
        if self._long is not None:
            return FlatRow(self._line, self._long, None)
        raw = b"\n".join(self._lines).removesuffix(b"\r")
        if self._broken or self._open is not None:
            return FlatRow(self._line, raw, None, is_open=self._open is not None)
        return FlatRow(self._line, raw, [field.decode("utf-8", "replace") for field in self._fields])

    def _keep(self, text: bytes) -> None:
        """Remember the row's text, of a row over the cap only what is told of it."""
        self._bytes += len(text) + (1 if self._lines or self._long else 0)
        if self._long is None and self._bytes > MAX_LINE_BYTES:
            self._long = LongLine()
            for line in self._lines:
                self._long.add(line + b"\n")
            self._lines.clear()
            self._long.add(text)
        elif self._long is not None:
            self._long.add(b"\n" + text)
        else:
            self._lines.append(text)

    def _read(self, text: bytes) -> None:
        if self._open is None and b'"' not in text:
            self._fields = text.split(self._separator)
            return
        place = 0
        while True:
            if self._open is None and text[place : place + 1] != b'"':
                end = text.find(self._separator, place)
                self._fields.append(text[place:] if end < 0 else text[place:end])
                if end < 0:
                    return
                place = end + 1
                continue
            if self._open is None:
                self._open, place = [], place + 1
            match = _QUOTED.match(text, place)
            end = match.end() if match else place
            self._open.append(text[place:end])
            if end == len(text):
                return
            self._fields.append(b"".join(self._open).replace(b'""', b'"'))
            self._open, place = None, end + 1
            if place == len(text):
                return
            if text[place : place + 1] != self._separator:
                self._broken = True
                return
            place += 1


def parquet_rows(con: duckdb.DuckDBPyConnection, path: Path, shown: Path) -> Iterator[FlatRow]:
    """The names of the columns, as the first row, and the rows of a Parquet file; `shown` names it in errors.

    Raises :class:`InputError` when it is not one.
    """
    # A connection of its own: the rows are read while others are written.
    cursor = con.cursor()
    try:
        cursor.execute("SET TimeZone = 'UTC'")
        file = "read_parquet($1, hive_partitioning = false, file_row_number = true)"
        found = cursor.execute(f"DESCRIBE SELECT * EXCLUDE (file_row_number) FROM {file}", [glob.escape(str(path))])
        columns = [(str(name), str(kind)) for name, kind, *_ in found.fetchall()]
        yield FlatRow(1, b"", [name for name, _ in columns])
        chosen = ", ".join(_as_text(name, kind) for name, kind in columns)
        cursor.execute(f"SELECT {chosen} FROM {file} ORDER BY file_row_number", [glob.escape(str(path))])
        line = 1
        while rows := cursor.fetchmany(_FETCH_ROWS):
            for texts in rows:
                line += 1
                pairs = [(name, _value(text, kind)) for (name, kind), text in zip(columns, texts, strict=True)]
                raw = ",".join(f"{json.dumps(name, ensure_ascii=False)}:{_json(value)}" for name, value in pairs)
                yield FlatRow(line, ("{" + raw + "}").encode("utf-8", "surrogatepass"), [value for _, value in pairs])
    except (duckdb.Error, UnicodeDecodeError) as error:
        raise InputError(
            where=str(shown),
            expected="a Parquet file that opens",
            found=str(error).splitlines()[0],
            next_step="Write the file again, or take it out of the inputs; nothing of this run was kept.",
        ) from None
    finally:
        cursor.close()


def _as_text(name: str, kind: str) -> str:
    column = '"' + name.replace('"', '""') + '"'
    if kind.startswith("TIMESTAMP"):
        return f"strftime({column}::TIMESTAMP, '%Y-%m-%dT%H:%M:%S.%fZ')"
    return f"{column}::VARCHAR"


def _value(text: str | None, kind: str) -> Any:
    if text is None:
        return None
    if kind == "BOOLEAN":
        return text == "true"
    return Number(text) if _NUMBERS.fullmatch(kind) and _JSON_NUMBER.fullmatch(text) else text


def _json(value: Any) -> str:
    return str(value) if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)
