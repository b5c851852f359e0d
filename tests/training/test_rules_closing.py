"""Dates and limits of closing: the last day of each, half-days parted at noon, names that any system takes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from lms.training.closing import rules
from lms.training.closing.rules import Half

DAY = dt.date(2026, 3, 9)
CHINA = dt.timezone(dt.timedelta(hours=8))


def at(hour: int, minute: int = 0, day: dt.date = DAY, second: int = 0) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute, second), CHINA)


def test_one_may_object_for_15_days_to_the_moment() -> None:
    closed = at(9)
    assert rules.may_still_object(closed, closed + dt.timedelta(days=15))
    assert not rules.may_still_object(closed, closed + dt.timedelta(days=15, seconds=1))


@pytest.mark.parametrize(
    ("day", "closed", "until"),
    [
        (dt.date(2026, 3, 9), dt.date(2026, 3, 15), dt.date(2026, 12, 31)),
        (dt.date(2026, 12, 16), dt.date(2026, 12, 16), dt.date(2026, 12, 31)),
        (dt.date(2026, 12, 30), dt.date(2027, 1, 3), dt.date(2027, 1, 18)),
    ],
)
def test_a_deadline_never_passes_before_one_can_hand_in(day: dt.date, closed: dt.date, until: dt.date) -> None:
    assert rules.make_up_by(day, closed) == until


def test_white_space_is_no_letter() -> None:
    assert rules.letters(" 学 会了\n嫁接\t") == 5
    assert rules.letters(" \n") == 0


@pytest.mark.parametrize(
    ("marks", "mean"),
    [([5] * 4, None), ([5] * 5, Decimal("5.0")), ([5, 5, 5, 4, 4], Decimal("4.6")), ([4] * 15 + [3], Decimal("3.9")), ([4] * 3 + [5] * 17, Decimal("4.9"))],
)  # fmt: skip
def test_below_five_answers_nobody_learns_the_mean(marks: list[int], mean: Decimal | None) -> None:
    """17 of 20 say 5: 4.85 is rounded up, as people round."""
    assert rules.average(marks) == mean


@pytest.mark.parametrize(
    ("start", "end", "parts"),
    [
        (at(8, 30), at(11, 30), [Half(DAY, "am", at(8, 30), at(11, 30))]),
        (at(9), at(12), [Half(DAY, "am", at(9), at(12))]),
        (at(9).replace(microsecond=5), at(13),
         [Half(DAY, "am", at(9).replace(microsecond=5), at(12)), Half(DAY, "pm", at(12), at(13))]),
        (at(12), at(17), [Half(DAY, "pm", at(12), at(17))]),
        (at(14), at(17), [Half(DAY, "pm", at(14), at(17))]),
        (at(10), at(15), [Half(DAY, "am", at(10), at(12)), Half(DAY, "pm", at(12), at(15))]),
        (at(11, 59, second=30), at(12, 0, second=1),
         [Half(DAY, "am", at(11, 59, second=30), at(12)), Half(DAY, "pm", at(12), at(12, 0, second=1))]),
        (at(22), at(1, day=DAY + dt.timedelta(days=1)), [Half(DAY, "pm", at(22), at(1, day=DAY + dt.timedelta(days=1)))]),
    ],
)  # fmt: skip
def test_a_session_is_parted_at_noon(start: dt.datetime, end: dt.datetime, parts: list[Half]) -> None:
    assert rules.halves(start, end) == parts


MORNING = Half(DAY, "am", at(8, 30), at(11, 30))


@pytest.mark.parametrize(
    ("there", "status", "seen"),
    [
        (None, "absent", "absent"),
        (None, "leave", "leave"),
        (None, "present", "absent"),  # ticked, and by the minute not there for any of it
        ((at(8, 30), at(11, 30)), "present", "present"),
        ((at(8), at(12)), "present", "present"),
        ((at(9), at(11, 30)), "present", "part"),
        ((at(8, 30), at(11)), "present", "part"),
        ((at(11, 30), at(12)), "present", "absent"),
        ((at(8), at(8, 30)), "present", "absent"),
    ],
)
def test_what_a_half_day_shows(there: tuple[dt.datetime, dt.datetime] | None, status: str, seen: str) -> None:
    assert rules.seen(MORNING, there, status) == seen


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("葡萄栽培培训班", "葡萄栽培培训班"),
        ('第1期<新>:"甲/乙\\丙|丁?*"', "第1期 新 甲 乙 丙 丁"),
        ("  ..a  b.. ", "a b"),
        ("甲\n乙\u200b丙", "甲 乙 丙"),
        ("e\u0301", "\u00e9"),
        ("", "_"),
        ("...", "_"),
        ("长" * 61, "长" * 60),
        ("长" * 59 + ". 尾", "长" * 59),
        ("." * 9 + "长" * 60, "长" * 60),
        ("XX 号 XX", "XX 号 XX"),
    ],
)
def test_a_name_of_a_file_that_any_system_takes(text: str, name: str) -> None:
    assert rules.safe_name(text) == name
