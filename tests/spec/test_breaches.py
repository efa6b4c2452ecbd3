"""A breach carries its evidence (RULEBOOK 7)."""

from __future__ import annotations

from harness import Audit, definition, earn, every_days, fixed_value, issue_bulk


def test_a_breach_carries_its_evidence(audit: Audit) -> None:
    log = {
        "calls/one.jsonl": [
            definition("B", name="Ten off", limits=[every_days(3, 1)]),
            earn("B", "c1", "2024-01-05T00:00:00Z", rid="r1"),
            earn("B", "c1", "2024-01-06T00:00:00Z", rid="r2", event="2024-01-05T10:00:00Z", owner="Loyalty"),
        ]
    }
    tables = audit(log)
    tables.shows(
        "breaches",
        """
        badge_id | limit_name                   | processed_at      | badge_name | scope    | customer_id | number | count | excess
        B        | CUSTOMER:FIXED_WINDOW:DAYS:3 | 2024-01-06T00:00Z | Ten off    | CUSTOMER | c1          | 1      | 2     | 1
        """,  # noqa: E501
    )
    tables.shows(
        "breaches",
        """
        window_start      | window_end        | event_at          | issuance_id | request_id | owner_type | source_file     | source_line
        2024-01-04T00:00Z | 2024-01-07T00:00Z | 2024-01-05T10:00Z | r2.0        | r2         | Loyalty    | calls/one.jsonl | 3
        """,  # noqa: E501
    )
    row = tables["breaches"][0]
    assert row["row_key"] == tables.column("issuances", "row_key", request_id="r2")[0]
    assert row["breach_id"] == f"{row['row_key']}~CFD3"
    assert row["version"] == tables.column("limits", "version")[0]


def test_count_above_number_is_a_breach_and_count_at_number_is_none(audit: Audit) -> None:
    log = [
        definition(limits=[fixed_value(2)]),
        *(earn("B", "c1", f"2024-01-0{day}T00:00:00Z", rid=f"r{day}") for day in (1, 2, 3)),
    ]
    assert audit(log).column("breaches", "request_id") == ["r3"]


def test_the_version_of_a_breach_is_the_one_in_force_when_it_was_processed(audit: Audit) -> None:
    log = [
        definition(limits=[every_days(5, 0)]),
        definition(limits=[every_days(9, 7)], since="2024-01-06T00:00:00Z"),
        earn("B", "c1", "2024-01-08T00:00:00Z", event="2024-01-02T00:00:00Z"),
    ]
    tables = audit(log)
    tables.shows("breaches", "limit_name | number\nCUSTOMER:FIXED_WINDOW:DAYS:5 | 0")
    assert tables.column("breaches", "version")[0].startswith("2024-01-06T00:00:00.000000Z~")


def test_the_name_of_the_badge_is_that_of_its_last_version(audit: Audit) -> None:
    log = [
        definition(name="old", limits=[fixed_value(0)]),
        definition(name="new", limits=[fixed_value(0)], since="2024-06-01T00:00:00Z"),
        earn("B", "c1", "2024-01-08T00:00:00Z"),
    ]
    assert audit(log).column("badges", "name") == ["new"]


def test_an_issue_is_a_breach_like_an_earn_when_its_kind_counts(audit: Audit) -> None:
    log = [
        definition(earn_type="ISSUE_EARN", limits=[fixed_value(1)]),
        issue_bulk("B", ["c1", "c1"], "2024-01-08T00:00:00Z"),
    ]
    assert audit(log)["breaches"] == []
    assert audit(log, counted="issue").column("breaches", "issuance_id") == ["r1.1"]
