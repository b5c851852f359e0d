"""Reads of closing: attendance by half-day, who may decide, what a member can still do, opinions, packages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from lms.core import clock
from lms.core.hours import ZERO
from lms.hours import totals
from lms.hours.conversion import Tariffs
from lms.hours.credit import INCOMPLETE
from lms.members.models import Member, User
from lms.members.permissions import get_or_404, units_where, visible, within
from lms.training import rules as sessions
from lms.training import selectors, worth
from lms.training.checkin.selectors import UNDECIDED
from lms.training.closing import reckoning, rules, surveys
from lms.training.filling import covered
from lms.training.models import (
    Appeal,
    Attendance,
    ClosingTerms,
    Enrolment,
    Leave,
    MakeUp,
    MakeUpFile,
    Outcome,
    Package,
    Scan,
    SurveyAnswer,
    Training,
    TrainingSession,
)
from lms.training.visits.rules import CHECK_AROUND

Status = Attendance.Status
MOST_UNSETTLED = 50


def is_missed(session: TrainingSession, member: Member) -> bool:
    """Whether the record says that the member was not there for some or all of a session."""
    mark = Attendance.objects.filter(session=session, member=member).first()
    return mark is None or sessions.missed(worth.as_rule(session), _tick(mark)) > 0


def _tick(mark: Attendance) -> sessions.Tick:
    return sessions.Tick(mark.status, mark.arrived_at, mark.left_at)


# -- attendance by half-day ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Person:
    """One line of the overview. ``cells`` by column: ``present``, ``part``, ``leave``, ``absent`` or ``""`` (no mark).

    ``hours``: 学时 on the record; ``missed``: 学时 of the sessions that he was not there for; ``completed``: None for what is
    not a class or not closed yet; ``lacking``: see ``rules.lacking``.
    """

    member: Member
    cells: list[str]
    hours: Decimal
    missed: Decimal
    completed: bool | None
    lacking: list[str]
    outcome: Outcome | None
    columns: list[rules.Half]
    leaves: list[Leave] = field(default_factory=list)

    @property
    def halves(self) -> list[tuple[str, rules.Half]]:
        """Each cell with its half-day."""
        return list(zip(self.cells, self.columns, strict=True))


@dataclass(frozen=True, slots=True)
class Overview:
    """Everybody enrolled by half-days. ``columns`` in order of time."""

    columns: list[rules.Half]
    people: list[Person]
    terms: sessions.Terms

    @property
    def completed(self) -> int:
        """How many completed the class."""
        return sum(bool(person.completed) for person in self.people)


def overview(training: Training) -> Overview:
    """The half-days of a training by person, with hours, what was missed and whether the class was completed."""
    marks = Attendance.objects.filter(session__training=training)
    priced, by_member = worth.read([training], marks, Tariffs())
    one = priced[training.pk]
    columns = [
        (pk, half)
        for pk, session in sorted(one.sessions.items(), key=lambda item: item[1].starts_at)
        for half in rules.halves(timezone.localtime(session.starts_at), timezone.localtime(session.ends_at))
    ]
    halves = [half for _pk, half in columns]
    members = list(selectors.enrolled_members(training))
    outcomes = {row.member_id: row for row in Outcome.objects.filter(training=training)}
    leaves = covered.notes_of(training)
    credited = _credited(training, [member.pk for member in members])
    graded = training.kind == Training.Kind.CLASS and training.state == Training.State.CLOSED
    people = []
    for member in members:
        own = by_member.get((training.pk, member.pk), [])
        outcome = outcomes.get(member.pk)
        result = sessions.Result(bool(outcome and outcome.reflection), outcome.score if outcome else None)
        people.append(
            Person(
                member=member,
                cells=_cells(one, columns, own),
                hours=credited.get(member.pk, ZERO),
                missed=one.missed(own) if own else ZERO,
                completed=one.completed(member.pk, own) if graded else None,
                lacking=sessions.lacking(one.terms, result),
                outcome=outcome,
                columns=halves,
                leaves=leaves.get(member.pk, []),
            )
        )
    return Overview(halves, people, one.terms)


def _cells(one: worth.Priced, columns: list[tuple[int, rules.Half]], own: list[worth.Mark]) -> list[str]:
    ticks = {mark.session_id: mark.tick for mark in own}
    cells = []
    for pk, half in columns:
        tick = ticks.get(pk)
        there = sessions.time_there(one.sessions[pk], tick) if tick else None
        cells.append(rules.seen(half, there, tick.status) if tick else "")
    return cells


def _credited(training: Training, member_ids: list[int]) -> dict[int, Decimal]:
    """学时 that stand in the ledger for a training, completed or not."""
    name = worth.occasion_of(training)
    whole, parts = totals.of_occasion(name, member_ids), totals.of_occasion(name + INCOMPLETE, member_ids)
    return {pk: whole.get(pk, ZERO) + parts.get(pk, ZERO) for pk in {*whole, *parts}}


def terms_of(training: Training) -> sessions.Terms:
    """What a class asks for beside attendance."""
    row = ClosingTerms.objects.filter(training=training).first()
    return sessions.Terms(row.reflection, row.pass_mark) if row else sessions.Terms()


# -- make-ups and appeals --------------------------------------------------------------------


def _run_by(user: Any) -> Q:
    """Rows about sessions of trainings that the person may run, his own record left out."""
    held = within(units_where(user, "trainings.run"), "session__training__unit")
    return (held | Q(session__training__trainer=user.pk)) & (Q(member__user__isnull=True) | ~Q(member__user=user.pk))


def make_ups_for(user: Any) -> QuerySet[MakeUp]:
    """The make-ups that wait and that this person may decide, the longest waiting first."""
    rows = MakeUp.objects.filter(_run_by(user), state=MakeUp.State.WAITING)
    return _with_session(rows.exclude(sent_by=user.pk))


def appeals_for(user: Any) -> QuerySet[Appeal]:
    """The appeals that wait and that this person may decide: a mark that he made himself is for somebody else."""
    marked = Attendance.objects.filter(session=OuterRef("session"), member=OuterRef("member"), marked_by=user.pk)
    rows = Appeal.objects.filter(_run_by(user), ~Exists(marked), state=Appeal.State.WAITING)
    return _with_session(rows)


def unsettled_for(user: Any) -> list[tuple[TrainingSession, int]]:
    """Sessions of closed trainings that the person may run and in which scans wait for a word, with how many people."""
    there = Attendance.objects.filter(session=OuterRef("session"), member=OuterRef("member"), status=Status.PRESENT)
    open_scans = Scan.objects.filter(_run_by(user), ~Exists(there), result__in=UNDECIDED, decision__isnull=True)
    closed = open_scans.filter(session__training__state=Training.State.CLOSED).order_by()
    sessions = TrainingSession.objects.filter(pk__in=closed.values("session")).select_related("training__unit")
    found = list(sessions.order_by("starts_at")[:MOST_UNSETTLED])
    counts = {pk: len(ids) for pk, ids in reckoning.waiting_ids(found).items()}
    return [(session, counts[session.pk]) for session in found if session.pk in counts]


def _with_session(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.select_related("session__training__unit", "member__unit")


def make_up_or_404(user: Any, uuid: UUID) -> MakeUp:
    """A make-up that the person may read: his own, or of a training of his units."""
    return get_or_404(_with_session(MakeUp.objects.select_related("sent_by", "decided_by")), user, uuid=uuid)


def may_decide(user: Any, row: MakeUp | Appeal) -> bool:
    """Whether the row waits for this person."""
    queue: QuerySet[Any] = make_ups_for(user) if isinstance(row, MakeUp) else appeals_for(user)
    return queue.filter(pk=row.pk).exists()


def make_up_file_or_404(user: Any, uuid: UUID, file: UUID) -> MakeUpFile:
    """One piece of evidence of a make-up that the person may read."""
    row = MakeUpFile.objects.filter(make_up=make_up_or_404(user, uuid), uuid=file).first()
    if row is None:
        raise Http404
    return row


def appeal_or_404(user: Any, uuid: UUID) -> Appeal:
    """An appeal that the person may read: his own, or of a training of his units."""
    return get_or_404(_with_session(Appeal.objects.select_related("decided_by")), user, uuid=uuid)


def make_up_until(training: Training, session: TrainingSession) -> dt.date | None:
    """The last day on which a member hands in what he made up of a session; None while the training is not closed."""
    if training.state != Training.State.CLOSED or training.closed_at is None:
        return None
    return rules.make_up_by(clock.local_date(session.starts_at), clock.local_date(training.closed_at))


def make_up_late(training: Training, session: TrainingSession) -> bool:
    """Whether that day is over."""
    until = make_up_until(training, session)
    return until is not None and until < clock.today()


# -- what a member sees ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One session of a training that a member attended or not, with what he may still do about it."""

    session: TrainingSession
    mark: Attendance | None
    make_up: MakeUp | None
    appeal: Appeal | None
    missed: bool
    may_make_up: bool
    may_appeal: bool
    leave: Leave | None = None
    until: dt.date | None = None
    """The last day to hand in what was made up, while there is something to make up."""

    @property
    def is_late(self) -> bool:
        """Whether somebody who runs the training has to take it."""
        return self.until is not None and self.until < clock.today()


