"""Imports: earns that bring their own badge, event date and expiry (RULEBOOK 3, 4, 8)."""

from __future__ import annotations

from typing import Any

import pytest
from feeds import element, imported, told
from harness import Audit, definition, earn, fixed_value, relative

AT = "2024-02-01T00:00:00Z"


def test_each_element_is_an_earn_of_its_own_badge_customer_event_date_and_expiry(audit: Audit) -> None:
    elements = [
        element("B", "c1", "2024-01-10T00:00:00Z", "2024-03-01T00:00:00Z"),
        element("C", "c1", "2024-01-11T00:00:00Z"),
        element("B", 7),
    ]
    tables = audit([definition("B"), definition("C"), imported(elements, AT)])
    tables.shows(
        "issuances",
        """
        processed_at      | position | badge_id | customer_id | kind | outcome | counted | event_at
        2024-02-01T00:00Z | 0        | B        | c1          | EARN | ASSUMED | true    | 2024-01-10T00:00Z
        2024-02-01T00:00Z | 1        | C        | c1          | EARN | ASSUMED | true    | 2024-01-11T00:00Z
        2024-02-01T00:00Z | 2        | B        | 7           | EARN | ASSUMED | true    | 2024-02-01T00:00Z
        """,
    )
    assert set(tables.column("issuances", "request_id")) == {""}
    tables.shows(
        "expirations",
        """
        badge_id | customer_id | rule     | expires_at        | state
        B        | c1          | IMPORTED | 2024-03-01T00:00Z | EXPIRED
        C        | c1          | IMPORTED |                   | ACTIVE
        B        | 7           | IMPORTED |                   | ACTIVE
        """,
    )


def test_the_rule_of_the_badge_says_nothing_about_an_imported_row(audit: Audit) -> None:
    log = [definition("B", earned=relative("DAYS", 2)), imported([element("B", "c1")], AT), earn("B", "c2", AT)]
    tables = audit(log)
    tables.shows(
        "expirations",
        "customer_id | rule | expires_at\nc1 | IMPORTED | \nc2 | RELATIVE:DAYS:2 | 2024-02-03T00:00Z",
    )


def test_an_import_of_one_needs_no_array(audit: Audit) -> None:
    line = imported([], AT) | {"request": element("B", "c1", AT), "response": {"data": {"earnedBadgeId": "e1"}}}
    audit([line]).shows("issuances", "customer_id | outcome | issuance_id\nc1 | ACCEPTED | e1")


def test_a_bare_element_with_an_expiry_is_an_import_of_one(audit: Audit) -> None:
    bare = element("B", "c1", "2024-01-10T00:00:00Z", "2024-03-01T00:00:00Z")
    asked = bare | {"requestId": "r1"}
    audit([definition("B"), bare, asked]).shows(
        "expirations",
        """
        processed_at      | issuance_id | rule      | expires_at
        2024-01-10T00:00Z | /0          | IMPORTED  | 2024-03-01T00:00Z
        2024-01-10T00:00Z | r1/0        | BADGE_END | 2025-01-01T00:00Z
        """,
    )


def test_without_an_endpoint_an_array_is_an_import(audit: Audit) -> None:
    line = imported([element("B", "c1")], AT, [told("c1", "e1")])
    del line["endpoint"]
    lone = {"loggedAt": AT, "response": {"data": [{"customerId": "c2", "earnedBadgeId": "e2", "badgeMetaId": "B"}]}}
    tables = audit([line, lone])
    tables.shows("issuances", "customer_id | outcome | issuance_id\nc1 | ACCEPTED | e1\nc2 | ACCEPTED | e2")


def test_answers_are_matched_by_customer_whatever_the_badge(audit: Audit) -> None:
    elements = [element("B", "c1"), element("C", "c1"), element("B", "c2")]
    answers = [told("c2", "e3"), told("c1", "e1", "C"), told("c1", 816, "B")]
    audit([imported(elements, AT, answers)]).shows(
        "issuances",
        """
        position | badge_id | customer_id | outcome  | code | issuance_id
        0        | B        | c1          | ACCEPTED |      | e1
        1        | C        | c1          | REJECTED | 816  | /1
        2        | B        | c2          | ACCEPTED |      | e3
        """,
    )


