"""Writes of watching: start, end, settle. Hours are posted in the request's own transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from django.db import transaction

from courses import book_pages, engine, flags, presence, rules, selectors
from courses.engine import Answer, Beat, PlayError, Token
from courses.models import GroupWatch, LessonPage, LessonProgress, PlaySession, PlaySpan
from lms.core import clock
from lms.hours import ledger
from lms.members import audit
from lms.members.models import Member, User

FORGOTTEN_MS = 30 * 60 * 1000
MOST_WAITING = 400
"""Beats that a page may hand in as it goes away: a beacon carries no more."""


class Played(Protocol):
    """A span of a video and of the clock, in milliseconds."""

    @property
    def from_ms(self) -> int: ...
    @property
    def to_ms(self) -> int: ...
    @property
    def wall_from_ms(self) -> int: ...
    @property
    def wall_to_ms(self) -> int: ...


# -- playing ------------------------------------------------------------------------


@transaction.atomic
def start_play(*, member: Member, lesson: LessonPage, by: User | None) -> tuple[PlaySession, str]:
    """Begin a member's own session and end the one that was active anywhere else; returns it with the player's token.

    Raises PlayError("no-video") for a lesson with nothing to play.
    """
    Member.objects.select_for_update().get(pk=member.pk)
    _end_active(member, by)
    position = selectors.resume_at(selectors.last_session(member, lesson))
    left = presence.left_for(member)
    session = PlaySession.objects.create(
        member=member,
        span_from_ms=position,
        span_to_ms=position,
        presence_left_ms=left,
        speed=selectors.top_speed(lesson),
        **book_pages.opening(member, lesson),
        **_facts(lesson),
    )
    if left <= rules.PRESENCE_GRACE_MS:
        presence.note_asked(session.pk)
    flags.note_restart(session)
    done = rules.watched(_pieces(member)).get((lesson.pk, lesson.edition), 0)
    now = clock.now()
    fresh = {"edition": lesson.edition, "position_ms": 0, "watched_ms": 0, "completed_at": None, "updated_at": now}
    row, _made = LessonProgress.objects.get_or_create(member=member, lesson=lesson, defaults=fresh)
    if row.edition < lesson.edition:
        LessonProgress.objects.filter(pk=row.pk).update(**fresh)
    token = Token(session.pk, session.duration_ms, max(session.needed_ms - done, 1), group=False)
    return session, token.sign()


def start_group_play(*, lesson: LessonPage, by: User | None) -> tuple[PlaySession, str]:
    """Begin a session of a station's screen. Who was in the room is the station's to say (``record_group_watch``)."""
    session = PlaySession.objects.create(member=None, **_facts(lesson))
    return session, token_of(session)


def token_of(session: PlaySession) -> str:
    """The token of a screen's session, for a page that is opened again."""
    return Token(session.pk, session.duration_ms, session.needed_ms, group=session.member_id is None).sign()


def _facts(lesson: LessonPage) -> dict[str, object]:
    """A new session's copy of the lesson as it is now."""
    if not lesson.duration_ms:
        raise PlayError("no-video")
    course = lesson.course
    now = clock.now_ms()
    return {
        "lesson": lesson,
        "mode": lesson.mode,
        "revision_id": lesson.live_revision_id,
        "edition": lesson.edition,
        "title": lesson.title,
        "course_id": course.pk,
        "category": course.category,
        "duration_ms": lesson.duration_ms,
        "needed_ms": lesson.needed_ms,
        "started_ms": now,
        "beat_ms": now,
        "span_wall_ms": now,
    }


def _pieces(member: Member) -> list[rules.Piece]:
    own = selectors.evidence([member.pk]).get(member.pk)
    return rules.distinct(own.spans, selectors.split_by_day) if own else []


def _end_active(member: Member, by: User | None) -> None:
    """End the member's active session, if any, and settle what it has earned."""
    active = list(PlaySession.objects.select_for_update().filter(member=member, ended_ms__isnull=True))
    for session in active:
        engine.end(session)
    if active:
        settle(member_ids=[member.pk], by=by)


def beat(text: str, data: dict[str, object]) -> Answer:
    """Take a beat from a player and settle the member's hours when it completes the lesson. Raises PlayError."""
    token = Token.read(text, late=data.get("offline") is True)
    claim = Beat.claimed(data, token.duration_ms)
    answer = engine.beat(token, claim, done=data.get("done") is True)
    if answer.asks_now:
        presence.note_asked(token.session_id)
    flags.note_beat(token.session_id, claim, answer)
    if answer.settle:
        _settle_own(PlaySession.objects.select_related("member__user").get(pk=token.session_id))
    return answer


def confirm_presence(text: str, *, offline: bool = False) -> Answer:
    """The person at the player says, or said while the line was down, that he is there. Raises PlayError."""
    return presence.answer(Token.read(text, late=offline), offline=offline)


def _settle_own(session: PlaySession) -> None:
    """Settle the member whose own session it is; a screen's session is settled by its station."""
    if session.member is not None:
        settle(member_ids=[session.member.pk], by=session.member.user)


