"""Which record a JSON object is: recognised by its shape, never by its file's name (RULEBOOK 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..definitions import Definition
from .badge_definitions import carries_definition, read_definition
from .calls import CUSTOMER_FIELD, Call, error_codes, read_request, read_response
from .dumps import Dump, read_dump
from .events import is_event, read_event
from .imports import read_import
from .refusal import Refusal
from .revocations import Revocation, read_revocation
from .values import Reading, absent, instant, optional_id

Record = Call | Definition | Revocation | Dump

ENDPOINTS = {name: name for name in (*CUSTOMER_FIELD, "badgeMeta", "import", "revoke", "getFixedWindowDetails")} | {
    "customerBadges": "import",
    "revokeIssue": "revoke",
    "revokeEarn": "revoke",
}
# What tells an issueBulk, or an issue or earn, from a revocation of the same badge and customers.
_ISSUE_MARKS = ("requestId", "triggeredBy", "issueEventDate", "issueEventDateISO")
_CALL_MARKS = (*_ISSUE_MARKS, "earnEventDate", "earnEventDateISO")
_IMPORT_MARKS = ("earnExpiresOn", "earnExpiresOnISO")
_RESPONSE_MARKS = {
    "issuedBadges": "issueBulk",
    "earnedBadgeId": "earn",
    "earnedBadgesList": "earnBulk",
    "failedEarnBadgeErrorList": "earnBulk",
}


def read_record(value: Any, reading: Reading) -> Record:
    """The record of one JSON value. Raises :class:`Refusal` when it is none, or more than one."""
    if not isinstance(value, dict):
        raise Refusal("not-an-object", f"a JSON {type(value).__name__}")
    if "request" in value or "response" in value:
        return _read_halves(
            _endpoint(value),
            instant(value, "loggedAt", reading),
            optional_id(value, "orgId"),
            value.get("request"),
            value.get("response"),
            reading,
        )
    if is_event(value):
        return read_event(value, reading)
    if "data" in value or (isinstance(value.get("errors"), list) and not {"badgeMetaId", "id"} & value.keys()):
        return _read_halves(None, None, None, None, value, reading)
    return _read_halves(None, None, None, value, None, reading)


def _endpoint(line: Mapping[str, Any]) -> str | None:
    """The call that a line names: the last path segment, or `badgeMeta` before a badge's id."""
    text = line.get("endpoint")
    if text is None or text == "":
        return None
    if not isinstance(text, str):
        raise Refusal("unknown-shape", "endpoint is no text")
    path = text.partition("?")[0].partition("#")[0]
    segments = [segment for segment in path.split("/") if segment]
    if segments and segments[-1] in ENDPOINTS:
        return ENDPOINTS[segments[-1]]
    if len(segments) > 1 and segments[-2] == "badgeMeta":
        return "badgeMeta"
    raise Refusal("unknown-shape", f"endpoint {text}")


def _read_halves(
    endpoint: str | None, logged_at: int | None, org_id: str | None, request: Any, response: Any, reading: Reading
) -> Record:
    for half in (request, response):
        if half is not None and not isinstance(half, dict) and not isinstance(half, list):
            raise Refusal("unknown-shape", "half of an exchange is no object")
    if endpoint is None:
        endpoint = _call_of(request, response)
    if endpoint == "import":
        if request is None and response is None:
            raise Refusal("unknown-shape", "neither request nor response")
        return read_import(logged_at, request, response, reading)
    if isinstance(request, list) or isinstance(response, list):
        raise Refusal("unknown-shape", f"an array in {endpoint}")
    if endpoint == "badgeMeta":
        return _definition_record(request, response, logged_at, org_id, reading)
    if endpoint == "revoke":
        return read_revocation(logged_at, request, response)
    if endpoint == "getFixedWindowDetails":
        return read_dump(logged_at, request, response, reading)
    if response is None and (request is None or endpoint is None):
        raise Refusal("unknown-shape", "neither request nor response")
    asked = read_request(endpoint, request, reading) if request is not None and endpoint is not None else None
    answered = read_response(endpoint, response, asked, reading) if response is not None else None
    if asked is not None and asked.badge_id is None:
        if answered is None or answered.badge_id is None:
            raise Refusal("missing-field", "badgeMetaId")
        asked = replace(asked, badge_id=answered.badge_id)
    return Call(endpoint, logged_at, asked, answered)


def _call_of(request: Any, response: Any) -> str | None:
    """The one call that both halves fit; None for a response that fits all of them, such as a bare 809."""
    fits = [found for found in (_request_fits(request), _response_fits(response)) if found is not None]
    if not fits:
        return None
    calls = set.intersection(*fits)
    if len(calls) > 1:
        raise Refusal("ambiguous-shape", ", ".join(sorted(calls)))
    if not calls:
        raise Refusal("unknown-shape", "no call has these fields")
    return calls.pop()


def _request_fits(body: Any) -> set[str] | None:
    if isinstance(body, list):
        return {"import"}
    if not body:
        return None
    if body.get("fixedWindowCycles") is not None:
        return {"getFixedWindowDetails"}
    if not absent(body, _IMPORT_MARKS) and absent(body, ("requestId", "triggeredBy")):
        return {"import"}
    fits = {call for call, name in CUSTOMER_FIELD.items() if body.get(name) is not None}
    if carries_definition(body):
        fits.add("badgeMeta")
    if not absent(body, ("revokeIssuals",)) or not (absent(body, ("earnedBadgeId",)) or absent(body, ("customerId",))):
        return {"revoke"} if absent(body, _CALL_MARKS) else fits | {"revoke"}
    if body.get("customers") is not None and not absent(body, ("badgeMetaId",)) and absent(body, _ISSUE_MARKS):
        fits.add("revoke")
    return fits


def _response_fits(body: Any) -> set[str] | None:
    if isinstance(body, list):
        return {"import"}
    if body is None:
        return None
    data = body.get("data")
    if data is None or data == {}:
        if absent(body, ("data", "errors", "warnings")) and body:
            return set()
        return None
    if isinstance(data, list):
        return {"import"}
    if not isinstance(data, dict):
        return set()
    if data.get("fixedWindowCycles") is not None:
        return {"getFixedWindowDetails"}
    if data.get("revokedIssuedBadges") is not None:
        return {"revoke"}
    if data.get("earnedBadgeId") is not None and data.get("isActive") is not None:
        return {"revoke"}
    fits = {call for name, call in _RESPONSE_MARKS.items() if data.get(name) is not None}
    if carries_definition(data):
        fits.add("badgeMeta")
    return fits


def _definition_record(
    request: dict[str, Any] | None,
    response: dict[str, Any] | None,
    logged_at: int | None,
    org_id: str | None,
    reading: Reading,
) -> Definition:
    """The response's definition; the request's when no response says anything; marked refused when it has errors."""
    answer = None if response is None else response.get("data", response if carries_definition(response) else None)
    failed = bool(error_codes(response.get("errors"))) if response is not None else False
    for body in (answer, request):
        if body is not None and carries_definition(body):
            definition = read_definition(body, logged_at, org_id, reading, answered=body is answer)
            if definition.in_force_from is None:
                raise Refusal("no-time", "no lastUpdatedOn, loggedAt or createdOn")
            return definition.model_copy(update={"refused": failed})
    raise Refusal("missing-field", "a definition has id and startOn")
