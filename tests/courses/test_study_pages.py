"""The pages of self-chosen and assigned study, for members and for the desk."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from courses import study
from courses.models import CoursePage, LessonPage
from courses.study_models import CourseAssignment, CourseQuestion, CourseRating, UseFeedback
from lms.core import clock
from lms.members.models import Member, User
from tests.conftest import County
from tests.courses import quiz_questions as made
from tests.factories import make_course
from tests.training.pictures import photo

Login = Callable[[str], Client]
WEEK = dt.timedelta(days=7)


@pytest.fixture
def lessons(member: Member) -> list[LessonPage]:
    return make_course(10, 10)


@pytest.fixture
def course(lessons: list[LessonPage]) -> CoursePage:
    return lessons[0].course


def text(answer: Any) -> str:
    return answer.content.decode()


def test_a_member_chooses_keeps_and_leaves_a_course(login: Login, course: CoursePage) -> None:
    client, address = login("member"), reverse("course-act", args=[course.pk])
    assert "报名自学" in text(client.get(course.url))
    for act in ("enrol", "favour"):
        assert client.post(address, {"act": act}).url == course.url
    page = text(client.get(reverse("own-courses")))
    assert page.count(course.title) == 2
    for act in ("leave", "disfavour"):
        client.post(address, {"act": act})
    assert "还没有课程" in text(client.get(reverse("own-courses")))
    assert client.post(address, {"act": "delete"}).status_code == 404


def test_a_visitor_sees_opinions_and_no_keys(client: Client, course: CoursePage, member: Member) -> None:
    study.rate(course=course, member=member, stars=4, by=None)
    page = text(client.get(course.url))
    assert "4.0 分（1 人）" in page
    assert "报名自学" not in page and member.name not in page


def test_rating_keeps_what_was_said_and_refuses_nonsense(login: Login, course: CoursePage, member: Member) -> None:
    client, address = login("member"), reverse("course-rate", args=[course.pk])
    client.post(address, {"stars": "5"})
    assert "checked" in text(client.get(address))
    for wrong in ({}, {"stars": "9"}, {"stars": "x"}):
        assert client.post(address, wrong).status_code == 422
    assert CourseRating.objects.get().stars == 5


def test_a_question_and_its_answer(login: Login, course: CoursePage) -> None:
    member, editor = login("member"), login("editor")
    ask = reverse("course-ask", args=[course.pk])
    assert member.post(ask, {"text": ""}).status_code == 422
    member.post(ask, {"text": "老架怎么剪？<b>"})
    assert "等待回答" in text(member.get(ask))
    assert "老架怎么剪？&lt;b&gt;" in text(editor.get(reverse("question-list")))
    address = reverse("question-answer", args=[CourseQuestion.objects.get().uuid])
    assert editor.post(address, {"answer": ""}).status_code == 422
    editor.post(address, {"answer": "用中梢补空。", "shared": "on"})
    assert "用中梢补空。" in text(member.get(ask))
    page = text(Client().get(course.url))
    assert "用中梢补空。" in page and "王秀英" not in page


def test_the_admins_menu_says_how_many_questions_wait(login: Login, course: CoursePage, member: Member) -> None:

    def menu() -> str:
        """The menu's props: JSON in an element, with escapes for what is not ASCII."""
        page = text(login("editor").get(reverse("wagtailadmin_home")))
        return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), page)

    assert "学员提问" in menu() and "条待答" not in menu()
    for number in range(2):
        study.ask(course=course, member=member, text=f"第{number}问", by=None)
    assert "2 条待答" in menu()
    study.answer(
        question=CourseQuestion.objects.all()[0], text="答", shared=False, by=User.objects.get(username="county")
    )
    assert "1 条待答" in menu()


