"""Cycles of fixed windows and membership in them (RULEBOOK 6.1)."""

from __future__ import annotations

from typing import Any

import pytest
from harness import (
    Audit,
    Tables,
    definition,
    earn,
    earn_bulk,
    every_days,
    every_month,
    every_week,
    fixed_date,
    fixed_value,
    never,
    relative,
    rolling,
)


def days_of(tables: Tables, **where: str) -> list[str]:
    """Each cycle as `first..last`, in the order of their numbers."""
    rows = tables.rows("cycles", **where)
    assert [row["cycle_no"] for row in rows] == [str(number) for number in range(1, len(rows) + 1)]
    return [f"{row['first_day']}..{row['last_day']}" for row in rows]


# --- printed by the platform ---


def test_every_3_days_from_3_march_2025_to_20_december_2026_are_220_cycles(audit: Audit) -> None:
    record = definition(start="2025-03-03T00:00:00Z", end="2026-12-20T03:46:40Z", limits=[every_days(3, 1)])
    cycles = days_of(audit([record]))
    assert len(cycles) == 220
    assert cycles[:2] == ["2025-03-03..2025-03-05", "2025-03-06..2025-03-08"]
    assert cycles[-1] == "2026-12-20..2026-12-20"


def test_a_badge_of_two_days_has_with_every_3_days_exactly_one_cycle(audit: Audit) -> None:
    record = definition(start="2024-03-02T00:00:37.192Z", end="2024-03-04T00:00:37.192Z", limits=[every_days(3, 1)])
    assert days_of(audit([record])) == ["2024-03-02..2024-03-04"]


def test_started_27_may_2024_every_3_days_the_cycle_of_2_july_is_2_to_4_july(audit: Audit) -> None:
    record = definition(start="2024-05-27T09:51:27Z", limits=[every_days(3, 1)])
    assert "2024-07-02..2024-07-04" in days_of(audit([record]))


def test_an_earn_for_11_oct_processed_on_20_oct_belongs_to_10_to_12_oct_and_is_the_breach(audit: Audit) -> None:
    log = [
        definition(start="2024-10-01T00:00:00Z", end="2024-10-15T12:00:00Z", limits=[every_days(3, 2)]),
        earn("B", "c1", "2024-10-20T00:00:00Z", rid="late", event="2024-10-11T08:00:00Z"),
        earn("B", "c1", "2024-10-12T23:00:00Z", rid="second", event="2024-10-12T23:00:00Z"),
        earn("B", "c1", "2024-10-10T09:00:00Z", rid="first", event="2024-10-10T09:00:00Z"),
        earn("B", "c1", "2024-10-13T09:00:00Z", rid="next cycle", event="2024-10-13T09:00:00Z"),
    ]
    tables = audit(log)
    tables.shows(
        "breaches",
        """
        request_id | count | number | excess | window_start      | window_end
        late       | 3     | 2      | 1      | 2024-10-10T00:00Z | 2024-10-13T00:00Z
        """,
    )


def test_weeks_from_25_september_2023_as_in_the_seed(audit: Audit) -> None:
    record = definition(start="2023-09-25T00:00:00Z", end="2023-10-30T12:00:00Z", limits=[every_week("MONDAY", 1)])
    assert days_of(audit([record])) == [
        "2023-09-25..2023-10-01",
        "2023-10-02..2023-10-08",
        "2023-10-09..2023-10-15",
        "2023-10-16..2023-10-22",
        "2023-10-23..2023-10-29",
        "2023-10-30..2023-10-30",
    ]


def test_never_on_a_badge_ending_1724976037_192_gives_a_window_end_of_4880649637_192(audit: Audit) -> None:
    """2024-08-30T00:00:37.192Z and a hundred calendar years later; the last cycle is the day that holds it."""
    record = definition(limits=[every_month(4)], issued=never(), expiresOn=1724976037.192)
    cycles = days_of(audit([record], as_of="2200-01-01T00:00:00Z"))
    assert cycles[-1] == "2124-08-01..2124-08-30"
    assert len(cycles) == 1208


# --- runs of whole local days ---


