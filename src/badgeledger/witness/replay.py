"""The plain replay: every row decided one after the other, by looking at all rows admitted before (RULEBOOK 10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .calls import Row
from .counts import SCOPES, Settings, cycle_holding, expire, kind_counts, rolling_start
from .counts import Badge as Book
from .cycles import Cycle, number_for, ordered, timeline
from .definitions import Definition
from .findings import overlaps
from .other_rules import OtherRules, Ruling, ruling_at
from .times import show_instant

ADMIT, REJECT = "ADMIT", "REJECT"


@dataclass
class Decision:
    """What replay says of one row; `reason` is empty when it is admitted, `limit` unless a limit is the reason."""

    row: Row
    reason: str = ""
    limit: str = ""

    @property
    def admitted(self) -> bool:
        """The row takes room."""
        return not self.reason

    @property
    def compared(self) -> str:
        """The decision beside what was recorded."""
        if self.admitted == self.row.accepted:
            return "same"
        return "newly-admitted" if self.admitted else "newly-rejected"


def decide(
    definitions: Mapping[str, Sequence[Definition]],
    rows: Sequence[Row],
    settings: Settings,
    other: OtherRules | None = None,
) -> list[Decision]:
    """A decision for each row that is no import; `rows` stand in processing order, `definitions` by badge; `other`
    rules change them."""
    books: dict[str, Book] = {}
    rulings: dict[str, list[Ruling]] = {}
    for row in rows:
        if row.badge not in books:
            own = [one for one in rows if one.badge == row.badge]
            versions = ordered(definitions.get(row.badge, ()))
            found = [Ruling(version, settings) for version in versions]
            if other is not None and versions:
                found = other.rule(row.badge, versions, settings)
            rulings[row.badge] = [one for place, one in enumerate(found) if not place or one.moment <= settings.as_of]
            books[row.badge] = _book(row.badge, rulings[row.badge], own)
    admitted: dict[str, list[Row]] = {badge: [] for badge in books}
    decisions = []
    for row in rows:
        if row.imported:
            # An import is a fact: nobody decides it, and it takes room where it was accepted.
            if row.accepted:
                admitted[row.badge].append(row)
            continue
        decision = _decide(row, books[row.badge], admitted[row.badge], rulings[row.badge])
        decisions.append(decision)
        if decision.admitted:
            admitted[row.badge].append(row)
    return decisions


def _book(badge: str, rulings: Sequence[Ruling], rows: Sequence[Row]) -> Book:
    """Versions, cycles, and each row's version and expiry."""
    book = Book(badge, [ruling.version for ruling in rulings], list(rows))
    if not rulings:
        return book
    for row in rows:
        ruling = ruling_at(rulings, row.processed_at)
        row.version = ruling.version
        expire(row, ruling.settings)
    until = max([rulings[0].settings.as_of, *(row.event_at for row in rows)])
    for scope in SCOPES:
        book.cycles[scope] = _cycles(rulings, scope, until)
    return book


def _cycles(rulings: Sequence[Ruling], scope: str, until: int) -> list[Cycle]:
    """The cycles of a scope. Where settings change, those that began by then stay, the one under way until the next
    bound that the new settings know; then come those that begin later under the new settings."""
    versions = [ruling.version for ruling in rulings]
    found: list[Cycle] = []
    before: Settings | None = None
    for ruling in rulings:
        settings = ruling.settings
        if before is None:
            found = timeline(versions, scope, settings.zone, settings["month"], until)
        elif settings.rules != before.rules:
            anew = timeline(versions, scope, settings.zone, settings["month"], until)
            found = [cycle for cycle in found if cycle.starts_at <= ruling.moment]
            bounds = [bound for cycle in anew for bound in (cycle.starts_at, cycle.ends_at) if bound > ruling.moment]
            if found and found[-1].ends_at > ruling.moment and bounds:
                found[-1].ends_at = min(bounds)
            found += [cycle for cycle in anew if cycle.starts_at > ruling.moment]
        before = settings
    return found


