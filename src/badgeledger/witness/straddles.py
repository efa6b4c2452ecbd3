"""`straddle`: legal in each fixed cycle, but more than the number within one trailing window (RULEBOOK 9)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate

from .calls import Row
from .counts import SCOPES, Badge, Count, Settings, subjects
from .findings import Finding, of_row
from .times import DAY, WEEK


def straddle_findings(badge: Badge, settings: Settings) -> list[Finding]:
    """One a row, for both scopes."""
    told: dict[int, list[str]] = {}
    counted = [row for row in badge.rows if row.counted]
    for scope in SCOPES:
        counts = {id(count.row): count for count in badge.counts if count.scope == scope and count.cycle is not None}
        for subject in subjects(counted, scope):
            for row, detail in _straddles(subject, counts, settings):
                told.setdefault(id(row), []).append(detail)
    return [of_row("straddle", row, "; ".join(told[id(row)])) for row in counted if id(row) in told]


def _straddles(subject: Sequence[Row], counts: Mapping[int, Count], settings: Settings) -> list[tuple[Row, str]]:
    """The rows of one subject that straddle, each with what is said of it; `counts` are those of the fixed windows."""
    in_order = sorted(subject, key=lambda row: (row.event_at, row.order))
    events = [row.event_at for row in in_order]
    breaches = [0, *accumulate(id(row) in counts and counts[id(row)].breached for row in in_order)]
    found = []
    for place, row in enumerate(in_order):
        count = counts.get(id(row))
        if count is None or count.number is None or count.number < 1:
            continue
        first = bisect_right(events, _window_start(count.name, row.event_at, settings))
        held = place + 1 - first
        # The row is one of those in its window, so that its own breach keeps it out.
        if held > count.number and breaches[place + 1] == breaches[first]:
            found.append((row, f"{count.name}: {held} within one trailing window, {count.number} allowed"))
    return found


def _window_start(name: str, event_at: int, settings: Settings) -> int:
    """The instant before the trailing window that ends with an event: one length of the cycle's configuration ago."""
    _, _, unit, *size = name.split(":")
    if unit == "MONTHS":
        return settings.zone.add_months(event_at, -1)
    return event_at - (WEEK if unit == "WEEKS" else int(size[0]) * DAY)
