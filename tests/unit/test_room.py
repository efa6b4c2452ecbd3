"""The next free instant: exact to the microsecond, against plain search."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgeledger.calendar import DAY, zone
from badgeledger.definitions import Limit, Unit
from badgeledger.room import free_in_cycles, free_in_life, free_in_span, span_start

ZONES = ("UTC", "Europe/Berlin", "America/Havana", "Asia/Kolkata")
HOUR = DAY // 24
WINTER = 1_735_732_800_000_000  # 2025-01-01T12:00:00Z


def rolling(unit: Unit, length: int) -> Limit:
    return Limit(scope="CUSTOMER", kind="ROLLING_WINDOW", unit=unit, length=length, number=1)


@given(
    st.sampled_from(ZONES),
    st.sampled_from([("DAYS", 1), ("DAYS", 3), ("WEEKS", 1), ("MONTHS", 1), ("MONTHS", 2)]),
    st.booleans(),
    st.lists(st.integers(0, 100 * 24), min_size=1, max_size=6),
    st.integers(1, 3),
    st.integers(0, 40 * 24),
)
def test_it_is_the_first_instant_with_room(
    name: str, window: tuple[Unit, int], local_day: bool, hours: list[int], number: int, wait: int
) -> None:
    local, limit = zone(name), rolling(*window)
    taken = sorted(WINTER + hour * HOUR for hour in hours)
    at = taken[-1] + wait * HOUR

    def inside(instant: int) -> int:
        first = span_start(limit, instant, local, local_day)
        return sum(first <= clock <= instant for clock in taken)

    found = free_in_span(limit, number, taken, at, local, local_day)
    assert found is not None
    assert inside(found) < number
    assert found == at or inside(found - 1) >= number
    assert all(inside(instant) >= number for instant in range(at, found, HOUR))


def test_a_month_that_looks_back_to_a_shorter_one_ends_a_day_late() -> None:
    """31 January 10:00 still fills the span of 28 February 23:59: that looks back to 28 January."""
    january = 1_738_317_600_000_000  # 2025-01-31T10:00:00Z
    march = 1_740_787_200_000_000  # 2025-03-01T00:00:00Z
    assert free_in_span(rolling("MONTHS", 1), 1, [january], january, zone("UTC"), False) == march


def test_a_day_and_a_local_day_leave_at_other_instants() -> None:
    assert free_in_span(rolling("DAYS", 1), 1, [WINTER], WINTER, zone("UTC"), False) == WINTER + DAY
    assert free_in_span(rolling("DAYS", 1), 1, [WINTER], WINTER, zone("UTC"), True) == WINTER + 12 * HOUR


def test_a_number_of_zero_never_has_room() -> None:
    assert free_in_span(rolling("DAYS", 1), 0, [], WINTER, zone("UTC"), False) is None
    assert free_in_life(0, 0, WINTER) is None


@pytest.mark.parametrize(("taken", "free"), [(1, WINTER), (2, None), (3, None)])
def test_a_fixed_value_has_room_now_or_never(taken: int, free: int | None) -> None:
    assert free_in_life(taken, 2, WINTER) == free


def test_a_full_cycle_waits_for_the_next_one_with_room() -> None:
    cycles = [(WINTER + day * DAY, WINTER + (day + 1) * DAY) for day in range(3)]
    taken = [WINTER, WINTER + DAY, WINTER + DAY + 1]
    assert free_in_cycles(cycles, [1, 2, 1], taken, WINTER + 5) == WINTER + 2 * DAY
    assert free_in_cycles(cycles, [2, 2, 1], taken, WINTER + 5) == WINTER + 5
    assert free_in_cycles(cycles, [1, None, 1], taken, WINTER + 5) == WINTER + DAY
    assert free_in_cycles(cycles, [1, 2, 0], taken, WINTER + 5) is None
