"""Synthetic issuance logs in the shapes of the badges API: seeded, realistic, of any size, written as a stream.

A log holds what real ones hold: definitions with several versions, issueBulk, earn and earnBulk calls whose customers
share one instant, skewed customers and badges, late events, refusals (row error 1040, top-level 809 and 816), repeats,
answers that never came, halves that stand apart, and lines delivered twice.

Same arguments, same text, on every machine: all draws are integers made from the raw stream of NumPy's PCG64, and no
floating-point function is used. Compressed bytes also depend on the version of the compressor.
"""

import gzip
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, cast

import numpy as np
from backports import zstd

from badgeledger.errors import UsageError
from badgeledger.generate_badges import SECOND_US, Badge, Update, make_badge
from badgeledger.generate_calls import CUSTOMERS, Calls, Draws, Platform, skew

SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst")
FIRST_DAY = date(2025, 9, 1)
LATEST_DAY = date(2100, 1, 1)


@dataclass(frozen=True)
class GeneratedLog:
    """What was written: the files, badge definitions first; customers of all distinct calls; lines of all files."""

    files: tuple[Path, ...]
    issuances: int
    lines: int


def generate(
    out: Path,
    *,
    issuances: int,
    badges: int = 40,
    customers: int | None = None,
    days: int = 92,
    seed: int = 0,
    files: int = 4,
    suffix: str = ".jsonl",
    first_day: date = FIRST_DAY,
    progress: Callable[[int, int], None] | None = None,
) -> GeneratedLog:
    """Write a synthetic log into the folder `out` and say what was written.

    `badges.jsonl` holds the definitions known before the first day, `calls-0001.jsonl` and so on (`files` of them) the
    calls and updates of `days` days from `first_day` on, in UTC. `issuances` counts customers of distinct calls, those
    refused included. `customers` defaults to one for every 25 issuances. `suffix` is one of `SUFFIXES`, or `mixed` for
    all of them in turn. `progress` is called now and then with (issuances written, issuances wanted).

    Files of the same names are replaced. Memory does not grow with `issuances`. Raises UsageError if an argument is
    out of range.
    """
    people = customers if customers is not None else max(50, min(issuances // 25, CUSTOMERS))
    _check(issuances=issuances, badges=badges, customers=people, days=days, files=files, seed=seed)
    if suffix not in (*SUFFIXES, "mixed"):
        raise _out_of_range("suffix", f"one of {', '.join(SUFFIXES)}, mixed", repr(suffix))
    if not date(1971, 1, 1) <= first_day <= LATEST_DAY:
        raise _out_of_range("first_day", "a day from 1971 to 2099", str(first_day))
    draws = Draws(seed)
    first_us = int(datetime(first_day.year, first_day.month, first_day.day, tzinfo=UTC).timestamp()) * SECOND_US
    known, updates = _badges(draws, badges, issuances, first_us, days)
    calls, platform = Calls(draws, known, people, issuances, first_us, days), Platform(seed)
    with _Writer(out, suffix) as writer:
        writer.open("badges")
        while updates and updates[-1].at_us < first_us:
            _apply(updates.pop(), writer)
        done = 0
        for block in calls:
            for call in block:
                place = done * files // issuances + 1
                if place != writer.place:
                    writer.open(f"calls-{place:04d}", place)
                while updates and updates[-1].at_us <= call.processed_us:
                    _apply(updates.pop(), writer)
                now, later = platform.lines(call)
                writer.lines.append(now)
                if later is not None:
                    writer.later.append(later)
                done += len(call.customers)
            writer.flush()
            if progress is not None:
                progress(done, issuances)
        while updates:
            _apply(updates.pop(), writer)
    return GeneratedLog(tuple(writer.files), done, writer.written)


def _check(**values: int) -> None:
    bounds = {
        "issuances": (1, 1_000_000_000),
        "badges": (1, 100_000),
        "customers": (1, CUSTOMERS),
        "days": (1, 3_660),
        "files": (1, 9_999),
        "seed": (0, 2**64 - 1),
    }
    for name, value in values.items():
        least, most = bounds[name]
        if not least <= value <= most:
            raise _out_of_range(name, f"a number from {least:,} to {most:,}", f"{value:,}")


def _out_of_range(name: str, expected: str, found: str) -> UsageError:
    return UsageError(where=name, expected=expected, found=found, next_step="Nothing was written; give another value.")


def _badges(draws: Draws, count: int, issuances: int, first_us: int, days: int) -> tuple[list[Badge], list[Update]]:
    """The badges, and all their versions with the latest first."""
    weights = skew(count, 3)
    shares = np.diff(weights, prepend=0).tolist()
    badges, updates = [], []
    for index, share in enumerate(shares):
        daily_milli = share * issuances * 1_000 // (int(weights[-1]) * days)
        badge, versions = make_badge(index, daily_milli, first_us, days, draws.below(86_400 * SECOND_US, 4).tolist())
        badges.append(badge)
        updates.extend(versions)
    updates.sort(key=lambda update: (update.at_us, update.badge.badge_id), reverse=True)
    return badges, updates


def _apply(update: Update, writer: "_Writer") -> None:
    update.badge.rule = update.rule
    writer.lines.append(update.line)


class _Writer:
    """Writes lines into one file after the other; what turns up later is written at the start of the next file."""

    def __init__(self, out: Path, suffix: str) -> None:
        self.files: list[Path] = []
        self.lines: list[str] = []
        self.later: list[str] = []
        self.place = 0
        self.written = 0
        self._out, self._suffix = out, suffix
        self._open = ExitStack()
        self._file: IO[bytes] | None = None

    def __enter__(self) -> "_Writer":
        self._out.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *error: object) -> None:
        if error[0] is None:
            self._take_later()
            self.flush()
        self._open.close()

    def open(self, stem: str, place: int = 0) -> None:
        """Finish the file at hand and begin the next."""
        self.flush()
        self._open.close()
        suffix = SUFFIXES[place % len(SUFFIXES)] if self._suffix == "mixed" else self._suffix
        path = self._out / f"{stem}{suffix}"
        self._file = self._stream(path)
        self.files.append(path)
        self.place = place
        self._take_later()

    def flush(self) -> None:
        """Write the lines at hand."""
        if self._file is not None and self.lines:
            self._file.write(("\n".join(self.lines) + "\n").encode())
        self.written += len(self.lines)
        self.lines.clear()

    def _take_later(self) -> None:
        # Last come, first out: the order of lines means nothing, and readers must not lean on it.
        self.lines.extend(reversed(self.later))
        self.later.clear()

    def _stream(self, path: Path) -> IO[bytes]:
        plain = self._open.enter_context(path.open("wb"))
        if path.suffix == ".gz":
            # No name and no time in the header: the same lines are the same bytes.
            packed = gzip.GzipFile(filename="", mode="wb", fileobj=plain, compresslevel=3, mtime=0)
            return cast("IO[bytes]", self._open.enter_context(packed))
        if path.suffix == ".zst":
            return cast("IO[bytes]", self._open.enter_context(zstd.ZstdFile(plain, mode="wb", level=3)))
        return plain
