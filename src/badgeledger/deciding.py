"""Decisions over sorted arrays, compiled: room is taken only by what is admitted (RULEBOOK 10).

All arrays of one call belong to one badge and hold its rows in processing order, whatever the platform answered. A
*slot* is one limit name of the badge, `numbers[version, slot]` the number that judges, as in :mod:`.kernel`. No input
or output, no SQL, no zone data.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .civil import last_at_or_before, span_start
from .kernel import FIXED_VALUE, FIXED_WINDOW, UNJUDGED

ADMITTED, DUPLICATE_REQUEST, NOT_ACTIVE, OUTSIDE_PERIOD, OVERLAPPING_ISSUE, CUSTOMER_LIMIT, BADGE_LIMIT = range(7)
NO_SLOT = -1
NEVER = 2**63 - 1

Ints = NDArray[np.int64]
Places = NDArray[np.int32]


class Asked(NamedTuple):
    """What each row asks for. `request` is the number of the first call of the same endpoint and requestId (its own
    call's where it has none), `ends_at` the end of an issue's validity or :data:`NEVER`."""

    processed: Ints
    event: Ints
    version: Places
    is_issue: Any
    call: Ints
    request: Ints
    ends_at: Ints


class Versions(NamedTuple):
    """What each version says. `counts[version, is_issue]` is whether rows of that kind count (RULEBOOK 4)."""

    active: Any
    starts_at: Ints
    expires_at: Ints
    counts: Any
    numbers: Ints


class Slots(NamedTuple):
    """The windows of the slots in text order of their names; those of scope BADGE are the first `badge_slots`."""

    kind: Ints
    unit: Ints
    length: Ints
    badge_slots: int


class Clock(NamedTuple):
    """How rolling windows look back: the clock, the edge, and the tables of the zone."""

    on_event: bool
    local_day: bool
    changes_at: Ints
    offsets: Ints
    wall_changes: Ints


class Scope(NamedTuple):
    """One scope's subjects, and the room that admitted rows have taken in it.

    `subject` and `cell` are each row's subject and its pair of subject and cycle (-1 outside every cycle); `rank` is
    its place among the subject's rows by event. The rows of subject s own the places `bounds[s]` to `bounds[s + 1]`
    of `events` (sorted), `clocks` (admitted, processed clock), `by_event` (a tree of admitted rows over ranks) and
    `valid_until` (a tree of the latest end of admitted issues).
    """

    subject: Places
    bounds: Ints
    cell: Places
    cell_slot: Any
    rank: Places
    events: Ints
    taken: Ints
    in_cell: Ints
    clocks: Ints
    by_event: Places
    valid_until: Ints


@njit(cache=True, nogil=True)
def place_rows(
    bounds: Ints, grouped: Places, events: Ints, cycle_starts: Ints, cycle_ends: Ints, cycle_slots: Ints, ranked: bool
) -> tuple[Any, Any, Any, Any, Any]:  # pragma: no cover - compiled
    """Subject, cell and rank of each row, the sorted events of the subjects, and the slot of each cell.

    `grouped` holds the rows of each subject in processing order. Ranks are made only when `ranked`.
    """
    size = len(grouped)
    subject_of, cell_of = np.empty(size, np.int32), np.full(size, -1, np.int32)
    rank_of = np.zeros(size if ranked else 0, np.int32)
    sorted_events = np.empty(size if ranked else 0, np.int64)
    cell_slot = np.empty(size, np.int64)
    stamp, cell_in = np.full(len(cycle_starts), -1, np.int64), np.zeros(len(cycle_starts), np.int64)
    cells = 0
    for subject in range(len(bounds) - 1):
        low, high = bounds[subject], bounds[subject + 1]
        cycle, in_order = -1, True
        for place in range(low, high):
            row = grouped[place]
            event = events[row]
            subject_of[row] = subject
            in_order = in_order and (place == low or event >= events[grouped[place - 1]])
            if len(cycle_starts) == 0:
                continue
            if cycle < 0 or not cycle_starts[cycle] <= event < cycle_ends[cycle]:
                cycle = last_at_or_before(cycle_starts, event) - 1
                if cycle < 0 or event >= cycle_ends[cycle]:
                    cycle = -1
                    continue
            if stamp[cycle] != subject:
                stamp[cycle], cell_in[cycle], cell_slot[cells] = subject, cells, cycle_slots[cycle]
                cells += 1
            cell_of[row] = cell_in[cycle]
        if ranked:
            _rank(low, high, grouped, events, in_order, rank_of, sorted_events)
    return subject_of, cell_of, rank_of, sorted_events, cell_slot[:cells]


@njit(cache=True, nogil=True)
def _rank(
    low: int, high: int, grouped: Places, events: Ints, in_order: bool, rank_of: Places, sorted_events: Ints
) -> None:  # pragma: no cover - compiled
    """Rank one subject's rows by event, those of one event in processing order."""
    if in_order:
        for place in range(low, high):
            rank_of[grouped[place]] = place - low
            sorted_events[place] = events[grouped[place]]
        return
    own = events[grouped[low:high]]
    order = np.argsort(own, kind="mergesort")
    for rank in range(high - low):
        rank_of[grouped[low + order[rank]]] = rank
        sorted_events[low + rank] = own[order[rank]]


@njit(cache=True, nogil=True)
def _add(tree: Places, low: int, high: int, rank: int) -> None:  # pragma: no cover - compiled
    """Enter a row in a tree of counts that owns the places `low` to `high`."""
    node = rank + 1
    while node <= high - low:
        tree[low + node - 1] += 1
        node += node & -node


@njit(cache=True, nogil=True)
def _entered(tree: Places, low: int, ranks: int) -> int:  # pragma: no cover - compiled
    """How many rows of the first `ranks` ranks are in a tree of counts."""
    found = 0
    while ranks > 0:
        found += tree[low + ranks - 1]
        ranks &= ranks - 1
    return found


@njit(cache=True, nogil=True)
def _overlaps(scope: Scope, row: int, start: int, end: int) -> bool:  # pragma: no cover - compiled
    """True when `[start, end)` meets the validity of an issue admitted before; an empty one meets nothing."""
    if start >= end:
        return False
    low, high = scope.bounds[scope.subject[row]], scope.bounds[scope.subject[row] + 1]
    ranks = last_at_or_before(scope.events[low:high], end - 1)
    while ranks > 0:
        if scope.valid_until[low + ranks - 1] > start:
            return True
        ranks &= ranks - 1
    return False


@njit(cache=True, nogil=True)
def _hold(scope: Scope, row: int, start: int, end: int) -> None:  # pragma: no cover - compiled
    """Enter the validity of an admitted issue."""
    if start >= end:
        return
    low, high = scope.bounds[scope.subject[row]], scope.bounds[scope.subject[row] + 1]
    node = scope.rank[row] + 1
    while node <= high - low:
        scope.valid_until[low + node - 1] = max(scope.valid_until[low + node - 1], end)
        node += node & -node


@njit(cache=True, nogil=True)
def _full_slot(
    scope: Scope, first: int, last: int, row: int, asked: Asked, numbers: Ints, slots: Slots, clock: Clock
) -> int:  # pragma: no cover - compiled
    """The first slot from `first` up to `last` that has no room for the row, or :data:`NO_SLOT`."""
    subject, version = scope.subject[row], asked.version[row]
    low, taken = scope.bounds[subject], scope.taken[subject]
    for slot in range(first, last):
        number = numbers[version, slot]
        if number == UNJUDGED:
            continue
        if slots.kind[slot] == FIXED_WINDOW:
            cell = scope.cell[row]
            if cell >= 0 and scope.cell_slot[cell] == slot and scope.in_cell[cell] >= number:
                return slot
            continue
        # What is admitted altogether has room enough: no need to look at any span.
        if taken < number:
            continue
        if number == 0 or slots.kind[slot] == FIXED_VALUE:
            return slot
        now = asked.event[row] if clock.on_event else asked.processed[row]
        start = span_start(
            now,
            slots.unit[slot],
            slots.length[slot],
            clock.local_day,
            clock.changes_at,
            clock.offsets,
            clock.wall_changes,
        )
        if clock.on_event:
            before = last_at_or_before(scope.events[low : scope.bounds[subject + 1]], start - 1)
            inside = _entered(scope.by_event, low, scope.rank[row] + 1) - _entered(scope.by_event, low, before)
            if inside >= number:
                return slot
        # The number-th latest admitted row decides; this holds also where the bound of a month moves backwards.
        elif scope.clocks[low + taken - number] >= start:
            return slot
    return NO_SLOT


@njit(cache=True, nogil=True)
def _take_room(scope: Scope, row: int, processed: int, on_event: bool) -> None:  # pragma: no cover - compiled
    """Count an admitted row in every window of a scope."""
    subject = scope.subject[row]
    low = scope.bounds[subject]
    scope.clocks[low + scope.taken[subject]] = processed
    scope.taken[subject] += 1
    if scope.cell[row] >= 0:
        scope.in_cell[scope.cell[row]] += 1
    if on_event:
        _add(scope.by_event, low, scope.bounds[subject + 1], scope.rank[row])


@njit(cache=True, nogil=True)
def decide(
    asked: Asked, versions: Versions, slots: Slots, clock: Clock, customer: Scope, badge: Scope, admitting_call: Ints
) -> tuple[Any, Any]:  # pragma: no cover - compiled
    """The reason of each row's rejection, or :data:`ADMITTED`, and the slot of the limit that rejects.

    `admitting_call[request]` becomes the first call of a request of which a row was admitted; 0 stands for none.
    """
    size = len(asked.processed)
    reasons, full = np.zeros(size, np.int8), np.full(size, NO_SLOT, np.int32)
    for row in range(size):
        version, event, call = asked.version[row], asked.event[row], asked.call[row]
        admitted_in = admitting_call[asked.request[row]]
        if admitted_in not in (0, call):
            reasons[row] = DUPLICATE_REQUEST
            continue
        if not versions.active[version]:
            reasons[row] = NOT_ACTIVE
            continue
        if not versions.starts_at[version] <= event < versions.expires_at[version]:
            reasons[row] = OUTSIDE_PERIOD
            continue
        if asked.is_issue[row] and _overlaps(customer, row, event, asked.ends_at[row]):
            reasons[row] = OVERLAPPING_ISSUE
            continue
        if versions.counts[version, 1 if asked.is_issue[row] else 0]:
            last = len(slots.kind)
            slot = _full_slot(customer, slots.badge_slots, last, row, asked, versions.numbers, slots, clock)
            if slot != NO_SLOT:
                reasons[row], full[row] = CUSTOMER_LIMIT, slot
                continue
            slot = _full_slot(badge, 0, slots.badge_slots, row, asked, versions.numbers, slots, clock)
            if slot != NO_SLOT:
                reasons[row], full[row] = BADGE_LIMIT, slot
                continue
            _take_room(customer, row, asked.processed[row], clock.on_event)
            _take_room(badge, row, asked.processed[row], clock.on_event)
        if asked.is_issue[row]:
            _hold(customer, row, event, asked.ends_at[row])
        if admitted_in == 0:
            admitting_call[asked.request[row]] = call
    return reasons, full
