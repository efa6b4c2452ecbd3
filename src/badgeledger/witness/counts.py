"""What counts, the span of every limit, and every count by looking at all other rows (RULEBOOK 4, 6, 7 and 8)."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field

from .calls import Row
from .cycles import Cycle, number_for, timeline, version_at, versions_of
from .definitions import Definition
from .times import DAY, LATEST, WEEK, Zone, add_duration, add_months_to_day, clamp

SCOPES = ("BADGE", "CUSTOMER")
DEFAULTS = {
    "zone": "UTC",
    "rolling_clock": "processed",
    "rolling_edge": "instant",
    "month": "calendar",
    "counted": "by-earn-type",
    "revoked": "count",
    "imported": "count",
}
CHOICES = {
    "rolling_clock": ("processed", "event"),
    "rolling_edge": ("instant", "local-day"),
    "month": ("calendar", "30-days"),
    "counted": ("by-earn-type", "issue", "earn", "both"),
    "revoked": ("count", "exclude"),
    "imported": ("count", "ignore"),
}


class Settings:
    """The rule book's settings, defaults filled in. Raises ValueError for an unknown name or value."""

    def __init__(self, rules: Mapping[str, str], as_of: int) -> None:
        unknown = set(rules) - set(DEFAULTS)
        if unknown:
            raise ValueError(f"unknown settings {sorted(unknown)}")
        self.rules = DEFAULTS | dict(rules)
        for name, allowed in CHOICES.items():
            if self.rules[name] not in allowed:
                raise ValueError(f"{name} is {self.rules[name]!r}, expected one of {allowed}")
        self.zone = Zone(self.rules["zone"])
        self.as_of = as_of

    def __getitem__(self, name: str) -> str:
        return self.rules[name]

    def clock(self, row: Row) -> int:
        """The counting clock of rolling windows."""
        return row.event_at if self.rules["rolling_clock"] == "event" else row.processed_at


@dataclass
class Count:
    """One count of one counted row: the limit's name, the span it was counted in, the number that judges, if any."""

    row: Row
    name: str
    scope: str
    count: int
    number: int | None
    start: int | None
    end: int
    cycle: Cycle | None

    @property
    def breached(self) -> bool:
        """Over the number."""
        return self.number is not None and self.count > self.number


@dataclass
class Badge:
    """All that is known of one badge up to as-of. Rows stand in processing order."""

    badge: str
    versions: list[Definition]
    rows: list[Row]
    cycles: dict[str, list[Cycle]] = field(default_factory=dict)
    counts: list[Count] = field(default_factory=list)
    outside: list[Row] = field(default_factory=list)

    @property
    def last(self) -> Definition | None:
        """The last version up to as-of."""
        return self.versions[-1] if self.versions else None


def rolling_start(name: str, at: int, settings: Settings) -> int:
    """The first instant of the rolling span that ends at clock instant `at` (RULEBOOK 6.2)."""
    _, _, unit, size = name.split(":")
    length, zone = int(size), settings.zone
    if settings["rolling_edge"] == "local-day":
        day: int | None = zone.day(at)
        assert day is not None
        if unit == "MONTHS":
            day = add_months_to_day(day, -length)
        else:
            day -= length * (7 if unit == "WEEKS" else 1)
        return zone.midnight(1 if day is None else day + 1)
    if unit == "MONTHS":
        return zone.add_months(at, -length) + 1
    return clamp(at - length * (WEEK if unit == "WEEKS" else DAY) + 1)


def is_counted(row: Row, settings: Settings) -> bool:
    """Whether a row of a known badge counts (RULEBOOK 4)."""
    if settings["revoked"] == "exclude" and row.revoked_by(settings.as_of):
        return False
    return row.accepted and kind_counts(row, settings)


def kind_counts(row: Row, settings: Settings) -> bool:
    """Whether rows of its kind, and imported or not, count for its badge (RULEBOOK 4)."""
    if row.version is None or (row.imported and settings["imported"] == "ignore"):
        return False
    if settings["counted"] == "issue":
        return row.kind == "ISSUE"
    if settings["counted"] == "earn":
        return row.kind == "EARN"
    if settings["counted"] == "both":
        return True
    return row.kind == "EARN" if row.version.earn_type == "ISSUE_EARN" else True


def expire(row: Row, settings: Settings) -> None:
    """Fills in the expiry rule, the instant of expiry and the state at as-of (RULEBOOK 8)."""
    if row.version is not None:
        _fill_expiry(row, row.version, settings)
    if row.revoked_at is not None and (row.expires_at is None or row.revoked_at < row.expires_at):
        row.state = "REVOKED"
    elif row.expires_at is not None and row.expires_at <= settings.as_of:
        row.state = "EXPIRED"


