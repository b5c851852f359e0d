"""Any figure for any period, by child unit: 参训人数, 人次, 学时, 期, 场, 覆盖率, 参训率, also as of an earlier day (domain §6).

What was earned and held counts for the unit at the time (``people``, ``person_times``, ``hours``, ``classes``, ``lectures``). The
rates are about the people on the roster on the last day of the period (of the day asked for, where the roster was entered
only later), as it was known: 参训率 = took part ÷ due, 覆盖率 =
members with a completed 集中培训 ÷ members. The exempt are outside of what is due, and shown.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from lms.core.hours import ZERO
from lms.core.tables import Column
from lms.goals import progress
from lms.hours import periods
from lms.hours.periods import Span, Sums, Taken
from lms.members import history
from lms.members.models import Member, MemberVersion, Unit, User
from lms.members.permissions import visible
from lms.reports import asof
from lms.reports.rollup import share
from lms.training import held

COLUMNS = (
    Column("unit", _("编码")),
    Column("name", _("党组织"), 30),
    Column("members", _("党员总数")),
    Column("exempt", _("免考核人数")),
    Column("due", _("应训人数")),
    Column("took_part", _("参训党员")),
    Column("participation", _("参训率")),
    Column("covered", _("参加过集中培训")),
    Column("coverage", _("覆盖率")),
    Column("people", _("参训人数（当时所在组织）"), 16),
    Column("person_times", _("人次")),
    Column("hours", _("学时")),
    Column("classes", _("培训期数")),
    Column("lectures", _("报告会场数")),
    Column("start", _("起始日期")),
    Column("end", _("截止日期")),
    Column("as_of", _("截至"), 14),
)
PEOPLE_COLUMNS = (
    Column("code", _("编号")),
    Column("name", _("姓名")),
    Column("due", _("是否应训")),
    Column("occasions", _("参加活动次数")),
    Column("classes", _("集中培训次数")),
    Column("hours", _("学时")),
    Column("start", _("起始日期")),
    Column("end", _("截止日期")),
    Column("as_of", _("截至"), 14),
)


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start`` to ``end``, both included, as known at the end of ``as_of``."""

    start: dt.date
    end: dt.date
    as_of: dt.date

    @property
    def span(self) -> Span:
        """The period as the ledger takes it."""
        return Span(self.start, self.end, asof.moment(self.as_of))

    @property
    def day(self) -> dt.date:
        """The day on which exemptions are looked at: the last of the period, or that as of which is asked."""
        return min(self.end, self.as_of)


@dataclass(slots=True)
class People:
    """The people of the roster: members, of them exempt; of those due who took part; of all who attended a 集中培训."""

    members: int = 0
    exempt: int = 0
    took_part: int = 0
    covered: int = 0

    @property
    def due(self) -> int:
        return self.members - self.exempt


@dataclass(frozen=True, slots=True)
class Row:
    """One unit's figures; ``direct``: only of the unit itself without those below it."""

    unit: Unit
    roster: People
    earned: Sums
    classes: int
    lectures: int
    direct: bool = False

    @property
    def name(self) -> str:
        return _g("%(name)s（直属）") % {"name": self.unit.name} if self.direct else self.unit.name

    @property
    def participation(self) -> Decimal | None:
        """参训率, between 0 and 1; None when nobody was due."""
        return share(self.roster.took_part, self.roster.due)

    @property
    def coverage(self) -> Decimal | None:
        """覆盖率, between 0 and 1; None of nobody."""
        return share(self.roster.covered, self.roster.members)

    def values(self, period: Period) -> tuple[Any, ...]:
        """The row in the order of ``COLUMNS``."""
        roster, earned = self.roster, self.earned
        return (
            *(self.unit.code, self.name, roster.members, roster.exempt, roster.due, roster.took_part),
            *(self.participation, roster.covered, self.coverage, earned.people, earned.person_times, earned.hours),
            *(self.classes, self.lectures, period.start, period.end, period.as_of),
        )


@dataclass(frozen=True, slots=True)
class Report:
    """A unit's figures for a period: its child units (itself when it has none) and the whole."""

    unit: Unit
    period: Period
    rows: list[Row]
    total: Row


