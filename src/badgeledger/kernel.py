"""Running counts over sorted arrays, compiled (RULEBOOK 6 and 7). No input or output, no SQL, no zone data.

All arrays of one call belong to one badge and hold its counted rows, grouped by subject, in processing order within a
subject. A *slot* is one limit name of the badge, through all versions; `numbers[version, slot]` is the number that
judges a row processed under that version, or :data:`UNJUDGED`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .civil import DAY, DAYS, MONTHS, month_start, months_before, span_start

FIXED_WINDOW, ROLLING_WINDOW, FIXED_VALUE = 0, 1, 2
UNJUDGED = -1
NO_START = -(2**63)

Ints = NDArray[np.int64]


@njit(cache=True, nogil=True)
def group_rows(keys: NDArray[np.int32], rows: NDArray[np.int32], count: int) -> tuple[Any, Any]:  # pragma: no cover
    """Rows ordered by key, in their given order within a key, and where each key's rows begin (length `count` + 1)."""
    starts = np.zeros(count + 1, np.int64)
    for row in rows:
        starts[keys[row] + 1] += 1
    for key in range(count):
        starts[key + 1] += starts[key]
    place = starts[:-1].copy()
    grouped = np.empty(len(rows), np.int32)
    for row in rows:
        key = keys[row]
        grouped[place[key]] = row
        place[key] += 1
    return grouped, starts


@njit(cache=True, nogil=True)
def subject_bounds(customers: NDArray[np.int32], rows: NDArray[np.int32]) -> Ints:  # pragma: no cover - compiled
    """Where each run of one customer begins in `rows`, and the end."""
    bounds = np.empty(len(rows) + 1, np.int64)
    found = 0
    for place in range(len(rows)):
        if place == 0 or customers[rows[place]] != customers[rows[place - 1]]:
            bounds[found] = place
            found += 1
    bounds[found] = len(rows)
    return bounds[: found + 1]


@njit(cache=True, nogil=True)
def _grown(table: Any, used: int, needed: int) -> Any:  # pragma: no cover - compiled
    if used + needed <= table.shape[0]:
        return table
    larger = np.empty((max(2 * table.shape[0], used + needed), table.shape[1]), np.int64)
    larger[:used] = table[:used]
    return larger


@njit(cache=True, nogil=True)
def _first_guesses(starts: Ints, ends: Ints) -> Ints:  # pragma: no cover - compiled
    """A cycle near each day after the first start; cycles are whole local days, so the right one is a step away."""
    days = (ends[-1] - starts[0]) // DAY + 2 if len(starts) else 0
    guesses = np.empty(days, np.int64)
    cycle = 0
    for day in range(days):
        while cycle + 1 < len(starts) and starts[cycle + 1] <= starts[0] + day * DAY:
            cycle += 1
        guesses[day] = cycle
    return guesses


