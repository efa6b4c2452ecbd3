"""Instants, zones and calendar steps of the witness (RULEBOOK 2).

An instant is an integer of microseconds since the epoch, a local day is a proleptic ordinal as in `date.toordinal`.
"""

from __future__ import annotations

import calendar
import importlib.resources
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_DOWN, Context, Decimal, InvalidOperation
from zoneinfo import ZoneInfo

SECOND = 1_000_000
DAY = 86_400 * SECOND
WEEK = 7 * DAY
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MONDAY_FIRST = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")

NUMERIC = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
ISO = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?"
    r"(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)


def microseconds(moment: datetime) -> int:
    """Microseconds since the epoch of an aware datetime."""
    return (moment - EPOCH) // timedelta(microseconds=1)


# A derived instant past the calendar is held at its last day; one before it at its first (readings, Limits and counts).
LATEST = microseconds(datetime(9999, 12, 31, tzinfo=UTC))
EARLIEST = microseconds(datetime(1, 1, 1, tzinfo=UTC))


def clamp(instant: int) -> int:
    """The instant, held inside the years 1 to 9999."""
    return max(EARLIEST, min(LATEST, instant))


def show_instant(instant: int | None) -> str:
    """`2024-01-01T00:00:00.000000Z`, empty for none."""
    if instant is None:
        return ""
    moment = EPOCH + timedelta(microseconds=instant)
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def show_day(ordinal: int) -> str:
    """`2024-01-01`."""
    return date.fromordinal(ordinal).isoformat()


def add_months_to_day(ordinal: int, months: int) -> int | None:
    """The same day `months` later (or earlier), clamped to the last of its month; None outside the years 1 to 9999."""
    day = date.fromordinal(ordinal)
    year, month_index = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        return None
    last = calendar.monthrange(year, month_index + 1)[1]
    return date(year, month_index + 1, min(day.day, last)).toordinal()


class Zone:
    """One IANA zone, read from the data files of the `tzdata` package. Raises ValueError for an unknown name."""

    def __init__(self, name: str) -> None:
        package = importlib.resources.files("tzdata")
        if name not in package.joinpath("zones").read_text("utf-8").split():
            raise ValueError(f"unknown zone {name!r}")
        with package.joinpath("zoneinfo", *name.split("/")).open("rb") as data:
            self._info = ZoneInfo.from_file(data, key=name)

    def wall(self, instant: int) -> datetime:
        """The local wall time of an instant, without zone."""
        # One day of room on both sides keeps every offset inside the years that datetime knows.
        inside = max(EARLIEST + DAY, min(LATEST, instant))
        return (EPOCH + timedelta(microseconds=inside)).astimezone(self._info).replace(tzinfo=None, fold=0)

    def instant(self, wall: datetime) -> int:
        """The instant of a wall time: the first of a repeated one, a skipped one moved forward by the gap."""
        return microseconds(wall.replace(tzinfo=self._info, fold=0))

    def day(self, instant: int) -> int:
        """The local day that holds the instant."""
        return self.wall(instant).toordinal()

    def midnight(self, ordinal: int) -> int:
        """The first instant of a local day."""
        if ordinal > date.max.toordinal():
            return LATEST
        if ordinal <= 1:
            return EARLIEST
        return self.instant(datetime.fromordinal(ordinal))

    def add_months(self, instant: int, months: int) -> int:
        """The same wall time `months` later (or earlier), its day clamped to that month (RULEBOOK 2)."""
        wall = self.wall(instant)
        day = add_months_to_day(wall.toordinal(), months)
        if day is None:
            return LATEST if months > 0 else EARLIEST
        return clamp(self.instant(datetime.combine(date.fromordinal(day), wall.time())))


def add_duration(instant: int, value: int, unit: str, zone: Zone, month_setting: str) -> int:
    """`instant` + value × 24 h, 168 h, calendar months or, by setting, 30 days (RULEBOOK 8)."""
    if unit == "MONTHS" and month_setting == "calendar":
        return zone.add_months(instant, value)
    length = {"DAYS": DAY, "WEEKS": WEEK, "MONTHS": 30 * DAY}[unit]
    return clamp(instant + value * length)


def as_decimal(text: str) -> Decimal | None:
    """The exact value of a number's text; None where it is no number that can be held."""
    if not NUMERIC.fullmatch(text):
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def number_instant(text: str, repaired: Callable[[str], None]) -> int | None:
    """Microseconds of an epoch number: seconds, milliseconds or microseconds by its magnitude (RULEBOOK 2).

    `repaired` is called with a unit that was not seconds. None: not a time.
    """
    number = as_decimal(text)
    if number is None:
        return None
    if number == 0 or number.adjusted() < -20:
        return 0
    if number.adjusted() >= 17:
        return None
    exact = Context(prec=len(text) + 60)
    size = abs(number)
    factor = 10**6
    if size >= Decimal(10) ** 11:
        factor = 10**3 if size < Decimal(10) ** 14 else 1
        repaired("milliseconds" if factor > 1 else "microseconds")
    scaled = exact.multiply(number, Decimal(factor))
    return within_calendar(int(scaled.to_integral_value(ROUND_DOWN, exact)))


def within_calendar(instant: int) -> int | None:
    """The instant, None where no calendar of the years 1 to 9999 holds it."""
    return instant if EARLIEST <= instant < LATEST + DAY else None


def iso_instant(text: str, feed_zone: Zone | None) -> int | str:
    """Microseconds of an ISO text, or the reason of its refusal."""
    match = ISO.fullmatch(text)
    if match is None:
        return "invalid-timestamp"
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        wall = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or "0"))
    except ValueError:
        return "invalid-timestamp"
    wall += timedelta(microseconds=int(((fraction or "") + "000000")[:6]))
    if offset is None:
        if feed_zone is None:
            return "timestamp-without-offset"
        local = within_calendar(feed_zone.instant(wall))
        return "invalid-timestamp" if local is None else local
    shift = 0
    if offset != "Z":
        digits = offset[1:].replace(":", "").ljust(4, "0")
        hours, minutes = int(digits[:2]), int(digits[2:])
        if hours > 23 or minutes > 59:
            return "invalid-timestamp"
        shift = (hours * 60 + minutes) * 60 * SECOND * (-1 if offset[0] == "-" else 1)
    found = within_calendar(microseconds(wall.replace(tzinfo=UTC)) - shift)
    return "invalid-timestamp" if found is None else found
