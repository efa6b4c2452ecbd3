"""`headroom` says when the next issuance would be within limits: the witness, asked then and before, agrees."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import harness
import pytest
from conftest import examples, go_on
from harness import Line, micros
from hypothesis import given, settings
from hypothesis import strategies as st
from laws.random_logs import ANCHORS, ZONES, iso

from badgeledger import accounting
from badgeledger.answers.headroom import headroom
from badgeledger.answers.ledger import Ledger
from badgeledger.calendar import microseconds_of, zone
from badgeledger.definitions import Limit
from badgeledger.room import free_in_span
from badgeledger.settings import Rules
from badgeledger.witness.counts import Settings, rolling_start

DAY = 86_400_000_000
LATER = (0, 1, -1, DAY // 24, DAY, DAY - 1, 3 * DAY, 10 * DAY)


def _limits(random: Random) -> list[harness.Record]:
    number = lambda: random.choice((0, 1, 1, 2, 3))  # noqa: E731
    found = []
    for scope in ("CUSTOMER", "BADGE"):
        found += random.sample(
            [
                harness.every_days(random.choice((1, 3, 5)), number(), scope),
                harness.every_week(random.choice(("MONDAY", "FRIDAY")), number(), scope),
                harness.every_month(number(), scope),
                harness.fixed_value(random.choice((2, 4, 9)), scope),
                harness.badge_rolling(random.choice(("DAYS", "WEEKS", "MONTHS")), random.choice((1, 2)), number())
                if scope == "BADGE"
                else harness.rolling(days=(2, number()), weeks=(1, number()), months=(random.choice((1, 2)), number())),
            ],
            k=random.choice((0, 1, 1, 2)),
        )
    return found


def _log(random: Random, zone_name: str) -> tuple[list[Line], int]:
    """A badge with one or two versions and a few earns, some of which happen later than they are processed."""
    base = random.choice(ANCHORS[zone_name])
    starts, ends = iso(base - 40 * DAY), iso(base + random.choice((20, 200, 900)) * DAY)
    log: list[Line] = [
        harness.definition("B", start=starts, end=ends, since=iso(base - 50 * DAY), limits=_limits(random))
    ]
    if random.random() < 0.4:
        log.append(harness.definition("B", start=starts, end=ends, since=iso(base - 5 * DAY), limits=_limits(random)))
    moments = [base + random.choice((-1, 1)) * random.choice(LATER) for _ in range(random.randint(1, 8))]
    for place, moment in enumerate(sorted(moments)):
        event = iso(moment + random.choice((0, 0, 0, -DAY, DAY, 8 * DAY, 31 * DAY)))
        log.append(harness.earn("B", random.choice(("c1", "c1", "c2")), iso(moment), rid=f"r{place}", event=event))
    return log, max(moments) + random.choice((0, 0, 1, DAY, 20 * DAY))


@contextmanager
def _ledger(log: list[Line], as_of: int, rules: Rules) -> Iterator[Ledger]:
    with tempfile.TemporaryDirectory() as folder, harness.scratch_ledger(log, Path(folder)) as (warehouse, _):
        accounting.account(warehouse, rules, as_of)
        yield Ledger(warehouse.con, rules, as_of)


def _broken(log: list[Line], customer: str, at: int, rules: Rules, asked: str) -> set[str]:
    """The limits whose name begins as asked that one more earn at this instant would break, by the witness."""
    probe = harness.earn("B", customer, iso(at), rid="~")
    tables = harness.witness([*log, probe], Path(), as_of=iso(at), **rules.model_dump())
    assert tables.column("issuances", "counted", request_id="~") == ["true"]
    return {name for name in tables.column("breaches", "limit_name", request_id="~") if name.startswith(asked)}


@pytest.mark.parametrize("zone_name", ZONES)
def test_the_next_instant_is_the_first_at_which_the_witness_finds_no_breach(zone_name: str) -> None:
    seen: set[str] = set()

    @settings(max_examples=examples(4))
    @given(st.integers(0, 2**32), st.sampled_from(("processed", "event")), st.booleans())
    def law(seed: int, clock: str, local_day: bool) -> None:
        random = Random(seed)
        log, as_of = _log(random, zone_name)
        rules = Rules(zone=zone_name, rolling_clock=clock, rolling_edge="local-day" if local_day else "instant")
        with _ledger(log, as_of, rules) as ledger:
            rows = headroom(ledger, "B", used_percent=0).rows
            limits = ledger.con.execute("SELECT expires_at FROM ledger.last_version").fetchall()
        for row in rows:
            customer = row["customer_id"] or "nobody"
            # A fixed window is that of the scope, whatever its configuration will be.
            own = row["limit_name"].partition("FIXED_WINDOW")
            # Of the badge as a whole only its own limits are asked.
            every = "BADGE:" if row["scope"] == "BADGE" else ""
            for column, asked in (("next_at", own[0] + own[1]), ("all_at", every)):
                at, end = row[column], limits[0][0]
                until = end if at is None else microseconds_of(at)
                before = {as_of, until - 1, *(random.randrange(as_of, until) for _ in range(4) if until > as_of)}
                for moment in before:
                    if as_of <= moment < until:
                        assert _broken(log, customer, moment, rules, asked), (column, iso(moment), row)
                if at is not None:
                    assert _broken(log, customer, until, rules, asked) == set(), (column, row)
                seen.add("never" if at is None else "now" if until == as_of else f"later {row['limit_name'][:10]}")

    def missing() -> set[str]:
        return {"never", "now", "later"} - {words.split(" ")[0] for words in seen}

    go_on(law, missing, lambda seed: (seed, ("processed", "event")[seed % 2], seed % 3 == 0))


@pytest.mark.parametrize("zone_name", ZONES)
def test_room_in_a_span_comes_at_the_first_instant_at_which_the_witness_finds_it(zone_name: str) -> None:
    later: set[str] = set()

    @settings(max_examples=examples(200))
    @given(
        st.integers(0, 2**32),
        st.sampled_from(("DAYS", "WEEKS", "MONTHS")),
        st.integers(1, 3),
        st.booleans(),
        st.integers(1, 4),
    )
    def law(seed: int, unit: str, length: int, local_day: bool, number: int) -> None:
        random = Random(seed)
        base = random.choice(ANCHORS[zone_name])
        clocks = sorted(base + random.choice((-1, 1)) * random.choice(LATER) for _ in range(random.randint(1, 9)))
        begin = base + random.choice(LATER)
        window = Limit(scope="CUSTOMER", kind="ROLLING_WINDOW", unit=unit, length=length, number=number)
        told = Settings({"zone": zone_name, "rolling_edge": "local-day" if local_day else "instant"}, begin)

        def has_room(moment: int) -> bool:
            start = rolling_start(window.name, moment, told)
            return sum(start <= clock <= moment for clock in clocks) < number

        found = free_in_span(window, number, clocks, begin, zone(zone_name), local_day)
        assert found is not None and has_room(found)
        zone_ = zone(zone_name)
        days = range(zone_.day_of(begin), zone_.day_of(found) + 1)
        times = {zone_.wall_of(clock) % DAY for clock in clocks}
        moments = {zone_.instant_of_wall(day * DAY + time) for day in days for time in {0, *times}}
        moments |= {int(at) for at in zone_.changes_at if begin <= at < found} | set(clocks)
        tried = {moment + step for moment in moments | {begin, found} for step in (-1, 0, 1)}
        assert [iso(moment) for moment in sorted(tried) if begin <= moment < found and has_room(moment)] == []
        if found > begin:
            later.add(f"{unit} {local_day}")

    law()
    assert len(later) == 6


def test_a_month_that_reaches_back_takes_its_room_again() -> None:
    """On 28 March the span begins on 28 February, and on 29, 30 and 31 March again (2023): the row comes back."""
    window = Limit(scope="CUSTOMER", kind="ROLLING_WINDOW", unit="MONTHS", length=1, number=1)
    taken = [micros("2023-02-28T10:00:00Z")]
    for asked, free in (
        ("2023-03-28T09:00:00Z", "2023-03-28T10:00:00Z"),
        ("2023-03-28T12:00:00Z", "2023-03-28T12:00:00Z"),
        ("2023-03-29T00:00:00Z", "2023-03-29T10:00:00Z"),
        ("2023-03-31T11:00:00Z", "2023-03-31T11:00:00Z"),
    ):
        assert free_in_span(window, 1, taken, micros(asked), zone("UTC"), False) == micros(free), asked
