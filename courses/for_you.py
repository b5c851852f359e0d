"""为你推荐: courses that fit a member now, each with the reason. Nothing is recorded about anybody for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from courses import catalogue
from courses.models import CoursePage, LessonProgress
from courses.seasons import is_now
from lms.core import clock
from lms.hours.credit import Category
from lms.members.models import Member, Post

# How an editor's 适合对象 names the offices; whoever holds one finds what is made for him.
OFFICE_WORDS = {
    "secretary": ("书记", "班子", "带头人"),
    "deputy": ("副书记", "班子"),
    "committee": ("支委", "委员", "班子"),
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A course and why it is named; ``weight``: how strong the reasons are."""

    course: CoursePage
    reason: str
    weight: int


def suggestions(member: Member, *, lacking: Mapping[str, Decimal], most: int = 3) -> list[Suggestion]:
    """The courses that fit best, strongest first: what a goal lacks (学时 by category), office, season, what he has learned of.

    Courses that the member has begun or completed are left out, as are those without any reason.
    """
    rows = LessonProgress.objects.filter(member=member).select_related("lesson")
    begun = {course.pk: course for course in catalogue.courses_of(row.lesson for row in rows).values()}
    offices = set(Post.objects.filter(member=member, ended_on__isnull=True).values_list("office", flat=True))
    crops = {course.industry for course in begun.values()} - {""}
    found = []
    for course in catalogue.catalogue(catalogue.Wanted(without=begun, video=True)):
        reasons = list(_reasons(course, lacking, offices, crops))
        if reasons:
            found.append(Suggestion(course, max(reasons)[1], sum(weight for weight, _text in reasons)))
    return sorted(found, key=lambda one: -one.weight)[:most]


def _reasons(
    course: CoursePage, lacking: Mapping[str, Decimal], offices: set[str], crops: set[str]
) -> Iterator[tuple[int, str]]:
    """(weight, in words) of everything that speaks for a course."""
    if missing := lacking.get(course.category):
        name = Category(course.category).label
        yield 8, _("目标还差“%(category)s”%(hours)s 学时") % {"category": name, "hours": f"{missing.normalize():f}"}
    if any(word in course.audience for office in offices for word in OFFICE_WORDS.get(office, ())):
        yield 4, _("适合您的职务")
    month = clock.today().month
    if is_now(course.season, month):
        yield 3, _("正当时节")
    elif is_now(course.season, month % 12 + 1):
        yield 2, _("快到时节")
    if course.industry in crops:
        yield 1, _("您学过“%(industry)s”") % {"industry": course.industry}
