"""Straddle: legal in each fixed cycle, but more than the number within one trailing window (RULEBOOK 9)."""

from __future__ import annotations

from harness import Audit, Record, definition, earn, every_days, every_month, every_week, fixed_value


def earns(*instants: str, customer: str = "c1") -> list[Record]:
    """One earn at each instant; its request id is customer and place."""
    return [earn("B", customer, at, rid=f"{customer}.{place}") for place, at in enumerate(instants, start=1)]


def straddling(audit: Audit, *log: object, **asked: str) -> list[str]:
    return sorted(audit(list(log), **asked).column("findings", "request_id", code="straddle"))


def test_more_than_the_number_within_one_trailing_window_across_two_cycles_is_a_notice(audit: Audit) -> None:
    badge = definition("B", limits=[every_days(3, 3)])
    days = ("2024-01-02T12:00:00Z", "2024-01-03T12:00:00Z", "2024-01-04T12:00:00Z", "2024-01-05T11:59:59Z")
    tables = audit([badge, *earns(*days)])
    assert tables["breaches"] == []
    tables.shows(
        "findings",
        """
        severity | customer_id | request_id | detail
        notice   | c1          | c1.4       | CUSTOMER:FIXED_WINDOW:DAYS:3: 4 within one trailing window, 3 allowed
        """,
    )


def test_the_window_is_open_at_its_beginning(audit: Audit) -> None:
    badge = definition("B", limits=[every_days(1, 1)])
    assert straddling(audit, badge, *earns("2024-01-01T12:00:00Z", "2024-01-02T12:00:00Z")) == []
    assert straddling(audit, badge, *earns("2024-01-01T12:00:00Z", "2024-01-02T11:59:59.999999Z")) == ["c1.2"]


def test_a_week_is_168_hours_and_a_month_a_calendar_month(audit: Audit) -> None:
    weeks = definition("B", limits=[every_week("MONDAY", 1)])
    assert straddling(audit, weeks, *earns("2024-01-05T12:00:00Z", "2024-01-12T12:00:00Z")) == []
    assert straddling(audit, weeks, *earns("2024-01-05T12:00:00Z", "2024-01-12T11:00:00Z")) == ["c1.2"]
    months = definition("B", limits=[every_month(1)])
    assert straddling(audit, months, *earns("2024-02-29T12:00:00Z", "2024-03-31T12:00:00Z")) == []
    assert straddling(audit, months, *earns("2024-02-29T12:00:01Z", "2024-03-29T12:00:00Z")) == ["c1.2"]
    assert straddling(audit, months, *earns("2024-02-29T12:00:01Z", "2024-03-31T12:00:00Z")) == ["c1.2"]


def test_a_calendar_month_is_one_of_the_zone(audit: Audit) -> None:
    """In April, 13:30 of Berlin's summer time is 11:30 UTC; in March it was 12:30 UTC."""
    months = definition("B", limits=[every_month(1)])
    log = earns("2024-03-15T12:30:00Z", "2024-04-15T12:00:00Z")
    assert straddling(audit, months, *log) == ["c1.2"]
    assert straddling(audit, months, *log, zone="Europe/Berlin") == []
    log = earns("2024-03-15T12:30:00Z", "2024-04-15T11:29:59Z")
    assert straddling(audit, months, *log, zone="Europe/Berlin") == ["c1.2"]


def test_each_scope_is_looked_at_and_a_row_that_straddles_in_both_is_told_once(audit: Audit) -> None:
    badge = definition("B", limits=[every_days(1, 1), every_days(2, 2, "BADGE")])
    log = [
        *earns("2024-01-02T18:00:00Z", "2024-01-03T06:00:00Z"),
        earn("B", "c2", "2024-01-02T12:00:00Z", rid="c2.1"),
        earn("B", "c3", "2024-01-04T05:00:00Z", rid="c3.1"),
    ]
    tables = audit([badge, *log])
    assert tables["breaches"] == []
    badges = "BADGE:FIXED_WINDOW:DAYS:2: {} within one trailing window, 2 allowed"
    customers = "CUSTOMER:FIXED_WINDOW:DAYS:1: 2 within one trailing window, 1 allowed"
    found = [(row["request_id"], row["detail"]) for row in tables.rows("findings", code="straddle")]
    assert sorted(found) == [("c1.2", f"{badges.format(3)}; {customers}"), ("c3.1", badges.format(4))]


