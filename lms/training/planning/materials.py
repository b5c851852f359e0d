"""Files that go with a training: known by their content, kept by who runs it, read by who is enrolled."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import transaction
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404

from lms.core import clock
from lms.members import audit
from lms.members.models import User
from lms.training import files
from lms.training.errors import TrainingError
from lms.training.models import Enrolment, Material, Training

MOST = 20
OFFICE = {
    "word/document.xml": (".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "ppt/presentation.xml": (".pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    "xl/workbook.xml": (".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
"""By the part that makes an office file what it is: ending and content type (ECMA-376)."""
SHOWN_AS = {".jpg": "image/jpeg", ".pdf": "application/pdf", **dict(OFFICE.values())}


@dataclass(frozen=True, slots=True)
class Looked:
    """A file whose content was looked at. ``digest`` is of the bytes as they were sent."""

    suffix: str
    data: bytes
    digest: str


def looked_at(data: bytes) -> Looked:
    """What the bytes are, by content: a document without macros, a PDF, or a photograph, which is drawn anew.

    Raises TrainingError ``file-too-large``, ``photo-too-large``, ``material-unreadable``.
    """
    if len(data) > files.MOST_BYTES:
        raise TrainingError("file-too-large")
    if suffix := _office(data):
        return Looked(suffix, data, hashlib.sha256(data).hexdigest())
    try:
        checked = files.checked(data)
    except TrainingError as error:
        raise TrainingError("material-unreadable" if error.code == "photo-unreadable" else error.code) from error
    return Looked(checked.suffix, checked.data, checked.digest)


def _office(data: bytes) -> str:
    """The ending of an office document without macros; "" for anything else. Only names are read, nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return ""
    if "[Content_Types].xml" not in names or any(PurePath(name).name == "vbaProject.bin" for name in names):
        return ""
    return next((suffix for part, (suffix, _kind) in OFFICE.items() if part in names), "")


def add(*, training: Training, data: bytes, title: str, by: User | None) -> Material:
    """Add a file; the training's row guards the number.

    Raises TrainingError ``material-unreadable``, ``file-too-large``, ``photo-too-large``, ``too-many-materials``,
    ``material-twice``.
    """
    looked = looked_at(data)
    with transaction.atomic():
        training = Training.objects.select_for_update().get(pk=training.pk)
        if training.materials.count() >= MOST:
            raise TrainingError("too-many-materials")
        if training.materials.filter(digest=looked.digest).exists():
            raise TrainingError("material-twice")
        row = Material(training=training, title=title, size=len(looked.data), digest=looked.digest)
        row.added_at, row.added_by = clock.now(), by
        row.file.save(f"{row.uuid}{looked.suffix}", ContentFile(looked.data), save=False)
        row.save()
        audit.record("material.create", by=by, on=training, unit=training.unit, material=str(row.uuid), title=title)
    return row


@transaction.atomic
def remove(*, material: Material, by: User | None) -> None:
    """Take a file away; it goes from the disk once that is certain."""
    file, training = material.file, material.training
    about = {"material": str(material.uuid), "title": material.title}
    audit.record("material.remove", by=by, on=training, unit=training.unit, **about)
    material.delete()
    transaction.on_commit(lambda: file.storage.delete(str(file.name)))


def own_or_404(user: Any, training: UUID, file: UUID) -> Material:
    """A file of a training in which the person has a seat."""
    member = getattr(user, "member", None)
    if member is None:
        raise Http404
    seats = Enrolment.objects.filter(member=member, state=Enrolment.State.ENROLLED)
    found: Material = get_object_or_404(
        Material, training__uuid=training, training__in=seats.values("training"), uuid=file
    )
    return found


def served(material: Material) -> HttpResponseBase:
    """The file as a download under its title."""
    suffix = material.suffix
    return files.served(material.file, SHOWN_AS[suffix], inline=False, name=f"{material.title}{suffix}")