def test_the_first_cycle_begins_at_the_midnight_before_the_start(audit: Audit) -> None:
    record = definition(start="2024-01-15T23:59:59.999999Z", end="2024-01-19T00:00:00Z", limits=[every_days(2, 1)])
    audit([record]).shows(
        "cycles",
        """
        scope    | cycle_no | limit_name                   | first_day  | last_day   | starts_at         | ends_at
        CUSTOMER | 1        | CUSTOMER:FIXED_WINDOW:DAYS:2 | 2024-01-15 | 2024-01-16 | 2024-01-15T00:00Z | 2024-01-17T00:00Z
        CUSTOMER | 2        | CUSTOMER:FIXED_WINDOW:DAYS:2 | 2024-01-17 | 2024-01-18 | 2024-01-17T00:00Z | 2024-01-19T00:00Z
        """,  # noqa: E501
    )


def test_weeks_run_from_their_start_day_and_the_first_is_partial(audit: Audit) -> None:
    """4 January 2024 is a Thursday."""
    record = definition(start="2024-01-04T10:00:00Z", end="2024-01-18T00:00:00Z", limits=[every_week("TUESDAY", 1)])
    assert days_of(audit([record])) == ["2024-01-04..2024-01-08", "2024-01-09..2024-01-15", "2024-01-16..2024-01-17"]


def test_a_badge_that_starts_on_the_start_day_has_a_whole_first_week(audit: Audit) -> None:
    record = definition(start="2024-01-04T10:00:00Z", end="2024-01-12T00:00:00Z", limits=[every_week("THURSDAY", 1)])
    assert days_of(audit([record])) == ["2024-01-04..2024-01-10", "2024-01-11..2024-01-11"]


def test_a_badge_that_starts_the_day_before_the_start_day_has_a_first_week_of_one_day(audit: Audit) -> None:
    record = definition(start="2024-01-04T10:00:00Z", end="2024-01-06T00:00:00Z", limits=[every_week("FRIDAY", 1)])
    assert days_of(audit([record])) == ["2024-01-04..2024-01-04", "2024-01-05..2024-01-05"]


def test_months_are_calendar_months_and_the_first_is_partial(audit: Audit) -> None:
    record = definition(start="2024-01-31T10:00:00Z", end="2024-03-10T00:00:00.000001Z", limits=[every_month(1)])
    assert days_of(audit([record])) == ["2024-01-31..2024-01-31", "2024-02-01..2024-02-29", "2024-03-01..2024-03-10"]


def test_february_has_28_days_in_a_common_year(audit: Audit) -> None:
    record = definition(start="2023-02-01T00:00:00Z", end="2023-03-02T00:00:00Z", limits=[every_month(1)])
    assert days_of(audit([record])) == ["2023-02-01..2023-02-28", "2023-03-01..2023-03-01"]


def test_the_last_cycle_is_cut_at_the_day_that_holds_the_last_microsecond_before_the_end(audit: Audit) -> None:
    def last(end: str) -> str:
        return days_of(audit([definition(start="2024-01-01T00:00:00Z", end=end, limits=[every_days(5, 1)])]))[-1]

    assert last("2024-01-08T00:00:00Z") == "2024-01-06..2024-01-07"
    assert last("2024-01-08T00:00:00.000001Z") == "2024-01-06..2024-01-08"
    assert last("2024-01-06T00:00:00Z") == "2024-01-01..2024-01-05"
    assert last("2024-01-06T00:00:00.000001Z") == "2024-01-06..2024-01-06"


@pytest.mark.parametrize(
    ("issued", "last_day"),
    [
        (None, "2024-01-10"),
        (fixed_date("2024-01-20T00:00:00.000001Z"), "2024-01-20"),
        (fixed_date("2024-01-20T00:00:00Z"), "2024-01-19"),
        (fixed_date("2024-01-05T00:00:00Z"), "2024-01-10"),
        (relative("DAYS", 3), "2024-01-13"),
        (relative("WEEKS", 1), "2024-01-17"),
        (relative("MONTHS", 1), "2024-02-10"),
    ],
    ids=["no rule", "fixed date", "fixed midnight", "earlier date", "days", "weeks", "months"],
)
def test_the_window_ends_with_the_badge_or_the_latest_possible_expiry_of_an_issue(
    audit: Audit, issued: dict[str, Any] | None, last_day: str
) -> None:
    record = definition(
        start="2024-01-01T00:00:00Z", end="2024-01-10T12:00:00Z", limits=[every_days(1, 1)], issued=issued
    )
    assert audit([record])["cycles"][-1]["last_day"] == last_day


