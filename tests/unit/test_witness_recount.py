"""The witness asked for some rows alone, and told files apart that look alike."""

from __future__ import annotations

import gzip
import random
from functools import cache
from pathlib import Path

import harness
import pytest
from backports import zstd

from badgeledger.witness import Input, audit, recount

SAMPLES = Path(__file__).resolve().parents[2] / "data-samples" / "logs"
AS_OF = harness.micros("2026-03-01T00:00:00Z")
RULES = {"zone": "Europe/Berlin"}


@cache
def samples() -> tuple[tuple[str, bytes], ...]:
    found = []
    for path in sorted(path for path in SAMPLES.rglob("*.json*") if path.is_file()):
        data = path.read_bytes()
        data = gzip.decompress(data) if path.suffix == ".gz" else data
        data = zstd.decompress(data) if path.suffix == ".zst" else data
        found.append((path.relative_to(SAMPLES).as_posix(), data))
    return tuple(found)


@cache
def audited() -> harness.Tables:
    return harness.Tables(audit(samples(), RULES, AS_OF))


@pytest.mark.parametrize("seed", range(6))
def test_some_rows_are_recounted_as_in_the_whole(seed: int) -> None:
    keys = [row["row_key"] for row in audited()["issuances"]]
    over = sorted({row["row_key"] for row in audited()["breaches"]})
    draw = random.Random(seed)
    asked = {*draw.sample(keys, 40), *draw.sample(over, 40)}
    found = recount(samples(), RULES, AS_OF, asked)
    for name in ("issuances", "breaches"):
        expected = [row for row in audited()[name] if row["row_key"] in asked]
        assert found[name] == expected, name
        assert len(expected) >= 40, name


def test_no_row_is_asked_for() -> None:
    customers = [{"customer_id": one} for one in sorted({row["customer_id"] for row in audited()["issuances"]})]
    assert recount(samples(), {}, AS_OF, ()) == {"issuances": [], "breaches": [], "names": customers}


def test_files_with_other_hashes_are_read_also_when_they_hold_the_same_bytes() -> None:
    data = harness.files_of({"a": [harness.earn("B", "c1", "2024-01-01T10:00:00Z", rid="r1"), "}{"]})["a"]
    plain, packed = Input("a.jsonl", data, "1" * 64), Input("a.jsonl.gz", data, "2" * 64)
    assert audit([packed, plain], {}, AS_OF)["files"] == [
        {"path": "a.jsonl", "lines": "2", "accepted": "1", "duplicate": "0", "quarantined": "1"},
        {"path": "a.jsonl.gz", "lines": "2", "accepted": "0", "duplicate": "1", "quarantined": "1"},
    ]
    assert [row["path"] for row in audit([plain, plain], {}, AS_OF)["files"]] == ["a.jsonl"]


def test_files_of_one_path_can_have_zones_of_their_own() -> None:
    lines = [harness.earn("B", "c1", "2024-01-01T10:00:00Z", rid=f"r{n}") for n in (1, 2)]
    data = [harness.files_of({"a": [line | {"loggedAt": "2024-01-01T10:00:00"}]})["a"] for line in lines]
    found = audit([Input("a", data[0], "1" * 64, "Asia/Kolkata"), Input("a", data[1], "2" * 64, "UTC")], {}, AS_OF)
    assert [row["processed_at"] for row in found["issuances"]] == [
        "2024-01-01T04:30:00.000000Z",
        "2024-01-01T10:00:00.000000Z",
    ]
