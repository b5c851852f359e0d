"""As of: for 200 random days and members of a randomly lived year, the answer equals a replay of ledger and audit trail.

The replay below knows nothing of ``progress``, ``totals`` or ``history``: it reads the lines of the ledger and the audit rows
up to the end of the day, one by one, and works out by hand what the default goals (条例 art. 20) make of them.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

import pytest
import time_machine
from django.db import transaction

from lms.core import clock
from lms.goals import services as goals
from lms.goals.models import Exemption
from lms.hours import ledger
from lms.hours.credit import Credit
from lms.hours.models import HourEntry
from lms.members import services
from lms.members.models import AuditEntry, Member, Post, Unit
from lms.reports import asof, rollup
from tests.conftest import County
from tests.factories import make_credit, make_member

pytestmark = pytest.mark.django_db
YEAR = 2026
PAIRS = 200
PEOPLE = 14
ZERO = Decimal(0)
MODES = ("class", "lecture", "group", "online", "visit")


# -- a year is lived --------------------------------------------------------------------------


@dataclass
class Life:
    """A county that does something at random again and again, on random days of the year, and forgets nothing of it."""

    random: Random
    county: County
    members: list[Member] = field(default_factory=list)
    credits: list[Credit] = field(default_factory=list)

    @property
    def branches(self) -> list[Unit]:
        return [self.county.branch, self.county.branch2, self.county.other_branch]

    def anyone(self) -> Member:
        return Member.objects.get(pk=self.random.choice(self.members).pk)

    def some_day(self) -> dt.date:
        """A day of this year up to today: records come late."""
        return dt.date(YEAR, 1, 1) + dt.timedelta(days=self.random.randint(0, clock.today().timetuple().tm_yday - 1))

    def post(self, credit: Credit) -> None:
        with transaction.atomic():
            ledger.post(credit, by=None)

    def earn(self) -> None:
        day, number = self.some_day(), self.random.randint(1, 40)
        credit = make_credit(
            self.anyone(),
            self.random.choice(["0.50", "2.00", "4.00", "8.00"]),
            source=f"life:{len(self.credits)}:{day}",
            earned_on=day,
            mode=self.random.choice(MODES),
            occasion=f"training:{number}" + self.random.choice(["", "", "", "/incomplete"]),
        )
        self.credits.append(credit)
        self.post(credit)

    def correct(self) -> None:
        """Another number of hours, another day, or nothing at all."""
        if not self.credits:
            return
        index = self.random.randrange(len(self.credits))
        old = self.credits[index]
        hours = Decimal(self.random.choice(["0", "1.00", "4.00", "6.50"]))
        new = Credit(**{**{name: getattr(old, name) for name in old.__slots__}, "hours": hours})
        self.credits[index] = new
        self.post(new)

    def transfer(self) -> None:
        services.transfer(member=self.anyone(), to=self.random.choice(self.branches), by=None)

    def leave_or_come_back(self) -> None:
        state = self.random.choice(["active", "active", "stopped", "transferred"])
        services.set_state(member=self.anyone(), state=state, on=clock.today(), by=None)

    def change_category(self) -> None:
        category = self.random.choice(["full", "probationary", "candidate"])
        services.update_member(member=self.anyone(), by=None, category=category)

    def appoint(self) -> None:
        member = self.anyone()
        services.appoint(member=member, unit=member.unit, office="secretary", started_on=self.some_day(), by=None)

    def leave_office(self) -> None:
        posts = Post.objects.filter(ended_on__isnull=True, started_on__lte=clock.today()).order_by("pk")
        if posts:
            post = self.random.choice(posts)
            days = (clock.today() - post.started_on).days
            services.leave_office(post=post, on=post.started_on + dt.timedelta(self.random.randint(0, days)), by=None)

    def exempt(self) -> None:
        start = self.some_day()
        end = start + dt.timedelta(days=self.random.randint(0, 120))
        goals.exempt(member=self.anyone(), reason="illness", starts_on=start, ends_on=end, by=None)

    def withdraw(self) -> None:
        rows = Exemption.objects.filter(withdrawn_at__isnull=True).order_by("pk")
        if rows:
            goals.withdraw_exemption(exemption=self.random.choice(rows), by=None, reason="已康复")

    def newcomer(self) -> None:
        self.members.append(make_member(self.random.choice(self.branches), f"新人{len(self.members)}"))

    def acts(self) -> list[Callable[[], None]]:
        often = [self.earn] * 10 + [self.correct] * 4 + [self.transfer] * 3
        return [
            *often,
            *(self.leave_or_come_back, self.change_category, self.appoint, self.leave_office, self.exempt),
            *(self.withdraw, self.newcomer),
        ]


@pytest.fixture(params=[1, 2])
def life(request: pytest.FixtureRequest, tree: County) -> Iterator[Life]:
    """A whole year: people enter in January, then one to three acts a day on two days of three."""
    random = Random(request.param)
    lived = Life(random, tree)
    day = dt.date(YEAR, 1, 1)
    with time_machine.travel(clock.day_start(day), tick=False) as traveller:
        goals.open_year(year=YEAR, by=None)
        lived.members = [make_member(random.choice(lived.branches), f"党员{number}") for number in range(PEOPLE)]
        while day < dt.date(YEAR, 12, 31):
            day += dt.timedelta(days=random.choice([1, 1, 2]))
            for _ in range(random.randint(1, 3)):
                traveller.move_to(clock.day_start(day) + dt.timedelta(seconds=random.randint(0, 86_399)))
                random.choice(lived.acts())()
        traveller.move_to(dt.datetime(YEAR, 12, 31, 15, 59, 59, tzinfo=dt.UTC))
        yield lived


# -- the replay -------------------------------------------------------------------------------


@dataclass
class Known:
    """What a member's audit rows say by the end of a day."""

    unit: int = 0
    state: str = ""
    category: str = ""
    exempt: bool = False