def test_the_expiry_of_an_earn_does_not_move_the_window_end(audit: Audit) -> None:
    record = definition(end="2024-01-03T00:00:00Z", limits=[every_days(1, 1)], earned=never())
    assert days_of(audit([record])) == ["2024-01-01..2024-01-01", "2024-01-02..2024-01-02"]


def test_the_window_end_is_that_of_the_last_version_up_to_as_of(audit: Audit) -> None:
    log = [
        definition(end="2024-01-03T00:00:00Z", limits=[every_days(2, 1)]),
        definition(end="2024-01-04T00:00:00Z", limits=[every_days(2, 1)], since="2024-01-02T00:00:00Z"),
    ]
    assert days_of(audit(log)) == ["2024-01-01..2024-01-02", "2024-01-03..2024-01-03"]
    assert days_of(audit(log, as_of="2024-01-01T23:59:59.999999Z")) == ["2024-01-01..2024-01-02"]


@pytest.mark.parametrize("end", ["2024-01-01T00:00:00Z", "2023-06-01T00:00:00Z"])
def test_an_end_that_is_not_after_the_start_gives_no_cycles(audit: Audit, end: str) -> None:
    log = [definition(end=end, limits=[every_days(1, 0)]), earn("B", "c1", "2024-01-01T10:00:00Z")]
    tables = audit(log)
    assert tables["cycles"] == []
    assert tables["breaches"] == []
    assert "outside-every-cycle" in tables.codes()


def test_cycles_are_shown_up_to_as_of_and_the_next_one(audit: Audit) -> None:
    record = definition(limits=[every_days(1, 1), every_month(1, "BADGE")])
    tables = audit([record], as_of="2024-01-03T00:00:00Z")
    assert days_of(tables, scope="CUSTOMER")[-1] == "2024-01-04..2024-01-04"
    assert days_of(tables, scope="BADGE") == ["2024-01-01..2024-01-31", "2024-02-01..2024-02-29"]
    before = audit([record], as_of="2023-12-15T00:00:00Z")
    assert days_of(before, scope="CUSTOMER") == ["2024-01-01..2024-01-01"]


def test_limits_without_fixed_window_have_no_cycles(audit: Audit) -> None:
    assert audit([definition(limits=[fixed_value(1), rolling(days=(1, 1))])])["cycles"] == []


# --- membership ---


def test_an_instant_belongs_to_the_cycle_whose_half_open_span_holds_it(audit: Audit) -> None:
    log = [
        definition(limits=[every_days(3, 9)]),
        earn("B", "c1", "2024-02-01T00:00:00Z", rid="r1", event="2024-01-03T23:59:59.999999Z"),
        earn("B", "c2", "2024-02-01T00:00:00Z", rid="r2", event="2024-01-04T00:00:00Z"),
        earn("B", "c3", "2024-02-01T00:00:00Z", rid="r3", event="2024-01-06T23:59:59.999999Z"),
        earn("B", "c4", "2024-02-01T00:00:00Z", rid="r4", event="2024-01-07T00:00:00Z"),
    ]
    audit(log).shows("cycle_counts", "customer_id | cycle_no\nc1 | 1\nc2 | 2\nc3 | 2\nc4 | 3")


def test_membership_is_by_event_at_and_the_order_inside_is_processing_order(audit: Audit) -> None:
    log = [
        definition(limits=[every_days(5, 1)]),
        earn("B", "c1", "2024-01-07T00:00:00Z", rid="processed second", event="2024-01-01T00:00:00Z"),
        earn("B", "c1", "2024-01-06T00:00:00Z", rid="processed first", event="2024-01-05T00:00:00Z"),
        earn("B", "c1", "2024-01-05T00:00:00Z", rid="next cycle", event="2024-01-06T00:00:00Z"),
    ]
    audit(log).shows("breaches", "request_id | count | window_start\nprocessed second | 2 | 2024-01-01T00:00Z")


