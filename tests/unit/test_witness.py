"""The witness on its own: the rule book's printed examples, and each rule once, as literal expected values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from badgeledger.witness import audit
from badgeledger.witness.definitions import compact
from badgeledger.witness.times import Zone

Tables = dict[str, list[dict[str, str]]]
LATE = "2100-01-01T00:00:00Z"


def us(text: str) -> int:
    return (datetime.fromisoformat(text).astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
        microseconds=1
    )


def tables(*records: Mapping[str, Any] | str, as_of: str = LATE, rules: Mapping[str, str] | None = None) -> Tables:
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    return audit([("log.jsonl", "\n".join(lines).encode())], rules or {}, us(as_of))


def badge(start: str, end: str, *, at: str = "2000-01-01T00:00:00Z", **fields: Any) -> dict[str, Any]:
    return {"id": "b", "name": "B", "startOn": start, "expiresOn": end, "lastUpdatedOn": at} | fields


def fixed(number: int, scope: str = "CUSTOMER", **window: Any) -> dict[str, Any]:
    prefix = "CUSTOMER_BADGE" if scope == "CUSTOMER" else "BADGE"
    return {"constraintType": f"{prefix}_FIXED_WINDOW", "maxEarnLimit": number} | window


def days(size: int, number: int = 1, scope: str = "CUSTOMER") -> dict[str, Any]:
    return fixed(number, scope, durationType="DAYS", refreshRate=size)


def earn(
    at: str, customer: int = 1, *, event: str | None = None, request: str = "", badge_id: str = "b"
) -> dict[str, Any]:
    asked: dict[str, Any] = {"badgeMetaId": badge_id, "customerId": customer}
    if request:
        asked["requestId"] = request
    if event is not None:
        asked["earnEventDate"] = event
    return {"loggedAt": at, "endpoint": "/v1/earn", "request": asked}


def issue(at: str, customers: list[int], answers: list[dict[str, Any]] | None = None, **fields: Any) -> dict[str, Any]:
    asked = {"badgeMetaId": "b", "customers": customers} | fields
    line: dict[str, Any] = {"loggedAt": at, "endpoint": "issueBulk", "request": asked}
    if answers is not None:
        line["response"] = {"data": {"issuedBadges": answers}, "errors": []}
    return line


def column(table: list[dict[str, str]], *names: str) -> list[Any]:
    return [row[names[0]] if len(names) == 1 else tuple(row[name] for name in names) for row in table]


def spans(result: Tables, scope: str = "CUSTOMER") -> list[tuple[str, str]]:
    return [(row["first_day"][5:], row["last_day"][5:]) for row in result["cycles"] if row["scope"] == scope]


def codes(result: Tables) -> list[str]:
    return column(result["findings"], "code")


# Fixed windows (RULEBOOK 6.1)


def test_the_worked_example_has_220_cycles() -> None:
    cycles = tables(badge("2025-03-03T00:00:00Z", "2026-12-20T03:46:40Z", customerConstraints=[days(3)]))["cycles"]
    assert len(cycles) == 220
    assert column(cycles[:2], "first_day", "last_day") == [("2025-03-03", "2025-03-05"), ("2025-03-06", "2025-03-08")]
    assert cycles[-1] == {
        "badge_id": "b",
        "scope": "CUSTOMER",
        "cycle_no": "220",
        "limit_name": "CUSTOMER:FIXED_WINDOW:DAYS:3",
        "first_day": "2026-12-20",
        "last_day": "2026-12-20",
        "starts_at": "2026-12-20T00:00:00.000000Z",
        "ends_at": "2026-12-21T00:00:00.000000Z",
    }


def test_a_badge_of_two_days_has_one_cycle_of_three_days() -> None:
    result = tables(badge("2024-03-02T00:00:37.192Z", "2024-03-04T00:00:37.192Z", customerConstraints=[days(3)]))
    assert spans(result) == [("03-02", "03-04")]


def test_cycles_of_three_days_reach_the_second_of_july() -> None:
    result = tables(badge("2024-05-27T09:51:27Z", "2024-12-31T00:00:00Z", customerConstraints=[days(3)]))
    assert ("07-02", "07-04") in spans(result)


def test_weeks_of_the_seed() -> None:
    weekly = fixed(1, durationType="WEEKLY")
    result = tables(badge("2023-09-25T00:00:00Z", "2023-10-31T00:00:00Z", customerConstraints=[weekly]))
    assert spans(result) == [
        ("09-25", "10-01"),
        ("10-02", "10-08"),
        ("10-09", "10-15"),
        ("10-16", "10-22"),
        ("10-23", "10-29"),
        ("10-30", "10-30"),
    ]


def test_the_first_week_is_partial_and_ordinal_one_is_tuesday() -> None:
    weekly = fixed(1, durationType="WEEKS", startDayOfTheWeek=1)
    result = tables(badge("2024-05-02T12:00:00Z", "2024-05-16T00:00:00Z", customerConstraints=[weekly]))
    assert spans(result) == [("05-02", "05-06"), ("05-07", "05-13"), ("05-14", "05-15")]
    assert result["limits"][0]["limit_name"] == "CUSTOMER:FIXED_WINDOW:WEEKS:TUESDAY"


def test_months_are_calendar_months() -> None:
    monthly = fixed(1, "BADGE", durationType="MONTHS")
    result = tables(badge("2024-01-31T10:00:00Z", "2024-03-10T00:00:00.000001Z", badgeConstraints=[monthly]))
    assert spans(result, "BADGE") == [("01-31", "01-31"), ("02-01", "02-29"), ("03-01", "03-10")]


def test_a_window_with_never_ends_a_hundred_years_after_the_badge() -> None:
    # The platform prints 4880649637.192 as the end of this window.
    result = tables(
        badge("2024-02-10T00:00:37.192Z", "", customerConstraints=[days(2, 4)])
        | {"expiresOn": 1724976037.192, "issuedBadgeExpiry": {"expiryType": "NEVER"}},
        as_of="2124-08-31T00:00:00Z",
    )
    assert Zone("UTC").add_months(1724976037192000, 1200) == 4880649637192000
    assert result["cycles"][-1]["last_day"] == "2124-08-30"


def test_a_relative_expiry_of_issues_lengthens_the_window() -> None:
    rule = {"expiryType": "RELATIVE", "relativeExpirytype": "DAYS", "value": 2}
    result = tables(
        badge("2024-03-01T00:00:00Z", "2024-03-03T00:00:00Z", customerConstraints=[days(1)], issuedBadgeExpiry=rule)
    )
    assert len(spans(result)) == 4


def test_an_end_at_the_start_has_no_cycles() -> None:
    result = tables(badge("2024-03-01T00:00:00Z", "2024-03-01T00:00:00Z", customerConstraints=[days(1)]))
    assert result["cycles"] == []
    assert codes(result) == ["start-after-end"]


def test_cycles_are_cut_in_the_zone() -> None:
    result = tables(
        badge("2024-03-30T12:00:00Z", "2024-04-01T12:00:00Z", customerConstraints=[days(1)]),
        rules={"zone": "Europe/Berlin"},
    )
    assert column(result["cycles"], "starts_at") == [
        "2024-03-29T23:00:00.000000Z",
        "2024-03-30T23:00:00.000000Z",
        "2024-03-31T22:00:00.000000Z",
    ]


def test_a_day_without_midnight_begins_at_its_first_instant() -> None:
    # Havana leaps from 00:00 to 01:00 on 10 March 2024, and from 01:00 back to 00:00 on 3 November.
    spring = tables(
        badge("2024-03-10T12:00:00Z", "2024-03-10T20:00:00Z", customerConstraints=[days(1)]),
        rules={"zone": "America/Havana"},
    )
    assert spring["cycles"][0]["starts_at"] == "2024-03-10T05:00:00.000000Z"
    autumn = tables(
        badge("2024-11-03T12:00:00Z", "2024-11-03T20:00:00Z", customerConstraints=[days(1)]),
        rules={"zone": "America/Havana"},
    )
    assert column(autumn["cycles"], "starts_at", "ends_at") == [
        ("2024-11-03T04:00:00.000000Z", "2024-11-04T05:00:00.000000Z")
    ]


def test_only_cycles_up_to_as_of_and_the_next_are_shown() -> None:
    definition = badge("2024-05-10T00:00:00Z", "2024-06-10T00:00:00Z", customerConstraints=[days(1)])
    assert spans(tables(definition, as_of="2024-05-11T12:00:00Z")) == [
        ("05-10", "05-10"),
        ("05-11", "05-11"),
        ("05-12", "05-12"),
    ]
    assert spans(tables(definition, as_of="2024-05-01T00:00:00Z")) == [("05-10", "05-10")]


LIFE = ("2024-05-01T00:00:00Z", "2024-06-30T00:00:00Z")


def test_a_new_geometry_begins_after_the_running_cycle() -> None:
    result = tables(
        badge(*LIFE, customerConstraints=[days(5)]),
        badge(*LIFE, at="2024-05-07T10:00:00Z", customerConstraints=[days(3)]),
        as_of="2024-05-13T00:00:00Z",
    )
    assert spans(result) == [("05-01", "05-05"), ("05-06", "05-10"), ("05-11", "05-13"), ("05-14", "05-16")]


def test_the_old_geometry_fills_the_gap_to_the_first_natural_day() -> None:
    result = tables(
        badge(*LIFE, customerConstraints=[days(3)]),
        badge(*LIFE, at="2024-05-20T10:00:00Z", customerConstraints=[fixed(1, durationType="MONTHLY")]),
    )
    assert spans(result)[-5:] == [
        ("05-22", "05-24"),
        ("05-25", "05-27"),
        ("05-28", "05-30"),
        ("05-31", "05-31"),
        ("06-01", "06-29"),
    ]


def test_a_later_change_replaces_the_waiting_geometry_from_its_own_instant() -> None:
    result = tables(
        badge(*LIFE, customerConstraints=[days(3)]),
        badge(*LIFE, at="2024-05-02T10:00:00Z", customerConstraints=[fixed(1, durationType="MONTHS")]),
        badge(*LIFE, at="2024-05-09T10:00:00Z", customerConstraints=[fixed(1, durationType="WEEKS")]),
        as_of="2024-05-20T00:00:00Z",
    )
    assert spans(result)[2:] == [
        ("05-07", "05-09"),
        ("05-10", "05-12"),
        ("05-13", "05-19"),
        ("05-20", "05-26"),
        ("05-27", "06-02"),
    ]


def test_a_change_back_removes_the_waiting_geometry() -> None:
    result = tables(
        badge(*LIFE, customerConstraints=[days(10)]),
        badge(*LIFE, at="2024-05-02T10:00:00Z", customerConstraints=[days(4)]),
        badge(*LIFE, at="2024-05-03T10:00:00Z", customerConstraints=[days(10)]),
        as_of="2024-05-12T00:00:00Z",
    )
    assert spans(result) == [("05-01", "05-10"), ("05-11", "05-20"), ("05-21", "05-30")]


def test_before_the_start_an_update_replaces_start_and_geometry() -> None:
    result = tables(
        badge("2024-05-05T00:00:00Z", LIFE[1], customerConstraints=[days(5)]),
        badge("2024-05-03T00:00:00Z", LIFE[1], at="2024-05-02T00:00:00Z", customerConstraints=[days(2)]),
        as_of="2024-05-03T00:00:00Z",
    )
    assert spans(result) == [("05-03", "05-04"), ("05-05", "05-06")]


def test_a_start_moved_on_a_live_badge_moves_no_cycle() -> None:
    result = tables(
        badge(*LIFE, customerConstraints=[days(5)]),
        badge("2024-05-03T00:00:00Z", LIFE[1], at="2024-05-04T00:00:00Z", customerConstraints=[days(5)]),
        as_of="2024-05-04T00:00:00Z",
    )
    assert spans(result) == [("05-01", "05-05"), ("05-06", "05-10")]
    assert codes(result) == ["start-changed-when-live"]


def test_a_first_fixed_window_on_a_live_badge_begins_on_the_day_of_the_update() -> None:
    result = tables(
        badge(*LIFE),
        badge(*LIFE, at="2024-05-04T18:00:00Z", customerConstraints=[days(5)]),
        as_of="2024-05-04T00:00:00Z",
    )
    assert spans(result) == []
    later = tables(
        badge(*LIFE),
        badge(*LIFE, at="2024-05-04T18:00:00Z", customerConstraints=[days(5)]),
        as_of="2024-05-05T00:00:00Z",
    )
    assert spans(later) == [("05-04", "05-08"), ("05-09", "05-13")]


def test_a_version_without_window_leaves_the_cycles_unjudged() -> None:
    result = tables(
        badge(*LIFE, customerConstraints=[days(10, 0)]),
        badge(*LIFE, at="2024-05-02T00:00:00Z"),
        badge(*LIFE, at="2024-05-04T00:00:00Z", customerConstraints=[days(10, 1)]),
        earn("2024-05-01T10:00:00Z"),
        earn("2024-05-03T10:00:00Z"),
        earn("2024-05-05T10:00:00Z"),
        as_of="2024-05-06T00:00:00Z",
    )
    assert column(result["breaches"], "processed_at", "count", "number") == [
        ("2024-05-01T10:00:00.000000Z", "1", "0"),
        ("2024-05-05T10:00:00.000000Z", "3", "1"),
    ]
    assert spans(result) == [("05-01", "05-10"), ("05-11", "05-20")]


def test_a_cycle_of_an_old_geometry_keeps_its_last_number() -> None:
    result = tables(
        badge(*LIFE, customerConstraints=[days(5, 1)]),
        badge(*LIFE, at="2024-05-02T00:00:00Z", customerConstraints=[days(3, 9)]),
        earn("2024-05-03T00:00:00Z"),
        earn("2024-05-04T00:00:00Z"),
        earn("2024-05-04T10:00:00Z", event="2024-05-06T00:00:00Z"),
    )
    assert column(result["breaches"], "limit_name", "count", "number") == [("CUSTOMER:FIXED_WINDOW:DAYS:5", "2", "1")]
    assert column(result["cycle_counts"], "cycle_no", "count", "number", "headroom", "breached") == [
        ("1", "2", "1", "-1", "true"),
        ("2", "1", "9", "8", "false"),
    ]


def test_a_late_earn_belongs_to_the_cycle_of_its_event() -> None:
    result = tables(
        badge("2024-10-01T00:00:00Z", "2024-10-16T00:00:00Z", customerConstraints=[days(3, 2)]),
        earn("2024-10-10T08:00:00Z"),
        earn("2024-10-12T08:00:00Z"),
        earn("2024-10-20T08:00:00Z", event="2024-10-11T08:00:00Z"),
    )
    assert column(result["breaches"], "event_at", "window_start", "window_end", "count", "excess", "breach_id") == [
        (
            "2024-10-11T08:00:00.000000Z",
            "2024-10-10T00:00:00.000000Z",
            "2024-10-13T00:00:00.000000Z",
            "3",
            "1",
            f"{result['breaches'][0]['row_key']}~CFD3",
        )
    ]


def test_an_event_outside_every_cycle_is_not_judged() -> None:
    result = tables(
        badge(*LIFE, customerConstraints=[days(3, 0)]), earn("2024-05-02T00:00:00Z", event="2024-04-30T00:00:00Z")
    )
    assert result["breaches"] == []
    assert codes(result) == ["outside-badge-period", "outside-every-cycle"]


# Rolling windows and fixed values (RULEBOOK 6.2 and 6.3)


def rolling(unit: str, size: int, number: int) -> dict[str, Any]:
    return {"constraintType": "BADGE_ROLLING_WINDOW", "rollType": unit, "rollValue": size, "maxEarnLimit": number}


def over(result: Tables) -> list[tuple[str, str, str]]:
    return column(result["breaches"], "event_at", "count", "window_start")


def test_the_span_is_open_at_its_far_edge() -> None:
    limit = [rolling("DAYS", 1, 1)]
    outside = tables(
        badge(*LIFE, badgeConstraints=limit), earn("2024-05-02T10:00:00Z"), earn("2024-05-03T10:00:00Z", 2)
    )
    assert over(outside) == []
    inside = tables(
        badge(*LIFE, badgeConstraints=limit), earn("2024-05-02T10:00:00.000001Z"), earn("2024-05-03T10:00:00Z", 2)
    )
    assert over(inside) == [("2024-05-03T10:00:00.000000Z", "2", "2024-05-02T10:00:00.000001Z")]
    assert inside["breaches"][0]["window_end"] == "2024-05-03T10:00:00.000001Z"


def test_a_month_back_is_clamped_to_the_last_day() -> None:
    result = tables(
        badge("2023-01-01T00:00:00Z", "2024-01-01T00:00:00Z", badgeConstraints=[rolling("MONTHS", 1, 1)]),
        earn("2023-02-28T10:30:00Z"),
        earn("2023-03-29T10:00:00Z", 2),
    )
    assert over(result) == [("2023-03-29T10:00:00.000000Z", "2", "2023-02-28T10:00:00.000001Z")]


def test_a_month_back_is_wall_time_in_the_zone() -> None:
    result = tables(
        badge("2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z", badgeConstraints=[rolling("MONTHS", 1, 0)]),
        earn("2024-04-15T10:00:00Z"),
        rules={"zone": "Europe/Berlin"},
    )
    assert over(result) == [("2024-04-15T10:00:00.000000Z", "1", "2024-03-15T11:00:00.000001Z")]


def test_a_local_day_span_begins_at_midnight() -> None:
    result = tables(
        badge(*LIFE, badgeConstraints=[rolling("DAYS", 2, 0), rolling("MONTHS", 1, 0)]),
        earn("2024-05-31T10:00:00Z"),
        rules={"rolling_edge": "local-day"},
    )
    assert column(result["breaches"], "limit_name", "window_start") == [
        ("BADGE:ROLLING_WINDOW:DAYS:2", "2024-05-30T00:00:00.000000Z"),
        ("BADGE:ROLLING_WINDOW:MONTHS:1", "2024-05-01T00:00:00.000000Z"),
    ]


def test_the_event_clock_orders_by_event() -> None:
    records = (
        badge(*LIFE, badgeConstraints=[rolling("DAYS", 1, 1)]),
        earn("2024-05-05T10:00:00Z", event="2024-05-02T10:00:00Z"),
        earn("2024-05-06T11:00:00Z", 2, event="2024-05-02T09:00:00Z"),
    )
    assert over(tables(*records)) == []
    assert over(tables(*records, rules={"rolling_clock": "event"})) == [
        ("2024-05-02T10:00:00.000000Z", "2", "2024-05-01T10:00:00.000001Z")
    ]


def test_order_within_one_request_decides() -> None:
    result = tables(badge(*LIFE, badgeConstraints=[rolling("DAYS", 1, 2)]), issue("2024-05-05T10:00:00Z", [7, 8, 9]))
    assert column(result["breaches"], "customer_id", "count") == [("9", "3")]


def test_a_customers_triple_holds_up_to_three_limits() -> None:
    triple = {
        "constraintType": "CUSTOMER_BADGE_ROLLING_WINDOW",
        "maxEarnForDays": 1,
        "rollForDays": "1",
        "maxEarnForWeeks": 2,
        "maxEarnForMonths": 10,
        "rollForMonths": 1,
    }
    result = tables(badge(*LIFE, customerConstraints=[triple]))
    assert column(result["limits"], "limit_name", "number") == [
        ("CUSTOMER:ROLLING_WINDOW:DAYS:1", "1"),
        ("CUSTOMER:ROLLING_WINDOW:MONTHS:1", "10"),
    ]


def test_a_fixed_value_counts_the_whole_life() -> None:
    value = {"constraintType": "CUSTOMER_BADGE_FIXED_VALUE", "maxEarnLimit": 1}
    result = tables(
        badge(*LIFE, customerConstraints=[value]),
        earn("2024-05-02T00:00:00Z"),
        earn("2024-05-03T00:00:00Z", 2),
        earn("2024-06-02T00:00:00Z"),
    )
    assert column(result["breaches"], "processed_at", "window_start", "window_end", "breach_id") == [
        (
            "2024-06-02T00:00:00.000000Z",
            "",
            "2024-06-02T00:00:00.000001Z",
            f"{result['breaches'][0]['row_key']}~CV",
        )
    ]
    assert column(result["usage"], "customer_id", "count", "headroom", "peak_count", "peak_at") == [
        ("1", "2", "-1", "2", "2024-06-02T00:00:00.000000Z"),
        ("2", "1", "0", "1", "2024-05-03T00:00:00.000000Z"),
    ]


# What counts (RULEBOOK 4)


@pytest.mark.parametrize(
    ("counted", "kinds"),
    [("by-earn-type", ["EARN"]), ("issue", ["ISSUE"]), ("earn", ["EARN"]), ("both", ["ISSUE", "EARN"])],
)
def test_kinds_that_count_of_a_badge_with_enrolment(counted: str, kinds: list[str]) -> None:
    result = tables(
        badge(*LIFE, earnType="ISSUE EARN"),
        issue("2024-05-02T00:00:00Z", [1]),
        earn("2024-05-03T00:00:00Z"),
        rules={"counted": counted},
    )
    assert [row["kind"] for row in result["issuances"] if row["counted"] == "true"] == kinds


def test_every_grant_of_a_direct_badge_counts() -> None:
    result = tables(badge(*LIFE), issue("2024-05-02T00:00:00Z", [1]), earn("2024-05-03T00:00:00Z"))
    assert column(result["issuances"], "counted") == ["true", "true"]
    assert column(result["findings"], "code", "severity", "platform_code") == [
        ("issue-of-direct-badge", "notice", "801")
    ]


def test_an_unknown_badge_is_kept_and_not_judged() -> None:
    result = tables(earn("2024-05-03T00:00:00Z"))
    assert column(result["issuances"], "outcome", "counted") == [("ASSUMED", "false")]
    assert column(result["expirations"], "rule", "expires_at", "state") == [("", "", "ACTIVE")]
    assert column(result["badges"], "badge_id", "status", "versions", "issuances") == [("b", "", "0", "1")]
    assert codes(result) == ["unknown-badge"]


# Outcomes, pairing, repetition (RULEBOOK 3)


def test_the_seeds_row_with_error_1040_is_a_rejection() -> None:
    error = {"code": 1040, "message": "An active issue for the badge already exists.", "reference": None}
    answer = {"customerId": 62090013, "issuedId": "66869a3598592f327b849b2c", "error": error, "status": "ACTIVE"}
    result = tables(badge(*LIFE), issue("2024-05-02T00:00:00Z", [62090013], [answer], requestId=21390))
    assert column(result["issuances"], "outcome", "code", "issuance_id") == [("REJECTED", "1040", "21390/0")]
    assert codes(result) == ["wrongly-rejected"]


def test_the_kth_mention_takes_the_kth_answer_and_spare_answers_follow() -> None:
    answers = [
        {"customerId": 1, "issuedId": "x1", "error": None},
        {"customerId": "9", "issuedId": "x9", "error": None},
        {"customerId": 1, "issuedId": "x2", "error": {"code": 809}},
    ]
    result = tables(issue("2024-05-02T00:00:00Z", [1, 2, 1], answers, requestId="r"))
    assert column(result["issuances"], "position", "customer_id", "outcome", "code", "issuance_id") == [
        ("0", "1", "ACCEPTED", "", "x1"),
        ("1", "2", "REJECTED", "", "r/1"),
        ("2", "1", "REJECTED", "809", "r/2"),
        ("3", "9", "ACCEPTED", "", "x9"),
    ]
    assert "customer-not-answered" in codes(result)


def test_a_response_with_errors_rejects_every_row() -> None:
    line = issue("2024-05-02T00:00:00Z", [1, 2], requestId="r") | {
        "response": {"data": None, "errors": [{"code": 809}]}
    }
    assert column(tables(line)["issuances"], "outcome", "code") == [("REJECTED", "809"), ("REJECTED", "809")]


def test_halves_pair_by_endpoint_badge_and_request() -> None:
    request = {"badgeMetaId": "b", "customers": [1], "requestId": 5, "issueEventDate": 1714600000}
    response = {
        "data": {
            "badgeMetaId": "b",
            "requestId": "5",
            "expiresOn": 1799632870.000000000,
            "issuedBadges": [{"customerId": 1, "issuedId": "6632dc500000000000000001", "error": None}],
        },
        "errors": [],
    }
    result = tables(response, request)
    assert column(result["issuances"], "outcome", "processed_at", "event_at", "reported_expires_at", "source_line") == [
        ("ACCEPTED", "2024-05-02T00:20:32.000000Z", "2024-05-01T21:46:40.000000Z", "2027-01-11T02:01:10.000000Z", "2")
    ]


def test_a_lone_response_makes_rows_and_a_bare_809_only_a_finding() -> None:
    response = {
        "data": {
            "badgeMetaId": "b",
            "requestId": "5",
            "issuedBadges": [{"customerId": 1, "issuedId": "6632dc500000000000000001"}],
        }
    }
    result = tables(response, {"data": None, "errors": [{"code": 809}]})
    assert column(result["issuances"], "outcome", "processed_at") == [("ACCEPTED", "2024-05-02T00:20:32.000000Z")]
    assert codes(result) == ["unknown-badge", "unpaired-response", "unpaired-response"]
    assert column(result["files"], "lines", "accepted") == [("2", "2")]


def test_an_id_older_than_a_day_before_the_event_dates_nothing() -> None:
    answers = [{"customerId": 1, "issuedId": "653e024bb3cda7078c7c6903"}]
    line = issue("", [1], answers, issueEventDate=1713860055)
    del line["loggedAt"]
    assert column(tables(line)["issuances"], "processed_at") == ["2024-04-23T08:14:15.000000Z"]


def test_the_same_record_is_taken_once() -> None:
    line = issue("2024-05-02T00:00:00Z", [1], [{"customerId": 1, "issuedId": "x"}], requestId="r")
    spelled = json.dumps(line).replace('"r"', '"r", "extra": 1').replace("[1]", '["1"]')
    bare = line["request"]
    result = tables(bare, line, spelled, {"endpoint": "issueBulk", "response": line["response"]})
    assert len(result["issuances"]) == 1
    assert column(result["files"], "lines", "accepted", "duplicate", "quarantined") == [("4", "1", "3", "0")]
    assert result["issuances"][0]["source_line"] == "1"


def test_the_same_request_logged_again_is_a_second_call() -> None:
    answers = [{"customerId": 1, "issuedId": "x"}]
    result = tables(
        badge(*LIFE, earnType="ISSUE_EARN"),
        issue("2024-05-02T00:00:00Z", [1], answers, requestId="r"),
        issue("2024-05-03T00:00:00Z", [1], answers, requestId="r"),
        issue("2024-05-04T00:00:00Z", [1], [{"customerId": 1, "issuedId": "y"}], requestId="r"),
        issue("2024-05-05T00:00:00Z", [2], [{"customerId": 2, "issuedId": "x"}], requestId="q"),
    )
    assert column(result["issuances"], "outcome") == ["ACCEPTED", "REPEAT", "ACCEPTED", "ACCEPTED"]
    assert codes(result) == ["duplicate-request", "existing-issue-returned", "id-conflict", "overlapping-issue"]


def test_row_key_and_request_key_are_fixed_to_the_byte() -> None:
    result = tables(earn("2024-05-02T00:00:00Z", 7, request="é"))
    # MD5 of '["earn","1714608000000000","b","é",null,null,null]["7"]', then of that with '/0/0'.
    assert result["issuances"][0]["row_key"] == "268edb8e18e0cfb1"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (["a", None, ["1", []]], '["a",null,["1",[]]]'),
        (['"\\/\b\f\n\r\t'], '["\\"\\\\/\\b\\f\\n\\r\\t"]'),
        (["\x1b\x00\x7fé"], '["\\u001B\\u0000\x7fé"]'),
    ],
)
def test_the_text_that_is_hashed(values: list[Any], text: str) -> None:
    assert compact(values) == text


def test_halves_without_log_time_are_deliveries_of_the_timed_request() -> None:
    timed = earn("2024-05-02T00:00:00Z", 7, event="2024-05-01T00:00:00Z", request="r")
    result = audit([("b", json.dumps(timed).encode()), ("a", json.dumps(timed["request"]).encode())], {}, us(LATE))
    assert column(result["issuances"], "processed_at", "source_file") == [("2024-05-02T00:00:00.000000Z", "a")]
    assert column(result["files"], "path", "accepted", "duplicate") == [("a", "0", "1"), ("b", "1", "0")]


def test_the_same_bytes_under_two_paths_are_read_once() -> None:
    data = json.dumps(earn("2024-05-02T00:00:00Z")).encode()
    assert column(audit([("b", data), ("a", data)], {}, us(LATE))["files"], "path", "accepted") == [("a", "1")]


# Expiry (RULEBOOK 8)


def test_two_weeks_after_an_earn_was_processed() -> None:
    rule = {"expiryType": "RELATIVE", "relativeExpiryType": "WEEKS", "value": 2}
    result = tables(
        badge("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", earnedBadgeExpiry=rule),
        earn("2026-01-19T12:23:16.715319Z", event="2026-01-02T00:00:00Z"),
    )
    assert column(result["expirations"], "rule", "expires_at") == [("RELATIVE:WEEKS:2", "2026-02-02T12:23:16.715319Z")]


@pytest.mark.parametrize(
    ("rule", "name", "expires_at"),
    [
        (
            {"expiryType": "RELATIVE", "relativeExpirytype": "MONTHLY", "value": 1},
            "RELATIVE:MONTHS:1",
            "2024-06-30T10:00:00.000000Z",
        ),
        (
            {"expiryType": "ABSOLUTE", "type": "FIXED_DATE", "expiresOn": 1726655584},
            "FIXED_DATE",
            "2024-09-18T10:33:04.000000Z",
        ),
        (
            {"expiryType": "ABSOLUTE", "type": "WITH_BADGE_META", "expiresOn": 5},
            "WITH_BADGE_META",
            "2024-06-30T00:00:00.000000Z",
        ),
        ({"expiryType": "NEVER", "value": 1}, "NEVER", ""),
        (None, "BADGE_END", "2024-06-30T00:00:00.000000Z"),
    ],
)
def test_every_expiry_rule_of_an_issue(rule: object, name: str, expires_at: str) -> None:
    result = tables(
        badge(*LIFE, issuedBadgeExpiry=rule, earnType="ISSUE_EARN"),
        issue("2024-06-01T00:00:00Z", [1], issueEventDate="2024-05-30T10:00:00Z"),
    )
    assert column(result["expirations"], "rule", "expires_at") == [(name, expires_at)]


def test_months_of_thirty_days_are_a_setting() -> None:
    rule = {"expiryType": "RELATIVE", "relativeExpirytype": "MONTHS", "value": 1}
    result = tables(
        badge(*LIFE, issuedBadgeExpiry=rule),
        issue("2024-05-31T00:00:00Z", [1]),
        rules={"month": "30-days"},
    )
    assert column(result["expirations"], "expires_at") == ["2024-06-30T00:00:00.000000Z"]


def test_the_instant_of_expiry_is_expired() -> None:
    records = (badge(*LIFE), earn("2024-05-31T00:00:00Z"))
    assert tables(*records, as_of="2024-06-30T00:00:00Z")["expirations"][0]["state"] == "EXPIRED"
    assert tables(*records, as_of="2024-06-29T23:59:59.999999Z")["expirations"][0]["state"] == "ACTIVE"


# Times (RULEBOOK 2)


@pytest.mark.parametrize(
    ("value", "event_at", "finding"),
    [
        ("1713860055", "2024-04-23T08:14:15.000000Z", []),
        ("1713860055.1234569", "2024-04-23T08:14:15.123456Z", []),
        ("-0.0000019", "1969-12-31T23:59:59.999999Z", []),
        ('"1713860055"', "2024-04-23T08:14:15.000000Z", []),
        ("1713860055123", "2024-04-23T08:14:15.123000Z", ["timestamp-unit-repaired"]),
        ("1713860055123456", "2024-04-23T08:14:15.123456Z", ["timestamp-unit-repaired"]),
        ("1e9", "2001-09-09T01:46:40.000000Z", []),
        ('"2024-04-23T13:44:15+05:30"', "2024-04-23T08:14:15.000000Z", []),
        ('"2024-04-23 13:44+0530"', "2024-04-23T08:14:00.000000Z", []),
    ],
)
def test_spellings_of_one_instant(value: str, event_at: str, finding: list[str]) -> None:
    result = tables('{"badgeMetaId": "b", "customerId": 1, "requestId": 1, "earnEventDate": ' + value + "}")
    assert column(result["issuances"], "event_at") == [event_at]
    assert [code for code in codes(result) if code != "unknown-badge"] == finding


def test_of_twins_the_iso_value_rules_in_a_request() -> None:
    line = {
        "badgeMetaId": "b",
        "customerId": 1,
        "requestId": 1,
        "earnEventDate": 1713860055,
        "earnEventDateISO": "2024-04-23T13:44:17+05:30",
    }
    result = tables(line)
    assert column(result["issuances"], "event_at") == ["2024-04-23T08:14:17.000000Z"]
    conflict = next(row for row in result["findings"] if row["code"] == "timestamp-conflict")
    assert (conflict["source_file"], conflict["badge_id"], conflict["processed_at"]) == ("log.jsonl", "", "")


def test_a_feeds_zone_reads_times_without_offset() -> None:
    line = b'{"badgeMetaId": "b", "customerId": 1, "requestId": 1, "earnEventDate": "2024-03-31T02:30:00"}'
    refused = audit([("a.jsonl", line)], {}, us(LATE))
    assert column(refused["quarantine"], "reason") == ["timestamp-without-offset"]
    read = audit([("a.jsonl", line)], {}, us(LATE), {"a.jsonl": "Europe/Berlin"})
    assert column(read["issuances"], "event_at") == ["2024-03-31T01:30:00.000000Z"]


# Quarantine (RULEBOOK 3)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "blank-line"),
        ("[" * 70 + "]" * 70, "too-deep"),
        ("{", "not-json"),
        ('{"a": NaN}', "not-json"),
        ('{"a": 1,}', "not-json"),
        ('{"a": "\\ud800"}', "not-json"),
        ('{"a": 1, "a": 2}', "duplicate-key"),
        ('{"a": "\\u0000"}', "nul-character"),
        ("5", "not-an-object"),
        ('{"a": 1}', "unknown-shape"),
        ('{"endpoint": "/other", "request": {}}', "unknown-shape"),
        ('{"badgeMetaId": "b", "customers": [1]}', "ambiguous-shape"),
        ('{"customerId": 1, "requestId": "r"}', "missing-field"),
        ('{"badgeMetaId": "b", "requestId": "r", "customers": [1.5]}', "invalid-id"),
        ('{"badgeMetaId": "b", "customerId": 1, "earnEventDate": 1e400}', "invalid-timestamp"),
        ('{"badgeMetaId": "b", "customerId": 1, "earnEventDate": "2024-02-30T00:00:00Z"}', "invalid-timestamp"),
        ('{"badgeMetaId": "b", "customerId": 1, "triggeredBy": {"ownerType": "Nobody"}}', "invalid-enum"),
        ('{"badgeMetaId": "b", "customerId": 1}', "no-time"),
        ('{"id": "b", "startOn": 1, "expiresOn": 2}', "no-time"),
        ('{"id": "b", "startOn": 1, "createdOn": 2}', "missing-field"),
        ('{"endpoint": "revoke", "request": {}}', "missing-field"),
    ],
)
def test_every_reason_of_quarantine(line: str, reason: str) -> None:
    result = tables(line, '{"badgeMetaId": "b", "customerId": 1, "earnEventDate": 1}')
    assert column(result["quarantine"], "source_line", "reason", "raw") == [("1", reason, line)]
    assert column(result["files"], "lines", "accepted", "duplicate", "quarantined") == [("2", "1", "0", "1")]


def test_bytes_that_are_not_text_are_shown_escaped() -> None:
    result = audit([("a", b"\xef\xbb\xbf\xff\xfe\r\n")], {}, 0)
    assert column(result["quarantine"], "reason", "raw") == [("not-utf-8", "\\xff\\xfe")]


def test_a_whole_document_is_read_by_its_records() -> None:
    text = '[\n{"badgeMetaId": "b", "customerId": 1, "earnEventDate": 1},\n 5,\n {\n"a": 1}\n]\n'
    result = audit([("a", text.encode())], {}, 0)
    assert column(result["quarantine"], "source_line", "reason", "raw") == [
        ("3", "not-an-object", "5"),
        ("4", "unknown-shape", '{\n"a": 1}'),
    ]
    assert column(result["files"], "lines", "accepted") == [("3", "1")]


def test_an_empty_file_has_no_line() -> None:
    assert audit([("a", b"")], {}, 0)["files"] == [
        {"path": "a", "lines": "0", "accepted": "0", "duplicate": "0", "quarantined": "0"}
    ]


# Versions and findings (RULEBOOK 5 and 9)


def test_a_version_is_named_by_its_instant_and_content() -> None:
    definition = {"id": "b", "startOn": 1725964384, "expiresOn": 1726655584, "lastUpdatedOn": 1726567138.654572000}
    result = tables(
        definition | {"customerConstraints": [days(2, 4)]},
        definition | {"status": "LIVE"} | {"customerConstraints": [days(2, 4)]},
    )
    # '[null,"1725964384000000","1726655584000000","1","EARN",null,null,[],["CUSTOMER:FIXED_WINDOW:DAYS:2=4"],[]]'
    assert column(result["limits"], "version") == ["2024-09-17T09:58:58.654572Z~2e012cd4"]
    assert result["files"][0]["duplicate"] == "1"


def test_the_first_version_covers_all_time_before_it() -> None:
    result = tables(
        badge(*LIFE, at="2024-05-20T00:00:00Z", badgeConstraints=[rolling("DAYS", 1, 0)]),
        badge(*LIFE, at="2024-05-25T00:00:00Z"),
        earn("2024-05-02T00:00:00Z"),
        earn("2024-05-26T00:00:00Z"),
    )
    assert column(result["breaches"], "processed_at") == ["2024-05-02T00:00:00.000000Z"]


def test_as_of_leaves_out_what_came_later() -> None:
    result = tables(
        badge(*LIFE),
        badge(*LIFE, at="2024-05-25T00:00:00Z", active=False),
        earn("2024-05-02T00:00:00Z"),
        earn("2024-05-26T00:00:00Z"),
        as_of="2024-05-20T00:00:00Z",
    )
    assert column(result["badges"], "active", "status", "versions", "issuances") == [("true", "LIVE", "1", "1")]
    assert codes(result) == []


def test_findings_of_rows_against_their_version() -> None:
    owner = {"ownership": {"restrictedToOwners": ["loyalty"]}}
    line = earn("2024-07-02T00:00:00Z")
    line["request"]["triggeredBy"] = {"ownerType": "JOURNEYS"}
    result = tables(badge(*LIFE, isActive=False, **owner), line)
    assert column(result["findings"], "code", "severity", "platform_code") == [
        ("badge-not-active", "error", "1039"),
        ("outside-badge-period", "error", "816"),
        ("owner-not-allowed", "warning", "714"),
    ]
    key = result["issuances"][0]["row_key"]
    assert column(result["findings"], "finding_id")[0] == f"{key}~badge-not-active"


def test_findings_of_updates() -> None:
    value = {"constraintType": "CUSTOMER_BADGE_FIXED_VALUE", "maxEarnLimit": 1}
    result = tables(
        badge(*LIFE, customerConstraints=[days(1)]),
        badge(LIFE[0], "2024-05-20T00:00:00Z", at="2024-05-25T00:00:00Z", customerConstraints=[value]),
        badge(LIFE[0], LIFE[1], at="2024-05-26T00:00:00Z", id="c"),
    )
    assert column(result["findings"], "code", "badge_id") == [
        ("duplicate-badge-name", "b"),
        ("duplicate-badge-name", "c"),
        ("expiry-in-past", "b"),
        ("illegal-constraint-change", "b"),
    ]


def test_of_two_limits_of_one_name_the_lower_rules_and_invalid_ones_are_none() -> None:
    result = tables(
        badge(
            *LIFE,
            customerConstraints=[days(5, 2), days(5, 1), days(10, 7), fixed(-1, durationType="MONTHS")],
            issuedBadgeExpiry={"expiryType": "RELATIVE", "relativeExpirytype": "DAYS", "value": 0},
        )
    )
    assert column(result["limits"], "limit_name", "number") == [("CUSTOMER:FIXED_WINDOW:DAYS:10", "7")]
    assert codes(result) == ["duplicate-limit", "duplicate-limit", "invalid-constraint", "invalid-constraint"]


def test_a_response_far_in_the_future_agrees_with_never() -> None:
    def line(expires_on: str) -> dict[str, Any]:
        answers = [{"customerId": 1, "issuedId": "x"}]
        call = issue("2024-05-02T00:00:00Z", [1], answers)
        call["response"]["data"]["expiresOn"] = expires_on
        return call

    never = badge(*LIFE, issuedBadgeExpiry={"expiryType": "NEVER"}, earnType="ISSUE_EARN")
    ends = badge(*LIFE, earnType="ISSUE_EARN")
    assert codes(tables(never, line("2090-01-01T00:00:00Z"))) == []
    assert codes(tables(never, line("2089-12-31T23:59:59Z"))) == ["expiry-mismatch"]
    assert codes(tables(ends, line("2024-06-30T00:00:02Z"))) == []
    assert codes(tables(ends, line("2024-06-30T00:00:02.000001Z"))) == ["expiry-mismatch"]


def test_days_are_counted_in_the_zone() -> None:
    result = tables(
        badge(*LIFE, badgeConstraints=[rolling("DAYS", 1, 0)]),
        earn("2024-05-02T20:00:00Z"),
        issue("2024-05-02T20:30:00Z", [1, 2]),
        rules={"zone": "Asia/Kolkata"},
    )
    assert result["daily"] == [
        {
            "badge_id": "b",
            "day": "2024-05-03",
            "requests": "2",
            "accepted": "0",
            "assumed": "3",
            "rejected": "0",
            "repeated": "0",
            "counted": "3",
            "breaches": "3",
            "expired": "3",
        }
    ]


def test_an_unknown_zone_or_setting_is_an_error() -> None:
    with pytest.raises(ValueError, match="zone"):
        audit([], {"zone": "Mars/Base"}, 0)
    with pytest.raises(ValueError, match="rolling_clock"):
        audit([], {"rolling_clock": "moon"}, 0)
    with pytest.raises(ValueError, match="unknown settings"):
        audit([], {"roling_clock": "event"}, 0)
