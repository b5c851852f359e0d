"""Objects of what follows a class: make-ups, appeals, packages, a member's own pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.core.files.base import ContentFile

from lms.core import clock
from lms.members.models import Member, Unit
from lms.training import services as trainings
from lms.training.closing import packages
from lms.training.models import Appeal, Attendance, Expert, MakeUp, MakeUpFile, Training, TrainingSession
from tests.access.basics import somebody, training_of
from tests.conftest import County
from tests.training.pictures import photo


def attended(county: County, unit: Unit) -> dict[str, Any]:
    """A closed class in which the account ``member`` was enrolled."""
    made = training_of(unit)
    trainings.enrol(training=made, member=Member.objects.get(user=county.users["member"]), by=None)
    _close(made)
    return {"uuid": made.uuid}


def _close(made: Training) -> None:
    trainings.close_training(training=made, said=trainings.Reconciliation(absent_confirmed=True), by=None)


def attended_session(county: County, unit: Unit) -> dict[str, Any]:
    found = attended(county, unit)
    return {**found, "session_id": TrainingSession.objects.get(training__uuid=found["uuid"]).pk}


def package(county: County, unit: Unit) -> dict[str, Any]:
    made = training_of(unit)
    _close(made)
    made.refresh_from_db()
    return {"uuid": packages.work(package=packages.begin(training=made, by=None)).uuid}


def _make_up(unit: Unit) -> MakeUp:
    """A lesson made up by somebody of the unit, with a photograph, that waits."""
    missed = training_of(unit).sessions.get()
    now = clock.now()
    times = {"starts_at": now - dt.timedelta(minutes=30), "ends_at": now, "sent_at": now}
    made = MakeUp.objects.create(session=missed, member=somebody(unit), text="看录像", **times)
    evidence = MakeUpFile(make_up=made, kind="photo", digest=f"{unit.pk}")
    evidence.file.save("a.jpg", ContentFile(photo(unit.pk)), save=False)
    evidence.save()
    return made


def make_up(county: County, unit: Unit) -> dict[str, Any]:
    return {"uuid": _make_up(unit).uuid}


def make_up_file(county: County, unit: Unit) -> dict[str, Any]:
    made = _make_up(unit)
    return {"uuid": made.uuid, "file": made.files.get().uuid}


def appeal(county: County, unit: Unit) -> dict[str, Any]:
    missed = training_of(unit).sessions.get()
    made = Appeal.objects.create(session=missed, member=somebody(unit), reason="在场", sent_at=clock.now())
    return {"uuid": made.uuid}


def absence(county: County, unit: Unit) -> dict[str, Any]:
    """Somebody of the unit was away from a class of the unit, which is closed."""
    made = training_of(unit)
    trainings.enrol(training=made, member=somebody(unit), by=None)
    _close(made)
    return {"pk": Attendance.objects.filter(session__training=made, status="absent").latest("pk").pk}


def expert(county: County, unit: Unit) -> dict[str, Any]:
    return {"pk": Expert.objects.create(unit=unit, name="周农艺").pk}


MAKERS: dict[str, Callable[[County, Unit], dict[str, Any]]] = {
    "attended": attended,
    "attended-session": attended_session,
    "package": package,
    "make-up": make_up,
    "make-up-file": make_up_file,
    "appeal": appeal,
    "absence": absence,
    "expert": expert,
}
