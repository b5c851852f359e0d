"""What the board draws: tiles of units, the trend against the line that would reach the goal, the mix of categories."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from django.utils.translation import gettext as _

from lms.core.hours import HUNDREDTH, ZERO
from lms.core.templatetags.xiangxue import Bar, Column, hours
from lms.hours import totals
from lms.hours.credit import Category
from lms.members.models import Unit
from lms.reports.completion import Row
from lms.reports.people import share_of_year

AT_RISK_FROM = Decimal("0.8")
"""The share of the pace above which a unit is at risk, and below which it is behind."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A unit on the board: ``state`` met, at-risk, behind or neutral (nobody is assessed), and the word for it."""

    row: Row
    state: str
    word: str


def tile(row: Row, required: Decimal, today: dt.date, year: int) -> Tile:
    """How a unit stands: all have met; or its 人均学时 against what the day asks (the goal × the share of the year gone).

    A year that is over knows only met and not met: at risk is then at least 80 % met.
    """
    if row.rate is None:
        return Tile(row, "neutral", _("无考核对象"))
    if row.sums.met == row.assessed:
        return Tile(row, "met", _("全部达标"))
    pace = share_of_year(year, today)
    done = row.rate if pace == 1 else row.average_hours / (required * pace)
    if pace < 1 and done >= 1:
        return Tile(row, "met", _("跟上进度"))
    if done >= AT_RISK_FROM:
        return Tile(row, "at-risk", _("略有差距"))
    return Tile(row, "behind", _("落后"))


def trend(unit: Unit, year: int, people: int, required: Decimal, today: dt.date) -> list[Column]:
    """学时 a person, summed up month by month, against an even pace to the goal. Months ahead have no figure yet."""
    columns, total = [], ZERO
    for month, earned in totals.by_month(year, unit.path):
        total += earned
        ahead = dt.date(year, month, 1) > today
        average = (total / people).quantize(HUNDREDTH, rounding=ROUND_DOWN) if people else ZERO
        goal = (required * month / 12).quantize(HUNDREDTH, rounding=ROUND_DOWN)
        columns.append(Column(_("%(month)s月") % {"month": month}, None if ahead else average, goal))
    return columns


def mix(unit: Unit, year: int) -> list[Bar]:
    """学时 by content category (the seven tasks of 条例 art. 9–15), the order of the regulation."""
    found = totals.by_category(year, unit.path)
    return [
        Bar(str(category.label), found.get(category.value, ZERO), hours(found.get(category.value, ZERO)))
        for category in Category
    ]
