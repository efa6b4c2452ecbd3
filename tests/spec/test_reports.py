"""The public tables: what their rows and columns say (the contract, and its readings)."""

from __future__ import annotations

import pytest
from harness import TABLES as NAMES
from harness import (
    Audit,
    badge_rolling,
    definition,
    earn,
    earn_bulk,
    every_days,
    fixed_value,
    issue_bulk,
    key_of,
    relative,
    rolling,
    unanswered,
)

COLUMNS = {
    "badges": "badge_id name org_id earn_type active starts_at expires_at status versions issuances counted breaches "
    "findings",
    "issuances": "processed_at request_id position row_key issuance_id badge_id customer_id kind outcome code counted "
    "event_at owner_type reported_expires_at revoked_at source_file source_line",
    "breaches": "badge_id limit_name processed_at row_key breach_id badge_name scope customer_id number count excess "
    "window_start window_end event_at issuance_id request_id owner_type version source_file source_line",
    "cycles": "badge_id scope cycle_no limit_name first_day last_day starts_at ends_at",
    "cycle_counts": "badge_id scope cycle_no customer_id limit_name first_day last_day starts_at ends_at count number "
    "headroom breached",
    "usage": "badge_id limit_name customer_id scope count number headroom peak_count peak_at",
    "expirations": "processed_at row_key issuance_id badge_id customer_id kind event_at rule expires_at state "
    "reported_expires_at revoked_at",
    "findings": "code badge_id processed_at row_key finding_id platform_code severity customer_id issuance_id "
    "request_id detail source_file source_line",
    "quarantine": "source_file source_line reason raw",
    "limits": "badge_id version limit_name in_force_from scope number",
    "daily": "badge_id day requests accepted assumed rejected repeated counted breaches expired",
}
AT = "2024-02-01T00:00:00Z"
FULL_LOG = [
    definition("B", limits=[every_days(3, 1), rolling(days=(1, 1)), fixed_value(1, "BADGE")], name="Ünïcode"),
    definition("A", limits=[every_days(10, 0)], active=False),
    earn_bulk("B", ["c2", "c10", "c1", "c2"], AT, rid="r9"),
    earn("A", "c1", AT, rid="r10"),
    issue_bulk("X", ["c1"], "2024-01-30T00:00:00Z", rid="r1"),
    "not json",
    "",
]


def test_every_table_has_the_columns_of_the_contract_in_their_order(audit: Audit) -> None:
    tables = audit(FULL_LOG)
    for name in NAMES:
        assert list(tables[name][0]) == COLUMNS[name].split(), name


def test_every_table_is_ordered_by_its_key_and_the_key_is_unique(audit: Audit) -> None:
    tables = audit(FULL_LOG)
    for name in NAMES:
        keys = [key_of(name, row) for row in tables[name]]
        assert keys == sorted(keys), name
        assert len(set(keys)) == len(keys), name


def test_text_with_quotes_commas_and_line_ends_comes_back_whole(audit: Audit) -> None:
    name = 'a "b", c\nd\te\\'
    assert audit([definition(name=name)]).column("badges", "name") == [name]


# --- badges ---


@pytest.mark.parametrize(
    ("as_of", "status"),
    [
        ("2023-12-31T23:59:59.999999Z", "UPCOMING"),
        ("2024-01-01T00:00:00Z", "LIVE"),
        ("2024-12-31T23:59:59.999999Z", "LIVE"),
        ("2025-01-01T00:00:00Z", "EXPIRED"),
    ],
)
def test_the_status_of_a_badge_is_its_period_at_as_of(audit: Audit, as_of: str, status: str) -> None:
    assert audit([definition()], as_of=as_of).column("badges", "status") == [status]


def test_badges_sum_up_their_rows(audit: Audit) -> None:
    log = [
        definition("A"),
        definition("B", limits=[fixed_value(1)], active=False),
        earn("B", "c1", AT, rid="r1"),
        earn("B", "c1", AT, rid="r2"),
        earn("B", "c1", AT, rid="r3", answer=1039),
    ]
    audit(log).shows(
        "badges",
        """
        badge_id | name    | org_id | earn_type | active | versions | issuances | counted | breaches | findings
        A        | badge A | 100606 | EARN      | true   | 1        | 0         | 0       | 0        | 0
        B        | badge B | 100606 | EARN      | false  | 1        | 3         | 2       | 1        | 2
        """,
    )


