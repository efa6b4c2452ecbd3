"""The outcome of a row: what the platform answered for it (RULEBOOK 3)."""

from __future__ import annotations

from harness import (
    Audit,
    bare_request,
    bare_response,
    definition,
    earn,
    earn_bulk,
    fixed_value,
    issue_bulk,
    refused,
    unanswered,
)

AT, LATER = "2024-02-01T00:00:00Z", "2024-02-02T00:00:00Z"


def test_a_row_without_error_is_accepted(audit: Audit) -> None:
    audit([issue_bulk("B", ["c1"], AT)]).shows("issuances", "outcome | code | issuance_id\nACCEPTED | | r1.0")


def test_an_accepted_row_without_id_takes_a_label(audit: Audit) -> None:
    call = earn_bulk("B", ["c1", "c2"], AT, answers=[("c1", "e1"), ("c2", None)])
    audit([call]).shows("issuances", "position | outcome | issuance_id\n0 | ACCEPTED | e1\n1 | ACCEPTED | r1/1")


def test_a_row_with_an_error_is_rejected_with_its_code(audit: Audit) -> None:
    """The seed's row: an id beside error 1040 is a rejection."""
    call = issue_bulk("B", ["62090013"], AT, rid="21390", answers=[("62090013", 1040)])
    call["response"]["data"]["issuedBadges"][0]["issuedId"] = "66869a3598592f327b849b2c"
    audit([call]).shows("issuances", "outcome | code | issuance_id\nREJECTED | 1040 | 21390/0")


def test_a_failed_customer_of_an_earn_bulk_is_rejected_with_its_code(audit: Audit) -> None:
    call = earn_bulk("B", ["c1", "c2"], AT, answers=[("c1", "e1"), ("c2", 816)])
    audit([call]).shows("issuances", "customer_id | outcome | code\nc1 | ACCEPTED |\nc2 | REJECTED | 816")


def test_a_call_refused_as_a_whole_rejects_every_row_with_the_code_of_the_response(audit: Audit) -> None:
    tables = audit([refused(issue_bulk("B", ["c1", "c2"], AT), 809)])
    tables.shows("issuances", "customer_id | outcome | code\nc1 | REJECTED | 809\nc2 | REJECTED | 809")
    assert "customer-not-answered" not in tables.codes()


def test_the_code_of_a_response_is_the_first_among_its_errors(audit: Audit) -> None:
    call = refused(earn("B", "c1", AT), 816)
    call["response"]["errors"].append({"code": 809, "message": ""})
    assert audit([call]).column("issuances", "code") == ["816"]


def test_a_row_that_is_named_without_error_is_accepted_beside_errors_of_the_response(audit: Audit) -> None:
    call = issue_bulk("B", ["c1", "c2"], AT, answers=[("c1", "i1")])
    call["response"]["errors"] = [{"code": 816, "message": ""}]
    audit([call]).shows("issuances", "customer_id | outcome | code\nc1 | ACCEPTED |\nc2 | REJECTED | 816")


def test_a_customer_that_a_known_response_does_not_name_is_rejected_with_an_empty_code(audit: Audit) -> None:
    call = issue_bulk("B", ["c1", "c2"], AT, answers=[("c2", "i2")])
    tables = audit([definition(earn_type="ISSUE_EARN"), call])
    tables.shows("issuances", "customer_id | outcome | code\nc1 | REJECTED |\nc2 | ACCEPTED |")
    tables.shows("findings", "code | customer_id | severity\ncustomer-not-answered | c1 | error")


def test_without_a_known_response_every_row_is_assumed(audit: Audit) -> None:
    audit([unanswered(issue_bulk("B", ["c1", "c2"], AT))]).shows(
        "issuances", "customer_id | outcome | issuance_id\nc1 | ASSUMED | r1/0\nc2 | ASSUMED | r1/1"
    )


def test_an_assumed_row_counts_as_an_accepted_one(audit: Audit) -> None:
    log = [definition(limits=[fixed_value(1)]), earn("B", "c1", AT), unanswered(earn("B", "c1", LATER, rid="r2"))]
    audit(log).shows("breaches", "request_id | count | number\nr2 | 2 | 1")


def test_a_rejected_row_counts_nowhere(audit: Audit) -> None:
    log = [
        definition(limits=[fixed_value(1)]),
        earn("B", "c1", AT),
        earn("B", "c1", LATER, rid="r2", answer=816),
    ]
    tables = audit(log)
    assert tables["breaches"] == []
    tables.shows("issuances", "request_id | counted\nr1 | true\nr2 | false")


