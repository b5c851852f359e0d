"""Issue 5, planning: no double booking of a room, trainer or expert; a base never overfull; the next free times named."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from lms.training import services
from lms.training.errors import TrainingError
from lms.training.models import Base, Booking, Expert, Room, Training, Venue
from lms.training.planning import bookings, persons
from lms.training.services import SessionPlan
from tests.conftest import County, build_tree
from tests.factories import make_member
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


acts = st.lists(
    st.tuples(
        st.sampled_from(["plan", "plan", "plan", "move", "cancel"]),
        st.integers(0, 9),
        st.integers(8, 16),
        st.integers(1, 5),
        st.integers(0, 1),
        st.sets(st.integers(0, 1), max_size=2),
    ),
    min_size=4,
    max_size=10,
)


class RandomCalendars(TestCase):
    """Whatever is planned, moved and called off, in any order: nothing is in two places at once."""

    @given(acts)
    @settings(max_examples=25, deadline=None)
    def test_no_double_booking(self, calendar: Iterable[tuple[str, int, int, int, int, set[int]]]) -> None:
        unit = build_tree().town
        rooms = [Room.objects.create(venue=Venue.objects.create(unit=unit, name=name), name="厅") for name in "甲乙"]
        experts = [Expert.objects.create(unit=unit, name=name) for name in "子丑"]
        trainings: list[Training] = []
        for act, pick, start, length, room, teachers in calendar:
            wanted = at(start, start + length, room=rooms[room], experts=tuple(experts[n] for n in sorted(teachers)))
            try:
                if act == "plan" or not trainings:
                    trainings.append(plan(unit, wanted))
                elif act == "move":
                    session = trainings[pick % len(trainings)].sessions.get()
                    services.update_session(session=session, plan=wanted, by=None)
                else:
                    services.cancel_training(training=trainings[pick % len(trainings)], reason="", by=None)
            except TrainingError:
                continue
        self.check()

    def check(self) -> None:
        """From the sessions themselves, not from the bookings."""
        seen: dict[object, list[tuple[dt.datetime, dt.datetime]]] = {}
        for training in Training.objects.exclude(state="cancelled"):
            for session in training.sessions.all():
                for taken in (session.room, *session.experts.all()):
                    seen.setdefault(taken, []).append((session.starts_at, session.ends_at))
        for slots in seen.values():
            slots.sort()
            assert all(one[1] <= other[0] for one, other in pairwise(slots))
