"""Engine and witness, two programs written from one rule book, give the same tables."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from conftest import examples
from harness import TABLES, engine, key_of, witness
from hypothesis import given, settings
from laws.random_logs import ZONES, Log, differences, hard_cases, logs, mutated_log, rules


@pytest.mark.parametrize("zone", ZONES)
def test_engine_and_witness_agree_on_every_table(zone: str) -> None:
    seen: set[str] = set()
    told: set[str] = set()

    @settings(max_examples=examples(20))
    @given(logs(zone), rules)
    def law(log: Log, chosen: dict[str, str]) -> None:
        seen.update(log.seen)
        with tempfile.TemporaryDirectory() as folder:
            fast = engine(log.files, Path(folder), as_of=log.as_of, zone=zone, **chosen)
        slow = witness(log.files, Path(), as_of=log.as_of, zone=zone, **chosen)
        assert differences(fast, slow) == []
        for name in TABLES:
            keys = [key_of(name, row) for row in fast[name]]
            assert keys == sorted(set(keys)), f"{name} is not ordered by its key"
        told.update(fast.column("findings", "code"), *(fast.column("expirations", name) for name in ("rule", "state")))

    law()
    assert {"IMPORTED", "REVOKED", "cycle-mismatch", "straddle"} <= told
    assert hard_cases(zone) <= seen


def test_engine_and_witness_agree_on_lines_that_are_nearly_right() -> None:
    """A third of the lines has a fault: odd values, lost, renamed and doubled fields, broken bytes."""
    refused: set[str] = set()

    @settings(max_examples=examples(30))
    @given(logs("UTC", make=mutated_log))
    def law(log: Log) -> None:
        with tempfile.TemporaryDirectory() as folder:
            fast = engine(log.files, Path(folder), as_of=log.as_of)
        slow = witness(log.files, Path(), as_of=log.as_of)
        assert differences(fast, slow) == []
        refused.update(fast.column("quarantine", "reason"))

    law()
    assert len(refused) >= 10
