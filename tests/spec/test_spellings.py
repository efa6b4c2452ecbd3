"""Real payloads are messy, and all of that is accepted (RULEBOOK 3)."""

from __future__ import annotations

import json

import pytest
from harness import Audit, Record, bare_request, bare_response, definition, earn, earn_bulk, issue_bulk, never, without

AT = "2024-02-01T00:00:00Z"


def limit_names(audit: Audit, *constraints: Record) -> list[str]:
    tables = audit([definition(limits=constraints)])
    assert tables["quarantine"] == []
    return tables.column("limits", "limit_name")


def fixed(**fields: object) -> Record:
    return {"constraintType": "CUSTOMER_BADGE_FIXED_WINDOW", "maxEarnLimit": 1} | fields


@pytest.mark.parametrize("field", ["relativeExpirytype", "relativeExpiryType"])
@pytest.mark.parametrize("unit", ["DAYS", "DAILY"])
def test_the_unit_of_a_relative_expiry_has_two_names_and_two_values(audit: Audit, field: str, unit: str) -> None:
    rule = {"expiryType": "RELATIVE", field: unit, "value": 2}
    tables = audit([definition(earned=rule), earn("B", "c1", AT)])
    tables.shows("expirations", "rule | expires_at\nRELATIVE:DAYS:2 | 2024-02-03T00:00Z")


def test_weekly_and_monthly_expiries_are_weeks_and_months(audit: Audit) -> None:
    weekly = {"expiryType": "RELATIVE", "relativeExpiryType": "WEEKLY", "value": "1"}
    monthly = {"expiryType": "RELATIVE", "relativeExpiryType": "MONTHLY", "value": 1.0}
    log = [
        definition("B", earned=weekly),
        definition("C", earned=monthly),
        earn("B", "c1", AT, rid="r1"),
        earn("C", "c1", AT, rid="r2"),
    ]
    audit(log).shows(
        "expirations",
        """
        badge_id | rule              | expires_at
        B        | RELATIVE:WEEKS:1  | 2024-02-08T00:00Z
        C        | RELATIVE:MONTHS:1 | 2024-03-01T00:00Z
        """,
    )


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("DAYS", "CUSTOMER:FIXED_WINDOW:DAYS:3"),
        ("DAILY", "CUSTOMER:FIXED_WINDOW:DAYS:3"),
        ("WEEKS", "CUSTOMER:FIXED_WINDOW:WEEKS:MONDAY"),
        ("WEEKLY", "CUSTOMER:FIXED_WINDOW:WEEKS:MONDAY"),
        ("MONTHS", "CUSTOMER:FIXED_WINDOW:MONTHS"),
        ("MONTHLY", "CUSTOMER:FIXED_WINDOW:MONTHS"),
    ],
)
def test_the_unit_of_a_fixed_window_has_two_values(audit: Audit, spelling: str, name: str) -> None:
    assert limit_names(audit, fixed(durationType=spelling, refreshRate=3)) == [name]


@pytest.mark.parametrize(("spelling", "unit"), [("DAILY", "DAYS"), ("WEEKLY", "WEEKS"), ("MONTHLY", "MONTHS")])
def test_the_unit_of_a_badge_rolling_window_has_two_values(audit: Audit, spelling: str, unit: str) -> None:
    constraint = {"constraintType": "BADGE_ROLLING_WINDOW", "rollType": spelling, "rollValue": 2, "maxEarnLimit": 1}
    assert limit_names(audit, constraint) == [f"BADGE:ROLLING_WINDOW:{unit}:2"]


@pytest.mark.parametrize(
    ("start_day", "name"),
    [
        (1, "TUESDAY"),
        ("1", "TUESDAY"),
        (0, "MONDAY"),
        (6, "SUNDAY"),
        ("TUESDAY", "TUESDAY"),
        ("SUNDAY", "SUNDAY"),
        (None, "MONDAY"),
    ],
)
def test_the_start_day_of_the_week_is_a_name_or_an_ordinal_from_0(audit: Audit, start_day: object, name: str) -> None:
    names = limit_names(audit, fixed(durationType="WEEKS", startDayOfTheWeek=start_day))
    assert names == [f"CUSTOMER:FIXED_WINDOW:WEEKS:{name}"]


def test_numbers_may_be_strings(audit: Audit) -> None:
    rolling = {"constraintType": "CUSTOMER_BADGE_ROLLING_WINDOW", "rollForDays": "7", "maxEarnForDays": "4"}
    tables = audit([definition(limits=[fixed(durationType="DAYS", refreshRate="3", maxEarnLimit="2"), rolling])])
    tables.shows(
        "limits",
        """
        limit_name                     | number
        CUSTOMER:FIXED_WINDOW:DAYS:3   | 2
        CUSTOMER:ROLLING_WINDOW:DAYS:7 | 4
        """,
    )


@pytest.mark.parametrize(("field", "value"), [("active", False), ("isActive", False)])
def test_active_has_two_names(audit: Audit, field: str, value: bool) -> None:
    record = without(definition(), "active") | {field: value}
    tables = audit([record, earn("B", "c1", AT)])
    assert tables.column("badges", "active") == ["false"]
    assert tables.codes() == ["badge-not-active"]


