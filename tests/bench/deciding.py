"""Deciding alone: replay's kernel beside plain Python with deques, and beside sliding-window libraries of PyPI.

Six rolling windows, day, week and 30 days for a badge's customer and for the badge, on the rows of `counting`; a row is
admitted when all six have room, and takes room in all. All must admit the same rows. The libraries (`limits`,
`pyrate-limiter`) and plain Python decide the first rows only, and the kernel is measured on the same ones beside them.
Clocks are whole microseconds for all; an interval is one less than the
window, because the libraries count both of its ends.
"""

import hashlib
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import child
import counting

PYTHON_ROWS, LIBRARY_ROWS = 1_000_000, 100_000
PARTS = 10
PEERS = (
    ("plain Python, deques", "plain_python", PYTHON_ROWS),
    ("limits, moving window in memory", "limits", LIBRARY_ROWS),
    ("pyrate-limiter, in memory", "pyrate_limiter", LIBRARY_ROWS),
)


def table(folder: Path, rows: int) -> None:
    """Measure and print; nothing is printed unless all admit the same rows."""
    source = folder / f"rows-{rows}-{counting.BADGES}-{counting.DAYS}-{counting.SEED}.npz"
    if not source.exists():
        child.measure("counting.make_rows", source=str(source), rows=rows)
    lines = []
    for threads in (1, 2):
        found = child.measure("deciding.kernel", source=str(source), rows=rows, threads=threads)
        lines.append(_line(f"kernel, {threads} thread{'s'[: threads - 1]}", found, found, rows))
    # So many times the badges, as a replay decides them: a part after the other.
    found = child.measure("deciding.kernel", source=str(source), rows=rows, threads=1, parts=PARTS)
    lines.append(_line(f"kernel, 1 thread, {PARTS} parts", found, found, PARTS * rows))
    for name, function, most in PEERS:
        part = min(rows, most)
        same = child.measure("deciding.kernel", source=str(source), rows=part, threads=1)
        found = child.measure(f"deciding.{function}", source=str(source), rows=part)
        assert found.result == same.result, f"{name} admits {found.result}, the kernel {same.result}"
        lines.append(_line(name, found, same, part))
    title = f"Six rolling windows, decided for up to {rows:,} rows"
    child.show(title, ("deciding", "rows", "admitted", "CPU s", "rows/s of CPU", "peak MB", "× kernel"), lines)


def _line(name: str, found: child.Measured, kernel: child.Measured, rows: int) -> tuple[str, ...]:
    speed, ratio = f"{rows / found.cpu_seconds:,.0f}", f"{found.cpu_seconds / kernel.cpu_seconds:.1f}"
    admitted = f"{found.result[0]:,}"
    return name, f"{rows:,}", admitted, f"{found.cpu_seconds:.2f}", speed, f"{found.peak_mb:,.0f}", ratio


def _rows(source: str, rows: int) -> tuple[Any, Any, Any, list[tuple[str, int, int]]]:
    """Badge, customer and clock of the first rows, and scope, days and number of each
    window."""
    arrays = counting._load(source)
    windows = [
        (scope, length * (7 if unit == "WEEKS" else 1), number)
        for _, scope, unit, length, number in counting.limits(len(arrays["clock"]), counting.THIRTY_DAYS)
        if length is not None
    ]
    return (*(arrays[name][:rows] for name in ("badge", "customer", "clock")), windows)


def _answer(admitted: Any) -> tuple[int, str]:
    """How many rows are admitted, and a digest of which."""
    return sum(admitted), hashlib.sha256(bytes(admitted)).hexdigest()


