"""What if the rules had been others: each entry of the file of rules, and from when on it holds (readings, Replay)."""

from __future__ import annotations

from feeds import element, imported, revoke_earn, told
from harness import (
    Record,
    Tables,
    define,
    definition,
    earn,
    every_days,
    fixed_date,
    fixed_value,
    issue_bulk,
    never,
    relative,
    rolling,
)
from replaying import Replay

DAYS = [earn("B", "c1", f"2024-02-0{day}T10:00:00Z", rid=f"r{day}") for day in (1, 2, 3, 4)]


def decided(found: Tables) -> str:
    """A letter for each row: admitted, rejected."""
    return "".join(row["decision"][0] for row in found["decisions"])


def limit(name: str, rest: str) -> str:
    return f'[[limits]]\nlimit = "{name}"\n{rest}\n'


def test_a_limit_is_added_replaced_or_removed(replay: Replay) -> None:
    plain, once = definition(), definition(limits=[fixed_value(1)])
    life = "CUSTOMER:FIXED_VALUE"
    assert decided(replay([plain, *DAYS], other=limit(life, "number = 2\nadd = true"))) == "AARR"
    assert decided(replay([once, *DAYS], other=limit(life, "number = 2\nadd = true"))) == "AARR"
    assert decided(replay([once, *DAYS], other=limit(life, "remove = true"))) == "AAAA"
    two_days = limit("CUSTOMER:FIXED_WINDOW:DAYS:2", f'number = 1\nreplaces = "{life}"')
    found = replay([once, *DAYS], other=two_days)
    # The badge starts on 1 January, so that one cycle is 31 January and 1 February, the next 2 and 3 February.
    found.shows(
        "decisions",
        """
        request_id | decision | limit_name
        r1         | ADMIT    |
        r2         | ADMIT    |
        r3         | REJECT   | CUSTOMER:FIXED_WINDOW:DAYS:2
        r4         | ADMIT    |
        """,
    )


def test_only_versions_that_carry_the_limit_get_another_number(replay: Replay) -> None:
    log = [definition(), definition(limits=[fixed_value(9)], since="2024-02-03T00:00:00Z"), *DAYS]
    assert decided(replay(log, other=limit("CUSTOMER:FIXED_VALUE", "number = 0"))) == "AARR"


def test_from_an_instant_on_a_version_is_in_force(replay: Replay) -> None:
    other = limit("CUSTOMER:FIXED_VALUE", "number = 3\nfrom = 2024-02-03T10:00:00Z")
    assert decided(replay([definition(limits=[fixed_value(1)]), *DAYS], other=other)) == "ARAA"


def test_what_comes_into_force_later_is_changed_as_well(replay: Replay) -> None:
    log = [
        definition(limits=[fixed_value(1)]),
        definition(limits=[fixed_value(1), fixed_value(9, "BADGE")], since="2024-02-04T00:00:00Z"),
        *DAYS,
    ]
    other = limit("CUSTOMER:FIXED_VALUE", "number = 3\nfrom = 2024-02-03T00:00:00Z")
    assert decided(replay(log, other=other)) == "ARAA"


def test_before_that_instant_the_earliest_version_still_says_what_it_said(replay: Replay) -> None:
    """It is known from a later day only, and covers all time before that day."""
    log = [definition(limits=[fixed_value(1)], since="2024-03-01T00:00:00Z"), *DAYS]
    other = limit("CUSTOMER:FIXED_VALUE", "number = 3\nfrom = 2024-02-03T00:00:00Z")
    assert decided(replay(log, other=other)) == "ARAA"


def test_a_window_that_changes_at_that_instant_runs_to_the_end_of_its_cycle(replay: Replay) -> None:
    """Three days from 1 January: 31 January to 2 February; from then on every day is a cycle."""
    log = [definition(limits=[every_days(3, 1)]), *DAYS]
    other = limit(
        "CUSTOMER:FIXED_WINDOW:DAYS:1",
        'number = 1\nreplaces = "CUSTOMER:FIXED_WINDOW:DAYS:3"\nfrom = 2024-02-01T11:00:00Z',
    )
    assert decided(replay(log)) == "ARAR"
    assert decided(replay(log, other=other)) == "ARAA"


