"""What replay says the platform would have answered, read in again (RULEBOOK 10)."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import harness
import pytest
from conftest import examples
from feeds import element, imported, revoke_customers, revoke_earn, told
from harness import (
    Record,
    Tables,
    definition,
    earn,
    earn_bulk,
    fixed_value,
    issue_bulk,
    never,
    relative,
    rolling,
    unanswered,
    with_badge,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from laws.random_logs import ZONES, Log, logs, rules
from laws.test_replay_laws import _limit, _settings, badge, calls
from replaying import EVER

from badgeledger import accounting, decisions, emission, ruling
from badgeledger.pipeline import Rules
from badgeledger.replay import TABLES
from badgeledger.reports.tables import write_rows


def decided(log: Any, *, as_of: str = harness.LATE, **chosen: str) -> tuple[list[harness.Row], list[Record]]:
    """The decisions of a log, and the lines that it emits."""
    with tempfile.TemporaryDirectory() as name, harness.scratch_ledger(log, Path(name)) as (warehouse, _):
        folder, at = Path(name), harness.micros(as_of)
        accounting.account(warehouse, Rules(**chosen), at)
        badges = ruling.recorded(warehouse.con, Rules(**chosen), at)
        decisions.make_decisions(warehouse.con, badges, at, shown=EVER)
        write_rows(warehouse.con, TABLES["decisions"], "csv", folder / "decisions.csv")
        lines = emission.emit(warehouse.con, badges, folder / "answers.jsonl", "")
        emitted = [json.loads(line) for line in (folder / "answers.jsonl").read_text().splitlines()]
        assert lines == len(emitted)
        return harness.read_csv((folder / "decisions.csv").read_text()), emitted


def audited(log: Any, **chosen: Any) -> Tables:
    with tempfile.TemporaryDirectory() as name:
        return harness.engine(log, Path(name), **chosen)


@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=examples(2))
@given(data=st.data())
def test_the_answers_of_replay_are_its_decisions_when_they_are_replayed(zone: str, data: st.DataObject) -> None:
    """Admitted rows are admitted, rejected ones rejected: nothing differs from what is now on record."""
    first = badge(data.draw(st.lists(_limit, max_size=4)), issued=relative("DAYS", 3), earn_type="EARN")
    chosen = data.draw(_settings) | {"zone": zone}
    before, emitted = decided([first, *data.draw(calls(zone))], **chosen)
    after, again = decided([first, *emitted], **chosen)
    assert {row["compared"] for row in after} <= {"same"}
    named = ("processed_at", "request_id", "position", "customer_id", "reason", "limit_name")
    assert [[row[name] for name in named] for row in after] == [[row[name] for name in named] for row in before]
    admitted = [line for line in again if line["response"]["data"] is not None]
    only, _ = decided([first, *(_without_refused(line) for line in admitted)], **chosen)
    assert {row["decision"] for row in only} <= {"ADMIT"}
    assert len(only) == sum(row["decision"] == "ADMIT" for row in before)


def test_beside_imports_and_revocations_the_answers_are_decided_alike_too() -> None:
    """c1's import takes a place of three, and its revoked earn none from the 4th on; on the 6th c2 has room again."""
    facts = [
        definition("B", limits=[fixed_value(3), rolling(days=(1, 1))], issued=relative("DAYS", 5)),
        imported([element("B", "c1")], "2024-02-01T00:00:00Z", [told("c1", "e0")]),
        revoke_customers("B", ["c2"], "2024-02-06T00:00:00Z"),
        revoke_earn("B", "c1", "e1", "2024-02-04T00:00:00Z"),
    ]
    calls_ = [
        issue_bulk("B", ["c1", "c2"], "2024-02-02T00:00:00Z", rid="r1"),
        earn("B", "c1", "2024-02-03T12:00:00Z", rid="r2", answer="e1"),
        earn("B", "c1", "2024-02-04T06:00:00Z", rid="r3"),
        issue_bulk("B", ["c2"], "2024-02-05T00:00:00Z", rid="r4"),
        issue_bulk("B", ["c2"], "2024-02-06T00:00:00Z", rid="r5"),
        earn("B", "c1", "2024-02-08T06:00:00Z", rid="r6"),
        earn("B", "c1", "2024-02-12T06:00:00Z", rid="r3"),
    ]
    before, emitted = decided([*facts, *calls_], revoked="exclude")
    assert [row["reason"] for row in before] == [
        *("", "", "", "", "overlapping-issue", "", "customer-limit", "duplicate-request"),
    ]
    after, _ = decided([*facts, *emitted], revoked="exclude")
    assert {row["compared"] for row in after} == {"same"}
    named = ("processed_at", "request_id", "customer_id", "reason", "limit_name")
    assert [[row[name] for name in named] for row in after] == [[row[name] for name in named] for row in before]


def _without_refused(line: Record) -> Record:
    """The exchange with those customers alone whose answer is no refusal."""
    request, data = dict(line["request"]), dict(line["response"]["data"])
    if "issuedBadges" in data:
        data["issuedBadges"] = [answer for answer in data["issuedBadges"] if answer["error"] is None]
        request["customers"] = [answer["customerId"] for answer in data["issuedBadges"]]
    if "earnedBadgesList" in data:
        data["failedEarnBadgeErrorList"] = []
        request["customerIds"] = [answer["customerId"] for answer in data["earnedBadgesList"]]
    return line | {"request": request, "response": {"data": data, "errors": [], "warnings": []}}