def kernel(source: str, rows: int, threads: int, parts: int = 1) -> tuple[child.Spent, Any]:
    """The product, from arrays in memory: grouping, placing and deciding; the same rows again for each of the `parts`,
    as if they were of further badges. What is admitted is that of one part."""
    import numpy as np

    from badgeledger import calendar
    from badgeledger.asked import AskedRows
    from badgeledger.counting import BadgeVersion, CountingRules, plan_badge
    from badgeledger.decisions import decide_badges
    from badgeledger.definitions import Limit
    from badgeledger.ruling import DecidedVersion, RuledBadge
    from badgeledger.settings import Rules
    from badgeledger.subjects import NEVER

    badge, customer, clock, windows = _rows(source, rows)
    limits = [
        Limit(scope=scope, kind="ROLLING_WINDOW", unit="DAYS", length=days, number=number)  # type: ignore[arg-type]
        for scope, days, number in windows
    ]
    start, last = counting._first_us(), int(clock[-1])
    version = BadgeVersion(start, start, last + counting.DAY_US, None, {limit.name: limit for limit in limits})
    slots = {limit.name: place for place, limit in enumerate(limits)}
    rules = CountingRules(calendar.zone("UTC"), event_clock=False, local_day=False, month="calendar", as_of=last)
    plans = [plan_badge(number, [version], slots, rules, last) for number in range(counting.BADGES)]
    order = np.argsort(badge, kind="stable")
    place = np.arange(rows)

    def decide(chosen: Any) -> Any:
        found = AskedRows(
            row_no=chosen,
            badge=badge[chosen],
            customer=customer[chosen],
            version=np.zeros(len(chosen), np.int32),
            is_issue=np.zeros(len(chosen), np.bool_),
            processed=clock[chosen],
            event=clock[chosen],
            call=chosen + 1,
            request=place[: len(chosen)].astype(np.int32),
            accepted=np.ones(len(chosen), np.bool_),
            fact=np.zeros(len(chosen), np.bool_),
            revoked_at=np.full(len(chosen), NEVER),
        )
        ruled = [RuledBadge(None, [DecidedVersion(version, True, "EARN", None, Rules())])] * counting.BADGES
        watch = child.Stopwatch()
        decided = decide_badges(found, plans, ruled, threads=threads)
        return watch.read(), decided.reason == 0

    # The first call loads the compiled kernel.
    decide(order[:1_000])
    clock_seconds = cpu_seconds = 0.0
    for _ in range(parts):
        spent, admitted = decide(order)
        clock_seconds, cpu_seconds = clock_seconds + spent[0], cpu_seconds + spent[1]
    in_order = np.empty(rows, np.bool_)
    in_order[order] = admitted
    return (clock_seconds, cpu_seconds), _answer(in_order.tolist())


def _decide_each(
    source: str, rows: int, decide: Callable[[list[Any], int], bool], subject: Callable[[list[tuple[int, int]]], Any]
) -> tuple[child.Spent, Any]:
    """Ask `decide` for each row in order; `subject` makes what is kept of a scope's subject from its windows."""
    badge, customer, clock, windows = _rows(source, rows)
    of_scope = {
        scope: [(days * counting.DAY_US, number) for own, days, number in windows if own == scope]
        for scope in ("CUSTOMER", "BADGE")
    }
    kept: dict[Any, Any] = {}
    admitted = bytearray(rows)
    columns = zip(badge.tolist(), customer.tolist(), clock.tolist(), strict=True)
    watch = child.Stopwatch()
    for place, (one_badge, one_customer, now) in enumerate(columns):
        found = []
        for key, scope in (((one_badge, one_customer), "CUSTOMER"), (one_badge, "BADGE")):
            if key not in kept:
                kept[key] = subject(of_scope[scope])
            found.append(kept[key])
        admitted[place] = decide(found, now)
    return watch.read(), _answer(admitted)


def plain_python(source: str, rows: int) -> tuple[child.Spent, Any]:
    """A deque of admitted clocks for each subject and window."""

    def subject(windows: list[tuple[int, int]]) -> list[tuple[int, int, deque[int]]]:
        return [(span, number, deque()) for span, number in windows]

    def decide(subjects: list[Any], now: int) -> bool:
        for windows in subjects:
            for span, number, clocks in windows:
                while clocks and clocks[0] <= now - span:
                    clocks.popleft()
                if len(clocks) >= number:
                    return False
        for windows in subjects:
            for _, _, clocks in windows:
                clocks.append(now)
        return True

    return _decide_each(source, rows, decide, subject)


def limits(source: str, rows: int) -> tuple[child.Spent, Any]:
    """The strategy *moving window* of `limits`, with its storage in memory and its clock set to each row's."""
    import itertools

    from limits import RateLimitItemPerSecond
    from limits.storage import MemoryStorage, memory
    from limits.strategies import MovingWindowRateLimiter

    clock = SimpleNamespace(now=0)
    memory.time = SimpleNamespace(time=lambda: clock.now)
    limiter = MovingWindowRateLimiter(MemoryStorage())
    names = (str(number) for number in itertools.count())

    def subject(windows: list[tuple[int, int]]) -> list[tuple[Any, str]]:
        return [(RateLimitItemPerSecond(number, span - 1), next(names)) for span, number in windows]

    def decide(subjects: list[Any], now: int) -> bool:
        clock.now = now
        if not all(limiter.test(item, name) for windows in subjects for item, name in windows):
            return False
        return all(limiter.hit(item, name) for windows in subjects for item, name in windows)

    return _decide_each(source, rows, decide, subject)


def pyrate_limiter(source: str, rows: int) -> tuple[child.Spent, Any]:
    """A bucket of `pyrate-limiter` for each subject; what the badge refuses is taken out of the customer's again."""
    from pyrate_limiter import InMemoryBucket, Rate, RateItem

    def subject(windows: list[tuple[int, int]]) -> Any:
        return InMemoryBucket([Rate(number, span - 1) for span, number in windows])

    def decide(subjects: list[Any], now: int) -> bool:
        customer, badge = subjects
        item = RateItem("row", now)
        if not customer.put(item):
            return False
        if badge.put(item):
            return True
        customer.items.pop()
        return False

    return _decide_each(source, rows, decide, subject)
