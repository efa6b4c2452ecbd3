"""A log that breaks a limit of which lint says *never bites* breaks the other limit too, by the witness's count."""

from __future__ import annotations

from pathlib import Path
from random import Random

import harness
import pytest
from conftest import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from laws.random_logs import ANCHORS, iso

from badgeledger.lint.cover import Period
from badgeledger.lint.reading import read_value
from badgeledger.lint.rules import never_bites, ruling
from badgeledger.records.strict_json import parse
from badgeledger.settings import Rules

DAY = 86_400_000_000


def _limits(random: Random) -> list[harness.Record]:
    def number() -> int:
        return random.choice((0, 1, 1, 2, 2, 3, 4, 6))

    def one(scope: str) -> harness.Record:
        unit = random.choice(("DAYS", "DAYS", "WEEKS", "MONTHS"))
        length = random.choice((1, 2, 3, 7, 28, 31)) if unit == "DAYS" else random.choice((1, 1, 2, 4))
        span = (
            harness.badge_rolling(unit, length, number())
            if scope == "BADGE"
            else harness.rolling(**{unit.lower(): (length, number())})
        )
        return random.choice(
            (
                span,
                span,
                harness.every_days(random.choice((1, 2, 3, 6, 7)), number(), scope),
                harness.every_week(random.choice(("MONDAY", "THURSDAY")), number(), scope),
                harness.every_month(number(), scope),
                harness.fixed_value(number(), scope),
            )
        )

    return [one(random.choice(("CUSTOMER", "CUSTOMER", "BADGE"))) for _ in range(random.randint(2, 4))]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Havana"])
def test_a_dominated_limit_never_breaks_alone(zone: str) -> None:
    broken = 0

    @settings(max_examples=examples(120))
    @given(st.integers(0, 2**32), st.sampled_from(("processed", "event")), st.sampled_from(("instant", "local-day")))
    def law(seed: int, clock: str, edge: str) -> None:
        nonlocal broken
        random, rules = Random(seed), Rules(zone=zone, rolling_clock=clock, rolling_edge=edge)
        base = random.choice(ANCHORS[zone]) - random.choice((0, 1, DAY // 3, 20 * DAY))
        start, end = base, base + random.choice((3, 10, 35, 80)) * DAY + random.choice((0, DAY // 2))
        record = harness.definition("B", start=iso(start), end=iso(end), since=iso(start - DAY), limits=_limits(random))
        told = read_value(parse(harness.text_of(record)), start)
        dominated = [(one.limit_name, one.other_limit) for one in never_bites(told, Period(told, rules))]
        if not dominated:
            return
        # Dense where the windows are short, and spread where they are long.
        width = random.choice((DAY, 4 * DAY, end - start - 1))
        begin = random.randint(start, end - 1 - min(width, end - start - 1))
        moments = [min(begin + random.randrange(width), end - 1) for _ in range(random.randint(2, 14))]
        log = [record]
        for place, moment in enumerate(moments):
            processed = moment if random.random() < 0.6 else random.choice(moments)
            customer = random.choice(("c1", "c1", "c1", "c2"))
            log.append(harness.earn("B", customer, iso(processed), rid=f"r{place}", event=iso(moment)))
        tables = harness.witness(log, Path(), as_of=iso(end), **rules.model_dump())
        over = set(tables.column("breaches", "limit_name"))
        for limit, other in dominated:
            assert limit not in over or other in over, (limit, other)
            broken += limit in over
        assert {limit.name for limit in ruling(told.limits)} == set(tables.column("limits", "limit_name"))

    law()
    # A law that never met a broken limit would prove nothing.
    assert broken > 15
