"""From recorded versions and every row of the log to decisions: lays out each badge's rows for the kernel and makes
the relations of `sql/6_replay` (RULEBOOK 10).

The connection holds staging and the audit's ledger under the same settings; nothing of them is changed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from . import counting, deciding, layout, regimes
from .asked import AskedRows, badges_of, read_asked, ruled_stretches, set_stretch, stretches
from .kept import Kept, Parts, fingerprint
from .ruling import Badges, RuledBadge
from .sifting import ahead
from .warehouse import statement

Ints = NDArray[np.int64]
Done = Callable[[int], None]
_FOLDER = "6_replay"


@dataclass(frozen=True)
class Decided:
    """Reason and slot of each row, as :mod:`.deciding` numbers them."""

    reason: NDArray[np.int8]
    slot_no: NDArray[np.int32]


def make_decisions(
    con: duckdb.DuckDBPyConnection,
    badges: Badges,
    as_of_us: int,
    *,
    before: Badges | None = None,
    shown: tuple[int, int],
    progress: Done = lambda _: None,
    kept: Sequence[Kept] = (Kept(None), Kept(None)),
) -> str:
    """Make the temporary relation `decisions`, which stands as long as the connection, and what :func:`make_totals`
    sums up; what `badges` decide is told apart by what is returned (:func:`.kept.fingerprint`).

    With `before`, every row is decided under those versions as well. `shown` are the half-open bounds of
    `processed_at`, in microseconds, of what they show. `progress` is told how many rows are decided, from 0 on, for
    each of the two; `kept` is where what is decided stays if nothing comes after it, of `badges` and of `before`.
    """
    for relation in ("reason", "verdict"):
        _make(con, relation)
    con.execute(f"SET VARIABLE shown_from = {shown[0]:d}")
    con.execute(f"SET VARIABLE shown_to = {shown[1]:d}")
    if before is not None:
        _decide(con, before, as_of_us, progress, kept[1], "decided_before")
        con.execute("CREATE OR REPLACE TEMP TABLE slot_before AS FROM ruling_slot")
    key = _decide(con, badges, as_of_us, progress, kept[0], "decided_row")
    # Wide, and read column by column: views, so that nothing is written down before it is sorted.
    for relation in ("told_row", "decisions", "judged_row", *(() if before is None else ("decided_twice",))):
        con.execute(f"CREATE OR REPLACE TEMP VIEW {relation} AS {statement(_FOLDER, relation)}")
    return key


def make_totals(con: duckdb.DuckDBPyConnection, *, compared: bool) -> None:
    """Make the temporary relation `decision_totals`; of what was decided twice also `comparison` and `gains`."""
    # Each of their rows is of one badge: those of a part of the badges at a time fit into memory.
    for part, stretch in enumerate(stretches(con)):
        set_stretch(con, stretch)
        for relation in ("decision_totals", *(("comparison", "gains") if compared else ())):
            verb = f"INSERT INTO {relation}" if part else f"CREATE OR REPLACE TEMP TABLE {relation} AS"
            con.execute(f"{verb} {statement(_FOLDER, relation)}")


def make_chosen(con: duckdb.DuckDBPyConnection, badges: Badges, chosen: Sequence[tuple[str, str]]) -> None:
    """Make the temporary relation `chosen` from entries of other rules and the badges that each chooses."""
    told = [(entry, badge, badges[badge].name or "", ", ".join(badges[badge].tags or ())) for entry, badge in chosen]
    names = ("entry", "badge_id", "badge_name", "tags")
    arrays = {name: np.array([row[place] for row in told], dtype=object) for place, name in enumerate(names)}
    con.register("kernel_chosen", arrays)
    try:
        _make(con, "chosen")
    finally:
        con.unregister("kernel_chosen")


def _decide(
    con: duckdb.DuckDBPyConnection, badges: Badges, as_of_us: int, progress: Done, kept: Kept, relation: str
) -> str:
    """Make a relation as `sql/6_replay/decided_row.sql` says, and tell what it was decided from."""
    # Of a badge without a version nothing is decided, of one without a row there is nothing to decide.
    known = badges_of(con)
    ruled = [badges.get(name) for _, name in known]
    limits = [
        sorted({limit for one in badge.versions for limit in one.counted.limits}) if badge else [] for badge in ruled
    ]
    _register_rulings(con, known, ruled, limits)
    key = fingerprint(con, badges, as_of_us)
    parts = kept.parts(con, relation, key)
    _decide_parts(con, ruled, limits, as_of_us, progress, parts)
    parts.close()
    return key


def _decide_parts(
    con: duckdb.DuckDBPyConnection,
    ruled: Sequence[RuledBadge | None],
    limits: Sequence[Sequence[str]],
    as_of_us: int,
    progress: Done,
    parts: Parts,
) -> None:
    """Decide what the parts do not hold, a part of the badges after the other: while one is decided, the next is
    read."""
    decided: deque[dict[str, Any]] = deque()
    done = 0

    def told(more: int) -> None:
        progress(done + more)

    def add_decided() -> None:
        while decided:
            parts.add(decided.popleft())

    def read() -> Iterator[AskedRows]:
        for stretch in ruled_stretches(con):
            # A connection serves one thread at a time: this one writes down, too, what is decided meanwhile.
            add_decided()
            if not parts.hold(stretch):
                yield read_asked(con, stretch)

    told(0)
    with closing(ahead(read())) as asked:
        for rows in asked:
            found = decide_badges(rows, _plans(rows, ruled, limits, as_of_us), ruled, progress=told)
            done += len(rows.row_no)
            columns = {
                "row_no": rows.row_no,
                "processed": rows.processed,
                "call_no": rows.call,
                "accepted": rows.accepted,
                "fact": rows.fact,
                "reason": found.reason,
                "slot_no": found.slot_no,
            }
            # They are looked up by stretches of time.
            in_time = np.argsort(rows.processed, kind="stable")
            decided.append({name: values[in_time] for name, values in columns.items()})
    add_decided()


def _make(con: duckdb.DuckDBPyConnection, relation: str) -> None:
    con.execute(f"CREATE OR REPLACE TEMP TABLE {relation} AS {statement(_FOLDER, relation)}")


def _register_rulings(
    con: duckdb.DuckDBPyConnection,
    known: Sequence[tuple[int, str]],
    ruled: Sequence[RuledBadge | None],
    limits: Sequence[Sequence[str]],
) -> None:
    """Make `ruling_version` and `ruling_slot`: the versions and limits by their numbers in the kernel's arrays."""
    versions = [
        (name, badge_no, version_no, version.counted.in_force_from if version_no else -(2**63) + 1)
        for (badge_no, name), badge in zip(known, ruled, strict=True)
        if badge is not None
        for version_no, version in enumerate(badge.versions)
    ]
    kernel_version = {
        "badge_id": np.array([version[0] for version in versions], dtype=object),
        "badge_no": np.array([version[1] for version in versions], np.int64),
        "version_no": np.array([version[2] for version in versions], np.int32),
        "valid_from": np.array([version[3] for version in versions], np.int64),
    }
    slots = [name for badge in limits for name in badge]
    kernel_slot = {"slot_no": np.arange(len(slots)), "limit_name": np.array(slots, dtype=object)}
    for relation, arrays in (("ruling_version", kernel_version), ("ruling_slot", kernel_slot)):
        con.register(f"kernel_{relation}", arrays)
        try:
            _make(con, relation)
        finally:
            con.unregister(f"kernel_{relation}")


