"""Which record an object is, told by its shape alone (RULEBOOK 3; readings, Shapes)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .definitions import Definition, compact, is_definition, number_text, read_definition
from .fields import Reader

CALLS = ("issueBulk", "earn", "earnBulk")
LATER_CALLS = ("import", "revoke", "getFixedWindowDetails")
KIND_OF_CALL = {"issueBulk": "ISSUE", "earn": "EARN", "earnBulk": "EARN"}
CUSTOMER_FIELD = {"issueBulk": "customers", "earn": "customerId", "earnBulk": "customerIds"}
EVENT_FIELD = {"issueBulk": "issueEventDate", "earn": "earnEventDate", "earnBulk": "earnEventDate"}
EVENT_DATES = ("issueEventDate", "issueEventDateISO", "earnEventDate", "earnEventDateISO")


@dataclass
class Request:
    """What was asked for."""

    badge: str | None
    request_id: str | None
    event_at: int | None
    owner: str | None
    reference: str | None
    customers: list[str]


@dataclass
class Answer:
    """What was answered for one customer."""

    customer: str
    row_id: str | None
    refused: bool
    code: str | None


@dataclass
class Response:
    """What was answered: `failed` with any top-level error, `code` the first code among them."""

    badge: str | None
    request_id: str | None
    expires_at: int | None
    failed: bool
    code: str | None
    answers: list[Answer]

    def text(self) -> str:
        """The response text of readings."""
        answers = [
            {
                "customer_id": answer.customer,
                "row_id": answer.row_id,
                "refused": answer.refused,
                "code": answer.code,
            }
            for answer in self.answers
        ]
        head = [self.badge, self.request_id, number_text(self.expires_at), self.code]
        return compact(head) + compact(answers)


@dataclass
class CallLine:
    """One accepted line of a call: a request, a response or both. `endpoint` is None where a response names none."""

    endpoint: str | None
    logged_at: int | None
    request: Request | None
    response: Response | None
    notes: set[tuple[str, str]] = field(default_factory=set)
    source: tuple[str, int] = ("", 0)

    def request_text(self, *, with_log_time: bool = True) -> str:
        """The request text of readings; without its log time to find a half that was logged without one."""
        assert self.request is not None
        asked = self.request
        logged_at = self.logged_at if with_log_time else None
        head = compact(
            [
                self.endpoint,
                number_text(logged_at),
                asked.badge,
                asked.request_id,
                number_text(asked.event_at),
                asked.owner,
                asked.reference,
            ]
        )
        return head + compact(asked.customers)


def read_record(value: dict[str, Any], reader: Reader) -> CallLine | Definition | None:
    """The record of an object; None when `reader` holds a reason of refusal."""
    if "request" in value or "response" in value:
        logged_at = reader.instant(value, "loggedAt")
        endpoint = _endpoint(reader.optional_id(value, "endpoint"), reader)
        org = reader.optional_id(value, "orgId")
        request, response = value.get("request"), value.get("response")
        for half in (request, response):
            if half is not None and not isinstance(half, dict) and endpoint not in LATER_CALLS:
                reader.refuse("unknown-shape")
    else:
        logged_at = endpoint = org = None
        is_response = "data" in value or (
            isinstance(value.get("errors"), list) and "badgeMetaId" not in value and "id" not in value
        )
        request, response = (None, value) if is_response else (value, None)
    if reader.reasons and "unknown-shape" in reader.reasons:
        return None
    if endpoint in LATER_CALLS:
        reader.refuse("unsupported-shape")
        return None
    if endpoint is None:
        endpoint = _fitting_call(request, response, reader)
    if "unknown-shape" in reader.reasons or "ambiguous-shape" in reader.reasons:
        return None
    if endpoint in LATER_CALLS:
        reader.refuse("unsupported-shape")
        return None
    record: CallLine | Definition | None
    if endpoint == "badgeMeta":
        record = _definition(request, response, logged_at, org, reader)
    else:
        record = _call(endpoint, logged_at, request, response, reader)
    return None if reader.reasons else record


def _endpoint(text: str | None, reader: Reader) -> str | None:
    """The call that an endpoint names: its last path segment, or `badgeMeta` before a badge's id."""
    if text is None:
        return None
    path = text.split("?", 1)[0].rstrip("/")
    segments = path.split("/")
    if len(segments) > 1 and segments[-2] == "badgeMeta":
        return "badgeMeta"
    if segments[-1] in (*CALLS, *LATER_CALLS, "badgeMeta"):
        return segments[-1]
    reader.refuse("unknown-shape")
    return None


def _given(body: Mapping[str, Any], *names: str) -> bool:
    return any(body.get(name) is not None and body.get(name) != "" for name in names)


def _request_fits(body: Mapping[str, Any]) -> set[str]:
    fits = {call for call, name in CUSTOMER_FIELD.items() if body.get(name) is not None}
    if is_definition(body):
        fits.add("badgeMeta")
    if _given(body, "badgeMetaId") and body.get("customers") is not None:
        if not _given(body, "requestId", "issueEventDate", "issueEventDateISO", "triggeredBy"):
            fits.add("revoke")
    if _given(body, "revokeIssuals") or (_given(body, "earnedBadgeId") and _given(body, "customerId")):
        if _given(body, "requestId", "triggeredBy", *EVENT_DATES):
            fits.add("revoke")
        else:
            fits = {"revoke"}
    return fits


def _response_fits(data: Mapping[str, Any]) -> set[str]:
    fits = set()
    if data.get("issuedBadges") is not None:
        fits.add("issueBulk")
    if data.get("earnedBadgeId") is not None:
        fits.add("earn")
    if data.get("earnedBadgesList") is not None or data.get("failedEarnBadgeErrorList") is not None:
        fits.add("earnBulk")
    if is_definition(data):
        fits.add("badgeMeta")
    return fits


