"""What else random logs hold: imports, revocations, events, dumps, and flat files with the ids of the calls."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import feeds
from harness import Line, Record, seconds
from laws.world import EPOCH, SECOND, World, iso, wall_of

OWN_COLUMNS = (
    "badge_id", "customer_id", "kind", "processed_at", "logged_at", "event_at", "request_id", "position", "issuance_id",
    "outcome", "code", "owner_type", "reference_id", "expires_at",
)  # fmt: skip
CUSTOMERS = ("c1", "c2", "c3", 7)
OWNERS = (None, None, "Loyalty", "journeys")


def feed_line(world: World) -> Line:
    """One line of another shape than a call that is asked and answered."""
    build = world.one_of(_import, _import, _revocation, _revocation, _event, _event, _dump, _dump)
    line: Line = build(world)
    return line


def _badge(world: World) -> str:
    badge: str = "X" if world.chance(3) else world.one_of(*world.badges)
    return badge


def _row_id(world: World) -> str:
    return f"i{world.random.randrange(16)}"


def _log_time(world: World, line: Record, percent: int = 90) -> Record:
    return {"loggedAt": iso(world.instant())} | line if world.chance(percent) else line


# --- imports ------------------------------------------------------------------------------------------------------


def _element(world: World) -> Record:
    element = {"badgeMetaId": _badge(world), "customerId": world.one_of(*CUSTOMERS)}
    if world.chance(70):
        element |= world.written("earnEventDate", world.instant())
    if world.chance(60):
        element |= world.written("earnExpiresOn", world.instant())
    return element


def _entry(world: World, customer: Any) -> Record:
    kind = world.one_of("id", "id", "id", "error", "nameless", "one error", "nothing")
    data: Record = {"customerId": customer}
    if world.chance(50):
        data["badgeMetaId"] = _badge(world)
    if kind == "id":
        data["earnedBadgeId"] = _row_id(world)
        if world.chance(30):
            data |= world.written("expiresOn", world.instant())
        return {"data": data, "errors": []}
    errors = [{"code": None}, {"code": world.one_of(816, 8001)}]
    if kind == "nothing":
        return {"data": None, "errors": None}
    if kind == "nameless":
        return {"data": None, "errors": errors}
    return {"data": data, "errors": errors[1] if kind == "one error" else errors}


def _import(world: World) -> Line:
    elements = [_element(world) for _ in range(world.one_of(1, 1, 2, 3))]
    line = _log_time(world, {"endpoint": world.one_of("import", "/v1/customerBadges"), "request": elements})
    shape = world.one_of("bare", "request", "array", "array", "array", "object", "lone")
    if shape == "bare":
        return elements[0]
    if len(elements) == 1 and world.chance(30):
        line["request"] = elements[0]
    if shape == "request":
        return line
    entries = [_entry(world, element["customerId"]) for element in elements if world.chance(90)]
    if world.chance(10):
        entries.append(_entry(world, "c9"))
    if shape == "object":
        answers = [entry["data"] | {"errors": entry["errors"]} for entry in entries if entry["data"] is not None]
        errors = [{"code": 8005}] if world.chance(20) else []
        return line | {"response": {"data": answers, "errors": errors}}
    line["response"] = entries
    if shape == "lone":
        del line["request"]
    return line


# --- revocations --------------------------------------------------------------------------------------------------


def _revocation(world: World) -> Line:
    badge = _badge(world)
    at = iso(world.instant()) if world.chance(95) else None
    kind = world.one_of("customers", "customers", "issues", "issues", "earn", "lone")
    response = _revoked(world) if world.chance(40) or kind == "lone" else None
    customers = [world.one_of(*CUSTOMERS) for _ in range(world.one_of(1, 1, 2))]
    if kind == "customers":
        return feeds.revoke_customers(badge, customers, at, response)
    if kind == "earn":
        answer = world.one_of(None, {"data": {"earnedBadgeId": "i1", "isActive": world.chance(30)}}, response)
        return feeds.revoke_earn(badge, str(customers[0]), _row_id(world), at, answer)
    if kind == "issues":
        issues = {_row_id(world): world.one_of(None, *CUSTOMERS) for _ in range(world.one_of(1, 2, 3))}
        return feeds.revoke_issues(badge, issues, at, response)
    line = {"loggedAt": at, "response": response}
    assert response is not None
    response["data"]["badgeMetaId"] = badge
    if world.chance(30):
        response["data"] |= {"earnedBadgeId": _row_id(world), "customerId": customers[0], "isActive": world.chance(20)}
    return line


def _revoked(world: World) -> Record:
    entries = [
        (world.one_of(None, "c1", "c2", "c3", "7"), world.one_of(None, _row_id(world)), world.one_of(None, 8033))
        for _ in range(world.one_of(0, 1, 2, 3))
    ]
    return feeds.revoked(*entries, errors=world.one_of((), (), (8033,)))


# --- events -------------------------------------------------------------------------------------------------------


def _event(world: World) -> Line:
    fields: Record = {
        world.one_of("badgeMetaId", "badgeMetaId", "badgeId"): _badge(world),
        "customerId": world.one_of(*CUSTOMERS),
    }
    if world.chance(90):
        fields["earnedBadgeId"] = _row_id(world)
    if world.chance(50):
        fields["requestId"] = f"r{world.random.randrange(12)}"
    if world.chance(60):
        name = world.one_of("earnEventDate", "eventDate", "earnedOn")
        fields |= world.written(name, world.instant() // 1000 * 1000)
    if world.chance(30):
        fields |= world.written("expiresOn", world.instant())
    owner = world.one_of(*OWNERS)
    if owner is not None:
        fields |= {"ownerType": owner} if world.chance(50) else {"triggeredBy": {"ownerType": owner}}
    outer: Record = {"eventName": "badgeEarned"} if world.chance(50) else {"eventType": "100606_badgeEarned"}
    if world.chance(85):
        moment = world.instant() // 1000
        outer |= {world.one_of("createdAt", "timeStamp"): moment}
        if world.chance(20):
            outer |= {"loggedAt": iso(world.instant())}
    place = world.one_of("here", "data", "attributes", "inside")
    if world.chance(10):
        outer |= {"customerId": "c2", "badgeMetaId": ""}
    if place == "here":
        return outer | fields
    if place == "data":
        return outer | {"data": fields}
    return outer | {"attributes": fields if place == "attributes" else {"data": fields}}


# --- dumps --------------------------------------------------------------------------------------------------------


def _printed(world: World, badge: str) -> Record:
    """A cycle that may well be one of the badge's: some whole cycles behind its start."""
    length = world.one_of(1, 2, 3, 7, 30)
    first = wall_of(world.starts.get(badge, world.anchors[0]), world.zone).replace(hour=0, minute=0, second=0)
    first = first.replace(microsecond=0, tzinfo=None) + timedelta(days=length * world.one_of(0, 0, 1, 2, 5))
    last = first + timedelta(days=length - world.one_of(1, 1, 1, 1, 0))
    if world.chance(20):
        first = first.replace(day=1)
        last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    scope = world.one_of("CUSTOMER_BADGE_FIXED_WINDOW", "BADGE_FIXED_WINDOW")
    cycle = {"startDate": _noon(first, world), "endDate": _noon(last, world), "constraintType": scope}
    if world.chance(70):
        cycle["earnCount"] = world.one_of(0, 1, 2, "3")
    return cycle


