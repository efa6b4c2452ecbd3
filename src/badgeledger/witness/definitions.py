"""Badge definitions: what the witness reads of them, and what counts as their content (RULEBOOK 5 and 6)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from .fields import UNITS, Reader
from .lines import Num
from .times import MONDAY_FIRST, show_instant

SHORT_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}
_ESCAPES = {code: f"\\u{code:04X}" for code in range(32)} | {ord(sign): short for sign, short in SHORT_ESCAPES.items()}
TRIPLE = (
    ("rollForDays", "maxEarnForDays", "DAYS"),
    ("rollForWeeks", "maxEarnForWeeks", "WEEKS"),
    ("rollForMonths", "maxEarnForMonths", "MONTHS"),
)
EARN_TYPES = {"EARN": "EARN", "ISSUE_EARN": "ISSUE_EARN", "ISSUE EARN": "ISSUE_EARN"}
CONSTRAINT_TYPES = {
    scope + kind: scope + kind
    for scope in ("CUSTOMER_BADGE_", "BADGE_")
    for kind in ("FIXED_WINDOW", "ROLLING_WINDOW", "FIXED_VALUE", "NO_LIMIT")
}


def md5(text: str) -> str:
    """MD5 of UTF-8 text in hex."""
    return hashlib.md5(text.encode("utf-8"), usedforsecurity=False).hexdigest()


def compact(values: list[Any]) -> str:
    """A JSON array without spaces, as readings (One record, one call) writes it.

    Non-ASCII characters stand as they are, control characters without a short escape as `\\u001B`.
    """
    return "[" + ",".join(_element(value) for value in values) + "]"


def _element(value: Any) -> str:
    if isinstance(value, list):
        return compact(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_element(name)}:{_element(item)}" for name, item in value.items()) + "}"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Num):
        return value.text
    return f'"{value.translate(_ESCAPES)}"'


def number_text(value: int | None) -> str | None:
    """An integer as decimal text, None for none."""
    return None if value is None else str(value)


@dataclass(frozen=True)
class Rule:
    """An expiry rule: `RELATIVE` with unit and value, `FIXED_DATE` with its instant, `WITH_BADGE_META`, `NEVER`."""

    kind: str
    unit: str = ""
    value: int = 0
    date: int = 0

    @property
    def name(self) -> str:
        """As in `expirations.rule`."""
        return f"RELATIVE:{self.unit}:{self.value}" if self.kind == "RELATIVE" else self.kind

    @property
    def content(self) -> str:
        """As in the content text."""
        return f"FIXED_DATE:{self.date}" if self.kind == "FIXED_DATE" else self.name


@dataclass
class Definition:
    """One state of a badge as one record tells it. Instants are microseconds; limits are (name, number) as found; tags
    are `NAME` and `NAME=VALUE`."""

    badge: str
    org: str | None
    name: str | None
    start: int
    end: int
    active: bool
    earn_type: str
    issued_rule: Rule | None
    earned_rule: Rule | None
    owners: list[str]
    limits: list[tuple[str, int]]
    invalid: list[str]
    last_updated: int | None
    created: int | None
    logged_at: int | None
    refused: bool
    tags: set[str] = field(default_factory=set)
    source: tuple[str, int] = ("", 0)
    numbers: dict[str, int] = field(default_factory=dict)

    @property
    def in_force(self) -> int | None:
        """`lastUpdatedOn`, else the line's `loggedAt`, else `createdOn`."""
        if self.last_updated is not None:
            return self.last_updated
        return self.logged_at if self.logged_at is not None else self.created

    @property
    def content(self) -> str:
        """The content text of readings, Versions."""
        return compact(
            [
                self.name,
                str(self.start),
                str(self.end),
                "1" if self.active else "0",
                self.earn_type,
                None if self.issued_rule is None else self.issued_rule.content,
                None if self.earned_rule is None else self.earned_rule.content,
                self.owners,
                sorted(f"{name}={number}" for name, number in self.limits),
                sorted(self.invalid),
            ]
        )

    @property
    def version(self) -> str:
        """`2024-09-17T09:58:58.654572Z~1a2b3c4d`."""
        return f"{show_instant(self.in_force)}~{md5(self.content)[:8]}"

    def fixed_window(self, scope: str) -> str | None:
        """The name of the scope's fixed window: the first in text order where there are several."""
        return min((name for name, _ in self.limits if name.startswith(f"{scope}:FIXED_WINDOW:")), default=None)

    def ruling_limits(self) -> dict[str, int]:
        """Name and number of the limits that rule: of one name the lower number, one fixed window a scope."""
        found: dict[str, int] = {}
        for name, number in self.limits:
            scope, kind = name.split(":")[:2]
            if kind == "FIXED_WINDOW" and name != self.fixed_window(scope):
                continue
            found[name] = min(number, found.get(name, number))
        return dict(sorted(found.items()))


