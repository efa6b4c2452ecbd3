"""`badgeEarned` events, which the platform sends of every earn (RULEBOOK 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .calls import Answer, Call, Request, Response, read_owner
from .refusal import Refusal
from .values import Reading, absent, id_text, instant, optional_id, twin_instant

ENDPOINT = "badgeEarned"
_EVENT_DATES = ("earnEventDate", "eventDate", "earnedOn")
_LOG_TIMES = ("loggedAt", "createdAt", "timeStamp")


def is_event(body: Mapping[str, Any]) -> bool:
    """True for an object whose name or type says so."""
    name, kind = body.get("eventName"), body.get("eventType")
    return name == ENDPOINT or (isinstance(kind, str) and kind.rpartition("_")[2] == ENDPOINT)


def read_event(body: Mapping[str, Any], reading: Reading) -> Call:
    """An earn that an event tells of. Raises :class:`Refusal`."""
    reading.in_milliseconds = True
    layers = _layers(body)
    said = _fields(layers)
    badge_id = optional_id(said, "badgeMetaId") or optional_id(said, "badgeId")
    customer = said.get("customerId")
    if customer is None:
        customer = _fields([_object(layer, "customerIdentifiers") for layer in layers]).get("customerId")
    if badge_id is None or customer is None:
        raise Refusal("missing-field", "badgeMetaId" if badge_id is None else "customerId")
    customer_id = id_text(customer, "customerId")
    trigger = said.get("triggeredBy", said)
    if not isinstance(trigger, dict):
        raise Refusal("unknown-shape", "triggeredBy is no object")
    trigger = {name: value for name, value in trigger.items() if value != ""}
    event_name = next((name for name in _EVENT_DATES if not absent(said, (name, name + "ISO"))), _EVENT_DATES[0])
    log_name = next((name for name in _LOG_TIMES if name in said), _LOG_TIMES[0])
    row_id = optional_id(said, "earnedBadgeId")
    request = Request(
        badge_id=badge_id,
        request_id=optional_id(said, "requestId"),
        event_at=twin_instant(said, event_name, reading, iso_wins=False),
        owner_type=read_owner(trigger),
        reference_id=optional_id(trigger, "referenceId"),
        customers=[customer_id],
    )
    expires_at = twin_instant(said, "expiresOn", reading, iso_wins=False)
    call = Call(ENDPOINT, instant(said, log_name, reading), request, None)
    if row_id is None:
        return call
    return replace(call, response=told(Answer(customer_id, row_id, False, None), expires_at))


def told(answer: Answer, expires_at: int | None) -> Response:
    """The one answer of a row that is of no call."""
    return Response(None, None, expires_at, False, None, [answer])


def _layers(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The objects in which the fields of an event may stand, the innermost last."""
    attributes = _object(body, "attributes")
    return [body, _object(body, "data"), attributes, _object(attributes, "data")]


def _fields(layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Each field from the innermost object that has it; null and empty text are absent."""
    found: dict[str, Any] = {}
    for layer in layers:
        found.update({name: value for name, value in layer.items() if value not in (None, "")})
    return found


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    return value if isinstance(value, dict) else {}
