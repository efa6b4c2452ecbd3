"""Changes of a fixed window on a live badge: which cycles there are, and whose number judges (RULEBOOK 6.1).

The badge of these tests begins on Monday, 1 January 2024.
"""

from __future__ import annotations

from typing import Any

from harness import Audit, Record, definition, earn, every_days, every_month, every_week, fixed_value, rolling

END = "2024-02-11T00:00:00Z"


def version(since: str, *limits: Record, start: str = "2024-01-01T00:00:00Z", end: str = END, **other: Any) -> Record:
    return definition(start=start, end=end, since=since, limits=limits, **other)


FIRST = version("2023-12-01T00:00:00Z", every_days(5, 1))


def timeline(audit: Audit, *log: Record, scope: str = "CUSTOMER", **rules: str) -> list[str]:
    """Each cycle of the scope as `day..day geometry`, its number checked."""
    rows = audit(log, **rules).rows("cycles", scope=scope)
    assert [row["cycle_no"] for row in rows] == [str(number) for number in range(1, len(rows) + 1)]
    return [f"{row['first_day'][5:]}..{row['last_day'][5:]} {row['limit_name'].split(':', 2)[2]}" for row in rows]


# --- before the badge is live ---


def test_before_the_badge_is_live_an_update_simply_replaces_start_included(audit: Audit) -> None:
    update = version("2023-12-31T23:59:59.999999Z", every_days(20, 1), start="2024-01-03T00:00:00Z")
    assert timeline(audit, FIRST, update) == ["01-03..01-22 DAYS:20", "01-23..02-10 DAYS:20"]


def test_a_badge_is_live_when_the_start_of_the_version_before_is_at_or_before_the_update(audit: Audit) -> None:
    at_start = version("2024-01-01T00:00:00Z", every_days(20, 1), start="2024-01-03T00:00:00Z")
    assert timeline(audit, FIRST, at_start) == ["01-01..01-05 DAYS:5", "01-06..01-25 DAYS:20", "01-26..02-10 DAYS:20"]


def test_a_start_moved_on_a_live_badge_moves_no_cycle(audit: Audit) -> None:
    moved = version("2024-01-07T00:00:00Z", every_days(5, 1), start="2024-01-09T00:00:00Z")
    assert timeline(audit, FIRST, moved)[:3] == ["01-01..01-05 DAYS:5", "01-06..01-10 DAYS:5", "01-11..01-15 DAYS:5"]


# --- change of geometry ---


def test_the_cycle_that_holds_the_change_runs_to_its_end_and_days_begin_the_next_day(audit: Audit) -> None:
    update = version("2024-01-07T12:00:00Z", every_days(30, 1))
    assert timeline(audit, FIRST, update) == [
        "01-01..01-05 DAYS:5",
        "01-06..01-10 DAYS:5",
        "01-11..02-09 DAYS:30",
        "02-10..02-10 DAYS:30",
    ]


def test_a_change_at_the_first_instant_of_a_cycle_is_held_by_that_cycle(audit: Audit) -> None:
    update = version("2024-01-06T00:00:00Z", every_days(30, 1))
    assert timeline(audit, FIRST, update)[1:3] == ["01-06..01-10 DAYS:5", "01-11..02-09 DAYS:30"]


def test_a_change_in_the_last_microsecond_of_a_cycle_begins_the_next_day(audit: Audit) -> None:
    update = version("2024-01-05T23:59:59.999999Z", every_days(30, 1))
    assert timeline(audit, FIRST, update)[:2] == ["01-01..01-05 DAYS:5", "01-06..02-04 DAYS:30"]


def test_weeks_begin_on_the_next_start_day_and_the_old_cycles_fill_the_gap_the_last_of_them_cut(audit: Audit) -> None:
    update = version("2024-01-07T12:00:00Z", every_week("THURSDAY", 1))
    assert timeline(audit, FIRST, update)[:5] == [
        "01-01..01-05 DAYS:5",
        "01-06..01-10 DAYS:5",
        "01-11..01-17 WEEKS:THURSDAY",
        "01-18..01-24 WEEKS:THURSDAY",
        "01-25..01-31 WEEKS:THURSDAY",
    ]
    later = version("2024-01-07T12:00:00Z", every_week("WEDNESDAY", 1))
    assert timeline(audit, FIRST, later)[:5] == [
        "01-01..01-05 DAYS:5",
        "01-06..01-10 DAYS:5",
        "01-11..01-15 DAYS:5",
        "01-16..01-16 DAYS:5",
        "01-17..01-23 WEEKS:WEDNESDAY",
    ]


