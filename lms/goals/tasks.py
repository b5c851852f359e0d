"""Recurring work on goals."""

from __future__ import annotations

from lms.core import clock
from lms.goals import progress
from lms.goals.selectors import policy_of
from lms.goals.services import open_year


def follow_the_calendar() -> None:
    """Nightly: a new year gets its goals; offices and exemptions that began or ended with the day move the standings."""
    year = clock.year_of(clock.today())
    policy = policy_of(year) or open_year(year=year, by=None)
    progress.rebuild(policy)
