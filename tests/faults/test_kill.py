"""SIGKILL anywhere in a night: nothing is lost, nothing is torn, and one more run makes it good (FAULTS 2)."""

from __future__ import annotations

import json
import random
import shutil
import signal
import time
from pathlib import Path

import pytest
from conftest import SLOW
from faults.nights import NIGHTS, Ended, Ledger, assert_sound, undisturbed, zygote
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


def delivered(night: int, folder: Path) -> Ledger:
    """The ledger as the nights before left it, with the files of this one."""
    ledger = undisturbed()[night].copied(folder)
    ledger.deliver(night)
    return ledger


def assert_made_good(ledger: Ledger, night: int) -> None:
    """One more run brings the same bytes as a night in which nothing happened."""
    ended = ledger.run(night)
    assert ended.code == 0, ended.err
    assert_sound(ledger, night)
    assert ledger.reports() == undisturbed()[night + 1].reports()


@pytest.mark.parametrize("night", range(len(NIGHTS)))
def test_a_night_that_is_killed_at_each_point_in_turn_loses_and_tears_nothing(night: int, tmp_path: Path) -> None:
    """Each kill meets what the kills before it left. Every third time the night is finished and taken back, so
    that over the three nights each point was the last before the end.
    """
    ledger = delivered(night, tmp_path / "ledger")
    for number, point in enumerate(points(night)):
        assert killed(ledger.run(night, fault=f"{point}=kill")), f"{point} was not reached"
        assert_sound(ledger, night)
        if number % 3 == night:
            # The ledger itself is finished, and the copy takes its place: a warehouse remembers where its reports are.
            copy = ledger.copied(tmp_path / "copy")
            assert_made_good(ledger, night)
            shutil.rmtree(ledger.folder)
            copy.folder.rename(ledger.folder)
    assert_made_good(ledger, night)


@pytest.mark.parametrize("night", range(len(NIGHTS)))
def test_a_night_that_is_killed_twice_in_a_row_at_any_point_is_made_good(night: int, tmp_path: Path) -> None:
    """The quick set takes a point a night, after which the next run has to find out what happened."""
    decisive = (f"{Point.COMMITTED}@1", f"{Point.REPORT_SYNCED}@7", f"{Point.RENAMED}@1")
    tried = [decisive[night]]
    if SLOW:
        tried = [f"{point}@{time}" for point in points(night) for time in (1, 2, 7)]
    hit = set()
    for point in tried:
        ledger = delivered(night, tmp_path / point)
        if killed(ledger.run(night, fault=f"{point}=kill")):
            hit.add(point)
            assert_sound(ledger, night)
            # What the first kill came too late for is not done again.
            assert ledger.run(night, fault=f"{point}=kill").code in {0, -signal.SIGKILL}
            assert_sound(ledger, night)
        assert_made_good(ledger, night)
        shutil.rmtree(ledger.folder)
    assert hit >= {point for point in tried if not SLOW or point.endswith("@1")}


def test_kills_at_random_instants_lose_and_tear_nothing(tmp_path: Path) -> None:
    seed = 20240203
    draw = random.Random(seed)
    began = time.monotonic()
    assert delivered(0, tmp_path / "timed").run(0).code == 0
    whole = time.monotonic() - began
    hits = 0
    while hits < (200 if SLOW else 20):
        night, in_a_row = draw.randrange(len(NIGHTS)), draw.choice((1, 2, 3, 4))
        ledger = delivered(night, tmp_path / "ledger")
        for _ in range(in_a_row):
            running = ledger.start(night)
            time.sleep(draw.uniform(0, whole))
            running.kill()
            if killed(running.end()):
                hits += 1
            try:
                assert_sound(ledger, night)
            except AssertionError as error:
                raise AssertionError(f"seed {seed}, after {hits} hits: {error}") from error
        assert_made_good(ledger, night)
        shutil.rmtree(ledger.folder)


@pytest.mark.parametrize("place", ["before_truncate", "before_header", "after_free_list_write", "before_wal_finish"])
def test_a_checkpoint_that_is_broken_off_loses_nothing(place: str, tmp_path: Path) -> None:
    for night in range(1, len(NIGHTS)) if SLOW else [2]:
        ledger = delivered(night, tmp_path / str(night))
        for _ in range(2):
            assert ledger.run(night, patches=[f"faults.patches:abort_{place}"]).code in {0, 6}
            assert_sound(ledger, night)
        assert_made_good(ledger, night)


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
