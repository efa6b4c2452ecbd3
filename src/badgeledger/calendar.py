"""Zones, local days and months (RULEBOOK 2): the engine's one door to the time zone data.

Instants are integer microseconds since the epoch, days are whole numbers since 1970-01-01. The data comes from the
`tzdata` package, never from the system, so that the same version gives the same answers on every machine.
"""

from __future__ import annotations

import importlib.resources
from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import tzdata
from numpy.typing import NDArray

from .errors import ConfigError

MICROSECOND = 1
SECOND = 1_000_000
DAY = 86_400 * SECOND
_EPOCH = datetime(1970, 1, 1)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
LAST_INSTANT = (date(9999, 12, 31).toordinal() - _EPOCH_ORDINAL) * DAY


class Zone:
    """An IANA zone as a table of its transitions.

    `changes_at` are the instants at which the offset changes, `offsets` the offsets in microseconds: `offsets[0]` rules
    before the first change, `offsets[i]` from `changes_at[i - 1]` on. `wall_changes` are the wall times from which a
    wall time takes the new offset: a time that does not exist moves forward, one that occurs twice is the first.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._info = _zone_info(name)
        changes, offsets = _transitions(name)
        self.changes_at: NDArray[np.int64] = np.array(changes, dtype=np.int64)
        self.offsets: NDArray[np.int64] = np.array(offsets, dtype=np.int64)
        walls = [at + max(offsets[i], offsets[i + 1]) for i, at in enumerate(changes)]
        self.wall_changes: NDArray[np.int64] = np.array(walls, dtype=np.int64)
        self._changes, self._offsets, self._walls = changes, offsets, walls

    def instant_of(self, wall: datetime) -> int:
        """The instant of a local wall time without offset."""
        return self.instant_of_wall((wall - _EPOCH) // timedelta(microseconds=1))

    def instant_of_wall(self, wall: int) -> int:
        """The instant of a wall time given as microseconds since 1970-01-01 on the local clock."""
        return wall - self._offsets[bisect_right(self._walls, wall)]

    def wall_of(self, instant: int) -> int:
        """The local clock at an instant, as microseconds since 1970-01-01 on that clock."""
        return instant + self._offsets[bisect_right(self._changes, instant)]

    def day_of(self, instant: int) -> int:
        """The local day that holds an instant."""
        return self.wall_of(instant) // DAY

    def day_start(self, day: int) -> int:
        """The first instant of a local day."""
        return self.instant_of_wall(day * DAY)

    def day_starts(self, days: NDArray[np.int64]) -> NDArray[np.int64]:
        """As :meth:`day_start`, of many days."""
        walls = days * DAY
        return walls - self.offsets[np.searchsorted(self.wall_changes, walls, side="right")]

    def odd_days(self, first: int, end: int) -> list[tuple[int, float]]:
        """The days of `[first, end)` that are not 24 hours long, each with its length in hours."""
        low, high = bisect_right(self._changes, self.day_start(first)), bisect_right(self._changes, self.day_start(end))
        found = []
        for day in sorted({self.day_of(change - MICROSECOND) for change in self._changes[low:high]}):
            length = self.day_start(day + 1) - self.day_start(day)
            if first <= day < end and length != DAY:
                found.append((day, 24 * length / DAY))
        return found

    def months_after(self, instant: int, months: int) -> int:
        """The same wall time `months` calendar months later, clamped to the month's last day (RULEBOOK 2)."""
        wall = self.wall_of(instant)
        day, time_of_day = divmod(wall, DAY)
        return self.instant_of_wall(add_months(day, months) * DAY + time_of_day)


@lru_cache(maxsize=64)
def zone(name: str) -> Zone:
    """The zone of that name. Raises :class:`ConfigError` for a name that the zone data does not hold."""
    return Zone(name)


def add_months(day: int, months: int) -> int:
    """The same day of the month `months` later, clamped to that month's last day; far ends are clamped to years 1
    and 9999."""
    start = date_of(day)
    index = start.year * 12 + start.month - 1 + months
    if index < 12 or index >= 12 * 10_000:
        return date(1, 1, 1).toordinal() - _EPOCH_ORDINAL if index < 12 else LAST_INSTANT // DAY
    year, month = divmod(index, 12)
    first = date(year, month + 1, 1)
    return day_number(first) + min(start.day, days_in_month(first)) - 1


