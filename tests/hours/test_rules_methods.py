"""Methods, rounding and worked examples of a tariff, and the edges of a day: what the editor of rules shows and the ledger does."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from lms.core.hours import ZERO
from lms.hours.rules import (
    BY_THE_DAY,
    CLOCK,
    FACTOR,
    FIXED,
    METHODS,
    NEAREST,
    TIERS,
    TRIM_CAP,
    TRIM_OVERLAP,
    Claimed,
    Example,
    Priced,
    Tariff,
    examples,
    hours_by_clock,
    hours_by_tier,
    hours_of,
    hours_of_session,
    price_day,
    subtract,
    union,
)

D = Decimal
HOUR = 3600
CLASS = Tariff("class@2019-01-01", CLOCK, 45, D("0.50"), D(4), D(8), (), D(8))
ONLINE = replace(CLASS, method=TIERS, tiers=((0, D("0.25")), (15 * 60, D("0.50")), (30 * 60, D("1.00"))))
TEACHING = replace(CLASS, method=FACTOR, factor=D(5))
TEST = replace(CLASS, method=FIXED, fixed=D("0.50"))


@pytest.mark.parametrize(
    ("minutes", "down", "nearest"),
    [(11, "0.00", "0.00"), (12, "0.00", "0.50"), (33, "0.50", "0.50"), (34, "0.50", "1.00"), (45, "1.00", "1.00")],
)
def test_domain_3_rounded_down_unless_the_row_says_to_the_nearest(minutes: int, down: str, nearest: str) -> None:
    """45 min are one hour, step 0.5: half a step is 11¼ min and is rounded up by ``nearest``."""
    assert hours_by_clock(minutes * 60, CLASS) == D(down)
    assert hours_by_clock(minutes * 60, replace(CLASS, rounding=NEAREST)) == D(nearest)


def test_no_time_is_no_hours_to_the_last_second() -> None:
    to_the_second = replace(CLASS, unit_minutes=1, step=D("0.01"), rounding=NEAREST)
    assert [hours_by_clock(seconds, to_the_second) for seconds in (-60, 0, 60)] == [ZERO, ZERO, D(1)]


def test_domain_3_teaching_is_five_times_what_the_listeners_get() -> None:
    assert hours_by_clock(100 * 60, TEACHING) == D(10)
    assert hours_of_session(0, "half_day", TEACHING) == D(20)
    assert hours_of_session(0, "day", TEACHING) == D(40)
    assert hours_of_session(100 * 60, "clock", TEACHING) == D(10)


def test_a_factor_is_cut_to_hundredths_and_binds_no_other_method() -> None:
    assert hours_by_clock(45 * 60, replace(TEACHING, factor=D("1.339"))) == D("1.33")
    assert str(hours_by_clock(45 * 60, replace(TEACHING, factor=D("2")))) == "2.00"
    assert hours_by_clock(45 * 60, replace(CLASS, factor=D(5))) == D(1)


def test_a_course_below_every_tier_is_worth_nothing() -> None:
    assert hours_by_tier(14 * 60, replace(ONLINE, tiers=((15 * 60, D("0.50")),))) == ZERO


def test_each_method_prices_its_own_way() -> None:
    assert hours_of(40 * 60, ONLINE) == D(1)
    assert hours_of(40 * 60, TEST) == D("0.50")
    assert hours_of(40 * 60, CLASS) == D("0.50")
    assert hours_of(90 * 60, TEACHING) == D(10)


def test_the_examples_of_a_clock_are_five_lengths() -> None:
    by_the_clock = [(25, "0.50"), (45, "1.00"), (60, "1.00"), (100, "2.00"), (180, "4.00")]
    assert examples("online", CLASS) == [Example(D(hours), minutes * 60, CLOCK) for minutes, hours in by_the_clock]


def test_the_examples_are_priced_to_the_second() -> None:
    to_the_second = replace(CLASS, unit_minutes=1, step=D("0.01"))
    assert [example.hours for example in examples("online", to_the_second)] == [D(25), D(45), D(60), D(100), D(180)]


def test_the_examples_of_what_goes_by_the_day_name_half_a_day_and_a_day() -> None:
    assert examples("class", CLASS)[5:] == [Example(D(4), 0, "half_day"), Example(D(8), 0, "day")]
    assert [example.hours for example in examples("teaching", TEACHING)[5:]] == [D(20), D(40)]
    assert {activity for activity, methods in METHODS.items() if methods[0] in (CLOCK, FACTOR)} > set(BY_THE_DAY)


def test_the_examples_of_tiers_stand_at_both_sides_of_each_edge() -> None:
    minutes = [(example.seconds // 60, str(example.hours)) for example in examples("online", ONLINE)]
    assert minutes == [(1, "0.25"), (14, "0.25"), (15, "0.50"), (29, "0.50"), (30, "1.00")]
    (first, second) = examples("online", replace(ONLINE, tiers=((61, D(1)),)))
    assert (first.seconds, second.seconds) == (1, 61)


def test_the_example_of_a_fixed_number_is_one_piece() -> None:
    assert examples("test", TEST) == [Example(D("0.50"), 0, "once")]


def test_stretches_that_touch_are_one_and_empty_ones_none() -> None:
    assert union([(5, 9), (0, 5), (20, 20)]) == [(0, 9)]
    assert subtract([(0, 10)], [(0, 3), (10, 12)]) == [(3, 10)]
    assert subtract([(0, 10)], [(-5, 0), (4, 10)]) == [(0, 4)]


def claimed(source: str, start: float, end: float, gross: str) -> Claimed:
    return Claimed(source, "class", D(gross), D("0.50"), ((int(start * HOUR), int(end * HOUR)),))


def test_of_two_in_the_same_form_the_earlier_keeps_its_time() -> None:
    day = price_day([claimed("a", 10, 12, "2"), claimed("b", 9, 11, "2")], D(8))
    assert day == {"b": Priced(D(2)), "a": Priced(D(1), TRIM_OVERLAP)}


def test_what_begins_before_midnight_of_1970_or_has_no_time_keeps_its_place() -> None:
    without = Claimed("z", "class", D(1), D("0.50"), ())
    day = price_day([claimed("a", -2, -1, "1"), without, claimed("b", 1, 2, "1")], D(2))
    assert [day[source].hours for source in ("a", "z", "b")] == [D(1), D(1), D(0)]


def test_both_reasons_are_named() -> None:
    day = price_day([claimed("a", 0, 4, "4"), claimed("b", 3, 9, "6")], D(8))
    assert day["b"] == Priced(D(4), f"{TRIM_OVERLAP},{TRIM_CAP}")


def test_a_cap_that_is_reached_to_the_hundredth_trims_nothing() -> None:
    assert price_day([claimed("a", 0, 8, "8")], D(8)) == {"a": Priced(D(8))}
