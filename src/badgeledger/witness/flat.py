"""Flat files become pieces: the rows of CSV and Parquet, each an object of its named cells (readings, Flat rows)."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from .definitions import compact
from .lines import BYTE_ORDER_MARK, MAX_BYTES, WHITE, Num, Piece, texts_in
from .times import EPOCH, microseconds, show_instant

IMPORT_COLUMNS = (
    "badgeMetaId",
    "customerId",
    "earnEventDate",
    "earnEventDateISO",
    "earnExpiresOn",
    "earnExpiresOnISO",
)
OWN_COLUMNS = (
    "badge_id",
    "customer_id",
    "kind",
    "processed_at",
    "event_at",
    "request_id",
    "position",
    "issuance_id",
    "outcome",
    "code",
    "owner_type",
    "reference_id",
    "expires_at",
    "logged_at",
)
HEADERS = (("import", IMPORT_COLUMNS, 2), ("own", OWN_COLUMNS, 3))


def delimiter_of(path: str) -> bytes | None:
    """The delimiter of a CSV file by its name; None for a file that is none."""
    name = path.removesuffix(".gz").removesuffix(".zst")
    if name.endswith(".csv"):
        return b","
    return b"\t" if name.endswith(".tsv") else None


def read_csv(data: bytes, delimiter: bytes) -> list[Piece]:
    """The rows of a CSV file behind its header."""
    rows = csv_rows(_lines(data), delimiter)
    _, _, header = next(rows, (0, b"", None))
    named = _named(_decoded(header))
    return [Piece(line, raw, *_judge(raw, fields, named), header=named[0]) for line, raw, fields in rows]


def first_rows(data: bytes, delimiter: bytes, count: int) -> bytes:
    """A CSV file up to the end of that many rows behind its header; the whole of it when it has no more."""
    lines = _lines(data)
    starts = [at for at, _, _ in csv_rows(lines, delimiter)]
    return b"".join(lines[: starts[count + 1] - 1]) if len(starts) > count + 1 else data


def _lines(data: bytes) -> list[bytes]:
    *whole, last = data.removeprefix(BYTE_ORDER_MARK).split(b"\n")
    return [line + b"\n" for line in whole] + ([last] if last else [])


def csv_rows(lines: Sequence[bytes], delimiter: bytes) -> Iterator[tuple[int, bytes, list[bytes] | None]]:
    """Each row: the number of its first line, its text, and its fields; None where they cannot be told apart."""
    at = 0
    while at < len(lines):
        fields, end = _fields_from(lines, at, delimiter)
        yield at + 1, _without_end(b"".join(lines[at : end + 1])), fields
        at = end + 1


def _without_end(line: bytes) -> bytes:
    return line[:-1].removesuffix(b"\r") if line.endswith(b"\n") else line


def _fields_from(lines: Sequence[bytes], at: int, delimiter: bytes) -> tuple[list[bytes] | None, int]:
    """The fields of the row that begins at a line, and its last line."""
    fields: list[bytes] = []
    line, place = lines[at], 0
    while True:
        if line[place : place + 1] == b'"':
            parts, place = [], place + 1
            while (end := line.find(b'"', place)) < 0 or line[end + 1 : end + 2] == b'"':
                if end >= 0:
                    parts.append(line[place : end + 1])
                    place = end + 2
                    continue
                parts.append(line[place:])
                at, place = at + 1, 0
                if at == len(lines):
                    return None, at - 1
                line = lines[at]
            fields.append(b"".join([*parts, line[place:end]]))
            place = end + 1
            if line[place:] in (b"", b"\n", b"\r\n"):
                return fields, at
            if line[place : place + 1] != delimiter:
                return None, at
            place += 1
            continue
        end = line.find(delimiter, place)
        if end < 0:
            fields.append(_without_end(line[place:]))
            return fields, at
        fields.append(line[place:end])
        place = end + 1


def _decoded(fields: list[bytes] | None) -> list[str] | None:
    try:
        return None if fields is None else [field.decode("utf-8") for field in fields]
    except UnicodeDecodeError:
        return None


def _named(header: list[str] | None) -> tuple[str, list[str]]:
    """What the rows are, by the names of their columns; empty for a header that is none of ours."""
    names = header or []
    ours = [name for name in names if name in IMPORT_COLUMNS or name in OWN_COLUMNS]
    if len(set(ours)) == len(ours):
        for shape, columns, required in HEADERS:
            if set(columns[:required]) <= set(ours):
                return shape, [name if name in columns else "" for name in names]
    return "", []


def _judge(raw: bytes, fields: list[bytes] | None, named: tuple[str, list[str]]) -> tuple[dict[str, Any] | None, str]:
    """The cells of a row that are not empty, or the first reason of its refusal."""
    if len(raw) > MAX_BYTES:
        return None, "line-too-long"
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None, "not-utf-8"
    if not text.strip(WHITE):
        return None, "blank-line"
    if "\0" in text:
        return None, "nul-character"
    cells = _decoded(fields)
    if cells is None or not named[0] or len(cells) != len(named[1]):
        return None, "unknown-shape"
    return {name: cell for name, cell in zip(named[1], cells, strict=True) if name and cell}, ""


def is_parquet(data: bytes) -> bool:
    """A file that begins as Parquet does."""
    return data.startswith(b"PAR1")


def read_parquet(data: bytes) -> list[Piece]:
    """The rows of a Parquet file; its columns are its header."""
    names, rows = _parquet_rows(data)
    shape, columns = _named(names)
    pieces = []
    for line, row in enumerate(rows, start=2):
        values = [_json_value(value) for value in row]
        raw = compact([dict(zip(names, values, strict=True))])[1:-1].encode("utf-8")
        cells = {
            name: value
            for name, value in zip(columns or names, values, strict=True)
            if name and value is not None and value != ""
        }
        reason = "unknown-shape" if not shape else ""
        if any("\0" in text for text in texts_in([*names, *values])):
            reason = "nul-character"
        if len(raw) > MAX_BYTES:
            reason = "line-too-long"
        pieces.append(Piece(line, raw, None if reason else cells, reason, header=shape))
    return pieces


def _parquet_rows(data: bytes) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Names of columns and rows of a Parquet file; instants without zone are UTC. Raises ValueError."""
    import polars

    try:
        frame = polars.read_parquet(io.BytesIO(data))
        whole = [
            column.dt.cast_time_unit("us").dt.replace_time_zone(None).dt.replace_time_zone("UTC")
            if column.dtype.base_type() is polars.Datetime and column.dtype.time_zone is None  # type: ignore[attr-defined]
            else column.dt.cast_time_unit("us").dt.convert_time_zone("UTC")
            if column.dtype.base_type() is polars.Datetime
            else column
            for column in frame.get_columns()
        ]
        return frame.columns, list(zip(*(column.to_list() for column in whole), strict=True))
    except polars.exceptions.PolarsError as error:
        raise ValueError(f"not a Parquet file: {error}") from None


def _json_value(value: Any) -> Any:
    """A cell as a JSON value of the witness."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, datetime):
        return show_instant(microseconds(value)) if value >= EPOCH.replace(year=1) else str(value)
    if isinstance(value, int | Decimal) or (isinstance(value, float) and math.isfinite(value)):
        return Num(str(value))
    return str(value)
