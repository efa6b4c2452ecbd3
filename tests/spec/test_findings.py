"""Each finding, and its absence (RULEBOOK 9)."""

from __future__ import annotations

from typing import Any

import pytest
from harness import (
    Audit,
    Line,
    Record,
    badge_rolling,
    define,
    definition,
    earn,
    every_days,
    every_month,
    fixed_value,
    issue_bulk,
    never,
    no_limit,
    refused,
    relative,
    rolling,
    unanswered,
    without,
)

AT, LATER, LAST = "2024-02-01T00:00:00Z", "2024-02-02T00:00:00Z", "2024-02-03T00:00:00Z"
ENROLLED = definition(earn_type="ISSUE_EARN")


def found(audit: Audit, code: str, *log: Line, **rules: str) -> list[str]:
    """The request ids of the findings of one code."""
    return sorted(audit(log, **rules).column("findings", "request_id", code=code))


# --- duplicate-request, 809 ---


def test_a_request_id_accepted_again_is_a_duplicate_request_for_each_accepted_row_of_the_later_call(
    audit: Audit,
) -> None:
    log = [
        ENROLLED,
        issue_bulk("B", ["c1"], AT, answers=[("c1", "i1")]),
        issue_bulk("B", ["c2", "c3", "c4"], LATER, answers=[("c2", "i2"), ("c3", 1040), ("c4", "i4")]),
    ]
    audit(log).shows(
        "findings",
        """
        platform_code | severity | processed_at      | customer_id | request_id
        809           | error    | 2024-02-02T00:00Z | c2          | r1
        809           | error    | 2024-02-02T00:00Z | c4          | r1
        """,
        code="duplicate-request",
    )


@pytest.mark.parametrize(
    "first",
    [
        issue_bulk("B", ["c1"], AT, answers=[("c1", 1040)]),
        unanswered(issue_bulk("B", ["c1"], AT)),
        issue_bulk("C", ["c1"], AT, answers=[("c1", "i1")]),
        earn("B", "c1", AT, answer="i1"),
        issue_bulk("B", ["c1"], AT, rid="r0", answers=[("c1", "i1")]),
    ],
    ids=["refused", "assumed", "another badge", "another endpoint", "another requestId"],
)
def test_no_duplicate_request_without_an_accepted_call_of_the_same_endpoint_badge_and_request_id(
    audit: Audit, first: Record
) -> None:
    second = issue_bulk("B", ["c2"], LATER, answers=[("c2", "i2")])
    assert found(audit, "duplicate-request", ENROLLED, first, second) == []


def test_an_empty_request_id_duplicates_nothing(audit: Audit) -> None:
    calls = [earn("B", "c1", AT, rid=None, answer="e1"), earn("B", "c1", LATER, rid=None, answer="e2")]
    assert found(audit, "duplicate-request", definition(), *calls) == []


def test_a_repeat_counts_as_acceptance_of_the_earlier_call_but_is_no_duplicate_request_itself(audit: Audit) -> None:
    log = [
        ENROLLED,
        issue_bulk("B", ["c1"], AT, rid="r0", answers=[("c1", "i1")]),
        issue_bulk("B", ["c1"], LATER, rid="r1", answers=[("c1", "i1")]),
        issue_bulk("B", ["c2"], LAST, rid="r1", answers=[("c2", "i2")]),
        issue_bulk("B", ["c1"], LAST, rid="r0", answers=[("c1", "i1")]),
    ]
    tables = audit(log)
    tables.shows("findings", "request_id | customer_id\nr1 | c2", code="duplicate-request")


# --- outside-badge-period, 816 ---


