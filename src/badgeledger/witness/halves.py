"""Requests and responses: what both halves of a call tell, and the texts that are their keys (RULEBOOK 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .definitions import compact, number_text
from .fields import Reader

CALLS = ("issueBulk", "earn", "earnBulk")
# An event and an own flat row are rows of no call: nobody asked with them, and nothing answers them later.
ROWS_OF_NO_CALL = ("badgeEarned", "flatIssue", "flatEarn")
KIND_OF_CALL = {
    "issueBulk": "ISSUE",
    "earn": "EARN",
    "earnBulk": "EARN",
    "import": "EARN",
    "badgeEarned": "EARN",
    "flatIssue": "ISSUE",
    "flatEarn": "EARN",
}
CUSTOMER_FIELD = {"issueBulk": "customers", "earn": "customerId", "earnBulk": "customerIds"}
EVENT_FIELD = {"issueBulk": "issueEventDate", "earn": "earnEventDate", "earnBulk": "earnEventDate"}


@dataclass
class Element:
    """What an import tells of one customer: badge, event and expiry of its own."""

    badge: str
    event_at: int | None
    expires_at: int | None

    def values(self) -> dict[str, str | None]:
        """As in the third array of an import's request text."""
        return {
            "badge_id": self.badge,
            "event_at": number_text(self.event_at),
            "expires_at": number_text(self.expires_at),
        }


@dataclass
class Request:
    """What was asked for. `elements`: of an import, one for each customer; `position` is that of an own flat row."""

    badge: str | None
    request_id: str | None
    event_at: int | None
    owner: str | None
    reference: str | None
    customers: list[str]
    elements: list[Element] = field(default_factory=list)
    position: int = 0

    @property
    def latest_event(self) -> int | None:
        """The event date; of an import the latest among its elements."""
        dates = [element.event_at for element in self.elements if element.event_at is not None]
        return max(dates, default=self.event_at)


@dataclass
class Answer:
    """What was answered for one customer; of an import with a badge and an expiry of its own."""

    customer: str
    row_id: str | None
    refused: bool
    code: str | None
    badge: str | None = None
    expires_at: int | None = None

    @property
    def element(self) -> Element:
        """What an import's answer tells that nobody asked for."""
        return Element(self.badge or "", None, self.expires_at)


@dataclass
class Response:
    """What was answered: `failed` with any top-level error, `code` the first code among them."""

    badge: str | None
    request_id: str | None
    expires_at: int | None
    failed: bool
    code: str | None
    answers: list[Answer]
    imported: bool = False

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
        own = [[number_text(answer.expires_at), answer.badge] for answer in self.answers] if self.imported else None
        return compact(head) + compact(answers) + ("" if own is None else compact(own))


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
        return head + compact(asked.customers) + self._third_array(asked)

    def _third_array(self, asked: Request) -> str:
        if self.endpoint == "import":
            _, spare = match(asked.customers, self.response.answers if self.response is not None else [])
            return compact([element.values() for element in (*asked.elements, *(one.element for one in spare))])
        if self.endpoint in ("flatIssue", "flatEarn"):
            return compact([str(asked.position)])
        return ""


def match(customers: Sequence[str], answers: Sequence[Answer]) -> tuple[list[Answer | None], list[Answer]]:
    """The answer of each customer, and the answers that nobody asked for: the k-th mention takes the k-th answer."""
    waiting: dict[str, list[Answer]] = {}
    for answer in reversed(answers):
        waiting.setdefault(answer.customer, []).append(answer)
    found = [waiting[customer].pop() if waiting.get(customer) else None for customer in customers]
    taken = {id(answer) for answer in found if answer is not None}
    return found, [answer for answer in answers if id(answer) not in taken]


def given(body: Mapping[str, Any], *names: str) -> bool:
    """Whether one of the fields is there: null and empty text mean absent."""
    return any(body.get(name) is not None and body.get(name) != "" for name in names)


def failed_with(response: Any, reader: Reader) -> tuple[bool, str | None]:
    """Whether a response carries top-level errors, and the first code among them."""
    errors = response.get("errors") if isinstance(response, dict) else None
    if errors is None:
        return False, None
    if not isinstance(errors, list) or not all(isinstance(error, dict) for error in errors):
        reader.refuse("unknown-shape")
        return True, None
    return bool(errors), first_code(errors, reader)


def first_code(errors: Sequence[Mapping[str, Any]], reader: Reader) -> str | None:
    """The first code among errors."""
    codes = [reader.optional_id(error, "code") for error in errors]
    return next((code for code in codes if code is not None), None)


def read_request(endpoint: str, body: Mapping[str, Any], reader: Reader) -> Request:
    """The request of an issueBulk, earn or earnBulk."""
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


def read_response(endpoint: str | None, body: Mapping[str, Any], asked: Request | None, reader: Reader) -> Response:
    """The response of an issueBulk, earn or earnBulk, or one that names no call."""
    data = body.get("data")
    if data is None:
        data = {}
    if not isinstance(data, dict):
        reader.refuse("unknown-shape")
        data = {}
    failed, code = failed_with(body, reader)
    answers: list[Answer] = []
    if endpoint == "issueBulk":
        for item in objects(data, "issuedBadges", reader):
            error = item.get("error")
            if error is not None and not isinstance(error, dict):
                reader.refuse("unknown-shape")
                error = {}
            refusal = None if error is None else reader.optional_id(error, "code")
            answers.append(
                Answer(read_customer(item, reader), reader.optional_id(item, "issuedId"), error is not None, refusal)
            )
    if endpoint == "earn" and (given(data, "earnedBadgeId") or data.get("customerId") is not None):
        if data.get("customerId") is None and asked is not None and asked.customers:
            customer = asked.customers[0]
        else:
            customer = read_customer({} if data.get("customerId") is None else data, reader)
        answers.append(Answer(customer, reader.optional_id(data, "earnedBadgeId"), False, None))
    if endpoint == "earnBulk":
        for item in objects(data, "earnedBadgesList", reader):
            answers.append(Answer(read_customer(item, reader), reader.optional_id(item, "earnedBadgeId"), False, None))
        for item in objects(data, "failedEarnBadgeErrorList", reader):
            answers.append(Answer(read_customer(item, reader), None, True, reader.optional_id(item, "errorCode")))
    return Response(
        badge=reader.optional_id(data, "badgeMetaId"),
        request_id=reader.optional_id(data, "requestId"),
        expires_at=reader.twin(data, "expiresOn", iso_wins=False),
        failed=failed,
        code=code,
        answers=answers,
    )


def objects(data: Mapping[str, Any], name: str, reader: Reader) -> list[dict[str, Any]]:
    """The objects of an array; an absent array has none."""
    found = data.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        reader.refuse("unknown-shape")
        return []
    return found


def read_customer(item: Mapping[str, Any], reader: Reader) -> str:
    """The customer that an item must name."""
    if "customerId" not in item:
        reader.refuse("missing-field")
        return ""
    return reader.id(item["customerId"])