def test_months_begin_on_the_next_first(audit: Audit) -> None:
    weeks = version("2023-12-01T00:00:00Z", every_week("MONDAY", 1))
    update = version("2024-01-10T00:00:00Z", every_month(1))
    assert timeline(audit, weeks, update) == [
        "01-01..01-07 WEEKS:MONDAY",
        "01-08..01-14 WEEKS:MONDAY",
        "01-15..01-21 WEEKS:MONDAY",
        "01-22..01-28 WEEKS:MONDAY",
        "01-29..01-31 WEEKS:MONDAY",
        "02-01..02-10 MONTHS",
    ]


def test_a_month_that_holds_the_change_runs_to_its_end(audit: Audit) -> None:
    months = version("2023-12-01T00:00:00Z", every_month(1))
    update = version("2024-01-10T00:00:00Z", every_days(3, 1))
    assert timeline(audit, months, update)[:2] == ["01-01..01-31 MONTHS", "02-01..02-03 DAYS:3"]


def test_another_start_day_is_another_geometry(audit: Audit) -> None:
    mondays = version("2023-12-01T00:00:00Z", every_week("MONDAY", 1))
    update = version("2024-01-10T00:00:00Z", every_week("WEDNESDAY", 1))
    assert timeline(audit, mondays, update)[:4] == [
        "01-01..01-07 WEEKS:MONDAY",
        "01-08..01-14 WEEKS:MONDAY",
        "01-15..01-16 WEEKS:MONDAY",
        "01-17..01-23 WEEKS:WEDNESDAY",
    ]


# --- while a configuration waits ---

WAITING = version("2024-01-07T12:00:00Z", every_week("WEDNESDAY", 3))  # waits for Wednesday, 17 January


def test_a_later_change_replaces_the_waiting_configuration_counted_from_its_own_instant(audit: Audit) -> None:
    replacing = version("2024-01-12T00:00:00Z", every_month(1))
    assert timeline(audit, FIRST, WAITING, replacing) == [
        "01-01..01-05 DAYS:5",
        "01-06..01-10 DAYS:5",
        "01-11..01-15 DAYS:5",
        "01-16..01-20 DAYS:5",
        "01-21..01-25 DAYS:5",
        "01-26..01-30 DAYS:5",
        "01-31..01-31 DAYS:5",
        "02-01..02-10 MONTHS",
    ]


def test_the_cut_cycle_before_a_waiting_configuration_is_whole_again_when_that_is_replaced(audit: Audit) -> None:
    """On 16 January the cycle that would be cut at the 16th is the one of 16 to 20 January."""
    replacing = version("2024-01-16T12:00:00Z", every_days(30, 1))
    assert timeline(audit, FIRST, WAITING, replacing)[3:] == ["01-16..01-20 DAYS:5", "01-21..02-10 DAYS:30"]


def test_on_its_first_day_the_waiting_configuration_is_active(audit: Audit) -> None:
    update = version("2024-01-17T00:00:00Z", every_days(30, 1))
    assert timeline(audit, FIRST, WAITING, update)[3:] == [
        "01-16..01-16 DAYS:5",
        "01-17..01-23 WEEKS:WEDNESDAY",
        "01-24..02-10 DAYS:30",
    ]


def test_a_change_back_to_the_active_geometry_removes_the_waiting_configuration(audit: Audit) -> None:
    back = version("2024-01-12T00:00:00Z", every_days(5, 2))
    assert timeline(audit, FIRST, WAITING, back)[2:5] == [
        "01-11..01-15 DAYS:5",
        "01-16..01-20 DAYS:5",
        "01-21..01-25 DAYS:5",
    ]


def test_a_change_of_number_alone_keeps_the_start_of_the_waiting_configuration(audit: Audit) -> None:
    renumbered = version("2024-01-12T00:00:00Z", every_week("WEDNESDAY", 7))
    assert timeline(audit, FIRST, WAITING, renumbered)[3:5] == ["01-16..01-16 DAYS:5", "01-17..01-23 WEEKS:WEDNESDAY"]