def test_an_event_outside_the_half_open_badge_period(audit: Audit) -> None:
    log = [
        definition(start="2024-02-01T12:00:00Z", end="2024-03-01T00:00:00Z"),
        earn("B", "c1", "2024-04-01T00:00:00Z", rid="before", event="2024-02-01T11:59:59.999999Z"),
        earn("B", "c2", "2024-04-01T00:00:00Z", rid="at start", event="2024-02-01T12:00:00Z"),
        earn("B", "c3", "2024-04-01T00:00:00Z", rid="last", event="2024-02-29T23:59:59.999999Z"),
        earn("B", "c4", "2024-04-01T00:00:00Z", rid="at end", event="2024-03-01T00:00:00Z"),
        earn("B", "c5", "2024-04-01T00:00:00Z", rid="refused", event="2024-03-01T00:00:00Z", answer=816),
    ]
    tables = audit(log)
    tables.shows(
        "findings",
        """
        code                 | platform_code | severity | request_id
        outside-badge-period | 816           | error    | at end
        outside-badge-period | 816           | error    | before
        """,
    )


def test_the_badge_period_is_that_of_the_version_in_force_when_processed(audit: Audit) -> None:
    log = [
        definition(end="2024-02-02T00:00:00Z"),
        definition(end="2024-05-01T00:00:00Z", since="2024-02-03T00:00:00Z"),
        earn("B", "c1", "2024-02-02T12:00:00Z", rid="r1"),
        earn("B", "c1", "2024-02-03T00:00:00Z", rid="r2", event="2024-02-02T12:00:00Z"),
    ]
    assert found(audit, "outside-badge-period", *log) == ["r1"]


# --- overlapping-issue, 1040 ---


def issued(*events: tuple[str, str], rule: Record | None = None, **other: Any) -> list[Line]:
    """Issues of one customer, (processed_at, event_at), on a badge whose issues last a day unless `rule` says so."""
    record = definition(earn_type="ISSUE_EARN", issued=rule or relative("DAYS", 1), **other)
    calls = [issue_bulk("B", ["c1"], at, rid=f"r{place}", event=event) for place, (at, event) in enumerate(events)]
    return [record, *calls]


def test_an_issue_whose_validity_overlaps_that_of_an_earlier_one(audit: Audit) -> None:
    log = issued((AT, AT), (LATER, "2024-02-01T23:59:59.999999Z"))
    audit(log).shows(
        "findings",
        """
        code              | platform_code | severity | customer_id | request_id
        overlapping-issue | 1040          | error    | c1          | r1
        """,
    )


def test_a_validity_that_begins_at_the_expiry_of_the_other_does_not_overlap_it(audit: Audit) -> None:
    assert found(audit, "overlapping-issue", *issued((AT, AT), (LATER, LATER))) == []


def test_an_issue_for_an_earlier_time_overlaps_when_it_reaches_into_the_other(audit: Audit) -> None:
    reaching = issued((AT, AT), (LATER, "2024-01-31T00:00:00.000001Z"))
    touching = issued((AT, AT), (LATER, "2024-01-31T00:00:00Z"))
    assert found(audit, "overlapping-issue", *reaching) == ["r1"]
    assert found(audit, "overlapping-issue", *touching) == []


def test_a_validity_without_end_overlaps_all_that_follows(audit: Audit) -> None:
    assert found(audit, "overlapping-issue", *issued((AT, AT), (LATER, "2024-12-01T00:00:00Z"), rule=never())) == ["r1"]


def test_an_empty_validity_overlaps_nothing(audit: Audit) -> None:
    """Without a rule an issue expires with its badge; these happened at its end."""
    end = "2024-02-01T00:00:00Z"
    record = definition(earn_type="ISSUE_EARN", end=end)
    calls = [
        issue_bulk("B", ["c1"], AT, rid="r0", event="2024-01-31T00:00:00Z"),
        issue_bulk("B", ["c1"], LATER, rid="r1", event=end),
        issue_bulk("B", ["c1"], LAST, rid="r2", event=end),
    ]
    assert found(audit, "overlapping-issue", record, *calls) == []


