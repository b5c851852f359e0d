"""What people have done with a page keeps it: each relation by itself, and films that pages show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Page

from cms.models import HomePage, NewsIndexPage, NewsPage
from courses import kept, quizzes, services
from courses.models import (
    BookNote,
    BookPage,
    CourseAssignment,
    CourseEnrolment,
    CourseQuestion,
    CourseRating,
    LessonPage,
    LessonProgress,
    MediaFile,
    ReadingPlace,
    ReadPage,
    UseFeedback,
)
from lms.core import clock
from lms.members.models import Member
from lms.pairs.models import HelpPair, PairTask
from tests.conftest import County
from tests.courses import quiz_questions as made
from tests.factories import MINUTE, make_book, make_course, make_member

Login = Callable[[str], Client]


def attempt(lesson: LessonPage, _book: BookPage, member: Member) -> object:
    made.give_quiz(lesson, ("truefalse", made.TRUE_FALSE))
    lesson.media = None
    lesson.save()
    return quizzes.start(page=lesson, member=member, by=member.user)


def task(lesson: LessonPage, _book: BookPage, member: Member) -> object:
    helper = make_member(member.unit, "程农艺")
    pair = HelpPair.objects.create(helper=helper, member=member, topic="修剪", begun_on=dt.date(2026, 3, 1))
    return PairTask.objects.create(pair=pair, lesson=lesson, added_at=clock.now())


Make = Callable[[LessonPage, BookPage, Member], object]
MAKERS: dict[str, Make] = {
    "courses.QuizAttempt.page": attempt,
    "courses.CourseEnrolment.course": lambda lesson, _book, member: CourseEnrolment.objects.create(
        course=lesson.course, member=member, enrolled_at=clock.now()
    ),
    "courses.CourseRating.course": lambda lesson, _book, member: CourseRating.objects.create(
        course=lesson.course, member=member, stars=4, rated_at=clock.now()
    ),
    "courses.CourseAssignment.course": lambda lesson, _book, member: CourseAssignment.objects.create(
        course=lesson.course, unit=member.unit, due_on=dt.date(2026, 12, 1), assigned_at=clock.now()
    ),
    "courses.CourseQuestion.course": lambda lesson, _book, member: CourseQuestion.objects.create(
        course=lesson.course, member=member, text="几月剪？", asked_at=clock.now()
    ),
    "courses.UseFeedback.course": lambda lesson, _book, member: UseFeedback.objects.create(
        course=lesson.course, member=member, text="剪了两亩", sent_at=clock.now()
    ),
    "courses.PlaySession.lesson": lambda lesson, _book, member: services.start_play(
        member=member, lesson=lesson, by=None
    ),
    "courses.LessonProgress.lesson": lambda lesson, _book, member: LessonProgress.objects.create(
        lesson=lesson, member=member, updated_at=clock.now()
    ),
    "courses.ReadingPlace.book": lambda _lesson, book, member: ReadingPlace.objects.create(
        book=book, member=member, place=3, updated_at=clock.now()
    ),
    "courses.ReadPage.book": lambda _lesson, book, member: ReadPage.objects.create(
        book=book, member=member, place=3, left_ms=60_000
    ),
    "courses.BookNote.book": lambda _lesson, book, member: BookNote.objects.create(
        book=book, member=member, text="第三章再看一遍", written_at=clock.now()
    ),
    "pairs.PairTask.lesson": task,
}


def test_every_relation_that_keeps_a_page_is_tried_below() -> None:
    assert {str(relation.field) for relation in kept.relations()} == set(MAKERS)


@pytest.fixture
def pages(personas: County) -> tuple[LessonPage, BookPage]:
    return make_course(5)[0], make_book(30)


@pytest.mark.parametrize("name", MAKERS)
def test_one_row_of_a_relation_keeps_the_page_and_those_above(
    name: str, pages: tuple[LessonPage, BookPage], login: Login, member: Member
) -> None:
    """The page itself, its parents, one by one and in bulk: a sentence with the way out, never an error, nothing lost."""
    lesson, book = pages
    county = login("county")
    row = MAKERS[name](lesson, book, member)
    below = (
        book if "book" in name else lesson if name.rsplit(".", maxsplit=1)[-1] in {"lesson", "page"} else lesson.course
    )
    below = Page.objects.get(pk=below.pk)
    for page in (below, below.get_parent()):
        answer = county.post(f"/admin/pages/{page.pk}/delete/", follow=True)
        assert answer.redirect_chain[0][0] == f"/admin/pages/{page.pk}/unpublish/"
        assert "已有学习记录" in answer.content.decode()
        answer = county.post(f"/admin/bulk/wagtailcore/page/delete/?id={page.pk}&next=/admin/", follow=True)
        assert "已有学习记录" in answer.content.decode()
    assert Page.objects.filter(pk=below.pk).exists()
    assert row is not None


def test_what_keeps_a_page_is_named(pages: tuple[LessonPage, BookPage], login: Login, member: Member) -> None:
    BookNote.objects.create(book=pages[1], member=member, text="再看一遍", written_at=clock.now())
    answer = login("county").post(f"/admin/pages/{pages[1].pk}/delete/", follow=True)
    assert "（读书笔记）" in answer.content.decode()


# -- films --------------------------------------------------------------------------------------


def in_text(lesson: LessonPage, film: MediaFile) -> None:
    lesson.body = [("clip", {"video": film, "caption": ""})]
    lesson.save()


def as_its_own(lesson: LessonPage, film: MediaFile) -> None:
    lesson.media = film
    lesson.save()


@pytest.mark.parametrize("use", [in_text, as_its_own])
def test_a_film_that_a_page_shows_is_not_deleted(
    use: Callable[[LessonPage, MediaFile], None], pages: tuple[LessonPage, BookPage], login: Login
) -> None:
    film = MediaFile.objects.create(title="下剪", type="video", file="media/cut.mp4", duration_ms=MINUTE)
    use(pages[0], film)
    editor = login("editor")
    for ask in (editor.get, editor.post):
        answer = ask(f"/admin/media/delete/{film.pk}/", follow=True)
        assert answer.redirect_chain[0][0] == f"/admin/media/usage/{film.pk}/"
        assert "还有页面在用" in answer.content.decode() and pages[0].title in answer.content.decode()
    assert MediaFile.objects.filter(pk=film.pk).exists()


def test_a_film_that_nothing_shows_is_deleted(login: Login) -> None:
    film = MediaFile.objects.create(title="下剪", type="video", file="media/cut.mp4", duration_ms=MINUTE)
    assert login("editor").post(f"/admin/media/delete/{film.pk}/").status_code == 302
    assert not MediaFile.objects.filter(pk=film.pk).exists()


def test_who_may_not_delete_films_is_turned_away(login: Login) -> None:
    film = MediaFile.objects.create(title="下剪", type="video", file="media/cut.mp4", duration_ms=MINUTE)
    assert login("trainer").post(f"/admin/media/delete/{film.pk}/").status_code in {302, 403}
    assert MediaFile.objects.filter(pk=film.pk).exists()


# -- pictures and documents -----------------------------------------------------------------------


def a_picture() -> Any:
    return get_image_model().objects.create(title="剪口", file=get_test_image_file())


def a_document() -> Any:
    return get_document_model().objects.create(title="修剪口诀", file=ContentFile(b"%PDF-1.4", name="rhyme.pdf"))


def as_cover(lesson: LessonPage, picture: Any) -> None:
    lesson.course.cover = picture
    lesson.course.save()


def as_block(lesson: LessonPage, row: Any) -> None:
    if isinstance(row, get_image_model()):
        lesson.body = [("picture", {"image": row, "alt": "剪口", "caption": ""})]
    else:
        lesson.body = [("document", row)]
    lesson.save()


def in_a_question(lesson: LessonPage, picture: Any) -> None:
    made.give_quiz(lesson, ("truefalse", {**made.TRUE_FALSE, "picture": picture, "picture_text": "剪口"}))


def as_news(_lesson: LessonPage, picture: Any) -> None:
    news = NewsPage(title="剪枝开课", date=dt.date(2026, 3, 1), picture=picture)
    HomePage.objects.get().add_child(instance=NewsIndexPage(title="动态")).add_child(instance=news)


def as_unpublished(lesson: LessonPage, row: Any) -> None:
    as_block(lesson, row)
    lesson.unpublish()


USES = pytest.mark.parametrize(
    ("make", "use"),
    [
        (a_picture, as_cover),
        (a_picture, as_block),
        (a_picture, in_a_question),
        (a_picture, as_news),
        (a_picture, as_unpublished),
        (a_document, as_block),
        (a_document, as_unpublished),
    ],
)
ADDRESSES = {"image": ("/admin/images/{}/delete/", "/admin/images/usage/{}/"),
             "document": ("/admin/documents/delete/{}/", "/admin/documents/usage/{}/")}  # fmt: skip


@USES
def test_a_picture_or_document_that_a_page_shows_is_not_deleted(
    make: Callable[[], Any], use: Callable[[LessonPage, Any], None], pages: tuple[LessonPage, BookPage], login: Login
) -> None:
    """By its own page, among several, and right after uploading: the sentence, the pages that show it, nothing lost."""
    row, spare, kind = make(), make(), make.__name__.removeprefix("a_").replace("picture", "image")
    use(pages[0], row)
    editor, (delete, usage) = login("editor"), (one.format(row.pk) for one in ADDRESSES[kind])
    for ask in (editor.get, editor.post):
        answer = ask(delete, follow=True)
        assert answer.redirect_chain[0][0] == usage
        assert "还有页面在用" in answer.content.decode()
    together = f"/admin/bulk/wagtail{kind}s/{kind}/delete/".replace("wagtaildocuments", "wagtaildocs")
    answer = editor.post(f"{together}?id={row.pk}&id={spare.pk}&next=/admin/", follow=True)
    assert answer.redirect_chain[0][0] == usage
    assert "还有页面在用" in answer.content.decode()
    fresh = editor.post(f"/admin/{kind}s/multiple/{row.pk}/delete/", headers={"X-Requested-With": "XMLHttpRequest"})
    assert fresh.json()["success"] is False
    assert type(row).objects.filter(pk__in=[row.pk, spare.pk]).count() == 2


@pytest.mark.parametrize("make", [a_picture, a_document])
def test_a_picture_or_document_that_nothing_shows_is_deleted(make: Callable[[], Any], login: Login) -> None:
    one, two, three = make(), make(), make()
    kind, editor = make.__name__.removeprefix("a_").replace("picture", "image"), login("editor")
    assert editor.get(ADDRESSES[kind][0].format(one.pk)).status_code == 200
    assert editor.post(ADDRESSES[kind][0].format(one.pk)).status_code == 302
    together = f"/admin/bulk/wagtail{kind}s/{kind}/delete/".replace("wagtaildocuments", "wagtaildocs")
    editor.post(f"{together}?id={two.pk}&next=/admin/")
    ajax = {"X-Requested-With": "XMLHttpRequest"}
    assert editor.post(f"/admin/{kind}s/multiple/{three.pk}/delete/", headers=ajax).json()["success"] is True
    assert not type(one).objects.exists()


@pytest.mark.parametrize("make", [a_picture, a_document])
@pytest.mark.parametrize("who", ["trainer", "town"])
def test_who_may_not_delete_from_a_library_is_turned_away(make: Callable[[], Any], who: str, login: Login) -> None:
    row, kind = make(), make.__name__.removeprefix("a_").replace("picture", "image")
    login(who).post(ADDRESSES[kind][0].format(row.pk))
    login(who).post(f"/admin/{kind}s/multiple/{row.pk}/delete/")
    assert type(row).objects.filter(pk=row.pk).exists()
