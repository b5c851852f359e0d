"""Reads of 乘车安排: vehicles with their people, and the list as it leaves the house."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.core.pdf import Head, Paper
from lms.core.tables import Column
from lms.core.templatetags.xiangxue import moment_zh
from lms.training.filling.transport import without_seat
from lms.training.models import Ride, RideSeat, Training

COLUMNS = [
    Column("vehicle", gettext_lazy("车辆"), 16),
    Column("driver", gettext_lazy("驾驶员"), 12),
    Column("driver_phone", gettext_lazy("驾驶员电话"), 16),
    Column("leaves_at", gettext_lazy("发车时间"), 20),
    Column("place", gettext_lazy("上车地点"), 24),
    Column("number", gettext_lazy("座号"), 8),
    Column("name", gettext_lazy("姓名"), 12),
    Column("unit", gettext_lazy("所在党组织"), 30),
    Column("phone", gettext_lazy("电话"), 16),
]


def rides_of(training: Training) -> QuerySet[Ride]:
    """The vehicles in order of departure with their people; two queries."""
    people = RideSeat.objects.select_related("enrolment__member__unit").order_by("number")
    return Ride.objects.filter(training=training).prefetch_related(Prefetch("places", queryset=people))


def rows(training: Training) -> list[list[Any]]:
    """A row for each person, in the order of vehicles and seats, those without a seat last; numbers in full, to be called."""
    found = []
    for ride in rides_of(training):
        head = [ride.vehicle, ride.driver, ride.phone, ride.leaves_at, ride.place]
        found += [[*head, place.number, *_person(place.enrolment.member)] for place in ride.places.all()]
    nowhere = [_("没有安排"), "", "", "", "", ""]
    return found + [[*nowhere, *_person(seat.member)] for seat in without_seat(training)]


def _person(member: Any) -> list[str]:
    return [member.name, member.unit.name, member.mobile or member.landline]


def document(training: Training) -> bytes:
    """The list as PDF, A4, a table for each vehicle with a box to tick; in Chinese whoever prints it."""
    with translation.override(settings.LANGUAGE_CODE):
        paper = Paper(title=_("乘车安排表"), margin=14)
        paper.begin(foot=training.title)
        paper.title_line(_("乘车安排表"), 20)
        paper.paragraph(training.title, 12, align="C")
        heads = (
            Head(_("座号"), 14, "C"),
            Head(_("姓名"), 26),
            Head(_("所在党组织"), 82),
            Head(_("电话"), 40),
            Head(_("上车"), 20),
        )
        for ride in rides_of(training):
            paper.need(40)
            paper.paragraph(_ride_line(ride), 11)
            places = [(str(place.number), *_person(place.enrolment.member), "") for place in ride.places.all()]
            paper.ruled(heads, places or [("", _("还没有人"), "", "", "")], 10)
            paper.set_y(paper.y + 4)
        if left := without_seat(training):
            paper.need(40)
            paper.paragraph(_("没有安排车的人"), 11)
            paper.ruled(heads, [("", *_person(seat.member), "") for seat in left], 10)
        return paper.done()


def _ride_line(ride: Ride) -> str:
    driver = " ".join(word for word in (ride.driver, ride.phone) if word)
    words = {
        "vehicle": ride.vehicle,
        "when": moment_zh(ride.leaves_at),
        "place": ride.place,
        "n": len(ride.places.all()),
        "seats": ride.seats,
    }
    line = _("%(vehicle)s　%(when)s 从 %(place)s 发车　%(n)s / %(seats)s 人") % words
    return f"{line}　{driver}" if driver else line
