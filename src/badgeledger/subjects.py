"""A badge's subjects laid out for deciding, compiled: where each keeps the room that its admitted rows have taken.

All arrays of one call belong to one badge, as in :mod:`.deciding`. No input or output, no SQL, no zone data.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .compiled import njit
from .kernel import FIXED_WINDOW, UNJUDGED

# Of arrays that hold one row a scope, in the order in which limits are looked at.
CUSTOMER, BADGE = 0, 1
NO_PLACE = -1
NEVER = 2**63 - 1

Ints = NDArray[np.int64]
Places = NDArray[np.int32]


class Subjects(NamedTuple):
    """The subjects of both scopes, and the room that admitted rows have taken. The badge is one more subject.

    Arrays of two rows hold scope CUSTOMER first. `room` holds how many rows of a subject are admitted, at the place
    `low`, and behind it their processed clocks; the customers' `low` are by row. A subject with too few rows for any
    limit that looks at them takes no room: its `low` is :data:`NO_PLACE`. `cycle` is the cycle of the row's event, -1
    outside every cycle, `cell` the place that counts the row's customer and cycle in `in_cell`; the cycles of the badge
    begin there at `badge_cells`.

    `rank` is the row's place among its subject's rows by event; a subject owns the places from `begin` up to `end` of
    `events`, its sorted events, and of two trees over them: `by_event` counts admitted rows, `valid_until` holds the
    latest end of admitted issues.
    """

    low: Places
    badge_low: int
    cycle: Places
    cell: Places
    badge_cells: int
    room: Ints
    in_cell: Places
    begin: Places
    end: Places
    rank: Places
    events: Ints
    by_event: Places
    valid_until: Ints


@njit(cache=True, nogil=True)
def place_customers(
    subjects: Subjects, bounds: Ints, grouped: Places, fewest: int, cycles: int
) -> int:  # pragma: no cover - compiled
    """Fill in `low` and, where there are so many `cycles`, `cell`; the place behind the customers'.

    `grouped` holds the rows of each customer; those with no more than `fewest` take no room.
    """
    low_of, cycle_of, cell_of = subjects.low, subjects.cycle, subjects.cell
    stamp, cell_in = np.full(cycles, -1, np.int64), np.zeros(cycles, np.int64)
    free_room = 0
    for subject in range(len(bounds) - 1):
        begin, end = bounds[subject], bounds[subject + 1]
        low, free_cell = NO_PLACE, begin
        if end - begin > fewest:
            low = free_room
            free_room += end - begin + 1
        for place in range(begin, end):
            row = grouped[place]
            low_of[row] = low
            if cycles and cycle_of[CUSTOMER, row] >= 0:
                cycle = cycle_of[CUSTOMER, row]
                if stamp[cycle] != subject:
                    stamp[cycle], cell_in[cycle] = subject, free_cell
                    free_cell += 1
                cell_of[row] = cell_in[cycle]
    return free_room


@njit(cache=True, nogil=True)
def rank_rows(
    subjects: Subjects, scope: int, offset: int, bounds: Ints, grouped: Places, events: Ints
) -> None:  # pragma: no cover - compiled
    """Fill in `begin` to `events` of one scope, whose places begin at `offset`; `grouped` holds the rows of each
    subject."""
    begin_of, end_of, rank_of, sorted_events = subjects.begin, subjects.end, subjects.rank, subjects.events
    for subject in range(len(bounds) - 1):
        begin, end = bounds[subject], bounds[subject + 1]
        own = events[grouped[begin:end]]
        in_order = True
        for place in range(1, len(own)):
            in_order = in_order and own[place] >= own[place - 1]
        order = np.arange(len(own)) if in_order else np.argsort(own, kind="mergesort")
        for rank in range(len(own)):
            row = grouped[begin + order[rank]]
            begin_of[scope, row], end_of[scope, row], rank_of[scope, row] = offset + begin, offset + end, rank
            sorted_events[offset + begin + rank] = own[order[rank]]


@njit(cache=True, nogil=True)
def fewest_to_reject(numbers: Ints, kinds: Ints, first: int, last: int) -> Ints:  # pragma: no cover - compiled
    """Of each version, how many rows of a subject are admitted before any limit of its slots from `first` up to `last`
    that looks at more than a cycle can reject one; :data:`NEVER` without such a limit."""
    fewest = np.full(len(numbers), NEVER, np.int64)
    for version in range(len(numbers)):
        for slot in range(first, last):
            if kinds[slot] != FIXED_WINDOW and numbers[version, slot] != UNJUDGED:
                fewest[version] = min(fewest[version], numbers[version, slot])
    return fewest
