"""The platform's own cycles and counts, compared with the recomputed ones (RULEBOOK 9; readings, Dump)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .calls import Row
from .counts import Settings
from .cycles import Cycle, timeline, versions_of
from .definitions import Definition, md5
from .fields import Reader
from .findings import Finding
from .halves import objects
from .times import show_day

SCOPE_OF = {"BADGE_FIXED_WINDOW": "BADGE", "CUSTOMER_BADGE_FIXED_WINDOW": "CUSTOMER"}


@dataclass(frozen=True)
class Printed:
    """One printed cycle: instants on its first and last day."""

    scope: str
    first: int
    last: int
    earn_count: int | None


@dataclass
class Dump:
    """One page of a badge's cycles as the platform printed them, for a customer where one is named."""

    badge: str
    customer: str | None
    logged_at: int | None
    cycles: tuple[Printed, ...]
    source: tuple[str, int] = ("", 0)

    @property
    def values(self) -> tuple[object, ...]:
        """What makes two lines one record."""
        return (self.badge, self.customer, self.logged_at, self.cycles)


def read_dump(request: Any, response: Any, logged_at: int | None, reader: Reader) -> Dump | None:
    """A dump from its halves; None when `reader` holds a reason of refusal."""
    asked = {} if request is None else request
    data = asked if response is None else response.get("data", response)
    if data is None:
        data = {}
    if (request is None and response is None) or not isinstance(data, dict):
        reader.refuse("unknown-shape")
        return None
    badge, customer = (
        reader.optional_id(asked, name) if (found := reader.optional_id(data, name)) is None else found
        for name in ("badgeMetaId", "customerId")
    )
    if badge is None:
        reader.refuse("missing-field")
        return None
    printed = [_read_cycle(item, reader) for item in objects(data, "fixedWindowCycles", reader)]
    return Dump(badge, customer, logged_at, tuple(printed))


def _read_cycle(item: Mapping[str, Any], reader: Reader) -> Printed:
    scope = reader.choice(item.get("constraintType"), SCOPE_OF)
    first, last = (reader.twin(item, name, iso_wins=False) for name in ("startDate", "endDate"))
    for name in ("constraintType", "startDate", "endDate"):
        if item.get(name) is None and item.get(name + "ISO") is None:
            reader.refuse("missing-field")
    return Printed(scope or "", first or 0, last or 0, reader.integer(item.get("earnCount")))


def dump_findings(
    dumps: Iterable[Dump], told: Mapping[str, Sequence[Definition]], rows: Sequence[Row], settings: Settings
) -> list[Finding]:
    """Where the dumps up to as-of differ; of findings with one key the first by file and line."""
    rows_of: dict[str, list[Row]] = {}
    for row in rows:
        rows_of.setdefault(row.badge, []).append(row)
    found: dict[tuple[str, str], Finding] = {}
    for dump in sorted(dumps, key=lambda dump: dump.source):
        if dump.logged_at is None or dump.logged_at <= settings.as_of:
            for finding in _compare(dump, told.get(dump.badge, ()), rows_of.get(dump.badge, []), settings):
                found.setdefault((finding.code, finding.row_key), finding)
    return list(found.values())


def _compare(dump: Dump, told: Sequence[Definition], rows: Sequence[Row], settings: Settings) -> list[Finding]:
    instant = settings.as_of if dump.logged_at is None else dump.logged_at
    versions = versions_of(told, instant)
    if not versions or not dump.cycles:
        return []
    until = max(max(printed.first, printed.last) for printed in dump.cycles)
    cycles = {
        scope: timeline(versions, scope, settings.zone, settings["month"], until)
        for scope in {printed.scope for printed in dump.cycles}
    }
    known = [row for row in rows if row.counted and row.processed_at <= instant]
    found = []
    for printed in dump.cycles:
        days = (settings.zone.day(printed.first), settings.zone.day(printed.last))
        holding = next((one for one in cycles[printed.scope] if one.first_day <= days[0] <= one.last_day), None)
        if holding is None or (holding.first_day, holding.last_day) != days:
            computed = "no cycle" if holding is None else _days(holding.first_day, holding.last_day)
            detail = f"printed {_days(*days)}, computed {computed}"
            found.append(_finding("cycle-mismatch", dump, printed.scope, days[0], detail))
        elif printed.earn_count is not None and (printed.scope == "BADGE" or dump.customer is not None):
            count = _count(known, holding, None if printed.scope == "BADGE" else dump.customer)
            if count != printed.earn_count:
                cycle = f"{printed.scope} cycle {_days(*days)}"
                detail = f"{cycle}: printed {printed.earn_count}, counted {count}"
                found.append(_finding("earn-count-mismatch", dump, printed.scope, days[0], detail))
    return found


def _count(rows: Sequence[Row], cycle: Cycle, customer: str | None) -> int:
    return sum(1 for row in rows if cycle.holds(row.event_at) and customer in (None, row.customer))


def _days(first: int, last: int) -> str:
    return f"{show_day(first)}..{show_day(last)}"


def _finding(code: str, dump: Dump, scope: str, first_day: int, detail: str) -> Finding:
    customer = "" if scope == "BADGE" or dump.customer is None else dump.customer
    logged_at = "" if dump.logged_at is None else str(dump.logged_at)
    key = md5(f"{dump.badge}/{scope}/{show_day(first_day)}/{customer}/{logged_at}")[:16]
    file, line = dump.source
    return Finding(code, dump.badge, dump.logged_at, key, customer, detail=detail, file=file, line=line)
