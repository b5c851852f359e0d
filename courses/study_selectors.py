"""Reads of what members choose and are given to study: whom an assignment binds, who is done, a member's own courses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Sum, When

from courses.completion import done_with, is_complete, needed_lessons
from courses.models import CoursePage, LessonPage, LessonProgress
from courses.quiz_selectors import passed_in
from courses.study_models import (
    CourseAssignment,
    CourseEnrolment,
    CourseQuestion,
    CourseRating,
    FavouriteCourse,
    UseFeedback,
)
from lms.core import clock
from lms.members.models import Member, Post, Unit
from lms.members.permissions import units_where, visible, within

Whom = CourseAssignment.Whom
TENTH = Decimal("0.1")
LATELY = dt.timedelta(days=365)
"""How long a passed due day is still asked after."""


# -- whom an assignment binds: one form by member, one by assignment; a test proves that they agree -----------


def _leads(day: dt.date, *offices: str) -> Exists:
    posts = Post.objects.held(day).filter(member=OuterRef("pk"))
    return Exists(posts.filter(office__in=offices) if offices else posts)


def due_members(assignment: CourseAssignment) -> QuerySet[Member]:
    """Whom an assignment binds today."""
    people = Member.objects.active().in_unit(assignment.unit).select_related("unit")
    today = clock.today()
    if assignment.whom == Whom.LEADERS:
        return people.filter(_leads(today))
    if assignment.whom == Whom.SECRETARIES:
        return people.filter(_leads(today, Post.Office.SECRETARY))
    if assignment.whom == Whom.COMMITTEE:
        return people.filter(_leads(today, Post.Office.COMMITTEE))
    if assignment.whom == Whom.ACTIVISTS:
        return people.filter(category=Member.Category.ACTIVIST)
    if assignment.whom == Whom.PROBATIONARY:
        return people.filter(category=Member.Category.PROBATIONARY)
    if assignment.whom == Whom.CANDIDATES:
        return people.filter(category=Member.Category.CANDIDATE)
    if assignment.whom == Whom.AWAY:
        return people.party().filter(away=True)
    return people.party()


def kinds_of(member: Member) -> set[str]:
    """By which kinds of people a member is bound today."""
    if member.state != Member.State.ACTIVE:
        return set()
    offices = set(Post.objects.held(clock.today()).filter(member=member).values_list("office", flat=True))
    found = {
        Whom.LEADERS: bool(offices),
        Whom.SECRETARIES: Post.Office.SECRETARY in offices,
        Whom.COMMITTEE: Post.Office.COMMITTEE in offices,
        Whom.ACTIVISTS: member.category == Member.Category.ACTIVIST,
        Whom.PROBATIONARY: member.category == Member.Category.PROBATIONARY,
        Whom.CANDIDATES: member.category == Member.Category.CANDIDATE,
        Whom.AWAY: member.away and member.is_party_member,
        Whom.ALL: member.is_party_member,
    }
    return {kind for kind, holds in found.items() if holds}


def assigned_to(member: Member) -> QuerySet[CourseAssignment]:
    """What a member is given to study, the nearest due day first."""
    path, step = member.unit.path, Unit.steplen
    above = [path[:end] for end in range(step, len(path) + 1, step)]
    rows = CourseAssignment.objects.filter(
        withdrawn_at__isnull=True, unit__path__in=above, whom__in=kinds_of(member), course__live=True
    )
    return rows.select_related("course").order_by("due_on", "pk")


# -- a member's own courses ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OwnCourse:
    """A course as its learner sees it. ``done`` of ``needed`` lessons; ``due_on`` where it was assigned."""

    course: CoursePage
    done: int
    needed: int
    test_missing: bool
    chosen: bool
    favourite: bool
    begun: bool
    due_on: dt.date | None
    next_lesson: LessonPage | None
    complete: bool

    @property
    def overdue(self) -> bool:
        """Whether it should have been done by now."""
        return self.due_on is not None and not self.complete and self.due_on < clock.today()


@dataclass(frozen=True, slots=True)
class Shelf:
    """A member's courses: given and not done (the nearest due day first), begun or chosen, done, favourites."""

    assigned: list[OwnCourse]
    learning: list[OwnCourse]
    done: list[OwnCourse]
    favourites: list[OwnCourse]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.assigned or self.learning or self.done or self.favourites)


