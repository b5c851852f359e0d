"""A class of the county tomorrow week with two seats, planned before anybody is on the list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine

from lms.training import services
from lms.training.models import Enrolment, Training
from tests.conftest import County
from tests.training.conftest import FIRST_DAY, half_day, on


@pytest.fixture(autouse=True)
def week_before(after_class: time_machine.Coordinates) -> Iterator[time_machine.Coordinates]:
    """It is a morning of the week before the class."""
    with time_machine.travel(on(FIRST_DAY - dt.timedelta(days=7), 9), tick=False) as traveller:
        yield traveller


@pytest.fixture
def small(personas: County) -> Training:
    return services.plan_training(
        kind="class",
        unit=personas.root,
        title="葡萄栽培培训班",
        category="skills",
        capacity=2,
        sessions=[half_day(FIRST_DAY)],
        by=None,
    )


def states(training: Training) -> dict[str, str]:
    """The state of everybody on the list by name."""
    return dict(Enrolment.objects.filter(training=training).values_list("member__name", "state"))
