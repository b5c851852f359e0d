"""A county with a long ledger for the benchmark of the audit: evidence, assertions, lines, standings, seals, all agreeing.

Each member has 25 lines a year, in about the shares of a real village: 14 sessions of meetings and classes, 8 lessons seen in
the room of his branch, 3 watched alone. The evidence is made row by row in bulk; what it is worth is asked of the house's own
selectors and priced by the ledger's own function, only the storing takes a short way. Then a year's standings are rebuilt and
the days sealed by the house itself.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

from django.db import connection, transaction

from courses import selectors as courses
from courses.models import GroupWatch, LessonPage, PlaySession, PlaySpan
from lms.core import clock
from lms.goals import progress, services
from lms.goals.models import GoalPolicy
from lms.hours import seals
from lms.hours.conversion import Tariffs
from lms.hours.ledger import _assertion, price
from lms.hours.models import Assertion, HourEntry
from lms.members.models import Member, Unit
from lms.stations.models import GroupViewing, Presence, Station, ViewingItem
from lms.training import selectors as training
from lms.training.models import Attendance, Training, TrainingSession

YEAR = 2025
BRANCH, TOWN = 50, 500
"""Members of a branch, and of a town."""
MEETINGS, CLASS_DAYS, VIEWINGS, OWN = 10, 4, 4, 3
LINES_A_MEMBER = MEETINGS + CLASS_DAYS + 2 * VIEWINGS + OWN
MINUTE = 60_000
LENGTH = 30 * MINUTE
"""A lesson's video in milliseconds: half a 学时 seen in a room, one watched alone."""
BATCH = 2000


def fill(members: int) -> int:
    """Make the county; returns how many lines its ledger has."""
    from tests.factories import make_course

    lessons = make_course(*[LENGTH // MINUTE] * (2 * VIEWINGS + OWN))
    branches = _units(members)
    people = _members(branches, members)
    with transaction.atomic():
        _trainings(branches, people)
        _viewings(branches, people, lessons)
        _own_watching(people, lessons)
    _post([member for own in people.values() for member in own])
    services.open_year(year=YEAR, by=None)
    progress.rebuild(GoalPolicy.objects.get(year=YEAR))
    seals.seal_finished_days()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return HourEntry.objects.count()


def _bulk(model: Any, rows: Iterable[Any]) -> list[Any]:
    """Store rows some thousand at a time; the rows with their ids."""
    made: list[Any] = []
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH)):
        made += model.objects.bulk_create(batch)
    return made


