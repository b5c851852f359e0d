"""Large files in pieces: a line that is cut, a page that is loaded anew, a week later, and it goes on where it stopped.

The server appends at the offset that it has and nowhere else, so that no piece is missing and none counts twice. What it has
said to have is on the disk.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import F, Sum
from wagtail.models import Collection

from courses import media, transcoding
from courses.media import Facts, MediaError
from courses.media_models import MediaFile, Upload
from lms.core import clock
from lms.members import audit
from lms.members.models import User

PIECE_BYTES = 4 * 1024 * 1024
FORGOTTEN = dt.timedelta(days=7)
# A film is there three times for a while: in pieces, in the library, as what is made of it.
ROOM = 2.5
UNFINISHED = 5


class UploadError(ValueError):
    """What cannot be taken: ``too-large``, ``empty``, ``no-room``, ``too-many``, ``not-media``, ``wrong-offset``, ``unfinished``,
    ``taken``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def begin(*, name: str, size: int, fingerprint: str, by: User) -> Upload:
    """Start an upload, or find the one that this person has begun with the same file. Raises UploadError."""
    if size <= 0:
        raise UploadError("empty")
    if size > settings.MEDIA_LIMITS["file_mb"] * 1024 * 1024:
        raise UploadError("too-large")
    open_ones = Upload.objects.filter(user=by, media__isnull=True)
    known = open_ones.filter(name=name, size=size, fingerprint=fingerprint).first()
    if known:
        return known
    if open_ones.count() >= UNFINISHED:
        raise UploadError("too-many")
    _refuse_without_room(size)
    return Upload.objects.create(user=by, name=name, size=size, fingerprint=fingerprint, touched_at=clock.now())


def _refuse_without_room(size: int) -> None:
    coming = Upload.objects.filter(media__isnull=True).aggregate(left=Sum(F("size") - F("offset")))["left"] or 0
    free = shutil.disk_usage(settings.DATA_DIR).free - settings.MEDIA_LIMITS["reserve_mb"] * 1024 * 1024
    if free < (coming + size) * ROOM:
        raise UploadError("no-room")


def part(upload: Upload) -> Path:
    """Where the pieces lie: below the data, where no address leads."""
    folder = Path(settings.DATA_DIR, "uploads")
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{upload.uuid}.part"


@contextlib.contextmanager
def _alone(upload: Upload) -> Iterator[BinaryIO]:
    """The file of pieces, for one writer at a time. Raises UploadError("wrong-offset") when another one writes."""
    with open(os.open(part(upload), os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UploadError("wrong-offset") from error
        yield file


def append(*, upload: Upload, offset: int, piece: bytes) -> int:
    """Add a piece at ``offset``; returns the new offset.

    Raises UploadError("wrong-offset") when the server has more or less, and "not-media" when the file begins as no film.
    """
    with _alone(upload) as file:
        upload.refresh_from_db()
        _forget_what_is_not_there(upload, file)
        if offset != upload.offset or offset + len(piece) > upload.size:
            raise UploadError("wrong-offset")
        if offset == 0 and media.kind_of(piece[: media.HEAD_BYTES]) is None:
            raise UploadError("not-media")
        file.seek(offset)
        file.write(piece)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
        upload.offset = offset + len(piece)
        upload.touched_at = clock.now()
        upload.save(update_fields=["offset", "touched_at"])
    return upload.offset


def _forget_what_is_not_there(upload: Upload, file: BinaryIO) -> None:
    """A restored backup may know of more than the disk has: go on from what is there."""
    there = file.seek(0, os.SEEK_END)
    if there < upload.offset:
        upload.offset = there
        upload.save(update_fields=["offset"])


def finish(*, upload: Upload, title: str, by: User) -> MediaFile:
    """Look at the whole file and take it into the library, where it waits for the worker. Doing it again changes nothing.

    Raises UploadError("unfinished") while pieces are missing, MediaError when it is no film; then the pieces are thrown away.
    """
    with _alone(upload):
        upload.refresh_from_db()
        if upload.media is not None:
            return upload.media
        facts = _look_at(upload)
        row = MediaFile(title=title[:255], uploaded_by_user=by, collection=Collection.get_first_root_node())
        _take_over(upload, row, facts)
        _record(upload, row, by)
        part(upload).unlink(missing_ok=True)
        return row


def look_at(upload: Upload) -> Facts:
    """What a whole file says of itself, for a form that will take it with ``put_into``.

    Raises UploadError: "unfinished", or "taken" when the library has it already; MediaError when it is no film.
    """
    with _alone(upload):
        upload.refresh_from_db()
        if upload.media is not None:
            raise UploadError("taken")
        return _look_at(upload)


def put_into(*, upload: Upload, row: MediaFile, facts: Facts, by: User) -> MediaFile:
    """Make a file that was looked at the file of a row, new or not; what the row had before is thrown away."""
    with _alone(upload):
        before = row.file.name if row.pk else ""
        _take_over(upload, row, facts)
        _record(upload, row, by)
        part(upload).unlink(missing_ok=True)
    if before:
        transaction.on_commit(lambda: row.file.storage.delete(before))
    return row


def _look_at(upload: Upload) -> Facts:
    path = part(upload)
    if upload.offset != upload.size or not path.exists() or path.stat().st_size != upload.size:
        raise UploadError("unfinished")
    try:
        return media.inspect(str(path))
    except MediaError:
        _throw_away(upload)
        raise


def _take_over(upload: Upload, row: MediaFile, facts: Facts) -> None:
    """Move the file to its place in the storage and say of the row, which is not saved, what it is."""
    with part(upload).open("rb") as file:
        row.file.save(file_name(upload), _OnDisk(file), save=False)
    media.describe(row, facts)
    transcoding.begin_anew(row)


class _OnDisk(File):
    """A file that a storage on the same disk takes by its path, without copying two gigabytes."""

    def temporary_file_path(self) -> str:
        return str(self.name)


@transaction.atomic
def _record(upload: Upload, row: MediaFile, by: User) -> None:
    row.save()
    upload.media = row
    upload.save(update_fields=["media"])
    audit.record("media.upload", by=by, on=row, title=row.title, size=upload.size, duration_ms=row.duration_ms)


def file_name(upload: Upload) -> str:
    """The sender's name for a whole file with the ending that its content has."""
    with part(upload).open("rb") as file:
        kind = media.kind_of(file.read(media.HEAD_BYTES))
    return f"{Path(upload.name).stem[:80] or 'media'}.{kind}"


def cancel(*, upload: Upload) -> None:
    """Give an upload up; its pieces are thrown away."""
    with _alone(upload):
        _throw_away(upload)


def _throw_away(upload: Upload) -> None:
    part(upload).unlink(missing_ok=True)
    upload.delete()


def forget_old() -> int:
    """Throw away uploads that nobody has gone on with for a week, and the pieces that no row knows; returns how many."""
    old = Upload.objects.filter(touched_at__lt=clock.now() - FORGOTTEN)
    gone = 0
    for upload in old:
        with contextlib.suppress(UploadError):
            cancel(upload=upload)
            gone += 1
    known = {str(one) for one in Upload.objects.values_list("uuid", flat=True)}
    for path in Path(settings.DATA_DIR, "uploads").glob("*.part"):
        if path.stem not in known:
            path.unlink(missing_ok=True)
    return gone
