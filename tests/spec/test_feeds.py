"""What a feed declares: the zone of times that it writes without offset (RULEBOOK 2)."""

from __future__ import annotations

from harness import Audit, Record, definition, earn


def local(wall: str, rid: str = "r1") -> Record:
    call = earn("B", "c1", wall, rid=rid)
    call["request"]["earnEventDateISO"] = wall
    return call


def test_a_time_without_offset_is_read_in_the_zone_of_its_feed(audit: Audit) -> None:
    tables = audit([definition(), local("2024-02-01T00:00:00.5")], feed_zone="Asia/Kolkata")
    tables.shows("issuances", "processed_at | event_at\n2024-01-31T18:30:00.5Z | 2024-01-31T18:30:00.5Z")


def test_the_zone_of_the_feed_is_not_that_of_the_cluster(audit: Audit) -> None:
    tables = audit([local("2024-02-01 00:00")], feed_zone="Asia/Kolkata", zone="America/New_York")
    assert tables.column("issuances", "event_at") == ["2024-01-31T18:30:00.000000Z"]
    assert audit([local("2024-02-01 00:00")], zone="Asia/Kolkata").column("quarantine", "reason") == [
        "timestamp-without-offset"
    ]


def test_a_time_with_offset_is_what_it_says_in_every_feed(audit: Audit) -> None:
    tables = audit([local("2024-02-01T00:00:00Z")], feed_zone="Asia/Kolkata")
    assert tables.column("issuances", "event_at") == ["2024-02-01T00:00:00.000000Z"]


def test_a_wall_time_that_does_not_exist_moves_forward_and_one_that_occurs_twice_is_the_first(audit: Audit) -> None:
    log = [local("2024-03-10T02:30:00", "spring"), local("2024-11-03T01:30:00", "autumn")]
    audit(log, feed_zone="America/New_York").shows(
        "issuances",
        """
        request_id | event_at
        spring     | 2024-03-10T07:30Z
        autumn     | 2024-11-03T05:30Z
        """,
    )
    log = [local("2024-10-06T02:15:00", "spring"), local("2024-04-07T01:45:00", "autumn")]
    audit(log, feed_zone="Australia/Lord_Howe").shows(
        "issuances",
        """
        request_id | event_at
        autumn     | 2024-04-06T14:45Z
        spring     | 2024-10-05T15:45Z
        """,
    )
