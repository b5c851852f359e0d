"""Reads: which trainings units held in a period (培训班 in 期, 报告会 in 场; domain §1, §6)."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from django.db.models import Max
from django.db.models.functions import Substr

from lms.core import clock
from lms.training.models import Training


def by_child(start: dt.date, end: dt.date, known_on: dt.datetime, path: str, length: int) -> Counter[tuple[str, str]]:
    """How many trainings the units below ``path`` held, by (first ``length`` letters of their path, kind), in one query.

    A training belongs to the period in which its last session ended, so that periods side by side add up. Counted are those
    closed before ``known_on``. What the unit itself held stands under its own path.
    """
    held = (
        Training.objects.filter(unit__path__startswith=path, state=Training.State.CLOSED, closed_at__lt=known_on)
        .annotate(last=Max("sessions__ends_at"))
        .filter(last__gt=clock.day_start(start), last__lte=clock.day_start(end + clock.DAY))
        .annotate(child=Substr("unit__path", 1, length))
    )
    return Counter(held.values_list("child", "kind"))
