"""Pictures without photographs: covers of courses, slides of lessons. The same words give the same picture."""

from __future__ import annotations

import hashlib
from functools import cache
from random import Random

from django.conf import settings
from PIL import Image, ImageDraw, ImageFont

FONT = settings.BASE_DIR / "static" / "vendor" / "noto-sans-sc-2.004" / "NotoSansSC-Regular-subset.otf"
COVER, SLIDE = (960, 540), (640, 360)
# (sky, sun, far hills, near hills, field, crop) a category
PALETTES = {
    "skills": ("#e8f1ea", "#f2c14e", "#a9c8a4", "#6f9f76", "#3f7d58", "#2a5a3f"),
    "discipline": ("#f5ece6", "#d9573f", "#e0b7a6", "#c07d68", "#8c4a3c", "#642f27"),
    "history": ("#f7eee0", "#c8402f", "#e2c79c", "#c19a63", "#8c6a3d", "#5e4526"),
    "political": ("#f3eeea", "#cf4436", "#d8c3b4", "#b5917c", "#8a5f4d", "#5f3d31"),
    "situation": ("#e6eff5", "#f0b84a", "#a9c3d4", "#6f96b0", "#3f6f8c", "#274c63"),
    "purpose": ("#eef0e6", "#e3a23b", "#c2c99a", "#93a066", "#66763f", "#455229"),
    "theory": ("#f0edf4", "#c94b40", "#c3b8d0", "#9485a8", "#665780", "#453a59"),
}
INK, PAPER, MUTED = "#22302a", "#fbfaf6", "#5b665f"


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """The vendored typeface at a size in pixels."""
    return ImageFont.truetype(str(FONT), size)


def _random(text: str) -> Random:
    return Random(hashlib.sha256(text.encode()).hexdigest())  # noqa: S311 (a picture, not a secret)


def cover(title: str, category: str) -> Image.Image:
    """A landscape of hills, a sun and rows of a crop, its shapes following from the title."""
    random, colours = _random(title), PALETTES[category]
    width, height = COVER
    picture = Image.new("RGB", (width * 2, height * 2), colours[0])
    draw = ImageDraw.Draw(picture)
    x, y, r = random.randint(300, 1600), random.randint(130, 320), random.randint(80, 130)
    draw.ellipse((x - r, y - r, x + r, y + r), fill=colours[1])
    for colour, base, swing in ((colours[2], 520, 150), (colours[3], 660, 110)):
        draw.polygon(_ridge(random, width * 2, height * 2, base, swing), fill=colour)
    draw.polygon(_ridge(random, width * 2, height * 2, 800, 40), fill=colours[4])
    _crop(draw, random, colours)
    return picture.resize(COVER, Image.Resampling.LANCZOS)


def _ridge(random: Random, width: int, height: int, base: int, swing: int) -> list[tuple[float, float]]:
    """The outline of a chain of hills: a curve through random heights, closed at the foot."""
    heights = [base + random.randint(-swing, swing) for _ in range(7)]
    points: list[tuple[float, float]] = []
    for step in range(121):
        at = step / 120 * 6
        index = min(int(at), 5)
        part = at - index
        smooth = part * part * (3 - 2 * part)
        points.append((step / 120 * width, heights[index] * (1 - smooth) + heights[index + 1] * smooth))
    return [*points, (width, height), (0, height)]


def _crop(draw: ImageDraw.ImageDraw, random: Random, colours: tuple[str, ...]) -> None:
    """Rows of round plants that grow larger towards the viewer, some bearing fruit."""
    for row in range(4):
        size, y = 16 + row * 11, 850 + row * 62
        offset = random.randint(0, 60)
        for x in range(-offset, 1960, size * 4):
            draw.line((x, y, x, y + size), fill=colours[5], width=4 + row)
            draw.ellipse((x - size, y - size, x + size, y + size // 2), fill=colours[5])
            if random.random() < 0.5:
                draw.ellipse((x - size // 4, y - size // 2, x + size // 4, y), fill=colours[1])


def slide(title: str, lines: tuple[str, ...], place: str, category: str) -> Image.Image:
    """A page of a lesson's video: a title, its points, a bar of colour and where one is (``2 / 7``)."""
    colours = PALETTES[category]
    picture = Image.new("RGB", SLIDE, PAPER)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, SLIDE[0], 8), fill=colours[4])
    y = _lines(draw, title, 34, 30, INK, limit=2) + 14
    draw.rectangle((36, y, 96, y + 4), fill=colours[1])
    y += 24
    for line in lines:
        if line and y < 300:
            y = _lines(draw, line, y, 22, INK, limit=4) + 8
    draw.text((36, 330), "乡学 · 青梧县", font=font(14), fill=MUTED)
    draw.text((SLIDE[0] - 36, 330), place, font=font(14), fill=MUTED, anchor="ra")
    return picture


def _lines(draw: ImageDraw.ImageDraw, text: str, y: int, size: int, colour: str, limit: int) -> int:
    """Write a text from ``y`` on, broken to the width of the slide; returns where the next may begin."""
    room = (SLIDE[0] - 72) // size
    rows = [text[start : start + room] for start in range(0, len(text), room)]
    for row in rows[:limit]:
        if y > 300:
            break
        draw.text((36, y), row, font=font(size), fill=colour)
        y += round(size * 1.4)
    return y
