"""Which rows count (RULEBOOK 4)."""

from __future__ import annotations

import pytest
from harness import Audit, definition, earn, fixed_value, issue_bulk, unanswered

AT = "2024-02-01T00:00:00Z"
LOG = [
    definition("DIRECT", earn_type="EARN", limits=[fixed_value(0)]),
    definition("ENROLLED", earn_type="ISSUE_EARN", limits=[fixed_value(0)]),
    issue_bulk("DIRECT", ["c1"], AT, rid="issue direct"),
    earn("DIRECT", "c2", AT, rid="earn direct"),
    issue_bulk("ENROLLED", ["c1"], AT, rid="issue enrolled"),
    earn("ENROLLED", "c2", AT, rid="earn enrolled"),
]


@pytest.mark.parametrize(
    ("counted", "requests"),
    [
        ("by-earn-type", ["earn direct", "earn enrolled", "issue direct"]),
        ("issue", ["issue direct", "issue enrolled"]),
        ("earn", ["earn direct", "earn enrolled"]),
        ("both", ["earn direct", "earn enrolled", "issue direct", "issue enrolled"]),
    ],
)
def test_the_kind_that_counts_is_a_setting(audit: Audit, counted: str, requests: list[str]) -> None:
    tables = audit(LOG, counted=counted)
    assert tables.column("issuances", "request_id", counted="true") == requests
    assert sorted(tables.column("breaches", "request_id")) == requests


def test_by_default_an_enrolment_does_not_count_and_every_row_of_a_direct_badge_does(audit: Audit) -> None:
    audit(LOG).shows(
        "issuances",
        """
        badge_id | kind  | counted
        DIRECT   | ISSUE | true
        DIRECT   | EARN  | true
        ENROLLED | ISSUE | false
        ENROLLED | EARN  | true
        """,
    )


def test_an_issue_of_a_direct_badge_is_a_notice(audit: Audit) -> None:
    audit(LOG).shows(
        "findings",
        """
        code                  | badge_id | request_id   | platform_code | severity
        issue-of-direct-badge | DIRECT   | issue direct | 801           | notice
        """,
    )


def test_only_accepted_and_assumed_rows_count(audit: Audit) -> None:
    log = [
        definition(),
        earn("B", "c1", AT, rid="accepted", answer="e1"),
        unanswered(earn("B", "c1", AT, rid="assumed")),
        earn("B", "c1", AT, rid="rejected", answer=816),
        earn("B", "c1", "2024-02-02T00:00:00Z", rid="repeat", answer="e1"),
    ]
    audit(log).shows(
        "issuances",
        """
        request_id | outcome  | counted
        accepted   | ACCEPTED | true
        assumed    | ASSUMED  | true
        rejected   | REJECTED | false
        repeat     | REPEAT   | false
        """,
    )


def test_the_earn_type_is_that_of_the_version_in_force(audit: Audit) -> None:
    log = [
        definition(earn_type="EARN", since="2023-12-01T00:00:00Z"),
        definition(earn_type="ISSUE_EARN", since="2024-02-02T00:00:00Z"),
        issue_bulk("B", ["c1"], "2024-02-01T23:59:59.999999Z", rid="r1"),
        issue_bulk("B", ["c1"], "2024-02-02T00:00:00Z", rid="r2", event="2024-02-01T00:00:00Z"),
    ]
    audit(log).shows("issuances", "request_id | counted\nr1 | true\nr2 | false")


def test_rows_of_an_unknown_badge_are_kept_and_judged_by_nothing(audit: Audit) -> None:
    tables = audit([earn("X", "c1", AT, rid="r1"), earn("X", "c1", AT, rid="r2", answer=816)])
    tables.shows("issuances", "request_id | outcome | counted\nr1 | ACCEPTED | false\nr2 | REJECTED | false")
    tables.shows(
        "findings", "code | badge_id | request_id | platform_code | severity\nunknown-badge | X | r1 | 1054 | error"
    )
    tables.shows("expirations", "issuance_id | rule | expires_at | state\nr1.0 | | | ACTIVE")
    tables.shows(
        "badges",
        """
        badge_id | name | org_id | earn_type | active | starts_at | expires_at | status | versions | issuances | counted
        X        |      |        |           |        |           |            |        | 0        | 2         | 0
        """,
    )
    for name in ("breaches", "cycles", "cycle_counts", "usage", "limits"):
        assert tables[name] == []
