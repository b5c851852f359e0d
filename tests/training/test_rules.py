"""Worked examples of the county's table of 学时 (domain §3) for people in a room."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from lms.hours.rules import Tariff
from lms.training.rules import Session, Tick, completed, hours_by_day, missed

SHANGHAI = ZoneInfo("Asia/Shanghai")


def tariff(minutes: int = 45, since: str = "2019-01-01") -> Tariff:
    half, full = Decimal("4.00"), Decimal("8.00")
    return Tariff(f"class@{since}", "clock", minutes, Decimal("0.50"), half, full, (), full)


def at(hour: int, minute: int = 0, day: dt.date = dt.date(2026, 3, 5)) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)


def hours(session: Session, tick: Tick, minutes: int = 45) -> list[tuple[str, Decimal]]:
    return [(str(row.day), row.hours) for row in hours_by_day(session, tick, lambda day: tariff(minutes))]


PRESENT = Tick("present")
MORNING = Session(at(8, 30), at(11, 30), "half_day")


def test_domain_3_class_session_100_minutes_is_2_hours() -> None:
    assert hours(Session(at(9), at(10, 40), "clock"), PRESENT) == [("2026-03-05", Decimal("2.00"))]


@pytest.mark.parametrize(("minutes", "worth"), [(22, None), (23, "0.50"), (44, "0.50"), (45, "1.00"), (90, "2.00")])
def test_domain_3_class_by_the_clock_is_rounded_down_to_half_an_hour(minutes: int, worth: str | None) -> None:
    found = hours(Session(at(9), at(9) + dt.timedelta(minutes=minutes), "clock"), PRESENT)
    assert found == ([("2026-03-05", Decimal(worth))] if worth else [])


def test_domain_3_class_by_half_day_is_4_and_by_day_8() -> None:
    assert hours(MORNING, PRESENT) == [("2026-03-05", Decimal("4.00"))]
    assert hours(Session(at(8, 30), at(17), "day"), PRESENT) == [("2026-03-05", Decimal("8.00"))]


def test_base_visit_half_day_is_4_hours_below_that_60_minutes_is_1() -> None:
    assert hours(MORNING, PRESENT, 60) == [("2026-03-05", Decimal("4.00"))]
    assert hours(Session(at(9), at(11), "clock"), PRESENT, 60) == [("2026-03-05", Decimal("2.00"))]
    assert hours(MORNING, Tick("present", None, at(10, 30)), 60) == [("2026-03-05", Decimal("2.00"))]


def test_late_to_a_half_day_never_earns_more_than_the_half_day() -> None:
    long_half_day = Session(at(8), at(13), "half_day")
    assert hours(long_half_day, Tick("present", at(8, 10), None)) == [("2026-03-05", Decimal("4.00"))]


@pytest.mark.parametrize("status", ["leave", "absent"])
def test_leave_and_absence_earn_nothing(status: str) -> None:
    assert hours(MORNING, Tick(status)) == []


def test_times_are_clipped_to_the_session() -> None:
    session = Session(at(9), at(10, 30), "clock")
    assert hours(session, Tick("present", at(7), at(23))) == [("2026-03-05", Decimal("2.00"))]
    assert hours(session, Tick("present", at(9, 45), None)) == [("2026-03-05", Decimal("1.00"))]
    assert hours(session, Tick("present", at(11), None)) == []


def test_domain_3_a_session_across_new_year_is_split_at_midnight() -> None:
    new_years_eve = dt.date(2026, 12, 31)
    session = Session(at(22, 30, new_years_eve), at(0, 45, dt.date(2027, 1, 1)), "clock")
    assert hours(session, PRESENT) == [("2026-12-31", Decimal("2.00")), ("2027-01-01", Decimal("1.00"))]


def test_a_half_day_across_midnight_is_shared_by_minutes() -> None:
    session = Session(at(21), at(1, 0, dt.date(2026, 3, 6)), "half_day")
    assert hours(session, PRESENT) == [("2026-03-05", Decimal("3.00")), ("2026-03-06", Decimal("1.00"))]


def test_each_day_is_priced_by_the_rule_of_that_day() -> None:
    session = Session(at(23), at(1, 0, dt.date(2026, 3, 6)), "clock")

    def changing(day: dt.date) -> Tariff:
        return tariff(60 if day.day == 5 else 30)

    assert [row.hours for row in hours_by_day(session, PRESENT, changing)] == [Decimal("1.00"), Decimal("2.00")]


def test_covers_is_the_time_there() -> None:
    (row,) = hours_by_day(MORNING, Tick("present", at(9, 30), None), lambda day: tariff())
    assert row.covers == (int(at(9, 30).timestamp()), int(at(11, 30).timestamp()))


def seven_half_days(*statuses: str) -> list[tuple[Session, Tick]]:
    days = [dt.date(2026, 3, day) for day in range(2, 9)]
    return [
        (Session(at(8, 30, day), at(11, 30, day), "half_day"), Tick(status))
        for day, status in zip(days, statuses, strict=True)
    ]


def test_domain_3_leave_of_exactly_one_seventh_still_completes() -> None:
    assert completed(seven_half_days("leave", *["present"] * 6), lambda session: tariff())


def test_domain_3_leave_of_more_than_one_seventh_does_not_complete() -> None:
    marks = seven_half_days("leave", *["present"] * 6)
    marks[1] = (marks[1][0], Tick("present", at(8, 40, dt.date(2026, 3, 3)), None))
    assert not completed(marks, lambda session: tariff())
    assert not completed(seven_half_days("leave", "absent", *["present"] * 5), lambda session: tariff())


def test_missed_is_a_share_of_the_session() -> None:
    assert missed(MORNING, PRESENT) == 0
    assert missed(MORNING, Tick("absent")) == 1
    assert missed(MORNING, Tick("present", at(9, 30), None)) * 3 == 1


def test_who_comes_when_it_ends_was_not_there() -> None:
    assert hours(MORNING, Tick("present", at(11, 30), None)) == []
    assert [missed(MORNING, Tick("present", at(11, minute), None)) for minute in (30, 45)] == [1, 1]


def test_each_row_names_the_rule_that_priced_it() -> None:
    (row,) = hours_by_day(MORNING, PRESENT, lambda day: tariff(since="2024-01-01"))
    assert row.tariff.name == "class@2024-01-01"


def test_a_whole_half_day_is_not_rounded_to_the_step_of_the_clock() -> None:
    uneven = replace(tariff(), half_day=Decimal("3.75"))
    assert [row.hours for row in hours_by_day(MORNING, PRESENT, lambda day: uneven)] == [Decimal("3.75")]


def test_domain_3_leave_is_weighed_by_the_hours_of_each_session() -> None:
    """A day of eight hours missed weighs as two half-days; two minutes of a class by the clock as nothing."""
    long, short = Session(at(8), at(18), "day"), Session(at(19), at(19, 2), "clock")
    there, away = Tick("present"), Tick("absent")
    assert completed([(long, there), (short, away)], lambda session: tariff())
    assert not completed([(long, away), *[(MORNING, there)] * 11], lambda session: tariff())
    assert completed([(long, away), *[(MORNING, there)] * 12], lambda session: tariff())


def test_domain_3_each_session_is_weighed_by_the_rule_of_its_start() -> None:
    march, april = (
        Session(at(9), at(10), "clock"),
        Session(at(9, day=dt.date(2026, 4, 1)), at(10, day=dt.date(2026, 4, 1)), "clock"),
    )
    priced = {march: tariff(60), april: tariff(10)}
    assert completed([(march, Tick("absent")), (april, Tick("present"))], priced.__getitem__)
    assert not completed([(march, Tick("present")), (april, Tick("absent"))], priced.__getitem__)
