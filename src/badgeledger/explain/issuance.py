"""The story of one issuance: request, clocks, version, limits, expiry, the platform's answer, replay's word."""

from __future__ import annotations

from typing import Any

from ..calendar import SECOND
from ..ledgers import Row
from ..reports.guides import guides
from .counts import BadgeLimits, Entry
from .ledger import Ledger
from .story import Answer, Clocks, Count, Decision, Expiry, Issuance, Remark, Source
from .versions import versions_of

_ENTRY = """
SELECT issuance.* REPLACE (
           epoch_us(issuance.processed_at) AS processed_at, epoch_us(issuance.event_at) AS event_at,
           epoch_us(issuance.reported_expires_at) AS reported_expires_at, epoch_us(issuance.revoked_at) AS revoked_at
       ),
       entry.row_no, entry.call_no, entry.version_no, entry.accepted, entry.file_id, entry.line,
       badges.name AS badge_name, badges.earn_type
FROM report.issuances AS issuance
INNER JOIN ledger.entry AS entry USING (row_key)
LEFT JOIN report.badges AS badges ON issuance.badge_id = badges.badge_id
WHERE issuance.row_key = $1
"""
# The line that asks, and the line that answers where that is another one.
_CALL = """
SELECT call.endpoint, said.logged_at, said.record_no, len(said.customers) AS customers,
       list_transform(said.answers, LAMBDA answer: id_created_us(answer.row_id)) AS ids
FROM staging.call AS call
LEFT JOIN raw.call AS said ON said.file_id = $2 AND said.line = $3 AND said.request_key = call.request_key
WHERE call.call_no = $1
ORDER BY said.has_response DESC
"""
# As the relation `pair`, which no warehouse keeps, among the halves of one requestId.
_ANSWER = """
WITH asked AS (
    SELECT endpoint, request_id FROM raw.call
    WHERE file_id = $1 AND record_no = $2 AND has_request AND NOT has_response
),
half AS (
    SELECT call.*
    FROM raw.call AS call
    INNER JOIN asked
        ON call.endpoint = asked.endpoint AND coalesce(call.request_id, call.answer_request_id) = asked.request_id
    ANTI JOIN staging.duplicate AS duplicate
        ON call.file_id = duplicate.file_id AND call.record_no = duplicate.record_no
    WHERE NOT (call.has_request AND call.has_response)
),
request AS (
    SELECT file_id, record_no, badge_id, row_number() OVER (
        PARTITION BY badge_id ORDER BY coalesce(logged_at, event_at) NULLS FIRST, request_key
    ) AS turn
    FROM half
    WHERE has_request
),
agreed AS (
    SELECT min(badge_id) AS badge_id FROM request HAVING count(DISTINCT badge_id) = 1
),
response AS (
    SELECT half.* REPLACE (coalesce(half.answer_badge_id, agreed.badge_id) AS badge_id)
    FROM half
    LEFT JOIN agreed ON true
    WHERE NOT half.has_request
),
answer AS (
    SELECT *, row_number() OVER (
        PARTITION BY badge_id ORDER BY own_response_clock(logged_at, answers) NULLS FIRST, response_key
    ) AS turn
    FROM response
)
SELECT answer.file_id, answer.line, answer.logged_at,
       list_transform(answer.answers, LAMBDA one: id_created_us(one.row_id)) AS ids
FROM request
INNER JOIN answer USING (badge_id, turn)
WHERE request.file_id = $1 AND request.record_no = $2
"""
_EXPIRY = """
SELECT rule, epoch_us(expires_at) AS expires_at, state FROM report.expirations WHERE row_key = $1
"""
REMARKS = """
SELECT finding_id, code, severity, detail, epoch_us(processed_at) AS processed_at FROM report.findings
"""
_ANSWERS = {
    "": "named no reason",
    "400": "a value it does not know",
    "714": "the owner may not issue this badge",
    "801": "nobody is enrolled for a badge that is earned directly",
    "809": "this requestId was used before",
    "816": "the event is not in the badge's period",
    "1039": "the badge is not active",
    "1040": "the customer holds a valid issue already",
    "1054": "it knows no such badge",
}
_UNITS = {"DAYS": "days of 24 hours", "WEEKS": "weeks of 168 hours", "MONTHS": "months"}


def remarks(rows: list[Row]) -> list[Remark]:
    """Findings in one line each, from rows of :data:`REMARKS`."""
    known = guides()
    return [Remark(title=known[row["code"]].fails if row["code"] in known else row["code"], **row) for row in rows]


def issuance_story(ledger: Ledger, row_key: str) -> Issuance:
    """All that is known of one row of the ledger; its row_key stands in `report.issuances`."""
    row = ledger.row(_ENTRY, row_key)
    assert row is not None
    call = ledger.row(_CALL, row["call_no"], row["file_id"], row["line"]) or {}
    answered = ledger.row(_ANSWER, row["file_id"], call.get("record_no"))
    versions = versions_of(ledger, row["badge_id"])
    return Issuance(
        row_key=row_key,
        issuance_id=row["issuance_id"],
        badge_id=row["badge_id"],
        badge_name=row["badge_name"] or "",
        customer_id=row["customer_id"],
        kind=row["kind"],
        counted=row["counted"],
        why_counted=_why_counted(ledger, row),
        request_id=row["request_id"],
        position=row["position"],
        endpoint=call.get("endpoint") or "",
        customers=call.get("customers") or 0,
        owner_type=row["owner_type"] or "",
        revoked_at=row["revoked_at"],
        source=ledger.source(row["file_id"], row["line"]),
        clocks=Clocks(
            event_at=row["event_at"],
            processed_at=row["processed_at"],
            processed_from=_processed_from(row, call, answered),
        ),
        version=versions.get(row["version_no"]),
        counts=_counts(ledger, row),
        expiry=_expiry(ledger, row),
        answer=_answer(row, None if answered is None else ledger.source(answered["file_id"], answered["line"])),
        replay=_replay(ledger, row),
        findings=remarks(ledger.rows(f"{REMARKS} WHERE row_key = $1 ORDER BY code", row_key)),
    )


