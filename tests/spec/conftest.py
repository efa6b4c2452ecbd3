"""What the proofs of replay share: the two programs that decide history again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import replaying
from harness import Tables


@pytest.fixture(params=["witness", "engine"])
def replay(request: pytest.FixtureRequest, tmp_path: Path) -> replaying.Replay:
    """Decides a log again with one of the two programs; every test runs once with each."""
    program = getattr(replaying, request.param)
    runs = iter(range(1000))

    def run(log: Any, **asked: Any) -> Tables:
        folder = tmp_path / f"run-{next(runs)}"
        folder.mkdir()
        tables: Tables = program(log, folder, **asked)
        return tables

    return run