def test_use_with_a_photograph(login: Login, course: CoursePage) -> None:
    client, address = login("member"), reverse("course-use", args=[course.pk])
    bad = client.post(address, {"text": "用上了", "photo": SimpleUploadedFile("a.jpg", b"<script>")})
    assert bad.status_code == 422
    assert "不是照片" in text(bad) and "用上了" in text(bad)
    sent = SimpleUploadedFile("../../a.php", photo(3))
    client.post(address, {"text": "用上了", "photo": sent})
    row = UseFeedback.objects.get()
    assert row.photo.name.startswith("uses/") and row.photo.name.endswith(".jpg")
    picture = client.get(reverse("use-photo", args=[row.uuid]))
    assert (picture.status_code, picture["X-Content-Type-Options"]) == (200, "nosniff")
    assert "sandbox" in picture["Content-Security-Policy"]
    assert Client().get(f"/media/{row.photo.name}").status_code == 404
    assert "用上了" in text(login("secretary").get(reverse("use-list")))
    client.post(reverse("use-withdraw", args=[row.uuid]))
    assert client.get(reverse("use-photo", args=[row.uuid])).status_code == 404
    assert "还没有学用反馈" in text(login("secretary").get(reverse("use-list")))


def test_from_the_desk_to_the_members_first_screen(
    login: Login, course: CoursePage, lessons: list[LessonPage], personas: County, member: Member
) -> None:
    secretary, due = login("secretary"), clock.today() + WEEK
    sent = {"course": course.pk, "unit": personas.branch.code, "whom": "all", "due_on": due.isoformat(), "note": "要学"}
    answer = secretary.post(reverse("assignment-new"), sent)
    row = CourseAssignment.objects.get()
    assert answer.url == reverse("assignment-detail", args=[row.pk])
    again = secretary.post(reverse("assignment-new"), sent)
    assert again.status_code == 422 and "已经布置给这些人" in text(again)
    assert "待学：“葡萄栽培技术”" in text(login("member").get(reverse("learn")))
    assert "组织要求" in text(login("member").get(course.url))
    assert "0 / 1" in text(secretary.get(reverse("assignment-list")))
    with time_machine.travel(clock.now() + 2 * WEEK):
        assert "已超期" in text(login("member").get(reverse("own-courses")))
        assert member.name in text(login("secretary").get(reverse("overdue-list")))
        file = b"".join(login("town").get(reverse("overdue-list"), {"format": "csv"}))  # type: ignore[arg-type]
        assert member.name in file.decode("utf-8-sig")
        for lesson in lessons:
            made.complete(lesson, member)
        assert "没有人超期" in text(login("secretary").get(reverse("overdue-list")))
        assert "待学：" not in text(login("member").get(reverse("learn")))


def test_a_unit_that_is_not_ones_own_is_not_to_choose(login: Login, course: CoursePage, personas: County) -> None:
    due = (clock.today() + WEEK).isoformat()
    for who, unit in (("secretary", personas.town), ("town", personas.other_branch)):
        sent = {"course": course.pk, "unit": unit.code, "whom": "all", "due_on": due}
        assert login(who).post(reverse("assignment-new"), sent).status_code == 422
    past = {"course": course.pk, "unit": personas.branch.code, "whom": "all", "due_on": "2020-01-01"}
    answer = login("secretary").post(reverse("assignment-new"), past)
    assert answer.status_code == 422 and "期限不能早于今天" in text(answer)


def test_people_of_an_assignment_are_searched_filtered_and_exported(
    login: Login, course: CoursePage, lessons: list[LessonPage], personas: County, member: Member
) -> None:
    row = study.assign(course=course, unit=personas.root, whom="all", due_on=clock.today(), by=None)
    address = reverse("assignment-detail", args=[row.pk])
    town = login("town")
    assert member.name in text(town.get(address, {"state": "missing"}))
    assert member.name not in text(town.get(address, {"state": "done"}))
    for lesson in lessons:
        made.complete(lesson, member)
    assert member.name in text(town.get(address, {"state": "done", "q": "王"}))
    file = b"".join(town.get(address, {"format": "csv"})).decode("utf-8-sig")  # type: ignore[arg-type]
    assert "已学完" in file
    assert town.get(address, {"format": "exe"}).status_code == 404


def test_withdrawing_asks_once(login: Login, course: CoursePage, personas: County) -> None:
    row = study.assign(course=course, unit=personas.branch, whom="all", due_on=clock.today(), by=None)
    address, client = reverse("assignment-withdraw", args=[row.pk]), login("secretary")
    assert "撤回这项任务？" in text(client.get(address))
    assert CourseAssignment.objects.get().withdrawn_at is None
    client.post(address)
    assert CourseAssignment.objects.get().withdrawn_at is not None
    assert client.post(address).status_code == 404
