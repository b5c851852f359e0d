"""Beats: what a player says it has played, held against the server's own clock.

A session has an allowance, the milliseconds that the server's clock has given and no beat has used. A beat
extends the open span by what it claims and the allowance covers, so whatever is sent, in whatever order and how often, no
session is credited with more than the time that passed. A beat that goes on where the last one stopped is one UPDATE.

The clock of a span is the pointer ``now − allowance``: it moves on by exactly what is credited, so that the spans of a
session never overlap in time. Where the rule lets a film run faster than the clock, the allowance grows by so much more and
the pointer moves on by so much less.

What a player hands in after a long time without a line is credited for half an hour; what the clock allows beyond that is kept
as spans that a person may credit (``held``), also in a session that has ended meanwhile, up to where the member's next began.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.core import signing
from django.db import connection, transaction

from courses import book_pages, rules
from courses.models import PlaySession, PlaySpan
from lms.core import clock
from lms.core.turns import turn
from lms.hours.rules import NORMAL_SPEED
from lms.members.models import Member

TOKEN_SECONDS = 24 * 3600
# What was played without a line may be handed in for so long.
LATE_SECONDS = 3 * 24 * 3600
MOST_PAGES = 100_000
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
    def read(cls, text: str, *, late: bool = False) -> Token:
        """The token in a signed text, for what comes ``late`` too. Raises PlayError("bad-token") for an edited or an old one."""
        try:
            numbers = SIGNER.unsign(text, max_age=LATE_SECONDS if late else TOKEN_SECONDS).split(".")
            return cls(int(numbers[0]), int(numbers[1]), int(numbers[2]), numbers[3] == "1")
        except (signing.BadSignature, ValueError, IndexError) as error:
            raise PlayError("bad-token") from error


@dataclass(frozen=True, slots=True)
class Beat:
    """What a player claims: its number in the session, and the milliseconds of the video from ``start`` to ``end``.

    ``offline``: the line was down when it was played, so that it comes late. ``place``: the page of a book that was open.
    """

    sequence: int
    start: int
    end: int
    offline: bool = False
    place: int | None = None

    @classmethod
    def claimed(cls, data: dict[str, object], duration_ms: int) -> Beat:
        """A beat from what was sent. Raises PlayError("bad-beat") for anything but whole numbers in order."""
        values = [data.get(name) for name in ("sequence", "from", "to")]
        if not all(isinstance(value, int) and not isinstance(value, bool) for value in values):
            raise PlayError("bad-beat")
        sequence, start, end = (int(str(value)) for value in values)
        place = data.get("place")
        if place is not None and (not isinstance(place, int) or isinstance(place, bool) or not 0 < place <= MOST_PAGES):
            raise PlayError("bad-beat")
        if not 0 < sequence < 2**31 or not 0 <= start <= end < 2**31 or start > duration_ms:
            raise PlayError("bad-beat")
        return cls(sequence, start, min(end, duration_ms), data.get("offline") is True, place)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server holds after a beat: the last number taken, the end of the open span, whether to settle now.

    ``left``: milliseconds that it will credit before the person must answer; None for a station's screen. ``grown``:
    milliseconds that this beat was credited. ``refused``: all that the session has claimed in vain. ``late``: of what was
    credited, what came after a longer silence than a line that works ever has. ``held``: what is kept for a person to credit.
    ``page``: what the open page of a book may still earn; None for what is no book. ``beyond``: what was claimed for a page
    that has none left, which says nothing against the reader. ``over``: why the session is over that this beat came late to: ``superseded`` by another, or fallen ``silent``.
    """

    sequence: int
    position: int
    settle: bool = False
    left: int | None = None
    grown: int = 0
    refused: int = 0
    late: int = 0
    held: int = 0
    page: int | None = None
    beyond: int = 0
    over: str = ""

    @property
    def ask(self) -> bool:
        """Whether the question is to be shown."""
        return self.left is not None and self.left <= rules.PRESENCE_GRACE_MS

    @property
    def asks_now(self) -> bool:
        """Whether it was this beat that brought the question up."""
        return self.left is not None and self.left <= rules.PRESENCE_GRACE_MS < self.left + self.grown + self.held


def _least(vendor: str) -> str:
    return "MIN" if vendor == "sqlite" else "LEAST"


def _greatest(vendor: str) -> str:
    return "MAX" if vendor == "sqlite" else "GREATEST"


