"""归档包: all of a closed training as one ZIP, made by the worker with its progress shown.

The same records give the same bytes: files in one order, dated by the closing, nothing of the machine in them. A job that
was cut is made anew; after MOST_ATTEMPTS starts without an end it is left as failed, and can be begun again.
"""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import IO, NamedTuple

from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.db.models.fields.files import FieldFile
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from lms.core import clock, tables
from lms.core.queue import enqueue
from lms.core.tables import Column
from lms.members import audit
from lms.members.models import User
from lms.training import selectors, sheets
from lms.training.closing import papers, records, rules
from lms.training.closing.selectors import overview
from lms.training.errors import TrainingError
from lms.training.models import (
    MakeUp,
    MakeUpFile,
    Package,
    SheetPhoto,
    Training,
    TrainingSession,
    VisitPhoto,
    VisitReflection,
)
from lms.training.planning.agenda import agenda

WORK = "lms.training.closing.tasks.work_package"
MOST_ATTEMPTS = 3
SPOOL = 8 * 1024 * 1024
CHUNK = 1024 * 1024
LANGUAGE = "zh-hans"
State = Package.State


class Part(NamedTuple):
    """One file of a package: its folder and name, and what makes its bytes (empty: it is left out)."""

    folder: str
    name: str
    data: Callable[[], bytes]


# -- begin -------------------------------------------------------------------------------------


@transaction.atomic
def begin(*, training: Training, by: User | None) -> Package:
    """Have the package of a closed training made. Raises TrainingError ``not-closed``, ``package-working``."""
    if training.state != Training.State.CLOSED:
        raise TrainingError("not-closed")
    try:
        with transaction.atomic():
            row = Package.objects.create(training=training, created_by=by, created_at=clock.now())
    except IntegrityError as error:
        raise TrainingError("package-working") from error
    audit.record("training.package", by=by, on=training, unit=training.unit, package=str(row.uuid))
    enqueue(WORK, row.pk)
    return row


def unfinished() -> QuerySet[Package]:
    """Packages that are not there yet."""
    return Package.objects.filter(state=State.WORKING).select_related("training")


# -- work ----------------------------------------------------------------------------------------


def work(*, package: Package) -> Package:
    """Make the file. Safe to call again after any interruption, also twice at once: one file counts."""
    if not _start(package):
        return package
    with tempfile.SpooledTemporaryFile(max_size=SPOOL) as spool, translation.override(LANGUAGE):
        _write(package, spool)
        spool.seek(0)
        digest, size = _digest(spool)
        spool.seek(0)
        _finish(package, spool, digest, size)
    package.refresh_from_db()
    return package


def _start(package: Package) -> bool:
    """Count the start before the work, so that a crash counts too."""
    Package.objects.filter(pk=package.pk, state=State.WORKING).update(attempts=F("attempts") + 1)
    Package.objects.filter(pk=package.pk, state=State.WORKING, attempts__gt=MOST_ATTEMPTS).update(state=State.FAILED)
    package.refresh_from_db()
    return package.state == State.WORKING


def _write(package: Package, out: IO[bytes]) -> None:
    training = Training.objects.select_related("unit", "base", "trainer").get(pk=package.training_id)
    found = list(parts(training))
    Package.objects.filter(pk=package.pk).update(total=len(found), done=0)
    stamp = timezone.localtime(training.closed_at or package.created_at).timetuple()[:6]
    index: list[tuple[str, int, str]] = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, part in enumerate(found, 1):
            data = part.data()
            if data:
                path = "/".join(rules.safe_name(step) for step in (training.title, part.folder, part.name) if step)
                archive.writestr(_entry(path, stamp), data)
                index.append((path, len(data), hashlib.sha256(data).hexdigest()))
            Package.objects.filter(pk=package.pk).update(done=place)
        listing = f"{rules.safe_name(training.title)}/{_('清单')}.csv"
        archive.writestr(_entry(listing, stamp), _listing(index))


def _entry(path: str, stamp: tuple[int, ...]) -> zipfile.ZipInfo:
    """The head of one file: dated by the closing, made on no particular system."""
    year, month, day, hour, minute, second = stamp
    entry = zipfile.ZipInfo(path, (year, month, day, hour, minute, second))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry


def _listing(index: list[tuple[str, int, str]]) -> bytes:
    columns = [Column("file", _("文件"), 60), Column("size", _("字节数")), Column("sha256", "SHA-256", 64)]
    return tables.table_bytes(columns, index, "csv")


