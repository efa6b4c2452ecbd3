"""Revocations: which issuances are taken back, and when (RULEBOOK 3 and 8; readings, Revocation)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from .calls import Row
from .fields import Reader
from .halves import failed_with, given, objects


class Target(NamedTuple):
    """What is revoked: one `ISSUE` or `EARN` by its row id, of a customer where one is given; without row id all issues
    of the customer.
    """

    kind: str
    row_id: str | None
    customer: str | None


@dataclass
class Revocation:
    """One revocation, without what was refused."""

    badge: str
    at: int
    targets: frozenset[Target]
    source: tuple[str, int] = ("", 0)

    @property
    def values(self) -> tuple[object, ...]:
        """What makes two lines one record."""
        return (self.badge, self.at, self.targets)


def read_revocation(request: Any, response: Any, at: int | None, reader: Reader) -> Revocation | None:
    """A revocation from its halves; None when `reader` holds a reason of refusal."""
    data = {} if response is None or response.get("data") is None else response["data"]
    if (request is None and response is None) or not isinstance(data, dict):
        reader.refuse("unknown-shape")
        return None
    asked = None if request is None else reader.optional_id(request, "badgeMetaId")
    badge = reader.optional_id(data, "badgeMetaId") if asked is None else asked
    if badge is None:
        reader.refuse("missing-field")
    answers = _answers(data, reader)
    failed, _ = failed_with(response, reader)
    still_active = given(data, "earnedBadgeId") and _is_true(data.get("isActive"))
    targets = _named_targets(data, answers, reader) if request is None else _asked_targets(request, reader)
    if still_active or (failed and all(answer.refused for answer in answers)):
        targets = set()
    if at is None:
        reader.refuse("no-time")
    return (
        None
        if at is None or badge is None
        else Revocation(badge, at, frozenset(target for target in targets if not _is_refused(target, answers)))
    )


class _Answer(NamedTuple):
    customer: str | None
    row_id: str | None
    refused: bool


def _answers(data: Mapping[str, Any], reader: Reader) -> list[_Answer]:
    answers = []
    for item in objects(data, "revokedIssuedBadges", reader):
        error = item.get("error")
        if error is not None and not isinstance(error, dict):
            reader.refuse("unknown-shape")
        answers.append(_Answer(_customer(item, reader), reader.optional_id(item, "issuedId"), error is not None))
    return answers


def _customer(item: Mapping[str, Any], reader: Reader) -> str | None:
    return None if item.get("customerId") is None else reader.id(item["customerId"])


def _is_true(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _asked_targets(request: Mapping[str, Any], reader: Reader) -> set[Target]:
    listed = objects(request, "revokeIssuals", reader) if given(request, "revokeIssuals") else []
    if listed:
        return {_asked_issue(item, reader) for item in listed}
    if given(request, "earnedBadgeId") and given(request, "customerId"):
        return {Target("EARN", reader.optional_id(request, "earnedBadgeId"), _customer(request, reader))}
    named = request.get("customers")
    if named is None:
        reader.refuse("missing-field")
        return set()
    return {Target("ISSUE", None, reader.id(one)) for one in (named if isinstance(named, list) else [named])}


def _asked_issue(item: Mapping[str, Any], reader: Reader) -> Target:
    row_id = reader.optional_id(item, "issueId")
    if row_id is None:
        reader.refuse("missing-field")
    return Target("ISSUE", row_id, _customer(item, reader))


def _is_refused(target: Target, answers: Sequence[_Answer]) -> bool:
    """An entry with an error refuses its row id; without one, or where customers were named, its customer, unless
    another entry of that customer has no error."""
    for answer in answers:
        if not answer.refused:
            continue
        if target.row_id is not None and answer.row_id is not None:
            if target.row_id == answer.row_id:
                return True
        elif answer.customer is not None and answer.customer == target.customer:
            if all(other.refused for other in answers if other.customer == answer.customer):
                return True
    return False


def _named_targets(data: Mapping[str, Any], answers: Sequence[_Answer], reader: Reader) -> set[Target]:
    """What a lone response revokes: all that its entries without error name."""
    targets = set()
    for answer in answers:
        if not answer.refused and (answer.row_id is not None or answer.customer is not None):
            targets.add(Target("ISSUE", answer.row_id, answer.customer))
    if given(data, "earnedBadgeId"):
        targets.add(Target("EARN", reader.optional_id(data, "earnedBadgeId"), _customer(data, reader)))
    return targets


def revoke(rows: Iterable[Row], revocations: Iterable[Revocation], as_of: int) -> None:
    """Fills in `revoked_at` of accepted rows: the earliest revocation up to as-of, not before the row was processed."""
    found: dict[tuple[str, Target], list[int]] = {}
    for revocation in revocations:
        if revocation.at <= as_of:
            for target in revocation.targets:
                found.setdefault((revocation.badge, target), []).append(revocation.at)
    for row in rows:
        if not row.accepted:
            continue
        times = []
        if row.kind == "ISSUE":
            by_customer = found.get((row.badge, Target("ISSUE", None, row.customer)), [])
            times += [at for at in by_customer if at >= row.processed_at]
        if row.row_id is not None:
            for customer in (None, row.customer):
                times += found.get((row.badge, Target(row.kind, row.row_id, customer)), [])
        if times:
            row.revoked_at = max(row.processed_at, min(times))