def _extend_sql(vendor: str) -> str:
    """One statement: extend the open span by what the beat claims, the allowance covers and nobody must answer for first."""
    least, greatest = _least(vendor), _greatest(vendor)
    budget = f"{least}(allowance_ms + {greatest}(%(now)s - beat_ms, 0) * speed / {NORMAL_SPEED}, {rules.CARRY_MS})"
    claim = f"{least}(%(claim)s, COALESCE(page_left_ms, %(claim)s))"
    grown = f"{least}({claim}, {budget}, presence_left_ms)"
    return f"""
        UPDATE courses_playsession
        SET sequence = %(sequence)s, span_to_ms = span_to_ms + {grown}, allowance_ms = {budget} - {grown},
            presence_left_ms = presence_left_ms - {grown}, refused_ms = refused_ms + {claim} - {grown},
            page_left_ms = page_left_ms - {grown},
            beat_ms = {greatest}(beat_ms, %(now)s)
        WHERE id = %(id)s AND ended_ms IS NULL AND sequence < %(sequence)s AND span_to_ms = %(start)s AND held_left_ms = 0
            AND (page_left_ms IS NULL OR %(place)s = 0 OR place = %(place)s)
        RETURNING span_from_ms, span_to_ms, presence_left_ms, refused_ms, page_left_ms
    """  # noqa: S608 (the only words put in are the names of functions and a constant)


EXTEND = {vendor: _extend_sql(vendor) for vendor in ("sqlite", "postgresql")}


def beat(token: Token, claim: Beat, *, done: bool = False) -> Answer:
    """Take a beat. A replayed or late one changes nothing. Raises PlayError("superseded") when the session is over.

    ``settle`` in the answer is set once when the open span alone reaches what was needed, and whenever the player says
    that it is ``done``: the caller settles the member's hours.
    """
    if not token.group and not claim.offline and claim.end > claim.start:
        extended = _extend(token, claim)
        if extended is not None:
            span_from, span_to, left, refused, page = extended
            grown = span_to - claim.start
            beyond = 0 if page is None else max(claim.end - span_to - page, 0)
            crossed = claim.start - span_from < token.left_ms <= span_to - span_from
            return Answer(claim.sequence, span_to, crossed or done, left, grown, refused, page=page, beyond=beyond)
    return _move(token, claim, done)


def _extend(token: Token, claim: Beat) -> tuple[int, int, int, int, int | None] | None:
    values = {
        "id": token.session_id,
        "sequence": claim.sequence,
        "start": claim.start,
        "claim": claim.end - claim.start,
        "place": claim.place or 0,
        "now": clock.now_ms(),
    }
    with turn(), connection.cursor() as cursor:
        cursor.execute(EXTEND[connection.vendor], values)
        row = cursor.fetchone()
    return row and (int(row[0]), int(row[1]), int(row[2]), int(row[3]), row[4])


@transaction.atomic
def _move(token: Token, claim: Beat, done: bool) -> Answer:
    """The slow way: a jump, a resumption, a station's beat, one that comes late, or one that came before."""
    session = _locked(token.session_id)
    newest = _newest(session)
    if claim.sequence <= session.sequence:
        return _answer(session, newest, done=done)
    if session.ended_ms is not None and (newest is None or not claim.offline):
        raise PlayError("superseded")
    book_pages.turn(session, newest, claim.place)
    now = _until(session)
    left, beyond = _budget(session, token, claim, now)
    if claim.start != session.span_to_ms or claim.start == claim.end:
        close_span(session)
        if claim.start == claim.end and not claim.offline:  # playing goes on: what the pause left over is not needed
            left = min(left, rules.JITTER_MS)
        session.span_from_ms = session.span_to_ms = claim.start
    if session.span_from_ms == session.span_to_ms:
        session.span_wall_ms = now - rules.by_the_clock(left + beyond, session.speed)
    claimed = _on_page(session, claim.end - claim.start)
    answered = _answered(session, newest, claimed)
    grown = min(answered, left)
    held = min(answered - grown, beyond)
    late = grown if left + beyond > rules.CARRY_MS else 0
    session.span_to_ms += grown
    session.allowance_ms = left + beyond - grown
    session.held_left_ms = beyond - held
    session.beat_ms = max(now, session.beat_ms)
    session.sequence = claim.sequence
    _spend(session, newest, claimed, grown + held)
    if token.group:  # a row a beat, so that each person's stay can be cut out of it
        close_span(session)
    if held:
        _hold(session, held)
    session.save()
    book_pages.after_late(session, newest)
    spared = claim.end - claim.start - claimed
    return replace(_answer(session, newest, grown, done=done), late=late, held=held, beyond=spared)


