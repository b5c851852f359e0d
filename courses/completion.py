"""When a course is completed: every required lesson with a video or package, and its final test where it has one.

A course that needs neither is completed by nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Count, QuerySet

from courses import catalogue
from courses.models import CoursePage, LessonPage, LessonProgress
from courses.quiz_models import QuizAttempt
from courses.quiz_selectors import passed_in
from lms.members.models import Member


def needed_lessons(courses: Iterable[CoursePage]) -> dict[int, list[int]]:
    """The lessons that complete each of some courses by course id, in order: published, required, with a video or package. One query."""
    by_path = {course.path: course.pk for course in courses}
    rows = catalogue.with_course(LessonPage.objects.live()).filter(
        catalogue.PLAYABLE, above__in=list(by_path), required=True
    )
    found: dict[int, list[int]] = {pk: [] for pk in by_path.values()}
    for pk, above in rows.order_by("path").values_list("pk", "above"):
        found[by_path[above]].append(pk)
    return found


def is_complete(course: CoursePage, needed: Collection[int], done: Collection[int], *, passed: bool) -> bool:
    """Whether a course is completed by who has done some lessons and passed, or not, its final test."""
    return bool(needed or course.final_quiz) and set(needed) <= set(done) and (passed or not course.final_quiz)


def completed_by(member: Member, courses: Iterable[CoursePage]) -> set[int]:
    """Which of some courses (by id) a member has completed, in three queries."""
    rows = list(courses)
    needed = needed_lessons(rows)
    progress = LessonProgress.objects.filter(member=member, completed_at__isnull=False)
    done = set(progress.values_list("lesson_id", flat=True))
    passed = passed_in([course.pk for course in rows if course.final_quiz], member)
    return {one.pk for one in rows if is_complete(one, needed[one.pk], done, passed=one.pk in passed)}


def done_with(course: CoursePage) -> QuerySet[Member]:
    """Who has completed a course."""
    needed = needed_lessons([course])[course.pk]
    people = Member.objects.all()
    if not needed and not course.final_quiz:
        return people.none()
    if needed:
        watched = LessonProgress.objects.filter(lesson_id__in=needed, completed_at__isnull=False).order_by()
        all_of_them = watched.values("member").annotate(n=Count("pk")).filter(n=len(needed))
        people = people.filter(pk__in=all_of_them.values("member"))
    if course.final_quiz:
        passed = QuizAttempt.objects.filter(page_id=course.pk, result__passed=True).order_by()
        people = people.filter(pk__in=passed.values("member"))
    return people


def first_before(course: CoursePage, member: Member | None) -> list[tuple[CoursePage, bool]]:
    """The published courses that should come before one, in the editors' order, each with whether the member completed it."""
    courses = [row.course for row in course.prerequisites.select_related("course") if row.course.live]
    done = completed_by(member, courses) if member is not None and courses else set()
    return [(one, one.pk in done) for one in courses]
