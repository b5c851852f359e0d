"""What is said while a plan is typed, among 5,000 sessions on SQLite: ten sessions against the same page with none, in turns.

The plan is a copy of a class of 120 who hold twenty other seats each; its base is full, its room too small, and every
session finds room, trainer and expert taken.
"""

from __future__ import annotations

import datetime as dt
import time
from statistics import median
from typing import Any

from django.test import Client
from django.urls import reverse

from lms.core import clock
from lms.members import accounts
from lms.members.models import Member, Unit, User
from lms.training.models import Base, Booking, Enrolment, Expert, Room, Training, TrainingSession, Venue

GOAL_MS = 150.0
SESSIONS, ROOMS, EXPERTS, TRAINERS = 5_000, 20, 30, 10
HOURS_A_DAY = (8, 10, 13, 15)
PEOPLE, SEATS_EACH = 120, 20
TYPED = 10
CAPACITY = 80
ROOM_AT_BASE = TRAINERS * 20 + CAPACITY - 1
"""One place too few beside the ten trainings of twenty that are there at any time."""
ROUNDS = 30


def run() -> dict[str, Any]:
    """``figure``: milliseconds of the answer when every session typed is in the way of others; the slowest decides."""
    planner, form, copied = _fill()
    client = Client()
    client.force_login(planner)
    empty = {**form, "s-TOTAL_FORMS": 0}
    for typed in (form, empty):  # once for the caches of templates and of compiled queries
        _ask(client, typed, copied)
    full, bare = list[float](), list[float]()
    for _round in range(ROUNDS):
        full.append(_ask(client, form, copied))
        bare.append(_ask(client, empty, copied))
    figure, reference = median(full), median(bare)
    return {
        "name": f"conflicts while typing, {SESSIONS} sessions (ms)",
        "figure": round(figure, 1),
        "reference": round(reference, 1),
        "ratio": round(figure / reference, 2),
        "reference_name": "the same answer, nothing planned",
        "target": GOAL_MS,
        "slowest": round(max(full), 1),
        "met": figure <= GOAL_MS,
    }


def _ask(client: Client, typed: dict[str, Any], copied: Training) -> float:
    begun = time.perf_counter()
    answer = client.post(f"{reverse('training-clashes')}?copy={copied.uuid}", typed)
    taken = (time.perf_counter() - begun) * 1000
    page = answer.content.decode()
    said = ("已有安排" in page, "总共容纳" in page, "坐不下" in page, "同一时间还有" in page)
    if answer.status_code != 200 or set(said) != {bool(typed["s-TOTAL_FORMS"])}:
        raise RuntimeError(f"not what was to be measured: {answer.status_code}, {said}")
    return taken


def _fill() -> tuple[User, dict[str, Any], Training]:
    """A county with its calendar, and a form that copies one of its classes and finds everything taken."""
    county = Unit.add_root(code="B", name="基准县委", short_name="基准县", kind=Unit.Kind.COUNTY)
    planner = User.objects.create_user("planner")
    accounts.grant_role(user=planner, role="county_admin", unit=county, by=None)
    venue = Venue.objects.create(unit=county, name="党校")
    rooms = Room.objects.bulk_create(Room(venue=venue, name=f"{n}号教室") for n in range(ROOMS))
    experts = Expert.objects.bulk_create(Expert(unit=county, name=f"专家{n}") for n in range(EXPERTS))
    trainers = User.objects.bulk_create(User(username=f"trainer{n}") for n in range(TRAINERS))
    for trainer in trainers:
        accounts.grant_role(user=trainer, role="trainer", unit=county, by=None)
    base = Base.objects.create(code="B1", name="基地", kind=Base.Kind.INDUSTRY, unit=county, capacity=ROOM_AT_BASE)
    sessions = _sessions(county, base, trainers)
    _book(sessions, rooms, experts)
    copied = _seat(county, [session.training for session in sessions])
    return planner, _form(county, base, trainers[0], rooms[0], experts[0]), copied


def _sessions(county: Unit, base: Base, trainers: list[User]) -> list[TrainingSession]:
    """Four stretches a day, as many at once as there are trainers."""
    trainings = Training.objects.bulk_create(
        Training(
            kind="class",
            title=f"第{n}期",
            category="skills",
            unit=county,
            base=base,
            trainer=trainers[n % TRAINERS],
            capacity=20,
        )
        for n in range(SESSIONS)
    )
    rows = []
    for number, training in enumerate(trainings):
        slot = number // TRAINERS
        day = clock.today() + dt.timedelta(days=1 + slot // len(HOURS_A_DAY))
        start = clock.day_start(day) + dt.timedelta(hours=HOURS_A_DAY[slot % len(HOURS_A_DAY)])
        rows.append(TrainingSession(training=training, starts_at=start, ends_at=start + dt.timedelta(hours=2)))
    return TrainingSession.objects.bulk_create(rows, batch_size=500)


def _book(sessions: list[TrainingSession], rooms: list[Room], experts: list[Expert]) -> None:
    rows = []
    for number, session in enumerate(sessions):
        place = number % TRAINERS
        taken = {"trainer": session.training.trainer_id, "room": rooms[place].pk, "expert": experts[place].pk}
        times = {"starts_at": session.starts_at, "ends_at": session.ends_at}
        rows += [Booking(session=session, kind=kind, resource_id=pk, **times) for kind, pk in taken.items()]
    Booking.objects.bulk_create(rows, batch_size=500)


def _seat(county: Unit, trainings: list[Training]) -> Training:
    """People in the first of the trainings and in others of the next 25 days, one at a time; returns that first one."""
    people = Member.objects.bulk_create(
        Member(code=f"B{n}", unit=county, name=f"党员{n}", sort_key=f"dangyuan{n:03}") for n in range(PEOPLE)
    )
    first, *others = trainings
    seats = [Enrolment(training=first, member=member, unit=county) for member in people]
    for number, member in enumerate(people):
        mine = others[number % TRAINERS :: TRAINERS * 5][:SEATS_EACH]
        seats += [Enrolment(training=training, member=member, unit=county) for training in mine]
    Enrolment.objects.bulk_create(seats, batch_size=500)
    return first


def _form(county: Unit, base: Base, trainer: User, room: Room, expert: Expert) -> dict[str, Any]:
    form: dict[str, Any] = {
        "kind": "class",
        "unit": county.code,
        "base": base.pk,
        "trainer": trainer.pk,
        "capacity": CAPACITY,
    }
    form |= {"s-TOTAL_FORMS": TYPED, "s-INITIAL_FORMS": 0}
    for number in range(TYPED):
        day = clock.today() + dt.timedelta(days=1 + number * 5)
        one = {
            "day": day,
            "starts": "09:00",
            "ends": "11:00",
            "measure": "clock",
            "room": room.pk,
            "experts": expert.pk,
        }
        form |= {f"s-{number}-{name}": value for name, value in one.items()}
    return form