@dataclass(frozen=True, slots=True)
class Roster:
    """Who belonged to a unit then, whom the hours bind, where each belonged, who was exempt, what each took part in."""

    bound: dict[int, MemberVersion]
    paths: dict[int, str]
    exempt: set[int]
    taken: dict[int, Taken]


def report(unit: Unit, period: Period) -> Report:
    """The figures of a unit's children and its whole. The number of queries is the same for any size."""
    children = list(unit.get_children().order_by("path"))
    length = len(unit.path) + Unit.steplen
    earned = periods.by_child(period.span, unit.path, length)
    trainings = held.by_child(period.start, period.end, period.span.known_on, unit.path, length)
    people = _people(roster_of(unit, period), length)

    def row(one: Unit, key: str, *, direct: bool = False) -> Row:
        classes, lectures = (_held(trainings, key, kind) for kind in ("class", "lecture"))
        return Row(one, people.get(key, People()), earned.get(key, Sums()), classes, lectures, direct)

    rows = [row(child, child.path) for child in children]
    own = row(unit, unit.path, direct=bool(children))
    if not children or own.roster.members or own.earned.people or own.classes or own.lectures:
        rows.append(own)
    return Report(unit, period, rows, row(unit, ""))


def _held(trainings: Counter[tuple[str, str]], key: str, kind: str) -> int:
    return sum(number for (path, one), number in trainings.items() if one == kind and key in ("", path))


def roster_of(unit: Unit, period: Period) -> Roster:
    """The people of a unit and all below it, as known, with what they took part in."""
    known_on = period.span.known_on
    moment = history.moment_of(period.end, known_on) or known_on
    bound = {pk: one for pk, one in history.roster(unit, moment).items() if history.is_bound(one)}
    ever = MemberVersion.objects.filter(unit__path__startswith=unit.path).order_by().values("member_id")
    exempt = progress.exemptions_known(known_on).filter(starts_on__lte=period.day, ends_on__gte=period.day)
    return Roster(
        bound=bound,
        paths=dict(Unit.objects.filter(path__startswith=unit.path).values_list("pk", "path")),
        exempt=set(exempt.values_list("member_id", flat=True)),
        taken=periods.by_member(period.span, ever),
    )


def _people(roster: Roster, length: int) -> dict[str, People]:
    """People by the first ``length`` letters of their unit's path; all of them under ``""``."""
    found: dict[str, People] = {}
    for pk, version in roster.bound.items():
        taken = roster.taken.get(pk)
        for key in ("", roster.paths[version.unit_id][:length]):
            people = found.setdefault(key, People())
            people.members += 1
            people.exempt += pk in roster.exempt
            people.took_part += taken is not None and pk not in roster.exempt
            people.covered += bool(taken and taken.classes)
    return found


def table(found: Report) -> Iterator[tuple[Any, ...]]:
    """The rows of a file, the whole last."""
    for row in found.rows:
        yield row.values(found.period)
    last = list(found.total.values(found.period))
    last[1] = f"{found.unit.name} {_g('合计')}"
    yield tuple(last)


# -- person by person ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Person:
    """One member of a branch, as known then, and what he or she took part in."""

    member: Member
    known: MemberVersion
    exempt: bool
    taken: Taken


NOTHING = Taken(0, 0, ZERO)


def people(unit: Unit, period: Period, user: User) -> tuple[list[Person], int]:
    """The members of a unit by name, and how many more there were then whom the person may not read about any more."""
    roster = roster_of(unit, period)
    readable = visible(Member.objects.filter(versions__unit__path__startswith=unit.path).distinct(), user)
    found = [
        Person(member, roster.bound[member.pk], member.pk in roster.exempt, roster.taken.get(member.pk, NOTHING))
        for member in readable
        if member.pk in roster.bound
    ]
    return found, len(roster.bound) - len(found)


def people_table(found: Sequence[Person], period: Period) -> Iterator[tuple[Any, ...]]:
    """The members in the order of ``PEOPLE_COLUMNS``."""
    for one in found:
        due = _g("免考核") if one.exempt else _g("是")
        yield (
            *(one.member.code, one.member.name, due, one.taken.occasions, one.taken.classes, one.taken.hours),
            *(period.start, period.end, period.as_of),
        )