def test_a_platform_id_given_again_is_a_repeat(audit: Audit) -> None:
    log = [
        definition(earn_type="ISSUE_EARN", limits=[fixed_value(1)]),
        issue_bulk("B", ["c1"], AT, answers=[("c1", "i1")]),
        issue_bulk("B", ["c1"], LATER, rid="r2", answers=[("c1", "i1")]),
    ]
    tables = audit(log, counted="issue")
    tables.shows(
        "issuances",
        """
        request_id | outcome  | issuance_id | counted
        r1         | ACCEPTED | i1          | true
        r2         | REPEAT   | r2/0        | false
        """,
    )
    tables.shows("findings", "request_id | severity\nr2 | error", code="existing-issue-returned")
    assert tables["breaches"] == []


def test_the_same_id_on_another_customer_kind_or_badge_is_a_conflict_and_both_rows_count(audit: Audit) -> None:
    log = [
        definition("B", limits=[fixed_value(1, "BADGE")]),
        definition("C"),
        earn("B", "c1", "2024-02-01T00:00:00Z", rid="r1", answer="x"),
        earn("B", "c2", "2024-02-02T00:00:00Z", rid="r2", answer="x"),
        earn("C", "c1", "2024-02-03T00:00:00Z", rid="r3", answer="x"),
        issue_bulk("C", ["c1"], "2024-02-04T00:00:00Z", rid="r4", answers=[("c1", "x")]),
    ]
    tables = audit(log)
    assert tables.column("issuances", "outcome") == ["ACCEPTED"] * 4
    assert tables.column("issuances", "issuance_id") == ["x"] * 4
    tables.shows(
        "findings",
        """
        badge_id | request_id | customer_id
        B        | r2         | c2
        C        | r3         | c1
        C        | r4         | c1
        """,
        code="id-conflict",
    )
    tables.shows("breaches", "request_id | count\nr2 | 2")


def test_the_kth_mention_of_a_customer_takes_its_kth_answer(audit: Audit) -> None:
    answers = [("c2", "i1"), ("c1", "i2"), ("c1", 1040), ("c1", "i3")]
    call = issue_bulk("B", ["c1", "c2", "c1", "c1"], AT, answers=answers)
    audit([call]).shows(
        "issuances",
        """
        position | customer_id | outcome  | issuance_id
        0        | c1          | ACCEPTED | i2
        1        | c2          | ACCEPTED | i1
        2        | c1          | REJECTED | r1/2
        3        | c1          | ACCEPTED | i3
        """,
    )


def test_an_answer_that_nobody_asked_for_is_a_row_at_the_next_free_position(audit: Audit) -> None:
    answers = [("c9", "i9"), ("c1", "i1"), ("c1", "i2"), ("c8", 1040)]
    audit([issue_bulk("B", ["c1"], AT, answers=answers)]).shows(
        "issuances",
        """
        position | customer_id | outcome  | code | issuance_id
        0        | c1          | ACCEPTED |      | i1
        1        | c9          | ACCEPTED |      | i9
        2        | c1          | ACCEPTED |      | i2
        3        | c8          | REJECTED | 1040 | r1/3
        """,
    )


def test_an_earn_without_customer_in_its_answer_answers_the_customer_of_the_request(audit: Audit) -> None:
    call = earn("B", "c1", AT, answer="e1")
    del call["response"]["data"]["customerId"]
    audit([call]).shows("issuances", "customer_id | outcome | issuance_id\nc1 | ACCEPTED | e1")


def test_a_missing_request_id_leaves_its_half_of_the_label_empty(audit: Audit) -> None:
    call = unanswered(earn("B", "c1", AT, rid=None))
    audit([call]).shows("issuances", "request_id | issuance_id\n | /0")


def test_a_response_with_only_errors_answers_its_request_in_another_line_by_request_id(audit: Audit) -> None:
    call = issue_bulk("B", ["c1", "c2"], event=AT)
    answer = bare_response(call)
    answer["data"]["issuedBadges"] = []
    answer["errors"] = [{"code": 816, "message": ""}]
    audit([bare_request(call), answer]).shows(
        "issuances", "customer_id | outcome | code\nc1 | REJECTED | 816\nc2 | REJECTED | 816"
    )