def test_a_version_without_fixed_window_cancels_the_waiting_configuration(audit: Audit) -> None:
    none = version("2024-01-12T00:00:00Z", rolling(days=(1, 1)))
    assert timeline(audit, FIRST, WAITING, none)[2:5] == [
        "01-11..01-15 DAYS:5",
        "01-16..01-20 DAYS:5",
        "01-21..01-25 DAYS:5",
    ]


def test_a_change_after_the_window_end_changes_nothing(audit: Audit) -> None:
    first = version("2023-12-01T00:00:00Z", every_days(5, 1), end="2024-01-12T00:00:00Z")
    update = version("2024-01-12T00:00:00Z", every_days(2, 1), end="2024-01-12T00:00:00Z")
    assert timeline(audit, first, update) == ["01-01..01-05 DAYS:5", "01-06..01-10 DAYS:5", "01-11..01-11 DAYS:5"]


def test_the_last_cycle_is_cut_through_all_changes(audit: Audit) -> None:
    update = version("2024-01-07T12:00:00Z", every_week("WEDNESDAY", 1), end="2024-01-19T00:00:00Z")
    assert timeline(audit, FIRST, update)[3:] == ["01-16..01-16 DAYS:5", "01-17..01-18 WEEKS:WEDNESDAY"]


# --- without a fixed window ---


def test_the_cycles_keep_running_unjudged_while_no_version_has_a_fixed_window(audit: Audit) -> None:
    log = [
        FIRST,
        version("2024-01-07T00:00:00Z"),
        version("2024-01-13T00:00:00Z", every_days(5, 1)),
        earn("B", "c1", "2024-01-05T00:00:00Z", rid="judged"),
        earn("B", "c1", "2024-01-08T00:00:00Z", rid="unjudged"),
        earn("B", "c1", "2024-01-11T00:00:00Z", rid="unjudged too"),
        earn("B", "c1", "2024-01-14T00:00:00Z", rid="judged again"),
    ]
    tables = audit(log)
    tables.shows("breaches", "request_id | count | window_start\njudged again | 2 | 2024-01-11T00:00Z")
    assert timeline(audit, *log)[:4] == [
        "01-01..01-05 DAYS:5",
        "01-06..01-10 DAYS:5",
        "01-11..01-15 DAYS:5",
        "01-16..01-20 DAYS:5",
    ]
    tables.shows(
        "cycle_counts",
        """
        cycle_no | count | number | headroom | breached
        1        | 1     | 1      | 0        | false
        2        | 1     |        |          | false
        3        | 2     | 1      | -1       | true
        """,
    )


def test_another_geometry_after_a_pause_is_a_change_at_its_own_instant(audit: Audit) -> None:
    log = [
        FIRST,
        version("2024-01-07T00:00:00Z"),
        version("2024-01-17T00:00:00Z", every_week("MONDAY", 1)),
    ]
    assert timeline(audit, *log)[2:6] == [
        "01-11..01-15 DAYS:5",
        "01-16..01-20 DAYS:5",
        "01-21..01-21 DAYS:5",
        "01-22..01-28 WEEKS:MONDAY",
    ]


def test_a_first_fixed_window_on_a_live_badge_begins_on_the_day_of_its_update(audit: Audit) -> None:
    for window, cycles in (
        (every_days(20, 1), ["01-10..01-29 DAYS:20", "01-30..02-10 DAYS:20"]),
        (every_week("FRIDAY", 1), ["01-10..01-11 WEEKS:FRIDAY", "01-12..01-18 WEEKS:FRIDAY"]),
        (every_month(1), ["01-10..01-31 MONTHS", "02-01..02-10 MONTHS"]),
    ):
        log = [version("2023-12-01T00:00:00Z"), version("2024-01-10T15:00:00Z", window)]
        assert timeline(audit, *log)[:2] == cycles


