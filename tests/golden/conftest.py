"""One night on the samples for all tests of this folder, run as a person runs it."""

from __future__ import annotations

from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest

from badgeledger import cli

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Night:
    """The warehouse after the run, the report folder, and what the terminal and the exit code said."""

    warehouse: Path
    report: Path
    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The nightly pipeline on the samples, asked to fail on breaches."""
    folder = tmp_path_factory.mktemp("night")
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = cli.run_command(
            [
                *("run", str(REPOSITORY / "pipelines" / "nightly.toml"), "--fail-on", "breaches"),
                *("--warehouse", str(folder / "ledger.duckdb"), "--out", str(folder / "report")),
            ]
        )
    return Night(folder / "ledger.duckdb", folder / "report", code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def warehouse(night: Night) -> Path:
    """The warehouse of that night."""
    return night.warehouse
