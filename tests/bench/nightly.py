"""One more day on top of two years: a night that accounts for what changed beside one that does everything anew.

The history is made of campaigns: each month has forty badges of its own, which live for that month and forty days
more. The last of its days comes in a night of its own.
"""

import shutil
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
steps = [{steps}]
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
STEPS = (
    ("ingest of the day", '"ingest"'),
    ("account, check", '"account", "check"'),
    ("report of what is open", '"report"'),
)


def table(folder: Path, issuances: int) -> None:
    """Measure and print the steps of the next night, and the whole of it, both ways."""
    log, work = folder / f"history-{issuances}-{MONTHS}-{BADGES}-{SEED}", folder / "nights"
    if not (log / "done").exists():
        child.measure("nightly.make_history", log=str(log), issuances=issuances)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    place = {"log": str(log), "work": str(work)}
    first = child.measure("nightly.first_night", **place)
    rows = [("two years at once", _figures(first), "", "", "")]
    figures = [[_figures(found) for found in _night(place, work, full)] for full in (False, True)]
    for step, changed, everything in zip((*(name for name, _ in STEPS), "whole run"), *figures, strict=True):
        share = f"{changed[0] / everything[0]:.0%}" if everything[0] else ""
        rows.append((step, changed, everything, share, f"{changed[2]:,.0f}"))
    shutil.rmtree(work)
    shown = [
        (name, *(f"{cell[0]:.2f} ({cell[1]:.2f})" if isinstance(cell, tuple) else cell for cell in cells))
        for name, *cells in rows
    ]
    title = f"One more day on {issuances:,} issuances in {MONTHS} months; seconds on the clock (of CPU)"
    child.show(title, ("step", "what changed", "--full", "share", "peak MB"), shown)


def _figures(found: child.Measured) -> tuple[float, float, float]:
    return found.seconds, found.cpu_seconds, found.peak_mb


def _night(place: dict[str, str], work: Path, full: bool) -> list[child.Measured]:
    """The steps one by one, each in a process of its own, and then the whole run on the warehouse as it was before."""
    before = work / "before"
    if not before.exists():
        shutil.copytree(work / "house", before)
    found = []
    for _, steps in STEPS:
        found.append(child.measure("nightly.steps", **place, steps=steps, full=full))
    shutil.rmtree(work / "house")
    shutil.copytree(before, work / "house")
    found.append(child.measure("nightly.steps", **place, steps='"ingest", "account", "check", "report"', full=full))
    shutil.rmtree(work / "house")
    shutil.copytree(before, work / "house")
    return found


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
    spent = _run(work, '"ingest", "account", "check", "report"', LAST_NIGHT, full=False)
    held.rename(last)
    return spent, None


def steps(log: str, work: str, steps: str, full: bool) -> tuple[child.Spent, Any]:
    """Some steps of the next night."""
    return _run(work, steps, NEXT_NIGHT, full=full), None


def _link(source: str, target: str) -> str:
    Path(target).hardlink_to(source)
    return target


def _run(work: str, steps: str, as_of: str, *, full: bool) -> child.Spent:
    from badgeledger.pipeline import make_report, run
    from badgeledger.settings import load

    house = Path(work) / "house"
    house.mkdir(exist_ok=True)
    file = house / "nightly.toml"
    file.write_text(PIPELINE.format(steps=steps, landing=Path(work) / "landing"))
    if steps == '"report"':
        watch = child.Stopwatch()
        make_report(house / "ledger.duckdb", out=house / "reports" / "alone")
        return watch.read()
    watch = child.Stopwatch()
    run(load(file), as_of=as_of, full=full)
    return watch.read()
