"""Pictures for the tests of claims: scenes by chance, and what happens to a photograph on its way."""

from __future__ import annotations

import io
import random
from functools import cache

from PIL import Image

from lms.core import photos


@cache
def scene(seed: int, size: tuple[int, int] = (800, 600)) -> Image.Image:
    """A picture by chance with light and texture at every scale, as in nature: as different as two photographs."""
    chance = random.Random(seed)
    image = Image.new("RGB", size, "grey")
    for scale in (4, 8, 16, 48):
        cells = (scale, scale * 3 // 4)
        noise = Image.frombytes("RGB", cells, chance.randbytes(cells[0] * cells[1] * 3))
        image = Image.blend(image, noise.resize(size, Image.Resampling.BICUBIC), 0.4)
    return image


def recompressed(image: Image.Image, quality: int = 35) -> Image.Image:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return photos.read(out.getvalue())


def with_place(image: Image.Image) -> bytes:
    """A JPEG as a telephone makes it: turned by its EXIF, with the place where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "SecretPhone"
    exif.get_ifd(0x8825)[2] = (30.0, 35.0, 12.5)
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, comment=b"taken by SecretPerson")
    return out.getvalue()


def photo(seed: int = 1, image: Image.Image | None = None) -> bytes:
    """A photograph as bytes."""
    out = io.BytesIO()
    (image or scene(seed)).save(out, "JPEG")
    return out.getvalue()
