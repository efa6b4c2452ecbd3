"""The rules of lint: small functions from a definition to remarks, each with its arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from ..calendar import DAY, iso_instant
from ..definitions import Definition, ExpiryRule, Limit
from .cover import Period, month_days, window_words

Severity = Literal["error", "warning", "notice"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "notice")
_SCOPES = ("BADGE", "CUSTOMER")
_UNIT_DAYS = {"DAYS": 1, "WEEKS": 7, "MONTHS": 30}


@dataclass(frozen=True)
class Remark:
    """What lint says about a definition; `platform_code` is the platform's own where an update would be refused."""

    code: str
    severity: Severity
    message: str
    limit_name: str = ""
    other_limit: str = ""
    platform_code: str = ""


def ruling(limits: list[Limit]) -> list[Limit]:
    """The limits that rule: of one name the lowest number, of two fixed windows in a scope the first in text order."""
    by_name = {limit.name: limit for limit in sorted(limits, key=lambda limit: (limit.name, -limit.number))}
    windows = {
        scope: min((n for n in by_name if n.startswith(f"{scope}:FIXED_WINDOW")), default="") for scope in _SCOPES
    }
    return [
        limit for name, limit in sorted(by_name.items()) if limit.kind != "FIXED_WINDOW" or name == windows[limit.scope]
    ]


def remarks(definition: Definition, period: Period) -> list[Remark]:
    """All remarks on a definition by itself, the worst first."""
    found = [remark for rule in RULES for remark in rule(definition, period)]
    return sorted(found, key=lambda one: (SEVERITIES.index(one.severity), one.code, one.limit_name, one.other_limit))


def start_after_end(told: Definition, period: Period) -> Iterator[Remark]:
    """720: the badge ends before it begins."""
    if period.is_empty:
        bounds = f"startOn {_shown(told.starts_at)} >= expiresOn {_shown(told.expires_at)}"
        yield Remark(
            "start-after-end", "error", f"{bounds}: there is no instant at which it could be issued", "", "", "720"
        )


def invalid_constraints(told: Definition, period: Period) -> Iterator[Remark]:
    """A constraint or expiry rule of which nothing can be made (RULEBOOK 6)."""
    for name in told.invalid:
        message = f"{name or 'a constraint without constraintType'} is no limit or rule: a value is missing, or below 1"
        yield Remark("invalid-constraint", "error", message)


def duplicate_limits(told: Definition, period: Period) -> Iterator[Remark]:
    """Two limits of one name, or two fixed windows in one scope: only one of them rules (RULEBOOK 6)."""
    for name, same in groupby(sorted(told.limits, key=lambda limit: (limit.name, limit.number)), lambda one: one.name):
        numbers = [limit.number for limit in same]
        if len(numbers) > 1:
            listed = " and ".join(f"{number:,}" for number in numbers)
            yield Remark(
                "duplicate-limit", "warning", f"stands with {listed}; the lower number, {numbers[0]:,}, rules", name
            )
    for scope in _SCOPES:
        names = sorted({one.name for one in told.limits if one.scope == scope and one.kind == "FIXED_WINDOW"})
        for name in names[1:]:
            message = (
                f"a scope has one fixed window: {names[0]} comes first in text order and rules, this one never does"
            )
            yield Remark("two-fixed-windows", "warning", message, name, names[0])


def allows_nothing(told: Definition, period: Period) -> Iterator[Remark]:
    """A number of 0: every issuance that counts is over it."""
    for limit in ruling(told.limits):
        if limit.number == 0:
            yield Remark("allows-nothing", "warning", "allows 0: the first issuance that counts is over it", limit.name)


def never_bites(told: Definition, period: Period) -> Iterator[Remark]:
    """A limit that no log can break without breaking another one."""
    limits = ruling(told.limits)
    for limit in limits:
        for other in limits:
            if other is limit or not (words := dominated(limit, other, period)):
                continue
            if limit.name < other.name and dominated(other, limit, period):
                # Two that say the same: the first in text order stays.
                continue
            yield Remark("never-bites", "warning", f"never bites: {words}", limit.name, other.name)
            break


def dominated(limit: Limit, other: Limit, period: Period) -> str:
    """Why a log that breaks `limit` breaks `other` too; empty when it need not."""
    cover = period.cover(limit, other)
    if cover is None or limit.number < cover.windows * other.number:
        return ""
    if other.kind == "FIXED_VALUE":
        return (
            f"{other.name} allows {other.number:,} in the badge's whole life, and {other.number:,} <= {limit.number:,}"
        )
    product = cover.windows * other.number
    return (
        f"{cover.words}, so {other.name} allows {cover.windows:,} × {other.number:,} = {product:,} <= {limit.number:,}"
    )


def longer_than_life(told: Definition, period: Period) -> Iterator[Remark]:
    """A window that lets nothing go while the badge lives: a fixed value in disguise."""
    if period.is_empty:
        return
    for limit in ruling(told.limits):
        if limit.kind == "FIXED_WINDOW" and len(period.cycles(limit)) == 1:
            message = f"one {window_words(limit)} holds the badge's {period.days:,} days: it acts as a fixed value"
            yield Remark("longer-than-life", "notice", message, limit.name)
        elif limit.kind == "ROLLING_WINDOW" and period.widths(limit)[0] >= period.length:
            message = f"{window_words(limit)} hold the badge's {period.days:,} days: it acts as a fixed value"
            yield Remark("longer-than-life", "notice", message, limit.name)


