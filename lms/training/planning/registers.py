"""The registers that plans draw on: what can be chosen, who looks after an entry, saving one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from lms.core import clock
from lms.members import audit
from lms.members.models import User
from lms.training.models import Base, Expert, Organiser, Room, Training, TrainingSession, Venue
from lms.training.planning import bookings

Entry = Base | Venue | Room | Expert | Organiser


@dataclass(frozen=True, slots=True)
class Stock:
    """The rooms and experts that a session may take, by id; where they are is no secret within the county."""

    rooms: dict[int | None, Room] = field(default_factory=dict)
    experts: dict[int, Expert] = field(default_factory=dict)

    @classmethod
    def of_county(cls, besides: Training | None = None) -> Stock:
        """What is in use, and what ``besides`` has taken already; two queries."""
        own = TrainingSession.objects.filter(training=besides) if besides else TrainingSession.objects.none()
        in_use = Q(is_active=True, venue__is_active=True)
        rooms = Room.objects.filter(in_use | Q(sessions__in=own)).select_related("venue__unit").distinct()
        experts = Expert.objects.filter(_serving() | Q(sessions__in=own)).distinct()
        experts = experts.select_related("unit", "user__member", "member__user")
        return cls({room.pk: room for room in rooms}, {expert.pk: expert for expert in experts})

    @property
    def room_choices(self) -> list[tuple[int, str]]:
        """For a select: id and how it is called, with its seats."""
        return [(room.pk, f"{room}（{room.capacity}）") for room in self.rooms.values()]

    @property
    def expert_choices(self) -> list[tuple[int, str]]:
        """For a select: id and name with the title."""
        return [(pk, str(expert)) for pk, expert in self.experts.items()]


def _serving() -> Q:
    return Q(is_active=True) & (Q(appointed_until__isnull=True) | Q(appointed_until__gte=clock.today()))


def serving_experts() -> QuerySet[Expert]:
    """The experts who are appointed today, of the whole county."""
    return Expert.objects.filter(_serving()).select_related("unit")


@transaction.atomic
def save(*, entry: Entry, by: User | None) -> Entry:
    """Write a new or changed entry, with its audit row: what changed, from what to what. Raises as ``bookings.book``."""
    old = _values(entry) if entry.pk else {}
    entry.save()
    changes = {name: [str(old.get(name, "")), str(value)] for name, value in _values(entry).items()}
    detail = {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
    action = f"{entry._meta.model_name}.{'update' if old else 'create'}"
    audit.record(action, by=by, on=entry, unit=entry.unit, changes=detail)
    if isinstance(entry, Expert) and detail.keys() & {"user_id", "member_id"}:
        _rebook(entry)
    return entry


def _rebook(expert: Expert) -> None:
    """What he is booked for follows who he is. Raises DoubleBooked when he turns out to be in two places."""
    ahead = Training.objects.filter(
        state=Training.State.OPEN, sessions__experts=expert, sessions__ends_at__gt=clock.now()
    )
    for training in ahead.order_by("pk").distinct():
        bookings.book(training)


def _values(entry: Entry) -> dict[str, Any]:
    """The entry as it is saved, by column."""
    rows: Any = type(entry)._default_manager.filter(pk=entry.pk).values()
    return dict(rows.get())


def lecture_hours(year: int) -> dict[int, dt.timedelta]:
    """By expert id how long they taught in closed trainings of a year: the length of their sessions; one query."""
    starts = clock.day_start(dt.date(year, 1, 1)), clock.day_start(dt.date(year + 1, 1, 1))
    rows = TrainingSession.experts.through.objects.filter(
        trainingsession__training__state=Training.State.CLOSED,
        trainingsession__starts_at__gte=starts[0],
        trainingsession__starts_at__lt=starts[1],
    )
    found: dict[int, dt.timedelta] = {}
    for expert, begin, end in rows.values_list("expert_id", "trainingsession__starts_at", "trainingsession__ends_at"):
        found[expert] = found.get(expert, dt.timedelta(0)) + (end - begin)
    return found
