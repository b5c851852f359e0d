"""Trainings and bases as the search finds them: which of them a person may find, and which of them he may open."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from lms.members.permissions import visible
from lms.training.models import Base, Enrolment, Training


def trainings(user: Any) -> QuerySet[Training]:
    """The trainings that the person may read, those he is enrolled in and the open ones of his unit and the units above."""
    readable = Q(pk__in=visible(Training.objects.all(), user).order_by().values("pk"))
    member = getattr(user, "member", None)
    if member is not None:
        own = Enrolment.objects.filter(member=member, state=Enrolment.State.ENROLLED)
        offered = Q(state=Training.State.OPEN, unit__path__in=member.unit.ancestor_paths)
        readable |= Q(pk__in=own.values("training")) | offered
    return Training.objects.filter(readable).exclude(state=Training.State.CANCELLED)


def opened_by(user: Any, pks: Iterable[int]) -> set[int]:
    """Of some trainings those whose page the person may open."""
    rows = visible(Training.objects.filter(pk__in=list(pks)), user)
    return set(rows.values_list("pk", flat=True))


def bases(user: Any) -> QuerySet[Base]:
    """All bases for who is signed in: where one can go is no secret within the county."""
    return Base.objects.filter(is_active=True) if user.is_authenticated else Base.objects.none()
