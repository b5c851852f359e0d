"""Places where people sign in, for the benchmark: ``python -m tests.bench.checkin_data PLACES PEOPLE [WATCHING]`` prints what
the load needs, ``python -m tests.bench.checkin_data --marks`` what stands in the end."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from importlib import import_module
from typing import Any

import django
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")


def fill(places: int, people: int, watching: int) -> dict[str, Any]:
    """An empty database in which so many classes are on now, each with so many people enrolled.

    ``places``: for each the session's id, its trainer's cookie and his page's key, each person's card and cookie, the secret of its codes; ``tokens``: of those who watch.
    """
    from django.db import connection

    from courses import services as courses
    from lms.core import clock
    from lms.goals.services import open_year
    from lms.members.models import RoleGrant, Unit
    from tests.bench import bare
    from tests.factories import make_course, make_grant, make_member, make_user

    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(bare.TABLE)
    open_year(year=clock.today().year, by=None)
    root = Unit.add_root(code="C", name="清溪县委", kind=Unit.Kind.COUNTY)
    found = []
    for number in range(places):
        trainer = make_user(f"trainer{number}")
        make_grant(trainer, RoleGrant.Role.TRAINER, root)
        # Only who signs in with a telephone of his own needs an account; a password's hash takes its time.
        members = [
            make_member(root, f"学员{number}-{one}", user=make_user() if watching else None) for one in range(people)
        ]
        found.append(_place(root, trainer, members, number))
    lesson = make_course(180)[0] if watching else None
    viewers = [make_member(root, f"看课{one}") for one in range(watching)]
    tokens = [courses.start_play(member=member, lesson=lesson, by=None)[1] for member in viewers]
    return {"places": found, "tokens": tokens}


def _place(root: Any, trainer: Any, members: list[Any], number: int) -> dict[str, Any]:
    """One class that is on now: it began half an hour ago, so that one may sign in and out."""
    from lms.core import clock
    from lms.training import services
    from lms.training.checkin import selectors

    begins = clock.now() - dt.timedelta(minutes=30)
    training = services.plan_training(
        kind="lecture",
        unit=root,
        title=f"报告会{number}",
        category="skills",
        capacity=len(members),
        trainer=trainer,
        sessions=[services.SessionPlan(begins, begins + dt.timedelta(hours=3))],
        by=None,
    )
    services.enrol_many(training=training, members=members, by=None)
    session = training.sessions.get()
    return {
        "id": session.pk,
        "trainer": cookie(trainer),
        "desk": selectors.desk_key(trainer, session),
        "people": [(selectors.card_text(one), cookie(one.user) if one.user else "") for one in members],
        "key": selectors.room_key().hex(),
    }


def cookie(user: Any) -> str:
    """A session as signing in makes it; its number."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store["epoch"] = user.session_epoch
    store.save()
    return str(store.session_key)


def marks() -> dict[str, int]:
    """``present``: marks that stand; ``scans``: all; ``waiting``: scans of one's own phone; ``double``: a person twice in a session."""
    from django.db.models import Count

    from lms.training.models import Attendance, Scan

    twice = Attendance.objects.values("session", "member").annotate(n=Count("pk")).filter(n__gt=1)
    return {
        "present": Attendance.objects.filter(status="present").count(),
        "scans": Scan.objects.count(),
        "waiting": Scan.objects.filter(result="provisional").count(),
        "double": twice.count(),
    }


if __name__ == "__main__":
    django.setup()
    asked = sys.argv[1:]
    print(json.dumps(marks() if asked == ["--marks"] else fill(*map(int, [*asked, "0"][:3]))))
