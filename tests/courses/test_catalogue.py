"""The catalogue's filters in the address, and what is named to a member with its reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses import catalogue, completion
from courses.catalogue import Wanted
from courses.for_you import Lack, suggestions
from courses.models import CoursePage, LessonPage, ScormPackage
from lms.core import clock
from lms.members.models import Member, Post
from tests.courses.conftest import Player
from tests.courses.quiz_questions import give_quiz
from tests.factories import MINUTE, make_course

Login = Callable[[str], Client]
Play = Callable[[Member, LessonPage], Player]
JANUARY = dt.datetime(2026, 1, 10, 4, tzinfo=dt.UTC)


@pytest.fixture
def offered(personas: object) -> dict[str, CoursePage]:
    """Pruning (winter, short), silk (May, long), discipline for secretaries (all year)."""
    rows = {
        "grape": ((5, 5), "葡萄冬季修剪", {"industry": "葡萄", "season": "十二月至次年二月", "audience": "种植户"}),
        "silk": ((20, 20), "养好春蚕", {"industry": "蚕桑", "season": "四月至五月", "audience": "蚕农"}),
        "law": ((10,), "纪律处分条例", {"category": "discipline", "industry": "", "audience": "支部书记"}),
    }
    for slug, (minutes, title, facts) in rows.items():
        course = make_course(*minutes, slug=slug, title=title)[0].course
        for name, value in facts.items():
            setattr(course, name, value)
        course.save_revision().publish()
    return {course.slug: course for course in CoursePage.objects.all()}


def titles(client: Client, query: str) -> list[str]:
    page = client.get(f"/courses/?{query}").content.decode()
    return [name for name in ("葡萄冬季修剪", "养好春蚕", "纪律处分条例") if name in page]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("category=discipline", ["纪律处分条例"]),
        ("industry=蚕桑", ["养好春蚕"]),
        ("season=now", ["葡萄冬季修剪"]),
        ("length=long", ["养好春蚕"]),
        ("length=short&form=video", ["葡萄冬季修剪", "纪律处分条例"]),
        ("q=chuncan", ["养好春蚕"]),
        ("q=套袋&category=discipline", []),
        ("season=never&length=odd", ["葡萄冬季修剪", "养好春蚕", "纪律处分条例"]),
    ],
)
def test_filters_in_the_address(login: Login, offered: Any, query: str, found: list[str]) -> None:
    with time_machine.travel(JANUARY, tick=False):
        assert titles(login(""), query) == found


def test_only_what_the_member_has_not_completed(login: Login, offered: Any, member: Member, play: Play) -> None:
    play(member, LessonPage.objects.child_of(offered["law"]).get()).play(10 * MINUTE)
    assert completion.completed_by(member, offered.values()) == {offered["law"].pk}
    assert titles(login("member"), "state=todo") == ["葡萄冬季修剪", "养好春蚕"]
    assert titles(login(""), "state=todo") == ["葡萄冬季修剪", "养好春蚕", "纪律处分条例"]


def test_the_best_fit_comes_first(offered: dict[str, CoursePage]) -> None:
    lesson = LessonPage.objects.child_of(offered["silk"]).first()
    assert lesson is not None
    lesson.body = [("paragraph", "<p>桑园里也可以间种葡萄。</p>")]
    lesson.save_revision().publish()
    found = [course.slug for course in catalogue.catalogue(Wanted(text="葡萄"))]
    assert found == ["grape", "silk"]


def test_each_suggestion_says_why(offered: dict[str, CoursePage], member: Member) -> None:
    Post.objects.create(member=member, unit=member.unit, office="secretary", started_on=dt.date(2025, 1, 1))
    with time_machine.travel(JANUARY, tick=False):
        named = suggestions(member, lacking=Lack())
        assert [(one.course.slug, one.reason) for one in named] == [("law", "适合您的职务"), ("grape", "正当时节")]
        named = suggestions(member, lacking=Lack({"skills": Decimal("6.50")}))
        assert named[0].course.slug == "grape"
        assert named[0].reason == "目标还差“知识技能”6.5 学时"


def test_hours_that_a_goal_lacks_speak_for_every_course_and_a_category_more(
    offered: dict[str, CoursePage], member: Member
) -> None:
    with time_machine.travel(JANUARY, tick=False):
        named = suggestions(member, lacking=Lack(hours=Decimal("12.00")))
        assert {one.course.slug: one.reason for one in named} == {
            "grape": "正当时节；还差 12 学时",
            "silk": "还差 12 学时",
            "law": "还差 12 学时",
        }
        named = suggestions(member, lacking=Lack({"discipline": Decimal(2)}, Decimal(12)))
        assert named[0].course.slug == "law"
        assert named[0].reason == "目标还差“党章党规党纪”2 学时；还差 12 学时"
        # What no longer counts online is no reason for a course.
        named = suggestions(member, lacking=Lack(hours=Decimal(12), online_full=True))
        assert [one.reason for one in named] == ["正当时节"]


def test_what_somebody_works_at_and_where_speaks_for_a_course(offered: dict[str, CoursePage], member: Member) -> None:
    Member.objects.filter(pk=member.pk).update(job="蚕桑合作社社员")
    member.refresh_from_db()
    member.unit.setting = "village"
    with time_machine.travel(dt.datetime(2026, 9, 10, 4, tzinfo=dt.UTC), tick=False):
        named = suggestions(member, lacking=Lack())
    assert [(one.course.slug, one.reason) for one in named] == [
        ("silk", "您从事“蚕桑”"),
        ("grape", "适合您所在的行政村"),
    ]


def test_packages_and_tests_are_suggested_and_text_alone_is_not(offered: dict[str, CoursePage], member: Member) -> None:
    """A course of a package, and one of text and a test, earn hours like one of films."""
    lacking = Lack(hours=Decimal(12))
    for lesson in LessonPage.objects.all():
        lesson.media = None
        lesson.save_revision().publish()
    assert suggestions(member, lacking=lacking) == []
    package = ScormPackage.objects.create(
        title="课件", minutes=5, state="ready", created_at=clock.now(), items=[{"href": "a.html"}]
    )
    silk = LessonPage.objects.child_of(offered["silk"]).first()
    assert silk is not None
    silk.package = package
    silk.save_revision().publish()
    law = LessonPage.objects.child_of(offered["law"]).get()
    give_quiz(law)
    assert {one.course.slug for one in suggestions(member, lacking=lacking)} == {"silk", "law"}


@pytest.mark.parametrize(("month", "reason"), [(3, "快到时节"), (4, "正当时节"), (6, None)])
def test_what_is_timely_next_month_is_named_already(
    offered: dict[str, CoursePage], member: Member, month: int, reason: str | None
) -> None:
    with time_machine.travel(dt.datetime(2026, month, 10, 4, tzinfo=dt.UTC), tick=False):
        named = {one.course.slug: one.reason for one in suggestions(member, lacking=Lack())}
    assert named.get("silk") == reason


def test_what_was_begun_is_not_suggested_and_its_crop_is(
    offered: dict[str, CoursePage], member: Member, play: Play
) -> None:
    other = make_course(5, slug="grape2", title="葡萄套袋")[0].course
    play(member, LessonPage.objects.child_of(offered["grape"]).first()).play(MINUTE)
    named = suggestions(member, lacking=Lack())
    assert [(one.course.pk, one.reason) for one in named if one.course.industry == "葡萄"] == [
        (other.pk, "您学过“葡萄”")
    ]


def test_the_home_and_the_catalogue_name_them(login: Login, offered: Any, member: Member) -> None:
    with time_machine.travel(JANUARY, tick=False):
        for address in ("/learn/", "/courses/"):
            page = login("member").get(address).content.decode()
            assert "为你推荐" in page and "正当时节" in page
        assert "为你推荐" not in login("").get("/courses/").content.decode()
        assert "为你推荐" not in login("member").get("/courses/?q=葡萄").content.decode()


def test_the_number_of_questions_does_not_grow_with_the_courses(login: Login, offered: Any, member: Member) -> None:
    client = login("member")

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/courses/?length=short&q=葡萄")
        return len(queries)

    asked()
    few = asked()
    for number in range(4):
        make_course(5, slug=f"more{number}", title=f"葡萄第{number}门")
    assert asked() <= few
