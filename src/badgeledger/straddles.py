"""Straddling rows, compiled: legal in each fixed cycle, too many within one trailing window of the cycle's length
(RULEBOOK 9)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .civil import span_start
from .compiled import njit
from .kernel import UNJUDGED

Ints = NDArray[np.int64]


@njit(cache=True, nogil=True)
def straddling(
    bounds: Ints,
    rows: Any,
    events: Ints,
    versions: Any,
    cycles: Any,
    cycle_slots: Ints,
    numbers: Ints,
    windows: Ints,
    breaches: Ints,
    changes_at: Ints,
    offsets: Ints,
    wall_changes: Ints,
) -> Ints:  # pragma: no cover - compiled
    """Of one scope's rows, grouped by subject as in :mod:`.kernel`, those that straddle: (row, slot, count, number).

    `rows` are their places in `events`, `windows` units and lengths of the slots, `breaches` begin with the
    rows that are over one, in their order.
    """
    found, found_count = np.empty((64, 4), np.int64), 0
    slots = np.unique(cycle_slots)
    least = np.int64(2**62)
    for version in range(len(numbers)):
        for slot in slots:
            if 1 <= numbers[version, slot] < least:
                least = numbers[version, slot]
    breach = 0
    for subject in range(len(bounds) - 1):
        low, high = bounds[subject], bounds[subject + 1]
        # Who has no more rows than the smallest number has no window with more.
        if high - low <= least:
            continue
        own = np.empty(high - low, np.int64)
        in_order = True
        for place in range(low, high):
            own[place - low] = events[rows[place]]
            in_order = in_order and (place == low or own[place - low] >= own[place - low - 1])
        order = np.arange(high - low) if in_order else np.argsort(own, kind="mergesort")
        if not in_order:
            own = own[order]
        while breach < len(breaches) and breaches[breach, 0] < low:
            breach += 1
        broken = np.zeros(high - low, np.bool_)
        while breach < len(breaches) and breaches[breach, 0] < high:
            broken[breaches[breach, 0] - low] = True
            breach += 1
        first, last_broken = 0, -1
        for place in range(high - low):
            if broken[order[place]]:
                last_broken = place
                continue
            row = low + order[place]
            if cycles[row] < 0:
                continue
            slot = cycle_slots[cycles[row]]
            number = numbers[versions[row], slot]
            # Most rows have too few before them, or a breach too near.
            if number == UNJUDGED or number < 1 or place - last_broken <= number:
                continue
            start = span_start(own[place], windows[0, slot], windows[1, slot], False, changes_at, offsets, wall_changes)
            if own[place - number] < start:
                continue
            while own[first] < start:
                first += 1
            while first > 0 and own[first - 1] >= start:
                first -= 1
            if last_broken >= first:
                continue
            if found_count == len(found):
                grown = np.empty((2 * len(found), 4), np.int64)
                grown[:found_count] = found
                found = grown
            found[found_count] = (row, slot, place - first + 1, number)
            found_count += 1
    return found[:found_count]
