"""Photographs that people send, without Django: read by content, cleaned of what a camera adds, compared by what they show."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from itertools import combinations

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

MOST_PIXELS = 40_000_000
LONGEST_SIDE = 2000
QUALITY = 85
# Two pictures of at most so many differing bits (of 64) are shown side by side. By trial: copies cut by 2 % differ in
# 1–13, other copies in 0–9, different pictures in 17 or more.
THRESHOLD = 11
BANDS = 4
BAND_BITS = 16
# Eleven differing bits over four bands: at least one band has no more than two of them.
RADIUS = THRESHOLD // BANDS
# Of 64 comparisons between neighbours a picture with something on it has about half one way, a plain one next to none.
PLAIN = 8
FORMATS = ("JPEG", "PNG", "WEBP")


class PhotoError(ValueError):
    """The bytes are not a photograph that can be taken; ``code`` says why: ``photo-unreadable``, ``photo-too-large``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read(data: bytes) -> Image.Image:
    """The photograph in some bytes, upright, in colour, at most 2000 px long. Raises PhotoError.

    The size in pixels is looked at before anything is decoded; the type is what the bytes say, whatever the name.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise PhotoError("photo-too-large")
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            return _on_white(upright)
    except Image.DecompressionBombError as error:
        raise PhotoError("photo-too-large") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        if isinstance(error, PhotoError):
            raise
        raise PhotoError("photo-unreadable") from error


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    paper = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(paper, layer).convert("RGB")


def encode(image: Image.Image) -> bytes:
    """The pixels alone as JPEG: no EXIF, no place, no maker's notes, no preview."""
    clean = Image.new("RGB", image.size)
    clean.paste(image)
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()


def taken_at(data: bytes) -> dt.datetime | None:
    """When the camera says that it took a photograph, by its own clock and without a zone; None when it does not say."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            details = image.getexif()
            said = details.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal) or details.get(
                ExifTags.Base.DateTime
            )
            return dt.datetime.strptime(str(said), "%Y:%m:%d %H:%M:%S") if said else None
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        return None


def dhash(image: Image.Image) -> int:
    """64 bits of what a picture shows: whether each of 8 × 8 fields is darker than the one to its right.

    Nearly the same after resizing, recompressing and a change of brightness: the order of neighbours stays.
    """
    grey = image.convert("L").resize((9, 8), Image.Resampling.BOX)
    cells = grey.tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            at = row * 9 + column
            bits = bits << 1 | (cells[at] < cells[at + 1])
    return bits


def distance(one: int, other: int) -> int:
    """In how many of 64 bits two fingerprints differ."""
    return (one ^ other).bit_count()


def is_plain(fingerprint: int) -> bool:
    """Whether a fingerprint tells too little to compare by: a white wall, a page of paper, an even sky all look alike."""
    return not PLAIN <= fingerprint.bit_count() <= 64 - PLAIN


def bands(fingerprint: int) -> tuple[int, ...]:
    """The four 16-bit parts of a fingerprint, the highest first."""
    return tuple(fingerprint >> shift & 0xFFFF for shift in (48, 32, 16, 0))


def near(band: int, radius: int = RADIUS) -> Iterator[int]:
    """All values of a band that differ in at most ``radius`` bits: 137 of 65,536 for two."""
    for count in range(radius + 1):
        for places in combinations(range(BAND_BITS), count):
            yield band ^ sum(1 << place for place in places)


def signed(fingerprint: int) -> int:
    """As a signed 64-bit number, which is what databases store."""
    return fingerprint - (1 << 64) if fingerprint >> 63 else fingerprint


def unsigned(stored: int) -> int:
    """Back from the database."""
    return stored & 0xFFFF_FFFF_FFFF_FFFF
