"""How each limit counted one issuance: its span, what filled it, and when there is room again (RULEBOOK 6)."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .. import counting, deriving, kernel, room
from ..calendar import DAY, MICROSECOND, date_of
from ..definitions import Limit
from ..reports.text import limit_words
from .ledger import Ledger
from .story import CELLS, Count, Filled

Ints = NDArray[np.int64]

_MOST_FILLED = 12
_ROWS = "FROM ledger.entry WHERE counted AND badge_id = $1 AND ($2 IS NULL OR customer_id = $2)"


@dataclass(frozen=True)
class Entry:
    """What counting needs to know of one row of the ledger."""

    row_no: int
    row_key: str
    badge_id: str
    customer_id: str
    version_no: int
    processed_at: int
    event_at: int
    counted: bool


@dataclass(frozen=True)
class _Span:
    """Half-open bounds on a clock; `starts_at` is None where a limit looks back for ever."""

    clock: str
    starts_at: int | None
    ends_at: int
    cycle: str = ""


class BadgeLimits:
    """The limits of one badge as the engine's own plan sees them: slots, numbers, cycles."""

    def __init__(self, ledger: Ledger, badge_id: str) -> None:
        self._con = ledger.con
        self._badge_id = badge_id
        self._event_clock = ledger.rules.rolling_clock == "event"
        self._edge = (ledger.zone, ledger.rules.rolling_edge == "local-day")
        versions = deriving.versions(ledger.con, [badge_id]).get(badge_id, [])
        self._names = sorted({name for version in versions for name in version.limits})
        last = ledger.row("SELECT max(event_at) AS us FROM ledger.entry WHERE badge_id = $1", badge_id)
        rules = counting.CountingRules(
            zone=ledger.zone,
            event_clock=self._event_clock,
            local_day=self._edge[1],
            month=ledger.rules.month,
            as_of=ledger.as_of,
        )
        slots = {name: place for place, name in enumerate(self._names)}
        until = last["us"] if last is not None and last["us"] is not None else ledger.as_of
        self._plan = counting.plan_badge(0, versions, slots, rules, until) if versions else None

    @property
    def limits(self) -> dict[str, Limit]:
        """Every limit that a version carries, by its name."""
        return {} if self._plan is None else {limit.name: limit for limit in self._plan.slots}

    @property
    def version_at_as_of(self) -> int:
        """The number of the version in force at as-of."""
        return 0 if self._plan is None else self._plan.version_at_as_of

    def _number(self, version_no: int, name: str) -> int | None:
        """The number that judges rows of a version by a limit; None where it does not judge them."""
        assert self._plan is not None
        number = int(self._plan.numbers[version_no, self._names.index(name)])
        return None if number == kernel.UNJUDGED else number

    def counts(self, entry: Entry) -> list[Count]:
        """Every limit that judges the row, in the text order of names."""
        found = []
        for scope in counting.SCOPES:
            judging = [
                limit
                for name, limit in self.limits.items()
                if limit.scope == scope and self._number(entry.version_no, name) is not None
            ]
            found += [self._count(entry, limit, self._span(entry, limit)) for limit in judging if not _fixed(limit)]
            windows = [limit for limit in judging if _fixed(limit)]
            if windows:
                found.append(self._count_in_cycle(entry, scope, windows[0]))
        return sorted(found, key=lambda one: one.limit_name)

    def _count_in_cycle(self, entry: Entry, scope: str, window: Limit) -> Count:
        assert self._plan is not None
        table = self._plan.cycle_tables[scope]
        place = bisect_right(table["starts_at"], entry.event_at) - 1
        if place < 0 or entry.event_at >= table["ends_at"][place]:
            return _outside(window, entry)
        first, last = date_of(int(table["first_day"][place])), date_of(int(table["end_day"][place]) - 1)
        bounds = int(table["starts_at"][place]), int(table["ends_at"][place])
        # The cycle's own configuration counts: an earlier one may still run when its version is replaced.
        limit = self._plan.slots[int(table["slot"][place])]
        return self._count(entry, limit, _Span("event_at", *bounds, f"cycle {place + 1:,}, {first} to {last}"))

    def _span(self, entry: Entry, limit: Limit) -> _Span:
        if limit.kind == "FIXED_VALUE":
            return _Span("processed_at", None, entry.processed_at + MICROSECOND)
        clock = self._clock(limit)
        end = int(getattr(entry, clock))
        return _Span(clock, room.span_start(limit, end, *self._edge), end + MICROSECOND)

    def _clock(self, limit: Limit) -> str:
        on_event = _fixed(limit) or (limit.kind == "ROLLING_WINDOW" and self._event_clock)
        return "event_at" if on_event else "processed_at"

    def _count(self, entry: Entry, limit: Limit, span: _Span) -> Count:
        number = self._number(entry.version_no, limit.name) or 0
        subject = entry.customer_id if limit.scope == "CUSTOMER" else None
        rows, clocks = self._inside(entry, limit, span, subject)
        excess = max(len(rows) - number, 0) if entry.counted else 0
        free = len(rows) < number
        return Count(
            limit_name=limit.name,
            words=limit_words(limit.name),
            scope=limit.scope,
            clock=span.clock,
            number=number,
            counted=entry.counted,
            count=len(rows),
            excess=excess,
            breach_id=f"{entry.row_key}~{limit.short_code}" if excess else None,
            span_from=span.starts_at,
            span_to=span.ends_at,
            cycle=span.cycle,
            filled=self._filled(rows, clocks, entry.row_no, number),
            timeline=_timeline(span, clocks, number),
            free_from=None
            if free
            else self.free_from(limit, entry.version_no, getattr(entry, span.clock), subject, entry),
        )

    def _inside(self, entry: Entry, limit: Limit, span: _Span, subject: str | None) -> tuple[Ints, Ints]:
        """Numbers and clocks of the rows in the span up to the row itself, in the order of counting."""
        # Cycles and fixed values count in processing order, spans in the order of their clock (RULEBOOK 6.1, 6.2).
        order = f"{span.clock}, row_no" if limit.kind == "ROLLING_WINDOW" else "row_no"
        own = [getattr(entry, span.clock)] * (limit.kind == "ROLLING_WINDOW") + [entry.row_no]
        places = ", ".join(f"${place}" for place in range(5, 5 + len(own)))
        found = self._con.execute(
            f"SELECT row_no, {span.clock} AS us {_ROWS} AND {span.clock} >= $3 AND {span.clock} < $4"
            f" AND ({order}) <= ({places}) ORDER BY {order}",
            [self._badge_id, subject, -(2**63) if span.starts_at is None else span.starts_at, span.ends_at, *own],
        ).fetchnumpy()
        return found["row_no"], found["us"]

    def _filled(self, rows: Ints, clocks: Ints, own: int, number: int) -> list[Filled]:
        """The rows of a span by place: all where they are few, else the first, those around the number, the last."""
        wanted = set(range(len(rows)))
        if len(rows) > _MOST_FILLED:
            wanted &= {0, 1, *range(number - 2, number + 2), *range(len(rows) - 6, len(rows))}
        chosen = [int(rows[place]) for place in sorted(wanted)]
        named = {
            row[0]: row[1:]
            for row in self._con.execute(
                "SELECT row_no, row_key, issuance_id, customer_id FROM ledger.entry WHERE row_no = ANY($1)", [chosen]
            ).fetchall()
        }
        return [
            Filled(
                place=place + 1,
                at=int(clocks[place]),
                **dict(zip(("row_key", "issuance_id", "customer_id"), named[int(rows[place])], strict=True)),
                own=int(rows[place]) == own,
            )
            for place in sorted(wanted)
        ]

    def free_from(
        self, limit: Limit, version_no: int, at: int, customer_id: str | None, upto: Entry | None = None
    ) -> int | None:
        """The first instant from `at` on with room for one more, if nothing else than what is known, or was known at
        the row `upto`, were issued; None for never.
        """
        assert self._plan is not None
        number, clock = self._number(version_no, limit.name) or 0, self._clock(limit)
        row_no, own = (2**62, 2**62) if upto is None else (upto.row_no, getattr(upto, clock))
        low = -(2**62)
        if limit.kind == "ROLLING_WINDOW":
            # At the end of a month later spans may begin up to three days earlier.
            low = room.span_start(limit, at, *self._edge) - 4 * DAY
        taken = self._con.execute(
            f"SELECT {clock} AS us {_ROWS} AND {clock} >= $3 AND (row_no <= $4 OR {clock} < $5) ORDER BY us",
            [self._badge_id, customer_id, low, row_no, own],
        ).fetchnumpy()["us"]
        if limit.kind == "FIXED_VALUE":
            return room.free_in_life(len(taken), number, at)
        if limit.kind == "ROLLING_WINDOW":
            found = room.free_in_span(limit, number, taken.tolist(), at, *self._edge)
        else:
            table = self._plan.cycle_tables[limit.scope]
            bounds = list(zip(table["starts_at"].tolist(), table["ends_at"].tolist(), strict=True))
            numbers = [self._number(version_no, self._names[slot]) for slot in table["slot"].tolist()]
            found = room.free_in_cycles(bounds, numbers, taken.tolist(), at)
        return found


def _fixed(limit: Limit) -> bool:
    return limit.kind == "FIXED_WINDOW"


def _timeline(span: _Span, clocks: Ints, number: int) -> list[tuple[int, int, int]]:
    """Of each cell of a span that holds rows: its place, how many fit, and how many are over the number."""
    if not len(clocks):
        return []
    start = int(clocks.min()) if span.starts_at is None else span.starts_at
    cells = (clocks - start) * CELLS // max(span.ends_at - start, 1)
    fits, over = (np.bincount(part, minlength=CELLS).tolist() for part in (cells[:number], cells[number:]))
    return [(cell, fits[cell], over[cell]) for cell in range(CELLS) if fits[cell] or over[cell]]


def _outside(limit: Limit, entry: Entry) -> Count:
    return Count(
        limit_name=limit.name,
        words=limit_words(limit.name),
        scope=limit.scope,
        clock="event_at",
        number=None,
        counted=entry.counted,
        count=0,
        excess=0,
        breach_id=None,
        span_from=None,
        span_to=None,
        cycle="",
        filled=[],
        timeline=[],
        free_from=None,
        note="not judged: no cycle of the badge holds the event",
    )
