"""Wagtail's index with our terms, on the database of the run: SQLite and PostgreSQL find the same."""

from __future__ import annotations

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from wagtail.images import get_image_model
from wagtail.models import Page
from wagtail.search.models import IndexEntry
from wagtail.search.query import Not, Phrase, PlainText

from courses.models import CourseIndexPage, CoursePage, LessonPage
from lms.core.search.finding import find
from lms.core.search.query import ALIKE, EXACT, SOME
from tests.factories import make_course

pytestmark = pytest.mark.django_db


@pytest.fixture
def course() -> CoursePage:
    make_course(20, slug="putao", title="葡萄栽培技术")
    make_course(20, slug="tao", title="蜜桃整形")
    return CoursePage.objects.get(slug="putao")


def found(typed: str) -> list[str]:
    finds = find(typed, CoursePage.objects.live())
    return [CoursePage.objects.get(pk=row.pk).title for row in finds.rows]


@pytest.mark.parametrize(
    "typed",
    ["栽培", "葡萄栽培", "萄栽", "术", "zaipei", "zai pei", "zp", "ptzp", "putaozp", "葡萄jishu", "ＺＡＩＰＥＩ"],
)
def test_a_word_inside_a_title_is_found(course: CoursePage, typed: str) -> None:
    assert found(typed) == ["葡萄栽培技术"]
    assert find(typed, CoursePage.objects.live()).near == EXACT


@pytest.mark.parametrize("typed", ["载培", "zaipie", "zhaipei", "葡桃栽培"])
def test_a_slip_still_finds(course: CoursePage, typed: str) -> None:
    assert found(typed) == ["葡萄栽培技术"]
    assert find(typed, CoursePage.objects.live()).near == ALIKE


def test_an_unfinished_word_finds(course: CoursePage) -> None:
    assert found("zaip") == found("zaipe") == found("jish") == ["葡萄栽培技术"]


def test_half_of_the_words_is_better_than_nothing(course: CoursePage) -> None:
    assert found("栽培 水稻") == ["葡萄栽培技术"]
    assert find("栽培 水稻", CoursePage.objects.live()).near == SOME


@pytest.mark.parametrize("typed", ["水稻", "拖拉机", "xxqqvv", "，", ""])
def test_what_is_not_there_is_not_found(course: CoursePage, typed: str) -> None:
    assert found(typed) == []


def test_title_before_summary_before_body() -> None:
    index = Page.objects.get(depth=1).add_child(instance=CourseIndexPage(title="课程", slug="c"))
    parent = index.add_child(instance=CoursePage(title="果园", slug="g", summary="一年四季", category="skills"))
    in_body = LessonPage(title="其一", slug="a", body=[("paragraph", "<p>冬天清园，春天清园，年年清园。</p>")])
    in_summary = LessonPage(title="其二", slug="b", summary="剪完以后的清园")
    in_title = LessonPage(title="清园", slug="c")
    for page in (in_body, in_summary, in_title):
        parent.add_child(instance=page)
    for other in range(20):
        parent.add_child(instance=LessonPage(title=f"别的课{other}", slug=f"o{other}", summary="说的是别的事"))
    finds = find("清园", LessonPage.objects.live())
    assert [row.pk for row in finds.rows] == [in_title.pk, in_summary.pk, in_body.pk]


def test_the_admins_searches_use_it(course: CoursePage) -> None:
    for typed in ("栽培", "zaipei", "zp"):
        assert [page.pk for page in CoursePage.objects.autocomplete(typed)] == [course.pk]
        assert course.pk in [page.pk for page in Page.objects.autocomplete(typed)]
        assert course.pk in [page.pk for page in Page.objects.search(typed)]
    assert CoursePage.objects.search(PlainText("栽培") & PlainText("技术")).count() == 1
    assert CoursePage.objects.search(PlainText("栽培") | PlainText("整形")).count() == 2
    assert CoursePage.objects.search(Phrase("葡萄栽培")).count() == 1
    assert [page.title for page in CoursePage.objects.search(~PlainText("栽培"))] == ["蜜桃整形"]
    assert [page.title for page in CoursePage.objects.search(Not(PlainText("整形")))] == ["葡萄栽培技术"]
    assert CoursePage.objects.search("，").count() == 0
    assert get_image_model().objects.search("葡萄").count() == 0


def test_a_changed_title_is_found_by_its_new_name_only(course: CoursePage) -> None:
    course.title = "梨树授粉"
    course.save()
    assert found("shoufen") == ["梨树授粉"]
    assert found("栽培") == []


def test_a_lesson_is_found_by_its_courses_name(course: CoursePage) -> None:
    lesson = course.lessons().get()
    lesson.title = "清园"
    lesson.save()
    assert [row.pk for row in find("葡萄 清园", LessonPage.objects.live()).rows] == [lesson.pk]


def test_what_the_queryset_leaves_out_does_not_end_the_search(course: CoursePage) -> None:
    course.unpublish()
    make_course(20, slug="zaipei2", title="再配一次药")
    assert found("栽培") == ["再配一次药"]


def test_the_whole_index_can_be_written_anew(course: CoursePage) -> None:
    CoursePage.objects.filter(pk=course.pk).update(industry="猕猴桃")
    kind = ContentType.objects.get_for_model(CoursePage)
    gone = IndexEntry.objects.create(content_type=kind, object_id="999999", title="", body="", autocomplete="")
    call_command("update_index", verbosity=0)
    assert found("mihoutao") == ["葡萄栽培技术"]
    assert not IndexEntry.objects.filter(pk=gone.pk).exists()