def days_in_month(first: date) -> int:
    """Days of the month that begins on `first`."""
    return (
        ((first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day if first.month < 12 else 31
    )


def date_of(day: int) -> date:
    """The date of a day number, clamped to the years 1 to 9999."""
    return date.fromordinal(min(max(day + _EPOCH_ORDINAL, 1), date.max.toordinal()))


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - _EPOCH_ORDINAL


def iso_instant(instant: int) -> str:
    """An instant as `2024-01-01T00:00:00.000000Z`."""
    return (_EPOCH + timedelta(microseconds=instant)).isoformat(timespec="microseconds") + "Z"


def microseconds_of(moment: datetime) -> int:
    """Microseconds since the epoch of an aware datetime."""
    return (moment.astimezone(UTC).replace(tzinfo=None) - _EPOCH) // timedelta(microseconds=1)


def moment_of(instant: int) -> datetime:
    """An aware datetime in UTC."""
    return (_EPOCH + timedelta(microseconds=instant)).replace(tzinfo=UTC)


def tzdata_version() -> str:
    """The IANA version of the zone data in use, such as `2026a`."""
    return str(tzdata.IANA_VERSION)


def _zone_info(name: str) -> ZoneInfo:
    # Each part must be a plain word: a zone's name never walks the file system.
    parts = name.split("/")
    try:
        if not all(part and part.replace("_", "").replace("-", "").replace("+", "").isalnum() for part in parts):
            raise FileNotFoundError(name)
        with importlib.resources.files("tzdata").joinpath("zoneinfo", *parts).open("rb") as data:
            return ZoneInfo.from_file(data, key=name)
    except (OSError, ValueError):
        raise ConfigError(
            where="rules.zone",
            expected="the name of an IANA time zone, such as UTC or Asia/Kolkata",
            found=repr(name),
            next_step="Correct the zone in the pipeline file or in --set zone=NAME.",
        ) from None


def _transitions(name: str) -> tuple[list[int], list[int]]:
    """Instants at which the offset changes, and the offsets around them, found by probing and bisection."""
    info = _zone_info(name)
    if name in _WITHOUT_CHANGES:
        # The zone of nearly every pipeline: probing it takes a tenth of a second of each start.
        return [], [0]

    def offset_at(second: int) -> int:
        local = info.fromutc((_EPOCH + timedelta(seconds=second)).replace(tzinfo=info))
        return (local.replace(tzinfo=None) - _EPOCH) // timedelta(seconds=1) - second

    changes: list[int] = []
    offsets: list[int] = []
    probes = range(_second_of(1850), _second_of(_CYCLE_YEAR + 400), 7 * 86_400)
    previous = offset_at(probes[0])
    offsets.append(previous * SECOND)
    for earlier, later in pairwise(probes):
        if offset_at(later) == previous:
            continue
        low, high = earlier, later
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset_at(middle) == previous else (low, middle)
        previous = offset_at(later)
        changes.append(high * SECOND)
        offsets.append(previous * SECOND)
    return _repeat(changes, offsets)


# From this year on every zone follows a rule of months and weekdays, which repeats with the Gregorian cycle of 400
# years.
_CYCLE_YEAR = 2100
_WITHOUT_CHANGES = {"UTC", "Etc/UTC"}
_GREGORIAN_CYCLE = 146_097 * DAY


def _second_of(year: int) -> int:
    return (date(year, 1, 1).toordinal() - _EPOCH_ORDINAL) * 86_400


def _repeat(changes: list[int], offsets: list[int]) -> tuple[list[int], list[int]]:
    """The same changes with those of the cycle's years repeated up to the year 9999."""
    first = bisect_right(changes, _second_of(_CYCLE_YEAR) * SECOND)
    cycle, cycle_offsets = changes[first:], offsets[first + 1 :]
    for turn in range(1, 20):
        changes = changes + [at + turn * _GREGORIAN_CYCLE for at in cycle]
        offsets = offsets + cycle_offsets
    return changes, offsets
