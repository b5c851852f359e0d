"""What the pages of courses show beside what editors wrote: the filtered catalogue, where the reader is.

Wagtail builds a page's context in its model, which the selectors import; a tag lets the template ask the selectors instead.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.core.paginator import Paginator
from django.template.context import RequestContext

from courses import media_status as film_status
from courses import selectors
from courses.forms import CatalogueFilter
from courses.media_models import Rendition
from courses.models import CoursePage, LessonPage, MediaFile, ScormPackage
from lms.core import clock
from lms.members.models import Member

register = template.Library()
PAGE = 24


def _member(context: RequestContext) -> Member | None:
    user = getattr(context.get("request"), "user", None)
    return getattr(user, "member", None) if user is not None and user.is_authenticated else None


@register.simple_tag(takes_context=True)
def catalogue(context: RequestContext) -> dict[str, Any]:
    """``form`` and ``page``: the published courses that pass the filters in the address, with lessons and minutes."""
    request = context["request"]
    form = CatalogueFilter(request.GET)
    page = Paginator(selectors.catalogue(**form.wanted()), PAGE).get_page(request.GET.get("page"))
    return {"form": form, "page": page, "cards": cards(page.object_list)}


def cards(courses: Any) -> list[dict[str, Any]]:
    """Courses with their number of lessons and minutes of video, as cards show them."""
    found = list(courses)
    counts = selectors.lesson_counts(found)
    return [
        {"course": course, "lessons": counts[course.path][0], "minutes": -(-counts[course.path][1] // 60_000)}
        for course in found
    ]


@register.simple_tag
def newest_courses(number: int) -> list[dict[str, Any]]:
    """The newest published courses, as cards."""
    return cards(selectors.catalogue()[:number])


@register.simple_tag(takes_context=True)
def course_state(context: RequestContext, page: CoursePage) -> dict[str, Any]:
    """The lessons of a course with the reader's progress in each; how many he has completed; what it earns."""
    member, lessons = _member(context), list(page.lessons())
    progress = selectors.progress_in(lessons, member) if member else {}
    rows = [{"lesson": lesson, "progress": progress.get(lesson.pk)} for lesson in lessons]
    done = sum(1 for row in rows if row["progress"] and row["progress"].completed_at)
    unfinished = (row["lesson"] for row in rows if not (row["progress"] and row["progress"].completed_at))
    return {
        "rows": rows,
        "done": done,
        "member": member,
        "next": next(unfinished, None),
        "hours": selectors.hours_of(lessons, clock.today()),
    }


@register.simple_tag(takes_context=True)
def lesson_state(context: RequestContext, page: LessonPage) -> dict[str, Any]:
    """The course around a lesson, the lessons before and after it, the reader's progress."""
    member, course = _member(context), page.course
    lessons = list(course.lessons())
    number = next((index for index, lesson in enumerate(lessons) if lesson.pk == page.pk), 0)
    progress = selectors.progress_in([page], member).get(page.pk) if member else None
    return {
        "course": course,
        "number": number + 1,
        "total": len(lessons),
        "before": lessons[number - 1] if number else None,
        "after": lessons[number + 1] if number + 1 < len(lessons) else None,
        "member": member,
        "progress": progress,
        "percent": _percent(page, progress.watched_ms if progress else 0),
    }


def _percent(page: LessonPage, watched_ms: int) -> int:
    """How much of what is needed has been watched, 0–100."""
    return min(100, watched_ms * 100 // page.needed_ms) if page.needed_ms else 0


@register.simple_tag(takes_context=True)
def package_parts(context: RequestContext, package: ScormPackage) -> list[dict[str, Any]]:
    """The table of contents of a package with what its parts report of the reader."""
    return selectors.parts_of(package, _member(context))


@register.simple_tag
def stream_url(media: MediaFile, rendition: Rendition) -> str:
    """The address of one rendition's file."""
    return media.stream_url(rendition.file)


@register.inclusion_tag("courses/admin/media_status.html", takes_context=True)
def media_status(context: RequestContext, media: MediaFile) -> dict[str, Any]:
    """The part of a film's page in the admin that says how far it is."""
    return {**film_status.of(media), "csrf_token": context.get("csrf_token"), "request": context.get("request")}
