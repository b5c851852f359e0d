"""Writes of what members choose and are given to study: enrol, favourite, rate, assign, ask, answer, tell what came of it."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.urls import reverse

from courses import study_selectors as selectors
from courses.models import CoursePage
from courses.study_models import (
    CourseAssignment,
    CourseEnrolment,
    CourseQuestion,
    CourseRating,
    FavouriteCourse,
    UseFeedback,
)
from lms.core import clock, photos
from lms.core.templatetags.xiangxue import date_zh
from lms.members import audit
from lms.members.models import Member, Unit, User
from lms.members.permissions import can
from lms.notices.services import notify

MOST_BYTES = 20 * 1024 * 1024
"""Of a photograph as it is sent."""
STARS = range(1, 6)
REMINDED_BEFORE = dt.timedelta(days=3)


class StudyError(ValueError):
    """What cannot be done.

    ``stars`` (not 1–5), ``past`` (a due day before today), ``assigned`` (it stands already), ``withdrawn``,
    ``not-yours``, ``empty``, ``file-too-large``, ``photo-unreadable``, ``photo-too-large``.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


# -- a member's own choice --------------------------------------------------------------------


@transaction.atomic
def enrol(*, course: CoursePage, member: Member, by: User | None) -> CourseEnrolment:
    """Choose a course. Chosen already: nothing changes."""
    row, _made = CourseEnrolment.objects.select_for_update().get_or_create(
        member=member, course=course, defaults={"enrolled_at": clock.now()}
    )
    if row.left_at is not None:
        row.enrolled_at, row.left_at = clock.now(), None
        row.save()
    audit.record("course.enrol", by=by, on=row, unit=member.unit, course=course.pk)
    return row


@transaction.atomic
def leave(*, course: CoursePage, member: Member, by: User | None) -> None:
    """Take the choice back; what was studied stays."""
    row = CourseEnrolment.objects.select_for_update().filter(member=member, course=course, left_at=None).first()
    if row is not None:
        row.left_at = clock.now()
        row.save()
        audit.record("course.leave", by=by, on=row, unit=member.unit, course=course.pk)


@transaction.atomic
def favour(*, course: CoursePage, member: Member, by: User | None) -> None:
    """Keep a course among the favourites."""
    row, made = FavouriteCourse.objects.get_or_create(member=member, course=course, defaults={"added_at": clock.now()})
    if made:
        audit.record("course.favour", by=by, on=row, unit=member.unit, course=course.pk)


@transaction.atomic
def disfavour(*, course: CoursePage, member: Member, by: User | None) -> None:
    """Take a course out of the favourites."""
    found = FavouriteCourse.objects.filter(member=member, course=course).first()
    if found is not None:
        audit.record("course.disfavour", by=by, on=found, unit=member.unit, course=course.pk)
        found.delete()


@transaction.atomic
def rate(*, course: CoursePage, member: Member, stars: int, by: User | None) -> CourseRating:
    """Say what one thinks of a course, or something else than before. Raises StudyError("stars")."""
    if stars not in STARS:
        raise StudyError("stars")
    row, _made = CourseRating.objects.update_or_create(
        member=member, course=course, defaults={"stars": stars, "rated_at": clock.now()}
    )
    audit.record("course.rate", by=by, on=row, unit=member.unit, course=course.pk, stars=stars)
    return row


# -- assignments ------------------------------------------------------------------------------


@transaction.atomic
def assign(
    *, course: CoursePage, unit: Unit, whom: str, due_on: dt.date, by: User | None, note: str = ""
) -> CourseAssignment:
    """Give a course to study by a day. Raises StudyError: ``not-yours``, ``past``, ``assigned``."""
    if by is not None and not can(by, "courses.assign", unit):
        raise StudyError("not-yours")
    if due_on < clock.today():
        raise StudyError("past")
    Unit.objects.select_for_update().get(pk=unit.pk)
    if CourseAssignment.objects.filter(course=course, unit=unit, whom=whom, withdrawn_at=None).exists():
        raise StudyError("assigned")
    row = CourseAssignment.objects.create(
        course=course, unit=unit, whom=whom, due_on=due_on, note=note, assigned_by=by, assigned_at=clock.now()
    )
    audit.record("course.assign", by=by, on=row, unit=unit, course=course.pk, whom=whom, due_on=str(due_on))
    return row


@transaction.atomic
def withdraw(*, assignment: CourseAssignment, by: User) -> None:
    """Take an assignment back. Raises StudyError: ``not-yours``, ``withdrawn``."""
    row = CourseAssignment.objects.select_for_update(of=("self",)).select_related("unit").get(pk=assignment.pk)
    if not can(by, "courses.assign", row.unit):
        raise StudyError("not-yours")
    if row.withdrawn_at is not None:
        raise StudyError("withdrawn")
    row.withdrawn_at = clock.now()
    row.save(update_fields=["withdrawn_at"])
    audit.record("course.withdraw", by=by, on=row, unit=row.unit, course=row.course_id)


