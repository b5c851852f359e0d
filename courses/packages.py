"""Writes of packages, SCORM and EPUB: taking one in, unpacking it in the worker, opening a part, keeping what a part saves.

What a part says of itself is kept as a claim. It moves neither the clock of the play session nor the hours (reliability 12).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any, BinaryIO
from urllib.parse import urlsplit
from uuid import UUID
from zipfile import ZipFile

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, Q, QuerySet

from courses import archives, epub, manifest
from courses import package_addresses as addresses
from courses.archives import ArchiveError, Entry
from courses.filetypes import HEAD, content_type
from courses.manifest import Manifest, ManifestError
from courses.models import LessonPage, PackageFile, PlaySession, ScoAttempt, ScormPackage
from lms.core import clock
from lms.core.queue import enqueue
from lms.members import audit
from lms.members.models import Member, User

MOST_ATTEMPTS = 4
FORGOTTEN = dt.timedelta(minutes=10)
MOST_SAVED = 256 * 1024
"""Bytes of what one part may save: a 2004 4th edition's 64,000 characters in Chinese, and its interactions."""
LATE_MS = 30_000
"""What a part saves as it is closed may arrive so long after the lesson's play session has ended."""


class ClaimError(ValueError):
    """What a part sent and nobody keeps: ``too-big``, ``bad``, ``superseded``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


# -- taking one in -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Contents:
    """A package that was found good: what its manifest says, and its files by their path from the manifest."""

    manifest: Manifest
    files: dict[str, Entry]


def examine(file: BinaryIO) -> Contents:
    """Read an archive's directory and manifest, nothing else. Raises ArchiveError, ManifestError."""
    with _opened(file) as (_archive, contents):
        return contents


@contextmanager
def _opened(file: BinaryIO) -> Iterator[tuple[ZipFile, Contents]]:
    """The package in a file with the archive in which it lies: some are downloaded with a second one around."""
    with archives.opened(file) as archive:
        entries = archives.entries(archive, file.seek(0, 2))
        wrapped = _wrapped(entries)
        if wrapped is None:
            yield archive, _contents(archive, entries)
            return
        with archives.inside(archive, wrapped) as packed, archives.opened(packed) as inner:
            yield inner, _contents(inner, archives.entries(inner, packed.seek(0, 2)))


def _wrapped(entries: list[Entry]) -> Entry | None:
    """The one archive in an archive without a description of its own. Several are several packages."""
    if any(one.path == epub.CONTAINER or _is_manifest(one) for one in entries):
        return None
    packed = [one for one in entries if one.path.lower().endswith((".zip", ".epub"))]
    if len(packed) > 1:
        raise ManifestError("several")
    return packed[0] if packed else None


def _contents(archive: ZipFile, entries: list[Entry]) -> Contents:
    files = {one.path: one for one in entries}
    if epub.CONTAINER in files:
        book = epub.parse(lambda path: _small(archive, files[path]))
        return Contents(_with_files(book, files), files)
    folder, entry = _manifest_of(entries)
    found = manifest.parse(_small(archive, entry))
    inside = {one.path[len(folder) :]: one for one in entries if one.path.startswith(folder)}
    try:
        return Contents(_with_files(found, inside), inside)
    except ManifestError:
        if not folder:
            raise
        return Contents(_with_files(found, files), files)  # the manifest in a folder of its own, addressed from the top


def _small(archive: ZipFile, entry: Entry) -> bytes:
    """A file that a description may be; a larger one is none."""
    if entry.info.file_size > manifest.MOST_BYTES:
        raise ManifestError("bad-manifest")
    return archive.read(entry.info)


def _is_manifest(entry: Entry) -> bool:
    return entry.path.lower().rpartition("/")[2] == manifest.NAME


def _manifest_of(entries: list[Entry]) -> tuple[str, Entry]:
    """The manifest nearest to the top, and the folder in which it lies: many packages were zipped with the folder around."""
    rows = [one for one in entries if _is_manifest(one)]
    if not rows:
        raise ManifestError("no-manifest")
    rows.sort(key=lambda one: one.path.count("/"))
    if len(rows) > 1 and rows[0].path.count("/") == rows[1].path.count("/"):
        raise ManifestError("several")
    return rows[0].path[: -len(manifest.NAME)], rows[0]


