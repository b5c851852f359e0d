"""What one more activity would change under a goal: the arithmetic agrees with the verdict after it was held."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.goals.prospects import Planned
from lms.goals.rules import Activity, Gap, Requirement, after, closed_share, earned_by, evaluate

HOURS = st.decimals(0, 40, places=2)
MODES, CATEGORIES = ("class", "lecture", "online"), ("skills", "theory")
PAIRS = st.dictionaries(st.tuples(st.sampled_from(MODES), st.sampled_from(CATEGORIES)), HOURS, max_size=5)
MINIMA = st.dictionaries(st.sampled_from(CATEGORIES), st.decimals(1, 10, places=2), max_size=2)
REQUIREMENTS = st.builds(
    Requirement,
    hours=st.decimals(1, 90, places=2),
    classes=st.integers(0, 2),
    mode_caps=st.dictionaries(st.sampled_from(MODES), st.integers(0, 100), max_size=2),
    modes=st.frozensets(st.sampled_from(MODES), max_size=3),
    category_minima=MINIMA,
    mode_minima=st.dictionaries(st.sampled_from(MODES), st.decimals(1, 10, places=2), max_size=2),
)
ACTIVITIES = st.builds(
    Activity, hours=st.decimals("0.5", 24, places=2), mode=st.sampled_from(MODES), category=st.sampled_from(CATEGORIES)
)


@given(asked=REQUIREMENTS, pairs=PAIRS, classes=st.integers(0, 2), one=ACTIVITIES)
def test_what_is_left_is_what_the_verdict_says_afterwards(
    asked: Requirement, pairs: dict[tuple[str, str], Decimal], classes: int, one: Activity
) -> None:
    one = Activity(one.hours, one.mode, one.category, is_class=one.mode == "class")
    now = evaluate(asked, pairs, classes)
    key = (one.mode, one.category)
    then = evaluate(asked, {**pairs, key: pairs.get(key, Decimal(0)) + one.hours}, classes + one.is_class)
    cap = asked.cap(one.mode)
    used = sum((hours for (mode, _category), hours in pairs.items() if mode == one.mode), Decimal(0))
    room = None if cap is None else max(Decimal(0), cap - used)
    before = Gap(now.missing_hours, now.missing_classes, now.shortfalls)
    left = after(before, one, asked.modes, room)
    assert (left.hours, left.classes, left.minima) == (then.missing_hours, then.missing_classes, then.shortfalls)
    assert left.nothing == then.met
    assert now.counted + earned_by(one, asked.modes, room) == then.counted
    assert 0 <= closed_share(before, left) <= 1


@pytest.mark.parametrize(
    ("before", "left", "share"),
    [
        (Gap(Decimal(8)), Gap(Decimal(4)), "0.5"),
        (Gap(Decimal(8)), Gap(Decimal(0)), "1"),
        (Gap(Decimal(0), 1), Gap(Decimal(0)), "1"),
        (
            Gap(Decimal(2), minima={"category:skills": Decimal(8)}),
            Gap(Decimal(0), minima={"category:skills": Decimal(6)}),
            "0.25",
        ),
    ],
)
def test_the_share_of_a_gap_is_that_of_the_hours_that_lack_most(before: Gap, left: Gap, share: str) -> None:
    assert closed_share(before, left) == Decimal(share)


def test_a_goal_looks_at_the_days_of_its_year_until_it_falls_due() -> None:
    days = {dt.date(2026, 12, 30): Decimal(8), dt.date(2026, 12, 31): Decimal(8), dt.date(2027, 1, 1): Decimal(8)}
    planned = Planned(days, "class", "skills", is_class=True)
    assert planned.year == 2026
    assert planned.within(2026, None).hours == 16
    due = planned.within(2026, dt.date(2026, 12, 30))
    assert (due.hours, due.is_class) == (8, True)
    late = planned.within(2026, dt.date(2026, 12, 29))
    assert (late.hours, late.is_class) == (0, False)
