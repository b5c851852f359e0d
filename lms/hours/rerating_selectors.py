"""Reads of re-ratings: which rules wait, what a run would change for whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, Max, Q, QuerySet, Sum, When

from lms.core.hours import HoursField
from lms.hours.models import CreditRule
from lms.hours.rerating_models import ReratedMember, ReratingRun, StagedEntry
from lms.members.models import Member, Unit, User
from lms.members.permissions import visible

ZERO = Decimal(0)


def waiting() -> list[tuple[CreditRule, ReratingRun | None]]:
    """The published versions that wait for a re-rating, each with its last run."""
    rules = (
        CreditRule.objects.published().filter(binds_from__gt=F("effective_from")).order_by("activity", "effective_from")
    )
    return [(rule, rule.reratings.select_related("planned_by").first()) for rule in rules]


def runs() -> QuerySet[ReratingRun]:
    """All runs, the latest first."""
    return ReratingRun.objects.select_related("rule", "planned_by", "decided_by")


@dataclass(frozen=True, slots=True)
class Moved:
    """By how much the 学时 of some members move: how many of them, what is taken back, what is credited instead."""

    name: str
    members: int
    less: Decimal
    more: Decimal

    @property
    def net(self) -> Decimal:
        """学时 more (or, negative, less) than now."""
        return self.more - self.less


def changed(run: ReratingRun, user: User) -> QuerySet[ReratedMember]:
    """The members whose hours would change and whom the person may read, in the order of the tree."""
    rows = ReratedMember.objects.filter(Q(less__gt=0) | Q(more__gt=0), run=run)
    return visible(rows, user).select_related("member__unit").order_by("member__unit__path", "member__sort_key", "pk")


def by_unit(rows: QuerySet[ReratedMember]) -> tuple[list[Moved], Moved]:
    """The sums of some changed members by the unit right below the county, in the order of the tree, and of all of them."""
    length = 2 * Unit.steplen
    found: dict[str, list[Any]] = {}
    for path, less, more in rows.values_list("member__unit__path", "less", "more").iterator():
        one = found.setdefault(path[:length], [0, ZERO, ZERO])
        one[:] = one[0] + 1, one[1] + less, one[2] + more
    units = {unit.path: unit.label for unit in Unit.objects.filter(path__in=found)}
    moved = [Moved(units[path], *found[path]) for path in sorted(found)]
    return moved, sums(rows)


def sums(rows: QuerySet[ReratedMember]) -> Moved:
    """The sums of some changed members."""
    found = rows.filter(Q(less__gt=0) | Q(more__gt=0)).order_by().aggregate(
        n=Count("pk"), less=Sum("less", default=ZERO), more=Sum("more", default=ZERO)
    )  # fmt: skip
    return Moved("", found["n"], found["less"], found["more"])


@dataclass(frozen=True, slots=True)
class Change:
    """One source of a member: what stands and what would stand."""

    earned_on: Any
    title: str
    was: Decimal
    becomes: Decimal
    rule: str


def lines_of(run: ReratingRun, member: Member) -> Iterator[Change]:
    """What would change of one member, source by source."""
    zero = Decimal(0)
    rows = StagedEntry.objects.filter(run=run, member=member).values("source").annotate(
        day=Max("earned_on"),
        name=Max("title"),
        was=Sum(Case(When(hours__lt=0, then=-F("hours")), default=zero, output_field=HoursField())),
        becomes=Sum(Case(When(hours__gt=0, then=F("hours")), default=zero, output_field=HoursField())),
        by=Max(Case(When(hours__gt=0, then=F("rule")))),
        lines=Count("pk"),
    )  # fmt: skip
    for row in rows.order_by("day", "source"):
        yield Change(row["day"], row["name"], row["was"], row["becomes"], row["by"] or "")
