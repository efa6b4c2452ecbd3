"""Dumps of getFixedWindowDetails: cycles and counts as the platform itself prints them (RULEBOOK 9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..definitions import Scope
from .calls import objects
from .refusal import Refusal
from .values import Reading, choice, integer, optional_id, twin_instant

_SCOPES = {"BADGE_FIXED_WINDOW": "BADGE", "CUSTOMER_BADGE_FIXED_WINDOW": "CUSTOMER"}


@dataclass(frozen=True)
class PrintedCycle:
    """One cycle; each instant stands for the local day that holds it, the end inclusive."""

    scope: Scope
    starts_on: int
    ends_on: int
    earn_count: int | None


@dataclass(frozen=True)
class Dump:
    """One page of a dump."""

    badge_id: str
    customer_id: str | None
    logged_at: int | None
    cycles: list[PrintedCycle]


def read_dump(
    logged_at: int | None, request: Mapping[str, Any] | None, response: Mapping[str, Any] | None, reading: Reading
) -> Dump:
    """A dump; its cycles stand under `data` or beside the badge's id. Raises :class:`Refusal`."""
    asked = request or {}
    body = asked if response is None else response.get("data", response)
    if body is None:
        body = {}
    if not isinstance(body, dict):
        raise Refusal("unknown-shape", "data is no object")
    badge_id = optional_id(body, "badgeMetaId") or optional_id(asked, "badgeMetaId")
    if badge_id is None:
        raise Refusal("missing-field", "badgeMetaId")
    return Dump(
        badge_id,
        optional_id(body, "customerId") or optional_id(asked, "customerId"),
        logged_at,
        [_cycle(item, reading) for item in objects(body, "fixedWindowCycles")],
    )


def _cycle(item: Mapping[str, Any], reading: Reading) -> PrintedCycle:
    scope = choice(item.get("constraintType"), _SCOPES, "constraintType")
    starts_on, ends_on = (twin_instant(item, name, reading, iso_wins=False) for name in ("startDate", "endDate"))
    if scope is None or starts_on is None or ends_on is None:
        raise Refusal("missing-field", "a printed cycle has constraintType, startDate and endDate")
    return PrintedCycle(
        "CUSTOMER" if scope == "CUSTOMER" else "BADGE",
        starts_on,
        ends_on,
        integer(item.get("earnCount"), "earnCount"),
    )
