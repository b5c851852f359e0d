"""Reads of trainings: who may run one, lists, the roster of a session, what attendance is worth, what stands behind an hour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Min, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404

from lms.core import clock
from lms.core.hours import ZERO
from lms.hours.conversion import Tariffs
from lms.hours.credit import Credit
from lms.members.models import Member, Post, Unit, User
from lms.members.permissions import (
    PERMISSIONS,
    can,
    can_anywhere,
    get_or_404,
    units_where,
    visible,
    visible_units,
    within,
)
from lms.training import claims_selectors, rules
from lms.training.filling import audience, covered, seats
from lms.training.models import Attendance, Base, Enrolment, Leave, Training, TrainingSession
from lms.training.worth import as_rule, credits_of_marks

TRAININGS_A_CHUNK = 50
Status = Attendance.Status


# -- who may -------------------------------------------------------------------------------


def may_run(user: Any, training: Training) -> bool:
    """Whether the person may run the training: ``trainings.run`` over its unit, or its own trainer."""
    return can(user, "trainings.run", training.unit) or (user.pk is not None and training.trainer_id == user.pk)


def may_plan(user: Any, training: Training) -> bool:
    """Whether the person may change what is planned: ``trainings.plan`` over its unit, or ``trainings.prepare`` and in charge.

    Whoever only prepares lets go of a closed training: from there on hours follow what is changed.
    """
    if can(user, "trainings.plan", training.unit):
        return True
    in_charge = user.pk is not None and training.trainer_id == user.pk
    return in_charge and training.state != Training.State.CLOSED and can(user, "trainings.prepare", training.unit)


def may_budget(user: Any, training: Training) -> bool:
    """Whether the person may say what the training costs: ``trainings.plan`` over its unit; being in charge is not enough."""
    return can(user, "trainings.plan", training.unit)


def may_begin(user: Any) -> bool:
    """Whether there is a unit in whose name the person may plan a training."""
    return can_anywhere(user, "trainings.prepare")


def may_open_desk(user: Any) -> bool:
    """Whether there is anything for the person on the trainings' desk."""
    return can_anywhere(user, "trainings.view") or Training.objects.filter(trainer=user.pk).exists()


def training_or_404(user: Any, uuid: UUID, act: str = "view") -> Training:
    """The training if the person may ``view``, ``run``, ``plan`` or ``budget`` it; not yours and not there read the same."""
    training = get_or_404(Training.objects.select_related("unit", "base", "trainer"), user, uuid=uuid)
    allowed = {"run": may_run, "plan": may_plan, "budget": may_budget}
    if act != "view" and not allowed[act](user, training):
        raise Http404
    return training


def uuid_or_404(text: str) -> UUID:
    """A UUID as it stands in an address; what is none is not found."""
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error


def session_or_404(user: Any, uuid: UUID, session_id: int, act: str = "view") -> TrainingSession:
    """One session of a training that the person may ``view``, ``run`` or ``plan``."""
    training = training_or_404(user, uuid, act)
    session = training.sessions.filter(pk=session_id).first()
    if session is None:
        raise Http404
    session.training = training
    return session


def planners_units(user: Any) -> QuerySet[Unit]:
    """The units in whose name the person may plan a training, in tree order."""
    return visible_units(user, "trainings.prepare").order_by("path")


def trainers(user: Any) -> QuerySet[User]:
    """Who can be put in charge of a training: accounts that may run one in, below or above the person's own units.

    Whoever only prepares is in charge himself.
    """
    own = units_where(user, "trainings.plan")
    if not own:
        return User.objects.filter(pk=user.pk)
    above = {path for unit in own for path in unit.ancestor_paths}
    near = within(own, "grants__unit") | Q(grants__unit__path__in=above)
    roles = [role for role, held in PERMISSIONS.items() if "trainings.run" in held]
    found = User.objects.filter(near, is_active=True, grants__role__in=roles)
    return found.distinct().order_by("last_name", "first_name", "username")


def pickable(user: Any) -> QuerySet[Member]:
    """The members whom the person may enrol."""
    return visible(Member.objects.active(), user, "members.pick").select_related("unit")