def _plans(
    rows: AskedRows, ruled: Sequence[RuledBadge | None], limits: Sequence[Sequence[str]], as_of_us: int
) -> list[counting.BadgePlan]:
    """Plans of the badges that are ruled and have rows, by their places; slots are numbered through all of them."""
    bounds = np.searchsorted(rows.badge, np.arange(len(ruled) + 1, dtype=np.int32))
    plans, first_slot = [], 0
    for place, (badge, names) in enumerate(zip(ruled, limits, strict=True)):
        events = rows.event[bounds[place] : bounds[place + 1]]
        if badge is not None and len(events):
            slots = {name: first_slot + number for number, name in enumerate(names)}
            plans.append(regimes.plan(place, badge.versions, slots, as_of_us, int(events.max())))
        first_slot += len(names)
    return plans


def decide_badges(
    rows: AskedRows,
    plans: Sequence[counting.BadgePlan],
    ruled: Sequence[RuledBadge | None],
    *,
    threads: int = 2,
    progress: Done = lambda _: None,
) -> Decided:
    """Decide every row, badges side by side on threads; `ruled` are the badges by their places. What no plan decides is
    of a badge that is unknown. `progress` is told how many rows are done, after each badge."""
    size = len(rows.badge)
    starts = np.searchsorted(rows.badge, np.arange(len(ruled) + 1, dtype=np.int32))
    found = Decided(np.full(size, deciding.UNKNOWN_BADGE, np.int8), np.full(size, deciding.NO_SLOT, np.int32))

    def decide_one(plan: counting.BadgePlan) -> int:
        low, high = starts[plan.badge_no], starts[plan.badge_no + 1]
        badge = ruled[plan.badge_no]
        if badge is not None and high > low:
            rooms = free.get()
            layout.Layout(plan, badge.versions, rooms).decide(
                rows.part(low, high), found.reason[low:high], found.slot_no[low:high]
            )
            free.put(rooms)
        return int(high - low)

    decided = 0
    free: SimpleQueue[layout.Rooms] = SimpleQueue()
    for _ in range(threads):
        free.put(layout.Rooms())
    # The largest badge first: what is made for it has room for all others.
    in_turn = sorted(plans, key=lambda plan: starts[plan.badge_no] - starts[plan.badge_no + 1])
    with ThreadPoolExecutor(threads) as pool:
        for finished in as_completed([pool.submit(decide_one, plan) for plan in in_turn]):
            decided += finished.result()
            progress(decided)
    return found
