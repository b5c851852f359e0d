"""Reads the photograph of a sign-in sheet with Pillow and NumPy, without Django (docs/paper.md says how and how well).

Marks are found → the page is straightened by a homography → the strip says which page it is → the ink in each box is measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lms.training.paper import layout
from lms.training.paper.blobs import Blob, blobs
from lms.training.paper.layout import Identity, Place

PRESENT, ABSENT, DOUBTFUL = "present", "absent", "doubtful"
SCALE = 5
"""Pixels a millimetre of the straightened page."""

SEARCH_SIDE = 1400
MOST_MARKS = 12
LEAST_MARK, MOST_MARK = 0.0002, 0.006
"""Area of a mark as a share of the picture's."""
STROKE = 11
"""Side in px of the window in which a stroke of a pen is narrow: 2.2 mm. Shadows and folds are wider."""
INSET, EDGE = 1.0, 1.4
"""How much of a box's border is left out (the printed line), and how near to it ink counts as running over, in mm."""
LEAST_DROP = 0.14
"""How much darker than the paper around a stroke has to be, as a share of the paper's brightness."""
RED_DROP = 0.4
"""The same where it is red: a seal takes up to a quarter of the red light, a pen under a seal far more."""
BLANK, SIGNED = 0.7, 2.2
"""Ink in mm² of full black: less is an empty box; more, away from any border it crosses, is a signature or a tick."""
CUT = 0.4
"""The share of the box beside a border crossed by ink that may belong to the neighbour."""
REDNESS, RED = 0.18, 2.0
"""How red a pixel of a seal or a red pen is, and from how many mm² on an otherwise empty box is doubtful."""
LEAST_LINE = 0.10
"""Contrast of the printed lines below which the photograph is too blurred to measure ink by."""

Grey = NDArray[np.float32]
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Seen:
    """The part of the page with the boxes: how much of the light ink takes, where it is red, where the part lies (mm)."""

    ink: Grey
    red: NDArray[np.bool_]
    left: float
    top: float

    def window(self, place: Place, inset: float = 0) -> tuple[slice, slice]:
        """The pixels of a place on the page, ``inset`` mm within its border."""
        top, left = place.top - self.top + inset, place.left - self.left + inset
        bottom, right = top + place.height - 2 * inset, left + place.width - 2 * inset
        return slice(round(top * SCALE), round(bottom * SCALE)), slice(round(left * SCALE), round(right * SCALE))


class ReadError(ValueError):
    """The photograph cannot be read; ``code`` says why: ``no-marks``, ``no-strip``, ``blurred``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Reading:
    """What one box shows. ``ink`` in mm² of full black; ``why`` a doubt: ``faint``, ``crossing`` or ``red``."""

    row: int
    half: str
    verdict: str
    ink: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A straightened page (5 px a millimetre), and which page it is: who knows that knows how many rows to measure."""

    identity: Identity
    image: Image.Image


def find(photo: Image.Image) -> Page:
    """The page in a photograph in colour, upright or turned. Raises ReadError ``no-marks``, ``no-strip``."""
    corners = _candidates(photo)
    if len(corners) < len(layout.MARKS):
        raise ReadError("no-marks")
    grey = np.asarray(photo.convert("L"), dtype=np.float32)
    for quad in _quads(corners):
        matrix = homography(np.array(layout.MARKS), quad)
        found = _identity(grey, matrix)
        if found is not None:
            return Page(found, straighten(photo, matrix))
    raise ReadError("no-strip")


# -- finding the page ------------------------------------------------------------------------


def _candidates(photo: Image.Image) -> list[Blob]:
    """Dark solid squares, the largest first, in pixels of the photograph."""
    factor = min(1.0, SEARCH_SIDE / max(photo.size))
    size = round(photo.width * factor), round(photo.height * factor)
    small = np.asarray(photo.convert("L").resize(size, Image.Resampling.BOX), dtype=np.float32)
    # A pixel is dark when it is clearly darker than the mean of its surroundings, wider than any mark.
    radius = max(size) // 24
    dark = small < _mean(small, radius) * 0.72
    area = size[0] * size[1]
    found = [blob for blob in blobs(dark) if LEAST_MARK * area <= blob.area <= MOST_MARK * area and blob.is_square]
    found.sort(key=lambda blob: -blob.area)
    return [blob.scaled(1 / factor) for blob in found[:MOST_MARKS]]


