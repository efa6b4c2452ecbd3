"""Known-at: the tables of any past night can be made again, whatever arrived since (RULEBOOK 5)."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from harness import (
    Files,
    Tables,
    definition,
    earn,
    every_days,
    files_of,
    issue_bulk,
    micros,
    tables_of,
    unanswered,
    unasked,
    witness,
    write_files,
)

from badgeledger import accounting, ingest
from badgeledger.pipeline import Rules
from badgeledger.warehouse import Warehouse

AS_OF = "2024-06-01T00:00:00Z"
CALL = issue_bulk("B", ["c1", "c2"], "2024-02-01T00:00:00Z", answers=[("c1", "i1"), ("c2", 1040)])
NIGHTS: list[Files] = [
    {"1.jsonl": [definition(limits=[every_days(5, 1)]), unanswered(CALL)]},
    {"2.jsonl": [unasked(CALL), earn("B", "c1", "2024-02-02T00:00:00Z", rid="r2"), "{"]},
    {"3.jsonl": [definition(limits=[every_days(2, 0)], since="2024-01-15T00:00:00Z")], "4.jsonl": [CALL]},
]


@pytest.fixture(scope="module")
def warehouse_after_three_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("nights")
    path = base / "ledger.duckdb"
    for night, log in enumerate(NIGHTS):
        folder = base / f"night-{night}"
        folder.mkdir()
        write_files(folder, files_of(log))
        with Warehouse.open(path) as warehouse, warehouse.transaction():
            ingest.ingest(warehouse, [ingest.Input(path=str(folder))], base)
            accounting.account(warehouse, Rules(), micros(AS_OF))
    return path


def ingested_at(warehouse: Warehouse) -> list[int]:
    """When each night came in, in microseconds."""
    return [at for (at,) in warehouse.con.execute("SELECT epoch_us(ingested_at) FROM raw.batch ORDER BY 1").fetchall()]


def known(warehouse: Warehouse, known_at_us: int | None) -> Tables:
    with accounting.aside(warehouse, Rules(), micros(AS_OF), known_at_us) as connection:
        return tables_of(connection, [])


@pytest.mark.parametrize("nights", [1, 2, 3])
def test_what_was_ingested_later_is_left_out(warehouse_after_three_nights: Path, tmp_path: Path, nights: int) -> None:
    files = {name: lines for night in NIGHTS[:nights] for name, lines in night.items()}
    expected = witness(files, tmp_path, as_of=AS_OF)
    with Warehouse.open(warehouse_after_three_nights) as warehouse:
        found = known(warehouse, ingested_at(warehouse)[nights - 1])
    for name in found.keys() - {"files"}:
        hidden = [[{k: v for k, v in row.items() if k != "detail"} for row in side[name]] for side in (found, expected)]
        assert hidden[0] == hidden[1], name


@pytest.mark.parametrize("nights", [1, 2, 3])
def test_the_inputs_of_a_night_alone_tell_what_was_known(
    warehouse_after_three_nights: Path, tmp_path: Path, nights: int
) -> None:
    files = files_of({name: lines for night in NIGHTS[:nights] for name, lines in night.items()})
    expected = witness(files, tmp_path, as_of=AS_OF)
    inputs = [(name, hashlib.sha256(data).hexdigest()) for name, data in files.items()]
    with Warehouse.open(warehouse_after_three_nights) as warehouse:
        with accounting.aside(warehouse, Rules(), micros(AS_OF), inputs=inputs) as connection:
            found = tables_of(connection, [])
    for name in found.keys() - {"files", "findings"}:
        assert found[name] == expected[name], name


def test_an_input_is_known_under_the_path_that_is_asked_for(warehouse_after_three_nights: Path) -> None:
    data = files_of(NIGHTS[0])["1.jsonl"]
    inputs = [("1.jsonl", hashlib.sha256(data).hexdigest())]
    with Warehouse.open(warehouse_after_three_nights) as warehouse:
        warehouse.con.execute(
            "INSERT INTO raw.delivery SELECT file_id, batch_id, '0.jsonl' FROM raw.delivery WHERE path = '1.jsonl'"
        )
        with accounting.aside(warehouse, Rules(), micros(AS_OF), inputs=inputs) as connection:
            found = connection.execute("SELECT path FROM report.input_file").fetchall()
        warehouse.con.execute("DELETE FROM raw.delivery WHERE path = '0.jsonl'")
    assert found == [("1.jsonl",)]


def test_before_the_first_night_nothing_was_known(warehouse_after_three_nights: Path) -> None:
    with Warehouse.open(warehouse_after_three_nights) as warehouse:
        found = known(warehouse, ingested_at(warehouse)[0] - 1)
    assert all(rows == [] for rows in found.values())


def test_a_look_back_leaves_the_warehouse_as_it_is(warehouse_after_three_nights: Path) -> None:
    with Warehouse.open(warehouse_after_three_nights) as warehouse:
        before = tables_of(warehouse.con, [])
        known(warehouse, ingested_at(warehouse)[0])
        assert tables_of(warehouse.con, []) == before


def test_without_known_at_an_aside_is_the_warehouse(warehouse_after_three_nights: Path) -> None:
    with Warehouse.open(warehouse_after_three_nights) as warehouse:
        assert known(warehouse, None) == tables_of(warehouse.con, [])
