"""Scalars of a record: ids, instants, numbers, enums, in all their spellings (RULEBOOK 2 and 3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from ..calendar import Zone
from .refusal import Refusal
from .strict_json import Number

MICROSECONDS = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMERIC = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_INTEGER_ID = re.compile(r"-?\d+", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d(?::?\d\d)?)?", re.ASCII)


@dataclass
class Reading:
    """How the times of one record are read: the zone that its feed declares, and what was repaired on the way.

    `in_milliseconds` is true of records that are written so: then milliseconds are no repair.
    """

    feed_zone: Zone | None = None
    in_milliseconds: bool = False
    notes: list[tuple[str, str]] = field(default_factory=list)

    def note(self, code: str, field_name: str) -> None:
        if (code, field_name) not in self.notes:
            self.notes.append((code, field_name))


def optional_id(record: Mapping[str, Any], name: str) -> str | None:
    """An id as text; null and empty text are absent. Raises `invalid-id`."""
    value = record.get(name)
    if value is None or (value == "" and not isinstance(value, Number)):
        return None
    return id_text(value, name)


def id_text(value: Any, name: str) -> str:
    """An id that must be there. Raises `invalid-id`."""
    if isinstance(value, Number):
        if _INTEGER_ID.fullmatch(value):
            return "0" if value == "-0" else str(value)
        number = Decimal(value)
        if abs(number.adjusted()) < 400 and number == number.to_integral_value():
            return format(number.to_integral_value(), "f").replace("-0", "0") if number == 0 else format(number, ".0f")
        raise Refusal("invalid-id", f"{name} is {value}")
    if isinstance(value, str) and value:
        return value
    raise Refusal("invalid-id", f"{name} is {_shown(value)}")


def integer(value: Any, name: str) -> int | None:
    """A whole number, in digits or text; None where it is absent. Raises `invalid-number`."""
    if value is None:
        return None
    if isinstance(value, str) and _NUMERIC.fullmatch(value):
        number = Decimal(value)
        if abs(number.adjusted()) < 18 and number == number.to_integral_value():
            return int(number)
    raise Refusal("invalid-number", f"{name} is {_shown(value)}")


def choice(value: Any, allowed: Mapping[str, str], name: str) -> str | None:
    """The canonical spelling of an enum; None where it is absent. Raises `invalid-enum` (platform code 400)."""
    if value is None:
        return None
    if isinstance(value, str) and value in allowed:
        return allowed[value]
    raise Refusal("invalid-enum", f"{name} is {_shown(value)}")


def instant(record: Mapping[str, Any], name: str, reading: Reading) -> int | None:
    """Microseconds since the epoch of one field, None where it is absent.

    Raises `invalid-timestamp` and `timestamp-without-offset`.
    """
    value = record.get(name)
    if value is None:
        return None
    if isinstance(value, str):
        if _NUMERIC.fullmatch(value):
            return _numeric_instant(value, name, reading)
        iso = _ISO.fullmatch(value)
        if iso:
            return _iso_instant(iso, name, reading)
    raise Refusal("invalid-timestamp", f"{name} is {_shown(value)}")


def twin_instant(record: Mapping[str, Any], name: str, reading: Reading, *, iso_wins: bool) -> int | None:
    """The instant of a field and its ISO twin (RULEBOOK 2); a difference over a second is noted."""
    number, iso = instant(record, name, reading), instant(record, name + "ISO", reading)
    if number is None or iso is None:
        return iso if number is None else number
    if abs(number - iso) > MICROSECONDS:
        reading.note("timestamp-conflict", name)
    return iso if iso_wins else number


def _numeric_instant(text: str, name: str, reading: Reading) -> int:
    number = Decimal(text)
    if number and number.adjusted() >= 17:
        raise Refusal("invalid-timestamp", f"{name} is {_shown(text)}")
    if number.adjusted() < -30:
        return 0
    magnitude = abs(number)
    scale = 6
    if magnitude >= Decimal(10) ** 11:
        scale = 3 if magnitude < Decimal(10) ** 14 else 0
        if scale == 0 or not reading.in_milliseconds:
            reading.note("timestamp-unit-repaired", name)
    sign, digits, exponent = number.as_tuple()
    shift = int(exponent) + scale
    kept = digits if shift >= 0 else digits[: len(digits) + shift] if len(digits) + shift > 0 else (0,)
    micros = int("".join(map(str, kept)) + "0" * max(shift, 0))
    return -micros if sign else micros


def _iso_instant(iso: re.Match[str], name: str, reading: Reading) -> int:
    year, month, day, hour, minute, second, fraction, offset = iso.groups()
    try:
        wall = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0))
        micros = int((fraction or "")[:6].ljust(6, "0"))
        if offset is None:
            if reading.feed_zone is None:
                raise Refusal("timestamp-without-offset", f"{name} is {iso.group()}")
            return reading.feed_zone.instant_of(wall) + micros
        return _microseconds(wall.replace(tzinfo=UTC)) - _offset_seconds(offset) * MICROSECONDS + micros
    except ValueError as error:
        raise Refusal("invalid-timestamp", f"{name} is {iso.group()}: {error}") from None


def _offset_seconds(text: str) -> int:
    if text == "Z":
        return 0
    hours, minutes = int(text[1:3]), int(text[-2:]) if len(text) > 3 else 0
    if hours > 23 or minutes > 59:
        raise ValueError("offset out of range")
    return (hours * 3600 + minutes * 60) * (-1 if text[0] == "-" else 1)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def id_created_at(row_id: str | None) -> int | None:
    """Creation time in an id of 24 hex digits, in microseconds: its first 8 digits are epoch seconds."""
    if row_id and len(row_id) == 24 and all(digit in "0123456789abcdefABCDEF" for digit in row_id):
        return int(row_id[:8], 16) * MICROSECONDS
    return None


def absent(record: Mapping[str, Any], names: Iterable[str]) -> bool:
    """True when none of the fields holds a value; null and empty text are none."""
    return all(record.get(name) in (None, "") for name in names)


def _shown(value: Any) -> str:
    text = repr(str(value)) if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
