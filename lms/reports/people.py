"""Who has met the goal and who has not, person by person: the list behind every figure of the board."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _

from lms.core.hours import ZERO
from lms.core.tables import Column
from lms.goals import selectors
from lms.goals.models import GoalLine, Standing
from lms.members.forms import UnitChoice
from lms.members.models import Member, Unit, User
from lms.members.permissions import visible
from lms.members.selectors import named

AUDIENCES = {GoalLine.Audience.MEMBERS: _("党员"), GoalLine.Audience.LEADERS: _("书记和班子成员")}
LINES_A_CHUNK = 2000

COLUMNS = [
    Column("code", _("编号"), 12),
    Column("name", _("姓名"), 12),
    Column("unit", _("党组织"), 28),
    Column("category", _("人员类别"), 12),
    Column("role", _("身份"), 14),
    Column("required", _("应修学时"), 10),
    Column("counted", _("已修学时"), 10),
    Column("missing", _("差额"), 8),
    Column("classes", _("集中培训次数"), 14),
    Column("state", _("是否达标"), 10),
    Column("away", _("是否流动党员"), 14),
]


class PeopleFilter(forms.Form):
    """Search and filters of the list; they stay in the address."""

    STATES = [
        ("", _("全部")),
        ("met", _("已达标")),
        ("not-met", _("未达标")),
        ("exempt", _("免考核")),
        ("zero", _("零学时")),
    ]

    q = forms.CharField(label=_("姓名、拼音、编号或手机尾号"), required=False)
    unit = UnitChoice(Unit.objects.none(), label=_("党组织"), required=False, empty_label=None)
    year = forms.TypedChoiceField(label=_("年度"), required=False, coerce=int)
    audience = forms.ChoiceField(
        label=_("对象"),
        required=False,
        choices=[("", _("全体党员")), (GoalLine.Audience.LEADERS, AUDIENCES[GoalLine.Audience.LEADERS])],
    )
    state = forms.ChoiceField(label=_("达标情况"), required=False, choices=STATES)

    def __init__(self, data: Any, *, units: QuerySet[Unit], years: list[int]) -> None:
        super().__init__(data)
        self.fields["unit"].queryset = units
        self.fields["year"].choices = [(year, year) for year in years]

    def apply(self, user: User, unit: Unit, year: int) -> QuerySet[Standing]:
        """The standings of the unit that pass, in order of units and names; a filter that makes no sense finds nobody."""
        rows = people(user, unit, year)
        if not self.is_valid():
            return rows.none()
        wanted = self.cleaned_data
        rows = rows.filter(line__audience=wanted["audience"] or GoalLine.Audience.MEMBERS)
        if wanted["state"]:
            rows = rows.filter(CONDITIONS[wanted["state"]])
        if wanted["q"].strip():
            rows = rows.filter(member__in=named(Member.objects.order_by(), wanted["q"]))
        return rows


CONDITIONS = {
    "met": Q(met=True),
    "not-met": Q(met=False, exempt=False),
    "exempt": Q(exempt=True),
    "zero": Q(exempt=False, total=0),
}


def people(user: User, unit: Unit, year: int) -> QuerySet[Standing]:
    """The standings in and below a unit that the person may read, each with ``leader``: whether the other goal binds too."""
    leading = Standing.objects.filter(
        member=OuterRef("member"), line__policy=OuterRef("line__policy"), line__audience=GoalLine.Audience.LEADERS
    )
    rows = visible(selectors.standings(year), user, "reports.view").filter(unit__path__startswith=unit.path)
    return rows.annotate(leader=Exists(leading)).order_by("unit__path", F("member__sort_key"), "member__code")


def missing_of(row: Standing) -> Decimal:
    """差额: 学时 that are still missing; nothing for the exempt."""
    return ZERO if row.exempt else max(row.line.required_hours - row.counted, ZERO)


def state_of(row: Standing, pace: Decimal = Decimal(1)) -> str:
    """``exempt``, ``met``, ``at-risk`` (as far as the day asks, 0 < pace ≤ 1) or ``behind``."""
    if row.exempt:
        return "exempt"
    if row.met:
        return "met"
    return "at-risk" if row.counted >= row.line.required_hours * pace else "behind"


def verdict(row: Standing) -> str:
    """达标, 未达标 or 免考核."""
    if row.exempt:
        return _gettext("免考核")
    return _gettext("达标") if row.met else _gettext("未达标")


def role_of(row: Any) -> str:
    """身份: whether a person answers as secretary or committee member besides being a party member."""
    return str(AUDIENCES[GoalLine.Audience.LEADERS if row.leader else GoalLine.Audience.MEMBERS])


def table(rows: QuerySet[Standing]) -> Iterator[tuple[Any, ...]]:
    """The list in the order of ``COLUMNS``, streamed."""
    for row in rows.iterator(LINES_A_CHUNK):
        yield (
            row.member.code,
            row.member.name,
            row.unit.label,
            row.member.get_category_display(),
            role_of(row),
            row.line.required_hours,
            row.counted,
            missing_of(row),
            row.classes,
            verdict(row),
            _gettext("是") if row.member.away else _gettext("否"),
        )


def share_of_year(year: int, today: dt.date) -> Decimal:
    """How much of a year is over on a day: 0 before it, 1 after it. Where one should be by then."""
    if today.year != year:
        return Decimal(int(today.year > year))
    length = (dt.date(year + 1, 1, 1) - dt.date(year, 1, 1)).days
    return (Decimal(today.timetuple().tm_yday) / length).quantize(Decimal("0.0001"))
