"""The member's home: how far am I, what do I do next, when and where is my next session."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from courses import selectors
from courses.models import CoursePage
from lms.core import clock
from lms.goals.models import GoalLine, Standing
from lms.members.models import Member
from lms.training.models import Enrolment, Training, TrainingSession
from tests.conftest import County
from tests.factories import make_course
from tests.reports.conftest import Held

pytestmark = pytest.mark.django_db
Login = Callable[[str], Client]


def plan(county: County, member: Member) -> Training:
    training = Training.objects.create(
        kind="lecture", title="蜜梨丰产报告会", category="skills", unit=county.town, place="石桥镇文化站"
    )
    Enrolment.objects.create(training=training, member=member, unit=member.unit)
    begin = clock.now() + dt.timedelta(days=3)
    TrainingSession.objects.create(
        training=training, starts_at=begin, ends_at=begin + dt.timedelta(hours=3), measure="clock"
    )
    return training


def test_the_home_answers_three_questions(county: County, login: Login, hold: Held) -> None:
    member = Member.objects.get(name="王秀英")
    hold(county.town, [member])
    lesson = make_course(10)[0]
    plan(county, member)
    page = login("member").get("/learn/").content.decode()
    assert "<strong>8</strong> / 32" in page and "还差 24" in page
    assert lesson.title in page
    assert "蜜梨丰产报告会" in page and "石桥镇文化站" in page and "2026年11月25日" in page


def test_the_next_lesson_is_of_a_category_not_yet_taken(county: County, login: Login) -> None:
    member = Member.objects.get(name="王秀英")
    (skills,) = make_course(10)
    (history,) = make_course(10, slug="history")
    CoursePage.objects.filter(slug="history").update(category="history")
    assert selectors.next_lesson(member) == skills
    assert selectors.next_lesson(member, ["skills"]) == history
    assert selectors.next_lesson(member, ["skills", "history"]) == skills


def test_the_home_suggests_courses_for_the_hours_that_are_lacking(county: County, login: Login, hold: Held) -> None:
    hold(county.town, [Member.objects.get(name="王秀英")])
    make_course(10)
    page = login("member").get("/learn/").content.decode()
    assert "为你推荐" in page and "还差 24 学时" in page
    assert "在线学习的学时已经计满" not in page


def test_the_home_says_when_only_a_class_helps(county: County, login: Login) -> None:
    """Half of 32 学时 may be online in this county: with 16 of them more courses add nothing."""
    member = Member.objects.get(name="王秀英")
    make_course(10)
    GoalLine.objects.update(online_cap_percent=50)
    Standing.objects.filter(member=member).update(total=20, counted=16, online=20)
    page = login("member").get("/learn/").content.decode()
    assert "在线学习的学时已经计满，还差 16 学时" in page and reverse("training-choices") in page
    Standing.objects.filter(member=member).update(total=15, counted=15, online=15)
    assert "在线学习的学时已经计满" not in login("member").get("/learn/").content.decode()


def test_the_home_costs_the_same_with_more_hours(county: County, login: Login, hold: Held) -> None:
    member = Member.objects.get(name="王秀英")
    hold(county.town, [member])
    make_course(10)
    plan(county, member)
    client = login("member")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/learn/").status_code == 200
        return len(captured)

    queries()  # the site's root paths are read once a process
    before = queries()
    hold(county.town, [member], days=2, start=dt.date(2026, 5, 4))
    assert queries() == before


def test_somebody_without_a_record_gets_a_kind_page(county: County, login: Login) -> None:
    answer = login("county").get("/learn/")
    assert answer.status_code == 200
    assert "没有对应的党员" in answer.content.decode()
    assert login("county").get("/learn/hours/").status_code == 404


def test_own_hours_open_to_their_evidence(county: County, login: Login, hold: Held) -> None:
    member = Member.objects.get(name="王秀英")
    hold(county.town, [member])
    client = login("member")
    page = client.get("/learn/hours/").content.decode()
    start = page.index("/hours/", page.index("<table"))
    address = page[start : page.index('"', start)]
    assert client.get(address).status_code == 200
