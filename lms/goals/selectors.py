"""Reads of goals and standings. Reports know goals by these functions only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Case, Count, QuerySet, When

from lms.core import clock
from lms.core.hours import ZERO
from lms.goals.audience import Terms
from lms.goals.models import Exemption, GoalLine, GoalPolicy, Rollup, Standing
from lms.goals.rules import ONLINE, Progress, Requirement
from lms.members.models import User
from lms.members.permissions import visible

ENDING = dt.timedelta(days=30)


def policy_of(year: int) -> GoalPolicy | None:
    """The published policy of a year."""
    return GoalPolicy.objects.filter(year=year, state=GoalPolicy.State.PUBLISHED).first()


def published_years() -> list[int]:
    """The years that have a published policy, the latest first."""
    return list(
        GoalPolicy.objects.filter(state=GoalPolicy.State.PUBLISHED).order_by("-year").values_list("year", flat=True)
    )


def policies() -> QuerySet[GoalPolicy]:
    """Every policy with its lines counted (``size``), the latest year first, what binds before drafts."""
    order = Case(When(state=GoalPolicy.State.PUBLISHED, then=0), When(state=GoalPolicy.State.DRAFT, then=1), default=2)
    return (
        GoalPolicy.objects.annotate(size=Count("lines")).select_related("published_by").order_by("-year", order, "pk")
    )


def lines_of(year: int) -> dict[str, GoalLine]:
    """The lines of a year's published policy by key; ``members`` and ``leaders`` are those of the boards."""
    lines = GoalLine.objects.filter(policy__year=year, policy__state=GoalPolicy.State.PUBLISHED).select_related(
        "policy"
    )
    return {line.key: line for line in lines.order_by("position", "pk")}


def terms_of(lines: Iterable[GoalLine]) -> list[Terms]:
    """The lines of one policy, saved or not, as values; leaders owe the members' goal in months without office."""
    lines = list(lines)
    base = next((line.required_hours for line in lines if line.audience == GoalLine.Audience.MEMBERS), ZERO)
    return [_terms(line, base if line.audience == GoalLine.Audience.LEADERS else ZERO) for line in lines]


def _terms(line: GoalLine, base: Decimal) -> Terms:
    requirement = Requirement(
        hours=Decimal(line.required_hours),
        classes=line.required_classes,
        mode_caps={**line.mode_caps, ONLINE: line.online_cap_percent},
        modes=frozenset(line.modes),
        category_minima={name: Decimal(hours) for name, hours in line.category_minima.items()},
        mode_minima={name: Decimal(hours) for name, hours in line.mode_minima.items()},
        base=Decimal(base),
    )
    return Terms(
        key=line.key,
        audience=line.audience,
        requirement=requirement,
        period=line.period,
        role_rule=line.role_rule,
        event=line.event,
        months=line.deadline_months,
        exempt_by_month=line.exempt_by_month,
    )


def standings(year: int) -> QuerySet[Standing]:
    """All standings of a year, with line, member and unit, for ``visible(...)``."""
    return Standing.objects.filter(
        line__policy__year=year, line__policy__state=GoalPolicy.State.PUBLISHED
    ).select_related("line__policy", "member__unit", "unit")


def standings_of(member_id: int, year: int) -> list[Standing]:
    """One member's standings of a year, in the order of the policy's lines."""
    return list(standings(year).filter(member_id=member_id).order_by("line__position", "line_id"))


def progress_of(standing: Standing) -> Progress:
    """A standing as progress: what is missing, what the cap left out."""
    missing_hours = max(standing.required - standing.counted, ZERO)
    missing_classes = max(standing.required_classes - standing.classes, 0)
    return Progress(
        total=standing.total,
        online=standing.online,
        counted=standing.counted,
        over_cap=standing.total - standing.counted,
        classes=standing.classes,
        exempt=standing.exempt,
        met=standing.met,
        missing_hours=ZERO if standing.exempt else missing_hours,
        missing_classes=0 if standing.exempt else missing_classes,
        required=standing.required,
        required_classes=standing.required_classes,
        shortfalls={name: Decimal(hours) for name, hours in standing.shortfalls.items()},
        due_on=standing.due_on,
    )


def online_is_full(standing: Standing) -> bool:
    """Whether what was studied online fills the share that it may have of the line: more of it does not count."""
    percent = standing.line.online_cap_percent
    return percent < 100 and standing.online * 100 >= standing.required * percent


def rollups(unit_ids: Iterable[int], year: int) -> dict[tuple[int, str], Rollup]:
    """The roll-up rows of some units in a year by (unit id, key of the line), in one query."""
    rows = Rollup.objects.filter(
        unit_id__in=list(unit_ids), line__policy__year=year, line__policy__state=GoalPolicy.State.PUBLISHED
    ).select_related("line")
    return {(row.unit_id, row.line.key): row for row in rows}


def exemptions_of(member_id: int) -> QuerySet[Exemption]:
    """A member's exemptions, the latest first, withdrawn ones included."""
    return Exemption.objects.filter(member_id=member_id).select_related("approved_by")


def exemptions(user: User, state: str = "now", reason: str = "") -> QuerySet[Exemption]:
    """The exemptions that the person may read: in force (``now``), in force and over within 30 days (``ending``), ``all``."""
    rows = visible(Exemption.objects.all(), user).select_related("member__unit", "approved_by")
    today = clock.today()
    if state != "all":
        rows = rows.filter(withdrawn_at__isnull=True, starts_on__lte=today, ends_on__gte=today)
    if state == "ending":
        rows = rows.filter(ends_on__lte=today + ENDING)
    return rows.filter(reason=reason) if reason else rows
