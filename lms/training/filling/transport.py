"""乘车安排: vehicles of a training and who travels in which, shared out by town and moved by hand.

The training's row is the lock of its vehicles too; a seat is a number in a vehicle, and the database has each only once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import IntegrityError, transaction

from lms.members import audit
from lms.members.models import Member, User
from lms.training import services
from lms.training.errors import TrainingError
from lms.training.filling import rules
from lms.training.models import Enrolment, Ride, RideSeat, Training

FIELDS = ("vehicle", "driver", "phone", "leaves_at", "place", "seats")


@transaction.atomic
def add_ride(
    *,
    training: Training,
    vehicle: str,
    leaves_at: dt.datetime,
    place: str,
    seats: int,
    by: User | None,
    driver: str = "",
    phone: str = "",
) -> Ride:
    """Register a vehicle for a training. Raises TrainingError ``ride-twice``, ``not-open``."""
    training = services._lock_open(training)
    ride = Ride(
        training=training, vehicle=vehicle, driver=driver, phone=phone, leaves_at=leaves_at, place=place, seats=seats
    )
    _save(ride)
    audit.record("ride.add", by=by, on=training, unit=training.unit, vehicle=vehicle, seats=seats, place=place)
    return ride


@transaction.atomic
def update_ride(*, ride: Ride, by: User | None, **fields: Any) -> bool:
    """Change what is registered of a vehicle; False when nothing differs. Its people keep their seats.

    Raises TrainingError ``ride-seats`` (fewer seats than people), ``ride-twice``, ``not-open``.
    """
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise TypeError(f"not editable here: {sorted(unknown)}")
    training = services._lock_open(ride.training)
    row = Ride.objects.get(pk=ride.pk)
    changes = {name: value for name, value in fields.items() if getattr(row, name) != value}
    if not changes:
        return False
    for name, value in changes.items():
        setattr(row, name, value)
    riders = list(row.places.order_by("number").values_list("enrolment_id", flat=True))
    if len(riders) > row.seats:
        raise TrainingError("ride-seats")
    _save(row)
    if "seats" in changes:
        row.places.all().delete()
        _sit(row, riders)
    audit.record("ride.update", by=by, on=training, unit=training.unit, ride=str(row.uuid), fields=sorted(changes))
    return True


@transaction.atomic
def remove_ride(*, ride: Ride, by: User | None) -> None:
    """Take a vehicle off; its people have no seat then."""
    training = services._lock_open(ride.training)
    audit.record(
        "ride.remove", by=by, on=training, unit=training.unit, vehicle=ride.vehicle, people=ride.places.count()
    )
    ride.delete()


@transaction.atomic
def put(*, training: Training, members: Iterable[Member], ride: Ride | None, by: User | None) -> int:
    """Give these people a seat in a vehicle, whatever seat they had (None: no seat). Returns how many moved, all or none.

    Raises TrainingError ``ride-full``, ``ride-elsewhere`` (of another training), ``not-enrolled``, ``not-open``.
    """
    training = services._lock_open(training)
    wanted = {member.pk for member in members}
    seats = Enrolment.objects.filter(training=training, member__in=wanted, state=Enrolment.State.ENROLLED)
    rows = {row.pk: row for row in seats.select_related("member").order_by("unit__path", "member__sort_key", "pk")}
    if len(rows) < len(wanted):
        raise TrainingError("not-enrolled")
    if ride is not None and ride.training_id != training.pk:
        raise TrainingError("ride-elsewhere")
    there = set(RideSeat.objects.filter(ride=ride, enrolment__in=rows).values_list("enrolment_id", flat=True))
    moved = [pk for pk in rows if pk not in there]
    gone, _kinds = RideSeat.objects.filter(enrolment__in=moved).delete()
    if ride is not None:
        _sit(Ride.objects.get(pk=ride.pk), moved)
    count = len(moved) if ride is not None else gone
    if count:
        codes = [rows[pk].member.code for pk in moved]
        to = str(ride.uuid) if ride else ""
        audit.record("ride.seats", by=by, on=training, unit=training.unit, members=codes, ride=to)
    return count


@transaction.atomic
def share_out(*, training: Training, by: User | None) -> int:
    """Give everybody without a seat one, the people of a town together as far as it goes; returns how many have one now.

    A vehicle that leaves from a town, by the name of its place, is that town's.
    """
    training = services._lock_open(training)
    rides = list(training.rides.prefetch_related("places__enrolment__unit"))
    towns = list(training.unit.get_children().order_by("path"))
    paths = {town.path: 0 for town in towns}
    riders = {ride.pk: [place.enrolment.unit.path for place in ride.places.all()] for ride in rides}
    near = {
        town.path: [ride.pk for ride in rides if town.label in ride.place]
        + [
            ride.pk
            for ride in rides
            if town.label not in ride.place and any(path.startswith(town.path) for path in riders[ride.pk])
        ]
        for town in towns
    }
    waiting: dict[str, list[int]] = {}
    for seat in without_seat(training):
        waiting.setdefault(rules.group_of(seat.unit.path, paths), []).append(seat.pk)
    placed = rules.share_out(waiting, {ride.pk: ride.seats - len(riders[ride.pk]) for ride in rides}, near)
    for ride in rides:
        _sit(ride, [pk for pk, vehicle in placed.items() if vehicle == ride.pk])
    if placed:
        audit.record("ride.share", by=by, on=training, unit=training.unit, people=len(placed))
    return len(placed)


def without_seat(training: Training) -> list[Enrolment]:
    """Who is enrolled and has no seat in a vehicle, by unit and name."""
    rows = Enrolment.objects.filter(training=training, state=Enrolment.State.ENROLLED, ride_seat__isnull=True)
    return list(rows.select_related("member", "unit").order_by("unit__path", "member__sort_key", "pk"))


def _sit(ride: Ride, enrolments: Sequence[int]) -> None:
    """Give each the lowest number that is free. Raises TrainingError when there are not enough."""
    taken = set(RideSeat.objects.filter(ride=ride).values_list("number", flat=True))
    free = [number for number in range(1, ride.seats + 1) if number not in taken]
    if len(free) < len(enrolments):
        raise TrainingError("ride-full")
    RideSeat.objects.bulk_create(
        RideSeat(ride=ride, enrolment_id=pk, number=number, of=ride.seats)
        for pk, number in zip(enrolments, free, strict=False)
    )


def _save(ride: Ride) -> None:
    try:
        with transaction.atomic():
            ride.save()
    except IntegrityError as error:
        raise TrainingError("ride-twice") from error
