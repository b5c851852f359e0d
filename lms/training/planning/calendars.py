"""Calendars: which sessions a person sees, by day, and the feeds that programs subscribe to (RFC 5545)."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from icalendar import Calendar, Event

from lms.core import clock
from lms.core.crypto import keyed_hash
from lms.members import audit
from lms.members.models import Unit, User
from lms.members.permissions import units_where, visible, within
from lms.training.models import Base, CalendarFeed, Enrolment, RemovedSession, Training, TrainingSession

M = TypeVar("M", TrainingSession, RemovedSession)
TOKEN_BYTES = 24
PAST_IN_FEED = dt.timedelta(days=120)
"""How far back a feed goes: what is older, a subscriber keeps or drops as he likes."""
PRODUCT = "-//Xiangxue//Trainings//ZH"


# -- which sessions ------------------------------------------------------------------------


def sessions(user: Any) -> QuerySet[TrainingSession]:
    """The sessions that the person may read, goes to, is in charge of, or whose base he keeps; the first one first."""
    rows = TrainingSession.objects.filter(Q(pk__in=_readable(TrainingSession, user)) | _own(user) | hosted_by(user))
    return rows.select_related("training__unit", "training__base", "training__trainer", "room__venue").order_by(
        "starts_at", "pk"
    )


def _readable(model: type[M], user: Any) -> QuerySet[Any]:
    return visible(model._default_manager.all(), user).order_by().values("pk")


def hosted_by(user: Any) -> Q:
    """Those at a base for whose unit the person plans, whoever holds them."""
    return within(units_where(user, "trainings.plan"), "training__base__unit")


def _own(user: Any) -> Q:
    """Those he is enrolled in, and those he is in charge of."""
    seats = Enrolment.objects.filter(member__user=user.pk, state=Enrolment.State.ENROLLED)
    return Q(training__in=seats.values("training")) | Q(training__trainer=user.pk)


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a calendar with its sessions; ``inside`` is False for days of the months around."""

    date: dt.date
    sessions: list[TrainingSession]
    inside: bool
    today: bool


def days(rows: QuerySet[TrainingSession], first: dt.date, last: dt.date, month: int | None = None) -> list[Day]:
    """Each day from ``first`` to ``last`` with the sessions that touch it and are not called off; one query."""
    begin, end = clock.day_start(first), clock.day_start(last + clock.DAY)
    found: dict[dt.date, list[TrainingSession]] = {}
    for row in rows.filter(ends_at__gt=begin, starts_at__lt=end).exclude(training__state=Training.State.CANCELLED):
        final = clock.local_date(row.ends_at - dt.timedelta(microseconds=1))
        day = max(first, clock.local_date(row.starts_at))
        while day <= min(final, last):
            found.setdefault(day, []).append(row)
            day += clock.DAY
    today = clock.today()
    whole = (first + dt.timedelta(days=number) for number in range((last - first).days + 1))
    return [Day(day, found.get(day, []), month is None or day.month == month, day == today) for day in whole]


def weeks_of(month: dt.date) -> tuple[dt.date, dt.date]:
    """The Monday before the first and the Sunday after the last day of a month."""
    first = month.replace(day=1)
    following = (first + dt.timedelta(days=32)).replace(day=1)
    last = following - clock.DAY
    return first - dt.timedelta(days=first.weekday()), last + dt.timedelta(days=6 - last.weekday())


# -- feeds ---------------------------------------------------------------------------------


