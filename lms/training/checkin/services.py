"""Writes of check-in. Every way of signing in ends in ``record``: one scan is kept, and the marks follow from the scans.

Where hours hang on a mark it is written by ``training.services.set_times``, so a scan that comes three weeks late corrects a
closed training as any correction does, by reversal. Scans of one person give the same mark in whatever order they come.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from lms.core import clock
from lms.core.inserts import insert_one
from lms.members import audit
from lms.members.models import Member, User
from lms.training import services as trainings
from lms.training import tokens
from lms.training.checkin import facts, rules, selectors
from lms.training.checkin.facts import Facts
from lms.training.closing import reckoning
from lms.training.errors import TrainingError
from lms.training.models import (
    Attendance,
    CheckinDevice,
    HeadCount,
    Scan,
    ScanDecision,
    Training,
    TrainingSession,
)

Means, Result, Status = Attendance.Means, Scan.Result, Attendance.Status
BY_SCAN = {Means.MEMBER_CODE, Means.ROOM_CODE, Means.VISIT_CODE, Means.DIGITS, Means.KIOSK, Means.TAPPED}


@dataclass(frozen=True, slots=True)
class Reading:
    """A code that was read (or typed): whose, how, which way, when, by which phone; ``key`` names this reading alone."""

    key: str
    member: Member | None
    means: str
    direction: str
    at: dt.datetime
    phone: str = ""
    fault: str = ""
    """Why the reading itself is not taken: ``expired``, ``bad-code``, ``used``, ``wrong-digits``."""
    device: CheckinDevice | None = None
    quarantined: bool = False
    """Whether a person has to look at it first, whatever it says."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A scan that was kept, and the mark that the person has now."""

    scan: Scan
    mark: Attendance | None


def record(*, session: TrainingSession, reading: Reading, by: User | None) -> Scan:
    """Keep a scan and let the mark follow; the same ``key`` a second time returns the first scan and changes nothing."""
    return keep(session=session, reading=reading, by=by).scan


@transaction.atomic
def keep(*, session: TrainingSession, reading: Reading, by: User | None) -> Kept:
    """``record``, for who says at once what the mark is now."""
    member = reading.member
    found = facts.look(session, member.pk if member else None, reading.key)
    if found.known is not None:
        known = Scan.objects.select_related("member__unit").get(pk=found.known)
        same = member is not None and known.member_id == member.pk and known.session_id == session.pk
        return Kept(known, found.mark if same else selectors.mark_of(known))
    scan = Scan(
        key=reading.key,
        session=session,
        member=member,
        means=reading.means,
        direction=reading.direction,
        result=_result(found, reading, by),
        happened_at=reading.at,
        received_at=clock.now(),
        phone=reading.phone,
        device=reading.device,
        by=by,
    )
    insert_one(scan)
    return Kept(scan, _settle(scan, found, by) if scan.result == Result.TAKEN else found.mark)


def _result(found: Facts, reading: Reading, by: User | None) -> str:
    """What comes of a reading; the first thing that is wrong."""
    member = reading.member
    if found.state == Training.State.CANCELLED:
        return Result.NOT_OPEN
    if reading.quarantined:
        return Result.QUARANTINED
    if reading.fault or member is None:
        return reading.fault or Result.BAD_CODE
    if not found.enrolled:
        return Result.NOT_ENROLLED
    if by is not None and member.user_id == by.pk:
        return Result.OWN_RECORD
    untimely = rules.timely(found.starts_at, found.ends_at, reading.direction, reading.at)
    if untimely:
        return untimely
    if reading.device is not None and reading.device.revoked_at is not None:
        return Result.QUARANTINED
    firm = rules.standing(reading.means, reading.direction) == rules.FIRM
    return Result.TAKEN if firm else Result.PROVISIONAL


