"""What is weighed before a training is closed: scans that wait for a word, heads that are not the ticks, who has no mark."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from lms.training.checkin import selectors as checkin
from lms.training.models import Attendance, Enrolment, HeadCount, Training, TrainingSession
from lms.training.selectors import Tally


def waiting(sessions: Iterable[TrainingSession]) -> dict[int, list[checkin.Waiting]]:
    """By session id the people whose scan waits for a word and who are enrolled still; sessions with none are left out."""
    found = {}
    for session in sessions:
        rows = checkin.waiting(session)
        seats = Enrolment.objects.filter(training=session.training_id, state=Enrolment.State.ENROLLED)
        enrolled = set(seats.values_list("member_id", flat=True)) if rows else set()
        if kept := [row for row in rows if row.scan.member_id in enrolled and not _is_marked(session, row)]:
            found[session.pk] = kept
    return found


def _is_marked(session: TrainingSession, row: checkin.Waiting) -> bool:
    """Whether somebody has ticked the person by hand, which is a word too."""
    marks = session.attendances.filter(member=row.scan.member_id, marked_at__gte=row.scan.received_at)
    return marks.exclude(means=Attendance.Means.CLOSING).exists()


def waiting_ids(sessions: Iterable[TrainingSession]) -> dict[int, set[int]]:
    """The same as ids of members."""
    return {
        pk: {row.scan.member_id for row in rows if row.scan.member_id is not None}
        for pk, rows in waiting(sessions).items()
    }


class Heads(NamedTuple):
    """The heads of one session: what is said at closing, what was counted on the day (None: nobody did)."""

    heads: int
    counted: int | None


def last_counts(sessions: Iterable[TrainingSession]) -> dict[int, int]:
    """The last head count of each session that has one."""
    rows = HeadCount.objects.filter(session__in=[session.pk for session in sessions]).order_by("pk")
    return dict(rows.values_list("session_id", "heads"))


def heads(sessions: Sequence[TrainingSession], said: Mapping[int, int]) -> dict[int, Heads]:
    """The heads by session id: what is said at closing, or else what was counted on the day."""
    counted = last_counts(sessions)
    return {pk: Heads({**counted, **said}[pk], counted.get(pk)) for pk in sorted({**counted, **said})}


def differing(figures: Mapping[int, Tally], found: Mapping[int, Heads]) -> dict[str, list[int]]:
    """Sessions whose heads are not the ticks, or not what was counted on the day: {session id: [heads, ticks]}."""
    return {
        str(pk): [one.heads, figures[pk].present]
        for pk, one in found.items()
        if one.heads != figures[pk].present or one.counted not in (None, one.heads)
    }


def absent(
    training: Training, sessions: Iterable[TrainingSession], waiting: Mapping[int, Collection[int | None]]
) -> dict[int, list[int]]:
    """By session id the enrolled who have no mark and are not among those ``waiting`` for a word."""
    seats = Enrolment.objects.filter(training=training, state=Enrolment.State.ENROLLED)
    enrolled = set(seats.values_list("member_id", flat=True))
    found = {}
    for session in sessions:
        marked = set(session.attendances.values_list("member_id", flat=True))
        found[session.pk] = sorted(enrolled - marked - set(waiting.get(session.pk, ())))
    return found
