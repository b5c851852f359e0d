"""What the worker does for trainings; it can be cut and called again."""

from __future__ import annotations

from lms.training import telling
from lms.training.filling import waiting
from lms.training.planning import photographs


def remind_of_tomorrow() -> None:
    """Tell those enrolled of tomorrow's sessions; hourly, so that one planned in the afternoon is not missed."""
    telling.remind_of_tomorrow()


def shrink_photographs() -> None:
    """Give the photographs of bases that are older than small copies theirs; nightly, so that none has to be asked for."""
    photographs.make_small(by=None)


def release_seats() -> None:
    """Give the seats of people who left the roster to who waits for them."""
    waiting.release_gone()
