"""Counting alone: the kernel beside the best SQL of DuckDB and Polars' `rolling`, which must find the same numbers.

Eight windows: for a badge's customer and for the badge, rolling day, week and month; for the customer cycles of three
days, for the badge weeks. Clocks are all different, because RANGE frames cannot tell the order of rows in one instant.
Polars' rolling month miscounts at month ends, so it is compared over 30 days.
"""

from pathlib import Path
from typing import Any

import child

BADGES, DAYS, SEED = 40, 92, 7
DAY_US = 86_400_000_000
MONTH, THIRTY_DAYS = "month", "30 days"


def limits(rows: int, month: str) -> list[tuple[str, str, str, int | None, int]]:
    """Name, scope, unit, length (none: a fixed window) and number; most rows keep all of them."""
    daily = max(1, rows // (BADGES * DAYS))
    last = ("MONTHS", 1) if month == MONTH else ("DAYS", 30)
    return [
        ("customer_day", "CUSTOMER", "DAYS", 1, 2),
        ("customer_week", "CUSTOMER", "WEEKS", 1, 4),
        ("customer_month", "CUSTOMER", *last, 8),
        ("badge_day", "BADGE", "DAYS", 1, daily * 7),
        ("badge_week", "BADGE", "WEEKS", 1, daily * 40),
        ("badge_month", "BADGE", *last, daily * 150),
        ("customer_cycle", "CUSTOMER", "DAYS", None, 2),
        ("badge_cycle", "BADGE", "WEEKS", None, daily * 40),
    ]


def table(folder: Path, rows: int) -> None:
    """Measure and print; nothing is printed unless all find the same breaches and, if they count, the same counts."""
    source = folder / f"rows-{rows}-{BADGES}-{DAYS}-{SEED}.npz"
    if not source.exists():
        child.measure("counting.make_rows", source=str(source), rows=rows)
    lines = []
    for month, peers in (
        (
            MONTH,
            (("DuckDB, flags only: lag(t, number)", "duckdb_flags"), ("DuckDB, counts: RANGE frames", "duckdb_counts")),
        ),
        (THIRTY_DAYS, (("Polars, counts: rolling", "polars_counts"),)),
    ):
        kernel = child.measure("counting.kernel", source=str(source), month=month)
        lines.append(_line(f"kernel, counts and breaches ({month})", kernel, kernel, rows))
        for name, function in peers:
            found = child.measure(f"counting.{function}", source=str(source), month=month)
            _same(name, kernel.result, found.result)
            lines.append(_line(f"{name} ({month})", found, kernel, rows))
    title = f"Eight windows over {rows:,} counted rows; breaches {sum(found for found, _ in kernel.result.values()):,}"
    child.show(title, ("counting", "seconds", "CPU s", "rows/s", "peak MB", "× kernel"), lines)


def _line(name: str, found: child.Measured, kernel: child.Measured, rows: int) -> tuple[str, ...]:
    speed, ratio = f"{rows / found.seconds:,.0f}", f"{found.seconds / kernel.seconds:.1f}"
    return name, f"{found.seconds:.2f}", f"{found.cpu_seconds:.2f}", speed, f"{found.peak_mb:,.0f}", ratio


def _same(name: str, expected: dict[str, list[int]], found: dict[str, list[int | None]]) -> None:
    for window, (breaches, counts) in expected.items():
        assert found[window][0] == breaches, f"{name}, {window}: {found[window][0]} breaches, the kernel has {breaches}"
        assert found[window][1] in (None, counts), (
            f"{name}, {window}: counts {found[window][1]}, the kernel has {counts}"
        )


def make_rows(source: str, rows: int) -> tuple[child.Spent, Any]:
    """Rows with the badges, customers and instants of a generated log, in processing order."""
    import numpy as np

    from badgeledger.generate_badges import make_badge
    from badgeledger.generate_calls import Calls, Draws

    watch = child.Stopwatch()
    badges = [make_badge(index, 1, _first_us(), DAYS, [0, 0, 0, 0])[0] for index in range(BADGES)]
    numbers = {badge.badge_id: index for index, badge in enumerate(badges)}
    customers, at, badge_of, size = [], [], [], []
    for block in Calls(Draws(SEED), badges, rows // 25, rows, _first_us(), DAYS):
        customers.append(np.array([customer for call in block for customer in call.customers], dtype=np.int32))
        at.append(np.array([call.processed_us for call in block], dtype=np.int64))
        badge_of.append(np.array([numbers[call.badge.badge_id] for call in block], dtype=np.int32))
        size.append(np.array([len(call.customers) for call in block], dtype=np.int64))
    sizes = np.concatenate(size)
    place = np.arange(rows)
    # Each row a microsecond after the one before, at least.
    clock = np.maximum.accumulate(np.repeat(np.concatenate(at), sizes) - place) + place
    known, customer = np.unique(np.concatenate(customers), return_inverse=True)
    np.savez(
        source,
        badge=np.repeat(np.concatenate(badge_of), sizes),
        customer=customer.astype(np.int32),
        clock=clock,
        customers=len(known),
    )
    return watch.read(), None


def _first_us() -> int:
    from datetime import date

    from badgeledger.generate import FIRST_DAY

    return (FIRST_DAY - date(1970, 1, 1)).days * DAY_US


def _load(source: str) -> dict[str, Any]:
    import numpy as np

    with np.load(source) as arrays:
        return {name: arrays[name] for name in arrays.files}


def kernel(source: str, month: str) -> tuple[child.Spent, Any]:
    """The product: two sorts by counting, one pass for each window."""
    import numpy as np

    from badgeledger import calendar
    from badgeledger.counting import BadgeVersion, CountingRules, Rows, count_badges, plan_badge
    from badgeledger.definitions import Limit

    arrays = _load(source)
    size, last = len(arrays["clock"]), int(arrays["clock"][-1])
    wanted = limits(size, month)
    found = [_limit(Limit, *fields) for _, *fields in wanted]
    version = BadgeVersion(_first_us(), _first_us(), last + DAY_US, None, {limit.name: limit for limit in found})
    slots = {limit.name: place for place, limit in enumerate(found)}
    rules = CountingRules(calendar.zone("UTC"), event_clock=False, local_day=False, month="calendar", as_of=last)
    rows = Rows(
        row_no=np.arange(size),
        badge=arrays["badge"],
        customer=arrays["customer"],
        version=np.zeros(size, np.int32),
        processed=arrays["clock"],
        event=arrays["clock"],
    )

    def count_rows(rows: Rows) -> dict[str, list[Any]]:
        plans = [plan_badge(badge, [version], slots, rules, last) for badge in range(BADGES)]
        return count_badges(rows, plans, rules)

    # The first call loads the compiled kernel.
    count_rows(Rows(**{name: getattr(rows, name)[:1_000] for name in Rows.__dataclass_fields__}))
    watch = child.Stopwatch()
    blocks = count_rows(rows)["over_limit"]
    spent = watch.read()
    slot_no, count = (np.concatenate([block[name] for block in blocks]) for name in ("slot_no", "count"))
    breaches = np.bincount(slot_no, minlength=len(wanted)).tolist()
    counts = [int(count[slot_no == slot].sum()) for slot in range(len(wanted))]
    return spent, {name: [breaches[slot], counts[slot]] for slot, (name, *_) in enumerate(wanted)}


def _limit(make: Any, scope: str, unit: str, length: int | None, number: int) -> Any:
    if length is not None:
        return make(scope=scope, kind="ROLLING_WINDOW", unit=unit, length=length, number=number)
    geometry = {"length": 3} if unit == "DAYS" else {"start_day": "MONDAY"}
    return make(scope=scope, kind="FIXED_WINDOW", unit=unit, number=number, **geometry)


def _windows(source: str, month: str) -> tuple[Any, str, list[tuple[str, str, int | None, int, str]]]:
    """A database with the rows, its derived columns, and each window's partition, span, number and bound."""
    import duckdb

    arrays = _load(source)
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET enable_progress_bar = false")
    con.register("source", {name: arrays[name] for name in ("badge", "customer", "clock")})
    con.execute("CREATE TABLE row AS SELECT badge, customer, clock FROM source")
    con.unregister("source")
    first_us = _first_us()
    derived = f"""
        SELECT *,
            clock - epoch_us(make_timestamp(clock) - INTERVAL 1 MONTH) - 1 AS month_us,
            (clock - {first_us}) // {3 * DAY_US} AS days_cycle,
            (clock + {3 * DAY_US}) // {7 * DAY_US} AS weeks_cycle
        FROM row"""
    windows = []
    for name, scope, unit, length, number in limits(len(arrays["clock"]), month):
        partition = "badge, customer" if scope == "CUSTOMER" else "badge"
        if length is None:
            windows.append((name, partition, None, number, f"{unit.lower()}_cycle"))
        else:
            span = "month_us" if unit == "MONTHS" else str(length * (7 if unit == "WEEKS" else 1) * DAY_US - 1)
            windows.append((name, partition, length, number, span))
    return con, derived, windows


def duckdb_flags(source: str, month: str) -> tuple[child.Spent, Any]:
    """Flags only: the row `number` places earlier is still inside the span."""
    con, derived, windows = _windows(source, month)
    columns = ", ".join(
        f"lag({'clock' if length else bound}, {number}) OVER (PARTITION BY {partition} ORDER BY clock)"
        + (f" >= clock - {bound}" if length else f" = {bound}")
        + f" AS {name}"
        for name, partition, length, number, bound in windows
    )
    sums = ", ".join(f"count(*) FILTER ({name})" for name, *_ in windows)
    watch = child.Stopwatch()
    found = con.execute(f"SELECT {sums} FROM (SELECT {columns} FROM ({derived}))").fetchone()
    spent = watch.read()
    return spent, {name: [found[place], None] for place, (name, *_) in enumerate(windows)}


def duckdb_counts(source: str, month: str) -> tuple[child.Spent, Any]:
    """Exact counts: RANGE frames over integer microseconds, row numbers in cycles."""
    con, derived, windows = _windows(source, month)
    columns = ", ".join(
        (
            f"count(*) OVER (PARTITION BY {partition} ORDER BY clock RANGE BETWEEN {bound} PRECEDING AND CURRENT ROW)"
            if length
            else f"row_number() OVER (PARTITION BY {partition}, {bound} ORDER BY clock)"
        )
        + f" AS {name}"
        for name, partition, length, _, bound in windows
    )
    sums = ", ".join(
        f"count(*) FILTER ({name} > {number}), coalesce(sum({name}) FILTER ({name} > {number}), 0)::BIGINT"
        for name, _, _, number, _ in windows
    )
    watch = child.Stopwatch()
    found = con.execute(f"SELECT {sums} FROM (SELECT {columns} FROM ({derived}))").fetchone()
    spent = watch.read()
    return spent, {name: [found[2 * place], found[2 * place + 1]] for place, (name, *_) in enumerate(windows)}


def polars_counts(source: str, month: str) -> tuple[child.Spent, Any]:
    """Exact counts: one `rolling` for each span, places in cycles by `over`."""
    import polars as pl

    arrays = _load(source)
    frame = pl.DataFrame({name: arrays[name] for name in ("badge", "customer", "clock")})
    wanted = limits(len(frame), month)
    watch = child.Stopwatch()
    found = {}
    by_scope = {"CUSTOMER": frame.sort("badge", "customer", "clock"), "BADGE": frame.sort("badge", "clock")}
    for name, scope, unit, length, number in wanted:
        keys = ["badge", "customer"] if scope == "CUSTOMER" else ["badge"]
        rows = by_scope[scope]
        if length is not None:
            span_us = length * (7 if unit == "WEEKS" else 1) * DAY_US
            counts = rows.rolling("clock", period=f"{span_us}i", group_by=keys).agg(pl.len().alias("n"))["n"]
        else:
            days = 3 if unit == "DAYS" else 7
            shift_us = -_first_us() if unit == "DAYS" else 3 * DAY_US
            cycle = (pl.col("clock") + shift_us) // (days * DAY_US)
            counts = rows.select((pl.int_range(pl.len()) + 1).over([*keys, cycle]).alias("n"))["n"]
        over = counts.filter(counts > number)
        found[name] = [len(over), int(over.cast(pl.Int64).sum())]
    return watch.read(), found
