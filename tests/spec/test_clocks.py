"""The two clocks of an issuance: when it happened and when the platform processed it (RULEBOOK 2)."""

from __future__ import annotations

from harness import Audit, bare_request, bare_response, definition, earn, issue_bulk, unanswered

# The first eight digits of a platform id are its creation time in epoch seconds.
CREATED_29_OCT = "653e024bb3cda7078c7c6903"  # 2023-10-29T06:57:15Z
CREATED_9_NOV = "654cbdfd6bccde1274b6d3a0"  # 2023-11-09T11:09:49Z


def test_event_at_is_the_event_date_of_the_request(audit: Audit) -> None:
    tables = audit([definition(), earn("B", "c1", "2024-02-02T00:00:00Z", event="2024-02-01T00:00:00Z")])
    tables.shows("issuances", "processed_at | event_at\n2024-02-02T00:00Z | 2024-02-01T00:00Z")


def test_without_an_event_date_event_at_is_processed_at(audit: Audit) -> None:
    tables = audit([definition(), earn("B", "c1", "2024-02-02T00:00:00.000001Z")])
    tables.shows("issuances", "processed_at | event_at\n2024-02-02T00:00:00.000001Z | 2024-02-02T00:00:00.000001Z")


def test_processed_at_is_the_time_of_the_log_line(audit: Audit) -> None:
    call = issue_bulk(
        "B", ["c1"], "2023-12-31T00:00:00Z", event="2023-10-29T06:00:00Z", answers=[("c1", CREATED_29_OCT)]
    )
    assert audit([definition(), call]).column("issuances", "processed_at") == ["2023-12-31T00:00:00.000000Z"]


def test_else_processed_at_is_the_latest_creation_time_in_the_ids_of_the_accepted_rows(audit: Audit) -> None:
    answers = [("c1", CREATED_29_OCT), ("c2", CREATED_9_NOV)]
    tables = audit([issue_bulk("B", ["c1", "c2"], event="2023-10-29T06:57:15Z", answers=answers)])
    tables.shows(
        "issuances",
        """
        customer_id | processed_at         | event_at
        c1          | 2023-11-09T11:09:49Z | 2023-10-29T06:57:15Z
        c2          | 2023-11-09T11:09:49Z | 2023-10-29T06:57:15Z
        """,
    )


def test_ids_date_a_call_without_an_event_date_too(audit: Audit) -> None:
    tables = audit([issue_bulk("B", ["c1"], answers=[("c1", CREATED_9_NOV.upper())])])
    tables.shows("issuances", "processed_at | event_at\n2023-11-09T11:09:49Z | 2023-11-09T11:09:49Z")


def test_an_id_created_more_than_24_hours_before_the_event_date_dates_nothing(audit: Audit) -> None:
    at_24_hours = issue_bulk("B", ["c1"], rid="r1", event="2023-11-10T11:09:49Z", answers=[("c1", CREATED_9_NOV)])
    beyond = issue_bulk("B", ["c2"], rid="r2", event="2023-11-10T11:09:49.000001Z", answers=[("c2", CREATED_9_NOV)])
    audit([at_24_hours, beyond]).shows(
        "issuances",
        """
        request_id | processed_at
        r1         | 2023-11-09T11:09:49Z
        r2         | 2023-11-10T11:09:49.000001Z
        """,
    )


def test_the_id_of_a_refused_row_dates_nothing(audit: Audit) -> None:
    call = issue_bulk("B", ["c1"], event="2023-11-09T11:00:00Z", answers=[("c1", 1040)])
    call["response"]["data"]["issuedBadges"][0]["issuedId"] = CREATED_9_NOV
    assert audit([call]).column("issuances", "processed_at") == ["2023-11-09T11:00:00.000000Z"]


def test_an_id_that_is_not_24_hex_digits_dates_nothing(audit: Audit) -> None:
    call = issue_bulk("B", ["c1"], event="2023-11-09T11:00:00Z", answers=[("c1", "654cbdfd")])
    assert audit([call]).column("issuances", "processed_at") == ["2023-11-09T11:00:00.000000Z"]


def test_else_processed_at_is_the_event_date(audit: Audit) -> None:
    tables = audit([unanswered(earn("B", "c1", event="2024-02-01T00:00:00Z"))])
    tables.shows("issuances", "processed_at | event_at\n2024-02-01T00:00Z | 2024-02-01T00:00Z")


def test_a_call_without_any_clock_is_quarantined(audit: Audit) -> None:
    tables = audit([unanswered(earn("B", "c1"))])
    tables.shows("quarantine", "source_file | source_line | reason\nlog.jsonl | 1 | no-time")
    assert tables["issuances"] == []


def test_the_log_time_of_the_response_dates_a_paired_call(audit: Audit) -> None:
    call = issue_bulk("B", ["c1"], event="2024-02-01T00:00:00Z")
    answer = {"loggedAt": "2024-02-03T00:00:00Z", "endpoint": "issueBulk", "response": call["response"]}
    audit([bare_request(call), answer]).shows(
        "issuances", "processed_at | event_at\n2024-02-03T00:00Z | 2024-02-01T00:00Z"
    )


def test_the_log_time_of_the_request_comes_before_that_of_the_response(audit: Audit) -> None:
    call = issue_bulk("B", ["c1"], "2024-02-02T00:00:00Z")
    answer = {"loggedAt": "2024-02-03T00:00:00Z", "endpoint": "issueBulk", "response": call["response"]}
    tables = audit([unanswered(call), answer])
    tables.shows("issuances", "processed_at | outcome\n2024-02-02T00:00Z | ACCEPTED")


def test_the_ids_of_a_bare_response_date_its_bare_request(audit: Audit) -> None:
    call = issue_bulk("B", ["c1"], event="2023-11-09T11:00:00Z", answers=[("c1", CREATED_9_NOV)])
    audit([bare_request(call), bare_response(call)]).shows(
        "issuances", "processed_at | event_at\n2023-11-09T11:09:49Z | 2023-11-09T11:00Z"
    )
