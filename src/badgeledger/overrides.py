"""What if the rules had been others: the file of `replay --rules`, and the versions that follow from it.

An entry chooses badges, and changes every version of them, or, with `from`, those in force from that instant on. The
meaning is fixed on page *readings*, Replay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, model_validator

from . import calendar
from .configuration import ConfigModel, checked, read_toml
from .definitions import OWNERS, WEEKDAYS, ExpiryRule, Limit
from .errors import ConfigError
from .ruling import DecidedVersion, RuledBadge
from .settings import Rules, parse_instant

_LARGEST = 2**62
_LIMIT_NAMES = "a limit's name such as CUSTOMER:FIXED_WINDOW:DAYS:5, BADGE:ROLLING_WINDOW:MONTHS:1 or BADGE:FIXED_VALUE"
_EXPIRIES = "RELATIVE:DAYS:2 (or WEEKS, MONTHS), FIXED_DATE:2024-09-17T00:00:00Z, WITH_BADGE_META, NEVER or BADGE_END"


def _instant(value: object) -> int:
    """Microseconds of an offset date-time of TOML, or of its text."""
    text = value.isoformat() if isinstance(value, datetime) else value
    if not isinstance(text, str):
        raise ValueError("an instant with an offset such as 2024-09-17T00:00:00Z")
    return parse_instant(text)


def _limit_name(name: str) -> str:
    limit_of(name, 0)
    return name


def limit_of(name: str, number: int) -> Limit:
    """The limit of a public name (RULEBOOK 6). Raises ValueError."""
    scope, kind, unit, size, *more = (*name.split(":"), *[""] * 4)
    length = int(size) if size.isdecimal() and len(size) <= 9 else None
    whole = scope in {"BADGE", "CUSTOMER"} and not any(more)
    if whole and kind == "FIXED_VALUE" and not unit:
        window: dict[str, str | int] = {}
    elif whole and kind == "FIXED_WINDOW" and unit == "MONTHS" and not size:
        window = {"unit": unit}
    elif whole and kind == "FIXED_WINDOW" and unit == "WEEKS" and size in WEEKDAYS:
        window = {"unit": unit, "start_day": size}
    elif whole and length and (unit == "DAYS" or (kind == "ROLLING_WINDOW" and unit in {"WEEKS", "MONTHS"})):
        window = {"unit": unit, "length": length}
    else:
        raise ValueError(_LIMIT_NAMES)
    limit = Limit.model_validate({"scope": scope, "kind": kind, "number": number, **window})
    if limit.name != name:
        raise ValueError(_LIMIT_NAMES)
    return limit


def _expiry_text(text: str) -> str:
    expiry_of(text)
    return text


def expiry_of(text: str) -> ExpiryRule | None:
    """The rule of a name as in `expirations.rule`; None for `BADGE_END`, which is no rule. Raises ValueError."""
    kind, _, rest = text.partition(":")
    unit, _, size = rest.partition(":")
    if kind == "FIXED_DATE" and rest:
        return ExpiryRule(kind="FIXED_DATE", expires_at=parse_instant(rest))
    if kind == "RELATIVE" and unit in {"DAYS", "WEEKS", "MONTHS"} and size.isdecimal() and 0 < int(size) <= _LARGEST:
        return ExpiryRule.model_validate({"kind": kind, "unit": unit, "value": int(size)})
    if rest or kind not in {"WITH_BADGE_META", "NEVER", "BADGE_END"}:
        raise ValueError(_EXPIRIES)
    return None if kind == "BADGE_END" else ExpiryRule.model_validate({"kind": kind})


def _owner(owner: str) -> str:
    if owner.lower() not in OWNERS:
        raise ValueError("an owner among " + ", ".join(OWNERS.values()))
    return OWNERS[owner.lower()]


Instant = Annotated[int, BeforeValidator(_instant), PlainSerializer(calendar.iso_instant, when_used="json")]
Expiry = Annotated[str, AfterValidator(_expiry_text)]
LimitName = Annotated[str, AfterValidator(_limit_name)]
Text = Annotated[str, Field(min_length=1)]


class _Entry(ConfigModel):
    """Which badges an entry changes, and from when on: all badges for all time, where nothing is said."""

    badge: Text | None = None
    name: Text | None = None
    tag: Text | None = None
    since: Instant | None = Field(default=None, alias="from")

    @model_validator(mode="after")
    def _one_choice(self) -> _Entry:
        if len(self.choice) > 1:
            raise ValueError("one of badge, name and tag")
        return self

    @property
    def choice(self) -> list[str]:
        """What the entry chooses badges by; nothing where it chooses all."""
        return [given for given in (self.badge, self.name, self.tag) if given is not None]

    def chooses(self, badge: str, ruled: RuledBadge) -> bool:
        """Whether the entry is about this badge."""
        if self.name is not None:
            return ruled.name is not None and fnmatchcase(ruled.name, self.name)
        if self.tag is not None:
            return self.tag in (ruled.tags or ())
        return self.badge in (None, badge)


class OtherLimit(_Entry):
    """One limit: another number where a version carries it; `add`, also where none does; `replaces`, in the place of
    another one; `remove`, none at all."""

    limit: LimitName
    number: Annotated[int, Field(ge=0, le=_LARGEST)] | None = None
    add: bool = False
    remove: bool = False
    replaces: LimitName | None = None

    @model_validator(mode="after")
    def _one_verb(self) -> OtherLimit:
        if self.remove is (self.number is not None):
            raise ValueError("either a number or remove = true")
        if sum((self.add, self.remove, self.replaces is not None)) > 1:
            raise ValueError("at most one of add, remove and replaces")
        return self

    def fits(self, version: DecidedVersion) -> bool:
        """Whether there is something to change."""
        return self.add or (self.replaces or self.limit) in version.counted.limits

    def changed(self, version: DecidedVersion) -> DecidedVersion:
        """The version with the limits that it has then. Raises ValueError when it had two fixed windows in a scope."""
        if not self.fits(version):
            return version
        limits = dict(version.counted.limits)
        limits.pop(self.replaces or self.limit, None)
        if self.number is not None:
            limits[self.limit] = limit_of(self.limit, self.number)
        windows = sorted(limit.scope for limit in limits.values() if limit.kind == "FIXED_WINDOW")
        if len(set(windows)) < len(windows):
            raise ValueError("one fixed window a scope; replaces = NAME takes the place of the other")
        return replace(version, counted=replace(version.counted, limits=limits))


class OtherBadge(_Entry):
    """Everything else of a badge. No reason of replay looks at owners, nor at the expiry of earns, which `--emit`
    tells."""

    starts_at: Instant | None = None
    expires_at: Instant | None = None
    active: bool | None = None
    earn_type: Literal["EARN", "ISSUE_EARN"] | None = None
    issued_expiry: Expiry | None = None
    earned_expiry: Expiry | None = None
    owners: tuple[Annotated[str, AfterValidator(_owner)], ...] | None = Field(default=None, strict=False)
    settings: Rules | None = None

    def fits(self, _: DecidedVersion) -> bool:
        """Every version has what is changed here."""
        return True

    def changed(self, version: DecidedVersion) -> DecidedVersion:
        """The version with what it says then. Raises ValueError when it would end before it starts."""
        counted = version.counted
        if self.issued_expiry is not None:
            counted = replace(counted, issued_rule=expiry_of(self.issued_expiry))
        if self.starts_at is not None or self.expires_at is not None:
            starts_at = counted.starts_at if self.starts_at is None else self.starts_at
            expires_at = counted.expires_at if self.expires_at is None else self.expires_at
            if starts_at >= expires_at:
                raise ValueError(f"an end after the start, {calendar.iso_instant(starts_at)}")
            counted = replace(counted, starts_at=starts_at, expires_at=expires_at)
        return DecidedVersion(
            counted,
            version.active if self.active is None else self.active,
            version.earn_type if self.earn_type is None else self.earn_type,
            version.earned_rule if self.earned_expiry is None else expiry_of(self.earned_expiry),
            version.rules if self.settings is None else _settings(version.rules, self.settings),
        )


class OtherRules(ConfigModel):
    """A file of other rules: what replay decides under instead of what was recorded."""

    definitions: Text | None = None
    settings: Rules = Rules()
    limits: tuple[OtherLimit, ...] = Field(default=(), strict=False)
    badges: tuple[OtherBadge, ...] = Field(default=(), strict=False)


@dataclass(frozen=True)
class Overrides:
    """Checked other rules and the file that they stand in."""

    path: Path
    asked: OtherRules

    @property
    def definitions(self) -> Path | None:
        """The other warehouse whose definitions rule, relative to the file."""
        given = self.asked.definitions
        return None if given is None else self.path.parent.absolute() / given

    def facts(self) -> dict[str, Any]:
        """What the file says, as the manifest keeps it."""
        return self.asked.model_dump(mode="json", by_alias=True, exclude_unset=True)

    def settings(self, rules: Rules) -> Rules:
        """The settings of all badges."""
        return _settings(rules, self.asked.settings)

    def apply(self, badges: Mapping[str, RuledBadge]) -> dict[str, RuledBadge]:
        """Other badges from the given ones. Raises ConfigError where an entry finds nothing to change."""
        found = dict(badges)
        for key, entry in self._entries():
            self._change(found, entry, key)
        return found

    def chosen(self, badges: Mapping[str, RuledBadge]) -> list[tuple[str, str]]:
        """Each entry by its key, such as `limits[0]`, and each badge that it chooses."""
        return [
            (key, badge) for key, entry in self._entries() for badge in badges if entry.chooses(badge, badges[badge])
        ]

    def _entries(self) -> Iterator[tuple[str, OtherLimit | OtherBadge]]:
        for place, limit in enumerate(self.asked.limits):
            yield f"limits[{place}]", limit
        for place, entry in enumerate(self.asked.badges):
            yield f"badges[{place}]", entry

    def _change(self, badges: dict[str, RuledBadge], entry: OtherLimit | OtherBadge, key: str) -> None:
        """Change what the entry chooses, in place."""
        if entry.tag is not None and any(ruled.tags is None for ruled in badges.values()):
            raise ConfigError(
                where=f"{self.path}, key {key}.tag",
                expected="a warehouse that keeps the tags of its definitions",
                found="definitions that were read by an earlier version, which kept none",
                next_step="Make it anew from its inputs with badgeledger rebuild, or choose badges by badge or name.",
            )
        chosen = [badge for badge, ruled in badges.items() if entry.chooses(badge, ruled)]
        fits: bool = False
        for badge in chosen:
            versions, first = _from_then_on(badges[badge].versions, entry.since)
            fits = fits or any(entry.fits(version) for version in versions[first:])
            try:
                changed = [*versions[:first], *(entry.changed(version) for version in versions[first:])]
            except ValueError as error:
                raise self._refused(key, f"{error}", f"another result for the badge {badge}") from None
            badges[badge] = replace(badges[badge], versions=changed)
        if not chosen:
            expected = "a badge of the warehouse"
            if entry.tag is not None:
                known = sorted({tag for ruled in badges.values() for tag in ruled.tags or ()})
                expected = f"a tag among {', '.join(known[:20])}" if known else "badges with tags"
            raise self._refused(key, expected, ", ".join(map(repr, entry.choice)) or "none")
        if not fits:
            carried = {name for badge in chosen for one in badges[badge].versions for name in one.counted.limits}
            expected = "a limit that a version of the chosen badges carries, or add = true"
            raise self._refused(key, expected, "only " + ", ".join(sorted(carried)) if carried else "none at all")

    def _refused(self, key: str, expected: str, found: str) -> ConfigError:
        return ConfigError(
            where=f"{self.path}, key {key}",
            expected=expected,
            found=found,
            next_step="Correct the file; badges and limits stand in the report's tables badges and limits.",
        )


def load_overrides(path: Path) -> Overrides:
    """Read a file of other rules. Raises ConfigError."""
    asked = checked(OtherRules, read_toml(path, "a file of rules"), path)
    if not (asked.model_fields_set & {"definitions", "settings", "limits", "badges"}):
        raise ConfigError(
            where=str(path),
            expected="at least one of definitions, [settings], [[limits]] and [[badges]]",
            found="nothing",
            next_step="See: badgeledger docs contract",
        )
    seen = set()
    for place, limit in enumerate(asked.limits):
        key = (limit.badge, limit.name, limit.tag, limit.limit, limit.since)
        if key in seen:
            raise ConfigError(
                where=f"{path}, key limits[{place}]",
                expected="one entry for a limit, its badges and from",
                found=f"two for {limit.limit}",
                next_step="Leave one of them out.",
            )
        seen.add(key)
    return Overrides(path, asked)


def _settings(rules: Rules, given: Rules) -> Rules:
    return rules.model_copy(update=given.model_dump(exclude_unset=True))


def _from_then_on(versions: Sequence[DecidedVersion], since: int | None) -> tuple[list[DecidedVersion], int]:
    """The versions with one that is in force from `since` on, and its place; without an instant, as they are."""
    found = list(versions)
    if since is None:
        return found, 0
    before = [place for place, version in enumerate(found) if version.counted.in_force_from < since]
    if not before:
        # The earliest version covers all time before it, so one that says the same must come before `since`.
        found.insert(0, _in_force(found[0], since - 1))
        before = [0]
    first = before[-1] + 1
    if first == len(found) or found[first].counted.in_force_from > since:
        found.insert(first, _in_force(found[first - 1], since))
    return found, first


def _in_force(version: DecidedVersion, moment: int) -> DecidedVersion:
    return replace(version, counted=replace(version.counted, in_force_from=moment))
