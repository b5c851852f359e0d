"""Photographs of a base, shown to everybody: added and taken away by those who plan for its unit."""

from __future__ import annotations

from functools import partial

from django.core.files.base import ContentFile
from django.db import transaction
from PIL import Image

from lms.core import clock
from lms.core import photos as pictures
from lms.members import audit
from lms.members.models import User
from lms.training import files
from lms.training.errors import TrainingError
from lms.training.models import Base, BasePhoto

WIDEST = 640
"""As wide as a telephone shows it sharply; the whole one opens from there."""
MOST = 12
"""So many a visitor looks through, and a page on a slow line can carry."""


def add(*, base: Base, data: bytes, caption: str, by: User | None) -> BasePhoto:
    """Add a photograph; what the camera said of place and time is left behind. The base's row guards the number.

    Raises TrainingError ``photo-unreadable`` (a PDF too), ``photo-too-large``, ``file-too-large``,
    ``too-many-base-photos``, ``photo-twice``.
    """
    checked = files.checked(data)
    if checked.kind != files.PHOTO:
        raise TrainingError("photo-unreadable")
    with transaction.atomic():
        base = Base.objects.select_for_update().get(pk=base.pk)
        if base.photos.count() >= MOST:
            raise TrainingError("too-many-base-photos")
        if base.photos.filter(digest=checked.digest).exists():
            raise TrainingError("photo-twice")
        row = BasePhoto(base=base, caption=caption, digest=checked.digest, added_at=clock.now(), added_by=by)
        row.file.save(f"{row.uuid}{checked.suffix}", ContentFile(checked.data), save=False)
        small = _small(checked.data)
        row.width, row.height = small.size
        row.small.save(f"{row.uuid}-small{checked.suffix}", ContentFile(pictures.encode(small)), save=False)
        row.save()
        audit.record("base.photo", by=by, on=base, unit=base.unit, photo=str(row.uuid), caption=caption)
    return row


def _small(data: bytes) -> Image.Image:
    """As pages show it; one that is smaller already stays as large as it is."""
    image = pictures.read(data)
    image.thumbnail((WIDEST, WIDEST))
    return image


@transaction.atomic
def remove(*, photo: BasePhoto, by: User | None) -> None:
    """Take a photograph away; its file goes once that is certain."""
    base = photo.base
    kept = [(one.storage, str(one.name)) for one in (photo.file, photo.small) if one]
    audit.record("base.photo.remove", by=by, on=base, unit=base.unit, photo=str(photo.uuid), caption=photo.caption)
    photo.delete()
    for storage, name in kept:
        transaction.on_commit(partial(storage.delete, name))
