"""The pages of courses: who sees what, how many questions to the database, how heavy."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.models import CourseIndexPage, LessonPage
from lms.members.models import Member
from tests.courses.conftest import Player
from tests.factories import MINUTE, make_course

Login = Callable[[str], Client]


@pytest.fixture(autouse=True)
def site(personas: object) -> None:
    """Courses of these tests hang under the site's own index."""
    assert CourseIndexPage.objects.count() == 1


def read(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def test_it_works(client: Client) -> None:
    make_course(5)
    assert "葡萄栽培技术" in read(client, "/courses/")


def test_a_stranger_reads_and_is_told_that_members_earn_hours(client: Client) -> None:
    lesson = make_course(5)[0]
    page = read(client, lesson.url)
    assert "<video" in page and "党员登录后观看才会记录学时" in page
    assert "data-player" not in page


def test_an_account_without_a_member_is_told_the_same(login: Login) -> None:
    page = read(login("editor"), make_course(5)[0].url)
    assert "data-player" not in page and "党员登录后观看才会记录学时" in page


def test_a_member_gets_the_player_that_counts(login: Login, member: Member) -> None:
    page = read(login("member"), make_course(5)[0].url)
    assert "data-player" in page and "党员登录后" not in page


def test_a_member_sees_what_he_has_done(
    login: Login, member: Member, play: Callable[[Member, LessonPage], Player]
) -> None:
    first, second = make_course(5, 5)
    play(member, first).play(5 * MINUTE)
    play(member, second).play(1 * MINUTE)
    client = login("member")
    assert "这一课已学完" in read(client, first.url)
    page = read(client, first.course.url)
    assert "已学完 1 / 2" in page
    assert page.count("学习中") == 1


def test_lessons_lead_to_each_other(client: Client) -> None:
    first, middle, last = make_course(5, 5, 5)
    page = read(client, middle.url)
    assert first.url in page and last.url in page
    assert "第 2 课，共 3 课" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 2),
        ("?q=蜜梨", 1),
        ("?q=没有这样的课", 0),
        ("?category=skills", 2),
        ("?category=history", 0),
        ("?industry=蜜梨", 1),
        ("?category=nonsense", 2),
        ("?page=99", 2),
        ("?page=x", 2),
        ("?q=第2课", 1),
    ],
)
def test_the_catalogue_filters_from_the_address(client: Client, query: str, found: int) -> None:
    make_course(5)
    pear = make_course(5, 5, slug="li")[0].course
    pear.title, pear.industry = "蜜梨套袋", "蜜梨"
    pear.save()
    page = read(client, f"/courses/{query}")
    assert page.count("course-card") == found
    assert ("没有找到这样的课程" in page) == (found == 0)


def counted(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


@pytest.mark.parametrize("name", ["", "member"])
def test_a_lesson_asks_the_same_for_2_and_for_12_lessons(
    login: Login, play: Callable[[Member, LessonPage], Player], name: str
) -> None:
    """Signed in: session, user, member, site root, page, media, course (two steps), lessons around it, progress, grants
    for the navigation."""
    few, many = make_course(5, 5), make_course(*[5] * 12, slug="li")
    client = login(name)
    asked = {counted(client, lessons[1].url) for lessons in (few, many)}
    assert len(asked) == 1
    assert asked.pop() <= 20


@pytest.mark.parametrize("name", ["", "member"])
def test_a_course_asks_the_same_for_2_and_for_12_lessons(login: Login, name: str) -> None:
    """A member's page also asks what comes first, what he chose, rated, asked and told of it, and what is assigned."""
    few, many = make_course(5, 5), make_course(*[5] * 12, slug="li")
    client = login(name)
    asked = {counted(client, lessons[0].course.url) for lessons in (few, many)}
    assert len(asked) == 1
    assert asked.pop() <= (28 if name else 20)


def test_the_catalogue_asks_the_same_for_1_and_for_10_courses(client: Client) -> None:
    make_course(5)
    one = counted(client, "/courses/")
    for number in range(9):
        make_course(5, 5, slug=f"course-{number}")
    assert counted(client, "/courses/") == one


def test_a_lesson_is_light(login: Login) -> None:
    """ui.md: at most 100 KB without pictures."""
    page = read(login("member"), make_course(*[5] * 12)[0].url)
    assert len(page.encode()) < 30_000
