"""Who enters Wagtail's admin, and the way of a lesson from an editor's draft to the public."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.models import Page

from cms.models import HomePage
from courses import services
from courses.models import CourseIndexPage, CoursePage, LessonPage
from lms.members.models import Member
from tests.factories import make_course

Login = Callable[[str], Client]


def test_it_works(login: Login) -> None:
    assert login("county").get("/admin/").status_code == 200


@pytest.mark.parametrize("name", ["county", "editor"])
def test_county_roles_and_editors_enter(login: Login, name: str) -> None:
    assert login(name).get("/admin/pages/").status_code in {200, 302}
    assert login(name).get("/admin/", follow=True).status_code == 200


@pytest.mark.parametrize("name", ["town", "secretary", "station", "trainer", "auditor", "system", "member"])
@pytest.mark.parametrize("address", ["/admin/", "/admin/pages/", "/admin/images/", "/admin/media/", "/admin/users/"])
def test_nobody_else_enters(login: Login, name: str, address: str) -> None:
    assert login(name).get(address).status_code == 403


def test_a_stranger_is_asked_to_sign_in(login: Login) -> None:
    answer = login("").get("/admin/")
    assert (answer.status_code, answer["Location"]) == (302, "/login/?next=/admin/")


@pytest.mark.parametrize("name", ["editor", "county"])
@pytest.mark.parametrize("address", ["/admin/users/", "/admin/groups/", "/admin/sites/", "/admin/workflows/list/"])
def test_accounts_and_the_site_are_not_theirs(login: Login, name: str, address: str) -> None:
    assert login(name).get(address).status_code in {302, 403, 404}


# -- an empty database works --------------------------------------------------------


@pytest.mark.parametrize("address", ["/", "/courses/", "/news/"])
def test_an_empty_database_has_its_pages(client: Client, db: None, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert "乡学" in answer.content.decode()


def test_the_tree_is_sound(db: None) -> None:
    assert Page.find_problems() == ([], [], [], [], [])
    home = HomePage.objects.get()
    assert next(type(page.specific) for page in home.get_children()) is CourseIndexPage
    assert home.get_url() == "/"


# -- from draft to public --------------------------------------------------------------


NO_TEST = {
    "questions-count": "0",
    "quiz_draw": "0",
    "quiz_pass_percent": "60",
    "quiz_attempts": "3",
    "quiz_wait_minutes": "10",
}
"""What the editor's form sends of a page without a test."""


def form(**fields: str) -> dict[str, str]:
    body = {"body-count": "0", "complete_percent": "90", "required": "on", **NO_TEST}
    no_rows = {
        f"{rows}-{name}": "0"
        for rows in ("comments", "prerequisites")
        for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")
    }
    return {"slug": "", "seo_title": "", "search_description": "", **body, **no_rows, **fields}


def add(client: Client, parent: Page, model: str, **fields: str) -> int:
    """Fill in the editor's form for a new page; returns the new page's id."""
    answer = client.post(f"/admin/pages/add/courses/{model}/{parent.pk}/", form(**fields))
    assert answer.status_code == 302, answer.context["form"].errors
    return Page.objects.order_by("-pk").values_list("pk", flat=True).first()


def submit_course(editor: Client) -> tuple[int, int]:
    index = CourseIndexPage.objects.get()
    course = add(
        editor,
        index,
        "coursepage",
        title="黄栀子扦插",
        slug="zhizi",
        summary="一枝插活一片",
        category="skills",
        **{"action-submit": "1"},
    )
    lesson = add(
        editor, Page.objects.get(pk=course), "lessonpage", title="选穗条", slug="xuan", **{"action-submit": "1"}
    )
    return course, lesson


def test_an_editors_draft_is_seen_by_nobody(login: Login) -> None:
    submit_course(login("editor"))
    assert login("").get("/courses/zhizi/").status_code == 404
    assert "黄栀子" not in login("member").get("/courses/").content.decode()


def test_an_editor_cannot_publish(login: Login) -> None:
    editor = login("editor")
    index = CourseIndexPage.objects.get()
    fields = {"title": "自己发布", "slug": "zi", "summary": "x", "category": "skills", "action-publish": "1"}
    editor.post(f"/admin/pages/add/courses/coursepage/{index.pk}/", form(**fields))
    assert not CoursePage.objects.filter(slug="zi", live=True).exists()


def test_draft_submitted_approved_public(login: Login) -> None:
    course, lesson = submit_course(login("editor"))
    county = login("county")
    for pk in (course, lesson):
        page = Page.objects.get(pk=pk)
        state = page.current_workflow_task_state
        answer = county.post(
            reverse("wagtailadmin_pages:workflow_action", args=[pk, "approve", state.pk]), {"comment": "可以"}
        )
        assert answer.status_code in {200, 302}
    assert CoursePage.objects.get(pk=course).live and LessonPage.objects.get(pk=lesson).live
    assert "黄栀子扦插" in login("").get("/courses/").content.decode()
    assert "选穗条" in login("").get("/courses/zhizi/xuan/").content.decode()


def test_an_editor_cannot_approve_his_own(login: Login) -> None:
    editor = login("editor")
    course, _lesson = submit_course(editor)
    state = Page.objects.get(pk=course).current_workflow_task_state
    answer = editor.post(reverse("wagtailadmin_pages:workflow_action", args=[course, "approve", state.pk]), {})
    assert answer.status_code in {302, 403}
    assert not CoursePage.objects.get(pk=course).live


def test_a_draft_can_be_previewed(login: Login) -> None:
    editor = login("editor")
    _course, lesson = submit_course(editor)
    answer = editor.get(f"/admin/pages/{lesson}/view_draft/")
    assert answer.status_code == 200
    assert "选穗条" in answer.content.decode()


# -- what was studied stays --------------------------------------------------------------


def test_a_studied_page_is_not_deleted_and_unpublishing_is_offered(login: Login, member: Member) -> None:
    lesson = make_course(5)[0]
    services.start_play(member=member, lesson=lesson, by=None)
    for page in (lesson, lesson.course, CourseIndexPage.objects.get()):
        answer = login("county").post(f"/admin/pages/{page.pk}/delete/", follow=True)
        assert answer.redirect_chain[0][0] == f"/admin/pages/{page.pk}/unpublish/"
        assert "已有学习记录" in answer.content.decode()
    assert LessonPage.objects.filter(pk=lesson.pk).exists()


def test_a_page_nobody_studied_can_be_deleted(login: Login, member: Member) -> None:
    lesson = make_course(5)[0]
    assert login("county").post(f"/admin/pages/{lesson.pk}/delete/").status_code == 302
    assert not LessonPage.objects.filter(pk=lesson.pk).exists()


def test_deleting_in_bulk_keeps_what_was_studied(login: Login, member: Member) -> None:
    lesson = make_course(5)[0]
    services.start_play(member=member, lesson=lesson, by=None)
    address = f"/admin/bulk/wagtailcore/page/delete/?id={lesson.course.pk}&next=/admin/"
    answer = login("county").post(address, follow=True)
    assert "已有学习记录" in answer.content.decode()
    assert LessonPage.objects.filter(pk=lesson.pk).exists()