def shelf(member: Member) -> Shelf:
    """A member's courses, in ten queries whatever their number."""
    rows = list(_own(member))
    open_ones = [row for row in rows if not row.complete]
    assigned = sorted((row for row in open_ones if row.due_on), key=lambda row: row.due_on or dt.date.max)
    return Shelf(
        assigned=assigned,
        learning=[row for row in open_ones if not row.due_on and (row.begun or row.chosen)],
        done=[row for row in rows if row.complete and (row.begun or row.chosen or row.due_on)],
        favourites=[row for row in rows if row.favourite],
    )


def _own(member: Member) -> Iterator[OwnCourse]:
    due: dict[int, dt.date] = {}
    for assignment in assigned_to(member):
        due.setdefault(assignment.course_id, assignment.due_on)
    chosen = _courses_in(CourseEnrolment.objects.filter(member=member, left_at__isnull=True))
    favourites = _courses_in(FavouriteCourse.objects.filter(member=member))
    progress = LessonProgress.objects.filter(member=member).order_by()
    seen = list(progress.values_list("lesson_id", "lesson__path", "completed_at"))
    begun = {path[: -LessonPage.steplen] for _pk, path, _at in seen}
    completed = {pk for pk, _path, at in seen if at is not None}
    wanted = Q(pk__in={*due, *chosen, *favourites}) | Q(path__in=begun)
    courses = list(CoursePage.objects.live().filter(wanted).select_related("cover").order_by("path"))
    needed = needed_lessons(courses)
    tests = [course.pk for course in courses if course.final_quiz]
    passed = passed_in(tests, member) if tests else set()
    following = {pk: next((one for one in ids if one not in completed), None) for pk, ids in needed.items()}
    lessons = LessonPage.objects.in_bulk([pk for pk in following.values() if pk is not None])
    for course in courses:
        yield OwnCourse(
            course=course,
            done=sum(pk in completed for pk in needed[course.pk]),
            needed=len(needed[course.pk]),
            test_missing=course.final_quiz and course.pk not in passed,
            chosen=course.pk in chosen,
            favourite=course.pk in favourites,
            begun=course.path in begun,
            due_on=due.get(course.pk),
            next_lesson=lessons.get(following[course.pk] or 0),
            complete=is_complete(course, needed[course.pk], completed, passed=course.pk in passed),
        )


def _courses_in(rows: QuerySet[Any]) -> set[int]:
    return set(rows.values_list("course_id", flat=True))


# -- what stands on a course's page -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opinion:
    """How a course was rated: the average to a tenth, rounded down (None before anybody did), and by how many."""

    average: Decimal | None
    number: int


def opinion_of(course: CoursePage) -> Opinion:
    """What members think of a course."""
    found = CourseRating.objects.filter(course=course).aggregate(total=Sum("stars"), number=Count("pk"))
    if not found["number"]:
        return Opinion(None, 0)
    average = (Decimal(found["total"]) / found["number"]).quantize(TENTH, ROUND_DOWN)
    return Opinion(average, found["number"])


def answered(course: CoursePage) -> QuerySet[CourseQuestion]:
    """Questions whose answers everybody may read, the latest first."""
    return CourseQuestion.objects.filter(course=course, shared=True)


@dataclass(frozen=True, slots=True)
class OwnStanding:
    """What one member has to do with one course."""

    chosen: bool
    favourite: bool
    stars: int | None
    due_on: dt.date | None
    questions: list[CourseQuestion]
    uses: list[UseFeedback]