def test_badges_are_chosen_by_id_or_by_a_glob_on_their_names(replay: Replay) -> None:
    log = [
        *(definition(badge, name=name, limits=[fixed_value(0)]) for badge, name in (("B", "Gold 1"), ("C", "gold 2"))),
        definition("D", name="Gold 3", limits=[fixed_value(0)], since="2023-11-01T00:00:00Z"),
        definition("D", name="Silver", limits=[fixed_value(0)]),
        *(earn(badge, "c1", "2024-02-01T10:00:00Z", rid=badge) for badge in "BCD"),
    ]

    def admitted(choice: str) -> list[str]:
        found = replay(log, other=limit("CUSTOMER:FIXED_VALUE", f"remove = true\n{choice}"))
        return found.column("decisions", "badge_id", decision="ADMIT")

    assert admitted('badge = "C"') == ["C"]
    assert admitted('name = "Gold *"') == ["B"]
    assert admitted('name = "?[io]l*"') == ["B", "C", "D"]
    assert admitted("") == ["B", "C", "D"]


def test_a_later_entry_sees_what_an_earlier_one_made(replay: Replay) -> None:
    entries = limit("CUSTOMER:FIXED_VALUE", "number = 1\nadd = true") + limit(
        "CUSTOMER:FIXED_VALUE", "number = 2\nfrom = 2024-02-02T00:00:00Z"
    )
    assert decided(replay([definition(), *DAYS], other=entries)) == "AARR"


def test_period_and_activity_of_a_badge(replay: Replay) -> None:
    log = [definition(), *DAYS]
    assert decided(replay(log, other="[[badges]]\nstarts_at = 2024-02-02T10:00:00Z\n")) == "RAAA"
    assert decided(replay(log, other='[[badges]]\nexpires_at = "2024-02-03T10:00:00Z"\n')) == "AARR"
    assert decided(replay(log, other="[[badges]]\nactive = false\nfrom = 2024-02-04T10:00:00Z\n")) == "AAAR"


def test_an_expiry_of_issues_decides_which_of_them_overlap(replay: Replay) -> None:
    log = [
        definition(issued=never()),
        *(issue_bulk("B", ["c1"], f"2024-02-0{day}T10:00:00Z", rid=f"r{day}") for day in (1, 2, 3)),
    ]
    assert decided(replay(log)) == "ARR"
    for expiry, expected in (
        ("RELATIVE:DAYS:1", "AAA"),
        ("RELATIVE:DAYS:2", "ARA"),
        ("FIXED_DATE:2024-02-02T12:00:00Z", "ARA"),
        ("BADGE_END", "ARR"),
        ("NEVER", "ARR"),
    ):
        assert decided(replay(log, other=f'[[badges]]\nissued_expiry = "{expiry}"\n')) == expected, expiry
    with_end = '[[badges]]\nissued_expiry = "WITH_BADGE_META"\nexpires_at = 2024-06-01T00:00:00Z\n'
    assert decided(replay([definition(issued=fixed_date("2024-02-01T11:00:00Z")), *log[1:]], other=with_end)) == "ARR"


def test_settings_of_a_badge_hold_for_it_alone(replay: Replay) -> None:
    """An hour past midnight in Kolkata is the day before in UTC."""
    evening = [
        earn(badge, "c1", at, rid=f"{badge}{at}")
        for badge in "BC"
        for at in ("2024-02-01T18:00:00Z", "2024-02-01T19:00:00Z")
    ]
    log = [*(definition(badge, limits=[every_days(1, 1)]) for badge in "BC"), *evening]
    kolkata = '{zone = "Asia/Kolkata"}'
    found = replay(log, other=f'[[badges]]\nbadge = "B"\nsettings = {kolkata}\n')
    assert found.column("decisions", "decision", badge_id="B") == ["ADMIT", "ADMIT"]
    assert found.column("decisions", "decision", badge_id="C") == ["ADMIT", "REJECT"]
    found = replay(log, other='[settings]\nzone = "Asia/Kolkata"\n')
    assert found.column("decisions", "decision") == ["ADMIT"] * 4


