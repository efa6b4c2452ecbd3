"""What all proofs share: the path to the two programs, and the profiles of hypothesis."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import harness
import pytest
from hypothesis import HealthCheck, settings

from badgeledger import warehouse

SLOW = int(os.environ.get("BADGELEDGER_SLOW", "0"))

# The workers share the cores, and a few hundred rows need no second thread: it costs a fifth of the time. Processes of
# their own, such as those of `faults/test_same_bytes.py`, have as many as there are.
warehouse._CONFIG["threads"] = 1

settings.register_profile(
    "proofs", deadline=None, print_blob=True, suppress_health_check=list(HealthCheck), derandomize=not SLOW
)
settings.load_profile("proofs")


def pytest_collection_finish() -> None:
    """What was collected lives as long as the process: the collector of garbage need not look at it each time."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """At its end a process takes everything down, what was collected too."""
    gc.unfreeze()


@pytest.fixture(params=["witness", "engine"])
def audit(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., harness.Tables]:
    """Runs a log through one of the two programs and gives the tables; every spec test runs once with each."""
    program = getattr(harness, request.param)
    runs = iter(range(1000))

    def run(log: Any, **settings_: Any) -> harness.Tables:
        folder = tmp_path / f"run-{next(runs)}"
        folder.mkdir()
        tables: harness.Tables = program(log, folder, **settings_)
        return tables

    return run


def examples(quick: int) -> int:
    """How many examples a law tries: `quick` of them, forty times as many when BADGELEDGER_SLOW is set."""
    return quick * 40 if SLOW else quick


def go_on(
    law: Any,
    missing: Callable[[], Collection[str]],
    given: Callable[[int], Sequence[Any]],
    meets: Callable[..., Collection[str]] | None = None,
) -> None:
    """Run a law, and then with what further seeds give until it has met all that it must meet, else it proved nothing.

    Examples follow from the sources, so that any change of these may leave out a rare case. `meets` says of what a seed
    gives, by a shorter way than the law's, what it will meet: what meets nothing that is missing is left out.
    """
    law()
    for seed in range(200):
        if not missing():
            return
        example = given(seed)
        if meets is None or not set(missing()).isdisjoint(meets(*example)):
            law.hypothesis.inner_test(*example)
    assert not missing(), sorted(missing())
