"""A record is recognised by its shape, never by the name of its file (RULEBOOK 3)."""

from __future__ import annotations

import json

import pytest
from harness import (
    Audit,
    bare_request,
    bare_response,
    define,
    definition,
    earn,
    earn_bulk,
    issue_bulk,
    refused,
    unanswered,
    unasked,
    without,
)

AT = "2024-02-01T00:00:00Z"


def test_an_exchange_makes_rows_of_its_call(audit: Audit) -> None:
    log = [
        issue_bulk("B", ["c1", "c2"], AT, rid="r1"),
        earn("B", "c3", AT, rid="r2"),
        earn_bulk("B", ["c4", "c5"], AT, rid="r3"),
    ]
    audit(log).shows(
        "issuances",
        """
        request_id | position | kind  | customer_id | issuance_id | outcome
        r1         | 0        | ISSUE | c1          | r1.0        | ACCEPTED
        r1         | 1        | ISSUE | c2          | r1.1        | ACCEPTED
        r2         | 0        | EARN  | c3          | r2.0        | ACCEPTED
        r3         | 0        | EARN  | c4          | r3.0        | ACCEPTED
        r3         | 1        | EARN  | c5          | r3.1        | ACCEPTED
        """,
    )


def test_the_name_of_the_file_says_nothing(audit: Audit) -> None:
    tables = audit({"earnBulk.txt": [issue_bulk("B", ["c1"], AT)], "badgeMeta/definitions": [earn("B", "c1", AT)]})
    assert sorted(tables.column("issuances", "kind")) == ["EARN", "ISSUE"]


@pytest.mark.parametrize(
    "endpoint",
    [
        "issueBulk",
        "/api_gateway/v1/badges/badgeMeta/customer/issueBulk",
        "https://host/api_gateway/v1/badges/badgeMeta/customer/issueBulk/",
        "/v1/badges/badgeMeta/customer/issueBulk?page=1&path=a/b",
    ],
)
def test_the_endpoint_is_the_last_path_segment(audit: Audit, endpoint: str) -> None:
    call = issue_bulk("B", ["c1"], AT) | {"endpoint": endpoint}
    assert audit([call]).column("issuances", "kind") == ["ISSUE"]


def test_the_segment_behind_badge_meta_is_an_id(audit: Audit) -> None:
    call = define(definition("B")) | {"endpoint": "/api_gateway/v1/badges/badgeMeta/66e952c1f0210a1952fee2b1"}
    assert audit([call]).column("badges", "badge_id") == ["B"]


def test_without_an_endpoint_the_fields_inside_tell_the_call(audit: Audit) -> None:
    log = [
        without(issue_bulk("B", ["c1"], AT, rid="r1"), "endpoint"),
        without(earn("B", "c2", AT, rid="r2"), "endpoint"),
        without(earn_bulk("B", ["c3"], AT, rid="r3"), "endpoint"),
        without(define(definition("B")) | {"request": definition("B", since=None)}, "endpoint"),
    ]
    tables = audit(log)
    tables.shows("issuances", "request_id | kind\nr1 | ISSUE\nr2 | EARN\nr3 | EARN")
    assert tables.column("badges", "versions") == ["1"]


def test_a_response_decides_where_the_request_fits_two_calls(audit: Audit) -> None:
    call = without(issue_bulk("B", ["c1"], AT, rid=None, answers=[("c1", "i1")]), "endpoint")
    assert audit([call]).column("issuances", "issuance_id") == ["i1"]


def test_a_bare_request_is_a_record(audit: Audit) -> None:
    log = [
        bare_request(issue_bulk("B", ["c1"], rid="r1", event=AT)),
        bare_request(earn("B", "c2", rid="r2", event=AT)),
        bare_request(earn_bulk("B", ["c3", "c4"], rid="r3", event=AT)),
    ]
    audit(log).shows(
        "issuances",
        """
        request_id | position | kind  | customer_id | outcome | issuance_id
        r1         | 0        | ISSUE | c1          | ASSUMED | r1/0
        r2         | 0        | EARN  | c2          | ASSUMED | r2/0
        r3         | 0        | EARN  | c3          | ASSUMED | r3/0
        r3         | 1        | EARN  | c4          | ASSUMED | r3/1
        """,
    )


def test_a_lone_bare_response_makes_rows_too(audit: Audit) -> None:
    lone = bare_response(
        issue_bulk("B", ["c1", "c2"], rid="r1", answers=[("c1", "654cbdfd6bccde1274b6d3a0"), ("c2", 1040)])
    )
    tables = audit([lone])
    tables.shows(
        "issuances",
        """
        processed_at         | request_id | position | badge_id | customer_id | outcome  | code
        2023-11-09T11:09:49Z | r1         | 0        | B        | c1          | ACCEPTED |
        2023-11-09T11:09:49Z | r1         | 1        | B        | c2          | REJECTED | 1040
        """,
    )
    tables.shows("findings", "severity | request_id\nerror | r1", code="unpaired-response")