def test_kind_and_clock_are_settings_of_a_badge_too(replay: Replay) -> None:
    late = earn("B", "c1", "2024-02-05T10:00:00Z", rid="late", event="2024-02-01T09:00:00Z")
    log = [definition(limits=[rolling(days=(4, 1))]), DAYS[0], late]
    assert decided(replay(log)) == "AA"
    assert decided(replay(log, rolling_edge="local-day", other='[settings]\nrolling_edge = "instant"\n')) == "AA"
    early = earn("B", "c1", "2024-02-05T09:00:00Z", rid="early", event="2024-02-01T11:00:00Z")
    assert decided(replay([log[0], DAYS[0], early])) == "AR"
    event = '[[badges]]\nsettings = {rolling_clock = "event"}\n'
    assert decided(replay([log[0], DAYS[0], late], other=event)) == "AA"
    assert decided(replay([log[0], DAYS[0], early], other=event)) == "AR"
    issues_alone = '[[badges]]\nsettings = {counted = "issue"}\n'
    assert decided(replay([log[0], DAYS[0], early], other=issues_alone)) == "AA"


def test_owners_are_no_reason(replay: Replay) -> None:
    log = [definition(), earn("B", "c1", "2024-02-01T10:00:00Z", owner="Journeys")]
    other = '[[badges]]\nowners = ["Loyalty"]\nearned_expiry = "NEVER"\n'
    assert decided(replay(log, other=other)) == "A"


def patterns(found: Tables) -> dict[str, str]:
    """`+` or `-` for each row of a badge, in processing order."""
    told_of: dict[str, str] = {}
    for row in found["decisions"]:
        told_of[row["badge_id"]] = told_of.get(row["badge_id"], "") + ("+" if row["decision"] == "ADMIT" else "-")
    return told_of


def tagged(badge: str, *tags: object) -> Record:
    return definition(badge, limits=[fixed_value(1)]) | {"tags": list(tags)}


def test_badges_are_chosen_by_a_tag_of_their_last_version(replay: Replay) -> None:
    gold, silver = {"name": "tier", "value": "gold"}, {"name": "tier", "value": "silver"}
    later = definition("M", limits=[fixed_value(1)], since="2024-01-01T00:00:00Z", name="another")
    again = define(tagged("R", gold)), define(tagged("R", {"name": "x"}), "2024-01-01T00:00:00Z")
    log = [
        tagged("G", gold, "new"),
        tagged("S", silver),
        tagged("N", {"value": "gold"}, {"name": ["tier"]}, None),
        # A badge has the tags of its last version, and a version those of every line that tells it.
        tagged("M", gold),
        later,
        *again,
        *(earn(badge, "c1", f"2024-02-0{day}T10:00:00Z", rid=f"r{day}") for badge in "GSNMR" for day in range(1, 6)),
    ]
    other = """
        [[limits]]
        tag = "tier"
        limit = "CUSTOMER:FIXED_VALUE"
        number = 2
        [[limits]]
        tag = "tier=gold"
        limit = "CUSTOMER:FIXED_VALUE"
        number = 3
        [[limits]]
        tag = "new"
        limit = "CUSTOMER:FIXED_VALUE"
        number = 4
        [[limits]]
        name = "anoth??"
        limit = "CUSTOMER:FIXED_VALUE"
        number = 0
    """
    assert patterns(replay(log, other=other)) == {"G": "++++-", "S": "++---", "N": "+----", "M": "-----", "R": "+++--"}


