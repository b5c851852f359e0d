"""What the pages of courses show beside what editors wrote: the filtered catalogue, where the reader is.

Wagtail builds a page's context in its model, which the selectors import; a tag lets the template ask the selectors instead.
"""

from __future__ import annotations

import re
from typing import Any

from django import template
from django.core.paginator import Paginator
from django.template.context import RequestContext
from django.utils.translation import gettext as _
from wagtail.models import Page

from courses import (
    captions,
    completion,
    for_you,
    lengths,
    package_host,
    playing,
    quiz_selectors,
    seasons,
    selectors,
    study_selectors,
)
from courses import catalogue as offered
from courses import media_status as film_status
from courses.catalogue import Wanted
from courses.forms import CatalogueFilter
from courses.media_models import Rendition
from courses.models import BookNote, BookPage, CoursePage, LessonPage, LibraryPage, MediaFile, ScormPackage
from courses.quiz_models import QuizPage
from lms.core import clock
from lms.members.models import Member

register = template.Library()
PAGE = 24
SHOWN_ANSWERS = 20


def _member(context: RequestContext) -> Member | None:
    user = getattr(context.get("request"), "user", None)
    return getattr(user, "member", None) if user is not None and user.is_authenticated else None


@register.simple_tag(takes_context=True)
def package_origin(context: RequestContext) -> str:
    """Where the page finds its packages, empty for its own host."""
    return package_host.origin(context["request"])


@register.simple_tag(takes_context=True)
def catalogue(context: RequestContext) -> dict[str, Any]:
    """``form``, ``page`` and ``cards``: the courses on offer that pass the filters in the address; ``for_you``: what fits the member."""
    request, member = context["request"], _member(context)
    form = CatalogueFilter(request.GET, completion.completed_by(member, offered.on_offer()) if member else None)
    page = Paginator(offered.catalogue(form.wanted()), PAGE).get_page(request.GET.get("page"))
    fitting = for_you.suggestions(member, lacking=for_you.Lack()) if member and not request.GET else []
    return {"form": form, "page": page, "cards": cards(page.object_list), "for_you": with_reasons(fitting)}


def cards(courses: Any) -> list[dict[str, Any]]:
    """Courses with their number of lessons and the minutes that they take, as cards show them."""
    found = list(courses)
    counts = offered.lesson_counts(found)
    return [
        {"course": course, "lessons": counts[course.path][0], "minutes": lengths.minutes(counts[course.path][1])}
        for course in found
    ]


def with_reasons(fitting: list[for_you.Suggestion]) -> list[dict[str, Any]]:
    """Suggested courses as cards with the reason for each."""
    reasons = {one.course.pk: one.reason for one in fitting}
    return [{**card, "reason": reasons[card["course"].pk]} for card in cards(one.course for one in fitting)]


@register.simple_tag
def newest_courses(number: int) -> list[dict[str, Any]]:
    """The newest published courses, as cards."""
    return cards(offered.catalogue(Wanted())[:number])


@register.simple_tag
def fitting_courses(fitting: list[for_you.Suggestion]) -> list[dict[str, Any]]:
    """Suggestions as cards."""
    return with_reasons(fitting)


@register.simple_tag(takes_context=True)
def course_state(context: RequestContext, page: CoursePage) -> dict[str, Any]:
    """The lessons of a course with the reader's progress in each; what should come first; how many he has completed; what it earns."""
    member, lessons = _member(context), list(page.lessons())
    progress = selectors.progress_in(lessons, member) if member else {}
    rows = [{"lesson": lesson, "progress": progress.get(lesson.pk)} for lesson in lessons]
    done = sum(1 for row in rows if row["progress"] and row["progress"].completed_at)
    unfinished = (row["lesson"] for row in rows if not (row["progress"] and row["progress"].completed_at))
    before = completion.first_before(page, member)
    return {
        "rows": rows,
        "before": before,
        "first": next((course for course, completed in before if member and not progress and not completed), None),
        "minutes": sum(lesson.minutes for lesson in lessons),
        "done": done,
        "member": member,
        "next": next(unfinished, None),
        "hours": selectors.hours_of(lessons, clock.today()),
        "tests_passed": _tests_passed(member, [page, *lessons]),
    }


def _tests_passed(member: Member | None, pages: list[QuizPage]) -> set[int]:
    """Which of the pages' tests the reader has passed; asks only where there is a test."""
    with_test = [page.pk for page in pages if page.has_quiz]
    return quiz_selectors.passed_in(with_test, member) if member and with_test else set()


