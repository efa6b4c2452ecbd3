"""Badge definitions in the API's own words become :class:`~badgeledger.definitions.Definition` (RULEBOOK 3 and 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..definitions import (
    ABSOLUTE_TYPES,
    EARN_TYPES,
    EXPIRY_TYPES,
    OWNERS,
    START_DAYS,
    UNITS,
    Definition,
    ExpiryRule,
    Limit,
    Scope,
    Tag,
)
from .refusal import Refusal
from .strict_json import Number
from .values import Reading, choice, id_text, integer, optional_id, twin_instant

_TRIPLE = (("rollForDays", "maxEarnForDays", "DAYS"), ("rollForWeeks", "maxEarnForWeeks", "WEEKS"),
           ("rollForMonths", "maxEarnForMonths", "MONTHS"))  # fmt: skip
_CONSTRAINT_TYPES = {
    prefix + kind: kind
    for prefix in ("CUSTOMER_BADGE_", "BADGE_")
    for kind in ("FIXED_WINDOW", "ROLLING_WINDOW", "FIXED_VALUE", "NO_LIMIT")
}


def read_definition(
    body: Mapping[str, Any], logged_at: int | None, org_id: str | None, reading: Reading, *, answered: bool
) -> Definition:
    """A definition from its JSON object; `logged_at` and `org_id` are its line's. Raises :class:`Refusal`."""
    # Where the platform answered, and in a definition that carries its own times, the number is the stored value
    # (RULEBOOK 2).
    stored = answered or body.get("lastUpdatedOn") is not None or body.get("createdOn") is not None
    starts_at = twin_instant(body, "startOn", reading, iso_wins=not stored)
    expires_at = twin_instant(body, "expiresOn", reading, iso_wins=not stored)
    if starts_at is None or expires_at is None:
        raise Refusal("missing-field", "startOn" if starts_at is None else "expiresOn")
    invalid: list[str] = []
    rules = {
        name: _expiry_rule(body.get(name), name, invalid, reading, iso_wins=not stored)
        for name in ("issuedBadgeExpiry", "earnedBadgeExpiry")
    }
    return Definition(
        badge_id=id_text(body["id"], "id"),
        org_id=optional_id(body, "orgId") or org_id,
        name=_name(body.get("name")),
        starts_at=starts_at,
        expires_at=expires_at,
        active=_active(body),
        earn_type="ISSUE_EARN" if choice(body.get("earnType"), EARN_TYPES, "earnType") == "ISSUE_EARN" else "EARN",
        issued_rule=rules["issuedBadgeExpiry"],
        earned_rule=rules["earnedBadgeExpiry"],
        owners=_owners(body.get("ownership")),
        limits=_limits(body, invalid),
        invalid=sorted(invalid),
        last_updated_at=twin_instant(body, "lastUpdatedOn", reading, iso_wins=False),
        created_at=twin_instant(body, "createdOn", reading, iso_wins=False),
        logged_at=logged_at,
        tags=_tags(body.get("tags")),
    )


def _name(value: Any) -> str | None:
    if value is None or (isinstance(value, str) and not isinstance(value, Number)):
        return value
    raise Refusal("unknown-shape", "name is no text")


def _tags(tags: Any) -> list[Tag]:
    """The tags that have a name. They are no content, so that what is none is passed over and refuses no line."""
    found = set()
    for tag in tags if isinstance(tags, list) else []:
        name, value = (tag.get("name"), tag.get("value")) if isinstance(tag, dict) else (tag, None)
        if isinstance(name, str) and name:
            found.add((str(name), str(value) if isinstance(value, str) else None))
    return [Tag(name=name, value=value) for name, value in sorted(found, key=str)]


def _active(body: Mapping[str, Any]) -> bool:
    value = body.get("active")
    if value is None:
        value = body.get("isActive")
    if value is None:
        return True
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise Refusal("invalid-enum", f"active is {value!r}")


def _owners(ownership: Any) -> list[str]:
    if ownership is None:
        return []
    if not isinstance(ownership, dict):
        raise Refusal("unknown-shape", "ownership is no object")
    owners = ownership.get("restrictedToOwners")
    if owners is None:
        return []
    found = set()
    for owner in owners if isinstance(owners, list) else [owners]:
        if not isinstance(owner, str) or isinstance(owner, Number) or owner.lower() not in OWNERS:
            raise Refusal("invalid-enum", f"restrictedToOwners has {owner!r}")
        found.add(OWNERS[owner.lower()])
    return sorted(found)


