"""Dumps of getFixedWindowDetails: the platform's own cycles and counts beside the recomputed ones (RULEBOOK 9)."""

from __future__ import annotations

from typing import Any

import pytest
from feeds import dump, printed, revoke_earn
from harness import Audit, Record, define, definition, earn, every_days, every_month, every_week, without

AT = "2024-01-20T00:00:00Z"
BADGE = definition("B", limits=[every_days(5, 3), every_month(9, "BADGE")])
EARNS = [
    earn("B", "c1", "2024-01-01T12:00:00Z", rid="r1"),
    earn("B", "c1", "2024-01-05T23:59:59Z", rid="r2"),
    earn("B", "c2", "2024-01-06T00:00:00Z", rid="r3"),
]


def test_printed_cycles_that_are_in_the_timeline_raise_nothing(audit: Audit) -> None:
    cycles = [
        printed("2024-01-01", "2024-01-05"),
        printed("2024-12-26", "2024-12-30"),
        printed("2024-12-31", "2024-12-31"),
        printed("2024-02-01", "2024-02-29", scope="BADGE"),
    ]
    tables = audit([BADGE, dump("B", cycles, AT)])
    assert tables.codes() == []
    tables.shows("files", "lines | accepted | duplicate | quarantined\n2 | 2 | 0 | 0")


def test_a_page_of_a_dump_is_not_the_whole(audit: Audit) -> None:
    assert audit([BADGE, dump("B", [printed("2024-03-01", "2024-03-05")], AT)]).codes() == []


def test_a_printed_cycle_that_is_none_of_the_timeline_is_a_mismatch(audit: Audit) -> None:
    cycles = [
        printed("2024-01-01", "2024-01-04"),
        printed("2024-01-07", "2024-01-11"),
        printed("2023-12-27", "2023-12-31"),
        printed("2024-01-01", "2024-01-05", scope="BADGE"),
    ]
    tables = audit([BADGE, dump("B", cycles, AT, "c1")])
    tables.shows(
        "findings",
        """
        severity | processed_at      | customer_id | detail
        error    | 2024-01-20T00:00Z | c1          | printed 2024-01-01..2024-01-04, computed 2024-01-01..2024-01-05
        error    | 2024-01-20T00:00Z | c1          | printed 2024-01-07..2024-01-11, computed 2024-01-06..2024-01-10
        error    | 2024-01-20T00:00Z | c1          | printed 2023-12-27..2023-12-31, computed no cycle
        error    | 2024-01-20T00:00Z |             | printed 2024-01-01..2024-01-05, computed 2024-01-01..2024-01-31
        """,
    )
    assert tables.codes(badge_id="B", platform_code="", issuance_id="") == ["cycle-mismatch"] * 4
    assert tables.column("badges", "findings") == ["4"]


def test_a_printed_time_of_day_is_ignored_and_the_day_is_that_of_the_zone(audit: Audit) -> None:
    cycle = {
        "startDateISO": "2024-01-01T23:59:59+05:30",
        "endDate": 1704466800,  # 2024-01-05T15:00:00Z
        "constraintType": "CUSTOMER_BADGE_FIXED_WINDOW",
    }
    assert audit([BADGE, dump("B", [cycle], AT)]).codes() == []
    kolkata = definition("B", start="2023-12-31T18:30:00Z", limits=[every_days(5, 3)])
    assert audit([kolkata, dump("B", [cycle], AT)], zone="Asia/Kolkata").codes() == []
    assert audit([kolkata, dump("B", [cycle], AT)]).codes() == ["cycle-mismatch"]


def test_of_twins_the_number_wins_and_a_conflict_is_told(audit: Audit) -> None:
    cycle = printed("2024-01-01", "2024-01-05") | {"startDateISO": "2024-01-02T00:00:00Z"}
    assert audit([BADGE, dump("B", [cycle], AT)]).codes() == ["timestamp-conflict"]


def test_counts_are_those_of_the_customer_in_scope_customer_and_of_all_in_scope_badge(audit: Audit) -> None:
    right = [printed("2024-01-01", "2024-01-05", 2), printed("2024-01-01", "2024-01-31", 3, "BADGE")]
    assert audit([BADGE, *EARNS, dump("B", right, AT, "c1")]).codes() == []
    wrong = [
        printed("2024-01-01", "2024-01-05", 1),
        printed("2024-01-06", "2024-01-10", 1),
        printed("2024-01-01", "2024-01-31", "4", "BADGE"),  # type: ignore[arg-type]
    ]
    audit([BADGE, *EARNS, dump("B", wrong, AT, "c1")]).shows(
        "findings",
        """
        code                | customer_id | detail
        earn-count-mismatch | c1          | CUSTOMER cycle 2024-01-01..2024-01-05: printed 1, counted 2
        earn-count-mismatch | c1          | CUSTOMER cycle 2024-01-06..2024-01-10: printed 1, counted 0
        earn-count-mismatch |             | BADGE cycle 2024-01-01..2024-01-31: printed 4, counted 3
        """,
    )


