"""The nearest ways to a goal: only what counts, what fits the person's own days and where a seat is free."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from lms.core import clock
from lms.members.models import Member
from lms.reports.ways import MOST, Lacking, nearest
from lms.training import services
from lms.training.models import Training
from lms.training.services import SessionPlan
from tests.conftest import County
from tests.factories import make_course, make_member

pytestmark = pytest.mark.django_db


def plan(personas: County, title: str, days: int, **fields: object) -> Training:
    start = clock.now().replace(hour=1, minute=0, second=0, microsecond=0) + dt.timedelta(days=days)
    values = {"kind": "class", "unit": personas.town, "category": "skills", "capacity": 20, **fields}
    session = SessionPlan(start, start + dt.timedelta(hours=3), "half_day", title)
    return services.plan_training(title=title, sessions=[session], by=personas.users["town"], **values)


@pytest.fixture
def grower(personas: County) -> Member:
    return make_member(personas.branch, "李大山")


def titles(member: Member, lacking: Lacking) -> list[str]:
    return [offer.training.title for offer in nearest(member, lacking).offers]


def test_who_lacks_nothing_is_sent_nowhere(personas: County, grower: Member) -> None:
    make_course(20)
    plan(personas, "冬季修剪班", 3)
    ways = nearest(grower, Lacking(Decimal(0)))
    assert (ways.offers, ways.lessons) == ([], [])


def test_a_training_ahead_with_a_seat_says_what_it_is_worth(personas: County, grower: Member) -> None:
    training = plan(personas, "冬季修剪班", 3, capacity=2)
    services.enrol(training=training, member=make_member(personas.branch, "王秀英"), by=None)
    (offer,) = nearest(grower, Lacking(Decimal(8))).offers
    assert (offer.training, offer.seats, offer.hours) == (training, 1, Decimal("4.00"))


def test_a_full_one_one_that_began_and_one_of_another_town_are_left_out(personas: County, grower: Member) -> None:
    full = plan(personas, "满员的班", 3, capacity=1)
    services.enrol(training=full, member=make_member(personas.branch, "王秀英"), by=None)
    plan(personas, "昨天的班", -1)
    plan(personas, "别镇的班", 4, unit=personas.other_town)
    assert titles(grower, Lacking(Decimal(8))) == []


def test_one_at_the_same_time_as_his_own_does_not_fit(personas: County, grower: Member) -> None:
    own = plan(personas, "已报名的班", 3)
    services.enrol(training=own, member=grower, by=None)
    plan(personas, "同一上午的班", 3)
    plan(personas, "后一天的班", 4)
    assert titles(grower, Lacking(Decimal(8))) == ["后一天的班"]


def test_what_gives_the_missing_class_comes_before_what_is_sooner(personas: County, grower: Member) -> None:
    plan(personas, "主题党日", 2, kind="meeting")
    plan(personas, "支部书记培训班", 9)
    assert titles(grower, Lacking(Decimal(8))) == ["主题党日", "支部书记培训班"]
    assert titles(grower, Lacking(Decimal(8), classes=1)) == ["支部书记培训班", "主题党日"]


def test_lessons_of_the_category_that_is_short_come_first(grower: Member) -> None:
    make_course(60, 60, slug="putao")
    other = make_course(60, slug="dangji")[0]
    course = other.get_parent().specific
    course.category = "discipline"
    course.save()
    lacking = Lacking(Decimal(8), by_category={"discipline": Decimal(1)})
    assert nearest(grower, lacking).lessons[0].lesson == other


def test_lessons_stop_when_what_is_lacking_is_filled(grower: Member) -> None:
    make_course(60, 60, 60, 60)
    assert [way.hours for way in nearest(grower, Lacking(Decimal("1.50"))).lessons] == [Decimal("1.00")] * 2


def test_lessons_stop_where_online_study_no_longer_counts(grower: Member) -> None:
    make_course(*[60] * (MOST + 2))
    ways = nearest(grower, Lacking(Decimal(20), online_room=Decimal(1)))
    assert (len(ways.lessons), ways.online_full) == (1, False)
    ways = nearest(grower, Lacking(Decimal(20), online_room=Decimal(0)))
    assert (len(ways.lessons), ways.online_full) == (0, True)
    assert len(nearest(grower, Lacking(Decimal(20))).lessons) == MOST
