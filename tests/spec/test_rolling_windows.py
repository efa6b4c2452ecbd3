"""Rolling windows, with both clocks and both edges (RULEBOOK 6.2)."""

from __future__ import annotations

import pytest
from harness import Audit, Record, badge_rolling, definition, earn, earn_bulk, rolling, unanswered


def earns(*instants: str, customer: str = "c1") -> list[Record]:
    """One earn at each instant; the request id is its place, from 1."""
    return [earn("B", customer, at, rid=f"r{place}") for place, at in enumerate(instants, start=1)]


def counts(audit: Audit, limit: Record, *instants: str, **rules: str) -> list[int]:
    """The count of each earn, read off the breaches of a limit that allows none."""
    tables = audit([definition(limits=[limit], start="2023-01-01T00:00:00Z"), *earns(*instants)], **rules)
    found = {row["request_id"]: int(row["count"]) for row in tables["breaches"]}
    return [found[f"r{place}"] for place in range(1, len(instants) + 1)]


ONE_DAY, ONE_WEEK, ONE_MONTH = rolling(days=(1, 0)), rolling(weeks=(1, 0)), rolling(months=(1, 0))


def test_the_span_is_open_at_its_start_and_closed_at_its_row(audit: Audit) -> None:
    """A row exactly 24 h ago is out, one a microsecond later is in."""
    assert counts(audit, ONE_DAY, "2024-02-01T10:00:00Z", "2024-02-02T10:00:00Z") == [1, 1]
    assert counts(audit, ONE_DAY, "2024-02-01T10:00:00.000001Z", "2024-02-02T10:00:00Z") == [1, 2]


def test_weeks_are_168_hours(audit: Audit) -> None:
    assert counts(audit, ONE_WEEK, "2024-02-01T10:00:00Z", "2024-02-08T09:59:59.999999Z", "2024-02-08T10:00:00Z") == [
        1,
        2,
        2,
    ]


def test_several_units_make_a_longer_span(audit: Audit) -> None:
    limit = badge_rolling("DAYS", 3, 0)
    assert counts(audit, limit, "2024-02-01T10:00:00Z", "2024-02-03T00:00:00Z", "2024-02-04T10:00:00Z") == [1, 2, 2]


def test_the_evidence_is_the_span_of_the_row(audit: Audit) -> None:
    tables = audit([definition(limits=[ONE_DAY, badge_rolling("MONTHS", 2, 0)]), *earns("2024-04-30T10:00:00Z")])
    tables.shows(
        "breaches",
        """
        limit_name                     | window_start                | window_end
        CUSTOMER:ROLLING_WINDOW:DAYS:1 | 2024-04-29T10:00:00.000001Z | 2024-04-30T10:00:00.000001Z
        BADGE:ROLLING_WINDOW:MONTHS:2  | 2024-02-29T10:00:00.000001Z | 2024-04-30T10:00:00.000001Z
        """,
    )


def test_a_month_back_is_clamped_to_the_last_day(audit: Audit) -> None:
    """29, 30 and 31 March all look back to 29 February in a leap year."""
    limits = [ONE_MONTH]
    log = [definition(limits=limits), *earns("2024-03-29T10:00:00Z", "2024-03-30T10:00:00Z", "2024-03-31T10:00:00Z")]
    audit(log).shows(
        "breaches",
        """
        request_id | window_start                | count
        r1         | 2024-02-29T10:00:00.000001Z | 1
        r2         | 2024-02-29T10:00:00.000001Z | 2
        r3         | 2024-02-29T10:00:00.000001Z | 3
        """,
    )


def test_the_lower_bound_of_a_month_moves_backwards_at_month_ends(audit: Audit) -> None:
    """28 March 12:00 looks back to 28 February 12:00, 29 March 10:00 to 28 February 10:00 of a common year."""
    found = counts(
        audit,
        ONE_MONTH,
        "2023-02-28T11:00:00Z",
        "2023-03-28T12:00:00Z",
        "2023-03-29T10:00:00Z",
        "2023-03-30T11:00:00Z",
        "2023-03-31T10:59:59.999999Z",
    )
    assert found == [1, 1, 3, 3, 5]


def test_thirty_one_days_may_be_less_than_a_month_and_twenty_nine_more(audit: Audit) -> None:
    assert counts(audit, ONE_MONTH, "2024-01-29T10:00:00.000001Z", "2024-02-29T10:00:00Z") == [1, 2]
    assert counts(audit, ONE_MONTH, "2024-02-29T10:00:00Z", "2024-03-29T10:00:00Z") == [1, 1]


