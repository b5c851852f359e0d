"""A hundred sheets printed, signed, stamped, photographed badly and read (three hundred: ``make bench`` or ``paper_trial``)."""

from __future__ import annotations

import pytest

from tests.training import paper_trial

BATCH = 10


@pytest.mark.once
@pytest.mark.parametrize("first", range(1000, 1100, BATCH))
def test_synthetic_photographs_are_read(first: int) -> None:
    figures = paper_trial.trial(range(first, first + BATCH))
    assert figures.unread == []
    assert figures.met
    assert figures.false_present == 0
    assert figures.doubtful <= 0.08 * figures.boxes
