"""The cycles of a badge's timeline beside those that the platform printed of it (RULEBOOK 9, cycle-mismatch)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .calendar import Zone
from .counting import BadgeVersion, CountingRules
from .timeline import Cycle, Stage, cycles, stretches, window_end

# Stands for a day where no cycle is computed.
NO_DAY = -(2**63)


@dataclass(frozen=True)
class Printed:
    """A printed cycle: instants in the local days that are its first and its last; `instant` is its dump's."""

    number: int
    badge_id: str
    scope: str
    instant: int
    starts_on: int
    ends_on: int


def computed(
    printed: Sequence[Printed], versions: Mapping[str, Sequence[BadgeVersion]], rules: CountingRules
) -> Mapping[str, Any]:
    """For each printed cycle its days and those of the computed cycle that holds its first day, under the versions in
    force up to its dump's instant; columns of integers."""
    until: dict[tuple[str, str, int], int] = {}
    known = [_known(versions[entry.badge_id], entry.instant) for entry in printed]
    for entry, count in zip(printed, known, strict=True):
        key = entry.badge_id, entry.scope, count
        until[key] = max(until.get(key, entry.starts_on), entry.starts_on)
    timelines = {
        (badge_id, scope, count): _timeline(versions[badge_id][:count], scope, rules, moment)
        for (badge_id, scope, count), moment in until.items()
    }
    rows = []
    for entry, count in zip(printed, known, strict=True):
        first_day, last_day = rules.zone.day_of(entry.starts_on), rules.zone.day_of(entry.ends_on)
        holding = _holding(timelines[entry.badge_id, entry.scope, count], first_day)
        rows.append((entry.number, first_day, last_day, *_bounds(holding, rules.zone)))
    table = np.array(rows, dtype=np.int64).reshape(len(rows), 7)
    names = "printed_no", "first_day", "last_day", "computed_first_day", "computed_last_day", "starts_at", "ends_at"
    return {name: np.ascontiguousarray(table[:, place]) for place, name in enumerate(names)}


def _known(versions: Sequence[BadgeVersion], instant: int) -> int:
    """How many versions are in force up to an instant; the first covers all time before it."""
    return max(1, sum(version.in_force_from <= instant for version in versions))


def _timeline(versions: Sequence[BadgeVersion], scope: str, rules: CountingRules, until: int) -> list[Cycle]:
    end = window_end(versions[-1].expires_at, versions[-1].issued_rule, rules.zone, rules.month)
    stages = [Stage(version.in_force_from, version.starts_at, version.window(scope)) for version in versions]
    return cycles(stretches(stages, rules.zone, end), rules.zone, end, until)


def _holding(timeline: Sequence[Cycle], day: int) -> Cycle | None:
    place = bisect_right(timeline, day, key=lambda cycle: cycle.first_day) - 1
    return timeline[place] if place >= 0 and day < timeline[place].end_day else None


def _bounds(cycle: Cycle | None, zone: Zone) -> tuple[int, int, int, int]:
    if cycle is None:
        return NO_DAY, NO_DAY, 0, 0
    return cycle.first_day, cycle.end_day - 1, zone.day_start(cycle.first_day), zone.day_start(cycle.end_day)
