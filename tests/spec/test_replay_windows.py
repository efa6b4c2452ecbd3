"""Room in each kind of window: taken by what is admitted alone (RULEBOOK 10, with 6)."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from harness import (
    Record,
    badge_rolling,
    definition,
    earn,
    earn_bulk,
    every_days,
    every_month,
    every_week,
    fixed_value,
    issue_bulk,
    relative,
    rolling,
)
from replaying import Replay


def admitted(replay: Replay, limits: Iterable[Record], *calls: tuple[str, str], **asked: str) -> str:
    """`+` or `-` for each earn of customer c1, given as (processed, event); in that order."""
    log: list[Record] = [definition(limits=limits, start="2023-01-01T00:00:00Z")]
    for place, (at, event) in enumerate(calls, start=1):
        log.append(earn("B", "c1", at, rid=f"r{place}", event=event))
    decided = {row["request_id"]: row["decision"] for row in replay(log, **asked)["decisions"]}
    return "".join("+" if decided[f"r{place}"] == "ADMIT" else "-" for place in range(1, len(calls) + 1))


def on_time(*instants: str) -> list[tuple[str, str]]:
    return [(instant, instant) for instant in instants]


# Two in a day are one too many, so the second is rejected; had it taken room, the third would be rejected too.
FREED = on_time("2024-02-05T00:00:00Z", "2024-02-05T20:00:00Z", "2024-02-06T10:00:00Z", "2024-02-06T11:00:00Z")


@pytest.mark.parametrize("clock", ["processed", "event"])
@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (rolling(days=(1, 1)), "+-+-"),
        (badge_rolling("DAYS", 1, 1), "+-+-"),
        (rolling(weeks=(1, 2)), "++--"),
        (badge_rolling("MONTHS", 1, 3), "+++-"),
        (every_days(1, 1), "+-+-"),
        (every_days(1, 1, "BADGE"), "+-+-"),
        (every_week("TUESDAY", 1), "+-+-"),
        (every_month(2), "++--"),
        (fixed_value(2), "++--"),
        (fixed_value(3, "BADGE"), "+++-"),
        (fixed_value(0), "----"),
    ],
    ids=lambda value: value if isinstance(value, str) else value["constraintType"],
)
def test_a_rejected_row_takes_no_room(replay: Replay, limit: Record, expected: str, clock: str) -> None:
    assert admitted(replay, [limit], *FREED, rolling_clock=clock) == expected


def test_what_one_limit_rejects_takes_no_room_in_any_other(replay: Replay) -> None:
    """The second row is over the customer's day; neither the badge nor the customer's life counts it."""
    limits = [rolling(days=(1, 1)), fixed_value(2), fixed_value(2, "BADGE")]
    assert admitted(replay, limits, *FREED) == "+-+-"


def test_a_rejected_customer_leaves_the_badge_s_room_to_others(replay: Replay) -> None:
    log = [
        definition(limits=[every_days(1, 1), every_days(1, 2, "BADGE")]),
        earn_bulk("B", ["c1", "c1", "c2", "c3"], "2024-02-01T10:00:00Z"),
    ]
    replay(log).shows(
        "decisions",
        """
        customer_id | decision | limit_name
        c1          | ADMIT    |
        c1          | REJECT   | CUSTOMER:FIXED_WINDOW:DAYS:1
        c2          | ADMIT    |
        c3          | REJECT   | BADGE:FIXED_WINDOW:DAYS:1
        """,
    )


def test_an_overlapping_issue_takes_no_room_and_expiry_frees_the_slot(replay: Replay) -> None:
    log = [
        definition(limits=[fixed_value(2)], issued=relative("DAYS", 2)),
        *(issue_bulk("B", ["c1"], f"2024-02-0{day}T00:00:00Z", rid=f"r{day}") for day in (1, 2, 3, 5)),
    ]
    assert [row["reason"] for row in replay(log)["decisions"]] == ["", "overlapping-issue", "", "customer-limit"]


# --- cycles -------------------------------------------------------------------------------------------------------


def test_an_event_belongs_to_the_cycle_that_holds_it_however_late_it_comes(replay: Replay) -> None:
    """The platform's retro page: 1 to 15 October, every 3 days, limit 2; 11 October belongs to 10..12 October."""
    log = [
        definition(start="2023-10-01T00:00:00Z", end="2023-10-16T00:00:00Z", limits=[every_days(3, 2)]),
        earn("B", "c1", "2023-10-10T09:00:00Z", rid="r1"),
        earn("B", "c1", "2023-10-13T09:00:00Z", rid="r2"),
        earn("B", "c1", "2023-10-14T09:00:00Z", rid="r3", event="2023-10-11T09:00:00Z"),
        earn("B", "c1", "2023-10-14T10:00:00Z", rid="r4", event="2023-10-12T23:59:59Z"),
        earn("B", "c1", "2023-10-14T11:00:00Z", rid="r5"),
        earn("B", "c1", "2023-10-14T12:00:00Z", rid="r6", event="2023-10-09T23:59:59Z"),
        earn("B", "c1", "2023-10-14T13:00:00Z", rid="r7"),
    ]
    assert replay(log).column("decisions", "request_id", decision="REJECT") == ["r4", "r7"]


def test_cycles_are_cut_in_the_zone(replay: Replay) -> None:
    calls = on_time("2024-02-01T10:00:00Z", "2024-02-01T18:29:59Z", "2024-02-01T18:30:00Z")
    assert admitted(replay, [every_days(1, 1)], *calls) == "+--"
    assert admitted(replay, [every_days(1, 1)], *calls, zone="Asia/Kolkata") == "+-+"


