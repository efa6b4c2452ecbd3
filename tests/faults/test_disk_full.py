"""A disk that is full or fails, at every boundary and at any size: a paragraph, the right code, and nothing is lost."""

from __future__ import annotations

import errno
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import SLOW
from faults.nights import NIGHTS, Ended, Ledger, assert_made_good, assert_sound, delivered, undisturbed
from faults.test_kill import points

from badgeledger.faults import Point

# An input that cannot be read is no fault of the disk that is written to: test_hostile_inputs has these.
READING = {Point.SOURCE_OPENED, Point.BLOCK_READ}


def assert_refused(ended: Ended, words: str) -> None:
    assert ended.code == 6, ended
    assert words in ended.err
    assert "Nothing is published. " in ended.err


@pytest.mark.parametrize("night", range(len(NIGHTS)))
def test_a_disk_that_fails_at_any_boundary_is_named_and_the_next_run_makes_it_good(night: int, tmp_path: Path) -> None:
    """One failure after the other; the quick set takes every second point of each night, and ends each once."""
    tried = [point for point in points(night) if point not in READING]
    ledger = delivered(night, tmp_path / "ledger")
    for number, point in enumerate(tried if SLOW else tried[night % 2 :: 2]):
        error = ("ENOSPC", "EIO")[number % 2]
        assert_refused(ledger.run(night, fault=f"{point}={error}"), os.strerror(getattr(errno, error)))
        assert_sound(ledger, night)
        if SLOW:
            copy = ledger.copied(tmp_path / "copy")
            assert_made_good(ledger, night)
            shutil.rmtree(ledger.folder)
            copy.folder.rename(ledger.folder)
    assert_made_good(ledger, night)


@pytest.mark.parametrize("time", range(2, 12, 1 if SLOW else 5))
def test_a_disk_that_is_full_at_the_nth_file_of_the_report_leaves_no_part_of_it(time: int, tmp_path: Path) -> None:
    ledger = delivered(1, tmp_path / "ledger")
    assert_refused(ledger.run(1, fault=f"{Point.REPORT_WRITTEN}@{time}=ENOSPC"), "No space left on device")
    assert [path.name for path in (ledger.folder / "reports").iterdir()] == ["2024-02-01"]
    assert_made_good(ledger, 1)


def test_a_limit_on_the_size_of_files_ends_as_a_full_disk_does(tmp_path: Path) -> None:
    """The limits lie between nothing and what the warehouse needs."""
    seed = 20240205
    draw = random.Random(seed)
    whole = undisturbed()[1].warehouse.stat().st_size
    for trial in range(60 if SLOW else 3):
        night = trial % len(NIGHTS)
        ledger = delivered(night, tmp_path / str(trial))
        limit = draw.randrange(2000, whole)
        ended = ledger.run(night, file_size=limit)
        assert ended.code in {0, 6}, (seed, trial, limit, ended)
        if ended.code:
            assert_refused(ended, "File too large")
        assert_sound(ledger, night)
        assert_made_good(ledger, night)
        shutil.rmtree(ledger.folder)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, as large as the test makes it; where nobody may mount one, a folder."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk], capture_output=True)
    yield disk
    if mounted.returncode == 0:
        subprocess.run(["umount", disk], check=True)


def test_a_disk_that_is_really_full_ends_a_night_with_6_and_room_makes_it_good(small_disk: Path) -> None:
    """Between a kilobyte and a megabyte of room; the night is made good on the same disk, once there is more."""
    seed = 20240206
    draw = random.Random(seed)
    is_mounted = os.path.ismount(small_disk)
    met = set()
    for trial in range(40 if SLOW else 4):
        night = trial % len(NIGHTS)
        ledger = delivered(night, small_disk / "ledger")
        fill = small_disk / "fill"
        room = int(2 ** draw.uniform(10, 20))
        if is_mounted:
            free = shutil.disk_usage(small_disk).free
            with fill.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, max(1, free - room))
        ended = ledger.run(night, file_size=0 if is_mounted else ledger_size(ledger) + room)
        met.add(ended.code)
        assert ended.code in {0, 6}, (seed, trial, room, ended)
        fill.unlink(missing_ok=True)
        assert_sound(ledger, night)
        assert_made_good(ledger, night)
        shutil.rmtree(ledger.folder)
    assert 6 in met


def ledger_size(ledger: Ledger) -> int:
    return ledger.warehouse.stat().st_size if ledger.warehouse.exists() else 0
