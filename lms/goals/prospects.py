"""Who would gain by an activity that is still ahead: what each goal lacks, what it would earn, what is left.

Read from the standings of the year, so that thousands of people are weighed in one query; only where a line caps the form
of study is what people earned in that form read too. The arithmetic is in ``rules`` and agrees with ``rules.evaluate``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import Any

from django.db.models import F, QuerySet

from lms.core import clock
from lms.core.hours import ZERO
from lms.goals import people
from lms.goals.earned import Book, dues_of
from lms.goals.models import GoalLine, Standing
from lms.goals.rules import Activity, Gap, after, closed_share, earned_by, reference_day
from lms.goals.selectors import lines_of, terms_of
from lms.hours import totals
from lms.members.models import Member

LACKS_HOURS, LACKS_CLASS = "hours", "class"
CHUNK = 500
Within = Callable[[int, dt.date | None], Activity]
Rooms = Mapping[tuple[int, int], Decimal | None]


@dataclass(frozen=True, slots=True)
class Planned:
    """An activity ahead: 学时 by day to who is there throughout, form, category, whether it is a class (集中培训)."""

    days: Mapping[dt.date, Decimal]
    mode: str
    category: str
    is_class: bool

    @property
    def year(self) -> int:
        """The year in whose goals it counts: that of its first day; this year's before a day is set."""
        return min(self.days, default=clock.today()).year

    def within(self, year: int, due_on: dt.date | None) -> Activity:
        """What of it a goal of a year looks at, until the day that it falls due."""
        days = [day for day in self.days if day.year == year and (due_on is None or day <= due_on)]
        hours = sum((self.days[day] for day in days), ZERO)
        return Activity(hours, self.mode, self.category, self.is_class and hours > 0)


@dataclass(frozen=True, slots=True)
class Prospect:
    """One person under one goal line: what it lacks, what the activity would earn toward it (学时), what is left."""

    member_id: int
    line: GoalLine
    before: Gap
    earns: Decimal
    left: Gap

    @property
    def closes(self) -> bool:
        """Whether the goal would be reached by this alone."""
        return self.left.nothing

    @property
    def gives_class(self) -> bool:
        """Whether it is a class (集中培训) that is missing."""
        return self.left.classes < self.before.classes

    @property
    def share(self) -> Decimal:
        """How much of the missing 学时 it makes good, 0 to 1."""
        return closed_share(self.before, self.left)

    @property
    def rank(self) -> tuple[bool, bool, Decimal]:
        """Sorts who gains most first: goal closed, then a missing class, then the largest share of the gap."""
        return (not self.closes, not self.gives_class, -self.share)


def prospects(members: QuerySet[Member], planned: Planned) -> dict[int, list[Prospect]]:
    """By member id what the activity would change, the best first; whom it brings nothing is absent.

    Three queries however many people there are, and some for each 500 under a line that caps the form of study.
    """
    lines = {line.pk: line for line in lines_of(planned.year).values()}
    rows = list(_unmet(members, lines))
    rooms = _rooms(lines, rows, planned)
    found: dict[int, list[Prospect]] = {}
    within = lru_cache(None)(planned.within)
    for row in rows:
        one = _prospect(row, lines[row[1]], within, rooms)
        if one.left != one.before:
            found.setdefault(one.member_id, []).append(one)
    for own in found.values():
        if len(own) > 1:
            own.sort(key=lambda one: one.rank)
    return found


def _unmet(members: QuerySet[Member], lines: Iterable[int]) -> Iterator[tuple[Any, ...]]:
    """The standings of these people that bind and are not met, as (member, line, required, counted, classes …)."""
    rows = Standing.objects.filter(line__in=list(lines), exempt=False, met=False, member__in=members.order_by())
    columns = ("member_id", "line_id", "required", "counted", "required_classes", "classes", "shortfalls", "due_on")
    return rows.order_by("member_id", "line__position", "line_id").values_list(*columns).iterator(CHUNK)


def _prospect(row: tuple[Any, ...], line: GoalLine, within: Within, rooms: Rooms) -> Prospect:
    member_id, line_id, required, counted, required_classes, classes, shortfalls, due_on = row
    before = Gap(
        hours=max(required - counted, ZERO),
        classes=max(required_classes - classes, 0),
        minima={name: Decimal(hours) for name, hours in shortfalls.items()},
    )
    activity, modes = within(line.policy.year, due_on), frozenset(line.modes)
    room = rooms.get((line_id, member_id))
    earns = earned_by(activity, modes, room)
    return Prospect(member_id, line, before, earns, after(before, activity, modes, room))


def _rooms(lines: Mapping[int, GoalLine], rows: Iterable[tuple[Any, ...]], planned: Planned) -> Rooms:
    """学时 of the activity's form that still fit below a line's cap, by (line id, member id); absent: nothing caps it."""
    capped = [line for line in lines.values() if line.mode_caps.get(planned.mode, 100) < 100]
    if not capped:
        return {}
    terms = dict(zip(lines, terms_of(lines.values()), strict=True))
    held = [terms[line.pk] for line in capped]
    ids = iter(sorted({row[0] for row in rows}))
    found: dict[tuple[int, int], Decimal | None] = {}
    while chunk := list(islice(ids, CHUNK)):
        dues = dues_of(held, people.present(chunk), planned.year, reference_day(planned.year, clock.today()))
        book = Book(totals.of_members(chunk, planned.year)).read(held, dues)
        for line in capped:
            for pk in chunk:
                due = dues.get((line.key, pk))
                cap = due.requirement.cap(planned.mode) if due else None
                if due is not None and cap is not None:
                    used = book.of(terms[line.pk], pk, due).by_mode.get(planned.mode, ZERO)
                    found[line.pk, pk] = max(ZERO, cap - used)
    return found


def lacking(year: int, what: str) -> QuerySet[Any]:
    """Ids of the members who lack 学时 (``hours``) or a class (``class``) under a goal of a year, for ``pk__in``."""
    rows = Standing.objects.filter(line__in=[line.pk for line in lines_of(year).values()], exempt=False, met=False)
    lacks = {
        LACKS_HOURS: rows.filter(counted__lt=F("required")),
        LACKS_CLASS: rows.filter(classes__lt=F("required_classes")),
    }
    return lacks[what].order_by().values("member_id")


def assessed(members: QuerySet[Member], year: int) -> dict[int, str]:
    """``{member id: path of the unit}`` of those whom a goal of the year binds, the exempt left out; two queries."""
    rows = Standing.objects.filter(line__in=[line.pk for line in lines_of(year).values()], exempt=False)
    return dict(rows.filter(member__in=members.order_by()).order_by().values_list("member_id", "member__unit__path"))
