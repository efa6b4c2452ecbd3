"""SIGKILL anywhere in a night: nothing is lost, nothing is torn, and one more run makes it good (FAULTS 2)."""

from __future__ import annotations

import json
import random
import shutil
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from conftest import SLOW
from faults.nights import (
    NIGHTS,
    PROOF,
    Ended,
    Ledger,
    assert_made_good,
    assert_sound,
    delivered,
    undisturbed,
    zygote,
)
from unit.test_migration import as_of_schema

from badgeledger.faults import Point
from badgeledger.warehouse import Warehouse

CREATION = [point for point in Point if point.startswith("young-")]
ELSEWHERE = {Point.MIGRATING, Point.MIGRATED, Point.SET_ASIDE, Point.REPLACED}


def points(night: int) -> list[Point]:
    """The points that a night reaches, in the order in which it reaches them."""
    return [point for point in Point if point not in ELSEWHERE and (night == 0 or point not in CREATION)]


def killed(ended: Ended) -> bool:
    return ended.code == -signal.SIGKILL


def kill_everywhere(ledger: Ledger, night: int) -> Counter[str]:
    """Kill a run at each point in turn; how often which was hit. What every kill leaves is sound.

    In the quick set one more run makes every third of those states good that differ, so that over the three nights each
    point was the last before the end.
    """
    hits, states = Counter[str](), 0
    for point in ledger.kills(night):
        hits[point] += 1
        try:
            is_new = PROOF.of_sound(ledger, night)
            if SLOW or (is_new and states % 3 == night):
                PROOF.of_made_good(ledger, night)
            states += is_new
        except AssertionError as error:
            raise AssertionError(f"killed at {point}@{hits[point]}: {error}") from error
    assert_sound(ledger, night)
    assert ledger.reports() == undisturbed()[night + 1].reports()
    return hits


@pytest.mark.parametrize("night", range(len(NIGHTS)))
def test_a_night_that_is_killed_at_every_point_loses_and_tears_nothing(night: int, tmp_path: Path) -> None:
    hits = kill_everywhere(delivered(night, tmp_path / "ledger"), night)
    assert set(hits) == set(points(night))
    assert hits.total() >= 60


def twice() -> list[tuple[int, str]]:
    """A night, and the first of the points at which it is killed: those that each leave something else.

    In the quick set the first run is killed behind its first commit: the second finishes it, and then its own night.
    """
    if not SLOW:
        return [(1, f"{Point.COMMITTED}@1")]
    names = [Point.LOCKED, Point.OPENED, Point.STAGE_MADE, Point.BLOCK_READ, Point.FILE_READ, Point.COMMITTED]
    names += [Point.MANIFEST_WRITTEN, Point.RENAMED, Point.CLOSED]
    firsts = [f"{point}@1" for point in names] + [f"{point}@2" for point in (Point.STAGE_MADE, Point.COMMITTED)]
    firsts += [f"{Point.REPORT_WRITTEN}@{time}" for time in range(1, 13)]
    return [(night, first) for night in range(len(NIGHTS)) for first in ([*CREATION] if night == 0 else []) + firsts]


@pytest.mark.parametrize(("night", "first"), twice())
def test_a_night_that_is_killed_and_then_killed_at_every_point_loses_and_tears_nothing(
    night: int, first: str, tmp_path: Path
) -> None:
    ledger = delivered(night, tmp_path / "ledger")
    assert killed(ledger.run(night, fault=f"{first}=kill")), f"{first} was not reached"
    hits = kill_everywhere(ledger, night)
    # A night that was published before it was killed is found to be there.
    assert set(hits) >= set(points(night)) - {*CREATION, Point.RENAMED, Point.BLOCK_READ, Point.FILE_READ}
    assert hits.total() >= 50


@pytest.mark.parametrize("part", range(34 if SLOW else 2))
def test_kills_at_random_instants_lose_and_tear_nothing(part: int, tmp_path: Path) -> None:
    """Thirty hits each, of one to four runs in a row."""
    seed = 20240203 + part
    draw = random.Random(seed)
    hits, whole = 0, 0.0
    for _ in range(2):
        timed = delivered(1, tmp_path / "timed")
        began = time.monotonic()
        assert timed.run(1).code == 0
        whole = time.monotonic() - began
        shutil.rmtree(timed.folder)
    while hits < 30:
        night, in_a_row = draw.randrange(len(NIGHTS)), draw.choice((1, 2, 3, 4))
        ledger = delivered(night, tmp_path / "ledger")
        for turn in range(in_a_row):
            running = ledger.start(night)
            time.sleep(draw.uniform(0, whole))
            running.kill()
            hits += killed(running.end())
            try:
                PROOF.of_sound(ledger, night)
                if turn == in_a_row - 1:
                    PROOF.of_made_good(ledger, night)
            except AssertionError as error:
                raise AssertionError(f"seed {seed}, after {hits} hits: {error}") from error
        shutil.rmtree(ledger.folder)


@pytest.mark.parametrize("place", ["before_truncate", "before_header", "after_free_list_write", "before_wal_finish"])
def test_a_checkpoint_that_is_broken_off_loses_nothing(place: str, tmp_path: Path) -> None:
    """Twice in a row: the second time on what the first has left."""
    for night in range(len(NIGHTS)) if SLOW else [2]:
        ledger = delivered(night, tmp_path / str(night))
        wal = ledger.warehouse.with_name("ledger.duckdb.wal")
        for _ in range(2):
            assert ledger.run(night, patches=[f"faults.patches:abort_{place}"]).code == 0
            assert wal.stat().st_size > 0, "the checkpoint came to its end"
            assert_sound(ledger, night)
        assert_made_good(ledger, night)
        assert not wal.exists()


def test_a_migration_that_is_killed_is_done_by_the_next_run_or_was_done(tmp_path: Path) -> None:
    def older(folder: Path) -> Ledger:
        ledger = delivered(1, folder)
        with Warehouse.open(ledger.warehouse) as warehouse:
            as_of_schema(warehouse, 1)
        return ledger

    whole = older(tmp_path / "whole")
    assert whole.run(1).code == 0
    for point in (Point.MIGRATING, Point.MIGRATED, f"{Point.COMMITTING}@1", f"{Point.COMMITTED}@1"):
        ledger = older(tmp_path / point)
        assert killed(ledger.run(1, fault=f"{point}=kill")), point
        assert_sound(ledger, 1)
        assert ledger.run(1).code == 0
        assert_sound(ledger, 1)
        assert ledger.reports() == whole.reports()


def test_a_prune_that_is_killed_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    ledger = undisturbed()[len(NIGHTS)].copied(tmp_path / "ledger")
    prune = ("prune", "--warehouse", ledger.warehouse, "--before", "2100-01-01", "--json")
    left = []
    for point in (Point.COMMITTING, Point.SET_ASIDE, Point.REPLACED):
        assert killed(zygote().run(*prune, fault=f"{point}=kill")), point
        assert_sound(ledger, 2)
        left.append(json.loads(zygote().run(*prune, "--dry-run").out)["lines"])
    # A kill before the commit has dropped nothing, one behind it everything, and the next prune gives the room back.
    assert left == [2, 0, 0]
    assert (zygote().run(*prune).code, ledger.run(2).code) == (0, 0)
    assert list(ledger.folder.glob("ledger.duckdb.compact*")) == []