def _decide(row: Row, book: Book, admitted: Sequence[Row], rulings: Sequence[Ruling]) -> Decision:
    """The first reason that holds, in the order of the rule book."""
    version = row.version
    if version is None:
        return Decision(row, "unknown-badge")
    if (
        row.call.request_id
        and not row.call.of_no_call
        and any(
            other.call.request_id == row.call.request_id
            and other.call.endpoint == row.call.endpoint
            and other.call is not row.call
            for other in admitted
        )
    ):
        return Decision(row, "duplicate-request")
    if not version.active:
        return Decision(row, "badge-not-active")
    if not version.start <= row.event_at < version.end:
        return Decision(row, "outside-badge-period")
    if row.kind == "ISSUE" and any(
        other.kind == "ISSUE"
        and other.customer == row.customer
        and not other.revoked_by(row.processed_at)
        and overlaps(row, other)
        for other in admitted
    ):
        return Decision(row, "overlapping-issue")
    settings = ruling_at(rulings, row.processed_at).settings
    if kind_counts(row, settings):
        counted = [other for other in admitted if _takes_room(other, row, rulings)]
        for scope in ("CUSTOMER", "BADGE"):
            subject = [other for other in counted if scope == "BADGE" or other.customer == row.customer]
            limit = _full_limit(row, scope, book, subject, settings)
            if limit is not None:
                return Decision(row, f"{scope.lower()}-limit", limit)
    return Decision(row)


def _takes_room(other: Row, row: Row, rulings: Sequence[Ruling]) -> bool:
    """An admitted row of a kind that counts under the settings of its own time; where revoked rows were excluded when
    it was revoked, until then."""
    freed = (
        other.revoked_at is not None
        and other.revoked_by(row.processed_at)
        and ruling_at(rulings, other.revoked_at).settings["revoked"] == "exclude"
    )
    return kind_counts(other, ruling_at(rulings, other.processed_at).settings) and not freed


def _full_limit(row: Row, scope: str, book: Book, subject: Sequence[Row], settings: Settings) -> str | None:
    """The first limit of the scope, in text order, that the row would exceed; `subject` are the rows that took room."""
    assert row.version is not None
    spans: dict[str, tuple[int, int]] = {}
    for name, number in row.version.numbers.items():
        if name.startswith(f"{scope}:ROLLING_WINDOW"):
            now = settings.clock(row)
            start = rolling_start(name, now, settings)
            spans[name] = (number, sum(1 for other in subject if start <= settings.clock(other) <= now))
        if name == f"{scope}:FIXED_VALUE":
            spans[name] = (number, len(subject))
    cycle = cycle_holding(book, scope, row.event_at)
    if cycle is not None:
        judging = number_for(book.versions, scope, cycle.name, row.processed_at)
        if judging is not None:
            spans[cycle.name] = (judging, sum(1 for other in subject if cycle.holds(other.event_at)))
    return next((name for name, (number, count) in sorted(spans.items()) if count + 1 > number), None)


def table(decisions: Sequence[Decision]) -> list[dict[str, str]]:
    """The contract's table `decisions`, in key order."""
    ordered = sorted(
        decisions, key=lambda one: (one.row.processed_at, one.row.call.request_id, one.row.position, one.row.key)
    )
    return [
        {
            "processed_at": show_instant(one.row.processed_at),
            "request_id": one.row.call.request_id,
            "position": str(one.row.position),
            "row_key": one.row.key,
            "issuance_id": one.row.issuance_id,
            "badge_id": one.row.badge,
            "customer_id": one.row.customer,
            "decision": ADMIT if one.admitted else REJECT,
            "reason": one.reason,
            "limit_name": one.limit,
            "recorded_outcome": one.row.outcome,
            "recorded_code": one.row.code,
            "compared": one.compared,
        }
        for one in ordered
    ]