def test_only_accepted_issues_of_the_same_badge_and_customer_overlap(audit: Audit) -> None:
    record = definition(earn_type="ISSUE_EARN", issued=never())
    other = definition("C", earn_type="ISSUE_EARN", issued=never())
    calls = [
        issue_bulk("B", ["c1"], AT, rid="refused", answers=[("c1", 816)]),
        earn("B", "c1", AT, rid="earn"),
        issue_bulk("C", ["c1"], AT, rid="another badge"),
        issue_bulk("B", ["c2"], AT, rid="another customer"),
        issue_bulk("B", ["c1"], LATER, rid="first"),
        unanswered(issue_bulk("B", ["c1"], LAST, rid="second")),
    ]
    assert found(audit, "overlapping-issue", record, other, *calls) == ["second"]


def test_an_issue_refused_for_another_overlaps_nothing_and_a_repeat_neither(audit: Audit) -> None:
    log = [
        definition(earn_type="ISSUE_EARN", issued=never()),
        issue_bulk("B", ["c1"], AT, rid="r1", answers=[("c1", "i1")]),
        issue_bulk("B", ["c1"], LATER, rid="r2", answers=[("c1", "i1")]),
    ]
    assert found(audit, "overlapping-issue", *log) == []


# --- badge-not-active, 1039 ---


def test_a_row_of_a_badge_that_is_not_active_in_the_version_in_force(audit: Audit) -> None:
    log = [
        definition(),
        definition(active=False, since=LATER),
        definition(since=LAST),
        earn("B", "c1", "2024-02-01T23:59:59.999999Z", rid="r1"),
        earn("B", "c1", LATER, rid="r2"),
        earn("B", "c1", LATER, rid="r3", answer=1039),
        earn("B", "c1", LAST, rid="r4"),
    ]
    audit(log).shows("findings", "code | platform_code | severity | request_id\nbadge-not-active | 1039 | error | r2")


# --- owner-not-allowed, 714 ---


@pytest.mark.parametrize(
    ("owners", "owner", "codes"),
    [
        (["Loyalty"], "Journeys", ["owner-not-allowed"]),
        (["Loyalty", "Journeys"], "journeys", []),
        (["Loyalty"], None, []),
        (["Loyalty"], "Membercare", []),
        ([], "Journeys", []),
    ],
    ids=["not in the list", "in the list", "not given", "Membercare", "no restriction"],
)
def test_an_owner_that_is_not_in_a_list_that_is_not_empty(
    audit: Audit, owners: list[str], owner: str | None, codes: list[str]
) -> None:
    tables = audit([definition(owners=owners), earn("B", "c1", AT, owner=owner)])
    assert tables.codes() == codes
    assert tables.column("findings", "platform_code") == ["714"] * len(codes)
    assert tables.column("findings", "severity") == ["warning"] * len(codes)


# --- wrongly-rejected ---


def test_a_rejection_with_809_without_an_accepted_call_before_it(audit: Audit) -> None:
    accepted = earn("B", "c1", AT, answer="e1")
    rejected = refused(earn("B", "c1", LATER), 809)
    assert found(audit, "wrongly-rejected", definition(), accepted, rejected) == []
    assert found(audit, "wrongly-rejected", definition(), rejected) == ["r1"]
    assumed = unanswered(earn("B", "c1", AT))
    assert found(audit, "wrongly-rejected", definition(), assumed, rejected) == ["r1"]
    other = earn("B", "c1", AT, rid="r0", answer="e1")
    audit([definition(), other, rejected]).shows(
        "findings", "code | request_id | severity | platform_code\nwrongly-rejected | r1 | warning |"
    )


def test_a_rejection_with_816_although_the_event_lies_in_the_badge_period(audit: Audit) -> None:
    inside = earn("B", "c1", AT, rid="inside", answer=816)
    outside = earn("B", "c1", AT, rid="outside", event="2023-12-31T23:59:59.999999Z", answer=816)
    assert found(audit, "wrongly-rejected", definition(), inside, outside) == ["inside"]


