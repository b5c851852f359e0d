"""A page of a book earns what it is worth and no more: turned, read again, read without a line, left open for hours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from pytest_django import Settings

from courses import book_pages, engine, packages, rules, selectors, services, tasks
from courses.engine import Answer, PlayError
from courses.models import BookPage, LessonPage, PlaySession, ReadingPlace, ReadPage, ScormPackage, WatchFlag
from lms.demo import content, library_books
from lms.members.models import Member
from lms.reports import audit
from tests.courses.conftest import Player
from tests.factories import MINUTE, make_book, make_course, make_member

Play = Callable[[Member, LessonPage], Player]


@pytest.fixture(autouse=True)
def media_root(tmp_path: Path, settings: Settings) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def pdf(pages: int) -> ContentFile:
    return ContentFile(b"%PDF-1.4\n" + b"<< /Type /Page >>\n" * pages, name="book.pdf")


def as_lesson(book: BookPage) -> LessonPage:
    return LessonPage.objects.get(pk=book.pk)


@pytest.fixture
def book(db: None) -> BookPage:
    """A hundred minutes on twenty pages: five a page, of which each may earn fifteen."""
    return make_book(100, file=pdf(20))


class Reader(Player):
    """Reads page by page, and stays as long as it likes."""

    def stay(self, place: int, milliseconds: int, *, offline: bool = False, every: int = 10_000) -> Answer:
        """Keep a page open; a beat every ten seconds, and the question is answered. The position runs on, as a forger's would."""
        answer = None
        for _beat in range(max(milliseconds // every, 1)):
            self.wait(every)
            answer = self.beat(place, self.position, self.position + every, offline=offline)
            self.position = answer.position
            if answer.ask:
                self.wait(3_000)
                services.confirm_presence(self.token)
        assert answer is not None
        return answer

    def beat(self, place: int | None, start: int, end: int, *, offline: bool = False) -> Answer:
        self.sequence += 1
        data = {"sequence": self.sequence, "from": start, "to": end, "offline": offline, "place": place}
        return services.beat(self.token, data)


@pytest.fixture
def open_book(traveller: object, member: Member) -> Callable[[BookPage], Reader]:
    return lambda book: Reader(traveller, member, as_lesson(book))  # type: ignore[arg-type]


Open = Callable[[BookPage], Reader]


def unasked() -> None:
    """Nobody is asked for hours, so that the page alone is the limit."""
    PlaySession.objects.update(presence_left_ms=600 * MINUTE)


def read_ms(member: Member, book: BookPage) -> int:
    own = selectors.evidence([member.pk])[member.pk]
    return rules.watched(rules.distinct(own.spans, selectors.split_by_day)).get((book.pk, 1), 0)


# -- what a page is worth -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "weight", "whole", "earns"),
    [
        (100, 1, 20, 15),  # five minutes are its share: three times that
        (100, 1, 300, 2),  # twenty seconds: the least
        (30, 1, 2, 30),  # never more than the book
        (60, 5, 10, 60),  # a chapter that is half of the book
        (60, 1, 10, 18),
        (100, 0, 0, 5),  # a PDF whose pages cannot be counted
        (3, 0, 0, 3),
    ],
)
def test_what_a_page_is_worth(minutes: int, weight: int, whole: int, earns: int) -> None:
    assert rules.page_worth(minutes * MINUTE, weight, whole) == earns * MINUTE


def test_a_chapter_weighs_what_its_file_does(member: Member) -> None:
    data = library_books.epub(next(one for one in content.books() if one.facts["kind"] == "epub"))
    package = ScormPackage(title="红色故事", minutes=25, file=ContentFile(data, name="book.epub"))
    packages.take_in(package=package, by=None)
    tasks.unpack_package(package.pk)
    package.refresh_from_db()
    book = make_book(300, package=package)
    sizes = [package.files.get(key=f"oebps/{number}.xhtml").size for number in (1, 2, 3)]
    for place, size in enumerate(sizes, 1):
        assert book_pages.worth(book, place) == min(300 * MINUTE * 3 * size // sum(sizes), 300 * MINUTE)
    assert book_pages.worth(book, 4) == 0


def test_a_pdf_that_cannot_be_counted_and_a_text(member: Member) -> None:
    assert book_pages.worth(make_book(60, "bad", file=pdf(0)), 7) == 5 * MINUTE
    assert book_pages.worth(make_book(60, "text"), 1) == 60 * MINUTE


# -- the attack -----------------------------------------------------------------------------------


def test_one_page_left_open_for_hours_earns_no_more_than_it_is_worth(
    open_book: Open, book: BookPage, member: Member
) -> None:
    """The mouse is moved and the question answered all day long."""
    reader = open_book(book)
    answer = reader.stay(1, 180 * MINUTE)
    services.finish(reader.token)
    assert answer.page == 0
    assert read_ms(member, book) == 15 * MINUTE
    again = open_book(book)  # nor by opening it anew
    again.stay(1, 30 * MINUTE)
    services.finish(again.token)
    assert read_ms(member, book) == 15 * MINUTE


def test_a_player_that_tells_no_page_stays_on_the_one_it_opened(
    open_book: Open, book: BookPage, member: Member
) -> None:
    ReadingPlace.objects.create(member=member, book=book, place=3, updated_at="2026-03-05T00:00Z")
    reader = open_book(book)
    for _beat in range(180):
        reader.wait(10_000)
        reader.position = reader.beat(None, reader.position, reader.position + 10_000).position
    assert PlaySession.objects.get().place == 3
    assert read_ms(member, book) <= 15 * MINUTE


def test_turning_to_and_fro_earns_each_page_once(open_book: Open, book: BookPage, member: Member) -> None:
    reader = open_book(book)
    for turn in range(90):
        reader.stay(turn % 2 + 1, MINUTE)
    assert read_ms(member, book) == 30 * MINUTE


def test_pages_that_are_not_in_the_book_earn_nothing(open_book: Open, book: BookPage, member: Member) -> None:
    reader = open_book(book)
    for place in range(21, 60):
        assert reader.stay(place, MINUTE).grown == 0
    assert read_ms(member, book) == 0
    for nonsense in (0, -1, 100_001, 1.5, "2", True):
        with pytest.raises(PlayError, match="bad-beat"):
            reader.beat(nonsense, 0, 10_000)  # type: ignore[arg-type]


def test_a_page_is_not_spent_twice_by_what_comes_late(open_book: Open, book: BookPage, member: Member) -> None:
    """One session is over and hands in "offline" what another one reads on the same page."""
    first = open_book(book)
    first.stay(1, 4 * MINUTE)
    first.wait(20 * MINUTE)
    second = open_book(book)
    second.stay(1, 4 * MINUTE)
    unasked()
    late = first.beat(1, 60 * MINUTE, 79 * MINUTE, offline=True)
    assert late.grown + late.held == 7 * MINUTE  # of fifteen, eight were read
    second.position = 40 * MINUTE
    assert second.stay(1, 10 * MINUTE).page == 0
    assert read_ms(member, book) == 15 * MINUTE
    assert second.stay(2, MINUTE).grown == 10_000


def test_late_beats_after_all_is_over_are_capped_too(open_book: Open, book: BookPage, member: Member) -> None:
    reader = open_book(book)
    reader.stay(1, 10 * MINUTE)
    services.end_play(session=reader.session)
    reader.wait(25 * MINUTE)
    unasked()
    for _again in range(3):
        reader.beat(1, 30 * MINUTE, 50 * MINUTE, offline=True)
    assert read_ms(member, book) == 15 * MINUTE


# -- honest readers -------------------------------------------------------------------------------


def test_who_reads_every_page_at_half_the_speed_loses_nothing(open_book: Open, book: BookPage, member: Member) -> None:
    reader = open_book(book)
    for place in range(1, 11):
        assert reader.stay(place, 10 * MINUTE).grown == 10_000
    services.finish(reader.token)
    assert read_ms(member, book) == 100 * MINUTE
    assert not WatchFlag.objects.exists()


def test_a_page_read_again_counts_as_long_as_it_has_something_left(
    open_book: Open, book: BookPage, member: Member
) -> None:
    """Read through in fifty minutes and once more from the beginning: all of it counts, up to the book's own minutes."""
    for _time in range(2):
        reader = open_book(book)
        for place in range(1, 21):
            reader.stay(place, 150_000)
        services.finish(reader.token)
    assert read_ms(member, book) == 100 * MINUTE
    assert not audit.run().violations


def test_a_long_look_at_one_page_takes_nothing_from_the_next(open_book: Open, book: BookPage, member: Member) -> None:
    """What the page did not earn raises no flag either."""
    reader = open_book(book)
    assert reader.stay(1, 40 * MINUTE).page == 0
    turned = reader.stay(2, 5 * MINUTE)
    assert (turned.grown, turned.page) == (10_000, 10 * MINUTE)
    services.finish(reader.token)
    assert read_ms(member, book) == 20 * MINUTE
    assert not WatchFlag.objects.exists()


def test_pages_turned_without_a_line_are_told_with_their_beats(open_book: Open, book: BookPage, member: Member) -> None:
    reader = open_book(book)
    reader.wait(25 * MINUTE)
    for place in range(1, 6):
        start = (place - 1) * 5 * MINUTE
        assert reader.beat(place, start, start + 5 * MINUTE, offline=True).grown == 5 * MINUTE
        services.confirm_presence(reader.token, offline=True)
    assert read_ms(member, book) == 25 * MINUTE


def test_each_reader_and_each_edition_has_its_own(open_book: Open, book: BookPage, play: Play, member: Member) -> None:
    reader = open_book(book)
    reader.stay(1, 20 * MINUTE)
    services.finish(reader.token)
    assert ReadPage.objects.get(place=1).left_ms == 0
    other = play(make_member(member.unit, "别人"), as_lesson(book))
    assert other.session.page_left_ms == 15 * MINUTE
    BookPage.objects.filter(pk=book.pk).update(edition=2)
    assert open_book(book).session.page_left_ms == 15 * MINUTE


def test_a_film_has_no_pages(play: Play, member: Member) -> None:
    player = play(member, make_course(30)[0])
    assert (player.session.place, player.session.page_left_ms) == (None, None)
    player.sequence += 1
    player.wait(10_000)
    answer = services.beat(player.token, {"sequence": 1, "from": 0, "to": 10_000, "place": 7})
    assert (answer.grown, answer.page) == (10_000, None)
    assert not ReadPage.objects.exists()


def test_the_database_keeps_one_row_a_page(book: BookPage, member: Member) -> None:
    ReadPage.objects.create(member=member, book=book, place=1, left_ms=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReadPage.objects.create(member=member, book=book, place=1, left_ms=2)


def test_an_open_page_costs_a_beat_no_query(
    open_book: Open, book: BookPage, django_assert_num_queries: Callable[[int], object]
) -> None:
    reader = open_book(book)
    reader.stay(1, 20_000)
    reader.wait(10_000)
    claim = engine.Beat(9, reader.position, reader.position + 10_000, place=1)
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        engine.beat(engine.Token.read(reader.token), claim)


def test_the_pages_of_a_pdf_are_counted_once(book: BookPage, monkeypatch: pytest.MonkeyPatch) -> None:
    assert book_pages.worth(book, 1) == 15 * MINUTE
    monkeypatch.setattr(book_pages.book_lengths, "pdf_pages", lambda file: pytest.fail("counted again"))
    assert book_pages.worth(BookPage.objects.get(pk=book.pk), 20) == 15 * MINUTE


def test_a_file_that_is_gone_is_read_all_the_same(book: BookPage) -> None:
    book.file.storage.delete(book.file.name)
    assert book_pages.worth(book, 1) == 5 * MINUTE