def is_definition(body: Any) -> TypeGuard[dict[str, Any]]:
    """An object with `id` and `startOn` or `startOnISO`."""
    return (
        isinstance(body, dict)
        and body.get("id") is not None
        and (body.get("startOn") is not None or body.get("startOnISO") is not None)
    )


def read_definition(
    body: Mapping[str, Any], reader: Reader, logged_at: int | None, org: str | None, *, answered: bool, refused: bool
) -> Definition:
    """A definition from its object. `answered`: it stands in a response, where the number of a twin wins."""
    stored = answered or body.get("lastUpdatedOn") is not None or body.get("createdOn") is not None
    start = reader.twin(body, "startOn", iso_wins=not stored)
    end = reader.twin(body, "expiresOn", iso_wins=not stored)
    if all(body.get(name) is None for name in ("expiresOn", "expiresOnISO")):
        reader.refuse("missing-field")
    invalid: list[str] = []
    limits: list[tuple[str, int]] = []
    for array in ("customerConstraints", "badgeConstraints"):
        for constraint in _constraints(body.get(array), reader):
            read_constraint(constraint, reader, limits, invalid)
    name = body.get("name")
    if name is not None and not isinstance(name, str):
        reader.refuse("unknown-shape")
    definition = Definition(
        badge=reader.id(body["id"]),
        org=reader.optional_id(body, "orgId") or org,
        name=name if isinstance(name, str) else None,
        start=start or 0,
        end=end or 0,
        active=_active(body, reader),
        earn_type=reader.choice(body.get("earnType"), EARN_TYPES) or "EARN",
        issued_rule=read_rule(body, "issuedBadgeExpiry", reader, invalid, iso_wins=not stored),
        earned_rule=read_rule(body, "earnedBadgeExpiry", reader, invalid, iso_wins=not stored),
        owners=_owners(body.get("ownership"), reader),
        limits=limits,
        invalid=invalid,
        last_updated=reader.twin(body, "lastUpdatedOn", iso_wins=False),
        created=reader.twin(body, "createdOn", iso_wins=False),
        logged_at=logged_at,
        refused=refused,
        tags=_tags(body.get("tags")),
    )
    if definition.in_force is None:
        reader.refuse("no-time")
    definition.numbers = definition.ruling_limits()
    return definition


def _tags(tags: Any) -> set[str]:
    """What tags are called. What has no name is none; nothing is refused for its tags."""
    found = set()
    for tag in tags if isinstance(tags, list) else []:
        said = tag if isinstance(tag, dict) else {"name": tag}
        name, value = (_as_written(said.get(part)) for part in ("name", "value"))
        if name:
            found |= {name} if value is None else {name, f"{name}={value}"}
    return found


def _as_written(value: Any) -> str | None:
    """Text, or the text of a number."""
    text = value.text if isinstance(value, Num) else value
    return text if isinstance(text, str) else None


def _active(body: Mapping[str, Any], reader: Reader) -> bool:
    value = body.get("active") if body.get("active") is not None else body.get("isActive")
    if value is None or value is True or value is False:
        return value is not False
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    reader.refuse("invalid-enum")
    return True


def _owners(ownership: Any, reader: Reader) -> list[str]:
    if ownership is None:
        return []
    if not isinstance(ownership, dict):
        reader.refuse("unknown-shape")
        return []
    listed = ownership.get("restrictedToOwners")
    if listed is None:
        return []
    owners = []
    for value in listed if isinstance(listed, list) else [listed]:
        if value is None:
            reader.refuse("invalid-enum")
        owners.append(reader.owner(value) or "")
    return sorted(set(owners))


