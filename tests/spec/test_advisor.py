"""The breach curve by hand: over each number the issuances whose own count is larger (RULEBOOK 6 and 7, `advise`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import harness
import pytest
from harness import Record, micros, small_table

from badgeledger import accounting
from badgeledger.answers.advice import advise
from badgeledger.answers.ledger import Ledger
from badgeledger.answers.shown import Answer
from badgeledger.settings import Rules

C, B = "CUSTOMER:", "BADGE:"


@dataclass(frozen=True)
class Case:
    """A badge with one limit, earns as (customer, processed at, event at if it is another), and the curve.

    The comment above each says what every earn counts in the window; the curve is worked out from that.
    """

    limit: str
    of: Sequence[Record]
    earns: Sequence[tuple[str, ...]]
    curve: str
    rules: Mapping[str, str] = field(default_factory=dict)
    start: str = "2023-10-01T00:00:00Z"
    before: Sequence[Record] = ()


def earned(customers: str, *instants: str) -> list[tuple[str, ...]]:
    """One earn at each instant, of the customer `c` and the digit in its place."""
    return [(f"c{digit}", instant) for digit, instant in zip(customers, instants, strict=True)]


LIFE = earned("121331", *(f"2024-02-0{day}T10:00:00Z" for day in range(1, 7)))
# The platform's retro page: every three days from 1 October; 11 and 12 October belong to 10..12 October.
RETRO = [
    ("c1", "2023-10-10T09:00:00Z"),
    ("c2", "2023-10-12T09:00:00Z"),
    ("c1", "2023-10-13T09:00:00Z"),
    ("c1", "2023-10-14T09:00:00Z", "2023-10-11T09:00:00Z"),
    ("c1", "2023-10-14T10:00:00Z", "2023-10-12T23:59:59Z"),
]
MONTHS = earned(
    "11111",
    "2024-02-28T12:00:00Z",
    "2024-02-29T22:59:59Z",
    "2024-02-29T23:00:00Z",
    "2024-03-31T21:59:59Z",
    "2024-03-31T22:00:00Z",
)
LATE = [
    ("c1", "2024-02-10T10:00:00Z"),
    ("c1", "2024-02-11T10:00:00Z", "2024-02-05T10:00:00Z"),
    ("c1", "2024-02-12T10:00:00Z", "2024-02-05T12:00:00Z"),
    ("c1", "2024-02-13T10:00:00Z", "2024-02-05T11:00:00Z"),
    ("c1", "2024-02-13T12:00:00Z", "2024-02-05T13:00:00Z"),
]
# 31 March 2024 has 23 hours in Berlin, from 23:00 UTC to 22:00 UTC.
SPRING = earned("111", "2024-03-30T23:00:00Z", "2024-03-31T21:59:59Z", "2024-03-31T22:00:00Z")
MONTH_END = earned(
    "1111", "2023-02-28T11:00:00Z", "2023-03-28T12:00:00Z", "2023-03-29T10:00:00Z", "2023-03-29T11:00:00Z"
)
SUMMER = earned("11", "2024-03-15T10:30:00Z", "2024-04-15T10:00:00Z")
BERLIN = {"zone": "Europe/Berlin"}

CASES = {
    # c1 counts 1, 2, 3; c2 1; c3 1, 2.
    "every number up to the highest count is asked": Case(
        f"{C}FIXED_VALUE",
        [harness.fixed_value(2)],
        LIFE,
        """
        number | issuances_over | percent | customers_over | last_places | customers_full | recorded
        1      | 3              | 50.0    | 2              | 3           | 1              |
        2      | 1              | 16.67   | 1              | 2           | 1              | in force
        3      | 0              | 0.0     | 0              | 1           | 1              |
        """,
    ),
    # In processing order c1 1, c2 2, c1 3, c3 4, c3 5, c1 6.
    "of the badge as a whole the customers are those whose issuances are over": Case(
        f"{B}FIXED_VALUE",
        [harness.fixed_value(4, "BADGE")],
        LIFE,
        """
        number | issuances_over | percent | customers_over | last_places | customers_full | recorded
        1      | 5              | 83.33   | 3              | 1           | 0              |
        2      | 4              | 66.67   | 2              | 1           | 1              |
        3      | 3              | 50.0    | 2              | 1           | 0              |
        4      | 2              | 33.33   | 2              | 1           | 0              | in force
        5      | 1              | 16.67   | 1              | 1           | 1              |
        6      | 0              | 0.0     | 0              | 1           | 1              |
        """,
    ),
    # c1 counts 1 on the 10th, 1 on the 13th, 2 for the 11th, 3 for the 12th; c2 1.
    "a late event is counted in the cycle that holds it": Case(
        f"{C}FIXED_WINDOW:DAYS:3",
        [harness.every_days(3, 2)],
        RETRO,
        """
        number | issuances_over | percent | customers_over | last_places | customers_full | recorded
        1      | 2              | 40.0    | 1              | 3           | 1              |
        2      | 1              | 20.0    | 1              | 1           | 0              | in force
        3      | 0              | 0.0     | 0              | 1           | 1              |
        """,
    ),
    # 10..12 October holds c1 1, c2 2, c1 3, c1 4 in processing order; 13..15 October c1 1.
    "in a cycle of the badge the order is that of processing": Case(
        f"{B}FIXED_WINDOW:DAYS:3",
        [harness.every_days(3, 2, "BADGE")],
        RETRO,
        """
        number | issuances_over | percent | customers_over | last_places | customers_full | recorded
        1      | 3              | 60.0    | 2              | 2           | 0              |
        2      | 2              | 40.0    | 1              | 1           | 1              | in force
        3      | 1              | 20.0    | 1              | 1           | 0              |
        4      | 0              | 0.0     | 0              | 1           | 1              |
        """,
    ),
    # The first week is Thursday 1 to Monday 5 February, the next 6 to 12 February: 1, then 1 and 2, then 1.
    "the first week is a partial one": Case(
        f"{C}FIXED_WINDOW:WEEKS:TUESDAY",
        [harness.every_week("TUESDAY", 1)],
        earned("1111", "2024-02-05T23:59:59.999999Z", "2024-02-06T00:00Z", "2024-02-12T23:59:59Z", "2024-02-13T00:00Z"),
        """
        number | issuances_over | percent | customers_over | last_places | customers_full | recorded
        1      | 1              | 25.0    | 1              | 3           | 0              | in force
        2      | 0              | 0.0     | 0              | 1           | 1              |
        """,
        start="2024-02-01T15:00:00Z",
    ),
    # February 1, 2, 3; March 1, 2.
    "a month ends at midnight": Case(
        f"{C}FIXED_WINDOW:MONTHS",
        [harness.every_month(2)],
        MONTHS,
        """
        number | issuances_over | percent | customers_over | last_places | customers_full | recorded
        1      | 3              | 60.0    | 1              | 2           | 0              |
        2      | 1              | 20.0    | 1              | 2           | 0              | in force
        3      | 0              | 0.0     | 0              | 1           | 1              |
        """,
    ),
    # In Berlin March begins at 23:00 UTC and April at 22:00 UTC: February 1, 2; March 1, 2; April 1.
    "which is the zone's midnight": Case(
        f"{B}FIXED_WINDOW:MONTHS",
        [harness.every_month(2, "BADGE")],
        MONTHS,
        """
        number | issuances_over | percent | customers_over | last_places | customers_full | recorded
        1      | 2              | 40.0    | 1              | 3           | 0              |
        2      | 0              | 0.0     | 0              | 2           | 1              | in force
        """,
        rules=BERLIN,
    ),
    # 31 March is one day of 23 hours: 1, 2, and 1 on 1 April.
    "a day of 23 hours is one cycle": Case(
        f"{C}FIXED_WINDOW:DAYS:1",
        [harness.every_days(1, 1)],
        SPRING,
        """
        number | issuances_over | percent | customers_over | last_places | customers_full | recorded
        1      | 1              | 33.33   | 1              | 2           | 0              | in force
        2      | 0              | 0.0     | 0              | 1           | 1              |
        """,
        rules=BERLIN,
    ),
    # All three lie within 24 hours: 1, 2, 3.
    "but a rolling day is 24 hours": Case(
        f"{C}ROLLING_WINDOW:DAYS:1",
        [harness.rolling(days=(1, 1))],
        SPRING,
        """
        number | issuances_over | percent | customers_over | last_places | customers_full | recorded
        1      | 2              | 66.67   | 1              | 1           | 0              | in force
        2      | 1              | 33.33   | 1              | 1           | 0              |
        3      | 0              | 0.0     | 0              | 1           | 1              |
        """,
        rules=BERLIN,
    ),
    # 1, 2, and 1 on 1 April: the span begins at the local midnight.
    "unless its edge is a local day": Case(
        f"{B}ROLLING_WINDOW:DAYS:1",
        [harness.badge_rolling("DAYS", 1, 1)],
        SPRING,
        """
        number | issuances_over | percent | customers_over | last_places | customers_full | recorded
        1      | 1              | 33.33   | 1              | 2           | 0              | in force
        2      | 0              | 0.0     | 0              | 1           | 1              |
        """,
        rules=BERLIN | {"rolling_edge": "local-day"},
    ),
    # Of the five only the last has another one processed in the 24 hours before: 1, 1, 1, 1, 2.
    "a rolling window counts by when it was processed": Case(
        f"{C}ROLLING_WINDOW:DAYS:1",
        [harness.rolling(days=(1, 2))],
        LATE,
        """
        number | issuances_over | percent | customers_over | last_places | customers_full | recorded
        1      | 1              | 20.0    | 1              | 4           | 0              |
        2      | 0              | 0.0     | 0              | 1           | 1              | in force
        """,
    ),
    # On 5 February 10:00 1, 11:00 2, 12:00 3, 13:00 4; on 10 February 1.
    "or by when it happened": Case(
        f"{C}ROLLING_WINDOW:DAYS:1",
        [harness.rolling(days=(1, 2))],
        LATE,
        """
        number | issuances_over | percent | customers_over | last_places | customers_full | recorded
        1      | 3              | 60.0    | 1              | 2           | 0              |
        2      | 2              | 40.0    | 1              | 1           | 0              | in force
        3      | 1              | 20.0    | 1              | 1           | 0              |
        4      | 0              | 0.0     | 0              | 1           | 1              |
        """,
        rules={"rolling_clock": "event"},
    ),
    # The start of a span is outside it: 1; 2 a microsecond before a week is over; 2 when it is over.
    "the start of a span is outside it": Case(
        f"{B}ROLLING_WINDOW:WEEKS:1",
        [harness.badge_rolling("WEEKS", 1, 1)],
        earned("123", "2024-02-01T10:00:00Z", "2024-02-08T09:59:59.999999Z", "2024-02-08T10:00:00Z"),
        """
        number | issuances_over | percent | customers_over | last_places | customers_full | recorded
        1      | 2              | 66.67   | 2              | 1           | 1              | in force
        2      | 0              | 0.0     | 0              | 2           | 2              |
        """,
    ),
    # At one instant the place in the processing order counts: c1 1, c2 2, c3 3, c4 4.
    "issuances of one instant are counted one after the other": Case(
        f"{B}ROLLING_WINDOW:DAYS:1",
        [harness.badge_rolling("DAYS", 1, 2)],
        earned("1234", *["2024-02-01T10:00:00Z"] * 4),
        """
        number | issuances_over | percent | customers_over | last_places | customers_full | recorded
        1      | 3              | 75.0    | 3              | 1           | 1              |
        2      | 2              | 50.0    | 2              | 1           | 1              | in force
        3      | 1              | 25.0    | 1              | 1           | 1              |
        4      | 0              | 0.0     | 0              | 1           | 1              |
        """,
    ),
    # 1; 28 March 12:00 looks back to 28 February 12:00: 1; 29 March 10:00 to 28 February 10:00: 3; 11:00 to 11:00: 3.
    "a month looks back further at its end": Case(
        f"{C}ROLLING_WINDOW:MONTHS:1",
        [harness.rolling(months=(1, 2))],
        MONTH_END,
        """
        number | issuances_over | percent | customers_over | last_places | customers_full | recorded
        1      | 2              | 50.0    | 1              | 2           | 0              |
        2      | 2              | 50.0    | 1              | 0           | 0              | in force
        3      | 0              | 0.0     | 0              | 2           | 1              |
        """,
        start="2023-01-01T00:00:00Z",
    ),
    # 15 April 10:00 looks back to 15 March 10:00: 1, 2.
    "a month back is the same wall time": Case(
        f"{B}ROLLING_WINDOW:MONTHS:1",
        [harness.badge_rolling("MONTHS", 1, 1)],
        SUMMER,
        """
        number | issuances_over | percent | customers_over | last_places | customers_full | recorded
        1      | 1              | 50.0    | 1              | 1           | 0              | in force
        2      | 0              | 0.0     | 0              | 1           | 1              |
        """,
    ),
    # 12:00 of Berlin's summer looks back to 12:00 of its winter, 11:00 UTC: 1, 1.
    "of the zone": Case(
        f"{B}ROLLING_WINDOW:MONTHS:1",
        [harness.badge_rolling("MONTHS", 1, 1)],
        SUMMER,
        """
        number | issuances_over | percent | customers_over | last_places | customers_full | recorded
        1      | 0              | 0.0     | 0              | 2           | 1              | in force
        """,
        rules=BERLIN,
    ),
    # The numbers 0 and 5 have rows of their own; each was in force for some of the counts 1, 2.
    "every number that the limit had has a row": Case(
        f"{C}FIXED_VALUE",
        [harness.fixed_value(5)],
        earned("11", "2024-02-01T10:00:00Z", "2024-02-03T10:00:00Z"),
        """
        number | issuances_over | percent | customers_over | last_places | customers_full | recorded
        0      | 2              | 100.0   | 1              | 0           | 0              | earlier
        1      | 1              | 50.0    | 1              | 1           | 0              |
        2      | 0              | 0.0     | 0              | 1           | 1              |
        5      | 0              | 0.0     | 0              | 0           | 0              | in force
        """,
        before=[harness.fixed_value(0)],
    ),
    # The first happened before the badge began and lies in no cycle; the two others count 1 and 2.
    "what lies outside every cycle is not judged": Case(
        f"{C}FIXED_WINDOW:MONTHS",
        [harness.every_month(1)],
        [("c1", "2024-02-10T10:00:00Z", "2024-01-31T23:59:59Z"), *earned("11", *["2024-02-11T10:00:00Z"] * 2)],
        """
        number | issuances_over | percent | customers_over | last_places | customers_full | recorded
        1      | 1              | 50.0    | 1              | 1           | 0              | in force
        2      | 0              | 0.0     | 0              | 1           | 1              |
        """,
        start="2024-02-01T00:00:00Z",
    ),
}


def log_of(name: str, case: Case) -> Iterator[Record]:
    """A badge with the limit, and one of the same earns without any."""
    since = "2024-02-02T00:00:00Z" if case.before else "2023-12-01T00:00:00Z"
    yield harness.definition(name, start=case.start, limits=case.of, since=since)
    if case.before:
        yield harness.definition(name, start=case.start, limits=case.before)
    yield harness.definition(f"{name}: no limit", start=case.start)
    for badge in (name, f"{name}: no limit"):
        for place, (customer, at, *event) in enumerate(case.earns, start=1):
            yield harness.earn(badge, customer, at, rid=f"r{place}", event=event[0] if event else None)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Answer, Answer]]:
    """What the advisor says of each case: of the limit, and of its window where no version has it.

    All cases are badges of one log, which is accounted once for each choice of settings.
    """
    log = [line for case in CASES.items() for line in log_of(*case)]
    alike: dict[Rules, list[str]] = defaultdict(list)
    for name, case in CASES.items():
        alike[Rules(**case.rules)].append(name)
    at, found = micros("2024-06-01T00:00:00Z"), {}
    with harness.scratch_ledger(log, tmp_path_factory.mktemp("advised")) as (warehouse, _):
        for rules, names in alike.items():
            accounting.account(warehouse, rules, at)
            ledger = Ledger(warehouse.con, rules, at)
            for name in names:
                limit = CASES[name].limit
                found[name] = advise(ledger, name, limit=limit), advise(ledger, f"{name}: no limit", window=limit)
    return found


@pytest.mark.parametrize("case", CASES)
def test_the_curve_of_a_limit(case: str, answers: dict[str, tuple[Answer, Answer]]) -> None:
    recorded, thought_of = answers[case]
    names, expected = small_table(CASES[case].curve)
    assert [tuple(str(row[name]) for name in names) for row in recorded.rows] == expected
    had = [row for row in recorded.rows if row["recorded"]]
    if len(had) == 1:
        # One number judged them all, and the audit says the same.
        assert recorded.facts["limits"][0]["audit_breaches"] == had[0]["issuances_over"]
    highest = max(row["number"] for row in recorded.rows if row["last_places"])
    curve = [line[:-1] for line in expected if 1 <= int(line[0]) <= highest]
    assert [tuple(str(row[name]) for name in names[:-1]) for row in thought_of.rows] == curve


def test_headroom_is_what_the_number_in_force_leaves_above_the_highest_count(
    answers: dict[str, tuple[Answer, Answer]],
) -> None:
    said = {}
    for case in (
        "every number that the limit had has a row",
        "of the badge as a whole the customers are those whose issuances are over",
        "which is the zone's midnight",
    ):
        recorded, thought_of = answers[case]
        said[case] = [recorded.facts["limits"][0][name] for name in ("highest_count", "number", "headroom")]
        assert thought_of.facts["limits"][0]["headroom"] is None
    # 5 - 2, 4 - 6 and 2 - 2.
    assert list(said.values()) == [[2, 5, 3], [6, 4, -2], [2, 2, 0]]
