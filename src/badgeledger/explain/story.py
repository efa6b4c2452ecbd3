"""What a story holds: a tree of values, told once and shown as a terminal page, as HTML and as JSON.

Instants are microseconds inside and ISO text in JSON. Texts that come from logs are as they came: who shows them
makes them safe.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, PlainSerializer

from ..calendar import iso_instant

CELLS = 60
Instant = Annotated[int, PlainSerializer(iso_instant, when_used="json")]
Kind = Literal["issuance", "breach", "finding", "badge", "customer", "code"]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Part):
    """Where a line stands; `raw` is its text, None with the reason in `missing`."""

    file: str
    line: int
    raw: str | None = None
    missing: str = ""


class Clocks(Part):
    """The two clocks of an issuance (RULEBOOK 2) and where `processed_at` was read."""

    event_at: Instant
    processed_at: Instant
    processed_from: str


class Change(Part):
    """One thing that a version says otherwise than the one before; empty text means that it says nothing."""

    what: str
    before: str
    after: str


class NamedLimit(Part):
    """A limit by its public name, in words, with its number."""

    limit_name: str
    words: str
    number: int | None


class Version(Part):
    """A version of a badge, with its difference from the one before (RULEBOOK 5)."""

    version: str
    in_force_from: Instant
    first: bool
    before: str | None
    changes: list[Change]
    limits: list[NamedLimit]
    source: Source


class Filled(Part):
    """An issuance inside a span, at its place in the order of counting; `own` marks the one that is explained."""

    place: int
    at: Instant
    row_key: str
    issuance_id: str
    customer_id: str
    own: bool


class Count(Part):
    """A limit as it judged one issuance (RULEBOOK 6).

    `count` is that of the issuance itself; of one that does not count, that of the issuances before it. `filled` are
    at most a dozen of those inside the span. `timeline` cuts the span into 60 cells of one length, from its start (or,
    of a fixed value, from the first issuance): of each cell that holds any its place from 0, how many that fit, and how
    many over the number. `free_from` is the first instant from its own clock on with room for one more, if nothing
    else were issued.
    """

    limit_name: str
    words: str
    scope: str
    clock: str
    number: int | None
    counted: bool
    count: int
    excess: int
    breach_id: str | None
    span_from: Instant | None
    span_to: Instant | None
    cycle: str
    filled: list[Filled]
    timeline: list[tuple[int, int, int]]
    free_from: Instant | None
    note: str = ""

    @property
    def full(self) -> bool:
        """No further issuance fits beside those that were counted up to this one."""
        return self.number is not None and self.count >= self.number


class Expiry(Part):
    """When an issuance expires, and why (RULEBOOK 8)."""

    rule: str
    why: str
    base: Instant | None
    expires_at: Instant | None
    state: str
    reported: Instant | None
    agrees: bool | None


class Answer(Part):
    """What the platform said to it."""

    outcome: str
    code: str
    says: str
    issuance_id: str
    reported_expires_at: Instant | None
    source: Source | None


class Decision(Part):
    """What replay decides (RULEBOOK 10), beside what was recorded."""

    decision: str
    reason: str
    limit_name: str
    compared: str


class Remark(Part):
    """A finding in one line."""

    finding_id: str
    code: str
    severity: str
    title: str
    detail: str
    processed_at: Instant | None


class Issuance(Part):
    """One row of a request with all that follows from it."""

    row_key: str
    issuance_id: str
    badge_id: str
    badge_name: str
    customer_id: str
    kind: str
    counted: bool
    why_counted: str
    request_id: str
    position: int
    endpoint: str
    customers: int
    owner_type: str
    revoked_at: Instant | None
    source: Source
    clocks: Clocks
    version: Version | None
    counts: list[Count]
    expiry: Expiry | None
    answer: Answer
    replay: Decision | None
    findings: list[Remark]


class Guidance(Part):
    """What a finding code means, and how many findings of it stand in the report."""

    code: str
    title: str
    why: str
    do: str
    count: int


class Finding(Part):
    """One finding: what it says, where it stands."""

    remark: Remark
    platform_code: str
    badge_id: str
    customer_id: str
    request_id: str
    source: Source | None


class Cycle(Part):
    """A cycle with the counts in it; `odd_days` are its days that are not 24 hours long."""

    scope: str
    cycle_no: int
    limit_name: str
    first_day: date
    last_day: date
    starts_at: Instant
    ends_at: Instant
    when: Literal["past", "current", "next"]
    odd_days: list[str]
    count: int
    subjects: int
    highest: int
    over: int


class Use(Part):
    """How full a limit is at as-of for one subject, and the first instant from then on with room for one more."""

    badge_id: str
    badge_name: str
    limit_name: str
    words: str
    customer_id: str
    count: int
    number: int
    free_from: Instant | None


class Tally(Part):
    """So many of something."""

    label: str
    count: int


class Line(Part):
    """An issuance in one line."""

    row_key: str
    processed_at: Instant
    event_at: Instant
    badge_id: str
    badge_name: str
    customer_id: str
    kind: str
    outcome: str
    code: str
    counted: bool
    breaches: int


class Badge(Part):
    """A badge: its versions, limits, cycles, use and what went wrong with it."""

    badge_id: str
    name: str
    status: str
    earn_type: str
    active: bool | None
    starts_at: Instant | None
    expires_at: Instant | None
    tallies: list[Tally]
    versions: list[Version]
    cycles: list[Cycle]
    closest: list[Use]
    breaches: list[Tally]
    findings: list[Tally]
    newest: list[Line]


class Customer(Part):
    """A customer: what was issued to it, how full its limits are, what expires next."""

    customer_id: str
    tallies: list[Tally]
    badges: list[Tally]
    closest: list[Use]
    expiring: list[Tally]
    breaches: list[Tally]
    findings: list[Tally]
    newest: list[Line]


class Story(Part):
    """The answer to `explain ID`: a sentence, and the parts that the thing has."""

    kind: Kind
    id: str
    title: str
    sentence: str
    as_of: Instant
    zone: str
    settings: dict[str, str]
    focus: str | None = None
    guidance: Guidance | None = None
    finding: Finding | None = None
    remarks: list[Remark] = []
    issuance: Issuance | None = None
    version: Version | None = None
    badge: Badge | None = None
    customer: Customer | None = None
    next: list[str]
