"""The desk's hand on the list: put people on it when a class is full, move somebody in it, take somebody off, take back a
nomination; and the seats of those who left the party's roster, which go to who waits.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import transaction

from lms.core import clock
from lms.members import audit
from lms.members.models import Member, User
from lms.training import services, telling
from lms.training.errors import TrainingError
from lms.training.filling import seats
from lms.training.filling.services import _place
from lms.training.models import Enrolment, Training

State = Enrolment.State
TICK = dt.timedelta(microseconds=1)


@transaction.atomic
def enlist(*, training: Training, members: Iterable[Member], by: User | None) -> tuple[int, int]:
    """Seat these people as far as seats go; the others wait in that order. Who sits or waits is left out.

    Returns (seated, waiting). Raises TrainingError ``not-active``, ``own-nomination``, ``not-open``.
    """
    training = services._lock_open(training)
    wanted = list(members)
    rows = {row.member_id: row for row in Enrolment.objects.filter(training=training, member__in=wanted)}
    new = [one for one in wanted if one.pk not in rows or rows[one.pk].state not in (State.ENROLLED, State.WAITING)]
    if any(one.state != Member.State.ACTIVE for one in new):
        raise TrainingError("not-active")
    if by is not None and any(rows[one.pk].is_proposed_by(by) for one in new if one.pk in rows):
        raise TrainingError("own-nomination")
    if not new:
        return 0, 0
    audit.record("enrolment.enlist", by=by, on=training, unit=training.unit, members=[one.code for one in new])
    seated = _place(training, new, by)
    return seated, len(new) - seated


@transaction.atomic
def move(*, training: Training, member: Member, place: int, reason: str, by: User | None) -> None:
    """Move somebody to another place in the list (1: the next); the others keep their order. Nobody moves himself.

    Raises TrainingError ``reason``, ``not-waiting``, ``queue-place``, ``own-nomination``, ``not-open``.
    """
    training, row = _waiting(training, member, reason, by)
    queue = [one for one in seats.waiting_list(training) if one.pk != row.pk]
    if not 1 <= place <= len(queue) + 1:
        raise TrainingError("queue-place")
    times = sorted(one.waiting_since or clock.now() for one in (row, *queue))
    queue.insert(place - 1, row)
    for n, one in enumerate(queue):
        # Those who came at the same moment stand by their row's number: each gets a moment of its own here.
        one.waiting_since = times[n] if n == 0 else max(times[n], (queue[n - 1].waiting_since or times[n]) + TICK)
    Enrolment.objects.bulk_update(queue, ["waiting_since"])
    audit.record(
        "enrolment.queue",
        by=by,
        on=training,
        unit=training.unit,
        members=[member.code],
        place=place,
        reason=reason.strip(),
    )


@transaction.atomic
def remove(*, training: Training, member: Member, reason: str, by: User | None) -> None:
    """Take somebody off the list, who is told why. Raises TrainingError ``reason``, ``not-waiting``, ``not-open``."""
    training, row = _waiting(training, member, reason, by)
    row.state, row.waiting_since = State.CANCELLED, None
    row.save(update_fields=["state", "waiting_since"])
    audit.record(
        "enrolment.cancel", by=by, on=training, unit=training.unit, members=[member.code], reason=reason.strip()
    )
    telling.withdrawn(training, member, by, reason=reason.strip())


@transaction.atomic
def take_back(*, training: Training, member: Member, by: User | None) -> None:
    """Withdraw a nomination before it is decided. Raises TrainingError ``not-nominated``, ``not-open``."""
    training = services._lock_open(training)
    if not Enrolment.objects.filter(training=training, member=member, state=State.NOMINATED).exists():
        raise TrainingError("not-nominated")
    services.cancel_enrolment(training=training, member=member, by=by)


def release_gone() -> int:
    """Free the places that people no longer on the roster have in trainings ahead; who waits moves up. Returns how many.

    Cut anywhere and called again it does the rest.
    """
    rows = Enrolment.objects.filter(state__in=Enrolment.OPEN_STATES, training__state=Training.State.OPEN)
    gone = rows.exclude(member__state=Member.State.ACTIVE).select_related("training", "member").order_by("pk")
    count = 0
    for row in gone:
        if not seats.has_begun(row.training):
            services.cancel_enrolment(training=row.training, member=row.member, by=None)
            count += 1
    return count


def _waiting(training: Training, member: Member, reason: str, by: User | None) -> tuple[Training, Enrolment]:
    if not reason.strip():
        raise TrainingError("reason")
    if by is not None and member.user_id == by.pk:
        raise TrainingError("own-nomination")
    training = services._lock_open(training)
    row = Enrolment.objects.filter(training=training, member=member, state=State.WAITING).first()
    if row is None:
        raise TrainingError("not-waiting")
    return training, row
