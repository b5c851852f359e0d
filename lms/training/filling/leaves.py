"""请假: asked with a reason, allowed by somebody else, marked on the roster. Called off by who asked, as long as it waits.

The training's row is the lock. Why somebody stays away may be an illness: the reason stands in the leave's own row, which
the people of the training read, and in no audit row or notice.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q

from lms.core import clock
from lms.members import audit
from lms.members.models import Member, User
from lms.training import services, telling
from lms.training.errors import TrainingError
from lms.training.filling import covered
from lms.training.models import Attendance, Enrolment, Leave, Training, TrainingSession

State = Leave.State
Status = Attendance.Status


@transaction.atomic
def ask(*, training: Training, session: TrainingSession | None, member: Member, reason: str, by: User | None) -> Leave:
    """Ask not to come to a session (None: to what is left of the training) before it is over.

    Raises TrainingError ``leave-reason``, ``not-enrolled``, ``leave-over``, ``leave-open`` (one waits already),
    ``leave-granted``, ``has-attendance`` (he is marked present), ``not-open``.
    """
    training = services._lock_open(training)
    _check(training, member, reason)
    ahead = [one for one in _sessions(training, session) if one.ends_at > clock.now()]
    if not ahead:
        raise TrainingError("leave-over")
    rows = Leave.objects.filter(training=training, member=member)
    if rows.filter(state=State.ASKED).exists():
        raise TrainingError("leave-open")
    if rows.filter(Q(session=session) | Q(session=None), state=State.GRANTED).exists():
        raise TrainingError("leave-granted")
    if not _not_at(ahead, member):
        raise TrainingError("has-attendance")
    row = _row(training, session, member, reason, by)
    row.save()
    _record("leave.ask", row, by)
    telling.leave_asked(row, ahead[0], by)
    return row


@transaction.atomic
def grant(*, leave: Leave, answer: str = "", by: User) -> Leave:
    """Allow it: the sessions in question are marked as leave.

    Raises TrainingError ``moved-on`` (decided meanwhile), ``leave-own``, ``has-attendance``, ``not-enrolled``, ``not-open``.
    """
    row = _waiting(leave, by)
    if row.session is not None and not _not_at([row.session], row.member):
        raise TrainingError("has-attendance")
    return _grant(row, answer, by)


@transaction.atomic
def refuse(*, leave: Leave, answer: str, by: User) -> Leave:
    """Do not allow it; the member is told why. Raises TrainingError ``reason`` and as ``grant``."""
    row = _waiting(leave, by)
    if not answer.strip():
        raise TrainingError("reason")
    _decide(row, State.REFUSED, answer, by)
    _record("leave.refuse", row, by)
    first = _sessions(row.training, row.session)[0]
    telling.leave_decided(row, first, by)
    return row


@transaction.atomic
def withdraw(*, leave: Leave, by: User | None) -> None:
    """Take back what still waits. Raises TrainingError ``moved-on``."""
    row = _reread(leave)
    row.state = State.WITHDRAWN
    row.save(update_fields=["state"])
    _record("leave.withdraw", row, by)


@transaction.atomic
def enter(*, training: Training, session: TrainingSession | None, member: Member, reason: str, by: User) -> Leave:
    """Whoever runs the training notes that somebody stays away and why, and answers for it himself.

    What the member asked for himself is granted by it. Raises TrainingError ``leave-reason``, ``leave-own``,
    ``has-attendance`` (the whole training, of which he was at every session), ``leave-over``, ``not-enrolled``.
    """
    training = services._lock(training)
    if member.user_id == by.pk:
        raise TrainingError("leave-own")
    standing = Leave.objects.filter(training=training, member=member)
    asked = standing.filter(state=State.ASKED).first()
    if asked is not None and (asked.session_id is None or asked.session == session):
        return _grant(_waiting(asked, by), "", by, also=session)
    if session is not None and not reason.strip():
        known = covered.leaves_for(session).filter(member=member, state=State.GRANTED).last()
        if known is not None:
            services.mark(session=session, marks={member.pk: Status.LEAVE}, by=by)
            return known
    _check(training, member, reason)
    row = _row(training, session, member, reason, by)
    _decide(row, State.GRANTED, "", by)
    sessions = _mark(row, by)
    _record("leave.enter", row, by)
    if sessions[0].ends_at > clock.now():
        telling.leave_decided(row, sessions[0], by)
    return row


# -- steps -----------------------------------------------------------------------------------


def _row(training: Training, session: TrainingSession | None, member: Member, reason: str, by: User | None) -> Leave:
    return Leave(
        training=training,
        session=session,
        member=member,
        account_id=member.user_id,
        reason=reason.strip(),
        asked_by=by,
        asked_at=clock.now(),
    )


def _check(training: Training, member: Member, reason: str) -> None:
    if not reason.strip():
        raise TrainingError("leave-reason")
    if not Enrolment.objects.filter(training=training, member=member, state=Enrolment.State.ENROLLED).exists():
        raise TrainingError("not-enrolled")


def _sessions(training: Training, session: TrainingSession | None) -> list[TrainingSession]:
    return [session] if session is not None else list(training.sessions.order_by("starts_at"))


def _not_at(sessions: Sequence[TrainingSession], member: Member) -> list[TrainingSession]:
    """Those of the sessions that the member was not at."""
    there = Attendance.objects.filter(session__in=sessions, member=member, status=Status.PRESENT)
    seen = set(there.values_list("session_id", flat=True))
    return [one for one in sessions if one.pk not in seen]


def _reread(leave: Leave) -> Leave:
    """The leave as it stands under the lock. Raises TrainingError when it was decided meanwhile."""
    training = services._lock(leave.training)
    row = Leave.objects.select_related("member", "session").get(pk=leave.pk)
    row.training = training
    if row.state != State.ASKED:
        raise TrainingError("moved-on")
    return row


def _waiting(leave: Leave, by: User) -> Leave:
    row = _reread(leave)
    if by.pk in (row.member.user_id, row.account_id):
        raise TrainingError("leave-own")
    return row


def _decide(row: Leave, state: str, answer: str, by: User) -> None:
    row.state, row.answer = state, answer.strip()
    row.decided_by, row.decided_at = by, clock.now()
    row.save()


def _grant(row: Leave, answer: str, by: User, also: TrainingSession | None = None) -> Leave:
    _decide(row, State.GRANTED, answer, by)
    sessions = _mark(row, by, also)
    _record("leave.grant", row, by)
    telling.leave_decided(row, sessions[0], by)
    return row


def _mark(row: Leave, by: User, also: TrainingSession | None = None) -> list[TrainingSession]:
    """Mark what the leave is about, and return it: of the whole training what was not over when it was asked, but for
    sessions that he was at; ``also`` is one that the person who marks names himself.
    """
    sessions = _sessions(row.training, row.session)
    if row.session is None:
        ahead = [one for one in sessions if one.ends_at > row.asked_at and one != also]
        named = [also] if also else []
        if not ahead and not named:
            raise TrainingError("leave-over")
        sessions = named + _not_at(ahead, row.member)
        if not sessions:
            raise TrainingError("has-attendance")
    for session in sessions:
        services.mark(session=session, marks={row.member_id: Status.LEAVE}, by=by)
    return sessions


def _record(action: str, row: Leave, by: User | None) -> None:
    """What happened, without the reason."""
    audit.record(
        action,
        by=by,
        on=row.training,
        unit=row.training.unit,
        leave=str(row.uuid),
        member=row.member.code,
        session=row.session_id,
    )
