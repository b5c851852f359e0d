"""What an editor without training builds a course from, and what the house works out or prevents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.test.utils.form_data import inline_formset, nested_form_data, streamfield

from cms.tasks import publish_scheduled
from courses import catalogue, completion, lengths, selectors
from courses.models import CoursePage, CoursePrerequisite, LessonPage, MediaFile, PlaySession
from lms.core import clock
from lms.members.models import Member
from tests.cms.test_admin import NO_TEST
from tests.courses.conftest import Player
from tests.factories import MINUTE, make_course

Login = Callable[[str], Client]
Play = Callable[[Member, LessonPage], Player]


@pytest.mark.parametrize(
    ("characters", "pictures", "seconds"), [(0, 0, 0), (200, 0, 60), (199, 0, 59), (0, 3, 30), (1000, 6, 360)]
)
def test_reading_takes_a_minute_for_two_hundred_characters(characters: int, pictures: int, seconds: int) -> None:
    assert lengths.reading_seconds(characters, pictures) == seconds


@pytest.mark.parametrize(("milliseconds", "minutes"), [(0, 0), (1, 1), (60_000, 1), (60_001, 2)])
def test_what_takes_any_time_takes_a_minute(milliseconds: int, minutes: int) -> None:
    assert lengths.minutes(milliseconds) == minutes


def table() -> dict[str, Any]:
    columns = [{"type": "text", "heading": "物候期"}, {"type": "number", "heading": "留芽数"}]
    rows = [{"values": ["落叶后", Decimal("3500.5")]}, {"values": ["<b>伤流前", None]}]
    return {"columns": columns, "rows": rows, "caption": "留多少芽"}


def test_a_lesson_says_how_long_it_takes_with_its_text(personas: object) -> None:
    lesson = make_course(5)[0]
    assert lesson.minutes == 5
    lesson.body = [("paragraph", f"<p>{'剪' * 400}</p>"), ("steps", {"title": "", "steps": ["看" * 200]})]
    lesson.save()
    lesson.refresh_from_db()
    assert (lesson.reading_seconds, lesson.minutes) == (180, 8)
    (path,) = [lesson.course.path]
    assert catalogue.lesson_counts([lesson.course])[path] == (1, 8 * MINUTE)


def test_tables_films_and_recordings_stand_in_the_text(login: Login) -> None:
    lesson = make_course(5)[0]
    film = MediaFile.objects.create(title="下剪", type="video", file="media/cut.mp4", duration_ms=MINUTE)
    sound = MediaFile.objects.create(title="老支书的话", type="audio", file="media/talk.mp3", duration_ms=MINUTE)
    body = lesson._meta.get_field("body").stream_block
    lesson.body = [
        ("table", body.child_blocks["table"].to_python(table())),
        ("clip", {"video": film, "caption": "剪口离芽两厘米"}),
        ("sound", {"audio": sound, "caption": ""}),
    ]
    lesson.save_revision().publish()
    page = login("").get(lesson.url).content.decode()
    assert "<caption>留多少芽</caption>" in page
    assert '<td class="num">3500.5' in page and "&lt;b&gt;伤流前" in page
    assert "剪口离芽两厘米" in page and "老支书的话" in page
    assert page.count("<video") == 2 and page.count("<audio") == 1


# -- what should come first --------------------------------------------------------------------


@pytest.fixture
def pair(personas: object) -> tuple[LessonPage, CoursePage]:
    """The lesson of a course and the course that should come after it."""
    before = make_course(5)[0]
    after = make_course(5, slug="feng", title="葡萄蜂害防治")[0].course
    after.prerequisites.add(CoursePrerequisite(course=before.course))
    after.save()
    return before, after


def test_a_member_is_led_to_what_comes_first(
    login: Login, pair: tuple[LessonPage, CoursePage], member: Member, play: Play
) -> None:
    before, after = pair
    page = login("member").get(after.url).content.decode()
    assert "先学：葡萄栽培技术" in page and "仍要开始" in page
    assert "先学：" not in login("").get(after.url).content.decode()
    play(member, before).play(5 * MINUTE)
    page = login("member").get(after.url).content.decode()
    assert "先学：" not in page and "仍要开始" not in page
    assert completion.first_before(after, member) == [(before.course, True)]


def test_a_course_without_lessons_is_completed_by_nobody(pair: tuple[LessonPage, CoursePage], member: Member) -> None:
    before, _after = pair
    before.unpublish()
    assert not completion.completed_by(member, [before.course])


def edited(course: CoursePage, *asked: CoursePage) -> dict[str, Any]:
    """What the admin's form sends for a course that asks for others."""
    rows = [{"course": one.pk, "ORDER": str(number)} for number, one in enumerate(asked, 1)]
    facts = {"title": course.title, "slug": course.slug, "summary": "一句话", "category": course.category}
    comments = inline_formset([])
    return nested_form_data(
        {
            **facts,
            **NO_TEST,
            "prerequisites": inline_formset(rows, initial=0),
            "comments": comments,
            "action-publish": "1",
        }
    )


