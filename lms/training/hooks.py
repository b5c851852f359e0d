"""What this room asks of upper ones (connected in their ``AppConfig.ready``): goals are a neighbour that it never imports."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from lms.core.hooks import Provider
from lms.core.hours import ZERO
from lms.members.models import Member
from lms.training.models import Training


@dataclass(frozen=True, slots=True)
class Need:
    """What a person lacks under the goal that a training helps most, and what it would earn toward that (学时).

    ``rank`` sorts who gains most first.
    """

    lacks: Decimal
    lacks_class: bool
    earns: Decimal
    closes: bool
    rank: tuple[Any, ...]


def _nobody_known(members: QuerySet[Member], training: Training) -> dict[int, Need]:
    return {}


def _nobody(year: int, what: str) -> QuerySet[Any]:
    return Member.objects.none().values("pk")


NOTHING = Need(ZERO, lacks_class=False, earns=ZERO, closes=False, rank=(True, True, ZERO))

# Of these people, whom the training would bring nearer to a goal: ``{member id: need}``; the others are absent.
needs_of: Provider[[QuerySet[Member], Training], dict[int, Need]] = Provider("needs_of", _nobody_known)
# Ids of the members who lack ``hours`` or a ``class`` under a goal of a year, for ``pk__in``.
lacking: Provider[[int, str], QuerySet[Any]] = Provider("lacking", _nobody)