def _fitting_call(request: Any, response: Any, reader: Reader) -> str | None:
    """The one call that both halves fit; None for a response that names none, such as a bare 809."""
    fits: list[set[str]] = []
    if request:
        fits.append(_request_fits(request))
    if response is not None:
        data = response.get("data")
        says_nothing = data is None or data == {}
        if says_nothing and data is None and response.get("errors") is None and response.get("warnings") is None:
            if response:
                fits.append(set())
        elif not says_nothing:
            fits.append(_response_fits(data) if isinstance(data, dict) else set())
    if not fits:
        if response is None:
            reader.refuse("unknown-shape")
        return None
    common = set.intersection(*fits)
    if len(common) != 1:
        reader.refuse("ambiguous-shape" if common else "unknown-shape")
        return None
    return common.pop()


def _failed(response: Any, reader: Reader) -> tuple[bool, str | None]:
    """Whether a response carries top-level errors, and the first code among them."""
    errors = response.get("errors") if isinstance(response, dict) else None
    if errors is None:
        return False, None
    if not isinstance(errors, list) or not all(isinstance(error, dict) for error in errors):
        reader.refuse("unknown-shape")
        return True, None
    codes = [reader.optional_id(error, "code") for error in errors]
    return bool(errors), next((code for code in codes if code is not None), None)


def _definition(
    request: Any, response: Any, logged_at: int | None, org: str | None, reader: Reader
) -> Definition | None:
    """The response's definition is the record, else the request's; refused when the response has errors."""
    refused, _ = _failed(response, reader)
    answer = None
    if isinstance(response, dict):
        answer = response if is_definition(response) else response.get("data")
    for body, answered in ((answer, True), (request, False)):
        if is_definition(body):
            return read_definition(body, reader, logged_at, org, answered=answered, refused=refused)
    reader.refuse("missing-field")
    return None


def _call(endpoint: str | None, logged_at: int | None, request: Any, response: Any, reader: Reader) -> CallLine | None:
    if request is None and response is None:
        reader.refuse("unknown-shape")
        return None
    asked = None
    if request is not None and endpoint is not None:
        asked = _read_request(endpoint, request, reader)
    answered = None if response is None else _read_response(endpoint, response, asked, reader)
    if asked is not None and asked.badge is None:
        asked.badge = None if answered is None else answered.badge
        if asked.badge is None:
            reader.refuse("missing-field")
    return CallLine(endpoint, logged_at, asked, answered)


def _read_request(endpoint: str, body: Mapping[str, Any], reader: Reader) -> Request:
    trigger = body.get("triggeredBy")
    if trigger is None:
        trigger = {}
    if not isinstance(trigger, dict):
        reader.refuse("unknown-shape")
        trigger = {}
    named = body.get(CUSTOMER_FIELD[endpoint])
    if named is None:
        customers = []
    elif isinstance(named, list) and endpoint != "earn":
        customers = [reader.id(item) for item in named]
    else:
        customers = [reader.id(named)]
    return Request(
        badge=reader.optional_id(body, "badgeMetaId"),
        request_id=reader.optional_id(body, "requestId"),
        event_at=reader.twin(body, EVENT_FIELD[endpoint], iso_wins=True),
        owner=reader.owner(trigger.get("ownerType")),
        reference=reader.optional_id(trigger, "referenceId"),
        customers=customers,
    )


def _read_response(endpoint: str | None, body: Mapping[str, Any], asked: Request | None, reader: Reader) -> Response:
    data = body.get("data")
    if data is None:
        data = {}
    if not isinstance(data, dict):
        reader.refuse("unknown-shape")
        data = {}
    failed, code = _failed(body, reader)
    answers: list[Answer] = []
    if endpoint == "issueBulk":
        for item in _objects(data, "issuedBadges", reader):
            error = item.get("error")
            if error is not None and not isinstance(error, dict):
                reader.refuse("unknown-shape")
                error = {}
            refusal = None if error is None else reader.optional_id(error, "code")
            answers.append(
                Answer(_customer(item, reader), reader.optional_id(item, "issuedId"), error is not None, refusal)
            )
    if endpoint == "earn" and (_given(data, "earnedBadgeId") or data.get("customerId") is not None):
        if data.get("customerId") is None and asked is not None and asked.customers:
            customer = asked.customers[0]
        else:
            customer = _customer({} if data.get("customerId") is None else data, reader)
        answers.append(Answer(customer, reader.optional_id(data, "earnedBadgeId"), False, None))
    if endpoint == "earnBulk":
        for item in _objects(data, "earnedBadgesList", reader):
            answers.append(Answer(_customer(item, reader), reader.optional_id(item, "earnedBadgeId"), False, None))
        for item in _objects(data, "failedEarnBadgeErrorList", reader):
            answers.append(Answer(_customer(item, reader), None, True, reader.optional_id(item, "errorCode")))
    return Response(
        badge=reader.optional_id(data, "badgeMetaId"),
        request_id=reader.optional_id(data, "requestId"),
        expires_at=reader.twin(data, "expiresOn", iso_wins=False),
        failed=failed,
        code=code,
        answers=answers,
    )


def _objects(data: Mapping[str, Any], name: str, reader: Reader) -> list[dict[str, Any]]:
    found = data.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        reader.refuse("unknown-shape")
        return []
    return found


def _customer(item: Mapping[str, Any], reader: Reader) -> str:
    if "customerId" not in item:
        reader.refuse("missing-field")
        return ""
    return reader.id(item["customerId"])
