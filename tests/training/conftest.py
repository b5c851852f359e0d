"""A class of two mornings and a base visit in the town, with people of its two branches enrolled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import time_machine
from pytest_django import Settings

from lms.core import clock
from lms.members.models import Member, User
from lms.training import services
from lms.training.models import Base, Training, TrainingSession
from lms.training.services import Reconciliation, SessionPlan
from tests.conftest import County
from tests.factories import make_member

FIRST_DAY = dt.date(2026, 3, 5)
NEXT_DAY = dt.date(2026, 3, 6)


def on(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    """A moment of a day in the county's time zone."""
    return clock.day_start(day) + dt.timedelta(hours=hour, minutes=minute)


def half_day(day: dt.date) -> SessionPlan:
    return SessionPlan(on(day, 8, 30), on(day, 11, 30), "half_day", "修剪与嫁接")


@pytest.fixture(autouse=True)
def after_class() -> Iterator[time_machine.Coordinates]:
    """It is the evening after the last morning; a test travels elsewhere by this fixture."""
    with time_machine.travel(on(NEXT_DAY, 18), tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def store(settings: Settings, tmp_path: Path) -> None:
    """Photographs of a test go with it."""
    settings.MEDIA_ROOT = tmp_path


@dataclass
class ClassRoom:
    """A class with two half-days and three people: two of ``branch``, one of ``branch2``."""

    training: Training
    first: TrainingSession
    second: TrainingSession
    people: list[Member]

    def mark(self, *statuses: str, session: TrainingSession | None = None, by: object = None) -> None:
        """One status a person, in order."""
        marks = {person.pk: status for person, status in zip(self.people, statuses, strict=True)}
        services.mark(session=session or self.first, marks=marks, by=by)

    def close(self, **said: object) -> int:
        """Close, unmarked people absent."""
        said = {"absent_confirmed": True, **said}
        return services.close_training(training=self.training, said=Reconciliation(**said), by=None)


@pytest.fixture
def at_the_door(after_class: time_machine.Coordinates) -> time_machine.Coordinates:
    """It is a quarter past eight on the first day; the session begins at half past."""
    after_class.move_to(on(FIRST_DAY, 8, 15))
    return after_class


@pytest.fixture
def trainer(personas: County) -> User:
    """Who runs the classroom's training."""
    return personas.users["trainer"]


@pytest.fixture
def orchard(personas: County) -> Base:
    return Base.objects.create(
        code="JD01", name="石桥葡萄基地", kind=Base.Kind.INDUSTRY, theme="葡萄", unit=personas.town, capacity=50
    )


@pytest.fixture
def classroom(personas: County) -> ClassRoom:
    training = services.plan_training(
        kind="class",
        unit=personas.town,
        title="葡萄栽培培训班",
        category="skills",
        capacity=4,
        trainer=personas.users["trainer"],
        sessions=[half_day(FIRST_DAY), half_day(NEXT_DAY)],
        by=personas.users["town"],
    )
    people = [
        make_member(personas.branch, "李大山", mobile="13812346726"),
        make_member(personas.branch, "单春花"),
        make_member(personas.branch2, "曾小河"),
    ]
    services.enrol_many(training=training, members=people, by=personas.users["town"])
    first, second = training.sessions.all()
    return ClassRoom(training, first, second, people)