def test_a_bare_809_has_no_key_and_is_kept(audit: Audit) -> None:
    lone = refused(earn("B", "c1"), 809)["response"] | {"loggedAt": AT}
    tables = audit([lone])
    assert tables["issuances"] == []
    assert tables["quarantine"] == []
    assert tables.codes() == ["unpaired-response"]
    tables.shows("files", "lines | accepted | duplicate | quarantined\n1 | 1 | 0 | 0")


@pytest.mark.parametrize("shape", ["alone", "data", "exchange", "sent"])
def test_a_definition_may_stand_alone_under_data_or_in_an_exchange(audit: Audit, shape: str) -> None:
    record = definition("B")
    line = {
        "alone": record,
        "data": {"data": record},
        "exchange": define(record, AT),
        "sent": {"loggedAt": AT, "endpoint": "badgeMeta", "request": record},
    }[shape]
    tables = audit([line])
    tables.shows("badges", "badge_id | name | starts_at\nB | badge B | 2024-01-01T00:00Z")
    tables.shows("files", "lines | accepted | duplicate | quarantined\n1 | 1 | 0 | 0")


def test_an_object_with_id_and_start_on_iso_is_a_definition(audit: Audit) -> None:
    record = without(definition("B", startOnISO="2024-03-01T00:00:00+05:30"), "startOn")
    assert audit([record]).column("badges", "starts_at") == ["2024-02-29T18:30:00.000000Z"]


def test_a_body_that_fits_two_calls_is_quarantined(audit: Audit) -> None:
    tables = audit([{"badgeMetaId": "B", "customers": ["c1"]}])
    assert tables.column("quarantine", "reason") == ["ambiguous-shape"]


def test_a_request_id_makes_an_issue_of_customers(audit: Audit) -> None:
    tables = audit([{"badgeMetaId": "B", "customers": ["c1"], "issueEventDate": 1706745600}])
    assert tables.column("issuances", "kind") == ["ISSUE"]


def test_a_whole_array_is_a_file(audit: Audit) -> None:
    document = json.dumps(
        [definition(), earn("B", "c1", AT, rid="r1"), earn("B", "c2", AT, rid="r2")], indent=2
    ).encode()
    tables = audit({"log.json": document})
    assert tables.column("issuances", "customer_id") == ["c1", "c2"]
    tables.shows("files", "lines | accepted | duplicate | quarantined\n3 | 3 | 0 | 0")


def test_the_line_of_a_record_in_a_document_is_the_one_on_which_it_begins(audit: Audit) -> None:
    first, second = (json.dumps(earn("B", customer, AT, rid=customer), indent=1) for customer in ("c1", "c2"))
    document = f"\n[\n{first},\n\n  {second}\n]\n"
    lines = first.count("\n") + 1
    audit({"log.json": document.encode()}).shows("issuances", f"request_id | source_line\nc1 | 3\nc2 | {3 + lines + 1}")


def test_a_pretty_printed_object_is_a_file(audit: Audit) -> None:
    tables = audit({"badge.json": json.dumps(definition(), indent=4).encode()})
    assert tables.column("badges", "badge_id") == ["B"]
    tables.shows("files", "lines | accepted | duplicate | quarantined\n1 | 1 | 0 | 0")


def test_a_byte_order_mark_and_carriage_returns_are_no_content(audit: Audit) -> None:
    lines = [json.dumps(earn("B", customer, AT, rid=customer)).encode() for customer in ("c1", "c2")]
    tables = audit({"log.jsonl": b"\xef\xbb\xbf" + b"\r\n".join(lines)})
    tables.shows("issuances", "request_id | source_line\nc1 | 1\nc2 | 2")


def test_a_last_line_without_its_line_end_is_a_line(audit: Audit) -> None:
    log = json.dumps(earn("B", "c1", AT)).encode()
    audit({"log.jsonl": log}).shows("files", "lines | accepted\n1 | 1")


def test_an_empty_file_has_no_lines(audit: Audit) -> None:
    tables = audit({"log.jsonl": b"", "other.jsonl": [earn("B", "c1", AT)]})
    tables.shows(
        "files",
        "path | lines | accepted | duplicate | quarantined\nlog.jsonl | 0 | 0 | 0 | 0\nother.jsonl | 1 | 1 | 0 | 0",
    )


def test_the_request_badge_may_come_from_its_response(audit: Audit) -> None:
    call = issue_bulk("B", ["c1"], AT)
    call["request"].pop("badgeMetaId")
    assert audit([call]).column("issuances", "badge_id") == ["B"]


def test_a_response_in_a_line_of_its_own_may_name_its_endpoint(audit: Audit) -> None:
    call = earn("B", "c1", AT)
    tables = audit([unanswered(call), unasked(call)])
    tables.shows("issuances", "customer_id | outcome | issuance_id\nc1 | ACCEPTED | r1.0")
    assert "unpaired-response" not in tables.codes()


def test_two_thousand_customers_of_one_request_are_two_thousand_rows(audit: Audit) -> None:
    customers = [f"c{place:04}" for place in range(2000)]
    tables = audit(
        [
            definition(limits=[{"constraintType": "BADGE_FIXED_VALUE", "maxEarnLimit": 1999}]),
            issue_bulk("B", customers, AT),
        ]
    )
    assert tables.column("issuances", "customer_id") == customers
    tables.shows("breaches", "customer_id | count | excess\nc1999 | 2000 | 1")
