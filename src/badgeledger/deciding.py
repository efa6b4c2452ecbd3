"""Decisions over sorted arrays, compiled: room is taken only by what is admitted (RULEBOOK 10).

All arrays of one call belong to one badge and hold its rows in processing order, whatever the platform answered. A
*slot* is one limit name of the badge, `numbers[version, slot]` the number that judges, as in :mod:`.kernel`. No input
or output, no SQL, no zone data.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .civil import DAY, MONTHS, last_at_or_before, span_day, span_start
from .compiled import njit
from .kernel import FIXED_VALUE, FIXED_WINDOW, ROLLING_WINDOW, UNJUDGED
from .subjects import BADGE, CUSTOMER, NEVER, NO_PLACE, Subjects, fewest_to_reject

ADMITTED, DUPLICATE_REQUEST, NOT_ACTIVE, OUTSIDE_PERIOD, OVERLAPPING_ISSUE, CUSTOMER_LIMIT, BADGE_LIMIT = range(7)
UNKNOWN_BADGE = 7
NO_SLOT = -1
NO_CALL = -1
NO_DAY = -(2**63)

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
    request: Places
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
    """The windows of the slots in text order of their names; those of scope BADGE are the first `badge_slots`. The
    windows of a scope's cycles are slots: `customer_windows` and `badge_windows` by cycle. `slot_no` is what a slot is
    called outside."""

    kind: Ints
    unit: Ints
    length: Ints
    badge_slots: int
    customer_windows: Ints
    badge_windows: Ints
    slot_no: Places


class Revocations(NamedTuple):
    """The `rows` that are revoked, in the order of the instants, and whether each gives its room back (`frees`).

    What goes on from one part of the rows to the next: how many are `done`, which rows `took` room, and how long the
    validity of each held, by its place. The last two are empty where nothing is revoked.
    """

    rows: Ints
    frees: Any
    done: Ints
    took: Any
    held_until: Ints


class Clock(NamedTuple):
    """How rolling windows look back: the clock, the edge, and the tables of the zone."""

    on_event: bool
    local_day: bool
    changes_at: Ints
    offsets: Ints
    wall_changes: Ints


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
def _free(room: Ints, low: int, processed: int) -> None:  # pragma: no cover - compiled
    """Take a row's clock out of the room of its subject, which has admitted it."""
    # Rows of one clock are alike: any of them is taken out of the sorted list.
    taken = room[low]
    first, last = low + 1, low + 1 + taken
    while first < last:
        middle = (first + last) >> 1
        if room[middle] < processed:
            first = middle + 1
        else:
            last = middle
    for place in range(first, low + taken):
        room[place] = room[place + 1]
    room[low] = taken - 1


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
    revocations: Revocations,
    admitting_call: Ints,
    facts_count: bool,
    first_row: int,
    last_row: int,
    reasons: Any,
    full: Places,
) -> None:  # pragma: no cover - compiled
    """Write the reason of each row's rejection into `reasons`, or :data:`ADMITTED`, and into `full` the slot of the
    limit that rejects, or :data:`NO_SLOT`: of the rows from `first_row` up to `last_row`, for which one clock holds.

    `admitting_call[request]` becomes the first call of a request of which a row was admitted; before, it is
    :data:`NO_CALL`.
    Facts take room only when `facts_count`; a revoked row gives its room back only when its revocation frees it, but
    its validity always.
    """
    # Out of their tuples once, and no helper that is handed many arrays: numba would count references for each row.
    processed, event_of, version_of, is_issue, call_of, request_of, ends_at, fact_of, revoked_at = asked
    active, starts_at, expires_at, counts, numbers = versions
    kinds, units, lengths, badge_slots, customer_windows, badge_windows, slot_no = slots
    on_event, local_day, changes_at, offsets, wall_changes = clock
    low_of, badge_low, cycle_of, cell_of, badge_cells, room, in_cell = subjects[:7]
    begin_of, end_of, rank_of, events, by_event, valid_until = subjects[7:]
    in_customer = fewest_to_reject(numbers, kinds, badge_slots, len(kinds))
    in_badge = fewest_to_reject(numbers, kinds, 0, badge_slots)
    # Spans of days and weeks begin so many microseconds before their last instant.
    back = np.full(len(kinds), -1, np.int64)
    for slot in range(len(kinds)):
        if kinds[slot] == ROLLING_WINDOW and units[slot] != MONTHS and not local_day:
            back[slot] = 0 - span_start(0, units[slot], lengths[slot], local_day, changes_at, offsets, wall_changes)
    known_day, first_day = np.full(len(kinds), NO_DAY, np.int64), np.empty(len(kinds), np.int64)
    by_revocation, frees, done, took, held_until = revocations
    next_revoked, keeps_events = done[0], len(by_event) > 0
    for row in range(first_row, last_row):
        while next_revoked < len(by_revocation):
            gone = by_revocation[next_revoked]
            if revoked_at[gone] > processed[row] or gone >= row:
                break
            next_revoked += 1
            if took[gone] and frees[next_revoked - 1]:
                for scope in range(2):
                    low = low_of[gone] if scope == CUSTOMER else badge_low
                    if low != NO_PLACE:
                        _free(room, low, processed[gone])
                    if keeps_events:
                        _add(by_event, begin_of[scope, gone], end_of[scope, gone], rank_of[scope, gone], -1)
                if len(customer_windows) and cycle_of[CUSTOMER, gone] >= 0:
                    in_cell[cell_of[gone]] -= 1
                if len(badge_windows) and cycle_of[BADGE, gone] >= 0:
                    in_cell[badge_cells + cycle_of[BADGE, gone]] -= 1
            if is_issue[gone]:
                begin = begin_of[CUSTOMER, gone]
                place = begin + rank_of[CUSTOMER, gone]
                if held_until[place] > -NEVER:
                    held_until[place] = -NEVER
                    _hold_again(valid_until, begin, end_of[CUSTOMER, gone], held_until)
        version, event, call, issue = version_of[row], event_of[row], call_of[row], is_issue[row]
        fact = fact_of[row]
        admitted_in = admitting_call[request_of[row]]
        full[row] = NO_SLOT
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
        holds = issue and event < ends_at[row]
        if holds:
            begin = begin_of[CUSTOMER, row]
            if _overlaps(valid_until, begin, _begun(events, begin, end_of[CUSTOMER, row], ends_at[row]), event):
                reasons[row] = OVERLAPPING_ISSUE
                continue
        if counts[version, 1 if issue else 0] and (facts_count or not fact):
            now = event if on_event else processed[row]
            own_cell = badge_cell = -1
            own_window = badge_window = NO_SLOT
            if len(customer_windows) and cycle_of[CUSTOMER, row] >= 0:
                own_cell, own_window = cell_of[row], customer_windows[cycle_of[CUSTOMER, row]]
            if len(badge_windows) and cycle_of[BADGE, row] >= 0:
                badge_cell, badge_window = badge_cells + cycle_of[BADGE, row], badge_windows[cycle_of[BADGE, row]]
            for scope in range(0 if fact else 2):
                if scope == CUSTOMER:
                    low, fewest, first, last = low_of[row], in_customer[version], badge_slots, len(kinds)
                    window, cell = own_window, own_cell
                else:
                    low, fewest, first, last = badge_low, in_badge[version], 0, badge_slots
                    window, cell = badge_window, badge_cell
                taken = room[low] if low != NO_PLACE else 0
                # What is admitted altogether has room enough: no need to look at any span.
                if taken < fewest and (cell < 0 or in_cell[cell] < numbers[version, window]):
                    continue
                for slot in range(first, last):
                    number = numbers[version, slot]
                    if number == UNJUDGED:
                        continue
                    if kinds[slot] == FIXED_WINDOW:
                        if window == slot and in_cell[cell] >= number:
                            full[row] = slot_no[slot]
                            break
                        continue
                    if taken < number:
                        continue
                    if number == 0 or kinds[slot] == FIXED_VALUE:
                        full[row] = slot_no[slot]
                        break
                    start = now - back[slot]
                    if back[slot] < 0:
                        # As span_start, with what a day looks back to computed once.
                        wall = now + offsets[last_at_or_before(changes_at, now)]
                        day = wall // DAY
                        if day != known_day[slot]:
                            known_day[slot], first_day[slot] = day, span_day(day, units[slot], lengths[slot], local_day)
                        start = first_day[slot] * DAY + (0 if local_day else wall - day * DAY + 1)
                        start -= offsets[last_at_or_before(wall_changes, start - (0 if local_day else 1))]
                    if on_event:
                        begin = begin_of[scope, row]
                        before = _begun(events, begin, end_of[scope, row], start)
                        inside = _entered(by_event, begin, rank_of[scope, row] + 1) - _entered(by_event, begin, before)
                        if inside >= number:
                            full[row] = slot_no[slot]
                            break
                    # The number-th latest admitted row decides, also where the bound of a month moves backwards.
                    elif room[low + 1 + taken - number] >= start:
                        full[row] = slot_no[slot]
                        break
                if full[row] != NO_SLOT:
                    reasons[row] = CUSTOMER_LIMIT if scope == CUSTOMER else BADGE_LIMIT
                    break
            if full[row] != NO_SLOT:
                continue
            for scope in range(2):
                low = low_of[row] if scope == CUSTOMER else badge_low
                if low != NO_PLACE:
                    taken = room[low] + 1
                    room[low], room[low + taken] = taken, processed[row]
                if keeps_events:
                    _add(by_event, begin_of[scope, row], end_of[scope, row], rank_of[scope, row], 1)
            if own_cell >= 0:
                in_cell[own_cell] += 1
            if badge_cell >= 0:
                in_cell[badge_cell] += 1
            if len(took):
                took[row] = True
        if holds:
            _hold(valid_until, begin_of[CUSTOMER, row], end_of[CUSTOMER, row], rank_of[CUSTOMER, row], ends_at[row])
            if len(held_until):
                held_until[begin_of[CUSTOMER, row] + rank_of[CUSTOMER, row]] = ends_at[row]
        if not fact and admitted_in == NO_CALL:
            admitting_call[request_of[row]] = call
        reasons[row] = ADMITTED
    done[0] = next_revoked
