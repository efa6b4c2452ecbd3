"""Which record an object is, told by its shape alone (RULEBOOK 3; readings, Shapes)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .definitions import Definition, is_definition, read_definition
from .dumps import Dump, read_dump
from .events import is_event, read_event, read_own_row
from .fields import Reader
from .halves import CALLS, CUSTOMER_FIELD, CallLine, failed_with, given, read_request, read_response
from .imports import read_import
from .revocations import Revocation, read_revocation

ENDPOINTS = {name: name for name in (*CALLS, "badgeMeta", "import", "revoke", "getFixedWindowDetails")} | {
    "customerBadges": "import",
    "revokeIssue": "revoke",
    "revokeEarn": "revoke",
}
EVENT_DATES = ("issueEventDate", "issueEventDateISO", "earnEventDate", "earnEventDateISO")

Record = CallLine | Definition | Revocation | Dump


def read_record(value: dict[str, Any], reader: Reader) -> Record | None:
    """The record of an object; None when `reader` holds a reason of refusal."""
    if "request" in value or "response" in value:
        logged_at = reader.instant(value, "loggedAt")
        endpoint = _endpoint(reader.optional_id(value, "endpoint"), reader)
        org = reader.optional_id(value, "orgId")
        request, response = value.get("request"), value.get("response")
    elif is_event(value):
        return _sound(read_event(value, reader), reader)
    else:
        logged_at = endpoint = org = None
        request, response = _bare_half(value)
    for half in (request, response):
        if not isinstance(half, dict | None) and not (isinstance(half, list) and endpoint in (None, "import")):
            reader.refuse("unknown-shape")
    if "unknown-shape" in reader.reasons:
        return None
    if endpoint is None:
        endpoint = _fitting_call(request, response, reader)
    if "unknown-shape" in reader.reasons or "ambiguous-shape" in reader.reasons:
        return None
    record: Record | None
    if endpoint == "badgeMeta":
        record = _definition(request, response, logged_at, org, reader)
    elif endpoint == "revoke":
        record = read_revocation(request, response, logged_at, reader)
    elif endpoint == "getFixedWindowDetails":
        record = read_dump(request, response, logged_at, reader)
    else:
        record = _call(endpoint, logged_at, request, response, reader)
    return _sound(record, reader)


def read_flat_row(value: Mapping[str, Any], header: str, reader: Reader) -> Record | None:
    """The record of a flat row's cells; None when `reader` holds a reason of refusal."""
    if header == "own":
        return _sound(read_own_row(value, reader), reader)
    return _sound(_call("import", None, value, None, reader), reader)


def _sound(record: Record | None, reader: Reader) -> Record | None:
    return None if reader.reasons else record


def _bare_half(value: dict[str, Any]) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """A bare object as the request or the response that it is."""
    if "data" in value:
        return None, value
    if isinstance(value.get("errors"), list) and "badgeMetaId" not in value and "id" not in value:
        return None, value
    return value, None


def _endpoint(text: str | None, reader: Reader) -> str | None:
    """The call that an endpoint names by its last path segment, or `badgeMeta` before a badge's id."""
    if text is None:
        return None
    path = text.split("?", 1)[0].rstrip("/")
    segments = path.split("/")
    if segments[-1] in ENDPOINTS:
        return ENDPOINTS[segments[-1]]
    if len(segments) > 1 and segments[-2] == "badgeMeta":
        return "badgeMeta"
    reader.refuse("unknown-shape")
    return None


def _request_fits(body: Any) -> set[str]:
    if isinstance(body, list):
        return {"import"}
    if body.get("fixedWindowCycles") is not None:
        return {"getFixedWindowDetails"}
    if given(body, "earnExpiresOn", "earnExpiresOnISO") and not given(body, "requestId", "triggeredBy"):
        return {"import"}
    fits = {call for call, name in CUSTOMER_FIELD.items() if body.get(name) is not None}
    if is_definition(body):
        fits.add("badgeMeta")
    if given(body, "badgeMetaId") and body.get("customers") is not None:
        if not given(body, "requestId", "issueEventDate", "issueEventDateISO", "triggeredBy"):
            fits.add("revoke")
    if given(body, "revokeIssuals") or (given(body, "earnedBadgeId") and given(body, "customerId")):
        if given(body, "requestId", "triggeredBy", *EVENT_DATES):
            fits.add("revoke")
        else:
            fits = {"revoke"}
    return fits


def _response_fits(data: Mapping[str, Any]) -> set[str]:
    if data.get("fixedWindowCycles") is not None:
        return {"getFixedWindowDetails"}
    if data.get("revokedIssuedBadges") is not None or not any(
        data.get(k) is None for k in ("earnedBadgeId", "isActive")
    ):
        return {"revoke"}
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
    if request or isinstance(request, list):
        fits.append(_request_fits(request))
    if isinstance(response, list) or (isinstance(response, dict) and isinstance(response.get("data"), list)):
        fits.append({"import"})
    elif response is not None:
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


def _definition(
    request: Any, response: Any, logged_at: int | None, org: str | None, reader: Reader
) -> Definition | None:
    """The response's definition is the record, else the request's; refused when the response has errors."""
    refused, _ = failed_with(response, reader)
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
    if endpoint == "import":
        return CallLine(endpoint, logged_at, *read_import(request, response, reader))
    asked = None
    if request is not None and endpoint is not None:
        asked = read_request(endpoint, request, reader)
    answered = None if response is None else read_response(endpoint, response, asked, reader)
    if asked is not None and asked.badge is None:
        asked.badge = None if answered is None else answered.badge
        if asked.badge is None:
            reader.refuse("missing-field")
    return CallLine(endpoint, logged_at, asked, answered)
