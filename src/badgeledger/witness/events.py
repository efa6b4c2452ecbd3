"""`badgeEarned` events and own flat rows: issuances that no call of the log asked for (RULEBOOK 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .fields import Reader
from .halves import Answer, CallLine, Request, Response, given

EVENT = "badgeEarned"
EVENT_DATES = ("earnEventDate", "eventDate", "earnedOn")
LOG_TIMES = ("loggedAt", "createdAt", "timeStamp")
IDS = ("badgeMetaId", "badgeId", "earnedBadgeId", "requestId", "ownerType", "referenceId", "triggeredBy")
KINDS = {"ISSUE": "flatIssue", "EARN": "flatEarn"}
OUTCOMES = {outcome: outcome for outcome in ("ACCEPTED", "ASSUMED", "REJECTED")}
LAST_POSITION = 999_999_999


def is_event(value: Mapping[str, Any]) -> bool:
    """An object that names itself so."""
    kind = value.get("eventType")
    return value.get("eventName") == EVENT or (isinstance(kind, str) and kind.rsplit("_", 1)[-1] == EVENT)


def read_event(value: Mapping[str, Any], reader: Reader) -> CallLine:
    """The earn that an event tells."""
    reader.in_milliseconds = True
    places = _places(value)
    dates = [name + twin for name in (*EVENT_DATES, "expiresOn") for twin in ("", "ISO")]
    found = {name: _innermost(places, name) for name in (*IDS, *dates, *LOG_TIMES)}
    customer = _innermost(places, "customerId")
    if customer is None:
        customer = _innermost([_object(place, "customerIdentifiers") for place in places], "customerId")
    trigger = found["triggeredBy"] if found["triggeredBy"] is not None else found
    if not isinstance(trigger, dict):
        reader.refuse("unknown-shape")
        trigger = {}
    badge = reader.optional_id(found, "badgeId" if found["badgeMetaId"] is None else "badgeMetaId")
    if badge is None or customer is None:
        reader.refuse("missing-field")
    event_name = _first_given(EVENT_DATES, lambda name: (found[name], found[name + "ISO"]))
    asked = Request(
        badge,
        reader.optional_id(found, "requestId"),
        reader.twin(found, event_name, iso_wins=False),
        reader.owner(trigger.get("ownerType") if given(trigger, "ownerType") else None),
        reader.optional_id(trigger, "referenceId"),
        ["" if customer is None else reader.id(customer)],
    )
    logged_at = reader.instant(found, _first_given(LOG_TIMES, lambda name: (found[name],)))
    expires_at = reader.twin(found, "expiresOn", iso_wins=False)
    row_id = reader.optional_id(found, "earnedBadgeId")
    answered = None if row_id is None else _response(Answer(asked.customers[0], row_id, False, None), expires_at)
    return CallLine(EVENT, logged_at, asked, answered)


def _places(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Where a field may stand, the innermost first."""
    attributes = _object(value, "attributes")
    return [_object(attributes, "data"), attributes, _object(value, "data"), value]


def _object(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _innermost(places: list[Mapping[str, Any]], name: str) -> Any:
    values = (place.get(name) for place in places)
    return next((value for value in values if value is not None and value != ""), None)


def _first_given(names: Sequence[str], values: Callable[[str], tuple[Any, ...]]) -> str:
    return next((name for name in names if any(value is not None for value in values(name))), names[0])


def _response(answer: Answer, expires_at: int | None) -> Response:
    return Response(None, None, expires_at, False, None, [answer])


def read_own_row(value: Mapping[str, Any], reader: Reader) -> CallLine:
    """The issuance that a flat row in the product's own columns tells; `value` has the cells that are not empty."""
    for name in ("badge_id", "customer_id", "kind"):
        if name not in value:
            reader.refuse("missing-field")
    endpoint = reader.choice(value.get("kind"), KINDS)
    asked = Request(
        reader.optional_id(value, "badge_id"),
        reader.optional_id(value, "request_id"),
        reader.instant(value, "event_at"),
        reader.owner(value.get("owner_type")),
        reader.optional_id(value, "reference_id"),
        [reader.id(value["customer_id"])] if "customer_id" in value else [],
        position=reader.integer(value.get("position")) or 0,
    )
    if not 0 <= asked.position <= LAST_POSITION:
        reader.refuse("invalid-number")
    logged_at = reader.instant(value, "processed_at" if "processed_at" in value else "logged_at")
    row_id, code = reader.optional_id(value, "issuance_id"), reader.optional_id(value, "code")
    expires_at = reader.instant(value, "expires_at")
    outcome = reader.choice(value.get("outcome"), OUTCOMES) or ("ASSUMED" if row_id is None else "ACCEPTED")
    answered = None
    if asked.customers and outcome == "ACCEPTED":
        answered = _response(Answer(asked.customers[0], row_id, False, None), expires_at)
    if asked.customers and outcome == "REJECTED":
        answered = _response(Answer(asked.customers[0], None, True, code), None)
    return CallLine(endpoint, logged_at, asked, answered)
