"""Beats: what a player says it has played, held against the server's own clock.

A session has an allowance, the milliseconds that the server's clock has given and no beat has used. A beat
extends the open span by what it claims and the allowance covers, so whatever is sent, in whatever order and how often, no
session is credited with more than the time that passed. A beat that goes on where the last one stopped is one UPDATE.

The clock of a span is the pointer ``now − allowance``: it moves on by exactly what is credited, so that the spans of a
session never overlap in time. Where the rule lets a film run faster than the clock, the allowance grows by so much more and
the pointer moves on by so much less.
"""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

from django.core import signing
from django.db import connection, transaction

from courses import rules
from courses.models import PlaySession, PlaySpan
from lms.core import clock
from lms.hours.rules import NORMAL_SPEED

TOKEN_SECONDS = 24 * 3600
SIGNER = signing.TimestampSigner(salt="courses.play")


class PlayError(ValueError):
    """A beat that cannot be taken: ``bad-token``, ``bad-beat``, ``superseded``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Token:
    """What a player carries: its session, the video's length, how much was still needed, a screen or a person."""

    session_id: int
    duration_ms: int
    left_ms: int
    group: bool

    def sign(self) -> str:
        """The token as text, signed."""
        return SIGNER.sign(f"{self.session_id}.{self.duration_ms}.{self.left_ms}.{int(self.group)}")

    @classmethod
    def read(cls, text: str) -> Token:
        """The token in a signed text. Raises PlayError("bad-token") for an edited or an old one."""
        try:
            numbers = SIGNER.unsign(text, max_age=TOKEN_SECONDS).split(".")
            return cls(int(numbers[0]), int(numbers[1]), int(numbers[2]), numbers[3] == "1")
        except (signing.BadSignature, ValueError, IndexError) as error:
            raise PlayError("bad-token") from error


