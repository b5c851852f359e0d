"""What the worker does for trainings; it can be cut and called again."""

from __future__ import annotations

from lms.training import telling
from lms.training.filling import waiting


def remind_of_tomorrow() -> None:
    """Tell those enrolled of tomorrow's sessions; hourly, so that one planned in the afternoon is not missed."""
    telling.remind_of_tomorrow()


def release_seats() -> None:
    """Give the seats of people who left the roster to who waits for them."""
    waiting.release_gone()
