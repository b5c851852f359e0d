"""The figures of tests in the admin, for who edits content. Nothing is changed here."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from courses import quiz_rules
from courses import quiz_statistics as statistics
from courses.models import CoursePage
from lms.members.permissions import can_anywhere

PERMISSION = "content.edit"


@require_safe
def quiz_courses(request: HttpRequest) -> HttpResponse:
    """The courses with tests: questions, tests handed in, how many were passed."""
    _require(request)
    title = _("测试统计")
    context = {"header_title": title, "page_title": title, "breadcrumbs_items": [{"url": "", "label": title}]}
    return render(request, "courses/admin/quiz_courses.html", {**context, "courses": statistics.courses()})


@require_safe
def quiz_questions(request: HttpRequest, pk: int) -> HttpResponse:
    """Each question of a course: tries, how many were right, what was chosen, what it tells."""
    _require(request)
    course = get_object_or_404(CoursePage, pk=pk)
    context = {
        "header_title": course.title,
        "page_title": course.title,
        "breadcrumbs_items": [{"url": "../", "label": _("测试统计")}, {"url": "", "label": course.title}],
        "course": course,
        "questions": statistics.figures(course),
        "least": quiz_rules.LEAST_TRIES,
    }
    return render(request, "courses/admin/quiz_questions.html", context)


def _require(request: HttpRequest) -> None:
    if not can_anywhere(request.user, PERMISSION):
        raise Http404
