"""Dates and spans over plain integers, compiled: what the kernel needs of the calendar, with no zone data of its own.

Zones come in as the tables of :class:`badgeledger.calendar.Zone`. Instants are microseconds, days are counted from
1970-01-01.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .compiled import njit

DAY = 86_400_000_000
DAYS, WEEKS, MONTHS = 0, 1, 2
LAST_DAY = 2_932_896

_Table = NDArray[np.int64]


@njit(cache=True, nogil=True, inline="never")
def last_at_or_before(table: _Table, value: int) -> int:  # pragma: no cover - compiled
    """How many entries of a sorted table are at or before `value`."""
    low, high = 0, len(table)
    while low < high:
        middle = (low + high) >> 1
        if table[middle] <= value:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def civil(day: int) -> tuple[int, int, int]:  # pragma: no cover - compiled
    """Year, month and day of month of a day number, in the proleptic Gregorian calendar."""
    shifted = day + 719_468
    era = shifted // 146_097
    day_of_era = shifted - era * 146_097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    month = shifted_month + 3 if shifted_month < 10 else shifted_month - 9
    year = year_of_era + era * 400 + (1 if month <= 2 else 0)
    return year, month, day_of_year - (153 * shifted_month + 2) // 5 + 1


@njit(cache=True, nogil=True)
def day_number(year: int, month: int, day: int) -> int:  # pragma: no cover - compiled
    """The day number of a date."""
    shifted_year = year - (1 if month <= 2 else 0)
    era = shifted_year // 400
    year_of_era = shifted_year - era * 400
    shifted_month = month - 3 if month > 2 else month + 9
    day_of_year = (153 * shifted_month + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468


@njit(cache=True, nogil=True)
def months_before(day: int, months: int) -> int:  # pragma: no cover - compiled
    """The same day of the month `months` earlier, clamped to that month's last day."""
    year, month, day_of_month = civil(day)
    index = year * 12 + month - 1 - months
    first = day_number(index // 12, index % 12 + 1, 1)
    length = day_number((index + 1) // 12, (index + 1) % 12 + 1, 1) - first
    return first + min(day_of_month, length) - 1


@njit(cache=True, nogil=True)
def span_day(day: int, unit: int, length: int, local_day: bool) -> int:  # pragma: no cover - compiled
    """The day on which the span begins that ends on `day`; of whole local days, the first of them (RULEBOOK 6.2)."""
    if unit == MONTHS:
        first = months_before(day, length)
    else:
        first = day - length * (1 if unit == DAYS else 7)
    return first + (1 if local_day else 0)


@njit(cache=True, nogil=True)
def span_start(
    clock: int, unit: int, length: int, local_day: bool, changes_at: _Table, offsets: _Table, wall_changes: _Table
) -> int:  # pragma: no cover - compiled
    """The first instant of the rolling span that ends at `clock` (RULEBOOK 6.2).

    A month's span begins earlier for some later clocks (29 March looks back to 28 February): callers must not assume
    that the bound only moves forward.
    """
    if not local_day and unit != MONTHS:
        return clock - length * (DAY if unit == DAYS else 7 * DAY) + 1
    wall = clock + offsets[last_at_or_before(changes_at, clock)]
    day = wall // DAY
    start_wall = span_day(day, unit, length, local_day) * DAY
    if not local_day:
        start_wall += wall - day * DAY
    return int(start_wall - offsets[last_at_or_before(wall_changes, start_wall)] + (0 if local_day else 1))


@njit(cache=True, nogil=True)
def months_after(
    instants: _Table, months: _Table, changes_at: _Table, offsets: _Table, wall_changes: _Table
) -> _Table:  # pragma: no cover - compiled
    """Each instant's same wall time `months` calendar months later, clamped to the month's last day (RULEBOOK 2)."""
    found = np.empty(len(instants), np.int64)
    for place in range(len(instants)):
        wall = instants[place] + offsets[last_at_or_before(changes_at, instants[place])]
        day = wall // DAY
        # Nothing lasts beyond the year 9999, the last that calendars here know.
        later = min(months_before(day, -min(months[place], 120_000)), LAST_DAY)
        later_wall = later * DAY + (wall - day * DAY)
        found[place] = min(later_wall - offsets[last_at_or_before(wall_changes, later_wall)], LAST_DAY * DAY)
    return found


@njit(cache=True, nogil=True)
def month_start(
    clock: int, back: _Table, day_from: int, local_day: bool, changes_at: _Table, offsets: _Table, wall_changes: _Table
) -> int:  # pragma: no cover - compiled
    """:func:`span_start` of months, with `months_before` of each day from `day_from` on looked up in `back`."""
    wall = clock + offsets[last_at_or_before(changes_at, clock)]
    day = wall // DAY
    if local_day:
        start_wall = (back[day - day_from] + 1) * DAY
        return int(start_wall - offsets[last_at_or_before(wall_changes, start_wall)])
    start_wall = back[day - day_from] * DAY + (wall - day * DAY)
    return int(start_wall - offsets[last_at_or_before(wall_changes, start_wall)] + 1)
