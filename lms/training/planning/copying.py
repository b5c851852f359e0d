"""Last year's training as the beginning of a new one: the same days of the week, the year in its name moved on."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from lms.core import clock
from lms.training.models import Training
from lms.training.planning.rules import years_on

COPIED = ("kind", "category", "base", "place", "trainer", "lecturer", "organiser", "capacity")


def copied_fields(training: Training) -> dict[str, Any]:
    """The first values of the form of a new training."""
    values: dict[str, Any] = {name: getattr(training, name) for name in COPIED}
    return {**values, "unit": training.unit.code, "title": _title(training)}


def copied_sessions(training: Training) -> list[dict[str, Any]]:
    """The first values of its sessions: whole years of 52 weeks later, so that a Thursday stays a Thursday."""
    shift = _shift(training)
    return [
        {
            "day": timezone.localtime(session.starts_at).date() + shift,
            "starts": timezone.localtime(session.starts_at).time(),
            "ends": timezone.localtime(session.ends_at).time(),
            "measure": session.measure,
            "topic": session.topic,
            "room": session.room_id,
            "experts": [expert.pk for expert in session.experts.all()],
        }
        for session in training.sessions.prefetch_related("experts")
    ]


def _shift(training: Training) -> dt.timedelta:
    first = training.sessions.order_by("starts_at").first()
    return years_on(clock.local_date(first.starts_at), clock.today()) if first else dt.timedelta(0)


def _title(training: Training) -> str:
    """The title with the year of the first session replaced by the year it is moved to."""
    first = training.sessions.order_by("starts_at").first()
    if first is None:
        return training.title
    day = clock.local_date(first.starts_at)
    return training.title.replace(str(day.year), str((day + _shift(training)).year))
