"""Reads of the paper loop: days with their sheets, photographs, what is proposed for whom."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import QuerySet

from lms.core import clock
from lms.members.models import Member
from lms.training import sheets
from lms.training.models import Attendance, SheetPhoto, Training, TrainingSession
from lms.training.paper import layout, reader


@dataclass(frozen=True, slots=True)
class Proposal:
    """One box as the trainer sees it before confirming."""

    row: int
    half: str
    verdict: str
    why: str
    member: Member

    @property
    def field(self) -> str:
        """The name of the box in the form."""
        return f"{self.row}-{self.half}"


ORDER = {reader.DOUBTFUL: 0, reader.PRESENT: 1, reader.ABSENT: 2}


def days_of(training: Training) -> list[dt.date]:
    """The days on which the training has a session, in order."""
    return sorted({clock.local_date(session.starts_at) for session in training.sessions.all()})


def sessions_on(training: Training, day: dt.date) -> list[tuple[TrainingSession, tuple[str, ...]]]:
    """The sessions of a day, each with the boxes that stand for it."""
    found = []
    for session in training.sessions.all():
        if clock.local_date(session.starts_at) == day:
            wanted = zip(layout.HALVES, sheets.halves(session), strict=True)
            found.append((session, tuple(half for half, covered in wanted if covered)))
    return found


def photos_of(training: Training) -> QuerySet[SheetPhoto]:
    """The photographs of a training's sheets, the newest first."""
    return SheetPhoto.objects.filter(page__sheet__training=training).select_related("page__sheet", "added_by")


def proposals(photo: SheetPhoto) -> list[Proposal]:
    """What the photograph proposes for the halves that have a session: doubtful boxes first."""
    page = photo.page
    members = Member.objects.select_related("unit").in_bulk(page.members)
    halves = {half for _session, covered in sessions_on(page.sheet.training, page.sheet.day) for half in covered}
    found = [
        Proposal(row, half, verdict, why, members[page.members[row]])
        for row, half, verdict, _ink, why in photo.boxes
        if half in halves
    ]
    return sorted(found, key=lambda one: (ORDER[one.verdict], one.row))


def photos_behind(mark: Attendance) -> list[SheetPhoto]:
    """The confirmed photographs of the page on which a person signed: what stands behind a mark taken from paper."""
    if mark.means != Attendance.Means.PAPER:
        return []
    day = clock.local_date(mark.session.starts_at)
    rows = photos_of(mark.session.training).filter(page__sheet__day=day, confirmed_at__isnull=False)
    return [row for row in rows if mark.member_id in row.page.members]
