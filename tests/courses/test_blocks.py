"""What stands in the text of a lesson: pictures, clips, recordings, call-outs, the way to the test."""

from __future__ import annotations

import importlib
import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from django.test import Client
from django.urls import reverse
from wagtail.blocks import StreamBlockValidationError
from wagtail.images import get_image_model
from wagtail.models import Revision

from courses import approval, block_migrations, captions, catalogue
from courses.blocks import LessonBody, TextBody
from courses.models import CoursePage, LessonPage, MediaFile, ScormPackage
from lms.core import clock
from lms.demo import drawing
from tests.conftest import County
from tests.courses import quiz_questions as made
from tests.factories import MINUTE, make_course

Login = Callable[[str], Client]
VTT = b"WEBVTT\n\n00:00:01.500 --> 00:00:03.000\n5 &lt; 6\n\n01:01:02.500 --> 01:01:04.250\n\xe5\x89\xaa\xe6\x9e\x9d\n"


@pytest.fixture
def lesson(personas: County, library: Path) -> LessonPage:
    return make_course(5)[0]


def film(kind: str = "video", **fields: Any) -> MediaFile:
    values = {"title": "下剪", "type": kind, "file": f"media/cut.{'mp4' if kind == 'video' else 'mp3'}"}
    return MediaFile.objects.create(**{**values, "duration_ms": 3 * MINUTE, **fields})


def made_of(row: MediaFile, name: str, size: int) -> MediaFile:
    """As the worker leaves it."""
    row.stream = uuid.uuid4()
    row.made = [{"name": name, "file": f"{name}.mp4", "width": 0, "height": 0, "size": size, "peak": 1000}]
    row.captions.save("cut.vtt", ContentFile(VTT), save=False)
    row.save()
    return row


def shown(client: Client, lesson: LessonPage, *blocks: tuple[str, Any]) -> str:
    """The text part of the lesson's page."""
    lesson.body = list(blocks)
    lesson.save_revision().publish()
    page = client.get(lesson.url).content.decode()
    return page[page.index('<article class="prose">') : page.index("</article>")]


# -- clips and recordings ---------------------------------------------------------------------------


def test_a_clip_plays_what_was_made_for_slow_lines_with_captions_and_its_weight(
    lesson: LessonPage, login: Login
) -> None:
    row = made_of(film(), "480p", 3 * 1024 * 1024)
    page = shown(login(""), lesson, ("clip", {"video": row, "caption": "剪口"}))
    assert f'<source src="{row.plain_url}" type="video/mp4">' in page and "480p.mp4" in row.plain_url
    assert "media/cut.mp4" not in page
    assert f'<track kind="captions" srclang="zh" label="中文字幕" src="{row.captions.url}" default>' in page
    assert "时长约 3 分钟" in page and "播放约需 3 MB 流量" in page


def test_a_recording_plays_what_was_made_and_can_be_read(lesson: LessonPage, login: Login) -> None:
    row = made_of(film("audio"), "audio", 1024 * 1024)
    page = shown(login(""), lesson, ("sound", {"audio": row, "caption": ""}))
    assert f'<source src="{row.plain_url}" type="audio/mp4">' in page and "audio.mp4" in row.plain_url
    assert "播放约需 1 MB 流量" in page
    assert "文字稿" in page and "5 &lt; 6" in page and "剪枝" in page


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        (MediaFile.State.TRANSCODING, "", "视频正在处理，稍后就能播放。"),
        (MediaFile.State.REFUSED, "broken", "这个视频没有处理成功"),
    ],
)
def test_what_cannot_be_played_says_so(state: str, reason: str, words: str, lesson: LessonPage, login: Login) -> None:
    row = film(state=state, reason=reason, original_plays=False)
    page = shown(login(""), lesson, ("clip", {"video": row, "caption": ""}))
    assert words in page and "<video" not in page


def test_the_transcript_joins_lines_and_reads_as_it_was_said() -> None:
    cues = "\n\n".join(f"00:{n:02}:00.000 --> 00:{n:02}:01.000\n句{n}" for n in range(6))
    assert captions.transcript(f"WEBVTT\n\n{cues}\n".encode()) == [
        ("00:00", "句0\n句1\n句2\n句3"),
        ("04:00", "句4\n句5"),
    ]
    assert captions.transcript(VTT) == [("00:01", "5 < 6\n剪枝")]
    assert captions.transcript(b"no captions") == []


