"""Reads of goals and standings. Reports know goals by these functions only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db.models import QuerySet

from lms.core import clock
from lms.core.hours import ZERO
from lms.goals.models import Exemption, GoalLine, GoalPolicy, Rollup, Standing
from lms.goals.rules import Progress, Requirement
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


def lines_of(year: int) -> dict[str, GoalLine]:
    """The lines of a year's published policy by audience."""
    lines = GoalLine.objects.filter(policy__year=year, policy__state=GoalPolicy.State.PUBLISHED).select_related(
        "policy"
    )
    return {line.audience: line for line in lines}


def requirement_of(line: GoalLine) -> Requirement:
    """A goal line as numbers."""
    return Requirement(line.required_hours, line.required_classes, line.online_cap_percent)


def standings(year: int) -> QuerySet[Standing]:
    """All standings of a year, with line, member and unit, for ``visible(...)``."""
    return Standing.objects.filter(
        line__policy__year=year, line__policy__state=GoalPolicy.State.PUBLISHED
    ).select_related("line__policy", "member__unit", "unit")


def standings_of(member_id: int, year: int) -> list[Standing]:
    """One member's standings of a year, the smaller goal first."""
    return list(standings(year).filter(member_id=member_id).order_by("line__required_hours"))


def progress_of(standing: Standing) -> Progress:
    """A standing as progress: what is missing, what the cap left out."""
    line = standing.line
    missing_hours = max(line.required_hours - standing.counted, ZERO)
    missing_classes = max(line.required_classes - standing.classes, 0)
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
    )


def rollups(unit_ids: Iterable[int], year: int) -> dict[tuple[int, str], Rollup]:
    """The roll-up rows of some units in a year by (unit id, audience), in one query."""
    rows = Rollup.objects.filter(
        unit_id__in=list(unit_ids), line__policy__year=year, line__policy__state=GoalPolicy.State.PUBLISHED
    ).select_related("line")
    return {(row.unit_id, row.line.audience): row for row in rows}


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
