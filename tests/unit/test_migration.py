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


def as_of_schema(warehouse: Warehouse, schema: int) -> None:
    """Make the raw tables what they were in an earlier schema."""
    con = warehouse.con
    con.execute("DROP TABLE raw.sighting")
    if schema < 3:
        con.execute("CREATE OR REPLACE TABLE raw.call AS SELECT * EXCLUDE (items, place) FROM raw.call")
        con.execute("DROP TABLE raw.revocation")
        con.execute("DROP TABLE raw.platform_cycle")
    if schema == 1:
        con.execute("CREATE OR REPLACE TABLE raw.file AS SELECT * EXCLUDE (zone) FROM raw.file")
    con.execute("UPDATE main.made SET schema_version = $1", [schema])


@pytest.fixture(params=[1, 2, 3])
def earlier(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A warehouse as an earlier version of the schema had it, with one file."""
    harness.write_files(tmp_path / "logs", harness.files_of(LOG))
    with Warehouse.open(tmp_path / "ledger.duckdb") as warehouse:
        bring_in(warehouse, tmp_path / "logs")
        as_of_schema(warehouse, request.param)
    return tmp_path / "ledger.duckdb"


def test_a_warehouse_of_an_earlier_schema_keeps_its_files_and_takes_new_ones(earlier: Path, tmp_path: Path) -> None:
    imported = {
        "endpoint": "import",
        "request": [{"badgeMetaId": "B", "customerId": "c3", "earnEventDate": 1704186000}],
    }
    more = {"b.jsonl": [harness.earn("B", "c2", "2024-01-02T10:00:00Z", rid="r2"), imported]}
    harness.write_files(tmp_path / "logs", harness.files_of(more))
    for _ in range(2):
        with Warehouse.open(earlier) as warehouse:
            results = bring_in(warehouse, tmp_path / "logs", "Asia/Kolkata")
            found = warehouse.con.execute("SELECT lines, zone FROM raw.file ORDER BY file_id").fetchall()
            calls = warehouse.con.execute("SELECT customers, len(items), place FROM raw.call ORDER BY 1").fetchall()
            version = warehouse.con.execute("SELECT schema_version FROM main.made").fetchall()
    assert found == [(1, None), (2, "Asia/Kolkata")]
    assert calls == [(["c1"], None, 0), (["c2"], None, 0), (["c3"], 1, 0)]
    assert version == [(SCHEMA_VERSION,)]
    assert [result.known for result in results] == [True, True]


def test_a_warehouse_of_a_later_schema_is_refused(earlier: Path) -> None:
    with Warehouse.open(earlier) as warehouse:
        warehouse.con.execute("UPDATE main.made SET schema_version = $1", [SCHEMA_VERSION + 1])
    with pytest.raises(WarehouseNewer, match=f"schema {SCHEMA_VERSION + 1}"), Warehouse.open(earlier):
        pass
