"""Engine and witness, two programs written from one rule book, give the same tables."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from conftest import examples, go_on
from harness import TABLES, Tables, engine, key_of, witness
from hypothesis import given, settings
from laws.random_logs import ZONES, Log, chosen_rules, differences, hard_cases, logs, make_log, mutated_log, rules

from badgeledger.witness.fields import Reader
from badgeledger.witness.lines import read_pieces
from badgeledger.witness.shapes import read_record


@pytest.mark.parametrize("zone", ZONES)
def test_engine_and_witness_agree_on_every_table(zone: str) -> None:
    seen: set[str] = set()
    told: set[str] = set()

    @settings(max_examples=examples(12))
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
        told.update(cases(fast))

    def cases(tables: Tables) -> set[str]:
        names = (("findings", "code"), ("expirations", "rule"), ("expirations", "state"))
        return set().union(*(tables.column(*name) for name in names))

    def meets(log: Log, chosen: dict[str, str]) -> set[str]:
        return log.seen | cases(witness(log.files, Path(), as_of=log.as_of, zone=zone, **chosen))

    needed = {"IMPORTED", "REVOKED", "cycle-mismatch", "straddle"} | hard_cases(zone)
    go_on(law, lambda: needed - told - seen, lambda seed: (make_log(seed, zone, 40), chosen_rules(seed)), meets)


def test_engine_and_witness_agree_on_lines_that_are_nearly_right() -> None:
    """A third of the lines has a fault: odd values, lost, renamed and doubled fields, broken bytes."""
    refused: set[str] = set()

    @settings(max_examples=examples(20))
    @given(logs("UTC", make=mutated_log))
    def law(log: Log) -> None:
        with tempfile.TemporaryDirectory() as folder:
            fast = engine(log.files, Path(folder), as_of=log.as_of)
        slow = witness(log.files, Path(), as_of=log.as_of)
        agree_on_reasons(fast, slow)
        assert differences(fast, slow) == []
        refused.update(fast.column("quarantine", "reason"))

    law()
    assert len(refused) >= 10


def agree_on_reasons(fast: Tables, slow: Tables) -> None:
    """A record with several faults is refused for one of them (page readings), and each program may name another: where
    it is one of those that the record has, both get the same one, and with it the finding of the line.
    """
    expected = {place(row): row for row in slow["quarantine"]}
    settled = set()
    for row in fast["quarantine"]:
        other = expected.get(place(row))
        if other is not None and other["reason"] != row["reason"] and row["reason"] in faults_of(other["raw"]):
            row["reason"] = other["reason"]
            settled.add(place(row))
    for tables in (fast, slow):
        tables["findings"] = [
            row for row in tables["findings"] if row["code"] != "invalid-enum" or place(row) not in settled
        ]
        for row in tables["badges"]:
            if settled and row["badge_id"] == "":
                row.pop("findings")


def place(row: dict[str, str]) -> tuple[str, str]:
    return row["source_file"], row["source_line"]


def faults_of(raw: str) -> set[str]:
    """All reasons why a line cannot be taken."""
    (piece,) = read_pieces(raw.encode())
    reader = Reader(None)
    if piece.value is not None:
        read_record(piece.value, reader)
    return {piece.reason, *reader.reasons}


def test_a_record_with_several_faults_is_refused_for_one_of_them() -> None:
    line = {"loggedAt": "2024-01-01T00:00:00Z", "endpoint": "earnBulk", "customers": {"badgeMetaId": "C"}}
    assert {"invalid-id", "missing-field"} <= faults_of(json.dumps(line))
