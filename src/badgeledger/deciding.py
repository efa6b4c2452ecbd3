"""Decisions over sorted arrays, compiled: room is taken only by what is admitted (RULEBOOK 10).

All arrays of one call belong to one badge and hold its rows in processing order, whatever the platform answered. A
*slot* is one limit name of the badge, `numbers[version, slot]` the number that judges, as in :mod:`.kernel`. No input
or output, no SQL, no zone data.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .civil import last_at_or_before, span_start
from .compiled import njit
from .kernel import FIXED_VALUE, FIXED_WINDOW, UNJUDGED

ADMITTED, DUPLICATE_REQUEST, NOT_ACTIVE, OUTSIDE_PERIOD, OVERLAPPING_ISSUE, CUSTOMER_LIMIT, BADGE_LIMIT = range(7)
NO_SLOT = -1
NO_CALL = -1
# Of arrays that hold one row a scope, in the order in which limits are looked at.
CUSTOMER, BADGE = 0, 1
NEVER = 2**63 - 1

Ints = NDArray[np.int64]
Places = NDArray[np.int32]


class Asked(NamedTuple):
    """What each row asks for. Calls of one endpoint and requestId have one `request`, a call without requestId one of
    its own; `ends_at` is the end of an issue's validity or :data:`NEVER`, `revoked_at` the instant of revocation or
    :data:`NEVER`. A `fact` is not decided, but takes room."""

    processed: Ints
    event: Ints
    version: Places
    is_issue: Any
    call: Ints
    request: Ints
    ends_at: Ints
    fact: Any
    revoked_at: Ints


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


class Subjects(NamedTuple):
    """The subjects of both scopes, and the room that admitted rows have taken. The badge is one more subject.

    Arrays of two rows hold scope CUSTOMER first. A row's subject owns the places from `low` up to `high` of the other
    arrays. `cell` is the place that counts the row's subject and cycle, `window` the slot of that cycle; both are -1
    outside every cycle. `rank` is the row's place among its subject's rows by event, `events` the sorted events.

    Of `room`, column 0 lists the processed clocks of a subject's admitted rows, 1 holds at `low` how many there are, 2
    holds at `cell` how many of them lie in the cycle: what one decision reads lies close together. `by_event` is a tree
    of admitted rows over ranks, `valid_until` one of the latest ends of admitted issues.
    """

    low: Places
    high: Places
    cell: Places
    window: Places
    rank: Places
    events: Ints
    room: Ints
    by_event: Places
    valid_until: Ints


@njit(cache=True, nogil=True)
def place_rows(
    subjects: Subjects,
    scope: int,
    bounds: Ints,
    grouped: Places,
    events: Ints,
    cycle_starts: Ints,
    cycle_ends: Ints,
    cycle_slots: Ints,
    ranked: bool,
) -> None:  # pragma: no cover - compiled
    """Fill in one scope of `low` to `events`; `grouped` holds the rows of each subject in processing order.

    The subject's places begin at its bounds, those of the badge behind those of all customers. Ranks, `high` and
    `events` are filled in only when `ranked`.
    """
    low_of, high_of, cell_of, window_of, rank_of, sorted_events = subjects[:6]
    offset = scope * len(grouped)
    stamp, cell_in = np.full(len(cycle_starts), -1, np.int64), np.zeros(len(cycle_starts), np.int64)
    for subject in range(len(bounds) - 1):
        low, high = bounds[subject], bounds[subject + 1]
        free, cycle, in_order = low, -1, True
        for place in range(low, high):
            row = grouped[place]
            event = events[row]
            low_of[scope, row] = offset + low
            in_order = in_order and (place == low or event >= events[grouped[place - 1]])
            if len(cycle_starts) == 0:
                continue
            if cycle < 0 or not cycle_starts[cycle] <= event < cycle_ends[cycle]:
                cycle = last_at_or_before(cycle_starts, event) - 1
                if cycle < 0 or event >= cycle_ends[cycle]:
                    cycle = -1
                    continue
            if stamp[cycle] != subject:
                stamp[cycle], cell_in[cycle] = subject, offset + free
                free += 1
            cell_of[scope, row], window_of[scope, row] = cell_in[cycle], cycle_slots[cycle]
        if ranked:
            own = events[grouped[low:high]]
            order = np.arange(high - low) if in_order else np.argsort(own, kind="mergesort")
            for rank in range(high - low):
                row = grouped[low + order[rank]]
                high_of[scope, row], rank_of[scope, row] = offset + high, rank
                sorted_events[offset + low + rank] = own[order[rank]]


@njit(cache=True, nogil=True)
def _begun(events: Ints, low: int, high: int, moment: int) -> int:  # pragma: no cover - compiled
    """How many of the sorted events at the places `low` to `high` are before the moment."""
    first, last = low, high
    while first < last:
        middle = (first + last) >> 1
        if events[middle] < moment:
            first = middle + 1
        else:
            last = middle
    return first - low


@njit(cache=True, nogil=True)
def _add(tree: Places, low: int, high: int, rank: int, rows: int) -> None:  # pragma: no cover - compiled
    """Enter rows in a tree of counts that owns the places `low` to `high`, or take them out: `rows` is 1 or -1."""
    node = rank + 1
    while node <= high - low:
        tree[low + node - 1] += rows
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
def _overlaps(tree: Ints, low: int, ranks: int, start: int) -> bool:  # pragma: no cover - compiled
    """True when one of the admitted issues of the first `ranks` ranks, by event, is valid beyond `start`."""
    while ranks > 0:
        if tree[low + ranks - 1] > start:
            return True
        ranks &= ranks - 1
    return False


@njit(cache=True, nogil=True)
def _hold(tree: Ints, low: int, high: int, rank: int, end: int) -> None:  # pragma: no cover - compiled
    """Enter the validity of an admitted issue, which begins with its event, in a tree of latest ends."""
    node = rank + 1
    while node <= high - low:
        tree[low + node - 1] = max(tree[low + node - 1], end)
        node += node & -node


@njit(cache=True, nogil=True)
def _free(subjects: Subjects, row: int, processed: int, on_event: bool) -> None:  # pragma: no cover - compiled
    """Give back the room that a row has taken in both scopes."""
    low_of, high_of, cell_of, _, rank_of, _, room, by_event, _ = subjects
    for scope in range(2):
        low, cell = low_of[scope, row], cell_of[scope, row]
        taken = room[low, 1]
        # Rows of one clock are alike: any of them is taken out of the sorted list.
        first, last = low, low + taken
        while first < last:
            middle = (first + last) >> 1
            if room[middle, 0] < processed:
                first = middle + 1
            else:
                last = middle
        for place in range(first, low + taken - 1):
            room[place, 0] = room[place + 1, 0]
        room[low, 1] -= 1
        if cell >= 0:
            room[cell, 2] -= 1
        if on_event:
            _add(by_event, low, high_of[scope, row], rank_of[scope, row], -1)


@njit(cache=True, nogil=True)
def _hold_again(tree: Ints, low: int, high: int, ends: Ints) -> None:  # pragma: no cover - compiled
    """Make a tree of latest ends anew from the ends of the issues that are still held, by rank."""
    tree[low:high] = -NEVER
    for rank in range(high - low):
        if ends[low + rank] > -NEVER:
            _hold(tree, low, high, rank, ends[low + rank])


@njit(cache=True, nogil=True)
def decide(
    asked: Asked,
    versions: Versions,
    slots: Slots,
    clock: Clock,
    subjects: Subjects,
    admitting_call: Ints,
    facts_count: bool,
    revoked_frees: bool,
) -> tuple[Any, Any]:  # pragma: no cover - compiled
    """The reason of each row's rejection, or :data:`ADMITTED`, and the slot of the limit that rejects.

    `admitting_call[request]` becomes the first call of a request of which a row was admitted; before, it is
    :data:`NO_CALL`.
    Facts take room only when `facts_count`; a revoked row gives its room back only when `revoked_frees`, but its
    validity always.
    """
    # Out of their tuples once, and no helper that is handed many arrays: numba would count references for each row.
    processed, event_of, version_of, is_issue, call_of, request_of, ends_at, fact_of, revoked_at = asked
    active, starts_at, expires_at, counts, numbers = versions
    kinds, units, lengths, badge_slots = slots
    on_event, local_day, changes_at, offsets, wall_changes = clock
    low_of, high_of, cell_of, window_of, rank_of, events, room, by_event, valid_until = subjects
    reasons, full = np.zeros(len(processed), np.int8), np.full(len(processed), NO_SLOT, np.int32)
    by_revocation = np.flatnonzero(revoked_at < NEVER)
    by_revocation = by_revocation[np.argsort(revoked_at[by_revocation], kind="mergesort")]
    # What rows have taken is remembered only where something may be given back.
    took = np.zeros(len(processed) if len(by_revocation) else 0, np.bool_)
    held_until = np.full(len(valid_until) if len(by_revocation) else 0, -NEVER, np.int64)
    next_revoked = 0
    for row in range(len(processed)):
        while next_revoked < len(by_revocation):
            gone = by_revocation[next_revoked]
            if revoked_at[gone] > processed[row] or gone >= row:
                break
            next_revoked += 1
            if took[gone] and revoked_frees:
                _free(subjects, gone, processed[gone], on_event)
            if is_issue[gone]:
                low = low_of[CUSTOMER, gone]
                place = low + rank_of[CUSTOMER, gone]
                if held_until[place] > -NEVER:
                    held_until[place] = -NEVER
                    _hold_again(valid_until, low, high_of[CUSTOMER, gone], held_until)
        version, event, call, issue = version_of[row], event_of[row], call_of[row], is_issue[row]
        end, customer = ends_at[row], low_of[CUSTOMER, row]
        fact = fact_of[row]
        admitted_in = admitting_call[request_of[row]]
        if not fact and admitted_in not in (NO_CALL, call):
            reasons[row] = DUPLICATE_REQUEST
            continue
        if not fact and not active[version]:
            reasons[row] = NOT_ACTIVE
            continue
        if not fact and not starts_at[version] <= event < expires_at[version]:
            reasons[row] = OUTSIDE_PERIOD
            continue
        # An empty validity overlaps nothing.
        holds = issue and event < end
        if holds and _overlaps(valid_until, customer, _begun(events, customer, high_of[CUSTOMER, row], end), event):
            reasons[row] = OVERLAPPING_ISSUE
            continue
        if counts[version, 1 if issue else 0] and (facts_count or not fact):
            now = event if on_event else processed[row]
            for scope in range(0 if fact else 2):
                low, cell, window = low_of[scope, row], cell_of[scope, row], window_of[scope, row]
                taken = room[low, 1]
                first, last = (badge_slots, len(kinds)) if scope == CUSTOMER else (0, badge_slots)
                for slot in range(first, last):
                    number = numbers[version, slot]
                    if number == UNJUDGED:
                        continue
                    if kinds[slot] == FIXED_WINDOW:
                        if window == slot and room[cell, 2] >= number:
                            full[row] = slot
                            break
                        continue
                    # What is admitted altogether has room enough: no need to look at any span.
                    if taken < number:
                        continue
                    if number == 0 or kinds[slot] == FIXED_VALUE:
                        full[row] = slot
                        break
                    start = span_start(now, units[slot], lengths[slot], local_day, changes_at, offsets, wall_changes)
                    if on_event:
                        before = _begun(events, low, high_of[scope, row], start)
                        inside = _entered(by_event, low, rank_of[scope, row] + 1) - _entered(by_event, low, before)
                        if inside >= number:
                            full[row] = slot
                            break
                    # The number-th latest admitted row decides, also where the bound of a month moves backwards.
                    elif room[low + taken - number, 0] >= start:
                        full[row] = slot
                        break
                if full[row] != NO_SLOT:
                    reasons[row] = CUSTOMER_LIMIT if scope == CUSTOMER else BADGE_LIMIT
                    break
            if full[row] != NO_SLOT:
                continue
            for scope in range(2):
                low, cell = low_of[scope, row], cell_of[scope, row]
                room[low + room[low, 1], 0] = processed[row]
                room[low, 1] += 1
                if cell >= 0:
                    room[cell, 2] += 1
                if on_event:
                    _add(by_event, low, high_of[scope, row], rank_of[scope, row], 1)
            if len(took):
                took[row] = True
        if holds:
            _hold(valid_until, customer, high_of[CUSTOMER, row], rank_of[CUSTOMER, row], end)
            if len(held_until):
                held_until[customer + rank_of[CUSTOMER, row]] = end
        if not fact and admitted_in == NO_CALL:
            admitting_call[request_of[row]] = call
    return reasons, full
