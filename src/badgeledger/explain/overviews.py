"""The stories of a badge, a customer, a finding and a finding code."""

from __future__ import annotations

from typing import Literal

from ..calendar import DAY, date_of, day_number
from ..ledgers import Row
from ..reports.guides import guides
from ..reports.text import limit_words
from .counts import BadgeLimits
from .issuance import REMARKS, remarks
from .ledger import Ledger
from .story import Badge, Customer, Cycle, Finding, Guidance, Line, Remark, Tally, Use, Version
from .versions import versions_of

_NEWEST = 10
_CLOSEST = 8
_PAST_CYCLES = 3

_LINES = """
SELECT issuance.row_key, epoch_us(issuance.processed_at) AS processed_at, epoch_us(issuance.event_at) AS event_at,
       issuance.badge_id, coalesce(badges.name, '') AS badge_name, issuance.customer_id, issuance.kind,
       issuance.outcome, coalesce(issuance.code, '') AS code, issuance.counted,
       (SELECT count(*) FROM report.breaches WHERE breaches.row_key = issuance.row_key) AS breaches
FROM report.issuances AS issuance
LEFT JOIN report.badges AS badges USING (badge_id)
WHERE issuance.{column} = $1
ORDER BY issuance.processed_at DESC, issuance.request_id DESC, issuance.position DESC, issuance.row_key
LIMIT {most}
"""
_USE = """
SELECT usage.badge_id, coalesce(badges.name, '') AS badge_name, usage.limit_name, usage.customer_id, usage.count,
       usage.number
FROM report.usage AS usage
LEFT JOIN report.badges AS badges USING (badge_id)
WHERE usage.{column} = $1
ORDER BY usage.headroom, usage.number DESC, usage.badge_id, usage.limit_name, usage.customer_id
LIMIT {most}
"""
_OVER = "SELECT limit_name AS label FROM report.breaches WHERE {column} = $1"
_FOUND = "SELECT code AS label FROM report.findings WHERE {column} = $1"
_OUTCOMES = """
SELECT count(*) AS issuances, count(*) FILTER (counted) AS counted,
       count(*) FILTER (outcome = 'ACCEPTED') AS accepted, count(*) FILTER (outcome = 'ASSUMED') AS assumed,
       count(*) FILTER (outcome = 'REJECTED') AS refused, count(*) FILTER (outcome = 'REPEAT') AS repeated
FROM report.issuances WHERE {column} = $1
"""
_CYCLES = """
WITH cycle AS (
    SELECT scope, cycle_no, limit_name, first_day, last_day,
           epoch_us(starts_at) AS starts_at, epoch_us(ends_at) AS ends_at
    FROM report.cycles WHERE badge_id = $1
    QUALIFY row_number() OVER (
        PARTITION BY scope, epoch_us(ends_at) <= $2 ORDER BY cycle_no * if(epoch_us(ends_at) <= $2, -1, 1)
    ) <= $3
)
SELECT cycle.*, coalesce(sum(counts.count), 0)::BIGINT AS count, count(counts.count) AS subjects,
       coalesce(max(counts.count), 0) AS highest, count(*) FILTER (counts.breached) AS "over"
FROM cycle
LEFT JOIN report.cycle_counts AS counts
    ON counts.badge_id = $1 AND counts.scope = cycle.scope AND counts.cycle_no = cycle.cycle_no
GROUP BY ALL ORDER BY scope, cycle_no
"""


def badge_story(ledger: Ledger, badge_id: str) -> Badge:
    """A badge that stands in `report.badges`."""
    row = ledger.row(
        "SELECT * REPLACE (epoch_us(starts_at) AS starts_at, epoch_us(expires_at) AS expires_at)"
        " FROM report.badges WHERE badge_id = $1",
        badge_id,
    )
    assert row is not None
    tallies = [*_outcomes(ledger, "badge_id", badge_id), Tally(label="breaches", count=row["breaches"])]
    return Badge(
        badge_id=badge_id,
        name=row["name"] or "",
        status=row["status"] or "without a definition",
        earn_type=row["earn_type"] or "",
        active=row["active"],
        starts_at=row["starts_at"],
        expires_at=row["expires_at"],
        tallies=[*tallies, Tally(label="findings", count=row["findings"])],
        versions=list(versions_of(ledger, badge_id).values()),
        cycles=[_cycle(ledger, found) for found in ledger.rows(_CYCLES, badge_id, ledger.as_of, _PAST_CYCLES)],
        closest=_closest(ledger, "badge_id", badge_id),
        breaches=_tallies(ledger, _OVER.format(column="badge_id"), badge_id),
        findings=_tallies(ledger, _FOUND.format(column="badge_id"), badge_id),
        newest=_newest(ledger, "badge_id", badge_id),
    )


