"""Why replay rejects, which reason comes first, and how a decision compares with the record (RULEBOOK 10)."""

from __future__ import annotations

from harness import (
    Tables,
    define,
    definition,
    earn,
    earn_bulk,
    every_days,
    fixed_value,
    issue_bulk,
    never,
    refused,
    relative,
    rolling,
    unanswered,
    unasked,
)
from replaying import Replay


def reasons(tables: Tables) -> list[str]:
    """The reasons in key order, `+` where a row is admitted."""
    return [row["reason"] or "+" for row in tables["decisions"]]


# --- each reason --------------------------------------------------------------------------------------------------


def test_a_badge_without_definition_is_unknown(replay: Replay) -> None:
    replay([earn("B", "c1", "2024-02-01T10:00:00Z")]).shows(
        "decisions",
        """
        request_id | customer_id | decision | reason        | limit_name | recorded_outcome | compared
        r1         | c1          | REJECT   | unknown-badge |            | ACCEPTED         | newly-rejected
        """,
    )


def test_a_request_id_is_used_up_by_the_first_admitted_row(replay: Replay) -> None:
    log = [definition(), *(earn("B", "c1", f"2024-02-0{day}T10:00:00Z") for day in (1, 2, 3))]
    assert reasons(replay(log)) == ["+", "duplicate-request", "duplicate-request"]


def test_a_request_of_which_nothing_was_admitted_uses_nothing_up(replay: Replay) -> None:
    """However the platform answered it: its first call lies outside the badge's period."""
    log = [
        definition(start="2024-02-02T00:00:00Z"),
        earn("B", "c1", "2024-02-01T10:00:00Z"),
        earn("B", "c1", "2024-02-02T10:00:00Z"),
        earn("B", "c1", "2024-02-03T10:00:00Z"),
    ]
    assert reasons(replay(log)) == ["outside-badge-period", "+", "duplicate-request"]


def test_a_request_id_belongs_to_an_endpoint_and_a_badge(replay: Replay) -> None:
    log = [
        definition(),
        definition("C"),
        earn("B", "c1", "2024-02-01T10:00:00Z"),
        earn("C", "c1", "2024-02-02T10:00:00Z"),
        earn_bulk("B", ["c1"], "2024-02-03T10:00:00Z"),
        issue_bulk("B", ["c1"], "2024-02-04T10:00:00Z"),
    ]
    assert reasons(replay(log)) == ["+", "+", "+", "+"]


def test_rows_of_one_request_do_not_repeat_one_another(replay: Replay) -> None:
    log = [definition(), earn_bulk("B", ["c1", "c2", "c1"], "2024-02-01T10:00:00Z")]
    assert reasons(replay(log)) == ["+", "+", "+"]


def test_an_empty_request_id_repeats_nothing(replay: Replay) -> None:
    log = [definition(), *(earn("B", "c1", f"2024-02-0{day}T10:00:00Z", rid=None) for day in (1, 2))]
    assert reasons(replay(log)) == ["+", "+"]


def test_a_badge_that_is_not_active_gives_nothing(replay: Replay) -> None:
    log = [
        definition(active=False),
        definition(since="2024-02-02T00:00:00Z"),
        earn("B", "c1", "2024-02-01T10:00:00Z", rid="r1"),
        earn("B", "c1", "2024-02-02T10:00:00Z", rid="r2"),
    ]
    assert reasons(replay(log)) == ["badge-not-active", "+"]


def test_the_event_must_lie_in_the_period_whose_end_is_outside(replay: Replay) -> None:
    log = [
        definition(start="2024-02-01T00:00:00Z", end="2024-03-01T00:00:00Z"),
        earn("B", "c1", "2024-02-10T10:00:00Z", rid="r1", event="2024-01-31T23:59:59Z"),
        earn("B", "c1", "2024-02-10T10:00:00Z", rid="r2", event="2024-02-01T00:00:00Z"),
        earn("B", "c1", "2024-03-10T10:00:00Z", rid="r3", event="2024-02-29T23:59:59Z"),
        earn("B", "c1", "2024-03-10T10:00:00Z", rid="r4", event="2024-03-01T00:00:00Z"),
    ]
    assert reasons(replay(log)) == ["outside-badge-period", "+", "+", "outside-badge-period"]


