"""The county's table of 学时 (domain §3) and a member's day, as worked examples."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.hours.rules import (
    Claimed,
    Tariff,
    hours_by_clock,
    hours_by_tier,
    hours_of_session,
    length,
    price_day,
    subtract,
    union,
)

D = Decimal
HOUR = 3600
CAP = D(8)
TIERS = ((0, D("0.25")), (15 * 60, D("0.50")), (30 * 60, D("1.00")))


def tariff(minutes: int = 60, step: str = "0.50") -> Tariff:
    return Tariff("test@2026-01-01", "clock", minutes, D(step), D(4), D(8), TIERS, CAP)


def claim(source: str, mode: str, start: float, end: float, gross: str, step: str = "0.50") -> Claimed:
    return Claimed(source, mode, D(gross), D(step), ((int(start * HOUR), int(end * HOUR)),))


@pytest.mark.parametrize(
    ("minutes", "hours"), [(45, "1.00"), (44, "0.50"), (22, "0.00"), (100, "2.00"), (90, "2.00"), (180, "4.00")]
)
def test_domain_3_a_class_by_the_clock_45_minutes_are_one_hour(minutes: int, hours: str) -> None:
    assert hours_by_clock(minutes * 60, tariff(45)) == D(hours)


def test_domain_3_a_class_by_the_half_day_is_4_and_by_the_day_8() -> None:
    assert hours_of_session(3 * HOUR, "half_day", tariff(45)) == D(4)
    assert hours_of_session(6 * HOUR, "day", tariff(45)) == D(8)
    assert hours_of_session(3 * HOUR, "clock", tariff(45)) == D(4)


@pytest.mark.parametrize(("minutes", "hours"), [(60, "1.00"), (59, "0.50"), (120, "2.00"), (29, "0.00")])
def test_domain_3_group_study_60_minutes_are_one_hour(minutes: int, hours: str) -> None:
    assert hours_by_clock(minutes * 60, tariff()) == D(hours)


@pytest.mark.parametrize(("minutes", "hours"), [(60, "1.00"), (20, "0.25"), (14, "0.00"), (50, "0.75")])
def test_domain_3_online_is_rounded_down_to_a_quarter(minutes: int, hours: str) -> None:
    assert hours_by_clock(minutes * 60, tariff(60, "0.25")) == D(hours)


@pytest.mark.parametrize(("minutes", "hours"), [(30, "1.00"), (29, "0.50"), (15, "0.50"), (14, "0.25"), (90, "1.00")])
def test_domain_3_the_other_table_goes_by_the_length_of_the_course(minutes: int, hours: str) -> None:
    assert hours_by_tier(minutes * 60, tariff()) == D(hours)


def test_time_that_runs_backwards_is_worth_nothing() -> None:
    assert hours_by_clock(-60, tariff()) == 0


def test_domain_3_overlap_counts_once_and_the_class_wins() -> None:
    day = [claim("c", "class", 9, 12, "4"), claim("o", "online", 11, 13, "2", "0.25")]
    priced = price_day(day, CAP)
    assert priced["c"].hours == 4
    assert (priced["o"].hours, priced["o"].trimmed_by) == (D(1), "overlap")


def test_domain_3_a_class_a_viewing_a_visit_and_watching_at_once_never_add_up() -> None:
    day = [claim(mode, mode, 9, 11, "2") for mode in ("online", "group", "visit", "class")]
    priced = price_day(day, CAP)
    assert {source: price.hours for source, price in priced.items()} == {
        "class": 2,
        "visit": 0,
        "group": 0,
        "online": 0,
    }


def test_domain_3_at_most_8_a_day_over_all_sources() -> None:
    day = [claim("a", "class", 8, 14, "8"), claim("b", "group", 15, 17, "2")]
    priced = price_day(day, CAP)
    assert priced["a"].hours == 8
    assert (priced["b"].hours, priced["b"].trimmed_by) == (0, "cap")


def test_a_trimmed_credit_comes_back_when_the_one_that_trimmed_it_goes() -> None:
    online = claim("o", "online", 9, 10, "1", "0.25")
    withdrawn = Claimed("c", "class", D(0), D("0.5"), ())
    assert price_day([claim("c", "class", 9, 10, "1"), online], CAP)["o"].hours == 0
    assert price_day([withdrawn, online], CAP)["o"].hours == 1


def test_a_credit_worth_nothing_takes_no_time_from_others() -> None:
    day = [claim("c", "class", 9, 10, "0"), claim("o", "online", 9, 10, "1", "0.25")]
    assert price_day(day, CAP)["o"].hours == 1


def test_a_credit_without_time_is_only_capped() -> None:
    day = [Claimed("paper", "class", D(6), D("0.5"), ()), claim("o", "online", 9, 13, "4", "0.25")]
    priced = price_day(day, CAP)
    assert (priced["paper"].hours, priced["o"].hours) == (6, 2)


intervals = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: tuple(sorted(pair))), max_size=8
)


@given(intervals, intervals)
def test_stretches_of_time_are_sets_of_seconds(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> None:
    def seconds(stretches: list[tuple[int, int]]) -> set[int]:
        return {second for start, end in stretches for second in range(start, end)}

    assert seconds(union(left)) == seconds(left)
    assert length(union(left)) == len(seconds(left))
    assert seconds(subtract(left, right)) == seconds(left) - seconds(right)
    assert length(subtract(left, right)) == len(seconds(left) - seconds(right))


claims = st.lists(
    st.builds(
        claim,
        st.uuids().map(str),
        st.sampled_from(["class", "lecture", "meeting", "visit", "group", "online"]),
        st.integers(8, 12),
        st.integers(13, 18),
        st.sampled_from(["0", "0.5", "1", "4", "8"]),
    ),
    max_size=6,
)


@given(claims, st.randoms())
def test_the_result_of_a_day_does_not_depend_on_the_order(day: list[Claimed], order: object) -> None:
    shuffled = list(day)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert price_day(day, CAP) == price_day(shuffled, CAP)
    assert sum((price.hours for price in price_day(day, CAP).values()), D(0)) <= CAP
