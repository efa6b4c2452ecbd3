"""The contract's tables as rows of CSV text, in key order (CONTRACT, Report folder)."""

from __future__ import annotations

from collections.abc import Sequence

from .calls import Row
from .counts import SCOPES, Badge, Count, Settings, cycle_holding, rolling_start, subjects
from .cycles import number_for, version_at
from .definitions import Definition
from .findings import PLATFORM_CODES, SEVERITIES, Finding
from .times import show_day, show_instant

Table = list[dict[str, str]]


def flag(value: bool) -> str:
    """`true` or `false`."""
    return "true" if value else "false"


def optional(value: int | None) -> str:
    """Digits, empty for none."""
    return "" if value is None else str(value)


def short_code(limit: str) -> str:
    """The limit in a breach id, such as `CFD5`, `CFWTUE`, `CFM`, `BRM1`, `BV` (readings, Findings)."""
    scope, kind, *window = limit.split(":")
    letter = {"FIXED_WINDOW": "F", "ROLLING_WINDOW": "R", "FIXED_VALUE": "V"}[kind]
    unit = window[0][0] if window else ""
    size = window[1] if len(window) > 1 else ""
    return scope[0] + letter + unit + (size if size.isdigit() else size[:3])


def issuances(rows: Sequence[Row]) -> Table:
    """One row per row of a request."""
    table = []
    for row in sorted(rows, key=lambda row: (row.processed_at, row.call.request_id, row.position, row.key)):
        file, line = row.call.source
        owner = row.call.request.owner if row.call.request is not None else None
        table.append(
            {
                "processed_at": show_instant(row.processed_at),
                "request_id": row.call.request_id,
                "position": str(row.position),
                "row_key": row.key,
                "issuance_id": row.issuance_id,
                "badge_id": row.badge,
                "customer_id": row.customer,
                "kind": row.kind,
                "outcome": row.outcome,
                "code": row.code,
                "counted": flag(row.counted),
                "event_at": show_instant(row.event_at),
                "owner_type": owner or "",
                "reported_expires_at": show_instant(row.reported_at),
                "revoked_at": show_instant(row.revoked_at),
                "source_file": file,
                "source_line": str(line),
            }
        )
    return table


def expirations(rows: Sequence[Row]) -> Table:
    """One row per accepted or assumed issuance."""
    return [
        {
            "processed_at": show_instant(row.processed_at),
            "row_key": row.key,
            "issuance_id": row.issuance_id,
            "badge_id": row.badge,
            "customer_id": row.customer,
            "kind": row.kind,
            "event_at": show_instant(row.event_at),
            "rule": row.rule,
            "expires_at": show_instant(row.expires_at),
            "state": row.state,
            "reported_expires_at": show_instant(row.reported_at),
            "revoked_at": show_instant(row.revoked_at),
        }
        for row in sorted(rows, key=lambda row: (row.processed_at, row.key))
        if row.accepted
    ]


def breaches(badges: Sequence[Badge]) -> Table:
    """One row per counted issuance over a limit."""
    found = [(badge, count) for badge in badges for count in badge.counts if count.breached]
    found.sort(key=lambda item: (item[0].badge, item[1].name, item[1].row.processed_at, item[1].row.key))
    return [_breach(badge, count) for badge, count in found]


def _breach(badge: Badge, count: Count) -> dict[str, str]:
    row, version = count.row, count.row.version
    assert version is not None and badge.last is not None and count.number is not None
    file, line = row.call.source
    return {
        "badge_id": badge.badge,
        "limit_name": count.name,
        "processed_at": show_instant(row.processed_at),
        "row_key": row.key,
        "breach_id": f"{row.key}~{short_code(count.name)}",
        "badge_name": badge.last.name or "",
        "scope": count.scope,
        "customer_id": row.customer,
        "number": str(count.number),
        "count": str(count.count),
        "excess": str(count.count - count.number),
        "window_start": show_instant(count.start),
        "window_end": show_instant(count.end),
        "event_at": show_instant(row.event_at),
        "issuance_id": row.issuance_id,
        "request_id": row.call.request_id,
        "owner_type": (row.call.request.owner or "") if row.call.request is not None else "",
        "version": version.version,
        "source_file": file,
        "source_line": str(line),
    }


