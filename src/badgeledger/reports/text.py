"""Text as a reader of a report sees it: instants and numbers without a locale, limits in words."""

from __future__ import annotations

from ..calendar import SECOND, iso_instant

_WEEK = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_REASONS = {
    "unknown-badge": "no definition of the badge is known",
    "duplicate-request": "its requestId belongs to an earlier request of which a row was admitted",
    "badge-not-active": "the badge is not active",
    "outside-badge-period": "the event is not in the badge's period",
    "overlapping-issue": "an admitted issue of the customer is still valid",
    "customer-limit": "the customer's room is taken",
    "badge-limit": "the badge's room is taken",
}
_COMPARED = {
    "same": "as it was recorded",
    "newly-admitted": "it was recorded as refused or repeated",
    "newly-rejected": "it was recorded as accepted",
}
_NOUNS = {"DAYS": "day", "WEEKS": "week", "MONTHS": "month"}


def amount(value: int | None) -> str:
    """An integer with commas between thousands; none is a dash."""
    return "–" if value is None else f"{value:,}"


def instant(us: int | None) -> str:
    """Microseconds since the epoch as `2024-01-01 00:00:00`, the fraction only where there is one; none is a dash."""
    if us is None:
        return "–"
    text = iso_instant(us).replace("T", " ").removesuffix("Z")
    return text if us % SECOND else text[:19]


def limit_words(limit_name: str) -> str:
    """A limit's name in words, such as `per customer, each week from Tuesday` (RULEBOOK 6)."""
    scope, kind, *window = limit_name.split(":")
    unit, size = (*window, "", "")[:2]
    subject = {"CUSTOMER": "per customer", "BADGE": "all customers together"}.get(scope, scope)
    noun = _NOUNS.get(unit, unit)
    length = noun if size in ("", "1") else f"{size} {noun}s"
    if kind == "FIXED_VALUE":
        return f"{subject}, over the badge’s whole life"
    if kind == "ROLLING_WINDOW":
        return f"{subject}, in any {length}"
    if size in _WEEK:
        return f"{subject}, each week from {size.capitalize()}"
    return f"{subject}, each {'calendar month' if unit == 'MONTHS' else length}"


def decision_words(decision: str, reason: str, limit_name: str, compared: str) -> str:
    """What replay decides and whether that is what happened, such as `admit; as it was recorded` (RULEBOOK 10)."""
    limit = f" in {limit_name}" if limit_name else ""
    decided = "admit" if decision == "ADMIT" else f"reject, {reason}{limit}: {_REASONS[reason]}"
    return f"{decided}; {_COMPARED[compared]}"