def test_a_lesson_to_listen_to_can_be_read(lesson: LessonPage, login: Login) -> None:
    lesson.media = made_of(film("audio"), "audio", 1024)
    lesson.save_revision().publish()
    page = login("member").get(lesson.url).content.decode()
    assert '<details class="fold transcript">' in page and "剪枝" in page
    lesson.media.captions.delete()
    assert "transcript" not in login("member").get(lesson.url).content.decode()


# -- pictures and call-outs -------------------------------------------------------------------------


def test_a_picture_says_what_it_shows_and_comes_in_two_sizes(lesson: LessonPage, login: Login, library: Path) -> None:
    path = library / "cover.jpg"
    drawing.cover("葡萄", "skills").save(path, "JPEG")
    with path.open("rb") as file:
        image = get_image_model().objects.create(title="IMG_2041", file=ImageFile(file, name="cover.jpg"))
    value = {"image": image, "alt": "剪口离芽两厘米", "caption": ""}
    page = shown(login(""), lesson, ("picture", value))
    assert 'alt="剪口离芽两厘米"' in page and 'loading="lazy"' in page
    assert re.search(r'srcset="\S+ 400w, \S+ \d+w"', page)
    assert 'alt="IMG_2041"' in shown(login(""), lesson, ("picture", {**value, "alt": ""}))


def test_the_expert_is_one_tap_away(lesson: LessonPage, login: Login) -> None:
    value = {"title": "拿不准", "text": "先问", "contact": "程农艺师", "phone": "0719-555 0123 转 8"}
    page = shown(login(""), lesson, ("callout", value))
    assert "联系人：程农艺师" in page and 'href="tel:07195550123"' in page
    assert "tel:" not in shown(login(""), lesson, ("callout", {**value, "phone": ""}))


@pytest.mark.parametrize(
    ("line", "name", "phone"),
    [
        ("程农艺师 13800000000", "程农艺师", "13800000000"),
        ("程农艺师，电话：0719-5550123（早八点后）", "程农艺师 早八点后", "0719-5550123"),
        ("手机 +86 138 0000 0000", "", "+86 138 0000 0000"),
        ("县农技站 三楼 302 室", "县农技站 三楼 302 室", ""),
        ("", "", ""),
    ],
)
def test_a_stored_contact_is_split(line: str, name: str, phone: str) -> None:
    assert block_migrations.split(line) == (name, phone)


def test_the_migration_splits_pages_and_drafts_once(lesson: LessonPage) -> None:
    old = [{"type": "callout", "id": "a", "value": {"title": "问", "text": "谁", "contact": "程农艺师 13800000000"}}]
    lesson.save_revision()
    Revision.objects.update(content={**lesson.get_latest_revision().content, "body": json.dumps(old)})
    field = LessonPage._meta.get_field("body")
    LessonPage.objects.filter(pk=lesson.pk).update(body=field.to_python(json.dumps(old)))
    for _again in range(2):
        block_migrations.split_contacts(apps, "courses", "lessonpage", "bookpage")
        lesson.refresh_from_db()
        for page in (lesson, lesson.get_latest_revision_as_object()):
            assert (page.body[0].value["contact"], page.body[0].value["phone"]) == ("程农艺师", "13800000000")


# -- the way to the test -----------------------------------------------------------------------------


def test_the_way_to_the_test_stands_where_the_editor_put_it(lesson: LessonPage, login: Login) -> None:
    made.give_quiz(lesson)
    page = login("").get(lesson.url).content.decode()
    assert page.count("quiz-card") == 1
    page = shown(login(""), lesson, ("heading", "先看"), ("quiz", None), ("heading", "再练"))
    assert page.index("先看") < page.index(reverse("quiz", args=[lesson.pk])) < page.index("再练")
    assert login("").get(lesson.url).content.decode().count("quiz-card") == 1


def test_without_questions_the_place_stays_empty(lesson: LessonPage, login: Login) -> None:
    assert "quiz-card" not in shown(login(""), lesson, ("heading", "先看"), ("quiz", None))


def test_the_place_is_once_in_a_lesson_and_never_in_news() -> None:
    body = LessonBody()
    with pytest.raises(StreamBlockValidationError):
        body.clean(body.to_python([{"type": "quiz", "value": None}] * 2))
    assert "quiz" in body.child_blocks and "quiz" not in TextBody().child_blocks


