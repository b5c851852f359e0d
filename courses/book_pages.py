"""What each page of a book may still earn a reader: the page that is open in the session's own row, so that a beat stays one
UPDATE, the others in rows beside it. A chapter of an EPUB weighs what its file does, the pages of a PDF are alike, a text is one page.
"""

from __future__ import annotations

from django.core.cache import cache

from courses import book_lengths, rules, selectors
from courses.models import BookPage, LessonPage, PlaySession, ReadPage
from courses.package_models import PackageFile, ScormPackage
from lms.members.models import Member

COUNTED_FOR = 30 * 24 * 3600
"""Seconds for which the number of a PDF's pages is remembered; a file's name is never used for another one."""


def opening(member: Member, lesson: LessonPage) -> dict[str, int]:
    """The columns of a new session: the page at which the reader stopped and what it may still earn; none for what is no book."""
    if lesson.mode != rules.READING:
        return {}
    book = BookPage.objects.select_related("package").filter(pk=lesson.pk).first()
    if book is None:
        return {}
    place, last = selectors.place_in(book, member), len(_weights(book))
    place = min(place, last) if last else place
    return {"place": place, "page_left_ms": _left(member.pk, book, place)}


def turn(session: PlaySession, newest: PlaySession | None, place: int | None) -> None:
    """Before a beat is credited to a locked session: take up the page that it was read on. The session is not saved.

    A session that is over holds no page: what it hands in late is taken from where ``newest`` may be reading on.
    """
    if session.page_left_ms is None:
        return
    if (other := _reads_on(session, newest)) is not None:
        leave(other)
    if session.ended_ms is None:
        if place in (None, session.place):
            return
        leave(session)
    session.place = place or session.place
    session.page_left_ms = _left_of(session)


def after_late(session: PlaySession, newest: PlaySession | None) -> None:
    """After a beat to a session that is over: what it took is gone for the one that reads on."""
    if session.page_left_ms is None or session.ended_ms is None:
        return
    leave(session)
    if (other := _reads_on(session, newest)) is not None:
        other.page_left_ms = _left_of(other)
        other.save(update_fields=["page_left_ms"])


def leave(session: PlaySession) -> None:
    """Keep what the open page has left, for whoever opens it next."""
    if session.page_left_ms is None or session.place is None:
        return
    page = {"member_id": session.member_id, "book_id": session.lesson_id, "edition": session.edition}
    ReadPage.objects.update_or_create(**page, place=session.place, defaults={"left_ms": session.page_left_ms})


def _reads_on(session: PlaySession, newest: PlaySession | None) -> PlaySession | None:
    if newest is None or newest.pk == session.pk or newest.ended_ms is not None:
        return None
    same = (newest.lesson_id, newest.edition) == (session.lesson_id, session.edition)
    return newest if same and newest.page_left_ms is not None else None


def _left_of(session: PlaySession) -> int:
    book = BookPage.objects.select_related("package").get(pk=session.lesson_id)
    return _left(session.member_id, book, session.place or 1, session.edition)


def _left(member_id: int | None, book: BookPage, place: int, edition: int | None = None) -> int:
    rows = ReadPage.objects.filter(member=member_id, book=book, edition=edition or book.edition, place=place)
    left = rows.values_list("left_ms", flat=True).first()
    return worth(book, place) if left is None else left


def worth(book: BookPage, place: int) -> int:
    """Milliseconds that a page of a book, from 1, may earn; nothing beyond its last."""
    weights = _weights(book)
    if not weights:
        return rules.page_worth(book.duration_ms, 0, 0)
    return rules.page_worth(book.duration_ms, weights[place - 1], sum(weights)) if place <= len(weights) else 0


def _weights(book: BookPage) -> list[int]:
    """How much of the book each page is; empty when its pages cannot be counted."""
    if book.package is not None and book.package.ready:
        return _chapters(book.package)
    if book.file:
        return [1] * _pages(book)
    return [1]


def _chapters(package: ScormPackage) -> list[int]:
    names = [PackageFile.key_of(item["href"].split("#")[0]) for item in package.items if item.get("href")]
    sizes = dict(package.files.filter(key__in=names).values_list("key", "size"))
    # Several chapters of one file share it.
    return [max(sizes.get(name, 0) // names.count(name), 1) for name in names]


def _pages(book: BookPage) -> int:
    key = f"pdf-pages:{book.file.name}"
    pages = cache.get(key)
    if pages is None:
        try:
            pages = book_lengths.pdf_pages(book.file)
        except OSError:  # the file is gone
            pages = 0
        cache.set(key, pages, COUNTED_FOR)
    return int(pages)
