"""What the evidence of trainings is worth: marks of sessions, lessons made up, and whether a class was completed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from django.db.models import QuerySet

from lms.core import clock
from lms.core.bulk import moment, plain
from lms.core.hours import ZERO
from lms.hours.conversion import Tariffs
from lms.hours.credit import INCOMPLETE, Credit
from lms.hours.rules import Tariff
from lms.training import rules
from lms.training.models import Attendance, ClosingTerms, MakeUp, Outcome, Training, TrainingSession

MARKS_AT_ONCE = 5000
AWAY = rules.Tick(Attendance.Status.ABSENT)


def occasion_of(training: Training) -> str:
    """How the ledger names a training as a whole."""
    return f"training:{training.pk}"


def as_rule(session: TrainingSession) -> rules.Session:
    """A session as the rules see it."""
    return rules.Session(session.starts_at, session.ends_at, session.measure)


class Mark(NamedTuple):
    """One attendance, as pricing needs it."""

    pk: int
    session_id: int
    tick: rules.Tick


def credits_of_marks(trainings: Iterable[Training], marks: QuerySet[Attendance], price: Tariffs) -> Iterator[Credit]:
    """What some marks of some trainings are worth, with the lessons that the same people made up."""
    priced, by_member = read(trainings, marks, price)
    for (training_id, member_id), own in by_member.items():
        yield from priced[training_id].credits(member_id, own)


def read(
    trainings: Iterable[Training], marks: QuerySet[Attendance], price: Tariffs
) -> tuple[dict[int, Priced], dict[tuple[int, int], list[Mark]]]:
    """The trainings by id, ready to price, and the marks by (training id, member id).

    The trainings, their sessions, the marks, make-ups, terms and results are one query each.
    """
    priced = {training.pk: Priced(training, price) for training in trainings}
    of_session: dict[int, Priced] = {}
    for session in TrainingSession.objects.filter(training__in=priced):
        one = of_session[session.pk] = priced[session.training_id]
        one.sessions[session.pk] = as_rule(session)
    _read_results(priced)
    by_member: dict[tuple[int, int], list[Mark]] = {}
    columns = ("pk", "session_id", "member_id", "status", plain("arrived_at"), plain("left_at"))
    rows = marks.order_by("pk").values_list(*columns)
    for pk, session_id, member_id, status, arrived_at, left_at in rows.iterator(MARKS_AT_ONCE):
        if session_id in of_session:
            key = (of_session[session_id].training.pk, member_id)
            tick = rules.Tick(status, moment(arrived_at), moment(left_at))
            by_member.setdefault(key, []).append(Mark(pk, session_id, tick))
    return priced, by_member


def _read_results(priced: dict[int, Priced]) -> None:
    """Make-ups that were approved, what the classes ask for, what people handed in."""
    approved = MakeUp.objects.filter(session__training__in=priced, state=MakeUp.State.APPROVED).order_by("pk")
    for row in approved.select_related("session"):
        priced[row.session.training_id].make_ups.setdefault(row.member_id, []).append(row)
    for terms in ClosingTerms.objects.filter(training__in=priced):
        priced[terms.training_id].terms = rules.Terms(terms.reflection, terms.pass_mark)
    asking = [pk for pk, one in priced.items() if one.terms != rules.Terms()]
    rows = Outcome.objects.filter(training__in=asking).values_list("training_id", "member_id", "reflection", "score")
    for training_id, member_id, reflection, score in rows:
        priced[training_id].results[member_id] = rules.Result(bool(reflection), score)


class Priced:
    """The sessions of one training and what each way of attending them is worth, worked out once for all who did so."""

    def __init__(self, training: Training, price: Tariffs) -> None:
        self.training = training
        self.sessions: dict[int, rules.Session] = {}
        self.make_ups: dict[int, list[MakeUp]] = {}
        self.terms = rules.Terms()
        self.results: dict[int, rules.Result] = {}
        self._price = price
        self._worth: dict[tuple[int, rules.Tick], list[rules.DayHours]] = {}
        self._attended: dict[frozenset[tuple[int, rules.Tick]], bool] = {}

    def credits(self, member_id: int, marks: list[Mark]) -> Iterator[Credit]:
        """What one member's marks and make-ups are worth, a credit for each of them and day."""
        regained = self._made_up(member_id, marks)
        occasion = occasion_of(self.training)
        if self.training.kind == Training.Kind.CLASS and not self._completed(member_id, marks, regained):
            occasion += INCOMPLETE
        for mark in marks:
            for earned in self._hours(mark.session_id, mark.tick):
                source = f"training.attendance:{mark.pk}:{earned.day}"
                yield self._credit(source, member_id, earned, occasion)
        for row, earned in regained:
            yield self._credit(f"training.makeup:{row.pk}:{earned.day}", member_id, earned, occasion)

    def _credit(self, source: str, member_id: int, earned: rules.DayHours, occasion: str) -> Credit:
        return Credit(
            source=source,
            member_id=member_id,
            hours=earned.hours,
            earned_on=earned.day,
            category=self.training.category,
            mode=self.training.kind,
            title=self.training.title,
            occasion=occasion,
            rule=earned.tariff.name,
            covers=(earned.covers,),
            step=earned.tariff.step,
            day_cap=earned.tariff.day_cap,
        )

    def _tariff_of(self, day: dt.date) -> Tariff:
        return self._price(self.training.kind, day)

    def _hours(self, session_id: int, tick: rules.Tick) -> list[rules.DayHours]:
        key = (session_id, tick)
        if key not in self._worth:
            self._worth[key] = rules.hours_by_day(self.sessions[session_id], tick, self._tariff_of)
        return self._worth[key]

    def _made_up(self, member_id: int, marks: list[Mark]) -> list[tuple[MakeUp, rules.DayHours]]:
        """What each approved make-up is worth, never more than what the person missed of the session."""
        ticks = {mark.session_id: mark.tick for mark in marks}
        found = []
        for row in self.make_ups.get(member_id, ()):
            session = self.sessions[row.session_id]
            short = rules.short_of(session, ticks.get(row.session_id, AWAY), self._tariff_of)
            days = rules.hours_made_up(row.starts_at, row.ends_at, short, self._tariff_of)
            found += [(row, earned) for earned in days]
        return found

    def completed(self, member_id: int, marks: list[Mark]) -> bool:
        """Whether one member completed the class: attendance with what he made up, and all that it asks for."""
        return self._completed(member_id, marks, self._made_up(member_id, marks))

    def missed(self, marks: list[Mark]) -> Decimal:
        """学时 of all sessions that the person with these marks did not earn by being there."""
        ticks = {mark.session_id: mark.tick for mark in marks}
        short = (rules.short_of(one, ticks.get(pk, AWAY), self._tariff_of) for pk, one in self.sessions.items())
        return sum(short, ZERO)

    def _completed(self, member_id: int, marks: list[Mark], regained: list[tuple[MakeUp, rules.DayHours]]) -> bool:
        """Whether one member completed the class; a session without a mark was missed."""
        if rules.lacking(self.terms, self.results.get(member_id, rules.Result())):
            return False
        if regained:
            made_up: dict[rules.Session, Decimal] = {}
            for row, earned in regained:
                session = self.sessions[row.session_id]
                made_up[session] = made_up.get(session, ZERO) + earned.hours
            return self._is_attended(marks, made_up)
        key = frozenset((mark.session_id, mark.tick) for mark in marks)
        if key not in self._attended:
            self._attended[key] = self._is_attended(marks, {})
        return self._attended[key]

    def _is_attended(self, marks: list[Mark], made_up: dict[rules.Session, Decimal]) -> bool:
        ticks = {mark.session_id: mark.tick for mark in marks}
        pairs = [(session, ticks.get(pk, AWAY)) for pk, session in self.sessions.items()]
        return rules.completed(pairs, lambda session: self._tariff_of(clock.local_date(session.starts_at)), made_up)
