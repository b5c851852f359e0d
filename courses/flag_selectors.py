"""Reads of flagged watching: the inbox, a member's notices, what the server knows of a session."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from courses import selectors
from courses.models import PlaySession
from courses.watch_models import WatchFlag
from lms.core import clock
from lms.members.models import Member
from lms.members.permissions import can_anywhere, visible


def flags_seen_by(user: Any) -> QuerySet[WatchFlag]:
    """The flags of other people's watching that the person may read, the latest first."""
    rows = WatchFlag.objects.select_related("member__unit", "session")
    return visible(rows, user, "watching.view").exclude(member__user=user.pk)


def notices_of(member: Member) -> QuerySet[WatchFlag]:
    """What was taken off a member's watching or is being looked into again, for his first screen."""
    upheld = [WatchFlag.State.VOIDED, WatchFlag.State.APPEALED]
    return WatchFlag.objects.filter(member=member, state__in=upheld).select_related("session")


def waiting_for(user: Any) -> int:
    """How many flags wait for the person to decide on."""
    if not can_anywhere(user, "watching.review"):
        return 0
    waiting = [WatchFlag.State.OPEN, WatchFlag.State.APPEALED]
    rows = visible(WatchFlag.objects.filter(state__in=waiting), user, "watching.review")
    own_decision = Q(state=WatchFlag.State.APPEALED, decided_by=user.pk)
    return rows.exclude(member__user=user.pk).exclude(own_decision).count()


def held_ms(session: PlaySession) -> int:
    """Milliseconds of a session that are kept for a person to credit."""
    return sum(span.to_ms - span.from_ms for span in session.spans.all() if span.held)


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What the server knows of a session: minutes by its clock, credited, claimed in vain; how the questions went."""

    started: dt.datetime
    last: dt.datetime
    credited_ms: int
    refused_ms: int
    held_ms: int
    asked: int
    answered: int

    @property
    def wall_minutes(self) -> int:
        """Minutes from the first to the last message."""
        return round((self.last - self.started).total_seconds() / 60)

    @property
    def credited_minutes(self) -> int:
        """Minutes of the video that the server's clock allowed."""
        return self.credited_ms // 60_000

    @property
    def refused_minutes(self) -> int:
        """Minutes that were claimed and not credited."""
        return self.refused_ms // 60_000

    @property
    def held_minutes(self) -> int:
        """Minutes that somebody may still credit."""
        return self.held_ms // 60_000


def facts_of(session: PlaySession) -> SessionFacts:
    """What the server knows of a session."""
    spans = selectors.played_spans(session)
    checks = list(session.presence_checks.all())
    return SessionFacts(
        started=clock.moment(session.started_ms),
        last=clock.moment(session.beat_ms),
        credited_ms=sum(span.to_ms - span.from_ms for span in spans),
        refused_ms=session.refused_ms,
        held_ms=held_ms(session),
        asked=len(checks),
        answered=sum(check.answered_ms is not None for check in checks),
    )
