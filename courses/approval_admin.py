"""The two pages of the admin on which a course is handed in, or approved, with all its lessons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from courses import approval
from courses.approval import Outcome
from courses.models import CoursePage
from lms.members.permissions import can_anywhere


class Act(NamedTuple):
    """One of the two acts, with its words."""

    permission: str
    plan: Callable[..., Outcome]
    do: Callable[..., Outcome]
    title: Any
    question: Any
    done: Any


SUBMIT = Act(
    "content.edit",
    approval.plan_submit,
    approval.submit,
    gettext_lazy("一起提交审核"),
    gettext_lazy("下面各页将一起交给县级审核。审核通过后学员就能看到。"),
    gettext_lazy("已提交 %(n)s 页，等待县级审核。"),
)
APPROVE = Act(
    "content.approve",
    approval.plan_approve,
    approval.approve,
    gettext_lazy("一起批准"),
    gettext_lazy("下面各页将一起批准并发布，学员马上就能看到。"),
    gettext_lazy("已批准并发布 %(n)s 页。"),
)


@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what would be handed in, and hand it in."""
    return _page(request, pk, SUBMIT)


@require_http_methods(["GET", "HEAD", "POST"])
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what waits of the course, and approve it."""
    return _page(request, pk, APPROVE)


def _page(request: HttpRequest, pk: int, act: Act) -> HttpResponse:
    course = _course(request, pk, act)
    if request.method == "POST":
        _tell(request, act, act.do(course=course, by=request.user))
        return redirect("wagtailadmin_pages:edit", course.pk)
    context = {
        "header_title": act.title,
        "page_title": act.title,
        "breadcrumbs_items": [{"url": "../edit/", "label": course.title}, {"url": "", "label": act.title}],
        "course": course,
        "question": act.question,
        "plan": act.plan(course, request.user),
    }
    return render(request, "courses/admin/together.html", context)


def _course(request: HttpRequest, pk: int, act: Act) -> CoursePage:
    if not can_anywhere(request.user, act.permission):
        raise Http404
    course = get_object_or_404(CoursePage, pk=pk)
    if not course.permissions_for_user(request.user).can_edit() and act is SUBMIT:
        raise Http404
    return course


def _tell(request: HttpRequest, act: Act, outcome: Outcome) -> None:
    """Say what became of the pages; each refused one with its reason."""
    if outcome.done:
        messages.success(request, act.done % {"n": len(outcome.done)})
    for page, reason in outcome.refused:
        messages.error(
            request, _("“%(title)s”：%(reason)s") % {"title": page.get_admin_display_title(), "reason": reason}
        )
    if not outcome.done and not outcome.refused:
        messages.info(request, _("没有需要处理的页面。"))