def customer_story(ledger: Ledger, customer_id: str) -> Customer:
    """A customer with at least one row in `report.issuances`."""
    badges = (
        "SELECT coalesce(nullif(badges.name, ''), badge_id) AS label FROM report.issuances"
        " LEFT JOIN report.badges AS badges USING (badge_id) WHERE customer_id = $1"
    )
    ahead = "epoch_us(expires_at) - $2 AS ahead FROM report.expirations WHERE customer_id = $1 AND state = 'ACTIVE'"
    expiring = (
        ledger.row(
            f"SELECT {', '.join(f'count(*) FILTER (ahead <= {days * DAY}) AS d{days}' for days in (30, 60, 90))},"
            f" count(*) AS active FROM (SELECT {ahead})",
            customer_id,
            ledger.as_of,
        )
        or {}
    )
    return Customer(
        customer_id=customer_id,
        tallies=_outcomes(ledger, "customer_id", customer_id),
        badges=_tallies(ledger, badges, customer_id),
        closest=_closest(ledger, "customer_id", customer_id),
        expiring=[
            *(Tally(label=f"within {days} days", count=expiring[f"d{days}"]) for days in (30, 60, 90)),
            Tally(label="active", count=expiring["active"]),
        ],
        breaches=_tallies(
            ledger, "SELECT limit_name AS label FROM report.breaches WHERE customer_id = $1", customer_id
        ),
        findings=_tallies(ledger, "SELECT code AS label FROM report.findings WHERE customer_id = $1", customer_id),
        newest=_newest(ledger, "customer_id", customer_id),
    )


def finding_story(ledger: Ledger, finding_id: str) -> tuple[Finding, str | None, Version | None]:
    """A finding of `report.findings`, the row_key of its issuance and the version it is about, where there is one."""
    row = ledger.row(
        "SELECT finding.*, report.findings.severity, report.findings.platform_code FROM flags.finding AS finding"
        " INNER JOIN report.findings USING (finding_id) WHERE finding_id = $1 LIMIT 1",
        finding_id,
    )
    assert row is not None
    known = ledger.row("SELECT row_key FROM report.issuances WHERE row_key = $1", row["row_key"])
    version = None
    if known is None and row["badge_id"]:
        versions = versions_of(ledger, row["badge_id"]).values()
        version = next((one for one in versions if one.in_force_from == row["processed_at"]), None)
    found = Finding(
        remark=remarks(ledger.rows(f"{REMARKS} WHERE finding_id = $1 LIMIT 1", finding_id))[0],
        platform_code=row["platform_code"] or "",
        badge_id=row["badge_id"] or "",
        customer_id=row["customer_id"] or "",
        request_id=row["request_id"] or "",
        source=None if row["file_id"] is None else ledger.source(row["file_id"], row["line"]),
    )
    return found, None if known is None else row["row_key"], version


def guidance(ledger: Ledger, code: str) -> Guidance:
    """What a code means, and how many findings of it there are."""
    guide = guides()[code]
    row = ledger.row("SELECT count(*) AS count FROM report.findings WHERE code = $1", code)
    count = 0 if row is None else int(row["count"])
    title = guide.fails if count else guide.passes
    return Guidance(code=code, title=title, why=guide.why, do=guide.do, count=count)


def newest_of(ledger: Ledger, code: str) -> list[Remark]:
    """The newest findings of a code."""
    order = "ORDER BY processed_at DESC NULLS LAST, finding_id LIMIT"
    return remarks(ledger.rows(f"{REMARKS} WHERE code = $1 {order} {_NEWEST}", code))


def _outcomes(ledger: Ledger, column: str, value: str) -> list[Tally]:
    row = ledger.row(_OUTCOMES.format(column=column), value) or {}
    return [Tally(label=name, count=count) for name, count in row.items()]


def _tallies(ledger: Ledger, query: str, value: str) -> list[Tally]:
    rows = ledger.rows(
        f"SELECT label, count(*) AS count FROM ({query}) GROUP BY label ORDER BY count DESC, label", value
    )
    return [Tally(**row) for row in rows]


def _newest(ledger: Ledger, column: str, value: str) -> list[Line]:
    return [Line(**row) for row in ledger.rows(_LINES.format(column=column, most=_NEWEST), value)]


def _closest(ledger: Ledger, column: str, value: str) -> list[Use]:
    limits: dict[str, BadgeLimits] = {}
    found = []
    for row in ledger.rows(_USE.format(column=column, most=_CLOSEST), value):
        badge = limits.setdefault(row["badge_id"], BadgeLimits(ledger, row["badge_id"]))
        limit = badge.limits[row["limit_name"]]
        subject = row["customer_id"] or None
        free = badge.free_from(limit, badge.version_at_as_of, ledger.as_of, subject)
        found.append(Use(**row, words=limit_words(row["limit_name"]), free_from=free))
    return found


def _cycle(ledger: Ledger, row: Row) -> Cycle:
    when: Literal["past", "current", "next"]
    when = "past" if row["ends_at"] <= ledger.as_of else "next" if row["starts_at"] > ledger.as_of else "current"
    return Cycle(**row, when=when, odd_days=_odd_days(ledger, row))


def _odd_days(ledger: Ledger, row: Row) -> list[str]:
    """The days of a cycle on which the clock changes, with their length."""
    first, last = day_number(row["first_day"]), day_number(row["last_day"])
    return [f"{date_of(day)} has {hours:g} hours" for day, hours in ledger.zone.odd_days(first, last + 1)]
