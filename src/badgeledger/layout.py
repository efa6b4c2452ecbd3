"""One badge laid out for the kernel: its rows, versions, limits and subjects as arrays, and the settings in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from . import counting, deciding, kernel, regimes, subjects, validity
from .asked import AskedRows
from .calendar import zone
from .ruling import DecidedVersion
from .settings import Rules

Ints = NDArray[np.int64]
Places = NDArray[np.int32]
Kind = TypeVar("Kind", bound=np.generic)


class Rooms:
    """Arrays that one badge after the other is laid out in: memory that is new costs more than deciding in it."""

    def __init__(self) -> None:
        self._arrays: dict[tuple[str, type], NDArray[Any]] = {}

    def take(self, use: str, size: int, kind: type[Kind]) -> NDArray[Kind]:
        """An array for one use; what it holds is what the badge before has left."""
        array = self._arrays.get((use, kind))
        if array is None or len(array) < size:
            array = self._arrays[use, kind] = np.empty(size, kind)
        return array[:size]


@dataclass(frozen=True)
class Layout:
    """One badge's limits and versions, as the kernel takes them."""

    plan: counting.BadgePlan
    versions: Sequence[DecidedVersion]
    rooms: Rooms

    def decide(self, rows: AskedRows, reasons: NDArray[np.int8], full: Places) -> None:
        """Decide the badge's rows, into `reasons` and `full` (:func:`.deciding.decide`)."""
        size = len(rows.row_no)
        grouped = kernel.order_by_key(rows.customer, *(self.rooms.take(use, size, np.int32) for use in ("one", "two")))
        bounds = kernel.subject_bounds(rows.customer, grouped, self.rooms.take("bounds", size + 1, np.int64))
        # The requests of a badge follow each other; a fact has none.
        first = rows.request[np.argmin(rows.fact)]
        request = np.subtract(rows.request, first, out=self.rooms.take("request", size, np.int32))
        np.maximum(request, 0, out=request)
        admitting_call = self.rooms.take("admitting_call", int(request.max()) + 1, np.int64)
        admitting_call[:] = deciding.NO_CALL
        holds = bool(rows.is_issue.any())
        asked = deciding.Asked(
            processed=rows.processed,
            event=rows.event,
            version=rows.version,
            is_issue=rows.is_issue,
            call=rows.call,
            request=request,
            ends_at=self._validity_ends(rows) if holds else np.empty(0, np.int64),
            fact=rows.fact,
            revoked_at=rows.revoked_at,
        )
        in_turn = regimes.regimes(self.versions)
        on_event = any(regime.rules.rolling_clock == "event" for regime in in_turn)
        versions, slots = self._versions(), self._slots()
        placed = self._subjects(bounds, grouped, rows.event, slots, on_event, holds)
        revocations = self._revocations(rows.revoked_at, len(placed.valid_until))
        # Rows stand in processing order, so that those of a version follow each other.
        ends = np.searchsorted(rows.version, [regime.last for regime in in_turn])
        for regime, first, last in zip(in_turn, [0, *ends[:-1]], ends, strict=True):
            deciding.decide(
                asked,
                versions,
                slots,
                _clock(regime.rules),
                placed,
                revocations,
                admitting_call,
                regime.rules.imported == "count",
                first,
                last,
                reasons,
                full,
            )

    def _validity_ends(self, rows: AskedRows) -> Ints:
        """When each issue would expire (RULEBOOK 8); of an earn nothing is asked."""
        ends = np.full(len(rows.event), subjects.NEVER, np.int64)
        issues = np.flatnonzero(rows.is_issue)
        ends[issues] = validity.expiries(self.versions, rows.version[issues], True, rows.event[issues])
        return ends

    def _revocations(self, revoked_at: Ints, held: int) -> deciding.Revocations:
        """Revocations by their instants; the settings in force at that instant say whether room is given back."""
        revoked = np.flatnonzero(revoked_at < subjects.NEVER)
        revoked = revoked[np.argsort(revoked_at[revoked], kind="stable")]
        begins = np.array([version.counted.in_force_from for version in self.versions[1:]], np.int64)
        frees = np.array([version.rules.revoked == "exclude" for version in self.versions])
        # What rows have taken is remembered only where something may be given back.
        some = len(revoked) > 0
        return deciding.Revocations(
            rows=revoked,
            frees=frees[np.searchsorted(begins, revoked_at[revoked], "right")],
            done=np.zeros(1, np.int64),
            took=np.zeros(len(revoked_at) * some, np.bool_),
            held_until=np.full(held * some, -subjects.NEVER, np.int64),
        )

    def _versions(self) -> deciding.Versions:
        return deciding.Versions(
            active=np.array([version.active for version in self.versions]),
            starts_at=np.array([version.counted.starts_at for version in self.versions], np.int64),
            expires_at=np.array([version.counted.expires_at for version in self.versions], np.int64),
            counts=np.array(
                [[kind_counts(kind, version.earn_type, version.rules) for kind in ("EARN", "ISSUE")]
                 for version in self.versions]
            ),
            numbers=self.plan.numbers,
        )  # fmt: skip

    def _slots(self) -> deciding.Slots:
        windows = [counting.window_of(limit) for limit in self.plan.slots]
        kind, unit, length = (np.array([window[place] for window in windows], np.int64) for place in range(3))
        return deciding.Slots(
            kind=kind,
            unit=unit,
            length=length,
            badge_slots=sum(limit.scope == "BADGE" for limit in self.plan.slots),
            customer_windows=self.plan.cycle_tables["CUSTOMER"]["slot"],
            badge_windows=self.plan.cycle_tables["BADGE"]["slot"],
            slot_no=np.array(self.plan.slot_nos, np.int32),
        )

    def _subjects(
        self,
        bounds: Ints,
        grouped: NDArray[np.int32],
        event: Ints,
        slots: deciding.Slots,
        on_event: bool,
        holds: bool,
    ) -> subjects.Subjects:
        """The subjects of both scopes with all room free; `holds` says that there are issues."""
        size, numbers = len(grouped), self.plan.numbers
        fewest = [
            int(subjects.fewest_to_reject(numbers, slots.kind, *ends).min())
            for ends in ((slots.badge_slots, len(slots.kind)), (0, slots.badge_slots))
        ]
        cycles, ranked = len(slots.customer_windows), 2 if on_event else int(holds)
        take = self.rooms.take
        placed = subjects.Subjects(
            low=take("low", size, np.int32),
            badge_low=subjects.NO_PLACE,
            cycle=self._cycles(event),
            cell=take("cell", size if cycles else 0, np.int32),
            badge_cells=size if cycles else 0,
            room=take("room", 0, np.int64),
            in_cell=take("in_cell", (size if cycles else 0) + len(slots.badge_windows), np.int32),
            begin=take("begin", ranked * size, np.int32).reshape(ranked, size),
            end=take("end", ranked * size, np.int32).reshape(ranked, size),
            rank=take("rank", ranked * size, np.int32).reshape(ranked, size),
            events=take("events", ranked * size, np.int64),
            by_event=take("by_event", 2 * size if on_event else 0, np.int32),
            valid_until=take("valid_until", size if holds else 0, np.int64),
        )
        placed.in_cell[:] = placed.by_event[:] = 0
        placed.valid_until[:] = -subjects.NEVER
        places = subjects.place_customers(placed, bounds, grouped, fewest[subjects.CUSTOMER], cycles)
        if size > fewest[subjects.BADGE]:
            placed = placed._replace(badge_low=places)
            places += size + 1
        if ranked:
            subjects.rank_rows(placed, subjects.CUSTOMER, 0, bounds, grouped, event)
        if on_event:
            everything = np.arange(size, dtype=np.int32)
            subjects.rank_rows(placed, subjects.BADGE, size, np.array([0, size]), everything, event)
        placed = placed._replace(room=take("room", places, np.int64))
        placed.room[:] = 0
        return placed

    def _cycles(self, event: Ints) -> NDArray[np.int32]:
        """The cycle of each row's event in both scopes, -1 outside every cycle; no column where no scope has cycles."""
        tables = [self.plan.cycle_tables[scope] for scope in ("CUSTOMER", "BADGE")]
        size = len(event) if any(len(table["slot"]) for table in tables) else 0
        found = self.rooms.take("cycles", 2 * size, np.int32).reshape(2, size)
        for table, room in zip(tables, found, strict=True):
            if len(room):
                kernel.cycles_of(event, table["starts_at"], table["ends_at"], room)
        return found


def _clock(rules: Rules) -> deciding.Clock:
    of_zone = zone(rules.zone)
    return deciding.Clock(
        rules.rolling_clock == "event",
        rules.rolling_edge == "local-day",
        of_zone.changes_at,
        of_zone.offsets,
        of_zone.wall_changes,
    )


def kind_counts(kind: str, earn_type: str, rules: Rules) -> bool:
    """Whether rows of a kind count (RULEBOOK 4)."""
    if rules.counted == "by-earn-type":
        return kind == "EARN" or earn_type == "EARN"
    return rules.counted == "both" or rules.counted == kind.lower()
