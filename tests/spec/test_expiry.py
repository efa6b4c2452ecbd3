"""When an issuance expires, and its state (RULEBOOK 8)."""

from __future__ import annotations

import pytest
from harness import (
    Audit,
    Record,
    definition,
    earn,
    fixed_date,
    issue_bulk,
    never,
    relative,
    unanswered,
    with_badge,
)

AT, EVENT = "2024-02-10T00:00:00Z", "2024-02-01T00:00:00Z"


def expiries(audit: Audit, rule: Record | None, **settings: str) -> dict[str, tuple[str, str]]:
    """Rule and expiry of an earn and an issue of one event, processed nine days later."""
    log = [
        definition(earned=rule, issued=rule),
        earn("B", "c1", AT, rid="r1", event=EVENT),
        issue_bulk("B", ["c1"], AT, rid="r2", event=EVENT),
    ]
    found = audit(log, **settings)["expirations"]
    return {row["kind"]: (row["rule"], row["expires_at"]) for row in found}


def test_an_earn_processed_19_january_2026_with_relative_2_weeks_expires_2_february(audit: Audit) -> None:
    log = [
        definition(earned=relative("WEEKS", 2), end="2027-01-01T00:00:00Z"),
        earn("B", "c1", "2026-01-19T12:23:16.715319Z", event="2026-01-10T00:00:00Z"),
    ]
    audit(log).shows("expirations", "rule | expires_at\nRELATIVE:WEEKS:2 | 2026-02-02T12:23:16.715319Z")


def test_a_relative_expiry_counts_from_processed_at_for_an_earn_and_from_event_at_for_an_issue(audit: Audit) -> None:
    assert expiries(audit, relative("DAYS", 2)) == {
        "EARN": ("RELATIVE:DAYS:2", "2024-02-12T00:00:00.000000Z"),
        "ISSUE": ("RELATIVE:DAYS:2", "2024-02-03T00:00:00.000000Z"),
    }


def test_relative_units_are_24_hours_168_hours_and_calendar_months(audit: Audit) -> None:
    log = [
        definition("D", earned=relative("DAYS", 30), start="2024-01-01T00:00:00Z"),
        definition("W", earned=relative("WEEKS", 3)),
        definition("M", earned=relative("MONTHS", 13)),
        *(earn(badge, "c1", "2024-01-31T06:00:00Z", rid=badge) for badge in "DWM"),
    ]
    audit(log).shows(
        "expirations",
        """
        badge_id | rule             | expires_at
        D        | RELATIVE:DAYS:30 | 2024-03-01T06:00Z
        M        | RELATIVE:MONTHS:13 | 2025-02-28T06:00Z
        W        | RELATIVE:WEEKS:3 | 2024-02-21T06:00Z
        """,
    )


def test_a_month_may_be_set_to_30_days(audit: Audit) -> None:
    log = [definition(earned=relative("MONTHS", 2)), earn("B", "c1", "2024-01-31T06:00:00Z")]
    assert audit(log, month="calendar").column("expirations", "expires_at") == ["2024-03-31T06:00:00.000000Z"]
    assert audit(log, month="30-days").column("expirations", "expires_at") == ["2024-03-31T06:00:00.000000Z"]
    log = [definition(earned=relative("MONTHS", 1)), earn("B", "c1", "2024-01-31T06:00:00Z")]
    assert audit(log, month="calendar").column("expirations", "expires_at") == ["2024-02-29T06:00:00.000000Z"]
    assert audit(log, month="30-days").column("expirations", "expires_at") == ["2024-03-01T06:00:00.000000Z"]


def test_one_year_after_a_leap_day_is_28_february(audit: Audit) -> None:
    log = [definition(earned=relative("MONTHS", 12)), earn("B", "c1", "2024-02-29T06:00:00Z")]
    assert audit(log).column("expirations", "expires_at") == ["2025-02-28T06:00:00.000000Z"]


def test_a_fixed_date_is_its_own_date(audit: Audit) -> None:
    assert expiries(audit, fixed_date("2024-09-18T10:33:04Z")) == {
        "EARN": ("FIXED_DATE", "2024-09-18T10:33:04.000000Z"),
        "ISSUE": ("FIXED_DATE", "2024-09-18T10:33:04.000000Z"),
    }


def test_with_badge_meta_is_the_end_of_the_badge_and_a_nested_date_is_ignored(audit: Audit) -> None:
    assert expiries(audit, with_badge() | {"expiresOn": 1726655584}) == {
        "EARN": ("WITH_BADGE_META", "2025-01-01T00:00:00.000000Z"),
        "ISSUE": ("WITH_BADGE_META", "2025-01-01T00:00:00.000000Z"),
    }


def test_with_badge_meta_takes_the_end_of_the_version_in_force_when_processed(audit: Audit) -> None:
    log = [
        definition(earned=with_badge(), end="2024-06-01T00:00:00Z"),
        definition(earned=with_badge(), end="2024-09-01T00:00:00Z", since="2024-03-01T00:00:00Z"),
        earn("B", "c1", "2024-02-29T23:59:59.999999Z", rid="r1"),
        earn("B", "c1", "2024-03-01T00:00:00Z", rid="r2"),
    ]
    assert audit(log).column("expirations", "expires_at") == [
        "2024-06-01T00:00:00.000000Z",
        "2024-09-01T00:00:00.000000Z",
    ]


