"""A class that is held today: some signed in by card, some with their own phone and wait for the trainer's word."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from lms.core import clock
from lms.demo.geography import County
from lms.demo.people import Cast, Population
from lms.members.models import Member
from lms.training import services
from lms.training.checkin import services as checkin
from lms.training.models import Attendance, TrainingSession
from lms.training.services import SessionPlan

SEATS = 24
BY_CARD, ALONE, TOGETHER = 9, 2, 3
TITLE = "果园夏管和水肥一体化培训"
Means = Attendance.Means


def sign_in(county: County, people: Population, cast: Cast) -> None:
    """Plan the class for today and let the first people come through the door, as far as it is late enough for that."""
    session, due = _planned(county, people, cast)
    _, *rest = due  # the first is left to be signed in by who tries the demo
    minute = dt.timedelta(minutes=1)
    door = session.starts_at - 25 * minute
    for number, member in enumerate(rest[:BY_CARD]):
        _scan(session, member, Means.MEMBER_CODE, door + number * minute, cast)
    for number, member in enumerate(rest[BY_CARD : BY_CARD + ALONE + TOGETHER]):
        phone = f"{number:032x}" if number < ALONE else "f" * 32
        _scan(session, member, Means.ROOM_CODE, door + (number + 10) * minute, cast, phone)
    _scan(session, None, Means.MEMBER_CODE, door + 20 * minute, cast)


def _planned(county: County, people: Population, cast: Cast) -> tuple[TrainingSession, Sequence[Member]]:
    town, today = county.towns[0], clock.day_start(clock.today())
    plan = SessionPlan(
        today + dt.timedelta(hours=8, minutes=30), today + dt.timedelta(hours=17, minutes=30), "day", "夏季修剪与滴灌"
    )
    own = [unit for unit in county.branches if unit.path.startswith(town.path)]
    near = [member for unit in own for member in people.by_branch[unit.pk] if not member.away]
    others = [member for member in near if member.pk not in (cast.member.pk, cast.elder.pk)]
    due = [cast.member, cast.elder, *others[-SEATS + 2 :]]
    with clock.told(plan.starts_at - dt.timedelta(days=4)):
        training = services.plan_training(
            kind="class",
            unit=town,
            sessions=[plan],
            by=None,
            title=TITLE,
            category="skills",
            place=f"{town.short_name}文化站",
            lecturer="陆一鸣",
            capacity=40,
        )
        services.enrol_many(training=training, members=due, by=None)
    return training.sessions.get(), due


def _scan(
    session: TrainingSession, member: Member | None, means: str, at: dt.datetime, cast: Cast, phone: str = ""
) -> None:
    if at > clock.now():
        return
    by = cast.users["trainer"] if means == Means.MEMBER_CODE else None
    reading = checkin.Reading(f"demo:{at:%H%M}", member, means, "in", at, phone)
    with clock.told(at):
        checkin.record(session=session, reading=reading, by=by)
