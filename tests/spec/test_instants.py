"""Instants and how the log writes them (RULEBOOK 2)."""

from __future__ import annotations

import json

from harness import Audit, Record, definition, earn, issue_bulk, without


def dated(value: object, rid: str = "r1") -> Record:
    """An earn of 20 April 2024 whose event date is written as `value`."""
    call = earn("B", "c1", "2024-04-20T00:00:00Z", rid=rid)
    call["request"]["earnEventDate"] = value
    return call


def event_of(audit: Audit, *values: object) -> list[str]:
    tables = audit([definition(), *(dated(value, f"r{place}") for place, value in enumerate(values))])
    assert tables["quarantine"] == []
    return tables.column("issuances", "event_at")


def test_numbers_are_epoch_seconds(audit: Audit) -> None:
    assert event_of(audit, 1713860055, 1713860055.25) == [
        "2024-04-23T08:14:15.000000Z",
        "2024-04-23T08:14:15.250000Z",
    ]


def test_digits_after_the_sixth_are_cut_from_the_number_as_written(audit: Audit) -> None:
    assert event_of(audit, "1713860055.1929999", "1713860055.9999999", "-1.5000009", "1799632870.000000000") == [
        "2024-04-23T08:14:15.192999Z",
        "2024-04-23T08:14:15.999999Z",
        "1969-12-31T23:59:58.500000Z",
        "2027-01-11T02:01:10.000000Z",
    ]


def test_a_json_number_is_decimal_text_and_never_a_double(audit: Audit) -> None:
    lines = [json.dumps(dated(0, f"r{place}")) for place in range(3)]
    written = ["1713860055.123456999999999", "1.713860055e9", "4880649637.192001"]
    log = [
        line.replace('"earnEventDate": 0', f'"earnEventDate": {text}')
        for line, text in zip(lines, written, strict=True)
    ]
    assert audit([definition(), *log]).column("issuances", "event_at") == [
        "2024-04-23T08:14:15.123456Z",
        "2024-04-23T08:14:15.000000Z",
        "2124-08-30T00:00:37.192001Z",
    ]


def test_numeric_strings_are_numbers(audit: Audit) -> None:
    assert event_of(audit, "1713860055", "1713860055.5") == [
        "2024-04-23T08:14:15.000000Z",
        "2024-04-23T08:14:15.500000Z",
    ]


def test_milliseconds_and_microseconds_are_repaired(audit: Audit) -> None:
    assert event_of(audit, 1713860055123, 1713860055123456, "1713860055123.4567", "1713860055123456.9") == [
        "2024-04-23T08:14:15.123000Z",
        "2024-04-23T08:14:15.123456Z",
        "2024-04-23T08:14:15.123456Z",
        "2024-04-23T08:14:15.123456Z",
    ]


def test_the_magnitude_tells_seconds_from_milliseconds_from_microseconds(audit: Audit) -> None:
    assert event_of(audit, 99_999_999_999, 100_000_000_000, 99_999_999_999_999, 100_000_000_000_000) == [
        "5138-11-16T09:46:39.000000Z",
        "1973-03-03T09:46:40.000000Z",
        "5138-11-16T09:46:39.999000Z",
        "1973-03-03T09:46:40.000000Z",
    ]


def test_repaired_units_are_one_finding_for_a_file_and_field(audit: Audit) -> None:
    tables = audit(
        {
            "a.jsonl": [definition(), dated(1713860055123, "r1"), dated(1713860055124, "r2")],
            "b.jsonl": [dated(1713860055125, "r3"), dated(1713860055, "r4")],
        }
    )
    tables.shows(
        "findings",
        """
        code                    | badge_id | processed_at | severity | platform_code | source_file
        timestamp-unit-repaired |          |              | error    |               | a.jsonl
        timestamp-unit-repaired |          |              | error    |               | b.jsonl
        """,
    )


def test_seconds_need_no_repair(audit: Audit) -> None:
    assert audit([definition(), dated(1713860055)]).codes() == []


def test_iso_text_may_be_written_in_many_ways(audit: Audit) -> None:
    written = [
        "2024-04-23T13:44:15+05:30",
        "2024-04-23T13:44:15+0530",
        "2024-04-23T13:14:15+05",
        "2024-04-23 08:14:15Z",
        "2024-04-23T08:14Z",
        "2024-04-23T08:14:15.1Z",
        "2024-04-23T08:14:15.1234569Z",
        "2024-04-23T00:14:15-08:00",
    ]
    assert event_of(audit, *written) == [
        "2024-04-23T08:14:15.000000Z",
        "2024-04-23T08:14:15.000000Z",
        "2024-04-23T08:14:15.000000Z",
        "2024-04-23T08:14:15.000000Z",
        "2024-04-23T08:14:00.000000Z",
        "2024-04-23T08:14:15.100000Z",
        "2024-04-23T08:14:15.123456Z",
        "2024-04-23T08:14:15.000000Z",
    ]


def twins(number: object, iso: str) -> Record:
    call = dated(number)
    call["request"]["earnEventDateISO"] = iso
    return call


def test_in_a_request_the_iso_twin_wins(audit: Audit) -> None:
    tables = audit([definition(), twins(1713860055, "2024-04-23T13:44:16+05:30")])
    assert tables.column("issuances", "event_at") == ["2024-04-23T08:14:16.000000Z"]


def test_the_iso_twin_alone_is_enough(audit: Audit) -> None:
    call = twins(None, "2024-04-23T08:14:15Z")
    assert audit([definition(), call]).column("issuances", "event_at") == ["2024-04-23T08:14:15.000000Z"]


def test_in_a_response_the_number_wins(audit: Audit) -> None:
    call = issue_bulk("B", ["c1"], "2024-04-20T00:00:00Z", expires="2025-01-01T00:00:00Z")
    call["response"]["data"]["expiresOnISO"] = "2031-01-15T09:32:37Z"
    tables = audit([definition(), call])
    assert tables.column("issuances", "reported_expires_at") == ["2025-01-01T00:00:00.000000Z"]
    tables.shows("findings", "code | source_file\ntimestamp-conflict | log.jsonl", code="timestamp-conflict")


def test_in_a_stored_definition_the_number_wins(audit: Audit) -> None:
    stored = definition("B", since="2023-12-01T00:00:00Z", startOnISO="2024-02-02T00:00:00Z")
    created = without(definition("C", startOnISO="2024-02-02T00:00:00Z"), "lastUpdatedOn")
    created["createdOn"] = 1701388800
    audit([stored, created]).shows(
        "badges",
        """
        badge_id | starts_at
        B        | 2024-01-01T00:00Z
        C        | 2024-01-01T00:00Z
        """,
    )


def test_in_the_definition_of_a_request_the_iso_twin_wins(audit: Audit) -> None:
    body = definition(since=None, startOnISO="2024-02-02T00:00:00Z")
    sent = {"loggedAt": "2023-12-01T00:00:00Z", "endpoint": "badgeMeta", "request": body}
    tables = audit([sent])
    assert tables.column("badges", "starts_at") == ["2024-02-02T00:00:00.000000Z"]
    assert tables.codes() == ["timestamp-conflict"]


def test_twins_conflict_beyond_one_second(audit: Audit) -> None:
    within = twins(1713860055, "2024-04-23T08:14:16Z")
    beyond = twins(1713860055, "2024-04-23T08:14:16.000001Z")
    assert audit([definition(), within]).codes() == []
    assert audit([definition(), beyond]).codes() == ["timestamp-conflict"]
