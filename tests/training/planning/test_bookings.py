"""Issue 5, planning: no double booking of a room, trainer or expert; a base never overfull; the next free times named."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from lms.training import services
from lms.training.errors import TrainingError
from lms.training.models import Base, Booking, Expert, Room, Training, Venue
from lms.training.planning import bookings, persons
from lms.training.services import SessionPlan, moved
from tests import template
from tests.conftest import County, build_tree
from tests.factories import make_member, make_user
from tests.training.conftest import ClassRoom, on

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 3, 12)


def at(start: float, end: float, **fields: Any) -> SessionPlan:
    return SessionPlan(
        on(DAY, 0) + dt.timedelta(hours=start), on(DAY, 0) + dt.timedelta(hours=end), "clock", "", **fields
    )


def plan(unit: Any, *sessions: SessionPlan, **fields: Any) -> Training:
    values = {"kind": "class", "title": "培训班", "category": "skills", "capacity": 30, "by": None, **fields}
    return services.plan_training(unit=unit, sessions=sessions, **values)


@pytest.fixture
def hall(personas: County) -> Room:
    return make_room(personas.town)


def make_room(unit: Any) -> Room:
    venue = Venue.objects.create(unit=unit, name="党校分校")
    return Room.objects.create(venue=venue, name="报告厅", capacity=60)


def test_a_room_is_taken_once_and_the_next_free_times_are_named(personas: County, hall: Room) -> None:
    plan(personas.town, at(9, 11, room=hall))
    with pytest.raises(bookings.DoubleBooked) as refused:
        plan(personas.root, at(10, 12, room=hall))
    (clash,) = refused.value.clashes
    assert clash.resource == "党校分校 · 报告厅"
    assert clash.unit == personas.town.name
    assert [bookings.told(slot) for slot in clash.free] == [
        "3月12日 11:00–13:00",
        "3月12日 13:00–15:00",
        "3月12日 15:00–17:00",
    ]
    assert "党校分校 · 报告厅在 3月12日 09:00–11:00 已有安排" in refused.value.message
    assert Training.objects.count() == 1  # nothing of the refused one stays
    plan(personas.root, at(11, 13, room=hall))


def test_trainer_and_expert_are_in_one_place_at_a_time(personas: County) -> None:
    trainer = personas.users["trainer"]
    expert = Expert.objects.create(unit=personas.root, name="方志远")
    plan(personas.town, at(9, 11, experts=(expert,)), trainer=trainer)
    with pytest.raises(bookings.DoubleBooked) as refused:
        plan(personas.root, at(10, 12, experts=(expert,)), trainer=trainer)
    assert {clash.resource for clash in refused.value.clashes} == {str(trainer), "方志远"}


def test_a_plan_does_not_take_a_room_twice_itself(personas: County, hall: Room) -> None:
    with pytest.raises(bookings.DoubleBooked, match="booked") as refused:
        plan(personas.town, at(9, 11, room=hall), at(10, 12, room=hall))
    assert "两次" in refused.value.message


def test_every_way_of_planning_books(personas: County, hall: Room) -> None:
    """Added, moved, given a trainer, called off, taken away: what is taken follows."""
    trainer = personas.users["trainer"]
    held = plan(personas.town, at(9, 11, room=hall), trainer=trainer)
    other = plan(personas.town, at(14, 16, room=hall))
    (session,) = other.sessions.all()
    with pytest.raises(bookings.DoubleBooked):
        services.update_session(session=session, plan=at(10, 12, room=hall), by=None)
    with pytest.raises(bookings.DoubleBooked):
        services.add_session(training=other, plan=at(8, 10, room=hall), by=None)
    services.add_session(training=other, plan=at(8, 10), by=None)
    with pytest.raises(bookings.DoubleBooked):
        services.update_training(training=other, by=None, trainer=trainer)
    services.cancel_training(training=held, reason="下雨", by=None)
    assert services.update_session(session=session, plan=at(10, 12, room=hall), by=None)
    assert services.update_training(training=other, by=None, trainer=trainer)
    assert Booking.objects.count() == 3
    services.remove_session(session=session, by=None)
    assert [row.kind for row in Booking.objects.all()] == ["trainer"]


def test_moving_counts_up_what_calendars_compare(personas: County) -> None:
    held = plan(personas.town, at(9, 11))
    (session,) = held.sessions.all()
    services.update_session(session=session, plan=at(10, 12), by=None)
    services.cancel_training(training=held, reason="下雨", by=None)
    session.refresh_from_db()
    assert session.sequence == 2


def test_a_room_has_a_seat_for_everybody(personas: County, hall: Room) -> None:
    with pytest.raises(TrainingError, match="room-too-small"):
        plan(personas.town, at(9, 11, room=hall), capacity=61)


def test_a_base_holds_the_sum_of_who_is_there_at_once(personas: County, orchard: Base) -> None:
    """50 people: 30 from nine to eleven, then 30 from eleven; 21 at ten would be too many, 20 are not."""
    visit = {"kind": "visit", "base": orchard}
    plan(personas.town, at(9, 11), **visit, capacity=30)
    plan(personas.town, at(11, 13), **visit, capacity=30)
    with pytest.raises(bookings.BaseFull) as refused:
        plan(personas.root, at(10, 12), **visit, capacity=21)
    assert refused.value.others == 30  # at once, not 60
    plan(personas.root, at(10, 12), **visit, capacity=20)


def test_people_enrolled_elsewhere_are_named_not_refused(personas: County, classroom: ClassRoom) -> None:
    other = plan(personas.root, SessionPlan(classroom.first.starts_at, classroom.first.ends_at))
    services.enrol_many(training=other, members=[classroom.people[0], make_member(personas.branch, "旁人")], by=None)
    (clash,) = persons.member_clashes(other, persons.slots_of(other))
    assert clash.names == ("李大山",)
    assert clash.unit == personas.town.name


def test_looking_is_one_query_however_long_the_series(
    personas: County, hall: Room, django_assert_num_queries: Any
) -> None:
    wanted = [
        bookings.Need(
            bookings.Slot(on(DAY + dt.timedelta(days=n), 9), on(DAY + dt.timedelta(days=n), 11)),
            bookings.resources(personas.users["trainer"], hall, []),
        )
        for n in range(20)
    ]
    with django_assert_num_queries(1):
        assert bookings.clashes(wanted) == []


times = st.tuples(st.integers(0, 2), st.integers(8, 16), st.integers(1, 5))  # day, hour, length
act = st.tuples(
    st.sampled_from(["plan", "plan", "plan", "add", "move", "update", "cancel", "remove"]),
    st.integers(0, 9),  # of which training
    st.lists(times, min_size=1, max_size=3),
    st.integers(0, 2),  # room, or none
    st.integers(0, 2),  # trainer, or none
    st.sets(st.integers(0, 2), max_size=2),  # experts, the last of whom is the first trainer
    st.sampled_from([0, 0, 20, 30]),  # how many go to the base; none: it is no visit
)
acts = st.lists(act, min_size=4, max_size=12)
Act = tuple[str, int, list[tuple[int, int, int]], int, int, set[int], int]


class RandomCalendars(TestCase):
    """Whatever is planned, added, moved, changed and called off, in any order: nothing is in two places, no base overfull."""

    @given(acts)
    @settings(max_examples=100, deadline=None)
    def test_no_double_booking(self, calendar: list[Act]) -> None:
        self.prepare()
        for one in calendar:
            try:
                with transaction.atomic():
                    self.do(*one)
            except TrainingError:
                continue
        self.check()

    def prepare(self) -> None:
        self.unit = unit = build_tree().town
        self.rooms = [
            *(Room.objects.create(venue=Venue.objects.create(unit=unit, name=name), name="厅") for name in "甲乙"),
            None,
        ]
        self.trainers = [make_user("zi"), make_user("chou"), None]
        self.experts = [
            *(Expert.objects.create(unit=unit, name=name) for name in "寅卯"),
            Expert.objects.create(unit=unit, name="子", user=self.trainers[0]),
        ]
        self.base = Base.objects.create(code="JD", name="基地", kind="industry", unit=unit, capacity=50)
        self.trainings: list[Training] = []

    def do(
        self,
        what: str,
        pick: int,
        slots: list[tuple[int, int, int]],
        room: int,
        trainer: int,
        experts: set[int],
        heads: int,
    ) -> None:
        who = tuple(self.experts[n] for n in sorted(experts))
        plans = [
            moved(at(start, start + length, room=self.rooms[room], experts=who), dt.timedelta(days=day))
            for day, start, length in slots
        ]
        visit = {"kind": "visit", "base": self.base, "capacity": heads} if heads else {}
        if what == "plan" or not self.trainings:
            self.trainings.append(plan(self.unit, *plans, trainer=self.trainers[trainer], **visit))
            return
        training = self.trainings[pick % len(self.trainings)]
        session = training.sessions.first()
        if what == "add":
            services.add_session(training=training, plan=plans[0], by=None)
        elif what == "update":
            more = {"base": self.base, "capacity": heads} if heads else {}
            services.update_training(training=training, trainer=self.trainers[trainer], by=None, **more)
        elif what == "move" and session is not None:
            services.update_session(session=session, plan=plans[0], by=None)
        elif what == "remove" and session is not None:
            services.remove_session(session=session, by=None)
        elif what == "cancel":
            services.cancel_training(training=training, reason="", by=None)

    def check(self) -> None:
        """From the sessions themselves, not from the bookings."""
        seen: dict[object, set[tuple[int, dt.datetime, dt.datetime]]] = {}
        visits: list[tuple[dt.datetime, dt.datetime, Training]] = []
        for training in Training.objects.exclude(state="cancelled"):
            for session in training.sessions.all():
                stretch = (session.pk, session.starts_at, session.ends_at)
                people = [training.trainer, *(one.user or one for one in session.experts.all())]
                for taken in (session.room, *people):
                    if taken is not None:
                        seen.setdefault(taken, set()).add(stretch)
                if training.base is not None:
                    visits.append((session.starts_at, session.ends_at, training))
        for stretches in seen.values():
            slots = sorted((begin, end) for _pk, begin, end in stretches)
            assert all(one[1] <= other[0] for one, other in pairwise(slots))
        for moment, _end, _training in visits:
            there = {one for begin, end, one in visits if begin <= moment < end}  # one training is there once
            assert sum(one.capacity for one in there) <= self.base.capacity


# -- at the same moment, on the embedded database ----------------------------------------------

RIVAL = """
import datetime as dt, sys
import django
django.setup()
from django.db import connection
connection.settings_dict["OPTIONS"]["timeout"] = 240  # a slow machine waits longer: who fails here was refused
from lms.core import clock
from lms.members.models import Unit
from lms.training import services
from lms.training.models import Room
from lms.training.planning.bookings import DoubleBooked
room, unit = Room.objects.get(), Unit.objects.get(code="C-T01")
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[1])):
    begin = clock.day_start(dt.date(2027, 3, 1) + dt.timedelta(days=number)) + dt.timedelta(hours=9)
    plan = services.SessionPlan(begin, begin + dt.timedelta(hours=2), "clock", "", room)
    try:
        services.plan_training(
            kind="class", title="班", category="skills", capacity=9, unit=unit, sessions=[plan], by=None
        )
    except DoubleBooked:
        continue
