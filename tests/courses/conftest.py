"""A course with video lessons of known length, and a player that behaves or does not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
import time_machine

from courses import services
from courses.models import LessonPage
from lms.hours.services import adopt_rule
from lms.members.models import Member

START = dt.datetime(2026, 3, 5, 1, tzinfo=dt.UTC)  # nine in the morning in the county


class Player:
    """A member's player whose clock the test turns."""

    def __init__(self, traveller: time_machine.Coordinates, member: Member, lesson: LessonPage) -> None:
        self.traveller = traveller
        self.session, self.token = services.start_play(member=member, lesson=lesson, by=None)
        self.sequence = 0
        self.position = self.session.span_to_ms
        self.answers = True
        self.answers_after = 3_000
        self.asked = False
        self.left = self.session.presence_left_ms

    def wait(self, milliseconds: int) -> None:
        self.traveller.shift(milliseconds / 1000)

    def send(
        self, start: int, end: int, *, sequence: int | None = None, done: bool = False, offline: bool = False
    ) -> int:
        self.sequence += 1
        number = self.sequence if sequence is None else sequence
        data = {"sequence": number, "from": start, "to": end, "done": done, "offline": offline}
        answer = services.beat(self.token, data)
        self.asked, self.left = answer.ask, answer.left
        return answer.position

    def confirm(self) -> None:
        """Press the button."""
        answer = services.confirm_presence(self.token)
        self.asked, self.left = answer.ask, answer.left

    def play(self, milliseconds: int, every: int = 10_000) -> None:
        """Play on honestly, a beat every ten seconds, and say that one is there when asked."""
        goal = self.position + milliseconds
        while self.position < goal:
            step = min(every, goal - self.position)
            self.wait(step)
            self.send(self.position, self.position + step, done=self.position + step == goal)
            self.position += step
            if self.asked and self.answers:
                self.wait(self.answers_after)
                self.confirm()


@pytest.fixture
def traveller() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(START, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def play(traveller: time_machine.Coordinates) -> Callable[[Member, LessonPage], Player]:
    """``play(member, lesson)`` starts a player."""
    return lambda member, lesson: Player(traveller, member, lesson)


@pytest.fixture
def tiers(db: None) -> None:
    """The county has chosen the table by the length of the course, for own and for group watching."""
    for activity in ("online", "group"):
        adopt_rule(
            activity=activity,
            effective_from=dt.date(2026, 1, 1),
            by=None,
            method="tiers",
            step=Decimal("0.25"),
            tiers=[[0, "0.25"], [900, "0.50"], [1800, "1.00"]],
        )
