"""Constraints become limits (RULEBOOK 6)."""

from __future__ import annotations

from typing import Any

import pytest
from harness import (
    Audit,
    Record,
    badge_rolling,
    definition,
    earn,
    every_days,
    every_month,
    every_week,
    fixed_date,
    fixed_value,
    issue_bulk,
    no_limit,
    relative,
    rolling,
)

AT = "2024-02-01T00:00:00Z"


def test_every_constraint_has_its_name(audit: Audit) -> None:
    customer = [rolling(days=(1, 1), weeks=(2, 2), months=(3, 10)), fixed_value(100)]
    badge = [badge_rolling("DAYS", 1, 100), badge_rolling("WEEKS", 1, 2000), badge_rolling("MONTHS", 1, 10000)]
    log = [
        definition("A", limits=[*customer, *badge, fixed_value(1000, "BADGE")]),
        definition("B", limits=[every_days(5, 1), every_days(3, 4, "BADGE")]),
        definition("C", limits=[every_week("TUESDAY", 2), every_week("SUNDAY", 3, "BADGE")]),
        definition("D", limits=[every_month(2), every_month(3, "BADGE")]),
    ]
    audit(log).shows(
        "limits",
        """
        badge_id | scope    | limit_name                       | number
        A        | CUSTOMER | CUSTOMER:ROLLING_WINDOW:DAYS:1   | 1
        A        | CUSTOMER | CUSTOMER:ROLLING_WINDOW:WEEKS:2  | 2
        A        | CUSTOMER | CUSTOMER:ROLLING_WINDOW:MONTHS:3 | 10
        A        | CUSTOMER | CUSTOMER:FIXED_VALUE             | 100
        A        | BADGE    | BADGE:ROLLING_WINDOW:DAYS:1      | 100
        A        | BADGE    | BADGE:ROLLING_WINDOW:WEEKS:1     | 2000
        A        | BADGE    | BADGE:ROLLING_WINDOW:MONTHS:1    | 10000
        A        | BADGE    | BADGE:FIXED_VALUE                | 1000
        B        | CUSTOMER | CUSTOMER:FIXED_WINDOW:DAYS:5     | 1
        B        | BADGE    | BADGE:FIXED_WINDOW:DAYS:3        | 4
        C        | CUSTOMER | CUSTOMER:FIXED_WINDOW:WEEKS:TUESDAY | 2
        C        | BADGE    | BADGE:FIXED_WINDOW:WEEKS:SUNDAY  | 3
        D        | CUSTOMER | CUSTOMER:FIXED_WINDOW:MONTHS     | 2
        D        | BADGE    | BADGE:FIXED_WINDOW:MONTHS        | 3
        """,
    )


def test_every_limit_has_its_short_code_in_the_breach_id(audit: Audit) -> None:
    log = [
        definition("A", limits=[
            every_days(5, 0), rolling(days=(7, 0), weeks=(1, 0), months=(12, 0)), fixed_value(0),
            every_week("TUESDAY", 0, "BADGE"), badge_rolling("MONTHS", 1, 0), fixed_value(0, "BADGE"),
        ]),
        definition("B", limits=[every_month(0)]),
        earn("A", "c1", AT, rid="r1"),
        earn("B", "c1", AT, rid="r2"),
    ]  # fmt: skip
    tables = audit(log)
    codes = sorted(row["breach_id"].removeprefix(row["row_key"]) for row in tables["breaches"])
    assert codes == ["~BFWTUE", "~BRM1", "~BV", "~CFD5", "~CFM", "~CRD7", "~CRM12", "~CRW1", "~CV"]


def test_the_scope_is_what_the_constraint_type_says_whichever_array_holds_it(audit: Audit) -> None:
    record = definition(customerConstraints=[fixed_value(7, "BADGE")], badgeConstraints=[fixed_value(3, "CUSTOMER")])
    audit([record]).shows(
        "limits", "limit_name | scope | number\nBADGE:FIXED_VALUE | BADGE | 7\nCUSTOMER:FIXED_VALUE | CUSTOMER | 3"
    )


def test_no_limit_is_no_limit_whatever_zeros_it_carries(audit: Audit) -> None:
    log = [definition(limits=[no_limit("CUSTOMER"), no_limit("BADGE")]), earn("B", "c1", AT)]
    tables = audit(log)
    assert tables["limits"] == []
    assert tables["breaches"] == []
    assert tables.codes() == []


def test_a_pair_of_the_rolling_triple_is_a_limit_when_both_are_present(audit: Audit) -> None:
    constraint = rolling(days=(7, 2)) | {"rollForWeeks": 1, "maxEarnForMonths": 3}
    tables = audit([definition(limits=[constraint])])
    assert tables.column("limits", "limit_name") == ["CUSTOMER:ROLLING_WINDOW:DAYS:7"]
    assert tables.codes() == []


def test_a_number_of_0_allows_none(audit: Audit) -> None:
    tables = audit([definition(limits=[fixed_value(0)]), earn("B", "c1", AT)])
    tables.shows("breaches", "number | count | excess\n0 | 1 | 1")


def test_all_limits_of_both_scopes_must_hold_together(audit: Audit) -> None:
    log = [
        definition(limits=[every_month(1), fixed_value(2), fixed_value(2, "BADGE")]),
        *(earn("B", "c1", f"2024-02-0{day}T00:00:00Z", rid=f"r{day}") for day in (1, 2, 3)),
    ]
    audit(log).shows(
        "breaches",
        """
        limit_name                   | request_id | count | number
        CUSTOMER:FIXED_WINDOW:MONTHS | r2         | 2     | 1
        CUSTOMER:FIXED_WINDOW:MONTHS | r3         | 3     | 1
        CUSTOMER:FIXED_VALUE         | r3         | 3     | 2
        BADGE:FIXED_VALUE            | r3         | 3     | 2
        """,
    )


