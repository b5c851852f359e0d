"""Writes of readers: where one stopped in a book, and notes. Reading time is the play session's (``services``)."""

from __future__ import annotations

from django.db import transaction

from courses.models import BookNote, BookPage, ReadingPlace
from lms.core import clock
from lms.members import audit
from lms.members.models import Member, User

MOST_NOTES = 200
"""Of one reader in one book."""


class ReadingError(ValueError):
    """A note that is not kept: ``empty``, ``too-many``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@transaction.atomic
def keep_place(*, member: Member, book: BookPage, place: int) -> None:
    """Remember the page or chapter (from 1) at which a reader stopped. No audit row: it is a bookmark."""
    now = clock.now()
    ReadingPlace.objects.update_or_create(member=member, book=book, defaults={"place": place, "updated_at": now})


@transaction.atomic
def write_note(*, member: Member, book: BookPage, text: str, place: int, by: User) -> BookNote:
    """Keep a reader's note. Raises ReadingError."""
    if not text.strip():
        raise ReadingError("empty")
    if BookNote.objects.filter(member=member, book=book).count() >= MOST_NOTES:
        raise ReadingError("too-many")
    note = BookNote.objects.create(
        member=member, book=book, text=text.strip()[:1000], place=place, written_at=clock.now()
    )
    audit.record("note.write", by=by, on=note, unit=member.unit)
    return note


@transaction.atomic
def remove_note(*, note: BookNote, by: User) -> None:
    """Delete a reader's own note; it is no evidence."""
    audit.record("note.remove", by=by, on=note, unit=note.member.unit)
    note.delete()
