"""What stands in the way of a plan, and taking what it needs: the gate through which every planned time goes.

``book`` runs inside the transaction of the service that plans. Double bookings and an overfull base are refused; that members
are enrolled elsewhere at the time is only told (``persons``): whom to let go is for people to decide.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from django.db import IntegrityError, transaction
from django.db.models import Prefetch, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from lms.core import clock
from lms.members.models import User
from lms.training.errors import TrainingError
from lms.training.models import Base, Booking, Expert, Room, Training, TrainingSession
from lms.training.planning.rules import Slot, crowded, free_slots, peak

OPENS, SHUTS = dt.time(8), dt.time(18)
"""Within these hours of a day free times are proposed; what is planned may lie outside."""
DAYS_AHEAD = 21
ROOMS_NAMED = 3
Kind = Booking.Kind
Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that can be in one place at a time, how it is called, and as what else it is known.

    A person who is an account, an expert of two towns and a member of the Party is one resource under all these keys:
    every one of them is booked, so that however two plans know him, they meet.
    """

    kind: str
    pk: int
    label: str
    also: tuple[Key, ...] = ()

    @property
    def keys(self) -> tuple[Key, ...]:
        """Every kind and id under which it is booked."""
        return ((self.kind, self.pk), *self.also)

    def meets(self, other: Resource) -> bool:
        """Whether both are the same thing or person."""
        return bool(set(self.keys) & set(other.keys))


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
        return text % values + next_free(self.free)


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

    def __init__(self, base: Base, slot: Slot, others: int, free: Sequence[Slot] = ()) -> None:
        super().__init__("over-base")
        self.base, self.slot, self.others, self.free = base, slot, others, tuple(free)

    @property
    def message(self) -> str:
        """What a person reads."""
        values = {"base": self.base.name, "time": told(self.slot), "n": self.others, "most": self.base.capacity}
        sentence = _("%(base)s在 %(time)s 同时已安排 %(n)s 人，总共容纳 %(most)s 人，请减少名额或换一个时间") % values
        return sentence + next_free(self.free)


class RoomTooSmall(TrainingError):
    """A room has fewer seats than the training; the message names rooms that fit and are free."""

    def __init__(self, room: Room, capacity: int, fitting: Sequence[Room] = ()) -> None:
        super().__init__("room-too-small")
        self.room, self.capacity, self.fitting = room, capacity, tuple(fitting)

    @property
    def message(self) -> str:
        """What a person reads."""
        values = {"room": self.room, "seats": self.room.capacity, "n": self.capacity}
        sentence = _("%(room)s只有 %(seats)s 个座位，坐不下 %(n)s 人，请换一间或减少名额") % values
        if self.fitting:
            names = "、".join(f"{room}（{room.capacity}）" for room in self.fitting)
            sentence += _("；坐得下又空着的：%(rooms)s") % {"rooms": names}
        return sentence


def next_free(free: Sequence[Slot]) -> str:
    """The end of a sentence that names free times; nothing when there are none."""
    return _("；最近的空档：%(times)s") % {"times": "、".join(map(told, free))} if free else ""


def told(slot: Slot) -> str:
    """A stretch as people read it: 11月27日 09:00–11:30."""
    start, end = timezone.localtime(slot.starts_at), timezone.localtime(slot.ends_at)
    return f"{start.month}月{start.day}日 {start:%H:%M}–{end:%H:%M}"


# -- what a plan needs ---------------------------------------------------------------------


def keys_of_user(user: User) -> tuple[Key, ...]:
    """As what an account is booked: as itself, and as the member that it belongs to."""
    member = getattr(user, "member", None)
    return ((Kind.TRAINER, user.pk), *(((Kind.PERSON, member.pk),) if member else ()))


def keys_of_expert(expert: Expert) -> tuple[Key, ...]:
    """As what an expert is booked: as himself, and as the account and the member that he is linked to."""
    known: list[Key] = [(Kind.EXPERT, expert.pk)]
    if expert.user is not None:
        known += keys_of_user(expert.user)
    if expert.member is not None:
        known += keys_of_user(expert.member.user) if expert.member.user else []
        known.append((Kind.PERSON, expert.member.pk))
    return tuple(dict.fromkeys(known))


def resources(trainer: User | None, room: Room | None, experts: Iterable[Expert]) -> tuple[Resource, ...]:
    """What one session takes; who both is in charge of it and lectures is one person in one place."""
    found: list[Resource] = []
    if trainer is not None:
        found.append(_known(keys_of_user(trainer), str(trainer)))
    if room is not None:
        found.append(Resource(Kind.ROOM, room.pk, str(room)))
    for expert in experts:
        one = _known(keys_of_expert(expert), expert.name)
        same = next((number for number, other in enumerate(found) if other.meets(one)), None)
        if same is None:
            found.append(one)
        else:
            merged = dict.fromkeys((*found[same].keys, *one.keys))
            found[same] = _known(tuple(merged), found[same].label)
    return tuple(found)


def _known(keys: tuple[Key, ...], label: str) -> Resource:
    (kind, pk), *also = keys
    return Resource(kind, pk, label, tuple(also))


