"""Reads of visits: places left, requests by whom they wait for, what is known of a visit, how a base is rated."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from django.db.models import Avg, Count, F, Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lms.core import clock
from lms.hours.credit import Category
from lms.members.models import Member
from lms.members.permissions import can, units_where, within
from lms.training import selectors
from lms.training.checkin import selectors as checkin
from lms.training.models import (
    Attendance,
    Base,
    BaseRating,
    Enrolment,
    HostCount,
    Training,
    TrainingSession,
    VisitPhoto,
    VisitReflection,
    VisitRequest,
)
from lms.training.visits import rules

State = VisitRequest.State
REMARKS = {
    rules.LATE_UPLOAD: _("隔天以后上传"),
    rules.OTHER_DAY: _("不是当天拍的"),
    rules.FUTURE: _("拍摄时间在上传之后"),
}
LEARNT = {"warning": Category.DISCIPLINE, "integrity": Category.DISCIPLINE, "patriotic": Category.HISTORY}


def category_of(base: Base) -> str:
    """What a visit to a base teaches: discipline, history, or skills."""
    return LEARNT.get(base.kind, Category.SKILLS)


def point_of(base: Base | None) -> tuple[float, float] | None:
    """(latitude, longitude) of a base; None when nobody has entered it."""
    if base is None or base.lat is None or base.lng is None:
        return None
    return float(base.lat), float(base.lng)


@dataclass(frozen=True, slots=True)
class PlaceState:
    """What the page of a member says of one session: the earlier answer (None: never asked), whether he may ask now."""

    session: TrainingSession
    near: bool | None
    open: bool


def place_states(training: Training, member: Member) -> list[PlaceState]:
    """The sessions of a visit whose place may be checked or was; none for a base whose point nobody entered."""
    if point_of(training.base) is None:
        return []
    known = dict(member.place_checks.filter(session__training=training).values_list("session", "near"))
    states = [
        PlaceState(session, known.get(session.pk), rules.may_check(session.starts_at, session.ends_at, clock.now()))
        for session in training.sessions.all()
    ]
    return [one for one in states if one.open or one.near is not None]


# -- places -------------------------------------------------------------------------------------


def places_left(base: Base, day: dt.date, half: str) -> int:
    """How many people the base still takes on a half-day: its capacity less the visits that touch it."""
    starts, ends = (timezone.make_aware(dt.datetime.combine(day, at)) for at in rules.HALF_DAYS[half])
    visits = Training.objects.filter(
        base=base, sessions__starts_at__lt=ends, sessions__ends_at__gt=starts, kind=Training.Kind.VISIT
    )
    taken = visits.exclude(state=Training.State.CANCELLED).distinct().values_list("capacity", flat=True)
    return max(0, base.capacity - sum(taken))


@dataclass(frozen=True, slots=True)
class FreeHalf:
    """A half-day with places left."""

    day: dt.date
    half: str
    places: int

    @property
    def word(self) -> str:
        """上午 or 下午."""
        return str(VisitRequest.Half(self.half).label)


def free_halves(base: Base, after: dt.date, people: int, limit: int = 3) -> list[FreeHalf]:
    """The next half-days on working days after a date that have room for so many people, within four weeks."""
    found: list[FreeHalf] = []
    for n in range(1, 29):
        day = max(after, clock.today()) + dt.timedelta(days=n)
        if day.weekday() >= 5:
            continue
        for half in rules.HALF_DAYS:
            places = places_left(base, day, half)
            if places >= people:
                found.append(FreeHalf(day, half, places))
            if len(found) == limit:
                return found
    return found


# -- requests -----------------------------------------------------------------------------------


def may_host(user: Any, base: Base) -> bool:
    """Whether the person answers for the base: ``trainings.plan`` over the unit to which it belongs."""
    return can(user, "trainings.plan", base.unit)


def requests_for(user: Any) -> QuerySet[VisitRequest]:
    """Requests that the person sees: to bases of his units, of his units, or his own; those that wait first."""
    hosted = within(units_where(user, "trainings.plan"), "base__unit")
    asked = within(units_where(user, "trainings.view"), "unit") | Q(asked_by=user.pk)
    rows = VisitRequest.objects.filter(hosted | asked).select_related("base__unit", "unit", "asked_by", "training")
    return rows.order_by("-day", "half", "pk")


def request_or_404(user: Any, uuid: UUID) -> VisitRequest:
    """One of them."""
    row = requests_for(user).filter(uuid=uuid).first()
    if row is None:
        raise Http404
    return row


# -- one visit ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Photo:
    """A photograph and what is odd about its times (``rules.remarks``)."""

    row: VisitPhoto
    remarks: list[str]

    @property
    def late(self) -> bool:
        """Whether it came a day or more after it was taken."""
        return rules.LATE_UPLOAD in self.remarks

    @property
    def words(self) -> list[str]:
        """The remarks in words."""
        return [str(REMARKS[name]) for name in self.remarks]


def photo_of(row: VisitPhoto, session: TrainingSession) -> Photo:
    """A stored photograph of a session with its remarks."""
    taken = timezone.localtime(row.taken_at) if row.taken_at else None
    first, last = clock.local_date(session.starts_at), clock.local_date(session.ends_at)
    return Photo(row, rules.remarks(taken, row.added_at, first, last))


def photos_of(session: TrainingSession) -> list[Photo]:
    """The photographs of a session in the order in which they came."""
    return [photo_of(row, session) for row in session.photos.select_related("added_by")]


@dataclass(frozen=True, slots=True)
class VisitRecord:
    """What is known of one visit beside its attendance."""

    session: TrainingSession
    tally: selectors.Tally
    count: HostCount | None
    photos: list[Photo]
    near: int
    checked: int
    waiting: int


def record_of(session: TrainingSession) -> VisitRecord:
    """The host's count, the photographs, and how many telephones were checked and near."""
    checks = list(session.place_checks.values_list("near", flat=True))
    return VisitRecord(
        session=session,
        tally=selectors.tally(session),
        count=HostCount.objects.filter(session=session).select_related("counted_by").first(),
        photos=photos_of(session),
        near=sum(checks),
        checked=len(checks),
        waiting=len(checkin.waiting(session)),
    )


