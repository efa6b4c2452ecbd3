"""Requests and responses of the calls that issue badges (RULEBOOK 3): issueBulk, earn, earnBulk.

A :class:`Call` also holds what :mod:`imports`, :mod:`events` and :mod:`flat_rows` read: rows are made of it alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..definitions import OWNERS
from .refusal import Refusal
from .strict_json import Number
from .values import Reading, id_text, optional_id, twin_instant

EVENT_FIELD = {"issueBulk": "issueEventDate", "earn": "earnEventDate", "earnBulk": "earnEventDate"}
CUSTOMER_FIELD = {"issueBulk": "customers", "earn": "customerId", "earnBulk": "customerIds"}


@dataclass(frozen=True)
class Request:
    """What was asked for: customers in order, instants in microseconds."""

    badge_id: str | None
    request_id: str | None
    event_at: int | None
    owner_type: str | None
    reference_id: str | None
    customers: list[str]


@dataclass(frozen=True)
class Answer:
    """What the platform said of one customer."""

    customer_id: str | None
    row_id: str | None
    refused: bool
    code: str | None


@dataclass(frozen=True)
class Response:
    """What the platform said of one call. `failed` when it carries top-level errors, `code` the first of theirs."""

    badge_id: str | None
    request_id: str | None
    expires_at: int | None
    failed: bool
    code: str | None
    answers: list[Answer] = field(default_factory=list)


@dataclass(frozen=True)
class Item:
    """One row of an import: what is its own there, and the row id and expiry of its answer."""

    customer_id: str
    badge_id: str
    event_at: int | None
    expires_at: int | None
    row_id: str | None
    reported_expires_at: int | None


@dataclass(frozen=True)
class Call:
    """One line of a call: a request, a response, or both. `endpoint` is None for a response that names none.

    Of an import `items` stand beside the positions of its rows; a flat row has its position in `place`. The texts that
    requests and responses are told apart by go on with `request_more` and `response_more` (page *readings*).
    """

    endpoint: str | None
    logged_at: int | None
    request: Request | None
    response: Response | None
    items: list[Item] | None = None
    place: int = 0
    request_more: list[Any] | None = None
    response_more: list[Any] | None = None


def read_request(endpoint: str, body: Mapping[str, Any], reading: Reading) -> Request:
    """The request of a call. Raises :class:`Refusal` for ids, times and owners that cannot be read."""
    trigger = body.get("triggeredBy")
    if trigger is None:
        trigger = {}
    if not isinstance(trigger, dict):
        raise Refusal("unknown-shape", "triggeredBy is no object")
    event_field = EVENT_FIELD[endpoint]
    return Request(
        badge_id=optional_id(body, "badgeMetaId"),
        request_id=optional_id(body, "requestId"),
        event_at=twin_instant(body, event_field, reading, iso_wins=True),
        owner_type=read_owner(trigger),
        reference_id=optional_id(trigger, "referenceId"),
        customers=_customers(body.get(CUSTOMER_FIELD[endpoint]), CUSTOMER_FIELD[endpoint]),
    )


def read_owner(trigger: Mapping[str, Any]) -> str | None:
    """The owner type in its documented spelling. Raises `invalid-enum`."""
    owner = trigger.get("ownerType")
    if owner is None:
        return None
    if isinstance(owner, str) and not isinstance(owner, Number) and owner.lower() in OWNERS:
        return OWNERS[owner.lower()]
    raise Refusal("invalid-enum", f"ownerType is {owner!r}")


def _customers(value: Any, name: str) -> list[str]:
    if value is None:
        return []
    several = isinstance(value, list) and name != CUSTOMER_FIELD["earn"]
    return [id_text(item, name) for item in (value if several else [value])]


def read_response(endpoint: str | None, body: Mapping[str, Any], asked: Request | None, reading: Reading) -> Response:
    """The response of a call, `body` with `data` and `errors`. Raises :class:`Refusal`."""
    data = body.get("data")
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise Refusal("unknown-shape", "data is no object")
    errors = body.get("errors")
    codes = error_codes(errors)
    return Response(
        badge_id=optional_id(data, "badgeMetaId"),
        request_id=optional_id(data, "requestId"),
        expires_at=twin_instant(data, "expiresOn", reading, iso_wins=False),
        failed=bool(errors),
        code=next((code for code in codes if code is not None), None),
        answers=_ANSWERS[endpoint](data, asked) if endpoint in _ANSWERS else [],
    )


def error_codes(errors: Any) -> list[str | None]:
    """The codes of a response's top-level `errors`. Raises `unknown-shape`."""
    if errors is None:
        return []
    if not isinstance(errors, list) or not all(isinstance(error, dict) for error in errors):
        raise Refusal("unknown-shape", "errors is no array of objects")
    return [optional_id(error, "code") for error in errors]


def objects(data: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """An array of objects, empty where it is absent. Raises `unknown-shape`."""
    value = data.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Refusal("unknown-shape", f"{name} is no array of objects")
    return value


def named_customer(answer: Mapping[str, Any]) -> str:
    """The customer that must stand in an answer or element. Raises `missing-field` and `invalid-id`."""
    if "customerId" not in answer:
        raise Refusal("missing-field", "customerId")
    return id_text(answer["customerId"], "customerId")


def _issue_answers(data: Mapping[str, Any], asked: Request | None) -> list[Answer]:
    answers = []
    for item in objects(data, "issuedBadges"):
        error = item.get("error")
        if error is not None and not isinstance(error, dict):
            raise Refusal("unknown-shape", "error is no object")
        code = optional_id(error, "code") if error is not None else None
        answers.append(Answer(named_customer(item), optional_id(item, "issuedId"), error is not None, code))
    return answers


def _earn_answers(data: Mapping[str, Any], asked: Request | None) -> list[Answer]:
    row_id = optional_id(data, "earnedBadgeId")
    customer = None if data.get("customerId") is None else id_text(data["customerId"], "customerId")
    if row_id is None and customer is None:
        return []
    if customer is None and asked is not None and asked.customers:
        customer = asked.customers[0]
    if customer is None:
        raise Refusal("missing-field", "an answer without customerId")
    return [Answer(customer, row_id, False, None)]


def _earn_bulk_answers(data: Mapping[str, Any], asked: Request | None) -> list[Answer]:
    earned = [
        Answer(named_customer(item), optional_id(item, "earnedBadgeId"), False, None)
        for item in objects(data, "earnedBadgesList")
    ]
    failed = [
        Answer(named_customer(item), None, True, optional_id(item, "errorCode"))
        for item in objects(data, "failedEarnBadgeErrorList")
    ]
    return earned + failed


_ANSWERS = {"issueBulk": _issue_answers, "earn": _earn_answers, "earnBulk": _earn_bulk_answers}
