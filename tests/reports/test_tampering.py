"""``audit_hours`` finds every kind of tampering that was tried (issue: rules, goals and the whole life of an hour, part 8)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine

from courses import services as watching
from courses.models import PlaySession, PlaySpan
from lms.core import clock
from lms.hours import seals
from lms.members.models import Member
from lms.reports import audit, audit_runs
from lms.stations import selectors as stations
from lms.stations.models import GroupViewing, Presence, Station, ViewingItem
from tests.conftest import County
from tests.factories import make_course, make_member
from tests.reports.conftest import TODAY, Held
from tests.reports.tampering import TAMPERINGS, Tampering

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
MINUTE = 60_000
DOCS = Path(__file__).resolve().parents[2] / "docs" / "audit.md"


@pytest.fixture
def sealed(lived: County, hold: Held) -> Iterator[County]:
    """``lived`` with three days of posting that are over and sealed, watching alone and in a room, and a head that was kept."""
    with time_machine.travel(TODAY + DAY, tick=False):
        hold(lived.town, [make_member(lived.branch, "陶秀英")], start=dt.date(2026, 5, 11))
    with time_machine.travel(TODAY + 2 * DAY, tick=False):
        viewer = make_member(lived.branch2, "彭树林")
        watch(lived, viewer)
    with time_machine.travel(TODAY + 3 * DAY, tick=False):
        assert [seal.lines for seal in seals.seal_finished_days()] == [5, 1, 2]
        audit_runs.keep(audit.run())
        yield lived


def played(member: Member | None, start: dt.datetime) -> PlaySession:
    """An hour's lesson played to the end."""
    lesson = make_course(60, slug=f"course-{member.pk if member else 0}")[0]
    begun, length = int(start.timestamp() * 1000), 60 * MINUTE
    session = PlaySession.objects.create(
        member=member,
        lesson=lesson,
        title=lesson.title,
        course_id=lesson.course.pk,
        category="skills",
        duration_ms=length,
        needed_ms=lesson.needed_ms,
        started_ms=begun,
        beat_ms=begun + length,
        ended_ms=begun + length,
    )
    wall = {"wall_from_ms": begun, "wall_to_ms": begun + length}
    PlaySpan.objects.create(session=session, number=1, from_ms=0, to_ms=length, **wall)
    return session


def watch(county: County, viewer: Member) -> None:
    """An hour alone, and another evening an hour in the room."""
    played(viewer, clock.day_start(dt.date(2026, 7, 1)) + dt.timedelta(hours=20))
    watching.settle(member_ids=[viewer.pk], by=None)
    evening = clock.day_start(dt.date(2026, 7, 8)) + dt.timedelta(hours=19)
    viewing = GroupViewing.objects.create(
        station=Station.objects.create(code="S-B02", name="站点", unit=county.branch2),
        state=GroupViewing.State.CLOSED,
        opened_at=evening,
        closed_at=evening + dt.timedelta(hours=2),
    )
    ViewingItem.objects.create(viewing=viewing, play_session=played(None, evening))
    Presence.objects.create(viewing=viewing, member=viewer, joined_at=evening, marked_at=evening)
    watching.record_group_watch(occasion=viewing.occasion, watches=stations.watches(viewing), by=None)


def test_nothing_is_found_where_nothing_was_done(sealed: County) -> None:
    report = audit.run()
    assert report.violations == []
    assert report.entries == 8


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda one: one.name.replace(" ", "-"))
def test_the_audit_finds(tampering: Tampering, sealed: County) -> None:
    tampering.act()
    found = {violation.check for violation in audit.run().violations}
    assert tampering.found <= found, f"found {sorted(found)}"


def test_the_documentation_lists_what_was_tried() -> None:
    rows = re.findall(r"^\| ([a-z][^|]*?) \| (`.*?`) \|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    told = {name: set(re.findall(r"`([a-z-]+)`", checks)) for name, checks in rows}
    assert told == {one.name: set(one.found) for one in TAMPERINGS}


def test_the_desk_has_a_word_for_every_check() -> None:
    tried = set().union(*(one.found for one in TAMPERINGS))
    assert tried <= set(audit_runs.CHECKS)
