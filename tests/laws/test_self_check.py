"""The self-check agrees with the report whatever the log is, from its subjects' lines alone; no altered row passes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random

import pytest
from conftest import examples
from harness import micros, scratch_ledger
from hypothesis import given, settings
from hypothesis import strategies as st
from laws.random_logs import ZONES, Log, logs, mutated_log, rules

from badgeledger import accounting
from badgeledger.errors import InternalCheckFailed
from badgeledger.self_check import SelfCheck, self_check
from badgeledger.settings import Rules
from badgeledger.warehouse import Warehouse

EVERY = 100_000


def checked(warehouse: Warehouse, folder: Path, log: Log, chosen: dict[str, str], size: int = EVERY) -> SelfCheck:
    return self_check(
        warehouse.con,
        Rules(**chosen),
        micros(log.as_of),
        size=size,
        roots=[folder / "inputs"],
        spill=warehouse.spill,
    )


@pytest.mark.parametrize("zone", ZONES)
def test_every_subject_of_any_log_is_recounted_from_its_own_lines(zone: str) -> None:
    told: list[SelfCheck] = []

    @settings(max_examples=examples(4))
    @given(logs(zone), rules, st.integers(1, 6))
    def law(log: Log, chosen: dict[str, str], few: int) -> None:
        with tempfile.TemporaryDirectory() as name, scratch_ledger(log.files, Path(name), zone) as (warehouse, _):
            accounting.account(warehouse, Rules(**chosen), micros(log.as_of))
            for size in (EVERY, few):
                found = checked(warehouse, Path(name), log, chosen, size)
                assert found.recounted == found.subjects
                told.append(found)

    law()
    assert sum(found.rows for found in told) > 100
    assert any(found.subjects == 1 for found in told) or any(found.subjects > 5 for found in told)


def test_every_subject_is_recounted_also_among_lines_that_are_nearly_right() -> None:
    @settings(max_examples=examples(8))
    @given(logs("UTC", make=mutated_log))
    def law(log: Log) -> None:
        with tempfile.TemporaryDirectory() as name, scratch_ledger(log.files, Path(name)) as (warehouse, _):
            accounting.account(warehouse, Rules(), micros(log.as_of))
            found = checked(warehouse, Path(name), log, {})
            assert found.recounted == found.subjects

    law()


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("flags.breach", "DELETE FROM flags.breach WHERE row_no = $1"),
        ("flags.breach", "UPDATE flags.breach SET count = count + 1 WHERE row_no = $1"),
        ("ledger.expiry", "UPDATE ledger.expiry SET expires_at = coalesce(expires_at, 0) + 1 WHERE row_no = $1"),
        ("staging.answered_row", "UPDATE staging.answered_row SET answered = 'ASSUMED' WHERE row_no = $1"),
        ("staging.answered_row", "UPDATE staging.answered_row SET event_at = event_at + 1 WHERE row_no = $1"),
    ],
)
def test_no_altered_row_passes(table: str, change: str) -> None:
    altered: list[str] = []

    @settings(max_examples=examples(4))
    @given(logs("UTC"), st.integers(0, 10**9))
    def law(log: Log, seed: int) -> None:
        with tempfile.TemporaryDirectory() as name, scratch_ledger(log.files, Path(name)) as (warehouse, _):
            accounting.account(warehouse, Rules(), micros(log.as_of))
            query = f"SELECT row_no FROM {table} SEMI JOIN ledger.entry AS entry USING (row_no)"
            if table == "staging.answered_row":
                query += " WHERE answered = 'ACCEPTED'"
            rows = [row_no for (row_no,) in warehouse.con.execute(f"{query} ORDER BY row_no").fetchall()]
            if rows:
                warehouse.con.execute(change, [Random(seed).choice(rows)])
                with pytest.raises(InternalCheckFailed, match="the self-check of badge "):
                    checked(warehouse, Path(name), log, {})
                altered.append(log.as_of)

    law()
    assert altered
