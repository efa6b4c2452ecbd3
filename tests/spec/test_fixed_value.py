"""A fixed value counts over the badge's whole life (RULEBOOK 6.3)."""

from __future__ import annotations

from harness import Audit, definition, earn, earn_bulk, fixed_value


def test_all_counted_rows_up_to_and_including_itself_in_processing_order(audit: Audit) -> None:
    log = [
        definition(limits=[fixed_value(1), fixed_value(3, "BADGE")]),
        earn("B", "c1", "2024-01-05T00:00:00Z", rid="r1"),
        earn("B", "c2", "2024-09-05T00:00:00Z", rid="r2", event="2024-01-01T00:00:00Z"),
        earn("B", "c1", "2024-12-05T00:00:00Z", rid="r3", event="2023-01-01T00:00:00Z"),
        earn_bulk("B", ["c3", "c2"], "2025-12-05T00:00:00Z", rid="r4"),
    ]
    audit(log).shows(
        "breaches",
        """
        limit_name           | issuance_id | count | number | excess
        CUSTOMER:FIXED_VALUE | r3.0        | 2     | 1      | 1
        CUSTOMER:FIXED_VALUE | r4.1        | 2     | 1      | 1
        BADGE:FIXED_VALUE    | r4.0        | 4     | 3      | 1
        BADGE:FIXED_VALUE    | r4.1        | 5     | 3      | 2
        """,
    )


def test_a_fixed_value_has_no_window_start_and_ends_behind_its_row(audit: Audit) -> None:
    log = [definition(limits=[fixed_value(0)]), earn("B", "c1", "2024-02-01T00:00:00Z", event="2024-01-05T00:00:00Z")]
    audit(log).shows("breaches", "window_start | window_end\n | 2024-02-01T00:00:00.000001Z")


def test_rows_of_the_time_before_the_limit_count_too(audit: Audit) -> None:
    log = [
        definition(),
        definition(limits=[fixed_value(2)], since="2024-03-01T00:00:00Z"),
        *(earn("B", "c1", f"2024-0{month}-02T00:00:00Z", rid=f"r{month}") for month in (1, 2, 3)),
    ]
    audit(log).shows("breaches", "request_id | count\nr3 | 3")
