"""Versions in force and the cycle timeline of a badge and scope (RULEBOOK 5 and 6.1). Days are ordinals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from .definitions import Definition
from .times import LATEST, MONDAY_FIRST, Zone, add_duration, add_months_to_day


@dataclass
class Cycle:
    """One cycle: `first_day` to `last_day` inclusive, `[starts_at, ends_at)` in microseconds."""

    number: int
    name: str
    first_day: int
    last_day: int
    starts_at: int
    ends_at: int

    def holds(self, instant: int) -> bool:
        """True when the instant lies in the cycle."""
        return self.starts_at <= instant < self.ends_at


@dataclass
class Stretch:
    """One configuration's run: the name of its fixed window and the day on which it begins."""

    name: str
    first_day: int


def versions_of(definitions: Sequence[Definition], as_of: int) -> list[Definition]:
    """The versions of one badge in order of their in-force instant, those up to as-of, at least the first."""
    return up_to(ordered(definitions), as_of)


def ordered(definitions: Sequence[Definition]) -> list[Definition]:
    """All versions of one badge in order of their in-force instant."""
    order = sorted(
        (definition for definition in definitions if not definition.refused),
        key=lambda one: (
            one.in_force or 0,
            (0, 0) if one.logged_at is None else (1, one.logged_at),
            one.content,
            one.org or "",
        ),
    )
    versions: list[Definition] = []
    for definition in order:
        if versions and versions[-1].in_force == definition.in_force:
            versions.pop()
        versions.append(definition)
    return versions


def up_to(versions: Sequence[Definition], as_of: int) -> list[Definition]:
    """The versions in force up to as-of, at least the first."""
    return [version for place, version in enumerate(versions) if place == 0 or _moment(version) <= as_of]


def _moment(version: Definition) -> int:
    assert version.in_force is not None
    return version.in_force


def version_at(versions: Sequence[Definition], instant: int) -> Definition:
    """The version in force; the first one covers all time before it."""
    found = versions[0]
    for version in versions:
        if _moment(version) <= instant:
            found = version
    return found


def live_at(before: Definition, instant: int) -> bool:
    """A badge is live at u when the start of the version before u is at or before u."""
    return before.start <= instant


def window_end(last: Definition, zone: Zone, month_setting: str) -> int:
    """The badge end, or the latest possible expiry of an issue where that is later."""
    rule, end = last.issued_rule, last.end
    if rule is None or rule.kind == "WITH_BADGE_META":
        latest = end
    elif rule.kind == "FIXED_DATE":
        latest = rule.date
    elif rule.kind == "NEVER":
        latest = zone.add_months(end, 1200)
    else:
        latest = add_duration(end, rule.value, rule.unit, zone, month_setting)
    return min(LATEST, max(end, latest))


def natural_end(name: str, first_day: int) -> int:
    """The last day of the cycle of a configuration that begins on `first_day`, nothing cutting it."""
    _, _, unit, *size = name.split(":")
    if unit == "DAYS":
        return first_day + int(size[0]) - 1
    # A week or a month that began before `first_day` is partial: it ends before the next natural day.
    return first_natural_day(name, first_day + 1) - 1


def first_natural_day(name: str, day: int) -> int:
    """The first day at or after `day` on which a cycle of the configuration may begin."""
    _, _, unit, *size = name.split(":")
    if unit == "WEEKS":
        start = MONDAY_FIRST.index(size[0])
        while (day - 1) % 7 != start:
            day += 1
    if unit == "MONTHS":
        month = date.fromordinal(min(day, date.max.toordinal())).replace(day=1).toordinal()
        if month < day:
            day = add_months_to_day(month, 1) or date.max.toordinal() + 1
    return day


def stretches(versions: Sequence[Definition], scope: str, end: int, zone: Zone) -> list[Stretch]:
    """The configurations of a timeline one after the other, by every version in turn."""
    began: list[Stretch] = []
    waiting: Stretch | None = None
    first = versions[0].fixed_window(scope)
    if first is not None:
        began = [Stretch(first, zone.day(versions[0].start))]
    for before, version in pairwise(versions):
        moment, name = _moment(version), version.fixed_window(scope)
        if not live_at(before, moment):
            began = [] if name is None else [Stretch(name, zone.day(version.start))]
            waiting = None
            continue
        if moment >= end:
            continue
        if waiting is not None and zone.midnight(waiting.first_day) <= moment:
            began.append(waiting)
            waiting = None
        if name is None:
            waiting = None
        elif not began:
            began = [Stretch(name, zone.day(moment))]
        elif name == began[-1].name:
            waiting = None
        elif waiting is None or waiting.name != name:
            held = cycle_end_holding(began[-1], moment, zone)
            waiting = Stretch(name, first_natural_day(name, held + 1))
    return began if waiting is None else [*began, waiting]


def cycle_end_holding(stretch: Stretch, moment: int, zone: Zone) -> int:
    """The last day of the stretch's cycle that holds the moment."""
    last_day = natural_end(stretch.name, stretch.first_day)
    while zone.midnight(last_day + 1) <= moment:
        last_day = natural_end(stretch.name, last_day + 1)
    return last_day


def timeline(versions: Sequence[Definition], scope: str, zone: Zone, month_setting: str, until: int) -> list[Cycle]:
    """The cycles of badge and scope in order, as far as the second one that starts after `until`."""
    end = window_end(versions[-1], zone, month_setting)
    if end <= timeline_start(versions):
        return []
    final_day = zone.day(end - 1)
    cycles: list[Cycle] = []
    runs = stretches(versions, scope, end, zone)
    for place, run in enumerate(runs):
        last_of_run = final_day
        if place + 1 < len(runs):
            last_of_run = min(final_day, runs[place + 1].first_day - 1)
        day = run.first_day
        while day <= last_of_run:
            last_day = min(natural_end(run.name, day), last_of_run)
            starts_at, ends_at = zone.midnight(day), zone.midnight(last_day + 1)
            cycles.append(Cycle(len(cycles) + 1, run.name, day, last_day, starts_at, ends_at))
            if len(cycles) > 1 and cycles[-2].starts_at > until:
                return cycles
            day = last_day + 1
    return cycles


def timeline_start(versions: Sequence[Definition]) -> int:
    """The start from which cycles run: that of the last version which replaced the one before it, not yet live."""
    start = versions[0].start
    for before, version in pairwise(versions):
        if not live_at(before, _moment(version)):
            start = version.start
    return start


def number_for(versions: Sequence[Definition], scope: str, name: str, processed_at: int) -> int | None:
    """The number that judges a cycle of configuration `name` for a row (RULEBOOK 6.1); None: not judged."""
    if version_at(versions, processed_at).fixed_window(scope) is None:
        return None
    carrying = [version for version in versions if version.fixed_window(scope) == name]
    known = [version for version in carrying if version is versions[0] or _moment(version) <= processed_at]
    chosen = known[-1] if known else carrying[0]
    return chosen.numbers[name]
