"""`badgeEarned` events: an earn that the platform tells of itself, in integer milliseconds (RULEBOOK 3)."""

from __future__ import annotations

from typing import Any

import pytest
from feeds import badge_earned, milliseconds
from harness import Audit, Record, definition, earn, fixed_value, refused, unanswered
from replaying import Replay

AT = "2024-02-01T00:00:00Z"


def test_an_event_is_an_earn_in_milliseconds(audit: Audit) -> None:
    event = badge_earned("B", 7, "2024-02-01T00:00:00.123Z", event="2024-01-31T00:00:00.5Z", rid="r1")
    tables = audit([definition("B"), event])
    tables.shows(
        "issuances",
        """
        processed_at             | request_id | position | kind | customer_id | outcome  | issuance_id
        2024-02-01T00:00:00.123Z | r1         | 0        | EARN | 7           | ACCEPTED | e1
        """,
    )
    assert tables.column("issuances", "event_at") == ["2024-01-31T00:00:00.500000Z"]
    assert tables.codes() == []


def test_an_event_without_a_row_id_is_assumed(audit: Audit) -> None:
    tables = audit([badge_earned("B", "c1", AT, row_id=None, rid="r1")])
    tables.shows("issuances", "outcome | issuance_id\nASSUMED | r1/0")


@pytest.mark.parametrize(
    "named",
    [
        {"eventName": "badgeEarned"},
        {"eventType": "badgeEarned"},
        {"eventType": "100606_badgeEarned"},
        {"eventName": "x", "eventType": "org_100606_badgeEarned"},
    ],
)
def test_an_event_is_known_by_its_name_or_the_end_of_its_type(audit: Audit, named: Record) -> None:
    event = badge_earned("B", "c1", AT)
    del event["eventName"]
    assert audit([event | named]).column("issuances", "kind") == ["EARN"]


NAMED: Record = {"badgeMetaId": "B", "customerId": "c1", "earnedBadgeId": "e1"}


@pytest.mark.parametrize(
    "body",
    [
        NAMED,
        {"data": NAMED},
        {"attributes": NAMED},
        {"attributes": {"data": NAMED}},
        {"attributes": {"customerIdentifiers": {"customerId": "c1"}}, "data": {"badgeId": "B", "earnedBadgeId": "e1"}},
        {"badgeMetaId": "X", "data": {"badgeMetaId": "X"}, "attributes": {"data": NAMED}},
        {"attributes": {"customerIdentifiers": "c9"}, "badgeId": "B", "customerIdentifiers": {"customerId": "c1"}}
        | {"data": {"customerIdentifiers": {"mobile": "7", "customerId": ""}, "earnedBadgeId": "e1"}},
        NAMED | {"data": {"badgeMetaId": "", "customerId": None}, "attributes": "none"},
        {"badgeMetaId": "X", "customerId": "x", "data": NAMED | {"badgeId": "Y"}},
        {"badgeMetaId": "B", "data": {"badgeId": "Y", "customerId": "c1", "earnedBadgeId": "e1"}},
    ],
)
def test_each_field_is_taken_from_the_innermost_place_that_has_it(audit: Audit, body: Record) -> None:
    tables = audit([{"eventName": "badgeEarned", "createdAt": milliseconds(AT)} | body])
    tables.shows("issuances", "badge_id | customer_id | issuance_id\nB | c1 | e1")


def test_the_log_time_is_logged_at_else_created_at_else_time_stamp(audit: Audit) -> None:
    times = {"loggedAt": "2024-02-03T00:00:00Z", "createdAt": milliseconds("2024-02-02T00:00:00Z")}
    last = {"timeStamp": milliseconds("2024-02-01T00:00:00Z")}
    lines: list[Any] = [
        badge_earned("B", "c1", row_id="e1") | last | times,
        badge_earned("B", "c1", row_id="e2") | last | {"createdAt": times["createdAt"]},
        badge_earned("B", "c1", row_id="e3") | last,
    ]
    audit(lines).shows(
        "issuances",
        """
        issuance_id | processed_at
        e3          | 2024-02-01T00:00Z
        e2          | 2024-02-02T00:00Z
        e1          | 2024-02-03T00:00Z
        """,
    )


def test_the_event_date_is_earn_event_date_else_event_date_else_earned_on(audit: Audit) -> None:
    lines = [
        badge_earned("B", "c1", AT, row_id="e1", event="2024-01-03T00:00:00Z", eventDate=1, earnEventDate="1704067200"),
        badge_earned("B", "c1", AT, row_id="e2", event="2024-01-03T00:00:00Z", eventDateISO="2024-01-02T00:00:00Z"),
        badge_earned("B", "c1", AT, row_id="e3", event="2024-01-03T00:00:00Z"),
    ]
    audit(lines).shows(
        "issuances",
        """
        issuance_id | event_at
        e1          | 2024-01-01T00:00Z
        e2          | 2024-01-02T00:00Z
        e3          | 2024-01-03T00:00Z
        """,
    )


