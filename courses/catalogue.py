"""What is on offer: the catalogue with its filters, what lessons belong to which course, what is timely."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.db.models.functions import Length, Substr

from courses.models import CoursePage, LessonPage, ScormPackage
from courses.seasons import is_now
from lms.core import clock
from lms.core.search.finding import find

PLAYABLE = (Q(media__isnull=False) | Q(package__state=ScormPackage.State.READY)) & Q(reading_minutes=0)
"""A lesson of a course with something to study by the clock: a film, or a package that is unpacked."""
SEVERAL = re.compile(r"[、，,；;/ ]+")
"""What stands between several audiences."""
SHORT, LONG = "short", "long"
SHORT_MS = 30 * 60_000
"""A course that takes no longer is a short one: it fits into an evening."""


# -- courses and their lessons ----------------------------------------------------------


def on_offer(private: Q | None = None) -> QuerySet[CoursePage]:
    """The courses that are published, for everybody, and not archived.

    ``private``: what ``private_q`` of pages says, for who asks for several kinds of pages; without it a query finds out.
    """
    live = CoursePage.objects.live()
    return (live.public() if private is None else live.exclude(private)).filter(archived=False)


def with_course(lessons: QuerySet[LessonPage]) -> QuerySet[LessonPage]:
    """Lessons with the path of their course as ``above``."""
    return lessons.annotate(above=Substr("path", 1, Length("path") - LessonPage.steplen))


def lessons_on_offer(courses: QuerySet[CoursePage] | None = None, private: Q | None = None) -> QuerySet[LessonPage]:
    """The published lessons of courses on offer, or of some of them, with the path of their course as ``above``."""
    private = LessonPage.objects.all().private_q() if private is None else private
    chosen = on_offer(private) if courses is None else courses
    return with_course(LessonPage.objects.live().exclude(private)).filter(above__in=chosen.values("path"))


def courses_of(lessons: Iterable[LessonPage]) -> dict[int, CoursePage]:
    """The course of each of some lessons by lesson id, in one query."""
    above = {lesson.pk: lesson.path[: -lesson.steplen] for lesson in lessons}
    found = {course.path: course for course in CoursePage.objects.filter(path__in=set(above.values()))}
    return {pk: found[path] for pk, path in above.items() if path in found}


def lesson_counts(courses: Iterable[CoursePage]) -> dict[str, tuple[int, int]]:
    """How many lessons some courses have and how long they take (milliseconds), by course path, in one query."""
    found = {course.path: (0, 0) for course in courses}
    rows = with_course(LessonPage.objects.live()).filter(above__in=list(found)).select_related("media", "package")
    for lesson in rows.only(
        "reading_seconds", "reading_minutes", "media__duration_ms", "package__minutes", "package__state"
    ):
        number, total = found[lesson.above]
        found[lesson.above] = (number + 1, total + lesson.duration_ms + lesson.reading_seconds * 1000)
    return found


# -- filters ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for in the catalogue; empty: anything. ``length``: short or long; ``without``: ids to leave out;
    ``earning``: with something that earns hours, a film, a package or a test."""

    text: str = ""
    category: str = ""
    industry: str = ""
    audience: str = ""
    length: str = ""
    timely: bool = False
    video: bool = False
    earning: bool = False
    without: Collection[int] = ()


def catalogue(wanted: Wanted) -> list[CoursePage]:
    """The courses on offer that pass, the newest first; those that fit a text, the best first.

    A text is looked for in courses and their lessons, as the site's search does.
    """
    rows = on_offer().select_related("cover").order_by("-first_published_at", "path")
    for name in ("category", "industry"):
        if value := getattr(wanted, name):
            rows = rows.filter(**{name: value})
    if wanted.audience:
        rows = rows.filter(audience__contains=wanted.audience)
    if wanted.video:
        filmed = with_course(LessonPage.objects.live()).filter(media__isnull=False)
        rows = rows.filter(path__in=filmed.values("above"))
    if wanted.earning:
        tested = ~Q(questions=[])
        studied = with_course(LessonPage.objects.live()).filter(PLAYABLE | tested)
        rows = rows.filter(Q(path__in=studied.values("above")) | Q(final_quiz=True))
    found = [course for course in rows if course.pk not in wanted.without]
    if wanted.timely:
        found = [course for course in found if is_now(course.season, clock.today().month)]
    if wanted.length:
        counts = lesson_counts(found)
        found = [course for course in found if (counts[course.path][1] <= SHORT_MS) == (wanted.length == SHORT)]
    return _fitting(found, wanted.text) if wanted.text.strip() else found


def _fitting(courses: list[CoursePage], text: str) -> list[CoursePage]:
    """Those of some courses that fit a text by themselves or by a lesson, the best first."""
    among = CoursePage.objects.filter(pk__in=[course.pk for course in courses])
    lessons = lessons_on_offer(among)
    rows = find(text, among, lessons).rows
    above = courses_of(LessonPage.objects.filter(pk__in=[row.pk for row in rows if row.among == 1]))
    by_id = {course.pk: course for course in courses}
    order = dict.fromkeys(row.pk if row.among == 0 else above[row.pk].pk for row in rows)
    return [by_id[pk] for pk in order if pk in by_id]


def industries() -> list[str]:
    """The crops and industries that courses on offer are about."""
    rows = on_offer().exclude(industry="").order_by("industry")
    return list(rows.values_list("industry", flat=True).distinct())


def audiences() -> list[str]:
    """Whom courses on offer are for, one by one, those named most often first."""
    rows = on_offer().exclude(audience="").values_list("audience", flat=True)
    named = Counter(one.strip() for row in rows for one in SEVERAL.split(row) if one.strip())
    return [name for name, _times in sorted(named.items(), key=lambda pair: (-pair[1], pair[0]))]


def timely_words(month: int) -> list[str]:
    """The crops and industries of courses on offer, those whose season it is first."""
    rows = on_offer().exclude(industry="").order_by("industry")
    found = list(rows.values_list("industry", "season").distinct())
    found.sort(key=lambda row: not is_now(row[1], month))
    return list(dict.fromkeys(industry for industry, _season in found))
