"""What stands in the way of a plan, and taking what it needs: the gate through which every planned time goes.

``book`` runs inside the transaction of the service that plans. Double bookings and an overfull base are refused; that members
are enrolled elsewhere at the time is only told (``member_clashes``): whom to let go is for people to decide.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from lms.core import clock
from lms.members.models import Member, User
from lms.training.errors import TrainingError
from lms.training.models import Base, Booking, Enrolment, Expert, Room, Training, TrainingSession
from lms.training.planning.rules import Slot, free_slots, peak

OPENS, SHUTS = dt.time(8), dt.time(18)
"""Within these hours of a day free times are proposed; what is planned may lie outside."""
DAYS_AHEAD = 21
Kind = Booking.Kind


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that can be in one place at a time, and how it is called."""

    kind: str
    pk: int
    label: str


@dataclass(frozen=True, slots=True)
class Need:
    """A stretch of time and all it takes."""

    slot: Slot
    resources: tuple[Resource, ...]


@dataclass(frozen=True, slots=True)
class Clash:
    """A resource that is taken: by which stretch, of which unit ("" within the plan itself); the next times it is free."""

    resource: str
    slot: Slot
    unit: str
    free: tuple[Slot, ...]

    def __str__(self) -> str:
        values = {"resource": self.resource, "time": told(self.slot), "unit": self.unit}
        text = (
            _("%(resource)s在 %(time)s 已有安排（%(unit)s）")
            if self.unit
            else _("%(resource)s在 %(time)s 被这份计划排了两次")
        )
        sentence = text % values
        if self.free:
            sentence += _("；最近的空档：%(times)s") % {"times": "、".join(map(told, self.free))}
        return sentence


class DoubleBooked(TrainingError):
    """The plan takes what is taken; the message names it, by whom, and the next free times."""

    def __init__(self, clashes: Sequence[Clash]) -> None:
        super().__init__("booked")
        self.clashes = tuple(clashes)

    @property
    def message(self) -> str:
        """What a person reads."""
        return "；".join(map(str, self.clashes)) or super().message


class BaseFull(TrainingError):
    """More people would be at the base at once than it holds."""

    def __init__(self, base: Base, slot: Slot, others: int) -> None:
        super().__init__("over-base")
        self.base, self.slot, self.others = base, slot, others

    @property
    def message(self) -> str:
        """What a person reads."""
        values = {"base": self.base.name, "time": told(self.slot), "n": self.others, "most": self.base.capacity}
        return _("%(base)s在 %(time)s 同时已安排 %(n)s 人，总共容纳 %(most)s 人，请减少名额或换一个时间") % values


def told(slot: Slot) -> str:
    """A stretch as people read it: 11月27日 09:00–11:30."""
    start, end = timezone.localtime(slot.starts_at), timezone.localtime(slot.ends_at)
    return f"{start.month}月{start.day}日 {start:%H:%M}–{end:%H:%M}"


# -- what a plan needs ---------------------------------------------------------------------


def resources(trainer: User | None, room: Room | None, experts: Iterable[Expert]) -> tuple[Resource, ...]:
    """What one session takes."""
    found = [Resource(Kind.TRAINER, trainer.pk, str(trainer))] if trainer else []
    if room is not None:
        found.append(Resource(Kind.ROOM, room.pk, str(room)))
    return (*found, *(Resource(Kind.EXPERT, one.pk, one.name) for one in experts))


def needs(training: Training) -> dict[int, Need]:
    """What the saved sessions of a training take, by session id."""
    rows = training.sessions.select_related("room__venue").prefetch_related("experts")
    return {
        row.pk: Need(
            Slot(row.starts_at, row.ends_at),
            resources(training.trainer, row.room, sorted(row.experts.all(), key=lambda one: one.pk)),
        )
        for row in rows
    }


# -- what stands in the way ----------------------------------------------------------------


def clashes(wanted: Sequence[Need], besides: Training | None = None) -> list[Clash]:
    """Each resource of ``wanted`` that is taken at its time, by another training or twice by the plan itself; one query."""
    taken = _taken(wanted, besides)
    found = []
    for number, need in enumerate(wanted):
        for resource in need.resources:
            others = taken.get((resource.kind, resource.pk), [])
            own = [(one.slot, "") for one in wanted[:number] if resource in one.resources]
            for slot, unit in (*others, *own):
                if slot.overlaps(need.slot):
                    busy = [*(one for one, _unit in others), *(one.slot for one in wanted if one is not need)]
                    found.append(Clash(resource.label, slot, unit, tuple(free_slots(need.slot, busy, windows(need)))))
                    break
    return found


def _taken(wanted: Sequence[Need], besides: Training | None) -> dict[tuple[str, int], list[tuple[Slot, str]]]:
    """By resource, what it is taken for from the first of the plan on: the stretches and the units that hold them."""
    by_kind: dict[str, set[int]] = {}
    for need in wanted:
        for resource in need.resources:
            by_kind.setdefault(resource.kind, set()).add(resource.pk)
    if not by_kind:
        return {}
    condition = Q()
    for kind, pks in by_kind.items():
        condition |= Q(kind=kind, resource_id__in=pks)
    first = min(need.slot.starts_at for need in wanted)
    last = max(need.slot.ends_at for need in wanted) + dt.timedelta(days=DAYS_AHEAD)
    rows = Booking.objects.filter(condition, ends_at__gt=first, starts_at__lt=last)
    if besides is not None:
        rows = rows.exclude(session__training=besides)
    found: dict[tuple[str, int], list[tuple[Slot, str]]] = {}
    columns = ("kind", "resource_id", "starts_at", "ends_at", "session__training__unit__name")
    for kind, pk, starts_at, ends_at, unit in rows.order_by("starts_at").values_list(*columns):
        found.setdefault((kind, pk), []).append((Slot(starts_at, ends_at), unit))
    return found