def test_a_rejection_with_1040_without_an_accepted_issue_that_overlaps(audit: Audit) -> None:
    record = definition(earn_type="ISSUE_EARN", issued=relative("DAYS", 1))
    accepted = issue_bulk("B", ["c1"], AT, rid="r0", answers=[("c1", "i1")])
    overlapping = issue_bulk("B", ["c1"], "2024-02-01T23:59:59.999999Z", rid="r1", answers=[("c1", 1040)])
    behind = issue_bulk("B", ["c1"], LATER, rid="r2", answers=[("c1", 1040)])
    stranger = issue_bulk("B", ["c2"], AT, rid="r3", answers=[("c2", 1040)])
    log = [record, accepted, overlapping, behind, stranger]
    assert found(audit, "wrongly-rejected", *log) == ["r2", "r3"]
    assumed = unanswered(issue_bulk("B", ["c1"], AT, rid="r0"))
    assert found(audit, "wrongly-rejected", record, assumed, overlapping) == ["r1"]


def test_rejections_with_other_codes_are_not_judged(audit: Audit) -> None:
    calls = [earn("B", "c1", AT, rid=f"r{code}", answer=code) for code in (714, 801, 1039, 1054, 400)]
    assert audit([definition(), *calls]).codes() == []


def test_of_an_unknown_badge_only_809_is_judged(audit: Audit) -> None:
    calls = [earn("X", "c1", AT, rid=f"r{code}", answer=code) for code in (809, 816, 1040)]
    assert found(audit, "wrongly-rejected", *calls) == ["r809"]


# --- findings of a definition ---


def findings_of(audit: Audit, *versions: Record) -> list[str]:
    return audit(versions).codes()


def test_a_definition_that_starts_at_or_after_its_end(audit: Audit) -> None:
    record = definition(start="2025-01-01T00:00:00Z")
    audit([record]).shows(
        "findings",
        """
        code            | badge_id | processed_at      | platform_code | severity | request_id | issuance_id
        start-after-end | B        | 2023-12-01T00:00Z | 720           | error    |            |
        """,
    )
    assert findings_of(audit, definition(start="2024-12-31T23:59:59.999999Z")) == []


def test_a_start_changed_when_the_badge_is_live(audit: Audit) -> None:
    def update(since: str) -> Record:
        return definition(start="2024-01-02T00:00:00Z", since=since)

    audit([definition(), update("2024-01-01T00:00:00Z")]).shows(
        "findings", "code | platform_code | processed_at\nstart-changed-when-live | 723 | 2024-01-01T00:00Z"
    )
    assert findings_of(audit, definition(), update("2023-12-31T23:59:59.999999Z")) == []
    assert findings_of(audit, definition(), definition(since=AT)) == []


def test_an_expiry_set_into_the_past(audit: Audit) -> None:
    def update(end: str) -> Record:
        return definition(end=end, since="2024-02-01T00:00:00Z")

    audit([definition(), update("2024-01-31T23:59:59.999999Z")]).shows(
        "findings", "code | platform_code | processed_at\nexpiry-in-past | 724 | 2024-02-01T00:00Z"
    )
    assert findings_of(audit, definition(), update("2024-02-01T00:00:00Z")) == []
    ended = definition(end="2024-01-31T00:00:00Z")
    assert findings_of(audit, ended, update("2024-01-31T00:00:00Z")) == []
    assert findings_of(audit, definition(end="2024-01-31T00:00:00Z", since="2024-02-01T00:00:00Z")) == []