def _mean(grey: Grey, radius: int) -> Grey:
    """The mean of the square around each pixel, by a table of sums."""
    padded = np.pad(grey.astype(np.float64), radius, mode="edge")
    table = np.pad(padded.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    side = 2 * radius + 1
    sums = table[side:, side:] - table[:-side, side:] - table[side:, :-side] + table[:-side, :-side]
    return (sums / side**2).astype(np.float32)


def _quads(marks: list[Blob]) -> Iterator[Matrix]:
    """Fours of marks of like size in clockwise order, the widest first, each begun at each of its corners."""
    fours: list[tuple[float, Matrix]] = []
    for four in combinations(marks, 4):
        sizes = [blob.area for blob in four]
        if max(sizes) > 3.0 * min(sizes):
            continue
        points = np.array([(blob.x, blob.y) for blob in four])
        away = points - points.mean(0)
        points = points[np.argsort(np.arctan2(away[:, 1], away[:, 0]))]
        fours.append((_area(points), points))
    for _size, points in sorted(fours, key=lambda pair: -pair[0]):
        for turn in range(4):
            yield np.roll(points, -turn, axis=0)


def _area(points: Matrix) -> float:
    x, y = points[:, 0], points[:, 1]
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2


def homography(source: Matrix, target: Matrix) -> Matrix:
    """The 3 × 3 matrix that takes four points to four points."""
    lines, values = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        lines += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    try:
        solved = np.linalg.solve(np.array(lines), np.array(values))
    except np.linalg.LinAlgError:
        return np.eye(3)
    return np.append(solved, 1.0).reshape(3, 3)


def _identity(grey: Grey, matrix: Matrix) -> Identity | None:
    """What the strip says when the page lies as ``matrix`` has it; None when that is no strip."""
    cells = [layout.cell(bit) for bit in range(layout.STRIP_BITS)]
    inside = _brightness(grey, matrix, cells, 0.5)
    above = _brightness(grey, matrix, [place._replace(top=place.top - 2.4, height=1.6) for place in cells], 0.5)
    below = _brightness(grey, matrix, [place._replace(top=place.top + 4.8, height=1.6) for place in cells], 0.5)
    paper = np.minimum(above, below)
    bits = inside < paper * 0.62
    return layout.identity([bool(bit) for bit in bits])


def _brightness(grey: Grey, matrix: Matrix, places: list[Place], share: float) -> Grey:
    """The mean of 5 × 5 samples within the middle ``share`` of each place."""
    steps = (np.arange(5) - 2) / 4 * share + 0.5
    x = np.array([[place.left + place.width * step for step in steps] for place in places])
    y = np.array([[place.top + place.height * step for step in steps] for place in places])
    points = np.stack(np.broadcast_arrays(x[:, None, :], y[:, :, None], np.ones((1, 1, 1))), -1) @ matrix.T
    with np.errstate(divide="ignore", invalid="ignore"):
        at = np.nan_to_num(points[..., :2] / points[..., 2:], posinf=0, neginf=0)
    column = np.clip(np.rint(at[..., 0]), 0, grey.shape[1] - 1).astype(int)
    line = np.clip(np.rint(at[..., 1]), 0, grey.shape[0] - 1).astype(int)
    return np.asarray(grey[line, column].mean((1, 2)), dtype=np.float32)


def straighten(photo: Image.Image, matrix: Matrix) -> Image.Image:
    """The page alone, upright, 1050 × 1485 px."""
    scaled = matrix @ np.diag([1 / SCALE, 1 / SCALE, 1.0])
    scaled = scaled / scaled[2, 2]
    size = round(layout.WIDTH * SCALE), round(layout.HEIGHT * SCALE)
    return photo.transform(
        size, Image.Transform.PERSPECTIVE, tuple(scaled.ravel()[:8]), Image.Resampling.BICUBIC, fillcolor="white"
    )


# -- measuring ink ---------------------------------------------------------------------------


def measure(page: Image.Image, rows: int) -> list[Reading]:
    """What the boxes of the first ``rows`` rows of a straightened page show. Raises ReadError ``blurred``."""
    # Only the two columns of boxes are looked at, with some paper around them.
    left, top = layout.column_left(layout.COLUMN_OF[layout.MORNING]) - 4, layout.FIRST_ROW - 4
    right = layout.column_left(layout.COLUMN_OF[layout.AFTERNOON] + 1) + 4
    edges = (left, top, right, layout.FIRST_ROW + rows * layout.ROW_HEIGHT + 4)
    part = page.crop(tuple(round(edge * SCALE) for edge in edges))  # type: ignore[arg-type]
    colour = np.asarray(part, dtype=np.float32)
    # Red ink (seals) is nearly as bright as paper in the red channel: what is dark there was written by hand.
    light = colour[..., 0]
    paper = closed(light)
    drop = np.maximum(1 - light / np.maximum(paper, 1), 0)
    red = (light - np.maximum(colour[..., 1], colour[..., 2])) / np.maximum(paper, 1)
    least = np.where(red > REDNESS, RED_DROP, LEAST_DROP)
    seen = Seen(np.where(drop > least, drop, 0), red > REDNESS, left, top)
    if _line_contrast(seen, rows) < LEAST_LINE:
        raise ReadError("blurred")
    return [_verdict(seen, row, half) for row in range(rows) for half in layout.HALVES]


def closed(light: Grey) -> Grey:
    """The page without strokes: a grey closing fills what is narrower than the window and leaves edges of shadows alone."""
    return -_greatest(-_greatest(light))


def _greatest(values: Grey) -> Grey:
    reach = STROKE // 2
    for _axis in (0, 1):
        padded = np.pad(values, ((reach, reach), (0, 0)), mode="edge")
        length = len(values)
        values = np.maximum.reduce([padded[shift : shift + length] for shift in range(STROKE)]).T
    return values


def _line_contrast(seen: Seen, rows: int) -> float:
    """How dark the printed lines between the boxes are: the darkest pixel across each, the middle one of all."""
    found = []
    for half in layout.HALVES:
        for row in range(rows):
            place = layout.box(row, half)
            line = Place(place.left + 4, place.top + place.height - 0.8, place.width - 8, 1.6)
            found.append(seen.ink[seen.window(line)].max(0).mean())
    return float(np.median(found)) if found else 0.0


def _verdict(seen: Seen, row: int, half: str) -> Reading:
    window = seen.window(layout.box(row, half), INSET)
    area = seen.ink[window]
    # A printed line that the paper's bend pushed into the box runs through all of it; no hand does.
    area = np.where((area > 0).mean(1, keepdims=True) > 0.8, 0, area)
    total = float(area.sum()) / SCALE**2
    own = float(area[_own_part(area)].sum()) / SCALE**2
    if own >= SIGNED:
        return Reading(row, half, PRESENT, total)
    if total >= BLANK:
        return Reading(row, half, DOUBTFUL, total, "faint" if own >= total / 2 else "crossing")
    if float(seen.red[window].sum()) / SCALE**2 >= RED:
        return Reading(row, half, DOUBTFUL, total, "red")
    return Reading(row, half, ABSENT, total)


def _own_part(area: Grey) -> tuple[slice, slice]:
    """The part of a box that no neighbour's signature reaches: away from each border that ink crosses."""
    edge = round((EDGE - INSET) * SCALE)
    least = 0.3 * SCALE
    height, width = area.shape
    top = height * CUT if area[:edge].sum() > least else 0
    bottom = height * (1 - CUT) if area[-edge:].sum() > least else height
    left = width * CUT if area[:, :edge].sum() > least else 0
    right = width * (1 - CUT) if area[:, -edge:].sum() > least else width
    return slice(round(top), round(bottom)), slice(round(left), round(right))
