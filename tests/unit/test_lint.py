"""Each rule of lint on small definitions, with the arithmetic that it prints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import harness
import pytest
from harness import micros

from badgeledger.calendar import add_months, day_number
from badgeledger.lint.cover import Period, month_days
from badgeledger.lint.reading import read_value
from badgeledger.lint.rules import Remark, refused_update, remarks
from badgeledger.records.strict_json import parse
from badgeledger.settings import Rules

C, B = "CUSTOMER:", "BADGE:"


def read(record: harness.Record) -> Any:
    return read_value(parse(harness.text_of(record)), 0)


def lint(record: harness.Record, **rules: str) -> list[Remark]:
    told = read(record)
    return remarks(told, Period(told, Rules(**rules)))


def of(code: str, record: harness.Record, **rules: str) -> list[tuple[str, str]]:
    """Limit and message of the remarks of one code."""
    return [(one.limit_name, one.message) for one in lint(record, **rules) if one.code == code]


def badge(*limits: harness.Record, **told: Any) -> harness.Record:
    return harness.definition("B", limits=limits, **told)


def rolling(unit: str, units: int, number: int) -> harness.Record:
    return harness.rolling(**{unit: (units, number)})


DOMINATED: dict[str, tuple[list[harness.Record], str, dict[str, str]]] = {
    "seven days in thirty": (
        [rolling("days", 7, 5), harness.badge_rolling("DAYS", 30, 5)],
        f"{C}ROLLING_WINDOW:DAYS:7 < {B}ROLLING_WINDOW:DAYS:30: 1 × 30 days holds any 7 days",
        {},
    ),
    "a larger number in fewer spans": (
        [harness.rolling(days=(7, 5), months=(1, 25))],
        f"{C}ROLLING_WINDOW:MONTHS:1 < {C}ROLLING_WINDOW:DAYS:7: 5 × 7 days hold any 1 month, so"
        f" {C}ROLLING_WINDOW:DAYS:7 allows 5 × 5 = 25 <= 25",
        {},
    ),
    "one less is not certain": ([harness.rolling(days=(7, 5), months=(1, 24))], "", {}),
    "28 days lie in every month": (
        [harness.rolling(weeks=(4, 9), months=(1, 9))],
        f"{C}ROLLING_WINDOW:WEEKS:4 < {C}ROLLING_WINDOW:MONTHS:1: 1 × 1 month holds any 4 weeks",
        {},
    ),
    "but not where the clocks change": ([harness.rolling(weeks=(4, 9), months=(1, 9))], "", {"zone": "Europe/Berlin"}),
    "nor do 29 days": ([harness.rolling(days=(29, 9), months=(1, 9))], "", {}),
    "a month in two": (
        [rolling("months", 1, 3), harness.badge_rolling("MONTHS", 2, 3)],
        f"{C}ROLLING_WINDOW:MONTHS:1 < {B}ROLLING_WINDOW:MONTHS:2: 1 × 2 months holds any 1 month",
        {},
    ),
    "the whole life": (
        [harness.every_week("MONDAY", 9), harness.fixed_value(9)],
        f"{C}FIXED_WINDOW:WEEKS:MONDAY < {C}FIXED_VALUE: {C}FIXED_VALUE allows 9 in the badge's whole life, and 9 <= 9",
        {},
    ),
    "customers are many": ([harness.fixed_value(1), harness.fixed_value(5, "BADGE")], "", {}),
    "a badge is one": (
        [harness.fixed_value(6), harness.fixed_value(5, "BADGE")],
        f"{C}FIXED_VALUE < {B}FIXED_VALUE: {B}FIXED_VALUE allows 5 in the badge's whole life, and 5 <= 6",
        {},
    ),
    "more than the life allows": (
        [harness.every_month(2), harness.fixed_value(24)],
        f"{C}FIXED_VALUE < {C}FIXED_WINDOW:MONTHS: 12 × calendar month hold the badge's 366 days, so"
        f" {C}FIXED_WINDOW:MONTHS allows 12 × 2 = 24 <= 24",
        {},
    ),
    "less than the life allows": ([harness.every_month(2), harness.fixed_value(23)], "", {}),
    "cycles of three in cycles of six": (
        [harness.every_days(3, 4), harness.every_days(6, 4, "BADGE")],
        f"{C}FIXED_WINDOW:DAYS:3 < {B}FIXED_WINDOW:DAYS:6: 1 × cycle of 6 days holds any cycle of 3 days",
        {},
    ),
    "cycles of four cross cycles of six": ([harness.every_days(4, 4), harness.every_days(6, 4, "BADGE")], "", {}),
    "weeks cross months": (
        [harness.every_week("MONDAY", 8), harness.every_month(4, "BADGE")],
        f"{C}FIXED_WINDOW:WEEKS:MONDAY < {B}FIXED_WINDOW:MONTHS: 2 × calendar month hold any week from MONDAY, so"
        f" {B}FIXED_WINDOW:MONTHS allows 2 × 4 = 8 <= 8",
        {},
    ),
    "cycles and spans go by other clocks": ([harness.every_week("MONDAY", 8), rolling("days", 9, 8)], "", {}),
    "unless both go by the event": (
        [harness.every_week("MONDAY", 8), rolling("days", 7, 8)],
        f"{C}FIXED_WINDOW:WEEKS:MONDAY < {C}ROLLING_WINDOW:DAYS:7: 1 × 7 days holds any week from MONDAY",
        {"rolling_clock": "event"},
    ),
    "a span touches two cycles": (
        [harness.every_week("MONDAY", 2), rolling("days", 7, 4)],
        f"{C}ROLLING_WINDOW:DAYS:7 < {C}FIXED_WINDOW:WEEKS:MONDAY: 2 × week from MONDAY hold any 7 days, so"
        f" {C}FIXED_WINDOW:WEEKS:MONDAY allows 2 × 2 = 4 <= 4",
        {"rolling_clock": "event"},
    ),
}


@pytest.mark.parametrize("case", DOMINATED)
def test_a_limit_that_cannot_bite_before_another(case: str) -> None:
    limits, said, rules = DOMINATED[case]
    found = [
        f"{one.limit_name} < {one.other_limit}: {one.message.removeprefix('never bites: ')}"
        for one in lint(badge(*limits), **rules)
        if one.code == "never-bites"
    ]
    assert len(found) == bool(said)
    assert said in "".join(found)


JANUARY = ("2024-01-01T00:00:00Z", "2024-01-11T00:00:00Z")
LIVES: dict[str, tuple[tuple[str, str], harness.Record, int, str, dict[str, str]]] = {
    # 1..5 and 6..10 January.
    "two cycles of five days": (JANUARY, harness.every_days(5, 3), 6, "2 × cycle of 5 days hold the badge's 10", {}),
    # The eleventh day begins a third cycle.
    "three, with a microsecond more": (
        (JANUARY[0], "2024-01-11T00:00:00.000001Z"),
        harness.every_days(5, 3),
        9,
        "3 × cycle of 5 days hold the badge's 11",
        {},
    ),
    # Wednesday 3 to Sunday 7, 8..14, and Monday 15 to Tuesday 16 January.
    "a whole week and two parts": (
        ("2024-01-03T00:00:00Z", "2024-01-17T00:00:00Z"),
        harness.every_week("MONDAY", 2),
        6,
        "3 × week from MONDAY hold the badge's 14",
        {},
    ),
    # 31 January, and February of 29 days.
    "a day of January and February": (
        ("2024-01-31T00:00:00Z", "2024-03-01T00:00:00Z"),
        harness.every_month(4),
        8,
        "2 × calendar month hold the badge's 30",
        {},
    ),
    # In Kolkata it ends on 1 March at 05:30.
    "and of March where it is March already": (
        ("2024-01-31T00:00:00Z", "2024-03-01T00:00:00Z"),
        harness.every_month(4),
        12,
        "3 × calendar month hold the badge's 31",
        {"zone": "Asia/Kolkata"},
    ),
    # 4 + 4 + 2 days.
    "three spans of four days": (JANUARY, rolling("days", 4, 2), 6, "3 × 4 days hold the badge's 10", {}),
    "two weeks": (JANUARY, rolling("weeks", 1, 5), 10, "2 × 1 week hold the badge's 10", {}),
    # 31 + 29 + 2 = 62 days; a month can be 28 days long, and 2 × 28 = 56.
    "three spans of a month": (
        ("2024-01-01T00:00:00Z", "2024-03-03T00:00:00Z"),
        rolling("months", 1, 1),
        3,
        "3 × 1 month hold the badge's 62",
        {},
    ),
}


@pytest.mark.parametrize("case", LIVES)
def test_a_number_that_the_badge_s_life_cannot_reach(case: str) -> None:
    (start, end), window, number, said, rules = LIVES[case]

    def never(value: int) -> list[str]:
        told = badge(window, harness.fixed_value(value), start=start, end=end)
        return [words for name, words in of("never-bites", told, **rules) if name == f"{C}FIXED_VALUE"]

    (found,) = never(number)
    assert found.startswith(f"never bites: {said} days, so ")
    assert found.endswith(f" = {number} <= {number}")
    assert never(number - 1) == []


def test_of_two_limits_that_say_the_same_one_stays() -> None:
    same = badge(harness.rolling(days=(7, 2), weeks=(1, 2)))
    assert [name for name, _ in of("never-bites", same)] == [f"{C}ROLLING_WINDOW:WEEKS:1"]


def test_the_least_and_the_most_days_of_months() -> None:
    assert [month_days(months) for months in (1, 2, 3, 12, 48)] == [
        (28, 31),
        (59, 62),
        (89, 92),
        (365, 366),
        (1460, 1461),
    ]
    for months in (1, 5, 13):
        days = range(day_number_of(2000), day_number_of(2009))
        lengths = [day - add_months(day, -months) for day in days]
        assert month_days(months)[0] <= min(lengths) and max(lengths) <= month_days(months)[1]


def day_number_of(year: int) -> int:
    from datetime import date

    return day_number(date(year, 1, 1))


def test_dates_the_wrong_way_round_are_720() -> None:
    found = lint(badge(harness.every_days(3, 1), start="2025-01-01T00:00:00Z", end="2025-01-01T00:00:00Z"))
    assert [(one.code, one.platform_code, one.severity) for one in found] == [("start-after-end", "720", "error")]


def test_a_constraint_that_is_none() -> None:
    found = lint(badge({"constraintType": "BADGE_FIXED_VALUE"}, earned={"expiryType": "RELATIVE"}))
    assert [one.message.split(" ")[0] for one in found] == ["BADGE_FIXED_VALUE", "earnedBadgeExpiry"]
    assert {one.code for one in found} == {"invalid-constraint"}


def test_limits_that_contradict_one_another() -> None:
    twice = badge(harness.fixed_value(4), harness.fixed_value(9))
    assert of("duplicate-limit", twice) == [(f"{C}FIXED_VALUE", "stands with 4 and 9; the lower number, 4, rules")]
    windows = badge(harness.every_days(2, 4, "BADGE"), harness.every_week("MONDAY", 4, "BADGE"))
    assert [name for name, _ in of("two-fixed-windows", windows)] == [f"{B}FIXED_WINDOW:WEEKS:MONDAY"]
    assert [name for name, _ in of("allows-nothing", badge(harness.fixed_value(0)))] == [f"{C}FIXED_VALUE"]


def test_a_window_longer_than_the_life_is_a_fixed_value() -> None:
    short = {"start": "2024-01-01T00:00:00Z", "end": "2024-01-11T00:00:00Z"}
    assert of("longer-than-life", badge(rolling("days", 10, 3), **short)) == [
        (f"{C}ROLLING_WINDOW:DAYS:10", "10 days hold the badge's 10 days: it acts as a fixed value")
    ]
    assert of("longer-than-life", badge(rolling("days", 9, 3), **short)) == []
    assert len(of("longer-than-life", badge(harness.every_days(10, 3), **short))) == 1
    assert of("longer-than-life", badge(harness.every_days(9, 3), **short)) == []


ENROLLED: dict[str, tuple[harness.Record | None, harness.Record, str]] = {
    "never": (harness.never(), harness.fixed_value(5), "until the badge ends, 1 <= 5, effective limit is 1"),
    "with the badge": (harness.with_badge(), rolling("days", 30, 5), "1 <= 5, effective limit is 1"),
    "no rule": (None, harness.every_month(2), "1 <= 2, effective limit is 1"),
    "thirty days": (
        harness.relative("DAYS", 30),
        rolling("days", 30, 2),
        "valid 30 days, 1 <= 2, effective limit is 1",
    ),
    "ten days in thirty": (harness.relative("DAYS", 10), rolling("days", 30, 5), "at most 3 in one 30 days, 3 <= 5"),
    "ten days in thirty, two allowed": (harness.relative("DAYS", 10), rolling("days", 30, 2), ""),
    "a date before the end": (harness.fixed_date("2024-06-01T00:00:00Z"), harness.fixed_value(5), ""),
    "a date after the end": (
        harness.fixed_date("2026-06-01T00:00:00Z"),
        harness.fixed_value(5),
        "effective limit is 1",
    ),
    "of the badge": (harness.never(), harness.fixed_value(5, "BADGE"), ""),
}


@pytest.mark.parametrize("case", ENROLLED)
def test_one_issue_at_a_time_makes_a_limit_of_an_enrolment_badge_smaller(case: str) -> None:
    issued, limit, said = ENROLLED[case]
    found = of("one-issue-at-a-time", badge(limit, issued=issued, earn_type="ISSUE_EARN"))
    assert len(found) == bool(said)
    for part in said.split(", ") if said else ():
        assert part in found[0][1]
    assert of("one-issue-at-a-time", badge(limit, issued=issued, earn_type="EARN")) == []


def test_a_local_day_of_25_hours_holds_two_issues_of_24_hours() -> None:
    """In Berlin 27 October 2024 has 25 hours: one issue at 00:00 and one at 23:00."""
    told = badge(rolling("days", 1, 2), issued=harness.relative("DAYS", 1), earn_type="ISSUE_EARN")
    for zone, most in (("UTC", 1), ("Europe/Berlin", 2)):
        (found,) = of("one-issue-at-a-time", told, zone=zone, rolling_edge="local-day")
        assert f"at most {most} in one 1 day, {most} <= 2" in found[1]
    (found,) = of("one-issue-at-a-time", told, zone="Europe/Berlin")
    assert "at most 1 in one 1 day" in found[1]
    # A span of the processed clock can hold two that came late.
    assert found[1].endswith("(as long as each enrolment is earned once and processed as it happens)")
    (found,) = of("one-issue-at-a-time", told, rolling_clock="event")
    assert found[1].endswith("(as long as each enrolment is earned once)")


def test_a_life_of_25_hours_is_one_of_an_issue_that_lasts_until_its_end() -> None:
    day = {"start": "2024-10-26T22:00:00Z", "end": "2024-10-27T23:00:00Z"}
    told = badge(harness.fixed_value(2), issued=harness.never(), earn_type="ISSUE_EARN", **day)
    (found,) = of("one-issue-at-a-time", told, zone="Europe/Berlin", rolling_edge="local-day")
    assert "an issue is valid until the badge ends" in found[1] and "at most 1 in one life" in found[1]


STRADDLES: dict[str, tuple[list[harness.Record], str]] = {
    "three days": ([harness.every_days(3, 2)], "3 days can hold 2 × 2 = 4"),
    "a month": ([harness.every_month(5, "BADGE")], "1 month can hold 2 × 5 = 10"),
    # Seven days hold any three.
    "a longer span is in the way": (
        [harness.every_days(3, 2), rolling("days", 7, 3)],
        f"3 days can hold 2 × 2 = 4: 2 at the end of a cycle and 2 at the beginning of the next, of which"
        f" {C}ROLLING_WINDOW:DAYS:7 leaves 3",
    ),
    # Five weeks hold 31 days.
    "shorter spans are": (
        [harness.every_month(4), rolling("weeks", 1, 1)],
        f"of which {C}ROLLING_WINDOW:WEEKS:1 leaves 5",
    ),
    "and may leave no more than one cycle does": ([harness.every_month(5), rolling("weeks", 1, 1)], ""),
    "a customer's limit is not in the badge's way": (
        [harness.every_month(4, "BADGE"), harness.fixed_value(1)],
        "1 month can hold 2 × 4 = 8",
    ),
    "the badge's is in a customer's": (
        [harness.every_month(4), harness.fixed_value(6, "BADGE")],
        f"of which {B}FIXED_VALUE leaves 6",
    ),
    "of none there is no double": ([harness.every_month(0)], ""),
}


@pytest.mark.parametrize("case", STRADDLES)
def test_what_a_trailing_window_can_hold(case: str) -> None:
    limits, said = STRADDLES[case]
    found = "".join(message for _, message in of("straddle", badge(*limits)))
    assert said in found and bool(said) == bool(found)


def test_a_fixed_window_lets_twice_its_number_pass_at_a_boundary() -> None:
    assert of("straddle", badge(harness.every_week("MONDAY", 2))) == [
        (
            f"{C}FIXED_WINDOW:WEEKS:MONDAY",
            "1 week can hold 2 × 2 = 4: 2 at the end of a cycle and 2 at the beginning of the next",
        )
    ]
    capped = of("straddle", badge(harness.every_week("MONDAY", 2), harness.fixed_value(3)))
    assert capped[0][1].endswith(f"of which {C}FIXED_VALUE leaves 3")
    assert of("straddle", badge(harness.every_week("MONDAY", 2), rolling("days", 7, 2))) == []
    assert of("straddle", badge(harness.every_days(1000, 2))) == []


def test_what_comes_after_a_fixed_date_of_expiry_is_born_expired() -> None:
    assert of("born-expired", badge(earned=harness.fixed_date("2024-06-01T00:00:00Z"))) == [
        (
            "",
            "earnedBadgeExpiry 2024-06-01T00:00:00Z < expiresOn 2025-01-01T00:00:00Z: what comes from"
            " 2024-06-01T00:00:00Z on is expired at once",
        )
    ]
    assert of("born-expired", badge(earned=harness.fixed_date("2025-01-01T00:00:00Z"))) == []
    assert "everything is expired" in of("born-expired", badge(issued=harness.fixed_date("2023-06-01T00:00:00Z")))[0][1]


UPDATES = {
    "nothing": ({}, {}, []),
    "start before it is live": ({"start": "2024-05-01T00:00:00Z"}, {"start": "2024-06-01T00:00:00Z"}, []),
    "start on the instant": (
        {"start": "2024-03-01T00:00:00Z"},
        {"start": "2024-06-01T00:00:00Z"},
        ["start-changed-when-live"],
    ),
    "end in the past": ({}, {"end": "2024-02-29T23:59:59Z"}, ["expiry-in-past"]),
    "end at the instant": ({}, {"end": "2024-03-01T00:00:00Z"}, []),
    "an old end that is past": ({"end": "2024-02-01T00:00:00Z"}, {"end": "2024-02-01T00:00:00Z"}, []),
    "window to value": (
        {"limits": [harness.every_days(3, 1)]},
        {"limits": [harness.fixed_value(1)]},
        ["illegal-constraint-change"],
    ),
    "rolling to window": (
        {"limits": [harness.badge_rolling("DAYS", 1, 1)]},
        {"limits": [harness.every_month(1, "BADGE")]},
        ["illegal-constraint-change"],
    ),
    "rolling to value": ({"limits": [rolling("days", 1, 1)]}, {"limits": [harness.fixed_value(1)]}, []),
    "window to nothing": ({"limits": [harness.every_days(3, 1)]}, {}, []),
    "in another scope": ({"limits": [harness.every_days(3, 1)]}, {"limits": [harness.fixed_value(1, "BADGE")]}, []),
    "not live yet": (
        {"limits": [harness.every_days(3, 1)], "start": "2024-04-01T00:00:00Z"},
        {"limits": [harness.fixed_value(1)], "start": "2024-04-01T00:00:00Z"},
        [],
    ),
    "dates the wrong way round": ({}, {"end": "2023-12-31T00:00:00Z"}, ["expiry-in-past", "start-after-end"]),
}


@pytest.mark.parametrize("case", UPDATES)
def test_an_update_is_refused_when_both_programs_raise_its_finding(case: str, audit: Callable[..., Any]) -> None:
    before, after, codes = UPDATES[case]
    at = "2024-03-01T00:00:00Z"
    old, new = harness.definition("B", **before), harness.definition("B", since=at, **after)
    raised = [code for code in audit([old, new]).codes(processed_at=at) if code != "duplicate-badge-name"]
    told = read(new)
    found = [*refused_update(read(old), told, micros(at)), *remarks(told, Period(told, Rules()))]
    refusals = sorted(one.code for one in found if one.platform_code and one.severity == "error")
    assert refusals == codes == raised
