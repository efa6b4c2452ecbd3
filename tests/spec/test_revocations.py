"""Revocations: which rows they take back, from when on, and what an answer refuses (RULEBOOK 3, 4, 8, 9, 10)."""

from __future__ import annotations

from typing import Any

import pytest
from feeds import badge_earned, element, imported, revoke_customers, revoke_earn, revoke_issues, revoked, told
from harness import Audit, definition, earn, fixed_value, issue_bulk, relative, unanswered

LATER = "2024-02-10T00:00:00Z"
ISSUES = [
    issue_bulk("B", ["c1", "c2"], "2024-02-01T00:00:00Z", rid="r1", answers=[("c1", "i1"), ("c2", "i2")]),
    issue_bulk("B", ["c1"], "2024-02-05T00:00:00Z", rid="r2", answers=[("c1", "i3")]),
    earn("B", "c1", "2024-02-05T00:00:00Z", rid="r3", answer="e1"),
]


def revocations_of(audit: Audit, *lines: Any, **asked: Any) -> dict[str, str]:
    """The revoked rows of the issues above: row id and instant."""
    tables = audit([*ISSUES, *lines], **asked)
    return {row["issuance_id"]: row["revoked_at"] for row in tables["issuances"] if row["revoked_at"]}


def at(day: str) -> str:
    return f"2024-02-{day}T00:00:00.000000Z"


def test_by_customers_all_issues_of_each_that_were_processed_by_then_are_revoked(audit: Audit) -> None:
    assert revocations_of(audit, revoke_customers("B", ["c1"], "2024-02-04T00:00:00Z")) == {"i1": at("04")}
    assert revocations_of(audit, revoke_customers("B", ["c1", "c2"], "2024-02-05T00:00:00Z")) == {
        "i1": at("05"),
        "i2": at("05"),
        "i3": at("05"),
    }
    assert revocations_of(audit, revoke_customers("B", "c2", LATER)) == {"i2": at("10")}


def test_by_revoke_issuals_only_the_named_issues_are_revoked(audit: Audit) -> None:
    assert revocations_of(audit, revoke_issues("B", {"i3": "c1"}, LATER)) == {"i3": at("10")}
    several = revoke_issues("B", {"i2": None, "i1": "c1"}, LATER)
    assert revocations_of(audit, several) == {"i1": at("10"), "i2": at("10")}
    assert revocations_of(audit, revoke_issues("B", {"i1": "c2"}, LATER)) == {}
    assert revocations_of(audit, revoke_issues("C", {"i1": "c1"}, LATER)) == {}


def test_customers_beside_revoke_issuals_are_ignored_unless_it_is_empty(audit: Audit) -> None:
    line = revoke_issues("B", {"i1": "c1"}, LATER)
    line["request"]["customers"] = ["c2"]
    assert revocations_of(audit, line) == {"i1": at("10")}
    line["request"]["revokeIssuals"] = []
    assert revocations_of(audit, line) == {"i2": at("10")}


def test_an_earn_is_revoked_by_its_id_and_an_issue_is_not(audit: Audit) -> None:
    assert revocations_of(audit, revoke_earn("B", "c1", "e1", LATER)) == {"e1": at("10")}
    assert revocations_of(audit, revoke_earn("B", "c2", "e1", LATER)) == {}
    assert revocations_of(audit, revoke_earn("B", "c1", "i1", LATER)) == {}
    assert revocations_of(audit, revoke_issues("B", {"e1": "c1"}, LATER)) == {}


@pytest.mark.parametrize("endpoint", ["revoke", "revokeIssue", "/v1/badges/badgeMeta/revokeEarn?x=1", None])
def test_a_revocation_is_known_by_its_endpoint_or_its_fields(audit: Audit, endpoint: str | None) -> None:
    line = revoke_earn("B", "c1", "e1", LATER) | {"endpoint": endpoint}
    assert revocations_of(audit, line) == {"e1": at("10")}


def test_the_earliest_revocation_counts_and_none_lies_before_the_row(audit: Audit) -> None:
    lines = [revoke_customers("B", ["c1"], day) for day in (LATER, "2024-02-07T00:00:00Z")]
    assert revocations_of(audit, *lines) == {"i1": at("07"), "i3": at("07")}
    early = revoke_issues("B", {"i3": None}, "2024-02-03T00:00:00Z")
    assert revocations_of(audit, early) == {"i3": at("05")}


def test_a_revocation_after_as_of_is_left_out(audit: Audit) -> None:
    line = revoke_customers("B", ["c2"], LATER)
    assert revocations_of(audit, line, as_of="2024-02-09T23:59:59.999999Z") == {}
    assert revocations_of(audit, line, as_of=LATER) == {"i2": at("10")}


