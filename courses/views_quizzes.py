"""A member's tests: what is asked for, the sheet, the result, all of them. Each is the member's own; anything else is absent."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from courses import quiz_selectors as selectors
from courses import quizzes
from courses.quiz_forms import AnswerSheet, initial_of
from courses.quiz_models import QuizAttempt, QuizDraft, QuizPage
from courses.quiz_rules import Drawn
from courses.quizzes import QuizError
from lms.members.http import SignedInRequest
from lms.members.models import Member

PAGE = 30
PROBLEMS = {
    "passed": _("这项测试已经通过，不用再考。"),
    "no-attempts-left": _("次数已经用完。"),
    "wait": _("还没到可以再考的时间。"),
    "study-first": _("先学完课程，再来测试。"),
    "no-questions": _("这项测试还没有题目。"),
}


def _member_or_404(request: SignedInRequest) -> Member:
    member: Member | None = getattr(request.user, "member", None)
    if member is None:
        raise Http404
    return member


def _page_or_404(pk: int) -> QuizPage:
    page = selectors.quiz_page(pk)
    if page is None:
        raise Http404
    return page


def _attempt_or_404(request: SignedInRequest, uuid: UUID) -> QuizAttempt:
    """The member's own attempt: another's and one that is not there read the same."""
    rows = selectors.attempts_of(_member_or_404(request)).select_related("page", "draft", "member__unit")
    found = rows.filter(uuid=uuid).first()
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def quiz(request: SignedInRequest, pk: int) -> HttpResponse:
    """What a test asks for, how often one may try, what was tried; begins from here."""
    page = _page_or_404(pk)
    found = selectors.standing(page, _member_or_404(request))
    number = len(list(page.bank()))
    asked = min(page.quiz_draw or number, number)
    context = {"page": page, "standing": found, "number": asked, "course": selectors.course_of(page)}
    return render(request, "courses/quiz.html", context)


@login_required
@require_POST
def quiz_start(request: SignedInRequest, pk: int) -> HttpResponse:
    """Begin, or go on with what is open."""
    page, member = _page_or_404(pk), _member_or_404(request)
    try:
        attempt = quizzes.start(page=page, member=member, by=request.user)
    except QuizError as error:
        messages.error(request, PROBLEMS[error.code])
        return redirect("quiz", pk)
    return redirect("quiz-attempt", attempt.uuid)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def quiz_attempt(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """The sheet of an attempt; handed in, its result."""
    attempt = _attempt_or_404(request, uuid)
    if hasattr(attempt, "result"):
        return redirect("quiz-attempt", uuid) if request.method == "POST" else _result(request, attempt)
    if request.method != "POST":
        return _sheet(request, attempt, _kept_sheet(attempt))
    sheet = _sent_sheet(request, attempt)
    if request.POST.get("act") == "later":
        _keep(request, attempt, sheet)
        messages.success(request, _("已保存，随时可以接着答。"))
        return redirect("quiz", attempt.page_id)
    if not sheet.is_valid():
        _keep(request, attempt, sheet)
        return _sheet(request, attempt, sheet, status=422)
    quizzes.submit(attempt=attempt, answers=sheet.answers(), by=request.user)
    return redirect("quiz-attempt", uuid)


@login_required
@require_POST
def quiz_save(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Keep what is ticked while the member goes on; the answer says no more than that."""
    attempt = _attempt_or_404(request, uuid)
    try:
        quizzes.save_draft(attempt=attempt, fields=_sent_sheet(request, attempt).kept(), by=request.user)
    except QuizError:
        return HttpResponse(str(_("已经交卷。")), status=409)
    return HttpResponse(str(_("已自动保存")))


@login_required
@require_safe
def quiz_list(request: SignedInRequest) -> HttpResponse:
    """All tests of the member, the latest first."""
    rows = selectors.attempts_of(_member_or_404(request))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(request, "courses/quiz_list.html", {"page_obj": page})


def _keep(request: SignedInRequest, attempt: QuizAttempt, sheet: AnswerSheet) -> None:
    with suppress(QuizError):  # handed in meanwhile: the next page shows it
        quizzes.save_draft(attempt=attempt, fields=sheet.kept(), by=request.user)


def _sent_sheet(request: SignedInRequest, attempt: QuizAttempt) -> AnswerSheet:
    asked = attempt.asked()
    return AnswerSheet(asked, _pictures(asked), request.POST)


def _kept_sheet(attempt: QuizAttempt) -> AnswerSheet:
    """The sheet with what was kept before."""
    asked = attempt.asked()
    draft: QuizDraft | None = getattr(attempt, "draft", None)
    initial = initial_of(draft.answers, asked) if draft else {}
    return AnswerSheet(asked, _pictures(asked), initial=initial)


def _pictures(asked: list[Drawn]) -> dict[int | None, Any]:
    return selectors.pictures_of(one.question for one in asked)


def _sheet(request: SignedInRequest, attempt: QuizAttempt, sheet: AnswerSheet, status: int = 200) -> HttpResponse:
    return render(request, "courses/quiz_attempt.html", {"attempt": attempt, "form": sheet}, status=status)


def _result(request: SignedInRequest, attempt: QuizAttempt) -> HttpResponse:
    page = selectors.quiz_page(attempt.page_id)
    found = selectors.standing(page, attempt.member) if page is not None else None
    context: dict[str, Any] = {
        "attempt": attempt,
        "page": page,
        "standing": found,
        "shown": selectors.shown(attempt),
        "credited": attempt.result.passed and selectors.is_credited(attempt),
        "shows_answers": found is None or found.shows_answers,
    }
    return render(request, "courses/quiz_result.html", context)