def test_months_are_computed_from_the_anchor_and_never_chained(audit: Audit) -> None:
    """Two months back from 31 March is 31 January, not 29 January by way of February."""
    limit = badge_rolling("MONTHS", 2, 0)
    assert counts(audit, limit, "2024-01-30T10:00:00Z", "2024-03-31T10:00:00Z") == [1, 1]
    assert counts(audit, limit, "2024-01-31T10:00:00.000001Z", "2024-03-31T10:00:00Z") == [1, 2]


def test_twelve_months_back_from_a_leap_day_is_28_february(audit: Audit) -> None:
    limit = badge_rolling("MONTHS", 12, 0)
    assert counts(audit, limit, "2023-02-28T10:00:00Z", "2024-02-29T10:00:00Z") == [1, 1]
    assert counts(audit, limit, "2023-02-28T10:00:00.000001Z", "2024-02-29T10:00:00Z") == [1, 2]


def test_rows_of_one_instant_count_in_their_order(audit: Audit) -> None:
    log = [
        definition(limits=[badge_rolling("DAYS", 1, 1), rolling(days=(1, 1))]),
        earn_bulk("B", ["c1", "c2", "c1"], "2024-02-01T00:00:00Z", rid="b"),
        earn("B", "c3", "2024-02-01T00:00:00Z", rid="a"),
    ]
    audit(log).shows(
        "breaches",
        """
        limit_name                     | issuance_id | customer_id | count
        BADGE:ROLLING_WINDOW:DAYS:1    | b.0         | c1          | 2
        BADGE:ROLLING_WINDOW:DAYS:1    | b.1         | c2          | 3
        BADGE:ROLLING_WINDOW:DAYS:1    | b.2         | c1          | 4
        CUSTOMER:ROLLING_WINDOW:DAYS:1 | b.2         | c1          | 2
        """,
    )


def test_earlier_breaches_are_in_the_count(audit: Audit) -> None:
    limit = rolling(days=(1, 2))
    log = [definition(limits=[limit]), *earns(*(f"2024-02-01T0{hour}:00:00Z" for hour in range(5)))]
    audit(log).shows(
        "breaches",
        """
        request_id | count | number | excess
        r3         | 3     | 2      | 1
        r4         | 4     | 2      | 2
        r5         | 5     | 2      | 3
        """,
    )


LATE_EVENTS = [
    earn("B", "c1", "2024-02-05T00:00:00Z", rid="r1", event="2024-02-01T00:00:00Z"),
    earn("B", "c1", "2024-02-05T01:00:00Z", rid="r2", event="2024-02-03T12:00:00Z"),
    earn("B", "c1", "2024-02-09T00:00:00Z", rid="r3", event="2024-02-01T12:00:00Z"),
    earn("B", "c1", "2024-02-10T00:00:00Z", rid="r4", event="2024-02-01T00:00:00Z"),
]


def test_on_the_processed_clock_rows_count_when_they_were_processed(audit: Audit) -> None:
    audit([definition(limits=[ONE_DAY]), *LATE_EVENTS]).shows(
        "breaches",
        """
        request_id | count | window_start                | window_end
        r1         | 1     | 2024-02-04T00:00:00.000001Z | 2024-02-05T00:00:00.000001Z
        r2         | 2     | 2024-02-04T01:00:00.000001Z | 2024-02-05T01:00:00.000001Z
        r3         | 1     | 2024-02-08T00:00:00.000001Z | 2024-02-09T00:00:00.000001Z
        r4         | 1     | 2024-02-09T00:00:00.000001Z | 2024-02-10T00:00:00.000001Z
        """,
    )


def test_on_the_event_clock_rows_count_when_they_happened_ties_in_processing_order(audit: Audit) -> None:
    audit([definition(limits=[ONE_DAY]), *LATE_EVENTS], rolling_clock="event").shows(
        "breaches",
        """
        request_id | count | window_start                | window_end
        r1         | 1     | 2024-01-31T00:00:00.000001Z | 2024-02-01T00:00:00.000001Z
        r4         | 2     | 2024-01-31T00:00:00.000001Z | 2024-02-01T00:00:00.000001Z
        r3         | 3     | 2024-01-31T12:00:00.000001Z | 2024-02-01T12:00:00.000001Z
        r2         | 1     | 2024-02-02T12:00:00.000001Z | 2024-02-03T12:00:00.000001Z
        """,
    )


