"""Whether anybody is there: the question that the server asks of own watching, and the answer without which it stops crediting.

The question is gentle: it stands for a minute and a half while the video plays on. Nothing is lost by missing it: crediting
stops where the answer was due and goes on from there.
"""

from __future__ import annotations

import secrets
from statistics import pstdev

from django.db import transaction

from courses import flags, rules
from courses.engine import Answer, PlayError, Token
from courses.models import PlaySession
from courses.watch_models import PresenceCheck, WatchFlag
from lms.core import clock
from lms.members.models import Member

MACHINE_ANSWERS = 6
"""So many answers in a row, each within two seconds and all alike to a fifth of a second, are no person's."""
MACHINE_WITHIN_MS = 2_000
MACHINE_SPREAD_MS = 200


def fresh_interval() -> int:
    """Milliseconds until the next question: by chance, so that no script knows when."""
    least, most = rules.PRESENCE_EVERY_MS
    return least + secrets.randbelow(most - least + 1) + rules.PRESENCE_GRACE_MS


def left_for(member: Member) -> int:
    """Milliseconds that a new session of a member credits before it asks."""
    last = PlaySession.objects.filter(member=member).order_by("-pk").values_list("presence_left_ms", "beat_ms").first()
    left, beat_ms = last or (None, 0)
    return rules.presence_left(left, clock.now_ms() - beat_ms, fresh_interval())


def note_asked(session_id: int) -> None:
    """Keep that the question is shown; asking twice keeps the first moment."""
    PresenceCheck.objects.get_or_create(
        session_id=session_id, answered_ms__isnull=True, defaults={"asked_ms": clock.now_ms()}
    )


@transaction.atomic
def answer(token: Token, *, offline: bool = False) -> Answer:
    """The person is there: crediting goes on for another interval. Answering what was not asked changes nothing.

    ``offline``: pressed while the line was down, so that how fast it came after the question says nothing; it is looked at.
    Raises PlayError("superseded") when the session is over, PlayError("bad-token") for a station's screen.
    """
    rows = PlaySession.objects.select_for_update(of=("self",)).select_related("member")
    session = rows.get(pk=token.session_id)
    if session.member is None or session.presence_left_ms is None:
        raise PlayError("bad-token")
    if session.ended_ms is not None and not offline:
        raise PlayError("superseded")
    # Without a line the player asks after the shortest interval, which may be before the server would have.
    if offline or session.presence_left_ms <= rules.PRESENCE_GRACE_MS + rules.PRESENCE_EARLY_MS:
        note_asked(session.pk)
    check = session.presence_checks.select_for_update().filter(answered_ms__isnull=True).first()
    if check is not None:
        check.answered_ms = max(clock.now_ms(), check.asked_ms)
        check.save()
        session.presence_left_ms = fresh_interval()
        session.save(update_fields=["presence_left_ms"])
        _pass_on(session)
        if offline:
            flags.note(session, WatchFlag.Kind.OFFLINE)
        elif _by_machine(session.member):
            flags.note(session, WatchFlag.Kind.MACHINE)
    return Answer(session.sequence, session.span_to_ms, left=session.presence_left_ms)


def _pass_on(session: PlaySession) -> None:
    """An answer that comes late, for a session that is over, holds for the one that the member has begun since."""
    later = PlaySession.objects.filter(member=session.member_id, pk__gt=session.pk, ended_ms__isnull=True)
    later.filter(presence_left_ms__lt=session.presence_left_ms).update(presence_left_ms=session.presence_left_ms)


def _by_machine(member: Member) -> bool:
    """Whether the member's last answers came as no hand gives them."""
    rows = PresenceCheck.objects.filter(session__member=member, answered_ms__isnull=False).order_by("-pk")
    waits = [
        (answered or asked) - asked for asked, answered in rows.values_list("asked_ms", "answered_ms")[:MACHINE_ANSWERS]
    ]
    return len(waits) == MACHINE_ANSWERS and max(waits) < MACHINE_WITHIN_MS and pstdev(waits) < MACHINE_SPREAD_MS
