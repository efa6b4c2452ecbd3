"""A warehouse of an older schema is brought up to date when it is opened, and loses nothing."""

from __future__ import annotations

from pathlib import Path

import harness
import pytest

from badgeledger import ingest
from badgeledger.errors import WarehouseNewer
from badgeledger.warehouse import SCHEMA_VERSION, Warehouse

LOG = {"a.jsonl": [harness.earn("B", "c1", "2024-01-01T10:00:00Z", rid="r1")]}


def bring_in(warehouse: Warehouse, inputs: Path, zone: str | None = None) -> list[ingest.FileResult]:
    with warehouse.transaction():
        return ingest.ingest(warehouse, [ingest.Input(path=str(inputs), zone=zone)], inputs.parent)


@pytest.fixture
def first_schema(tmp_path: Path) -> Path:
    """A warehouse as version 1 of the schema had it, with one file."""
    harness.write_files(tmp_path / "logs", harness.files_of(LOG))
    with Warehouse.open(tmp_path / "ledger.duckdb") as warehouse:
        bring_in(warehouse, tmp_path / "logs")
        warehouse.con.execute("CREATE OR REPLACE TABLE raw.file AS SELECT * EXCLUDE (zone) FROM raw.file")
        warehouse.con.execute("UPDATE main.made SET schema_version = 1")
    return tmp_path / "ledger.duckdb"


def test_a_warehouse_of_the_first_schema_keeps_its_files_and_takes_new_ones(first_schema: Path, tmp_path: Path) -> None:
    more = {"b.jsonl": [harness.earn("B", "c2", "2024-01-02T10:00:00Z", rid="r2")]}
    harness.write_files(tmp_path / "logs", harness.files_of(more))
    for _ in range(2):
        with Warehouse.open(first_schema) as warehouse:
            results = bring_in(warehouse, tmp_path / "logs", "Asia/Kolkata")
            found = warehouse.con.execute("SELECT lines, zone FROM raw.file ORDER BY file_id").fetchall()
            version = warehouse.con.execute("SELECT schema_version FROM main.made").fetchall()
    assert found == [(1, None), (1, "Asia/Kolkata")]
    assert version == [(SCHEMA_VERSION,)]
    assert [result.known for result in results] == [True, True]


def test_a_warehouse_of_a_later_schema_is_refused(first_schema: Path) -> None:
    with Warehouse.open(first_schema) as warehouse:
        warehouse.con.execute("UPDATE main.made SET schema_version = $1", [SCHEMA_VERSION + 1])
    with pytest.raises(WarehouseNewer, match=f"schema {SCHEMA_VERSION + 1}"), Warehouse.open(first_schema):
        pass
