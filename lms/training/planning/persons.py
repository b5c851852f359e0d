"""Where people are already: members with a seat in another training, and those who teach there. Told, and for seats refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from lms.members.models import Member
from lms.training.errors import TrainingError
from lms.training.models import Booking, Enrolment, Training, TrainingSession
from lms.training.planning.bookings import DAYS_AHEAD, Kind, Need, next_free, windows
from lms.training.planning.rules import Slot, free_slots


@dataclass(frozen=True, slots=True)
class Stay:
    """A stretch for which a member is promised elsewhere, of which unit."""

    slot: Slot
    unit: str
    pk: int
    name: str


@dataclass(frozen=True, slots=True)
class MemberClash:
    """People who are elsewhere while a session runs; the next times at which all of them are free."""

    slot: Slot
    unit: str
    names: tuple[str, ...]
    free: tuple[Slot, ...] = ()

    @property
    def next_free(self) -> str:
        """The free times as the end of a sentence."""
        return next_free(self.free)


class Elsewhere(TrainingError):
    """People who cannot be proposed or seated: they are elsewhere at the time; the message names them."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__("people-elsewhere")
        self.names = tuple(names)

    @property
    def message(self) -> str:
        """What a person reads."""
        return _("%(names)s同一时间已有别的培训，请先取消那一边，或不选他们") % {"names": "、".join(self.names)}


def slots_of(training: Training) -> list[Slot]:
    """The stretches of the saved sessions."""
    return [Slot(row.starts_at, row.ends_at) for row in training.sessions.all()]


def member_clashes(training: Training, slots: Sequence[Slot]) -> list[MemberClash]:
    """Who of the enrolled is in another open training, to learn or to teach, during one of ``slots``; two queries."""
    seats = Enrolment.objects.filter(training=training, state=Enrolment.State.ENROLLED)
    return _clashes(_stays(seats.values("member"), slots, training), slots)


def teacher_clashes(wanted: Sequence[Need], besides: Training | None = None) -> list[MemberClash]:
    """Who of those that are to teach has a seat in another open training at the time; two queries."""
    teachers = {
        pk: [one.slot for one in wanted if any((Kind.PERSON, pk) in other.keys for other in one.resources)]
        for need in wanted
        for resource in need.resources
        for kind, pk in resource.keys
        if kind == Kind.PERSON
    }
    stays = list(_seats(list(teachers), [need.slot for need in wanted], besides))
    found = []
    for pk, slots in teachers.items():
        found += _clashes([stay for stay in stays if stay.pk == pk], slots)
    return found


def _clashes(stays: Iterable[Stay], slots: Sequence[Slot]) -> list[MemberClash]:
    rows = sorted(set(stays), key=lambda stay: stay.slot)
    found: dict[tuple[Slot, Slot, str], list[Stay]] = {}
    for stay in rows:
        wanted = next((slot for slot in slots if slot.overlaps(stay.slot)), None)
        if wanted is not None:
            found.setdefault((wanted, stay.slot, stay.unit), []).append(stay)
    clashes = []
    for (wanted, slot, unit), people in found.items():
        ids = {stay.pk for stay in people}
        busy = [*(stay.slot for stay in rows if stay.pk in ids), *(one for one in slots if one != wanted)]
        free = tuple(free_slots(wanted, busy, windows(wanted)))
        clashes.append(MemberClash(slot, unit, tuple(stay.name for stay in people), free))
    return clashes


def busy(members: Iterable[int], training: Training) -> dict[int, Slot]:
    """By member id the first stretch for which a person is elsewhere while ``training`` runs; four queries."""
    slots = slots_of(training)
    found: dict[int, Slot] = {}
    for stay in sorted(_stays(list(members), slots, training), key=lambda stay: stay.slot):
        if any(slot.overlaps(stay.slot) for slot in slots):
            found.setdefault(stay.pk, stay.slot)
    return found


def check_free(training: Training, members: Sequence[Member]) -> None:
    """Raises Elsewhere when one of the members is elsewhere while the training runs."""
    away = busy([member.pk for member in members], training)
    if away:
        raise Elsewhere([member.name for member in members if member.pk in away])


def _stays(members: Any, slots: Sequence[Slot], besides: Training | None) -> Iterator[Stay]:
    """What the members are promised for from the first of ``slots`` on, in other open trainings: seats and teaching."""
    yield from _seats(members, slots, besides)
    yield from _teaching(members, slots, besides)


def _stretch(slots: Sequence[Slot]) -> tuple[dt.datetime, dt.datetime]:
    last = max(slot.ends_at for slot in slots) + dt.timedelta(days=DAYS_AHEAD)
    return min(slot.starts_at for slot in slots), last


def _seats(members: Any, slots: Sequence[Slot], besides: Training | None) -> Iterator[Stay]:
    if not slots:
        return
    first, last = _stretch(slots)
    rows = TrainingSession.objects.filter(
        training__state=Training.State.OPEN,
        ends_at__gt=first,
        starts_at__lt=last,
        training__enrolments__state=Enrolment.State.ENROLLED,
        training__enrolments__member__in=members,
    )
    if besides is not None:
        rows = rows.exclude(training=besides)
    person = "training__enrolments__member"
    columns = ("starts_at", "ends_at", "training__unit__name", f"{person}_id", f"{person}__name")
    for starts_at, ends_at, unit, pk, name in rows.order_by("starts_at", f"{person}__sort_key").values_list(*columns):
        yield Stay(Slot(starts_at, ends_at), unit, pk, name)


def _teaching(members: Any, slots: Sequence[Slot], besides: Training | None) -> Iterator[Stay]:
    """By the member himself or by his account: a booking may be older than the link between the two."""
    if not slots:
        return
    first, last = _stretch(slots)
    taken = Booking.objects.filter(ends_at__gt=first, starts_at__lt=last)
    if besides is not None:
        taken = taken.exclude(session__training=besides)
    people = Member.objects.filter(pk__in=members)
    held = Q(kind=Kind.PERSON, resource_id__in=people.values("pk"))
    held |= Q(kind=Kind.TRAINER, resource_id__in=people.filter(user__isnull=False).values("user"))
    columns = ("kind", "resource_id", "starts_at", "ends_at", "session__training__unit__name")
    rows = list(taken.filter(held).order_by("starts_at").values_list(*columns))
    if not rows:
        return
    names: dict[tuple[str, int | None], tuple[int, str]] = {}
    for pk, user, name in people.values_list("pk", "user", "name"):
        names[Kind.PERSON, pk] = names[Kind.TRAINER, user] = (pk, name)
    for kind, resource, starts_at, ends_at, unit in rows:
        yield Stay(Slot(starts_at, ends_at), unit, *names[kind, resource])