def _with_files(found: Manifest, files: dict[str, Entry]) -> Manifest:
    """The contents with the parts whose first page is in the archive; the others stay as headings."""
    keys = {PackageFile.key_of(path) for path in files}
    items = []
    for item in found.items:
        href = launch_address(item.href, keys) if item.href else ""
        items.append(replace(item, href=href) if href else manifest.heading(item))
    if not any(item.href for item in items):
        raise ManifestError("launch-missing")
    return Manifest(found.title, found.version, items)


def launch_address(href: str, keys: Container[str]) -> str:
    """The address of a part's first page as the player can open it, with its parameters; empty if no file is meant by it."""
    parts = urlsplit(href)
    if parts.scheme or parts.netloc:
        return ""
    rest = href[len(href) - len(href.lstrip()) + len(parts.path) :]
    for path, parameters in ((parts.path, rest), (href, "")):  # or a file whose name has ? or # in it
        for key in addresses.of(path):
            if PackageFile.key_of(key) in keys:
                return addresses.written(key) + parameters
    return ""


@transaction.atomic
def take_in(*, package: ScormPackage, by: User | None) -> ScormPackage:
    """Keep an unsaved package whose archive was found good, and have the worker unpack it."""
    package.created_by, package.created_at = by, clock.now()
    package.save()
    audit.record("package.upload", by=by, on=package, title=package.title)
    enqueue("courses.tasks.unpack_package", package.pk)
    return package


# -- unpacking ---------------------------------------------------------------------------


def forgotten() -> QuerySet[ScormPackage]:
    """Packages that have waited longer than unpacking takes: their job was lost or cut."""
    return ScormPackage.objects.filter(state=ScormPackage.State.WAITING, created_at__lt=clock.now() - FORGOTTEN)


def unpack(*, package_id: int) -> None:
    """Write a waiting package's files to the storage and make it ready, or refused with the reason. Can be cut and repeated:
    files of an attempt that was cut are replaced, and nothing refers to them before all are there."""
    waiting = ScormPackage.objects.filter(pk=package_id, state=ScormPackage.State.WAITING)
    if not waiting.filter(attempts__lt=MOST_ATTEMPTS).update(attempts=F("attempts") + 1):
        _refuse(waiting, "broken")
        return
    package = waiting.get()
    try:
        with package.file.open("rb") as file, _opened(file.file) as (archive, contents):
            rows = list(_written(package, archive, contents))
    except (ArchiveError, ManifestError) as error:
        _refuse(waiting, error.code)
        return
    _publish(package, contents.manifest, rows)
    _sweep(package, {row.stored for row in rows})


def _refuse(waiting: Any, code: str) -> None:
    if waiting.update(state=ScormPackage.State.REFUSED, reason=code):
        audit.record("package.refuse", by=None, on="courses.scormpackage", code=code)


def _folder(package: ScormPackage) -> str:
    return f"packages/{package.prefix}"


def _written(package: ScormPackage, archive: ZipFile, contents: Contents) -> Iterator[PackageFile]:
    """Each file of the package, written under a number. Reading checks each one's sum and size (ArchiveError)."""
    keyed = {PackageFile.key_of(path): entry for path, entry in contents.files.items()}
    for number, (key, entry) in enumerate(sorted(keyed.items())):
        with archive.open(entry.info) as stream:
            head = stream.read(HEAD)
        with archive.open(entry.info) as stream:
            stored = default_storage.save(f"{_folder(package)}/{package.attempts}-{number:05d}", File(stream))
        yield PackageFile(
            package=package,
            key=key,
            stored=stored,
            content_type=content_type(key, head),
            size=entry.info.file_size,
        )


@transaction.atomic
def _publish(package: ScormPackage, found: Manifest, rows: list[PackageFile]) -> None:
    """The package with its files, all at once; a second worker that had it too is the loser and leaves nothing."""
    locked = ScormPackage.objects.select_for_update().get(pk=package.pk)
    if locked.state != ScormPackage.State.WAITING or locked.attempts != package.attempts:
        return
    PackageFile.objects.bulk_create(rows, batch_size=500)
    locked.state, locked.reason = ScormPackage.State.READY, ""
    locked.version, locked.items = found.version, [asdict(item) for item in found.items]
    locked.save()
    audit.record("package.unpack", by=None, on=locked, files=len(rows), version=found.version)


