"""Writes about trainings: plan, enrol, mark, close, correct. Each leaves its audit row in the same transaction.

A mark is evidence only until the training is closed; closing posts every attendance once. From then on each change goes
through ``_reposted``: what the training was worth before, the change, what it is worth now; the ledger is made to agree.
The training's row is the lock of its seats, its marks and its state; members are locked after it, by the ledger.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F

from lms.core import clock
from lms.core.search.upkeep import refresh
from lms.hours import ledger
from lms.hours.conversion import Tariffs
from lms.members import audit
from lms.members.models import Member, Unit, User
from lms.training import selectors, telling
from lms.training.closing import reckoning
from lms.training.closing import telling as closing_telling
from lms.training.errors import TrainingError
from lms.training.filling import audience, covered, seats
from lms.training.models import Attendance, Enrolment, RideSeat, Training, TrainingSession
from lms.training.planning import bookings, calendars, numbers
from lms.training.planning.plans import SessionPlan, moved, plan_of
from lms.training.visits import consent

__all__ = ["SessionPlan", "moved", "plan_of"]  # whoever calls the services finds them here
BATCH = 500
LONGEST_SESSION = dt.timedelta(hours=24)
EDITABLE = ("title", "category", "base", "place", "trainer", "lecturer", "organiser", "capacity", "number")
TAKING = frozenset({"base", "trainer", "capacity"})
"""What, when it changes, takes other people, places or seats."""
TOLD = frozenset({"place", "base", "trainer", "lecturer"})
"""What, when it changes, people hear of."""
Status = Attendance.Status
Means = Attendance.Means


def _lock(training: Training) -> Training:
    """The training as it stands now, nobody else changing it until the transaction ends."""
    return Training.objects.select_for_update(of=("self",)).select_related("unit", "base").get(pk=training.pk)


@contextmanager
def _reposted(training: Training, member_ids: Sequence[int] | None, by: User | None) -> Iterator[None]:
    """Within: the change. After: the ledger agrees with the evidence; a source that vanished is worth nothing."""
    before = list(selectors.credits_of(training, member_ids))
    yield
    after = list(selectors.credits_of(training, member_ids))
    kept = {credit.source for credit in after}
    gone = [credit.nothing() for credit in before if credit.source not in kept]
    if after or gone:
        ledger.post(*gone, *after, by=by)


# -- planning ------------------------------------------------------------------------------


@transaction.atomic
def plan_training(
    *, kind: str, unit: Unit, sessions: Sequence[SessionPlan] = (), by: User | None, **fields: Any
) -> Training:
    """Plan a class, lecture, meeting or base visit.

    ``fields``: title, category, base, place, trainer, lecturer, organiser, capacity, number (None: the next of the year).
    """
    number = fields.pop("number", None)
    training = Training(kind=kind, unit=unit, **fields)
    consent.check(training, by)
    training.save()
    for plan in sessions:
        _insert_session(training, plan)
    bookings.book(training)
    numbers.settle(training, number)
    refresh(training)
    audit.record("training.plan", by=by, on=training, unit=unit, kind=kind, sessions=len(sessions))
    telling.planned(training, by)
    return training


@transaction.atomic
def update_training(*, training: Training, by: User | None, **fields: Any) -> bool:
    """Set planned fields; False when nothing differs. A title or category changed after closing reaches the ledger.

    ``number``: another one of the year (None: it stays). Raises TrainingError ``number-taken``, and as ``bookings.book``.
    """
    unknown = set(fields) - set(EDITABLE)
    if unknown:
        raise TypeError(f"not editable here: {sorted(unknown)}")
    training = _lock(training)
    if fields.get("number") is None:
        fields.pop("number", None)
    changes = {name: value for name, value in fields.items() if getattr(training, name) != value}
    if not changes:
        return False
    before = {name: getattr(training, name) for name in changes}
    detail: dict[str, Any] = {name: [str(before[name]), str(value)] for name, value in changes.items()}
    number = changes.pop("number", None)
    with _reposted(training, None, by):
        grows = training.capacity < changes.get("capacity", 0)
        for name, value in changes.items():
            setattr(training, name, value)
        consent.check(training, by, changes.keys() if grows else changes.keys() - {"capacity"})
        if seats.seats_of(training).overfull:
            raise TrainingError("capacity")
        training.save()
    if TAKING & set(changes):
        bookings.book(training)
    if number is not None:
        numbers.settle(training, number)
    refresh(training)
    audit.record("training.update", by=by, on=training, unit=training.unit, **detail)
    if training.state == Training.State.OPEN and changes.keys() & TOLD:
        telling.rearranged(training, {name: before[name] for name in changes}, by)
    if training.state == Training.State.OPEN and "capacity" in changes:
        seats.move_up(training)
    return True


def _check_times(training: Training, plan: SessionPlan, besides: int = 0) -> None:
    if not dt.timedelta(0) < plan.ends_at - plan.starts_at <= LONGEST_SESSION:
        raise TrainingError("session-times")
    if training.sessions.filter(starts_at=plan.starts_at).exclude(pk=besides).exists():
        raise TrainingError("session-twice")


def _insert_session(training: Training, plan: SessionPlan) -> TrainingSession:
    _check_times(training, plan)
    session = TrainingSession.objects.create(
        training=training,
        starts_at=plan.starts_at,
        ends_at=plan.ends_at,
        measure=plan.measure,
        topic=plan.topic,
        room=plan.room,
    )
    session.experts.set(plan.experts)
    return session


@transaction.atomic
def add_session(*, training: Training, plan: SessionPlan, by: User | None) -> TrainingSession:
    """Add a session to an open training; all whom a move would concern hear of it."""
    training = _lock_open(training)
    consent.check_time(training, by, None, plan.starts_at)
    session = _insert_session(training, plan)
    bookings.book(training)
    numbers.settle(training)
    refresh(training)
    audit.record("training.session.add", by=by, on=training, unit=training.unit, starts_at=str(plan.starts_at))
    telling.session_added(session, by)
    return session


@transaction.atomic
def update_session(*, session: TrainingSession, plan: SessionPlan, by: User | None) -> bool:
    """Move or re-measure a session; False when nothing differs. Of a closed training the hours move with it.

    Who earned hours in a closed session does not change it: nobody raises a record of his own.
    """
    training = _lock(session.training)
    session = TrainingSession.objects.get(pk=session.pk)
    old = plan_of(session)
    if old == plan:
        return False
    _check_times(training, plan, besides=session.pk)
    consent.check_time(training, by, old.starts_at, plan.starts_at)
    if training.state == Training.State.CLOSED and by is not None:
        _refuse_own(by, session.attendances.values_list("member__user_id", flat=True))
    with _reposted(training, None, by):
        session.starts_at, session.ends_at = plan.starts_at, plan.ends_at
        session.measure, session.topic, session.room = plan.measure, plan.topic, plan.room
        session.sequence += 1
        session.save()
        session.experts.set(plan.experts)
    bookings.book(training)
    numbers.settle(training)
    refresh(training)
    old_times = [str(old.starts_at), str(old.ends_at), old.measure]
    new_times = [str(plan.starts_at), str(plan.ends_at), plan.measure]
    audit.record(
        "training.session.update",
        by=by,
        on=training,
        unit=training.unit,
        session=session.pk,
        old=old_times,
        new=new_times,
    )
    if training.state == Training.State.OPEN:
        session.training = training
        telling.moved(session, old, plan, by)
    return True


@transaction.atomic
def remove_session(*, session: TrainingSession, by: User | None) -> None:
    """Take an unmarked session off an open training. Raises TrainingError ``has-attendance`` once somebody was marked."""
    training = _lock_open(session.training)
    if session.attendances.exists():
        raise TrainingError("has-attendance")
    audit.record("training.session.remove", by=by, on=training, unit=training.unit, starts_at=str(session.starts_at))
    session.training = training
    telling.session_removed(session, by)
    calendars.bury(session)
    session.delete()
    numbers.settle(training)
    refresh(training)


@transaction.atomic
def cancel_training(*, training: Training, reason: str, by: User | None) -> None:
    """Call an open training off; what was marked stays as evidence and earns nothing."""
    training = _lock_open(training)
    training.state = Training.State.CANCELLED
    training.save(update_fields=["state"])
    training.sessions.update(sequence=F("sequence") + 1, changed_at=clock.now())
    bookings.release(training)
    audit.record("training.cancel", by=by, on=training, unit=training.unit, reason=reason)
    telling.cancelled(training, reason, by)


def _lock_open(training: Training) -> Training:
    training = _lock(training)
    if training.state != Training.State.OPEN:
        raise TrainingError("not-open")
    return training


# -- enrolling -----------------------------------------------------------------------------


def enrol(*, training: Training, member: Member, by: User | None, reason: str = "") -> Enrolment:
    """Give one member a seat; a second time changes nothing. Raises TrainingError as ``enrol_many``."""
    enrol_many(training=training, members=[member], by=by, reason=reason)
    return Enrolment.objects.get(training=training, member=member)


@transaction.atomic
def enrol_many(*, training: Training, members: Iterable[Member], by: User | None, reason: str = "") -> int:
    """Seat several members, all or none; returns how many were new. The row of the training guards the last seat.

    ``reason`` is kept with those for whom the training is not (``audience``).
    Raises TrainingError ``full``, ``quota`` (the quota of a unit is used up), ``not-open``, ``not-active``,
    ``own-nomination`` (somebody else gives a seat to whom one proposed), ``outside-audience`` (and no reason).
    """
    training = _lock_open(training)
    wanted = {member.pk: member for member in members}
    rows = {row.member_id: row for row in Enrolment.objects.filter(training=training, member__in=wanted)}
    new = [member for pk, member in wanted.items() if pk not in rows or rows[pk].state != Enrolment.State.ENROLLED]
    if any(member.state != Member.State.ACTIVE for member in new):
        raise TrainingError("not-active")
    if by is not None and any(rows[one.pk].is_proposed_by(by) for one in new if one.pk in rows):
        raise TrainingError("own-nomination")
    if not new:
        return 0
    why = audience.reasons(training, new, reason)
    seats.take(training, new)
    fresh = [
        Enrolment(training=training, member=one, unit_id=one.unit_id, outside_reason=why.get(one.pk, "")) for one in new
    ]
    Enrolment.objects.bulk_create(
        fresh,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["training", "member"],
        update_fields=["state", "unit", "waiting_since", "outside_reason", "replaces"],
    )
    codes, others = [one.code for one in new], [one.code for one in new if one.pk in why]
    detail = {"members": codes, "outside": others} if others else {"members": codes}
    audit.record("enrolment.create", by=by, on=training, unit=training.unit, reason=reason if others else "", **detail)
    telling.enrolled(training, new, by)
    return len(new)


@transaction.atomic
def cancel_enrolment(*, training: Training, member: Member, by: User | None) -> None:
    """Free a seat, which goes to the first who waits, or leave the waiting list, or take a nomination back.

    Raises TrainingError ``has-attendance`` once the member was marked present.
    """
    training = _lock_open(training)
    marks = Attendance.objects.filter(session__training=training, member=member)
    if marks.filter(status=Status.PRESENT).exists():
        raise TrainingError("has-attendance")
    rows = Enrolment.objects.filter(training=training, member=member, state__in=Enrolment.OPEN_STATES)
    RideSeat.objects.filter(enrolment__in=rows).delete()
    if rows.update(state=Enrolment.State.CANCELLED, waiting_since=None):
        audit.record("enrolment.cancel", by=by, on=training, unit=training.unit, members=[member.code])
        telling.withdrawn(training, member, by)
        seats.move_up(training)


# -- marking -------------------------------------------------------------------------------


def _refuse_own(by: User, user_ids: Iterable[int | None]) -> None:
    if by.pk in set(user_ids):
        raise TrainingError("own-record")


@transaction.atomic
def mark(*, session: TrainingSession, marks: Mapping[int, str], by: User | None, means: str = Means.ROSTER) -> int:
    """Mark members ``present``, ``leave`` or ``absent`` by member id; returns how many marks changed.

    ``means`` is how that was taken; a mark that already says the same keeps the means by which it came first. One audit
    row for all. Of a closed training the hours follow, old lines reversed. Raises TrainingError ``own-record``,
    ``not-enrolled``, ``too-early`` (a presence before the day), ``not-open`` (cancelled), ``leave-reason`` (not granted).
    """
    training = _lock(session.training)
    _check_markable(training, session, marks.values())
    members = _enrolled(training, marks)
    old = {row.member_id: row for row in Attendance.objects.filter(session=session, member__in=marks)}
    changed = {pk: status for pk, status in marks.items() if pk not in old or old[pk].status != status}
    if by is not None:
        _refuse_own(by, (members[pk].user_id for pk in changed))
        covered.check(session, (pk for pk, status in changed.items() if status == Status.LEAVE))
    if not changed:
        return 0
    with _reposted(training, list(changed), by):
        _write_marks(session, changed, by, means)
    detail = {members[pk].code: [old[pk].status if pk in old else "", status] for pk, status in changed.items()}
    audit.record(
        "attendance.mark", by=by, on=session, unit=training.unit, training=training.pk, means=str(means), marks=detail
    )
    return len(changed)


def _check_markable(training: Training, session: TrainingSession, statuses: Iterable[str]) -> None:
    if training.state == Training.State.CANCELLED:
        raise TrainingError("not-open")
    if Status.PRESENT in statuses and clock.today() < clock.local_date(session.starts_at):
        raise TrainingError("too-early")


def _enrolled(training: Training, member_ids: Iterable[int]) -> dict[int, Member]:
    """The members by id. Raises TrainingError when one is not enrolled."""
    wanted = set(member_ids)
    seats = Enrolment.objects.filter(training=training, state=Enrolment.State.ENROLLED)
    members = {row.pk: row for row in Member.objects.filter(pk__in=seats.values("member")) if row.pk in wanted}
    if len(members) < len(wanted):
        raise TrainingError("not-enrolled")
    return members


def _write_marks(
    session: TrainingSession, marks: Mapping[int, str], by: User | None, means: str = Means.ROSTER
) -> None:
    now = clock.now()
    rows = [
        Attendance(
            session=session, member_id=pk, status=Status(status), means=Means(means), marked_by=by, marked_at=now
        )
        for pk, status in marks.items()
    ]
    Attendance.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["session", "member"],
        update_fields=["status", "means", "arrived_at", "left_at", "marked_by", "marked_at"],
    )


@transaction.atomic
def mark_rest(*, session: TrainingSession, by: User | None, status: str = Status.PRESENT) -> int:
    """ "全部到，除了…": give everyone enrolled without a mark the same one; the person's own row is left to somebody else."""
    _lock(session.training)
    marked = session.attendances.values("member")
    seats = Enrolment.objects.filter(training=session.training_id, state=Enrolment.State.ENROLLED)
    rest = seats.exclude(member__in=marked)
    if by is not None:
        rest = rest.exclude(member__user=by)
    return mark(session=session, marks=dict.fromkeys(rest.values_list("member_id", flat=True), str(status)), by=by)


