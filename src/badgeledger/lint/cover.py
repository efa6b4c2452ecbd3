"""How many windows of one limit hold any window of another: the arithmetic behind *never bites*.

Where `k` windows of a limit B hold every window of a limit A, more than `k x number(B)` rows in one window of A put
more than `number(B)` into one of B. So A never bites before B does when `number(A) >= k x number(B)`.

All of it supposes that issuances happen and are processed in the badge's period (RULEBOOK 9, 816).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from ..calendar import DAY, Zone, add_months, zone
from ..definitions import Definition, Limit
from ..settings import Rules
from ..timeline import Stage, cycles, stretches, window_end

_DAYS = {"DAYS": 1, "WEEKS": 7}
_FOUR_CENTURIES = range(400 * 12)


@dataclass(frozen=True)
class Cover:
    """So many windows of a limit hold any window of another; `words` say it."""

    windows: int
    words: str


@lru_cache(maxsize=64)
def month_days(months: int) -> tuple[int, int]:
    """The least and the most days between a day and the same day so many calendar months earlier (RULEBOOK 2)."""
    lengths = set()
    for month in _FOUR_CENTURIES:
        first = add_months(10_957, month)
        following = add_months(first, 1)
        lengths |= {day - add_months(day, -months) for day in (first, *range(first + 27, following))}
    return min(lengths), max(lengths)


class Period:
    """A definition's period and cycles under the settings of the rule book."""

    def __init__(self, definition: Definition, rules: Rules) -> None:
        self.definition = definition
        self.rules = rules
        self.zone: Zone = zone(rules.zone)

    @property
    def is_empty(self) -> bool:
        return self.definition.starts_at >= self.definition.expires_at

    @cached_property
    def days(self) -> int:
        """The local days that the period touches."""
        return self.zone.day_of(self.definition.expires_at - 1) - self.zone.day_of(self.definition.starts_at) + 1

    @property
    def elapsed(self) -> int:
        """The microseconds from the badge's start to its end."""
        return self.definition.expires_at - self.definition.starts_at

    @property
    def length(self) -> int:
        """The period as a window counts it: in microseconds, of whole local days where rolling windows count those."""
        return self.days * DAY if self.rules.rolling_edge == "local-day" else self.elapsed

    @cached_property
    def shift(self) -> int:
        """The most by which the clocks change: by so much a calendar day is longer or shorter than 24 hours."""
        steps = [abs(int(later) - int(earlier)) for earlier, later in pairwise(self.zone.offsets)]
        return max(steps, default=0)

    def cycles(self, window: Limit) -> list[tuple[int, int]]:
        """The cycles of a fixed window that touch the period, as bounds in microseconds (RULEBOOK 6.1)."""
        found = self._cycles.get(window.name)
        if found is None:
            told = self.definition
            stage = Stage(told.starts_at, told.starts_at, window)
            end = window_end(told.expires_at, told.issued_rule, self.zone, self.rules.month)
            line = cycles(stretches([stage], self.zone, end), self.zone, end, told.expires_at - 1)
            bounds = [(self.zone.day_start(one.first_day), self.zone.day_start(one.end_day)) for one in line]
            found = [(low, high) for low, high in bounds if low < told.expires_at]
            self._cycles[window.name] = found
        return found

    @cached_property
    def _cycles(self) -> dict[str, list[tuple[int, int]]]:
        return {}

    def widths(self, window: Limit) -> tuple[int, int]:
        """The least and the most time that a window of a limit holds."""
        if window.kind == "FIXED_VALUE":
            return self.length, self.length
        if window.kind == "FIXED_WINDOW":
            lengths = [high - low for low, high in self.cycles(window)] or [0]
            return min(lengths), max(lengths)
        if window.unit == "MONTHS":
            least, most = month_days(window.length or 1)
            # Local days are counted as days; a month to the instant also meets changes of the clock.
            slack = 0 if self.rules.rolling_edge == "local-day" else self.shift
            return least * DAY - slack, most * DAY + slack
        width = _DAYS[str(window.unit)] * (window.length or 1) * DAY
        return width, width

    def lasts(self, window: Limit) -> int:
        """The most microseconds from the beginning of a window of a limit to its end, changes of the clock included."""
        longer = window.kind == "ROLLING_WINDOW" and self.rules.rolling_edge == "local-day"
        return self.widths(window)[1] + (self.shift if longer else 0)

    def cover(self, held: Limit, holding: Limit) -> Cover | None:
        """How many windows of `holding` hold any window of `held`; None where nothing is certain."""
        if self.is_empty or (held.scope, holding.scope) == ("BADGE", "CUSTOMER"):
            return None
        if holding.kind == "FIXED_VALUE":
            return Cover(1, "which holds everything")
        if held.kind != "FIXED_VALUE" and held.kind != holding.kind and self.rules.rolling_clock != "event":
            # Cycles go by when it happened, spans by when it was processed: neither holds the other.
            return None
        if holding.kind == "FIXED_WINDOW":
            return self._by_cycles(held, holding)
        if held.kind == "ROLLING_WINDOW" and held.unit == holding.unit and (held.length or 1) <= (holding.length or 1):
            return Cover(1, f"{_times(1, holding)} {_hold(1)} any {window_words(held)}")
        least, most = self.widths(holding)[0], self._longest(held, holding)
        if least <= 0 or most > 10_000 * least:
            return None
        windows = max(-(-most // least), 1)
        return Cover(windows, f"{_times(windows, holding)} {_hold(windows)} {self._whole(held)}")

    def _longest(self, held: Limit, holding: Limit) -> int:
        most = self.widths(held)[1]
        if held.kind == "FIXED_WINDOW" and self.rules.rolling_edge == "local-day":
            # A cycle is a run of whole local days, and so is the span.
            return max(
                (self.zone.day_of(high - 1) - self.zone.day_of(low) + 1) * DAY for low, high in self.cycles(held)
            )
        return most

    def _by_cycles(self, held: Limit, holding: Limit) -> Cover | None:
        outer = self.cycles(holding)
        if not outer:
            return None
        starts, ends = [low for low, _ in outer], [high for _, high in outer]
        if held.kind == "FIXED_VALUE":
            windows = len(outer)
        elif held.kind == "FIXED_WINDOW":
            touched = [bisect_left(starts, high) - bisect_right(ends, low) for low, high in self.cycles(held)]
            windows = max(touched, default=1)
        else:
            # Of all spans those that begin with the last instant of a cycle touch the most.
            most = self.widths(held)[1] + (self.shift + DAY if self.rules.rolling_edge == "local-day" else 0)
            windows = max(bisect_left(starts, high - 1 + most) - place for place, high in enumerate(ends))
        return Cover(windows, f"{_times(windows, holding)} {_hold(windows)} {self._whole(held)}")

    def _whole(self, held: Limit) -> str:
        return f"the badge's {self.days:,} days" if held.kind == "FIXED_VALUE" else f"any {window_words(held)}"


def _times(count: int, window: Limit) -> str:
    return f"{count:,} × {window_words(window)}"


def _hold(count: int) -> str:
    return "holds" if count == 1 else "hold"


def window_words(limit: Limit) -> str:
    """A window in words: `7 days`, `week from MONDAY`, `calendar month`, `cycle of 3 days`."""
    if limit.kind == "FIXED_VALUE":
        return "life of the badge"
    if limit.kind == "FIXED_WINDOW":
        if limit.unit == "DAYS":
            return f"cycle of {_counted(limit.length or 1, 'DAYS')}"
        return "calendar month" if limit.unit == "MONTHS" else f"week from {limit.start_day}"
    return _counted(limit.length or 1, str(limit.unit))


def _counted(length: int, unit: str) -> str:
    return f"{length:,} {unit.lower() if length != 1 else unit.lower()[:-1]}"