def _units(members: int) -> list[Unit]:
    """The branches of as many towns as the members need; a tree grown node by node would take minutes."""
    county = Unit.add_root(code="C", name="清溪县委", short_name="清溪县", kind="county")
    step = Unit.steplen

    def node(parent: Unit, number: int, kind: str) -> Unit:
        path = f"{parent.path}{Unit._int2str(number).rjust(step, '0')}"
        return Unit(path=path, depth=len(path) // step, code=f"{parent.code}-{number}", name=f"单位{number}", kind=kind)

    towns = _bulk(Unit, [node(county, number, "town") for number in range(1, members // TOWN + 2)])
    inside = range(1, TOWN // BRANCH + 1)
    return _bulk(Unit, [node(town, number, "branch") for town in towns for number in inside])[: -(-members // BRANCH)]


def _members(branches: list[Unit], members: int) -> dict[int, list[int]]:
    """Ids of the members by branch."""
    rows = (
        Member(code=f"M{number:07}", unit=branches[number // BRANCH], name=f"党员{number}", sort_key=f"{number:07}")
        for number in range(members)
    )
    found: dict[int, list[int]] = defaultdict(list)
    for member in _bulk(Member, rows):
        found[member.unit_id].append(member.pk)
    return found


def _at(day: int, hour: int) -> dt.datetime:
    """An hour of the n-th day of the year."""
    return clock.day_start(dt.date(YEAR, 1, 1) + dt.timedelta(days=day)) + dt.timedelta(hours=hour)


def _trainings(branches: list[Unit], people: dict[int, list[int]]) -> None:
    """Ten meetings of two hours for each branch, a class of four half-days for each ten branches, attended by all."""
    plans = [(unit, "meeting", [2 + 30 * n], [unit]) for unit in branches for n in range(MEETINGS)]
    for first in range(0, len(branches), TOWN // BRANCH):
        together = branches[first : first + TOWN // BRANCH]
        plans.append((together[0], "class", [5 + n for n in range(CLASS_DAYS)], together))
    made = _bulk(
        Training,
        (
            Training(
                kind=kind, title="党员大会", category="theory", unit=unit, state="closed", closed_at=_at(days[-1], 20)
            )
            for unit, kind, days, _who in plans
        ),
    )
    sessions = [
        (TrainingSession(training=row, starts_at=_at(day, 8), ends_at=_at(day, 10), measure="clock"), who)
        for row, (_unit, _kind, days, who) in zip(made, plans, strict=True)
        for day in days
    ]
    _bulk(TrainingSession, [session for session, _who in sessions])
    _bulk(
        Attendance,
        (
            Attendance(session=session, member_id=member, status="present", marked_at=session.ends_at)
            for session, who in sessions
            for unit in who
            for member in people[unit.pk]
        ),
    )


def _session(lesson: LessonPage, course_id: int, start: dt.datetime, member_id: int | None = None) -> PlaySession:
    """A lesson played from beginning to end."""
    begun = int(start.timestamp() * 1000)
    return PlaySession(
        member_id=member_id,
        lesson=lesson,
        title=lesson.title,
        course_id=course_id,
        category="skills",
        duration_ms=LENGTH,
        needed_ms=LENGTH * 9 // 10,
        started_ms=begun,
        beat_ms=begun + LENGTH,
        ended_ms=begun + LENGTH,
    )


def _span_of(session: PlaySession) -> dict[str, Any]:
    return {"session": session, "from_ms": 0, "to_ms": LENGTH, "wall_from_ms": session.started_ms} | {
        "wall_to_ms": session.started_ms + LENGTH
    }


def _viewings(branches: list[Unit], people: dict[int, list[int]], lessons: list[LessonPage]) -> None:
    """Four evenings of two lessons in each branch, everybody there from the first minute to the last."""
    course = lessons[0].course.pk
    stations = _bulk(Station, (Station(code=f"S{unit.pk}", name="站点", unit=unit) for unit in branches))
    held = _bulk(
        GroupViewing,
        (
            GroupViewing(station=one, state="closed", opened_at=_at(17 + 80 * n, 19), closed_at=_at(17 + 80 * n, 21))
            for one in stations
            for n in range(VIEWINGS)
        ),
    )
    who = {station.pk: people[station.unit_id] for station in stations}
    _bulk(
        Presence,
        (
            Presence(viewing=one, member_id=member, joined_at=one.opened_at, marked_at=one.opened_at)
            for one in held
            for member in who[one.station_id]
        ),
    )
    played = [
        (one, _session(lessons[2 * (index % VIEWINGS) + part], course, one.opened_at + dt.timedelta(minutes=30 * part)))
        for index, one in enumerate(held)
        for part in range(2)
    ]
    _bulk(PlaySession, [session for _viewing, session in played])
    _bulk(PlaySpan, (PlaySpan(number=1, **_span_of(session)) for _viewing, session in played))
    _bulk(ViewingItem, (ViewingItem(viewing=viewing, play_session=session) for viewing, session in played))
    _bulk(
        GroupWatch,
        (
            GroupWatch(member_id=member, occasion=viewing.occasion, title=session.title, **_span_of(session))
            for viewing, session in played
            for member in who[viewing.station_id]
        ),
    )


def _own_watching(people: dict[int, list[int]], lessons: list[LessonPage]) -> None:
    """Three lessons that each member watched at home."""
    course = lessons[0].course.pk
    sessions = _bulk(
        PlaySession,
        (
            _session(lessons[2 * VIEWINGS + n], course, _at(25 + 60 * n, 20), member)
            for own in people.values()
            for member in own
            for n in range(OWN)
        ),
    )
    _bulk(PlaySpan, (PlaySpan(number=1, **_span_of(session)) for session in sessions))


# -- the ledger -----------------------------------------------------------------------------


def _post(members: list[int]) -> None:
    """Assertions and lines as the ledger would have posted them, in the order of the year."""
    unit_of = dict(Member.objects.values_list("pk", "unit_id"))
    names = dict(Unit.objects.values_list("pk", "name"))
    moment, step = _at(0, 0), dt.timedelta(seconds=364 * 86_400 / (len(members) * LINES_A_MEMBER))
    for lines in _lines(members):
        for line in lines:
            line.unit_id = unit_of[line.member_id]
            line.unit_name = names[line.unit_id]
            line.posted_at = moment = moment + step
        with transaction.atomic():
            HourEntry.objects.bulk_create(lines, batch_size=BATCH)


def _lines(members: list[int]) -> Iterator[list[HourEntry]]:
    tariffs = Tariffs()
    for first in range(0, len(members), BATCH):
        some = members[first : first + BATCH]
        days: dict[tuple[int, dt.date], list[Assertion]] = defaultdict(list)
        for credit in chain(training.credits(some, tariffs), courses.credits(some, tariffs)):
            if credit.hours > 0:
                days[credit.member_id, credit.earned_on].append(_assertion(credit))
        with transaction.atomic():
            Assertion.objects.bulk_create((row for rows in days.values() for row in rows), batch_size=BATCH)
        prices = {source: one for rows in days.values() for source, one in price(rows).items()}
        yield [_line(row, prices[row.source].hours) for rows in days.values() for row in rows]


def _line(row: Assertion, hours: Any) -> HourEntry:
    said = ("source", "member_id", "earned_on", "category", "mode", "title", "occasion", "rule")
    return HourEntry(sequence=1, hours=hours, **{name: getattr(row, name) for name in said})