@transaction.atomic
def set_times(
    *,
    session: TrainingSession,
    member: Member,
    arrived_at: dt.datetime | None,
    left_at: dt.datetime | None,
    by: User | None,
    means: str = Means.ROSTER,
) -> None:
    """Record that a person came late or left early (None: from the beginning, to the end); he is present by that."""
    if arrived_at and left_at and left_at < arrived_at:
        raise TrainingError("arrival")
    training = _lock(session.training)
    _check_markable(training, session, [Status.PRESENT])
    _enrolled(training, [member.pk])
    if by is not None:
        _refuse_own(by, [member.user_id])
    facts = {"status": Status.PRESENT, "arrived_at": arrived_at, "left_at": left_at}
    old = Attendance.objects.filter(session=session, member=member).first()
    if old is not None and all(getattr(old, name) == value for name, value in facts.items()):
        return
    with _reposted(training, [member.pk], by):
        Attendance.objects.update_or_create(
            session=session,
            member=member,
            defaults={**facts, "means": Means(means), "marked_by": by, "marked_at": clock.now()},
        )
    times = [str(arrived_at or ""), str(left_at or "")]
    audit.record("attendance.times", by=by, on=session, unit=training.unit, member=member.code, times=times)


# -- closing -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What the person who closes has said: unmarked people are absent; heads counted by session id; why they differ.

    ``keep_waiting``: nobody is there to say a word on scans that wait (the house closes by itself); they wait on.
    """

    absent_confirmed: bool = False
    head_counts: Mapping[int, int] | None = None
    reason: str = ""
    keep_waiting: bool = False


@transaction.atomic
def close_training(*, training: Training, said: Reconciliation, by: User | None) -> int:
    """Close a training that is over and credit every attendance at once; returns how many ledger lines were written.

    Raises TrainingError: ``not-open``, ``no-session``, ``not-over``, ``scans-waiting`` (somebody's scan has no word yet),
    ``unmarked`` (somebody has no mark and that was not confirmed as absent), ``head-count`` (the heads differ from the
    ticks, or from what was counted on the day, and no reason is given).
    """
    training = _lock_open(training)
    sessions = list(training.sessions.all())
    if not sessions:
        raise TrainingError("no-session")
    if max(session.ends_at for session in sessions) > clock.now():
        raise TrainingError("not-over")
    waiting = reckoning.waiting_ids(sessions)
    if waiting and not said.keep_waiting:
        raise TrainingError("scans-waiting")
    absent = reckoning.absent(training, sessions, waiting)
    if any(absent.values()) and not said.absent_confirmed:
        raise TrainingError("unmarked")
    heads = reckoning.heads(sessions, said.head_counts or {})
    differing = reckoning.differing(selectors.tallies(training, sessions), heads)
    if differing and not said.reason:
        raise TrainingError("head-count")
    for session in sessions:
        _write_marks(session, dict.fromkeys(absent[session.pk], Status.ABSENT), by, Means.CLOSING)
    training.state, training.closed_at, training.closed_by = Training.State.CLOSED, clock.now(), by
    training.save(update_fields=["state", "closed_at", "closed_by"])
    audit.record(
        "training.close",
        by=by,
        on=training,
        unit=training.unit,
        reason=said.reason,
        marked_absent=sum(map(len, absent.values())),
        waiting=sum(map(len, waiting.values())),
        head_counts={str(pk): found.heads for pk, found in heads.items()},
        differing=differing,
    )
    lines = ledger.post(*selectors.credits_of(training), by=by)
    closing_telling.closed(training, by)
    return len(lines)


@transaction.atomic
def settle(*, trainings: Iterable[Training], by: User | None) -> int:
    """Make the ledger agree with the marks of many trainings at once; returns how many lines that took.

    For records that were entered in bulk: one call of the ledger instead of one a training. Repeating it changes nothing.
    """
    price = Tariffs()
    return len(ledger.post(*(credit for one in trainings for credit in selectors.credits_of(one, None, price)), by=by))