def test_of_two_limits_of_one_name_the_lower_number_rules(audit: Audit) -> None:
    tables = audit([definition(limits=[fixed_value(5), fixed_value(3), fixed_value(4, "BADGE")])])
    tables.shows("limits", "limit_name | number\nBADGE:FIXED_VALUE | 4\nCUSTOMER:FIXED_VALUE | 3")
    tables.shows(
        "findings", "code | badge_id | processed_at | severity\nduplicate-limit | B | 2023-12-01T00:00Z | error"
    )


def test_of_two_fixed_windows_in_one_scope_the_first_name_in_text_order_rules(audit: Audit) -> None:
    tables = audit([definition(limits=[every_month(1), every_days(5, 2), every_days(10, 3), every_month(4, "BADGE")])])
    tables.shows("limits", "limit_name | number\nBADGE:FIXED_WINDOW:MONTHS | 4\nCUSTOMER:FIXED_WINDOW:DAYS:10 | 3")
    assert tables.codes() == ["duplicate-limit"]


def test_two_rolling_windows_of_different_length_are_two_limits(audit: Audit) -> None:
    tables = audit([definition(limits=[badge_rolling("DAYS", 1, 1), badge_rolling("DAYS", 7, 2)])])
    assert len(tables["limits"]) == 2
    assert tables.codes() == []


def changed(record: Record, **fields: Any) -> Record:
    return {name: value for name, value in (record | fields).items() if value is not ...}


INVALID = {
    "a fixed value without number": changed(fixed_value(1), maxEarnLimit=...),
    "a fixed value with a null number": changed(fixed_value(1), maxEarnLimit=None),
    "a negative fixed value": fixed_value(-1),
    "a fixed window without number": changed(every_month(1), maxEarnLimit=...),
    "a fixed window without unit": changed(every_month(1), durationType=...),
    "days without refresh rate": changed(every_days(1, 1), refreshRate=...),
    "a refresh rate of 0": every_days(0, 1),
    "a negative refresh rate": every_days(-3, 1),
    "a badge rolling window without unit": changed(badge_rolling("DAYS", 1, 1), rollType=...),
    "a badge rolling window without length": changed(badge_rolling("DAYS", 1, 1), rollValue=...),
    "a badge rolling window of 0": badge_rolling("WEEKS", 0, 1),
    "a badge rolling window with a negative number": badge_rolling("WEEKS", 1, -1),
    "a roll of 0 in the triple": rolling(days=(0, 1)),
    "a negative number in the triple": rolling(months=(1, -1)),
}


def test_a_constraint_that_says_nothing_usable_is_no_limit(audit: Audit) -> None:
    log = [definition(f"{place:02}", limits=[constraint]) for place, constraint in enumerate(INVALID.values())]
    tables = audit(log)
    assert tables["quarantine"] == []
    assert tables["limits"] == []
    found = tables.column("findings", "badge_id", code="invalid-constraint")
    expected = [f"{place:02}" for place in range(len(INVALID))]
    assert found == expected, [what for what, badge in zip(INVALID, expected, strict=True) if badge not in found]


def test_a_constraint_without_its_type_is_invalid(audit: Audit) -> None:
    tables = audit([definition(customerConstraints=[{"maxEarnLimit": 3}])])
    assert tables["limits"] == []
    assert tables.codes() == ["invalid-constraint"]


def test_the_valid_pairs_of_a_triple_stand_beside_an_invalid_one(audit: Audit) -> None:
    tables = audit([definition(limits=[rolling(days=(0, 1), weeks=(1, 2))])])
    assert tables.column("limits", "limit_name") == ["CUSTOMER:ROLLING_WINDOW:WEEKS:1"]
    assert tables.codes() == ["invalid-constraint"]


@pytest.mark.parametrize(
    "rule",
    [relative("DAYS", 0), relative("DAYS", -2), changed(fixed_date(AT), expiresOn=None), {"expiryType": "RELATIVE"}],
    ids=["zero", "negative", "no date", "no unit and value"],
)
def test_an_expiry_rule_that_says_nothing_usable_is_no_rule(audit: Audit, rule: Record) -> None:
    log = [definition(earned=rule, issued=rule), earn("B", "c1", AT), issue_bulk("B", ["c2"], AT, rid="r2")]
    tables = audit(log)
    assert tables["quarantine"] == []
    tables.shows("expirations", "rule | expires_at\nBADGE_END | 2025-01-01T00:00Z\nBADGE_END | 2025-01-01T00:00Z")
    assert tables.codes(code="invalid-constraint") == ["invalid-constraint"] * 2


def test_a_subject_of_customer_scope_is_a_badge_and_a_customer(audit: Audit) -> None:
    log = [
        definition("B", limits=[fixed_value(1)]),
        definition("C", limits=[fixed_value(1)]),
        earn("B", "c1", AT, rid="r1"),
        earn("B", "c2", AT, rid="r2"),
        earn("C", "c1", AT, rid="r3"),
        earn("C", "c1", AT, rid="r4"),
    ]
    audit(log).shows("breaches", "badge_id | customer_id | request_id\nC | c1 | r4")


def test_a_subject_of_badge_scope_is_a_badge_and_the_breach_names_the_crossing_customer(audit: Audit) -> None:
    log = [
        definition("B", limits=[fixed_value(1, "BADGE")]),
        definition("C", limits=[fixed_value(1, "BADGE")]),
        earn("B", "c1", AT, rid="r1"),
        earn("B", "c2", AT, rid="r2"),
        earn("C", "c1", AT, rid="r3"),
    ]
    audit(log).shows("breaches", "badge_id | scope | customer_id | request_id\nB | BADGE | c2 | r2")