def finish(text: str, waiting: Sequence[object] = ()) -> None:
    """The player was closed: take the beats and answers that still waited in it, end its session and settle.

    Ending it again changes nothing; what makes no sense among those that waited is left out. Raises PlayError("bad-token").
    """
    token = Token.read(text, late=True)
    for data in waiting[:MOST_WAITING]:
        if isinstance(data, dict):
            with suppress(PlayError):
                if data.get("present") is True:
                    confirm_presence(text, offline=data.get("offline") is True)
                else:
                    beat(text, data)
    end_play(session=PlaySession.objects.get(pk=token.session_id))


@transaction.atomic
def end_play(*, session: PlaySession) -> None:
    """End a session, a member's own or a screen's; a member's hours are settled."""
    if session.member_id is not None:  # before the session, as whoever begins the next one does
        Member.objects.select_for_update().get(pk=session.member_id)
    locked = PlaySession.objects.select_for_update().get(pk=session.pk)
    engine.end(locked)
    _settle_own(locked)


def end_forgotten() -> int:
    """End the members' sessions that fell silent half an hour ago (a closed lid, a lost line); returns how many."""
    silent = clock.now_ms() - FORGOTTEN_MS
    sessions = list(PlaySession.objects.filter(member__isnull=False, ended_ms__isnull=True, beat_ms__lt=silent))
    for session in sessions:
        end_play(session=session)
    return len(sessions)


@transaction.atomic
def credit_held(*, session: PlaySession, by: User) -> int:
    """Let count what was kept for a person to decide on; returns the milliseconds. Who may is the caller's to say."""
    spans = PlaySpan.objects.select_for_update().filter(session=session, held=True)
    held = sum(span.to_ms - span.from_ms for span in spans)
    spans.update(held=False)
    if session.member_id is not None:
        settle(member_ids=[session.member_id], by=by)
    return held


# -- settling -----------------------------------------------------------------------


@transaction.atomic
def settle(*, member_ids: Iterable[int], by: User | None) -> None:
    """Make ledger and progress of some members agree with what they have watched. Repeating it changes nothing."""
    ids = sorted(set(member_ids))
    # Locked before the evidence is read, so that of two settlements the later one has seen what the earlier one saw.
    list(Member.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
    found = selectors.evidence(ids)
    ledger.post(*selectors.credits_from(found), by=by)
    now = clock.now()
    rows: list[LessonProgress] = []
    for member_id, own in found.items():
        rows += _progress(member_id, own, now)
    LessonProgress.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["member", "lesson"],
        update_fields=["edition", "position_ms", "watched_ms", "completed_at", "updated_at"],
    )


def _progress(member_id: int, own: selectors.Evidence, now: dt.datetime) -> list[LessonProgress]:
    pieces = rules.distinct(own.spans, selectors.split_by_day)
    seen, crossed = rules.watched(pieces), rules.completions(pieces, own.lessons)
    last: dict[rules.Study, rules.Span] = {}
    latest: dict[rules.Study, int] = {}
    for span in own.spans:
        latest[span.study] = max(latest.get(span.study, 0), span.wall_to)
        if span.mode != rules.GROUP and (span.study not in last or span.wall_to > last[span.study].wall_to):
            last[span.study] = span
    return [
        LessonProgress(
            member_id=member_id,
            lesson_id=study[0],
            edition=study[1],
            position_ms=last[study].end if study in last else 0,
            watched_ms=seen.get(study, 0),
            completed_at=clock.moment(crossed[study].wall_to) if study in crossed else None,
            updated_at=clock.moment(latest[study]) if study in latest else now,
        )
        for study in dict(sorted(own.lessons)).items()  # of each lesson the latest edition
    ]


@transaction.atomic
def record_group_watch(
    *, occasion: str, watches: Mapping[PlaySession, Mapping[int, Sequence[Played]]], by: User | None
) -> None:
    """Make what members saw in a room agree with ``watches`` (session → member id → spans) and settle their hours.

    Rows that no longer hold are withdrawn, new ones are added; the same call again changes nothing.
    """
    standing = {_row_key(row): row for row in GroupWatch.objects.filter(occasion=occasion, withdrawn_at__isnull=True)}
    wanted = {
        _row_key(row): row
        for session, by_member in watches.items()
        for member_id, spans in by_member.items()
        for row in (_watch(occasion, session, member_id, span) for span in spans)
    }
    gone = [row.pk for key, row in standing.items() if key not in wanted]
    GroupWatch.objects.filter(pk__in=gone).update(withdrawn_at=clock.now())
    GroupWatch.objects.bulk_create([row for key, row in wanted.items() if key not in standing])
    touched = {row.member_id for row in standing.values()} | {row.member_id for row in wanted.values()}
    if gone or len(wanted) > len(standing) - len(gone):
        audit.record("watch.group", by=by, on=occasion, withdrawn=len(gone), standing=len(wanted))
    settle(member_ids=touched, by=by)


def _watch(occasion: str, session: PlaySession, member_id: int, span: Played) -> GroupWatch:
    return GroupWatch(
        member_id=member_id,
        session=session,
        occasion=occasion,
        title=session.title[:200],
        from_ms=span.from_ms,
        to_ms=span.to_ms,
        wall_from_ms=span.wall_from_ms,
        wall_to_ms=span.wall_to_ms,
    )


def _row_key(row: GroupWatch) -> tuple[int, ...]:
    return (row.session_id, row.member_id, row.from_ms, row.to_ms, row.wall_from_ms, row.wall_to_ms)