def _fill_expiry(row: Row, version: Definition, settings: Settings) -> None:
    if row.imported:
        row.rule, row.expires_at = "IMPORTED", row.brought_expiry
        return
    rule = version.issued_rule if row.kind == "ISSUE" else version.earned_rule
    if rule is None:
        row.rule, row.expires_at = "BADGE_END", version.end
    else:
        row.rule = rule.name
        if rule.kind == "RELATIVE":
            base = row.event_at if row.kind == "ISSUE" else row.processed_at
            row.expires_at = add_duration(base, rule.value, rule.unit, settings.zone, settings["month"])
        elif rule.kind == "FIXED_DATE":
            row.expires_at = rule.date
        elif rule.kind == "WITH_BADGE_META":
            row.expires_at = version.end


def account(
    name: str,
    definitions: Sequence[Definition],
    rows: Sequence[Row],
    settings: Settings,
    asked: Container[str] | None = None,
) -> Badge:
    """Everything of one badge: versions, cycles, counted rows and each of their counts, or of those rows alone whose
    keys are `asked`."""
    badge = Badge(name, versions_of(definitions, settings.as_of), list(rows))
    if not badge.versions:
        for row in badge.rows:
            expire(row, settings)
        return badge
    for row in badge.rows:
        row.version = version_at(badge.versions, row.processed_at)
        row.counted = is_counted(row, settings)
        expire(row, settings)
    until = max([settings.as_of, *(row.event_at for row in badge.rows)])
    for scope in SCOPES:
        badge.cycles[scope] = timeline(badge.versions, scope, settings.zone, settings["month"], until)
    counted = [row for row in badge.rows if row.counted]
    names = sorted({limit for version in badge.versions for limit in version.numbers})
    for scope in SCOPES:
        for subject in subjects(counted, scope):
            _count_fixed(badge, scope, subject, asked)
            for limit in names:
                if limit.startswith(f"{scope}:ROLLING_WINDOW"):
                    _count_rolling(badge, limit, subject, settings, asked)
                if limit == f"{scope}:FIXED_VALUE":
                    _count_life(badge, limit, subject, asked)
    for row in counted:
        assert row.version is not None
        for scope in SCOPES:
            if row.version.fixed_window(scope) is not None and cycle_holding(badge, scope, row.event_at) is None:
                badge.outside.append(row)
                break
    return badge


def subjects(counted: Sequence[Row], scope: str) -> list[list[Row]]:
    """The counted rows of each subject: all of them for the badge, those of each customer for customers."""
    if scope == "BADGE":
        return [list(counted)] if counted else []
    by_customer: dict[str, list[Row]] = {}
    for row in counted:
        by_customer.setdefault(row.customer, []).append(row)
    return list(by_customer.values())


def cycle_holding(badge: Badge, scope: str, instant: int) -> Cycle | None:
    """The cycle of the scope's timeline that holds the instant."""
    for cycle in badge.cycles[scope]:
        if cycle.holds(instant):
            return cycle
    return None


def _number_of(row: Row, name: str) -> int | None:
    assert row.version is not None
    return row.version.numbers.get(name)


def _is_asked(row: Row, asked: Container[str] | None) -> bool:
    return asked is None or row.key in asked


def _count_fixed(badge: Badge, scope: str, subject: Sequence[Row], asked: Container[str] | None) -> None:
    so_far: dict[int, int] = {}
    for row in subject:
        cycle = cycle_holding(badge, scope, row.event_at)
        if cycle is None:
            continue
        so_far[cycle.number] = so_far.get(cycle.number, 0) + 1
        if not _is_asked(row, asked):
            continue
        number = number_for(badge.versions, scope, cycle.name, row.processed_at)
        badge.counts.append(
            Count(row, cycle.name, scope, so_far[cycle.number], number, cycle.starts_at, cycle.ends_at, cycle)
        )


def _count_rolling(
    badge: Badge, name: str, subject: Sequence[Row], settings: Settings, asked: Container[str] | None
) -> None:
    # Rows stand in processing order and sorting keeps it among equal clocks: the order is (clock, processing order).
    in_order = sorted(subject, key=settings.clock)
    clocks = [settings.clock(row) for row in in_order]
    for place, row in enumerate(in_order):
        if not _is_asked(row, asked):
            continue
        start = rolling_start(name, clocks[place], settings)
        count = sum(1 for clock in clocks[: place + 1] if clock >= start)
        end = min(clocks[place], LATEST + DAY - 2) + 1
        badge.counts.append(Count(row, name, name.split(":")[0], count, _number_of(row, name), start, end, None))


def _count_life(badge: Badge, name: str, subject: Sequence[Row], asked: Container[str] | None) -> None:
    for place, row in enumerate(subject, start=1):
        if not _is_asked(row, asked):
            continue
        scope = name.split(":")[0]
        badge.counts.append(Count(row, name, scope, place, _number_of(row, name), None, row.processed_at + 1, None))
