"""Objects of base visits: asked for, under way, with a photograph and a voice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from lms.core import clock
from lms.members.models import Member, Unit
from lms.training import services as trainings
from lms.training.models import Base, Training, TrainingSession
from lms.training.services import SessionPlan
from lms.training.visits import services as visits
from tests.access.basics import somebody, training_of
from tests.conftest import County
from tests.training.pictures import photo


def _visit(unit: Unit) -> Training:
    """A visit of the unit to a base of the unit that is under way, somebody present."""
    start = clock.now() - dt.timedelta(hours=3)
    found = Base.objects.create(code=f"V{Base.objects.count()}", name="果园", kind="industry", unit=unit)
    plan = SessionPlan(starts_at=start, ends_at=start + dt.timedelta(hours=2))
    made = trainings.plan_training(
        kind="visit", unit=unit, sessions=[plan], by=None, title="看剪枝", category="skills", base=found, capacity=9
    )
    trainings.enrol(training=made, member=somebody(unit), by=None)
    return made


def visit(county: County, unit: Unit) -> dict[str, Any]:
    return {"uuid": _visit(unit).uuid}


def visit_session(county: County, unit: Unit) -> dict[str, Any]:
    made = _visit(unit)
    return {"uuid": made.uuid, "session_id": made.sessions.get().pk}


def visit_request(county: County, unit: Unit) -> dict[str, Any]:
    base = Base.objects.create(code=f"R{Base.objects.count()}", name="果园", kind="industry", unit=unit)
    wish = visits.Wish(clock.today() + clock.DAY, "am", 5, "看剪枝")
    return {"uuid": visits.ask(base=base, unit=unit, wish=wish, by=None).uuid}


def visit_photo(county: County, unit: Unit) -> dict[str, Any]:
    made = _visit(unit)
    row = visits.add_photo(session=made.sessions.get(), data=photo(unit.pk), by=None)
    return {"uuid": made.uuid, "file": row.uuid}


def visit_voice(county: County, unit: Unit) -> dict[str, Any]:
    made = _visit(unit)
    row = visits.reflect(training=made, member=None, text="", voice=b"OggS" + bytes(9), by=None)
    return {"uuid": made.uuid, "file": row.uuid}


def own_visit(county: County, unit: Unit) -> dict[str, Any]:
    made = _visit(unit)
    trainings.enrol(training=made, member=Member.objects.get(user=county.users["member"]), by=None)
    return {"uuid": made.uuid}


def own_visit_session(county: County, unit: Unit) -> dict[str, Any]:
    found = own_visit(county, unit)
    return {**found, "session_id": TrainingSession.objects.get(training__uuid=found["uuid"]).pk}


def own_visit_photo(county: County, unit: Unit) -> dict[str, Any]:
    found = own_visit(county, unit)
    session = TrainingSession.objects.get(training__uuid=found["uuid"])
    row = visits.add_photo(session=session, data=photo(unit.pk), by=county.users["member"])
    return {**found, "file": row.uuid}


def training_photo(county: County, unit: Unit) -> dict[str, Any]:
    made = training_of(unit)
    row = visits.add_photo(session=made.sessions.get(), data=photo(unit.pk), by=None)
    return {"uuid": made.uuid, "file": row.uuid}


MAKERS: dict[str, Callable[[County, Unit], dict[str, Any]]] = {
    "visit": visit,
    "visit-session": visit_session,
    "visit-request": visit_request,
    "visit-photo": visit_photo,
    "visit-voice": visit_voice,
    "visit-open": visit_session,
    "training-photo": training_photo,
    "own-visit-photo": own_visit_photo,
    "own-visit": own_visit,
    "own-visit-session": own_visit_session,
}
