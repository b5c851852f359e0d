"""Whom a visit asked for tells what: the base that somebody asks or no longer asks, who asked that the base has answered.

In the services' transactions.
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation

from lms.core import clock
from lms.members.models import RoleGrant, User
from lms.members.permissions import PERMISSIONS
from lms.notices.services import notify
from lms.training import telling
from lms.training.models import VisitRequest
from lms.training.visits import rules


def requested(row: VisitRequest, by: User | None) -> None:
    """Who answers for the base: the accounts that may plan for its unit, or where there are none for the next one above."""
    _tell_hosts("visit.requested", row, "asked", by, note=row.note)


def withdrawn(row: VisitRequest, by: User | None) -> None:
    """Who answers for the base and was asked: nobody waits for an answer any more. Of a day that is over nobody hears."""
    if row.day >= clock.today():
        _tell_hosts("visit.withdrawn", row, "withdrawn", by)


def _tell_hosts(kind: str, row: VisitRequest, act: str, by: User | None, **more: str) -> None:
    context = {**_facts(row), "unit": row.unit.name, "n": str(row.people), **more}
    notify(kind, users=_hosts(row, by), about=f"visit:{row.pk}:{act}", context=context, link=_link(row), by=by)


def _hosts(row: VisitRequest, by: User | None) -> list[User]:
    roles = [role for role, held in PERMISSIONS.items() if "trainings.plan" in held]
    for path in (row.base.unit.path, *reversed(row.base.unit.ancestor_paths)):
        grants = RoleGrant.objects.filter(role__in=roles, unit__path=path)
        found = User.objects.filter(grants__in=grants, is_active=True).distinct()
        if found:
            return [user for user in found if user != by]
    return []


def answered(row: VisitRequest, by: User | None) -> None:
    """Who asked, that the base agrees or declines, with the half-day that it offers instead."""
    if row.asked_by is None or row.asked_by == by:
        return
    with translation.override(settings.LANGUAGE_CODE):
        result = str(row.get_state_display())
    offer = f"可改到 {_half(row.offered_day, row.offered_half)}" if row.offered_day else ""
    guide = f"讲解员：{row.guide}" if row.guide else ""
    context = {**_facts(row), "result": result, "reason": row.answer, "note": offer or guide}
    about = f"visit:{row.pk}:answered"
    notify("visit.answered", users=[row.asked_by], about=about, context=context, link=_link(row), by=by)


def _facts(row: VisitRequest) -> dict[str, str]:
    return {"title": f"{row.base.name}（{row.topic}）", "when": _half(row.day, row.half)}


def _half(day: dt.date, half: str) -> str:
    start, _end = rules.HALF_DAYS[half]
    return telling.moment(timezone.make_aware(dt.datetime.combine(day, start)))


def _link(row: VisitRequest) -> str:
    return reverse("visit-request", args=[row.uuid])