def own_trainings(member: Member) -> QuerySet[Training]:
    """Trainings that the member was enrolled in and that have begun, the latest first; a visit from when its place may be checked."""
    now = clock.now()
    begun = Q(sessions__starts_at__lte=now)
    begun |= Q(sessions__starts_at__lte=now + CHECK_AROUND, kind=Training.Kind.VISIT)
    rows = Training.objects.filter(begun, enrolments__member=member, enrolments__state=Enrolment.State.ENROLLED)
    return rows.exclude(state=Training.State.CANCELLED).select_related("unit").distinct().order_by("-pk")


def own_training_or_404(member: Member, uuid: UUID) -> Training:
    """One of them."""
    training = own_trainings(member).filter(uuid=uuid).first()
    if training is None:
        raise Http404
    return training


def own_sessions(training: Training, member: Member) -> list[OwnSession]:
    """The sessions of a training as one member sees them."""
    marks = {row.session_id: row for row in Attendance.objects.filter(session__training=training, member=member)}
    make_ups = {row.session_id: row for row in MakeUp.objects.filter(session__training=training, member=member)}
    appeals = {row.session_id: row for row in Appeal.objects.filter(session__training=training, member=member)}
    leave_of = covered.of_member(training, member)
    closed_at = training.closed_at if training.state == Training.State.CLOSED else None
    found = []
    for session in training.sessions.all():
        mark, make_up, appeal = marks.get(session.pk), make_ups.get(session.pk), appeals.get(session.pk)
        missed = mark is not None and sessions.missed(worth.as_rule(session), _tick(mark)) > 0
        open_to = closed_at is not None and missed
        to_make_up = open_to and (make_up is None or make_up.state == MakeUp.State.REFUSED)
        until = make_up_until(training, session) if to_make_up else None
        found.append(
            OwnSession(
                session=session,
                mark=mark,
                make_up=make_up,
                appeal=appeal,
                missed=missed,
                may_make_up=until is not None and until >= clock.today(),
                may_appeal=open_to and appeal is None and rules.may_still_object(closed_at or clock.now(), clock.now()),
                leave=leave_of(session),
                until=until,
            )
        )
    return found


