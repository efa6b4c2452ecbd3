"""The same record twice is one record (RULEBOOK 3)."""

from __future__ import annotations

import json

from harness import (
    Audit,
    bare_request,
    bare_response,
    definition,
    earn,
    earn_bulk,
    issue_bulk,
    refused,
    unanswered,
    unasked,
)

AT, LATER = "2024-02-01T00:00:00Z", "2024-02-02T00:00:00Z"


def test_the_same_line_twice_is_one_record(audit: Audit) -> None:
    tables = audit([earn("B", "c1", AT), earn("B", "c1", AT), earn("B", "c1", AT)])
    tables.shows("files", "lines | accepted | duplicate | quarantined\n3 | 1 | 2 | 0")
    assert len(tables["issuances"]) == 1


def test_the_same_line_in_another_file_is_a_duplicate_and_the_smallest_path_and_line_is_its_source(
    audit: Audit,
) -> None:
    call, other = earn("B", "c1", AT), earn("B", "c2", AT, rid="r2")
    tables = audit({"b.jsonl": [call], "a/z.jsonl": [other, call], "c.jsonl": [call, other]})
    tables.shows(
        "issuances",
        """
        request_id | source_file | source_line
        r1         | a/z.jsonl   | 2
        r2         | a/z.jsonl   | 1
        """,
    )


def test_spelling_does_not_matter(audit: Audit) -> None:
    """Key order, white space, extra fields, number format, the way an instant is written, the case of an owner."""
    call = earn("B", 7, AT, rid="21", event="2024-01-31T18:30:00Z", owner="Loyalty", answer="e1")
    other = {
        "response": {
            "warnings": ["slow"],
            "errors": [],
            "data": {"requestId": 21, "earnedBadgeId": "e1", "customerId": "7", "status": "ACTIVE"},
        },
        "request": {
            "triggeredBy": {"referenceId": 1, "ownerType": "LOYALTY"},
            "earnEventDateISO": "2024-02-01T00:00:00+05:30",
            "customerId": "7",
            "requestId": 21,
            "badgeMetaId": "B",
        },
        "endpoint": "/v1/badges/badgeMeta/customer/earn/",
        "loggedAt": 1706745600,
        "trace": 1,
    }
    tables = audit([call, json.dumps(other, separators=(",", ":"))])
    tables.shows("files", "lines | accepted | duplicate | quarantined\n2 | 1 | 1 | 0")


def test_the_same_definition_twice_is_one_record(audit: Audit) -> None:
    again = definition(status="LIVE", issuedCount=7, benefits=[])
    tables = audit([definition(), again])
    tables.shows("files", "lines | accepted | duplicate | quarantined\n2 | 1 | 1 | 0")
    assert tables.column("badges", "versions") == ["1"]


def test_another_time_of_the_line_makes_a_second_call(audit: Audit) -> None:
    call = earn("B", "c1", AT, answer="e1")
    again = earn("B", "c1", LATER, answer="e2")
    audit([call, again]).shows(
        "issuances", "processed_at | outcome\n2024-02-01T00:00Z | ACCEPTED\n2024-02-02T00:00Z | ACCEPTED"
    )


def test_another_content_makes_a_second_call(audit: Audit) -> None:
    log = [
        issue_bulk("B", ["c1", "c2"], AT, answers=[("c1", "i1"), ("c2", "i2")]),
        issue_bulk("B", ["c2", "c1"], AT, answers=[("c1", "i3"), ("c2", "i4")]),
    ]
    assert len(audit(log)["issuances"]) == 4


def test_the_same_request_answered_otherwise_in_its_own_line_is_a_second_call(audit: Audit) -> None:
    tables = audit([earn("B", "c1", AT, answer="e1"), earn("B", "c1", AT, answer=809)])
    assert sorted(tables.column("issuances", "outcome")) == ["ACCEPTED", "REJECTED"]
    tables.shows("files", "lines | accepted | duplicate\n2 | 2 | 0")


def test_a_bare_half_equal_to_half_of_an_exchange_is_its_duplicate(audit: Audit) -> None:
    call = issue_bulk("B", ["c1"], AT, event=AT)
    tables = audit([bare_request(call), call, bare_response(call)])
    tables.shows("files", "lines | accepted | duplicate | quarantined\n3 | 1 | 2 | 0")
    assert tables.column("issuances", "outcome") == ["ACCEPTED"]
    assert "unpaired-response" not in tables.codes()


def test_a_request_logged_without_answer_is_the_duplicate_of_its_exchange(audit: Audit) -> None:
    call = earn_bulk("B", ["c1", "c2"], AT)
    tables = audit([unanswered(call), call])
    tables.shows("files", "lines | accepted | duplicate\n2 | 1 | 1")
    assert tables.column("issuances", "outcome") == ["ACCEPTED", "ACCEPTED"]


def test_a_request_without_log_time_is_the_duplicate_of_the_same_request_with_one(audit: Audit) -> None:
    call = unanswered(earn("B", "c1", AT, event="2024-01-31T00:00:00Z"))
    tables = audit([bare_request(call), call])
    tables.shows("files", "lines | accepted | duplicate\n2 | 1 | 1")
    tables.shows("issuances", "processed_at | outcome\n2024-02-01T00:00Z | ASSUMED")


def test_a_response_of_another_log_time_is_not_the_duplicate_of_that_in_the_exchange(audit: Audit) -> None:
    call = earn("B", "c1", AT)
    other = unasked(call) | {"loggedAt": LATER}
    tables = audit([call, other])
    tables.shows("files", "lines | accepted | duplicate\n2 | 2 | 0")
    assert "unpaired-response" in tables.codes()


def test_a_response_of_the_same_log_time_is_the_duplicate_of_that_in_the_exchange(audit: Audit) -> None:
    call = earn("B", "c1", AT)
    audit([call, unasked(call)]).shows("files", "lines | accepted | duplicate\n2 | 1 | 1")


def test_an_answer_of_another_endpoint_is_not_a_duplicate(audit: Audit) -> None:
    """Two calls refused with 809 alike; the second answer names its endpoint."""
    call = refused(earn_bulk("B", ["c1"], AT), 809)
    other = unasked(refused(earn("B", "c1"), 809))
    same = unasked(refused(earn_bulk("B", ["c1"]), 809))
    tables = audit([call, other, same])
    tables.shows("files", "lines | accepted | duplicate\n3 | 2 | 1")
    assert tables.column("findings", "source_line", code="unpaired-response") == ["2"]


def test_the_same_lone_response_twice_is_one(audit: Audit) -> None:
    lone = refused(earn("B", "c1"), 809)["response"] | {"loggedAt": AT}
    tables = audit([lone, dict(reversed(lone.items()))])
    tables.shows("files", "lines | accepted | duplicate\n2 | 1 | 1")
    assert tables.codes() == ["unpaired-response"]


def test_lines_read_are_accepted_duplicate_and_quarantined_in_every_file(audit: Audit) -> None:
    call = earn("B", "c1", AT)
    tables = audit({"a.jsonl": [call, "", call, "{"], "b.jsonl": [definition(), call, definition(), "[]"]})
    tables.shows(
        "files",
        """
        path    | lines | accepted | duplicate | quarantined
        a.jsonl | 4     | 1        | 1         | 2
        b.jsonl | 4     | 1        | 2         | 1
        """,
    )
