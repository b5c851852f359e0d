"""Sign-in sheets: how well three hundred photographs are read, and how long one takes against Pillow opening and turning it."""

from __future__ import annotations

import io
import time
from statistics import median
from typing import Any

from PIL import Image

from tests.training import paper_photos, paper_trial

PHOTOGRAPHS = 300
GOAL = 99.0
TURNED = 5


def run() -> dict[str, Any]:
    """``figure``: boxes right or marked doubtful, in percent; ``seconds``: reading one photograph."""
    figures = paper_trial.trial(range(PHOTOGRAPHS))
    reference = median(_turned(seed) for seed in range(TURNED))
    seconds = figures.seconds / PHOTOGRAPHS
    return {
        "name": f"sign-in sheets, {PHOTOGRAPHS} photographs (% right or doubtful)",
        "figure": round(100 * (figures.right + figures.doubtful) / figures.boxes, 2),
        "reference": round(reference, 2),
        "ratio": round(seconds / reference, 1),
        "reference_name": f"seconds to decode and turn one; reading takes {seconds:.2f}",
        "target": GOAL,
        "boxes": figures.boxes,
        "doubtful": figures.doubtful,
        "false_present": figures.false_present,
        "false_absent": figures.false_absent,
        "unread": figures.unread,
        "seconds": round(seconds, 2),
        "met": figures.met,
    }


def _turned(seed: int) -> float:
    out = io.BytesIO()
    paper_photos.photograph(seed).image.save(out, "JPEG", quality=90)
    begun = time.perf_counter()
    Image.open(out).rotate(90, expand=True)
    return time.perf_counter() - begun