def _settle(scan: Scan, found: Facts, by: User | None) -> Attendance | None:
    """Make the mark say what the person's scans say, beside what people said of him; returns the mark as it is then.

    A tick by hand stands: present keeps its beginning (only a departure is added), times that were written in are left
    alone, absence and leave give way to scans made after them. Who was held absent because nobody had marked him by the
    closing was not ticked by anybody.
    """
    row = found.mark
    if scan.member_id is None:
        return row
    alone = [rules.Seen(scan.direction, scan.happened_at, scan.means)]
    seen = facts.seen(scan.session, scan.member_id) if found.scanned else alone
    by_hand = row is not None and row.means not in {*BY_SCAN, Means.CLOSING}
    if row is not None and by_hand:
        seen = _beside(row, found, seen)
    stay = rules.stay(found.starts_at, found.ends_at, seen)
    if stay is None:
        return row
    keeps = row is not None and by_hand and row.status == Status.PRESENT
    return _write(scan, found, stay, row.means if row is not None and keeps else rules.first_means(seen), by)


def _write(scan: Scan, found: Facts, stay: rules.Stay, means: str, by: User | None) -> Attendance | None:
    """The mark of a stay. On marks of a training that is not open hang hours: they are the business of ``set_times``."""
    row, member = found.mark, scan.member
    assert member is not None, "only somebody's scan is settled"
    same = row is not None and (row.status, row.arrived_at, row.left_at) == (Status.PRESENT, *stay)
    if not same and not (found.is_open and found.enrolled):
        trainings.set_times(session=scan.session, member=member, **stay._asdict(), by=by, means=means)
        return selectors.mark_of(scan)
    if (
        row is not None and same
    ):  # times that did not change leave the row; an earlier scan that came later says how he came in
        Attendance.objects.filter(pk=row.pk).exclude(means=means).update(means=means)
        return row
    mark = Attendance(
        session=scan.session,
        member=member,
        status=Status.PRESENT,
        means=Means(means),
        **stay._asdict(),
        marked_by=by,
        marked_at=scan.received_at,
    )
    insert_one(mark, over=("session", "member"))
    times = [str(at or "") for at in stay]
    audit.record("attendance.times", by=by, on=scan.session, unit=found.unit_id, member=member.code, times=times)
    return mark


def _beside(row: Attendance, found: Facts, seen: Sequence[rules.Seen]) -> list[rules.Seen]:
    """The scans that count beside a mark that somebody made by hand."""
    if row.status != Status.PRESENT:
        return [one for one in seen if one.at > row.marked_at]
    if row.arrived_at is not None:
        return []
    return [rules.Seen(rules.IN, found.starts_at), *(one for one in seen if one.direction == rules.OUT)]


# -- by oneself -----------------------------------------------------------------------------


def redeem(*, claim: tokens.Claim, session: TrainingSession, member: Member, phone: str) -> Scan:
    """A member uses the scan that his phone made up to five minutes ago; a claim is one person's, once."""
    at = selectors.moment_of(claim)
    key, fault = f"claim:{claim.nonce}", ""
    if Scan.objects.filter(key=key).exclude(member=member).exists():
        key, fault = f"claim:{claim.nonce}:{member.pk}", Result.USED
    reading = Reading(key, member, claim.means, claim.direction, at, phone, fault)
    return record(session=session, reading=reading, by=None)


# -- confirming -----------------------------------------------------------------------------


@transaction.atomic
def decide(*, scan: Scan, accepted: bool, reason: str = "", by: User | None) -> ScanDecision:
    """Accept a provisional or quarantined scan, or refuse it with a reason. Raises TrainingError ``moved-on``, ``reason``, ``own-record``."""
    training = trainings._lock(scan.session.training)
    if scan.result not in selectors.UNDECIDED or ScanDecision.objects.filter(scan=scan).exists():
        raise TrainingError("moved-on")
    if not accepted and not reason.strip():
        raise TrainingError("reason")
    if by is not None and scan.member is not None and scan.member.user_id == by.pk:
        raise TrainingError("own-record")
    row = ScanDecision.objects.create(scan=scan, accepted=accepted, reason=reason.strip(), by=by, at=clock.now())
    who = scan.member.code if scan.member else ""
    audit.record(
        "scan.accept" if accepted else "scan.refuse",
        by=by,
        on=scan.session,
        unit=training.unit,
        member=who,
        reason=row.reason,
    )
    if accepted:
        _settle(scan, facts.look(scan.session, scan.member_id), by)
    elif training.state == Training.State.CLOSED:
        _hold_absent(training, scan, by)
    return row