def needs(training: Training) -> dict[int, Need]:
    """What the saved sessions of a training take, by session id."""
    experts = Expert.objects.select_related("user__member", "member__user")
    rows = training.sessions.select_related("room__venue").prefetch_related(Prefetch("experts", experts))
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
    others_of = cache(lambda keys: sorted({one for key in keys for one in taken.get(key, [])}))
    found = []
    for number, need in enumerate(wanted):
        for resource in need.resources:
            others = others_of(resource.keys)
            own = [(one.slot, "") for one in wanted[:number] if any(resource.meets(other) for other in one.resources)]
            for slot, unit in (*others, *own):
                if slot.overlaps(need.slot):
                    busy = [*(one for one, _unit in others), *(one.slot for one in wanted if one is not need)]
                    free = tuple(free_slots(need.slot, busy, windows(need.slot)))
                    found.append(Clash(resource.label, slot, unit, free))
                    break
    return found


def _taken(wanted: Sequence[Need], besides: Training | None) -> dict[Key, list[tuple[Slot, str]]]:
    """By key, what it is taken for from the first of the plan on: the stretches and the units that hold them."""
    by_kind: dict[str, set[int]] = {}
    for need in wanted:
        for resource in need.resources:
            for kind, pk in resource.keys:
                by_kind.setdefault(kind, set()).add(pk)
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
    found: dict[Key, list[tuple[Slot, str]]] = {}
    columns = ("kind", "resource_id", "starts_at", "ends_at", "session__training__unit__name")
    for kind, pk, starts_at, ends_at, unit in rows.order_by("starts_at").values_list(*columns):
        found.setdefault((kind, pk), []).append((Slot(starts_at, ends_at), unit))
    return found


def windows(wanted: Slot) -> Iterator[Slot]:
    """The working hours of the day of a stretch and the days after it."""
    first = clock.local_date(wanted.starts_at)
    for number in range(DAYS_AHEAD):
        day = first + dt.timedelta(days=number)
        yield Slot(*(timezone.make_aware(dt.datetime.combine(day, at)) for at in (OPENS, SHUTS)))


def base_full(base: Base | None, capacity: int, slots: Sequence[Slot], besides: Training | None) -> BaseFull | None:
    """The first stretch in which the base could not hold the training beside what is planned there; one query."""
    if base is None or not slots:
        return None
    rows = TrainingSession.objects.filter(
        training__base=base,
        ends_at__gt=min(slot.starts_at for slot in slots),
        starts_at__lt=max(slot.ends_at for slot in slots) + dt.timedelta(days=DAYS_AHEAD),
    ).exclude(training__state=Training.State.CANCELLED)
    if besides is not None:
        rows = rows.exclude(training=besides)
    columns = rows.order_by().values_list("starts_at", "ends_at", "training__capacity")
    others = [(Slot(starts_at, ends_at), heads) for starts_at, ends_at, heads in columns]
    for slot in slots:
        if (there := peak(slot, others)) + capacity > base.capacity and there:
            busy = [*crowded(others, base.capacity - capacity), *(one for one in slots if one is not slot)]
            return BaseFull(
                base, slot, there, free_slots(slot, busy, windows(slot)) if capacity <= base.capacity else ()
            )
    return None


def room_too_small(
    capacity: int, taken: Iterable[tuple[Room | None, Slot]], besides: Training | None
) -> RoomTooSmall | None:
    """The first room with fewer seats than the training, and rooms with enough that are free whenever it was wanted."""
    wanted = [(room, slot) for room, slot in taken if room is not None and room.capacity < capacity]
    if not wanted:
        return None
    room, _slot = wanted[0]
    slots = [slot for one, slot in wanted if one == room]
    busy = Booking.objects.filter(_during(slots), kind=Kind.ROOM)
    if besides is not None:
        busy = busy.exclude(session__training=besides)
    rooms = Room.objects.filter(is_active=True, venue__is_active=True, capacity__gte=capacity)
    near = rooms.exclude(pk__in=busy.values("resource_id")).select_related("venue").order_by("capacity", "pk")
    # of the same building first: people already know the way
    return RoomTooSmall(room, capacity, sorted(near[:50], key=lambda one: one.venue_id != room.venue_id)[:ROOMS_NAMED])


def _during(slots: Iterable[Slot]) -> Q:
    """Rows with ``starts_at`` and ``ends_at`` that overlap one of the stretches."""
    condition = Q(pk__in=[])
    for slot in slots:
        condition |= Q(starts_at__lt=slot.ends_at, ends_at__gt=slot.starts_at)
    return condition


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
    if too_small := room_too_small(training.capacity, _rooms(training), besides=training):
        raise too_small
    if found := clashes(wanted, besides=training):
        raise DoubleBooked(found)
    _check_base(training, [need.slot for need in wanted])
    release(training)
    try:
        with transaction.atomic():
            Booking.objects.bulk_create(_rows(by_session.items()))
    except IntegrityError as error:  # taken since we looked
        raise DoubleBooked(clashes(wanted, besides=training)) from error


def _rooms(training: Training) -> list[tuple[Room | None, Slot]]:
    rows = training.sessions.select_related("room__venue")
    return [(row.room, Slot(row.starts_at, row.ends_at)) for row in rows]


def _check_base(training: Training, slots: Sequence[Slot]) -> None:
    if training.base_id is None:
        return
    base = Base.objects.select_for_update().get(pk=training.base_id)
    if full := base_full(base, training.capacity, slots, besides=training):
        raise full


def _rows(wanted: Iterable[tuple[int, Need]]) -> Iterator[Booking]:
    for session_id, need in wanted:
        for kind, pk in dict.fromkeys(key for one in need.resources for key in one.keys):
            yield Booking(
                session_id=session_id,
                kind=kind,
                resource_id=pk,
                starts_at=need.slot.starts_at,
                ends_at=need.slot.ends_at,
            )


def release(training: Training) -> None:
    """Give back everything that a training had taken."""
    Booking.objects.filter(session__training=training).delete()
