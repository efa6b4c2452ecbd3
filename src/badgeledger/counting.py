"""From versions and counted rows to counts: lays out one badge's rows for the kernel and gathers what it finds.

Accounting is a function of one badge's rows, so badges are counted side by side on threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from . import kernel
from .calendar import Zone
from .civil import DAYS, MONTHS, WEEKS
from .definitions import ExpiryRule, Limit
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

Ints = NDArray[np.int64]
Table = dict[str, Ints]


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
    badge: NDArray[np.int32]
    customer: NDArray[np.int32]
    version: NDArray[np.int32]
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
    rows: Rows, plans: Sequence[BadgePlan], customers: int, rules: CountingRules, threads: int = 2
) -> dict[str, Table]:
    """Count every badge's rows against its plan.

    Returns tables of integers: `over_limit` (row_no, slot_no, count, number, window_start, window_end), `cycle_count`
    (badge_no, scope, cycle_no, customer, count, number, breached), `limit_use` (slot_no, customer, count, number,
    peak_count, peak_row_no), `outside_cycle` (row_no) and `cycle` (badge_no, scope, slot_no, ...). `scope` is the place
    in :data:`SCOPES`; `customer` is -1 in scope BADGE; numbers of -1 mean none.
    """
    everything = np.arange(len(rows.badge), dtype=np.int32)
    by_customer, _ = kernel.group_rows(rows.customer, everything, max(customers, 1))
    badge_count = max((plan.badge_no for plan in plans), default=-1) + 1
    by_badge, badge_starts = kernel.group_rows(rows.badge, everything, max(badge_count, 1))
    by_both, _ = kernel.group_rows(rows.badge, by_customer, max(badge_count, 1))

    def count_one(plan: BadgePlan) -> _Found:
        low, high = badge_starts[plan.badge_no], badge_starts[plan.badge_no + 1]
        found = _Found()
        found.add("cycle", _cycle_rows(plan))
        for scope, order in zip(SCOPES, (by_badge[low:high], by_both[low:high]), strict=True):
            if any(limit.scope == scope for limit in plan.slots) and len(order):
                _count_scope(plan, scope, order, rows, rules, found)
        return found

    with ThreadPoolExecutor(threads) as pool:
        return _Found.joined(pool.map(count_one, plans))


class _Found:
    """Pieces of tables, put together at the end."""

    COLUMNS: ClassVar[dict[str, tuple[str, ...]]] = {
        "over_limit": ("row_no", "slot_no", "count", "number", "window_start", "window_end"),
        "cycle_count": ("badge_no", "scope", "cycle_no", "customer", "count", "number", "breached"),
        "limit_use": ("slot_no", "customer", "count", "number", "peak_count", "peak_row_no"),
        "outside_cycle": ("row_no",),
        "cycle": ("badge_no", "scope", "slot_no", "cycle_no", "first_day", "end_day", "starts_at", "ends_at"),
    }

    def __init__(self) -> None:
        self._pieces: dict[str, list[Table]] = {name: [] for name in self.COLUMNS}

    def add(self, name: str, piece: Table) -> None:
        self._pieces[name].append(piece)

    def tables(self) -> dict[str, Table]:
        return {
            name: {
                column: np.concatenate([piece[column] for piece in pieces] or [np.empty(0, np.int64)])
                for column in self.COLUMNS[name]
            }
            for name, pieces in self._pieces.items()
        }

    @classmethod
    def joined(cls, parts: Iterable[_Found]) -> dict[str, Table]:
        whole = cls()
        for part in parts:
            for name, pieces in part._pieces.items():
                whole._pieces[name].extend(pieces)
        return whole.tables()


def _cycle_rows(plan: BadgePlan) -> Table:
    pieces: dict[str, list[Ints]] = {name: [] for name in _Found.COLUMNS["cycle"]}
    slot_nos = np.array(plan.slot_nos, dtype=np.int64)
    for place, scope in enumerate(SCOPES):
        table = plan.cycle_tables[scope]
        count = len(table["cycle_no"])
        pieces["badge_no"].append(np.full(count, plan.badge_no, np.int64))
        pieces["scope"].append(np.full(count, place, np.int64))
        pieces["slot_no"].append(slot_nos[table["slot"]] if count else np.empty(0, np.int64))
        for name in ("cycle_no", "first_day", "end_day", "starts_at", "ends_at"):
            pieces[name].append(table[name])
    return {name: np.concatenate(parts) for name, parts in pieces.items()}


def _count_scope(
    plan: BadgePlan, scope: str, order: NDArray[np.int32], rows: Rows, rules: CountingRules, found: _Found
) -> None:
    """Count one scope of one badge; `order` holds its rows grouped by subject."""
    bounds = np.array([0, len(order)]) if scope == "BADGE" else kernel.subject_bounds(rows.customer, order)
    customers = np.array([-1]) if scope == "BADGE" else rows.customer[order[bounds[:-1]]].astype(np.int64)
    place = _Placed(
        scope, bounds, customers, rows.row_no[order], rows.processed[order], rows.event[order], rows.version[order]
    )
    if any(limit.scope == scope and limit.kind == "FIXED_WINDOW" for limit in plan.slots):
        _count_cycles(plan, place, rules, found)
    for slot, limit in enumerate(plan.slots):
        if limit.scope == scope and limit.kind != "FIXED_WINDOW":
            _count_span(plan, place, slot, limit, rules, found)


@dataclass(frozen=True)
class _Placed:
    """One scope's rows of a badge, contiguous and grouped by subject."""

    scope: str
    bounds: Ints
    customers: Ints
    row_no: Ints
    processed: Ints
    event: Ints
    version: NDArray[np.int32]


