"""Evidence that people send (a photograph or a PDF): looked at by content, kept clean, served so that no browser runs it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from django.http import FileResponse, Http404, HttpResponseBase

from lms.core import photos
from lms.training.errors import TrainingError

MOST_BYTES = 20 * 1024 * 1024
PHOTO, PDF = "photo", "pdf"
SHOWN_AS = {PHOTO: "image/jpeg", PDF: "application/pdf"}


@dataclass(frozen=True, slots=True)
class Checked:
    """Evidence whose content was looked at, ready to be stored. ``digest`` is of the bytes as they were sent."""

    kind: str
    suffix: str
    data: bytes
    digest: str
    fingerprint: int | None


def checked(data: bytes) -> Checked:
    """What the bytes are, by content. A photograph is drawn anew, which leaves EXIF and the place where it was taken behind.

    Raises TrainingError: ``file-too-large``, ``photo-too-large``, ``photo-unreadable``.
    """
    if len(data) > MOST_BYTES:
        raise TrainingError("file-too-large")
    digest = hashlib.sha256(data).hexdigest()
    if data.startswith(b"%PDF-") and b"%%EOF" in data[-2048:]:
        return Checked(PDF, ".pdf", data, digest, None)
    try:
        image = photos.read(data)
    except photos.PhotoError as error:
        raise TrainingError(error.code) from error
    return Checked(PHOTO, ".jpg", photos.encode(image), digest, photos.dhash(image))


def served(file: Any, shown_as: str, *, inline: bool, name: str = "") -> HttpResponseBase:
    """The bytes of a stored file, in a way that no browser runs them as part of the site (reliability: user files).

    ``name``: what a download is called; without it as it is stored.
    """
    try:
        opened = file.open()
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(opened, content_type=shown_as, as_attachment=not inline, filename=name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, max-age=300"
    return response