@njit(cache=True, nogil=True)
def _cycle_of(moment: int, starts: Ints, ends: Ints, guesses: Ints) -> int:  # pragma: no cover - compiled
    """The cycle whose `[start, end)` holds the moment, or -1."""
    if len(starts) == 0 or moment < starts[0] or moment >= ends[-1]:
        return -1
    cycle = guesses[(moment - starts[0]) // DAY]
    while cycle + 1 < len(starts) and starts[cycle + 1] <= moment:
        cycle += 1
    if moment < ends[cycle]:
        return int(cycle)
    return -1


@njit(cache=True, nogil=True)
def count_fixed(
    bounds: Ints, events: Ints, versions: Any, numbers: Any, cycle_starts: Ints, cycle_ends: Ints, cycle_slots: Ints
) -> tuple[Any, Any, Any, Any]:  # pragma: no cover - compiled
    """Counts in the cycles of one scope.

    Returns breaches (row, slot, count, number, start, end), cycle counts (subject, cycle, count, number, breached),
    peaks (subject, slot, count, row) and the rows outside every cycle.
    """
    breaches = np.empty((64, 6), np.int64)
    # At most one a row; pages that are never written cost nothing.
    counts = np.empty((len(events), 5), np.int64)
    peaks = np.empty((len(events), 4), np.int64)
    outside = np.empty(len(events), np.int64)
    breach_count = cycle_count = peak_count = outside_count = 0
    cycles, slots = len(cycle_starts), numbers.shape[1]
    guesses = _first_guesses(cycle_starts, cycle_ends)
    stamp = np.full(cycles, -1, np.int64)
    # Of each cycle that the subject at hand has touched: its count, its last number, whether it broke, its last row.
    state = np.zeros((cycles, 4), np.int64)
    peak = np.zeros((slots, 2), np.int64)
    touched = np.empty(cycles, np.int64)
    for subject in range(len(bounds) - 1):
        touched_count, cycle = 0, -1
        for row in range(bounds[subject], bounds[subject + 1]):
            moment = events[row]
            # Most rows lie in the cycle of the row before; a call with arrays costs more than the question.
            if cycle < 0 or moment < cycle_starts[cycle] or moment >= cycle_ends[cycle]:
                cycle = _cycle_of(moment, cycle_starts, cycle_ends, guesses)
            if cycle < 0:
                outside[outside_count] = row
                outside_count += 1
                continue
            if stamp[cycle] != subject:
                stamp[cycle] = subject
                state[cycle, 0], state[cycle, 1], state[cycle, 2] = 0, UNJUDGED, 0
                touched[touched_count] = cycle
                touched_count += 1
            tally = state[cycle, 0] + 1
            state[cycle, 0], state[cycle, 3] = tally, row
            slot = cycle_slots[cycle]
            number = numbers[versions[row], slot]
            if number == UNJUDGED:
                continue
            state[cycle, 1] = number
            if tally > number:
                state[cycle, 2] = 1
                breaches = _grown(breaches, breach_count, 1)
                breaches[breach_count] = (row, slot, tally, number, cycle_starts[cycle], cycle_ends[cycle])
                breach_count += 1
        if touched_count > 1:
            touched[:touched_count].sort()
        for place in range(touched_count):
            cycle = touched[place]
            tally, row, slot = state[cycle, 0], state[cycle, 3], cycle_slots[cycle]
            counts[cycle_count] = (subject, cycle, tally, state[cycle, 1], state[cycle, 2])
            cycle_count += 1
            # A cycle's last row reached its count; of equal cycles the one that was full first has the peak.
            if tally > peak[slot, 0] or (tally == peak[slot, 0] and row < peak[slot, 1]):
                peak[slot, 0], peak[slot, 1] = tally, row
        for place in range(touched_count):
            slot = cycle_slots[touched[place]]
            if peak[slot, 0] > 0:
                peaks[peak_count] = (subject, slot, peak[slot, 0], peak[slot, 1])
                peak_count += 1
                peak[slot, 0] = 0
    return breaches[:breach_count], counts[:cycle_count], peaks[:peak_count], outside[:outside_count]


@njit(cache=True, nogil=True)
def count_spans(
    bounds: Ints,
    clocks: Ints,
    in_order: bool,
    processed: Ints,
    versions: Any,
    numbers: Any,
    slot: int,
    window: tuple[int, int, int],
    local_day: bool,
    as_of: int,
    changes_at: Ints,
    offsets: Ints,
    wall_changes: Ints,
) -> tuple[Any, Any]:  # pragma: no cover - compiled
    """Counts of one rolling window or fixed value; `window` is kind, unit and length.

    `in_order` says that clocks are sorted within each subject (the processed clock). Returns breaches (row, slot,
    count, number, start, end) and use (subject, slot, count at as-of, peak, row of the peak).
    """
    kind, unit, length = window
    breaches = np.empty((64, 6), np.int64)
    use = np.empty((len(bounds) - 1, 5), np.int64)
    breach_count = 0
    rolling = kind == ROLLING_WINDOW
    # Days and weeks as durations have one width; only months and local days ask the calendar, by row.
    width = length * (DAY if unit == DAYS else 7 * DAY) if rolling and unit != MONTHS and not local_day else 0
    now_start = span_start(as_of, unit, length, local_day, changes_at, offsets, wall_changes) if rolling else NO_START
    # Of months, where each day's span begins, found once a day; one more entry than days, so that it is never empty.
    day_from, day_to = 0, -1
    if rolling and unit == MONTHS and len(clocks):
        day_from, day_to = clocks.min() // DAY - 2, clocks.max() // DAY + 2
    back = np.empty(day_to - day_from + 1, np.int64)
    for day in range(day_from, day_to + 1):
        back[day - day_from] = months_before(day, length)
    order = np.arange(0)
    sorted_clocks = np.empty(0, np.int64)
    for subject in range(len(bounds) - 1):
        low, high = bounds[subject], bounds[subject + 1]
        source, base = clocks, low
        shuffled = not in_order and high - low > 1
        if shuffled:
            order = np.argsort(clocks[low:high], kind="mergesort")
            sorted_clocks = clocks[low:high][order]
            source, base = sorted_clocks, 0
        first, peak, peak_row, now = base, 0, 0, 0
        for place in range(base, base + high - low):
            row = low + order[place] if shuffled else place
            clock, start = source[place], NO_START
            if rolling:
                if width > 0:
                    start = clock - width + 1
                elif unit == MONTHS:
                    start = month_start(clock, back, day_from, local_day, changes_at, offsets, wall_changes)
                else:
                    start = span_start(clock, unit, length, local_day, changes_at, offsets, wall_changes)
                # The bound of a month moves back at month ends, so the pointer moves both ways.
                while source[first] < start:
                    first += 1
                while first > base and source[first - 1] >= start:
                    first -= 1
            count = place - first + 1
            now += now_start <= clock <= as_of
            if count > peak or (count == peak and row < peak_row):
                peak, peak_row = count, row
            number = numbers[versions[row], slot]
            if number != UNJUDGED and count > number:
                end = (clock if rolling else processed[row]) + 1
                breaches = _grown(breaches, breach_count, 1)
                breaches[breach_count] = (row, slot, count, number, start, end)
                breach_count += 1
        use[subject] = (subject, slot, now if rolling else high - low, peak, peak_row)
    return breaches[:breach_count], use
