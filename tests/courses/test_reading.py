"""The farm library: reading by the same clock as watching, chapters without scripts, places and notes that are one's own."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from courses import packages, selectors, services, tasks
from courses.models import BookNote, BookPage, LessonPage, LessonProgress, PlaySession, ReadingPlace, ScormPackage
from courses.packages import examine
from courses.reading_models import check_pdf
from lms.demo import content, library_books
from lms.hours import evidence, totals
from lms.hours.conversion import Tariffs
from lms.members.models import Member
from lms.reports import audit
from tests.conftest import County
from tests.courses.conftest import Player
from tests.factories import MINUTE, make_book, make_course, make_member

Login = Callable[[str], Client]
Play = Callable[[Member, LessonPage], Player]


@pytest.fixture(autouse=True)
def media_root(tmp_path: Path, settings: Settings) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def by_mode(member: Member) -> dict[str, str]:
    found = totals.of_members([member.pk], 2026).get(member.pk)
    return {mode: str(hours) for mode, hours in found.by_mode.items()} if found else {}


def as_lesson(book: BookPage) -> LessonPage:
    """As the player's address finds it."""
    return LessonPage.objects.get(pk=book.pk)


def read(play: Play, member: Member, book: BookPage, minutes: int) -> None:
    player = play(member, as_lesson(book))
    player.play(minutes * MINUTE)
    services.finish(player.token)


# -- hours -----------------------------------------------------------------------------------


def test_what_is_read_counts_before_the_book_is_finished(member: Member, play: Play) -> None:
    """A book is no film: half of it read is half of it read (自学读书, by the clock)."""
    book = make_book(120)
    read(play, member, book, 60)
    assert by_mode(member) == {"reading": "1.00"}
    assert LessonProgress.objects.get(member=member).completed_at is None
    assert PlaySession.objects.get().mode == "reading"


def test_minutes_add_up_within_a_book_over_days_and_sessions(member: Member, play: Play) -> None:
    book = make_book(120)
    for _day in range(4):
        read(play, member, book, 20)
    assert sum(float(hours) for hours in by_mode(member).values()) == 1.0  # 80 minutes, by half hours


def test_no_more_than_the_books_own_minutes(member: Member, play: Play) -> None:
    book = make_book(30)
    for _again in range(3):
        player = play(member, as_lesson(book))
        player.position = 0
        player.play(30 * MINUTE)
        services.finish(player.token)
    assert by_mode(member) == {"reading": "0.50"}
    assert LessonProgress.objects.get(member=member).completed_at is not None


def test_no_more_than_the_servers_clock(member: Member, play: Play) -> None:
    player = play(member, as_lesson(make_book(120)))
    player.wait(10_000)
    player.send(0, 120 * MINUTE, done=True)
    services.finish(player.token)
    assert by_mode(member) in ({}, {"reading": "0.00"})


def test_reading_ends_a_film_that_plays_elsewhere(member: Member, play: Play) -> None:
    film = play(member, make_course(30)[0])
    play(member, as_lesson(make_book(30)))
    assert PlaySession.objects.get(pk=film.session.pk).ended_ms is not None


def test_the_ledger_can_be_recomputed_from_what_was_read(member: Member, play: Play) -> None:
    book = make_book(60)
    read(play, member, book, 60)
    (source,) = {entry.source for entry in totals.entries(member.pk, 2026)}
    assert source.startswith(f"courses.reading:{book.pk}:{member.pk}:")
    assert evidence.can_recompute(source)
    credits = list(evidence.credits([member.pk], Tariffs()))
    assert [(credit.source, str(credit.hours), credit.occasion) for credit in credits] == [
        (source, "1.00", f"courses.book:{book.pk}")
    ]
    assert not audit.run().violations
    found = selectors.evidence_of(source)
    assert found and len(found["spans"]) == 1


def test_a_book_is_no_next_lesson(member: Member) -> None:
    make_book(30)
    assert selectors.next_lesson(member) is None


def test_a_book_says_how_long_it_takes(personas: County) -> None:
    with pytest.raises(ValidationError, match="分钟数"):
        make_book(30, "none").__class__(title="x", slug="x").clean()


