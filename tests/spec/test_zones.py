"""Days and months are cut in the zone of the platform's cluster (RULEBOOK 2)."""

from __future__ import annotations

import pytest
from harness import Audit, definition, earn, every_days, every_month, every_week, relative, rolling


@pytest.mark.parametrize(
    ("zone", "day", "starts_at", "ends_at"),
    [
        ("UTC", "2024-03-10", "2024-03-10T00:00Z", "2024-03-11T00:00Z"),
        ("Asia/Kolkata", "2024-03-10", "2024-03-09T18:30Z", "2024-03-10T18:30Z"),
        # 23 and 25 hours
        ("America/New_York", "2024-03-10", "2024-03-10T05:00Z", "2024-03-11T04:00Z"),
        ("America/New_York", "2024-11-03", "2024-11-03T04:00Z", "2024-11-04T05:00Z"),
        ("Europe/Berlin", "2024-03-31", "2024-03-30T23:00Z", "2024-03-31T22:00Z"),
        ("Europe/Berlin", "2024-10-27", "2024-10-26T22:00Z", "2024-10-27T23:00Z"),
        # half an hour of summer time
        ("Australia/Lord_Howe", "2024-04-07", "2024-04-06T13:00Z", "2024-04-07T13:30Z"),
        ("Australia/Lord_Howe", "2024-10-06", "2024-10-05T13:30Z", "2024-10-06T13:00Z"),
        # midnight itself is skipped: the day starts at its first instant, 01:00 summer time
        ("America/Havana", "2024-03-10", "2024-03-10T05:00Z", "2024-03-11T04:00Z"),
        # midnight itself is doubled: the day starts at the first of the two
        ("America/Havana", "2024-11-03", "2024-11-03T04:00Z", "2024-11-04T05:00Z"),
        ("America/Havana", "2024-11-02", "2024-11-02T04:00Z", "2024-11-03T04:00Z"),
    ],
)
def test_a_cycle_is_a_run_of_whole_local_days(audit: Audit, zone: str, day: str, starts_at: str, ends_at: str) -> None:
    tables = audit([definition(limits=[every_days(1, 1)])], zone=zone)
    tables.shows("cycles", f"last_day | starts_at | ends_at\n{day} | {starts_at} | {ends_at}", first_day=day)


def test_the_first_cycle_begins_on_the_local_day_of_the_start(audit: Audit) -> None:
    record = definition(
        start="2024-01-31T20:00:00Z",
        end="2024-02-29T18:30:00.000001Z",
        limits=[every_month(1), every_week("SUNDAY", 1, "BADGE")],
    )
    audit([record], zone="Asia/Kolkata").shows(
        "cycles",
        """
        scope    | cycle_no | first_day  | last_day
        CUSTOMER | 1        | 2024-02-01 | 2024-02-29
        CUSTOMER | 2        | 2024-03-01 | 2024-03-01
        BADGE    | 1        | 2024-02-01 | 2024-02-03
        BADGE    | 2        | 2024-02-04 | 2024-02-10
        BADGE    | 3        | 2024-02-11 | 2024-02-17
        BADGE    | 4        | 2024-02-18 | 2024-02-24
        BADGE    | 5        | 2024-02-25 | 2024-03-01
        """,
    )


def test_both_hours_of_an_autumn_night_are_of_one_day(audit: Audit) -> None:
    """New York, 3 November 2024: 05:30Z is 01:30 for the first time, 06:30Z for the second."""
    log = [
        definition(limits=[every_days(1, 1)]),
        earn("B", "c1", "2024-11-03T05:30:00Z", rid="first 01:30"),
        earn("B", "c1", "2024-11-03T06:30:00Z", rid="second 01:30"),
        earn("B", "c2", "2024-11-03T03:59:59.999999Z", rid="day before"),
        earn("B", "c2", "2024-11-03T04:00:00Z", rid="day"),
        earn("B", "c2", "2024-11-04T04:59:59.999999Z", rid="same day"),
        earn("B", "c2", "2024-11-04T05:00:00Z", rid="day after"),
    ]
    tables = audit(log, zone="America/New_York")
    assert sorted(tables.column("breaches", "request_id")) == ["same day", "second 01:30"]


def test_a_doubled_midnight_belongs_to_the_day_from_its_first_occurrence_on(audit: Audit) -> None:
    """Havana, 3 November 2024: 00:30 occurs at 04:30Z and at 05:30Z."""
    log = [
        definition(limits=[every_days(1, 1)]),
        earn("B", "c1", "2024-11-03T04:00:00Z", rid="r1"),
        earn("B", "c1", "2024-11-03T05:30:00Z", rid="r2"),
        earn("B", "c2", "2024-11-03T03:59:59.999999Z", rid="r3"),
        earn("B", "c2", "2024-11-03T04:30:00Z", rid="r4"),
    ]
    assert audit(log, zone="America/Havana").column("breaches", "request_id") == ["r2"]


