"""What the forms of courses and books understand, propose and refuse; copies; the list of all courses."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from wagtail.test.utils.form_data import inline_formset, nested_form_data, streamfield

from courses import book_lengths, catalogue, seasons
from courses.models import BookPage, CoursePage, LessonPage, ScormPackage, ShelfPage
from courses.templatetags.courses import season_months
from lms.core import clock
from lms.core.pdf import Paper
from lms.demo import content, library_books
from tests.cms.test_admin import NO_TEST
from tests.conftest import County
from tests.factories import make_book, make_course

Login = Callable[[str], Client]


@pytest.fixture(autouse=True)
def media_root(tmp_path: Path, settings: Settings) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


# -- seasons and industries --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("season", "words"),
    [
        ("12月至次年2月冬剪期", "12、1、2 月"),
        ("3—5月", "3、4、5 月"),
        ("清明、国庆", "4、10 月"),
        ("全年", "全年"),
        ("随时", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_a_season_is_said_back_as_months(season: str | None, words: str) -> None:
    assert season_months(season) == words


def test_every_season_of_the_demo_county_is_understood() -> None:
    assert all(seasons.months(course.facts["season"]) for course in content.courses() if course.facts.get("season"))


def course_form(course: CoursePage, **fields: Any) -> dict[str, Any]:
    facts = {"title": course.title, "slug": course.slug, "summary": "一句话", "category": course.category, **fields}
    rows = {"prerequisites": inline_formset([]), "comments": inline_formset([])}
    return nested_form_data({**facts, **NO_TEST, **rows})


def test_the_form_echoes_the_months_and_refuses_what_has_none(login: Login, personas: County) -> None:
    course, editor = make_course(5)[0].course, login("editor")
    address = reverse("wagtailadmin_pages:edit", args=[course.pk])
    answer = editor.post(address, course_form(course, season="有空的时候"))
    assert "读不出是哪几个月" in answer.content.decode()
    assert editor.post(address, course_form(course, season="冬季")).status_code == 302
    assert "适用时节识别为：12、1、2 月" in editor.get(address).content.decode()


def test_the_form_proposes_the_industries_that_are_there(login: Login, personas: County) -> None:
    make_course(5)
    course = make_course(5, slug="other", title="另一门")[0].course
    page = login("editor").get(reverse("wagtailadmin_pages:edit", args=[course.pk])).content.decode()
    assert 'list="known-industry"' in page and page.count('<option value="葡萄">') == 1


# -- the catalogue by audience ------------------------------------------------------------------------


def test_the_catalogue_is_filtered_by_whom_a_course_is_for(login: Login, personas: County) -> None:
    for number, audience in enumerate(("村干部、党员", "党员，青年", "")):
        course = make_course(5, slug=f"c{number}", title=f"第{number}门")[0].course
        CoursePage.objects.filter(pk=course.pk).update(audience=audience)
    assert catalogue.audiences() == ["党员", "村干部", "青年"]
    page = login("").get("/courses/", {"audience": "青年"}).content.decode()
    assert "第1门" in page and "第0门" not in page and "第2门" not in page
    assert 'name="audience"' in page


# -- copies and what is put away ---------------------------------------------------------------------


def test_an_editor_copies_an_archived_course_with_its_lessons_as_drafts(login: Login, personas: County) -> None:
    course = make_course(5, 10)[0].course
    course.archived = True
    course.save_revision().publish()
    form = {
        "new_title": "明年的葡萄",
        "new_slug": "next",
        "new_parent_page": course.get_parent().pk,
        "copy_subpages": "on",
    }
    answer = login("editor").post(reverse("wagtailadmin_pages:copy", args=[course.pk]), form)
    assert answer.status_code == 302
    copy = CoursePage.objects.get(slug="next")
    assert (copy.title, copy.archived, copy.live) == ("明年的葡萄", False, False)
    assert copy.get_latest_revision_as_object().archived is False
    lessons = LessonPage.objects.child_of(copy)
    assert [lesson.media_id for lesson in lessons] == [one.media_id for one in LessonPage.objects.child_of(course)]
    assert not any(lesson.live for lesson in lessons)


def test_the_list_of_all_courses_shows_what_was_put_away(login: Login, personas: County) -> None:
    kept, away = make_course(5)[0].course, make_course(5, slug="away", title="旧课")[0].course
    CoursePage.objects.filter(pk=away.pk).update(archived=True)
    editor = login("editor")
    address = reverse("course_list:index")
    assert address in editor.get("/admin/").content.decode()
    page = editor.get(address).content.decode()
    assert kept.title in page and away.title in page
    page = editor.get(address, {"archived": "true"}).content.decode()
    assert away.title in page and kept.title not in page


# -- books ---------------------------------------------------------------------------------------------


def pdf(pages: int) -> bytes:
    sheet = Paper(title="水稻")
    for number in range(pages):
        sheet.begin(foot="农技站")
        sheet.title_line(f"第{number}章")
    return sheet.done()


def test_the_pages_of_a_pdf_are_counted_also_where_they_are_packed() -> None:
    assert book_lengths.pdf_pages(io.BytesIO(pdf(3))) == 3
    objects = zlib.compress(b"1 0 2 40 << /Type /Page /Parent 3 0 R >> << /Type/Page >> << /Type /Pages /Count 2 >>")
    packed = b"%PDF-1.5\n9 0 obj << /Type /ObjStm /N 3 /Filter /FlateDecode >>\nstream\n" + objects + b"\nendstream"
    assert book_lengths.pdf_pages(io.BytesIO(packed)) == 2
    assert book_lengths.pdf_pages(io.BytesIO(b"%PDF-1.4 broken")) == 0


def test_a_bomb_in_a_pdf_costs_no_more_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book_lengths, "MOST_PACKED", 1000)
    part = b"/Type /ObjStm >>\nstream\n" + zlib.compress(b"/Type /Page " * 10_000) + b"\nendstream"
    assert book_lengths.pdf_pages(io.BytesIO(part * 5)) <= 1000 // len("/Type /Page ") + 1


def shelf() -> ShelfPage:
    return ShelfPage.objects.get(pk=make_book(30).get_parent().pk)


def book_form(**fields: Any) -> dict[str, Any]:
    base = {"title": "新书", "slug": "new", "author": "", "source": "", "summary": "", "reading_minutes": "0"}
    return nested_form_data({**base, "body": streamfield([]), "package": "", "comments": inline_formset([]), **fields})


def add(client: Client, parent: ShelfPage, publish: bool = False, **fields: Any) -> Any:
    form = book_form(**fields)
    if publish:
        form["action-publish"] = "1"
    return client.post(reverse("wagtailadmin_pages:add", args=["courses", "bookpage", parent.pk]), form)


def newest() -> BookPage:
    return BookPage.objects.get(slug="new").get_latest_revision_as_object()


def test_a_text_proposes_its_minutes_and_typed_ones_stay(login: Login, personas: County) -> None:
    parent, editor = shelf(), login("editor")
    text = streamfield([("heading", "字" * 80)] * 10)
    assert add(editor, parent, body=text).status_code == 302
    assert newest().reading_minutes == 4
    BookPage.objects.get(slug="new").delete()
    assert add(editor, shelf_again(), body=text, reading_minutes="25").status_code == 302
    assert newest().reading_minutes == 25


def shelf_again() -> ShelfPage:
    return ShelfPage.objects.get()


def test_a_pdf_proposes_its_minutes_by_its_pages(login: Login, personas: County) -> None:
    file = SimpleUploadedFile("rice.pdf", pdf(4))
    assert add(login("editor"), shelf(), file=file).status_code == 302
    assert newest().reading_minutes == 4 * 600 // 200


def epub(personas: County) -> ScormPackage:
    book = next(one for one in content.books() if one.facts["kind"] == "epub")
    return library_books._taken_in(book, personas.users["editor"])


def test_an_epub_proposes_its_minutes_by_its_chapters(login: Login, personas: County) -> None:
    package = epub(personas)
    written = sum(
        len(title) + sum(len(line) for line in lines)
        for book in content.books()
        if book.facts["kind"] == "epub"
        for title, lines in book.chapters
    )
    assert book_lengths.epub_characters(package) >= written
    assert add(login("editor"), shelf(), package=str(package.pk)).status_code == 302
    assert newest().reading_minutes == -(-book_lengths.epub_characters(package) * 60 // 200 // 60)


def test_a_book_is_one_thing_to_read(login: Login, personas: County) -> None:
    parent, county = shelf(), login("county")
    text = streamfield([("heading", "育秧")])
    page = add(county, parent, body=text, file=SimpleUploadedFile("rice.pdf", pdf(1))).content.decode()
    assert "三样里只能有一样" in page
    assert "还没有可读的内容" in add(county, parent, publish=True, reading_minutes="30").content.decode()
    assert not BookPage.objects.filter(slug="new").exists()


def test_a_scorm_package_is_no_book_and_an_epub_no_lesson(personas: County) -> None:
    scorm = ScormPackage.objects.create(title="自查", minutes=5, state="ready", version="1.2", created_at=clock.now())
    book = make_book(30)
    book.package = scorm
    with pytest.raises(ValidationError, match="不是电子书"):
        book.clean()
    lesson = make_course(5)[0]
    lesson.media, lesson.package = None, epub(personas)
    with pytest.raises(ValidationError, match="这是电子书"):
        lesson.clean()
    lesson.package = scorm
    lesson.clean()
    book.package = epub(personas)
    book.clean()


def test_shelves_and_library_have_the_three_screens_and_no_address_to_think_of(login: Login, personas: County) -> None:
    parent = shelf()
    editor = login("editor")
    for pk in (parent.pk, parent.get_parent().pk):
        page = editor.get(reverse("wagtailadmin_pages:edit", args=[pk])).content.decode()
        assert all(f'data-device-width="{width}"' in page for width in (390, 1280, 1920))
    form = nested_form_data(
        {"title": "种植", "slug": parent.slug, "category": "skills", "comments": inline_formset([])}
    )
    address = reverse("wagtailadmin_pages:add", args=["courses", "shelfpage", parent.get_parent().pk])
    assert editor.post(address, form).status_code == 302
    assert ShelfPage.objects.filter(slug=f"{parent.slug}-2").exists()
