"""Settings that hold from an instant on: what they mean for a badge's cycles (page *readings*, Replay)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from . import counting
from .calendar import zone
from .found import Table
from .ruling import DecidedVersion
from .settings import Rules


@dataclass(frozen=True)
class Regime:
    """Settings that hold while the versions from `first` up to `last` are in force."""

    rules: Rules
    first: int
    last: int


def regimes(versions: Sequence[DecidedVersion]) -> list[Regime]:
    """The settings of a badge one after the other."""
    begins = [place for place, one in enumerate(versions) if not place or one.rules != versions[place - 1].rules]
    return [
        Regime(versions[first].rules, first, last)
        for first, last in zip(begins, [*begins[1:], len(versions)], strict=True)
    ]


def plan(
    badge_no: int, versions: Sequence[DecidedVersion], slot_nos: Mapping[str, int], as_of_us: int, until: int
) -> counting.BadgePlan:
    """The plan of a badge; the cycles that begin after a change of settings are those of the new ones."""
    counted = [version.counted for version in versions]
    found: counting.BadgePlan | None = None
    for regime in regimes(versions):
        begins_at = counted[regime.first].in_force_from
        if found is not None and begins_at > as_of_us:
            break
        rules = counting.CountingRules(
            zone=zone(regime.rules.zone),
            event_clock=regime.rules.rolling_clock == "event",
            local_day=regime.rules.rolling_edge == "local-day",
            month=regime.rules.month,
            as_of=as_of_us,
        )
        own = counting.plan_badge(badge_no, counted, slot_nos, rules, until)
        if found is None:
            found = own
        else:
            for scope in counting.SCOPES:
                found.cycle_tables[scope] = _joined(found.cycle_tables[scope], own.cycle_tables[scope], begins_at)
    assert found is not None
    return found


def _joined(earlier: Table, later: Table, moment: int) -> Table:
    """The cycles that begin at or before the moment, then those of the later table that begin after it. What holds the
    moment ends with the first bound of the later ones behind it, if there is one."""
    kept = earlier["starts_at"] <= moment
    added = later["starts_at"] > moment
    names = ("slot", "starts_at", "ends_at")
    found = {name: np.concatenate([earlier[name][kept], later[name][added]]) for name in names}
    last = int(kept.sum()) - 1
    bounds = np.concatenate([later["starts_at"], later["ends_at"]])
    if last >= 0 and found["ends_at"][last] > moment and (bounds > moment).any():
        found["ends_at"][last] = bounds[bounds > moment].min()
    return found