def test_owner_names_come_in_any_case(audit: Audit) -> None:
    log = [
        definition(owners=["LOYALTY", "historical_import"]),
        earn("B", "c1", AT, rid="r1", owner="loyalty"),
        earn("B", "c2", AT, rid="r2", owner="Historical_Import"),
    ]
    tables = audit(log)
    tables.shows("issuances", "request_id | owner_type\nr1 | Loyalty\nr2 | Historical_Import")
    assert tables.codes() == []


def test_customers_may_be_a_bare_number(audit: Audit) -> None:
    call = issue_bulk("B", 62090013, AT, answers=[("62090013", "i1")])
    audit([call]).shows("issuances", "customer_id | outcome\n62090013 | ACCEPTED")


def test_a_customer_is_its_text_whether_number_or_string(audit: Audit) -> None:
    call = earn_bulk("B", [7, "8"], AT, answers=[("7", "e7"), (8, "e8")])
    audit([call]).shows("issuances", "customer_id | issuance_id\n7 | e7\n8 | e8")


def test_a_request_id_sent_as_a_number_is_answered_as_a_string(audit: Audit) -> None:
    call = issue_bulk("B", ["c1"], rid="21390", event=AT, answers=[("c1", "i1")])
    call["request"]["requestId"] = 21390
    audit([bare_request(call), bare_response(call)]).shows(
        "issuances", "request_id | outcome | issuance_id\n21390 | ACCEPTED | i1"
    )


def test_a_number_of_an_id_may_carry_zeros_behind_the_point(audit: Audit) -> None:
    line = json.dumps(earn("B", 7, AT)).replace('"customerId": 7', '"customerId": 7.0')
    assert audit([line]).column("issuances", "customer_id") == ["7"]


def test_an_expiry_may_carry_nine_decimals(audit: Audit) -> None:
    call = json.dumps(issue_bulk("B", ["c1"], AT, expires="2027-01-10T23:54:30Z"))
    written = call.replace('"expiresOn": 1799625270', '"expiresOn": 1799632870.000000000')
    assert audit([written]).column("issuances", "reported_expires_at") == ["2027-01-11T02:01:10.000000Z"]


def test_unknown_extra_fields_are_ignored(audit: Audit) -> None:
    call = earn("B", "c1", AT) | {"traceId": "x", "pod": {"a": [1, None]}}
    call["request"]["channel"] = {"name": "till"}
    tables = audit([definition(benefits=[{"benefitType": "COUPON"}], badgeRank=None), call])
    assert tables.column("issuances", "outcome") == ["ACCEPTED"]
    assert tables.codes() == []


def test_left_over_fields_that_the_type_does_not_use_are_ignored(audit: Audit) -> None:
    constraint = {
        "constraintType": "CUSTOMER_BADGE_FIXED_WINDOW",
        "durationType": "MONTHS",
        "refreshRate": 0,
        "startDayOfTheWeek": "NODAY",
        "rollType": "YEARS",
        "rollForDays": -1,
        "maxEarnForDays": 1.5,
        "maxEarnLimit": 3,
    }
    expiry = {"expiryType": "NEVER", "type": "SOMETHING", "relativeExpiryType": "YEARS", "value": 0, "expiresOn": 5}
    tables = audit([definition(limits=[constraint], earned=expiry), earn("B", "c1", AT)])
    tables.shows("limits", "limit_name | number\nCUSTOMER:FIXED_WINDOW:MONTHS | 3")
    tables.shows("expirations", "rule | expires_at\nNEVER | ")
    assert tables.codes() == []


def test_issue_earn_may_be_written_with_a_blank(audit: Audit) -> None:
    tables = audit([definition("B", earn_type="ISSUE EARN"), definition("C", earn_type="ISSUE_EARN")])
    assert tables.column("badges", "earn_type") == ["ISSUE_EARN", "ISSUE_EARN"]


def test_expire_with_badge_meta_stands_in_for_an_absent_type(audit: Audit) -> None:
    rule = {"expiryType": "ABSOLUTE", "type": None, "expireWithBadgeMeta": True}
    tables = audit([definition(earned=rule, issued=never()), earn("B", "c1", AT)])
    tables.shows("expirations", "rule | expires_at\nWITH_BADGE_META | 2025-01-01T00:00Z")


def test_the_answers_of_the_seed_are_read_as_printed(audit: Audit) -> None:
    """The response of the issueBulk page: an id beside error 1040, `errors` and `warnings` empty."""
    printed = """{"data": {"badgeMetaId": "668699f63778145cbb91198f", "triggeredBy": {"ownerType": "Loyalty",
        "referenceId": "123694"}, "expiresOn": 1926235957.000000000, "expiresOnISO": "2031-01-15T09:32:37Z",
        "issuedBadges": [{"customerId": 62090013, "issuedId": "66869a3598592f327b849b2c", "error": {"code": 1040,
        "message": "An active issue for the badge already exists.", "reference": null}, "status": "ACTIVE"}],
        "requestId": "21390"}, "errors": [], "warnings": []}"""
    request = issue_bulk("668699f63778145cbb91198f", [62090013], rid="21390", event="2024-04-23T08:14:15Z")
    tables = audit({"request.jsonl": [bare_request(request)], "response.json": printed.encode()})
    tables.shows(
        "issuances",
        """
        request_id | customer_id | outcome  | code | issuance_id | reported_expires_at
        21390      | 62090013    | REJECTED | 1040 | 21390/0     | 2031-01-15T09:32:37Z
        """,
    )
