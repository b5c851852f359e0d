"""What an editor sees of a draft as a station's television shows it."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client
from django.urls import reverse
from wagtail.models import Page

from courses.models import LessonPage, PlaySession
from lms.stations.models import GroupViewing
from tests.conftest import County
from tests.factories import make_book, make_course

Login = Callable[[str], Client]


def on_television(client: Client, page: Page) -> str:
    answer = client.get(reverse("wagtailadmin_pages:view_draft", args=[page.pk]), {"mode": "tv"})
    assert answer.status_code == 200
    return answer.content.decode()


def draft(lesson: LessonPage, title: str) -> LessonPage:
    lesson.title = title
    lesson.save_revision()
    return lesson


def test_a_lessons_draft_is_the_film_in_the_room(login: Login, personas: County) -> None:
    lesson = draft(make_course(30)[0], "冬剪（草稿）")
    shown = on_television(login("editor"), lesson)
    assert '<body class="tv"' in shown and "css/room" in shown
    assert "冬剪（草稿）" in shown and "开始播放" in shown and "讨论与结束" in shown
    assert lesson.media.file.name in shown


def test_nothing_is_counted_and_no_door_leads_away(login: Login, personas: County) -> None:
    lesson = draft(make_course(30)[0], "草稿")
    shown = on_television(login("editor"), lesson)
    assert "data-player" not in shown and "data-token" not in shown and "data-idle" not in shown
    assert 'data-room=""' in shown and "/station/" not in shown
    assert not PlaySession.objects.exists() and not GroupViewing.objects.exists()


def test_the_members_page_is_the_first_mode_still(login: Login, personas: County) -> None:
    lesson = draft(make_course(30)[0], "草稿")
    answer = login("editor").get(reverse("wagtailadmin_pages:view_draft", args=[lesson.pk]))
    assert 'class="tv"' not in answer.content.decode() and "草稿" in answer.content.decode()
    assert [mode for mode, _label in lesson.preview_modes] == ["", "quiz", "tv"]
    assert [mode for mode, _label in make_book(30).preview_modes] == ["", "quiz"]


def test_a_lesson_without_a_film_says_that_no_station_plays_it(login: Login, personas: County) -> None:
    lesson = make_course(30)[0]
    lesson.media = None
    shown = on_television(login("editor"), draft(lesson, "只有文字"))
    assert "站点电视放不了这一课" in shown and "<video" not in shown


def test_a_courses_draft_is_the_list_to_choose_from(login: Login, personas: County) -> None:
    """With lessons that are not published yet, and without another course's; choosing one sends nothing."""
    first, second = make_course(30, 20)
    make_course(10, slug="other", title="别的课")
    LessonPage.objects.filter(pk=second.pk).update(live=False)
    course = first.course
    course.title = "葡萄（新版）"
    course.save_revision()
    shown = on_television(login("editor"), course)
    assert '<body class="tv"' in shown and "葡萄（新版）" in shown
    assert first.title in shown and second.title in shown and "别的课" not in shown
    assert 'method="post"' not in shown


def test_a_course_without_films_says_so(login: Login, personas: County) -> None:
    lesson = make_course(30)[0]
    LessonPage.objects.filter(pk=lesson.pk).update(media=None)
    course = lesson.course
    course.save_revision()
    assert "站点电视放不了这门课" in on_television(login("editor"), course)
