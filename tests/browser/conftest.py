"""The page in a real browser: needs Chromium on the path, or its program in the variable CHROMIUM."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import fake_report
import pytest
from browser import chromium

from badgeledger.reports.html import write_html


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a report of a few thousand breaches."""
    return _report(tmp_path_factory.mktemp("small"), 3_000)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a report of a few breaches, which has every part of a large one."""
    return _report(tmp_path_factory.mktemp("tiny"), 400)


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a report with 100,000 embedded breaches."""
    return _report(tmp_path_factory.mktemp("large"), 230_000)


def _report(folder: Path, rows: int) -> str:
    with duckdb.connect() as con:
        fake_report.fill(con, rows)
        write_html(con, folder / "report.html", fake_report.context())
    return (folder / "report.html").as_uri()


@pytest.fixture
def page() -> Iterator[chromium.Page]:
    """A tab in a fresh profile, 1,300 pixels wide."""
    with chromium.Page() as tab:
        tab.width(1_300)
        yield tab
