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

from .civil import last_at_or_before, span_start

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
def _cycle_of(moment: int, starts: Ints, ends: Ints, hint: int) -> int:  # pragma: no cover - compiled
    """The cycle whose `[start, end)` holds the moment, or -1."""
    if hint >= 0 and starts[hint] <= moment < ends[hint]:
        return hint
    found = last_at_or_before(starts, moment) - 1
    if found >= 0 and moment < ends[found]:
        return found
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
    counts = np.empty((max(64, len(bounds)), 5), np.int64)
    peaks = np.empty((max(64, len(bounds)), 4), np.int64)
    outside = np.empty(len(events), np.int64)
    breach_count = cycle_count = peak_count = outside_count = 0
    cycles, slots = len(cycle_starts), numbers.shape[1]
    stamp = np.full(cycles, -1, np.int64)
    tally = np.zeros(cycles, np.int64)
    judged = np.full(cycles, UNJUDGED, np.int64)
    breached = np.zeros(cycles, np.int64)
    peak = np.zeros(slots, np.int64)
    peak_row = np.zeros(slots, np.int64)
    touched = np.empty(cycles, np.int64)
    for subject in range(len(bounds) - 1):
        touched_count, cycle = 0, -1
        peak[:] = 0
        for row in range(bounds[subject], bounds[subject + 1]):
            cycle = _cycle_of(events[row], cycle_starts, cycle_ends, cycle)
            if cycle < 0:
                outside[outside_count] = row
                outside_count += 1
                continue
            if stamp[cycle] != subject:
                stamp[cycle], tally[cycle], judged[cycle], breached[cycle] = subject, 0, UNJUDGED, 0
                touched[touched_count] = cycle
                touched_count += 1
            tally[cycle] += 1
            slot = cycle_slots[cycle]
            if tally[cycle] > peak[slot]:
                peak[slot], peak_row[slot] = tally[cycle], row
            number = numbers[versions[row], slot]
            if number == UNJUDGED:
                continue
            judged[cycle] = number
            if tally[cycle] > number:
                breached[cycle] = 1
                breaches = _grown(breaches, breach_count, 1)
                breaches[breach_count] = (row, slot, tally[cycle], number, cycle_starts[cycle], cycle_ends[cycle])
                breach_count += 1
        counts = _grown(counts, cycle_count, touched_count)
        for cycle in np.sort(touched[:touched_count]):
            counts[cycle_count] = (subject, cycle, tally[cycle], judged[cycle], breached[cycle])
            cycle_count += 1
        peaks = _grown(peaks, peak_count, slots)
        for slot in range(slots):
            if peak[slot] > 0:
                peaks[peak_count] = (subject, slot, peak[slot], peak_row[slot])
                peak_count += 1
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
    for subject in range(len(bounds) - 1):
        low, high = bounds[subject], bounds[subject + 1]
        clock = clocks[low:high]
        order = np.arange(0)
        if not in_order:
            order = np.argsort(clock, kind="mergesort")
            clock = clock[order]
        first = peak = peak_row = 0
        for place in range(high - low):
            row = low + place if in_order else low + order[place]
            start = NO_START
            if kind == ROLLING_WINDOW:
                start = span_start(clock[place], unit, length, local_day, changes_at, offsets, wall_changes)
                # The bound of a month moves back at month ends, so the pointer moves both ways.
                while clock[first] < start:
                    first += 1
                while first > 0 and clock[first - 1] >= start:
                    first -= 1
            count = place - first + 1
            if count > peak or (count == peak and row < peak_row):
                peak, peak_row = count, row
            number = numbers[versions[row], slot]
            if number != UNJUDGED and count > number:
                end = (clock[place] if kind == ROLLING_WINDOW else processed[row]) + 1
                breaches = _grown(breaches, breach_count, 1)
                breaches[breach_count] = (row, slot, count, number, start, end)
                breach_count += 1
        now = high - low
        if kind == ROLLING_WINDOW:
            start = span_start(as_of, unit, length, local_day, changes_at, offsets, wall_changes)
            now = last_at_or_before(clock, as_of) - last_at_or_before(clock, start - 1)
        use[subject] = (subject, slot, now, peak, peak_row)
    return breaches[:breach_count], use