def standing_in(course: CoursePage, member: Member) -> OwnStanding:
    """What one member has to do with one course."""
    mine = {"course": course, "member": member}
    assignment = assigned_to(member).filter(course=course).first()
    return OwnStanding(
        chosen=CourseEnrolment.objects.filter(**mine, left_at__isnull=True).exists(),
        favourite=FavouriteCourse.objects.filter(**mine).exists(),
        stars=CourseRating.objects.filter(**mine).values_list("stars", flat=True).first(),
        due_on=assignment.due_on if assignment else None,
        questions=list(CourseQuestion.objects.filter(**mine)),
        uses=list(UseFeedback.objects.filter(**mine, withdrawn_at__isnull=True)),
    )


# -- the desk -----------------------------------------------------------------------------------------


def assignments_seen_by(user: Any) -> QuerySet[CourseAssignment]:
    """The assignments that bind somebody whom the person may see: of his units, below them, and of the units above."""
    units = units_where(user, CourseAssignment.view_permission)
    above = {unit.path[:end] for unit in units for end in range(Unit.steplen, len(unit.path), Unit.steplen)}
    rows = CourseAssignment.objects.filter(within(units, "unit") | Q(unit__path__in=above))
    return rows.select_related("course", "unit", "assigned_by").order_by("withdrawn_at", "-due_on", "-pk")


def people_of(assignment: CourseAssignment, user: Any) -> QuerySet[Member]:
    """Whom an assignment binds, as far as the person may see them."""
    return visible(due_members(assignment), user, CourseAssignment.view_permission)


@dataclass(frozen=True, slots=True)
class Figures:
    """An assignment in numbers: whom it binds of those whom the reader sees, and how many of them are done."""

    assignment: CourseAssignment
    people: int
    done: int

    @property
    def missing(self) -> int:
        """Who has still to do it."""
        return self.people - self.done

    @property
    def overdue(self) -> bool:
        """Whether the due day has passed with people missing."""
        stands = self.assignment.withdrawn_at is None and self.assignment.course.live
        return stands and self.missing > 0 and self.assignment.due_on < clock.today()


def figures_of(assignment: CourseAssignment, user: Any) -> Figures:
    """An assignment in numbers, in two queries."""
    done = Q(pk__in=done_with(assignment.course).values("pk"))
    found = people_of(assignment, user).order_by().aggregate(people=Count("pk"), done=Count("pk", filter=done))
    return Figures(assignment, found["people"], found["done"])


def overdue_seen_by(user: Any) -> Iterator[tuple[CourseAssignment, Member]]:
    """Who has not done by the due day what he was given, of the last year; the earliest due day first.

    A course that is not published binds nobody: it cannot be opened.
    """
    today = clock.today()
    late = assignments_seen_by(user).filter(
        withdrawn_at__isnull=True, course__live=True, due_on__lt=today, due_on__gte=today - LATELY
    )
    for assignment in late.order_by("due_on", "pk"):
        missing = people_of(assignment, user).exclude(pk__in=done_with(assignment.course).values("pk"))
        for member in missing.iterator(chunk_size=1000):
            yield assignment, member


def questions_seen_by(user: Any) -> QuerySet[CourseQuestion]:
    """The questions that the person may answer, those without an answer first."""
    rows = CourseQuestion.objects.filter(within(units_where(user, CourseQuestion.view_permission), "member__unit"))
    waiting = Case(When(answered_at__isnull=True, then=0), default=1)
    return rows.select_related("course", "member__unit", "answered_by").order_by(waiting, "-asked_at")


def uses_seen_by(user: Any) -> QuerySet[UseFeedback]:
    """What members told of use, as far as the person may see them."""
    rows = visible(UseFeedback.objects.filter(withdrawn_at__isnull=True), user)
    return rows.select_related("course", "member__unit")
