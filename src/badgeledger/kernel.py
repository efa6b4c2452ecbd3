"""Running counts over sorted arrays, compiled (RULEBOOK 6 and 7). No input or output, no SQL, no zone data.

All arrays of one call belong to one badge and hold its counted rows, grouped by subject, in processing order within a
subject. A *slot* is one limit name of the badge, through all versions; `numbers[version, slot]` is the number that
judges a row processed under that version, or :data:`UNJUDGED`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .civil import DAY, DAYS, MONTHS, month_start, months_before, span_start
from .compiled import njit

FIXED_WINDOW, ROLLING_WINDOW, FIXED_VALUE = 0, 1, 2
UNJUDGED = -1
NO_START = -(2**63)

Ints = NDArray[np.int64]
Places = NDArray[np.int32]


@njit(cache=True, nogil=True)
def subject_bounds(customers: Places, rows: Places, bounds: Ints) -> Ints:  # pragma: no cover - compiled
    """Where each run of one customer begins in `rows`, and the end; written into `bounds`, which has room for all."""
    found, before = 0, -1
    for place in range(len(rows)):
        customer = customers[rows[place]]
        if customer != before:
            bounds[found] = place
            found += 1
            before = customer
    bounds[found] = len(rows)
    return bounds[: found + 1]


@njit(cache=True, nogil=True)
def members(keys: Places, count: int) -> tuple[Any, Any]:  # pragma: no cover - compiled
    """The rows of each key in their given order, and where each key's rows begin (length `count` + 1)."""
    starts = np.zeros(count + 1, np.int64)
    for row in range(len(keys)):
        starts[keys[row] + 1] += 1
    for key in range(count):
        starts[key + 1] += starts[key]
    place = starts[:-1].copy()
    grouped = np.empty(len(keys), np.int32)
    for row in range(len(keys)):
        key = keys[row]
        grouped[place[key]] = row
        place[key] += 1
    return grouped, starts


@njit(cache=True, nogil=True)
def gathered(values: Any, rows: Places, room: Any) -> Any:  # pragma: no cover - compiled
    """The values of some rows, written into `room`; unlike NumPy's indexing it lets other threads run."""
    for place in range(len(rows)):
        room[place] = values[rows[place]]
    return room[: len(rows)]


@njit(cache=True, nogil=True)
def order_by_key(keys: Places, room: Places, more_room: Places) -> Places:  # pragma: no cover - compiled
    """Places ordered by key, in their given order within a key: a radix sort, for a badge's rows fit a cache.

    It is written into one of the two rooms.
    """
    size = len(keys)
    order, other = room[:size], more_room[:size]
    for place in range(size):
        order[place] = place
    largest = keys.max() if size else 0
    starts = np.empty(2049, np.int64)
    shift = 0
    while shift == 0 or largest >> shift > 0:
        starts[:] = 0
        for place in range(size):
            starts[((keys[place] >> shift) & 2047) + 1] += 1
        for digit in range(2048):
            starts[digit + 1] += starts[digit]
        for place in range(size):
            row = order[place]
            digit = (keys[row] >> shift) & 2047
            other[starts[digit]] = row
            starts[digit] += 1
        order, other = other, order
        shift += 11
    return order


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
def cycles_of(events: Ints, starts: Ints, ends: Ints, room: Places) -> Places:  # pragma: no cover - compiled
    """The cycle of each event, -1 outside every cycle, written into `room`; cheapest when events come in order."""
    guesses = _first_guesses(starts, ends)
    cycle, cycle_from, cycle_to = -1, 0, 0
    for row in range(len(events)):
        moment = events[row]
        # Most rows lie in the cycle of the row before.
        if cycle < 0 or moment < cycle_from or moment >= cycle_to:
            cycle = _cycle_of(moment, starts, ends, guesses)
            if cycle >= 0:
                cycle_from, cycle_to = starts[cycle], ends[cycle]
        room[row] = cycle
    return room[: len(events)]