def audit_rows(action: str, end: dt.datetime) -> Iterator[AuditEntry]:
    yield from AuditEntry.objects.filter(action=action, at__lt=end).order_by("pk")


def roster_then(end: dt.datetime) -> dict[int, Known]:
    """The audit trail read from the first row: who was where in which state."""
    known: dict[int, Known] = {}
    units = dict(Unit.objects.values_list("code", "pk"))
    for row in AuditEntry.objects.filter(at__lt=end).order_by("pk"):
        model, _, pk = row.target.partition(":")
        if model != "members.member":
            continue
        one = known.setdefault(int(pk), Known())
        if row.action == "member.create":
            one.unit, one.state, one.category = row.unit_id or 0, "active", "full"
        elif row.action == "member.transfer":
            one.unit = units[row.detail["to"]]
        elif row.action == "member.state":
            one.state = row.detail["new"]
        elif row.action == "member.update" and "category" in row.detail:
            one.category = row.detail["category"][1]
    return known


def exempt_then(day: dt.date, end: dt.datetime) -> set[int]:
    withdrawn = {row.target for row in audit_rows("exemption.withdraw", end)}
    return {
        row.detail["member"]
        for row in audit_rows("exemption.approve", end)
        if row.target not in withdrawn and row.detail["starts_on"] <= day.isoformat() <= row.detail["ends_on"]
    }


def months_exempt_then(member: Member, end: dt.datetime) -> int:
    """Months of the year of which every day was under an exemption on record: a twelfth of the goal off for each."""
    withdrawn = {row.target for row in audit_rows("exemption.withdraw", end)}
    days = {
        start + dt.timedelta(days=number)
        for row in audit_rows("exemption.approve", end)
        if row.target not in withdrawn and row.detail["member"] == member.pk
        for start in [dt.date.fromisoformat(row.detail["starts_on"])]
        for number in range((dt.date.fromisoformat(row.detail["ends_on"]) - start).days + 1)
    }
    first = dt.date(YEAR, 1, 1)
    free = {day.month for day in (first + dt.timedelta(days=number) for number in range(365)) if day not in days}
    return 12 - len(free)


def leads_then(member: Member, day: dt.date, end: dt.datetime) -> bool:
    """Whether an office was held: started by the day, and not ended before it by an end that was on record."""
    target = f"members.member:{member.pk}"
    started = [row for row in audit_rows("post.start", end) if row.target == target]
    ends = {row.pk: row for row in audit_rows("post.end", end) if row.target == target}
    for start in started:
        post = Post.objects.get(
            member=member, office=start.detail["office"], started_on=start.detail["started_on"], unit=start.unit_id
        )
        ended = post.ended_on if any(row.detail["ended_on"] == str(post.ended_on) for row in ends.values()) else None
        if post.started_on <= day and (ended is None or ended >= day):
            return True
    return False