def visit_or_404(user: Any, uuid: UUID) -> Training:
    """A visit whose page the person may open: of his trainings, or at a base for which he answers."""
    rows = Training.objects.filter(uuid=uuid, kind=Training.Kind.VISIT).select_related("unit", "base__unit", "trainer")
    training = rows.first()
    if training is None or training.base is None:
        raise Http404
    if may_host(user, training.base):
        return training
    return selectors.training_or_404(user, uuid)


def own_visit_or_404(member: Member, uuid: UUID) -> Training:
    """A visit in which the member is enrolled and that has begun, or begins so soon that the place may be checked."""
    soon = clock.now() + rules.CHECK_AROUND
    rows = Training.objects.filter(uuid=uuid, kind=Training.Kind.VISIT, sessions__starts_at__lte=soon)
    mine = rows.filter(enrolments__member=member, enrolments__state=Enrolment.State.ENROLLED)
    training = mine.exclude(state=Training.State.CANCELLED).select_related("unit", "base").distinct().first()
    if training is None:
        raise Http404
    return training


def was_there(training: Training, member: Member) -> bool:
    """Whether the member was marked present."""
    marks = Attendance.objects.filter(session__training=training, member=member)
    return marks.filter(status=Attendance.Status.PRESENT).exists()


def reflections_of(training: Training) -> QuerySet[VisitReflection]:
    """What people wrote or said, the group first."""
    rows = VisitReflection.objects.filter(training=training).select_related("member__unit")
    return rows.order_by(F("member").asc(nulls_first=True), "pk")


def stars_of(base: Base) -> tuple[Decimal | None, int]:
    """(the mean of all ratings to one decimal, how many) of a base; no mean without a rating."""
    found = BaseRating.objects.filter(training__base=base).aggregate(mean=Avg("stars"), n=Count("pk"))
    mean = found["mean"]
    rounded = None if mean is None else Decimal(str(mean)).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return rounded, found["n"]