def release(*, scan: Scan, by: User | None) -> ScanDecision:
    """A word on a scan that was in quarantine for a fault that is mended: it counts as it would have at once, or fails so.

    The caller holds the lock of the training.
    """
    reading = Reading(scan.key, scan.member, scan.means, scan.direction, scan.happened_at)
    found = facts.look(scan.session, scan.member_id)
    result = Result(_result(found, reading, by))
    accepted = result == Result.TAKEN
    reason = "" if accepted else str(result.label)
    row = ScanDecision.objects.create(scan=scan, accepted=accepted, reason=reason, by=None, at=clock.now())
    if accepted:
        _settle(scan, found, by)
    elif scan.session.training.state == Training.State.CLOSED:
        _hold_absent(scan.session.training, scan, by)
    return row


def _hold_absent(training: Training, scan: Scan, by: User | None) -> None:
    """Who waited beyond the closing for a word, and got a no, was not there."""
    session = scan.session
    left = reckoning.absent(training, [session], reckoning.waiting_ids([session]))[session.pk]
    if scan.member_id in left:
        trainings._write_marks(session, {scan.member_id: Status.ABSENT}, by, Means.CLOSING)


@transaction.atomic
def count_heads(*, session: TrainingSession, heads: int, by: User | None) -> HeadCount:
    """Keep a count of the room. When it is what marks and waiting scans make together, those scans are confirmed by it.

    Doubtful scans and the counter's own are never confirmed so, and a count that leaves them over confirms nobody: somebody
    has to look. Raises TrainingError ``not-open`` (closed or cancelled), ``too-early``.
    """
    training = trainings._lock_open(session.training)
    session.training = training
    if clock.now() < session.starts_at - rules.OPENS:
        raise TrainingError("too-early")
    marked = session.attendances.filter(status=Status.PRESENT).count()
    waiting = selectors.waiting(session)
    row = HeadCount.objects.create(
        session=session, heads=heads, marked=marked, waiting=len(waiting), by=by, at=clock.now()
    )
    audit.record("attendance.heads", by=by, on=session, unit=training.unit, heads=heads, marked=marked)
    confirm_by_count(session, heads, by)
    return row


def confirm_by_count(session: TrainingSession, heads: int, by: User | None) -> int:
    """Confirm who waits, when a count of heads is what marks and waiting scans make together; returns how many that were."""
    marked = session.attendances.filter(status=Status.PRESENT).count()
    clear = [one.scan for one in selectors.waiting(session) if not one.doubtful and not _own(one.scan, by)]
    if heads != marked + len(clear):
        return 0
    for scan in clear:
        scan.session = session
        decide(scan=scan, accepted=True, by=by)
    return len(clear)


def _own(scan: Scan, by: User | None) -> bool:
    return by is not None and scan.member is not None and scan.member.user_id == by.pk


# -- machines -------------------------------------------------------------------------------


@transaction.atomic
def open_device(*, session: TrainingSession, by: User | None) -> CheckinDevice:
    """Let a machine in the hall sign people in. Raises TrainingError ``not-open``."""
    training = trainings._lock_open(session.training)
    device = CheckinDevice.objects.create(session=session, opened_by=by, opened_at=clock.now())
    audit.record("kiosk.open", by=by, on=session, unit=training.unit, device=str(device.uuid))
    return device


@transaction.atomic
def revoke_device(*, device: CheckinDevice, by: User | None) -> bool:
    """Stop a machine (lost, stolen, done): what it sends from now on waits for a person. False when it was stopped before."""
    row = CheckinDevice.objects.select_for_update(of=("self",)).get(pk=device.pk)
    if row.revoked_at is not None:
        return False
    row.revoked_at, row.revoked_by = clock.now(), by
    row.save(update_fields=["revoked_at", "revoked_by"])
    training = row.session.training
    audit.record("kiosk.revoke", by=by, on=row.session, unit=training.unit, device=str(row.uuid))
    return True
