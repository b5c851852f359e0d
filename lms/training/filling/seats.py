"""The seats as they stand, and the waiting list that moves by itself. Called by services that hold the training's lock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lms.core import clock
from lms.members.models import Member, Unit
from lms.training import telling
from lms.training.errors import TrainingError
from lms.training.filling.rules import Seats
from lms.training.models import Enrolment, Quota, Training
from lms.training.planning import persons

State = Enrolment.State


def seats_of(training: Training) -> Seats:
    """Quotas and who sits; two queries. A person counts for the unit he was in when he got the seat."""
    quotas = dict(Quota.objects.filter(training=training).values_list("unit__path", "seats"))
    seated = Enrolment.objects.filter(training=training, state=State.ENROLLED)
    return Seats.of(training.capacity, quotas, seated.values_list("unit__path", flat=True))


def take(training: Training, members: Sequence[Member]) -> None:
    """Whether there is a seat for each of them, else TrainingError ``full`` or ``quota``; the caller seats them under the same lock."""
    free = seats_of(training)
    if sum(free.taken.values()) + len(members) > training.capacity:
        raise TrainingError("full")
    paths = dict(Unit.objects.filter(pk__in={member.unit_id for member in members}).values_list("pk", "path"))
    if not all(free.take(paths[member.unit_id]) for member in members):
        raise TrainingError("quota")


def seats_of_many(trainings: Iterable[Training]) -> dict[int, Seats]:
    """The seats of several trainings by id; two queries."""
    found = list(trainings)
    quotas: dict[int, dict[str, int]] = {row.pk: {} for row in found}
    seated: dict[int, list[str]] = {row.pk: [] for row in found}
    for pk, path, count in Quota.objects.filter(training__in=found).values_list("training_id", "unit__path", "seats"):
        quotas[pk][path] = count
    people = Enrolment.objects.filter(training__in=found, state=State.ENROLLED)
    for pk, path in people.values_list("training_id", "unit__path"):
        seated[pk].append(path)
    return {row.pk: Seats.of(row.capacity, quotas[row.pk], seated[row.pk]) for row in found}


def has_begun(training: Training) -> bool:
    """Whether the first session runs or is over."""
    first = training.sessions.order_by("starts_at").first()
    return first is not None and first.starts_at <= clock.now()


def busy(training: Training, member_ids: Iterable[int]) -> set[int]:
    """Who of the members sits or teaches in another open training while a session of this one runs."""
    return set(persons.busy(member_ids, training))


def move_up(training: Training) -> int:
    """Seat who waits, in order of arrival, as far as seats go; told each. Returns how many.

    Passed over, and kept in place: whose unit's quota is used up, who sits elsewhere at that time, who is no longer on
    the rolls. Once the training has begun nobody is called in any more.
    """
    waiting = list(waiting_list(training))
    if not waiting or has_begun(training):
        return 0
    seats, away = seats_of(training), busy(training, [row.member_id for row in waiting])
    moved = [
        row
        for row in waiting
        if row.member.state == Member.State.ACTIVE and row.member_id not in away and seats.take(row.unit.path)
    ]
    Enrolment.objects.filter(pk__in=[row.pk for row in moved]).update(state=State.ENROLLED, waiting_since=None)
    telling.seated(training, [row.member for row in moved])
    return len(moved)


def waiting_list(training: Training) -> Iterable[Enrolment]:
    """Who waits, the first to arrive first."""
    rows = Enrolment.objects.filter(training=training, state=State.WAITING)
    return rows.select_related("member__unit", "unit").order_by("waiting_since", "pk")