def test_never_is_decided_by_the_expiry_type_alone(audit: Audit) -> None:
    rule = never() | {"type": "FIXED_DATE", "expiresOn": 1726655584, "relativeExpiryType": "DAYS", "value": 2}
    assert expiries(audit, rule) == {"EARN": ("NEVER", ""), "ISSUE": ("NEVER", "")}


def test_without_a_rule_an_issuance_expires_with_its_badge(audit: Audit) -> None:
    assert expiries(audit, None) == {
        "EARN": ("BADGE_END", "2025-01-01T00:00:00.000000Z"),
        "ISSUE": ("BADGE_END", "2025-01-01T00:00:00.000000Z"),
    }


def test_issue_and_earn_have_rules_of_their_own(audit: Audit) -> None:
    log = [
        definition(earned=never(), issued=relative("DAYS", 1)),
        earn("B", "c1", AT, rid="r1"),
        issue_bulk("B", ["c1"], AT, rid="r2"),
    ]
    audit(log).shows("expirations", "kind | rule\nEARN | NEVER\nISSUE | RELATIVE:DAYS:1")


def test_the_instant_of_expiry_is_expired(audit: Audit) -> None:
    log = [definition(earned=relative("DAYS", 2)), earn("B", "c1", AT)]
    assert audit(log, as_of="2024-02-11T23:59:59.999999Z").column("expirations", "state") == ["ACTIVE"]
    assert audit(log, as_of="2024-02-12T00:00:00Z").column("expirations", "state") == ["EXPIRED"]


def test_what_never_expires_is_active(audit: Audit) -> None:
    log = [definition(earned=never()), earn("B", "c1", AT)]
    assert audit(log, as_of="2500-01-01T00:00:00Z").column("expirations", "state") == ["ACTIVE"]


def test_only_accepted_and_assumed_rows_have_an_expiry(audit: Audit) -> None:
    log = [
        definition(),
        earn("B", "c1", AT, rid="accepted", answer="e1"),
        unanswered(earn("B", "c1", AT, rid="assumed")),
        earn("B", "c1", AT, rid="rejected", answer=816),
        earn("B", "c1", "2024-02-11T00:00:00Z", rid="repeat", answer="e1"),
    ]
    audit(log).shows("expirations", "issuance_id\ne1\nassumed/0")


# --- what the response said ---


@pytest.mark.parametrize(
    ("reported", "codes"),
    [
        ("2024-02-12T00:00:02Z", []),
        ("2024-02-11T23:59:58Z", []),
        ("2024-02-12T00:00:02.000001Z", ["expiry-mismatch"]),
        ("2024-02-11T23:59:57.999999Z", ["expiry-mismatch"]),
    ],
)
def test_the_expiry_of_the_response_is_compared_with_two_seconds_of_grace(
    audit: Audit, reported: str, codes: list[str]
) -> None:
    tables = audit([definition(earned=relative("DAYS", 2)), earn("B", "c1", AT, expires=reported)])
    assert tables.codes() == codes
    tables.shows("expirations", f"expires_at | reported_expires_at\n2024-02-12T00:00Z | {reported}")


def test_a_mismatch_is_an_error_that_names_both_values(audit: Audit) -> None:
    tables = audit([definition(), earn("B", "c1", AT, expires="2024-03-01T00:00:00Z")])
    tables.shows("findings", "code | severity | platform_code | issuance_id\nexpiry-mismatch | error | | r1.0")
    detail = tables.column("findings", "detail")[0]
    assert "2025-01-01" in detail
    assert "2024-03-01" in detail


@pytest.mark.parametrize(
    ("reported", "codes"),
    [("2089-12-31T23:59:59.999999Z", ["expiry-mismatch"]), ("2090-01-01T00:00:00Z", []), ("2124-08-30T00:00:37Z", [])],
)
def test_a_response_in_or_after_2090_against_never_is_no_mismatch(
    audit: Audit, reported: str, codes: list[str]
) -> None:
    assert audit([definition(earned=never()), earn("B", "c1", AT, expires=reported)]).codes() == codes


def test_only_accepted_rows_are_compared(audit: Audit) -> None:
    call = issue_bulk("B", ["c1", "c2"], AT, answers=[("c1", "i1"), ("c2", 1040)], expires="2024-03-01T00:00:00Z")
    tables = audit([definition(earn_type="ISSUE_EARN"), call])
    assert tables.column("findings", "issuance_id", code="expiry-mismatch") == ["i1"]


def test_the_reported_expiry_is_that_of_the_response_for_all_rows_of_its_call(audit: Audit) -> None:
    call = issue_bulk("B", ["c1", "c2"], AT, answers=[("c1", "i1"), ("c2", 1040)], expires="2024-03-01T00:00:00Z")
    assert audit([call]).column("issuances", "reported_expires_at") == ["2024-03-01T00:00:00.000000Z"] * 2


def test_an_issue_of_an_unknown_badge_expires_nowhere(audit: Audit) -> None:
    tables = audit([issue_bulk("X", ["c1"], AT, expires="2024-03-01T00:00:00Z")])
    tables.shows("expirations", "rule | expires_at | state\n | | ACTIVE")
    assert tables.codes() == ["unknown-badge"]
