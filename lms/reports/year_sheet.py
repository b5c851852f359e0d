"""党员学时登记表: one member's year on one form, row by row with organiser, result and who confirmed it (domain §6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lms.goals import selectors as goals
from lms.hours import totals
from lms.hours.credit import INCOMPLETE, Mode
from lms.members.models import Member, Unit
from lms.reports import evidence
from lms.reports.people import verdict

FORMS = {
    Mode.CLASS: gettext_lazy("集中面授"),
    Mode.LECTURE: gettext_lazy("集中面授"),
    Mode.MEETING: gettext_lazy("集中学习"),
    Mode.VISIT: gettext_lazy("现场教学"),
    Mode.GROUP: gettext_lazy("集中收看"),
    Mode.ONLINE: gettext_lazy("在线自学"),
}
"""形式: how one learns in each kind of training."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One line: 日期 | 培训名称 | 培训类别 | 内容类别 | 主办单位 | 形式 | 学时 | 考核结果 | 认定人 | 备注."""

    day: dt.date
    title: str
    kind: str
    category: str
    organiser: str
    form: str
    hours: Decimal
    result: str
    confirmed_by: str
    note: str


@dataclass(frozen=True, slots=True)
class SheetGoal:
    """One goal at the foot: 应修 (what is asked of this person), 已修 (学时 that count towards it), 是否达标, 集中培训次数."""

    name: str
    required: Decimal
    counted: Decimal
    verdict: str
    classes: int
    required_classes: int


@dataclass(frozen=True, slots=True)
class YearSheet:
    """A member's year: the standing lines in order of days, all 学时, and where each goal stands."""

    member: Member
    year: int
    rows: list[SheetRow]
    total: Decimal
    goals: list[SheetGoal]


@dataclass(frozen=True, slots=True)
class Held:
    """Who held an activity, and who confirmed what it was worth; empty where nobody is on record."""

    organiser: str = ""
    confirmed_by: str = ""


def of_member(member: Member, year: int) -> YearSheet:
    """The sheet of a year as of now."""
    lines = totals.standing(totals.entries(member.pk, year).select_related("posted_by"))
    lines.sort(key=lambda line: (line.earned_on, line.source))
    county = str(Unit.objects.get(path=member.unit.ancestor_paths[0]).name)
    held: dict[str, Held] = {}
    for line in lines:
        if line.occasion not in held:
            held[line.occasion] = _held(line, county)
    rows = [_row(line, held[line.occasion]) for line in lines]
    standings = goals.standings_of(member.pk, year)
    return YearSheet(
        member, year, rows, sum((row.hours for row in rows), Decimal(0)), [_goal(row) for row in standings]
    )


def _row(line: Any, held: Held) -> SheetRow:
    return SheetRow(
        day=line.earned_on,
        title=line.title,
        kind=str(line.get_mode_display()),
        category=str(line.get_category_display()),
        organiser=held.organiser,
        form=str(FORMS.get(line.mode, "")),
        hours=line.hours,
        result=_result(line),
        confirmed_by=held.confirmed_by,
        note=line.note,
    )


def _result(line: Any) -> str:
    """考核结果: a class is completed or not (its leave is at most a seventh); anything else was attended or watched."""
    if line.mode == Mode.CLASS:
        return _("未结业") if line.occasion.endswith(INCOMPLETE) else _("结业")
    return _("学完") if line.mode == Mode.ONLINE else _("参加")


def _goal(standing: Any) -> SheetGoal:
    progress = goals.progress_of(standing)
    line = standing.line
    name = str(line.get_audience_display())
    return SheetGoal(
        name=name if line.period == "year" else f"{name}（{line.get_period_display()}）",
        required=standing.required,
        counted=progress.counted,
        verdict=verdict(standing)[1],
        classes=progress.classes,
        required_classes=standing.required_classes,
    )


# -- who held it, who confirmed it -----------------------------------------------------


def _held(line: Any, county: str) -> Held:
    """What the activity behind a line knows; else who posted it."""
    for kind, found in evidence.behind(line.source).items():
        if kind in _READERS:
            return _READERS[kind](found, line, county)
    return Held(confirmed_by=_name(line.posted_by))


def _of_attendance(found: Any, line: Any, _county: str) -> Held:
    """A training: its unit, and who closed it, for closing is what credits; else who called the roll or was in charge."""
    training = found.training
    who = training.closed_by or found.attendance.marked_by or line.posted_by or training.trainer
    return Held(str(training.unit.name), _name(who))


def _of_claim(found: Any, line: Any, _county: str) -> Held:
    """A claim: who held it elsewhere, and who gave the last approval here."""
    return Held(str(found.claim.organiser), _name(found.claim.decided_by or line.posted_by))


def _of_make_up(found: Any, line: Any, _county: str) -> Held:
    """A lesson made up: the unit whose session was missed, and who approved."""
    return Held(str(found.session.training.unit.name), _name(found.decided_by or line.posted_by))


def _of_viewing(found: Any, line: Any, _county: str) -> Held:
    """A group viewing: the unit of the station, and who kept the roll call."""
    return Held(str(found.viewing.station.unit.name), _name(found.viewing.operator or line.posted_by))


def _of_watch(_found: Any, _line: Any, county: str) -> Held:
    """Own watching: the county's courses, counted by the system's clock."""
    return Held(county, _("系统"))


_READERS: dict[str, Callable[[Any, Any, str], Held]] = {
    "attendance": _of_attendance,
    "viewing": _of_viewing,
    "watch": _of_watch,
    "claim": _of_claim,
    "make_up": _of_make_up,
}


def _name(user: Any) -> str:
    return str(user) if user is not None else ""
