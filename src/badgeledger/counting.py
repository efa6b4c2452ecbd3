"""From versions and counted rows to counts: lays out one badge's rows for the kernel and gathers what it finds.

Accounting is a function of one badge's rows, so badges are counted side by side on threads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import kernel, straddles
from .calendar import Zone
from .civil import DAYS, MONTHS, WEEKS
from .definitions import ExpiryRule, Limit
from .found import Found, Ints, Table
from .timeline import Stage, cycles, stretches, window_end

SCOPES = ("BADGE", "CUSTOMER")
_KINDS = {
    "FIXED_WINDOW": kernel.FIXED_WINDOW,
    "ROLLING_WINDOW": kernel.ROLLING_WINDOW,
    "FIXED_VALUE": kernel.FIXED_VALUE,
}
_UNITS = {"DAYS": DAYS, "WEEKS": WEEKS, "MONTHS": MONTHS, None: DAYS}
# Spans longer than this reach back before the year 1 from anywhere.
_MAX_LENGTH = {DAYS: 4_000_000, WEEKS: 600_000, MONTHS: 130_000}

Places = NDArray[np.int32]


@dataclass(frozen=True)
class BadgeVersion:
    """A version as counting needs it: its limits by name, and its periods in microseconds."""

    in_force_from: int
    starts_at: int
    expires_at: int
    issued_rule: ExpiryRule | None
    limits: Mapping[str, Limit]

    def window(self, scope: str) -> Limit | None:
        """The fixed window of a scope."""
        for limit in self.limits.values():
            if limit.scope == scope and limit.kind == "FIXED_WINDOW":
                return limit
        return None


@dataclass
class BadgePlan:
    """All that is known of a badge's limits before a row is seen: slots, numbers, cycles."""

    badge_no: int
    slots: list[Limit]
    slot_nos: list[int]
    numbers: Ints
    version_at_as_of: int
    cycle_tables: dict[str, Table] = field(default_factory=dict)
    first_cycle_no: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class CountingRules:
    """The settings that counting reads (RULEBOOK 6.2), and as-of in microseconds."""

    zone: Zone
    event_clock: bool
    local_day: bool
    month: str
    as_of: int


@dataclass(frozen=True)
class Rows:
    """Counted rows in processing order."""

    row_no: Ints
    badge: Places
    customer: Places
    version: Places
    processed: Ints
    event: Ints


def plan_badge(
    badge_no: int, versions: Sequence[BadgeVersion], slot_nos: Mapping[str, int], rules: CountingRules, until: int
) -> BadgePlan:
    """Slots, the number that judges each version's rows in each slot, and the cycles that start up to `until`."""
    slots = {limit.name: limit for version in versions for limit in version.limits.values()}
    names = sorted(slots)
    known = max([place for place, version in enumerate(versions) if version.in_force_from <= rules.as_of], default=0)
    plan = BadgePlan(
        badge_no=badge_no,
        slots=[slots[name] for name in names],
        slot_nos=[slot_nos[name] for name in names],
        numbers=_numbers(versions, names, slots),
        version_at_as_of=known,
    )
    in_force = versions[: known + 1]
    end = window_end(in_force[-1].expires_at, in_force[-1].issued_rule, rules.zone, rules.month)
    for scope in SCOPES:
        stages = [Stage(version.in_force_from, version.starts_at, version.window(scope)) for version in in_force]
        found = cycles(stretches(stages, rules.zone, end), rules.zone, end, max(until, rules.as_of))
        first_days = np.array([cycle.first_day for cycle in found], dtype=np.int64)
        end_days = np.array([cycle.end_day for cycle in found], dtype=np.int64)
        plan.cycle_tables[scope] = {
            "cycle_no": np.arange(1, len(found) + 1, dtype=np.int64),
            "slot": np.array([names.index(cycle.window.name) for cycle in found], dtype=np.int64),
            "first_day": first_days,
            "end_day": end_days,
            "starts_at": rules.zone.day_starts(first_days),
            "ends_at": rules.zone.day_starts(end_days),
        }
    return plan


