"""A station with people in the room and a screen whose clock the test turns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest
import time_machine

from courses import services as watching
from courses.models import LessonPage
from lms.core import clock
from lms.hours import totals
from lms.hours.services import adopt_rule
from lms.members.models import Member, Unit
from lms.stations import services
from lms.stations.models import GroupViewing, Station
from lms.stations.services import Notes
from tests.conftest import County
from tests.factories import MINUTE, make_course, make_member

EVENING = dt.datetime(2026, 3, 5, 11, tzinfo=dt.UTC)  # seven in the evening in the county
YEAR = 2026
NOTES = Notes(
    host="王支书", recorder="小李", villagers=6, discussion="都说听得懂", feedback="字再大些", application="开春就剪"
)


def make_station(unit: Unit, name: str = "桃源村党群服务中心") -> Station:
    """The station of a branch."""
    return Station.objects.create(code=f"S-{unit.code}", name=name, unit=unit)


class Room:
    """An evening at a station: the operator's verbs, and a screen that beats as the real one does."""

    def __init__(self, traveller: time_machine.Coordinates, station: Station) -> None:
        self.traveller = traveller
        self.station = station
        self.viewing = services.open_viewing(station=station, by=None)
        self.token = ""
        self.sequence = self.position = 0

    def wait(self, minutes: float) -> None:
        """Time passes; nothing runs."""
        self.traveller.shift(minutes * 60)

    def tick(self, *members: Member) -> None:
        for member in members:
            services.mark_presence(viewing=self.viewing, member=member, present=True, by=None)

    def untick(self, member: Member) -> None:
        services.mark_presence(viewing=self.viewing, member=member, present=False, by=None)

    def start(self, lesson: LessonPage) -> None:
        """A lesson comes on the screen."""
        _item, self.token = services.add_item(viewing=self.viewing, lesson=lesson, by=None)
        self.sequence = self.position = 0

    def play(self, minutes: float) -> None:
        """The film runs, a beat every half minute."""
        goal = self.position + round(minutes * MINUTE)
        while self.position < goal:
            step = min(30_000, goal - self.position)
            self.traveller.shift(step / 1000)
            self.sequence += 1
            beat = {"sequence": self.sequence, "from": self.position, "to": self.position + step}
            watching.beat(self.token, beat)
            self.position += step

    def close(self, notes: Notes = NOTES) -> GroupViewing:
        self.viewing = services.close_viewing(viewing=self.viewing, notes=notes, by=None)
        return self.viewing


def watch_alone(traveller: time_machine.Coordinates, member: Member, lesson: LessonPage, minutes: int) -> None:
    """The member watches a lesson from its beginning by himself and answers when he is asked."""
    session, token = watching.start_play(member=member, lesson=lesson, by=None)
    for number in range(minutes):
        traveller.shift(60)
        beat = {"sequence": number + 1, "from": number * MINUTE, "to": (number + 1) * MINUTE}
        if watching.beat(token, beat).ask:
            watching.confirm_presence(token)
    watching.end_play(session=session)


def hours(member: Member) -> Decimal:
    """Standing 学时 of the year."""
    found = totals.of_members([member.pk], YEAR).get(member.pk)
    return found.hours if found else Decimal(0)


def lines(member: Member) -> list[Decimal]:
    """All ledger lines of the year in the order of posting."""
    return [entry.hours for entry in totals.entries(member.pk, YEAR).order_by("pk")]


@pytest.fixture
def traveller() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(EVENING, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def by_clock(db: None) -> None:
    """Domain §3: 60 minutes are one 学时, group viewing in steps of 0.5, own watching in steps of 0.25."""
    for activity, step in (("group", "0.50"), ("online", "0.25")):
        adopt_rule(activity=activity, effective_from=dt.date(YEAR, 1, 1), by=None, unit_minutes=60, step=Decimal(step))


@pytest.fixture
def station(tree: County) -> Station:
    return make_station(tree.branch)


@pytest.fixture
def lesson(by_clock: None, tree: County) -> LessonPage:
    return make_course(60)[0]


@pytest.fixture
def people(tree: County) -> list[Member]:
    """Three members of the station's branch."""
    return [make_member(tree.branch, name) for name in ("周桂兰", "黎福生", "邓志强")]


@pytest.fixture
def room(traveller: time_machine.Coordinates, station: Station) -> Room:
    assert clock.now() == EVENING
    return Room(traveller, station)