def test_on_the_event_clock_the_number_is_still_that_in_force_when_processed(audit: Audit) -> None:
    log = [
        definition(limits=[rolling(days=(1, 0))]),
        definition(limits=[rolling(days=(1, 5))], since="2024-02-05T00:30:00Z"),
        *LATE_EVENTS,
    ]
    assert audit(log, rolling_clock="event").column("breaches", "request_id") == ["r1"]


@pytest.mark.parametrize(
    ("limit", "instants", "expected"),
    [
        (
            rolling(days=(1, 0)),
            ["2024-01-31T23:59:59.999999Z", "2024-02-01T00:00:00Z", "2024-02-01T23:00:00Z"],
            [1, 1, 2],
        ),
        (
            rolling(days=(2, 0)),
            ["2024-01-30T23:59:59.999999Z", "2024-01-31T00:00:00Z", "2024-02-01T23:00:00Z"],
            [1, 2, 2],
        ),
        (
            rolling(weeks=(1, 0)),
            ["2024-01-25T23:59:59.999999Z", "2024-01-26T00:00:00Z", "2024-02-01T10:00:00Z"],
            [1, 2, 2],
        ),
        (
            rolling(months=(1, 0)),
            ["2024-02-29T23:59:59.999999Z", "2024-03-01T00:00:00Z", "2024-03-31T10:00:00Z"],
            [1, 2, 2],
        ),
        (
            rolling(months=(1, 0)),
            ["2024-02-10T23:59:59.999999Z", "2024-02-11T00:00:00Z", "2024-03-10T10:00:00Z"],
            [1, 2, 2],
        ),
    ],
    ids=["one day", "two days", "a week", "a month from its end", "a month"],
)  # fmt: skip
def test_a_local_day_edge_looks_back_from_the_midnight_of_the_day_after_n_units_ago(
    audit: Audit, limit: Record, instants: list[str], expected: list[int]
) -> None:
    assert counts(audit, limit, *instants, rolling_edge="local-day") == expected


def test_the_evidence_of_a_local_day_edge(audit: Audit) -> None:
    log = [definition(limits=[rolling(days=(1, 0), weeks=(1, 0), months=(1, 0))]), *earns("2024-03-31T10:00:00Z")]
    audit(log, rolling_edge="local-day").shows(
        "breaches",
        """
        limit_name                       | window_start      | window_end
        CUSTOMER:ROLLING_WINDOW:DAYS:1   | 2024-03-31T00:00Z | 2024-03-31T10:00:00.000001Z
        CUSTOMER:ROLLING_WINDOW:WEEKS:1  | 2024-03-25T00:00Z | 2024-03-31T10:00:00.000001Z
        CUSTOMER:ROLLING_WINDOW:MONTHS:1 | 2024-03-01T00:00Z | 2024-03-31T10:00:00.000001Z
        """,
    )


def test_the_setting_of_30_day_months_is_for_expiries_not_for_rolling_windows(audit: Audit) -> None:
    log = [definition(limits=[ONE_MONTH]), *earns("2024-03-31T10:00:00Z")]
    assert audit(log, month="30-days").column("breaches", "window_start") == ["2024-02-29T10:00:00.000001Z"]


def test_rows_before_the_badge_or_its_version_are_in_the_span(audit: Audit) -> None:
    log = [
        definition(limits=[]),
        definition(limits=[rolling(days=(1, 1))], since="2024-02-01T12:00:00Z"),
        *earns("2024-02-01T11:00:00Z", "2024-02-01T12:00:00Z"),
    ]
    audit(log).shows("breaches", "request_id | count\nr2 | 2")


def test_what_does_not_count_is_not_in_the_span(audit: Audit) -> None:
    log = [
        definition(limits=[rolling(days=(1, 1))]),
        earn("B", "c1", "2024-02-01T00:00:00Z", rid="r1", answer=816),
        unanswered(earn("B", "c1", "2024-02-01T01:00:00Z", rid="r2")),
        earn("B", "c1", "2024-02-01T02:00:00Z", rid="r3"),
    ]
    audit(log).shows("breaches", "request_id | count\nr3 | 2")