def _digest(file: IO[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def _finish(package: Package, spool: IO[bytes], digest: str, size: int) -> None:
    """Store the file, then say in a short transaction that it is there; of two workers the first one's file counts."""
    year = clock.year_of(clock.today())
    name = package.file.storage.save(f"packages/{year}/{package.uuid}.zip", File(spool))
    with transaction.atomic():
        first = Package.objects.filter(pk=package.pk, state=State.WORKING).update(
            state=State.DONE, file=name, digest=digest, size=size
        )
    if not first:
        package.file.storage.delete(name)


# -- what is in it -----------------------------------------------------------------------------


def parts(training: Training) -> Iterator[Part]:
    """The files of a training in order; none is made before it is asked for."""
    seen = overview(training)
    stamp = timezone.localtime(training.closed_at) if training.closed_at else None
    yield Part("", "01-" + _("培训通知和日程") + ".pdf", partial(papers.notice, training))
    yield Part("", "02-" + _("议程") + ".pdf", partial(agenda, training, stamp))
    yield Part("", "03-" + _("学员名单") + ".pdf", partial(papers.people, training, seen))
    yield Part("", "04-" + _("请假和缺席名单") + ".pdf", partial(papers.absences, training))
    yield from _sheets(training)
    yield Part("", "04-" + _("请假记录") + ".pdf", partial(papers.leaves, training, seen))
    yield from _signed_sheets(training)
    yield Part("07-" + _("清点和扫码"), _("清点记录") + ".csv", partial(records.counts, training))
    yield Part("07-" + _("清点和扫码"), _("扫码记录") + ".csv", partial(records.scans, training))
    yield from _photos(training)
    yield from _materials(training)
    yield Part("", "10-" + _("学习心得") + ".pdf", partial(papers.reflections, training, seen))
    yield from _make_ups(training)
    yield from _thoughts(training)
    yield Part("", "13-" + _("培训小结") + ".pdf", partial(papers.summary, training, seen))


def _sheets(training: Training) -> Iterator[Part]:
    folder = "05-" + _("签到表")
    for place, session in enumerate(training.sessions.all(), 1):
        session.training = training
        name = f"{clock.local_date(session.starts_at)}-" + pgettext("file", "第%(n)s次") % {"n": place}
        yield Part(folder, f"{name}.pdf", partial(papers.sheet, session))
        yield Part(folder, f"{name}.csv", partial(_roster, session))


def _roster(session: TrainingSession) -> bytes:
    rows = sheets.roster_rows(session, selectors.roster(session))
    return tables.table_bytes(sheets.ROSTER_COLUMNS, rows, "csv")


def _make_ups(training: Training) -> Iterator[Part]:
    rows = MakeUpFile.objects.filter(make_up__session__training=training, make_up__state=MakeUp.State.APPROVED)
    for row in rows.select_related("make_up__member", "make_up__session").order_by("make_up", "pk"):
        day = clock.local_date(row.make_up.session.starts_at)
        suffix = ".jpg" if row.kind == MakeUpFile.Kind.PHOTO else ".pdf"
        name = f"{day}-{row.make_up.member.name}-{row.make_up.member.code}-{row.pk}{suffix}"
        yield Part("11-" + _("补学材料"), name, partial(_read, row.file))


def _signed_sheets(training: Training) -> Iterator[Part]:
    """The photographs of the sheets that were signed by hand."""
    photos = SheetPhoto.objects.filter(page__sheet__training=training).select_related("page__sheet")
    for photo in photos.order_by("page__sheet__day", "page__number", "pk"):
        name = f"{photo.page.sheet.day}-" + _("第%(n)s页") % {"n": photo.page.number} + f"-{photo.pk}.jpg"
        yield Part("06-" + _("手签签到表照片"), name, partial(_read, photo.file))


def _materials(training: Training) -> Iterator[Part]:
    """What was handed out: slides, leaflets, forms."""
    for row in training.materials.all():
        yield Part("09-" + _("培训资料"), f"{row.pk}-{row.title}{row.suffix}", partial(_read, row.file))


def _photos(training: Training) -> Iterator[Part]:
    """Photographs taken on the day, of a visit or any other training."""
    for photo in VisitPhoto.objects.filter(session__training=training).select_related("session").order_by("pk"):
        day = clock.local_date(photo.session.starts_at)
        yield Part("08-" + _("现场照片"), f"{day}-{photo.pk}.jpg", partial(_read, photo.file))


def _thoughts(training: Training) -> Iterator[Part]:
    """What was thought of a visit, in words or by voice."""
    told = VisitReflection.objects.filter(training=training).select_related("member").order_by("pk")
    for one in told:
        name = f"{one.member.name}-{one.member.code}" if one.member else _("集体")
        folder = "12-" + _("参观心得")
        if one.text:
            yield Part(folder, f"{name}-{one.pk}.txt", partial(str.encode, one.text))
        if one.voice:
            yield Part(folder, f"{name}-{one.pk}{PurePosixPath(str(one.voice.name)).suffix}", partial(_read, one.voice))


def _read(file: FieldFile) -> bytes:
    with file.open("rb") as stored:
        return bytes(stored.read())
