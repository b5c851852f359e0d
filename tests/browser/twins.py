"""Two classes alike, for a day with a line and one without: ``python -m tests.browser.twins make`` and ``end NUMBER NUMBER``, in a site's folder.

Each has people of its own, since nobody is in two rooms at once.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")
TITLES = ("有网络的班", "断网的班")
PEOPLE = 4


def make() -> list[dict[str, Any]]:
    """Plan both for ten minutes from now; for each its addresses and its people with their cards."""
    from lms.core import clock
    from lms.members.models import Member, User
    from lms.training import services
    from lms.training.checkin.selectors import card_text
    from lms.training.models import Enrolment

    trainer = User.objects.get(username="trainer")
    town = trainer.grants.get().unit
    now = clock.now().replace(second=0, microsecond=0)
    midnight = clock.day_start(clock.local_date(now) + dt.timedelta(days=1))
    start = min(now + dt.timedelta(minutes=10), midnight - dt.timedelta(minutes=1))
    busy = Enrolment.objects.values("member")
    free = Member.objects.active().filter(unit__path__startswith=town.path, user=None).exclude(pk__in=busy)
    free = (free or Member.objects.active().filter(unit__path__startswith=town.path, user=None)).order_by("pk")
    found = []
    for number, title in enumerate(TITLES):
        training = services.plan_training(
            kind="class",
            unit=town,
            sessions=[services.SessionPlan(start, start + dt.timedelta(hours=3), "half_day")],
            by=None,
            title=title,
            category="skills",
            place="村部",
        )
        people = list(free[number * PEOPLE : (number + 1) * PEOPLE])
        services.enrol_many(training=training, members=people, by=None)
        rows = [{"code": one.code, "name": one.name, "card": card_text(one)} for one in people]
        day = clock.local_date(start).isoformat()
        found.append({"uuid": str(training.uuid), "session": training.sessions.get().pk, "day": day, "people": rows})
    return found


def end(*numbers: str) -> list[list[list[str]]]:
    """The classes of these numbers are over and closed, who has no mark is absent: for each person of each class the mark and the hours."""
    from lms.core import clock
    from lms.hours import totals
    from lms.training import services
    from lms.training.models import Attendance, Training

    found = []
    now = clock.now().replace(second=0, microsecond=0)
    for number in numbers:
        training = Training.objects.get(uuid=number)
        session = training.sessions.get()
        plan = services.SessionPlan(now - dt.timedelta(hours=3), now, "half_day")
        services.update_session(session=session, plan=plan, by=None)
        services.close_training(training=training, said=services.Reconciliation(absent_confirmed=True), by=None)
        rows = []
        for mark in Attendance.objects.filter(session=session).order_by("member_id"):
            source = f"training.attendance:{mark.pk}:"
            lines = totals.entries(mark.member_id, plan.starts_at.year).filter(source__startswith=source)
            times = [str(mark.arrived_at or ""), str(mark.left_at or "")]
            rows.append([str(mark.status), *times, str(sum(line.hours for line in lines))])
        found.append(rows)
    return found


if __name__ == "__main__":
    django.setup()
    print(json.dumps({"make": make, "end": end}[sys.argv[1]](*sys.argv[2:]), ensure_ascii=False))
