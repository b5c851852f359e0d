"""顶替: a seat passes from one person to another at once, so that nobody who waits gets between them."""

from __future__ import annotations

from django.db import transaction

from lms.members import audit
from lms.members.models import Member, User
from lms.training import services, telling
from lms.training.errors import TrainingError
from lms.training.filling import audience, seats
from lms.training.filling.services import _check_fit, _write
from lms.training.models import Attendance, Enrolment, RideSeat, Training

State = Enrolment.State


@transaction.atomic
def substitute(*, training: Training, member: Member, by_member: Member, reason: str, by: User | None) -> Enrolment:
    """Give the seat of ``member`` to ``by_member``, his place in a vehicle with it; both are told. Returns the new place.

    Raises TrainingError ``reason``, ``not-enrolled``, ``substitute-marked`` (he was marked present or absent),
    ``substitute-own`` (one of the two is who does it), ``not-active``, ``not-for-you``, ``substitute-in`` (the other is on
    the list, or was refused), ``substitute-busy``, ``quota``, ``not-open``.
    """
    if not reason.strip():
        raise TrainingError("reason")
    training = services._lock_open(training)
    seat = Enrolment.objects.filter(training=training, member=member, state=State.ENROLLED).first()
    if seat is None:
        raise TrainingError("not-enrolled")
    if by is not None and by.pk in (member.user_id, by_member.user_id):
        raise TrainingError("substitute-own")
    marks = Attendance.objects.filter(session__training=training, member=member)
    if marks.exclude(status=Attendance.Status.LEAVE).exists():
        raise TrainingError("substitute-marked")
    _check_other(training, by_member)
    free = seats.seats_of(training)
    free.give_back(seat.unit.path)
    if not free.take(by_member.unit.path):
        raise TrainingError("quota")
    Enrolment.objects.filter(pk=seat.pk).update(state=State.CANCELLED)
    _write(training, [by_member], State.ENROLLED, by)
    Enrolment.objects.filter(training=training, member=by_member).update(replaces=seat)
    new = Enrolment.objects.get(training=training, member=by_member)
    RideSeat.objects.filter(enrolment=seat).update(enrolment=new)
    audit.record(
        "enrolment.substitute",
        by=by,
        on=training,
        unit=training.unit,
        members=[member.code, by_member.code],
        reason=reason.strip(),
    )
    telling.substituted(training, member, by_member, by)
    return new


def _check_other(training: Training, member: Member) -> None:
    _check_fit(training, member)
    audience.check(training, [member])
    rows = Enrolment.objects.filter(training=training, member=member)
    if rows.exclude(state=State.CANCELLED).exists():
        raise TrainingError("substitute-in")
    if seats.busy(training, [member.pk]):
        raise TrainingError("substitute-busy")
