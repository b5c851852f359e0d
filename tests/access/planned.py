"""Objects of planning: entries of the registers, subscribed calendars."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lms.members.models import Member, Unit
from lms.training import services as trainings
from lms.training.models import Base, Room, Training, Venue
from lms.training.planning import calendars, materials, photographs
from tests.access.basics import training_of
from tests.conftest import County
from tests.training.pictures import photo


def register(county: County, unit: Unit) -> dict[str, Any]:
    return {"name": "rooms"}


def register_row(county: County, unit: Unit) -> dict[str, Any]:
    venue = Venue.objects.filter(unit=unit).first() or Venue.objects.create(unit=unit, name="党群服务中心")
    room = venue.rooms.first() or Room.objects.create(venue=venue, name="会议室")
    return {"name": "rooms", "pk": room.pk}


def base_photo(county: County, unit: Unit) -> dict[str, Any]:
    base = Base.objects.create(code=f"P{Base.objects.count()}", name="果园", kind="industry", unit=unit)
    return {"code": base.code, "file": photographs.add(base=base, data=photo(unit.pk), caption="", by=None).uuid}


def material(county: County, unit: Unit) -> dict[str, Any]:
    made = training_of(unit)
    return {"uuid": made.uuid, "file": materials.add(training=made, data=photo(unit.pk), title="讲义", by=None).uuid}


def own_material(county: County, unit: Unit) -> dict[str, Any]:
    found = material(county, unit)
    training = Training.objects.get(uuid=found["uuid"])
    trainings.enrol(training=training, member=Member.objects.get(user=county.users["member"]), by=None)
    return found


def own_feed(county: County, unit: Unit) -> dict[str, Any]:
    """A feed of the county's officer."""
    return {"pk": calendars.subscribe(owner=county.users["county"], kind="own")[0].pk}


def feed_token(county: County, unit: Unit) -> dict[str, Any]:
    return {"token": calendars.subscribe(owner=county.users["county"], kind="unit", unit=unit)[1]}


MAKERS: dict[str, Callable[[County, Unit], dict[str, Any]]] = {
    "register": register,
    "register-row": register_row,
    "base-photo": base_photo,
    "material": material,
    "own-material": own_material,
    "own-feed": own_feed,
    "feed-token": feed_token,
}
