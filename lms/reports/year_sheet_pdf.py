"""党员学时登记表 on paper: A4 across, the heads repeated, two lines to sign on."""

from __future__ import annotations

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from lms.core import clock
from lms.core.pdf import Head, Paper
from lms.core.templatetags.xiangxue import date_zh, number
from lms.reports.year_sheet import SheetGoal, SheetRow, YearSheet


def document(sheet: YearSheet) -> bytes:
    """The sheet as PDF. An official form is in Chinese whoever prints it."""
    with translation.override(settings.LANGUAGE_CODE):
        paper = Paper(title=_("党员学时登记表"), landscape=True, margin=12)
        paper.begin(foot=_("%(name)s %(year)s 年度") % {"name": sheet.member.name, "year": sheet.year})
        paper.title_line(_("党员学时登记表"), 20)
        paper.paragraph(_head(sheet), 10.5)
        paper.ruled(_heads(), [*(_row(row) for row in sheet.rows), _total(sheet)], 8.5)
        _foot(paper, sheet)
        return paper.done()


def _head(sheet: YearSheet) -> str:
    return _("姓名：%(name)s    公民身份证号：%(number)s    所在党组织：%(unit)s    年度：%(year)s") % {
        "name": sheet.member.name,
        "number": sheet.member.id_number_masked or "–",
        "unit": sheet.member.unit.name,
        "year": sheet.year,
    }


def _heads() -> tuple[Head, ...]:
    return (
        Head(_("日期"), 21, "C"),
        Head(_("培训名称"), 62),
        Head(_("培训类别"), 22, "C"),
        Head(_("内容类别"), 31, "C"),
        Head(_("主办单位"), 46),
        Head(_("形式"), 18, "C"),
        Head(_("学时"), 13, "R"),
        Head(_("考核结果"), 17, "C"),
        Head(_("认定人"), 20, "C"),
        Head(_("备注"), 23),
    )


def _row(row: SheetRow) -> tuple[str, ...]:
    return (
        row.day.isoformat(),
        row.title,
        row.kind,
        row.category,
        row.organiser,
        row.form,
        number(row.hours),
        row.result,
        row.confirmed_by,
        row.note,
    )


def _total(sheet: YearSheet) -> tuple[str, ...]:
    return ("", _("合计"), "", "", "", "", number(sheet.total), "", "", "")


def _classes(goal: SheetGoal) -> str:
    """How many, and of how many where the goal asks for some."""
    return f"{goal.classes}/{goal.required_classes}" if goal.required_classes else str(goal.classes)


def _foot(paper: Paper, sheet: YearSheet) -> None:
    paper.set_y(paper.y + 3)
    for goal in sheet.goals:
        words = {
            "name": goal.name,
            "required": number(goal.required),
            "counted": number(goal.counted),
            "verdict": goal.verdict,
            "classes": _classes(goal),
        }
        paper.paragraph(
            _(
                "%(name)s：应修 %(required)s 学时    已修 %(counted)s 学时    是否达标：%(verdict)s    集中培训次数：%(classes)s"
            )
            % words,
            10.5,
        )
    if not sheet.goals:
        paper.paragraph(_("已修 %(total)s 学时；本年度没有适用的目标。") % {"total": number(sheet.total)}, 10.5)
    paper.signatures([_("党员签字："), _("党支部书记签字：")])
    paper.paragraph(_("打印日期：%(day)s") % {"day": date_zh(clock.today())}, 9, align="R")