def test_an_entry_without_customer_answers_the_element_in_its_own_place(audit: Audit) -> None:
    elements = [element("B", "c1"), element("B", "c2"), element("B", "c3")]
    answers = [told("c1", "e1"), told(None, 8001), {"data": None, "errors": {"code": 8002}}]
    audit([imported(elements, AT, answers)]).shows(
        "issuances",
        """
        customer_id | outcome  | code
        c1          | ACCEPTED |
        c2          | REJECTED | 8001
        c3          | REJECTED | 8002
        """,
    )


def test_what_an_array_does_not_answer_is_rejected_without_a_code(audit: Audit) -> None:
    tables = audit([imported([element("B", "c1"), element("B", "c2")], AT, [told("c1", "e1")])])
    tables.shows("issuances", "customer_id | outcome | code\nc1 | ACCEPTED | \nc2 | REJECTED |")
    tables.shows("findings", "customer_id\nc2", code="customer-not-answered")


def test_top_level_errors_refuse_the_elements_that_are_not_answered(audit: Audit) -> None:
    response = {"data": [{"customerId": "c1", "earnedBadgeId": "e1"}], "errors": [{"code": 816}]}
    line = imported([element("B", "c1"), element("B", "c2")], AT) | {"response": response}
    tables = audit([line])
    tables.shows("issuances", "customer_id | outcome | code\nc1 | ACCEPTED | \nc2 | REJECTED | 816")
    assert "customer-not-answered" not in tables.codes()


def test_an_answer_that_nobody_asked_for_brings_its_own_badge_and_expiry(audit: Audit) -> None:
    answers = [told("c1", "e1"), told("c9", "e9", "C", "2024-05-01T00:00:00Z")]
    line = imported([element("B", "c1", "2024-01-10T00:00:00Z")], AT, answers)
    tables = audit([definition("B"), definition("C"), line])
    tables.shows(
        "issuances",
        """
        position | badge_id | customer_id | event_at          | issuance_id
        0        | B        | c1          | 2024-01-10T00:00Z | e1
        1        | C        | c9          | 2024-02-01T00:00Z | e9
        """,
    )
    tables.shows("expirations", "customer_id | expires_at\nc1 | \nc9 | 2024-05-01T00:00Z")


def test_a_lone_response_is_of_the_badges_that_its_answers_name(audit: Audit) -> None:
    lone = {"loggedAt": AT, "endpoint": "import", "response": [told("c1", "e1", "B"), told("c2", 816, "C")]}
    tables = audit([lone])
    tables.shows(
        "issuances",
        """
        position | badge_id | customer_id | outcome  | code
        0        | B        | c1          | ACCEPTED |
        1        | C        | c2          | REJECTED | 816
        """,
    )
    tables.shows("findings", "badge_id | processed_at\n | 2024-02-01T00:00Z", code="unpaired-response")


@pytest.mark.parametrize(
    ("answers", "reason"),
    [([told("c1", "e1")], "missing-field"), ([told(None, 816)], "missing-field"), (["e1"], "unknown-shape")],
)
def test_a_lone_answer_must_say_of_whom_and_of_what_badge_it_is(audit: Audit, answers: list[Any], reason: str) -> None:
    tables = audit([{"loggedAt": AT, "endpoint": "import", "response": answers}])
    assert tables.column("quarantine", "reason") == [reason]


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ([{"customerId": "c1"}], "missing-field"),
        ([{"badgeMetaId": "B"}], "missing-field"),
        ([{"badgeMetaId": "B", "customerId": None}], "invalid-id"),
        ([element("B", "c1"), 7], "unknown-shape"),
        ({}, "missing-field"),
        ([element("B", "c1") | {"earnExpiresOn": "soon"}], "invalid-timestamp"),
    ],
)
def test_each_element_needs_a_badge_and_a_customer(audit: Audit, request_: object, reason: str) -> None:
    tables = audit([{"loggedAt": AT, "endpoint": "import", "request": request_}])
    assert tables.column("quarantine", "reason") == [reason]
    assert tables["issuances"] == []


def test_an_array_in_another_call_is_no_record(audit: Audit) -> None:
    tables = audit([{"loggedAt": AT, "endpoint": "earn", "request": [element("B", "c1")]}])
    assert tables.column("quarantine", "reason") == ["unknown-shape"]


