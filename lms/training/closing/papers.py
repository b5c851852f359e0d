"""The papers of a closed training as PDF: notice with agenda, list, sign-in sheets, reflections, summary.

A form is in Chinese whoever has it made, and dated by the closing: the same records give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from lms.core.hours import ZERO
from lms.core.pdf import Head, Paper
from lms.core.templatetags.xiangxue import date_zh, moment_zh, number
from lms.training import selectors, sheets
from lms.training.closing.selectors import Overview, Person, opinions_of
from lms.training.models import Attendance, MakeUp, Training, TrainingSession


@contextmanager
def _paper(training: Training, title: str, *, landscape: bool = False) -> Iterator[Paper]:
    with translation.override(settings.LANGUAGE_CODE):
        paper = Paper(title=title, landscape=landscape, margin=15)
        if training.closed_at:
            paper.set_creation_date(timezone.localtime(training.closed_at))
        paper.begin(foot=training.title)
        paper.title_line(title, 20)
        yield paper


def notice(training: Training) -> bytes:
    """培训通知: what, by whom, where, when and for how many, with the agenda."""
    with _paper(training, _("培训通知")) as paper:
        paper.paragraph(training.title, 13, align="C")
        paper.paragraph(_facts(training), 11)
        rows = [
            (
                f"{date_zh(session.starts_at)} {timezone.localtime(session.starts_at):%H:%M}"
                f"–{timezone.localtime(session.ends_at):%H:%M}",
                session.topic or training.title,
                session.get_measure_display(),
            )
            for session in training.sessions.all()
        ]
        paper.ruled((Head(_("时间"), 66), Head(_("内容"), 84), Head(_("计时方式"), 30, "C")), rows, 10)
        return paper.done()


def _facts(training: Training) -> str:
    place = training.place or (training.base.name if training.base else "")
    pairs = [
        (_("形式"), training.get_kind_display()),
        (_("期次"), f"{training.year} {training.series}" if training.number else ""),
        (_("内容类别"), training.get_category_display()),
        (_("主办单位"), training.unit.name),
        (_("地点"), place),
        (_("负责教师"), str(training.trainer or "")),
        (_("主讲人"), training.lecturer),
        (_("名额"), str(training.capacity)),
    ]
    return "\n".join(f"{name}：{value}" for name, value in pairs if value)


def people(training: Training, seen: Overview) -> bytes:
    """学员名单 with unit, 学时, what was missed and the result."""
    heads = (
        Head(_("序号"), 12, "C"),
        Head(_("姓名"), 24),
        Head(_("所在党组织"), 70),
        Head(_("学时"), 16, "R"),
        Head(_("缺课学时"), 20, "R"),
        Head(_("成绩"), 16, "R"),
        Head(_("结业"), 22, "C"),
    )
    with _paper(training, _("学员名单")) as paper:
        paper.ruled(heads, [_person(n, person) for n, person in enumerate(seen.people, 1)], 9)
        return paper.done()


def _person(place: int, person: Person) -> tuple[str, ...]:
    verdict = {True: _("结业"), False: _("未结业"), None: "–"}[person.completed]
    score = person.outcome.score if person.outcome else None
    return (
        str(place),
        person.member.name,
        person.member.unit.name,
        number(person.hours),
        number(person.missed),
        "" if score is None else str(score),
        verdict,
    )


def absences(training: Training) -> bytes:
    """请假和缺席名单: who was away, came late or left early, and what was made up; empty bytes when nobody was."""
    rows = [
        (
            str(number),
            mark.member.name,
            mark.member.unit.name,
            f"{moment_zh(mark.session.starts_at)} {mark.session.topic}",
            mark.get_status_display(),
            "；".join(part for part in (sheets.times_note(mark), made_up) if part),
        )
        for number, (mark, made_up) in enumerate(_away(training), 1)
    ]
    if not rows:
        return b""
    heads = (
        Head(_("序号"), 12, "C"),
        Head(_("姓名"), 22),
        Head(_("所在党组织"), 50),
        Head(_("缺的课"), 52),
        Head(_("情况"), 14, "C"),
        Head(_("备注"), 30),
    )
    with _paper(training, _("请假和缺席名单")) as paper:
        paper.paragraph(training.title, 12, align="C")
        paper.ruled(heads, rows, 9)
        return paper.done()


def _away(training: Training) -> Iterator[tuple[Attendance, str]]:
    """Marks of who was not there from beginning to end, with the state of the make-up."""
    made_up = {
        (row.session_id, row.member_id): row for row in MakeUp.objects.filter(session__training=training).order_by("pk")
    }
    marks = Attendance.objects.filter(session__training=training).select_related("session", "member__unit")
    for mark in marks.order_by("session__starts_at", "member__unit__path", "member__sort_key", "pk"):
        row = made_up.get((mark.session_id, mark.member_id))
        if mark.status != Attendance.Status.PRESENT or mark.arrived_at or mark.left_at:
            yield mark, _("补学%(state)s") % {"state": row.get_state_display()} if row else ""


def sheet(session: TrainingSession) -> bytes:
    """培训班签到表 of a session as it was recorded."""
    training, tally = session.training, selectors.tally(session)
    heads = [
        Head(str(column.title), width)
        for column, width in zip(sheets.ROSTER_COLUMNS, (12, 24, 12, 72, 28, 34, 24, 24, 37), strict=True)
    ]
    with _paper(training, _("培训班签到表"), landscape=True) as paper:
        paper.paragraph(f"{training.title}    {moment_zh(session.starts_at)}    {session.topic}", 10.5)
        paper.paragraph(
            _("应到 %(due)s    实到 %(present)s    请假 %(leave)s    缺席 %(absent)s")
            % {"due": tally.due, "present": tally.present, "leave": tally.leave, "absent": tally.absent},
            10.5,
        )
        rows = sheets.roster_rows(session, selectors.roster(session))
        paper.ruled(heads, [[str(value) for value in row] for row in rows], 9)
        return paper.done()


def leaves(training: Training, seen: Overview) -> bytes:
    """请假记录: who stayed away, from what, why and by whose leave; empty bytes when nobody asked."""
    rows = [
        (
            person.member.name,
            moment_zh(leave.session.starts_at) if leave.session else _("整个培训"),
            leave.reason,
            str(leave.decided_by),
            moment_zh(leave.decided_at),
        )
        for person in seen.people
        for leave in person.leaves
    ]
    if not rows:
        return b""
    heads = (
        Head(_("姓名"), 24),
        Head(_("课次"), 44),
        Head(_("请假事由"), 52),
        Head(_("准假人"), 24),
        Head(_("准假时间"), 36),
    )
    with _paper(training, _("请假记录")) as paper:
        paper.ruled(heads, rows, 9)
        return paper.done()


def reflections(training: Training, seen: Overview) -> bytes:
    """学习心得, one after the other; empty bytes when nobody wrote one."""
    written = [person for person in seen.people if person.outcome and person.outcome.reflection]
    if not written:
        return b""
    with _paper(training, _("学习心得")) as paper:
        for person in written:
            paper.need(24)
            paper.paragraph(f"{person.member.name}　{person.member.unit.name}", 12)
            paper.paragraph(person.outcome.reflection if person.outcome else "", 10.5, indent=2)
            paper.set_y(paper.y + 4)
        return paper.done()


def summary(training: Training, seen: Overview) -> bytes:
    """培训小结: the figures of each session, who completed, hours credited, opinions."""
    with _paper(training, _("培训小结")) as paper:
        paper.paragraph(training.title, 13, align="C")
        paper.paragraph(_facts(training), 11)
        _figures(paper, training)
        hours = sum((person.hours for person in seen.people), ZERO)
        lines = [_("记入学时合计 %(hours)s") % {"hours": number(hours)}]
        if training.kind == Training.Kind.CLASS:
            lines.append(_("结业 %(n)s 人，共 %(all)s 人") % {"n": seen.completed, "all": len(seen.people)})
        lines += _said(training)
        for line in lines:
            paper.paragraph(line, 11)
        paper.signatures([_("负责人"), _("填表人")])
        return paper.done()


def _figures(paper: Paper, training: Training) -> None:
    rows_of = list(training.sessions.all())
    tallies = selectors.tallies(training, rows_of)
    heads = (
        Head(_("课次"), 80),
        Head(_("应到"), 25, "R"),
        Head(_("实到"), 25, "R"),
        Head(_("请假"), 25, "R"),
        Head(_("缺席"), 25, "R"),
    )
    rows = []
    for session in rows_of:
        tally = tallies[session.pk]
        figures = (tally.due, tally.present, tally.leave, tally.absent)
        rows.append((f"{moment_zh(session.starts_at)} {session.topic}", *map(str, figures)))
    paper.ruled(heads, rows, 10)
    paper.set_y(paper.y + 4)


def _said(training: Training) -> list[str]:
    found = opinions_of(training)
    if found.content is None:
        return [_("问卷 %(n)s 份，不足 5 份，不公布结果") % {"n": found.answers}]
    means = {"n": found.answers, "content": found.content, "teaching": found.teaching, "order": found.arrangement}
    return [
        _("问卷 %(n)s 份（5 分制）：内容有用 %(content)s，讲得明白 %(teaching)s，组织安排 %(order)s") % means,
        *(f"· {comment}" for comment in found.comments),
    ]