@njit(cache=True, nogil=True)
def count_fixed(
    bounds: Ints,
    cycles: Places,
    versions: Any,
    numbers: Any,
    cycle_starts: Ints,
    cycle_ends: Ints,
    cycle_slots: Ints,
    now: int,
    counts_room: Any,
    use_room: Any,
    outside: Places,
) -> tuple[Any, Any, Any, Any]:  # pragma: no cover - compiled
    """Counts in the cycles of one scope: `cycles` has each row's, `now` is the one that holds as-of, or -1.

    Returns breaches (row, slot, count, number, start, end); of each subject and cycle with a row the columns subject,
    cycle, count, number and breached; of each subject with a row in the cycle `now` the columns subject, count, peak of
    that cycle's slot and the peak's row; and the rows outside every cycle. All but the breaches are written into the
    rooms given, at most one a row.
    """
    breaches = np.empty((64, 6), np.int64)
    subjects = len(bounds) - 1
    of_subject, of_cycle, tallies, judged_by, broken = counts_room
    used, used_counts, peaks, peak_rows = use_room
    breach_count = cycle_count = used_count = outside_count = 0
    now_slot = cycle_slots[now] if now >= 0 else -1
    # Where the subject at hand keeps the count of a cycle that it has touched; a place of an earlier subject is none.
    place_of = np.full(len(cycle_starts), -1, np.int64)
    last_rows = np.empty(len(cycle_starts), np.int64)
    for subject in range(subjects):
        first, latest, in_order = cycle_count, -1, True
        for row in range(bounds[subject], bounds[subject + 1]):
            cycle = cycles[row]
            if cycle < 0:
                outside[outside_count] = row
                outside_count += 1
                continue
            place = place_of[cycle]
            if place < first:
                in_order = in_order and cycle > latest
                latest = cycle
                place = cycle_count
                place_of[cycle] = place
                of_subject[place], of_cycle[place] = subject, cycle
                tallies[place], judged_by[place], broken[place] = 0, UNJUDGED, False
                cycle_count += 1
            tally = tallies[place] + 1
            tallies[place] = tally
            last_rows[cycle] = row
            slot = cycle_slots[cycle]
            number = numbers[versions[row], slot]
            if number == UNJUDGED:
                continue
            judged_by[place] = number
            if tally > number:
                broken[place] = True
                breaches = _grown(breaches, breach_count, 1)
                breaches[breach_count] = (row, slot, tally, number, cycle_starts[cycle], cycle_ends[cycle])
                breach_count += 1
        if now >= 0 and place_of[now] >= first:
            # A cycle's last row reached its count; of equal cycles the one that was full first has the peak.
            peak, peak_row = 0, 0
            for place in range(first, cycle_count):
                touched = of_cycle[place]
                better = tallies[place] > peak or (tallies[place] == peak and last_rows[touched] < peak_row)
                if cycle_slots[touched] == now_slot and better:
                    peak, peak_row = tallies[place], last_rows[touched]
            used[used_count], used_counts[used_count] = subject, tallies[place_of[now]]
            peaks[used_count], peak_rows[used_count] = peak, peak_row
            used_count += 1
        if not in_order:
            # Cycles are shown in their order; late events are few, and an insertion keeps what is sorted already.
            for place in range(first + 1, cycle_count):
                moved = place
                while moved > first and of_cycle[moved - 1] > of_cycle[moved]:
                    for column in (of_cycle, tallies):
                        column[moved - 1], column[moved] = column[moved], column[moved - 1]
                    judged_by[moved - 1], judged_by[moved] = judged_by[moved], judged_by[moved - 1]
                    broken[moved - 1], broken[moved] = broken[moved], broken[moved - 1]
                    moved -= 1
    counts = (
        of_subject[:cycle_count],
        of_cycle[:cycle_count],
        tallies[:cycle_count],
        judged_by[:cycle_count],
        broken[:cycle_count],
    )
    use = used[:used_count], used_counts[:used_count], peaks[:used_count], peak_rows[:used_count]
    return breaches[:breach_count], counts, use, outside[:outside_count]


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
    use_room: Any,
) -> tuple[Any, Any]:  # pragma: no cover - compiled
    """Counts of one rolling window or fixed value; `window` is kind, unit and length.

    `in_order` says that clocks are sorted within each subject (the processed clock). Returns breaches (row, slot,
    count, number, start, end) and, of each subject with a count above 0 at as-of, the columns subject, count, peak and
    the peak's row, written into `use_room`.
    """
    kind, unit, length = window
    breaches = np.empty((64, 6), np.int64)
    subjects = len(bounds) - 1
    of_subject, counts, peaks, peak_rows = use_room
    breach_count = used = 0
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
    for subject in range(subjects):
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
                    if len(offsets) > 1 or local_day:
                        start = month_start(clock, back, day_from, local_day, changes_at, offsets, wall_changes)
                    else:
                        day = (clock + offsets[0]) // DAY
                        start = clock + (back[day - day_from] - day) * DAY + 1
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
        if not rolling:
            now = high - low
        if now > 0:
            of_subject[used], counts[used], peaks[used], peak_rows[used] = subject, now, peak, peak_row
            used += 1
    return breaches[:breach_count], (of_subject[:used], counts[:used], peaks[:used], peak_rows[:used])
