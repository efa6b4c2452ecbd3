"""From recorded versions and every row of the log to decisions: lays out each badge's rows for the kernel and makes
the relations of `sql/6_replay` (RULEBOOK 10).

The connection holds staging and the audit's ledger under the same settings; nothing of them is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, fields
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from . import accounting, civil, counting, deciding, kernel
from .calendar import DAY, LAST_INSTANT, Zone, zone
from .definitions import ExpiryRule
from .settings import Rules
from .timeline import THIRTY_DAYS
from .warehouse import first_row, statement

Ints = NDArray[np.int64]
Done = Callable[[int], None]
_FOLDER = "6_replay"
# No duration reaches further than the calendar does.
_MOST_DAYS = 4_000_000


@dataclass(frozen=True)
class DecidedVersion:
    """A version as replay needs it, beside what counting needs of it."""

    counted: counting.BadgeVersion
    active: bool
    earn_type: str


@dataclass(frozen=True)
class AskedRows:
    """Every row that rules decide, badge after badge, each in processing order.

    `badge`, `customer` and `request` number from 0 what they stand for; calls of one badge, endpoint and requestId
    have one `request`.
    """

    row_no: Ints
    badge: NDArray[np.int32]
    customer: NDArray[np.int32]
    version: NDArray[np.int32]
    is_issue: NDArray[np.bool_]
    processed: Ints
    event: Ints
    call: Ints
    request: Ints


@dataclass(frozen=True)
class Decided:
    """Reason and slot of each row, as :mod:`.deciding` numbers them."""

    reason: NDArray[np.int8]
    slot_no: Ints


def make_decisions(
    con: duckdb.DuckDBPyConnection,
    rules: Rules,
    as_of_us: int,
    *,
    numbers: Mapping[tuple[str, str], int],
    shown: tuple[int, int],
    progress: Done = lambda _: None,
) -> None:
    """Make the temporary relations `decisions` and `decision_totals`, which stand as long as the connection.

    `numbers` replaces the number of a limit, by badge and limit name, in every version that carries it. `shown` are
    the half-open bounds of `processed_at`, in microseconds, of what they show. `progress` is told how many rows are
    decided, from 0 on.
    """
    for relation in ("asked_call", "asking_customer"):
        _make(con, relation)
    rows = AskedRows(**con.execute(statement(_FOLDER, "asked_row")).fetchnumpy())
    versions, plans = _plans(con, rules, as_of_us, numbers)
    requests = first_row(con, "SELECT coalesce(max(request) + 1, 0) FROM asked_call")[0]
    found = decide_badges(rows, plans, versions, requests, rules, progress=progress)
    con.execute(f"SET VARIABLE shown_from = {shown[0]:d}")
    con.execute(f"SET VARIABLE shown_to = {shown[1]:d}")
    con.register("kernel_decision", {"row_no": rows.row_no, "reason": found.reason, "slot_no": found.slot_no})
    try:
        _make(con, "decided_row")
    finally:
        con.unregister("kernel_decision")
    # Wide, and read column by column: a view, so that it is not written down before it is sorted.
    con.execute(f"CREATE OR REPLACE TEMP VIEW decisions AS {statement(_FOLDER, 'decisions')}")
    _make(con, "decision_totals")


def _make(con: duckdb.DuckDBPyConnection, relation: str) -> None:
    con.execute(f"CREATE OR REPLACE TEMP TABLE {relation} AS {statement(_FOLDER, relation)}")


def _plans(
    con: duckdb.DuckDBPyConnection,
    rules: Rules,
    as_of_us: int,
    numbers: Mapping[tuple[str, str], int],
) -> tuple[list[list[DecidedVersion]], list[counting.BadgePlan]]:
    """Versions and plans by the badges' numbers."""
    codes = dict(con.execute("SELECT badge_id, badge_no FROM ledger.badge_code").fetchall())
    slots: dict[str, dict[str, int]] = {badge: {} for badge in codes}
    for badge, name, slot_no in con.execute("SELECT badge_id, limit_name, slot_no FROM ledger.slot").fetchall():
        slots[badge][name] = slot_no
    said: dict[str, list[tuple[bool, str]]] = {badge: [] for badge in codes}
    for badge, active, earn_type in con.execute(
        "SELECT badge_id, active, earn_type FROM staging.version ORDER BY badge_id, version_no"
    ).fetchall():
        said[badge].append((active, earn_type))
    last_events = dict(
        con.execute("SELECT badge_id, max(event_at) FROM staging.answered_row GROUP BY badge_id").fetchall()
    )
    counting_rules = counting.CountingRules(
        zone=zone(rules.zone),
        event_clock=rules.rolling_clock == "event",
        local_day=rules.rolling_edge == "local-day",
        month=rules.month,
        as_of=as_of_us,
    )
    versions: list[list[DecidedVersion]] = [[] for _ in codes]
    plans: list[counting.BadgePlan | None] = [None] * len(codes)
    for badge, recorded in accounting.versions(con).items():
        replaced = [_with_numbers(badge, version, numbers) for version in recorded]
        place = codes[badge]
        versions[place] = [
            DecidedVersion(version, *facts) for version, facts in zip(replaced, said[badge], strict=True)
        ]
        plans[place] = counting.plan_badge(
            place, replaced, slots[badge], counting_rules, last_events.get(badge, as_of_us)
        )
    return versions, [plan for plan in plans if plan is not None]


