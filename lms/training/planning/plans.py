"""A session as it is planned, before it is saved."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from lms.training.models import Expert, Room, TrainingSession


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """When a session runs, by which measure (``clock``, ``half_day``, ``day``), about what, where and by whom."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    measure: str = TrainingSession.Measure.CLOCK
    topic: str = ""
    room: Room | None = None
    experts: tuple[Expert, ...] = ()


def moved(plan: SessionPlan, by: dt.timedelta) -> SessionPlan:
    """The plan so many days on, at the same times of the day."""
    return replace(plan, starts_at=plan.starts_at + by, ends_at=plan.ends_at + by)


def plan_of(session: TrainingSession) -> SessionPlan:
    """A saved session as a plan."""
    return SessionPlan(
        session.starts_at,
        session.ends_at,
        session.measure,
        session.topic,
        session.room,
        tuple(session.experts.order_by("pk")),
    )
