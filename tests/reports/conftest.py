"""A county that has lived: a closed class and a watched lesson, so that evidence, ledger and standings have something to say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.db import transaction

from lms.core import clock
from lms.goals import progress
from lms.goals import services as goals
from lms.hours import ledger
from lms.members.models import Member, Post, Unit
from lms.training import selectors as training_selectors
from lms.training.models import Attendance, Enrolment, Training, TrainingSession
from tests.conftest import County
from tests.factories import make_member

TODAY = dt.datetime(2026, 11, 22, 4, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def late_november() -> Iterator[None]:
    """22 November 2026, noon in the county."""
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def county(personas: County) -> County:
    """The personas with the goals of 2026 published."""
    goals.open_year(year=2026, by=None)
    return personas


Held = Callable[..., Training]


@pytest.fixture
def hold(county: County) -> Held:
    """``hold(unit, members, days=4)``: a closed class of whole days (8 学时 each) that all members attended."""

    def held(unit: Unit, members: list[Member], days: int = 1, start: dt.date = dt.date(2026, 3, 2)) -> Training:
        training = Training.objects.create(
            kind=Training.Kind.CLASS,
            title="葡萄冬季修剪培训班",
            category="skills",
            unit=unit,
            state=Training.State.CLOSED,
            closed_at=clock.day_start(start),
            place="石桥镇文化站",
        )
        Enrolment.objects.bulk_create(
            [Enrolment(training=training, member=member, unit=member.unit) for member in members]
        )
        for number in range(days):
            begin = clock.day_start(start + dt.timedelta(days=number)) + dt.timedelta(hours=8)
            session = TrainingSession.objects.create(
                training=training, starts_at=begin, ends_at=begin + dt.timedelta(hours=9), measure="day"
            )
            marked = begin + dt.timedelta(hours=1)
            for member in members:
                Attendance.objects.create(session=session, member=member, status="present", marked_at=marked)
        with transaction.atomic():
            ledger.post(*training_selectors.credits_of(training), by=county.users["trainer"])
        return training

    return held


@pytest.fixture
def lived(county: County, hold: Held) -> County:
    """桃源村: 李大山 met by a class of four days, a secretary with one day, an exempt old man, somebody with nothing."""
    grower = make_member(county.branch, "李大山")
    leader = make_member(county.branch, "周建国")
    Post.objects.create(member=leader, unit=county.branch, office=Post.Office.SECRETARY, started_on=dt.date(2025, 1, 1))
    old = make_member(county.branch, "陈德明")
    make_member(county.other_branch, "杨春梅")
    goals.exempt(member=old, reason="age", starts_on=dt.date(2026, 1, 1), ends_on=dt.date(2026, 12, 31), by=None)
    hold(county.town, [grower], days=4)
    hold(county.town, [leader], days=1, start=dt.date(2026, 4, 6))
    progress.refresh([leader.pk], [2026])
    return county


def named(name: str) -> Member:
    return Member.objects.get(name=name)
