"""A base's consent: who does not answer for a base asks it (``visits.services.ask``), he does not plan over its head."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from lms.members.models import User
from lms.training.errors import TrainingError
from lms.training.models import Base, Training
from lms.training.visits.selectors import may_host

FOR_THE_BASE = {"base", "capacity"}
"""What of a plan a base has agreed to, beside the half-day."""


def check(training: Training, by: User | None, changed: Collection[str] = FOR_THE_BASE) -> None:
    """Whether the base holds the people and, for a visit, whether who plans or changes it answers for the base.

    Fewer people than were agreed to are never refused. Raises TrainingError ``over-base``, ``base-consent``.
    """
    base: Base | None = training.base
    if base is None:
        return
    if training.capacity > base.capacity:
        raise TrainingError("over-base")
    if FOR_THE_BASE & set(changed) and training.kind == Training.Kind.VISIT and not _may(by, base):
        raise TrainingError("base-consent")


def check_time(training: Training, by: User | None, old: dt.datetime | None, new: dt.datetime) -> None:
    """Whether a session of a visit may be put at another time, or (``old`` None) added. Raises TrainingError ``base-consent``."""
    base: Base | None = training.base
    if base is not None and training.kind == Training.Kind.VISIT and old != new and not _may(by, base):
        raise TrainingError("base-consent")


def _may(by: User | None, base: Base) -> bool:
    return by is None or may_host(by, base)