def read_rule(body: Mapping[str, Any], name: str, reader: Reader, invalid: list[str], *, iso_wins: bool) -> Rule | None:
    """The expiry rule under `name`; None for no rule, an invalid one is named in `invalid`."""
    rule = body.get(name)
    if rule is None or rule == {}:
        return None
    if not isinstance(rule, dict):
        reader.refuse("unknown-shape")
        return None
    kind = reader.choice(rule.get("expiryType"), {kind: kind for kind in ("RELATIVE", "ABSOLUTE", "NEVER")})
    if kind == "NEVER":
        return Rule("NEVER")
    if kind == "RELATIVE":
        spelled = rule.get("relativeExpiryType")
        unit = reader.choice(rule.get("relativeExpirytype") if spelled is None else spelled, UNITS)
        value = reader.integer(rule.get("value"))
        if unit is not None and value is not None and value >= 1:
            return Rule("RELATIVE", unit, value)
    if kind == "ABSOLUTE":
        style = reader.choice(rule.get("type"), {kind: kind for kind in ("FIXED_DATE", "WITH_BADGE_META")})
        if style is None and rule.get("type") is None and rule.get("expireWithBadgeMeta") is True:
            style = "WITH_BADGE_META"
        if style == "WITH_BADGE_META":
            return Rule("WITH_BADGE_META")
        if style == "FIXED_DATE":
            date = reader.twin(rule, "expiresOn", iso_wins=iso_wins)
            if date is not None:
                return Rule("FIXED_DATE", date=date)
    invalid.append(name)
    return None


def _constraints(value: Any, reader: Reader) -> list[dict[str, Any]]:
    found = [value] if isinstance(value, dict) else [] if value is None else value
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        reader.refuse("unknown-shape")
        return []
    return found


def read_constraint(
    constraint: Mapping[str, Any], reader: Reader, limits: list[tuple[str, int]], invalid: list[str]
) -> None:
    """Adds the limits of one constraint, or names it in `invalid` (once)."""
    constraint_type = reader.choice(constraint.get("constraintType"), CONSTRAINT_TYPES)
    if constraint_type is None:
        invalid.append("")
        return
    scope = "CUSTOMER" if constraint_type.startswith("CUSTOMER") else "BADGE"
    kind = constraint_type.removeprefix("CUSTOMER_").removeprefix("BADGE_")
    sound = True
    if kind == "NO_LIMIT":
        return
    if kind == "ROLLING_WINDOW" and scope == "CUSTOMER":
        for roll_name, number_name, unit in TRIPLE:
            if constraint.get(roll_name) is None or constraint.get(number_name) is None:
                continue
            roll, number = reader.integer(constraint[roll_name]), reader.integer(constraint[number_name])
            if roll is None or number is None or roll < 1 or number < 0:
                sound = False
            else:
                limits.append((f"CUSTOMER:ROLLING_WINDOW:{unit}:{roll}", number))
    else:
        window = _window(kind, constraint, reader)
        number = reader.integer(constraint.get("maxEarnLimit"))
        if window is None or number is None or number < 0:
            sound = False
        else:
            limits.append((f"{scope}:{kind}{window}", number))
    if not sound:
        invalid.append(constraint_type)


def _window(kind: str, constraint: Mapping[str, Any], reader: Reader) -> str | None:
    """The end of a limit's name, such as `:DAYS:5`; None for a window that is none."""
    if kind == "FIXED_VALUE":
        return ""
    unit = reader.choice(constraint.get("rollType" if kind == "ROLLING_WINDOW" else "durationType"), UNITS)
    if kind == "FIXED_WINDOW" and unit == "WEEKS":
        return f":WEEKS:{_start_day(constraint.get('startDayOfTheWeek'), reader)}"
    if kind == "FIXED_WINDOW" and unit == "MONTHS":
        return ":MONTHS"
    if kind == "FIXED_WINDOW" and unit is None:
        return None
    length = reader.integer(constraint.get("rollValue" if kind == "ROLLING_WINDOW" else "refreshRate"))
    if unit is None or length is None or length < 1:
        return None
    return f":{unit}:{length}"


def _start_day(value: Any, reader: Reader) -> str:
    """MONDAY where nothing is said; a name, or an ordinal from 0."""
    if value is None:
        return "MONDAY"
    ordinals = {str(ordinal): name for ordinal, name in enumerate(MONDAY_FIRST)}
    text = value if isinstance(value, str) else getattr(value, "text", None)
    return reader.choice(text if text is not None else False, {name: name for name in MONDAY_FIRST} | ordinals) or ""
