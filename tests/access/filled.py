"""Objects of filling: a training that is still ahead, to be proposed for or signed up to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from lms.core import clock
from lms.members.models import Unit
from lms.training import services
from lms.training.services import SessionPlan
from tests.conftest import County


def ahead(county: County, unit: Unit) -> dict[str, Any]:
    start = clock.now() + dt.timedelta(days=3)
    plan = SessionPlan(starts_at=start, ends_at=start + dt.timedelta(hours=2))
    made = services.plan_training(
        kind="class", unit=unit, sessions=[plan], by=None, title="嫁接", category="skills", place="村部"
    )
    return {"uuid": made.uuid}


MAKERS: dict[str, Callable[[County, Unit], dict[str, Any]]] = {"training-ahead": ahead}
