"""A file that is one JSON document: an array of records, or one record that stands on several lines (page
*readings*)."""

from __future__ import annotations

import re

from .refusal import Refusal
from .strict_json import decode, parse, scan

_SPACE = re.compile(r"[ \t\r\n]*")
_FIRST_LINE = re.compile(rb"[ \t\r\n]*([^\n]*)")


def first_line(block: bytes) -> bytes:
    """The first line of a block that is not blank, from its first sign on."""
    found = _FIRST_LINE.match(block)
    return found[1] if found else b""


def begins_with_object(block: bytes) -> bool:
    """True when the first non-blank line of a block is a JSON object by itself: then the file is read line by line."""
    try:
        return isinstance(parse(first_line(block)), dict)
    except Refusal as refusal:
        return refusal.reason not in ("not-json", "too-deep")


def document_records(raw: bytes) -> list[tuple[int, bytes]] | None:
    """The line and the text of each record of a document; None when the bytes are not one JSON document."""
    try:
        text = decode(raw)
        start = _skip(text, 0)
        if text[start : start + 1] == "[":
            records, end = _elements(text, start + 1)
        else:
            end = scan(text, start)
            records = [(start, end)]
            # An object on one line is a line like any other.
            if "\n" not in text[start:end]:
                return None
    except (Refusal, ValueError, RecursionError):
        return None
    if _skip(text, end) != len(text):
        return None
    found, line, place = [], 1, 0
    for first, last in records:
        line += text.count("\n", place, first)
        place = first
        found.append((line, text[first:last].encode("utf-8", "surrogatepass")))
    return found


def _elements(text: str, place: int) -> tuple[list[tuple[int, int]], int]:
    """Bounds of the elements of an array whose bracket stands before `place`, and the place after its end."""
    found: list[tuple[int, int]] = []
    place = _skip(text, place)
    if text[place : place + 1] == "]":
        return found, place + 1
    while True:
        end = scan(text, place)
        found.append((place, end))
        place = _skip(text, end)
        mark = text[place : place + 1]
        place = _skip(text, place + 1)
        if mark == "]":
            return found, place
        if mark != ",":
            raise ValueError("an array without comma or end")


def _skip(text: str, place: int) -> int:
    match = _SPACE.match(text, place)
    return match.end() if match else place
