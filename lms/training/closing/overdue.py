"""What the house does by itself about trainings that nobody closes: reminds after three days, closes after five."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Max, QuerySet

from lms.core import clock
from lms.training import services
from lms.training.closing import rules
from lms.training.errors import TrainingError
from lms.training.models import Training
from lms.training.services import Reconciliation

REASON = "课程结束满 5 天未结课，系统自动结课，没有记录的按缺席处理"


def _over_since(latest: dt.datetime) -> QuerySet[Any]:
    """Open trainings whose last session ended at ``latest`` or before, with that end as ``over_at``, the earliest first."""
    rows = Training.objects.filter(state=Training.State.OPEN).annotate(over_at=Max("sessions__ends_at"))
    return rows.filter(over_at__lte=latest).order_by("over_at", "pk")


def due() -> QuerySet[Any]:
    """Open trainings whose last session ended three days ago or more, with that end as ``over_at``, the longest over first."""
    return _over_since(clock.now() - rules.REMIND_AFTER)


def close_overdue() -> int:
    """Close what nobody closed within five days of its last session; returns how many that were.

    Who has no mark is absent by that; he can appeal for 15 days. Each training is a transaction of its own, so the job can
    be cut anywhere and called again, also twice at once: a training that somebody closed meanwhile is left to him.
    """
    closed = 0
    for training in _over_since(clock.now() - rules.CLOSE_AFTER):
        try:
            services.close_training(
                training=training, said=Reconciliation(absent_confirmed=True, reason=REASON), by=None
            )
            closed += 1
        except TrainingError as error:
            if error.code not in ("not-open", "not-over"):
                raise
    return closed
