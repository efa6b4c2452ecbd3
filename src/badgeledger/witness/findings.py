"""Findings: everything but breaches that an auditor must see (RULEBOOK 9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .calls import Call, Row
from .counts import SCOPES, Badge
from .cycles import live_at
from .definitions import Definition, md5
from .times import EPOCH, SECOND, microseconds, show_instant

PLATFORM_CODES = {
    "invalid-enum": "400",
    "duplicate-request": "809",
    "outside-badge-period": "816",
    "overlapping-issue": "1040",
    "badge-not-active": "1039",
    "owner-not-allowed": "714",
    "issue-of-direct-badge": "801",
    "start-after-end": "720",
    "start-changed-when-live": "723",
    "expiry-in-past": "724",
    "illegal-constraint-change": "826",
    "duplicate-badge-name": "725",
    "unknown-badge": "1054",
}
SEVERITIES = {
    "owner-not-allowed": "warning",
    "wrongly-rejected": "warning",
    "issue-of-direct-badge": "notice",
    "straddle": "notice",
}
# From 2090 on, a response's expiry is the platform's way to say never.
FAR_FUTURE = microseconds(EPOCH.replace(year=2090))


@dataclass
class Finding:
    """One finding; `processed_at` and `line` are None where it has none."""

    code: str
    badge: str
    processed_at: int | None
    row_key: str
    customer: str = ""
    issuance_id: str = ""
    request_id: str = ""
    detail: str = ""
    file: str = ""
    line: int | None = None


def of_row(code: str, row: Row, detail: str) -> Finding:
    """A finding that one row stands for."""
    file, line = row.call.source
    return Finding(
        code,
        row.badge,
        row.processed_at,
        row.key,
        row.customer,
        row.issuance_id,
        row.call.request_id,
        detail,
        file,
        line,
    )


def of_version(code: str, version: Definition, subject: str, detail: str) -> Finding:
    """A finding about a version; the subject makes its key."""
    file, line = version.source
    key = md5(f"{version.badge}/{version.version}/{subject}")[:16]
    return Finding(code, version.badge, version.in_force, key, detail=detail, file=file, line=line)


def row_findings(badge: Badge, rows_of_requests: Mapping[tuple[str | None, str], Sequence[Row]]) -> list[Finding]:
    """All findings about rows of one badge. `rows_of_requests`: its rows by endpoint and requestId."""
    found: list[Finding] = []
    issues: dict[str, list[Row]] = {}
    for row in badge.rows:
        earlier_issues = issues.setdefault(row.customer, [])
        repeated = _answered_before(row, rows_of_requests)
        if row.outcome == "ACCEPTED" and repeated:
            found.append(of_row("duplicate-request", row, f"request {row.call.request_id} was accepted before"))
        if row.outcome == "REPEAT":
            found.append(of_row("existing-issue-returned", row, f"row id {row.row_id} was given before"))
        if row.outcome == "REJECTED" and not row.answered:
            found.append(of_row("customer-not-answered", row, "the response does not name the customer"))
        if row.conflict:
            found.append(of_row("id-conflict", row, f"row id {row.row_id} belongs to another row"))
        unrevoked = [issue for issue in earlier_issues if not issue.revoked_by(row.processed_at)]
        if row.outcome == "REJECTED" and _wrongly_rejected(row, repeated, unrevoked):
            found.append(of_row("wrongly-rejected", row, f"no ground for {row.code}"))
        if row.accepted:
            if row.version is None:
                found.append(of_row("unknown-badge", row, "no definition is known"))
            else:
                found += _against_version(row, row.version, unrevoked)
        if row.accepted and row.kind == "ISSUE":
            earlier_issues.append(row)
    found += [of_row("outside-every-cycle", row, "no cycle holds its event") for row in badge.outside]
    return found


def _answered_before(row: Row, rows_of_requests: Mapping[tuple[str | None, str], Sequence[Row]]) -> bool:
    """An earlier call of the same endpoint, badge and requestId was answered with acceptance."""
    if not row.call.request_id or row.call.of_no_call:
        return False
    return any(
        other.outcome in ("ACCEPTED", "REPEAT") and other.call.order < row.call.order
        for other in rows_of_requests[(row.call.endpoint, row.call.request_id)]
    )


def _in_period(row: Row, version: Definition) -> bool:
    return version.start <= row.event_at < version.end


def overlaps(row: Row, earlier: Row) -> bool:
    """Two validities `[event_at, expires_at)` share an instant; an empty one shares none."""
    for one in (row, earlier):
        if one.expires_at is not None and one.expires_at <= one.event_at:
            return False
    return (earlier.expires_at is None or row.event_at < earlier.expires_at) and (
        row.expires_at is None or earlier.event_at < row.expires_at
    )


def _wrongly_rejected(row: Row, repeated: bool, earlier_issues: Sequence[Row]) -> bool:
    """Rejected with 809, 816 or 1040 although the ledger, known answers only, shows no ground."""
    if row.code == "809":
        return not repeated and not row.call.of_no_call
    if row.version is None:
        return False
    if row.code == "816":
        return _in_period(row, row.version)
    if row.code == "1040" and row.kind == "ISSUE":
        known = [issue for issue in earlier_issues if issue.outcome == "ACCEPTED"]
        return not any(overlaps(row, issue) for issue in known)
    return False


def _against_version(row: Row, version: Definition, earlier_issues: Sequence[Row]) -> list[Finding]:
    found = []
    if not _in_period(row, version):
        period = f"[{show_instant(version.start)}, {show_instant(version.end)})"
        found.append(of_row("outside-badge-period", row, f"{show_instant(row.event_at)} is not in {period}"))
    if row.kind == "ISSUE":
        clash = next((issue for issue in earlier_issues if overlaps(row, issue)), None)
        if clash is not None:
            found.append(of_row("overlapping-issue", row, f"overlaps {clash.issuance_id}"))
        if version.earn_type == "EARN":
            found.append(of_row("issue-of-direct-badge", row, "the badge is earned directly"))
    if not version.active:
        found.append(of_row("badge-not-active", row, "the badge is not active"))
    owner = row.call.request.owner if row.call.request is not None else None
    if owner is not None and owner != "Membercare" and version.owners and owner not in version.owners:
        found.append(of_row("owner-not-allowed", row, f"{owner} is not among {', '.join(version.owners)}"))
    reported = row.reported_at
    if row.outcome == "ACCEPTED" and reported is not None:
        if row.expires_at is None:
            mismatch = reported < FAR_FUTURE
        else:
            mismatch = abs(reported - row.expires_at) > 2 * SECOND
        if mismatch:
            computed = show_instant(row.expires_at) or "never"
            found.append(of_row("expiry-mismatch", row, f"reported {show_instant(reported)}, computed {computed}"))
    return found


def version_findings(badge: Badge) -> list[Finding]:
    """All findings about the versions of one badge."""
    found: list[Finding] = []
    for version in badge.versions:
        if version.start >= version.end:
            found.append(of_version("start-after-end", version, "start-after-end", "starts at or after its end"))
        found += _limit_findings(version)
        counted: dict[str, int] = {}
        for kind in sorted(version.invalid):
            place = counted.get(kind, 0)
            counted[kind] = place + 1
            found.append(of_version("invalid-constraint", version, f"{kind}/{place}", f"{kind} makes no limit or rule"))
    for before, version in pairwise(badge.versions):
        found += _update_findings(before, version)
    return found


def _limit_findings(version: Definition) -> list[Finding]:
    found = []
    names = [name for name, _ in version.limits]
    for name in sorted(set(names)):
        if names.count(name) > 1:
            found.append(of_version("duplicate-limit", version, name, f"{name} stands more than once"))
    for scope in SCOPES:
        windows = sorted({name for name in names if name.startswith(f"{scope}:FIXED_WINDOW:")})
        if len(windows) > 1:
            found.append(of_version("duplicate-limit", version, f"{scope}:FIXED_WINDOW", f"{' and '.join(windows)}"))
    return found


def _update_findings(before: Definition, version: Definition) -> list[Finding]:
    found = []
    moment = version.in_force
    assert moment is not None
    live = live_at(before, moment)
    if live and version.start != before.start:
        found.append(
            of_version("start-changed-when-live", version, "start-changed-when-live", "the start of a live badge moved")
        )
    if version.end != before.end and version.end < moment:
        found.append(of_version("expiry-in-past", version, "expiry-in-past", "the new end lies before the update"))
    for scope in SCOPES:
        if live and _illegal_change(before, version, scope):
            found.append(
                of_version("illegal-constraint-change", version, scope, "a fixed window became another limit, or back")
            )
    return found


def _illegal_change(before: Definition, version: Definition, scope: str) -> bool:
    """One has a fixed window in the scope, the other none there but a rolling window or fixed value."""
    for one, other in ((before, version), (version, before)):
        bare = other.fixed_window(scope) is None and any(
            name.startswith((f"{scope}:ROLLING_WINDOW:", f"{scope}:FIXED_VALUE")) for name in other.numbers
        )
        if one.fixed_window(scope) is not None and bare:
            return True
    return False


def name_findings(badges: Sequence[Badge]) -> list[Finding]:
    """`duplicate-badge-name`: badges of one org that bear one name, by their last versions."""
    groups: dict[tuple[str | None, str], list[Definition]] = {}
    for badge in badges:
        if badge.last is not None and badge.last.name is not None:
            groups.setdefault((badge.last.org, badge.last.name), []).append(badge.last)
    found = []
    for group in groups.values():
        if len(group) > 1:
            found += [
                of_version("duplicate-badge-name", one, "duplicate-badge-name", f"{len(group)} badges bear this name")
                for one in group
            ]
    return found


def lone_finding(call: Call) -> Finding:
    """`unpaired-response`: keyed by the response itself."""
    file, line = call.source
    key = md5(call.content)[:16]
    return Finding(
        "unpaired-response",
        call.badge,
        call.processed_at,
        key,
        request_id=call.request_id,
        detail="no request is known",
        file=file,
        line=line,
    )


def enum_findings(sources: Sequence[tuple[str, int]]) -> list[Finding]:
    """`invalid-enum`: one a refused line."""
    return [
        Finding("invalid-enum", "", None, md5(f"{file}/{line}")[:16], detail="refused", file=file, line=line)
        for file, line in sorted(set(sources))
    ]


def field_findings(notes: Sequence[tuple[str, str, str, int]]) -> list[Finding]:
    """Repaired units and conflicts of time, one a file and field. `notes`: (code, file, field, line) a record."""
    lines: dict[tuple[str, str, str], list[int]] = {}
    for code, file, name, line in notes:
        lines.setdefault((code, file, name), []).append(line)
    found = []
    for (code, file, name), at in sorted(lines.items()):
        key = md5(f"{file}/{name}")[:16]
        found.append(Finding(code, "", None, key, detail=f"{name}: {len(at)}", file=file, line=min(at)))
    return found