def cycles(badges: Sequence[Badge], settings: Settings) -> Table:
    """The cycles that start at or before as-of, and the next one; the first where none has started."""
    table = []
    for badge in badges:
        for scope in SCOPES:
            for place, cycle in enumerate(badge.cycles.get(scope, [])):
                before = badge.cycles[scope][place - 1] if place else None
                if cycle.starts_at > settings.as_of and before is not None and before.starts_at > settings.as_of:
                    break
                table.append(
                    {
                        "badge_id": badge.badge,
                        "scope": scope,
                        "cycle_no": str(cycle.number),
                        "limit_name": cycle.name,
                        "first_day": show_day(cycle.first_day),
                        "last_day": show_day(cycle.last_day),
                        "starts_at": show_instant(cycle.starts_at),
                        "ends_at": show_instant(cycle.ends_at),
                    }
                )
    return table


def cycle_counts(badges: Sequence[Badge]) -> Table:
    """One row per cycle and subject with at least one counted row."""
    table = []
    for badge in badges:
        groups: dict[tuple[str, int, str], list[Count]] = {}
        for count in badge.counts:
            if count.cycle is not None:
                customer = count.row.customer if count.scope == "CUSTOMER" else ""
                groups.setdefault((count.scope, count.cycle.number, customer), []).append(count)
        for (scope, number, customer), counts in sorted(groups.items()):
            cycle = counts[0].cycle
            assert cycle is not None
            judged = [count.number for count in counts if count.number is not None]
            table.append(
                {
                    "badge_id": badge.badge,
                    "scope": scope,
                    "cycle_no": str(number),
                    "customer_id": customer,
                    "limit_name": cycle.name,
                    "first_day": show_day(cycle.first_day),
                    "last_day": show_day(cycle.last_day),
                    "starts_at": show_instant(cycle.starts_at),
                    "ends_at": show_instant(cycle.ends_at),
                    "count": str(len(counts)),
                    "number": str(judged[-1]) if judged else "",
                    "headroom": str(judged[-1] - len(counts)) if judged else "",
                    "breached": flag(any(count.breached for count in counts)),
                }
            )
    return table


def usage(badges: Sequence[Badge], settings: Settings) -> Table:
    """One row per limit and subject with a count above 0 at as-of."""
    table = []
    for badge in badges:
        if not badge.versions:
            continue
        for name, number in _limits_at(badge, settings):
            scope = name.split(":")[0]
            for subject in subjects([row for row in badge.rows if row.counted], scope):
                count = _count_at(badge, name, subject, settings)
                if count > 0:
                    peak_count, peak_at = _peak(badge, name, subject)
                    table.append(
                        {
                            "badge_id": badge.badge,
                            "limit_name": name,
                            "customer_id": subject[0].customer if scope == "CUSTOMER" else "",
                            "scope": scope,
                            "count": str(count),
                            "number": str(number),
                            "headroom": str(number - count),
                            "peak_count": str(peak_count),
                            "peak_at": show_instant(peak_at),
                        }
                    )
    return sorted(table, key=lambda row: (row["badge_id"], row["limit_name"], row["customer_id"]))


def _limits_at(badge: Badge, settings: Settings) -> list[tuple[str, int]]:
    """The limits of the version in force at as-of; of a fixed window the configuration whose cycle holds as-of."""
    found = []
    for name, number in version_at(badge.versions, settings.as_of).numbers.items():
        scope, kind = name.split(":")[:2]
        if kind != "FIXED_WINDOW":
            found.append((name, number))
            continue
        cycle = cycle_holding(badge, scope, settings.as_of)
        if cycle is not None:
            judging = number_for(badge.versions, scope, cycle.name, settings.as_of)
            assert judging is not None
            found.append((cycle.name, judging))
    return found


def _count_at(badge: Badge, name: str, subject: Sequence[Row], settings: Settings) -> int:
    scope, kind = name.split(":")[:2]
    if kind == "FIXED_VALUE":
        return len(subject)
    if kind == "ROLLING_WINDOW":
        start = rolling_start(name, settings.as_of, settings)
        return sum(1 for row in subject if start <= settings.clock(row) <= settings.as_of)
    cycle = cycle_holding(badge, scope, settings.as_of)
    return sum(1 for row in subject if cycle is not None and cycle.holds(row.event_at))