def windows(need: Need) -> list[Slot]:
    """The working hours of the day of ``need`` and the days after it."""
    first = clock.local_date(need.slot.starts_at)
    days = [first + dt.timedelta(days=number) for number in range(DAYS_AHEAD)]
    return [Slot(*(timezone.make_aware(dt.datetime.combine(day, at)) for at in (OPENS, SHUTS))) for day in days]


def base_full(base: Base | None, capacity: int, slots: Sequence[Slot], besides: Training | None) -> BaseFull | None:
    """The first stretch in which the base could not hold the training beside what is planned there; one query."""
    if base is None or not slots:
        return None
    rows = TrainingSession.objects.filter(
        training__base=base,
        ends_at__gt=min(slot.starts_at for slot in slots),
        starts_at__lt=max(slot.ends_at for slot in slots),
    ).exclude(training__state=Training.State.CANCELLED)
    if besides is not None:
        rows = rows.exclude(training=besides)
    columns = rows.order_by().values_list("starts_at", "ends_at", "training__capacity")
    others = [(Slot(starts_at, ends_at), heads) for starts_at, ends_at, heads in columns]
    for slot in slots:
        if (there := peak(slot, others)) + capacity > base.capacity and there:
            return BaseFull(base, slot, there)
    return None


def room_too_small(capacity: int, rooms: Iterable[Room | None]) -> bool:
    """Whether a room has fewer seats than the training."""
    return any(room is not None and room.capacity < capacity for room in rooms)


@dataclass(frozen=True, slots=True)
class MemberClash:
    """People who are enrolled elsewhere while a session runs."""

    slot: Slot
    unit: str
    names: tuple[str, ...]


def slots_of(training: Training) -> list[Slot]:
    """The stretches of the saved sessions."""
    return [Slot(row.starts_at, row.ends_at) for row in training.sessions.all()]


def member_clashes(training: Training, slots: Sequence[Slot]) -> list[MemberClash]:
    """Who of the enrolled is enrolled in another open training during one of ``slots``; one query."""
    seats = Enrolment.objects.filter(training=training, state=Enrolment.State.ENROLLED)
    found: dict[tuple[Slot, str], list[str]] = {}
    for slot, unit, _pk, name in _elsewhere(seats.values("member"), slots, training):
        found.setdefault((slot, unit), []).append(name)
    return [MemberClash(slot, unit, tuple(names)) for (slot, unit), names in found.items()]


def busy(members: Iterable[Member], training: Training) -> dict[int, Slot]:
    """By member id the first stretch for which a person is enrolled elsewhere while ``training`` runs; two queries."""
    found: dict[int, Slot] = {}
    for slot, _unit, pk, _name in _elsewhere([one.pk for one in members], slots_of(training), training):
        found.setdefault(pk, slot)
    return found


def _elsewhere(members: Any, slots: Sequence[Slot], training: Training) -> Iterator[tuple[Slot, str, int, str]]:
    """(stretch, unit that holds it, member id, name) of other open trainings that overlap ``slots``, the earliest first."""
    if not slots:
        return
    rows = (
        Enrolment.objects.filter(
            state=Enrolment.State.ENROLLED,
            member__in=members,
            training__state=Training.State.OPEN,
            training__sessions__ends_at__gt=min(slot.starts_at for slot in slots),
            training__sessions__starts_at__lt=max(slot.ends_at for slot in slots),
        )
        .exclude(training=training)
        .order_by("training__sessions__starts_at", "member__sort_key")
    )
    columns = (
        "training__sessions__starts_at",
        "training__sessions__ends_at",
        "training__unit__name",
        "member_id",
        "member__name",
    )
    for starts_at, ends_at, unit, pk, name in rows.values_list(*columns):
        slot = Slot(starts_at, ends_at)
        if any(slot.overlaps(one) for one in slots):
            yield slot, unit, pk, name


# -- taking it -----------------------------------------------------------------------------


def book(training: Training) -> None:
    """Take what the saved sessions of a training need, instead of what it had; in the caller's transaction.

    Raises DoubleBooked, BaseFull, TrainingError ``room-too-small``. The base's row is the lock of its people; a resource
    that somebody else takes at the same moment is refused by the database.
    """
    if training.state == Training.State.CANCELLED:
        return
    by_session = needs(training)
    wanted = list(by_session.values())
    if room_too_small(training.capacity, Room.objects.filter(sessions__training=training)):
        raise TrainingError("room-too-small")
    if found := clashes(wanted, besides=training):
        raise DoubleBooked(found)
    _check_base(training, [need.slot for need in wanted])
    release(training)
    try:
        with transaction.atomic():
            Booking.objects.bulk_create(_rows(by_session.items()))
    except IntegrityError as error:  # taken since we looked
        raise DoubleBooked(clashes(wanted, besides=training)) from error


def _check_base(training: Training, slots: Sequence[Slot]) -> None:
    if training.base_id is None:
        return
    base = Base.objects.select_for_update().get(pk=training.base_id)
    if full := base_full(base, training.capacity, slots, besides=training):
        raise full


def _rows(wanted: Iterable[tuple[int, Need]]) -> Iterator[Booking]:
    for session_id, need in wanted:
        for one in need.resources:
            yield Booking(
                session_id=session_id,
                kind=one.kind,
                resource_id=one.pk,
                starts_at=need.slot.starts_at,
                ends_at=need.slot.ends_at,
            )


def release(training: Training) -> None:
    """Give back everything that a training had taken."""
    Booking.objects.filter(session__training=training).delete()