def test_after_a_breach_in_the_window_nothing_straddles(audit: Audit) -> None:
    badge = definition("B", limits=[every_days(3, 1)])
    breached = earns("2024-01-02T00:00:00Z", "2024-01-03T12:00:00Z", "2024-01-04T00:00:00Z")
    assert audit([badge, *breached]).column("breaches", "request_id") == ["c1.2"]
    assert straddling(audit, badge, *breached) == []
    later = earns("2024-01-02T00:00:00Z", "2024-01-03T12:00:00Z", "2024-01-06T12:00:00Z", "2024-01-07T00:00:00Z")
    assert straddling(audit, badge, *later) == ["c1.4"]


def test_a_breach_of_another_limit_hides_no_straddle(audit: Audit) -> None:
    badge = definition("B", limits=[every_days(1, 1), fixed_value(0), every_days(1, 1, "BADGE")])
    log = [
        earn("B", "c2", "2024-01-01T12:00:00Z", rid="c2.1"),
        *earns("2024-01-01T18:00:00Z", "2024-01-02T06:00:00Z"),
    ]
    tables = audit([badge, *log])
    tables.shows(
        "findings",
        "request_id | detail\nc1.2 | CUSTOMER:FIXED_WINDOW:DAYS:1: 2 within one trailing window, 1 allowed",
        code="straddle",
    )


def test_a_number_of_0_allows_none_and_straddles_never(audit: Audit) -> None:
    assert straddling(audit, definition("B", limits=[every_days(1, 0)]), *earns("2024-01-01T12:00:00Z")) == []


def test_rows_are_taken_by_event_and_equal_events_in_processing_order(audit: Audit) -> None:
    badge = definition("B", limits=[every_days(1, 1)])
    log = [
        earn("B", "c1", "2024-01-05T00:00:00Z", rid="r1", event="2024-01-02T06:00:00Z"),
        earn("B", "c1", "2024-01-06T00:00:00Z", rid="r2", event="2024-01-01T18:00:00Z"),
    ]
    assert straddling(audit, badge, *log) == ["r1"]


def test_rows_that_do_not_count_or_belong_to_others_do_not_straddle(audit: Audit) -> None:
    badge = definition("B", limits=[every_days(1, 1)])
    log = [
        earn("B", "c1", "2024-01-01T12:00:00Z", rid="r1", answer=816),
        earn("B", "c2", "2024-01-01T18:00:00Z", rid="r2"),
        earn("B", "c1", "2024-01-02T06:00:00Z", rid="r3"),
    ]
    assert straddling(audit, badge, *log) == []


def test_the_length_and_the_number_are_those_of_the_cycle_that_holds_the_event(audit: Audit) -> None:
    """Every 2 days becomes every month: earns before the 1st are looked at with 48 hours, those behind with a month."""
    badge = definition("B", limits=[every_days(2, 1)])
    months = definition("B", limits=[every_month(2)], since="2024-01-10T00:00:00Z")
    log = earns("2024-01-29T12:00:00Z", "2024-01-31T11:00:00Z", "2024-02-01T00:00:00Z", "2024-02-03T00:00:00Z")
    audit([badge, months, *log]).shows(
        "findings",
        """
        request_id | detail
        c1.2       | CUSTOMER:FIXED_WINDOW:DAYS:2: 2 within one trailing window, 1 allowed
        c1.3       | CUSTOMER:FIXED_WINDOW:MONTHS: 3 within one trailing window, 2 allowed
        c1.4       | CUSTOMER:FIXED_WINDOW:MONTHS: 4 within one trailing window, 2 allowed
        """,
        code="straddle",
    )
