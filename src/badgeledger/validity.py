"""When what replay admits expires, under the rules and settings that it decides under (RULEBOOK 8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import civil, subjects
from .calendar import DAY, LAST_INSTANT, zone
from .ruling import DecidedVersion
from .settings import Rules
from .timeline import THIRTY_DAYS

Ints = NDArray[np.int64]
# No duration reaches further than the calendar does.
_MOST_DAYS = 4_000_000


def expiries(versions: Sequence[DecidedVersion], version: NDArray[np.int32], is_issue: Any, bases: Ints) -> Ints:
    """When each row of a badge would expire, :data:`~badgeledger.subjects.NEVER` for never; `bases` are the instants
    from which relative expiries are counted, `version` the places of the versions that rule."""
    ends = np.full(len(bases), subjects.NEVER, np.int64)
    for place, said in enumerate(versions):
        for issued, rule in ((True, said.counted.issued_rule), (False, said.earned_rule)):
            chosen = np.flatnonzero((version == place) & (is_issue == issued))
            if len(chosen):
                ends[chosen] = _ends(rule, bases[chosen], said.counted.expires_at, said.rules)
    return ends


def _ends(rule: Any, bases: Ints, badge_end: int, rules: Rules) -> Any:
    if rule is None or rule.kind == "WITH_BADGE_META":
        return badge_end
    if rule.kind == "NEVER":
        return subjects.NEVER
    if rule.kind == "FIXED_DATE":
        return rule.expires_at
    value = rule.value or 0
    if rule.unit == "MONTHS" and rules.month == "calendar":
        months, of_zone = np.full(len(bases), min(value, _MOST_DAYS), np.int64), zone(rules.zone)
        return civil.months_after(bases, months, of_zone.changes_at, of_zone.offsets, of_zone.wall_changes)
    days = {"DAYS": 1, "WEEKS": 7, "MONTHS": THIRTY_DAYS}[str(rule.unit)] * value
    return np.minimum(bases + min(days, _MOST_DAYS) * DAY, LAST_INSTANT)