def test_an_import_without_log_time_is_dated_by_ids_else_by_its_latest_event_date(audit: Audit) -> None:
    elements = [element("B", "c1", "2023-11-08T00:00:00Z"), element("B", "c2", "2023-11-09T00:00:00Z")]
    by_id = imported(elements, answers=[told("c1", "654cbdfd6bccde1274b6d3a0"), told("c2", "e2")])
    late = [element("C", "c1", "2023-11-08T00:00:00Z"), element("C", "c2", "2023-11-11T00:00:00Z")]
    by_event = imported(late, answers=[told("c1", "654cbdfd6bccde1274b6d3a0"), told("c2", "e2")])
    nothing = imported([element("D", "c1")])
    tables = audit([by_id, by_event, nothing])
    tables.shows(
        "issuances",
        """
        badge_id | customer_id | processed_at
        B        | c1          | 2023-11-09T11:09:49Z
        B        | c2          | 2023-11-09T11:09:49Z
        C        | c1          | 2023-11-11T00:00Z
        C        | c2          | 2023-11-11T00:00Z
        """,
    )
    assert tables.column("quarantine", "reason") == ["no-time"]


def test_the_reported_expiry_is_that_of_the_own_answer(audit: Audit) -> None:
    elements = [element("B", "c1", AT, "2024-03-01T00:00:00Z"), element("B", "c2", AT, "2024-03-01T00:00:00Z")]
    answers = [told("c1", "e1", expires="2024-03-01T00:00:02Z"), told("c2", "e2", expires="2024-03-02T00:00:00Z")]
    tables = audit([definition("B"), imported(elements, AT, answers)])
    tables.shows("issuances", "customer_id | reported_expires_at\nc1 | 2024-03-01T00:00:02Z\nc2 | 2024-03-02T00:00Z")
    tables.shows("findings", "customer_id\nc2", code="expiry-mismatch")


def test_imported_rows_count_unless_they_are_ignored(audit: Audit) -> None:
    log = [
        definition("B", limits=[fixed_value(1)]),
        imported([element("B", "c1")], AT),
        earn("B", "c1", "2024-02-02T00:00:00Z"),
    ]
    audit(log).shows("breaches", "request_id | count\nr1 | 2")
    ignored = audit(log, imported="ignore")
    ignored.shows("issuances", "request_id | counted\n | false\nr1 | true")
    assert ignored["breaches"] == []


def test_an_imported_row_of_an_unknown_badge_expires_by_no_rule(audit: Audit) -> None:
    tables = audit([imported([element("X", "c1", AT, "2024-03-01T00:00:00Z")], AT)])
    tables.shows("expirations", "rule | expires_at | state\n | | ACTIVE")


def test_two_imports_of_the_same_values_are_one_and_of_another_time_are_two(audit: Audit) -> None:
    line = imported([element("B", "c1", AT)], AT, [told("c1", "e1")])
    again = imported([element("B", "c1", "2024-02-01T00:00:00.000Z")], AT, [told("c1", "e1")])
    request_half = imported([element("B", "c1", AT)], AT)
    later = imported([element("B", "c1", AT)], "2024-02-01T00:00:01Z", [told("c1", "e2")])
    tables = audit([line, again, request_half, later])
    tables.shows("issuances", "processed_at | issuance_id\n2024-02-01T00:00Z | e1\n2024-02-01T00:00:01Z | e2")
    tables.shows("files", "lines | accepted | duplicate | quarantined\n4 | 2 | 2 | 0")


def test_an_import_that_differs_only_in_badge_or_expiry_is_another_one(audit: Audit) -> None:
    lines = [
        imported([element("B", "c1", AT)], AT),
        imported([element("C", "c1", AT)], AT),
        imported([element("B", "c1", AT, "2024-03-01T00:00:00Z")], AT),
    ]
    tables = audit(lines)
    assert len(tables["issuances"]) == 3
    assert len(set(tables.column("issuances", "row_key"))) == 3


def test_an_id_that_an_import_gave_before_is_a_repeat(audit: Audit) -> None:
    log = [
        imported([element("B", "c1")], AT, [told("c1", "e1")]),
        earn("B", "c1", "2024-02-02T00:00:00Z", answer="e1"),
    ]
    audit(log).shows("issuances", "request_id | outcome\n | ACCEPTED\nr1 | REPEAT")