def test_settings_hold_from_an_instant_on_and_what_was_before_stays(replay: Replay) -> None:
    def earns(badge: str, *clocks: str) -> list[Record]:
        """Earns of customer c1 in February 2024: when processed, and behind a slash when they happened."""
        pairs = [[f"2024-02-{clock}:00Z" for clock in one.split("/")] for one in clocks]
        return [earn(badge, "c1", at[0], rid=f"r{place}", event=at[-1]) for place, at in enumerate(pairs)]

    def one_a_day(badge: str) -> Record:
        return definition(badge, limits=[rolling(days=(1, 1))], start="2023-01-01T00:00:00Z")

    def one_in_all(badge: str) -> Record:
        return definition(badge, limits=[fixed_value(1)], issued=relative("DAYS", 1), start="2023-01-01T00:00:00Z")

    log = [
        # The span of a row is that of the clock at its processing: events before are seen by the event clock, too.
        one_a_day("clock"),
        *earns("clock", "09T10:00", "09T11:00/05T00:00", "10T05:00/01T00:00", "11T05:00/09T12:00"),
        one_a_day("edge"),
        *earns("edge", "08T20:00", "09T10:00", "10T20:00", "11T10:00"),
        # What was issued before keeps its validity.
        definition("month", issued=relative("MONTHS", 1), start="2023-01-01T00:00:00Z"),
        issue_bulk("month", ["c1"], "2024-01-31T00:00:00Z", rid="r1"),
        issue_bulk("month", ["c2"], "2024-02-11T00:00:00Z", rid="r2"),
        issue_bulk("month", ["c1"], "2024-02-12T00:00:00Z", rid="r3"),
        issue_bulk("month", ["c2"], "2024-03-11T12:00:00Z", rid="r4"),
        issue_bulk("month", ["c2"], "2024-03-12T00:00:00Z", rid="r5"),
        # An issue that counted when it came takes room from an earn; one that comes later takes none.
        one_in_all("counted"),
        issue_bulk("counted", ["c1"], "2024-02-01T00:00:00Z", rid="i1"),
        *earns("counted", "02T00:00", "11T00:00"),
        issue_bulk("counted", ["c1"], "2024-02-12T00:00:00Z", rid="i2"),
        # A revocation gives room back where the setting of its own instant says so.
        one_in_all("revoked"),
        earn("revoked", "c1", "2024-02-01T00:00:00Z", rid="r1", answer="e1"),
        earn("revoked", "c2", "2024-02-01T00:00:00Z", rid="r2", answer="e2"),
        revoke_earn("revoked", "c1", "e1", "2024-02-05T00:00:00Z"),
        earn("revoked", "c1", "2024-02-11T00:00:00Z", rid="r3", answer="e3"),
        revoke_earn("revoked", "c2", "e2", "2024-02-12T00:00:00Z"),
        earn("revoked", "c2", "2024-02-13T00:00:00Z", rid="r4", answer="e4"),
        one_in_all("imported"),
        imported([element("imported", "c1")], "2024-02-01T00:00:00Z", [told("c1", "f1")]),
        imported([element("imported", "c2")], "2024-02-11T00:00:00Z", [told("c2", "f2")]),
        earn("imported", "c1", "2024-02-12T00:00:00Z", rid="r1"),
        earn("imported", "c2", "2024-02-12T00:00:00Z", rid="r2"),
        # The cycle that holds the instant ends with the first midnight of the new zone behind it, 18:30 UTC.
        definition("zone", limits=[every_days(1, 1)], start="2023-01-01T00:00:00Z"),
        *earns("zone", "09T10:00", "09T20:00", "10T10:00", "10T18:00", "10T19:00", "11T18:00", "11T18:30"),
    ]
    settings = {
        "clock": 'rolling_clock = "event"',
        "edge": 'rolling_edge = "local-day"',
        "month": 'month = "30-days"',
        "counted": 'counted = "earn"',
        "revoked": 'revoked = "exclude"',
        "imported": 'imported = "ignore"',
        "zone": 'zone = "Asia/Kolkata"',
    }
    other = "\n".join(
        f'[[badges]]\nbadge = "{badge}"\nfrom = 2024-02-10T00:00:00Z\nsettings = {{ {given} }}'
        for badge, given in settings.items()
    )
    assert patterns(replay(log, other=other)) == {
        "clock": "+-+-",
        "edge": "+-++",
        "month": "++--+",
        "counted": "+--+",
        "revoked": "++-+",
        "imported": "-+",
        "zone": "+-+-+-+",
    }