def test_without_log_time_an_event_is_dated_by_its_id_else_by_its_event_date(audit: Audit) -> None:
    lines = [
        badge_earned("B", "c1", row_id="654cbdfd6bccde1274b6d3a0"),
        badge_earned("B", "c2", row_id="e2", event="2024-01-03T00:00:00Z"),
        badge_earned("B", "c3", row_id="e3"),
    ]
    tables = audit(lines)
    tables.shows("issuances", "customer_id | processed_at\nc1 | 2023-11-09T11:09:49Z\nc2 | 2024-01-03T00:00Z")
    assert tables.column("quarantine", "reason") == ["no-time"]


def test_owner_and_expiry_are_read(audit: Audit) -> None:
    event = badge_earned("B", "c1", AT, expiresOn=milliseconds("2024-03-01T00:00:00Z"), ownerType="journeys")
    nested = badge_earned("B", "c2", AT, row_id="e2", triggeredBy={"ownerType": "LOYALTY", "referenceId": "1"})
    tables = audit([definition("B", owners=["Loyalty"]), event, nested])
    tables.shows(
        "issuances",
        "customer_id | owner_type | reported_expires_at\nc1 | Journeys | 2024-03-01T00:00Z\nc2 | Loyalty |",
    )
    assert tables.codes(customer_id="c1") == ["expiry-mismatch", "owner-not-allowed"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"badgeMetaId": None}, "missing-field"),
        ({"customerId": ""}, "missing-field"),
        ({"customerId": True}, "invalid-id"),
        ({"earnedOn": "yesterday"}, "invalid-timestamp"),
        ({"ownerType": "Nobody"}, "invalid-enum"),
        ({"triggeredBy": "Loyalty"}, "unknown-shape"),
    ],
)
def test_an_event_that_cannot_be_read_is_quarantined(audit: Audit, change: Record, reason: str) -> None:
    tables = audit([badge_earned("B", "c1", AT, **change)])
    assert tables.column("quarantine", "reason") == [reason]


def test_an_event_whose_row_id_a_call_answered_is_a_duplicate(audit: Audit) -> None:
    call = earn("B", "c1", "2024-02-01T00:00:02Z", rid="r1", answer="e1")
    same = badge_earned("B", "c1", "2024-02-01T00:00:01Z")
    other_customer = badge_earned("B", "c2", "2024-02-01T00:00:03Z")
    tables = audit([same, other_customer, call])
    tables.shows(
        "issuances",
        "customer_id | request_id | outcome\nc1 | r1 | ACCEPTED\nc2 | | ACCEPTED",
    )
    tables.shows("files", "lines | accepted | duplicate | quarantined\n3 | 2 | 1 | 0")
    tables.shows("findings", "customer_id\nc2", code="id-conflict")


def test_a_refused_answer_makes_no_event_a_duplicate(audit: Audit) -> None:
    tables = audit([refused(earn("B", "c1", AT, rid="r1"), 816), badge_earned("B", "c1", AT)])
    tables.shows("issuances", "request_id | outcome\n | ACCEPTED\nr1 | REJECTED")


def test_of_two_events_of_one_row_id_the_first_logged_stays(audit: Audit) -> None:
    lines = [
        badge_earned("B", "c1", "2024-02-01T00:00:05Z"),
        badge_earned("B", "c1", "2024-02-01T00:00:04Z"),
        badge_earned("B", "c1", "2024-02-01T00:00:04Z"),
        badge_earned("B", "c1", event="2024-02-01T00:00:00Z"),
    ]
    tables = audit(lines)
    tables.shows("issuances", "processed_at | source_line\n2024-02-01T00:00:04Z | 2")
    tables.shows("files", "lines | accepted | duplicate | quarantined\n4 | 1 | 3 | 0")


def test_an_event_asks_nothing_so_its_request_id_duplicates_none(audit: Audit) -> None:
    log = [
        definition("B"),
        earn("B", "c1", "2024-02-01T00:00:00Z", rid="r1", answer="e1"),
        badge_earned("B", "c1", "2024-02-02T00:00:00Z", row_id="e2", rid="r1"),
        badge_earned("B", "c1", "2024-02-03T00:00:00Z", row_id="e3", rid="r1"),
        badge_earned("C", "c1", "2024-02-03T00:00:00Z", row_id="e4", rid="r2"),
        refused(earn("C", "c1", "2024-02-04T00:00:00Z", rid="r2"), 809),
    ]
    assert "duplicate-request" not in audit(log).codes()
    assert "wrongly-rejected" in audit(log).codes()


def test_replay_decides_an_event_whatever_its_request_id(replay: Replay) -> None:
    log = [
        definition("B", limits=[fixed_value(2)]),
        earn("B", "c1", "2024-02-01T00:00:00Z", rid="r1"),
        badge_earned("B", "c1", "2024-02-02T00:00:00Z", row_id="e2", rid="r1"),
        badge_earned("B", "c1", "2024-02-03T00:00:00Z", row_id="e3", rid="r1"),
    ]
    replay(log).shows(
        "decisions",
        """
        issuance_id | decision | reason
        r1.0        | ADMIT    |
        e2          | ADMIT    |
        e3          | REJECT   | customer-limit
        """,
    )


def test_a_request_half_is_not_answered_by_an_event(audit: Audit) -> None:
    half = unanswered(earn("B", "c1", AT, rid="r1"))
    tables = audit([half, badge_earned("B", "c1", AT, rid="r1")])
    assert sorted(tables.column("issuances", "outcome")) == ["ACCEPTED", "ASSUMED"]