def test_assumed_issues_are_revoked_by_customer_and_rejected_ones_are_not(audit: Audit) -> None:
    log = [
        unanswered(issue_bulk("B", ["c1"], "2024-02-01T00:00:00Z", rid="r1")),
        issue_bulk("B", ["c2"], "2024-02-01T00:00:00Z", rid="r2", answers=[("c2", 816)]),
        revoke_customers("B", ["c1", "c2"], LATER),
    ]
    tables = audit(log)
    tables.shows("issuances", "customer_id | outcome | revoked_at\nc1 | ASSUMED | 2024-02-10T00:00Z\nc2 | REJECTED |")


def test_imported_and_told_earns_are_revoked_too(audit: Audit) -> None:
    log = [
        imported([element("B", "c1")], "2024-02-01T00:00:00Z", [told("c1", "e1")]),
        badge_earned("B", "c2", "2024-02-01T00:00:00Z", row_id="e2"),
        revoke_earn("B", "c1", "e1", LATER),
        revoke_earn("B", "c2", "e2", LATER),
    ]
    assert audit(log).column("issuances", "revoked_at") == [at("10"), at("10")]


# What an answer refuses


def test_an_entry_with_an_error_refuses_its_issue(audit: Audit) -> None:
    response = revoked(("c1", "i1", 8033), ("c1", "i3", None))
    line = revoke_issues("B", {"i1": "c1", "i3": "c1"}, LATER, response)
    assert revocations_of(audit, line) == {"i3": at("10")}


def test_an_entry_without_an_id_refuses_its_customer_unless_another_entry_has_no_error(audit: Audit) -> None:
    issues: dict[str, str | None] = {"i1": "c1", "i2": "c2"}
    alone = revoke_issues("B", issues, LATER, revoked(("c1", None, 8033)))
    assert revocations_of(audit, alone) == {"i2": at("10")}
    both = revoke_issues("B", issues, LATER, revoked(("c1", None, 8033), ("c1", "i1", None)))
    assert revocations_of(audit, both) == {"i1": at("10"), "i2": at("10")}


def test_where_customers_were_named_an_entry_refuses_its_customer(audit: Audit) -> None:
    refused = revoke_customers("B", ["c1", "c2"], LATER, revoked(("c1", "i1", 8033), ("c2", "i2", None)))
    assert revocations_of(audit, refused) == {"i2": at("10")}
    in_part = revoke_customers("B", ["c1"], LATER, revoked(("c1", "i1", 8033), ("c1", "i3", None)))
    assert revocations_of(audit, in_part) == {"i1": at("10"), "i3": at("10")}


def test_top_level_errors_refuse_all_unless_an_entry_has_no_error(audit: Audit) -> None:
    whole = revoke_customers("B", ["c1", "c2"], LATER, {"data": None, "errors": [{"code": 8033}]})
    assert revocations_of(audit, whole) == {}
    some = revoke_customers("B", ["c2"], LATER, revoked(("c2", "i2", None), errors=[8033]))
    assert revocations_of(audit, some) == {"i2": at("10")}


@pytest.mark.parametrize(("active", "found"), [(False, {"e1": at("10")}), (True, {}), ("TRUE", {})])
def test_an_earn_that_is_answered_as_active_is_not_revoked(audit: Audit, active: object, found: dict[str, str]) -> None:
    response = {"data": {"earnedBadgeId": "e1", "isActive": active}}
    assert revocations_of(audit, revoke_earn("B", "c1", "e1", LATER, response)) == found
    lone = {"loggedAt": LATER, "response": {"data": {"badgeMetaId": "B", **response["data"]}}}
    assert revocations_of(audit, lone) == found


def test_a_lone_response_revokes_what_it_names_without_error(audit: Audit) -> None:
    response = revoked(("c1", "i1", None), ("c1", "i3", 8033), ("c2", None, None))
    response["data"]["badgeMetaId"] = "B"
    assert revocations_of(audit, {"loggedAt": LATER, "response": response}) == {"i1": at("10"), "i2": at("10")}


# Lines


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"customers": ["c1"]}, "missing-field"),
        ({"badgeMetaId": "B"}, "missing-field"),
        ({"badgeMetaId": "B", "revokeIssuals": []}, "missing-field"),
        ({"badgeMetaId": "B", "revokeIssuals": [{"customerId": "c1"}]}, "missing-field"),
        ({"badgeMetaId": "B", "revokeIssuals": ["i1"]}, "unknown-shape"),
        ({"badgeMetaId": "B", "earnedBadgeId": "e1"}, "missing-field"),
        ({"badgeMetaId": "B", "customers": [None]}, "invalid-id"),
    ],
)
def test_a_revocation_must_name_a_badge_and_what_it_takes_back(audit: Audit, change: Any, reason: str) -> None:
    tables = audit([{"loggedAt": LATER, "endpoint": "revoke", "request": change}])
    assert tables.column("quarantine", "reason") == [reason]