# -- lists ---------------------------------------------------------------------------------


def with_figures(trainings: QuerySet[Training]) -> QuerySet[Any]:
    """Each training with ``starts_at``, ``ends_at``, ``session_count`` and ``enrolled``, in the same one query."""
    sessions = TrainingSession.objects.filter(training=OuterRef("pk")).order_by().values("training")
    enrolled = Enrolment.objects.filter(training=OuterRef("pk"), state=Enrolment.State.ENROLLED)
    return trainings.select_related("unit", "base", "trainer").annotate(
        starts_at=Subquery(sessions.annotate(value=Min("starts_at")).values("value")),
        ends_at=Subquery(sessions.annotate(value=Max("ends_at")).values("value")),
        session_count=Coalesce(Subquery(sessions.annotate(value=Count("pk")).values("value")), 0),
        enrolled=Coalesce(Subquery(enrolled.order_by().values("training").annotate(n=Count("pk")).values("n")), 0),
    )


def trainings(user: Any) -> QuerySet[Any]:
    """The trainings that the person may read, with their figures, the latest first."""
    return with_figures(visible(Training.objects.all(), user)).order_by("-starts_at", "-pk")


def trainings_at(user: Any, base: Base) -> QuerySet[Any]:
    """Those at a base: all of them for whoever plans for its unit, else those that the person may read."""
    if can(user, "trainings.plan", base.unit):
        return with_figures(Training.objects.filter(base=base)).order_by("-starts_at", "-pk")
    return trainings(user).filter(base=base)


def in_tab(rows: QuerySet[Any], tab: str) -> QuerySet[Any]:
    """``coming``: open and not begun (or without a session yet) · ``running``: open and begun · ``done``: closed or cancelled."""
    now = clock.now()
    if tab == "done":
        return rows.exclude(state=Training.State.OPEN)
    rows = rows.filter(state=Training.State.OPEN)
    if tab == "running":
        return rows.filter(starts_at__lte=now)
    return rows.filter(Q(starts_at__gt=now) | Q(starts_at__isnull=True)).order_by("starts_at", "pk")