"""
PREPARED = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from lms.members.models import Unit
from lms.training.models import Room, Venue
root = Unit.add_root(code="C", name="县", kind="county")
town = root.add_child(code="C-T01", name="镇", kind="town")
Room.objects.create(venue=Venue.objects.create(unit=town, name="党校"), name="厅")
"""
COUNTED = """
import django
django.setup()
from lms.training.models import Booking, Training
print(Training.objects.count(), Booking.objects.count())
"""
ROUNDS, RIVALS = 6, 2


def test_rivals_for_one_room_on_sqlite_book_it_once_a_day(tmp_path: Path) -> None:
    """Processes of their own on one file, as the site has them: writers begin IMMEDIATE, so whoever looks has the house alone."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "lms.settings",
        "XIANGXUE_DATA": str(tmp_path),
        "DATABASE_URL": "",
    }

    def python(code: str, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", code, *words]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, text=True, env=environment, **pipes)  # type: ignore[call-overload, no-any-return]

    if template.path().exists():
        shutil.copy(template.path(), tmp_path / "db.sqlite3")
    begun = python(PREPARED)
    _out, errors = begun.communicate(timeout=600)
    assert begun.returncode == 0, errors
    rivals = [python(RIVAL, str(ROUNDS)) for _rival in range(RIVALS)]
    assert [rival.stdout.readline().strip() for rival in rivals] == ["ready"] * RIVALS  # type: ignore[union-attr]
    for rival in rivals:
        rival.stdin.write("go\n")  # type: ignore[union-attr]
        rival.stdin.flush()  # type: ignore[union-attr]
    for rival in rivals:
        _out, errors = rival.communicate(timeout=600)
        assert rival.returncode == 0, errors
    told = python(COUNTED)
    out, errors = told.communicate(timeout=600)
    assert told.returncode == 0, errors
    assert out.split() == [str(ROUNDS), str(ROUNDS)]  # as many trainings as days, and as many bookings
