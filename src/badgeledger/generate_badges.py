"""Badges of the synthetic platform: every limit kind in both scopes, several versions each, as badgeMeta log lines."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
ORG_ID = 100606
OWNERS = ("Loyalty", "Loyalty_Promotion", "Journeys", "Audience_Campaigns", "Rewards_Catalog", "Milestones")
NAMES = ("Early bird", "Weekend", "Refill", "Five in a row", "Big basket", "Club", "Green choice", "Comeback")
WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")

Rule = tuple[str, int]
Constraint = dict[str, Any]


@dataclass
class Badge:
    """One badge as the platform holds it now; instants in microseconds since the epoch.

    `rule` is its expiry rule: a unit with a number of units, or a kind with the instant that the platform answers.
    """

    badge_id: str
    earn_type: str
    start_us: int
    end_us: int
    owners: tuple[str, ...]
    rule: Rule


@dataclass(frozen=True)
class Update:
    """One version of a badge: its instant, its log line and the expiry rule that it brings."""

    at_us: int
    badge: Badge
    line: str
    rule: Rule


@lru_cache(maxsize=4_096)
def _day_text(day: int) -> str:
    return datetime.fromtimestamp(day * 86_400, UTC).strftime("%Y-%m-%d")


def iso(instant_us: int) -> str:
    """The instant as UTC ISO 8601 with six decimals."""
    day, rest = divmod(instant_us, DAY_US)
    seconds, micros = divmod(rest, SECOND_US)
    return f"{_day_text(day)}T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{micros:06d}Z"


def epoch(instant_us: int) -> str:
    """The instant as epoch seconds with nine decimals, as the platform prints them."""
    return f"{instant_us // SECOND_US}.{instant_us % SECOND_US:06d}000"


def add_months(instant_us: int, months: int) -> int:
    """The same UTC wall time `months` calendar months on, clamped to the month's last day (RULEBOOK 2)."""
    at = datetime.fromtimestamp(instant_us // SECOND_US, UTC)
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    following = datetime(year + (month + 1) // 12, (month + 1) % 12 + 1, 1, tzinfo=UTC)
    last_day = datetime.fromtimestamp(int(following.timestamp()) - 1, UTC).day
    moved = at.replace(year=year, month=month + 1, day=min(at.day, last_day))
    return int(moved.timestamp()) * SECOND_US + instant_us % SECOND_US


def expires_us(rule: Rule, base_us: int) -> int:
    """The expiry that the platform answers (RULEBOOK 8)."""
    name, value = rule
    if name == "DAYS":
        return base_us + value * DAY_US
    if name == "WEEKS":
        return base_us + value * 7 * DAY_US
    return add_months(base_us, value) if name == "MONTHS" else value


def _rule(index: int, step: int, end_us: int) -> Rule:
    rules = (
        ("DAYS", 30 + step),
        ("WEEKS", 2 + step),
        ("MONTHS", 1 + step),
        ("WITH_BADGE_META", end_us),
        ("NEVER", add_months(end_us, 1_200)),
        ("FIXED_DATE", end_us - DAY_US),
    )
    return rules[(index + step // 3) % len(rules)]


def _expiry(rule: Rule) -> dict[str, Any]:
    name, value = rule
    if name == "NEVER":
        return {"expiryType": "NEVER"}
    if name in ("DAYS", "WEEKS", "MONTHS"):
        return {"expiryType": "RELATIVE", "relativeExpirytype": name, "value": value}
    fixed = name == "FIXED_DATE"
    expires = f"@{epoch(value)}@" if fixed else None
    return {"expiryType": "ABSOLUTE", "type": name, "expiresOn": expires, "expireWithBadgeMeta": not fixed}


def _fixed_window(scope: str, unit: str, value: int | str, number: int) -> Constraint:
    geometry = {"DAYS": {"refreshRate": value}, "WEEKS": {"startDayOfTheWeek": value}, "MONTHS": {}}[unit]
    kind = {"constraintType": f"{scope}_FIXED_WINDOW", "durationType": unit}
    return {**kind, **geometry, "maxEarnLimit": number, "cycleStatus": "ACTIVE"}


def _fixed_value(scope: str, number: int) -> Constraint:
    return {"constraintType": f"{scope}_FIXED_VALUE", "maxEarnLimit": number}


def _rolling_triple(days: int, by_day: int, by_week: int, by_month: int) -> Constraint:
    return {
        "constraintType": "CUSTOMER_BADGE_ROLLING_WINDOW",
        "maxEarnForDays": by_day,
        "rollForDays": days,
        "maxEarnForWeeks": by_week,
        "rollForWeeks": 1,
        "maxEarnForMonths": by_month,
        "rollForMonths": 1,
    }


def _rolling(unit: str, number: int) -> Constraint:
    return {"constraintType": "BADGE_ROLLING_WINDOW", "rollType": unit, "rollValue": 1, "maxEarnLimit": number}


def _constraints(kind: int, step: int, daily_milli: int, days: int) -> tuple[list[Constraint], list[Constraint]]:
    """Customer and badge constraints of one of eight kinds, `step` versions on: the number changes, then the geometry.

    `daily_milli` is the badge's expected traffic a day in thousandths; badge-wide numbers lie a little above it.
    """
    more, turn = step % 2, step // 2
    week = WEEKDAYS[(kind + 3 * turn) % 7]

    def number(window_days: int) -> int:
        return max(2, daily_milli * window_days * (115 + 20 * more) // 100_000)

    triple = _rolling_triple(1 + turn, 2 + more, 5 + more, 10 + 2 * more)
    rollings = [_rolling("DAYS", number(1)), _rolling("WEEKS", number(7)), _rolling("MONTHS", number(30))]
    customer, badge = "CUSTOMER_BADGE", "BADGE"
    both = (
        ([_fixed_window(customer, "DAYS", 3 + 2 * turn, 3 + more)], [_fixed_window(badge, "DAYS", 2, number(2))]),
        ([triple], rollings),
        ([_fixed_window(customer, "WEEKS", week, 4 + more)], [_fixed_value(badge, number(days))]),
        ([_fixed_value(customer, 12 + 6 * more)], [_fixed_window(badge, "MONTHS", 1, number(30))]),
        ([_fixed_window(customer, "MONTHS", 1, 8 + more)], rollings[turn % 3 :]),
        ([_fixed_value(customer, 20 + more), triple], [_fixed_value(badge, number(days)), rollings[1]]),
        (
            [{"constraintType": "CUSTOMER_BADGE_NO_LIMIT", "maxEarnLimit": 0}],
            [_fixed_window(badge, "WEEKS", week, number(7))],
        ),
        ([_fixed_window(customer, "DAYS", 7 + turn, 5 + more)], [{"constraintType": "BADGE_NO_LIMIT"}]),
    )
    return both[kind % len(both)]


def _line(record: dict[str, Any]) -> str:
    """Compact JSON in which "@number@" becomes the bare number, so that all nine decimals are printed."""
    return json.dumps(record, separators=(",", ":")).replace('"@', "").replace('@"', "")


def _definition(badge: Badge, index: int, step: int, times_us: tuple[int, int], body: dict[str, Any]) -> str:
    """The log line of a badgeMeta POST (step 0, whose request has no id yet) or PUT at (created, updated)."""
    created_us, at_us = times_us
    whole = {
        "orgId": ORG_ID,
        "name": f"{NAMES[index % len(NAMES)]} {index + 1:03d}",
        "description": "Synthetic badge",
        "startOn": f"@{epoch(badge.start_us)}@",
        "expiresOn": f"@{epoch(badge.end_us)}@",
        "images": [],
        "ownership": {"restrictedToOwners": list(badge.owners), "claims": []},
        **body,
        "benefits": [],
        "tags": [],
        "earnType": badge.earn_type,
        "active": True,
    }
    stamps = {"createdOn": f"@{epoch(created_us)}@", "lastUpdatedOn": f"@{epoch(at_us)}@"}
    return _line(
        {
            "loggedAt": iso(at_us + 250),
            "endpoint": "/v1/badges/badgeMeta",
            "method": "PUT" if step else "POST",
            "orgId": ORG_ID,
            "request": {"id": badge.badge_id, **whole} if step else whole,
            "response": {"data": {"id": badge.badge_id, **whole, **stamps}, "errors": [], "warnings": []},
        }
    )


def make_badge(index: int, daily_milli: int, first_us: int, days: int, draws: list[int]) -> tuple[Badge, list[Update]]:
    """Badge `index` and its one to five versions, in order of time.

    One badge in ten starts, and one in ten ends, inside the log's days; all others are live throughout.
    `draws` are five integers below a day of microseconds.
    """
    span_us = days * DAY_US
    start_us = first_us + span_us // 10 if index % 10 == 3 else first_us - 20 * DAY_US
    end_us = first_us + span_us * 23 // 25 if index % 10 == 7 else first_us + span_us + 40 * DAY_US
    start_us, end_us = start_us + draws[0] // 1_000 * 1_000, end_us + draws[1] // 1_000 * 1_000
    created_us = first_us - 30 * DAY_US + draws[2]
    badge_id = f"{created_us // SECOND_US:08x}b3cda7078c{index:06x}"
    owners = () if index % 3 == 0 else (OWNERS[index % len(OWNERS)], "Loyalty")
    badge = Badge(badge_id, ("EARN", "ISSUE_EARN")[(index + index // 8) % 2], start_us, end_us, owners, ("NEVER", 0))
    versions, updates = 1 + index % 5, []
    for step in range(versions):
        at_us = first_us + span_us * step // (versions + 1) + draws[3] % (span_us // 8) if step else created_us
        rule = _rule(index, step, end_us)
        customer, whole = _constraints(index, step, daily_milli, days)
        body = {
            "earnedBadgeExpiry": _expiry(rule),
            "issuedBadgeExpiry": _expiry(rule) if badge.earn_type == "ISSUE_EARN" else None,
            "customerConstraints": customer,
            "badgeConstraints": whole,
        }
        line = _definition(badge, index, step, (created_us, at_us), body)
        updates.append(Update(at_us, badge, line, rule))
    return badge, updates