def test_a_row_outside_every_cycle_is_not_judged_by_the_window(audit: Audit) -> None:
    log = [
        definition(start="2024-01-01T12:00:00Z", end="2024-01-10T12:00:00Z", limits=[every_days(5, 0)]),
        earn("B", "c1", "2024-02-01T00:00:00Z", rid="before", event="2023-12-31T23:59:59.999999Z"),
        earn("B", "c1", "2024-02-01T00:00:00Z", rid="first midnight", event="2024-01-01T00:00:00Z"),
        earn("B", "c1", "2024-02-01T00:00:00Z", rid="last day", event="2024-01-10T23:59:59.999999Z"),
        earn("B", "c1", "2024-02-01T00:00:00Z", rid="behind", event="2024-01-11T00:00:00Z"),
    ]
    tables = audit(log)
    assert sorted(tables.column("breaches", "request_id")) == ["first midnight", "last day"]
    tables.shows("findings", "request_id | severity\nbefore | error\nbehind | error", code="outside-every-cycle")


def test_outside_every_cycle_needs_a_fixed_window_in_force(audit: Audit) -> None:
    log = [definition(limits=[fixed_value(9)]), earn("B", "c1", "2024-02-01T00:00:00Z", event="2023-12-31T00:00:00Z")]
    assert audit(log).codes() == ["outside-badge-period"]


def test_outside_every_cycle_is_found_once_a_row(audit: Audit) -> None:
    log = [
        definition(limits=[every_days(5, 9), every_month(9, "BADGE")]),
        earn("B", "c1", "2024-02-01T00:00:00Z", event="2023-12-31T00:00:00Z"),
    ]
    assert audit(log).codes() == ["outside-badge-period", "outside-every-cycle"]


def test_ties_of_one_bulk_request_are_counted_one_by_one_in_array_order(audit: Audit) -> None:
    log = [
        definition(limits=[every_days(5, 2, "BADGE"), every_month(1)]),
        earn_bulk("B", ["c2", "c1", "c2", "c3"], "2024-01-02T00:00:00Z"),
    ]
    audit(log).shows(
        "breaches",
        """
        limit_name                   | customer_id | issuance_id | count
        BADGE:FIXED_WINDOW:DAYS:5    | c2          | r1.2        | 3
        BADGE:FIXED_WINDOW:DAYS:5    | c3          | r1.3        | 4
        CUSTOMER:FIXED_WINDOW:MONTHS | c2          | r1.2        | 2
        """,
    )


def test_cycle_counts_show_count_number_headroom_and_breached(audit: Audit) -> None:
    log = [
        definition(limits=[every_days(5, 2), every_month(2, "BADGE")]),
        *(earn("B", "c1", f"2024-01-0{day}T00:00:00Z", rid=f"r{day}") for day in (1, 2, 3, 6)),
        earn("B", "c2", "2024-01-02T00:00:00Z", rid="other"),
    ]
    audit(log).shows(
        "cycle_counts",
        """
        scope    | cycle_no | customer_id | limit_name                   | first_day  | last_day   | count | number | headroom | breached
        BADGE    | 1        |             | BADGE:FIXED_WINDOW:MONTHS    | 2024-01-01 | 2024-01-31 | 5     | 2      | -3       | true
        CUSTOMER | 1        | c1          | CUSTOMER:FIXED_WINDOW:DAYS:5 | 2024-01-01 | 2024-01-05 | 3     | 2      | -1       | true
        CUSTOMER | 1        | c2          | CUSTOMER:FIXED_WINDOW:DAYS:5 | 2024-01-01 | 2024-01-05 | 1     | 2      | 1        | false
        CUSTOMER | 2        | c1          | CUSTOMER:FIXED_WINDOW:DAYS:5 | 2024-01-06 | 2024-01-10 | 1     | 2      | 1        | false
        """,  # noqa: E501
    )
