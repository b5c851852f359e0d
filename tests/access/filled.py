"""Objects of filling: a training that is still ahead, with people who sit, wait, are proposed, ask for leave or are driven."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from lms.core import clock
from lms.members.models import Member, Unit
from lms.training import services
from lms.training.filling import leaves, transport, waiting
from lms.training.filling import services as filling
from lms.training.models import Training
from lms.training.services import SessionPlan
from tests.access.basics import somebody
from tests.conftest import County
from tests.factories import make_member


def _ahead(unit: Unit, *seated: Member) -> Training:
    start = clock.now() + dt.timedelta(days=3)
    plan = SessionPlan(starts_at=start, ends_at=start + dt.timedelta(hours=2))
    made = services.plan_training(
        kind="class", unit=unit, sessions=[plan], by=None, title="嫁接", category="skills", place="村部", capacity=1
    )
    services.enrol_many(training=made, members=seated, by=None)
    return made


def ahead(county: County, unit: Unit) -> dict[str, Any]:
    return {"uuid": _ahead(unit).uuid}


def seat(county: County, unit: Unit) -> dict[str, Any]:
    who = somebody(unit)
    return {"uuid": _ahead(unit, who).uuid, "code": who.code}


def _asked(unit: Unit, who: Member) -> dict[str, Any]:
    training = _ahead(unit, who)
    return {"uuid": leaves.ask(training=training, session=None, member=who, reason="因事", by=None).uuid}


def leave(county: County, unit: Unit) -> dict[str, Any]:
    return _asked(unit, somebody(unit))


def own_seat(county: County, unit: Unit) -> dict[str, Any]:
    return {"uuid": _ahead(unit, Member.objects.get(user=county.users["member"])).uuid}


def own_leave(county: County, unit: Unit) -> dict[str, Any]:
    return _asked(unit, Member.objects.get(user=county.users["member"]))


def waits(county: County, unit: Unit) -> dict[str, Any]:
    training, late = _ahead(unit, somebody(unit)), make_member(unit, "后来人")
    waiting.enlist(training=training, members=[late], by=None)
    return {"uuid": training.uuid, "code": late.code}


def proposed(county: County, unit: Unit) -> dict[str, Any]:
    training, who = _ahead(unit), somebody(unit)
    filling.nominate(training=training, members=[who], unit=unit, by=None)
    return {"uuid": training.uuid, "code": who.code}


def ride(county: County, unit: Unit) -> dict[str, Any]:
    training = _ahead(unit)
    made = transport.add_ride(training=training, vehicle="大巴", leaves_at=clock.now(), place="北门", seats=9, by=None)
    return {"uuid": made.uuid}


MAKERS: dict[str, Callable[[County, Unit], dict[str, Any]]] = {
    "training-ahead": ahead,
    "seat-ahead": seat,
    "leave": leave,
    "own-seat": own_seat,
    "own-leave": own_leave,
    "waiting": waits,
    "proposed": proposed,
    "ride": ride,
}
"""The objects that addresses name, made in a unit: ``MAKERS[kind](county, unit)`` gives the arguments of the address."""
