"""From recorded versions and every row of the log to decisions: lays out each badge's rows for the kernel and makes
the relations of `sql/6_replay` (RULEBOOK 10).

The connection holds staging and the audit's ledger under the same settings; nothing of them is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from . import civil, counting, deciding, kernel, subjects
from .asked import AskedRows, badges_of, read_asked
from .calendar import DAY, LAST_INSTANT, Zone, zone
from .definitions import ExpiryRule
from .kept import Kept, fingerprint
from .ruling import Badges, DecidedVersion, RuledBadge
from .settings import Rules
from .timeline import THIRTY_DAYS
from .warehouse import statement

Ints = NDArray[np.int64]
Done = Callable[[int], None]
_FOLDER = "6_replay"
# No duration reaches further than the calendar does.
_MOST_DAYS = 4_000_000


@dataclass(frozen=True)
class Decided:
    """Reason and slot of each row, as :mod:`.deciding` numbers them; rows are in order of `row_no`."""

    row_no: Ints
    reason: NDArray[np.int8]
    slot_no: NDArray[np.int32]

    def of(self, row_no: Ints) -> tuple[NDArray[np.int8], NDArray[np.int32]]:
        """Reason and slot of some rows; what was not asked is of a badge that is unknown."""
        reason = np.full(len(row_no), deciding.UNKNOWN_BADGE, np.int8)
        slot_no = np.full(len(row_no), deciding.NO_SLOT, np.int32)
        place = np.searchsorted(self.row_no, row_no)
        asked = place < len(self.row_no)
        asked[asked] = self.row_no[place[asked]] == row_no[asked]
        reason[asked], slot_no[asked] = self.reason[place[asked]], self.slot_no[place[asked]]
        return reason, slot_no


def make_decisions(
    con: duckdb.DuckDBPyConnection,
    badges: Badges,
    as_of_us: int,
    *,
    before: Badges | None = None,
    shown: tuple[int, int],
    progress: Done = lambda _: None,
    kept: Sequence[Kept] = (Kept(None), Kept(None)),
) -> Decided:
    """Make the temporary relation `decisions`, which stands as long as the connection, and what :func:`make_totals`
    sums up.

    With `before`, every row is decided under those versions as well. `shown` are the half-open bounds of
    `processed_at`, in microseconds, of what they show. `progress` is told how many rows are decided, from 0 on, for
    each of the two; `kept` is where what is decided stays if nothing comes after it, of `badges` and of `before`.
    """
    _make(con, "asking_customer")
    for relation in ("reason", "verdict"):
        _make(con, relation)
    con.execute(f"SET VARIABLE shown_from = {shown[0]:d}")
    con.execute(f"SET VARIABLE shown_to = {shown[1]:d}")
    if before is not None:
        _decide(con, before, as_of_us, progress, kept[1])
        # What was decided first stays beside what is decided next.
        for first, made in (("decided_before", "decided_row"), ("slot_before", "ruling_slot")):
            con.execute(f"CREATE OR REPLACE TEMP TABLE {first} AS FROM {made}")
    found = _decide(con, badges, as_of_us, progress, kept[0])
    # Wide, and read column by column: views, so that nothing is written down before it is sorted.
    for relation in ("told_row", "decisions", "judged_row", *(() if before is None else ("decided_twice",))):
        con.execute(f"CREATE OR REPLACE TEMP VIEW {relation} AS {statement(_FOLDER, relation)}")
    return found


def make_totals(con: duckdb.DuckDBPyConnection, *, compared: bool) -> None:
    """Make the temporary relation `decision_totals`; of what was decided twice also `comparison` and `gains`."""
    for relation in ("decision_totals", *(("comparison", "gains") if compared else ())):
        _make(con, relation)


def _decide(con: duckdb.DuckDBPyConnection, badges: Badges, as_of_us: int, progress: Done, kept: Kept) -> Decided:
    """Make the relation `decided_row`."""
    # Of a badge without a version nothing is decided, of one without a row there is nothing to decide.
    known = badges_of(con)
    ruled = [badges.get(name) for _, name in known]
    limits = [
        sorted({limit for one in badge.versions for limit in one.counted.limits}) if badge else [] for badge in ruled
    ]
    _register_rulings(con, known, ruled, limits)
    key = fingerprint(con, badges, as_of_us)
    arrays = kept.taken_up(key)
    if arrays is None:
        rows = read_asked(con)
        found = decide_badges(rows, _plans(rows, ruled, limits, as_of_us), ruled, progress=progress)
        arrays = {"row_no": rows.row_no, "call_no": rows.call, "accepted": rows.accepted, "fact": rows.fact}
        arrays |= {"reason": found.reason, "slot_no": found.slot_no}
        kept.keep(key, arrays)
    con.register("kernel_decision", arrays)
    try:
        _make(con, "decided_row")
    finally:
        con.unregister("kernel_decision")
    return Decided(arrays["row_no"], arrays["reason"], arrays["slot_no"])


def _make(con: duckdb.DuckDBPyConnection, relation: str) -> None:
    con.execute(f"CREATE OR REPLACE TEMP TABLE {relation} AS {statement(_FOLDER, relation)}")


def _register_rulings(
    con: duckdb.DuckDBPyConnection,
    known: Sequence[tuple[int, str]],
    ruled: Sequence[RuledBadge | None],
    limits: Sequence[Sequence[str]],
) -> None:
    """Make `ruling_version` and `ruling_slot`: the versions and limits by their numbers in the kernel's arrays."""
    versions = [
        (name, badge_no, version_no, version.counted.in_force_from if version_no else -(2**63) + 1)
        for (badge_no, name), badge in zip(known, ruled, strict=True)
        if badge is not None
        for version_no, version in enumerate(badge.versions)
    ]
    kernel_version = {
        "badge_id": np.array([version[0] for version in versions], dtype=object),
        "badge_no": np.array([version[1] for version in versions], np.int64),
        "version_no": np.array([version[2] for version in versions], np.int32),
        "valid_from": np.array([version[3] for version in versions], np.int64),
    }
    slots = [name for badge in limits for name in badge]
    kernel_slot = {"slot_no": np.arange(len(slots)), "limit_name": np.array(slots, dtype=object)}
    for relation, arrays in (("ruling_version", kernel_version), ("ruling_slot", kernel_slot)):
        con.register(f"kernel_{relation}", arrays)
        try:
            _make(con, relation)
        finally:
            con.unregister(f"kernel_{relation}")