def one_issue_at_a_time(told: Definition, period: Period) -> Iterator[Remark]:
    """1040: a second issue is refused while one is valid, which caps what a customer can have in a window."""
    if told.earn_type != "ISSUE_EARN" or period.is_empty:
        return
    validity = least_validity(told.issued_rule, period)
    if validity is None:
        return
    lasting = f"{validity / DAY:,.4g} days" if validity < period.elapsed else "until the badge ends"
    for limit in ruling(told.limits):
        if limit.scope != "CUSTOMER" or limit.number < 1:
            continue
        most = -(-min(period.lasts(limit), period.elapsed) // validity)
        if most <= limit.number:
            per = window_words(limit)
            by_processing = limit.kind == "ROLLING_WINDOW" and period.rules.rolling_clock == "processed"
            late = " and processed as it happens" if by_processing else ""
            message = (
                f"an issue is valid {lasting}, and no second one is accepted meanwhile (1040): at most {most:,} in one"
                f" {per}, {most:,} <= {limit.number:,}, so the effective limit is {most:,} (as long as each"
                f" enrolment is earned once{late})"
            )
            yield Remark("one-issue-at-a-time", "warning", message, limit.name, "", "1040")


def least_validity(rule: ExpiryRule | None, period: Period) -> int | None:
    """The shortest time for which an issue is valid, at most to the badge's end; None when it can be none at all."""
    whole = period.elapsed
    if rule is None or rule.kind in {"NEVER", "WITH_BADGE_META"}:
        return whole
    if rule.kind == "FIXED_DATE":
        return whole if (rule.expires_at or 0) >= period.definition.expires_at else None
    value = rule.value or 1
    if rule.unit == "MONTHS" and period.rules.month == "calendar":
        return min(month_days(value)[0] * DAY - period.shift, whole)
    return min(_UNIT_DAYS[str(rule.unit)] * value * DAY, whole)


def straddles(told: Definition, period: Period) -> Iterator[Remark]:
    """A fixed window lets twice its number pass around a boundary, unless another limit is in the way."""
    limits = ruling(told.limits)
    for limit in limits:
        if limit.kind != "FIXED_WINDOW" or limit.number < 1 or period.is_empty or len(period.cycles(limit)) < 2:
            continue
        trailing = limit.model_copy(
            update={"kind": "ROLLING_WINDOW", "length": limit.length if limit.unit == "DAYS" else 1, "start_day": None}
        )
        caps = [
            (cover.windows * other.number, other.name)
            for other in limits
            if other.kind != "FIXED_WINDOW" and (cover := period.cover(trailing, other)) is not None
        ]
        most, capped_by = min([*caps, (2 * limit.number, "")])
        if most > limit.number:
            double = f"{limit.number:,} at the end of a cycle and {limit.number:,} at the beginning of the next"
            cap = f", of which {capped_by} leaves {most:,}" if capped_by else ""
            message = f"{window_words(trailing)} can hold 2 × {limit.number:,} = {2 * limit.number:,}: {double}{cap}"
            yield Remark("straddle", "notice", message, limit.name, capped_by)


def born_expired(told: Definition, period: Period) -> Iterator[Remark]:
    """A fixed date of expiry before the badge's end: what is issued after it is expired at once."""
    for name, rule in (("issuedBadgeExpiry", told.issued_rule), ("earnedBadgeExpiry", told.earned_rule)):
        date = rule.expires_at if rule is not None and rule.kind == "FIXED_DATE" else None
        if date is None or date >= told.expires_at or period.is_empty:
            continue
        since = "everything" if date <= told.starts_at else f"what comes from {_shown(date)} on"
        message = f"{name} {_shown(date)} < expiresOn {_shown(told.expires_at)}: {since} is expired at once"
        yield Remark("born-expired", "warning", message)


RULES: tuple[Callable[[Definition, Period], Iterator[Remark]], ...] = (
    start_after_end,
    invalid_constraints,
    duplicate_limits,
    allows_nothing,
    never_bites,
    longer_than_life,
    one_issue_at_a_time,
    straddles,
    born_expired,
)


def refused_update(old: Definition, new: Definition, at: int) -> Iterator[Remark]:
    """Why the platform would refuse an update at an instant: 723, 724, 826 (RULEBOOK 9)."""
    live = old.starts_at <= at
    when = f"at {_shown(at)}"
    if new.starts_at != old.starts_at and live:
        change = f"startOn {_shown(old.starts_at)} -> {_shown(new.starts_at)}"
        message = f"{change}: the badge is live {when}, its start cannot move"
        yield Remark("start-changed-when-live", "error", message, platform_code="723")
    if new.expires_at != old.expires_at and new.expires_at < at:
        message = (
            f"expiresOn {_shown(old.expires_at)} -> {_shown(new.expires_at)}: the new end lies before {_shown(at)}"
        )
        yield Remark("expiry-in-past", "error", message, platform_code="724")
    for scope in _SCOPES if live else ():
        before, after = (sorted(one.name for one in ruling(side.limits) if one.scope == scope) for side in (old, new))
        windows = [any("FIXED_WINDOW" in name for name in names) for names in (before, after)]
        others = [any("FIXED_WINDOW" not in name for name in names) for names in (before, after)]
        if windows[0] != windows[1] and (others[0] if windows[1] else others[1]):
            change = f"scope {scope}: {', '.join(before)} -> {', '.join(after)}"
            message = f"{change}: on a live badge a fixed window does not become another kind of limit, or the reverse"
            yield Remark("illegal-constraint-change", "error", message, "", "", "826")


def _shown(instant: int) -> str:
    return iso_instant(instant).replace(".000000Z", "Z")
