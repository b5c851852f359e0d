"""Writes of the paper loop: a sheet is printed, its photograph read, what the trainer confirms is marked."""

from __future__ import annotations

import datetime as dt
import io

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.crypto import salted_hmac

from lms.core import clock, photos
from lms.members import audit
from lms.members.models import Member, User
from lms.training import files, services
from lms.training import selectors as room
from lms.training.errors import TrainingError
from lms.training.models import Attendance, SheetPage, SheetPhoto, SignInSheet, Training
from lms.training.paper import layout, reader, selectors
from lms.training.paper.layout import Identity

SALT = "lms.training.paper"
Box = tuple[int, str]


def identity_of(page: SheetPage) -> Identity:
    """What the strip of a page says: its number and 16 bits that only this site can make."""
    digest = salted_hmac(SALT, str(page.pk), algorithm="sha256").digest()
    return Identity(page.pk, int.from_bytes(digest[: layout.TAG_BITS // 8]))


@transaction.atomic
def print_sheet(*, training: Training, day: dt.date, by: User | None) -> SignInSheet:
    """The sheet of one day for who is enrolled now; the one already printed while the roster is the same.

    Raises TrainingError ``no-session``, ``paper-nobody``, ``paper-closed``.
    """
    if training.state != Training.State.OPEN:
        raise TrainingError("paper-closed")
    if day not in selectors.days_of(training):
        raise TrainingError("no-session")
    members = list(room.enrolled_members(training).values_list("pk", flat=True))
    if not members:
        raise TrainingError("paper-nobody")
    last = SignInSheet.objects.filter(training=training, day=day).first()
    if last is not None and [pk for page in last.pages.all() for pk in page.members] == members:
        return last
    sheet = SignInSheet.objects.create(training=training, day=day, printed_by=by, printed_at=clock.now())
    SheetPage.objects.bulk_create(
        SheetPage(sheet=sheet, number=number, members=members[first : first + layout.ROWS])
        for number, first in enumerate(range(0, len(members), layout.ROWS), start=1)
    )
    audit.record("sheet.print", by=by, on=training, unit=training.unit, day=str(day), people=len(members))
    return sheet


def add_photo(*, training: Training, data: bytes, by: User | None) -> SheetPhoto:
    """Read a photograph of a page of this training and keep it with what it proposes; nothing is marked yet.

    The picture is worked on before the transaction begins. Raises TrainingError ``paper-…``, ``file-too-large``,
    ``photo-unreadable``; nothing is stored then.
    """
    checked = files.checked(data)
    if checked.kind != files.PHOTO:
        raise TrainingError("photo-unreadable")
    image = photos.read(data)
    try:
        found = reader.find(image)
        page = _page(training, found.identity)
        readings = reader.measure(found.image, len(page.members))
    except reader.ReadError as error:
        raise TrainingError(f"paper-{error.code}") from error
    boxes = [[box.row, box.half, box.verdict, round(box.ink, 2), box.why] for box in readings]
    with transaction.atomic():
        if page.photos.select_for_update().filter(digest=checked.digest).exists():
            raise TrainingError("paper-twice")
        photo = SheetPhoto(page=page, digest=checked.digest, boxes=boxes, added_by=by, added_at=clock.now())
        photo.file.save(f"{photo.uuid}.jpg", ContentFile(checked.data), save=False)
        photo.straight.save(f"{photo.uuid}-page.jpg", ContentFile(photos.encode(found.image)), save=False)
        photo.save()
        audit.record("sheet.photo", by=by, on=training, unit=training.unit, page=page.pk, photo=str(photo.uuid))
    return photo


def _page(training: Training, identity: Identity) -> SheetPage:
    """The page that a strip names, if this site printed it and for this training."""
    page = SheetPage.objects.select_related("sheet__training__unit").filter(pk=identity.number).first()
    if page is None or identity_of(page) != identity:
        raise TrainingError("paper-forged")
    if page.sheet.training_id != training.pk:
        raise TrainingError("paper-other")
    return page


def crop(photo: SheetPhoto, row: int, half: str) -> bytes:
    """One box of the straightened page with a little around it, as JPEG."""
    place = layout.box(row, half)
    with photo.straight.open() as stored:
        image = photos.read(stored.read())
    around = 1.5
    edges = (
        place.left - around,
        place.top - around,
        place.left + place.width + around,
        place.top + place.height + around,
    )
    left, top, right, bottom = (round(edge * reader.SCALE) for edge in edges)
    out = io.BytesIO()
    image.crop((left, top, right, bottom)).save(out, "JPEG", quality=80)
    return out.getvalue()


@transaction.atomic
def confirm(*, photo: SheetPhoto, signed: set[Box], by: User) -> int:
    """Mark as present whose boxes the trainer confirmed; returns how many marks changed.

    A session over both halves of the day needs both boxes: who signed once is left to the roster, where the time is noted.
    Nobody is marked absent: that is done at closing. Left out: who is no longer enrolled, and the trainer's own row. After
    the closing too: a sheet that is photographed late corrects the hours by reversal, as any late evidence does.
    Raises TrainingError ``paper-cancelled``, ``paper-confirmed`` and those of ``services.mark``.
    """
    training = Training.objects.select_for_update(of=("self",)).get(pk=photo.page.sheet.training_id)
    photo = SheetPhoto.objects.select_for_update(of=("self",)).select_related("page__sheet").get(pk=photo.pk)
    if training.state == Training.State.CANCELLED:
        raise TrainingError("paper-cancelled")
    if photo.confirmed_at is not None:
        raise TrainingError("paper-confirmed")
    own = Member.objects.filter(user=by).values("pk")
    markable = set(room.enrolled_members(training).exclude(pk__in=own).values_list("pk", flat=True))
    rows = {row: pk for row, pk in enumerate(photo.page.members) if pk in markable}
    changed = 0
    for session, halves in selectors.sessions_on(training, photo.page.sheet.day):
        there = [pk for row, pk in rows.items() if all((row, half) in signed for half in halves)]
        marks = dict.fromkeys(there, str(Attendance.Status.PRESENT))
        changed += services.mark(session=session, marks=marks, by=by, means=Attendance.Means.PAPER)
    photo.confirmed_by, photo.confirmed_at = by, clock.now()
    photo.save(update_fields=["confirmed_by", "confirmed_at"])
    audit.record(
        "sheet.confirm",
        by=by,
        on=training,
        unit=training.unit,
        photo=str(photo.uuid),
        signed=len(signed),
        marks=changed,
    )
    return changed