def _sweep(package: ScormPackage, kept: set[str]) -> None:
    """Delete what attempts that were cut have left in the package's folder."""
    if not PackageFile.objects.filter(package=package, stored__in=list(kept)[:1]).exists():
        return
    for name in default_storage.listdir(_folder(package))[1]:
        if f"{_folder(package)}/{name}" not in kept:
            default_storage.delete(f"{_folder(package)}/{name}")


# -- studying ----------------------------------------------------------------------------


@transaction.atomic
def open_part(*, member: Member, lesson: LessonPage, number: int) -> ScoAttempt:
    """Open a part of the lesson's package for a member: from now on only this opening's saves are kept.

    Raises LookupError for a part that is not there or a package that is not ready.
    """
    package = lesson.package
    if package is None or not package.ready:
        raise LookupError(number)
    package.item(number)
    attempt, _made = ScoAttempt.objects.select_for_update().get_or_create(
        member=member, package=package, item=number, defaults={"updated_at": clock.now()}
    )
    attempt.launch += 1
    attempt.number = 0
    attempt.save(update_fields=["launch", "number"])
    return attempt


@transaction.atomic
def keep(*, attempt_uuid: UUID, body: bytes) -> None:
    """Keep what a part saved: JSON of ``launch``, ``number``, ``cmi`` and ``ended`` as ScoAttempt has them. Raises ClaimError, DoesNotExist.

    Kept only while the member studies the lesson by the server's clock, or just has.
    """
    launch, number, cmi, ended = _read(body)
    attempt = ScoAttempt.objects.select_for_update().get(uuid=attempt_uuid)
    if launch != attempt.launch or not _studies(attempt):
        raise ClaimError("superseded")
    if number <= attempt.number:  # overtaken on the way
        return
    status, score = claimed(cmi)
    attempt.number, attempt.cmi, attempt.ended, attempt.updated_at = number, cmi, ended, clock.now()
    attempt.status = max(ScoAttempt.Status(attempt.status), status, key=ORDER.index)
    if score is not None and (attempt.score is None or score > attempt.score):
        attempt.score = score
    attempt.save()


def _read(body: bytes) -> tuple[int, int, dict[str, Any], bool]:
    if len(body) > MOST_SAVED:
        raise ClaimError("too-big")
    try:
        data = json.loads(body)
        launch, number, cmi, ended = (data[name] for name in ("launch", "number", "cmi", "ended"))
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise ClaimError("bad") from error
    whole = all(isinstance(value, int) and 0 < value < 2**31 for value in (launch, number))
    if not whole or not isinstance(cmi, dict) or "\\u0000" in json.dumps(cmi):
        raise ClaimError("bad")
    return launch, number, cmi, ended is True


def _studies(attempt: ScoAttempt) -> bool:
    """Whether the member has a play session of a lesson with this package that is open, or ended a moment ago."""
    sessions = PlaySession.objects.filter(member_id=attempt.member_id, lesson__package_id=attempt.package_id)
    now = clock.now_ms()
    open_now = Q(ended_ms__isnull=True) | Q(ended_ms__gte=now - LATE_MS) | Q(beat_ms__gte=now - LATE_MS)
    return sessions.filter(open_now).exists()


ORDER = [
    ScoAttempt.Status.BEGUN,
    ScoAttempt.Status.FAILED,
    ScoAttempt.Status.COMPLETED,
    ScoAttempt.Status.PASSED,
]
"""What a part once reported is not taken back by a weaker report."""


def claimed(cmi: dict[str, Any]) -> tuple[ScoAttempt.Status, Decimal | None]:
    """Status and score (0–100) that a part reports, from SCORM 1.2's ``cmi.core`` or 2004's ``cmi``."""
    core = _inner(cmi, "core")
    words = {
        str(core.get("lesson_status", "")),
        str(cmi.get("success_status", "")),
        str(cmi.get("completion_status", "")),
    }
    status = ScoAttempt.Status.BEGUN
    for word in ("failed", "completed", "passed"):
        if word in words:
            status = ScoAttempt.Status(word)
    score = _inner(core, "score") or _inner(cmi, "score")
    scaled = _number(score.get("scaled"))
    return status, _bounded(scaled * 100 if scaled is not None else _number(score.get("raw")))


def _inner(data: dict[str, Any], name: str) -> dict[str, Any]:
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def _number(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 10_000 else None


def _bounded(score: Decimal | None) -> Decimal | None:
    return None if score is None else min(max(score, Decimal(0)), Decimal(100)).quantize(Decimal("0.01"))