def window_of(limit: Limit) -> tuple[int, int, int]:
    """Kind, unit and length of a limit as the kernel takes them."""
    unit = _UNITS[limit.unit]
    return _KINDS[limit.kind], unit, min(limit.length or 0, _MAX_LENGTH[unit])


def _numbers(versions: Sequence[BadgeVersion], names: Sequence[str], slots: Mapping[str, Limit]) -> Ints:
    numbers = np.full((len(versions), len(names)), kernel.UNJUDGED, dtype=np.int64)
    for column, name in enumerate(names):
        fixed = slots[name].kind == "FIXED_WINDOW"
        carried = [version.limits[name].number for version in versions if name in version.limits]
        latest = carried[0]
        for row, version in enumerate(versions):
            if name in version.limits:
                latest = version.limits[name].number
                numbers[row, column] = latest
            elif fixed and version.window(slots[name].scope) is not None:
                # A cycle of this configuration is judged by the last version that carried it, or by the first to come.
                numbers[row, column] = latest
    return numbers


def count_badges(
    rows: Rows, plans: Sequence[BadgePlan], rules: CountingRules, threads: int = 2
) -> dict[str, list[Table]]:
    """Count every badge's rows against its plan.

    Returns tables, each in blocks: `over_limit` (row_no, slot_no, count, number, window_start, window_end),
    `cycle_count` (badge_no, scope, cycle_no, customer, count, number, breached), `limit_use` (slot_no, customer, count,
    number, peak_count, peak_at), `outside_cycle` (row_no) and `cycle` (badge_no, scope, slot_no, ...). `scope` is
    the place in :data:`SCOPES`; `customer` is -1 in scope BADGE; numbers of -1 mean none.
    """
    badge_count = max((plan.badge_no for plan in plans), default=-1) + 1
    by_badge, badge_starts = kernel.members(rows.badge, max(badge_count, 1))
    most = int(np.diff(badge_starts).max())
    waiting = deque(plans)

    def work(_: int) -> Found:
        counter = _Counter(rows, rules, _Room(most), Found())
        while waiting:
            try:
                plan = waiting.popleft()
            except IndexError:
                # Another thread took the last one.
                break
            counter.count(plan, by_badge[badge_starts[plan.badge_no] : badge_starts[plan.badge_no + 1]])
        return counter.found

    with ThreadPoolExecutor(threads) as pool:
        return Found.joined(pool.map(work, range(threads)))


class _Room:
    """Arrays that one thread writes into again and again, for fresh memory costs more than the counting; `most` is the
    largest number of a badge's rows."""

    def __init__(self, most: int) -> None:
        self.processed, self.event, self.processed_by, self.event_by = np.empty((4, most), np.int64)
        self.version, self.customer, self.row_by, self.version_by = np.empty((4, most), np.int32)
        self.cycle, self.cycle_by = np.empty((2, most), np.int32)
        self.orders = tuple(np.empty((2, most), np.int32))
        self.bounds = np.empty(most + 1, np.int64)
        self.counts = (*np.empty((3, most), np.int32), np.empty(most, np.int64), np.empty(most, np.bool_))
        self.use = tuple(np.empty((4, most), np.int32))
        self.outside = np.empty(most, np.int32)


@dataclass(frozen=True)
class _Placed:
    """One scope's rows of a badge, contiguous and grouped by subject; `row` is their place among all rows.

    `clock` is that of rolling windows. `cycle` is the place of the row's cycle in the scope's table, -1 outside every
    cycle; it is empty in a scope without fixed window.
    """

    scope: str
    bounds: Ints
    customers: Places
    row: Places
    processed: Ints
    clock: Ints
    version: Places
    cycle: Places


