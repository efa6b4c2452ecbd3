"""Imports of earns that were made elsewhere, each with its own badge, event date and expiry (RULEBOOK 3 and 8)."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .calls import Answer, Call, Item, Request, Response, error_codes, named_customer
from .refusal import Refusal
from .values import Reading, id_text, optional_id, twin_instant

ENDPOINT = "import"


@dataclass(frozen=True)
class _Element:
    """One earn that the request brings."""

    customer_id: str
    badge_id: str
    event_at: int | None
    expires_at: int | None


@dataclass(frozen=True)
class _Told:
    """One answer, with the badge and the expiry that are its own."""

    answer: Answer
    badge_id: str | None
    expires_at: int | None


def read_import(logged_at: int | None, request: Any, response: Any, reading: Reading) -> Call:
    """An import; the request is an array or one element, the response an array or an object. Raises
    :class:`Refusal`."""
    asked = None if request is None else [_element(item, reading) for item in _several(request, "request")]
    failed, code, told = (False, None, []) if response is None else _answers(response, asked or [], reading)
    items = _items(asked or [], told)
    events = [element.event_at for element in asked or [] if element.event_at is not None]
    return Call(
        endpoint=ENDPOINT,
        logged_at=logged_at,
        request=None
        if asked is None
        else Request(None, None, max(events, default=None), None, None, [element.customer_id for element in asked]),
        response=None
        if response is None
        else Response(None, None, None, failed, code, [entry.answer for entry in told]),
        items=items,
        request_more=[
            {"badge_id": item.badge_id, "event_at": _text(item.event_at), "expires_at": _text(item.expires_at)}
            for item in items
        ],
        response_more=[[_text(entry.expires_at), entry.badge_id] for entry in told],
    )


def _text(instant: int | None) -> str | None:
    return None if instant is None else str(instant)


def _several(value: Any, name: str) -> list[dict[str, Any]]:
    found = value if isinstance(value, list) else [value]
    if not all(isinstance(item, dict) for item in found):
        raise Refusal("unknown-shape", f"{name} is no object and no array of objects")
    return found


def _element(body: Mapping[str, Any], reading: Reading) -> _Element:
    badge_id = optional_id(body, "badgeMetaId")
    if badge_id is None:
        raise Refusal("missing-field", "badgeMetaId")
    return _Element(
        customer_id=named_customer(body),
        badge_id=badge_id,
        event_at=twin_instant(body, "earnEventDate", reading, iso_wins=True),
        expires_at=twin_instant(body, "earnExpiresOn", reading, iso_wins=True),
    )


def _answers(response: Any, asked: list[_Element], reading: Reading) -> tuple[bool, str | None, list[_Told]]:
    """Whether the response carries top-level errors, the first code among them, and its answers."""
    if isinstance(response, list):
        pairs = [(entry.get("data"), entry.get("errors")) for entry in _several(response, "response")]
        failed, code = False, None
    else:
        data = response.get("data")
        answers = [] if data is None else _several(data, "data")
        pairs = [(answer, answer.get("errors")) for answer in answers]
        codes = error_codes(response.get("errors"))
        failed, code = bool(response.get("errors")), next((code for code in codes if code is not None), None)
    told = [_told(place, data, errors, asked, reading) for place, (data, errors) in enumerate(pairs)]
    return failed, code, [entry for entry in told if entry is not None]


def _told(place: int, data: Any, errors: Any, asked: list[_Element], reading: Reading) -> _Told | None:
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise Refusal("unknown-shape", "data is no object")
    codes = error_codes([errors] if isinstance(errors, dict) and errors else errors or None)
    row_id = optional_id(data, "earnedBadgeId")
    if data.get("customerId") is not None:
        customer = id_text(data["customerId"], "customerId")
    elif row_id is None and not codes:
        return None
    elif place < len(asked):
        customer = asked[place].customer_id
    else:
        raise Refusal("missing-field", "customerId")
    return _Told(
        Answer(customer, row_id, bool(codes), next((code for code in codes if code is not None), None)),
        optional_id(data, "badgeMetaId"),
        twin_instant(data, "expiresOn", reading, iso_wins=False),
    )


def _items(asked: list[_Element], told: list[_Told]) -> list[Item]:
    """The rows in the order of their positions: of each customer the k-th element has the k-th answer, and behind them
    all stand the answers that nobody asked for."""
    waiting: dict[str, deque[_Told]] = defaultdict(deque)
    mentions: dict[str, int] = defaultdict(int)
    for element in asked:
        mentions[element.customer_id] += 1
    unasked = []
    for entry in told:
        customer = str(entry.answer.customer_id)
        waiting[customer].append(entry) if mentions[customer] > len(waiting[customer]) else unasked.append(entry)
    items = []
    for element in asked:
        own = waiting[element.customer_id].popleft() if waiting[element.customer_id] else None
        items.append(
            Item(
                element.customer_id,
                element.badge_id,
                element.event_at,
                element.expires_at,
                own.answer.row_id if own and not own.answer.refused else None,
                own.expires_at if own else None,
            )
        )
    for entry in unasked:
        if entry.badge_id is None:
            raise Refusal("missing-field", "badgeMetaId")
        row_id = None if entry.answer.refused else entry.answer.row_id
        items.append(
            Item(str(entry.answer.customer_id), entry.badge_id, None, entry.expires_at, row_id, entry.expires_at)
        )
    return items
