"""What several makers of objects need: somebody of a unit, a training that was held there this morning."""

from __future__ import annotations

import datetime as dt

from lms.core import clock
from lms.members.models import Member, Unit
from lms.training import services as trainings
from lms.training.models import Training
from lms.training.services import SessionPlan
from tests.factories import make_member


def somebody(unit: Unit) -> Member:
    return Member.objects.filter(unit=unit, user__isnull=True).first() or make_member(unit, "某某某")


def training_of(unit: Unit) -> Training:
    start = clock.now() - dt.timedelta(hours=3)
    plan = SessionPlan(starts_at=start, ends_at=start + dt.timedelta(hours=2))
    made = trainings.plan_training(
        kind="class", unit=unit, sessions=[plan], by=None, title="剪枝", category="skills", place="村部"
    )
    trainings.enrol(training=made, member=somebody(unit), by=None)
    return made
