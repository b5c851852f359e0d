"""A year and more of classes, lectures, meetings and base visits, and what is ahead in the next two weeks.

The past is written in bulk, as a county enters its paper books; ``training.services.settle`` credits it month by month.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from random import Random

from lms.core import clock
from lms.core.inserts import insert
from lms.demo import planning
from lms.demo.geography import COUNTY, County
from lms.demo.people import Cast, Population
from lms.members.models import Member, Unit, User
from lms.training import services
from lms.training.models import Attendance, Base, Enrolment, Training, TrainingSession
from lms.training.planning import numbers
from lms.training.services import SessionPlan

Report = Callable[[], None]
Kind, Measure, Status = Training.Kind, TrainingSession.Measure, Attendance.Status
SEATS = 60
LEADERS_A_CLASS = 100
TOPICS = (
    ("党支部党员大会：学习上级文件，讨论春耕备耕", "political"),
    ("党课：重温入党誓词，对照党章找差距", "discipline"),
    ("主题党日：清理村庄环境，走访困难户", "purpose"),
    ("党课：学习新修订的纪律处分条例", "discipline"),
    ("党员大会：民主评议与村务公开", "purpose"),
    ("主题党日：学习党史，讲本村老党员的故事", "history"),
    ("党课：乡村振兴政策解读", "situation"),
    ("主题党日：防汛巡堤和安全生产", "situation"),
    ("党课：坚定理想信念", "theory"),
)
CLASSES = (("乡村振兴政策与党性教育轮训班", "political"), ("农村实用技术与党员教育轮训班", "skills"))
LECTURERS = ("周文清", "方志远", "陆一鸣", "程秋菊", "尹国平")


@dataclass(slots=True)
class Held:
    """A training that took place, before it is written: its row, its sessions, who was due."""

    training: Training
    sessions: list[TrainingSession]
    due: list[Member]

    @property
    def ended_at(self) -> dt.datetime:
        """When the last session was over."""
        return self.sessions[-1].ends_at


def live_through(county: County, people: Population, cast: Cast, random: Random, told: Report) -> None:
    """Write all past trainings and credit them at the end of each month, as of then."""
    today = clock.today()
    held = [one for one in _plans(county, people, random, today) if one.sessions]
    held.sort(key=lambda one: (one.ended_at, one.training.unit_id, one.training.title))
    for month, rows in groupby(held, key=lambda one: clock.local_date(one.ended_at).replace(day=1)):
        batch = list(rows)
        _write(batch)
        insert([mark for one in batch for mark in _marks(one, people, _marker(one, county, cast), random)])
        with clock.told(_month_end(month)):
            services.settle(trainings=[one.training for one in batch], by=None)
        told()


def months(today: dt.date) -> int:
    """How many months ``live_through`` reports."""
    return 3 + today.month


def _month_end(month: dt.date) -> dt.datetime:
    following = (month + dt.timedelta(days=32)).replace(day=1)
    return min(clock.day_start(following) - dt.timedelta(hours=2), clock.now())


def _plans(county: County, people: Population, random: Random, today: dt.date) -> Iterator[Held]:
    for year, first in ((today.year - 1, 10), (today.year, 1)):
        for month in range(first, 13, 3):
            yield from _meetings(county, people, random, dt.date(year, month, 1))
    for town in county.towns:
        yield from _town_classes(town, county, people, random, today.year)
        yield from _visits(town, county, people, random, today.year)
    yield from _leaders(county, people, random, today.year)
    yield from _lectures(county, people, random, today.year)


def _past(sessions: Iterable[tuple[dt.datetime, dt.datetime, str, str]]) -> list[TrainingSession]:
    """Sessions that are over by now."""
    return [
        TrainingSession(starts_at=start, ends_at=end, measure=measure, topic=topic)
        for start, end, measure, topic in sessions
        if end < clock.now() - dt.timedelta(days=1)
    ]


def _at(day: dt.date, hour: float) -> dt.datetime:
    return clock.day_start(day) + dt.timedelta(hours=hour)


def _workday(random: Random, year: int, month: int, first: int = 1, last: int = 26) -> dt.date:
    day = dt.date(year, month, random.randint(first, last))
    return day - dt.timedelta(days=max(0, day.weekday() - 3))


def _held(training: Training, sessions: list[TrainingSession], due: list[Member]) -> Held:
    if sessions:
        training.state = Training.State.CLOSED
        training.closed_at = sessions[-1].ends_at + dt.timedelta(hours=1)
        training.capacity = max(len(due), SEATS)
    return Held(training, sessions, due)


def _meetings(county: County, people: Population, random: Random, first: dt.date) -> Iterator[Held]:
    """三会一课 of each branch in a quarter: two meetings of an afternoon, three hours each."""
    quarter = "一二三四"[(first.month - 1) // 3]
    for unit in county.branches:
        shift = random.randrange(len(TOPICS))
        days = [dt.date(first.year, first.month + index, random.randint(3, 25)) for index in (0, 2)]
        rows = [
            (_at(day, 14.5), _at(day, 17.5), Measure.CLOCK, TOPICS[(shift + n) % len(TOPICS)][0])
            for n, day in enumerate(days)
        ]
        training = Training(
            kind=Kind.MEETING,
            title=f"{first.year}年第{quarter}季度三会一课",
            category=TOPICS[shift][1],
            unit=unit,
            place=f"{unit.short_name}会议室",
            lecturer="支部书记",
        )
        yield _held(training, _past(rows), people.by_branch[unit.pk])


def _town_classes(town: Unit, county: County, people: Population, random: Random, year: int) -> Iterator[Held]:
    """The town's yearly round: every member once, two days, in classes of sixty."""
    own = [unit for unit in county.branches if unit.path.startswith(town.path)]
    due = [member for unit in own for member in people.by_branch[unit.pk]]
    for number in range(0, len(due), SEATS):
        title, category = CLASSES[(number // SEATS) % 2]
        day = _workday(random, year, 3 + (number // SEATS) % 5, 6)
        rows = [
            (_at(day, 8.5), _at(day, 17), Measure.DAY, "集中授课"),
            (_at(day + dt.timedelta(days=1), 8.5), _at(day + dt.timedelta(days=1), 17), Measure.DAY, "现场教学与研讨"),
        ]
        training = Training(
            kind=Kind.CLASS,
            title=f"{town.short_name}{title}（第{number // SEATS + 1}期）",
            category=category,
            unit=town,
            place=f"{town.short_name}党校分校",
            lecturer=random.choice(LECTURERS),
        )
        yield _held(training, _past(rows), due[number : number + SEATS])


def _visits(town: Unit, county: County, people: Population, random: Random, year: int) -> Iterator[Held]:
    """Four half-day visits to bases, each by a few neighbouring branches."""
    own = [unit for unit in county.branches if unit.path.startswith(town.path)]
    for month in (4, 6, 9, 10):
        base: Base = random.choice(county.bases)
        branches = random.sample(own, max(1, round(len(own) * 0.28)))
        due = [member for unit in branches for member in people.by_branch[unit.pk] if not member.away]
        day = _workday(random, year, month)
        training = Training(
            kind=Kind.VISIT,
            title=f"{base.name}现场教学",
            category=_category(base),
            unit=town,
            base=base,
            place=base.address,
            lecturer="基地讲解员",
        )
        yield _held(training, _past([(_at(day, 8.5), _at(day, 11.5), Measure.HALF_DAY, base.theme)]), due[:100])


def _category(base: Base) -> str:
    of_kind = {"warning": "discipline", "integrity": "discipline", "patriotic": "history"}
    return of_kind.get(base.kind, "skills")


def _leaders(county: County, people: Population, random: Random, year: int) -> Iterator[Held]:
    """The county's class for secretaries and committee members: three days."""
    for number in range(0, len(people.leaders), LEADERS_A_CLASS):
        first = _workday(random, year, 5 + number // LEADERS_A_CLASS % 6, 4, 20)
        days = [first + dt.timedelta(days=index) for index in range(3)]
        rows = [(_at(day, 8.5), _at(day, 17), Measure.DAY, "集中授课") for day in days]
        training = Training(
            kind=Kind.CLASS,
            title=f"{COUNTY}村（社区）书记和班子成员培训班（第{number // LEADERS_A_CLASS + 1}期）",
            category="political",
            unit=county.root,
            place="县委党校报告厅",
            lecturer="县委党校教师",
        )
        yield _held(training, _past(rows), people.leaders[number : number + LEADERS_A_CLASS])


def _lectures(county: County, people: Population, random: Random, year: int) -> Iterator[Held]:
    for month, title, category in (
        (4, "全面推进乡村振兴形势报告会", "situation"),
        (7, "党的纪律专题报告会", "discipline"),
    ):
        day = _workday(random, year, month)
        training = Training(
            kind=Kind.LECTURE, title=title, category=category, unit=county.root, place="县会议中心", lecturer="方志远"
        )
        due = random.sample(people.leaders, min(300, len(people.leaders)))
        yield _held(training, _past([(_at(day, 14.5), _at(day, 17.5), Measure.CLOCK, title)]), due)


# -- writing -------------------------------------------------------------------------------


def _write(batch: list[Held]) -> None:
    """Insert trainings with sessions and seats."""
    Training.objects.bulk_create([one.training for one in batch])
    for one in batch:
        for session in one.sessions:
            session.training = one.training
    TrainingSession.objects.bulk_create([session for one in batch for session in one.sessions])
    numbers.fill(one.training.pk for one in batch)
    insert(
        [
            Enrolment(training_id=one.training.pk, member_id=member.pk, unit_id=member.unit_id)
            for one in batch
            for member in one.due
        ]
    )


def _marker(one: Held, county: County, cast: Cast) -> User:
    """Who called the roll: the trainer in the one town that has the accounts, the county elsewhere."""
    own = one.training.unit.path.startswith(county.towns[0].path)
    return cast.users["trainer" if own else "county"]


def _marks(one: Held, people: Population, marker: User, random: Random) -> Iterator[Attendance]:
    """Who came: a person decides for a class as a whole and for each meeting anew."""
    whole = one.training.kind == Kind.CLASS
    for member in one.due:
        chance = people.diligence[member.pk]
        comes = random.random() < chance
        for session in one.sessions:
            if not whole:
                comes = random.random() < chance
            missed = Status.LEAVE if random.random() < 0.4 else Status.ABSENT
            yield Attendance(
                session=session,
                member=member,
                status=Status.PRESENT if comes else missed,
                marked_at=session.ends_at,
                marked_by=marker,
            )


# -- what is ahead -------------------------------------------------------------------------


def plan_ahead(county: County, people: Population, cast: Cast) -> None:
    """What trainer and member find on the first day: a visit to tick, a class to come, and more for the towns."""
    town, branch, trainer = county.towns[0], county.branches[0], cast.users["trainer"]
    own = [unit for unit in county.branches if unit.path.startswith(town.path)]
    due = [member for unit in own[:4] for member in people.by_branch[unit.pk] if not member.away][:40]
    due = [cast.member, cast.elder, *(one for one in due if one.pk not in (cast.member.pk, cast.elder.pk))]
    grapes, today = county.bases[0], clock.today()
    day = last_half_day(clock.now())
    hall, agronomist = planning.register(county)
    pruning = replace(_plan(today, 3, "整形与修剪"), room=hall, experts=(agronomist,))
    rows: list[tuple[str, str, str, Base | None, Unit, SessionPlan]] = [
        (Kind.VISIT, "葡萄冬季修剪现场观摩", "skills", grapes, town, SessionPlan(*day, Measure.HALF_DAY, "冬剪示范")),
        (Kind.CLASS, "葡萄冬季管理实训班", "skills", None, town, pruning),
        (Kind.VISIT, "警示教育馆参观", "discipline", county.bases[7], town, _plan(today, 9, "以案说纪")),
        (Kind.MEETING, "年终民主评议党员大会", "purpose", None, branch, _plan(today, 12, "民主评议")),
    ]
    for kind, title, category, base, unit, plan in rows:
        training = services.plan_training(
            kind=kind,
            unit=unit,
            sessions=[plan],
            by=None,
            title=title,
            category=category,
            base=base,
            place=str(plan.room or (base.address if base else f"{unit.short_name}会议室")),
            trainer=trainer,
            lecturer="周老师",
            capacity=SEATS,
        )
        services.enrol_many(training=training, members=due, by=None)


def last_half_day(now: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """The last morning that is over: its visit can be ticked and closed at once."""
    day = clock.local_date(now - dt.timedelta(hours=12))
    return _at(day, 8.5), _at(day, 11.5)


def _plan(today: dt.date, days: int, topic: str) -> SessionPlan:
    day = today + dt.timedelta(days=days)
    return SessionPlan(_at(day, 8.5), _at(day, 11.5), Measure.HALF_DAY, topic)
