"""Other rules than the recorded ones: the file of `replay --rules`, in the witness's own reading (readings, Replay)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from copy import deepcopy
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

    def rule(self, badge: str, versions: Sequence[Definition], settings: Settings) -> tuple[list[Definition], Settings]:
        """The versions of one badge, and its settings, from the recorded versions and the settings of every badge."""
        found = [deepcopy(version) for version in versions]
        name = up_to(versions, settings.as_of)[-1].name
        for entry in self._said.get("limits", []):
            if _is_meant(entry, badge, name):
                for version in _from_then_on(found, entry):
                    _change_limit(version, entry)
        for entry in self._said.get("badges", []):
            if _is_meant(entry, badge, name):
                for version in _from_then_on(found, entry):
                    _change_badge(version, entry)
                settings = Settings(settings.rules | entry.get("settings", {}), settings.as_of)
        return found, settings


def _is_meant(entry: Entry, badge: str, name: str | None) -> bool:
    if "badge" in entry:
        return bool(entry["badge"] == badge)
    return "name" not in entry or (name is not None and fnmatchcase(name, entry["name"]))


def _instant(value: Any) -> int:
    if isinstance(value, datetime):
        return microseconds(value)
    found = iso_instant(value, None)
    assert isinstance(found, int)
    return found


def _from_then_on(versions: list[Definition], entry: Entry) -> list[Definition]:
    """The versions that an entry changes. With `from`, one that says the same is put in at that instant, and another
    before it where nothing is known of the time before."""
    if "from" not in entry:
        return versions
    since = _instant(entry["from"])
    moments = [_moment(version) for version in versions]
    if min(moments) >= since:
        versions.insert(0, _dated(versions[0], since - 1))
    if since not in moments:
        earlier = [place for place, version in enumerate(versions) if _moment(version) < since]
        versions.insert(earlier[-1] + 1, _dated(versions[earlier[-1]], since))
    return [version for version in versions if _moment(version) >= since]


def _moment(version: Definition) -> int:
    assert version.in_force is not None
    return version.in_force


def _dated(version: Definition, moment: int) -> Definition:
    copy = deepcopy(version)
    copy.last_updated = moment
    return copy


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