@register.simple_tag
def quiz_bank(page: QuizPage) -> list[dict[str, Any]]:
    """The questions of a page's test with their answers and pictures, for the editor's preview."""
    bank = list(page.bank())
    pictures = quiz_selectors.pictures_of(bank)
    return [
        {
            "question": one,
            "picture": pictures.get(one.picture),
            "options": [(text, at in one.answer) for at, text in enumerate(one.options)],
        }
        for one in bank
    ]


@register.simple_tag(takes_context=True)
def course_study(context: RequestContext, page: CoursePage) -> dict[str, Any]:
    """How a course was rated, the answers that everybody may read, and what the reader, if a member, has to do with it."""
    member = _member(context)
    return {
        "opinion": study_selectors.opinion_of(page),
        "answered": list(study_selectors.answered(page)[:SHOWN_ANSWERS]),
        "own": study_selectors.standing_in(page, member) if member else None,
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
        "speed": selectors.top_speed(page) if member else 0,
        "test_passed": page.pk in _tests_passed(member, [page]),
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


@register.filter
def film_wait(media: MediaFile) -> str:
    """What to say of a film that does not play: that it is being made, or that it never will be."""
    if media.refused:
        return _("这个视频没有处理成功，暂时放不了，编辑换好后就能看。")
    return _("视频正在处理，稍后就能播放。")


@register.simple_tag
def film_state(page: Page) -> dict[str, str]:
    """``kind`` and ``words``: how far what plays in a lesson's newest draft is, for its editor."""
    kind, words = playing.state_of(page.get_latest_revision_as_object())
    return {"kind": kind, "words": words}


@register.filter
def transcript(media: MediaFile) -> list[tuple[str, str]]:
    """What is said in a recording with when, from its captions; empty without them."""
    if not media.captions:
        return []
    try:
        with media.captions.open() as file:
            return captions.transcript(file.read())
    except OSError:
        return []


@register.filter
def season_months(season: str | None) -> str:
    """The months that a season was understood as, in words; empty when there is none."""
    months = seasons.in_order(season or "")
    if len(months) == len(seasons.YEAR):
        return _("全年")
    return _("%(months)s 月") % {"months": "、".join(map(str, months))} if months else ""


@register.filter
def large_print(href: str, elder: bool) -> str:
    """The address of a chapter, which in elder mode asks for large letters."""
    path, mark, part = href.partition("#")
    return f"{path}?large{mark}{part}" if elder else href


@register.filter
def dialled(phone: str) -> str:
    """A telephone number as a link takes it: digits, and a plus in front."""
    return ("+" if phone.strip().startswith("+") else "") + "".join(re.findall(r"\d", phone.split("转", maxsplit=1)[0]))


@register.inclusion_tag("courses/admin/media_status.html", takes_context=True)
def media_status(context: RequestContext, media: MediaFile) -> dict[str, Any]:
    """The part of a film's page in the admin that says how far it is."""
    return {**film_status.of(media), "csrf_token": context.get("csrf_token"), "request": context.get("request")}


@register.simple_tag(takes_context=True)
def library_url(context: RequestContext) -> str:
    """The address of the library that is published; empty when the site has none."""
    library = LibraryPage.objects.live().first()
    return (library.get_url(context.get("request")) or "") if library else ""


@register.simple_tag(takes_context=True)
def library_shelves(context: RequestContext, page: LibraryPage) -> dict[str, Any]:
    """``shelves``: pairs of shelf and books that pass the search in the address; ``q``, the search itself."""
    text = context["request"].GET.get("q", "")[:60]
    return {"shelves": selectors.shelves(page, text), "q": text}


@register.simple_tag(takes_context=True)
def book_state(context: RequestContext, page: BookPage) -> dict[str, Any]:
    """The reader of a book: his progress, his place in it, his notes; the chapters of an EPUB."""
    member = _member(context)
    progress = selectors.progress_in([page], member).get(page.pk) if member else None
    chapters = selectors.parts_of(page.package, None) if page.package and page.package.ready else []
    return {
        "member": member,
        "shelf": page.course,
        "progress": progress,
        "percent": _percent(page, progress.watched_ms if progress else 0),
        "place": selectors.place_in(page, member),
        "notes": BookNote.objects.filter(member=member, book=page) if member else [],
        "chapters": [chapter for chapter in chapters if chapter["href"]],
    }