def test_scopes_have_timelines_of_their_own(audit: Audit) -> None:
    log = [
        version("2023-12-01T00:00:00Z", every_days(20, 1), every_days(30, 1, "BADGE")),
        version("2024-01-07T12:00:00Z", every_days(20, 1), every_month(1, "BADGE")),
    ]
    assert timeline(audit, *log) == ["01-01..01-20 DAYS:20", "01-21..02-09 DAYS:20", "02-10..02-10 DAYS:20"]
    assert timeline(audit, *log, scope="BADGE") == [
        "01-01..01-30 DAYS:30",
        "01-31..01-31 DAYS:30",
        "02-01..02-10 MONTHS",
    ]


# --- whose number judges ---


def test_a_change_of_number_alone_judges_from_its_instant_on(audit: Audit) -> None:
    log = [
        FIRST,
        version("2024-01-03T00:00:00Z", every_days(5, 3)),
        *(earn("B", "c1", f"2024-01-0{day}T00:00:00Z", rid=f"r{day}") for day in (1, 2, 3, 4)),
    ]
    audit(log).shows("breaches", "request_id | count | number\nr2 | 2 | 1\nr4 | 4 | 3")


def test_a_cycle_of_an_earlier_configuration_is_judged_by_the_last_number_that_carried_it(audit: Audit) -> None:
    log = [
        FIRST,
        version("2024-01-06T00:00:00Z", every_days(5, 2)),
        WAITING,
        earn("B", "c1", "2024-01-08T00:00:00Z", rid="r1"),
        earn("B", "c1", "2024-01-08T00:00:00Z", rid="r2"),
        earn("B", "c1", "2024-01-08T00:00:00Z", rid="r3"),
    ]
    tables = audit(log)
    tables.shows(
        "breaches",
        """
        limit_name                   | request_id | count | number | window_start      | window_end
        CUSTOMER:FIXED_WINDOW:DAYS:5 | r3         | 3     | 2      | 2024-01-06T00:00Z | 2024-01-11T00:00Z
        """,
    )
    assert tables.column("breaches", "version")[0].startswith("2024-01-07T12:00:00.000000Z~")


def test_a_row_processed_before_its_configuration_was_known_is_judged_by_its_first_number(audit: Audit) -> None:
    log = [
        FIRST,
        version("2024-01-07T12:00:00Z", every_week("WEDNESDAY", 0)),
        version("2024-01-16T00:00:00Z", every_week("WEDNESDAY", 9)),
        earn("B", "c1", "2024-01-06T00:00:00Z", rid="before", event="2024-01-18T00:00:00Z"),
        earn("B", "c2", "2024-01-18T00:00:00Z", rid="after", event="2024-01-18T00:00:00Z"),
    ]
    audit(log).shows(
        "breaches",
        "limit_name | request_id | number\nCUSTOMER:FIXED_WINDOW:WEEKS:WEDNESDAY | before | 0",
    )


def test_a_row_is_not_judged_when_the_version_in_force_has_no_fixed_window_in_that_scope(audit: Audit) -> None:
    log = [
        version("2023-12-01T00:00:00Z", every_days(5, 0), every_days(5, 0, "BADGE")),
        version("2024-01-07T00:00:00Z", every_days(5, 0, "BADGE"), fixed_value(9)),
        earn("B", "c1", "2024-01-08T00:00:00Z", event="2024-01-02T00:00:00Z"),
    ]
    assert audit(log).column("breaches", "limit_name") == ["BADGE:FIXED_WINDOW:DAYS:5"]


def test_two_stretches_of_one_configuration_share_their_numbers(audit: Audit) -> None:
    """DAYS:5 with 1, then weeks, then DAYS:5 with 4: a late row of the first stretch is judged by 4."""
    log = [
        FIRST,
        version("2024-01-04T00:00:00Z", every_week("MONDAY", 1)),
        version("2024-01-10T00:00:00Z", every_days(5, 4)),
        earn("B", "c1", "2024-01-02T00:00:00Z", rid="r1"),
        earn("B", "c1", "2024-01-03T00:00:00Z", rid="r2"),
        earn("B", "c1", "2024-01-11T00:00:00Z", rid="r3", event="2024-01-02T00:00:00Z"),
    ]
    tables = audit(log)
    tables.shows("breaches", "request_id | number\nr2 | 1")
    tables.shows("cycle_counts", "cycle_no | count | number | headroom\n1 | 3 | 4 | 1")
