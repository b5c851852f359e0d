"""Synthetic photographs of sign-in sheets: drawn, signed, stamped, then seen by a bad camera. Truth comes along."""

from __future__ import annotations

import io
import math
import random
from dataclasses import dataclass
from itertools import product

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from lms.training.paper import layout, reader

DRAW = 10
"""Pixels a millimetre of the drawn sheet: 254 dpi."""
IDENTITY = layout.Identity(471100, 0xBEEF)
PENS = ((20, 20, 28), (25, 35, 110), (40, 45, 60))


def px(millimetres: float) -> int:
    return round(millimetres * DRAW)


def blank(identity: layout.Identity = IDENTITY, rows: int = layout.ROWS) -> Image.Image:
    """The sheet as its geometry has it, with words as grey strokes where a person reads."""
    sheet = Image.new("RGB", (px(layout.WIDTH), px(layout.HEIGHT)), "white")
    draw = ImageDraw.Draw(sheet)
    for x, y in layout.MARKS:
        half = layout.MARK / 2
        draw.rectangle([px(x - half), px(y - half), px(x + half) - 1, px(y + half) - 1], fill="black")
    for bit, black in enumerate(layout.strip(identity)):
        left, top, width, height = layout.cell(bit)
        if black:
            draw.rectangle([px(left), px(top), px(left + width) - 1, px(top + height) - 1], fill="black")
    chance = random.Random(7)
    _code(draw, chance)
    for row in range(rows):
        _row(draw, chance, row)
    return sheet


def _code(draw: ImageDraw.ImageDraw, chance: random.Random) -> None:
    """Something like a QR code."""
    for line, column in product(range(28), repeat=2):
        if chance.random() < 0.5:
            x, y = layout.QR_LEFT + 0.9 * column, layout.QR_TOP + 0.9 * line
            draw.rectangle([px(x), px(y), px(x + 0.9) - 1, px(y + 0.9) - 1], fill="black")


def _row(draw: ImageDraw.ImageDraw, chance: random.Random, row: int) -> None:
    """The lines of one row, and characters where something is printed."""
    for column, width in enumerate(layout.COLUMNS):
        x, y = layout.column_left(column), layout.FIRST_ROW + row * layout.ROW_HEIGHT
        draw.rectangle([px(x), px(y), px(x + width), px(y + layout.ROW_HEIGHT)], outline=(96, 103, 112), width=2)
        if column < layout.COLUMN_OF[layout.MORNING]:
            for sign in range(int((width - 3) / 3.4)):
                _character(draw, chance, x + 1.5 + sign * 3.4, y + 3)


def _character(draw: ImageDraw.ImageDraw, chance: random.Random, x: float, y: float) -> None:
    for _stroke in range(6):
        ends = [px(v) for v in (x + chance.uniform(0, 3), y + chance.uniform(0, 3))]
        other = [px(v) for v in (x + chance.uniform(0, 3), y + chance.uniform(0, 3))]
        draw.line([*ends, *other], fill=(31, 35, 40), width=3)


def sign(draw: ImageDraw.ImageDraw, chance: random.Random, place: layout.Place, over: float = 0.0) -> None:
    """Two or three characters of crossing strokes; ``over``: how many mm they run over the right border."""
    pen, width = chance.choice(PENS), chance.randint(3, 7)
    count = chance.choice((2, 3, 3))
    step = min(7.0, (place.width - 3 + over) / count)
    left = place.left + (place.width - step * count) / 2 + over
    size = chance.uniform(0.65, 0.9) * place.height
    for number in range(count):
        x, y = left + number * step, place.top + (place.height - size) / 2 + chance.uniform(-0.4, 0.4)
        for _stroke in range(chance.randint(4, 8)):
            points = [
                (px(x + chance.uniform(0, step * 0.95)), px(y + chance.uniform(0, size)))
                for _ in range(chance.choice((2, 3)))
            ]
            draw.line(points, fill=pen, width=width, joint="curve")


def tick(draw: ImageDraw.ImageDraw, chance: random.Random, place: layout.Place) -> None:
    x, y = place.left + chance.uniform(6, place.width - 12), place.top + chance.uniform(4, 5.5)
    points = [(x, y), (x + 1.8, y + 2.4), (x + chance.uniform(5, 7), y - chance.uniform(1.5, 2.8))]
    draw.line([(px(a), px(b)) for a, b in points], fill=chance.choice(PENS), width=chance.randint(4, 7))


def stray(draw: ImageDraw.ImageDraw, chance: random.Random, place: layout.Place) -> None:
    """The pen fell: a dot or a short line."""
    x, y = place.left + chance.uniform(3, place.width - 5), place.top + chance.uniform(2, 7)
    end = (px(x + chance.uniform(0.2, 2)), px(y + chance.uniform(-1, 1)))
    draw.line([(px(x), px(y)), end], fill=chance.choice(PENS), width=4)