@dataclass(frozen=True)
class _Counter:
    """One thread's counting: what all badges share, its room, and what it found."""

    rows: Rows
    rules: CountingRules
    room: _Room
    found: Found

    def count(self, plan: BadgePlan, of_badge: Places) -> None:
        """Count both scopes of one badge, whose rows are `of_badge`."""
        self._add_cycles(plan)
        rows, room = self.rows, self.room
        if not len(of_badge):
            return
        processed = kernel.gathered(rows.processed, of_badge, room.processed)
        event = processed if rows.event is rows.processed else kernel.gathered(rows.event, of_badge, room.event)
        clock = event if self.rules.event_clock else processed
        version = kernel.gathered(rows.version, of_badge, room.version)
        scopes = {limit.scope for limit in plan.slots}
        if "BADGE" in scopes:
            bounds, nobody = np.array([0, len(of_badge)]), np.array([-1], dtype=np.int32)
            cycle = self._cycles(plan, "BADGE", event)
            self._count_scope(plan, _Placed("BADGE", bounds, nobody, of_badge, processed, clock, version, cycle))
        if "CUSTOMER" in scopes:
            customer = kernel.gathered(rows.customer, of_badge, room.customer)
            order = kernel.order_by_key(customer, *room.orders)
            bounds = kernel.subject_bounds(customer, order, room.bounds)
            cycle = self._cycles(plan, "CUSTOMER", event)
            processed_by = kernel.gathered(processed, order, room.processed_by)
            place = _Placed(
                "CUSTOMER",
                bounds,
                customer[order[bounds[:-1]]],
                kernel.gathered(of_badge, order, room.row_by),
                processed_by,
                processed_by if clock is processed else kernel.gathered(clock, order, room.event_by),
                kernel.gathered(version, order, room.version_by),
                kernel.gathered(cycle, order, room.cycle_by) if len(cycle) else cycle,
            )
            self._count_scope(plan, place)

    def _cycles(self, plan: BadgePlan, scope: str, event: Ints) -> Places:
        """The cycle of each row in processing order, where most rows lie in the cycle of the row before."""
        if not _fixed(plan, scope):
            return self.room.cycle[:0]
        table = plan.cycle_tables[scope]
        return kernel.cycles_of(event, table["starts_at"], table["ends_at"], self.room.cycle)

    def _add_cycles(self, plan: BadgePlan) -> None:
        for place, scope in enumerate(SCOPES):
            table = dict(plan.cycle_tables[scope])
            slot_nos = np.array(plan.slot_nos, dtype=np.int64)[table.pop("slot")]
            self.found.add("cycle", badge_no=plan.badge_no, scope=place, slot_no=slot_nos, **table)

    def _count_scope(self, plan: BadgePlan, place: _Placed) -> None:
        if _fixed(plan, place.scope):
            self._count_cycles(plan, place)
        for slot, limit in enumerate(plan.slots):
            if limit.scope == place.scope and limit.kind != "FIXED_WINDOW":
                self._count_span(plan, place, slot, limit)

    def _count_cycles(self, plan: BadgePlan, place: _Placed) -> None:
        table = plan.cycle_tables[place.scope]
        holding = np.flatnonzero((table["starts_at"] <= self.rules.as_of) & (self.rules.as_of < table["ends_at"]))
        # Use is of the fixed window whose cycle holds as-of, if the version in force then has one.
        now = int(holding[0]) if len(holding) else -1
        if now >= 0 and plan.numbers[plan.version_at_as_of, table["slot"][now]] == kernel.UNJUDGED:
            now = -1
        breaches, counts, use, outside = kernel.count_fixed(
            place.bounds,
            place.cycle,
            place.version,
            plan.numbers,
            table["starts_at"],
            table["ends_at"],
            table["slot"],
            now,
            self.room.counts,
            self.room.use,
            self.room.outside,
        )
        self._add_breaches(plan, place, breaches)
        self._add_straddles(plan, place, breaches)
        subjects, cycles, tallies, numbers, broken = counts
        self.found.add(
            "cycle_count",
            badge_no=plan.badge_no,
            scope=SCOPES.index(place.scope),
            cycle_no=cycles + np.int32(1),
            customer=place.customers[subjects],
            count=tallies,
            number=numbers,
            breached=broken,
        )
        if now >= 0:
            self._add_use(plan, place, int(table["slot"][now]), use)
        # Outside every cycle is a matter of versions that have a fixed window in this scope.
        windowed = (plan.numbers[:, _fixed(plan, place.scope)] != kernel.UNJUDGED).any(axis=1)
        self.found.add("outside_cycle", row_no=self.rows.row_no[place.row[outside[windowed[place.version[outside]]]]])

    def _count_span(self, plan: BadgePlan, place: _Placed, slot: int, limit: Limit) -> None:
        on_event = limit.kind == "ROLLING_WINDOW" and self.rules.event_clock
        breaches, use = kernel.count_spans(
            place.bounds,
            place.clock if on_event else place.processed,
            not on_event,
            place.processed,
            place.version,
            plan.numbers,
            slot,
            window_of(limit),
            self.rules.local_day,
            self.rules.as_of,
            self.rules.zone.changes_at,
            self.rules.zone.offsets,
            self.rules.zone.wall_changes,
            self.room.use,
        )
        self._add_breaches(plan, place, breaches)
        if plan.numbers[plan.version_at_as_of, slot] != kernel.UNJUDGED:
            self._add_use(plan, place, slot, use)

    def _add_breaches(self, plan: BadgePlan, place: _Placed, breaches: Ints) -> None:
        self.found.add(
            "over_limit",
            row_no=self.rows.row_no[place.row[breaches[:, 0]]],
            slot_no=np.array(plan.slot_nos, dtype=np.int64)[breaches[:, 1]],
            count=breaches[:, 2],
            number=breaches[:, 3],
            window_start=breaches[:, 4],
            window_end=breaches[:, 5],
        )

    def _add_straddles(self, plan: BadgePlan, place: _Placed, breaches: Ints) -> None:
        zone = self.rules.zone
        units = [_UNITS[limit.unit] for limit in plan.slots]
        lengths = [min(limit.length or 1, _MAX_LENGTH[unit]) for limit, unit in zip(plan.slots, units, strict=True)]
        found = straddles.straddling(
            place.bounds,
            place.row,
            self.rows.event,
            place.version,
            place.cycle,
            plan.cycle_tables[place.scope]["slot"],
            plan.numbers,
            np.array([units, lengths], dtype=np.int64),
            breaches,
            zone.changes_at,
            zone.offsets,
            zone.wall_changes,
        )
        self.found.add(
            "straddle",
            row_no=self.rows.row_no[place.row[found[:, 0]]],
            slot_no=np.array(plan.slot_nos, dtype=np.int64)[found[:, 1]],
            count=found[:, 2],
            number=found[:, 3],
        )

    def _add_use(self, plan: BadgePlan, place: _Placed, slot: int, use: Any) -> None:
        """Use of a limit at as-of by every subject that uses it, under the number of the version in force then."""
        subjects, counts, peaks, peak_rows = use
        self.found.add(
            "limit_use",
            slot_no=plan.slot_nos[slot],
            customer=place.customers[subjects],
            count=counts,
            number=plan.numbers[plan.version_at_as_of, slot],
            peak_count=peaks,
            peak_at=self.rows.processed[place.row[peak_rows]],
        )


def _fixed(plan: BadgePlan, scope: str) -> list[int]:
    return [slot for slot, limit in enumerate(plan.slots) if limit.scope == scope and limit.kind == "FIXED_WINDOW"]


__all__ = ["BadgePlan", "BadgeVersion", "CountingRules", "Rows", "count_badges", "plan_badge", "window_of"]
