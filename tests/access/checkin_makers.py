"""Objects of check-in: a session that takes scans now, a scan that waits, what a room shows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from lms.core import clock
from lms.members.models import Member, Unit
from lms.training import services as trainings
from lms.training import tokens
from lms.training.checkin import offline, selectors, services
from lms.training.models import Attendance, TrainingSession
from lms.training.services import SessionPlan
from tests.access.basics import somebody
from tests.conftest import County


def _running(unit: Unit) -> TrainingSession:
    """A session of the unit's that began a minute ago, with somebody enrolled."""
    start = clock.now() - dt.timedelta(minutes=1)
    plan = SessionPlan(starts_at=start, ends_at=start + dt.timedelta(hours=2))
    made = trainings.plan_training(
        kind="class", unit=unit, sessions=[plan], by=None, title="剪枝", category="skills", place="村部"
    )
    trainings.enrol(training=made, member=somebody(unit), by=None)
    return made.sessions.get()


def waiting_scan(county: County, unit: Unit) -> dict[str, Any]:
    session = _running(unit)
    reading = services.Reading(f"access:{session.pk}", somebody(unit), Attendance.Means.ROOM_CODE, "in", clock.now())
    scan = services.record(session=session, reading=reading, by=None)
    return {"uuid": session.training.uuid, "session_id": session.pk, "key": scan.key}


def room_token(county: County, unit: Unit) -> dict[str, Any]:
    return {"token": tokens.room_code(selectors.room_key(), _running(unit).pk, "in", selectors.now())}


def own_claim(county: County, unit: Unit) -> dict[str, Any]:
    session = _running(unit)
    trainings.enrol(training=session.training, member=Member.objects.get(user=county.users["member"]), by=None)
    claim = tokens.Claim((session.pk,), "in", "code", selectors.now(), f"{session.pk:x}")
    return {"claim": tokens.make_claim(selectors.room_key(), claim)}


def tv_claim(county: County, unit: Unit) -> dict[str, Any]:
    claim = tokens.Claim((_running(unit).pk,), "in", "digits", selectors.now(), "f00d")
    return {"claim": tokens.make_claim(selectors.room_key(), claim)}


def tv_person(county: County, unit: Unit) -> dict[str, Any]:
    return {**tv_claim(county, unit), "code": somebody(unit).code}


def kiosk(county: County, unit: Unit) -> dict[str, Any]:
    session = _running(unit)
    device = services.open_device(session=session, by=None)
    return {"uuid": session.training.uuid, "session_id": session.pk, "device": device.uuid}


def offline_day(county: County, unit: Unit) -> dict[str, Any]:
    session = _running(unit)
    return {"uuid": session.training.uuid, "day": clock.local_date(session.starts_at).isoformat()}


def offline_device(county: County, unit: Unit) -> dict[str, Any]:
    session = _running(unit)
    day = clock.local_date(session.starts_at)
    device = offline.open_device(training=session.training, day=day, tick=offline.tick_of({}), by=None)
    return {"uuid": session.training.uuid, "day": day.isoformat(), "device": device.uuid}


MAKERS: dict[str, Callable[[County, Unit], dict[str, Any]]] = {
    "kiosk": kiosk,
    "offline-day": offline_day,
    "offline-device": offline_device,
    "waiting-scan": waiting_scan,
    "room-token": room_token,
    "own-claim": own_claim,
    "tv-claim": tv_claim,
    "tv-person": tv_person,
    "unit": lambda county, unit: {"code": unit.code},
}
