"""Builders of what else a feed may hold: imports, revocations, events, dumps and flat files."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars
from harness import Answer, Record, _error, seconds


def element(badge: str, customer: Any, event: str | None = None, expires: str | None = None) -> Record:
    """One earn of an import."""
    found: Record = {"badgeMetaId": badge, "customerId": customer}
    if event is not None:
        found["earnEventDate"] = seconds(event)
    if expires is not None:
        found["earnExpiresOn"] = seconds(expires)
    return found


def told(customer: Any, answer: Answer, badge: str | None = None, expires: str | None = None) -> Record:
    """One entry of an import's response: a row id, or the code of an error."""
    if isinstance(answer, int):
        data: Record | None = None if customer is None else {"customerId": customer}
        errors = [_error(answer)]
    else:
        data, errors = {"customerId": customer, "earnedBadgeId": answer}, []
    if data is not None and badge is not None:
        data["badgeMetaId"] = badge
    if data is not None and expires is not None:
        data["expiresOn"] = seconds(expires)
    return {"data": data, "errors": errors}


def imported(elements: Sequence[Record], at: str | None = None, answers: Sequence[Record] | None = None) -> Record:
    """An import exchange; without answers its request alone."""
    line: Record = {} if at is None else {"loggedAt": at}
    line |= {"endpoint": "/v1/badges/customerBadges", "request": list(elements)}
    return line if answers is None else line | {"response": list(answers)}


def _revocation(endpoint: str, at: str | None, request: Record, response: Record | None) -> Record:
    line: Record = {} if at is None else {"loggedAt": at}
    line |= {"endpoint": endpoint, "request": request}
    return line if response is None else line | {"response": response}


def revoke_customers(badge: str, customers: Any, at: str | None, response: Record | None = None) -> Record:
    """All issues of each customer are taken back."""
    return _revocation("revokeIssue", at, {"badgeMetaId": badge, "customers": customers}, response)


def revoke_issues(
    badge: str, issues: Mapping[str, str | None], at: str | None, response: Record | None = None
) -> Record:
    """Single issues are taken back: row id and customer."""
    named = [
        {"issueId": row_id} | ({} if customer is None else {"customerId": customer})
        for row_id, customer in issues.items()
    ]
    return _revocation("revokeIssue", at, {"badgeMetaId": badge, "revokeIssuals": named}, response)


def revoke_earn(badge: str, customer: str, row_id: str, at: str | None, response: Record | None = None) -> Record:
    """One earn is taken back."""
    request = {"badgeMetaId": badge, "customerId": customer, "earnedBadgeId": row_id}
    return _revocation("revokeEarn", at, request, response)


def revoked(*entries: tuple[str | None, str | None, int | None], errors: Sequence[int] = ()) -> Record:
    """The response of a revocation: customer, row id and the code of an error of each entry."""
    listed = []
    for customer, row_id, code in entries:
        entry: Record = {"error": None if code is None else _error(code)}
        if customer is not None:
            entry["customerId"] = customer
        if row_id is not None:
            entry["issuedId"] = row_id
        listed.append(entry)
    return {"data": {"revokedIssuedBadges": listed}, "errors": [_error(code) for code in errors]}


def milliseconds(text: str) -> int:
    """An instant as events write it."""
    return round(float(seconds(text)) * 1000)


def badge_earned(
    badge: str,
    customer: Any,
    at: str | None = None,
    *,
    row_id: str | None = "e1",
    event: str | None = None,
    rid: str | None = None,
    **other: Any,
) -> Record:
    """A `badgeEarned` event."""
    data: Record = {"badgeMetaId": badge, "customerId": customer}
    if row_id is not None:
        data["earnedBadgeId"] = row_id
    if event is not None:
        data["earnedOn"] = milliseconds(event)
    if rid is not None:
        data["requestId"] = rid
    line: Record = {"eventName": "badgeEarned", "data": data | other}
    return line if at is None else line | {"createdAt": milliseconds(at)}


def printed(first: str, last: str, count: int | None = None, scope: str = "CUSTOMER") -> Record:
    """One cycle as the platform prints it: midnights of its first and last day."""
    cycle: Record = {
        "startDate": seconds(f"{first}T00:00:00Z"),
        "endDate": seconds(f"{last}T00:00:00Z"),
        "constraintType": ("CUSTOMER_" if scope == "CUSTOMER" else "") + "BADGE_FIXED_WINDOW",
    }
    return cycle if count is None else cycle | {"earnCount": count}


def dump(badge: str, cycles: Iterable[Record], at: str | None = None, customer: str | None = None) -> Record:
    """One page of getFixedWindowDetails."""
    data: Record = {"badgeMetaId": badge, "fixedWindowCycles": list(cycles)}
    if customer is not None:
        data["customerId"] = customer
    line: Record = {} if at is None else {"loggedAt": at}
    return line | {"endpoint": "getFixedWindowDetails", "request": {"badgeMetaId": badge}, "response": {"data": data}}


def csv(*rows: str) -> bytes:
    """The text of a CSV file, header first."""
    return "".join(row + "\n" for row in rows).encode()


def parquet(columns: Mapping[str, Sequence[Any] | polars.Series]) -> bytes:
    """The bytes of a Parquet file."""
    buffer = io.BytesIO()
    polars.DataFrame(columns).write_parquet(buffer)
    return buffer.getvalue()
