"""Many lines that are nearly right: read, accepted, duplicate and quarantined are counted by somebody else too."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random

import harness
import pytest
from conftest import SLOW
from faults.nights import zygote
from laws.mutations import mutated

from badgeledger.witness.books import Books

LINES = 100_000
FILES = 8


def bases(number: int) -> list[harness.Line]:
    """Records of several shapes; the numbers in them are what mutation draws from."""
    limits = [harness.fixed_value(3), harness.every_days(5, 1), harness.badge_rolling("DAYS", 2, 4)]
    rid, day = f"r{number}", f"2024-01-{number % 28 + 1:02}"
    return [
        harness.earn("B", "c1", f"{day}T10:00:00Z", rid=rid),
        harness.define(harness.definition("B", limits=limits, since=f"{day}T00:00:00Z")),
        harness.definition("C", earned=harness.relative("DAYS", number + 1)),
        harness.earn("B", "c1", f"{day}T11:00:00Z", rid=f"{rid}x", answer=1040),
        harness.issue_bulk("B", ["c1", "c2", "c3"], f"{day}T12:00:00Z", rid=rid, event=f"{day}T09:00:00Z"),
        harness.earn_bulk("C", ["c1", "c2"], f"{day}T13:00:00Z", rid=rid, answers=[("c1", "i1"), ("c2", 809)]),
        harness.bare_request(harness.issue_bulk("B", ["c4"], rid=f"{rid}y", event=f"{day}T14:00:00Z")),
        harness.bare_response(harness.issue_bulk("B", ["c4"], rid=f"{rid}y")),
    ]


@pytest.mark.parametrize("part", range(100 if SLOW else 1))
def test_every_one_of_many_mutated_lines_is_counted_and_none_twice(part: int, tmp_path: Path) -> None:
    """The witness reads every one of the lines too, and counts the same; the line feeds are counted by no program."""
    seed = 20240208 + part
    draw = Random(seed)
    start = [line for number in range(250) for line in bases(number)]
    files: dict[str, bytes] = {}
    for number in range(FILES):
        lines = []
        for _ in range(LINES // FILES):
            line = draw.choice(start)
            lines.append(harness.text_of(mutated(draw, line) if draw.random() < 0.8 else line))
        # A file whose first line is no object would be tried as one document.
        files[f"{number}.jsonl"] = b"\n".join([harness.text_of(start[0]), *lines]) + b"\n"
    told = _engine(tmp_path, files)
    for name, data in files.items():
        counts = told[name]
        assert counts["lines"] == data.count(b"\n"), (seed, name)
        assert counts["lines"] == counts["accepted"] + counts["duplicate"] + counts["quarantined"], (seed, name)
        assert min(counts.values()) >= 0
    sums = Counter[str]()
    for counts in told.values():
        sums.update(counts)
    assert sums["lines"] == LINES + FILES
    assert min(sums["accepted"], sums["duplicate"], sums["quarantined"]) > LINES // 20, (seed, sums)
    theirs = {
        row["path"]: {name: int(row[name]) for name in ("lines", "accepted", "duplicate", "quarantined")}
        for row in Books(list(files.items()), None).files()
    }
    assert told == theirs, seed


def _engine(folder: Path, files: dict[str, bytes]) -> dict[str, dict[str, int]]:
    harness.write_files(folder / "logs", files)
    ended = zygote().run("ingest", folder / "logs", "--warehouse", folder / "w.duckdb", "--json")
    assert ended.code == 0, ended
    return {
        file["path"]: {name: file[name] for name in ("lines", "accepted", "duplicate", "quarantined")}
        for file in json.loads(ended.out)
    }
