"""What holds of every replay (RULEBOOK 10)."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import pytest
import replaying
from conftest import examples, go_on
from harness import (
    Record,
    Row,
    badge_rolling,
    define,
    definition,
    earn_bulk,
    every_days,
    every_month,
    every_week,
    fixed_value,
    issue_bulk,
    relative,
    rolling,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from laws.random_logs import ANCHORS, RULES, ZONES, Log, chosen_rules, hard_cases, iso, logs, make_log, rules

from badgeledger.errors import ConfigError

REASONS = {
    "", "unknown-badge", "duplicate-request", "badge-not-active", "outside-badge-period", "overlapping-issue",
    "customer-limit", "badge-limit",
}  # fmt: skip
KEY = ("processed_at", "request_id", "position", "row_key")


def engine(files: Any, **asked: Any) -> dict[str, list[Row]]:
    with tempfile.TemporaryDirectory() as folder:
        return replaying.engine(files, Path(folder), **asked)


def witness(files: Any, **asked: Any) -> list[Row]:
    return replaying.witness(files, Path(), **asked)["decisions"]


@pytest.mark.parametrize("zone", ZONES)
def test_engine_and_witness_decide_alike(zone: str) -> None:
    seen: set[str] = set()
    reasons: set[str] = set()

    @settings(max_examples=examples(10))
    @given(logs(zone), rules)
    def law(log: Log, chosen: dict[str, str]) -> None:
        seen.update(log.seen)
        fast = engine(log.files, as_of=log.as_of, zone=zone, **chosen)
        slow = witness(log.files, as_of=log.as_of, zone=zone, **chosen)
        assert fast["decisions"] == slow
        assert [row["row_key"] for row in slow] == [row["row_key"] for row in sorted(slow, key=_key)]
        reasons.update(row["reason"] for row in slow)
        _totals_add_up(fast)

    def meets(log: Log, chosen: dict[str, str]) -> set[str]:
        return log.seen | {row["reason"] for row in witness(log.files, as_of=log.as_of, zone=zone, **chosen)}

    needed = REASONS | hard_cases(zone)
    go_on(law, lambda: needed - reasons - seen, lambda seed: (make_log(seed, zone, 40), chosen_rules(seed)), meets)


def test_engine_and_witness_decide_alike_under_other_rules() -> None:
    reasons: set[str] = set()
    verbs: set[str] = set()
    differing: list[bool] = []

    @settings(max_examples=examples(25))
    @given(st.sampled_from(ZONES).flatmap(logs), st.integers(0, 2**32).map(other_rules))
    def law(log: Log, other: str) -> None:
        try:
            fast = engine(log.files, as_of=log.as_of, zone=log.zone, other=other)
        except ConfigError:
            # An entry that finds nothing to change is an error of the file; the witness takes sound files alone.
            return
        slow = witness(log.files, as_of=log.as_of, zone=log.zone, other=other)
        assert fast["decisions"] == slow
        verbs.update(re.findall(r"^(\w+) =", other, re.MULTILINE))
        for since in re.findall(r"from = .*\nsettings = (.*)", other):
            verbs.update(f"from, {name}" for name in re.findall(r"(\w+) =", since))
        reasons.update(row["reason"] for row in slow)
        before = witness(log.files, as_of=log.as_of, zone=log.zone)
        differing.append([row["decision"] for row in slow] != [row["decision"] for row in before])
        _comparison_adds_up(fast, before, slow)

    needed = {"limit", "number", "add", "remove", "from", "name", "badge", "tag", "active", "issued_expiry"}
    needed |= {"counted", "from, zone", "from, revoked", "from, rolling_clock"} | REASONS - {"unknown-badge"}
    go_on(
        law,
        lambda: needed - reasons - verbs,
        lambda seed: (make_log(seed, ZONES[seed % len(ZONES)], 40), other_rules(seed)),
    )
    assert sum(differing) >= 5


def _comparison_adds_up(found: dict[str, list[Row]], before: list[Row], after: list[Row]) -> None:
    for side, decided in (("decisions_a", before), ("decisions_b", after)):
        told: dict[tuple[str, str, str], int] = {}
        for row in found["comparison"]:
            place = row["badge_id"], row["reason"], row["limit_name"]
            told[place] = told.get(place, 0) + int(row[side])
        counted = Counter((row["badge_id"], row["reason"], row["limit_name"]) for row in decided)
        assert {place: count for place, count in told.items() if count} == counted
    assert sum(int(row["breaches"]) for row in found["comparison"]) == len(found["breaches"])
    gained: Counter[tuple[str, str]] = Counter()
    lost: Counter[tuple[str, str]] = Counter()
    for one, other in zip(before, after, strict=True):
        if one["decision"] != other["decision"]:
            (gained if other["decision"] == "ADMIT" else lost)[one["badge_id"], one["customer_id"]] += 1
    for column, expected in (("gained", gained), ("lost", lost)):
        told_of = {(row["badge_id"], row["customer_id"]): int(row[column]) for row in found["gains"]}
        assert {place: count for place, count in told_of.items() if count} == expected
        assert sum(int(row[column]) for row in found["comparison"]) == expected.total()


def _key(row: Row) -> tuple[str, str, int, str]:
    return row["processed_at"], row["request_id"], int(row["position"]), row["row_key"]


def _totals_add_up(found: dict[str, list[Row]]) -> None:
    decided, totals = found["decisions"], found["decision_totals"]
    for column, rows in (
        ("decisions", decided),
        ("same", [row for row in decided if row["compared"] == "same"]),
        ("newly_admitted", [row for row in decided if row["compared"] == "newly-admitted"]),
        ("newly_rejected", [row for row in decided if row["compared"] == "newly-rejected"]),
        ("breaches", found["breaches"]),
    ):
        assert sum(int(row[column]) for row in totals) == len(rows), column


# --- other rules --------------------------------------------------------------------------------------------------

LIMITS = (
    "CUSTOMER:FIXED_VALUE", "BADGE:FIXED_VALUE", "CUSTOMER:ROLLING_WINDOW:DAYS:1", "CUSTOMER:ROLLING_WINDOW:MONTHS:1",
    "BADGE:ROLLING_WINDOW:WEEKS:1", "CUSTOMER:FIXED_WINDOW:DAYS:3", "BADGE:FIXED_WINDOW:MONTHS",
    "CUSTOMER:FIXED_WINDOW:WEEKS:TUESDAY",
)  # fmt: skip
CHOICES = (
    "", "", "", 'badge = "B"', 'name = "*"', 'name = "o[mn]e"', 'name = "badge ?"', 'tag = "tier"', 'tag = "tier=1.5"',
)  # fmt: skip
FACTS = (
    "active = true", "active = false", 'starts_at = "2023-02-28T10:00:00Z"', "expires_at = 2024-06-15T12:00:00Z",
    'issued_expiry = "RELATIVE:MONTHS:1"', 'issued_expiry = "NEVER"', 'issued_expiry = "BADGE_END"',
    'earn_type = "ISSUE_EARN"', 'earned_expiry = "WITH_BADGE_META"\nowners = ["loyalty"]',
)  # fmt: skip
OWN_SETTINGS = {
    "counted": ("both", "issue"), "zone": ("America/Havana", "Pacific/Apia"), "rolling_clock": ("event",),
    "rolling_edge": ("local-day",), "month": ("30-days",), "revoked": ("exclude",), "imported": ("ignore",),
}  # fmt: skip


def other_rules(seed: int) -> str:
    """A file of other rules of up to four entries; not every one of them finds something to change."""
    random = Random(seed)
    parts = ["[settings]\n" + "\n".join(_own_settings(random, 1))] if random.random() < 0.4 else []
    added = None
    for _ in range(random.choice((0, 1, 1, 2, 2))):
        # What an entry added the next one finds.
        name = added or random.choice(LIMITS)
        verb = "add = true" if added is None else random.choice(("remove = true", f'replaces = "{added}"', ""))
        number = "" if verb == "remove = true" else f"number = {random.randrange(4)}"
        whose = random.choice(CHOICES) if added is None else ""
        parts.append(
            "\n".join(["[[limits]]", *filter(None, [f'limit = "{name}"', verb, number, whose, _since(random)])])
        )
        added = name
    for _ in range(random.choice((0, 1, 1, 2))):
        since = _since(random)
        own = "" if random.random() < 0.5 else f"settings = {{{', '.join(_own_settings(random, 4))}}}"
        parts.append(
            "\n".join(["[[badges]]", *filter(None, [random.choice(FACTS), random.choice(CHOICES), since, own])])
        )
    return "\n".join(parts) or '[settings]\nmonth = "30-days"'


def _own_settings(random: Random, most: int) -> list[str]:
    names = random.sample(sorted(OWN_SETTINGS), random.randint(1, most))
    return [f'{name} = "{random.choice(OWN_SETTINGS[name])}"' for name in names]


def _since(random: Random) -> str:
    return f"from = {iso(random.choice(ANCHORS['UTC']))}" if random.random() < 0.5 else ""


# --- plain logs, in which only some grounds exist -----------------------------------------------------------------

_number = st.integers(0, 4)
_limit = st.one_of(
    st.builds(every_days, st.integers(1, 9), _number, st.sampled_from(["CUSTOMER", "BADGE"])),
    st.builds(every_month, _number),
    st.builds(lambda day, number: every_week(day, number, "BADGE"), st.sampled_from(["MONDAY", "SUNDAY"]), _number),
    st.builds(lambda unit, units, number: badge_rolling(unit, units, number),
              st.sampled_from(["DAYS", "WEEKS", "MONTHS"]), st.integers(1, 2), _number),
    st.builds(lambda day, month: rolling(days=(1, day), months=(1, month)), _number, _number),
    st.builds(fixed_value, _number, st.sampled_from(["CUSTOMER", "BADGE"])),
)  # fmt: skip
_settings = st.fixed_dictionaries(
    {name: st.sampled_from(RULES[name]) for name in ("rolling_clock", "rolling_edge", "month", "counted")}
)


@st.composite
def calls(draw: Any, zone: str, *, late: bool = True, only_earns: bool = False) -> list[Record]:
    """Calls for one badge, each of its own request id, in processing order; late events, many ties."""
    instants = sorted(draw(st.lists(st.sampled_from(ANCHORS[zone]), min_size=2, max_size=15)))
    found = []
    for place, instant in enumerate(instants):
        customers = draw(st.lists(st.sampled_from(["c1", "c2", "c3"]), min_size=1, max_size=4))
        event = iso(draw(st.sampled_from(instants))) if late and draw(st.booleans()) else None
        build = earn_bulk if only_earns or draw(st.booleans()) else issue_bulk
        answers = [(customer, draw(st.sampled_from([f"i{place}.{k}", 1040]))) for k, customer in enumerate(customers)]
        found.append(build("B", customers, iso(instant), rid=f"r{place:02}", event=event, answers=answers))
    return found


def badge(limits: Iterable[Record], **other: Any) -> Record:
    """A badge whose period holds every instant of a plain log."""
    return definition(
        start="2022-01-01T00:00:00Z", end="2026-01-01T00:00:00Z", since="2021-12-01T00:00:00Z", limits=limits, **other
    )


@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=examples(2))
@given(data=st.data())
def test_without_limits_and_grounds_nothing_is_rejected(zone: str, data: st.DataObject) -> None:
    """Under limits that are never breached, replay is the audit with every row in it."""
    limits = [fixed_value(1000), every_days(2, 1000, "BADGE"), rolling(days=(1, 1000), months=(1, 1000))]
    log = [badge(limits), *data.draw(calls(zone, only_earns=True))]
    found = engine(log, zone=zone, **data.draw(_settings))
    assert {row["decision"] for row in found["decisions"]} == {"ADMIT"}
    assert found["breaches"] == []
    for row in found["decisions"]:
        assert row["compared"] == ("same" if row["recorded_outcome"] == "ACCEPTED" else "newly-admitted")


@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=examples(3))
@given(data=st.data())
def test_what_replay_admits_is_admitted_whole_when_it_is_replayed(zone: str, data: st.DataObject) -> None:
    first = badge(data.draw(st.lists(_limit, max_size=4)), issued=relative("DAYS", 3), earn_type="EARN")
    chosen = data.draw(_settings)
    log = data.draw(calls(zone))
    decided = witness([first, *log], zone=zone, **chosen)
    admitted = {(row["request_id"], int(row["position"])) for row in decided if row["decision"] == "ADMIT"}
    again = engine([first, *_only(log, admitted)], zone=zone, **chosen)["decisions"]
    assert [(row["customer_id"], row["reason"]) for row in again] == [
        (row["customer_id"], "") for row in decided if row["decision"] == "ADMIT"
    ]


def _only(log: Iterable[Record], admitted: set[tuple[str, int]]) -> Iterable[Record]:
    """The calls with those customers alone that were admitted, unanswered."""
    for call in log:
        request = call["request"]
        name = "customers" if "customers" in request else "customerIds"
        kept = [customer for place, customer in enumerate(request[name]) if (request["requestId"], place) in admitted]
        if kept:
            yield {"loggedAt": call["loggedAt"], "endpoint": call["endpoint"], "request": request | {name: kept}}


@settings(max_examples=examples(10))
@given(data=st.data())
def test_a_higher_fixed_value_never_rejects_more(data: st.DataObject) -> None:
    """Of a badge with one version, this one limit and unique request ids."""
    scope, number = data.draw(st.sampled_from(["CUSTOMER", "BADGE"])), data.draw(_number)
    log = [badge([fixed_value(number, scope)]), *data.draw(calls("UTC", only_earns=True))]
    rejected = [
        {row["row_key"] for row in engine(log, numbers={("B", f"{scope}:FIXED_VALUE"): higher})["decisions"]
         if row["decision"] == "REJECT"}
        for higher in (number, number + 1)
    ]  # fmt: skip
    assert rejected[1] <= rejected[0]


@settings(max_examples=examples(3))
@given(data=st.data())
def test_the_order_of_lines_and_files_and_the_shown_part_change_no_decision(data: st.DataObject) -> None:
    log = [define(badge(data.draw(st.lists(_limit, min_size=1, max_size=3)))), *data.draw(calls("Europe/Berlin"))]
    chosen = data.draw(_settings) | {"zone": "Europe/Berlin"}
    whole = engine(log, **chosen)["decisions"]
    low, high = sorted(data.draw(st.tuples(*[st.sampled_from(ANCHORS["Europe/Berlin"])] * 2)))
    lines, cut = data.draw(st.permutations(log)), data.draw(st.integers(0, len(log)))
    part = engine({"b.jsonl": lines[:cut], "a.jsonl": lines[cut:]}, shown=(low, high), **chosen)
    bounds = replaying.full(low), replaying.full(high)
    assert part["decisions"] == [row for row in whole if bounds[0] <= row["processed_at"] < bounds[1]]
    assert sum(int(row["decisions"]) for row in part["decision_totals"]) == len(part["decisions"])