# -- what is shown -------------------------------------------------------------------------------


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def test_the_library_lists_and_finds(personas: County, client: Client) -> None:
    library = make_book(30).get_parent().get_parent()
    make_book(40, "pear")
    BookPage.objects.filter(slug="pear").update(title="蜜梨")
    assert page(client, library.url).count("lesson-title") == 2
    assert "蜜梨" not in page(client, f"{library.url}?q=水稻")
    assert "没有找到这样的书" in page(client, f"{library.url}?q=没有这本")
    assert page(client, make_book(20, "third").get_parent().url).count("lesson-title") == 3


def test_the_library_asks_the_same_for_1_and_for_10_books(
    personas: County, client: Client, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    """Site, page, language's cookie-less shell; shelves; books."""
    library = make_book(30).get_parent().get_parent()
    for number in range(9):
        make_book(30, f"book-{number}")
    client.get(library.url)
    with django_assert_max_num_queries(14):  # type: ignore[attr-defined]
        client.get(library.url)


def test_a_member_gets_the_reader_that_counts_and_a_stranger_the_text(
    login: Login, member: Member, client: Client
) -> None:
    book = make_book(30, body=[("paragraph", "<p>育秧先晒种</p>")])
    shown = page(login("member"), book.url)
    assert "data-player" in shown and "育秧先晒种" in shown and "我的笔记" in shown
    stranger = page(client, book.url)
    assert "data-player" not in stranger and "育秧先晒种" in stranger and "党员登录后阅读才会记录学时" in stranger


@pytest.mark.parametrize(
    ("head", "good"), [(b"%PDF-1.7", True), (b"<html>", False), (b"", False), (b"PK\x03\x04", False)]
)
def test_case_17_a_pdf_is_known_by_its_content(head: bytes, good: bool) -> None:
    file = ContentFile(head, name="book.pdf")
    if good:
        check_pdf(file)
    else:
        with pytest.raises(ValidationError):
            check_pdf(file)


# -- EPUB ------------------------------------------------------------------------------------------


def epub() -> bytes:
    return library_books.epub(next(book for book in content.books() if book.facts["kind"] == "epub"))


def test_an_epub_is_read_by_its_spine_with_the_titles_of_its_contents() -> None:
    found = examine(io.BytesIO(epub())).manifest
    assert (found.version, found.title) == ("epub", "青梧红色故事三则")
    assert [(item.title, item.href) for item in found.items] == [
        ("渡口的灯", "OEBPS/1.xhtml"),
        ("背粮的队伍", "OEBPS/2.xhtml"),
        ("一本工分账", "OEBPS/3.xhtml"),
    ]


def test_an_epub_2_is_read_by_its_ncx() -> None:
    opf = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata/><manifest><item id="t" href="toc.ncx"/>'
        '<item id="a" href="a.xhtml"/><item id="b" href="b.xhtml"/></manifest>'
        '<spine toc="t"><itemref idref="a"/><itemref idref="b"/><itemref idref="gone"/></spine></package>'
    )
    ncx = (
        '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap><navPoint><navLabel><text>第一章</text></navLabel>'
        '<content src="a.xhtml#top"/></navPoint></navMap></ncx>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("META-INF/container.xml", library_books.CONTAINER)
        for name, text in (("book.opf", opf), ("toc.ncx", ncx), ("a.xhtml", "x"), ("b.xhtml", "x")):
            archive.writestr(f"OEBPS/{name}", text)
    items = examine(out).manifest.items
    assert [(item.title, item.href) for item in items] == [("第一章", "OEBPS/a.xhtml"), ("第一章", "OEBPS/b.xhtml")]


def test_case_13_a_chapter_runs_no_script(personas: County, client: Client) -> None:
    package = ScormPackage(title="红色故事", minutes=25, file=ContentFile(epub(), name="book.epub"))
    packages.take_in(package=package, by=None)
    tasks.unpack_package(package.pk)
    answer = client.get(reverse("package-file", args=[package.prefix, "OEBPS/1.xhtml"]))
    assert answer.status_code == 200
    assert answer["Content-Security-Policy"].startswith("sandbox;")
    assert answer["Content-Type"].startswith("application/xhtml+xml")
    assert "渡口的灯" in answer.content.decode() and "<script" not in answer.content.decode()


# -- places and notes --------------------------------------------------------------------------------


def test_a_reader_comes_back_to_his_place(login: Login, member: Member) -> None:
    book, client = make_book(30), login("member")
    for place in (3, 7):
        assert client.post(reverse("book-place", args=[book.pk]), {"place": place}).status_code == 204
    assert ReadingPlace.objects.get().place == 7
    assert 'data-place="7"' in page(client, book.url)
    for nonsense in ("0", "-1", "x", ""):
        assert client.post(reverse("book-place", args=[book.pk]), {"place": nonsense}).status_code == 400


def test_notes_are_kept_listed_and_removed(login: Login, member: Member) -> None:
    book, client = make_book(30), login("member")
    client.post(reverse("book-note", args=[book.pk]), {"text": " 先晒种再浸种 ", "place": "2"})
    client.post(reverse("book-note", args=[book.pk]), {"text": "  "})
    note = BookNote.objects.get()
    assert (note.text, note.place) == ("先晒种再浸种", 2)
    assert "先晒种再浸种" in page(client, reverse("own-notes"))
    client.post(reverse("book-note-remove", args=[note.pk]))
    assert not BookNote.objects.exists()


def test_nobody_reads_or_removes_anothers_note(login: Login, member: Member, personas: County) -> None:
    book = make_book(30)
    other = make_member(personas.branch, "李大山")
    note = BookNote.objects.create(member=other, book=book, text="别人的想法", written_at="2026-03-05T00:00Z")
    client = login("member")
    assert "别人的想法" not in page(client, reverse("own-notes")) + page(client, book.url)
    assert client.post(reverse("book-note-remove", args=[note.pk])).status_code == 404
    assert "别人的想法" not in page(login("county"), book.url)


def test_notes_are_searched_and_taken_along(login: Login, member: Member) -> None:
    book, client = make_book(30), login("member")
    for words in ("先晒种再浸种", "插秧行距三十厘米"):
        client.post(reverse("book-note", args=[book.pk]), {"text": words, "place": "2"})
    found = page(client, reverse("own-notes") + "?q=晒种+水稻")
    assert "先晒种再浸种" in found and "插秧行距" not in found
    assert "没有找到这样的笔记" in page(client, reverse("own-notes") + "?q=葡萄")
    answer = client.get(reverse("own-notes"), {"format": "csv", "q": "插秧"})
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").strip().splitlines()
    assert len(lines) == 2 and "插秧行距三十厘米" in lines[1] and "水稻栽培" in lines[1]
    assert client.get(reverse("own-notes"), {"format": "exe"}).status_code == 404


def test_library_and_notes_are_reached_from_home_in_both_modes(login: Login, member: Member) -> None:
    library, client = make_book(30).get_parent().get_parent(), login("member")
    home = client.get(reverse("home-for-role"), follow=True).content.decode()
    assert reverse("own-notes") in home
    assert f'<p><a class="link-more" href="{library.url}">' in home
    assert reverse("own-notes") in page(client, library.url)
    assert reverse("own-notes") not in page(Client(), library.url)


def test_a_chapter_is_printed_large_in_elder_mode(login: Login, member: Member) -> None:
    package = ScormPackage(title="红色故事", minutes=25, file=ContentFile(epub(), name="book.epub"))
    packages.take_in(package=package, by=None)
    tasks.unpack_package(package.pk)
    package.refresh_from_db()
    book, client = make_book(30, package=package), login("member")
    assert 'data-chapter="OEBPS/1.xhtml"' in page(client, book.url)
    client.cookies["elder"] = "1"
    assert 'data-chapter="OEBPS/1.xhtml?large"' in page(client, book.url)
    address = reverse("package-file", args=[package.prefix, "OEBPS/1.xhtml"])
    assert "font-size:26px!important" in page(Client(), address + "?large")
    assert "font-size:26px" not in page(Client(), address)