# -- how long it takes -------------------------------------------------------------------------------


def test_clips_recordings_and_the_test_take_their_time(lesson: LessonPage) -> None:
    lesson.body = [("clip", {"video": film(), "caption": ""}), ("sound", {"audio": film("audio"), "caption": ""})]
    made.give_quiz(lesson)
    lesson.refresh_from_db()
    assert (lesson.reading_seconds, lesson.minutes) == (6 * 60 + 4 * 30, 5 + 8)
    made.give_quiz(lesson, quiz_draw=2)
    lesson.refresh_from_db()
    assert lesson.minutes == 5 + 7
    assert catalogue.lesson_counts([lesson.course])[lesson.course.path] == (1, 12 * MINUTE)


def test_the_migration_adds_what_lessons_before_it_did_not_count(lesson: LessonPage) -> None:
    lesson.body = [("clip", {"video": film(), "caption": ""})]
    made.give_quiz(lesson)
    LessonPage.objects.filter(pk=lesson.pk).update(reading_seconds=0)
    importlib.import_module("courses.migrations.0013_contacts_and_kept").longer(apps, None)
    lesson.refresh_from_db()
    assert lesson.reading_seconds == 3 * 60 + 4 * 30


# -- a film that was refused ------------------------------------------------------------------------


def refused(lesson: LessonPage) -> CoursePage:
    lesson.media = film(state=MediaFile.State.REFUSED, reason="broken", original_plays=False)
    lesson.save_revision().publish()
    lesson.title = "新标题"
    lesson.save_revision()
    return lesson.course


def test_a_lesson_with_a_refused_film_is_not_handed_in_and_says_why(
    lesson: LessonPage, personas: County, login: Login
) -> None:
    course = refused(lesson)
    outcome = approval.submit(course=course, by=personas.users["editor"])
    ((page, reason),) = outcome.refused
    assert page.pk == lesson.pk
    assert "视频“下剪”没有处理成功" in reason and "读不出时长" in reason
    page = login("editor").get(reverse("course-submit", args=[course.pk])).content.decode()
    assert "视频“下剪”没有处理成功" in page


@pytest.mark.parametrize("where", ["clip", "package"])
def test_nor_one_with_a_refused_clip_or_package(where: str, lesson: LessonPage, personas: County) -> None:
    bad = film(state=MediaFile.State.REFUSED, reason="no-picture", original_plays=False)
    if where == "clip":
        lesson.body = [("clip", {"video": bad, "caption": ""})]
    else:
        lesson.media = None
        lesson.package = ScormPackage.objects.create(
            title="自查", minutes=5, state="refused", reason="flash", created_at=clock.now()
        )
    lesson.save_revision()
    ((_page, reason),) = approval.submit(course=lesson.course, by=personas.users["editor"]).refused
    assert ("没有画面" if where == "clip" else "Flash") in reason


def test_a_film_that_plays_as_it_came_though_its_making_was_given_up_is_handed_in(
    lesson: LessonPage, personas: County
) -> None:
    lesson.media = film(state=MediaFile.State.REFUSED, reason="gave-up")
    lesson.save_revision()
    outcome = approval.submit(course=lesson.course, by=personas.users["editor"])
    assert [page.pk for page in outcome.done] == [lesson.pk]


def test_editors_see_the_state_of_films_on_the_course_and_on_the_lesson(lesson: LessonPage, login: Login) -> None:
    course = refused(lesson)
    for pk in (course.pk, lesson.pk):
        page = login("editor").get(reverse("wagtailadmin_pages:edit", args=[pk])).content.decode()
        assert "xx-film-bad" in page and "没有处理成功" in page
    MediaFile.objects.update(state=MediaFile.State.TRANSCODING, percent=40, reason="")
    page = login("editor").get(reverse("wagtailadmin_pages:edit", args=[course.pk])).content.decode()
    assert "正在转码 40%" in page and "xx-film-bad" not in page


def test_viewers_are_not_told_to_wait_for_what_never_comes(lesson: LessonPage, login: Login) -> None:
    refused(lesson)
    page = login("member").get(lesson.url).content.decode()
    assert "这个视频没有处理成功" in page and "正在处理" not in page
