"""为你推荐: courses that fit a member now, each with the reason. Nothing is recorded about anybody for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from courses import catalogue
from courses.models import CoursePage, LessonProgress
from courses.seasons import is_now
from lms.core import clock
from lms.hours.credit import Category
from lms.members.models import Member, Post, Unit

# How an editor's 适合对象 names the offices; whoever holds one finds what is made for him.
OFFICE_WORDS = {
    "secretary": ("书记", "班子", "带头人"),
    "deputy": ("副书记", "班子"),
    "committee": ("支委", "委员", "班子"),
}
# And the people of a village, an enterprise, an office.
SETTING_WORDS = {
    Unit.Setting.VILLAGE: ("种植户", "养殖户", "农户", "村"),
    Unit.Setting.COMMUNITY: ("社区", "居民"),
    Unit.Setting.ENTERPRISE: ("企业", "职工"),
    Unit.Setting.ORGAN: ("机关", "干部"),
}


@dataclass(frozen=True, slots=True)
class Lack:
    """What a member's goals still lack, in 学时: by category where a least is asked of it, and in all.

    ``online_full``: no more of studying online counts towards ``hours``; only a class does.
    """

    categories: Mapping[str, Decimal] = field(default_factory=dict)
    hours: Decimal = Decimal(0)
    online_full: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A course and why it is named; ``weight``: how strong the reasons are."""

    course: CoursePage
    reason: str
    weight: int


@dataclass(frozen=True, slots=True)
class _Learner:
    """What is known of a member that speaks for a course: offices, what his unit is, what he works at, what he has learned of."""

    offices: set[str]
    setting: str
    work: str
    crops: set[str]


def suggestions(member: Member, *, lacking: Lack, most: int = 3) -> list[Suggestion]:
    """The courses that fit best, strongest first: what a goal lacks, office, work, season, what he has learned of.

    Courses that the member has begun or completed are left out, as are those without any reason and those that earn nothing.
    """
    rows = LessonProgress.objects.filter(member=member).select_related("lesson")
    begun = {course.pk: course for course in catalogue.courses_of(row.lesson for row in rows).values()}
    offices = Post.objects.filter(member=member, ended_on__isnull=True).values_list("office", flat=True)
    learner = _Learner(
        offices=set(offices),
        setting=member.unit.setting,
        work=_work(member),
        crops={course.industry for course in begun.values()} - {""},
    )
    found = []
    for course in catalogue.catalogue(catalogue.Wanted(without=begun, earning=True)):
        reasons = list(_reasons(course, lacking, learner))
        if reasons:
            found.append(Suggestion(course, _in_words(reasons), sum(weight for weight, _text in reasons)))
    return sorted(found, key=lambda one: -one.weight)[:most]


def _work(member: Member) -> str:
    """The member's own words for what he does."""
    return member.job


HOURS_WEIGHT = 2


def _in_words(reasons: list[tuple[int, str]]) -> str:
    """The strongest reason, and after it that hours are lacking at all."""
    strongest = max(reasons)
    hours = [text for weight, text in reasons if weight == HOURS_WEIGHT and text != strongest[1]]
    return _("%(reason)s；%(more)s") % {"reason": strongest[1], "more": hours[0]} if hours else strongest[1]


def _reasons(course: CoursePage, lacking: Lack, learner: _Learner) -> Iterator[tuple[int, str]]:
    """(weight, in words) of everything that speaks for a course."""
    if missing := lacking.categories.get(course.category):
        name = Category(course.category).label
        yield 12, _("目标还差“%(category)s”%(hours)s 学时") % {"category": name, "hours": f"{missing.normalize():f}"}
    if any(word in course.audience for office in learner.offices for word in OFFICE_WORDS.get(office, ())):
        yield 6, _("适合您的职务")
    if course.industry and course.industry in learner.work:
        yield 5, _("您从事“%(industry)s”") % {"industry": course.industry}
    month = clock.today().month
    if is_now(course.season, month):
        yield 4, _("正当时节")
    elif is_now(course.season, month % 12 + 1):
        yield 3, _("快到时节")
    if lacking.hours and not lacking.online_full:
        yield HOURS_WEIGHT, _("还差 %(hours)s 学时") % {"hours": f"{lacking.hours.normalize():f}"}
    if course.industry in learner.crops:
        yield 1, _("您学过“%(industry)s”") % {"industry": course.industry}
    if any(word in course.audience for word in SETTING_WORDS.get(Unit.Setting(learner.setting), ())):
        yield 1, _("适合您所在的%(place)s") % {"place": Unit.Setting(learner.setting).label}
