"""What if the rules had been others: each entry of the file of rules, and from when on it holds (readings, Replay)."""

from __future__ import annotations

from harness import Tables, definition, earn, every_days, fixed_date, fixed_value, issue_bulk, never, rolling
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