def test_the_period_is_that_of_the_version_in_force_at_processing(replay: Replay) -> None:
    log = [
        definition(end="2024-03-01T00:00:00Z"),
        definition(end="2024-06-01T00:00:00Z", since="2024-03-05T00:00:00Z"),
        earn("B", "c1", "2024-03-04T00:00:00Z", rid="r1"),
        earn("B", "c1", "2024-03-06T00:00:00Z", rid="r2", event="2024-03-04T00:00:00Z"),
    ]
    assert reasons(replay(log)) == ["outside-badge-period", "+"]


def test_an_issue_overlaps_an_admitted_one_until_it_expires(replay: Replay) -> None:
    log = [
        definition(issued=relative("DAYS", 2)),
        issue_bulk("B", ["c1"], "2024-02-01T10:00:00Z", rid="r1"),
        issue_bulk("B", ["c1", "c2"], "2024-02-03T09:59:59Z", rid="r2"),
        issue_bulk("B", ["c1"], "2024-02-03T10:00:00Z", rid="r3"),
    ]
    assert reasons(replay(log)) == ["+", "overlapping-issue", "+", "+"]


def test_a_rejected_issue_holds_no_validity(replay: Replay) -> None:
    """The second overlaps the first; the third overlaps the second alone, which was never admitted."""
    log = [
        definition(issued=relative("DAYS", 2)),
        issue_bulk("B", ["c1"], "2024-02-01T10:00:00Z", rid="r1"),
        issue_bulk("B", ["c1"], "2024-02-02T10:00:00Z", rid="r2"),
        issue_bulk("B", ["c1"], "2024-02-03T10:00:00Z", rid="r3"),
    ]
    assert reasons(replay(log)) == ["+", "overlapping-issue", "+"]


def test_a_late_issue_meets_a_later_one_that_was_admitted_before(replay: Replay) -> None:
    log = [
        definition(issued=relative("DAYS", 2)),
        issue_bulk("B", ["c1"], "2024-02-10T00:00:00Z", rid="r1"),
        issue_bulk("B", ["c1"], "2024-02-11T00:00:00Z", rid="r2", event="2024-02-08T00:00:01Z"),
        issue_bulk("B", ["c1"], "2024-02-12T00:00:00Z", rid="r3", event="2024-02-08T00:00:00Z"),
        issue_bulk("B", ["c1"], "2024-02-12T00:00:00Z", rid="r4", event="2024-02-07T00:00:00Z"),
        issue_bulk("B", ["c1"], "2024-02-12T00:00:00Z", rid="r5", event="2024-02-06T00:00:00Z"),
    ]
    assert reasons(replay(log)) == ["+", "overlapping-issue", "+", "overlapping-issue", "+"]


def test_earns_overlap_nothing_and_an_empty_validity_overlaps_nothing(replay: Replay) -> None:
    ended = {"expiryType": "ABSOLUTE", "type": "FIXED_DATE", "expiresOn": 1704067200}
    log = [
        definition(issued=never(), earned=never()),
        definition("C", issued=ended),
        issue_bulk("B", ["c1"], "2024-02-01T10:00:00Z", rid="r1"),
        earn("B", "c1", "2024-02-02T10:00:00Z", rid="r2"),
        issue_bulk("C", ["c1"], "2024-02-03T10:00:00Z", rid="r3"),
        issue_bulk("C", ["c1"], "2024-02-04T10:00:00Z", rid="r4"),
    ]
    assert reasons(replay(log)) == ["+", "+", "+", "+"]


