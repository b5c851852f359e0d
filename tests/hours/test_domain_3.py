"""Domain §3, row by row: what a county that has set nothing itself gets for its activities, and the awkward days.

docs/rules.md names the test of each row.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from lms.core import clock
from lms.hours import ledger, totals
from lms.hours.conversion import Tariffs
from lms.hours.credit import Credit
from lms.hours.rules import Tariff, hours_of, hours_of_session
from lms.members.models import Member
from lms.training.rules import Session, Tick, completed, hours_by_day
from tests.conftest import County
from tests.factories import make_credit, make_member

pytestmark = pytest.mark.django_db
D = Decimal
DAY = dt.date(2026, 3, 5)
PRESENT = Tick("present")


@pytest.fixture
def member(tree: County) -> Member:
    return make_member(tree.branch, "李大山")


def by_default(activity: str, day: dt.date = DAY) -> Tariff:
    """The rule that a new county has."""
    return Tariffs()(activity, day)


def worth(activity: str, minutes: int) -> Decimal:
    return hours_of(60 * minutes, by_default(activity))


def at(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    return clock.day_start(day) + dt.timedelta(hours=hour, minutes=minute)


# -- the table ----------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "hours"), [(45, "1.00"), (44, "0.50"), (100, "2.00")])
def test_domain_3_row_class_by_the_clock(minutes: int, hours: str) -> None:
    assert worth("class", minutes) == D(hours)


def test_domain_3_row_class_by_half_day_and_day() -> None:
    tariff = by_default("class")
    assert [hours_of_session(0, measure, tariff) for measure in ("half_day", "day")] == [D(4), D(8)]


@pytest.mark.parametrize("activity", ["group", "lecture", "meeting"])
@pytest.mark.parametrize(("minutes", "hours"), [(60, "1.00"), (59, "0.50"), (29, "0.00"), (100, "1.50")])
def test_domain_3_row_group_study_group_viewing_and_lecture(activity: str, minutes: int, hours: str) -> None:
    assert worth(activity, minutes) == D(hours)


def test_domain_3_row_base_visit() -> None:
    tariff = by_default("visit")
    assert hours_of_session(0, "half_day", tariff) == D(4)
    assert hours_of_session(90 * 60, "clock", tariff) == D("1.50")


@pytest.mark.parametrize(("minutes", "hours"), [(60, "1.00"), (59, "0.75"), (15, "0.25"), (14, "0.00")])
def test_domain_3_row_online_course_by_watched_length(minutes: int, hours: str) -> None:
    assert worth("online", minutes) == D(hours)


def test_domain_3_row_passed_test() -> None:
    assert worth("test", 0) == D("0.50")


@pytest.mark.parametrize(("minutes", "hours"), [(45, "5.00"), (100, "10.00"), (22, "0.00")])
def test_domain_3_row_teaching_is_five_times_what_the_listeners_get(minutes: int, hours: str) -> None:
    assert worth("teaching", minutes) == D(hours) == 5 * worth("class", minutes)


def test_domain_3_row_no_carry_over_to_next_year(member: Member) -> None:
    ledger.post(make_credit(member, "8", earned_on=dt.date(2026, 12, 31)), by=None)
    assert totals.of_members([member.pk], 2026)[member.pk].hours == D(8)
    assert totals.of_members([member.pk], 2027) == {}


@pytest.mark.parametrize(("minutes_away", "complete"), [(60, True), (61, False)])
def test_domain_3_row_leave_of_more_than_one_seventh_is_not_completed(minutes_away: int, complete: bool) -> None:
    seven_hours = Session(at(DAY, 8), at(DAY, 15), "clock")
    away = Tick("present", at(DAY, 8) + dt.timedelta(minutes=minutes_away), None)
    assert completed([(seven_hours, away)], lambda _session: by_default("class")) is complete


def test_domain_3_at_most_8_a_day_over_all_sources(member: Member) -> None:
    ledger.post(make_credit(member, "8"), make_credit(member, "5", mode="group"), by=None)
    assert totals.of_members([member.pk], 2026)[member.pk].hours == D(8)


# -- awkward days ---------------------------------------------------------------------------


def credits_of(session: Session, member: Member) -> list[Credit]:
    """What a closed session would post for somebody who stayed throughout."""
    return [
        make_credit(member, str(row.hours), earned_on=row.day, covers=(row.covers,), occasion="training:1")
        for row in hours_by_day(session, PRESENT, lambda day: by_default("class", day))
    ]


def test_awkward_a_class_across_new_year_earns_in_both_years_and_is_one_class_in_each(member: Member) -> None:
    for day in (dt.date(2026, 12, 31), dt.date(2027, 1, 1)):
        ledger.post(*credits_of(Session(at(day, 8), at(day, 17), "day"), member), by=None)
    for year in (2026, 2027):
        found = totals.of_members([member.pk], year)[member.pk]
        assert (found.hours, found.classes) == (D(8), 1)


def test_awkward_a_session_over_midnight_is_two_days_of_one_class(member: Member) -> None:
    evening = Session(at(DAY, 22, 30), at(DAY + clock.DAY, 0, 45), "clock")
    ledger.post(*credits_of(evening, member), by=None)
    earned = totals.by_day([member.pk], since=DAY, until=DAY + clock.DAY)
    assert [(row.day, row.hours) for row in sorted(earned, key=lambda row: row.day)] == [
        (DAY, D("2.00")),
        (DAY + clock.DAY, D("1.00")),
    ]
    assert totals.of_members([member.pk], 2026)[member.pk].classes == 1


def test_awkward_29_february_is_a_day_of_its_year(member: Member) -> None:
    leap = dt.date(2028, 2, 29)
    ledger.post(*credits_of(Session(at(leap, 23), at(leap + clock.DAY, 1), "clock"), member), by=None)
    earned = {row.day: row.hours for row in totals.by_day([member.pk], since=leap, until=dt.date(2028, 3, 1))}
    assert earned == {leap: D("1.00"), dt.date(2028, 3, 1): D("1.00")}
    assert totals.of_members([member.pk], 2028, until=leap)[member.pk].hours == D("1.00")