def _expiry_rule(rule: Any, name: str, invalid: list[str], reading: Reading, *, iso_wins: bool) -> ExpiryRule | None:
    if rule is None or rule == {}:
        return None
    if not isinstance(rule, dict):
        raise Refusal("unknown-shape", f"{name} is no object")
    kind = choice(rule.get("expiryType"), EXPIRY_TYPES, f"{name}.expiryType")
    if kind == "NEVER":
        return ExpiryRule(kind="NEVER")
    if kind == "RELATIVE":
        spelling = "relativeExpiryType" if rule.get("relativeExpiryType") is not None else "relativeExpirytype"
        unit = choice(rule.get(spelling), UNITS, f"{name}.{spelling}")
        value = integer(rule.get("value"), f"{name}.value")
        if unit is not None and value is not None and value >= 1:
            return ExpiryRule(kind="RELATIVE", unit=unit, value=value)  # type: ignore[arg-type]
    if kind == "ABSOLUTE":
        absolute = choice(rule.get("type"), ABSOLUTE_TYPES, f"{name}.type")
        if absolute == "WITH_BADGE_META" or (absolute is None and rule.get("expireWithBadgeMeta") is True):
            return ExpiryRule(kind="WITH_BADGE_META")
        if absolute == "FIXED_DATE":
            date = twin_instant(rule, "expiresOn", reading, iso_wins=iso_wins)
            if date is not None:
                return ExpiryRule(kind="FIXED_DATE", expires_at=date)
    invalid.append(name)
    return None


def _limits(body: Mapping[str, Any], invalid: list[str]) -> list[Limit]:
    limits: list[Limit] = []
    for array in ("customerConstraints", "badgeConstraints"):
        constraints = body.get(array)
        if constraints is None:
            continue
        if isinstance(constraints, dict):
            constraints = [constraints]
        if not isinstance(constraints, list) or not all(isinstance(item, dict) for item in constraints):
            raise Refusal("unknown-shape", f"{array} is no array of objects")
        for constraint in constraints:
            limits.extend(_limits_of(constraint, invalid))
    return sorted(limits, key=lambda limit: (limit.name, limit.number))


def _limits_of(constraint: Mapping[str, Any], invalid: list[str]) -> list[Limit]:
    """The limits that one constraint holds; an invalid one is named in `invalid` instead."""
    constraint_type = constraint.get("constraintType")
    kind = choice(constraint_type, _CONSTRAINT_TYPES, "constraintType")
    if kind == "NO_LIMIT":
        return []
    scope: Scope = "CUSTOMER" if str(constraint_type).startswith("CUSTOMER") else "BADGE"
    if kind == "ROLLING_WINDOW" and scope == "CUSTOMER":
        found, sound = _rolling_triple(constraint)
    else:
        limit = _single_limit(constraint, scope, kind)
        found, sound = ([limit], True) if limit is not None else ([], False)
    if not sound:
        invalid.append(str(constraint_type) if constraint_type is not None else "")
    return found


def _rolling_triple(constraint: Mapping[str, Any]) -> tuple[list[Limit], bool]:
    limits, sound = [], True
    for roll_name, number_name, unit in _TRIPLE:
        roll, number = constraint.get(roll_name), constraint.get(number_name)
        if roll is None or number is None:
            continue
        length, most = integer(roll, roll_name), integer(number, number_name)
        if length is None or length < 1 or most is None or most < 0:
            sound = False
            continue
        limits.append(Limit(scope="CUSTOMER", kind="ROLLING_WINDOW", unit=unit, length=length, number=most))  # type: ignore[arg-type]
    return limits, sound


def _single_limit(constraint: Mapping[str, Any], scope: Scope, kind: str | None) -> Limit | None:
    """The one limit of a constraint; None when it is no limit (RULEBOOK 6, `invalid-constraint`)."""
    if kind is None:
        return None
    window = _window(constraint, kind)
    number = integer(constraint.get("maxEarnLimit"), "maxEarnLimit")
    if window is None or number is None or number < 0:
        return None
    return Limit(scope=scope, kind=kind, number=number, **window)  # type: ignore[arg-type]


def _window(constraint: Mapping[str, Any], kind: str) -> dict[str, Any] | None:
    if kind == "FIXED_VALUE":
        return {}
    if kind == "ROLLING_WINDOW":
        unit = choice(constraint.get("rollType"), UNITS, "rollType")
        length = integer(constraint.get("rollValue"), "rollValue")
        return None if unit is None or length is None or length < 1 else {"unit": unit, "length": length}
    unit = choice(constraint.get("durationType"), UNITS, "durationType")
    if unit == "DAYS":
        length = integer(constraint.get("refreshRate"), "refreshRate")
        return None if length is None or length < 1 else {"unit": unit, "length": length}
    if unit == "WEEKS":
        day = constraint.get("startDayOfTheWeek")
        return {"unit": unit, "start_day": choice(day, START_DAYS, "startDayOfTheWeek") or "MONDAY"}
    return None if unit is None else {"unit": unit}


def carries_definition(body: Any) -> bool:
    """True for a JSON object with `id` and `startOn` or `startOnISO`."""
    return (
        isinstance(body, dict)
        and body.get("id") is not None
        and (body.get("startOn") is not None or body.get("startOnISO") is not None)
    )
