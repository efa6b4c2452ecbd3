"""When there is room again: the first instant at which one more issuance would be within a limit (RULEBOOK 6).

All answers suppose that nothing else is issued meanwhile. Instants are microseconds; None means never.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from . import civil
from .calendar import DAY, LAST_INSTANT, Zone
from .definitions import Limit

_UNITS = {"DAYS": civil.DAYS, "WEEKS": civil.WEEKS, "MONTHS": civil.MONTHS}
_DAYS = {"DAYS": 1, "WEEKS": 7}
# Longer spans reach back before the year 1 from anywhere.
_MOST = {"DAYS": 4_000_000, "WEEKS": 600_000, "MONTHS": 130_000}


def free_in_life(taken: int, number: int, at: int) -> int | None:
    """Of a fixed value with so many issuances taken: `at` itself, or never."""
    return at if taken < number else None


def free_in_cycles(
    cycles: Sequence[tuple[int, int]], numbers: Sequence[int | None], taken: Sequence[int], at: int
) -> int | None:
    """Of a fixed window with the bounds of its cycles in order, the number that judges each (None: not judged) and
    the sorted events of its subject: the first instant from `at` on whose cycle has room. None after the last cycle.
    """
    for (starts_at, ends_at), number in zip(cycles, numbers, strict=True):
        if ends_at <= at:
            continue
        if number is None or bisect_left(taken, ends_at) - bisect_left(taken, starts_at) < number:
            return max(starts_at, at)
    return None


def free_in_span(limit: Limit, number: int, taken: Sequence[int], at: int, zone: Zone, local_day: bool) -> int | None:
    """Of a rolling window whose subject's clocks are `taken`, sorted: the first instant from `at` on at which the
    span holds fewer than `number`.
    """
    if number == 0:
        return None
    while True:
        first = bisect_left(taken, span_start(limit, at, zone, local_day))
        inside = bisect_right(taken, at) - first
        if inside < number:
            return at
        # Until the number-th latest has left, it and those after it fill the span.
        leaving = _leaves_at(limit, taken[first + inside - number], at, zone, local_day)
        if leaving is None:
            return None
        at = leaving


def span_start(limit: Limit, clock: int, zone: Zone, local_day: bool) -> int:
    """The first instant of the rolling span that ends at `clock` (RULEBOOK 6.2)."""
    tables = (zone.changes_at, zone.offsets, zone.wall_changes)
    return int(civil.span_start(clock, _UNITS[str(limit.unit)], _length(limit), local_day, *tables))


def _length(limit: Limit) -> int:
    return min(limit.length or 1, _MOST[str(limit.unit)])


def _leaves_at(limit: Limit, clock: int, after: int, zone: Zone, local_day: bool) -> int | None:
    """The first instant after `after` whose span begins behind `clock`."""
    months = limit.unit == "MONTHS"
    about = (
        zone.months_after(clock, _length(limit)) if months else clock + _length(limit) * _DAYS[str(limit.unit)] * DAY
    )
    for begin, end in _even_stretches(limit, max(about - 2 * DAY, after + 1), zone):
        if span_start(limit, end - 1, zone, local_day) > clock:
            while begin < end - 1:
                middle = (begin + end - 1) // 2
                if span_start(limit, middle, zone, local_day) > clock:
                    end = middle + 1
                else:
                    begin = middle + 1
            return begin
    return None


def _even_stretches(limit: Limit, at: int, zone: Zone) -> Iterator[tuple[int, int]]:
    """Stretches of time from `at` on, within each of which the bound of a span only moves forward: a local day, cut
    where the clock changes, and of months also where the clock changed on the day that the bound lies on: a wall time
    that did not exist then is a later instant than those after it.
    """
    while at < LAST_INSTANT:
        day, time_of_day = divmod(zone.wall_of(at), DAY)
        end = at + DAY - time_of_day
        change = bisect_right(zone.changes_at, at)
        if change < len(zone.changes_at):
            end = min(end, int(zone.changes_at[change]))
        if limit.unit == "MONTHS":
            back = int(civil.months_before(day, _length(limit))) * DAY + time_of_day
            change = bisect_right(zone.wall_changes, back)
            if change < len(zone.wall_changes):
                end = min(end, at + int(zone.wall_changes[change]) - back)
        yield at, end
        at = end