def test_the_customer_s_limit_and_the_badge_s_limit_are_named(replay: Replay) -> None:
    log = [
        definition(limits=[fixed_value(1), fixed_value(2, "BADGE")]),
        earn_bulk("B", ["c1", "c1", "c2", "c3"], "2024-02-01T10:00:00Z"),
    ]
    replay(log).shows(
        "decisions",
        """
        position | decision | reason         | limit_name           | compared
        0        | ADMIT    |                |                      | same
        1        | REJECT   | customer-limit | CUSTOMER:FIXED_VALUE | newly-rejected
        2        | ADMIT    |                |                      | same
        3        | REJECT   | badge-limit    | BADGE:FIXED_VALUE    | newly-rejected
        """,
    )


def test_owners_are_no_reason(replay: Replay) -> None:
    log = [definition(owners=["Loyalty"]), earn("B", "c1", "2024-02-01T10:00:00Z", owner="Journeys")]
    assert reasons(replay(log)) == ["+"]


def test_a_kind_that_does_not_count_is_not_limited_and_takes_no_room(replay: Replay) -> None:
    """For a badge that is issued before it is earned, only earns count."""
    log = [
        definition(limits=[fixed_value(1)], earn_type="ISSUE_EARN", issued=relative("DAYS", 1)),
        issue_bulk("B", ["c1"], "2024-02-01T10:00:00Z", rid="r1"),
        earn("B", "c1", "2024-02-02T10:00:00Z", rid="r2"),
        earn("B", "c1", "2024-02-03T10:00:00Z", rid="r3"),
        issue_bulk("B", ["c1"], "2024-02-04T10:00:00Z", rid="r4"),
    ]
    assert reasons(replay(log)) == ["+", "+", "customer-limit", "+"]
    assert reasons(replay(log, counted="issue")) == ["+", "+", "+", "customer-limit"]
    assert reasons(replay(log, counted="both")) == ["+", "customer-limit", "customer-limit", "customer-limit"]


# --- precedence ---------------------------------------------------------------------------------------------------


def test_of_many_reasons_the_first_is_told(replay: Replay) -> None:
    """One more ground falls away with each row, from the last call of a used request id on."""
    everything = [fixed_value(0), fixed_value(0, "BADGE")]
    log = [
        definition(issued=never(), end="2024-03-01T00:00:00Z"),
        issue_bulk("B", ["c1"], "2024-02-01T00:00:00Z", rid="r1"),
        definition(
            issued=never(), end="2024-03-01T00:00:00Z", limits=everything, active=False, since="2024-02-02T00:00:00Z"
        ),
        issue_bulk("B", ["c1"], "2024-02-03T00:00:00Z", rid="r1", event="2024-03-05T00:00:00Z"),
        issue_bulk("B", ["c1"], "2024-02-03T00:00:00Z", rid="r2", event="2024-03-05T00:00:00Z"),
        definition(issued=never(), end="2024-03-01T00:00:00Z", limits=everything, since="2024-02-04T00:00:00Z"),
        issue_bulk("B", ["c1"], "2024-02-05T00:00:00Z", rid="r3", event="2024-03-05T00:00:00Z"),
        issue_bulk("B", ["c1"], "2024-02-05T00:00:00Z", rid="r4"),
        issue_bulk("B", ["c2"], "2024-02-05T00:00:00Z", rid="r5"),
        definition(
            issued=never(), end="2024-03-01T00:00:00Z", limits=[fixed_value(0, "BADGE")], since="2024-02-06T00:00:00Z"
        ),
        issue_bulk("B", ["c2"], "2024-02-07T00:00:00Z", rid="r6"),
    ]
    assert reasons(replay(log)) == [
        "+",
        "duplicate-request",
        "badge-not-active",
        "outside-badge-period",
        "overlapping-issue",
        "customer-limit",
        "badge-limit",
    ]


