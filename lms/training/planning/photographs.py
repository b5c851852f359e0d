"""Photographs of a base, shown to everybody: added and taken away by those who plan for its unit."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import PurePath

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

logger = logging.getLogger(__name__)
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
        _keep_small(row, _small(checked.data))
        row.save()
        audit.record("base.photo", by=by, on=base, unit=base.unit, photo=str(row.uuid), caption=caption)
    return row


def _small(data: bytes) -> Image.Image:
    """As pages show it; one that is smaller already stays as large as it is."""
    image = pictures.read(data)
    image.thumbnail((WIDEST, WIDEST))
    return image


def _keep_small(row: BasePhoto, image: Image.Image) -> None:
    row.width, row.height = image.size
    suffix = PurePath(str(row.file.name)).suffix
    row.small.save(f"{row.uuid}-small{suffix}", ContentFile(pictures.encode(image)), save=False)


def make_small(*, by: User | None) -> int:
    """Make the small copy of each photograph that has none, as those have that are older than copies; returns how many.

    Cut anywhere, the next run goes on. A file that is gone or cannot be read stays as it is, shown whole, and is named in the log.
    """
    rows = BasePhoto.objects.filter(small="").order_by("pk")
    return sum(_made_small(pk, by) for pk in list(rows.values_list("pk", flat=True)))


@transaction.atomic
def _made_small(pk: int, by: User | None) -> bool:
    rows = BasePhoto.objects.select_for_update(of=("self",)).select_related("base__unit")
    row = rows.filter(pk=pk, small="").first()
    if row is None:  # taken away meanwhile, or made by another
        return False
    try:
        with row.file.open("rb") as file:
            image = _small(file.read())
    except (OSError, pictures.PhotoError) as error:
        logger.warning("no small copy of the photograph %s: %s", row.uuid, error)
        return False
    _keep_small(row, image)
    row.save(update_fields=["small", "width", "height"])
    audit.record("base.photo.small", by=by, on=row.base, unit=row.base.unit, photo=str(row.uuid))
    return True


@transaction.atomic
def remove(*, photo: BasePhoto, by: User | None) -> None:
    """Take a photograph away; its file goes once that is certain."""
    base = photo.base
    kept = [(one.storage, str(one.name)) for one in (photo.file, photo.small) if one]
    audit.record("base.photo.remove", by=by, on=base, unit=base.unit, photo=str(photo.uuid), caption=photo.caption)
    photo.delete()
    for storage, name in kept:
        transaction.on_commit(partial(storage.delete, name))
