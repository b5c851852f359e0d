"""A county that lives through a year at random, beside a plain re-telling of what everybody should have.

The re-telling shares no code with the house: it adds up whole days of class and of elsewhere, knows which rule prices a day,
and remembers what it knew at the end of each day.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import time_machine
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lms.core import clock
from lms.goals import progress
from lms.goals import services as goals
from lms.goals.models import Exemption, GoalPolicy, Rollup, Standing
from lms.hours import ledger, rerating, totals
from lms.hours import services as rules
from lms.hours.models import CreditRule
from lms.members import services as members
from lms.members.models import Member, Unit, User
from lms.reports import adjustments, audit, closing
from lms.training import claims
from lms.training import selectors as training
from lms.training import services as trainings
from lms.training.claim_models import Claim
from lms.training.models import Attendance, Enrolment, Training, TrainingSession
from tests.conftest import build_tree
from tests.factories import make_grant, make_member, make_user
from tests.training.pictures import photo

YEAR = 2026
START = dt.datetime(YEAR, 6, 1, 4, tzinfo=dt.UTC)
OVER = dt.datetime(YEAR + 1, 1, 10, 4, tzinfo=dt.UTC)
DAYS = [dt.date(YEAR, 3, day) for day in range(2, 8)]
ELSEWHERE = [dt.date(YEAR, 4, day) for day in range(6, 12)]
BY_DEFAULT = Decimal(8)
PICTURE = photo(1)


@dataclass
class Version:
    """What a whole day of class is worth from a day on, and from which day it prices by itself."""

    effective: dt.date
    binds: dt.date
    day: Decimal
    row: CreditRule


class CountyMachine(RuleBasedStateMachine):
    """Classes, corrections, rules, re-ratings, goals, exemptions, claims, transfers, year end; a day passes with each."""

    @initialize()
    def county(self) -> None:
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.time = time_machine.travel(START, tick=False)
        self.now = self.time.start()
        self.tree = build_tree()
        self.people = [make_member(unit, name) for unit, name in zip(self.units(), "甲乙丙", strict=True)]
        self.boss, self.second = self.officer("boss"), self.officer("second")
        goals.open_year(year=YEAR, by=self.boss)
        self.required = Decimal(32)
        self.versions: list[Version] = []
        self.attended: dict[tuple[int, dt.date], tuple[Attendance, bool, Decimal]] = {}
        self.elsewhere: dict[tuple[int, dt.date], tuple[Claim, bool]] = {}
        self.exempt: dict[int, Exemption] = {}
        self.unit_of = {person.pk: person.unit for person in self.people}
        self.remembered: dict[dt.date, dict[int, tuple[Decimal, bool]]] = {}
        self.frozen: Any = None
        self.what_happened_before()

    def what_happened_before(self) -> None:
        """Nothing yet."""

    def officer(self, name: str) -> User:
        user = make_user(name)
        make_grant(user, "county_admin", self.tree.root)
        return user

    def units(self) -> list[Unit]:
        return [self.tree.branch, self.tree.branch2, self.tree.other_branch]

    def a_day_passes(self) -> None:
        self.remembered[clock.today()] = self.told()
        self.now.shift(dt.timedelta(days=1))

    # -- what happens ------------------------------------------------------------------

    @rule(who=st.sets(st.integers(0, 2), min_size=1), day=st.sampled_from(DAYS))
    def a_class_is_held(self, who: set[int], day: dt.date) -> None:
        people = [self.people[one].pk for one in sorted(who) if (self.people[one].pk, day) not in self.attended]
        if people:
            self.a_day_passes()
            self.hold(people, day)

    def hold(self, people: list[int], day: dt.date) -> None:
        held = Training.objects.create(
            kind="class", title="培训班", category="skills", unit=self.tree.town, state="closed", closed_at=clock.now()
        )
        begin = clock.day_start(day) + dt.timedelta(hours=8)
        session = TrainingSession.objects.create(
            training=held, starts_at=begin, ends_at=begin + dt.timedelta(hours=9), measure="day"
        )
        for pk in people:
            Enrolment.objects.create(training=held, member_id=pk, unit=self.unit_of[pk])
            row = Attendance.objects.create(session=session, member_id=pk, status="present", marked_at=begin)
            self.attended[pk, day] = (row, True, self.price(day))
        ledger.post(*training.credits_of(held), by=self.boss)

    @precondition(lambda self: self.attended)
    @rule(data=st.data())
    def a_mark_is_corrected(self, data: st.DataObject) -> None:
        self.a_day_passes()
        key = data.draw(st.sampled_from(sorted(self.attended, key=str)))
        row, present, _price = self.attended[key]
        mark = "absent" if present else "present"
        trainings.mark(session=TrainingSession.objects.get(pk=row.session_id), marks={key[0]: mark}, by=self.second)
        for other in [one for one in self.attended if self.attended[one][0].session_id == row.session_id]:
            own, was, _price = self.attended[other]
            self.attended[other] = (own, was if other != key else not present, self.price(other[1]))

    @rule(day=st.sampled_from(["3", "4", "6", "8"]), since=st.sampled_from([DAYS[0], DAYS[3], None]))
    def a_rule_is_published(self, day: str, since: dt.date | None) -> None:
        since = since or clock.today() + clock.DAY
        if any(version.effective == since for version in self.versions):
            return
        self.publish(day, since)

    def publish(self, day: str, since: dt.date) -> None:
        self.a_day_passes()
        row = rules.adopt_rule(activity="class", effective_from=since, by=self.boss, unit_minutes=45, full_day=day)
        stands = any(when >= since for (_pk, when) in self.attended)
        binds = max(since, clock.today() + clock.DAY) if stands else since
        self.versions.append(Version(since, binds, Decimal(day), row))

    @precondition(lambda self: any(version.binds > version.effective for version in self.versions))
    @rule(approved=st.booleans(), data=st.data())
    def hours_are_re_rated(self, approved: bool, data: st.DataObject) -> None:
        waiting = [version for version in self.versions if version.binds > version.effective]
        version = data.draw(st.sampled_from(waiting))
        self.a_day_passes()
        run = rerating.work(run=rerating.begin(rule=version.row, by=self.boss))
        self.now.shift(dt.timedelta(hours=1))
        if not approved:
            rerating.reject(run=run, by=self.second, reason="不调")
            return
        assert rerating.work(run=rerating.approve(run=run, by=self.second)).state == "applied"
        version.binds = version.effective
        self.attended = {
            (pk, day): (row, present, self.price(day)) for (pk, day), (row, present, _old) in self.attended.items()
        }

    @rule(required=st.sampled_from([8, 16, 32]))
    def goals_are_replaced(self, required: int) -> None:
        if clock.today().year > YEAR:
            return
        self.a_day_passes()
        draft = goals.draft_year(year=YEAR, by=self.boss, like=GoalPolicy.objects.get(year=YEAR, state="published"))
        line = draft.lines.get(key="members")
        line.required_hours = Decimal(required)
        goals.save_line(line=line, by=self.boss)
        goals.publish(policy=draft, by=self.boss, replace=True)
        self.required = Decimal(required)

    @rule(who=st.integers(0, 2))
    def somebody_is_exempt_or_no_more(self, who: int) -> None:
        self.a_day_passes()
        person = self.people[who]
        standing = self.exempt.pop(person.pk, None)
        if standing is not None:
            goals.withdraw_exemption(exemption=standing, by=self.boss, reason="好了")
            return
        whole = {"starts_on": dt.date(YEAR, 1, 1), "ends_on": dt.date(YEAR, 12, 31)}
        self.exempt[person.pk] = goals.exempt(member=person, reason="illness", by=self.boss, **whole)

    @rule(who=st.integers(0, 2), day=st.sampled_from(ELSEWHERE))
    def training_elsewhere_is_claimed(self, who: int, day: dt.date) -> None:
        key = (self.people[who].pk, day)
        if key in self.elsewhere:
            return
        self.a_day_passes()
        begin = clock.day_start(day) + dt.timedelta(hours=8)
        claim = claims.write(
            member=Member.objects.get(pk=key[0]), by=None, kind="class", title="省级培训", organiser="省委党校",
            mode="lecture", category="theory", stretches=[claims.Stretch(begin, begin + dt.timedelta(hours=9), "day")],
        )  # fmt: skip
        claims.add_file(claim=claim, data=PICTURE, by=None)
        claim = claims.submit(claim=claim, by=None)
        for officer in (self.boss, self.second):
            if claim.state == Claim.State.WAITING:
                claim = claims.approve(claim=claim, by=officer)
        assert claim.state == Claim.State.APPROVED
        self.elsewhere[key] = (claim, True)

    @precondition(lambda self: any(counts for _claim, counts in self.elsewhere.values()))
    @rule(data=st.data())
    def an_approval_is_revoked(self, data: st.DataObject) -> None:
        self.a_day_passes()
        counting = sorted((key for key, (_claim, counts) in self.elsewhere.items() if counts), key=str)
        key = data.draw(st.sampled_from(counting))
        claim, _counts = self.elsewhere[key]
        claims.revoke(claim=Claim.objects.get(pk=claim.pk), by=self.boss, reason="未参加")
        self.elsewhere[key] = (claim, False)

    @rule(who=st.integers(0, 2), to=st.integers(0, 2))
    def somebody_moves(self, who: int, to: int) -> None:
        self.a_day_passes()
        person = Member.objects.get(pk=self.people[who].pk)
        members.transfer(member=person, to=self.units()[to], by=self.boss)
        if clock.today().year == YEAR:  # the roster of a year that is over is that of its last day
            self.unit_of[person.pk] = self.units()[to]

    @precondition(lambda self: self.frozen is None)
    @rule()
    def the_year_ends_and_is_closed(self) -> None:
        self.remembered[clock.today()] = self.told()
        self.now.move_to(OVER)
        closing.work(run=closing.begin(year=YEAR, by=self.boss))
        self.frozen = self.as_closed()

    # -- what must hold ------------------------------------------------------------------

    def price(self, day: dt.date) -> Decimal:
        """What a whole day of class is worth: of the versions that bind on the day the latest."""
        found = [version for version in self.versions if version.binds <= day]
        return max(found, key=lambda version: version.effective).day if found else BY_DEFAULT

    def told(self) -> dict[int, tuple[Decimal, bool]]:
        """Hours of the year and whether exempt, of everybody, by the re-telling."""
        sums = {person.pk: Decimal(0) for person in self.people}
        for (pk, _day), (_row, present, price) in self.attended.items():
            sums[pk] += price if present else 0
        for (pk, _day), (_claim, counts) in self.elsewhere.items():
            sums[pk] += BY_DEFAULT if counts else 0
        return {pk: (hours, pk in self.exempt) for pk, hours in sums.items()}

    def as_closed(self) -> Any:
        closed = closing.closing_of(YEAR)
        assert closed is not None
        return [
            (row.unit.code, row.of_members, row.of_leaders) for row in adjustments.frozen(closed, self.tree.root)[0]
        ]

    def begun(self) -> bool:
        return hasattr(self, "frozen")

    @invariant()
    def everybody_has_what_the_telling_says(self) -> None:
        if not self.begun():
            return
        for pk, (hours, exempt) in self.told().items():
            stands = sum((line.hours for line in totals.standing(totals.entries(pk, YEAR))), Decimal(0))
            assert stands == hours, "hours are off"
            row = Standing.objects.get(member=pk, line__key="members", line__policy__state="published")
            assert (row.total, row.exempt) == (hours, exempt), "a standing is off"
            assert row.met == (not exempt and hours >= self.required), "a verdict is off"

    @invariant()
    def boards_add_up(self) -> None:
        if not self.begun():
            return
        told = self.told()
        for unit in (self.tree.root, self.tree.town, self.tree.other_town):
            below = [told[pk] for pk, own in self.unit_of.items() if own.path.startswith(unit.path)]
            met = sum(not exempt and hours >= self.required for hours, exempt in below)
            row = Rollup.objects.filter(unit=unit, line__key="members", line__policy__state="published").first()
            found = (row.members, row.exempt, row.met, row.hours) if row else (0, 0, 0, 0)
            assert found == (len(below), sum(one for _h, one in below), met, sum(h for h, _one in below)), (
                "a board is off"
            )

    @invariant()
    def what_was_known_stays_known(self) -> None:
        if not self.begun() or not self.remembered:
            return
        for day in {min(self.remembered), max(self.remembered)}:
            rows = progress.standings_as_of(self.tree.root, YEAR, day)
            known = {row.member_id: (row.total, row.exempt) for _path, key, row in rows if key == "members"}
            assert known == self.remembered[day], "the past was rewritten"

    @invariant()
    def a_closed_year_stays_closed(self) -> None:
        if self.begun() and self.frozen is not None:
            assert self.as_closed() == self.frozen, "a frozen figure moved"

    @invariant()
    def the_audit_agrees(self) -> None:
        if self.begun():
            assert audit.run(processes=1).violations == [], "the audit objects"

    def teardown(self) -> None:
        if hasattr(self, "outer"):
            self.time.stop()
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)
            transaction.set_rollback(False)


class LivedInMachine(CountyMachine):
    """A county where hours stand already and a rule waits for its re-rating: rare things happen sooner."""

    def what_happened_before(self) -> None:
        for day in DAYS[:2]:
            self.a_day_passes()
            self.hold([person.pk for person in self.people], day)
        self.publish("4", DAYS[0])