def test_a_count_of_scope_customer_without_a_customer_is_not_compared(audit: Audit) -> None:
    assert audit([BADGE, *EARNS, dump("B", [printed("2024-01-01", "2024-01-05", 9)], AT)]).codes() == []


def test_the_customer_and_the_badge_may_stand_in_the_request(audit: Audit) -> None:
    line = dump("B", [printed("2024-01-01", "2024-01-05", 1)], AT)
    line["request"] = {"badgeMetaId": "B", "customerId": "c1"}
    del line["response"]["data"]["badgeMetaId"]
    audit([BADGE, *EARNS, line]).shows("findings", "code | customer_id\nearn-count-mismatch | c1")


def test_counts_are_as_of_the_dumps_instant(audit: Audit) -> None:
    def found(count: int, at: str | None, **asked: Any) -> list[str]:
        lines = [BADGE, *EARNS, dump("B", [printed("2024-01-01", "2024-01-05", count)], at, "c1")]
        return audit(lines, **asked).codes()

    assert found(1, "2024-01-05T23:59:58.999999Z") == []
    assert found(2, "2024-01-05T23:59:59Z") == []
    assert found(2, None) == []
    assert found(1, None, as_of="2024-01-03T00:00:00Z") == []


def test_a_dump_after_as_of_is_left_out(audit: Audit) -> None:
    lines = [BADGE, dump("B", [printed("2024-01-02", "2024-01-05")], AT)]
    assert audit(lines, as_of="2024-01-19T23:59:59Z").codes() == []
    assert audit(lines, as_of=AT).codes() == ["cycle-mismatch"]


def test_what_counts_is_said_by_the_settings(audit: Audit) -> None:
    lines = [BADGE, *EARNS, revoke_earn("B", "c1", "r1.0", "2024-01-10T00:00:00Z")]
    lines.append(dump("B", [printed("2024-01-01", "2024-01-05", 2)], AT, "c1"))
    assert audit(lines).codes() == []
    assert audit(lines, revoked="exclude").codes() == ["earn-count-mismatch"]


def test_the_timeline_is_that_of_the_versions_known_at_the_dumps_instant(audit: Audit) -> None:
    later = definition("B", since="2024-01-10T00:00:00Z", limits=[every_week("MONDAY", 3)])
    cycle = [printed("2024-01-16", "2024-01-20")]
    assert audit([BADGE, later, dump("B", cycle, "2024-01-09T00:00:00Z")]).codes() == []
    audit([BADGE, later, dump("B", cycle, "2024-01-10T00:00:00Z")]).shows(
        "findings",
        "code | detail\ncycle-mismatch | printed 2024-01-16..2024-01-20, computed 2024-01-15..2024-01-21",
    )


def test_a_badge_without_definition_is_not_compared(audit: Audit) -> None:
    tables = audit([dump("X", [printed("2024-01-02", "2024-01-05", 3)], AT)])
    assert (tables.codes(), tables["badges"]) == ([], [])


def test_dumps_alike_in_all_values_are_one_record(audit: Audit) -> None:
    cycle = printed("2024-01-01", "2024-01-04", 1)
    lines = [dump("B", [cycle], AT, "c1"), dump("B", [cycle | {"earnCount": "1"}], AT, "c1") | {"trace": 1}]
    tables = audit({"b.jsonl": [BADGE, lines[1]], "a.jsonl": [lines[0]]})
    tables.shows("findings", "source_file | source_line\na.jsonl | 1")
    tables.shows("files", "path | accepted | duplicate\na.jsonl | 1 | 0\nb.jsonl | 1 | 1")


