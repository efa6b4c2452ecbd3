"""Badge definitions: periods, expiry rules and limits, where vendor spellings end (RULEBOOK 3, 5 and 6)."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

OWNERS = {
    name.lower(): name
    for name in (
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
}
WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
START_DAYS = {name: name for name in WEEKDAYS} | {str(ordinal): name for ordinal, name in enumerate(WEEKDAYS)}
UNITS = {
    spelling: unit
    for unit, spellings in {
        "DAYS": ("DAYS", "DAILY"),
        "WEEKS": ("WEEKS", "WEEKLY"),
        "MONTHS": ("MONTHS", "MONTHLY"),
    }.items()
    for spelling in spellings
}
EXPIRY_TYPES = {name: name for name in ("RELATIVE", "ABSOLUTE", "NEVER")}
ABSOLUTE_TYPES = {name: name for name in ("FIXED_DATE", "WITH_BADGE_META")}
EARN_TYPES = {"EARN": "EARN", "ISSUE_EARN": "ISSUE_EARN", "ISSUE EARN": "ISSUE_EARN"}

Unit = Literal["DAYS", "WEEKS", "MONTHS"]
Scope = Literal["BADGE", "CUSTOMER"]
Kind = Literal["FIXED_WINDOW", "ROLLING_WINDOW", "FIXED_VALUE"]


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ExpiryRule(Model):
    """`RELATIVE` with unit and value, `FIXED_DATE` with its instant in microseconds, `WITH_BADGE_META` or `NEVER`."""

    kind: Literal["RELATIVE", "FIXED_DATE", "WITH_BADGE_META", "NEVER"]
    unit: Unit | None = None
    value: int | None = None
    expires_at: int | None = None

    @property
    def name(self) -> str:
        """As in the column `expirations.rule`."""
        return f"RELATIVE:{self.unit}:{self.value}" if self.kind == "RELATIVE" else self.kind

    @property
    def content(self) -> str:
        return f"FIXED_DATE:{self.expires_at}" if self.kind == "FIXED_DATE" else self.name


class Limit(Model):
    """One comparison: scope, window, number (RULEBOOK 6). `length` counts units; of weeks, `start_day` names the
    first."""

    scope: Scope
    kind: Kind
    unit: Unit | None = None
    length: int | None = None
    start_day: str | None = None
    number: int

    @property
    def name(self) -> str:
        """The public name, such as `CUSTOMER:FIXED_WINDOW:DAYS:5`."""
        return ":".join([self.scope, self.kind, *self._window])

    @property
    def short_code(self) -> str:
        """The limit in a breach id, such as `CFD5`."""
        window = "".join(part[:3] if part == self.start_day else part for part in self._window[1:])
        return self.scope[0] + self.kind[0 if self.kind != "FIXED_VALUE" else 6] + (self.unit or "")[:1] + window

    @property
    def _window(self) -> list[str]:
        if self.unit is None:
            return []
        if self.kind == "FIXED_WINDOW" and self.unit == "MONTHS":
            return [self.unit]
        return [self.unit, self.start_day if self.start_day is not None else str(self.length)]


class Tag(Model):
    """A label of a badge."""

    name: str
    value: str | None = None


class Definition(Model):
    """One state of a badge as it was written down. Instants are microseconds; `invalid` names what makes no limit
    or rule. `tags` are no content (RULEBOOK 5)."""

    badge_id: str
    org_id: str | None
    name: str | None
    starts_at: int
    expires_at: int
    active: bool
    earn_type: Literal["EARN", "ISSUE_EARN"]
    issued_rule: ExpiryRule | None
    earned_rule: ExpiryRule | None
    owners: list[str]
    limits: list[Limit]
    invalid: list[str]
    last_updated_at: int | None
    created_at: int | None
    logged_at: int | None
    refused: bool = False
    tags: list[Tag] = []

    @property
    def in_force_from(self) -> int | None:
        """`lastUpdatedOn`, else the line's `loggedAt`, else `createdOn` (RULEBOOK 5)."""
        for moment in (self.last_updated_at, self.logged_at, self.created_at):
            if moment is not None:
                return moment
        return None
