"""Objects of the paper loop: a day whose sheet is printed, a photograph of it, one of its boxes."""

from __future__ import annotations

from typing import Any

from django.core.files.base import ContentFile

from lms.core import clock
from lms.members.models import Unit
from lms.training import services as trainings
from lms.training.models import SheetPhoto
from lms.training.paper import layout, reader, selectors, services
from tests.access.basics import somebody, training_of
from tests.conftest import County
from tests.training.pictures import photo as picture


def day(county: County, unit: Unit) -> dict[str, Any]:
    made = training_of(unit)
    found = selectors.days_of(made)[0]
    return {"uuid": made.uuid, "year": found.year, "month": found.month, "day": found.day}


def photo(county: County, unit: Unit) -> dict[str, Any]:
    """A photograph in which the one person's morning is empty."""
    made = training_of(unit)
    trainings.enrol(training=made, member=somebody(unit), by=None)
    page = services.print_sheet(training=made, day=selectors.days_of(made)[0], by=None).pages.get()
    boxes = [[0, layout.MORNING, reader.ABSENT, 0.0, ""]]
    row = SheetPhoto(page=page, digest=f"{unit.pk}", boxes=boxes, added_at=clock.now())
    for field in (row.file, row.straight):
        field.save("a.jpg", ContentFile(picture(unit.pk)), save=False)
    row.save()
    return {"uuid": made.uuid, "photo": row.uuid}


def box(county: County, unit: Unit) -> dict[str, Any]:
    return {**photo(county, unit), "row": 0, "half": layout.MORNING}
