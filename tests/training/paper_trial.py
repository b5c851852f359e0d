"""Reads synthetic photographs by the hundred and says how well: ``python -m tests.training.paper_trial [how many]``; exit 1 when
a figure of the specification is missed."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

from lms.training.paper import reader
from tests.training import paper_photos


@dataclass
class Figures:
    """What came of a trial, in boxes; ``unread`` in photographs."""

    boxes: int = 0
    right: int = 0
    doubtful: int = 0
    false_present: int = 0
    false_absent: int = 0
    unread: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def met(self) -> bool:
        """99 of 100 boxes right or doubtful; at most one empty box of a thousand proposed as present without a doubt."""
        return self.right + self.doubtful >= 0.99 * self.boxes and self.false_present <= 0.001 * self.boxes


def trial(seeds: range) -> Figures:
    """One photograph a seed; a photograph that cannot be read counts with all its boxes as neither right nor doubtful."""
    figures = Figures()
    for seed in seeds:
        picture = paper_photos.photograph(seed)
        figures.boxes += len(picture.truth)
        begun = time.perf_counter()
        try:
            boxes = reader.measure(reader.find(picture.image).image, picture.rows)
        except reader.ReadError as error:
            figures.unread.append(f"{seed}:{error.code}")
            continue
        finally:
            figures.seconds += time.perf_counter() - begun
        for box in boxes:
            there = picture.truth[box.row, box.half]
            figures.doubtful += box.verdict == reader.DOUBTFUL
            figures.right += box.verdict == (reader.PRESENT if there else reader.ABSENT)
            figures.false_present += not there and box.verdict == reader.PRESENT
            figures.false_absent += there and box.verdict == reader.ABSENT
    return figures


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    figures = trial(range(count))
    print(figures, f"{count} photographs")
    sys.exit(0 if figures.met else 1)