def hours_then(member: Member, day: dt.date, end: dt.datetime) -> tuple[dict[str, Decimal], int, int]:
    """(hours by mode, classes, occasions) from the lines themselves."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for line in HourEntry.objects.filter(member=member):
        if line.posted_at < end and dt.date(YEAR, 1, 1) <= line.earned_on <= day:
            sums[line.mode, line.occasion] += line.hours
    by_mode: dict[str, Decimal] = defaultdict(lambda: ZERO)
    stands = {key: hours for key, hours in sums.items() if hours > 0}
    for (mode, _occasion), hours in stands.items():
        by_mode[mode] += hours
    classes = sum(1 for mode, occasion in stands if mode == "class" and not occasion.endswith("/incomplete"))
    return by_mode, classes, len(stands)


def replay(member: Member, day: dt.date) -> dict[str, dict[str, Any]]:
    """What was known at the end of the day, by audience; empty for somebody whom no goal bound then."""
    end = clock.day_start(day + dt.timedelta(days=1))
    known = roster_then(end).get(member.pk, Known())
    if known.state != "active" or known.category not in ("full", "probationary"):
        return {}
    by_mode, classes, occasions = hours_then(member, day, end)
    exempt = member.pk in exempt_then(day, end)
    audiences = {"members": (Decimal(32), 0)}
    if leads_then(member, day, end):
        audiences["leaders"] = (Decimal(56), 1)
    months = 12 - months_exempt_then(member, end)
    found = {}
    for audience, (whole, due) in audiences.items():
        required = whole * months * 2 // 12 / 2
        total = sum(by_mode.values(), ZERO)
        counted = total - by_mode["online"] + min(by_mode["online"], required / 2)
        found[audience] = {
            "unit_id": known.unit,
            "exempt": exempt,
            "met": not exempt and counted >= required and classes >= due,
            "total": total,
            "counted": counted,
            "online": by_mode["online"],
            "classes": classes,
            "occasions": occasions,
        }
    return found


def answer(member: Member, day: dt.date) -> dict[str, dict[str, Any]]:
    names = ("unit_id", "exempt", "met", "total", "counted", "online", "classes", "occasions")
    rows = asof.standings_of(member.pk, YEAR, day)
    due = ("members", "leaders")
    return {row.line.key: {name: getattr(row, name) for name in names} for row in rows if row.line.key in due}


def test_two_hundred_random_days_and_members_equal_a_replay(life: Life) -> None:
    people = list(Member.objects.order_by("pk"))
    seen = set()
    for _ in range(PAIRS):
        member = life.random.choice(people)
        day = dt.date(YEAR, 1, 1) + dt.timedelta(days=life.random.randint(0, 364))
        due = replay(member, day)
        assert answer(member, day) == due, f"{member.name} as of {day}"
        seen.update(due)
        seen.update(name for one in due.values() for name in ("exempt", "met") if one[name])
        seen.update({"nobody"} - set(due) if not due else ())
    assert {"members", "leaders", "exempt", "met", "nobody"} <= seen, "the year was too quiet to prove anything"


def test_the_board_of_a_random_day_adds_up_to_the_replay(life: Life) -> None:
    for _ in range(6):
        day = dt.date(YEAR, 1, 1) + dt.timedelta(days=life.random.randint(30, 363))
        end = clock.day_start(day + dt.timedelta(days=1))
        report = rollup.completion(life.county.root, YEAR, day)
        paths = dict(Unit.objects.values_list("pk", "path"))
        answers = [replay(member, day) for member in Member.objects.filter(created_at__lt=end)]
        for row in (*report.rows, report.total):
            here = [
                one
                for found in answers
                if (one := found.get("members")) and paths[one["unit_id"]].startswith(row.unit.path)
            ]
            sums = row.of_members
            assert (sums.members, sums.exempt, sums.met) == (
                len(here),
                sum(one["exempt"] for one in here),
                sum(one["met"] for one in here),
            ), f"{row.unit} as of {day}"
            assert sums.assessed_hours == sum((one["counted"] for one in here if not one["exempt"]), ZERO)
