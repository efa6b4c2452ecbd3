"""Bare halves pair where the other half turns up, in any file (RULEBOOK 3)."""

from __future__ import annotations

from harness import (
    Audit,
    Record,
    bare_request,
    bare_response,
    definition,
    earn,
    earn_bulk,
    issue_bulk,
    unanswered,
    unasked,
)

# Ids created on 2024-02-01 at 00:00:01, 00:00:02 and 00:00:03.
FIRST, SECOND, THIRD = "65badf01" + "0" * 16, "65badf02" + "0" * 16, "65badf03" + "0" * 16


def issue(customer: str, row_id: str, *, event: str = "2024-02-01T00:00:00Z", rid: str = "r1") -> Record:
    return issue_bulk("B", [customer], rid=rid, event=event, answers=[(customer, row_id)])


def test_halves_of_one_endpoint_badge_and_request_id_pair_across_files(audit: Audit) -> None:
    call = issue("c1", FIRST)
    tables = audit({"b/requests.jsonl": [bare_request(call)], "a/responses.jsonl": [bare_response(call)]})
    tables.shows(
        "issuances",
        """
        customer_id | outcome  | issuance_id | source_file      | source_line
        c1          | ACCEPTED | 65badf010000000000000000 | b/requests.jsonl | 1
        """,
    )
    assert "unpaired-response" not in tables.codes()


def test_halves_of_an_earn_pair_though_its_response_names_no_badge(audit: Audit) -> None:
    call = earn("B", "c1", event="2024-02-01T00:00:00Z")
    tables = audit([bare_response(call), bare_request(call)])
    tables.shows("issuances", "badge_id | customer_id | outcome | issuance_id\nB | c1 | ACCEPTED | r1.0")


def test_a_response_without_badge_finds_no_request_when_two_badges_ask_alike(audit: Audit) -> None:
    calls = [earn(badge, "c1", event="2024-02-01T00:00:00Z", answer=FIRST) for badge in ("B", "C")]
    tables = audit([*(bare_request(call) for call in calls), bare_response(calls[0])])
    tables.shows(
        "issuances",
        """
        badge_id | outcome
        B        | ASSUMED
        C        | ASSUMED
                 | ACCEPTED
        """,
    )
    assert "unpaired-response" in tables.codes()


def test_halves_of_another_endpoint_badge_or_request_id_do_not_pair(audit: Audit) -> None:
    request = bare_request(issue("c1", FIRST))
    others = [
        bare_response(issue_bulk("C", ["c1"], rid="r1", answers=[("c1", FIRST)])),
        bare_response(issue_bulk("B", ["c1"], rid="r2", answers=[("c1", SECOND)])),
        {"endpoint": "earn", "response": bare_response(earn("B", "c1", rid="r1", answer=THIRD))},
    ]
    tables = audit([request, *others])
    assert tables.column("issuances", "outcome", issuance_id="r1/0") == ["ASSUMED"]
    assert tables.codes().count("unpaired-response") == 3


def test_halves_without_request_id_never_pair(audit: Audit) -> None:
    call = issue_bulk("B", ["c1"], rid=None, event="2024-02-01T00:00:00Z", answers=[("c1", FIRST)])
    tables = audit([bare_request(call), bare_response(call)])
    assert sorted(tables.column("issuances", "outcome")) == ["ACCEPTED", "ASSUMED"]
    assert "unpaired-response" in tables.codes()


def test_the_response_of_an_earn_bulk_has_no_request_id_and_finds_no_request(audit: Audit) -> None:
    call = earn_bulk("B", ["c1"], event="2024-02-01T00:00:00Z", answers=[("c1", FIRST)])
    tables = audit([bare_request(call), bare_response(call)])
    tables.shows(
        "issuances",
        """
        request_id | badge_id | outcome  | processed_at
        r1         | B        | ASSUMED  | 2024-02-01T00:00:00Z
                   |          | ACCEPTED | 2024-02-01T00:00:01Z
        """,
    )


def test_repeated_halves_pair_one_to_one_in_total_order(audit: Audit) -> None:
    """Requests by their event date, responses by the creation time of their ids, whatever the order of lines."""
    early, late = issue("c1", FIRST), issue("c1", SECOND, event="2024-02-01T00:00:01.500000Z")
    lines = [bare_response(late), bare_request(late), bare_response(early), bare_request(early)]
    audit(lines).shows(
        "issuances",
        """
        event_at               | processed_at         | issuance_id
        2024-02-01T00:00:00Z   | 2024-02-01T00:00:01Z | 65badf010000000000000000
        2024-02-01T00:00:01.5Z | 2024-02-01T00:00:02Z | 65badf020000000000000000
        """,
    )


def test_the_log_time_is_the_own_clock_of_a_half(audit: Audit) -> None:
    first = earn("B", "c1", "2024-02-01T00:00:00Z", event="2024-01-09T00:00:00Z", answer="late")
    second = earn("B", "c1", "2024-02-02T00:00:00Z", event="2024-01-08T00:00:00Z", answer="early")
    answers = [
        unasked(second) | {"loggedAt": "2024-02-02T00:00:05Z"},
        unasked(first) | {"loggedAt": "2024-02-02T00:00:06Z"},
    ]
    audit([unanswered(second), unanswered(first), *answers]).shows(
        "issuances",
        """
        processed_at      | event_at          | issuance_id
        2024-02-01T00:00Z | 2024-01-09T00:00Z | early
        2024-02-02T00:00Z | 2024-01-08T00:00Z | late
        """,
    )


def test_a_half_without_a_clock_comes_first(audit: Audit) -> None:
    undated = issue_bulk("B", ["c1"], answers=[("c1", FIRST)])
    dated = issue("c1", SECOND)
    tables = audit([bare_request(dated), bare_request(undated), bare_response(dated), bare_response(undated)])
    tables.shows(
        "issuances",
        """
        event_at             | processed_at         | issuance_id
        2024-02-01T00:00:01Z | 2024-02-01T00:00:01Z | 65badf010000000000000000
        2024-02-01T00:00:00Z | 2024-02-01T00:00:02Z | 65badf020000000000000000
        """,
    )


def test_a_surplus_request_stays_assumed_and_a_surplus_response_stays_alone(audit: Audit) -> None:
    early, late = issue("c1", FIRST), issue("c1", SECOND, event="2024-02-01T00:00:01.500000Z")
    surplus_request = audit([bare_request(early), bare_request(late), bare_response(late)])
    surplus_request.shows(
        "issuances",
        """
        event_at               | outcome
        2024-02-01T00:00:00Z   | ACCEPTED
        2024-02-01T00:00:01.5Z | ASSUMED
        """,
    )
    surplus_response = audit([bare_request(early), bare_response(early), bare_response(late)])
    surplus_response.shows(
        "issuances",
        """
        processed_at         | request_id | issuance_id
        2024-02-01T00:00:01Z | r1         | 65badf010000000000000000
        2024-02-01T00:00:02Z | r1         | 65badf020000000000000000
        """,
    )
    assert "unpaired-response" in surplus_response.codes()


def test_a_lone_response_counts_like_any_call(audit: Audit) -> None:
    limits = [{"constraintType": "BADGE_FIXED_VALUE", "maxEarnLimit": 0}]
    tables = audit([definition(limits=limits), bare_response(issue("c1", FIRST))])
    tables.shows("breaches", "customer_id | count | source_file | source_line\nc1 | 1 | log.jsonl | 2")
