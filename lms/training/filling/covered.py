"""Whose absence from a session somebody allowed: read by the roster, the papers and the service that marks."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.db.models import Q, QuerySet

from lms.members.models import Member
from lms.training.errors import TrainingError
from lms.training.models import Leave, Training, TrainingSession

State = Leave.State


def leaves_for(session: TrainingSession) -> QuerySet[Leave]:
    """What was asked for a session or the training as a whole, in whatever state."""
    rows = Leave.objects.filter(Q(session=session) | Q(session=None), training=session.training_id)
    return rows.select_related("decided_by")


def by_member(session: TrainingSession) -> dict[int, Leave]:
    """The leave that counts by member id: the latest that was granted, else the one that waits; one query."""
    rows = leaves_for(session).filter(state__in=[State.ASKED, State.GRANTED])
    return {row.member_id: row for row in sorted(rows, key=_rank)}


def of_member(training: Training, member: Member) -> Callable[[TrainingSession], Leave | None]:
    """What tells the leave of one member that counts for a session; one query."""
    rows = list(
        Leave.objects.filter(training=training, member=member, state__in=[State.ASKED, State.GRANTED]).select_related(
            "decided_by"
        )
    )

    def of(session: TrainingSession) -> Leave | None:
        return max((row for row in rows if row.session_id in (None, session.pk)), key=_rank, default=None)

    return of


def _rank(row: Leave) -> tuple[bool, int]:
    return row.state == State.GRANTED, row.pk


def check(session: TrainingSession, member_ids: Iterable[int]) -> None:
    """Raises TrainingError ``leave-reason`` when somebody's absence was allowed by nobody."""
    wanted = set(member_ids)
    if wanted and wanted - set(leaves_for(session).filter(state=State.GRANTED).values_list("member_id", flat=True)):
        raise TrainingError("leave-reason")


def notes_of(training: Training) -> dict[int, list[Leave]]:
    """All leave that was granted in a training by member id, in order of asking; one query."""
    found: dict[int, list[Leave]] = {}
    rows = Leave.objects.filter(training=training, state=State.GRANTED).select_related("decided_by", "session")
    for row in rows:
        found.setdefault(row.member_id, []).append(row)
    return found