def test_a_revocation_without_log_time_has_no_time(audit: Audit) -> None:
    tables = audit([*ISSUES, revoke_customers("B", ["c1"], None), revoke_earn("B", "c1", "e1", None)["request"]])
    assert tables.column("quarantine", "reason") == ["no-time", "no-time"]
    assert set(tables.column("issuances", "revoked_at")) == {""}


def test_revocations_alike_in_badge_targets_and_instant_are_one_record(audit: Audit) -> None:
    first = revoke_customers("B", ["c1", "c2"], LATER)
    other_order = revoke_customers("B", ["c2", "c1"], "2024-02-10T05:30:00+05:30", revoked())
    later = revoke_customers("B", ["c1", "c2"], "2024-02-10T00:00:00.000001Z")
    tables = audit([first, other_order, later])
    tables.shows("files", "lines | accepted | duplicate | quarantined\n3 | 2 | 1 | 0")
    assert tables["issuances"] == []
    assert tables["badges"] == []


# What it means


def test_a_row_revoked_before_its_expiry_is_revoked_for_good(audit: Audit) -> None:
    badge = definition("B", issued=relative("DAYS", 10))
    log = [badge, *ISSUES[:2], revoke_customers("B", ["c1"], "2024-02-12T00:00:00Z")]
    audit(log).shows(
        "expirations",
        """
        issuance_id | expires_at        | state   | revoked_at
        i1          | 2024-02-11T00:00Z | EXPIRED | 2024-02-12T00:00Z
        i2          | 2024-02-11T00:00Z | EXPIRED |
        i3          | 2024-02-15T00:00Z | REVOKED | 2024-02-12T00:00Z
        """,
    )
    early = audit(log, as_of="2024-02-11T12:00:00Z")
    assert early.column("expirations", "state") == ["EXPIRED", "EXPIRED", "ACTIVE"]


def test_a_revocation_at_the_instant_of_expiry_comes_too_late(audit: Audit) -> None:
    badge = definition("B", issued=relative("DAYS", 10))
    log = [badge, ISSUES[0], revoke_customers("B", ["c1", "c2"], "2024-02-11T00:00:00Z")]
    assert audit(log).column("expirations", "state") == ["EXPIRED", "EXPIRED"]
    log[-1] = revoke_customers("B", ["c1", "c2"], "2024-02-10T23:59:59.999999Z")
    assert audit(log).column("expirations", "state") == ["REVOKED", "REVOKED"]


def test_a_revoked_row_of_an_unknown_badge_is_revoked(audit: Audit) -> None:
    tables = audit([ISSUES[0], revoke_customers("B", ["c1"], LATER)])
    tables.shows("expirations", "customer_id | rule | state\nc1 | | REVOKED\nc2 | | ACTIVE")


def test_revoked_rows_count_unless_they_are_excluded(audit: Audit) -> None:
    log = [
        definition("B", limits=[fixed_value(1)]),
        earn("B", "c1", "2024-02-01T00:00:00Z", rid="r1", answer="e1"),
        earn("B", "c1", "2024-02-02T00:00:00Z", rid="r2", answer="e2"),
        revoke_earn("B", "c1", "e1", LATER),
    ]
    audit(log).shows("breaches", "request_id | count\nr2 | 2")
    excluded = audit(log, revoked="exclude")
    excluded.shows("issuances", "request_id | counted\nr1 | false\nr2 | true")
    assert excluded["breaches"] == []
    before = audit(log, revoked="exclude", as_of="2024-02-09T00:00:00Z")
    before.shows("breaches", "request_id | count\nr2 | 2")


def test_an_issue_overlaps_only_those_that_were_not_revoked_when_it_was_processed(audit: Audit) -> None:
    second = issue_bulk("B", ["c1"], "2024-02-08T00:00:00Z", rid="r2", answers=[("c1", "i2")])

    def overlapping(instant: str) -> bool:
        log = [definition("B"), ISSUES[0], second, revoke_issues("B", {"i1": "c1"}, instant)]
        return "overlapping-issue" in audit(log).codes()

    assert not overlapping("2024-02-07T00:00:00Z")
    assert not overlapping("2024-02-08T00:00:00Z")
    assert overlapping("2024-02-08T00:00:00.000001Z")


def test_a_rejection_with_1040_needs_an_issue_that_was_not_revoked_by_then(audit: Audit) -> None:
    second = issue_bulk("B", ["c1"], "2024-02-08T00:00:00Z", rid="r2", answers=[("c1", 1040)])

    def wrong(instant: str) -> bool:
        log = [definition("B"), ISSUES[0], second, revoke_issues("B", {"i1": "c1"}, instant)]
        return "wrongly-rejected" in audit(log).codes()

    assert wrong("2024-02-08T00:00:00Z")
    assert not wrong("2024-02-09T00:00:00Z")
