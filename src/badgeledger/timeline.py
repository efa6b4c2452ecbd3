"""Cycles of fixed windows: the timeline of a badge and scope through all its configurations (RULEBOOK 6.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from .calendar import DAY, LAST_INSTANT, Zone, add_months, date_of, day_number
from .definitions import WEEKDAYS, ExpiryRule, Limit

THIRTY_DAYS = 30


@dataclass(frozen=True)
class Stage:
    """What a version means to one scope's timeline. `window` is its fixed window, None where it has none."""

    in_force_from: int
    starts_at: int
    window: Limit | None


@dataclass(frozen=True)
class Stretch:
    """A configuration from its first local day on, until the next stretch or the window's end."""

    window: Limit
    first_day: int


@dataclass(frozen=True)
class Cycle:
    """Whole local days `[first_day, end_day)`, as day numbers, of one configuration."""

    number: int
    window: Limit
    first_day: int
    end_day: int


def window_end(expires_at: int, issued_rule: ExpiryRule | None, zone: Zone, month: str) -> int:
    """The end of a badge's windows: its own end, or the latest possible expiry of an issue where that is later."""
    latest = expires_at
    if issued_rule is not None:
        if issued_rule.kind == "NEVER":
            latest = zone.months_after(expires_at, 1200)
        else:
            latest = expiry_of(issued_rule, expires_at, expires_at, zone, month) or expires_at
    return min(max(expires_at, latest), LAST_INSTANT)


def expiry_of(rule: ExpiryRule, base: int, badge_end: int, zone: Zone, month: str) -> int | None:
    """When something issued at `base` expires (RULEBOOK 8); None for never."""
    if rule.kind == "NEVER":
        return None
    if rule.kind == "FIXED_DATE":
        return rule.expires_at
    if rule.kind == "WITH_BADGE_META":
        return badge_end
    value = rule.value or 0
    if rule.unit == "MONTHS" and month == "calendar":
        return zone.months_after(base, value)
    days = {"DAYS": 1, "WEEKS": 7, "MONTHS": THIRTY_DAYS}[str(rule.unit)] * value
    return min(base + days * DAY, LAST_INSTANT)


def stretches(stages: Sequence[Stage], zone: Zone, end: int) -> list[Stretch]:
    """The configurations of a timeline in order, from versions in the order in which they came into force."""
    active: list[Stretch] = []
    waiting: Stretch | None = None
    begins_at = 0
    for place, stage in enumerate(stages):
        window, changed_at = stage.window, stage.in_force_from
        if place == 0 or stages[place - 1].starts_at > changed_at:
            # Before the badge is live an update simply replaces, its start included.
            active = [] if window is None else [Stretch(window, zone.day_of(stage.starts_at))]
            waiting, begins_at = None, stage.starts_at
            continue
        if changed_at >= end:
            continue
        day = zone.day_of(changed_at)
        if waiting is not None and waiting.first_day <= day:
            active.append(waiting)
            waiting = None
        if window is None:
            waiting = None
        elif not active:
            active, begins_at = [Stretch(window, day)], changed_at
        elif same_geometry(window, active[-1].window):
            waiting = None
        elif waiting is None or not same_geometry(window, waiting.window):
            waiting = Stretch(window, _natural_day(window, _cycle_end(active[-1], day)))
    if waiting is not None:
        active.append(waiting)
    return active if end > begins_at else []


def same_geometry(one: Limit, other: Limit) -> bool:
    """True when two fixed windows cut the same cycles; their numbers may differ."""
    return one.name == other.name


def cycles(timeline: Sequence[Stretch], zone: Zone, end: int, until: int) -> list[Cycle]:
    """The cycles that start at or before the instant `until`, and the one after them."""
    if not timeline:
        return []
    end_day = zone.day_of(end - 1) + 1
    last_day = zone.day_of(until)
    found: list[Cycle] = []
    for place, stretch in enumerate(timeline):
        stop = min(end_day, timeline[place + 1].first_day if place + 1 < len(timeline) else end_day)
        day = stretch.first_day
        while day < stop:
            following = min(_cycle_end(stretch, day), stop)
            found.append(Cycle(len(found) + 1, stretch.window, day, following))
            if day > last_day:
                return found
            day = following
    return found


def _cycle_end(stretch: Stretch, day: int) -> int:
    """The day after the natural cycle that holds `day`."""
    window = stretch.window
    if window.unit == "DAYS":
        length = window.length or 1
        return day + length - (day - stretch.first_day) % length
    if window.unit == "WEEKS":
        return day + 7 - (day - _weekday(window)) % 7
    return add_months(_first_of_month(day), 1)


def _natural_day(window: Limit, day: int) -> int:
    """The first day from `day` on with which a cycle of the window begins by itself."""
    if window.unit == "DAYS":
        return day
    if window.unit == "WEEKS":
        return day + (_weekday(window) - day) % 7
    return day if date_of(day).day == 1 else add_months(_first_of_month(day), 1)


def _weekday(window: Limit) -> int:
    """Day numbers of the window's start day are this, modulo 7: 1970-01-05 was a Monday."""
    return 4 + WEEKDAYS.index(window.start_day or "MONDAY")


def _first_of_month(day: int) -> int:
    return day_number(date(date_of(day).year, date_of(day).month, 1))
