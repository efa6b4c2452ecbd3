"""A warehouse may be called anything, also like one of our schemas; a compressed log is the log that it holds."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from backports import zstd
from harness import Tables, definition, earn, fixed_value, micros, tables_of, text_of

from badgeledger import accounting, ingest
from badgeledger.errors import UsageError
from badgeledger.pipeline import Rules
from badgeledger.warehouse import Warehouse

LOG = b"\n".join(
    text_of(line) for line in [definition(limits=[fixed_value(0)]), earn("B", "c1", "2024-02-01T00:00:00Z"), "{"]
)


def run(folder: Path, warehouse_name: str, file_name: str, content: bytes) -> Tables:
    inputs = folder / "landing"
    (inputs / file_name).parent.mkdir(parents=True)
    (inputs / file_name).write_bytes(content)
    with Warehouse.open(folder / warehouse_name) as warehouse, warehouse.transaction():
        results = ingest.ingest(warehouse, [ingest.Input(path="landing")], folder)
        accounting.account(warehouse, Rules(), micros("2024-06-01T00:00:00Z"))
        return tables_of(warehouse.con, results)


@pytest.mark.parametrize("name", ["ledger.duckdb", "report.duckdb", "a b'c\".db"])
def test_a_warehouse_may_have_any_name(tmp_path: Path, name: str) -> None:
    run(tmp_path, name, "log.jsonl", LOG).shows("breaches", "customer_id | count\nc1 | 1")


def test_a_warehouse_with_a_question_mark_in_its_path_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "w?x=1")
    for path in (tmp_path / "w?x=1" / "ledger.duckdb", tmp_path / "a?.duckdb", tmp_path / "link" / "ledger.duckdb"):
        with pytest.raises(UsageError, match="without a question mark"), Warehouse.open(path):
            pass
    assert [place.name for place in tmp_path.iterdir()] == ["link"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("log.jsonl.gz", gzip.compress(LOG)),
        ("log.jsonl.gz", gzip.compress(LOG[:100]) + gzip.compress(LOG[100:])),
        ("log.jsonl.zst", zstd.compress(LOG)),
        ("log.jsonl.zst", zstd.compress(LOG[:100]) + zstd.compress(LOG[100:])),
        ("log[1]*?.jsonl", LOG),
        ("badge_id=99/log.jsonl", LOG),
    ],
    ids=["gzip", "two gzip members", "zstd", "two zstd frames", "a name like a glob", "a name like a partition"],
)
def test_a_file_is_read_whatever_its_compression_and_name(tmp_path: Path, name: str, content: bytes) -> None:
    tables = run(tmp_path, "w", name, content)
    tables.shows("breaches", f"badge_id | customer_id | source_file | source_line\nB | c1 | {name} | 2")
    tables.shows("quarantine", f"source_file | source_line | reason | raw\n{name} | 3 | not-json | {{")