def _peak(badge: Badge, name: str, subject: Sequence[Row]) -> tuple[int, int]:
    """The highest count of any counted row, and the time of the first row in processing order that reached it."""
    members = {id(row) for row in subject}
    counts = [count for count in badge.counts if count.name == name and id(count.row) in members]
    peak = max(count.count for count in counts)
    first = min((count.row for count in counts if count.count == peak), key=lambda row: row.order)
    return peak, first.processed_at


def limits(badges: Sequence[Badge]) -> Table:
    """One row per badge, version and limit."""
    table = []
    for badge in badges:
        for version in badge.versions:
            for name, number in version.numbers.items():
                table.append(
                    {
                        "badge_id": badge.badge,
                        "version": version.version,
                        "limit_name": name,
                        "in_force_from": show_instant(version.in_force),
                        "scope": name.split(":")[0],
                        "number": str(number),
                    }
                )
    return sorted(table, key=lambda row: (row["badge_id"], row["version"], row["limit_name"]))


def daily(badges: Sequence[Badge], settings: Settings) -> Table:
    """One row per badge and local day of processed_at."""
    table = []
    for badge in badges:
        days: dict[int, list[Row]] = {}
        for row in badge.rows:
            days.setdefault(settings.zone.day(row.processed_at), []).append(row)
        breached = [settings.zone.day(count.row.processed_at) for count in badge.counts if count.breached]
        for day, rows in sorted(days.items()):
            outcomes = [row.outcome for row in rows]
            table.append(
                {
                    "badge_id": badge.badge,
                    "day": show_day(day),
                    "requests": str(len({row.call.order for row in rows})),
                    "accepted": str(outcomes.count("ACCEPTED")),
                    "assumed": str(outcomes.count("ASSUMED")),
                    "rejected": str(outcomes.count("REJECTED")),
                    "repeated": str(outcomes.count("REPEAT")),
                    "counted": str(sum(1 for row in rows if row.counted)),
                    "breaches": str(breached.count(day)),
                    "expired": str(sum(1 for row in rows if row.accepted and row.state == "EXPIRED")),
                }
            )
    return table


def badges(accounts: Sequence[Badge], found: Sequence[Finding], settings: Settings) -> Table:
    """One row per badge that has a version or an issuance."""
    table = []
    for badge in accounts:
        last = badge.last
        table.append(
            {
                "badge_id": badge.badge,
                "name": (last.name or "") if last else "",
                "org_id": (last.org or "") if last else "",
                "earn_type": last.earn_type if last else "",
                "active": flag(last.active) if last else "",
                "starts_at": show_instant(last.start) if last else "",
                "expires_at": show_instant(last.end) if last else "",
                "status": _status(last, settings.as_of),
                "versions": str(len(badge.versions)),
                "issuances": str(len(badge.rows)),
                "counted": str(sum(1 for row in badge.rows if row.counted)),
                "breaches": str(sum(1 for count in badge.counts if count.breached)),
                "findings": str(sum(1 for finding in found if finding.badge == badge.badge)),
            }
        )
    return table


def _status(last: Definition | None, as_of: int) -> str:
    if last is None:
        return ""
    # An end at or before the start makes a badge that is over before it begins.
    if as_of >= last.end:
        return "EXPIRED"
    return "LIVE" if as_of >= last.start else "UPCOMING"


def findings(found: Sequence[Finding]) -> Table:
    """One row per finding."""
    table = [
        {
            "code": one.code,
            "badge_id": one.badge,
            "processed_at": show_instant(one.processed_at),
            "row_key": one.row_key,
            "finding_id": f"{one.row_key}~{one.code}",
            "platform_code": PLATFORM_CODES.get(one.code, ""),
            "severity": SEVERITIES.get(one.code, "error"),
            "customer_id": one.customer,
            "issuance_id": one.issuance_id,
            "request_id": one.request_id,
            "detail": one.detail,
            "source_file": one.file,
            "source_line": optional(one.line),
        }
        for one in found
    ]
    return sorted(table, key=lambda row: (row["code"], row["badge_id"], row["processed_at"], row["row_key"]))
