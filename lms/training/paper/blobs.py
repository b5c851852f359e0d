"""Connected dark areas of a picture and their shape, by NumPy alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Blob(NamedTuple):
    """An area of pixels: its size, centre and second moments."""

    area: float
    x: float
    y: float
    xx: float
    yy: float
    xy: float

    @property
    def is_square(self) -> bool:
        """Whether it is a filled square, seen aslant or turned as it may be.

        Of any filled parallelogram area² is 144 times the determinant of its second moments; holes, strokes and characters
        have more spread for their area. A square seen from the side is at most twice as long as wide.
        """
        spread = self.xx * self.yy - self.xy**2
        if spread <= 0:
            return False
        middle, half = (self.xx + self.yy) / 2, np.hypot((self.xx - self.yy) / 2, self.xy)
        return bool(0.8 <= self.area**2 / (144 * spread) <= 1.2 and middle + half <= 3.5 * (middle - half))

    def scaled(self, factor: float) -> Blob:
        """The same in a picture so many times as large."""
        square = factor**2
        x, y = (self.x + 0.5) * factor - 0.5, (self.y + 0.5) * factor - 0.5
        return Blob(self.area * square, x, y, self.xx * square, self.yy * square, self.xy * square)


def blobs(dark: NDArray[np.bool_]) -> list[Blob]:
    """The connected areas (side by side, not by corners) of what is dark."""
    lines, starts, ends = _runs(dark)
    if not len(lines):
        return []
    label = _labels(lines, starts, ends)
    length = (ends - starts).astype(np.float64)
    middle = (starts + ends - 1) / 2
    # Sums over x of a run: n·m and n·m² + n(n² - 1)/12.
    squares = length * middle**2 + length * (length**2 - 1) / 12
    values = (length, length * middle, length * lines, squares, length * lines**2.0, length * middle * lines)
    area, x, y, xx, yy, xy = (np.bincount(label, weights=value) for value in values)
    kept = area >= 16
    area, x, y, xx, yy, xy = (value[kept] for value in (area, x, y, xx, yy, xy))
    middle_x, middle_y = x / area, y / area
    # A pixel is a square, not a point: 1/12 more spread each way.
    spread = xx / area - middle_x**2 + 1 / 12, yy / area - middle_y**2 + 1 / 12, xy / area - middle_x * middle_y
    return [Blob(*map(float, row)) for row in zip(area, middle_x, middle_y, *spread, strict=True)]


Line = NDArray[np.int64]


def _runs(dark: NDArray[np.bool_]) -> tuple[Line, Line, Line]:
    """Every run of dark pixels: its line, its first pixel, the pixel after its last."""
    steps = np.diff(np.pad(dark, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    lines, starts = np.nonzero(steps == 1)
    _lines, ends = np.nonzero(steps == -1)
    return lines, starts, ends


def _labels(lines: Line, starts: Line, ends: Line) -> Line:
    """The number of its area for each run: runs that touch from line to line are of one area."""
    parent = list(range(len(lines)))

    def root(run: int) -> int:
        while parent[run] != run:
            parent[run] = parent[parent[run]]
            run = parent[run]
        return run

    above = 0
    for run in range(len(lines)):
        while above < run and (lines[above] < lines[run] - 1):
            above += 1
        other = above
        while other < run and lines[other] < lines[run] and starts[other] < ends[run]:
            if ends[other] > starts[run]:
                parent[root(run)] = root(other)
            other += 1
    return np.unique([root(run) for run in range(len(lines))], return_inverse=True)[1]