def test_within_a_scope_limits_are_looked_at_in_the_order_of_their_names(replay: Replay) -> None:
    every = [rolling(days=(1, 0), weeks=(1, 0), months=(1, 0)), every_days(3, 0), fixed_value(0)]
    names = [
        "CUSTOMER:FIXED_VALUE",
        "CUSTOMER:FIXED_WINDOW:DAYS:3",
        "CUSTOMER:ROLLING_WINDOW:DAYS:1",
        "CUSTOMER:ROLLING_WINDOW:MONTHS:1",
        "CUSTOMER:ROLLING_WINDOW:WEEKS:1",
    ]
    for place, name in enumerate(names):
        # The limits of the names before this one allow everything.
        numbers = {("B", earlier): 9 for earlier in names[:place]}
        found = replay([definition(limits=every), earn("B", "c1", "2024-02-01T10:00:00Z")], numbers=numbers)
        assert found.column("decisions", "limit_name") == [name]


# --- order, and comparison with the record ------------------------------------------------------------------------


def test_customers_are_decided_one_after_the_other_in_the_order_of_the_request(replay: Replay) -> None:
    log = [
        definition(limits=[fixed_value(2, "BADGE")]),
        earn_bulk("B", ["c3", "c1", "c2"], "2024-02-01T10:00:00Z"),
    ]
    admitted = replay(log).column("decisions", "customer_id", decision="ADMIT")
    assert admitted == ["c3", "c1"]


def test_recorded_outcomes_do_not_steer_replay(replay: Replay) -> None:
    """A row that the platform refused takes room when replay admits it, and crowds out a later one."""
    first = earn("B", "c1", "2024-02-01T10:00:00Z", rid="r1", answer=1039)
    log = [definition(limits=[fixed_value(1)]), first, earn("B", "c1", "2024-02-02T10:00:00Z", rid="r2")]
    replay(log).shows(
        "decisions",
        """
        request_id | decision | reason         | recorded_outcome | recorded_code | compared
        r1         | ADMIT    |                | REJECTED         | 1039          | newly-admitted
        r2         | REJECT   | customer-limit | ACCEPTED         |               | newly-rejected
        """,
    )


def test_accepted_and_assumed_rows_are_what_was_recorded_as_admitted(replay: Replay) -> None:
    log = [
        definition(limits=[fixed_value(4, "BADGE")]),
        earn("B", "c1", "2024-02-01T10:00:00Z", rid="r1", answer="i1"),
        unanswered(earn("B", "c1", "2024-02-02T10:00:00Z", rid="r2")),
        earn("B", "c1", "2024-02-03T10:00:00Z", rid="r3", answer="i1"),
        refused(earn_bulk("B", ["c1", "c2"], "2024-02-04T10:00:00Z", rid="r4"), 809),
    ]
    replay(log).shows(
        "decisions",
        """
        request_id | position | decision | recorded_outcome | recorded_code | compared
        r1         | 0        | ADMIT    | ACCEPTED         |               | same
        r2         | 0        | ADMIT    | ASSUMED          |               | same
        r3         | 0        | ADMIT    | REPEAT           |               | newly-admitted
        r4         | 0        | ADMIT    | REJECTED         | 809           | newly-admitted
        r4         | 1        | REJECT   | REJECTED         | 809           | same
        """,
    )


def test_the_rows_of_a_response_without_request_are_decided_too(replay: Replay) -> None:
    log = [define(definition(limits=[fixed_value(0)])), unasked(issue_bulk("B", ["c1"], "2024-02-01T10:00:00Z"))]
    assert reasons(replay(log)) == ["customer-limit"]


def test_as_of_leaves_out_later_calls_and_later_versions(replay: Replay) -> None:
    log = [
        definition(limits=[fixed_value(1)]),
        definition(limits=[fixed_value(0)], since="2024-02-02T00:00:00Z"),
        earn("B", "c1", "2024-02-01T10:00:00Z", rid="r1"),
        earn("B", "c2", "2024-02-03T10:00:00Z", rid="r2"),
    ]
    assert reasons(replay(log, as_of="2024-02-02T12:00:00Z")) == ["+"]
    assert reasons(replay(log)) == ["+", "customer-limit"]
