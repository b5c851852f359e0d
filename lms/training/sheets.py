"""Rows of what leaves the room as a file: 培训班签到表, 基地参观登记 (domain §6) and the list of trainings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lms.core import clock
from lms.core.tables import Column
from lms.hours.conversion import Tariffs
from lms.training import rules
from lms.training.models import Attendance, Leave, Training, TrainingSession
from lms.training.selectors import RosterRow
from lms.training.worth import as_rule

NOON = 12

ROSTER_COLUMNS = [
    Column("number", _("序号"), 6),
    Column("name", _("姓名"), 12),
    Column("sex", _("性别"), 6),
    Column("unit", _("所在党组织"), 30),
    Column("office", _("职务"), 12),
    Column("mobile", _("联系电话"), 16),
    Column("morning", _("上午签到"), 12),
    Column("afternoon", _("下午签到"), 12),
    Column("note", _("备注"), 24),
]

VISIT_COLUMNS = [
    Column("date", _("日期"), 12),
    Column("base", _("基地名称"), 24),
    Column("kind", _("基地类别"), 16),
    Column("theme", _("主题"), 24),
    Column("unit", _("组织单位"), 24),
    Column("leader", _("带队人"), 12),
    Column("guide", _("讲解员"), 12),
    Column("due", _("应到"), 8),
    Column("present", _("实到"), 8),
    Column("hours", _("学时"), 8),
    Column("photo", _("照片"), 12),
    Column("note", _("备注"), 20),
]

TRAINING_COLUMNS = [
    Column("title", _("名称"), 30),
    Column("number", _("期次"), 10),
    Column("kind", _("形式"), 10),
    Column("category", _("内容类别"), 18),
    Column("unit", _("主办单位"), 24),
    Column("place", _("地点"), 20),
    Column("starts_at", _("开始时间"), 18),
    Column("ends_at", _("结束时间"), 18),
    Column("sessions", _("课次"), 8),
    Column("enrolled", _("报名人数"), 10),
    Column("capacity", _("名额"), 8),
    Column("state", _("状态"), 10),
]


def halves(session: TrainingSession) -> tuple[bool, bool]:
    """Whether the session has a part before noon and one after it."""
    starts, ends = timezone.localtime(session.starts_at), timezone.localtime(session.ends_at)
    afternoon = ends.date() > starts.date() or (ends.hour, ends.minute) > (NOON, 0)
    return starts.hour < NOON, afternoon


def times_note(mark: Attendance | None) -> str:
    """When a person came late or left early, in words; empty otherwise."""
    if mark is None:
        return ""
    notes = []
    if mark.arrived_at:
        notes.append(_("%(time)s 到") % {"time": f"{timezone.localtime(mark.arrived_at):%H:%M}"})
    if mark.left_at:
        notes.append(_("%(time)s 离开") % {"time": f"{timezone.localtime(mark.left_at):%H:%M}"})
    return "，".join(str(note) for note in notes)


def leave_said(leave: Leave) -> str:
    """Why somebody stays away and by whose leave, or that it waits, in words."""
    if leave.state != Leave.State.GRANTED:
        return _("申请请假：%(reason)s（待批）") % {"reason": leave.reason}
    return _("%(reason)s；准假人 %(name)s") % {"reason": leave.reason, "name": leave.decided_by}


def note(row: RosterRow) -> str:
    """What stands beside a mark: late or early, or the leave behind it."""
    if row.status == Attendance.Status.LEAVE and row.leave and row.leave.state == Leave.State.GRANTED:
        return leave_said(row.leave)
    return times_note(row.attendance)


def roster_rows(session: TrainingSession, rows: Iterable[RosterRow]) -> Iterator[list[Any]]:
    """培训班签到表 as filled in; numbers of telephones are masked as on every list."""
    morning, afternoon = halves(session)
    for number, row in enumerate(rows, start=1):
        word = row.attendance.get_status_display() if row.attendance else ""
        yield [
            number,
            row.member.name,
            row.member.get_sex_display(),
            row.member.unit.name,
            row.office,
            row.member.mobile_masked,
            word if morning else "",
            word if afternoon else "",
            note(row),
        ]


def training_rows(trainings: Iterable[Any]) -> Iterator[list[Any]]:
    """The list of trainings as filtered (rows of ``selectors.trainings``)."""
    for row in trainings:
        yield [
            row.title,
            row.series,
            row.get_kind_display(),
            row.get_category_display(),
            row.unit.name,
            row.place or (row.base.name if row.base else ""),
            row.starts_at,
            row.ends_at,
            row.session_count,
            row.enrolled,
            row.capacity,
            row.get_state_display(),
        ]


def visits_with_hours(visits: Iterable[Any]) -> Iterator[tuple[Any, Decimal]]:
    """Sessions of ``selectors.visits`` with what each was worth to who was there all the time."""
    tariffs = Tariffs()
    for session in visits:
        there = rules.Tick(rules.PRESENT)
        earned = rules.hours_by_day(as_rule(session), there, lambda day: tariffs(Training.Kind.VISIT, day))
        yield session, sum((row.hours for row in earned), Decimal(0))


def visit_note(session: Any) -> str:
    """备注 of a visit: what the host counted otherwise, late pictures, telephones that were checked at the place."""
    notes = []
    if session.host_heads is not None and session.host_heads != session.present:
        notes.append(_("基地确认 %(n)s 人") % {"n": session.host_heads})
    if session.late_photos:
        notes.append(_("照片 %(n)s 张隔天以后上传") % {"n": session.late_photos})
    if session.checked:
        notes.append(_("手机核对在基地 %(near)s/%(all)s 人") % {"near": session.near, "all": session.checked})
    return "；".join(str(note) for note in notes)


def visit_rows(visits: Iterable[Any]) -> Iterator[list[Any]]:
    """基地参观登记 (rows of ``visits.register.rows``)."""
    for session, hours in visits_with_hours(visits):
        training = session.training
        yield [
            clock.local_date(session.starts_at),
            training.base.name,
            training.base.get_kind_display(),
            session.topic or training.title,
            training.unit.name,
            str(training.trainer or ""),
            session.host_guide or training.lecturer,
            session.due,
            session.present,
            hours,
            session.photo_count,
            visit_note(session),
        ]
