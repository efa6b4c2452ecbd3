"""What replay takes as it is: imports are facts, and what was revoked makes room again (RULEBOOK 10)."""

from __future__ import annotations

import pytest
from feeds import csv, element, imported, revoke_customers, revoke_earn, told
from harness import definition, earn, fixed_value, issue_bulk
from replaying import Replay


def test_replay_lets_a_revoked_row_free_its_room_when_revoked_rows_are_excluded(replay: Replay) -> None:
    log = [
        definition("B", limits=[fixed_value(1)]),
        earn("B", "c1", "2024-02-01T00:00:00Z", rid="r1", answer="e1"),
        earn("B", "c1", "2024-02-02T00:00:00Z", rid="r2", answer="e2"),
        revoke_earn("B", "c1", "e1", "2024-02-03T00:00:00Z"),
        earn("B", "c1", "2024-02-03T00:00:00Z", rid="r3", answer="e3"),
        earn("B", "c1", "2024-02-04T00:00:00Z", rid="r4", answer="e4"),
    ]
    assert replay(log).column("decisions", "decision") == ["ADMIT", "REJECT", "REJECT", "REJECT"]
    assert replay(log, revoked="exclude").column("decisions", "decision") == ["ADMIT", "REJECT", "ADMIT", "REJECT"]


@pytest.mark.parametrize("rule", ["count", "exclude"])
def test_replay_finds_no_overlap_with_an_issue_that_was_revoked_by_then(replay: Replay, rule: str) -> None:
    log = [
        definition("B"),
        issue_bulk("B", ["c1", "c2"], "2024-02-01T00:00:00Z", rid="r1", answers=[("c1", "i1"), ("c2", "i2")]),
        revoke_customers("B", ["c1"], "2024-02-05T00:00:00Z"),
        issue_bulk("B", ["c1"], "2024-02-05T00:00:00Z", rid="r2", answers=[("c1", "i3")]),
        issue_bulk("B", ["c2"], "2024-02-06T00:00:00Z", rid="r4", answers=[("c2", "i4")]),
    ]
    replay(log, revoked=rule).shows(
        "decisions",
        """
        request_id | customer_id | decision | reason
        r1         | c1          | ADMIT    |
        r1         | c2          | ADMIT    |
        r2         | c1          | ADMIT    |
        r4         | c2          | REJECT   | overlapping-issue
        """,
    )


def test_replay_takes_imports_as_facts(replay: Replay) -> None:
    log = [
        definition("B", limits=[fixed_value(1)]),
        imported([element("B", "c1"), element("B", "c2")], "2024-02-01T00:00:00Z", [told("c1", "e1"), told("c2", 816)]),
        earn("B", "c1", "2024-02-02T00:00:00Z", rid="r1"),
        earn("B", "c2", "2024-02-02T00:00:00Z", rid="r2"),
    ]
    replay(log).shows(
        "decisions",
        """
        request_id | decision | reason
        r1         | REJECT   | customer-limit
        r2         | ADMIT    |
        """,
    )
    assert replay(log, imported="ignore").column("decisions", "decision") == ["ADMIT", "ADMIT"]


def test_replay_takes_an_import_of_one_as_a_fact_too(replay: Replay) -> None:
    log = {
        "a.jsonl": [
            definition("B", limits=[fixed_value(2, "BADGE")]),
            element("B", "c1", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"),
            earn("B", "c3", "2024-02-02T00:00:00Z", rid="r1"),
            earn("B", "c3", "2024-02-03T00:00:00Z", rid="r2"),
        ],
        "import.csv": csv("badgeMetaId,customerId,earnEventDate", "B,c2,2024-02-01T00:00:00Z"),
    }
    assert replay(log).column("decisions", "decision") == ["REJECT", "REJECT"]
    assert replay(log, imported="ignore").column("decisions", "decision") == ["ADMIT", "ADMIT"]
