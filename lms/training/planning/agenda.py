"""The agenda of a training (议程) as a PDF to print and hand out: when, what, by whom, where."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext as _

from lms.core.pdf import Head, Paper
from lms.training.models import Training, TrainingSession
from lms.training.planning.calendars import where

WEEKDAYS = "一二三四五六日"


def agenda(training: Training, stamp: dt.datetime | None = None) -> bytes:
    """A4 sheets; a day of a session is written out with its day of the week. ``stamp``: the date of the file, for an archive."""
    rows = training.sessions.select_related("room__venue").prefetch_related("experts")
    sessions = list(rows)
    for session in sessions:
        session.training = training
    paper = Paper(title=training.title)
    if stamp is not None:
        paper.set_creation_date(stamp)
    paper.begin(foot=training.unit.name)
    paper.title_line(_("议程"))
    paper.paragraph(training.title, 14, align="C")
    paper.set_y(paper.y + 4)
    for label, value in _facts(training):
        paper.paragraph(f"{label}：{value}")
    paper.set_y(paper.y + 4)
    widths = (30.0, 28.0, 52.0, 32.0, paper.inner - 142.0)
    titles = (_("日期"), _("时间"), _("内容"), _("授课人"), _("地点"))
    heads = [Head(title, width) for title, width in zip(titles, widths, strict=True)]
    paper.ruled(heads, [_line(session) for session in sessions], 10)
    return paper.done()


def _facts(training: Training) -> list[tuple[str, str]]:
    facts = [
        (_("期次"), f"{training.year} {training.series}" if training.number else ""),
        (_("主办单位"), training.unit.name),
        (_("承办单位"), str(training.organiser or "")),
        (_("负责教师"), str(training.trainer or "")),
        (_("参观须知"), training.base.what_to_bring if training.base else ""),
    ]
    return [(label, value) for label, value in facts if value]


def _line(session: TrainingSession) -> tuple[str, ...]:
    start, end = timezone.localtime(session.starts_at), timezone.localtime(session.ends_at)
    teachers = "、".join(expert.name for expert in session.experts.all()) or session.training.lecturer
    day = f"{start.year}-{start:%m-%d}（{WEEKDAYS[start.weekday()]}）"
    return day, f"{start:%H:%M}–{end:%H:%M}", session.topic, teachers, where(session)
