"""A course with all its lessons handed in, and approved, in one act (issue 4, part 1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from wagtail.models import Page, WorkflowState

from courses import approval
from courses.models import CourseIndexPage, CoursePage, LessonPage
from lms.members.models import AuditEntry, User
from tests.conftest import County

Login = Callable[[str], Client]


def draft(parent: Page, page: Page, owner: User) -> Any:
    """A page as the editor's form leaves it: a draft with one revision."""
    page.live, page.owner = False, owner
    made = parent.add_child(instance=page)
    made.save_revision(user=owner, clean=False)
    return made


@pytest.fixture
def course(personas: County) -> CoursePage:
    """A course of four lessons that an editor wrote and nobody handed in."""
    editor = personas.users["editor"]
    made = draft(
        CourseIndexPage.objects.get(),
        CoursePage(title="黄栀子扦插", slug="zhizi", summary="一枝插活一片", category="skills"),
        editor,
    )
    for number in range(1, 5):
        draft(made, LessonPage(title=f"第{number}课", slug=f"l{number}"), editor)
    return CoursePage.objects.get(pk=made.pk)


def live() -> int:
    return Page.objects.filter(path__startswith=CoursePage.objects.get(slug="zhizi").path, live=True).count()


def test_it_works(course: CoursePage, personas: County) -> None:
    handed_in = approval.submit(course=course, by=personas.users["editor"])
    assert (len(handed_in.done), handed_in.unchanged, handed_in.refused) == (5, [], [])
    assert live() == 0
    approved = approval.approve(course=course, by=personas.users["county"])
    assert (len(approved.done), approved.unchanged, approved.refused) == (5, [], [])
    assert live() == 5


def test_each_page_keeps_a_workflow_and_an_audit_row_of_its_own(course: CoursePage, personas: County) -> None:
    approval.submit(course=course, by=personas.users["editor"])
    assert WorkflowState.objects.filter(status="in_progress").count() == 5
    rows = AuditEntry.objects.filter(action="course.submit", actor=personas.users["editor"])
    assert {row.detail["title"] for row in rows} == {"黄栀子扦插", "第1课", "第2课", "第3课", "第4课"}
    approval.approve(course=course, by=personas.users["county"])
    assert AuditEntry.objects.filter(action="course.approve", actor=personas.users["county"]).count() == 5


def test_what_did_not_change_and_what_waits_is_left_alone(course: CoursePage, personas: County) -> None:
    editor, county = personas.users["editor"], personas.users["county"]
    approval.submit(course=course, by=editor)
    assert len(approval.submit(course=course, by=editor).unchanged) == 5
    approval.approve(course=course, by=county)
    lesson = LessonPage.objects.get(slug="l2")
    lesson.title = "第2课（修订）"
    lesson.save_revision(user=editor)
    again = approval.submit(course=course, by=editor)
    assert ([page.pk for page in again.done], len(again.unchanged)) == ([lesson.pk], 4)
    assert len(approval.approve(course=course, by=county).unchanged) == 4
    assert LessonPage.objects.get(slug="l2").title == "第2课（修订）"


def test_a_half_written_lesson_is_refused_and_the_others_go_on(course: CoursePage, personas: County) -> None:
    lesson = LessonPage.objects.get(slug="l3")
    lesson.complete_percent = 10
    lesson.save_revision(user=personas.users["editor"], clean=False)
    outcome = approval.submit(course=course, by=personas.users["editor"])
    assert len(outcome.done) == 4
    assert [(page.pk, reason) for page, reason in outcome.refused] == [(lesson.pk, "还没填好：看完标准（百分比）。")]
    assert not LessonPage.objects.get(slug="l3").workflow_in_progress


def test_a_paragraph_without_its_picture_is_refused(course: CoursePage, personas: County) -> None:
    lesson = LessonPage.objects.get(slug="l1")
    lesson.body = [("picture", {"image": None, "caption": "空的"})]
    lesson.save_revision(user=personas.users["editor"], clean=False)
    outcome = approval.submit(course=course, by=personas.users["editor"])
    assert [reason for _page, reason in outcome.refused] == ["还没填好：正文里有没填完的内容。"]


def test_a_locked_lesson_is_refused(course: CoursePage, personas: County) -> None:
    LessonPage.objects.filter(slug="l4").update(locked=True, locked_by=personas.users["county"])
    outcome = approval.submit(course=course, by=personas.users["editor"])
    assert [reason for _page, reason in outcome.refused] == ["这一页已锁定，解锁后才能提交。"]
    assert len(outcome.done) == 4


def test_who_holds_no_right_on_pages_hands_in_nothing(course: CoursePage, personas: County) -> None:
    outcome = approval.submit(course=course, by=personas.users["secretary"])
    assert (outcome.done, len(outcome.refused)) == ([], 5)
    assert not WorkflowState.objects.exists()


def test_an_editor_approves_nothing(course: CoursePage, personas: County) -> None:
    approval.submit(course=course, by=personas.users["editor"])
    outcome = approval.approve(course=course, by=personas.users["editor"])
    assert (outcome.done, len(outcome.refused), live()) == ([], 5, 0)


def test_a_lesson_sent_back_is_handed_in_again_in_the_same_workflow(course: CoursePage, personas: County) -> None:
    editor, county = personas.users["editor"], personas.users["county"]
    approval.submit(course=course, by=editor)
    state = LessonPage.objects.get(slug="l1").current_workflow_task_state
    state.specific.reject(user=county, comment="声音太小")
    again = approval.submit(course=course, by=editor)
    assert [page.slug for page in again.done] == ["l1"]
    assert WorkflowState.objects.count() == 5


# -- the pages of the admin -----------------------------------------------------------------


def test_the_editor_sees_what_goes_and_sends_it(course: CoursePage, login: Login) -> None:
    editor = login("editor")
    address = f"/admin/courses/{course.pk}/submit/"
    assert "第4课" in editor.get(address).content.decode()
    assert not WorkflowState.objects.exists()
    answer = editor.post(address, follow=True)
    assert "已提交 5 页，等待县级审核。" in answer.content.decode()


def test_the_county_is_shown_the_course_and_approves_it(course: CoursePage, login: Login, personas: County) -> None:
    approval.submit(course=course, by=personas.users["editor"])
    county = login("county")
    front = county.get("/admin/").content.decode()
    assert "等您审核的课程" in front
    assert "5 页待审" in front
    assert f"/admin/courses/{course.pk}/approve/" in front
    answer = county.post(f"/admin/courses/{course.pk}/approve/", follow=True)
    assert "已批准并发布 5 页。" in answer.content.decode()
    assert login("").get("/courses/zhizi/l4/").status_code == 200


def test_a_refusal_is_said_with_its_reason(course: CoursePage, login: Login, personas: County) -> None:
    lesson = LessonPage.objects.get(slug="l3")
    lesson.complete_percent = 10
    lesson.save_revision(user=personas.users["editor"], clean=False)
    answer = login("editor").post(f"/admin/courses/{course.pk}/submit/", follow=True)
    assert "“第3课”：还没填好：看完标准（百分比）。" in answer.content.decode()


def test_an_editor_finds_no_approval(course: CoursePage, login: Login) -> None:
    editor = login("editor")
    assert editor.get(f"/admin/courses/{course.pk}/approve/").status_code == 404
    assert editor.post(f"/admin/courses/{course.pk}/approve/").status_code == 404
    assert "等您审核的课程" not in editor.get("/admin/").content.decode()
