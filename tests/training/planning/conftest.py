"""Before the class of the tests: a plan is made ahead of its day."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from tests.training.conftest import FIRST_DAY, on


@pytest.fixture
def time_of_planning(after_class: time_machine.Coordinates) -> time_machine.Coordinates:
    """Three days before the first day, in the morning."""
    after_class.move_to(on(FIRST_DAY - dt.timedelta(days=3), 9))
    return after_class
