"""Synthetic photographs of sign-in sheets: printed as trainers print them, signed, stamped, then seen by a bad camera. Truth
comes along."""

from __future__ import annotations

import io
import math
import random
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pypdfium2 as pdfium
from PIL import Image, ImageDraw, ImageFilter

from lms.training.paper import layout, printing, reader

DRAW = 10
"""Pixels a millimetre of the drawn sheet: 254 dpi."""
IDENTITY = layout.Identity(471100, 0xBEEF)
NAMES = ("李大山", "单春花", "曾小河", "欧阳明月", "仇子墨")
PENS = ((20, 20, 28), (25, 35, 110), (40, 45, 60))


def px(millimetres: float) -> int:
    return round(millimetres * DRAW)


@lru_cache(maxsize=8)
def _printed(identity: layout.Identity, rows: int) -> Image.Image:
    people = [
        [str(n + 1), NAMES[n % len(NAMES)], "男", "中共石桥镇桃源村支部委员会", "书记", "138****6726"]
        for n in range(rows)
    ]
    page = printing.PrintedPage(identity, "https://xiangxue.example/desk/trainings/paper/", people)
    pdf = printing.sheet_pdf("培训班签到表", ["班次：葡萄栽培培训班", "日期：2026年3月5日", "主办：石桥镇党委"], [page])
    with pdfium.PdfDocument(pdf) as document:
        image: Image.Image = document[0].render(scale=DRAW * 25.4 / 72).to_pil().convert("RGB")
    return image


def blank(identity: layout.Identity = IDENTITY, rows: int = layout.ROWS) -> Image.Image:
    """The sheet as it comes out of the printer: the PDF that trainers print, drawn at 254 dpi."""
    return _printed(identity, rows).copy()


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
    rows: int


def photograph(seed: int) -> Photograph:
    """One sheet signed by chance and photographed badly; every seed is another. Every fifth is the last page, with few rows."""
    chance = random.Random(seed)
    rows = layout.ROWS if seed % 5 else 6
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
    return Photograph(camera(sheet, chance), truth, rows)


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
