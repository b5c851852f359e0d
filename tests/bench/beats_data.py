"""Viewers for the benchmark of beats: ``python -m tests.bench.beats_data NUMBER`` prints their tokens, or what they were
credited (``--credited``), or how many queries a beat makes (``--queries``)."""

from __future__ import annotations

import json
import os
import sys

import django
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")
HOURS = 12


def fill(number: int) -> list[str]:
    """An empty database with so many members who have just opened a long lesson; their tokens."""
    from django.db import connection

    from courses import services
    from lms.core import clock
    from lms.goals.services import open_year
    from lms.members.models import Unit
    from tests.bench import bare
    from tests.factories import make_course, make_member

    call_command("migrate", verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        cursor.execute(bare.TABLE)
    open_year(year=clock.today().year, by=None)
    root = Unit.add_root(code="C", name="清溪县委", kind=Unit.Kind.COUNTY)
    lesson = make_course(HOURS * 60)[0]
    members = [make_member(root, f"学员{index}") for index in range(number)]
    return [services.start_play(member=member, lesson=lesson, by=None)[1] for member in members]


def credited() -> int:
    """Milliseconds that stand in all sessions."""
    from courses import selectors
    from courses.models import PlaySession

    return sum(
        span.to_ms - span.from_ms for session in PlaySession.objects.all() for span in selectors.played_spans(session)
    )


def queries() -> int:
    """Database queries of one beat that goes on where the last one stopped."""
    from django.db import connection
    from django.test import RequestFactory
    from django.test.utils import CaptureQueriesContext

    from courses import services, views
    from courses.models import PlaySession

    last = PlaySession.objects.filter(ended_ms__isnull=True).select_related("lesson", "member").latest("pk")
    session, token = services.start_play(member=last.member, lesson=last.lesson, by=None)
    body = {"token": token, "sequence": 1, "from": session.span_to_ms, "to": session.span_to_ms + 10}
    request = RequestFactory().post("/play/beat/", body, content_type="application/json")
    with CaptureQueriesContext(connection) as asked:
        views.beat(request)
    return len(asked)


if __name__ == "__main__":
    django.setup()
    asked = {"--credited": credited, "--queries": queries}.get(sys.argv[1])
    print(json.dumps(asked() if asked else fill(int(sys.argv[1]))))
