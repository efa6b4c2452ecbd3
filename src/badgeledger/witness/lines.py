"""Files become JSON values, or reasons of refusal (readings, Lines and files). Numbers keep the text of the log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 64
WHITE = " \t\r\n"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Num:
    """A JSON number as it was written."""

    text: str


@dataclass
class Piece:
    """One record's text: the line on which it begins, and its object or the reason why it is none. `header` tells what
    the columns of a flat file are, empty for JSON.
    """

    line: int
    raw: bytes
    value: dict[str, Any] | None
    reason: str
    header: str = ""


class NotJson(Exception):
    """The text is not strict JSON."""


def _refuse_constant(name: str) -> Any:
    raise NotJson(name)


def decode_at(text: str, start: int) -> tuple[Any, int, bool]:
    """The JSON value that begins at `start`, where it ends, and whether an object in it repeats a key."""
    repeated: list[str] = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(found)) < len(found):
            repeated.append("key")
        return dict(found)

    decoder = json.JSONDecoder(object_pairs_hook=pairs, parse_int=Num, parse_float=Num, parse_constant=_refuse_constant)
    try:
        value, end = decoder.raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from None
    for item in texts_in(value):
        if any("\ud800" <= character <= "\udfff" for character in item):
            raise NotJson("a lone surrogate")
    return value, end, bool(repeated)


def texts_in(value: Any) -> Iterator[str]:
    """Every string of a value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from texts_in(item)


def depth(text: str) -> int:
    """The deepest nesting of brackets outside strings."""
    level = deepest = 0
    in_string = escaped = False
    for character in text:
        if in_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in "[{":
            level += 1
            deepest = max(deepest, level)
        elif character in "]}":
            level -= 1
    return deepest


def judge(raw: bytes) -> tuple[dict[str, Any] | None, str]:
    """The object of one record's text, or the first reason of refusal in the fixed order."""
    if len(raw) > MAX_BYTES:
        return None, "line-too-long"
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None, "not-utf-8"
    body = text.strip(WHITE)
    if not body:
        return None, "blank-line"
    # Without more than 64 opening brackets no nesting can be deeper; the slow scan is for the others.
    if body.count("[") + body.count("{") > MAX_DEPTH and depth(body) > MAX_DEPTH:
        return None, "too-deep"
    try:
        value, end, repeated = decode_at(body, 0)
    except NotJson:
        return None, "not-json"
    if end != len(body):
        return None, "not-json"
    if repeated:
        return None, "duplicate-key"
    if any("\0" in item for item in texts_in(value)):
        return None, "nul-character"
    if not isinstance(value, dict):
        return None, "not-an-object"
    return value, ""


def read_pieces(data: bytes) -> list[Piece]:
    """All records of a file, in order: of a whole JSON document its elements, else one a line."""
    data = data.removeprefix(BYTE_ORDER_MARK)
    rows = data.split(b"\n")
    # The last piece has no line break after it: it is a line of its own, whole, unless nothing is there.
    last = rows.pop()
    rows = [row[:-1] if row.endswith(b"\r") else row for row in rows]
    if last:
        rows.append(last)
    first = next((row for row in rows if row.strip(WHITE.encode())), None)
    if first is not None and not _is_object(first):
        pieces = _read_document(data)
        if pieces is not None:
            return pieces
    return [Piece(number, row, *judge(row)) for number, row in enumerate(rows, start=1)]


def _is_object(row: bytes) -> bool:
    try:
        body = row.decode("utf-8").strip(WHITE)
        value, end, _ = decode_at(body, 0)
    except (UnicodeDecodeError, NotJson):
        return False
    return isinstance(value, dict) and end == len(body)


def _read_document(data: bytes) -> list[Piece] | None:
    """The records of a file that is one JSON array, or one object; None where it is neither."""
    try:
        text = data.decode("utf-8")
        start = _skip_white(text, 0)
        if text[start] == "{":
            spans = [_value_span(text, start)]
            end = spans[0][1]
        elif text[start] == "[":
            spans, end = _element_spans(text, start + 1)
        else:
            return None
    except (UnicodeDecodeError, NotJson):
        return None
    if text[end:].strip(WHITE):
        return None
    pieces, line, counted_to = [], 1, 0
    for begin, stop in spans:
        line += text.count("\n", counted_to, begin)
        counted_to = begin
        raw = text[begin:stop].encode("utf-8")
        pieces.append(Piece(line, raw, *judge(raw)))
    return pieces


def _skip_white(text: str, position: int) -> int:
    while position < len(text) and text[position] in WHITE:
        position += 1
    return position


def _value_span(text: str, start: int) -> tuple[int, int]:
    _, end, repeated = decode_at(text, start)
    if repeated:
        raise NotJson("a repeated key")
    return start, end


def _element_spans(text: str, position: int) -> tuple[list[tuple[int, int]], int]:
    """Begin and end of each element of an array, and the place after its closing bracket."""
    spans: list[tuple[int, int]] = []
    position = _skip_white(text, position)
    if text[position : position + 1] == "]":
        return spans, position + 1
    while True:
        spans.append(_value_span(text, position))
        position = _skip_white(text, spans[-1][1])
        mark = text[position : position + 1]
        if mark == "]":
            return spans, position + 1
        if mark != ",":
            raise NotJson("neither comma nor bracket")
        position = _skip_white(text, position + 1)


def show_raw(raw: bytes) -> str:
    """The first 4,096 bytes of a refused record, bad bytes as `\\xNN` (CONTRACT, quarantine)."""
    return raw[:4096].decode("utf-8", "backslashreplace")