def stamp(sheet: Image.Image, chance: random.Random) -> None:
    """A round seal in red, half transparent, somewhere on the lower half of the table."""
    layer = sheet.copy()
    draw = ImageDraw.Draw(layer)
    x, y, radius = chance.uniform(120, 180), chance.uniform(190, 265), 20
    ring = [px(v) for v in (x - radius, y - radius, x + radius, y + radius)]
    draw.ellipse(ring, outline=(214, 40, 36), width=12)
    for number in range(5):
        angle = math.radians(number * 144 - 90)
        nxt = math.radians((number + 1) * 144 - 90)
        ends = [(px(x + 7 * math.cos(a)), px(y + 7 * math.sin(a))) for a in (angle, nxt)]
        draw.line(ends, fill=(214, 40, 36), width=10)
    sheet.paste(Image.blend(sheet, layer, 0.8))


@dataclass
class Photograph:
    """A picture and what is true of it: by (row, half) whether the person signed."""

    image: Image.Image
    truth: dict[tuple[int, str], bool]


def photograph(seed: int, rows: int = layout.ROWS) -> Photograph:
    """One sheet signed by chance and photographed badly; every seed is another."""
    chance = random.Random(seed)
    sheet = blank(rows=rows)
    draw = ImageDraw.Draw(sheet)
    truth = {}
    for row in range(rows):
        for half in layout.HALVES:
            place = layout.box(row, half)
            there = chance.random() < 0.7
            truth[row, half] = there
            if there and chance.random() < 0.2:
                tick(draw, chance, place)
            elif there:
                sign(draw, chance, place, chance.uniform(1, 5) if chance.random() < 0.08 else 0.0)
            elif chance.random() < 0.03:
                stray(draw, chance, place)
    if chance.random() < 0.35:
        stamp(sheet, chance)
    return Photograph(camera(sheet, chance), truth)


def camera(sheet: Image.Image, chance: random.Random) -> Image.Image:
    """Turned ≤ 15° (and by quarter turns), in perspective, shaded, blurred, noisy, 1–5 megapixels, JPEG."""
    pixels = chance.uniform(1.0, 5.0) * 1e6
    width = round(math.sqrt(pixels * 3 / 4))
    height = round(width * 4 / 3)
    seen = _perspective(sheet, chance, width, height)
    light = _light(chance, width, height)
    grey = np.asarray(seen, dtype=np.float32) * light[..., None]
    noise = np.random.default_rng(chance.randrange(2**32)).normal(0, chance.uniform(1, 5), grey.shape)
    image = Image.fromarray(np.clip(grey + noise, 0, 255).astype(np.uint8))
    image = image.filter(ImageFilter.GaussianBlur(chance.uniform(0.2, 0.9) * width / 1100))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=chance.randint(60, 92))
    return Image.open(out).convert("RGB").rotate(chance.choice((0, 0, 0, 90, 180, 270)), expand=True)


def _perspective(sheet: Image.Image, chance: random.Random, width: int, height: int) -> Image.Image:
    angle = math.radians(chance.uniform(-15, 15))
    w, h = sheet.size
    spread = [(-w / 2, -h / 2), (w / 2, -h / 2), (w / 2, h / 2), (-w / 2, h / 2)]
    turned = np.array(
        [(x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)) for x, y in spread]
    )
    turned *= 1 - np.array([[chance.uniform(0, 0.09), chance.uniform(0, 0.09)] for _corner in range(4)])
    low, high = turned.min(0), turned.max(0)
    scale = min(width / (high - low)[0], height / (high - low)[1]) * chance.uniform(0.88, 0.99)
    corners = (turned - (low + high) / 2) * scale + np.array([width / 2, height / 2])
    matrix = reader.homography(corners, np.array([(0, 0), (w, 0), (w, h), (0, h)], dtype=float))
    # Shrinking by a transform alone would alias: the sheet is drawn no larger than twice what the camera sees.
    factor = min(1.0, 1.6 * scale)
    small = sheet.resize((round(w * factor), round(h * factor)), Image.Resampling.BOX)
    matrix = np.diag([factor, factor, 1.0]) @ matrix
    matrix = matrix / matrix[2, 2]
    table = tuple(chance.randint(40, 190) for _channel in range(3))
    return small.transform(
        (width, height),
        Image.Transform.PERSPECTIVE,
        tuple(matrix.ravel()[:8]),
        Image.Resampling.BICUBIC,
        fillcolor=table,
    )


def _light(chance: random.Random, width: int, height: int) -> np.ndarray:
    """Light that falls off, and the shadow of the hand that holds the telephone with a soft or a hard edge."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    slope = 1 - chance.uniform(0, 0.3) * (x * chance.random() + y * chance.random())
    distance = (x - chance.random()) * math.cos(turn := chance.uniform(0, math.tau)) + (y - chance.random()) * math.sin(
        turn
    )
    edge = 1 / (1 + np.exp(-np.clip(distance / chance.uniform(0.004, 0.06), -50, 50)))
    return (slope * (1 - chance.uniform(0, 0.45) * edge) * chance.uniform(0.75, 0.98)).astype(np.float32)