def _why_counted(ledger: Ledger, row: Row) -> str:
    if row["counted"]:
        return "it takes room in every limit of its version"
    if row["version_no"] is None:
        return "no definition of the badge is known: no limit is judged"
    if row["outcome"] == "REPEAT":
        return "the platform gave an id that an earlier row holds: that row counts"
    if not row["accepted"]:
        return "a refused row takes no room"
    if row["revoked_at"] is not None and ledger.rules.revoked == "exclude":
        return "it was revoked, and the setting revoked=exclude leaves it out"
    if ledger.rules.counted == "by-earn-type" and row["kind"] == "ISSUE":
        return "of an ISSUE_EARN badge only earns count; the issue is the enrolment"
    return f"the settings leave it out (counted={ledger.rules.counted}, imported={ledger.rules.imported})"


def _processed_from(row: Row, call: Row, answered: Row | None) -> str:
    """Where the instant of processing was read (RULEBOOK 2)."""
    if call.get("logged_at") == row["processed_at"]:
        return "loggedAt of the line"
    if answered is not None and answered["logged_at"] == row["processed_at"]:
        return "loggedAt of the line with the answer"
    if row["processed_at"] in [*(call.get("ids") or ()), *((answered or {}).get("ids") or ())]:
        return "the newest creation time in the ids of the answer"
    if row["processed_at"] == row["event_at"]:
        return "the event date: nothing else dates the call"
    return "the clocks of the call"


def _counts(ledger: Ledger, row: Row) -> list[Count]:
    if row["version_no"] is None:
        return []
    names = ("row_no", "row_key", "badge_id", "customer_id", "version_no", "processed_at", "event_at", "counted")
    return BadgeLimits(ledger, row["badge_id"]).counts(Entry(**{name: row[name] for name in names}))


def _expiry(ledger: Ledger, row: Row) -> Expiry | None:
    found = ledger.row(_EXPIRY, row["row_key"])
    if found is None or not found["rule"]:
        return None
    rule, expires_at, reported = found["rule"], found["expires_at"], row["reported_expires_at"]
    base = row["event_at"] if row["kind"] == "ISSUE" else row["processed_at"]
    return Expiry(
        rule=rule,
        why=_why_expiry(rule, row["kind"], ledger),
        base=base if rule.startswith("RELATIVE") else None,
        expires_at=expires_at,
        state=found["state"],
        reported=reported,
        agrees=None if row["outcome"] != "ACCEPTED" or reported is None else _agrees(expires_at, reported),
    )


def _agrees(expires_at: int | None, reported: int) -> bool:
    # Of NEVER the platform answers a far date: 2090 or later is no mismatch (RULEBOOK 8).
    return reported >= 3_786_912_000 * SECOND if expires_at is None else abs(reported - expires_at) <= 2 * SECOND


def _why_expiry(rule: str, kind: str, ledger: Ledger) -> str:
    name, _, rest = rule.partition(":")
    if name != "RELATIVE":
        return {
            "FIXED_DATE": "the date that the definition gives",
            "WITH_BADGE_META": "it ends with the badge",
            "BADGE_END": "the definition has no rule: it ends with the badge",
            "NEVER": "it never expires",
            "IMPORTED": "the expiry that the import brought",
        }.get(name, name)
    unit, _, value = rest.partition(":")
    if unit == "MONTHS":
        length = (
            f"{value} calendar months in {ledger.rules.zone}"
            if ledger.rules.month == "calendar"
            else (f"{value} months of 30 days")
        )
    else:
        length = f"{value} {_UNITS[unit]}"
    if value == "1":
        length = length.replace("days ", "day ", 1).replace("weeks ", "week ", 1).replace("months ", "month ", 1)
    return f"{length} after {'it happened (an issue)' if kind == 'ISSUE' else 'it was processed (an earn)'}"


def _answer(row: Row, source: Source | None) -> Answer:
    code = row["code"] or ""
    says = {
        "ACCEPTED": "accepted",
        "ASSUMED": "no answer is known; acceptance is assumed",
        "REPEAT": "accepted, with an id that an earlier row holds",
    }.get(row["outcome"], f"refused{' with ' + code if code else ''}: {_ANSWERS.get(code, 'a reason of its own')}")
    return Answer(
        outcome=row["outcome"],
        code=code,
        says=says,
        issuance_id=row["issuance_id"],
        reported_expires_at=row["reported_expires_at"],
        source=source,
    )


def _replay(ledger: Ledger, row: Row) -> Decision | None:
    """Replay of the row's badge, under the recorded definitions."""
    from .. import ruling
    from ..decisions import make_decisions

    badges = ruling.recorded(ledger.con, ledger.rules, ledger.as_of)
    own = {badge: ruled for badge, ruled in badges.items() if badge == row["badge_id"]}
    # Badges are independent: the others need no decision.
    make_decisions(ledger.con, own, ledger.as_of, shown=(row["processed_at"], row["processed_at"] + 1))
    found: dict[str, Any] | None = ledger.row(
        "SELECT decision, reason, limit_name, compared FROM temp.decisions WHERE row_key = $1", row["row_key"]
    )
    return None if found is None else Decision(**found)
