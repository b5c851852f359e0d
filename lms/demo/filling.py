"""A class of the county that is being filled: for people of the villages, seats kept for two towns, people seated, waiting and proposed."""

from __future__ import annotations

import datetime as dt

from lms.core import clock
from lms.demo.geography import County
from lms.demo.people import Cast, Population
from lms.members.models import Unit
from lms.training import services
from lms.training.filling import services as filling
from lms.training.filling.rules import HOME, Rule
from lms.training.models import Training
from lms.training.services import SessionPlan

SEATS, KEPT, ASKING, PROPOSED = 12, 4, 6, 3
DAYS_AHEAD = 10


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
    filling.set_quotas(training=training, quotas={first: KEPT, second: KEPT}, by=cast.users["county"])
    rule = Rule(settings=frozenset({Unit.Setting.VILLAGE.value}), away=HOME)
    filling.set_audience(training=training, rule=rule, by=cast.users["county"])
    own = {cast.member.pk, cast.elder.pk, cast.secretary.pk}
    near = [one for one in people.by_branch[branch.pk] if not one.away and one.pk not in own]
    asking = [one for unit in county.branches[1:4] for one in people.by_branch[unit.pk] if not one.away][:ASKING]
    for member in asking:
        filling.sign_up(training=training, member=member, by=None)
    filling.nominate(training=training, members=near[:PROPOSED], unit=branch, by=cast.users["secretary"])
    return training
