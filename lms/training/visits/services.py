"""Writes of visits: asked for, agreed or declined by the base, counted, pictured, thought about, rated.

The base's row is the lock of its half-days: of two requests for the last places one is told. Hours come from the visit's
attendance alone (``lms.training.services``); nothing here posts any.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from lms.core import clock, photos
from lms.members import audit
from lms.members.models import Member, Unit, User
from lms.training import files, services
from lms.training.checkin import services as checkin
from lms.training.errors import TrainingError
from lms.training.models import (
    Attendance,
    Base,
    BaseRating,
    HostCount,
    PlaceCheck,
    Training,
    TrainingSession,
    VisitPhoto,
    VisitReflection,
    VisitRequest,
)
from lms.training.visits import rules, selectors, telling

State = VisitRequest.State


@dataclass(frozen=True, slots=True)
class Wish:
    """Which half-day (``am``, ``pm``), how many people, about what."""

    day: dt.date
    half: str
    people: int
    topic: str
    note: str = ""


def _lock(base: Base) -> Base:
    return Base.objects.select_for_update(of=("self",)).select_related("unit").get(pk=base.pk)


def _moments(day: dt.date, half: str) -> tuple[dt.datetime, dt.datetime]:
    start, end = rules.HALF_DAYS[half]
    return timezone.make_aware(dt.datetime.combine(day, start)), timezone.make_aware(dt.datetime.combine(day, end))


# -- asking -------------------------------------------------------------------------------------


@transaction.atomic
def ask(*, base: Base, unit: Unit, wish: Wish, by: User | None) -> VisitRequest:
    """Ask a base for a half-day. Raises TrainingError ``visit-day`` (past, or over a year ahead), ``base-full``."""
    if not clock.today() < wish.day <= clock.today() + rules.LONGEST_AHEAD:
        raise TrainingError("visit-day")
    base = _lock(base)
    if wish.people > selectors.places_left(base, wish.day, wish.half):
        raise TrainingError("base-full")
    row = VisitRequest.objects.create(
        base=base,
        unit=unit,
        day=wish.day,
        half=wish.half,
        people=wish.people,
        topic=wish.topic,
        note=wish.note,
        asked_by=by,
        asked_at=clock.now(),
    )
    audit.record("visit.ask", by=by, on=row, unit=unit, base=base.code, day=str(wish.day), people=wish.people)
    telling.requested(row, by)
    return row


def _waiting(request: VisitRequest) -> VisitRequest:
    """The request as it stands, its base locked. Raises TrainingError ``moved-on`` when it was answered."""
    base = _lock(request.base)
    row = VisitRequest.objects.select_related("unit", "asked_by").get(pk=request.pk)
    row.base = base
    if row.state != State.WAITING:
        raise TrainingError("moved-on")
    return row


def _answered(row: VisitRequest, state: str, answer: str, by: User | None) -> None:
    row.state, row.answer, row.answered_by, row.answered_at = state, answer.strip(), by, clock.now()
    row.save()
    audit.record(f"visit.{state}", by=by, on=row, unit=row.unit, reason=row.answer, base=row.base.code)


@transaction.atomic
def agree(*, request: VisitRequest, guide: str, answer: str, by: User | None) -> Training:
    """The base agrees: the visit is planned with its session. Raises TrainingError ``moved-on``, ``base-full``, ``visit-day``."""
    row = _waiting(request)
    if row.day < clock.today():
        raise TrainingError("visit-day")
    if row.people > selectors.places_left(row.base, row.day, row.half):
        raise TrainingError("base-full")
    starts_at, ends_at = _moments(row.day, row.half)
    training = services.plan_training(
        kind=Training.Kind.VISIT,
        unit=row.unit,
        sessions=[services.SessionPlan(starts_at, ends_at, TrainingSession.Measure.HALF_DAY, row.topic)],
        by=by,
        title=row.topic,
        category=selectors.category_of(row.base),
        base=row.base,
        place=row.base.address[:100],
        trainer=row.asked_by,
        lecturer=guide,
        capacity=row.people,
    )
    row.training, row.guide = training, guide
    _answered(row, State.AGREED, answer, by)
    telling.answered(row, by)
    return training


@transaction.atomic
def decline(
    *, request: VisitRequest, answer: str, offered: tuple[dt.date, str] | None, by: User | None
) -> VisitRequest:
    """The base declines, with a reason and, if it can, another half-day. Raises TrainingError ``moved-on``, ``reason``."""
    row = _waiting(request)
    if not answer.strip():
        raise TrainingError("reason")
    if offered is not None:
        row.offered_day, row.offered_half = offered
    _answered(row, State.DECLINED, answer, by)
    telling.answered(row, by)
    return row


@transaction.atomic
def withdraw(*, request: VisitRequest, by: User | None) -> VisitRequest:
    """Take a request back before it is answered; who was asked hears of it. Raises TrainingError ``moved-on``."""
    row = _waiting(request)
    _answered(row, State.WITHDRAWN, "", by)
    telling.withdrawn(row, by)
    return row


# -- on the day ---------------------------------------------------------------------------------


@transaction.atomic
def count(*, session: TrainingSession, heads: int, guide: str, by: User | None) -> HostCount:
    """The host's count of heads, on the day or later; a second one replaces the first and both are in the trail.

    As any count of heads it confirms the scans that wait when it agrees with them and the ticks together: the host stood by,
    so the word holds after the closing too. Raises TrainingError ``too-early``, ``not-open`` (cancelled).
    """
    training = services._lock(session.training)
    if training.state == Training.State.CANCELLED:
        raise TrainingError("not-open")
    if clock.today() < clock.local_date(session.starts_at):
        raise TrainingError("too-early")
    row, _new = HostCount.objects.update_or_create(
        session=session,
        defaults={"heads": heads, "guide": guide, "counted_by": by, "counted_at": clock.now()},
    )
    session.training = training
    confirmed = checkin.confirm_by_count(session, heads, by)
    audit.record("visit.count", by=by, on=session, unit=training.unit, heads=heads, confirmed=confirmed)
    return row


def add_photo(*, session: TrainingSession, data: bytes, by: User | None, own_most: int | None = None) -> VisitPhoto:
    """Add a photograph; what the camera said of the time is kept beside the time of upload, the place is not.

    ``own_most``: so many at most of one person, so that no member fills the visit's place alone. Raises TrainingError ``photo-unreadable`` (a PDF too), ``photo-too-large``, ``file-too-large``, ``too-many-photos``,
    ``too-many-own-photos``, ``file-twice``, ``too-early``, ``not-open`` (cancelled).
    """
    checked = files.checked(data)
    if checked.kind != files.PHOTO:
        raise TrainingError("photo-unreadable")
    taken = photos.taken_at(data)
    taken_at = timezone.make_aware(taken) if taken is not None else None
    with transaction.atomic():
        training = services._lock(session.training)
        if training.state == Training.State.CANCELLED:
            raise TrainingError("not-open")
        if clock.today() < clock.local_date(session.starts_at):
            raise TrainingError("too-early")
        standing = VisitPhoto.objects.filter(session=session)
        if standing.count() >= rules.MOST_PHOTOS:
            raise TrainingError("too-many-photos")
        if own_most is not None and standing.filter(added_by=by).count() >= own_most:
            raise TrainingError("too-many-own-photos")
        if standing.filter(digest=checked.digest).exists():
            raise TrainingError("file-twice")
        row = VisitPhoto(session=session, digest=checked.digest, taken_at=taken_at, added_at=clock.now(), added_by=by)
        row.file.save(f"{row.uuid}{checked.suffix}", ContentFile(checked.data), save=False)
        row.save()
        audit.record("visit.photo", by=by, on=session, unit=training.unit, photo=str(row.uuid))
    return row


def check_place(*, session: TrainingSession, member: Member, here: tuple[float, float]) -> PlaceCheck:
    """Whether the member's telephone is near the base now; the point itself goes no further than this call.

    ``here`` is (latitude, longitude) in degrees. A later yes replaces an earlier no, never the other way. Raises
    TrainingError ``place-unreadable`` (no point on earth), ``place-unknown`` (the base has none), ``place-time``
    (neither during the visit nor ``CHECK_AROUND`` it), ``not-enrolled``.
    """
    if not (abs(here[0]) <= 90 and abs(here[1]) <= 180):  # also what is no number
        raise TrainingError("place-unreadable")
    point = selectors.point_of(session.training.base)
    if point is None:
        raise TrainingError("place-unknown")
    if not rules.may_check(session.starts_at, session.ends_at, clock.now()):
        raise TrainingError("place-time")
    with transaction.atomic():
        training = services._lock(session.training)
        services._enrolled(training, [member.pk])
        row, _new = PlaceCheck.objects.get_or_create(
            session=session, member=member, defaults={"near": False, "checked_at": clock.now()}
        )
        row.near = row.near or rules.is_near(here, point)
        row.checked_at = clock.now()
        row.save(update_fields=["near", "checked_at"])
    return row


# -- afterwards ---------------------------------------------------------------------------------


def reflect(*, training: Training, member: Member | None, text: str, voice: bytes, by: User | None) -> VisitReflection:
    """A reflection in words or by voice, of an attendee or (``member`` None) of the group; a later one replaces it.

    Raises TrainingError ``reflection-short`` (neither words nor voice), ``voice-unreadable``, ``voice-too-large``,
    ``not-attended``.
    """
    if not text.strip() and not voice:
        raise TrainingError("reflection-short")
    sound = _sound(voice) if voice else ""
    with transaction.atomic():
        training = services._lock(training)
        if member is not None and not _was_there(training, member):
            raise TrainingError("not-attended")
        row = VisitReflection.objects.filter(training=training, member=member).first()
        row = row or VisitReflection(training=training, member=member)
        row.text, row.added_at, row.added_by = text.strip(), clock.now(), by
        if voice:
            row.voice.save(f"{row.uuid}{sound}", ContentFile(voice), save=False)
        row.save()
        who = member.code if member else ""
        audit.record("visit.reflect", by=by, on=training, unit=training.unit, member=who, voice=bool(voice))
    return row


def _sound(voice: bytes) -> str:
    if len(voice) > rules.MOST_VOICE_BYTES:
        raise TrainingError("voice-too-large")
    sound = rules.sound_of(voice)
    if sound is None:
        raise TrainingError("voice-unreadable")
    return sound[0]


def _was_there(training: Training, member: Member) -> bool:
    marks = Attendance.objects.filter(session__training=training, member=member)
    return marks.filter(status=Attendance.Status.PRESENT).exists()


@transaction.atomic
def rate(*, training: Training, member: Member, stars: int, comment: str, by: User | None) -> BaseRating:
    """Rate the base after the visit, once each time, within 15 days. Raises TrainingError ``survey-one-to-five``, ``not-attended``,
    ``not-over``, ``too-late``."""
    if not 1 <= stars <= 5:
        raise TrainingError("survey-one-to-five")
    training = services._lock(training)
    last = training.sessions.order_by("-ends_at").first()
    if last is None or last.ends_at > clock.now():
        raise TrainingError("not-over")
    if clock.now() > last.ends_at + rules.RATING_TIME:
        raise TrainingError("too-late")
    if not _was_there(training, member):
        raise TrainingError("not-attended")
    facts = {"stars": stars, "comment": comment.strip(), "rated_at": clock.now()}
    row, _new = BaseRating.objects.update_or_create(training=training, member=member, defaults=facts)
    audit.record("visit.rate", by=by, on=training, unit=training.unit, member=member.code)
    return row