@dataclass(frozen=True, slots=True)
class Beat:
    """What a player claims: its number in the session, and the milliseconds of the video from ``start`` to ``end``.

    ``offline``: the line was down when it was played, so that it comes late.
    """

    sequence: int
    start: int
    end: int
    offline: bool = False

    @classmethod
    def claimed(cls, data: dict[str, object], duration_ms: int) -> Beat:
        """A beat from what was sent. Raises PlayError("bad-beat") for anything but whole numbers in order."""
        values = [data.get(name) for name in ("sequence", "from", "to")]
        if not all(isinstance(value, int) and not isinstance(value, bool) for value in values):
            raise PlayError("bad-beat")
        sequence, start, end = (int(str(value)) for value in values)
        if not 0 < sequence < 2**31 or not 0 <= start <= end < 2**31 or start > duration_ms:
            raise PlayError("bad-beat")
        return cls(sequence, start, min(end, duration_ms), data.get("offline") is True)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server holds after a beat: the last number taken, the end of the open span, whether to settle now.

    ``left``: milliseconds that it will credit before the person must answer; None for a station's screen. ``grown``:
    milliseconds that this beat was credited. ``refused``: all that the session has claimed in vain. ``late``: of what was
    credited, what came after a longer silence than a line that works ever has.
    """

    sequence: int
    position: int
    settle: bool = False
    left: int | None = None
    grown: int = 0
    refused: int = 0
    late: int = 0

    @property
    def ask(self) -> bool:
        """Whether the question is to be shown."""
        return self.left is not None and self.left <= rules.PRESENCE_GRACE_MS

    @property
    def asks_now(self) -> bool:
        """Whether it was this beat that brought the question up."""
        return self.left is not None and self.left <= rules.PRESENCE_GRACE_MS < self.left + self.grown


def _least(vendor: str) -> str:
    return "MIN" if vendor == "sqlite" else "LEAST"


def _greatest(vendor: str) -> str:
    return "MAX" if vendor == "sqlite" else "GREATEST"


def _extend_sql(vendor: str) -> str:
    """One statement: extend the open span by what the beat claims, the allowance covers and nobody must answer for first."""
    least, greatest = _least(vendor), _greatest(vendor)
    budget = f"{least}(allowance_ms + {greatest}(%(now)s - beat_ms, 0) * speed / {NORMAL_SPEED}, {rules.CARRY_MS})"
    grown = f"{least}(%(claim)s, {budget}, presence_left_ms)"
    return f"""
        UPDATE courses_playsession
        SET sequence = %(sequence)s, span_to_ms = span_to_ms + {grown}, allowance_ms = {budget} - {grown},
            presence_left_ms = presence_left_ms - {grown}, refused_ms = refused_ms + %(claim)s - {grown},
            beat_ms = {greatest}(beat_ms, %(now)s)
        WHERE id = %(id)s AND ended_ms IS NULL AND sequence < %(sequence)s AND span_to_ms = %(start)s
        RETURNING span_from_ms, span_to_ms, presence_left_ms, refused_ms
    """  # noqa: S608 (the only words put in are the names of functions and a constant)


# SQLite writes one at a time and lets whoever finds it busy sleep; threads of one process take turns without sleeping.
TURN: dict[str, AbstractContextManager[object]] = {"sqlite": threading.Lock(), "postgresql": nullcontext()}
EXTEND = {vendor: _extend_sql(vendor) for vendor in ("sqlite", "postgresql")}


def beat(token: Token, claim: Beat, *, done: bool = False) -> Answer:
    """Take a beat. A replayed or late one changes nothing. Raises PlayError("superseded") when the session is over.

    ``settle`` in the answer is set once when the open span alone reaches what was needed, and whenever the player says
    that it is ``done``: the caller settles the member's hours.
    """
    if not token.group and not claim.offline and claim.end > claim.start:
        extended = _extend(token, claim)
        if extended is not None:
            span_from, span_to, left, refused = extended
            crossed = claim.start - span_from < token.left_ms <= span_to - span_from
            return Answer(claim.sequence, span_to, crossed or done, left, span_to - claim.start, refused)
    return _move(token, claim, done)


def _extend(token: Token, claim: Beat) -> tuple[int, int, int, int] | None:
    values = {
        "id": token.session_id,
        "sequence": claim.sequence,
        "start": claim.start,
        "claim": claim.end - claim.start,
        "now": clock.now_ms(),
    }
    with TURN[connection.vendor], connection.cursor() as cursor:
        cursor.execute(EXTEND[connection.vendor], values)
        row = cursor.fetchone()
    return row and (int(row[0]), int(row[1]), int(row[2]), int(row[3]))


@transaction.atomic
def _move(token: Token, claim: Beat, done: bool) -> Answer:
    """The slow way: a jump, a resumption, a station's beat, or a beat that came before."""
    session = PlaySession.objects.select_for_update().get(pk=token.session_id)
    if session.ended_ms is not None:
        raise PlayError("superseded")
    if claim.sequence <= session.sequence:
        return _answer(session, 0, done)
    now = clock.now_ms()
    carry = _carry(token, claim)
    left = rules.allowance(session.allowance_ms, now - session.beat_ms, carry, session.speed)
    if claim.start != session.span_to_ms or claim.start == claim.end:
        close_span(session)
        if claim.start == claim.end and not claim.offline:  # playing goes on: what the pause left over is not needed
            left = min(left, rules.JITTER_MS)
        session.span_from_ms = session.span_to_ms = claim.start
    if session.span_from_ms == session.span_to_ms:
        session.span_wall_ms = now - rules.by_the_clock(left, session.speed)
    grown = min(claim.end - claim.start, left)
    if session.presence_left_ms is not None:
        grown = min(grown, session.presence_left_ms)
        session.presence_left_ms -= grown
        session.refused_ms += claim.end - claim.start - grown
    session.span_to_ms += grown
    session.allowance_ms = left - grown
    session.beat_ms = max(now, session.beat_ms)
    session.sequence = claim.sequence
    if token.group:  # a row a beat, so that each person's stay can be cut out of it
        close_span(session)
    session.save()
    late = grown if left > rules.CARRY_MS else 0
    return replace(_answer(session, grown, done), late=late)


def _answer(session: PlaySession, grown: int, done: bool) -> Answer:
    """What the server holds of a session that was just written or left alone."""
    own = session.member_id is not None
    left, refused = session.presence_left_ms, session.refused_ms
    return Answer(session.sequence, session.span_to_ms, done and own, left, grown, refused)


def _carry(token: Token, claim: Beat) -> int:
    """The longest silence that a beat may catch up with."""
    if token.group:
        return rules.GROUP_CARRY_MS
    return rules.OFFLINE_CARRY_MS if claim.offline else rules.CARRY_MS


def close_span(session: PlaySession) -> None:
    """Turn the open span of a locked session into a row; an empty one is forgotten. The session is not saved."""
    if session.span_to_ms > session.span_from_ms:
        PlaySpan.objects.create(
            session=session,
            number=session.spans.count() + 1,
            from_ms=session.span_from_ms,
            to_ms=session.span_to_ms,
            wall_from_ms=session.span_wall_ms,
            wall_to_ms=session.stood_ms,
            speed=session.speed,
        )
        session.span_from_ms = session.span_to_ms


def end(session: PlaySession) -> None:
    """Close a locked session for good; ending it again changes nothing."""
    if session.ended_ms is None:
        close_span(session)
        session.ended_ms = max(session.beat_ms, session.started_ms)
        session.save()
