"""Two plans for one room at the same moment, on PostgreSQL; with the exclusion constraint off the control books it twice."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction

from lms.members.models import Unit
from lms.training import services
from lms.training.models import Base, Booking, Expert, Room, Training, Venue
from lms.training.planning import bookings
from lms.training.services import SessionPlan
from tests.conftest import build_tree
from tests.factories import make_user
from tests.training.conftest import on
from tests.training.test_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
ROUNDS = 10
RIVALS = 4
FIRST = dt.date(2026, 6, 1)


@pytest.fixture
def hall() -> Room:
    unit = build_tree().town
    return Room.objects.create(venue=Venue.objects.create(unit=unit, name="党校分校"), name="报告厅")


def plan(unit: Unit, day: dt.date, room: Room | None, **fields: object) -> Training:
    experts = fields.pop("experts", ())
    session = SessionPlan(on(day, 9), on(day, 11), "clock", "", room, experts)  # type: ignore[arg-type]
    values = {"kind": "class", "title": "培训班", "category": "skills", "capacity": 30, **fields}
    return services.plan_training(unit=unit, sessions=[session], by=None, **values)


def booked_too_often(hall: Room) -> int:
    """How many bookings too many there are over all rounds when everybody wants the room at once."""
    for number in range(ROUNDS):
        day = FIRST + dt.timedelta(days=number)
        errors = at_once(*(partial(plan, hall.unit, day, hall) for _rival in range(RIVALS)))
        assert all(isinstance(error, bookings.DoubleBooked) for error in errors)
    return Booking.objects.count() - ROUNDS


def test_a_room_wanted_at_once_is_booked_once(hall: Room) -> None:
    assert booked_too_often(hall) == 0
    assert Training.objects.count() == ROUNDS  # of who came second nothing stays


def test_control_without_the_constraint_it_is_booked_twice(hall: Room) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'booking_never_twice'")
        (definition,) = cursor.fetchone()
        cursor.execute("ALTER TABLE training_booking DROP CONSTRAINT booking_never_twice")
    try:
        assert booked_too_often(hall) > 0
    finally:
        Booking.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE training_booking ADD CONSTRAINT booking_never_twice {definition}")


def test_the_database_itself_refuses_the_second_booking(hall: Room) -> None:
    """Past every service: the row is written straight."""
    plan(hall.unit, FIRST, hall)
    session = plan(hall.unit, FIRST, None).sessions.get()
    with pytest.raises(IntegrityError, match="booking_never_twice"), transaction.atomic():
        Booking.objects.create(
            session=session, kind="room", resource_id=hall.pk, starts_at=on(FIRST, 10), ends_at=on(FIRST, 12)
        )
    assert Booking.objects.count() == 1


def test_a_base_asked_for_at_once_is_never_overfull(hall: Room) -> None:
    base = Base.objects.create(code="JD01", name="石桥葡萄基地", kind=Base.Kind.INDUSTRY, unit=hall.unit, capacity=50)
    for number in range(ROUNDS):
        day = FIRST + dt.timedelta(days=number)
        ask = partial(plan, hall.unit, day, None, kind="visit", base=base, capacity=30)
        errors = at_once(*(ask for _rival in range(RIVALS)))
        assert len(errors) == RIVALS - 1
        assert all(isinstance(error, bookings.BaseFull) for error in errors)


def test_one_person_wanted_at_once_as_trainer_and_as_expert_is_booked_once(hall: Room) -> None:
    """By his account in one plan, by the register of experts in the other: the same rows of one constraint."""
    trainer = make_user("fang")
    expert = Expert.objects.create(unit=hall.unit, name="方志远", user=trainer)
    for number in range(ROUNDS):
        day = FIRST + dt.timedelta(days=number)
        in_charge = partial(plan, hall.unit, day, None, trainer=trainer)
        lecturing = partial(plan, hall.unit, day, None, experts=(expert,))
        errors = at_once(*([in_charge, lecturing] * (RIVALS // 2)))
        assert len(errors) == RIVALS - 1
        assert all(isinstance(error, bookings.DoubleBooked) for error in errors)
    assert Booking.objects.filter(kind="trainer", resource_id=trainer.pk).count() == ROUNDS


def test_numbers_taken_at_once_are_all_different(hall: Room) -> None:
    """As many plans of one unit at the same moment: none is refused, each has a number of its own."""
    errors = at_once(*(partial(plan, hall.unit, FIRST, None) for _rival in range(RIVALS)))
    assert not errors
    assert sorted(Training.objects.values_list("number", flat=True)) == list(range(1, RIVALS + 1))
