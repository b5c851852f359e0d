"""Who has met the goal and who has not, person by person: the list behind every figure of the board."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from lms.core.tables import Column
from lms.goals import progress, selectors
from lms.goals.models import GoalLine, Standing
from lms.goals.rules import Progress
from lms.members.models import Member, Unit, User
from lms.members.permissions import visible
from lms.members.selectors import named
from lms.reports import adjustments, closing
from lms.reports.models import ClosedStanding

LEADERS = GoalLine.Audience.LEADERS
LINES_A_CHUNK = 2000

COLUMNS = (
    Column("code", _("编号"), 12),
    Column("name", _("姓名"), 12),
    Column("unit", _("党组织"), 30),
    Column("category", _("人员类别"), 12),
    Column("role", _("身份"), 16),
    Column("required_hours", _("应修学时"), 10),
    Column("hours", _("已修学时"), 10),
    Column("missing_hours", _("差额"), 8),
    Column("classes", _("集中培训次数"), 14),
    Column("verdict", _("结论"), 10),
    Column("away", _("是否流动党员"), 14),
)

CONDITIONS = {
    "": Q(),
    "met": Q(met=True),
    "behind": Q(met=False, exempt=False),
    "zero": Q(exempt=False, total=0),
    "exempt": Q(exempt=True),
}


def standings(
    user: User, unit: Unit, year: int, *, audience: str = "members", state: str = "", text: str = ""
) -> QuerySet[Any]:
    """The standings in and below a unit that the person may read, in order of units and names; the frozen ones of a closed year.

    ``state``: a key of ``CONDITIONS`` (one that is not finds nobody); ``text``: name, pinyin, code or tail of the mobile
    number. Each row has ``leader``: whether the goal of leaders binds the person too.
    """
    closed = closing.closing_of(year)
    if closed is None:
        rows: QuerySet[Any] = selectors.standings(year).filter(unit__path__startswith=unit.path)
        leading: QuerySet[Any] = Standing.objects.filter(line__policy=OuterRef("line__policy"))
    else:
        rows = adjustments.people_of(closed, unit).select_related("line__policy", "member__unit", "unit")
        leading = ClosedStanding.objects.filter(run_id=closed.run_id)
    rows = visible(rows, user).filter(CONDITIONS.get(state, Q(pk__in=[])), line__key=audience)
    if text.strip():
        rows = rows.filter(member__in=named(Member.objects.order_by(), text))
    leads = Exists(leading.filter(member=OuterRef("member"), line__audience=LEADERS))
    return rows.annotate(leader=leads).order_by("unit__path", "member__sort_key", "member__code")


KEPT: dict[str, Callable[[Standing], bool]] = {
    "": lambda row: True,
    "met": lambda row: row.met,
    "behind": lambda row: not row.met and not row.exempt,
    "zero": lambda row: not row.exempt and row.total == 0,
    "exempt": lambda row: row.exempt,
}
"""``CONDITIONS`` for rows that are in no table."""


def standings_as_of(
    user: User, unit: Unit, year: int, day: dt.date, *, audience: str = "members", state: str = "", text: str = ""
) -> list[Any]:
    """The same list as it was known at the end of a day, of the people whom the person may read about today."""
    found = list(progress.standings_as_of(unit, year, day))
    leaders = {row.member_id for _path, of, row in found if of == LEADERS}
    keep = KEPT.get(state, lambda row: False)
    wanted = {row.member_id: row for _path, of, row in found if of == audience and keep(row)}
    units = Unit.objects.in_bulk({row.unit_id for row in wanted.values()})
    rows = []
    for member in named(visible(Member.objects.order_by("sort_key", "code"), user), text):
        if member.pk in wanted:
            row: Any = wanted[member.pk]
            row.member, row.unit, row.leader = member, units[row.unit_id], member.pk in leaders
            rows.append(row)
    return sorted(rows, key=lambda row: row.unit.path)


def missing_of(row: Standing) -> Decimal:
    """差额: 学时 that are still missing; nothing for the exempt."""
    return selectors.progress_of(row).missing_hours


def verdict(row: Standing | Progress) -> tuple[str, str]:
    """State and word: 达标, 未达标 or 免考核 (outside the denominator, 条例 art. 23)."""
    if row.exempt:
        return "exempt", _g("免考核")
    return ("met", _g("达标")) if row.met else ("behind", _g("未达标"))


def role_of(row: Any) -> str:
    """身份: 书记和班子成员, or 党员."""
    return _g("书记和班子成员") if row.leader else _g("党员")


def values(rows: QuerySet[Any] | list[Any]) -> Iterator[tuple[Any, ...]]:
    """The list in the order of ``COLUMNS``, streamed."""
    for row in rows if isinstance(rows, list) else rows.iterator(LINES_A_CHUNK):
        yield (
            row.member.code,
            row.member.name,
            row.unit.name,
            row.member.get_category_display(),
            role_of(row),
            row.required,
            row.counted,
            missing_of(row),
            row.classes,
            verdict(row)[1],
            _g("是") if row.member.away else _g("否"),
        )
