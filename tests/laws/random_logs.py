"""Random small logs, full of what makes counting hard.

Few customers, request ids and instants, so that ties, repeats and conflicts are the rule; instants on and one
microsecond beside month ends, gaps and folds of the zone; late events, version changes, bare halves, duplicates,
rejections, messy spellings, imports, revocations, events, dumps, flat files, and lines that are no records.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import harness
from harness import Line, Record
from hypothesis import strategies as st
from laws.mutations import mutated
from laws.random_feeds import feed_line, flat_files
from laws.world import ANCHORS, DAY, SECOND, TRANSITIONS, ZONES, World, iso

__all__ = [
    "ANCHORS",
    "RULES",
    "ZONES",
    "Log",
    "chosen_rules",
    "differences",
    "hard_cases",
    "iso",
    "logs",
    "make_log",
    "mutated_log",
    "rules",
]

RULES: dict[str, tuple[str, ...]] = {
    "rolling_clock": ("processed", "event"),
    "rolling_edge": ("instant", "local-day"),
    "month": ("calendar", "30-days"),
    "counted": ("by-earn-type", "issue", "earn", "both"),
    "revoked": ("count", "exclude"),
    "imported": ("count", "ignore"),
}
OWNERS = ("Loyalty", "loyalty", "JOURNEYS", "Membercare", "Milestones")
CODES = (809, 816, 1040, 1039, 714)
DAYS = ("MONDAY", "TUESDAY", "SUNDAY", 0, 3, "6", None)


@dataclass
class Log:
    """A generated log: its files of lines and its flat files, what it is judged at, and which hard cases it holds."""

    zone: str
    lines: dict[str, list[Line]]
    flat: dict[str, bytes]
    as_of: str
    seen: set[str] = field(default_factory=set)

    @property
    def files(self) -> harness.Files:
        """All of them."""
        return {**self.lines, **self.flat}


# --- definitions --------------------------------------------------------------------------------------------------


def _constraint(world: World, scope: str) -> Record:
    number = world.one_of(0, 1, 1, 2, 2, 3, -1)
    kind = world.one_of(*["days", "weeks", "rolling"] * 3, "days", "months", "value", "none", "broken")
    if kind == "days":
        return harness.every_days(world.one_of(1, 2, 3, 7, 30, 0), number, scope)
    if kind == "weeks":
        return harness.every_week(world.one_of(*DAYS), number, scope)
    if kind == "months":
        return harness.every_month(number, scope)
    if kind == "value":
        return harness.fixed_value(number, scope)
    if kind == "none":
        return harness.no_limit(scope)
    if kind == "broken":
        return harness.without(harness.every_days(2, 1, scope), world.one_of("maxEarnLimit", "refreshRate"))
    if scope == "BADGE":
        return harness.badge_rolling(world.one_of("DAYS", "WEEKLY", "MONTHS"), world.one_of(1, 1, 2, 12), number)
    pairs = {
        unit: (world.one_of(1, 1, 2), world.one_of(0, 1, 2)) for unit in ("days", "weeks", "months") if world.chance(60)
    }
    return harness.rolling(**pairs)


def _expiry(world: World) -> Record | None:
    kind = world.one_of(None, "never", "badge", "date", "relative", "relative", "broken")
    if kind == "relative":
        return harness.relative(world.one_of("DAYS", "WEEKLY", "MONTHS"), world.one_of(1, 2, 13))
    if kind == "date":
        return {"expiryType": "ABSOLUTE", "type": "FIXED_DATE", **world.written("expiresOn", world.instant())}
    if kind == "broken":
        return harness.relative("DAYS", 0)
    return {"never": harness.never(), "badge": harness.with_badge(), None: None}[kind]


# Tags are no content: whatever stands there, the line is the same record.
TAGS: tuple[Any, ...] = (
    [], [{"name": "tier", "value": "gold"}, "tier", {"name": "", "value": "x"}], None, [{"name": "tier", "value": 1.5}],
    [{"name": "tier", "value": None}, {"value": "gold"}, 7, ["tier"]], {"name": "tier"}, "tier",
)  # fmt: skip


def _definition(world: World, badge: str) -> Record:
    limits = [
        _constraint(world, scope)
        for scope in ("CUSTOMER", "BADGE")
        for _ in range(world.one_of(0, 1, 1, 2, 2, 3))
    ]  # fmt: skip
    start = world.starts[badge] if world.chance(85) else world.instant()
    end = start + world.one_of(*[100 * DAY, 400 * DAY] * 4, DAY, 10 * DAY, 40 * DAY, 0, 1, -DAY)
    record = harness.definition(
        badge,
        limits=limits,
        issued=_expiry(world),
        earned=_expiry(world),
        owners=world.one_of((), (), ("Loyalty",), ("Loyalty", "milestones")),
        earn_type=world.one_of("EARN", "EARN", "ISSUE_EARN", "ISSUE EARN"),
        name=world.one_of("one", "two", f"badge {badge}"),
        active=world.chance(90),
        since=None,
    )
    record["tags"] = TAGS[start // DAY % len(TAGS)]
    record |= {"startOn": None, "expiresOn": None} | world.written("startOn", start) | world.written("expiresOn", end)
    return record


def _definition_lines(world: World, badge: str) -> list[Line]:
    record = _definition(world, badge)
    at = world.instant() if world.chance(80) else world.starts[badge] - 30 * DAY
    shape = world.one_of(*["alone", "data", "exchange"] * 3, "created", "sent", "refused")
    if shape in ("alone", "data", "exchange"):
        record |= world.written("lastUpdatedOn", at)
    if shape == "created":
        record |= world.written("createdOn", at)
    if shape in ("alone", "created"):
        return [record]
    if shape == "data":
        return [{"data": record}]
    if shape == "exchange":
        return [harness.define(record, iso(world.instant()))]
    sent: Record = {"loggedAt": iso(at), "endpoint": "badgeMeta", "request": record}
    if shape == "refused":
        sent["response"] = {"data": None, "errors": [{"code": 826, "message": ""}], "warnings": []}
    return [sent]


# --- calls --------------------------------------------------------------------------------------------------------


def _row_id(world: World, clock: int) -> str | None:
    kind = world.one_of("short", "short", "short", "dated", None)
    number = world.random.randrange(16)
    if kind == "dated" and clock > 0:
        return f"{clock // SECOND:08x}{number:016x}"
    return None if kind is None else f"i{number}"


def _answers(world: World, customers: list[Any], clock: int) -> list[tuple[Any, harness.Answer]]:
    asked = [customer for customer in customers if not world.chance(4)]
    extra = [world.one_of("c1", "c9")] if world.chance(5) else []
    answers: list[tuple[Any, harness.Answer]] = []
    for customer in [*reversed(asked), *extra] if world.chance(20) else [*asked, *extra]:
        answer = world.one_of(*CODES) if world.chance(12) else _row_id(world, clock)
        answers.append((customer, answer))
    return answers


def _call(world: World, *, dated: bool) -> Record:
    """One exchange; a dated one has an event date."""
    badge = "X" if world.chance(3) else world.one_of(*world.badges)
    clock = world.instant()
    rid = world.one_of(*(f"r{place}" for place in range(6)), "10", "9", None)
    owner = world.one_of(None, None, *OWNERS)
    customers = [world.one_of("c1", "c2", "c3", 7) for _ in range(world.one_of(1, 1, 2, 3, 5))]
    kind = world.one_of("issueBulk", "earn", "earn", "earnBulk", "earnBulk")
    at = None if world.chance(15) else iso(clock)
    if kind == "earn":
        answer = world.one_of(*CODES) if world.chance(15) else _row_id(world, clock)
        call = harness.earn(badge, customers[0], at, rid=rid, owner=owner, answer=answer)
    else:
        build = harness.issue_bulk if kind == "issueBulk" else harness.earn_bulk
        answers = _answers(world, customers, clock)
        call = build(badge, customers, at, rid=rid, owner=owner, answers=answers)
        if len(customers) > 1:
            world.seen.add("tie")
    if clock in world.processed:
        world.seen.add("tie")
    world.processed.add(clock)
    if at is None or dated or world.chance(50):
        event = "issueEventDate" if kind == "issueBulk" else "earnEventDate"
        call["request"] |= world.written(event, clock if world.chance(50) else world.instant())
    if kind != "earnBulk" and isinstance(call["response"]["data"], dict) and world.chance(30):
        call["response"]["data"] |= world.written("expiresOn", world.instant())
    if world.chance(5):
        call = harness.refused(call, world.one_of(*CODES))
    if rid is not None and rid.isdigit() and world.chance(50):
        call["request"]["requestId"] = int(rid)
    return call


def _call_lines(world: World) -> list[Line]:
    """The lines of one call: an exchange, or its halves, or one of them, once or twice."""
    shape = world.one_of(*["exchange"] * 8, "request", "bare", "halves", "late", "response")
    call = _call(world, dated=shape in ("bare", "halves") and not world.chance(5))
    if shape == "exchange":
        lines: list[Line] = [call]
    elif shape == "request":
        lines = [harness.unanswered(call)]
    elif shape == "bare":
        lines = [harness.bare_request(call)]
    elif shape == "halves":
        lines = [harness.bare_request(call), harness.bare_response(call)]
    elif shape == "late":
        response = harness.unasked(call) | {"loggedAt": iso(world.instant())}
        lines = [harness.unanswered(call), response]
    else:
        lines = [harness.unasked(call)]
    if world.chance(10):
        lines.append(world.one_of(*lines))
    if world.chance(5):
        lines.append(harness.bare_request(call))
    return [_respelled(world, line) for line in lines]


def _respelled(world: World, line: Line) -> Line:
    """The same values in other text."""
    if not isinstance(line, dict) or not world.chance(20):
        return line
    if world.chance(50):
        return json.dumps(dict(reversed(line.items())), separators=(",", ":"), ensure_ascii=False)
    return line | {"trace": {"x": [1, None]}}


GARBAGE = (
    "", "   ", "{", "[]", "null", "7", '{"a":1}', '{"a":1,"a":2}', '{"a":NaN}', '{"a":"\\u0000"}', b"\xff\xfe",
    '{"badgeMetaId":"B","customers":["c1"]}', '{"id":"B","startOn":1}',
)  # fmt: skip


def mutated_log(seed: int, zone: str, calls: int) -> Log:
    """The log of a seed in which a third of the lines has a fault."""
    log, random = make_log(seed, zone, calls), Random(~seed)
    for lines in log.lines.values():
        lines[:] = [mutated(random, line) if random.random() < 0.33 else line for line in lines]
    return log


def make_log(seed: int, zone: str, calls: int) -> Log:
    """The log of a seed, with up to `calls` calls in two files, and an instant to judge it at."""
    world = World(Random(seed), zone)
    lines: list[Line] = []
    for badge in world.badges:
        for _ in range(world.one_of(0, 1, 2, 2, 3, 3, 4, 5)):
            lines += _definition_lines(world, badge)
    for _ in range(world.random.randint(1, calls)):
        lines += _call_lines(world)
    for _ in range(world.random.randint(0, calls // 3)):
        line = _respelled(world, feed_line(world))
        lines += [line, line] if world.chance(5) else [line]
    lines += [world.one_of(*GARBAGE) for _ in range(world.one_of(0, 1, 3))]
    world.random.shuffle(lines)
    cut = world.random.randint(0, len(lines))
    as_of = iso(world.instant()) if world.chance(60) else "2025-03-01T00:00:00Z"
    return Log(zone, {"a.jsonl": lines[:cut], "b/c.jsonl": lines[cut:]}, flat_files(world), as_of, world.seen)


def logs(zone: str, *, calls: int = 40, make: Callable[[int, str, int], Log] = make_log) -> st.SearchStrategy[Log]:
    """Logs made from a seed: choices drawn one by one would spend most examples on tiny logs."""
    return st.integers(0, 2**32).map(lambda seed: make(seed, zone, calls))


rules = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in RULES.items()})


def chosen_rules(seed: int) -> dict[str, str]:
    """Settings of the rule book, as :data:`rules` draws them."""
    draw = Random(seed)
    return {name: draw.choice(values) for name, values in RULES.items()}


def hard_cases(zone: str) -> set[str]:
    """What a run of many logs of a zone must have met, else it proved nothing."""
    return {"tie", "month end"} | ({"gap", "fold"} if TRANSITIONS[zone] else set())


def differences(left: harness.Tables, right: harness.Tables, ignored: Iterable[str] = ()) -> list[str]:
    """The tables that differ, each with the first rows that only one side has."""
    hidden = {"detail", *ignored}
    found = []
    for name in (*harness.TABLES, "files"):
        sides = [[{k: v for k, v in row.items() if k not in hidden} for row in side[name]] for side in (left, right)]
        if sides[0] != sides[1]:
            only = [[row for row in one if row not in other] for one, other in (sides, sides[::-1])]
            found.append(f"{name}:\n  only left  {only[0][:3]}\n  only right {only[1][:3]}")
    return found