def _plans(
    rows: AskedRows, ruled: Sequence[RuledBadge | None], limits: Sequence[Sequence[str]], as_of_us: int
) -> list[counting.BadgePlan]:
    """Plans of the badges that are ruled, by their places; slots are numbered through all of them."""
    bounds = np.searchsorted(rows.badge, np.arange(len(ruled) + 1, dtype=np.int32))
    plans, first_slot = [], 0
    for place, (badge, names) in enumerate(zip(ruled, limits, strict=True)):
        if badge is None:
            continue
        counting_rules = counting.CountingRules(
            zone=zone(badge.rules.zone),
            event_clock=badge.rules.rolling_clock == "event",
            local_day=badge.rules.rolling_edge == "local-day",
            month=badge.rules.month,
            as_of=as_of_us,
        )
        events = rows.event[bounds[place] : bounds[place + 1]]
        slots = {name: first_slot + number for number, name in enumerate(names)}
        versions = [version.counted for version in badge.versions]
        until = int(events.max()) if len(events) else as_of_us
        plans.append(counting.plan_badge(place, versions, slots, counting_rules, until))
        first_slot += len(names)
    return plans


def decide_badges(
    rows: AskedRows,
    plans: Sequence[counting.BadgePlan],
    ruled: Sequence[RuledBadge | None],
    *,
    threads: int = 2,
    progress: Done = lambda _: None,
) -> Decided:
    """Decide every row, badges side by side on threads; `ruled` are the badges by their places. What no plan decides is
    of a badge that is unknown."""
    size = len(rows.badge)
    starts = np.searchsorted(rows.badge, np.arange(len(ruled) + 1, dtype=np.int32))
    admitting_call = np.full(int(rows.request.max(initial=0)) + 1, deciding.NO_CALL, np.int64)
    found = Decided(
        rows.row_no, np.full(size, deciding.UNKNOWN_BADGE, np.int8), np.full(size, deciding.NO_SLOT, np.int32)
    )

    def decide_one(plan: counting.BadgePlan) -> int:
        low, high = starts[plan.badge_no], starts[plan.badge_no + 1]
        badge = ruled[plan.badge_no]
        if badge is not None and high > low:
            own = rows.part(low, high)
            grouped = kernel.order_by_key(own.customer, *np.empty((2, high - low), np.int32))
            bounds = kernel.subject_bounds(own.customer, grouped, np.empty(high - low + 1, np.int64))
            found_here = Decided(own.row_no, found.reason[low:high], found.slot_no[low:high])
            _Badge(plan, badge.versions, badge.rules).decide(own, bounds, grouped, admitting_call, found_here)
        return int(high - low)

    decided = 0
    progress(decided)
    with ThreadPoolExecutor(threads) as pool:
        for finished in as_completed([pool.submit(decide_one, plan) for plan in plans]):
            decided += finished.result()
            progress(decided)
    return found