@transaction.atomic
def subscribe(
    *, owner: User, kind: str, unit: Unit | None = None, base: Base | None = None
) -> tuple[CalendarFeed, str]:
    """Open a feed; returns it and its token, which is told this once and not kept."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    feed = CalendarFeed.objects.create(
        owner=owner, kind=kind, unit=unit, base=base, token_hash=keyed_hash(token), created_at=clock.now()
    )
    audit.record("calendar.subscribe", by=owner, on=feed, unit=unit, kind=kind)
    return feed, token


@transaction.atomic
def revoke(*, feed: CalendarFeed, by: User) -> None:
    """Close a feed for good: its address answers 404 from now on."""
    if CalendarFeed.objects.filter(pk=feed.pk, revoked_at__isnull=True).update(revoked_at=clock.now()):
        audit.record("calendar.revoke", by=by, on=feed, unit=feed.unit)


def feed_of(token: str) -> CalendarFeed | None:
    """The open feed with this token; None when it was revoked or its owner may no longer sign in."""
    rows = CalendarFeed.objects.filter(token_hash=keyed_hash(token), revoked_at__isnull=True, owner__is_active=True)
    return rows.select_related("owner", "unit", "base").first()


def sessions_of(feed: CalendarFeed) -> QuerySet[TrainingSession]:
    """What a feed shows: what its owner may read now, of himself, of a unit and all below it, or of a base."""
    rows = _fed(TrainingSession, feed).select_related("training__unit", "training__base", "room__venue")
    return rows.prefetch_related("experts").order_by("starts_at", "pk")


def removed_of(feed: CalendarFeed) -> QuerySet[RemovedSession]:
    """What a feed showed until it was taken off: programs keep it as called off instead of forgetting why it is gone."""
    return _fed(RemovedSession, feed).select_related("training__unit")


def _fed(model: type[M], feed: CalendarFeed) -> QuerySet[M]:
    rows = model._default_manager.filter(ends_at__gt=clock.now() - PAST_IN_FEED)
    readable = Q(pk__in=_readable(model, feed.owner)) | _own(feed.owner)
    if feed.kind == CalendarFeed.Kind.UNIT and feed.unit is not None:
        return rows.filter(readable, training__unit__path__startswith=feed.unit.path)
    if feed.kind == CalendarFeed.Kind.BASE:
        return rows.filter(readable | hosted_by(feed.owner), training__base=feed.base)
    return rows.filter(_own(feed.owner))


def bury(session: TrainingSession) -> RemovedSession:
    """Keep of a session that is taken off what calendars need; in the caller's transaction, before it goes."""
    return RemovedSession.objects.create(
        training=session.training,
        session_pk=session.pk,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        topic=session.topic,
        place=where(session),
        sequence=session.sequence + 1,
        changed_at=clock.now(),
    )


def as_ical(rows: Iterable[TrainingSession], name: str, removed: Iterable[RemovedSession] = ()) -> bytes:
    """Sessions as one iCalendar file with the time zone written out; what was called off stands in it as cancelled."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", dt.timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for row in rows:
        calendar.add_component(_event(row))
    for gone in removed:
        calendar.add_component(_gone(gone))
    this_year = clock.today().year
    calendar.add_missing_timezones(dt.date(this_year - 1, 1, 1), dt.date(this_year + 3, 1, 1))
    return bytes(calendar.to_ical())


def _event(session: TrainingSession) -> Event:
    """One session; its UID never changes, its SEQUENCE counts how often it was moved."""
    cancelled = session.training.state == Training.State.CANCELLED
    event = _bare(session, session.pk, cancelled=cancelled)
    if place := where(session):
        event.add("location", place)
    event.add("description", "\n".join(_about(session)))
    return event


def _gone(session: RemovedSession) -> Event:
    """A session that was taken off, under the UID that it had."""
    event = _bare(session, session.session_pk, cancelled=True)
    if session.place:
        event.add("location", session.place)
    return event


def _bare(session: TrainingSession | RemovedSession, number: int, *, cancelled: bool) -> Event:
    training, event = session.training, Event()
    event.add("uid", f"{training.uuid}-{number}@xiangxue")
    event.add("dtstamp", session.changed_at.astimezone(dt.UTC))
    event.add("last-modified", session.changed_at.astimezone(dt.UTC))
    event.add("sequence", session.sequence)
    event.add("dtstart", timezone.localtime(session.starts_at))
    event.add("dtend", timezone.localtime(session.ends_at))
    event.add("summary", f"{training.title} · {session.topic}" if session.topic else training.title)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    return event


def where(session: TrainingSession) -> str:
    """Where a session takes place, as exactly as it is known."""
    training = session.training
    if session.room is not None:
        return str(session.room)
    return " · ".join(str(one) for one in (training.base, training.place) if one)


def _about(session: TrainingSession) -> list[str]:
    training = session.training
    teachers = [*(expert.name for expert in session.experts.all())] or [training.lecturer]
    kind = f"{training.get_kind_display()} {training.series}".strip()
    return [kind, training.unit.name, *(name for name in teachers if name)]
