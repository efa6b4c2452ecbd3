"""What a night accounts for: from the earliest row of a badge that may be judged otherwise, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import feeds
import harness
import pytest
from harness import Line, definition, earn, every_days, every_week, fixed_value, micros, unanswered, unasked

from badgeledger import accounting
from badgeledger.reports.tables import csv_text
from badgeledger.settings import Rules

FIRST, NEXT = "2024-02-20T00:00:00Z", "2024-02-21T00:00:00Z"


def day(number: int, badge: str = "B", rid: str | None = None, answer: Any = "") -> harness.Record:
    return earn(badge, f"c{number % 2}", f"2024-02-{number:02}T00:00:00Z", rid=rid or f"{badge}{number}", answer=answer)


HALF = day(5)
LATE_ANSWER = unasked(HALF) | {"loggedAt": "2024-02-05T00:00:05Z"}
LATE_ANSWER["response"]["data"] = (LATE_ANSWER["response"]["data"] or {}) | {"requestId": "B5"}
# Ten days of a badge, of which one has no answer yet, and three of another.
HISTORY: list[Line] = [
    definition("B", limits=[fixed_value(3)]),
    definition("C", limits=[fixed_value(3)]),
    *(unanswered(HALF) if number == 5 else day(number) for number in range(1, 11)),
    *(day(number, "C") for number in (2, 4, 6)),
]


@pytest.mark.parametrize(
    ("new", "rows", "lines", "badges"),
    [
        pytest.param([], 0, 0, set(), id="nothing new touches nothing"),
        pytest.param([day(11)], 1, 1, {"B"}, id="a call behind all others touches itself alone"),
        pytest.param([day(8, rid="late")], 4, 1, {"B"}, id="a late call touches the rows from its place on"),
        pytest.param([day(8)], 3, 2, {"B"}, id="a line delivered again is read with the one that it repeats"),
        pytest.param([LATE_ANSWER], 6, 2, {"B"}, id="a late answer touches the rows from its request on"),
        pytest.param([day(1, "D")], 1, 1, {"D"}, id="a call of a new badge touches that badge alone"),
        pytest.param(
            [definition("C", limits=[fixed_value(1)], since="2024-02-15T00:00:00Z")], 3, 0, {"C"},
            id="a definition touches all rows of its badge, and reads no line again",
        ),
        pytest.param(
            [feeds.revoke_customers("B", ["c1"], "2024-02-19T00:00:00Z")], 10, 0, {"B"},
            id="a revocation touches the rows from the first of its customer on",
        ),
        pytest.param(
            [feeds.badge_earned("B", "c1", "2024-02-07T00:00:00Z", row_id="B7.0")], 4, 2, {"B"},
            id="an event of a known row is read with the call that brought it",
        ),
        pytest.param(
            [day(3, "C", rid="tie", answer="B9.0")], 5, 1, {"B", "C"},
            id="a platform id that a later row of another badge has touches that row too",
        ),
    ],
)  # fmt: skip
def test_a_night_touches(new: list[Line], rows: int, lines: int, badges: set[str], tmp_path: Path) -> None:
    with harness.scratch_ledger(HISTORY, tmp_path) as (warehouse, _):
        accounting.account(warehouse, Rules(), micros(FIRST))
        (tmp_path / "next").mkdir()
        if new:
            harness.ingest_log(warehouse, new, tmp_path / "next" / "inputs", None)
        cost = accounting.account(warehouse, Rules(), micros(NEXT), explain=True)
        touched = {name for (name,) in warehouse.con.execute("SELECT badge_id FROM staging.touched").fetchall()}
    assert cost is not None and not cost.full
    assert (cost.issuances, cost.lines, touched) == (rows, lines, badges)


def test_a_late_event_that_fills_the_window_of_an_earlier_row_touches_that_row(tmp_path: Path) -> None:
    """No cycle holds more than its number; what straddles them is told of a row that was processed before."""
    history = [
        definition("B", limits=[every_days(3, 3)]),
        *(earn("B", "c", f"2024-01-{day}Z", rid=day) for day in ("03T12:00:00", "04T12:00:00", "05T11:59:59")),
    ]
    late = earn("B", "c", "2024-01-06T00:00:00Z", rid="late", event="2024-01-02T12:00:00Z")
    with harness.scratch_ledger(history, tmp_path) as (warehouse, _):
        accounting.account(warehouse, Rules(), micros(FIRST))
        (tmp_path / "next").mkdir()
        harness.ingest_log(warehouse, [late], tmp_path / "next" / "inputs", None)
        cost = accounting.account(warehouse, Rules(), micros(NEXT), explain=True)
        found = warehouse.con.execute("SELECT request_id FROM report.findings WHERE code = 'straddle'").fetchall()
    assert cost is not None
    assert (cost.issuances, found) == (2, [("05T11:59:59",)])


def test_cycles_go_on_with_as_of_of_badges_that_nothing_touches_and_end_with_them(tmp_path: Path) -> None:
    """Each night's cycles are those of a ledger that is made at once; of one badge nothing comes, it ends on day 26."""
    windows = [every_days(5, 1), every_week("TUESDAY", 1, "BADGE")]
    quiet = definition("Q", limits=windows, start="2024-02-01T00:00:00Z", end="2024-02-26T00:00:00Z")
    endless = definition("E", limits=windows[:1], start="2024-02-20T00:00:00Z")
    log: list[Line] = [quiet, endless, definition("B", limits=[fixed_value(3)]), day(1)]
    told = []
    with harness.scratch_ledger(log, tmp_path) as (warehouse, _):
        accounting.account(warehouse, Rules(), micros("2024-02-02T00:00:00Z"))
        for number in (3, 6, 7, 12, 20, 21, 26, 27, 29):
            as_of = micros(f"2024-02-{number:02}T00:00:00Z")
            harness.ingest_log(warehouse, [day(number, rid=str(number))], tmp_path / str(number), None)
            cost = accounting.account(warehouse, Rules(), as_of, explain=True)
            assert cost is not None and not cost.full
            told.append(csv_text(warehouse.con, "cycles"))
            with accounting.aside(warehouse, Rules(), as_of) as con:
                assert csv_text(con, "cycles") == told[-1], number
    assert len(set(told)) == 5
    assert [text.count("\nQ,") for text in (told[0], told[-1])] == [4, 9]
