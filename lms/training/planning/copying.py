"""Last year's training as the beginning of a new one: the same days of the week, the year in its name moved on.

Its number is proposed anew; quotas, terms of signing up and the planned budget come along.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone

from lms.core import clock
from lms.members.models import User
from lms.training.filling import services as filling
from lms.training.models import SignUpTerms, Training
from lms.training.planning import budgets
from lms.training.planning.budgets import Cost
from lms.training.planning.numbers import raised
from lms.training.planning.rules import years_on

COPIED = ("kind", "category", "base", "place", "trainer", "lecturer", "organiser", "capacity")


def copied_fields(training: Training) -> dict[str, Any]:
    """The first values of the form of a new training."""
    values: dict[str, Any] = {name: getattr(training, name) for name in COPIED}
    return {**values, "unit": training.unit.code, "title": _title(training)}


def copied_sessions(training: Training) -> list[dict[str, Any]]:
    """The first values of its sessions: whole years of 52 weeks later, so that a Thursday stays a Thursday."""
    shift = _shift(training)
    return [
        {
            "day": timezone.localtime(session.starts_at).date() + shift,
            "starts": timezone.localtime(session.starts_at).time(),
            "ends": timezone.localtime(session.ends_at).time(),
            "measure": session.measure,
            "topic": session.topic,
            "room": session.room_id,
            "experts": [expert.pk for expert in session.experts.all()],
        }
        for session in training.sessions.prefetch_related("experts")
    ]


def _shift(training: Training) -> dt.timedelta:
    first = training.sessions.order_by("starts_at").first()
    return years_on(clock.local_date(first.starts_at), clock.today()) if first else dt.timedelta(0)


def _title(training: Training) -> str:
    """The title with the year of the first session replaced by the year it is moved to, and 第N期 one more."""
    first = training.sessions.order_by("starts_at").first()
    if first is None:
        return raised(training.title)
    day = clock.local_date(first.starts_at)
    return raised(training.title.replace(str(day.year), str((day + _shift(training)).year)))


@transaction.atomic
def carry_over(*, source: Training, training: Training, by: User, budget: bool) -> None:
    """Give a copy what the form does not hold: quotas, terms of signing up and, if ``budget``, what it may cost.

    Quotas that are for other units or for more seats than there are stay behind.
    """
    quotas = {row.unit: row.seats for row in source.quotas.select_related("unit")}
    if quotas and source.unit_id == training.unit_id and sum(quotas.values()) <= training.capacity:
        filling.set_quotas(training=training, quotas=quotas, by=by)
    terms = SignUpTerms.objects.filter(training=source).first()
    if terms is not None:
        until = _moved(terms.until, source, training)
        filling.set_terms(training=training, is_open=terms.is_open, until=until, by=by)
    costs = {row.item: Cost(row.planned, None, row.note) for row in source.budget.all()}
    if budget and costs:
        budgets.save(training=training, costs=costs, by=by)


def _moved(until: dt.datetime | None, source: Training, training: Training) -> dt.datetime | None:
    """As long before the first session as it was; None when it would be over already."""
    firsts = [one.sessions.order_by("starts_at").first() for one in (source, training)]
    if until is None or firsts[0] is None or firsts[1] is None:
        return None
    moved = until + (firsts[1].starts_at - firsts[0].starts_at)
    return moved if moved > clock.now() else None