def remind() -> int:
    """Tell whoever has not done it of each assignment that is due in ``REMINDED_BEFORE`` days or sooner, once; returns how many
    were told. What was given later than that is reminded of at once."""
    today = clock.today()
    due = CourseAssignment.objects.filter(withdrawn_at__isnull=True, course__live=True)
    due = due.filter(due_on__gte=today, due_on__lte=today + REMINDED_BEFORE)
    return sum(_remind(row) for row in due.select_related("course", "unit").order_by("pk"))


def _remind(assignment: CourseAssignment) -> int:
    missing = selectors.due_members(assignment).exclude(pk__in=selectors.done_with(assignment.course).values("pk"))
    parts = assignment.course.get_url_parts()
    facts = {
        "title": assignment.course.title,
        "until": date_zh(assignment.due_on),
        "unit": assignment.unit.label,
        "note": assignment.note,
    }
    about, link = f"assignment:{assignment.pk}:{assignment.due_on}", (parts[2] or "") if parts else ""
    return notify("course.due", members=missing, about=about, context=facts, link=link, by=None)


# -- questions and answers ----------------------------------------------------------------------


@transaction.atomic
def ask(*, course: CoursePage, member: Member, text: str, by: User | None) -> CourseQuestion:
    """Ask who made the course. Raises StudyError("empty")."""
    row = CourseQuestion.objects.create(course=course, member=member, text=_said(text), asked_at=clock.now())
    audit.record("course.ask", by=by, on=row, unit=member.unit, course=course.pk)
    _tell_question(row, by)
    return row


def _tell_question(question: CourseQuestion, by: User | None) -> None:
    """Who made the course hears of it, as far as he may answer that member."""
    owner = question.course.owner
    if owner is None or not owner.is_active or not can(owner, CourseQuestion.view_permission, question.member.unit):
        return
    link = reverse("question-answer", args=[question.uuid])
    facts = {"title": question.course.title, "note": question.text}
    notify("question.asked", users=[owner], about=f"question:{question.pk}", context=facts, link=link, by=by)


@transaction.atomic
def answer(*, question: CourseQuestion, text: str, shared: bool, by: User) -> CourseQuestion:
    """Answer a question, or better what was answered. Raises StudyError: ``not-yours``, ``empty``."""
    rows = CourseQuestion.objects.select_for_update(of=("self",)).select_related("member__unit")
    row = rows.get(pk=question.pk)
    if not can(by, CourseQuestion.view_permission, row.member.unit):
        raise StudyError("not-yours")
    row.answer, row.shared = _said(text), shared
    row.answered_by, row.answered_at = by, clock.now()
    row.save()
    audit.record("course.answer", by=by, on=row, unit=row.member.unit, shared=shared)
    _tell_answer(row, by)
    return row


def _tell_answer(question: CourseQuestion, by: User) -> None:
    """The one who asked hears of the answer, and of a better one later."""
    about = f"question:{question.pk}:{clock.now().isoformat()}"
    facts = {"title": question.course.title, "note": question.answer}
    parts = question.course.get_url_parts()
    link = (parts[2] or "") if parts else ""
    notify("question.answered", members=[question.member], about=about, context=facts, link=link, by=by)


# -- 学用反馈 -----------------------------------------------------------------------------------


def tell_use(*, course: CoursePage, member: Member, text: str, photo: bytes | None, by: User | None) -> UseFeedback:
    """Tell what came of a course. Raises StudyError: ``empty``, ``file-too-large``, ``photo-unreadable``, ``photo-too-large``.

    The picture is worked on before the transaction begins: a writer must not wait for a decoder. It is drawn anew, which
    leaves behind what a camera adds.
    """
    row = UseFeedback(course=course, member=member, text=_said(text), sent_at=clock.now())
    clean = _clean(photo) if photo else None
    with transaction.atomic():
        if clean is not None:
            row.photo.save(f"{uuid.uuid4()}.jpg", ContentFile(clean), save=False)
        row.save()
        audit.record("course.use", by=by, on=row, unit=member.unit, course=course.pk, photo=bool(clean))
    return row


def _clean(data: bytes) -> bytes:
    if len(data) > MOST_BYTES:
        raise StudyError("file-too-large")
    try:
        return photos.encode(photos.read(data))
    except photos.PhotoError as error:
        raise StudyError(error.code) from error


@transaction.atomic
def take_back(*, feedback: UseFeedback, by: Any) -> None:
    """The writer takes back what he told; it is shown to nobody any more. Raises StudyError("not-yours")."""
    row = UseFeedback.objects.select_for_update(of=("self",)).select_related("member__unit").get(pk=feedback.pk)
    if row.member.user_id is None or row.member.user_id != by.pk:
        raise StudyError("not-yours")
    if row.withdrawn_at is None:
        row.withdrawn_at = clock.now()
        row.save(update_fields=["withdrawn_at"])
        audit.record("course.use.withdraw", by=by, on=row, unit=row.member.unit)


def _said(text: str) -> str:
    if not text.strip():
        raise StudyError("empty")
    return text.strip()
