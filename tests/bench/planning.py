"""What is said while a plan is typed, among 5,000 sessions on SQLite: ten sessions against the same page with none, in turns."""

from __future__ import annotations

import datetime as dt
import time
from statistics import median
from typing import Any

from django.test import Client
from django.urls import reverse

from lms.core import clock
from lms.members import accounts
from lms.members.models import Unit, User
from lms.training.models import Base, Booking, Expert, Room, Training, TrainingSession, Venue

GOAL_MS = 150.0
SESSIONS, ROOMS, EXPERTS, TRAINERS = 5_000, 20, 30, 10
HOURS_A_DAY = (8, 10, 13, 15)
TYPED = 10
ROUNDS = 30


def run() -> dict[str, Any]:
    """``figure``: milliseconds of the answer when every session typed is in the way of others; the slowest decides."""
    planner, form = _fill()
    client = Client()
    client.force_login(planner)
    empty = {**form, "s-TOTAL_FORMS": 0}
    for typed in (form, empty):  # once for the caches of templates and of compiled queries
        _ask(client, typed)
    full, bare = list[float](), list[float]()
    for _round in range(ROUNDS):
        full.append(_ask(client, form))
        bare.append(_ask(client, empty))
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


def _ask(client: Client, typed: dict[str, Any]) -> float:
    begun = time.perf_counter()
    answer = client.post(reverse("training-clashes"), typed)
    taken = (time.perf_counter() - begun) * 1000
    page = answer.content.decode()
    if answer.status_code != 200 or ("已有安排" in page) != bool(typed["s-TOTAL_FORMS"]):
        raise RuntimeError(f"not what was to be measured: {answer.status_code}")
    return taken


def _fill() -> tuple[User, dict[str, Any]]:
    """A county with its calendar, and a form whose sessions all find room, trainer and expert taken."""
    county = Unit.add_root(code="B", name="基准县委", short_name="基准县", kind=Unit.Kind.COUNTY)
    planner = User.objects.create_user("planner")
    accounts.grant_role(user=planner, role="county_admin", unit=county, by=None)
    venue = Venue.objects.create(unit=county, name="党校")
    rooms = Room.objects.bulk_create(Room(venue=venue, name=f"{n}号教室") for n in range(ROOMS))
    experts = Expert.objects.bulk_create(Expert(unit=county, name=f"专家{n}") for n in range(EXPERTS))
    trainers = User.objects.bulk_create(User(username=f"trainer{n}") for n in range(TRAINERS))
    for trainer in trainers:
        accounts.grant_role(user=trainer, role="trainer", unit=county, by=None)
    base = Base.objects.create(code="B1", name="基地", kind=Base.Kind.INDUSTRY, unit=county, capacity=500)
    sessions = _sessions(county, base, trainers)
    _book(sessions, rooms, experts)
    return planner, _form(county, base, trainers[0], rooms[0], experts[0])


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


def _form(county: Unit, base: Base, trainer: User, room: Room, expert: Expert) -> dict[str, Any]:
    form: dict[str, Any] = {
        "kind": "class",
        "unit": county.code,
        "base": base.pk,
        "trainer": trainer.pk,
        "capacity": 20,
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