def test_the_answers_tell_when_what_is_admitted_expires() -> None:
    """Under the rules of replay; read in again, the audit finds the same expiries and no mismatch."""
    log = [
        definition("B", issued=relative("MONTHS", 1), earned=relative("DAYS", 3)),
        definition("N", issued=never(), earned=never()),
        definition("F", earned=with_badge()) | {"expiresOn": None, "expiresOnISO": "9000-01-01T00:00:00.123456Z"},
        issue_bulk("B", ["c1", "c2"], "2024-03-01T10:00:00.000001Z", event="2024-01-31T23:30:00Z", rid="r1"),
        earn("B", "c1", "2024-03-30T10:00:00Z", rid="r2"),
        issue_bulk("N", ["c1"], "2024-03-01T10:00:00Z", rid="r3"),
        earn("N", "c1", "2024-03-01T10:00:00Z", rid="r4"),
        earn("F", "c1", "2024-03-01T10:00:00Z", rid="r5"),
    ]
    _, emitted = decided(log, zone="Europe/Berlin")
    found = audited([*log[:3], *emitted], zone="Europe/Berlin")
    expiries = {(row["badge_id"], row["kind"], row["expires_at"], row["reported_expires_at"])
                for row in found["expirations"]}  # fmt: skip
    assert expiries == {
        ("B", "ISSUE", "2024-02-29T23:30:00.000000Z", "2024-02-29T23:30:00.000000Z"),
        ("B", "EARN", "2024-04-02T10:00:00.000000Z", "2024-04-02T10:00:00.000000Z"),
        ("N", "ISSUE", "", ""),
        ("N", "EARN", "", ""),
        ("F", "EARN", "9000-01-01T00:00:00.123456Z", "9000-01-01T00:00:00.123456Z"),
    }
    assert "expiry-mismatch" not in {row["code"] for row in found["findings"]}
    assert "timestamp-unit-repaired" not in {row["code"] for row in found["findings"]}


@settings(max_examples=examples(10))
@given(st.sampled_from(ZONES).flatmap(logs), rules)
def test_every_answer_can_be_ingested(log: Log, chosen: dict[str, str]) -> None:
    before, emitted = decided(log.files, as_of=log.as_of, zone=log.zone, **chosen)
    after = audited(emitted, zone=log.zone, **chosen)
    assert after["quarantine"] == []
    accepted = Counter(
        (row["badge_id"], row["customer_id"]) for row in after["issuances"] if row["outcome"] == "ACCEPTED"
    )
    assert accepted == Counter((row["badge_id"], row["customer_id"]) for row in before if row["decision"] == "ADMIT")


def test_each_reason_is_answered_in_its_place() -> None:
    issue = issue_bulk("B", ["c1", "c1"], "2024-02-01T10:00:00Z", rid="r1", owner="loyalty")
    issue["request"]["triggeredBy"]["referenceId"] = "626"
    log = [
        definition(limits=[fixed_value(2), fixed_value(4, "BADGE")], issued=relative("DAYS", 2), earn_type="EARN"),
        issue,
        issue_bulk("B", ["c2"], "2024-02-02T10:00:00Z", rid="r1"),
        earn_bulk("B", ["c2", "c2", "c2"], "2024-02-03T10:00:00Z", rid="r2"),
        earn("B", "c3", "2024-02-04T10:00:00Z", rid="r3", event="2025-02-04T10:00:00Z"),
        unanswered(earn("B", "c4", "2024-02-05T10:00:00Z", rid=None)),
        earn("B", "c5", "2024-02-06T10:00:00Z", rid="r5"),
        earn("X", "c5", "2024-02-07T10:00:00Z", rid="r6"),
    ]
    _, emitted = decided(log)
    assert [line["endpoint"] for line in emitted] == ["issueBulk", "issueBulk", "earnBulk", *["earn"] * 4]
    assert emitted[0]["loggedAt"] == "2024-02-01T10:00:00.000000Z"
    assert emitted[0]["request"] == {
        "badgeMetaId": "B",
        "requestId": "r1",
        "issueEventDateISO": "2024-02-01T10:00:00.000000Z",
        "triggeredBy": {"ownerType": "Loyalty", "referenceId": "626"},
        "customers": ["c1", "c1"],
    }
    data = emitted[0]["response"]["data"]
    assert list(data) == ["badgeMetaId", "triggeredBy", "expiresOn", "expiresOnISO", "issuedBadges", "requestId"]
    assert data["triggeredBy"] == {"ownerType": "Loyalty", "referenceId": "626"}
    # Of an issue, from its event on: two days.
    assert (data["expiresOn"], data["expiresOnISO"]) == (1706954400.0, "2024-02-03T10:00:00.000000Z")
    refused = {"code": 1040, "message": "An active issue for the badge already exists.", "reference": None}
    assert emitted[0]["response"]["data"]["issuedBadges"] == [
        {"customerId": "c1", "issuedId": "r1.0", "error": None, "status": "ACTIVE"},
        {"customerId": "c1", "issuedId": None, "error": refused, "status": None},
    ]
    bulk = emitted[2]["response"]["data"]
    assert bulk["earnedBadgesList"] == [{"customerId": "c2", "earnedBadgeId": f"r2.{place}"} for place in (0, 1)]
    assert bulk["failedEarnBadgeErrorList"] == [{"customerId": "c2", "errorCode": 9001}]
    assert [[error["code"] for error in line["response"]["errors"]] for line in emitted] == [
        [], [809], [], [816], [], [9002], [1054],
    ]  # fmt: skip
    assert emitted[5]["response"]["errors"][0]["message"].endswith("BADGE:FIXED_VALUE")
    # What nobody answered has no id of the platform: its row key stands for it.
    assert len(emitted[4]["response"]["data"]["earnedBadgeId"]) == 16
    assert emitted[4]["request"]["requestId"] is None
