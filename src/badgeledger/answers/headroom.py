"""Who is close to a limit, and the next instant at which one more issuance would be within limits.

The issuance is thought to happen and to be processed at one instant, as the last row of that instant, under the version
in force at as-of; nothing else is issued meanwhile, but what is known to happen later takes its room when its time has
come. The instant lies in the badge's period and is exact (:mod:`badgeledger.room`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from .. import deriving, room
from ..calendar import DAY, SECOND, microseconds_of, moment_of
from ..text import counted
from .ledger import Ledger
from .owners import limit_of_row
from .quick import named
from .shown import BAD, CLOSE, GOOD, QUIET, Answer, Bar, Column, Row, instant_from, level, styled

if TYPE_CHECKING:
    from rich.text import Text

# The span of a month goes back at month ends, by less than this.
_SLACK = 5 * DAY
_NEVER_AGAIN = 2**62


def headroom(
    ledger: Ledger, badge: str | None, *, used_percent: int, limit: str | None = None, customer: str | None = None
) -> Answer:
    """The subjects that have used at least a share of a limit's number at as-of.

    `next_at` is the first instant from as-of on at which one more issuance would be within that limit, `all_at` the
    first at which it would be within all limits of the badge; None is never.
    """
    badge_id, name = (None, "") if badge is None else ledger.badge(badge)
    rows = ledger.ask("close", badge=badge_id, percent=used_percent, limit=limit, customer=customer)
    rooms = _Rooms(ledger, sorted({row["badge_id"] for row in rows}))
    for row in rows:
        row["next_at"], row["all_at"] = rooms.next_instants(row)
    columns = (
        Column("badge_id"),
        Column("badge_name"),
        Column("limit_name"),
        Column("scope"),
        Column("customer_id", "customer", lambda row: row["customer_id"] or styled("the badge as a whole", QUIET)),
        Column("", "use", lambda row: Bar(_share(row), level(row["count"], row["number"]))),
        Column(
            "count", "count", lambda row: styled(f"{row['count']:,}", level(row["count"], row["number"])), right=True
        ),
        Column("number", "number", right=True),
        Column("headroom", "headroom", right=True),
        Column("peak_count"),
        Column("peak_at"),
        Column("next_at", "within this limit", lambda row: _when(row["next_at"], ledger.as_of)),
        Column("all_at", "within all limits", lambda row: _when(row["all_at"], ledger.as_of, ahead=False)),
    )
    of = "" if badge_id is None else f" of {named(badge_id, name)}"
    return Answer(
        title=f"{counted(len(rows), 'subject')} at {used_percent} % or more of a limit{of}",
        columns=columns,
        rows=rows,
        facts=ledger.facts | {"used_percent": used_percent},
        about=ledger.about,
        section=lambda row: f"{named(row['badge_id'], row['badge_name'])}  {row['limit_name']}",
        nothing="nobody is that close to a limit",
        notes=("never: before the end of the badge there is no such instant.",) if any(map(_is_never, rows)) else (),
    )


def _share(row: Row) -> float:
    return row["count"] / row["number"] if row["number"] else 1.0


def _is_never(row: Row) -> bool:
    return row["next_at"] is None or row["all_at"] is None


def _when(at: datetime | None, as_of: int, *, ahead: bool = True) -> Text:
    if at is None:
        return styled("never", BAD)
    wait = microseconds_of(at) - as_of
    if not wait:
        return styled("now", GOOD)
    return styled(instant_from(at) + (f"  in {_lasting(wait)}" if ahead else ""), CLOSE)


def _lasting(span: int) -> str:
    days, rest = divmod(-(-span // (60 * SECOND)), 24 * 60)
    hours, minutes = divmod(rest, 60)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes} min" if hours else f"{minutes} min"


@dataclass
class _Taken:
    """The counted rows of a subject: how many, and the events and clocks that can still matter, sorted."""

    counted: int = 0
    events: list[int] = field(default_factory=list)
    clocks: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class _Cycles:
    """The cycles of a scope that end after as-of, with the number that judges a row in each from now on."""

    bounds: list[tuple[int, int]]
    numbers: list[int | None]


# The first instant from a given one on at which a limit has room, None for never.
_Room = Callable[[int], "int | None"]


class _Rooms:
    """The limits of some badges as questions, with the counted rows that fill them."""

    def __init__(self, ledger: Ledger, badges: Sequence[str]) -> None:
        self._ledger = ledger
        self._local_day = ledger.rules.rolling_edge == "local-day"
        self._limits: dict[str, list[Row]] = defaultdict(list)
        for row in ledger.ask("limits_in_force", badges=badges):
            self._limits[row["badge_id"]].append(row)
        self._cycles = self._read_cycles()
        self._taken: dict[tuple[str, str], _Taken] = defaultdict(_Taken)
        self._read_rows(badges)

    def next_instants(self, row: Row) -> tuple[datetime | None, datetime | None]:
        """The first instants within the row's own limit, and within all that judge its subject."""
        scopes = {"BADGE", row["scope"]}
        limits = [limit for limit in self._limits[row["badge_id"]] if limit["scope"] in scopes]
        # The use of a fixed window may still be that of an earlier configuration, whose last cycle runs.
        own = [limit for limit in limits if limit["limit_name"] == row["limit_name"]] or [
            limit for limit in limits if limit["scope"] == row["scope"] and limit["kind"] == "FIXED_WINDOW"
        ]
        return self._first(own, row["customer_id"]), self._first(limits, row["customer_id"])

    def _first(self, limits: Sequence[Row], customer: str) -> datetime | None:
        """The first instant from as-of on, in the badge's period, at which all these limits have room."""
        rooms = [self._room(limit, customer) for limit in limits]
        moment = max(self._ledger.as_of, limits[0]["starts_at"])
        while moment < limits[0]["expires_at"]:
            found = [room(moment) for room in rooms]
            latest = max((at for at in found if at is not None), default=moment)
            if None in found:
                return None
            if latest == moment:
                return moment_of(moment)
            moment = latest
        return None

    def _room(self, limit: Row, customer: str) -> _Room:
        badge, number = limit["badge_id"], limit["number"]
        taken = self._taken[badge, customer if limit["scope"] == "CUSTOMER" else ""]
        if limit["kind"] == "FIXED_WINDOW":
            cycles = self._cycles[badge, limit["scope"]]
            return lambda at: room.free_in_cycles(cycles.bounds, cycles.numbers, taken.events, at)
        if limit["kind"] == "FIXED_VALUE":
            return lambda at: room.free_in_life(taken.counted, number, at)
        window, zone = limit_of_row(limit), self._ledger.zone
        return lambda at: room.free_in_span(window, number, taken.clocks, at, zone, self._local_day)

    def _read_cycles(self) -> dict[tuple[str, str], _Cycles]:
        """The cycles of each badge with a fixed window, up to the badge's end."""
        from .. import counting

        rules = counting.CountingRules(
            zone=self._ledger.zone,
            event_clock=self._ledger.rules.rolling_clock == "event",
            local_day=self._local_day,
            month=self._ledger.rules.month,
            as_of=self._ledger.as_of,
        )
        asked = {badge for badge, rows in self._limits.items() if any(row["kind"] == "FIXED_WINDOW" for row in rows)}
        found = {}
        for badge, versions in deriving.versions(self._ledger.con, sorted(asked)).items():
            names = {name: 0 for version in versions for name in version.limits}
            plan = counting.plan_badge(0, versions, names, rules, self._limits[badge][0]["expires_at"])
            numbers = plan.numbers[plan.version_at_as_of].tolist()
            for scope, table in plan.cycle_tables.items():
                ahead = (table["ends_at"] > self._ledger.as_of).nonzero()[0]
                bounds = zip(table["starts_at"][ahead].tolist(), table["ends_at"][ahead].tolist(), strict=True)
                judging = [numbers[slot] for slot in table["slot"][ahead].tolist()]
                found[badge, scope] = _Cycles(list(bounds), [number if number >= 0 else None for number in judging])
        return found

    def _read_rows(self, badges: Sequence[str]) -> None:
        """The rows of each subject, as far back as a cycle that runs or a rolling span can reach."""
        events_from, clocks_from = [], []
        for badge in badges:
            starts = [cycles.bounds[0][0] for key, cycles in self._cycles.items() if key[0] == badge and cycles.bounds]
            events_from.append(min(starts, default=_NEVER_AGAIN))
            windows = [limit_of_row(row) for row in self._limits[badge] if row["kind"] == "ROLLING_WINDOW"]
            reach = [room.span_start(one, self._ledger.as_of, self._ledger.zone, self._local_day) for one in windows]
            clocks_from.append(min(reach, default=_NEVER_AGAIN) - _SLACK)
        for row in self._ledger.ask(
            "counted_rows",
            badges=badges,
            events_from=events_from,
            clocks_from=clocks_from,
            event_clock=self._ledger.rules.rolling_clock == "event",
        ):
            badge, customer = row["badge_id"], row["customer_id"]
            self._taken[badge, customer] = _Taken(row["counted"], row["events"], row["clocks"])
            whole = self._taken[badge, ""]
            whole.counted += row["counted"]
            whole.events += row["events"]
            whole.clocks += row["clocks"]
        for badge in badges:
            self._taken[badge, ""].events.sort()
            self._taken[badge, ""].clocks.sort()
