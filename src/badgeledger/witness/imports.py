"""Imports: earns that bring their own badge, event date and expiry (RULEBOOK 3; readings, Imports)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .fields import Reader
from .halves import Answer, Element, Request, Response, failed_with, first_code, given, match, read_customer


def read_import(request: Any, response: Any, reader: Reader) -> tuple[Request | None, Response | None]:
    """Both halves of an import; the answers that nobody asked for must name their badge."""
    asked = None if request is None else _read_request(request, reader)
    answered = None if response is None else _read_response(response, asked, reader)
    if answered is not None:
        _, spare = match(asked.customers if asked is not None else [], answered.answers)
        if any(answer.badge is None for answer in spare):
            reader.refuse("missing-field")
    return asked, answered


def _read_request(body: Any, reader: Reader) -> Request:
    asked = Request(None, None, None, None, None, [])
    for item in body if isinstance(body, list) else [body]:
        if not isinstance(item, dict):
            reader.refuse("unknown-shape")
            continue
        asked.customers.append(read_customer(item, reader))
        badge = reader.optional_id(item, "badgeMetaId")
        if badge is None:
            reader.refuse("missing-field")
        event_at = reader.twin(item, "earnEventDate", iso_wins=True)
        asked.elements.append(Element(badge or "", event_at, reader.twin(item, "earnExpiresOn", iso_wins=True)))
    return asked


def _read_response(body: Any, asked: Request | None, reader: Reader) -> Response:
    failed, code = failed_with(body, reader)
    answers = []
    for place, (data, errors) in enumerate(_entries(body, reader)):
        answer = _read_answer(data, errors, place, asked, reader)
        if answer is not None:
            answers.append(answer)
    return Response(None, None, None, failed, code, answers, imported=True)


def _entries(body: Any, reader: Reader) -> list[tuple[Mapping[str, Any], Any]]:
    """What was answered, each with its errors: of an array its `{data, errors}`, else the answers under `data`."""
    if isinstance(body, list):
        entries = [entry if isinstance(entry, dict) else {"data": entry} for entry in body]
        found = [(entry.get("data"), entry.get("errors")) for entry in entries]
        strange = any(not isinstance(entry, dict) for entry in body)
    else:
        data = body.get("data")
        answers = data if isinstance(data, list) else [data]
        found = [(answer, answer.get("errors") if isinstance(answer, dict) else None) for answer in answers]
        strange = isinstance(data, list) and None in data
    if strange or any(not isinstance(answer, dict) for answer, _ in found if answer is not None):
        reader.refuse("unknown-shape")
        return []
    return [({} if answer is None else answer, errors) for answer, errors in found]


def _read_answer(
    data: Mapping[str, Any], errors: Any, place: int, asked: Request | None, reader: Reader
) -> Answer | None:
    """One answer; without customer that of the element in its own place, None where it says nothing."""
    listed = [errors] if isinstance(errors, dict) and errors else errors or []
    if not isinstance(listed, list) or not all(isinstance(error, dict) for error in listed):
        reader.refuse("unknown-shape")
        return None
    if data.get("customerId") is not None:
        customer = read_customer(data, reader)
    elif not listed and not given(data, "earnedBadgeId"):
        return None
    elif asked is not None and place < len(asked.customers):
        customer = asked.customers[place]
    else:
        reader.refuse("missing-field")
        return None
    return Answer(
        customer,
        reader.optional_id(data, "earnedBadgeId"),
        bool(listed),
        first_code(listed, reader),
        badge=reader.optional_id(data, "badgeMetaId"),
        expires_at=reader.twin(data, "expiresOn", iso_wins=False),
    )