def _locked(session_id: int) -> PlaySession:
    """The session, locked; of one that is over, the member before it, as whoever begins the next one does."""
    facts = PlaySession.objects.filter(pk=session_id).values_list("member_id", "ended_ms").get()
    if facts[0] is not None and facts[1] is not None:
        Member.objects.select_for_update().get(pk=facts[0])
    return PlaySession.objects.select_for_update().get(pk=session_id)


def _newest(session: PlaySession) -> PlaySession | None:
    """The member's latest session: this one itself unless it is over; None for a screen's."""
    if session.member_id is None or session.ended_ms is None:
        return None if session.member_id is None else session
    return PlaySession.objects.select_for_update().filter(member=session.member_id).order_by("-pk").first()


def _until(session: PlaySession) -> int:
    """Up to when the clock may be used: now, or when the session is over the start of the member's next one."""
    now = clock.now_ms()
    if session.ended_ms is None:
        return now
    later = PlaySession.objects.filter(member=session.member_id, pk__gt=session.pk).order_by("pk")
    started = later.values_list("started_ms", flat=True).first()
    return now if started is None else max(min(now, started), session.beat_ms)


def _budget(session: PlaySession, token: Token, claim: Beat, now: int) -> tuple[int, int]:
    """Milliseconds of the video that the clock allows to credit now, and beyond those to keep for a person to decide on."""
    elapsed = now - session.beat_ms
    if token.group or not claim.offline:
        carry = rules.GROUP_CARRY_MS if token.group else rules.CARRY_MS
        return rules.allowance(session.allowance_ms - session.held_left_ms, elapsed, carry, session.speed), 0
    total = rules.allowance(session.allowance_ms, elapsed, rules.HELD_CARRY_MS, session.speed)
    left = max(min(total - session.held_left_ms, rules.OFFLINE_CARRY_MS), 0)
    return left, total - left


def _answered(session: PlaySession, newest: PlaySession | None, claimed: int) -> int:
    """Of what is claimed, what may be credited before the person must answer; a screen is never asked."""
    for one in (session, newest):
        if one is not None and one.presence_left_ms is not None:
            claimed = min(claimed, one.presence_left_ms)
    return claimed


def _on_page(session: PlaySession, claimed: int) -> int:
    """Of what is claimed, what the open page of a book may still earn."""
    return claimed if session.page_left_ms is None else min(claimed, session.page_left_ms)


def _spend(session: PlaySession, newest: PlaySession | None, claimed: int, taken: int) -> None:
    """Count what was taken against the open page and the next question, of the latest session too: opening another does not
    put it off."""
    if session.page_left_ms is not None:
        session.page_left_ms -= taken
    if session.presence_left_ms is None:
        return
    session.presence_left_ms -= taken
    session.refused_ms += claimed - taken
    if newest is not None and newest.pk != session.pk and newest.presence_left_ms is not None:
        newest.presence_left_ms -= taken
        newest.save(update_fields=["presence_left_ms"])


def _hold(session: PlaySession, held: int) -> None:
    """Keep so many milliseconds after the open span for a person to credit."""
    close_span(session)
    start, wall = session.span_to_ms, session.stood_ms
    session.allowance_ms -= held
    session.span_from_ms = session.span_to_ms = start + held
    _row(session, start, start + held, wall, held=True)


def _answer(session: PlaySession, newest: PlaySession | None, grown: int = 0, *, done: bool) -> Answer:
    """What the server holds of a session that was just written or left alone. One that is over is settled at once."""
    ended = session.ended_ms is not None
    over = "" if not ended else "silent" if newest is not None and newest.pk == session.pk else "superseded"
    settle = newest is not None and (done or (ended and grown > 0))
    left, refused = session.presence_left_ms, session.refused_ms
    page = session.page_left_ms
    return Answer(session.sequence, session.span_to_ms, settle, left, grown, refused, page=page, over=over)


def close_span(session: PlaySession) -> None:
    """Turn the open span of a locked session into a row; an empty one is forgotten. The session is not saved."""
    if session.span_to_ms > session.span_from_ms:
        _row(session, session.span_from_ms, session.span_to_ms, session.span_wall_ms)
        session.span_from_ms = session.span_to_ms


def _row(session: PlaySession, start: int, end: int, wall: int, *, held: bool = False) -> None:
    PlaySpan.objects.create(
        session=session,
        number=session.spans.count() + 1,
        from_ms=start,
        to_ms=end,
        wall_from_ms=wall,
        wall_to_ms=session.stood_ms,
        speed=session.speed,
        held=held,
    )


def end(session: PlaySession) -> None:
    """Close a locked session for good; ending it again changes nothing."""
    if session.ended_ms is None:
        close_span(session)
        book_pages.leave(session)
        session.ended_ms = max(session.beat_ms, session.started_ms)
        session.save()