def _with_numbers(
    badge: str, version: counting.BadgeVersion, numbers: Mapping[tuple[str, str], int]
) -> counting.BadgeVersion:
    limits = {
        name: limit.model_copy(update={"number": numbers.get((badge, name), limit.number)})
        for name, limit in version.limits.items()
    }
    return counting.BadgeVersion(
        version.in_force_from, version.starts_at, version.expires_at, version.issued_rule, limits
    )


def decide_badges(
    rows: AskedRows,
    plans: Sequence[counting.BadgePlan],
    versions: Sequence[Sequence[DecidedVersion]],
    requests: int,
    rules: Rules,
    *,
    threads: int = 2,
    progress: Done = lambda _: None,
) -> Decided:
    """Decide every row, badges side by side on threads; there are so many `requests`."""
    size, badges = len(rows.badge), max(len(plans), 1)
    badge_starts = np.searchsorted(rows.badge, np.arange(badges + 1, dtype=np.int32))
    admitting_call = np.zeros(requests, np.int64)
    found = Decided(np.zeros(size, np.int8), np.full(size, deciding.NO_SLOT, np.int64))
    zone_ = zone(rules.zone)

    def decide_one(plan: counting.BadgePlan) -> int:
        low, high = badge_starts[plan.badge_no], badge_starts[plan.badge_no + 1]
        if high > low:
            own = AskedRows(*(getattr(rows, entry.name)[low:high] for entry in fields(rows)))
            badge = _Badge(plan, versions[plan.badge_no], rules, zone_)
            grouped = kernel.order_by_key(own.customer, *np.empty((2, high - low), np.int32))
            bounds = kernel.subject_bounds(own.customer, grouped, np.empty(high - low + 1, np.int64))
            found.reason[low:high], full = badge.decide(own, bounds, grouped, admitting_call)
            # The last entry answers for NO_SLOT.
            found.slot_no[low:high] = np.array([*plan.slot_nos, deciding.NO_SLOT], np.int64)[full]
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
    zone: Zone

    def decide(
        self, rows: AskedRows, bounds: Ints, grouped: NDArray[np.int32], admitting_call: Ints
    ) -> tuple[Any, Any]:
        """Decide the badge's rows; `grouped` holds their places by customer, `bounds` where each customer begins."""
        asked = deciding.Asked(
            processed=rows.processed,
            event=rows.event,
            version=rows.version,
            is_issue=rows.is_issue,
            call=rows.call,
            request=rows.request,
            ends_at=self._validity_ends(rows.is_issue, rows.version, rows.event),
        )
        on_event = self.rules.rolling_clock == "event"
        return deciding.decide(
            asked,
            self._versions(),
            self._slots(),
            deciding.Clock(
                on_event,
                self.rules.rolling_edge == "local-day",
                self.zone.changes_at,
                self.zone.offsets,
                self.zone.wall_changes,
            ),
            self._subjects(bounds, grouped, rows.event, on_event, bool(rows.is_issue.any())),
            admitting_call,
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
        return deciding.Slots(kind, unit, length, sum(limit.scope == "BADGE" for limit in self.plan.slots))

    def _subjects(
        self, bounds: Ints, grouped: NDArray[np.int32], event: Ints, on_event: bool, holds: bool
    ) -> deciding.Subjects:
        """The subjects of both scopes with all room free; `holds` says that there are issues."""
        size = len(grouped)
        ranked = (2, size if on_event or holds else 0)
        subjects = deciding.Subjects(
            low=np.empty((2, size), np.int32),
            high=np.empty(ranked, np.int32),
            cell=np.full((2, size), -1, np.int32),
            window=np.full((2, size), -1, np.int32),
            rank=np.empty(ranked, np.int32),
            events=np.empty(2 * ranked[1], np.int64),
            room=np.zeros((2 * size, 3), np.int64),
            by_event=np.zeros(2 * size if on_event else 0, np.int32),
            valid_until=np.full(size if holds else 0, -deciding.NEVER, np.int64),
        )
        everything = np.arange(size, dtype=np.int32)
        for place, scope, own_bounds, own_grouped, own_ranked in (
            (deciding.CUSTOMER, "CUSTOMER", bounds, grouped, on_event or holds),
            (deciding.BADGE, "BADGE", np.array([0, size]), everything, on_event),
        ):
            table = self.plan.cycle_tables[scope]
            deciding.place_rows(
                subjects,
                place,
                own_bounds,
                own_grouped,
                event,
                table["starts_at"],
                table["ends_at"],
                table["slot"],
                own_ranked,
            )
        return subjects

    def _validity_ends(self, is_issue: NDArray[np.bool_], version: NDArray[np.int32], event: Ints) -> Ints:
        """When each issue would expire (RULEBOOK 8); of an earn nothing is asked."""
        ends = np.full(len(event), deciding.NEVER, np.int64)
        if not is_issue.any():
            return ends
        for place, said in enumerate(self.versions):
            chosen = np.flatnonzero(is_issue & (version == place))
            ends[chosen] = self._expiries(said.counted.issued_rule, event[chosen], said.counted.expires_at)
        return ends

    def _expiries(self, rule: ExpiryRule | None, events: Ints, badge_end: int) -> Any:
        if rule is None or rule.kind == "WITH_BADGE_META":
            return badge_end
        if rule.kind == "NEVER":
            return deciding.NEVER
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
