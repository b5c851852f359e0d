"""A class of the county that is being filled: for people of the villages, seats kept for two towns, people seated, waiting and
proposed, a bus, a leave."""

from __future__ import annotations

import datetime as dt

from lms.core import clock
from lms.demo.geography import County
from lms.demo.people import Cast, Population
from lms.members.models import Unit
from lms.training import services
from lms.training.filling import leaves, transport
from lms.training.filling import services as filling
from lms.training.filling.rules import HOME, Rule
from lms.training.models import Training
from lms.training.services import SessionPlan

SEATS, KEPT, ASKING, PROPOSED = 12, 4, 6, 3
DAYS_AHEAD = 10
BUS, CAR = 3, 4


def fill(county: County, people: Population, cast: Cast) -> Training:
    """Plan the class; more of the first town ask than its quota seats, and the secretary's branch proposes three."""
    first, second, branch = county.towns[0], county.towns[1], county.branches[0]
    start = clock.day_start(clock.today() + dt.timedelta(days=DAYS_AHEAD)) + dt.timedelta(hours=14)
    plan = SessionPlan(start, start + dt.timedelta(hours=3), "half_day", "电商直播与农产品销售")
    training = services.plan_training(
        kind="class",
        unit=county.root,
        sessions=[plan],
        by=cast.users["county"],
        title="农村电商带头人培训班",
        category="skills",
        place="县委党校报告厅",
        capacity=SEATS,
    )
    filling.set_terms(
        training=training,
        is_open=True,
        until=None,
        nominate_until=start - dt.timedelta(days=2),
        by=cast.users["county"],
    )
    filling.set_quotas(training=training, quotas={first: KEPT, second: KEPT}, by=cast.users["county"])
    rule = Rule(settings=frozenset({Unit.Setting.VILLAGE.value}), away=HOME)
    filling.set_audience(training=training, rule=rule, by=cast.users["county"])
    own = {cast.member.pk, cast.elder.pk, cast.secretary.pk}
    near = [one for one in people.by_branch[branch.pk] if not one.away and one.pk not in own]
    asking = [one for unit in county.branches[1:4] for one in people.by_branch[unit.pk] if not one.away][:ASKING]
    for member in asking:
        filling.sign_up(training=training, member=member, by=None)
    filling.nominate(training=training, members=near[:PROPOSED], unit=branch, by=cast.users["secretary"])
    _travel(training, first, start)
    leaves.ask(training=training, session=None, member=asking[0], reason="陪家人去市里看病", by=None)
    return training


def _travel(training: Training, town: Unit, start: dt.datetime) -> None:
    """A bus from the town and a car from the county, and who sits in them."""
    for vehicle, hours, place, seats, driver in (
        ("川A·D2019", 2, f"{town.label}政府门口", BUS, "陈师傅"),
        ("川A·B7788", 1, "县委大院北门", CAR, "何师傅"),
    ):
        transport.add_ride(
            training=training,
            vehicle=vehicle,
            leaves_at=start - dt.timedelta(hours=hours),
            place=place,
            seats=seats,
            driver=driver,
            phone="13800000000",
            by=None,
        )
    transport.share_out(training=training, by=None)