def test_a_printed_cycle_that_two_pages_tell_is_found_once(audit: Audit) -> None:
    pages = [
        dump("B", [printed("2024-01-01", "2024-01-04"), printed("2024-01-06", "2024-01-10")], AT, "c1"),
        dump("B", [printed("2024-01-01", "2024-01-03")], AT, "c1"),
        dump("B", [printed("2024-01-01", "2024-01-03")], AT, "c2"),
        dump("B", [printed("2024-01-01", "2024-01-03")], None, "c1"),
    ]
    audit([BADGE, *pages]).shows(
        "findings",
        """
        customer_id | processed_at      | source_line | detail
                 c1 | 2024-01-20T00:00Z | 2           | printed 2024-01-01..2024-01-04, computed 2024-01-01..2024-01-05
                 c2 | 2024-01-20T00:00Z | 4           | printed 2024-01-01..2024-01-03, computed 2024-01-01..2024-01-05
                 c1 |                   | 5           | printed 2024-01-01..2024-01-03, computed 2024-01-01..2024-01-05
        """,
    )


@pytest.mark.parametrize("shape", ["bare", "data", "response", "exchange"])
def test_a_dump_is_known_by_its_cycles(audit: Audit, shape: str) -> None:
    data: Record = {"badgeMetaId": "B", "fixedWindowCycles": [printed("2024-01-02", "2024-01-05")]}
    line = {
        "bare": data,
        "data": {"data": data},
        "response": {"response": {"data": data}},
        "exchange": {"endpoint": "/v1/badges/badgeMeta/getFixedWindowDetails?page=0", "response": {"data": data}},
    }[shape]
    assert audit([BADGE, line]).codes() == ["cycle-mismatch"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"constraintType": "BADGE_ROLLING_WINDOW"}, "invalid-enum"),
        ({"constraintType": None}, "missing-field"),
        ({"startDate": None}, "missing-field"),
        ({"endDate": "soon"}, "invalid-timestamp"),
        ({"earnCount": 1.5}, "invalid-number"),
    ],
)
def test_a_printed_cycle_has_both_days_and_a_fixed_window(audit: Audit, change: Record, reason: str) -> None:
    tables = audit([BADGE, dump("B", [printed("2024-01-01", "2024-01-05") | change], AT)])
    assert tables.column("quarantine", "reason") == [reason]


def test_a_dump_without_badge_is_quarantined_and_one_without_cycles_says_nothing(audit: Audit) -> None:
    nameless = dump("B", [], AT)
    nameless |= {"request": {}, "response": {"data": without(nameless["response"]["data"], "badgeMetaId")}}
    failed = dump("B", [], AT) | {"response": {"data": None, "errors": [{"code": 1}]}}
    tables = audit([BADGE, nameless, failed])
    assert tables.column("quarantine", "reason") == ["missing-field"]
    assert tables.codes() == []


# The platform's own printed examples

SECONDS_OF_APRIL = [
    (1713139200, 1713484800),
    (1713571200, 1713916800),
    (1714003200, 1714348800),
    (1714435200, 1714435200),
    (1714521600, 1717113600),
    (1717200000, 1719705600),
    (1719792000, 1722384000),
]


def test_every_five_days_that_became_months_are_printed_as_they_are_computed(audit: Audit) -> None:
    period = {"startOn": 1713177200, "expiresOn": 1828754110}
    versions = [
        define(definition("B", limits=[every_days(5, 3)], since="2024-04-15T10:00:00Z") | period),
        define(definition("B", limits=[every_month(3)], since="2024-04-22T00:00:00Z") | period),
    ]
    scope = "CUSTOMER_BADGE_FIXED_WINDOW"
    cycles = [{"startDate": first, "endDate": last, "constraintType": scope} for first, last in SECONDS_OF_APRIL]
    assert audit([*versions, dump("B", cycles, "2024-05-02T00:00:00Z")]).codes() == []
    moved = [cycle | {"endDate": cycle["endDate"] + 86400} for cycle in cycles]
    tables = audit([*versions, dump("B", moved, "2024-05-02T00:00:00Z")])
    assert tables.codes() == ["cycle-mismatch"] * len(cycles)


def test_a_badge_of_two_days_and_a_bit_has_one_cycle_of_three_days_and_nobody_earned_it(audit: Audit) -> None:
    badge = definition("B", limits=[every_days(3, 1, "BADGE")]) | {
        "startOn": "1709337637.192",
        "expiresOn": "1709510437.192",
    }
    cycle = {
        "startDate": 1709337600,
        "endDate": 1709510400,
        "earnCount": 0,
        "constraintType": "BADGE_FIXED_WINDOW",
    }
    assert audit([badge, dump("B", [cycle])]).codes() == []
    early = earn("B", "c1", "2024-03-02T00:00:37.192Z", rid="r1")
    assert audit([badge, early, dump("B", [cycle])]).codes() == ["earn-count-mismatch"]