def _over_limit(plan: BadgePlan, place: _Placed, breaches: Any) -> Table:
    slot_nos = np.array(plan.slot_nos, dtype=np.int64)
    return {
        "row_no": place.row_no[breaches[:, 0]],
        "slot_no": slot_nos[breaches[:, 1]],
        "count": breaches[:, 2],
        "number": breaches[:, 3],
        "window_start": breaches[:, 4],
        "window_end": breaches[:, 5],
    }


def _count_cycles(plan: BadgePlan, place: _Placed, rules: CountingRules, found: _Found) -> None:
    table = plan.cycle_tables[place.scope]
    breaches, counts, peaks, outside = kernel.count_fixed(
        place.bounds, place.event, place.version, plan.numbers, table["starts_at"], table["ends_at"], table["slot"]
    )
    found.add("over_limit", _over_limit(plan, place, breaches))
    size = len(counts)
    found.add(
        "cycle_count",
        {
            "badge_no": np.full(size, plan.badge_no, np.int64),
            "scope": np.full(size, SCOPES.index(place.scope), np.int64),
            "cycle_no": counts[:, 1] + 1,
            "customer": place.customers[counts[:, 0]],
            "count": counts[:, 2],
            "number": counts[:, 3],
            "breached": counts[:, 4],
        },
    )
    # Outside every cycle is a matter of versions that have a fixed window in this scope.
    windowed = np.array(
        [
            any(plan.numbers[row, slot] != kernel.UNJUDGED for slot in _fixed(plan, place.scope))
            for row in range(len(plan.numbers))
        ]
    )
    found.add("outside_cycle", {"row_no": place.row_no[outside[windowed[place.version[outside]]]]})
    _use_of_cycle(plan, place, rules, counts, peaks, found)


def _fixed(plan: BadgePlan, scope: str) -> list[int]:
    return [slot for slot, limit in enumerate(plan.slots) if limit.scope == scope and limit.kind == "FIXED_WINDOW"]


def _use_of_cycle(
    plan: BadgePlan, place: _Placed, rules: CountingRules, counts: Any, peaks: Any, found: _Found
) -> None:
    """Use of the fixed window whose cycle holds as-of, by every subject with a row in that cycle."""
    table = plan.cycle_tables[place.scope]
    now = np.flatnonzero((table["starts_at"] <= rules.as_of) & (rules.as_of < table["ends_at"]))
    if not len(now):
        return
    slot = int(table["slot"][now[0]])
    number = int(plan.numbers[plan.version_at_as_of, slot])
    if number == kernel.UNJUDGED:
        return
    used = counts[counts[:, 1] == now[0]]
    of_slot = peaks[peaks[:, 1] == slot]
    best = of_slot[np.searchsorted(of_slot[:, 0], used[:, 0])]
    found.add(
        "limit_use",
        {
            "slot_no": np.full(len(used), plan.slot_nos[slot], np.int64),
            "customer": place.customers[used[:, 0]],
            "count": used[:, 2],
            "number": np.full(len(used), number, np.int64),
            "peak_count": best[:, 2],
            "peak_row_no": place.row_no[best[:, 3]],
        },
    )


def _count_span(plan: BadgePlan, place: _Placed, slot: int, limit: Limit, rules: CountingRules, found: _Found) -> None:
    rolling = limit.kind == "ROLLING_WINDOW"
    on_event = rolling and rules.event_clock
    window = window_of(limit)
    breaches, use = kernel.count_spans(
        place.bounds,
        place.event if on_event else place.processed,
        not on_event,
        place.processed,
        place.version,
        plan.numbers,
        slot,
        window,
        rules.local_day,
        rules.as_of,
        rules.zone.changes_at,
        rules.zone.offsets,
        rules.zone.wall_changes,
    )
    found.add("over_limit", _over_limit(plan, place, breaches))
    number = int(plan.numbers[plan.version_at_as_of, slot])
    used = use[use[:, 2] > 0]
    if number != kernel.UNJUDGED:
        found.add(
            "limit_use",
            {
                "slot_no": np.full(len(used), plan.slot_nos[slot], np.int64),
                "customer": place.customers[used[:, 0]],
                "count": used[:, 2],
                "number": np.full(len(used), number, np.int64),
                "peak_count": used[:, 3],
                "peak_row_no": place.row_no[used[:, 4]],
            },
        )


__all__ = ["BadgePlan", "BadgeVersion", "CountingRules", "Rows", "count_badges", "plan_badge", "window_of"]
