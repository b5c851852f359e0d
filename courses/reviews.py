"""What a person decides about flagged watching: nothing wrong, or the session is taken off, with a reason and open to appeal.

A session taken off earns nothing and keeps its evidence; taken back on, it earns what it had. Nobody decides on his own.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from courses import services
from courses.models import PlaySession
from courses.watch_models import WatchFlag
from lms.core import clock
from lms.members import audit
from lms.members.models import User
from lms.members.permissions import can

State = WatchFlag.State
APPEAL_TIME = dt.timedelta(days=15)


class ReviewError(ValueError):
    """A decision that cannot be taken.

    ``own`` (of one's own learning), ``no-reason``, ``decided`` (already so), ``not-yours``, ``too-late`` (after 15 days).
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def may_decide(user: User, flag: WatchFlag) -> bool:
    """Whether the person may say what a flag means: with the right over the member's unit, and not about himself."""
    return flag.member.user_id != user.pk and can(user, "watching.review", flag.member.unit)


def may_appeal(user: User, flag: WatchFlag) -> bool:
    """Whether the member may still object to what was decided, today."""
    if flag.state != State.VOIDED or flag.member.user_id != user.pk or flag.decided_at is None:
        return False
    return clock.now() <= flag.decided_at + APPEAL_TIME


@transaction.atomic
def clear(*, flag: WatchFlag, reason: str, by: User) -> WatchFlag:
    """Nothing wrong: the session counts, also one that was taken off before. Raises ReviewError: ``own``, ``decided``."""
    return _decide(flag, State.CLEARED, reason.strip(), by)


@transaction.atomic
def void(*, flag: WatchFlag, reason: str, by: User) -> WatchFlag:
    """Take the session's hours back. Raises ReviewError: ``own``, ``no-reason``, ``decided``."""
    if not reason.strip():
        raise ReviewError("no-reason")
    return _decide(flag, State.VOIDED, reason.strip(), by)


def _decide(flag: WatchFlag, state: str, reason: str, by: User) -> WatchFlag:
    locked = _locked(flag)
    if not may_decide(by, locked):
        raise ReviewError("own")
    if locked.state == state:
        raise ReviewError("decided")
    locked.state, locked.reason = state, reason[:300]
    locked.decided_by, locked.decided_at = by, clock.now()
    locked.save()
    audit.record(f"watch.{state}", by=by, on=locked, kind=locked.kind, reason=locked.reason)
    _agree(locked, by)
    return locked


def _agree(flag: WatchFlag, by: User) -> None:
    """The session earns nothing while one of its flags is upheld; ledger and progress follow."""
    upheld = flag.session.flags.filter(state__in=[State.VOIDED, State.APPEALED]).exists()
    session = PlaySession.objects.select_for_update().get(pk=flag.session_id)
    if upheld != (session.voided_at is not None):
        session.voided_at = clock.now() if upheld else None
        session.save(update_fields=["voided_at"])
        services.settle(member_ids=[flag.member_id], by=by)


@transaction.atomic
def appeal(*, flag: WatchFlag, text: str, by: User) -> WatchFlag:
    """The member objects; the flag goes back to the inbox. Raises ReviewError: ``not-yours``, ``too-late``, ``no-reason``."""
    locked = _locked(flag)
    if locked.member.user_id != by.pk or locked.state != State.VOIDED:
        raise ReviewError("not-yours")
    if not may_appeal(by, locked):
        raise ReviewError("too-late")
    if not text.strip():
        raise ReviewError("no-reason")
    locked.state, locked.appeal = State.APPEALED, text.strip()[:500]
    locked.save()
    audit.record("watch.appealed", by=by, on=locked, kind=locked.kind)
    return locked


def _locked(flag: WatchFlag) -> WatchFlag:
    rows = WatchFlag.objects.select_for_update(of=("self",)).select_related("session", "member__unit")
    return rows.get(pk=flag.pk)
