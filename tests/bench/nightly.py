"""One more day on top of two years: a night that accounts for what changed beside one that does everything anew.

The history is made of campaigns: each month has forty badges of its own, which live for that month and forty days
more. The last of its days comes in a night of its own.
"""

import os
import shutil
import time
from datetime import date
from pathlib import Path
from typing import Any

import child

MONTHS, BADGES, SEED = 24, 40, 7
FIRST_YEAR = 2023
LAST_NIGHT, NEXT_NIGHT = "2024-12-31T00:00:00Z", "2025-01-01T00:00:00Z"
PIPELINE = """
[pipeline]
name = "nightly"
steps = ["ingest", "account", "check", "report"]
warehouse = "ledger.duckdb"
reports = "reports/{{as_of:%Y-%m-%d}}"

[[inputs]]
path = "{landing}/**/*.jsonl"

[check]
self_check = 0

[reports]
rows = "open"
formats = ["csv", "parquet", "html"]
"""
# What a run says when a part of it begins, and how the table calls that part.
PARTS = (
    ("ingest: looking for new files", "ingest of the day"),
    ("account: counting", "account of the day"),
    ("account: comparing with the report before", "compare with the report before"),
    ("check: assertions", "check, commit"),
    ("report: deciding again what went over a limit", "report of what is open"),
)


def table(folder: Path, issuances: int) -> None:
    """Measure and print the parts of the next night, and the whole of it, both ways."""
    log, work = folder / f"history-{issuances}-{MONTHS}-{BADGES}-{SEED}", folder / "nights"
    if not (log / "done").exists():
        child.measure("nightly.make_history", log=str(log), issuances=issuances)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    place = {"log": str(log), "work": str(work)}
    first = child.measure("nightly.first_night", **place)
    shutil.copytree(work / "house", work / "before")
    changed, everything = (_night(place, work, full) for full in (False, True))
    shown = [("two years at once", _cell((first.seconds, first.cpu_seconds)), "", "", f"{first.peak_mb:,.0f}")]
    for part in changed.result:
        one, other = changed.result[part], everything.result[part]
        shown.append((part, _cell(one), _cell(other), f"{one[0] / other[0]:.0%}", ""))
    whole = [(found.seconds, found.cpu_seconds) for found in (changed, everything)]
    share = f"{whole[0][0] / whole[1][0]:.0%}"
    shown.append(("whole run", *map(_cell, whole), share, f"{changed.peak_mb:,.0f} / {everything.peak_mb:,.0f}"))
    shutil.rmtree(work)
    title = f"One more day on {issuances:,} issuances in {MONTHS} months; seconds on the clock (of CPU)"
    child.show(title, ("part of the run", "what changed", "--full", "share", "peak MB"), shown)


def _cell(spent: child.Spent) -> str:
    return f"{spent[0]:.2f} ({spent[1]:.2f})"


def _night(place: dict[str, str], work: Path, full: bool) -> child.Measured:
    """The next night in one run, on the warehouse as it was before."""
    shutil.rmtree(work / "house")
    shutil.copytree(work / "before", work / "house")
    # No night begins while a copy of the warehouse waits to be written down.
    os.sync()
    return child.measure("nightly.next_night", **place, full=full)


def make_history(log: str, issuances: int) -> tuple[child.Spent, Any]:
    """Write the months, the last one in thirty-one files; the file `done` says that it is whole."""
    from badgeledger.generate import generate

    watch = child.Stopwatch()
    for month in range(MONTHS):
        first_day = date(FIRST_YEAR + month // 12, month % 12 + 1, 1)
        generate(
            Path(log) / f"{first_day:%Y-%m}",
            issuances=issuances // MONTHS,
            badges=BADGES,
            days=31 if month == MONTHS - 1 else 28,
            seed=SEED + month,
            files=31 if month == MONTHS - 1 else 1,
            first_day=first_day,
        )
    (Path(log) / "done").touch()
    return watch.read(), None


def first_night(log: str, work: str) -> tuple[child.Spent, Any]:
    """All but the last file, in one run; the last file lands afterwards."""
    landing = Path(work) / "landing"
    shutil.copytree(log, landing, copy_function=_link)
    last = sorted((landing / "2024-12").glob("calls-*.jsonl"))[-1]
    held = Path(work) / last.name
    last.rename(held)
    # Logs land long before they are read; what was written just now is hashed again the next night.
    time.sleep(5)
    spent, _ = _run(work, LAST_NIGHT, full=False)
    held.rename(last)
    return spent, None


def next_night(log: str, work: str, full: bool) -> tuple[child.Spent, dict[str, child.Spent]]:
    """The next night, and what each of its parts took."""
    return _run(work, NEXT_NIGHT, full=full)


def _link(source: str, target: str) -> str:
    Path(target).hardlink_to(source)
    return target


def _run(work: str, as_of: str, *, full: bool) -> tuple[child.Spent, dict[str, child.Spent]]:
    from badgeledger.pipeline import run
    from badgeledger.settings import load

    house = Path(work) / "house"
    house.mkdir(exist_ok=True)
    file = house / "nightly.toml"
    file.write_text(PIPELINE.format(landing=Path(work) / "landing"))
    begun: dict[str, child.Spent] = {}
    watch = child.Stopwatch()

    def progress(words: str) -> None:
        if words in dict(PARTS):
            begun.setdefault(dict(PARTS)[words], watch.read())

    run(load(file), as_of=as_of, full=full, progress=progress)
    spent = watch.read()
    ends = [*list(begun.values())[1:], spent]
    return spent, {
        part: (end[0] - start[0], end[1] - start[1]) for (part, start), end in zip(begun.items(), ends, strict=True)
    }
