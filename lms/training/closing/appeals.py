"""A member objects to what was recorded of him, within 15 days of closing; somebody else than the marker decides."""

from __future__ import annotations

from django.db import transaction

from lms.core import clock
from lms.members import audit
from lms.members.models import Member, User
from lms.training import services
from lms.training.closing import rules, selectors, telling
from lms.training.errors import TrainingError
from lms.training.filling import leaves
from lms.training.models import Appeal, Attendance, Training, TrainingSession

State = Appeal.State


@transaction.atomic
def send(*, session: TrainingSession, member: Member, wanted: str, reason: str, by: User | None) -> Appeal:
    """Object to one's attendance of a session; ``wanted`` is ``present`` (from beginning to end) or ``leave``.

    Raises TrainingError ``not-closed``, ``too-late``, ``not-enrolled``, ``nothing-missed``, ``in-progress`` (an appeal of
    this session was made already), ``reason``.
    """
    if not reason.strip():
        raise TrainingError("reason")
    training = services._lock(session.training)
    if training.state != Training.State.CLOSED or training.closed_at is None:
        raise TrainingError("not-closed")
    if not rules.may_still_object(training.closed_at, clock.now()):
        raise TrainingError("too-late")
    services._enrolled(training, [member.pk])
    if not selectors.is_missed(session, member):
        raise TrainingError("nothing-missed")
    if Appeal.objects.filter(session=session, member=member).exists():
        raise TrainingError("in-progress")
    row = Appeal.objects.create(
        session=session, member=member, wanted=wanted, reason=reason.strip(), sent_at=clock.now()
    )
    audit.record("appeal.send", by=by, on=row, unit=training.unit, member=member.code, wanted=wanted)
    return row


@transaction.atomic
def decide(*, appeal: Appeal, grant: bool, answer: str, by: User) -> Appeal:
    """Grant (the mark and the hours are corrected by ``services.mark``) or refuse; both with words for the member.

    Raises TrainingError ``own-record``, ``not-the-marker`` (he made the mark himself), ``moved-on``, ``reason``.
    """
    training = services._lock(appeal.session.training)
    row = Appeal.objects.select_related("session__training", "member").get(pk=appeal.pk)
    if row.state != State.WAITING:
        raise TrainingError("moved-on")
    services._refuse_own(by, [row.member.user_id])
    if Attendance.objects.filter(session=row.session, member=row.member, marked_by=by).exists():
        raise TrainingError("not-the-marker")
    if not answer.strip():
        raise TrainingError("reason")
    row.state = State.GRANTED if grant else State.REFUSED
    row.decided_by, row.decided_at, row.answer = by, clock.now(), answer.strip()
    row.save(update_fields=["state", "decided_by", "decided_at", "answer"])
    act = "appeal.grant" if grant else "appeal.refuse"
    audit.record(act, by=by, on=row, unit=training.unit, member=row.member.code, reason=row.answer)
    if grant:
        _correct(row, by)
    telling.appeal_decided(row, by)
    return row


def _correct(row: Appeal, by: User) -> None:
    """The mark as the member says. Who was late or left early by the record was there all the time: the times go too."""
    was_there = Attendance.objects.filter(
        session=row.session, member=row.member, status=Attendance.Status.PRESENT
    ).exists()
    if was_there and row.wanted == Attendance.Status.PRESENT:
        services.set_times(session=row.session, member=row.member, arrived_at=None, left_at=None, by=by)
    elif row.wanted == Attendance.Status.LEAVE:
        leaves.enter(training=row.session.training, session=row.session, member=row.member, reason=row.reason, by=by)
    else:
        services.mark(session=row.session, marks={row.member_id: row.wanted}, by=by)