def test_a_waiting_configuration_does_not_judge_before_its_first_day(replay: Replay) -> None:
    """The week runs to its end under its own number, then the months begin."""
    log = [
        definition(start="2024-02-05T00:00:00Z", limits=[every_week("MONDAY", 1)]),
        definition(start="2024-02-05T00:00:00Z", limits=[every_month(2)], since="2024-02-07T00:00:00Z"),
        earn("B", "c1", "2024-02-06T10:00:00Z", rid="r1"),
        earn("B", "c1", "2024-02-08T10:00:00Z", rid="r2"),
        earn("B", "c1", "2024-02-13T10:00:00Z", rid="r3"),
        earn("B", "c1", "2024-03-01T10:00:00Z", rid="r4"),
        earn("B", "c1", "2024-03-02T10:00:00Z", rid="r5"),
        earn("B", "c1", "2024-03-03T10:00:00Z", rid="r6"),
    ]
    replay(log).shows(
        "decisions",
        """
        request_id | decision | limit_name
        r1         | ADMIT    |
        r2         | REJECT   | CUSTOMER:FIXED_WINDOW:WEEKS:MONDAY
        r3         | ADMIT    |
        r4         | ADMIT    |
        r5         | ADMIT    |
        r6         | REJECT   | CUSTOMER:FIXED_WINDOW:MONTHS
        """,
    )


def test_what_was_admitted_without_a_limit_counts_when_one_comes(replay: Replay) -> None:
    log = [
        definition(),
        definition(limits=[fixed_value(2)], since="2024-02-03T00:00:00Z"),
        *(earn("B", "c1", f"2024-02-0{day}T10:00:00Z", rid=f"r{day}") for day in (1, 2, 3)),
    ]
    assert replay(log).column("decisions", "decision") == ["ADMIT", "ADMIT", "REJECT"]


# --- rolling spans ------------------------------------------------------------------------------------------------


def test_the_start_of_a_rolling_span_is_outside_it(replay: Replay) -> None:
    first = "2024-02-01T10:00:00Z"
    assert admitted(replay, [rolling(days=(1, 1))], *on_time(first, "2024-02-02T09:59:59.999999Z")) == "+-"
    assert admitted(replay, [rolling(days=(1, 1))], *on_time(first, "2024-02-02T10:00:00Z")) == "++"


def test_days_of_the_zone_are_looked_back_at_when_the_edge_is_a_local_day(replay: Replay) -> None:
    calls = on_time("2024-02-01T10:00:00Z", "2024-02-01T23:59:59Z", "2024-02-02T00:00:00Z")
    assert admitted(replay, [rolling(days=(1, 1))], *calls, rolling_edge="local-day") == "+-+"


def test_a_month_looks_back_further_at_its_end_than_a_day_before(replay: Replay) -> None:
    """In 2023, 28 March 12:00 looks back to 28 February 12:00, but 29 March 10:00 to 28 February 10:00."""
    calls = on_time("2023-02-28T11:00:00Z", "2023-03-28T12:00:00Z", "2023-03-29T10:00:00Z", "2023-03-29T11:00:00Z")
    assert admitted(replay, [rolling(months=(1, 2))], *calls) == "++-+"
    assert admitted(replay, [rolling(months=(1, 2))], *calls, rolling_clock="event") == "++-+"


def test_on_the_event_clock_a_late_row_looks_back_from_its_own_event(replay: Replay) -> None:
    """The third has one admitted row in its day; the fourth two; rows of a later event are in neither span."""
    calls = [
        ("2024-02-10T10:00:00Z", "2024-02-10T10:00:00Z"),
        ("2024-02-11T10:00:00Z", "2024-02-05T10:00:00Z"),
        ("2024-02-12T10:00:00Z", "2024-02-05T12:00:00Z"),
        ("2024-02-13T10:00:00Z", "2024-02-05T11:00:00Z"),
        ("2024-02-14T10:00:00Z", "2024-02-05T13:00:00Z"),
    ]
    assert admitted(replay, [rolling(days=(1, 2))], *calls, rolling_clock="event") == "++++-"
    assert admitted(replay, [rolling(days=(1, 2))], *calls) == "+++++"


def test_rows_of_one_instant_are_counted_in_processing_order(replay: Replay) -> None:
    for clock in ("processed", "event"):
        log = [
            definition(limits=[badge_rolling("DAYS", 1, 2)]),
            earn_bulk("B", ["c1", "c2", "c3"], "2024-02-01T10:00:00Z", rid="r1"),
            earn("B", "c4", "2024-02-01T10:00:00Z", rid="r0"),
        ]
        assert replay(log, rolling_clock=clock).column("decisions", "customer_id", decision="ADMIT") == ["c4", "c1"]


def test_another_number_holds_for_all_versions_of_its_badge_alone(replay: Replay) -> None:
    log = [
        definition(limits=[fixed_value(0)]),
        definition(limits=[fixed_value(1)], since="2024-02-02T00:00:00Z"),
        definition("C", limits=[fixed_value(0)]),
        *(earn("B", "c1", f"2024-02-0{day}T10:00:00Z", rid=f"r{day}") for day in (1, 2, 3)),
        earn("C", "c1", "2024-02-04T10:00:00Z", rid="r4"),
    ]
    found = replay(log, numbers={("B", "CUSTOMER:FIXED_VALUE"): 2})
    assert found.column("decisions", "decision") == ["ADMIT", "ADMIT", "REJECT", "REJECT"]
