"""What the house does by itself about trainings that nobody closes: reminds after three days, closes after five."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.urls import reverse

from lms.core import clock
from lms.core.templatetags.xiangxue import moment_zh
from lms.notices.services import notify
from lms.training import services
from lms.training.closing import reckoning, rules, telling
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


def remind() -> int:
    """Tell whoever is in charge that a training is three days over and still open, once each; returns how many were told."""
    told = 0
    for training in due().select_related("unit", "trainer"):
        with transaction.atomic():
            told += notify(
                "training.close-due",
                users=telling.in_charge(training),
                about=f"training:{training.pk}:close-due",
                context={
                    "title": training.title,
                    "when": moment_zh(training.over_at),
                    "until": moment_zh(training.over_at + rules.CLOSE_AFTER),
                },
                link=reverse("training-close", args=[training.uuid]),
                by=None,
            )
    return told


def close_overdue() -> int:
    """Close what nobody closed within five days of its last session; returns how many that were.

    Who has no mark is absent by that; he can appeal for 15 days. Whose scan waits for a word is neither present nor absent:
    it waits on among the matters of who runs the training, who is told. Each training is a transaction of its own, so the job can
    be cut anywhere and called again, also twice at once: a training that somebody closed meanwhile is left to him.
    """
    closed = 0
    for training in _over_since(clock.now() - rules.CLOSE_AFTER):
        try:
            _close(training)
            closed += 1
        except TrainingError as error:
            if error.code not in ("not-open", "not-over"):
                raise
    return closed


@transaction.atomic
def _close(training: Training) -> None:
    said = Reconciliation(absent_confirmed=True, reason=REASON, keep_waiting=True)
    services.close_training(training=training, said=said, by=None)
    training.refresh_from_db()
    left = sum(map(len, reckoning.waiting_ids(training.sessions.all()).values()))
    if left:
        telling.unsettled(training, left)