def _noon(day: datetime, world: World) -> int:
    """Noon of a local day, which no change of the zone moves to another."""
    there = day.replace(hour=12, tzinfo=wall_of(0, world.zone).tzinfo)
    return int((there - EPOCH) / timedelta(seconds=1))


def _dump(world: World) -> Line:
    badge = _badge(world)
    data: Record = {"fixedWindowCycles": [_printed(world, badge) for _ in range(world.one_of(1, 4, 8))]}
    asked: Record = {}
    (data if world.chance(70) else asked)["badgeMetaId"] = badge
    if world.chance(70):
        (data if world.chance(70) else asked)["customerId"] = world.one_of(*CUSTOMERS)
    if world.chance(10) and "badgeMetaId" in data:
        return data
    return _log_time(world, {"endpoint": "getFixedWindowDetails", "request": asked, "response": {"data": data}}, 80)


# --- flat files ---------------------------------------------------------------------------------------------------


def flat_files(world: World) -> dict[str, bytes]:
    """Up to three files: rows of the import template, and of the product's own columns as CSV and as Parquet."""
    found: dict[str, bytes] = {}
    if world.chance(30):
        found["t.csv"] = _csv([_template_row(world) for _ in range(world.one_of(1, 3, 5))], world, ",")
    if world.chance(40):
        found["o.tsv"] = _csv([_own_row(world) for _ in range(world.one_of(1, 3, 8))], world, "\t")
    if world.chance(20):
        rows = [_own_row(world) for _ in range(world.one_of(1, 3, 5))]
        found["p"] = feeds.parquet({name: [row.get(name) for row in rows] for name in OWN_COLUMNS})
    return found


def _template_row(world: World) -> dict[str, str]:
    element = _element(world) | {"note": world.one_of("", 'a "b", c', "two\nlines")}
    return {name: str(value) for name, value in element.items()}


def _own_row(world: World) -> dict[str, str]:
    row = {
        "badge_id": _badge(world),
        "customer_id": str(world.one_of(*CUSTOMERS)),
        "kind": world.one_of("EARN", "EARN", "ISSUE"),
        "request_id": world.one_of("", f"r{world.random.randrange(12)}"),
        "position": world.one_of("", "0", "1", "10"),
        "outcome": world.one_of("", "", "ACCEPTED", "ASSUMED", "REJECTED"),
        "code": world.one_of("", "809", "816", "1040"),
        "owner_type": world.one_of(*OWNERS) or "",
        "issuance_id": world.one_of("", _row_id(world), _row_id(world)),
        "expires_at": iso(world.instant()) if world.chance(30) else "",
        "event_at": seconds(iso(world.instant())) if world.chance(50) else "",
    }
    if world.chance(90):
        row[world.one_of("processed_at", "logged_at")] = world.one_of(iso(world.instant()), _whole_seconds(world))
    if world.chance(5):
        row[world.one_of("kind", "outcome", "badge_id", "position", "processed_at")] = world.one_of("", "REPEAT", "-1")
    return {name: str(value) for name, value in row.items()}


def _whole_seconds(world: World) -> str:
    """Whole epoch seconds of an instant."""
    return str(world.instant() // SECOND)


def _csv(rows: list[dict[str, str]], world: World, delimiter: str) -> bytes:
    """The rows under the columns that they use, quoted where it is needed or everywhere; some are broken."""
    names = sorted({name for row in rows for name in row})
    text = io.StringIO()
    quoting = world.one_of(csv.QUOTE_MINIMAL, csv.QUOTE_ALL)
    ended = world.one_of("\n", "\r\n")
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=ended)
    writer.writerow(names)
    for row in rows:
        cells = [row.get(name, "") for name in names]
        writer.writerow([*cells, "more"] if world.chance(3) else cells)
        if world.chance(3):
            text.write(world.one_of("", 'a"b', '"a"b') + ended)
    return text.getvalue().encode()