def open_matters(member: Member) -> list[Training]:
    """Trainings of the last weeks in which the member still has something to do: an opinion or a reflection."""
    since = clock.now() - rules.APPEAL_TIME
    lately = own_trainings(member).filter(Q(closed_at__isnull=True) | Q(closed_at__gte=since))
    return [training for training in lately[:10] if has_open_matter(training, member)]


def has_open_matter(training: Training, member: Member) -> bool:
    """Whether a reflection that is asked for or the opinion of the class is still to be given."""
    if surveys.may_answer(training, member) and not surveys.has_answered(training, member):
        return True
    reflected = Outcome.objects.filter(training=training, member=member).exclude(reflection="")
    return terms_of(training).reflection and not reflected.exists()


# -- opinions ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opinions:
    """What people thought: how many answered, the mean of each question (None below five answers), what they wrote."""

    answers: int
    content: Decimal | None
    teaching: Decimal | None
    arrangement: Decimal | None
    comments: list[str]


def opinions_of(training: Training) -> Opinions:
    """The opinions of one training; below five answers nothing but their number."""
    return _summed(SurveyAnswer.objects.filter(training=training))


def opinions_of_trainer(user: User) -> Opinions:
    """The opinions of all trainings that a person was in charge of, only of those with five answers or more."""
    counted = SurveyAnswer.objects.order_by().values("training").annotate(n=Count("pk"))
    enough = counted.filter(training__trainer=user, n__gte=rules.LEAST_ANSWERS).values("training")
    return _summed(SurveyAnswer.objects.filter(training__in=enough))


def _summed(rows: Iterable[SurveyAnswer]) -> Opinions:
    found = list(rows)
    if len(found) < rules.LEAST_ANSWERS:
        return Opinions(len(found), None, None, None, [])
    means = {name: rules.average([getattr(row, name) for row in found]) for name in surveys.ASKED}
    return Opinions(answers=len(found), **means, comments=sorted(row.comment for row in found if row.comment))


# -- packages ------------------------------------------------------------------------------------


def latest_package(training: Training) -> Package | None:
    """The package that was made last, or is being made."""
    return Package.objects.filter(training=training).first()


def package_or_404(user: Any, uuid: UUID) -> Package:
    """A package of a training that the person may run."""
    return get_or_404(visible(Package.objects.select_related("training"), user), user, uuid=uuid)


# -- evidence ------------------------------------------------------------------------------------


def evidence_of(source: str) -> MakeUp | None:
    """The make-up behind a ledger source ``training.makeup:{make-up}:{day}``; None for another activity's source."""
    kind, _colon, rest = source.partition(":")
    number = rest.partition(":")[0]
    if kind != "training.makeup" or not number.isdigit():
        return None
    rows = _with_session(MakeUp.objects.select_related("sent_by", "decided_by"))
    return rows.prefetch_related("files").filter(pk=int(number)).first()
