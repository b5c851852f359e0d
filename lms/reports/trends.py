"""Where a unit is heading: hours by month against the line that would reach the goal, the mix of what was learnt."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from lms.core import clock
from lms.core.hours import HUNDREDTH, ZERO
from lms.core.templatetags.xiangxue import Bar, Column, number
from lms.goals import selectors
from lms.hours import totals
from lms.hours.credit import Category
from lms.members.models import Unit

MONTHS = 12
# The words stand beside the colours: 已达标 from four fifths of its people, 有差距 from half or from the average.
MET, AT_RISK = Decimal("0.8"), Decimal("0.5")


def state_of(rate: Decimal | None, whole: Decimal | None) -> str:
    """The state of a unit among its neighbours: ``met`` from four fifths, ``at-risk`` from half, else ``behind``."""
    if rate is None:
        return "neutral"
    if rate >= MET:
        return "met"
    return "at-risk" if rate >= AT_RISK or (whole is not None and rate >= whole) else "behind"


def of_unit(unit: Unit, year: int) -> dict[str, Any]:
    """``months``: columns of 学时 a person, added up from January; ``categories``: bars of 学时 by the seven tasks."""
    row = selectors.rollups([unit.pk], year).get((unit.pk, "members"))
    people = row.members if row else 0
    line = selectors.lines_of(year).get("members")
    goal = Decimal(line.required_hours) if line else ZERO
    return {
        "months": _months(totals.by_month(year, unit.path), people, goal, year),
        "categories": [
            Bar(str(Category(name).label), hours, _("%(hours)s 学时") % {"hours": number(hours)})
            for name, hours in totals.by_category(year, unit.path)
        ],
    }


def _months(rows: list[tuple[int, Decimal]], people: int, goal: Decimal, year: int) -> list[Column]:
    """Average hours a person since January at the end of each month; months to come have only their goal."""
    today = clock.today()
    last = MONTHS if year < today.year else today.month
    found, added = [], ZERO
    for month, hours in rows:
        added += hours
        reached = (added / people).quantize(HUNDREDTH) if people and month <= last else None
        found.append(Column(_("%(month)s月") % {"month": month}, reached, (goal * month / MONTHS).quantize(HUNDREDTH)))
    return found