# --- usage ---


def test_usage_shows_count_headroom_and_peak_of_each_subject(audit: Audit) -> None:
    log = [
        definition(limits=[rolling(days=(2, 2)), fixed_value(4, "BADGE")]),
        *(earn("B", "c1", f"2024-02-0{day}T00:00:00Z", rid=f"r{day}") for day in (1, 2, 3, 4)),
        earn("B", "c2", "2024-02-01T00:00:00Z", rid="r5"),
    ]
    audit(log, as_of="2024-02-04T12:00:00Z").shows(
        "usage",
        """
        limit_name                     | scope    | customer_id | count | number | headroom | peak_count | peak_at
        BADGE:FIXED_VALUE              | BADGE    |             | 5     | 4      | -1       | 5          | 2024-02-04T00:00Z
        CUSTOMER:ROLLING_WINDOW:DAYS:2 | CUSTOMER | c1          | 2     | 2      | 0        | 2          | 2024-02-02T00:00Z
        """,  # noqa: E501
    )


def test_the_rolling_span_of_usage_ends_at_as_of(audit: Audit) -> None:
    log = [definition(limits=[badge_rolling("DAYS", 1, 5)]), earn("B", "c1", AT)]
    assert audit(log, as_of="2024-02-01T23:59:59.999999Z").column("usage", "count") == ["1"]
    assert audit(log, as_of="2024-02-02T00:00:00Z")["usage"] == []


def test_usage_of_a_fixed_window_is_that_of_the_cycle_that_holds_as_of(audit: Audit) -> None:
    log = [
        definition(limits=[every_days(3, 2)]),
        earn("B", "c1", "2024-01-02T00:00:00Z", rid="r1"),
        earn("B", "c1", "2024-01-03T00:00:00Z", rid="r2"),
        earn("B", "c1", "2024-01-04T00:00:00Z", rid="r3"),
    ]
    audit(log, as_of="2024-01-04T00:00:00Z").shows(
        "usage",
        """
        limit_name                   | customer_id | count | number | headroom | peak_count | peak_at
        CUSTOMER:FIXED_WINDOW:DAYS:3 | c1          | 1     | 2      | 1        | 2          | 2024-01-03T00:00Z
        """,
    )
    assert audit(log, as_of="2024-01-07T00:00:00Z")["usage"] == []


def test_usage_shows_the_limits_of_the_version_in_force_at_as_of(audit: Audit) -> None:
    log = [
        definition(limits=[fixed_value(4)]),
        definition(limits=[fixed_value(9, "BADGE")], since="2024-03-01T00:00:00Z"),
        earn("B", "c1", AT),
    ]
    assert audit(log, as_of="2024-02-29T23:59:59.999999Z").column("usage", "limit_name") == ["CUSTOMER:FIXED_VALUE"]
    assert audit(log, as_of="2024-03-01T00:00:00Z").column("usage", "limit_name") == ["BADGE:FIXED_VALUE"]


# --- daily ---


def test_daily_sums_up_a_badge_and_day(audit: Audit) -> None:
    log = [
        definition("B", limits=[fixed_value(2)], earned=relative("DAYS", 1)),
        definition("C"),
        earn_bulk("B", ["c1", "c2", "c3"], AT, rid="r1", answers=[("c1", "e1"), ("c2", 816), ("c3", "e3")]),
        unanswered(earn("B", "c1", "2024-02-01T23:59:59.999999Z", rid="r2")),
        earn("B", "c1", "2024-02-02T00:00:00Z", rid="r3"),
        earn("B", "c3", "2024-02-02T00:00:00Z", rid="r4", answer="e3"),
        earn("C", "c1", "2024-02-02T00:00:00Z", rid="r5"),
        issue_bulk("C", [], "2024-02-02T00:00:00Z", rid="no row"),
    ]
    audit(log, as_of="2024-02-02T23:59:59.999998Z").shows(
        "daily",
        """
        badge_id | day        | requests | accepted | assumed | rejected | repeated | counted | breaches | expired
        B        | 2024-02-01 | 2        | 2        | 1       | 1        | 0        | 3       | 0        | 2
        B        | 2024-02-02 | 2        | 1        | 0       | 0        | 1        | 1       | 1        | 0
        C        | 2024-02-02 | 1        | 1        | 0       | 0        | 0        | 1       | 0        | 0
        """,
    )
