"""Property tests of the arithmetic of calendars."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.training.planning.rules import MOST_REPEATS, Slot, crowded, free_slots, peak, repeats, years_on

DAY = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)


def at(hour: int) -> dt.datetime:
    return DAY + dt.timedelta(hours=hour)


slots = st.tuples(st.integers(0, 60), st.integers(1, 8)).map(lambda pair: Slot(at(pair[0]), at(pair[0] + pair[1])))
WINDOWS = [Slot(at(24 * day + 8), at(24 * day + 18)) for day in range(4)]


def test_who_leaves_at_ten_does_not_meet_who_comes_at_ten() -> None:
    assert not Slot(at(8), at(10)).overlaps(Slot(at(10), at(12)))
    assert Slot(at(8), at(10)).overlaps(Slot(at(9), at(12)))


@given(slots, st.lists(slots, max_size=20))
def test_free_slots_are_free_as_long_as_wanted_in_order_and_within_hours(wanted: Slot, taken: list[Slot]) -> None:
    found = free_slots(wanted, taken, WINDOWS)
    assert len(found) <= 3
    assert found == sorted(found)
    for slot in found:
        assert slot.ends_at - slot.starts_at == wanted.ends_at - wanted.starts_at
        assert slot.starts_at >= wanted.starts_at
        assert not any(slot.overlaps(one) for one in taken)
        assert any(one.starts_at <= slot.starts_at and slot.ends_at <= one.ends_at for one in WINDOWS)


@given(slots, st.lists(slots, max_size=20))
def test_no_earlier_slot_is_overlooked(wanted: Slot, taken: list[Slot]) -> None:
    length = wanted.ends_at - wanted.starts_at
    hours = [Slot(at(hour), at(hour) + length) for hour in range(24 * 4)]
    free = [
        one
        for one in hours
        if one.starts_at >= wanted.starts_at
        and not any(one.overlaps(busy) for busy in taken)
        and any(w.starts_at <= one.starts_at and one.ends_at <= w.ends_at for w in WINDOWS)
    ]
    assert free_slots(wanted, taken, WINDOWS, 1) == free[:1]


@given(slots, st.lists(st.tuples(slots, st.integers(1, 90)), max_size=12))
def test_peak_is_the_fullest_hour(wanted: Slot, others: list[tuple[Slot, int]]) -> None:
    hours = int((wanted.ends_at - wanted.starts_at).total_seconds() // 3600)
    each = [wanted.starts_at + dt.timedelta(hours=number) for number in range(hours)]
    assert peak(wanted, others) == max(sum(n for s, n in others if s.starts_at <= t < s.ends_at) for t in each)


@given(st.lists(st.tuples(slots, st.integers(1, 90)), max_size=12), st.integers(0, 200))
def test_crowded_hours_are_those_with_more_people_than_fit(others: list[tuple[Slot, int]], most: int) -> None:
    found = crowded(others, most)
    for hour in range(70):
        there = sum(heads for slot, heads in others if slot.starts_at <= at(hour) < slot.ends_at)
        assert any(one.starts_at <= at(hour) < one.ends_at for one in found) == (there > most)


def test_a_series_ends_by_number_or_by_day() -> None:
    thursday = dt.date(2026, 11, 26)
    assert repeats(thursday, times=3) == [thursday, dt.date(2026, 12, 3), dt.date(2026, 12, 10)]
    assert repeats(thursday, every_days=1, until=dt.date(2026, 11, 28)) == [
        thursday,
        dt.date(2026, 11, 27),
        dt.date(2026, 11, 28),
    ]
    assert repeats(thursday, weekdays=[1, 3], times=4) == [
        thursday,
        dt.date(2026, 12, 1),
        dt.date(2026, 12, 3),
        dt.date(2026, 12, 8),
    ]
    assert len(repeats(thursday, every_days=1, until=dt.date(2030, 1, 1))) == MOST_REPEATS
    with pytest.raises(ValueError, match="end"):
        repeats(thursday)


@given(st.dates(dt.date(2020, 1, 1), dt.date(2026, 11, 1)))
def test_a_copy_lies_ahead_on_the_same_day_of_the_week(first: dt.date) -> None:
    today = dt.date(2026, 11, 23)
    shifted = first + years_on(first, today)
    assert shifted > today
    assert shifted.weekday() == first.weekday()
    assert shifted - dt.timedelta(weeks=52) <= today or first + dt.timedelta(weeks=52) == shifted
