"""The objects that addresses name, made in a unit: ``MAKERS[kind](county, unit)`` gives the arguments of the address."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from courses.models import LessonPage
from lms.goals import services as goals
from lms.members.models import Member, Unit
from tests.conftest import County
from tests.courses.conftest import make_course
from tests.factories import make_member


def nothing(county: County, unit: Unit) -> dict[str, Any]:
    return {}


def somebody(unit: Unit) -> Member:
    return Member.objects.filter(unit=unit, user__isnull=True).first() or make_member(unit, "某某某")


def member(county: County, unit: Unit) -> dict[str, Any]:
    return {"code": somebody(unit).code}


def exemption(county: County, unit: Unit) -> dict[str, Any]:
    start = dt.date(2026, 1, 1)
    made = goals.exempt(member=somebody(unit), reason="age", starts_on=start, ends_on=dt.date(2030, 1, 1), by=None)
    return {"pk": made.pk}


def lesson(county: County, unit: Unit) -> dict[str, Any]:
    found = LessonPage.objects.first() or make_course(5)[0]
    return {"pk": found.pk}


MAKERS: dict[str, Callable[[County, Unit], dict[str, Any]]] = {
    "-": nothing,
    "member": member,
    "exemption": exemption,
    "lesson": lesson,
}
