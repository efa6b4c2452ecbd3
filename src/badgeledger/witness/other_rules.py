"""Other rules than the recorded ones: the file of `replay --rules`, in the witness's own reading (readings, Replay)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from .counts import Settings
from .cycles import up_to
from .definitions import Definition, Rule
from .fields import OWNERS
from .times import iso_instant, microseconds

Entry = Mapping[str, Any]


class OtherRules:
    """A sound file of other rules."""

    def __init__(self, text: str) -> None:
        self._said = tomllib.loads(text)

    def settings(self, settings: Settings) -> Settings:
        """The settings of every badge."""
        return Settings(settings.rules | self._said.get("settings", {}), settings.as_of)

    def rule(self, badge: str, versions: Sequence[Definition], settings: Settings) -> list[Ruling]:
        """The versions of one badge, each with its settings, from the recorded versions and the settings of every
        badge."""
        found = [Ruling(deepcopy(version), settings) for version in versions]
        last = up_to(versions, settings.as_of)[-1]
        for entry in self._said.get("limits", []):
            if _is_meant(entry, badge, last):
                for ruling in _from_then_on(found, entry):
                    _change_limit(ruling.version, entry)
        for entry in self._said.get("badges", []):
            if _is_meant(entry, badge, last):
                for ruling in _from_then_on(found, entry):
                    _change_badge(ruling.version, entry)
                    given = ruling.settings.rules | entry.get("settings", {})
                    ruling.settings = Settings(given, settings.as_of)
        return found


@dataclass
class Ruling:
    """A version and the settings that hold while it is in force."""

    version: Definition
    settings: Settings

    @property
    def moment(self) -> int:
        """The instant from which it is in force."""
        assert self.version.in_force is not None
        return self.version.in_force


def ruling_at(rulings: Sequence[Ruling], instant: int) -> Ruling:
    """The one in force; the first covers all time before it."""
    return [one for place, one in enumerate(rulings) if not place or one.moment <= instant][-1]


def _is_meant(entry: Entry, badge: str, last: Definition) -> bool:
    if "badge" in entry:
        return bool(entry["badge"] == badge)
    if "tag" in entry:
        return entry["tag"] in last.tags
    return "name" not in entry or (last.name is not None and fnmatchcase(last.name, entry["name"]))


def _instant(value: Any) -> int:
    if isinstance(value, datetime):
        return microseconds(value)
    found = iso_instant(value, None)
    assert isinstance(found, int)
    return found


def _from_then_on(rulings: list[Ruling], entry: Entry) -> list[Ruling]:
    """The versions that an entry changes. With `from`, one that says the same is put in at that instant, and another
    before it where nothing is known of the time before."""
    if "from" not in entry:
        return rulings
    since = _instant(entry["from"])
    moments = [ruling.moment for ruling in rulings]
    if min(moments) >= since:
        rulings.insert(0, _dated(rulings[0], since - 1))
    if since not in moments:
        earlier = [place for place, ruling in enumerate(rulings) if ruling.moment < since]
        rulings.insert(earlier[-1] + 1, _dated(rulings[earlier[-1]], since))
    return [ruling for ruling in rulings if ruling.moment >= since]


def _dated(ruling: Ruling, moment: int) -> Ruling:
    copy = deepcopy(ruling.version)
    copy.last_updated = moment
    return Ruling(copy, ruling.settings)


def _change_limit(version: Definition, entry: Entry) -> None:
    name = entry["limit"]
    gone = entry.get("replaces", name)
    if gone not in version.numbers and not entry.get("add"):
        return
    version.numbers.pop(gone, None)
    if not entry.get("remove"):
        version.numbers[name] = entry["number"]
    version.limits = list(version.numbers.items())


def _change_badge(version: Definition, entry: Entry) -> None:
    if "starts_at" in entry:
        version.start = _instant(entry["starts_at"])
    if "expires_at" in entry:
        version.end = _instant(entry["expires_at"])
    version.active = entry.get("active", version.active)
    version.earn_type = entry.get("earn_type", version.earn_type)
    if "issued_expiry" in entry:
        version.issued_rule = _rule(entry["issued_expiry"])
    if "earned_expiry" in entry:
        version.earned_rule = _rule(entry["earned_expiry"])
    if "owners" in entry:
        given = {owner.lower() for owner in entry["owners"]}
        version.owners = sorted(owner for owner in OWNERS if owner.lower() in given)


def _rule(text: str) -> Rule | None:
    kind, *rest = text.split(":", 1)
    if kind == "BADGE_END":
        return None
    if kind == "FIXED_DATE":
        return Rule(kind, date=_instant(rest[0]))
    if kind == "RELATIVE":
        unit, value = rest[0].split(":")
        return Rule(kind, unit, int(value))
    return Rule(kind)
