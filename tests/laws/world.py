"""The world of one random log: its zone, a few instants close to one another, on and beside the edges of calendars."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from harness import Record

ZONES = ("UTC", "Asia/Kolkata", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
DAY = 86_400 * SECOND
# Instants that a rule treats in a way of its own lie at these distances from one another.
_STEPS = (0, 0, 0, 0, 1, -1, SECOND, 3600 * SECOND, DAY, DAY, DAY - 1, DAY + 1, 2 * DAY, 3 * DAY, 7 * DAY,
          7 * DAY + 1, 28 * DAY, 29 * DAY, 30 * DAY, 31 * DAY, -DAY, -7 * DAY)  # fmt: skip
_WALLS = (
    "2024-01-01T00:00:00", "2024-01-29T10:00:00", "2024-01-30T10:00:00", "2024-01-31T10:00:00",
    "2024-01-31T23:59:59.999999",
    "2024-02-28T10:00:00", "2024-02-29T00:00:00", "2024-02-29T10:00:00", "2024-03-01T00:00:00", "2024-03-28T12:00:00",
    "2024-03-29T10:00:00", "2024-03-30T10:00:00", "2024-03-31T10:00:00", "2024-04-30T10:00:00", "2023-02-28T10:00:00",
    "2023-03-28T12:00:00", "2023-03-29T10:00:00", "2023-03-31T10:00:00", "2024-12-31T23:00:00", "2024-06-15T12:00:00",
)  # fmt: skip


def _micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def wall_of(micros: int, zone: str) -> datetime:
    return (EPOCH + timedelta(microseconds=micros)).astimezone(ZoneInfo(zone))


def _transitions(zone: str) -> list[tuple[int, timedelta]]:
    """Instants of 2024 at which the offset changes, and by how much."""
    found = []
    hour = datetime(2024, 1, 1, tzinfo=UTC)
    while hour.year == 2024:
        later = hour + timedelta(minutes=30)
        offsets = [moment.astimezone(ZoneInfo(zone)).utcoffset() for moment in (hour, later)]
        if offsets[0] != offsets[1]:
            found.append((_micros(later), (offsets[1] or timedelta()) - (offsets[0] or timedelta())))
        hour = later
    return found


def _anchors(zone: str) -> list[int]:
    """Month ends and days of change of the zone, and the same wall times a month before and after them."""
    place = ZoneInfo(zone)
    walls = [datetime.fromisoformat(wall) for wall in _WALLS]
    anchors = [_micros(wall.replace(tzinfo=place).astimezone(UTC)) for wall in walls]
    for instant, shift in _transitions(zone):
        lost = wall_of(instant, zone).replace(tzinfo=None) - shift / 2
        days = [lost, lost.replace(hour=0, minute=0), lost.replace(hour=12)]
        months = [lost.replace(month=lost.month + step, day=min(lost.day, 29)) for step in (-1, 1)]
        anchors += [instant, instant - 1, instant - 1800 * SECOND, instant + 1800 * SECOND]
        anchors += [_micros(wall.replace(tzinfo=place).astimezone(UTC)) for wall in days + months]
    return anchors


ANCHORS = {zone: _anchors(zone) for zone in ZONES}
TRANSITIONS = {zone: _transitions(zone) for zone in ZONES}


def iso(micros: int) -> str:
    """ISO text of an instant."""
    return (EPOCH + timedelta(microseconds=micros)).isoformat().replace("+00:00", "Z")


def seconds_text(micros: int) -> str:
    """Decimal text of epoch seconds."""
    sign = "-" if micros < 0 else ""
    return f"{sign}{abs(micros) // SECOND}.{abs(micros) % SECOND:06}"


class World:
    """What one log draws from: its zone, a few instants close to one another, and the badges."""

    def __init__(self, random: Random, zone: str) -> None:
        self.random = random
        self.zone = zone
        self.seen: set[str] = set()
        self.processed: set[int] = set()
        base = self.one_of(*ANCHORS[zone])
        if TRANSITIONS[zone] and self.chance(70):
            base = self.one_of(*TRANSITIONS[zone])[0]
        near = [anchor for anchor in ANCHORS[zone] if abs(anchor - base) < 45 * DAY]
        self.anchors = [base, *(self.one_of(*near) for _ in range(random.randint(1, 4)))]
        self.badges = ["B", "C", "D"][: random.randint(1, 3)]
        self.starts = {
            badge: min(self.anchors) - self.one_of(0, 1, -1, DAY, 3 * DAY, 20 * DAY) for badge in self.badges
        }

    def one_of(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def instant(self) -> int:
        micros: int = self.one_of(*self.anchors) + self.one_of(*_STEPS)
        self._note(micros)
        return micros

    def _note(self, micros: int) -> None:
        wall = wall_of(micros, self.zone)
        if (wall + timedelta(days=3)).month != wall.month:
            self.seen.add("month end")
        for change, shift in TRANSITIONS[self.zone]:
            if abs(micros - change) < DAY:
                self.seen.add("gap" if shift > timedelta() else "fold")

    def written(self, name: str, micros: int) -> Record:
        """A date field in one of its spellings."""
        spelling = self.one_of("number", "number", "text", "iso", "offset", "milliseconds", "both", "conflict")
        text = seconds_text(micros)
        number = float(text) if "." in text and not text.endswith(".000000") else int(text.split(".")[0])
        stamp = iso(micros)
        if spelling == "text":
            return {name: text + "000"}
        if spelling == "iso":
            return {name + "ISO": stamp}
        if spelling == "offset":
            zone = ZoneInfo("Asia/Kolkata")
            return {name: (EPOCH + timedelta(microseconds=micros)).astimezone(zone).isoformat()}
        if spelling == "milliseconds" and micros % 1000 == 0 and micros > 10**15 // 10:
            return {name: micros // 1000}
        if spelling == "both":
            return {name: number, name + "ISO": stamp}
        if spelling == "conflict":
            return {name: number + 2, name + "ISO": stamp}
        return {name: number}
