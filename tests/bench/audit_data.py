"""A county with a long ledger for the benchmark of the audit: evidence, assertions, lines, standings, seals, all agreeing.

Each member has 25 lines a year, in about the shares of a real village: 14 sessions of meetings and classes, 8 lessons seen in
the room of his branch, 3 watched alone. The evidence is made row by row in bulk; what it is worth is asked of the house's own
selectors and priced by the ledger's own function, only the storing takes a short way. Then a year's standings are rebuilt and
the days sealed by the house itself.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import chain, islice
from typing import Any
from uuid import uuid4

from django.db import connection, transaction

from courses import selectors as courses
from courses.models import GroupWatch, LessonPage, PlaySession, PlaySpan
from lms.core import clock
from lms.core.hours import to_hundredths
from lms.goals import progress, services
from lms.goals.models import GoalPolicy
from lms.hours import seals
from lms.hours.conversion import Tariffs
from lms.hours.credit import Credit
from lms.hours.models import Assertion, HourEntry
from lms.hours.rules import Claimed, price_day
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


def _rows(model: Any, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Store rows whose ids nobody needs, without making objects of them. Moments are aware; SQLite takes them in UTC."""
    names = columns.split()
    marks = ", ".join(["%s"] * len(names))
    with transaction.atomic(), connection.cursor() as cursor:
        for_sqlite = (tuple(_plain(value) for value in row) for row in rows)
        cursor.executemany(f"INSERT INTO {model._meta.db_table} ({', '.join(names)}) VALUES ({marks})", for_sqlite)


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return str(value.astimezone(dt.UTC).replace(tzinfo=None))
    return str(value) if isinstance(value, dt.date) else value


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
    ids = ((session, member) for session, who in sessions for unit in who for member in people[unit.pk])
    _rows(
        Attendance,
        "session_id member_id status marked_at",
        ((session.pk, member, "present", session.ends_at) for session, member in ids),
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


SPAN = "from_ms to_ms wall_from_ms wall_to_ms"


def _span_of(session: PlaySession) -> tuple[int, int, int, int]:
    """All of a lesson's video, as the values of ``SPAN``."""
    return 0, LENGTH, session.started_ms, session.started_ms + LENGTH


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
    _rows(
        Presence,
        "viewing_id member_id joined_at marked_at",
        ((one.pk, member, one.opened_at, one.opened_at) for one in held for member in who[one.station_id]),
    )
    played = [
        (one, _session(lessons[2 * (index % VIEWINGS) + part], course, one.opened_at + dt.timedelta(minutes=30 * part)))
        for index, one in enumerate(held)
        for part in range(2)
    ]
    _bulk(PlaySession, [session for _viewing, session in played])
    _rows(PlaySpan, f"session_id number {SPAN}", ((one.pk, 1, *_span_of(one)) for _viewing, one in played))
    _bulk(ViewingItem, (ViewingItem(viewing=viewing, play_session=session) for viewing, session in played))
    _rows(
        GroupWatch,
        f"member_id session_id occasion title {SPAN}",
        (
            (member, session.pk, viewing.occasion, session.title, *_span_of(session))
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
    _rows(PlaySpan, f"session_id number {SPAN}", ((one.pk, 1, *_span_of(one)) for one in sessions))


# -- the ledger -----------------------------------------------------------------------------


SAID = "source member_id earned_on category mode title occasion rule"


def _post(members: list[int]) -> None:
    """Assertions and lines as the ledger would have posted them, in the order of the year."""
    unit_of = dict(Member.objects.values_list("pk", "unit_id"))
    names = dict(Unit.objects.values_list("pk", "name"))
    moment, step = _at(0, 0), dt.timedelta(seconds=364 * 86_400 / (len(members) * LINES_A_MEMBER))
    for priced in _priced(members):
        lines = []
        for row, hours in priced:
            moment += step
            unit = unit_of[row.member_id]
            lines.append((*_said(row), uuid4().hex, 1, to_hundredths(hours), unit, names[unit], "", moment))
        _rows(HourEntry, f"{SAID} uuid sequence hours unit_id unit_name note posted_at", lines)


def _said(row: Credit) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in SAID.split())


def _priced(members: list[int]) -> Iterator[list[tuple[Credit, Decimal]]]:
    """What some thousand members earned, each credit with its price within its day; the assertions are stored."""
    tariffs = Tariffs()
    for first in range(0, len(members), BATCH):
        some = members[first : first + BATCH]
        days: dict[tuple[int, dt.date], list[Credit]] = defaultdict(list)
        for credit in chain(training.credits(some, tariffs), courses.credits(some, tariffs)):
            if credit.hours > 0:
                days[credit.member_id, credit.earned_on].append(credit)
        _rows(
            Assertion,
            f"{SAID} gross step day_cap covers note",
            (
                (*_said(one), *map(to_hundredths, (one.hours, one.step, one.day_cap)), json.dumps(one.covers), "")
                for credits in days.values()
                for one in credits
            ),
        )
        yield [pair for credits in days.values() for pair in _price(credits)]


def _price(credits: list[Credit]) -> list[tuple[Credit, Decimal]]:
    """The credits of one member's day, priced as the ledger prices them."""
    claims = [Claimed(one.source, one.mode, one.hours, one.step, one.covers) for one in credits]
    prices = price_day(claims, min(one.day_cap for one in credits))
    return [(one, prices[one.source].hours) for one in credits if prices[one.source].hours > 0]