@pytest.mark.parametrize(
    ("zone", "base", "expires"),
    [
        ("UTC", "2024-01-31T10:00:00Z", "2024-02-29T10:00Z"),
        ("Asia/Kolkata", "2024-01-30T20:00:00Z", "2024-02-28T20:00Z"),
        # 02:30 does not exist on 10 March: forward by the gap, to 03:30
        ("America/New_York", "2024-02-10T07:30:00Z", "2024-03-10T07:30Z"),
        # 01:30 occurs twice on 3 November: the first
        ("America/New_York", "2024-10-03T05:30:00Z", "2024-11-03T05:30Z"),
        # 02:15 does not exist on 6 October: forward by half an hour, to 02:45 (+11)
        ("Australia/Lord_Howe", "2024-09-05T15:45:00Z", "2024-10-05T15:45Z"),
        # 01:45 occurs twice on 7 April: the first (+11)
        ("Australia/Lord_Howe", "2024-03-06T14:45:00Z", "2024-04-06T14:45Z"),
        # midnight does not exist on 10 March: 01:00
        ("America/Havana", "2024-02-10T05:00:00Z", "2024-03-10T05:00Z"),
        # the same wall time behind the change is another offset
        ("Europe/Berlin", "2024-03-15T11:00:00Z", "2024-04-15T10:00Z"),
    ],
)
def test_a_calendar_month_ahead_is_the_same_wall_time(audit: Audit, zone: str, base: str, expires: str) -> None:
    tables = audit([definition(earned=relative("MONTHS", 1)), earn("B", "c1", base)], zone=zone)
    tables.shows("expirations", f"expires_at\n{expires}")


@pytest.mark.parametrize(
    ("zone", "at", "start"),
    [
        ("UTC", "2024-03-31T10:00:00Z", "2024-02-29T10:00:00.000001Z"),
        # 02:30 does not exist on 10 March: 03:30 (-4)
        ("America/New_York", "2024-04-10T06:30:00Z", "2024-03-10T07:30:00.000001Z"),
        # 01:30 occurs twice on 3 November: the first (-4)
        ("America/New_York", "2024-12-03T06:30:00Z", "2024-11-03T05:30:00.000001Z"),
        # the row lies in the second 01:30; a month back is the same wall time
        ("America/New_York", "2024-11-03T06:30:00Z", "2024-10-03T05:30:00.000001Z"),
        ("Australia/Lord_Howe", "2024-05-06T15:15:00Z", "2024-04-06T14:45:00.000001Z"),
        ("America/Havana", "2024-04-10T04:00:00Z", "2024-03-10T05:00:00.000001Z"),
        ("Asia/Kolkata", "2024-03-30T20:00:00Z", "2024-02-28T20:00:00.000001Z"),
    ],
)
def test_a_calendar_month_back_is_the_same_wall_time(audit: Audit, zone: str, at: str, start: str) -> None:
    tables = audit([definition(limits=[rolling(months=(1, 0))]), earn("B", "c1", at)], zone=zone)
    tables.shows("breaches", f"window_start\n{start}")


def test_days_and_weeks_used_as_durations_are_exactly_24_and_168_hours(audit: Audit) -> None:
    """Across the night of 10 March in New York."""
    log = [
        definition("B", earned=relative("DAYS", 1), limits=[rolling(days=(1, 0), weeks=(1, 0))]),
        earn("B", "c1", "2024-03-10T17:00:00Z"),
    ]
    tables = audit(log, zone="America/New_York")
    tables.shows("expirations", "expires_at\n2024-03-11T17:00Z")
    tables.shows(
        "breaches",
        """
        limit_name                      | window_start
        CUSTOMER:ROLLING_WINDOW:DAYS:1  | 2024-03-09T17:00:00.000001Z
        CUSTOMER:ROLLING_WINDOW:WEEKS:1 | 2024-03-03T17:00:00.000001Z
        """,
    )


def test_a_local_day_edge_is_the_first_instant_of_that_day(audit: Audit) -> None:
    log = [
        definition(limits=[rolling(days=(1, 0))]),
        earn("B", "spring", "2024-03-10T12:00:00Z", rid="r1"),
        earn("B", "autumn", "2024-11-03T12:00:00Z", rid="r2"),
    ]
    audit(log, zone="America/Havana", rolling_edge="local-day").shows(
        "breaches",
        """
        customer_id | window_start
        spring      | 2024-03-10T05:00Z
        autumn      | 2024-11-03T04:00Z
        """,
    )


def test_the_local_day_of_daily_is_that_of_processed_at(audit: Audit) -> None:
    log = [
        definition(),
        earn("B", "c1", "2024-02-01T18:29:59.999999Z", rid="r1"),
        earn("B", "c2", "2024-02-01T18:30:00Z", rid="r2"),
    ]
    audit(log, zone="Asia/Kolkata").shows("daily", "day | requests\n2024-02-01 | 1\n2024-02-02 | 1")