@pytest.mark.parametrize(
    ("before", "after", "illegal"),
    [
        ([every_days(3, 1)], [rolling(days=(1, 1))], True),
        ([every_days(3, 1)], [fixed_value(1)], True),
        ([rolling(days=(1, 1))], [every_days(3, 1)], True),
        ([fixed_value(1)], [every_days(3, 1)], True),
        ([rolling(days=(1, 1))], [fixed_value(1)], False),
        ([fixed_value(1)], [rolling(days=(1, 1))], False),
        ([every_days(3, 1)], [every_month(1)], False),
        ([every_days(3, 1)], [], False),
        ([], [every_days(3, 1)], False),
        ([every_days(3, 1)], [no_limit()], False),
        ([every_days(3, 1)], [badge_rolling("DAYS", 1, 1)], False),
        ([every_days(3, 1)], [every_days(3, 1), fixed_value(1)], False),
        ([every_days(3, 1, "BADGE")], [badge_rolling("DAYS", 1, 1)], True),
        ([fixed_value(1, "BADGE")], [every_month(1, "BADGE")], True),
    ],
    ids=[
        "fixed to rolling", "fixed to value", "rolling to fixed", "value to fixed",
        "rolling to value", "value to rolling",
        "another fixed window", "fixed to nothing", "nothing to fixed", "fixed to no limit", "another scope",
        "a value beside the window", "badge: fixed to rolling", "badge: value to fixed",
    ],
)  # fmt: skip
def test_on_a_live_badge_a_fixed_window_may_not_become_rolling_or_fixed_value_nor_back(
    audit: Audit, before: list[Record], after: list[Record], illegal: bool
) -> None:
    tables = audit([definition(limits=before), definition(limits=after, since="2024-01-01T00:00:00Z")])
    assert tables.codes() == ["illegal-constraint-change"] * illegal
    assert tables.column("findings", "platform_code") == ["826"] * illegal
    early = [definition(limits=before), definition(limits=after, since="2023-12-31T23:59:59.999999Z")]
    assert findings_of(audit, *early) == []


def test_two_badges_of_one_org_with_one_name_are_found_each(audit: Audit) -> None:
    log = [
        definition("A", name="Gold"),
        definition("B", name="Gold"),
        definition("C", name="gold"),
        definition("D", name="Gold", orgId=7),
        without(definition("E", name="Gold"), "orgId"),
    ]
    audit(log).shows(
        "findings",
        """
        code                 | badge_id | platform_code | severity
        duplicate-badge-name | A        | 725           | error
        duplicate-badge-name | B        | 725           | error
        """,
    )


def test_badges_without_org_are_an_org_of_their_own_and_a_missing_name_is_no_name(audit: Audit) -> None:
    log = [
        *(without(definition(badge, name="Gold"), "orgId") for badge in "AB"),
        *(without(definition(badge), "name") for badge in "CD"),
    ]
    assert audit(log).column("findings", "badge_id") == ["A", "B"]


def test_the_name_is_that_of_the_last_version_up_to_as_of(audit: Audit) -> None:
    log = [definition("A", name="Gold"), definition("B", name="Gold"), definition("B", name="Silver", since=LATER)]
    assert audit(log, as_of=AT).codes() == ["duplicate-badge-name"] * 2
    assert audit(log, as_of=LATER).codes() == []


def test_the_org_of_a_badge_is_that_of_its_definition_else_of_its_line(audit: Audit) -> None:
    first, second = without(definition("A", name="Gold"), "orgId"), definition("B", name="Gold", orgId="7")
    log = [define(first, AT) | {"orgId": 7}, define(second, AT) | {"orgId": 8}]
    tables = audit(log)
    assert tables.column("badges", "org_id") == ["7", "7"]
    assert tables.codes() == ["duplicate-badge-name"] * 2


# --- ids ---


def test_a_finding_of_a_row_carries_its_row_and_source(audit: Audit) -> None:
    tables = audit({"x/log.jsonl": [definition(active=False), earn("B", "c1", AT)]})
    row = tables["findings"][0]
    key = tables.column("issuances", "row_key")[0]
    assert (row["row_key"], row["finding_id"]) == (key, f"{key}~badge-not-active")
    tables.shows(
        "findings",
        """
        processed_at      | customer_id | issuance_id | source_file | source_line
        2024-02-01T00:00Z | c1          | r1.0        | x/log.jsonl | 2
        """,
    )


def test_a_clean_log_has_no_findings(audit: Audit) -> None:
    log = [
        definition("B", limits=[every_days(3, 5)], owners=["Loyalty"], earned=relative("DAYS", 2)),
        earn("B", "c1", AT, owner="Loyalty", expires="2024-02-03T00:00:00Z"),
        definition("C", earn_type="ISSUE_EARN"),
        issue_bulk("C", ["c1"], AT, rid="r2"),
        earn("C", "c1", LATER, rid="r3"),
    ]
    assert audit(log).codes() == []
