"""The scalars of a record: ids, instants, numbers and enums in all their spellings (RULEBOOK 2 and 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .lines import Num
from .times import SECOND, Zone, as_decimal, iso_instant, number_instant

REASONS = (
    "unknown-shape",
    "ambiguous-shape",
    "missing-field",
    "invalid-id",
    "invalid-timestamp",
    "timestamp-without-offset",
    "invalid-number",
    "invalid-enum",
    "no-time",
)
OWNERS = (
    "Loyalty",
    "Loyalty_Promotion",
    "Referral_Campaigns",
    "Journeys",
    "Audience_Campaigns",
    "Membercare",
    "Rewards_Catalog",
    "Goodwill_Module",
    "Milestones",
    "Historical_Import",
)
UNITS = {
    "DAYS": "DAYS",
    "DAILY": "DAYS",
    "WEEKS": "WEEKS",
    "WEEKLY": "WEEKS",
    "MONTHS": "MONTHS",
    "MONTHLY": "MONTHS",
}


class Reader:
    """Reads the fields of one record. Every fault is collected, so that the first reason in the fixed order is told.

    `notes` holds (finding code, field name) of repaired units and of twins that differ; milliseconds are no repair
    where the record is written `in_milliseconds`.
    """

    def __init__(self, feed_zone: Zone | None = None) -> None:
        self.feed_zone = feed_zone
        self.in_milliseconds = False
        self.reasons: list[str] = []
        self.notes: set[tuple[str, str]] = set()

    def refuse(self, reason: str) -> None:
        """Remember a reason why the record cannot be taken."""
        self.reasons.append(reason)

    def verdict(self) -> str:
        """The reason of quarantine, empty for a sound record."""
        return min(self.reasons, key=REASONS.index, default="")

    def id(self, value: Any) -> str:
        """An id that must be there: text, or a number without fraction."""
        if isinstance(value, str) and value:
            return value
        if isinstance(value, Num):
            number = as_decimal(value.text)
            if number is not None and (number == 0 or abs(number.adjusted()) < 400):
                if number == number.to_integral_value():
                    return str(int(number))
        self.refuse("invalid-id")
        return ""

    def optional_id(self, record: Mapping[str, Any], name: str) -> str | None:
        """An id where null and empty text mean absent."""
        value = record.get(name)
        return None if value is None or value == "" else self.id(value)

    def integer(self, value: Any) -> int | None:
        """A whole number or its text; None where it is absent."""
        if value is None:
            return None
        text = value.text if isinstance(value, Num) else value
        if isinstance(text, str):
            number = as_decimal(text)
            if number is not None and (number == 0 or abs(number.adjusted()) < 18):
                if number == number.to_integral_value():
                    return int(number)
        self.refuse("invalid-number")
        return None

    def choice(self, value: Any, allowed: Mapping[str, str]) -> str | None:
        """The documented spelling of an enum's value; None where it is absent."""
        if value is None:
            return None
        if isinstance(value, str) and value in allowed:
            return allowed[value]
        self.refuse("invalid-enum")
        return None

    def owner(self, value: Any) -> str | None:
        """An owner's name in the documented spelling, whatever its case; None where it is absent."""
        if value is None:
            return None
        for name in OWNERS:
            if isinstance(value, str) and value.lower() == name.lower():
                return name
        self.refuse("invalid-enum")
        return None

    def instant(self, record: Mapping[str, Any], name: str) -> int | None:
        """The instant of one field, epoch number or ISO text; None where it is absent."""
        value = record.get(name)
        if value is None:
            return None
        if isinstance(value, Num) or (isinstance(value, str) and as_decimal(value) is not None):
            text = value.text if isinstance(value, Num) else value
            found = number_instant(text, lambda unit: self._note_unit(unit, name))
            if found is not None:
                return found
        elif isinstance(value, str):
            read = iso_instant(value, self.feed_zone)
            if isinstance(read, int):
                return read
            self.refuse(read)
            return None
        self.refuse("invalid-timestamp")
        return None

    def _note_unit(self, unit: str, name: str) -> None:
        if not (self.in_milliseconds and unit == "milliseconds"):
            self.notes.add(("timestamp-unit-repaired", name))

    def twin(self, record: Mapping[str, Any], name: str, *, iso_wins: bool) -> int | None:
        """The instant of a field that has an ISO twin; both must be valid, one rules (RULEBOOK 2)."""
        number = self.instant(record, name)
        iso = self.instant(record, name + "ISO")
        if number is None or iso is None:
            return iso if number is None else number
        if abs(number - iso) > SECOND:
            self.notes.add(("timestamp-conflict", name))
        return iso if iso_wins else number
