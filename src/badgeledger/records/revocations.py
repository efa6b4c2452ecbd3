"""Revocations of issues and earns (RULEBOOK 3): who names what, and what the answer refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .calls import error_codes, objects
from .refusal import Refusal
from .values import absent, id_text, optional_id


@dataclass(frozen=True)
class Target:
    """An issuance by its row id, or all issues of a customer."""

    kind: str
    customer_id: str | None
    row_id: str | None


@dataclass(frozen=True)
class Revocation:
    """What one line revokes, and when (microseconds)."""

    badge_id: str
    revoked_at: int
    targets: list[Target]


@dataclass(frozen=True)
class _Entry:
    """What a response says of one issue."""

    customer_id: str | None
    row_id: str | None
    refused: bool


def read_revocation(
    logged_at: int | None, request: Mapping[str, Any] | None, response: Mapping[str, Any] | None
) -> Revocation:
    """A revocation. Raises :class:`Refusal`; `no-time` without the line's own time."""
    if request is None and response is None:
        raise Refusal("unknown-shape", "neither request nor response")
    data = _data(response)
    badge_id = None if request is None else optional_id(request, "badgeMetaId")
    badge_id = badge_id or optional_id(data, "badgeMetaId")
    if badge_id is None:
        raise Refusal("missing-field", "badgeMetaId")
    targets = _lone_targets(data) if request is None else _targets(request)
    entries = _entries(data)
    failed = response is not None and bool(error_codes(response.get("errors")))
    still_active = not absent(data, ("earnedBadgeId",)) and str(data.get("isActive")).lower() == "true"
    if still_active or (failed and not any(not entry.refused for entry in entries)):
        targets = []
    stands = _standing(entries, any(target.row_id is not None for target in targets))
    if logged_at is None:
        raise Refusal("no-time", "no loggedAt")
    return Revocation(badge_id, logged_at, [target for target in targets if stands(target)])


def _data(response: Mapping[str, Any] | None) -> Mapping[str, Any]:
    data = None if response is None else response.get("data")
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise Refusal("unknown-shape", "data is no object")
    return data


def _targets(request: Mapping[str, Any]) -> list[Target]:
    """What a request names."""
    named = objects(request, "revokeIssuals") if request.get("revokeIssuals") != "" else []
    if named:
        return [Target("ISSUE", _customer(entry), _required_id(entry, "issueId")) for entry in named]
    if not absent(request, ("earnedBadgeId",)) and not absent(request, ("customerId",)):
        return [Target("EARN", _customer(request), id_text(request["earnedBadgeId"], "earnedBadgeId"))]
    customers = request.get("customers")
    if customers is None:
        raise Refusal("missing-field", "customers, revokeIssuals, or earnedBadgeId with customerId")
    several = customers if isinstance(customers, list) else [customers]
    return [Target("ISSUE", id_text(customer, "customers"), None) for customer in several]


def _lone_targets(data: Mapping[str, Any]) -> list[Target]:
    """What a response without request says is revoked."""
    found = [
        Target("ISSUE", entry.customer_id, entry.row_id)
        for entry in _entries(data)
        if not entry.refused and (entry.customer_id is not None or entry.row_id is not None)
    ]
    if not absent(data, ("earnedBadgeId",)):
        found.append(Target("EARN", _customer(data), id_text(data["earnedBadgeId"], "earnedBadgeId")))
    return found


def _entries(data: Mapping[str, Any]) -> list[_Entry]:
    entries = []
    for item in objects(data, "revokedIssuedBadges"):
        error = item.get("error")
        if error is not None and not isinstance(error, dict):
            raise Refusal("unknown-shape", "error is no object")
        entries.append(_Entry(_customer(item), optional_id(item, "issuedId"), error is not None))
    return entries


def _customer(body: Mapping[str, Any]) -> str | None:
    return None if body.get("customerId") is None else id_text(body["customerId"], "customerId")


def _required_id(body: Mapping[str, Any], name: str) -> str:
    found = optional_id(body, name)
    if found is None:
        raise Refusal("missing-field", name)
    return found


def _standing(entries: list[_Entry], by_id: bool) -> Callable[[Target], bool]:
    """Whether a target is not refused; `by_id` when issues were named, not customers."""
    done = {entry.customer_id for entry in entries if not entry.refused}
    rows = {entry.row_id for entry in entries if entry.refused and by_id and entry.row_id is not None}
    customers = {entry.customer_id for entry in entries if entry.refused and not (by_id and entry.row_id is not None)}

    def stands(target: Target) -> bool:
        if target.row_id is not None and target.row_id in rows:
            return False
        return target.customer_id is None or target.customer_id not in customers - done

    return stands
