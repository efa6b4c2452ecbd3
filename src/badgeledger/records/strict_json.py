"""The one judge of JSON: stricter than DuckDB's reader and Python's default, and exact about numbers.

A number is kept as it was written (:class:`Number`), so that digits can be cut as decimal text (RULEBOOK 2).
"""

from __future__ import annotations

import json
import re
from typing import Any

from .refusal import Refusal

MAX_LINE_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 64

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


class Number(str):
    """A JSON number in the digits of the log."""

    __slots__ = ()


def _refuse_constant(name: str) -> None:
    raise Refusal("not-json", f"{name} is no JSON number")


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _DuplicateKey(name)
            seen.add(name)
    return found


class _DuplicateKey(Exception):
    """Raised inside the parse, told only when the rest of the text is JSON."""


_STRICT = json.JSONDecoder(
    object_pairs_hook=_unique_pairs, parse_float=Number, parse_int=Number, parse_constant=_refuse_constant
)
_LENIENT = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=_refuse_constant)


def _is_too_deep(raw: bytes) -> bool:
    """True when brackets outside strings are nested deeper than allowed."""
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub(b"", raw)):
        depth += 1 if bracket.group() in b"[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False


def decode(raw: bytes) -> str:
    """Text of UTF-8 bytes; :class:`Refusal` `not-utf-8` otherwise."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refusal("not-utf-8", f"byte {error.start + 1}") from None


def parse(raw: bytes) -> Any:
    """The value of one JSON text.

    Raises :class:`Refusal`: `line-too-long`, `not-utf-8`, `blank-line`, `too-deep`, `not-json`, `duplicate-key`,
    `nul-character`, in this order.
    """
    if len(raw) > MAX_LINE_BYTES:
        raise Refusal("line-too-long", f"{len(raw)} bytes, at most {MAX_LINE_BYTES}")
    text = decode(raw)
    if not text.strip(" \t\r\n"):
        raise Refusal("blank-line")
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH and _is_too_deep(raw):
        raise Refusal("too-deep", f"nested deeper than {MAX_DEPTH}")
    return parse_text(text)


def check_text(raw: bytes) -> None:
    """What a row of a CSV or Parquet file has in common with a line of JSON.

    Raises :class:`Refusal`: `line-too-long`, `not-utf-8`, `blank-line`.
    """
    if len(raw) > MAX_LINE_BYTES:
        raise Refusal("line-too-long", f"{len(raw)} bytes, at most {MAX_LINE_BYTES}")
    if not decode(raw).strip(" \t\r\n"):
        raise Refusal("blank-line")


def parse_text(text: str) -> Any:
    """As :func:`parse`, of text whose size and depth are known to be fair."""
    body = text.strip(" \t\r\n")
    try:
        value = _STRICT.decode(body)
    except _DuplicateKey as error:
        _decode_lenient(body)
        raise Refusal("duplicate-key", str(error)) from None
    except ValueError as error:
        raise Refusal("not-json", str(error)) from None
    if "\\u" in body:
        _check_characters(value)
    return value


def _decode_lenient(body: str) -> None:
    try:
        _check_surrogates(_LENIENT.decode(body))
    except ValueError as error:
        raise Refusal("not-json", str(error)) from None


def _check_characters(value: Any) -> None:
    _check_surrogates(value)
    if "\\u0000" in json.dumps(value) and any("\0" in text for text in _strings(value)):
        raise Refusal("nul-character", "\\u0000")


def _check_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise Refusal("not-json", "a lone surrogate") from None


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for item in value for text in _strings(item)]
    if isinstance(value, dict):
        return [text for name, item in value.items() for text in (name, *_strings(item))]
    return []


def scan(text: str, place: int) -> int:
    """The place after the JSON value that begins at `place`; ValueError when there is none."""
    return _LENIENT.raw_decode(text, place)[1]
