"""Who has met the goal and who has not, person by person: the list behind every figure of the board."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from lms.core.tables import Column
from lms.goals import selectors
from lms.goals.models import GoalLine, Standing
from lms.members.models import Member, Unit, User
from lms.members.permissions import visible
from lms.members.selectors import named

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
) -> QuerySet[Standing]:
    """The standings in and below a unit that the person may read, in order of units and names.

    ``state``: a key of ``CONDITIONS`` (one that is not finds nobody); ``text``: name, pinyin, code or tail of the mobile
    number. Each row has ``leader``: whether the goal of leaders binds the person too.
    """
    rows = visible(selectors.standings(year), user).filter(unit__path__startswith=unit.path, line__audience=audience)
    rows = rows.filter(CONDITIONS.get(state, Q(pk__in=[])))
    if text.strip():
        rows = rows.filter(member__in=named(Member.objects.order_by(), text))
    leading = Standing.objects.filter(
        member=OuterRef("member"), line__policy=OuterRef("line__policy"), line__audience=LEADERS
    )
    return rows.annotate(leader=Exists(leading)).order_by("unit__path", "member__sort_key", "member__code")


def missing_of(row: Standing) -> Decimal:
    """差额: 学时 that are still missing; nothing for the exempt."""
    return selectors.progress_of(row).missing_hours


def verdict(row: Standing) -> tuple[str, str]:
    """State and word: 达标, 未达标 or 免考核 (outside the denominator, 条例 art. 23)."""
    if row.exempt:
        return "exempt", _g("免考核")
    return ("met", _g("达标")) if row.met else ("behind", _g("未达标"))


def role_of(row: Any) -> str:
    """身份: 书记和班子成员, or 党员."""
    return _g("书记和班子成员") if row.leader else _g("党员")


def values(rows: QuerySet[Standing]) -> Iterator[tuple[Any, ...]]:
    """The list in the order of ``COLUMNS``, streamed."""
    for row in rows.iterator(LINES_A_CHUNK):
        yield (
            row.member.code,
            row.member.name,
            row.unit.name,
            row.member.get_category_display(),
            role_of(row),
            row.line.required_hours,
            row.counted,
            missing_of(row),
            row.classes,
            verdict(row)[1],
            _g("是") if row.member.away else _g("否"),
        )
