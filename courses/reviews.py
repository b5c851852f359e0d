"""What a person decides about flagged watching: nothing wrong, or the session is taken off, with a reason and open to appeal.

A session taken off earns nothing and keeps its evidence; taken back on, it earns what it had. Nobody decides on his own, and
nobody on an appeal against himself; a decision on an appeal is the last one.
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from courses import flag_selectors as selectors
from courses import services
from courses.models import PlaySession
from courses.watch_models import WatchFlag
from lms.core import clock
from lms.core.templatetags.xiangxue import date_zh
from lms.members import audit
from lms.members.models import User
from lms.members.permissions import can
from lms.notices.services import notify

State = WatchFlag.State
APPEAL_TIME = dt.timedelta(days=15)


class ReviewError(ValueError):
    """A decision that cannot be taken.

    ``own`` (of one's own learning), ``no-reason``, ``decided`` (already so), ``not-yours``, ``too-late`` (after 15 days),
    ``appealed`` (by whom it was appealed against), ``final`` (decided on appeal), ``nothing-held``.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def may_decide(user: User, flag: WatchFlag) -> bool:
    """Whether the person may say what a flag means: with the right over the member's unit, and not about himself, his own
    decision that was appealed against, or what was decided on appeal."""
    if final(flag) or (flag.state == State.APPEALED and flag.decided_by_id == user.pk):
        return False
    return _has_the_right(user, flag)


def _has_the_right(user: User, flag: WatchFlag) -> bool:
    return flag.member.user_id != user.pk and can(user, "watching.review", flag.member.unit)


def final(flag: WatchFlag) -> bool:
    """Whether an appeal against it was decided: that ends the matter."""
    return bool(flag.appeal) and flag.state in (State.VOIDED, State.CLEARED)


def may_appeal(user: User, flag: WatchFlag) -> bool:
    """Whether the member may still object to what was decided, today."""
    if flag.state != State.VOIDED or flag.member.user_id != user.pk or flag.decided_at is None or flag.appeal:
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


@transaction.atomic
def credit(*, flag: WatchFlag, reason: str, by: User) -> WatchFlag:
    """What was kept because the line was down for too long counts too. Raises ReviewError, ``nothing-held`` where there is none."""
    if not reason.strip():
        raise ReviewError("no-reason")
    if not selectors.held_ms(flag.session):
        raise ReviewError("nothing-held")
    decided = _decide(flag, State.CLEARED, reason.strip(), by, again=True)
    milliseconds = services.credit_held(session=decided.session, by=by)
    audit.record("watch.credited", by=by, on=decided, kind=decided.kind, milliseconds=milliseconds)
    return decided


def _decide(flag: WatchFlag, state: str, reason: str, by: User, *, again: bool = False) -> WatchFlag:
    locked = _locked(flag)
    if not _has_the_right(by, locked):
        raise ReviewError("own")
    if final(locked):
        raise ReviewError("final")
    if locked.state == State.APPEALED and locked.decided_by_id == by.pk:
        raise ReviewError("appealed")
    if locked.state == state and not again:
        raise ReviewError("decided")
    appealed = locked.state == State.APPEALED
    locked.state, locked.reason = state, reason[:300]
    locked.decided_by, locked.decided_at = by, clock.now()
    locked.save()
    audit.record(f"watch.{state}", by=by, on=locked, kind=locked.kind, reason=locked.reason)
    _agree(locked, by)
    _tell(locked, appealed, by)
    return locked


def _tell(flag: WatchFlag, appealed: bool, by: User) -> None:
    """The member hears of hours taken off, and of what became of his appeal."""
    kind = "watching.appeal" if appealed else "watching.voided"
    if not appealed and flag.state != State.VOIDED:
        return
    decided = flag.decided_at or clock.now()
    with translation.override(settings.LANGUAGE_CODE):
        result = _("申诉成立，学时已恢复") if flag.state == State.CLEARED else _("维持核减")
        said = {"result": str(result)} if appealed else {"until": date_zh(decided + APPEAL_TIME)}
    notify(
        kind,
        members=[flag.member],
        about=f"watching:{flag.pk}:{flag.state}:{decided:%Y-%m-%dT%H:%M:%S}",
        context={"title": flag.session.title, "reason": flag.reason, **said},
        link=reverse("watch-flag", args=[flag.pk]),
        by=by,
    )


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
    if final(locked):
        raise ReviewError("final")
    if not may_appeal(by, locked):
        raise ReviewError("too-late")
    if not text.strip():
        raise ReviewError("no-reason")
    locked.state, locked.appeal, locked.voided_by = State.APPEALED, text.strip()[:500], locked.decided_by
    locked.save()
    audit.record("watch.appealed", by=by, on=locked, kind=locked.kind)
    return locked


def _locked(flag: WatchFlag) -> WatchFlag:
    rows = WatchFlag.objects.select_for_update(of=("self",)).select_related("session", "member__unit")
    return rows.get(pk=flag.pk)
