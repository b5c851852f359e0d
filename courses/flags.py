"""What about a session a person should look at: noted as it happens, decided on by a person (``reviews``).

Most of it is innocent among old people on bad lines (domain §7), so a flag takes nothing away.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from courses.engine import Answer, Beat
from courses.models import PlaySession
from courses.watch_models import WatchFlag
from lms.core import clock

Kind = WatchFlag.Kind
REFUSED_STEP_MS = 60_000
"""A flag for each minute claimed in vain; below that it is jitter."""
RESTARTS_WITHIN_MS = 600_000
MANY_RESTARTS = 8


@transaction.atomic
def note(session: PlaySession, kind: WatchFlag.Kind, milliseconds: int = 0, *, undecided: bool = False) -> None:
    """Note one thing about a member's session once more. One that was decided stays decided unless something came in that
    is ``undecided``."""
    if session.member_id is None:
        return
    now = clock.now()
    flag, fresh = WatchFlag.objects.get_or_create(
        session=session,
        kind=kind,
        defaults={"member_id": session.member_id, "milliseconds": milliseconds, "first_at": now, "last_at": now},
    )
    if not fresh:
        rows = WatchFlag.objects.filter(pk=flag.pk)
        rows.update(times=F("times") + 1, milliseconds=F("milliseconds") + milliseconds, last_at=now)
        if undecided:
            rows.filter(state=WatchFlag.State.CLEARED).update(state=WatchFlag.State.OPEN)


def note_beat(session_id: int, claim: Beat, answer: Answer) -> None:
    """Note what an answered beat tells: a whole minute claimed in vain, or time handed in after the line was down."""
    refused = claim.end - claim.start - answer.grown - answer.held - answer.beyond
    over = answer.refused // REFUSED_STEP_MS > (answer.refused - refused) // REFUSED_STEP_MS
    if answer.left is None or not (over or answer.late or answer.held):
        return
    session = PlaySession.objects.get(pk=session_id)
    if over:
        note(session, Kind.TOO_FAST if answer.left else Kind.UNANSWERED, REFUSED_STEP_MS)
    if answer.late or answer.held:
        note(session, Kind.OFFLINE, answer.late + answer.held, undecided=answer.held > 0)


def note_restart(session: PlaySession) -> None:
    """Note a session that is one of very many begun within minutes."""
    since = session.started_ms - RESTARTS_WITHIN_MS
    begun = PlaySession.objects.filter(member=session.member_id, started_ms__gt=since)
    if begun.count() >= MANY_RESTARTS:
        note(session, Kind.RESTARTS)
