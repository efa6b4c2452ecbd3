"""The golden run: the nightly pipeline on the samples gives the tables in `expected`, to the byte."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from golden.conftest import Night

from badgeledger import witness
from badgeledger.inputs import Input, find_sources, open_sources
from badgeledger.reports.tables import TABLES

REPOSITORY = Path(__file__).resolve().parents[2]
EXPECTED = Path(__file__).parent / "expected"
LOGS = REPOSITORY / "data-samples" / "logs"
AS_OF_US = 1_772_323_200_000_000


@pytest.fixture
def report(night: Night) -> Path:
    assert "as of       2026-03-01T00:00:00Z" in night.out
    return night.report


@pytest.mark.parametrize("name", sorted(TABLES))
def test_the_nightly_run_on_the_samples_gives_the_expected_table(report: Path, name: str) -> None:
    assert (report / f"{name}.csv").read_bytes() == (EXPECTED / f"{name}.csv").read_bytes()


def test_the_witness_reads_the_same_tables_from_the_raw_samples() -> None:
    sources = find_sources([Input("logs")], LOGS.parent)
    files = [(source.path, b"".join(opened.blocks())) for source, opened in open_sources(sources)]
    tables = witness.audit(files, {}, AS_OF_US)
    for name in TABLES.keys() - {"changes"}:
        expected = list(csv.DictReader(io.StringIO((EXPECTED / f"{name}.csv").read_text("utf-8"), newline="")))
        found = tables[name]
        if name == "findings":
            # What a finding says in words is each program's own.
            expected, found = ([{**row, "detail": ""} for row in rows] for rows in (expected, found))
        assert found == expected, name