@dataclass(frozen=True)
class _Badge:
    """One badge's limits, as the kernel takes them."""

    plan: counting.BadgePlan
    versions: Sequence[DecidedVersion]
    rules: Rules

    @property
    def zone(self) -> Zone:
        """The zone in which the badge's days and months are cut."""
        return zone(self.rules.zone)

    def decide(
        self, rows: AskedRows, bounds: Ints, grouped: NDArray[np.int32], admitting_call: Ints, found: Decided
    ) -> None:
        """Decide the badge's rows; `grouped` holds their places by customer, `bounds` where each customer begins."""
        asked = deciding.Asked(
            processed=rows.processed,
            event=rows.event,
            version=rows.version,
            is_issue=rows.is_issue,
            call=rows.call,
            request=rows.request,
            ends_at=self._validity_ends(rows.is_issue, rows.version, rows.event),
            fact=rows.fact,
            revoked_at=rows.revoked_at,
        )
        on_event = self.rules.rolling_clock == "event"
        slots = self._slots()
        deciding.decide(
            asked,
            self._versions(),
            slots,
            deciding.Clock(
                on_event,
                self.rules.rolling_edge == "local-day",
                self.zone.changes_at,
                self.zone.offsets,
                self.zone.wall_changes,
            ),
            self._subjects(bounds, grouped, rows.event, slots, on_event, bool(rows.is_issue.any())),
            admitting_call,
            self.rules.imported == "count",
            self.rules.revoked == "exclude",
            found.reason,
            found.slot_no,
        )

    def _versions(self) -> deciding.Versions:
        return deciding.Versions(
            active=np.array([version.active for version in self.versions]),
            starts_at=np.array([version.counted.starts_at for version in self.versions], np.int64),
            expires_at=np.array([version.counted.expires_at for version in self.versions], np.int64),
            counts=np.array(
                [[kind_counts(kind, version.earn_type, self.rules) for kind in ("EARN", "ISSUE")]
                 for version in self.versions]
            ),
            numbers=self.plan.numbers,
        )  # fmt: skip

    def _slots(self) -> deciding.Slots:
        windows = [counting.window_of(limit) for limit in self.plan.slots]
        kind, unit, length = (np.array([window[place] for window in windows], np.int64) for place in range(3))
        return deciding.Slots(
            kind=kind,
            unit=unit,
            length=length,
            badge_slots=sum(limit.scope == "BADGE" for limit in self.plan.slots),
            customer_windows=self.plan.cycle_tables["CUSTOMER"]["slot"],
            badge_windows=self.plan.cycle_tables["BADGE"]["slot"],
            slot_no=np.array(self.plan.slot_nos, np.int32),
        )

    def _subjects(
        self,
        bounds: Ints,
        grouped: NDArray[np.int32],
        event: Ints,
        slots: deciding.Slots,
        on_event: bool,
        holds: bool,
    ) -> subjects.Subjects:
        """The subjects of both scopes with all room free; `holds` says that there are issues."""
        size, numbers = len(grouped), self.plan.numbers
        fewest = [
            int(subjects.fewest_to_reject(numbers, slots.kind, *ends).min())
            for ends in ((slots.badge_slots, len(slots.kind)), (0, slots.badge_slots))
        ]
        cycles, ranked = len(slots.customer_windows), 2 if on_event else int(holds)
        placed = subjects.Subjects(
            low=np.empty(size, np.int32),
            badge_low=subjects.NO_PLACE,
            cycle=self._cycles(event),
            cell=np.empty(size if cycles else 0, np.int32),
            badge_cells=size if cycles else 0,
            room=np.empty(0, np.int64),
            in_cell=np.zeros((size if cycles else 0) + len(slots.badge_windows), np.int32),
            begin=np.empty((ranked, size), np.int32),
            end=np.empty((ranked, size), np.int32),
            rank=np.empty((ranked, size), np.int32),
            events=np.empty(ranked * size, np.int64),
            by_event=np.zeros(2 * size if on_event else 0, np.int32),
            valid_until=np.full(size if holds else 0, -subjects.NEVER, np.int64),
        )
        places = subjects.place_customers(placed, bounds, grouped, fewest[subjects.CUSTOMER], cycles)
        if size > fewest[subjects.BADGE]:
            placed = placed._replace(badge_low=places)
            places += size + 1
        if ranked:
            subjects.rank_rows(placed, subjects.CUSTOMER, 0, bounds, grouped, event)
        if on_event:
            everything = np.arange(size, dtype=np.int32)
            subjects.rank_rows(placed, subjects.BADGE, size, np.array([0, size]), everything, event)
        return placed._replace(room=np.zeros(places, np.int64))

    def _cycles(self, event: Ints) -> NDArray[np.int32]:
        """The cycle of each row's event in both scopes, -1 outside every cycle; no column where no scope has cycles."""
        tables = [self.plan.cycle_tables[scope] for scope in ("CUSTOMER", "BADGE")]
        found = np.empty((2, len(event) if any(len(table["slot"]) for table in tables) else 0), np.int32)
        for table, room in zip(tables, found, strict=True):
            if len(room):
                kernel.cycles_of(event, table["starts_at"], table["ends_at"], room)
        return found

    def _validity_ends(self, is_issue: NDArray[np.bool_], version: NDArray[np.int32], event: Ints) -> Ints:
        """When each issue would expire (RULEBOOK 8); of an earn nothing is asked."""
        if not is_issue.any():
            return np.empty(0, np.int64)
        ends = np.full(len(event), subjects.NEVER, np.int64)
        for place, said in enumerate(self.versions):
            chosen = np.flatnonzero(is_issue & (version == place))
            ends[chosen] = self._expiries(said.counted.issued_rule, event[chosen], said.counted.expires_at)
        return ends

    def _expiries(self, rule: ExpiryRule | None, events: Ints, badge_end: int) -> Any:
        if rule is None or rule.kind == "WITH_BADGE_META":
            return badge_end
        if rule.kind == "NEVER":
            return subjects.NEVER
        if rule.kind == "FIXED_DATE":
            return rule.expires_at
        value = rule.value or 0
        if rule.unit == "MONTHS" and self.rules.month == "calendar":
            months = np.full(len(events), min(value, _MOST_DAYS), np.int64)
            return civil.months_after(events, months, self.zone.changes_at, self.zone.offsets, self.zone.wall_changes)
        days = {"DAYS": 1, "WEEKS": 7, "MONTHS": THIRTY_DAYS}[str(rule.unit)] * value
        return np.minimum(events + min(days, _MOST_DAYS) * DAY, LAST_INSTANT)


def kind_counts(kind: str, earn_type: str, rules: Rules) -> bool:
    """Whether rows of a kind count (RULEBOOK 4)."""
    if rules.counted == "by-earn-type":
        return kind == "EARN" or earn_type == "EARN"
    return rules.counted == "both" or rules.counted == kind.lower()
