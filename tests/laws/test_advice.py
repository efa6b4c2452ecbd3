"""The breach curve at a recorded number is the audit; a window that is thought of is counted as a recorded one."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import harness
import pytest
from conftest import examples
from harness import Tables, micros
from hypothesis import given, settings
from hypothesis import strategies as st
from laws.random_logs import ZONES, Log, iso, logs, rules

from badgeledger import accounting
from badgeledger.answers.advice import advise
from badgeledger.answers.ledger import Ledger
from badgeledger.settings import Rules


@pytest.mark.parametrize("zone", ZONES)
def test_the_curve_at_the_recorded_number_is_the_audit(zone: str) -> None:
    met = 0

    @settings(max_examples=examples(3))
    @given(logs(zone), rules)
    def law(log: Log, chosen: dict[str, str]) -> None:
        nonlocal met
        told, as_of = Rules(zone=zone, **chosen), micros(log.as_of)
        with tempfile.TemporaryDirectory() as folder, harness.scratch_ledger(log.files, Path(folder)) as (opened, _):
            accounting.account(opened, told, as_of)
            tables = harness.tables_of(opened.con, [])
            numbers = _numbers(opened.con)
            for (badge, limit), had in numbers.items():
                rows = advise(Ledger(opened.con, told, as_of), badge, limit=limit).rows
                breaches = tables.rows("breaches", badge_id=badge, limit_name=limit)
                curve = {row["number"]: row for row in rows}
                if len(had) == 1:
                    row = curve[min(had)] if min(had) in curve else {"issuances_over": 0, "customers_over": 0}
                    assert row["issuances_over"] == len(breaches)
                    assert row["customers_over"] == len({one["customer_id"] for one in breaches})
                    met += bool(breaches)
                else:
                    # Each row is judged by one of the numbers.
                    over = [curve[one]["issuances_over"] for one in (min(had), max(had)) if one in curve]
                    assert all(one >= len(breaches) for one in over[:1])
                _is_a_curve(rows, tables, badge)

    law()
    assert met


def _numbers(con: Any) -> dict[tuple[str, str], set[int]]:
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    for badge, limit, number in con.execute(
        "SELECT badge_id, limit_name, number FROM staging.version_limit WHERE rules"
    ).fetchall():
        found[badge, limit].add(number)
    return found


def _is_a_curve(rows: Any, tables: Tables, badge: str) -> None:
    over = [row["issuances_over"] for row in rows]
    assert over == sorted(over, reverse=True)
    assert all(row["customers_over"] <= row["issuances_over"] for row in rows)
    assert all(one <= len(tables.rows("issuances", badge_id=badge, counted="true")) for one in over)
    for before, row in pairwise(rows):
        if row["number"] == before["number"] + 1:
            assert before["issuances_over"] - row["issuances_over"] == row["last_places"]
            assert before["customers_over"] - row["customers_over"] == row["customers_full"]


WINDOWS = {
    "CUSTOMER:FIXED_WINDOW:DAYS:3": harness.every_days(3, 1),
    "BADGE:FIXED_WINDOW:MONTHS": harness.every_month(1, "BADGE"),
    "CUSTOMER:ROLLING_WINDOW:MONTHS:1": harness.rolling(months=(1, 1)),
    "BADGE:ROLLING_WINDOW:DAYS:2": harness.badge_rolling("DAYS", 2, 1),
    "CUSTOMER:FIXED_VALUE": harness.fixed_value(1),
}


@settings(max_examples=examples(12))
@given(
    st.lists(st.tuples(st.integers(0, 60 * 24), st.sampled_from(("c1", "c2"))), min_size=1, max_size=9),
    st.sampled_from(sorted(WINDOWS)),
    st.sampled_from(("processed", "event")),
)
def test_a_window_that_is_thought_of_counts_as_a_recorded_one(
    earns: list[tuple[int, str]], window: str, clock: str
) -> None:
    as_of, start = micros("2024-06-01T00:00:00Z"), micros("2024-01-25T00:00:00Z")
    told = Rules(rolling_clock=clock)
    calls = []
    for place, (hour, customer) in enumerate(earns):
        at = iso(start + hour * 3_600_000_000)
        calls.append(harness.earn("B", customer, at, rid=f"r{place}"))
    curves = []
    for limits, asked in (([WINDOWS[window]], {"limit": window}), ([], {"window": window})):
        log = [harness.definition("B", limits=limits), *calls]
        with tempfile.TemporaryDirectory() as folder, harness.scratch_ledger(log, Path(folder)) as (opened, _):
            accounting.account(opened, told, as_of)
            rows = advise(Ledger(opened.con, told, as_of), "B", **asked).rows
            curves.append([(row["number"], row["issuances_over"], row["customers_full"]) for row in rows])
    assert curves[0] == curves[1] != []