def searched(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Trainings whose title, place, lecturer or base holds a text."""
    text = text.strip()
    if not text:
        return rows
    named = Q(title__icontains=text) | Q(place__icontains=text) | Q(lecturer__icontains=text)
    return rows.filter(named | Q(base__name__icontains=text))


def bases() -> QuerySet[Base]:
    """All bases with how many visits are ahead; where one can go is no secret within the county."""
    ahead = Q(trainings__state=Training.State.OPEN, trainings__sessions__starts_at__gte=clock.now())
    return Base.objects.select_related("unit").annotate(ahead=Count("trainings", filter=ahead, distinct=True))


def visits(user: Any) -> QuerySet[TrainingSession]:
    """Sessions of base visits that took place, the latest first, with ``due`` and ``present``: 基地参观登记 (domain §6)."""
    present = Attendance.objects.filter(session=OuterRef("pk"), status=Status.PRESENT).order_by().values("session")
    due = Enrolment.objects.filter(training=OuterRef("training"), state=Enrolment.State.ENROLLED).order_by()
    rows = visible(TrainingSession.objects.all(), user).filter(training__kind=Training.Kind.VISIT)
    return (
        rows.filter(training__state=Training.State.CLOSED)
        .select_related("training__unit", "training__base", "training__trainer")
        .annotate(
            present=Coalesce(Subquery(present.annotate(n=Count("pk")).values("n")), 0),
            due=Coalesce(Subquery(due.values("training").annotate(n=Count("pk")).values("n")), 0),
        )
        .order_by("-starts_at")
    )


def upcoming_for(member: Member, limit: int | None = None) -> list[TrainingSession]:
    """The sessions ahead (or running) in which the member is enrolled, the next first, training and base with them."""
    rows = (
        TrainingSession.objects.filter(
            ends_at__gt=clock.now(),
            training__state=Training.State.OPEN,
            training__enrolments__member=member,
            training__enrolments__state=Enrolment.State.ENROLLED,
        )
        .select_related("training__unit", "training__base")
        .order_by("starts_at")
    )
    return list(rows[:limit] if limit else rows)


@dataclass(frozen=True, slots=True)
class Offer:
    """A training ahead that still takes a member: its sessions, the seats left and what all of it would earn (学时)."""

    training: Training
    sessions: list[TrainingSession]
    seats: int
    hours: Decimal


def offers_for(member: Member) -> list[Offer]:
    """Open trainings of the member's unit and the units above it that have not begun, with a seat left to him, the next first.

    One in which he is enrolled, proposed, waiting or refused, that takes place while he is in another, that is not for him,
    or to which members do not sign up themselves, is left out.
    """
    now, price = clock.now(), Tariffs()
    taken = upcoming_for(member)
    own = Enrolment.objects.filter(member=member).exclude(state=Enrolment.State.CANCELLED).values("training")
    rows = with_figures(Training.objects.filter(state=Training.State.OPEN, unit__path__in=member.unit.ancestor_paths))
    closed = Q(sign_up_terms__is_open=False) | Q(sign_up_terms__until__lte=now)
    ahead = (
        rows.filter(starts_at__gt=now, enrolled__lt=F("capacity"))
        .exclude(closed)
        .exclude(pk__in=own)
        .order_by("starts_at", "pk")
    )
    rows_ahead = list(ahead.prefetch_related("sessions"))
    for_him, free = audience.open_to(member, rows_ahead), seats.seats_of_many(rows_ahead)
    found = []
    for training in rows_ahead:
        left, sessions = free[training.pk].left(member.unit.path), list(training.sessions.all())
        if training.pk not in for_him or not left:
            continue
        if any(one.starts_at < other.ends_at and other.starts_at < one.ends_at for one in sessions for other in taken):
            continue
        hours = sum(earnable(training, price).values(), ZERO)
        found.append(Offer(training, sessions, left, hours))
    return found


def earnable(training: Training, price: Tariffs | None = None) -> dict[dt.date, Decimal]:
    """学时 by day to somebody who is at all sessions from the first minute to the last, never more than a day may count."""
    price, found = price or Tariffs(), dict[dt.date, Decimal]()
    ticked = rules.Tick(Status.PRESENT)
    for session in training.sessions.all():
        for day in rules.hours_by_day(as_rule(session), ticked, lambda day: price(training.kind, day)):
            found[day.day] = min(day.tariff.day_cap, found.get(day.day, ZERO) + day.hours)
    return found


# -- the roster of a session ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One person of a session's roster; ``attendance`` is None until somebody made a mark, ``leave`` unless one was asked."""

    member: Member
    attendance: Attendance | None
    leave: Leave | None = None

    @property
    def status(self) -> str:
        """``present``, ``leave``, ``absent``, or ``""`` before a mark."""
        return str(self.attendance.status) if self.attendance else ""

    @property
    def office(self) -> str:
        """The office that the person holds now (职务), for the sign-in sheet."""
        return "、".join(str(post.get_office_display()) for post in self.member.posts.all())

    @property
    def letters(self) -> str:
        """What a person may type to find the row: name, pinyin, first letters of the pinyin, code."""
        syllables = self.member.sort_key.split()
        initials = "".join(syllable[0] for syllable in syllables)
        return f"{self.member.name} {''.join(syllables)} {initials} {self.member.code}".lower()

    def matches(self, typed: str) -> bool:
        """Whether the name holds what was typed (in lower case), or the pinyin, its first letters or the code begin so."""
        return typed in self.member.name.lower() or any(word.startswith(typed) for word in self.letters.split(" "))


@dataclass(frozen=True, slots=True)
class Tally:
    """应到 / 实到 / 请假 / 缺席 of a session, and how many have no mark yet."""

    due: int
    present: int
    leave: int
    absent: int

    @property
    def unmarked(self) -> int:
        """People without a mark."""
        return self.due - self.present - self.leave - self.absent


def enrolled_members(training: Training) -> QuerySet[Member]:
    """Who is enrolled, in order of pinyin, with unit and present offices."""
    posts = Prefetch("posts", queryset=Post.objects.filter(ended_on__isnull=True))
    rows = Member.objects.filter(enrolments__training=training, enrolments__state=Enrolment.State.ENROLLED)
    return rows.select_related("unit").prefetch_related(posts)


def roster(session: TrainingSession) -> list[RosterRow]:
    """Everyone enrolled with the mark and the leave of this session; four queries however many they are."""
    marks = {row.member_id: row for row in session.attendances.all()}
    leaves = covered.by_member(session)
    return [
        RosterRow(member, marks.get(member.pk), leaves.get(member.pk)) for member in enrolled_members(session.training)
    ]


def tally(session: TrainingSession) -> Tally:
    """The figures of one session."""
    return tallies(session.training, [session])[session.pk]


def tallies(training: Training, sessions: Iterable[TrainingSession]) -> dict[int, Tally]:
    """The figures of several sessions of one training by session id, in two queries. Only who is enrolled counts."""
    enrolled = Enrolment.objects.filter(training=training, state=Enrolment.State.ENROLLED)
    due = enrolled.count()
    ids = [session.pk for session in sessions]
    rows = Attendance.objects.filter(session__in=ids, member__in=enrolled.values("member")).order_by()
    found: dict[tuple[int, str], int] = {
        (session_id, status): n
        for session_id, status, n in rows.values_list("session_id", "status").annotate(n=Count("pk"))
    }
    return {
        pk: Tally(due, *(found.get((pk, status), 0) for status in (Status.PRESENT, Status.LEAVE, Status.ABSENT)))
        for pk in ids
    }


# -- what attendance is worth --------------------------------------------------------------


def credits(member_ids: Iterable[int] | None = None, tariffs: Tariffs | None = None) -> Iterator[Credit]:
    """What all attendances of closed trainings and all approved claims are worth, recomputed from evidence.

    Who earned nothing is absent. Eight queries for some members; everybody is read by so many trainings at a time.
    """
    price = tariffs or Tariffs()
    ids = None if member_ids is None else list(member_ids)
    yield from _credits_of_attendances(ids, price)
    yield from claims_selectors.credits(ids, price)


def _credits_of_attendances(member_ids: list[int] | None, price: Tariffs) -> Iterator[Credit]:
    closed = Training.objects.filter(state=Training.State.CLOSED)
    if member_ids is not None:
        marks = Attendance.objects.filter(member_id__in=member_ids, session__training__state=Training.State.CLOSED)
        yield from credits_of_marks(closed.filter(pk__in=marks.values("session__training")), marks, price)
        return
    ids = iter(closed.order_by("pk").values_list("pk", flat=True))
    while chunk := list(islice(ids, TRAININGS_A_CHUNK)):
        marks = Attendance.objects.filter(session__training__in=chunk)
        yield from credits_of_marks(closed.filter(pk__in=chunk), marks, price)


def credits_of(
    training: Training, member_ids: Iterable[int] | None = None, tariffs: Tariffs | None = None
) -> Iterator[Credit]:
    """What the attendances of one training are worth to some members (all when None); nothing before it is closed."""
    if training.state != Training.State.CLOSED:
        return
    marks = Attendance.objects.filter(session__training=training)
    if member_ids is not None:
        marks = marks.filter(member_id__in=list(member_ids))
    yield from credits_of_marks([training], marks, tariffs or Tariffs())


@dataclass(frozen=True, slots=True)
class AttendanceEvidence:
    """What stands behind a line of hours from a training."""

    attendance: Attendance
    session: TrainingSession
    training: Training


def evidence_of(source: str) -> AttendanceEvidence | None:
    """The mark behind a ledger source ``training.attendance:{attendance}:{day}``; None for another activity's source."""
    kind, _colon, rest = source.partition(":")
    number = rest.partition(":")[0]
    if kind != "training.attendance" or not number.isdigit():
        return None
    rows = Attendance.objects.select_related(
        "member", "marked_by", "session__training__unit", "session__training__base"
    )
    found = rows.filter(pk=int(number)).first()
    return AttendanceEvidence(found, found.session, found.session.training) if found else None
