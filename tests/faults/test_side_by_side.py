"""Several runs at once, and files that change while they are read."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import harness
import pytest
from conftest import SLOW
from faults.nights import AS_OF, NIGHTS, Ledger, assert_sound, delivered, undisturbed, zygote

from badgeledger.faults import Point


@pytest.mark.parametrize("part", range(50 if SLOW else 2))
def test_of_three_runs_at_once_each_ends_with_0_or_5_and_the_night_is_brought_in_once(
    part: int, tmp_path: Path
) -> None:
    """Twenty times three; in every tenth all wait for each other."""
    seed = 20240207 + part
    draw = random.Random(seed)
    codes = Counter[int]()
    for trial in range(20):
        night = trial % len(NIGHTS)
        ledger = delivered(night, tmp_path / "ledger")
        patience = 60 if trial % 10 == 9 else 0
        running = []
        for _ in range(3):
            running.append(ledger.start(night, "--lock-timeout", patience))
            time.sleep(draw.choice((0, 0.02, 0.2)))
        ended = [one.end() for one in running]
        found = Counter(one.code for one in ended)
        assert set(found) <= {0, 5}, (seed, trial, ended)
        assert (found[0] == 3) if patience else (found[0] >= 1), (seed, trial, ended)
        for one in ended:
            if one.code == 5:
                assert "held by process " in one.err
        assert_sound(ledger, night)
        assert ledger.reports() == undisturbed()[night + 1].reports(), (seed, trial)
        codes += found
        shutil.rmtree(ledger.folder)
    assert codes[5] >= 20, "they did not meet"


def test_a_run_that_waits_takes_over_from_one_that_was_killed(tmp_path: Path) -> None:
    ledger = delivered(0, tmp_path / "ledger")
    first = ledger.start(0, fault=f"{Point.COMMITTED}=stop")
    first.until_stopped()
    second = ledger.start(0, "--lock-timeout", 60)
    time.sleep(0.1)
    first.kill()
    assert (first.end().code, second.end().code) == (-9, 0)
    assert ledger.reports() == undisturbed()[1].reports()


EARNS = [harness.text_of(harness.earn("B", f"c{n}", "2024-02-01T00:00:00Z", rid=f"r{n}")) for n in range(6)]
LINES = [line + b"\n" for line in EARNS]
BEFORE = b"".join(LINES[:3])


def grows(path: Path) -> None:
    with path.open("ab") as file:
        file.write(LINES[3])


def grows_by_half_a_line(path: Path) -> None:
    with path.open("ab") as file:
        file.write(LINES[3][:20])


def is_replaced(path: Path) -> None:
    path.with_name("new").write_bytes(b"".join(LINES[3:]))
    path.with_name("new").rename(path)


def is_removed(path: Path) -> None:
    path.unlink()


def shrinks(path: Path) -> None:
    os.truncate(path, len(BEFORE) - 10)


def is_emptied(path: Path) -> None:
    os.truncate(path, 0)


def is_written_over(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(LINES[4])


def is_written_over_and_grows(path: Path) -> None:
    is_written_over(path)
    grows(path)


def is_rotated(path: Path) -> None:
    """Copied and truncated, as logrotate does, and written to again."""
    os.truncate(path, 0)
    with path.open("r+b") as file:
        file.write(b"".join(LINES[3:]) + BEFORE)


KEPT = (grows, grows_by_half_a_line, is_replaced, is_removed)
REFUSED = (shrinks, is_emptied, is_written_over, is_written_over_and_grows, is_rotated)
MOMENTS = (Point.SOURCE_OPENED, Point.SOURCE_HASHED, Point.BLOCK_READ)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("change", [*KEPT, *REFUSED])
def test_a_file_that_changes_while_it_is_read_is_read_as_it_was_or_refused(
    change: Callable[[Path], None], moment: Point, tmp_path: Path
) -> None:
    log = tmp_path / "logs" / "a.jsonl"
    log.parent.mkdir()
    log.write_bytes(BEFORE)
    # The clock of the file system ticks every few milliseconds.
    os.utime(log, (1_700_000_000, 1_700_000_000))
    arguments = ("ingest", log.parent, "--warehouse", tmp_path / "w.duckdb", "--json")
    running = zygote().start(*arguments, fault=f"{moment}=stop")
    running.until_stopped()
    change(log)
    ended = running.go_on()
    # What is written over before it is hashed is read as it is then: its bytes agree with its hash.
    if change in REFUSED and not (moment == Point.SOURCE_OPENED and log.stat().st_size >= len(BEFORE)):
        assert ended.code == 3, ended
        assert "expected a file that stays as it is while it is read; found other contents" in ended.err
        again = zygote().run(*arguments)
        assert (again.code, '"known": false' in again.out) == (0, True)
        return
    assert (ended.code, '"lines": 3' in ended.out) == (0, True), ended


def test_half_a_line_is_left_to_the_next_night(tmp_path: Path) -> None:
    """A file that grew while it was read ends with its last whole line; the next night reads the line as a whole."""
    ledger = Ledger.new(tmp_path / "ledger")
    log = ledger.folder / "logs" / "a.jsonl"
    log.write_bytes(BEFORE + LINES[3][:30])
    running = ledger.start(0, fault=f"{Point.SOURCE_OPENED}=stop")
    running.until_stopped()
    with log.open("ab") as file:
        file.write(LINES[3][30:])
    assert "3 read = 3 accepted + 0 duplicate + 0 quarantined" in running.go_on().out
    second = ledger.run(1).out
    assert "0 of 4 issuances" in second
    assert "4 read = " in second
    assert "+ 0 quarantined" in second
    assert zygote().run("verify", ledger.folder / "reports" / AS_OF[0], "--warehouse", ledger.warehouse).code == 0