def test_a_course_cannot_ask_for_itself_by_way_of_others(login: Login, pair: tuple[LessonPage, CoursePage]) -> None:
    first, after = pair[0].course, pair[1]
    county = login("county")
    answer = county.post(reverse("wagtailadmin_pages:edit", args=[first.pk]), edited(first, after))
    assert "先修课程绕回了本课程" in answer.content.decode()
    assert not first.prerequisites.exists()
    third = make_course(5, slug="third", title="第三门")[0].course
    assert county.post(reverse("wagtailadmin_pages:edit", args=[third.pk]), edited(third, after)).status_code == 302
    assert [row.course_id for row in CoursePrerequisite.objects.filter(page=third)] == [after.pk]


@pytest.mark.parametrize("itself", [True, False])
def test_the_database_refuses_a_course_twice_and_itself(pair: tuple[LessonPage, CoursePage], itself: bool) -> None:
    before, after = pair
    with pytest.raises(IntegrityError), transaction.atomic():
        CoursePrerequisite.objects.create(page=after, course=after if itself else before.course)


# -- archived, copied, published at an hour ------------------------------------------------------


def test_an_archived_course_is_offered_to_nobody_and_stays_readable(login: Login, member: Member) -> None:
    lesson = make_course(5)[0]
    course = lesson.course
    assert selectors.next_lesson(member) == lesson
    course.archived = True
    course.save_revision().publish()
    assert selectors.next_lesson(member) is None and selectors.not_completed(member) == []
    assert catalogue.industries() == []
    assert course.title not in login("").get("/courses/").content.decode()
    page = login("member").get(course.url).content.decode()
    assert "本课程已归档" in page


def test_a_lesson_begun_before_its_course_was_archived_can_be_ended(member: Member, play: Play) -> None:
    lesson = make_course(5)[0]
    player = play(member, lesson)
    player.play(MINUTE)
    CoursePage.objects.update(archived=True)
    assert selectors.next_lesson(member) == lesson
    player.play(4 * MINUTE)
    assert completion.completed_by(member, [lesson.course])


def test_a_copy_is_a_draft_with_all_lessons_and_no_records(member: Member, play: Play) -> None:
    lesson = make_course(5, 5)[0]
    play(member, lesson).play(MINUTE)
    copy = lesson.course.copy(recursive=True, update_attrs={"slug": "copy", "title": "下一年"}, keep_live=False)
    made = list(LessonPage.objects.child_of(copy))
    assert len(made) == 2 and not any(one.live for one in made)
    assert not PlaySession.objects.filter(lesson__in=made).exists()


def test_a_page_is_published_and_taken_down_at_its_hour(traveller: Any, personas: object) -> None:
    lesson = make_course(5)[0]
    lesson.unpublish()
    lesson.go_live_at = clock.now() + dt.timedelta(hours=1)
    lesson.expire_at = clock.now() + dt.timedelta(hours=3)
    lesson.save_revision().publish()
    states = []
    for _hour in range(3):
        publish_scheduled()
        states.append(LessonPage.objects.get(pk=lesson.pk).live)
        traveller.shift(100 * 60)
    assert states == [False, True, False]


def test_the_preview_has_the_three_screens(login: Login, personas: object) -> None:
    lesson = make_course(5)[0]
    page = login("editor").get(reverse("wagtailadmin_pages:edit", args=[lesson.pk])).content.decode()
    assert all(f'data-device-width="{width}"' in page for width in (390, 1280, 1920))
    assert '<option value="tv">站点电视</option>' in page and "js/admin-preview" in page


def lesson_form(slug: str) -> dict[str, Any]:
    """What the admin's form sends for a lesson with a heading."""
    return nested_form_data(
        {
            "title": "留芽",
            "slug": slug,
            "summary": "",
            "required": "on",
            "complete_percent": "90",
            "body": streamfield([("heading", "留多少芽")]),
            **NO_TEST,
            "comments": inline_formset([]),
        }
    )


def test_the_lesson_form_takes_every_block(login: Login, personas: object) -> None:
    """What the editor's form posts for a text and a table comes back as it was typed."""
    form = reverse("wagtailadmin_pages:add", args=["courses", "lessonpage", make_course(5)[0].course.pk])
    assert login("editor").post(form, lesson_form("liu")).status_code == 302
    assert LessonPage.objects.get(slug="liu").get_latest_revision_as_object().body[0].value == "留多少芽"


def test_a_second_lesson_of_a_name_gets_an_address_of_its_own(login: Login, personas: object) -> None:
    form = reverse("wagtailadmin_pages:add", args=["courses", "lessonpage", make_course(5)[0].course.pk])
    editor = login("editor")
    for _again in range(3):
        assert editor.post(form, lesson_form("liu")).status_code == 302
    made = LessonPage.objects.filter(title="留芽").order_by("path")
    assert [lesson.slug for lesson in made] == ["liu", "liu-2", "liu-3"]
    kept = editor.post(reverse("wagtailadmin_pages:edit", args=[made[1].pk]), lesson_form("liu-2"))
    assert kept.status_code == 302
    assert LessonPage.objects.get(pk=made[1].pk).get_latest_revision_as_object().slug == "liu-2"


def test_the_number_of_questions_does_not_grow_with_what_comes_first(login: Login, member: Member) -> None:
    course = make_course(5)[0].course
    client = login("member")

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(course.url)
        return len(queries)

    asked()
    few = asked()
    for number in range(3):
        other = make_course(5, slug=f"c{number}", title=f"第{number}门")[0].course
        CoursePrerequisite.objects.create(page=course, course=other)
    assert asked() <= few + 3 * 4
