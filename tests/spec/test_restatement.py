"""What arrives later restates what was said before: over nights as in one (RULEBOOK 3, 4, 8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from feeds import badge_earned, csv, element, imported, revoke_customers, revoke_earn, told
from harness import Tables, definition, earn, engine_nights, fixed_value, issue_bulk, unanswered, unasked, witness

Nights = Callable[..., Tables]


@pytest.fixture(params=["witness", "engine"])
def nights(request: pytest.FixtureRequest, tmp_path: Path) -> Nights:
    """The tables after the last of some nights, each a list of lines or named files; the witness reads them at once."""

    def run(*parts: Any, **asked: str) -> Tables:
        named = [
            part if isinstance(part, dict) else {f"{place}.jsonl": part} for place, part in enumerate(parts, start=1)
        ]
        if request.param == "witness":
            return witness({name: lines for part in named for name, lines in part.items()}, tmp_path, **asked)
        folder = tmp_path / f"nights-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        return engine_nights(named, folder, **asked)

    return run


BADGE = definition("B", limits=[fixed_value(1)])


def outcomes(tables: Tables) -> list[tuple[str, ...]]:
    columns = ("row_key", "outcome", "code", "counted", "revoked_at")
    return [tuple(row[column] for column in columns) for row in tables["issuances"]]


@pytest.mark.parametrize(
    ("answer", "outcome", "code", "counted", "breaches"),
    [("e2", "ACCEPTED", "", "true", 1), (816, "REJECTED", "816", "false", 0)],
)
def test_a_late_answer_settles_an_assumed_row_under_the_same_key(
    nights: Nights, answer: Any, outcome: str, code: str, counted: str, breaches: int
) -> None:
    first = earn("B", "c1", "2024-02-01T00:00:00Z", rid="r1", answer="e1")
    second = earn("B", "c1", "2024-02-02T00:00:00Z", rid="r2", answer=answer)
    asked = [BADGE, first, unanswered(second)]
    before = nights(asked)
    late = unasked(second) | {"loggedAt": "2024-02-02T00:00:05Z"}
    late["response"].setdefault("data", {})
    late["response"]["data"] = (late["response"]["data"] or {}) | {"requestId": "r2"}
    after = nights(asked, [late])
    assert len(before["breaches"]) == 1
    assert [row[0] for row in outcomes(before)] == [row[0] for row in outcomes(after)]
    assert [row[1] for row in outcomes(before)] == ["ACCEPTED", "ASSUMED"]
    assert outcomes(after)[1][1:] == (outcome, code, counted, "")
    assert len(after["breaches"]) == breaches


def test_a_late_event_takes_its_place_among_earlier_rows(nights: Nights) -> None:
    lines = [BADGE, earn("B", "c1", "2024-02-02T00:00:00Z", rid="r1", answer="e2")]
    assert nights(lines)["breaches"] == []
    after = nights(lines, [badge_earned("B", "c1", "2024-02-01T00:00:00Z", row_id="e1")])
    after.shows("breaches", "issuance_id | count\ne2 | 2")


def test_an_exchange_that_arrives_after_its_event_takes_its_place(nights: Nights) -> None:
    event = badge_earned("B", "c1", "2024-02-01T00:00:01Z", row_id="e1")
    before = nights([BADGE, event])
    before.shows("issuances", "issuance_id | request_id | processed_at\ne1 | | 2024-02-01T00:00:01Z")
    exchange = earn("B", "c1", "2024-02-01T00:00:00Z", rid="r1", answer="e1")
    after = nights([BADGE, event], [exchange])
    after.shows(
        "issuances",
        "issuance_id | request_id | processed_at | source_file\ne1 | r1 | 2024-02-01T00:00Z | 2.jsonl",
    )
    assert after["breaches"] == []
    assert after.codes() == []


def test_an_event_that_arrives_after_its_exchange_changes_nothing(nights: Nights) -> None:
    exchange = earn("B", "c1", "2024-02-01T00:00:00Z", rid="r1", answer="e1")
    before = nights([BADGE, exchange])
    after = nights([BADGE, exchange], [badge_earned("B", "c1", "2024-02-01T00:00:01Z", row_id="e1")])
    assert outcomes(before) == outcomes(after)


def test_a_late_answer_makes_the_event_of_an_assumed_row_a_duplicate(nights: Nights) -> None:
    call = earn("B", "c1", "2024-02-01T00:00:00Z", rid="r1", answer="e1")
    event = badge_earned("B", "c1", "2024-02-01T00:00:01Z", row_id="e1")
    before = nights([BADGE, unanswered(call)], [event])
    before.shows("issuances", "request_id | outcome\nr1 | ASSUMED\n | ACCEPTED")
    assert len(before["breaches"]) == 1
    after = nights([BADGE, unanswered(call)], [event], [unasked(call)])
    after.shows("issuances", "request_id | outcome\nr1 | ACCEPTED")
    assert after["breaches"] == []


def test_an_event_that_comes_before_a_known_flat_row_takes_its_place(nights: Nights) -> None:
    rows = {"rows.csv": csv("badge_id,customer_id,kind,processed_at,issuance_id", "B,c1,EARN,1706745600,e1")}
    before = nights([BADGE], rows)
    before.shows("issuances", "issuance_id | processed_at\ne1 | 2024-02-01T00:00Z")
    after = nights([BADGE], rows, [badge_earned("B", "c1", "2024-02-03T00:00:00Z", row_id="e1")])
    after.shows("issuances", "issuance_id | processed_at | source_file\ne1 | 2024-02-03T00:00Z | 3.jsonl")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_revocation_finds_its_row_whichever_of_them_arrives_first(nights: Nights, order: Sequence[int]) -> None:
    parts = [
        [BADGE, *(earn("B", "c1", f"2024-02-0{n}T00:00:00Z", rid=f"r{n}", answer=f"e{n}") for n in (1, 2))],
        [revoke_earn("B", "c1", "e1", "2024-02-05T00:00:00Z")],
    ]
    tables = nights(*(parts[place] for place in order), revoked="exclude")
    tables.shows(
        "issuances",
        "issuance_id | counted | revoked_at\ne1 | false | 2024-02-05T00:00Z\ne2 | true |",
    )
    assert tables["breaches"] == []
    assert len(nights(parts[0], revoked="exclude")["breaches"]) == 1


def test_an_issue_that_arrives_late_is_revoked_by_the_customers_revocation_behind_it(nights: Nights) -> None:
    revocation = revoke_customers("B", ["c1"], "2024-02-05T00:00:00Z")
    late = [
        issue_bulk("B", ["c1"], "2024-02-05T00:00:00Z", rid="r1", answers=[("c1", "i1")]),
        issue_bulk("B", ["c1"], "2024-02-05T00:00:00.000001Z", rid="r2", answers=[("c1", "i2")]),
    ]
    tables = nights([BADGE, revocation], late)
    tables.shows("expirations", "issuance_id | state\ni1 | REVOKED\ni2 | EXPIRED")


def test_an_earlier_revocation_that_arrives_later_rules(nights: Nights) -> None:
    lines = [BADGE, earn("B", "c1", "2024-02-01T00:00:00Z", rid="r1", answer="e1")]
    revocations = [[revoke_earn("B", "c1", "e1", f"2024-02-0{day}T00:00:00Z")] for day in (6, 4)]
    assert nights(lines, *revocations).column("issuances", "revoked_at") == ["2024-02-04T00:00:00.000000Z"]


def test_an_import_that_arrives_late_takes_room_at_its_own_time(nights: Nights) -> None:
    lines = [BADGE, earn("B", "c1", "2024-02-02T00:00:00Z", rid="r1", answer="e2")]
    late = imported([element("B", "c1", "2024-01-05T00:00:00Z")], "2024-02-01T00:00:00Z", [told("c1", "e1")])
    nights(lines, [late]).shows("breaches", "issuance_id | count\ne2 | 2")
    nights(lines, [late], imported="ignore").shows("breaches", "issuance_id")


def test_a_late_definition_gives_an_imported_row_its_rule(nights: Nights) -> None:
    lines = [imported([element("B", "c1", "2024-01-05T00:00:00Z", "2024-03-01T00:00:00Z")], "2024-02-01T00:00:00Z")]
    nights(lines).shows("expirations", "rule | expires_at | state\n | | ACTIVE")
    nights(lines, [BADGE]).shows("expirations", "rule | expires_at | state\nIMPORTED | 2024-03-01T00:00Z | EXPIRED")


def test_the_same_rows_in_another_file_and_night_are_one(nights: Nights) -> None:
    row = "B,c1,EARN,2024-02-01T00:00:00Z,e1"
    header = "badge_id,customer_id,kind,processed_at,issuance_id"
    again = {"again.csv": csv(f"note,{header}", f"x,{row}")}
    tables = nights([BADGE], {"rows.csv": csv(header, row)}, again)
    tables.shows("issuances", "issuance_id | outcome | source_file\ne1 | ACCEPTED | again.csv")
