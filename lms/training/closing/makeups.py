"""补学: what was missed is made up later, with evidence; a second person approves, the ledger gets what was missed at most.

The training's row is the lock; the make-up's row is read anew under it, so of two who decide at once one is told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.db import transaction

from lms.core import clock
from lms.members import audit
from lms.members.models import Member, User
from lms.training import files, services
from lms.training import selectors as room
from lms.training.closing import rules, selectors, telling
from lms.training.errors import TrainingError
from lms.training.models import MakeUp, MakeUpFile, Training, TrainingSession

MOST_FILES = 9
State = MakeUp.State


@dataclass(frozen=True, slots=True)
class Lesson:
    """When the lesson was made up and what was studied; ``evidence``: the bytes of one to nine photographs or PDFs."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    text: str
    evidence: Sequence[bytes]


def send(*, session: TrainingSession, member: Member, lesson: Lesson, by: User | None, late_reason: str = "") -> MakeUp:
    """Hand in a lesson made up for a session of a closed training that the member missed, in whole or in part.

    After the deadline (``selectors.make_up_until``) somebody else who may run the training hands it in, and says why it is taken all the
    same. Raises TrainingError ``make-up-late``, ``make-up-late-reason``, ``not-closed``, ``not-enrolled``,
    ``nothing-missed``, ``in-progress``, ``make-up-times``, ``make-up-text``, ``claim-no-evidence``, ``too-many-files``,
    ``file-twice`` and those of ``files.checked``.
    """
    if rules.letters(lesson.text) < rules.LEAST_LETTERS:
        raise TrainingError("make-up-text")
    checked = _checked(lesson.evidence)  # outside the transaction: a writer must not wait for a decoder
    with transaction.atomic():
        training = services._lock(session.training)
        _check(training, session, member, lesson)
        why = _why_late(training, session, member, late_reason, by)
        row = MakeUp.objects.create(
            session=session,
            member=member,
            starts_at=lesson.starts_at,
            ends_at=lesson.ends_at,
            text=lesson.text.strip(),
            sent_by=by,
            sent_at=clock.now(),
            late_reason=why,
        )
        for one in checked:
            _store(row, one)
        times = [str(lesson.starts_at), str(lesson.ends_at)]
        act = "make-up.send-late" if why else "make-up.send"
        audit.record(act, by=by, on=row, unit=training.unit, reason=why, member=member.code, times=times)
    return row


def _checked(evidence: Sequence[bytes]) -> list[files.Checked]:
    if not evidence:
        raise TrainingError("claim-no-evidence")
    if len(evidence) > MOST_FILES:
        raise TrainingError("too-many-files")
    found = [files.checked(data) for data in evidence]
    if len({one.digest for one in found}) < len(found):
        raise TrainingError("file-twice")
    return found


def _store(row: MakeUp, one: files.Checked) -> None:
    stored = MakeUpFile(make_up=row, kind=one.kind, digest=one.digest)
    stored.file.save(f"{stored.uuid}{one.suffix}", ContentFile(one.data), save=False)
    stored.save()


def _check(training: Training, session: TrainingSession, member: Member, lesson: Lesson) -> None:
    if training.state != Training.State.CLOSED:
        raise TrainingError("not-closed")
    services._enrolled(training, [member.pk])
    if not selectors.is_missed(session, member):
        raise TrainingError("nothing-missed")
    if MakeUp.objects.filter(session=session, member=member).exclude(state=State.REFUSED).exists():
        raise TrainingError("in-progress")
    last_moment = lesson.ends_at - dt.timedelta(microseconds=1)
    same_day = clock.local_date(lesson.starts_at) == clock.local_date(last_moment)
    if not (session.ends_at <= lesson.starts_at < lesson.ends_at <= clock.now() and same_day):
        raise TrainingError("make-up-times")


def _why_late(training: Training, session: TrainingSession, member: Member, reason: str, by: User | None) -> str:
    """The reason for which a late one is taken; empty for one in time, whatever was written."""
    if not selectors.make_up_late(training, session):
        return ""
    if by is not None and (by.pk == member.user_id or not room.may_run(by, training)):
        raise TrainingError("make-up-late")
    if not reason.strip():
        raise TrainingError("make-up-late-reason")
    return reason.strip()


def _lock(make_up: MakeUp) -> tuple[Training, MakeUp]:
    """The training locked and the make-up as it stands under that lock; one that was decided is refused."""
    training = services._lock(make_up.session.training)
    row = MakeUp.objects.select_related("session__training", "member", "sent_by").get(pk=make_up.pk)
    if row.state != State.WAITING:
        raise TrainingError("moved-on")
    return training, row


@transaction.atomic
def decide(*, make_up: MakeUp, approve: bool, answer: str, by: User) -> MakeUp:
    """Approve (the hours missed are credited, a class missed too much may be completed by it) or refuse with a reason.

    Raises TrainingError ``second-person`` (his own, or sent by him), ``moved-on`` (decided meanwhile), ``reason``.
    """
    training, row = _lock(make_up)
    if by.pk in (row.member.user_id, row.sent_by_id):
        raise TrainingError("second-person")
    if not approve and not answer.strip():
        raise TrainingError("reason")
    with services._reposted(training, [row.member_id], by):
        row.state = State.APPROVED if approve else State.REFUSED
        row.decided_by, row.decided_at, row.answer = by, clock.now(), answer.strip()
        row.save(update_fields=["state", "decided_by", "decided_at", "answer"])
    act = "make-up.approve" if approve else "make-up.refuse"
    audit.record(act, by=by, on=row, unit=training.unit, member=row.member.code, reason=row.answer)
    telling.make_up_decided(row, by)
    return row
