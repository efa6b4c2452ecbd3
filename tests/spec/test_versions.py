"""Versions of a badge's definition and what is in force when (RULEBOOK 5)."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from harness import (
    Audit,
    Record,
    badge_rolling,
    define,
    definition,
    earn,
    every_days,
    fixed_date,
    fixed_value,
    issue_bulk,
    no_limit,
    relative,
    rolling,
    seconds,
    without,
)

FEB, MARCH = "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"


def numbered(number: int, since: str | None = "2023-12-01T00:00:00Z", **other: Any) -> Record:
    return definition(limits=[fixed_value(number)], since=since, **other)


def numbers(audit: Audit, *log: Record, as_of: str = "2030-01-01T00:00:00Z") -> list[tuple[str, str]]:
    found = audit(log, as_of=as_of)["limits"]
    return [(row["in_force_from"][:10], row["number"]) for row in found]


def test_a_definition_is_in_force_from_its_last_update(audit: Audit) -> None:
    record = numbered(1, since=FEB, createdOn=seconds("2023-11-01T00:00:00Z"))
    assert numbers(audit, define(record, MARCH)) == [("2024-02-01", "1")]


def test_else_from_the_time_of_its_line(audit: Audit) -> None:
    record = numbered(1, since=None, createdOn=seconds("2023-11-01T00:00:00Z"))
    assert numbers(audit, define(record, MARCH)) == [("2024-03-01", "1")]


def test_else_from_its_creation(audit: Audit) -> None:
    record = numbered(1, since=None, createdOn=seconds("2023-11-01T00:00:00Z"))
    assert numbers(audit, record) == [("2023-11-01", "1")]


def test_the_earliest_definition_also_covers_all_time_before_it(audit: Audit) -> None:
    tables = audit([numbered(0, since=MARCH), earn("B", "c1", FEB)])
    tables.shows("breaches", "number | count\n0 | 1")


def test_an_issuance_is_judged_by_the_numbers_in_force_when_it_was_processed(audit: Audit) -> None:
    log = [
        numbered(1, since="2023-12-01T00:00:00Z"),
        numbered(0, since=FEB),
        earn("B", "before", "2024-01-31T23:59:59.999999Z", rid="r1", event="2024-02-02T00:00:00Z"),
        earn("B", "at", FEB, rid="r2", event="2024-01-02T00:00:00Z"),
    ]
    tables = audit(log)
    tables.shows("breaches", "customer_id | number\nat | 0")
    assert tables.column("breaches", "version")[0].startswith("2024-02-01T00:00:00.000000Z~")


def test_of_two_definitions_of_one_instant_that_of_the_later_line_rules(audit: Audit) -> None:
    log = [
        define(numbered(7, since=FEB), "2024-02-01T00:00:02Z"),
        define(numbered(9, since=FEB), "2024-02-01T00:00:01Z"),
    ]
    assert numbers(audit, *log) == [("2024-02-01", "7")]


def test_then_the_later_content_rules(audit: Audit) -> None:
    assert numbers(audit, numbered(3), numbered(4), numbered(2)) == [("2023-12-01", "4")]


def test_the_definition_of_the_response_is_the_version(audit: Audit) -> None:
    call = define(numbered(2), FEB)
    call["request"] = numbered(1)
    assert numbers(audit, call) == [("2023-12-01", "2")]


def test_that_of_the_request_only_while_no_response_is_known(audit: Audit) -> None:
    sent = {"loggedAt": FEB, "endpoint": "badgeMeta", "request": numbered(1, since=None)}
    assert numbers(audit, sent) == [("2024-02-01", "1")]


def test_a_response_that_says_nothing_leaves_that_of_the_request(audit: Audit) -> None:
    sent = {"loggedAt": FEB, "endpoint": "badgeMeta", "request": numbered(1, since=None), "response": {"errors": []}}
    assert numbers(audit, sent) == [("2024-02-01", "1")]


def test_a_definition_that_was_refused_is_no_version(audit: Audit) -> None:
    call = define(numbered(2), FEB)
    call["request"] = numbered(1)
    call["response"] = {"data": None, "errors": [{"code": 723, "message": ""}], "warnings": []}
    tables = audit([call])
    assert tables["badges"] == []
    tables.shows("files", "accepted | quarantined\n1 | 0")


def test_a_version_is_its_instant_and_eight_digits_of_its_content(audit: Audit) -> None:
    record = definition(
        "B",
        name="Größe",
        start="2024-01-01T00:00:00.25Z",
        since="2024-09-17T09:58:58.654572Z",
        issued=relative("WEEKS", 2),
        earned=fixed_date("2024-12-31T00:00:00Z"),
        owners=["Loyalty", "JOURNEYS", "loyalty"],
        limits=[fixed_value(3), rolling(days=(7, 2)), badge_rolling("MONTHS", 1, -1), every_days(0, 1)],
    )
    content = (
        '["Größe","1704067200250000","1735689600000000","1","EARN","RELATIVE:WEEKS:2","FIXED_DATE:1735603200000000",'
        '["Journeys","Loyalty"],["CUSTOMER:FIXED_VALUE=3","CUSTOMER:ROLLING_WINDOW:DAYS:7=2"],'
        '["BADGE_ROLLING_WINDOW","CUSTOMER_BADGE_FIXED_WINDOW"]]'
    )
    digits = hashlib.md5(content.encode()).hexdigest()[:8]
    versions = audit([record]).column("limits", "version")
    assert versions == [f"2024-09-17T09:58:58.654572Z~{digits}"] * 2


def test_status_counts_and_cycle_status_are_not_content(audit: Audit) -> None:
    plain = numbered(1)
    told = numbered(1, status="LIVE", issuedCount=3, earnedCount=2, description="x", benefits=[{}])
    told["customerConstraints"][0] |= {"cycleStatus": "ACTIVE", "referenceId": "y"}
    assert audit([plain]).column("limits", "version") == audit([told]).column("limits", "version")


@pytest.mark.parametrize(
    "change",
    [
        {"start": "2024-01-02T00:00:00Z"},
        {"end": "2025-01-02T00:00:00Z"},
        {"active": False},
        {"earn_type": "ISSUE_EARN"},
        {"issued": relative("DAYS", 1)},
        {"earned": relative("DAYS", 1)},
        {"owners": ["Loyalty"]},
        {"name": "another"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_start_end_active_earn_type_expiry_rules_owners_and_name_are_content(
    audit: Audit, change: dict[str, Any]
) -> None:
    assert audit([numbered(1)]).column("limits", "version") != audit([numbered(1, **change)]).column(
        "limits", "version"
    )


def test_a_field_that_is_absent_is_absent(audit: Audit) -> None:
    """No constraints, active, EARN, no owner restriction, and no name."""
    record = {"id": "B", "startOn": 1704067200, "expiresOn": 1735689600, "lastUpdatedOn": 1701388800}
    tables = audit([record, earn("B", "c1", FEB, owner="Journeys")])
    tables.shows("badges", "name | org_id | earn_type | active | counted\n | | EARN | true | 1")
    assert tables["limits"] == []
    assert tables.codes() == []


def test_an_update_that_leaves_out_the_constraints_has_none(audit: Audit) -> None:
    bare = without(definition(since=FEB), "customerConstraints", "badgeConstraints")
    tables = audit([numbered(0), bare, earn("B", "c1", MARCH)])
    assert tables["breaches"] == []


def test_the_same_content_at_a_later_instant_is_another_version(audit: Audit) -> None:
    tables = audit([numbered(1), numbered(1, since=FEB)])
    assert tables.column("badges", "versions") == ["2"]
    assert len(tables["limits"]) == 2


def test_versions_and_rows_after_as_of_are_left_out(audit: Audit) -> None:
    log = [
        numbered(1),
        numbered(0, since="2024-02-01T00:00:00.000001Z"),
        earn("B", "c1", FEB, rid="r1"),
        earn("B", "c2", "2024-02-01T00:00:00.000001Z", rid="r2"),
    ]
    tables = audit(log, as_of=FEB)
    assert tables.column("issuances", "request_id") == ["r1"]
    assert tables.column("badges", "versions") == ["1"]
    assert tables.column("limits", "number") == ["1"]
    later = audit(log, as_of="2024-02-01T00:00:00.000001Z")
    assert later.column("issuances", "request_id") == ["r1", "r2"]
    assert later.column("breaches", "request_id") == ["r2"]
    assert later.column("badges", "versions") == ["2"]


def test_of_a_badge_known_only_later_the_first_version_stays(audit: Audit) -> None:
    log = [numbered(0, since=MARCH), numbered(5, since="2024-04-01T00:00:00Z"), earn("B", "c1", FEB)]
    tables = audit(log, as_of=FEB)
    tables.shows("limits", "in_force_from | number\n2024-03-01T00:00Z | 0")
    tables.shows("badges", "versions | breaches\n1 | 1")


def test_findings_of_rows_and_versions_after_as_of_are_left_out(audit: Audit) -> None:
    log = [
        definition(),
        definition(since=MARCH, start="2025-01-02T00:00:00Z"),
        issue_bulk("B", ["c1"], MARCH),
    ]
    assert audit(log, as_of=FEB).codes() == []
    assert "start-after-end" in audit(log, as_of=MARCH).codes()


def test_a_repeat_known_only_after_as_of_does_not_change_the_past(audit: Audit) -> None:
    log = [definition(), earn("B", "c1", FEB, rid="r1", answer="e"), earn("B", "c1", MARCH, rid="r2", answer="e")]
    audit(log, as_of=FEB).shows("issuances", "request_id | outcome\nr1 | ACCEPTED")


def test_a_limit_without_number_in_a_version_is_not_judged_in_it(audit: Audit) -> None:
    log = [
        definition(limits=[no_limit()]),
        numbered(0, since=MARCH),
        earn("B", "c1", FEB, rid="r1"),
        earn("B", "c1", MARCH, rid="r2"),
    ]
    audit(log).shows("breaches", "request_id | count\nr2 | 2")
