"""The desk of assigned study: who has what to do by when, who is late; questions to answer; what came of the courses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from courses import study
from courses import study_selectors as selectors
from courses.study import StudyError
from courses.study_forms import AnswerForm, AssignmentForm, PeopleFilter, TextFilter
from courses.study_models import CourseAssignment
from lms.core import clock, tables
from lms.core.tables import Column
from lms.members.http import SignedInRequest
from lms.members.models import Member
from lms.members.permissions import can, can_anywhere

PAGE = 20
PEOPLE_A_PAGE = 50
MOST_EXPORTED = 20_000
MOST_LATE = 500
"""People on the page of who is late; a file has them all."""
VIEW, ASSIGN, EDIT = "courses.view", "courses.assign", "content.edit"
PROBLEMS: dict[str, tuple[str, Promise]] = {
    "past": ("due_on", gettext_lazy("期限不能早于今天。")),
    "assigned": ("course", gettext_lazy("这门课已经布置给这些人，请先撤回原来的再重新布置。")),
}
LATE = [
    Column("due_on", gettext_lazy("完成期限"), 12),
    Column("course", gettext_lazy("课程"), 30),
    Column("unit", gettext_lazy("所在党支部"), 28),
    Column("member", gettext_lazy("姓名"), 12),
    Column("days", gettext_lazy("超期天数"), 10),
    Column("assigned_by", gettext_lazy("布置单位"), 24),
]
PEOPLE = [
    Column("unit", gettext_lazy("所在党支部"), 28),
    Column("member", gettext_lazy("姓名"), 12),
    Column("state", gettext_lazy("状态"), 12),
]


def _require(request: SignedInRequest, permission: str) -> None:
    if not can_anywhere(request.user, permission):
        raise Http404


def _table_or_404(columns: list[Column], rows: Iterable[Any], format: str, name: str) -> HttpResponseBase:
    try:
        return tables.table_response(columns, rows, format, name=name)
    except KeyError as error:
        raise Http404 from error


def _tabs(active: str) -> list[dict[str, Any]]:
    pages = [("assignment-list", _("任务")), ("overdue-list", _("超期未学")), ("use-list", _("学用反馈"))]
    return [{"label": label, "url": redirect(name).url, "active": name == active} for name, label in pages]


# -- assignments ----------------------------------------------------------------------------------


@login_required
@require_safe
def assignment_list(request: SignedInRequest) -> HttpResponse:
    """The assignments that bind one's people, with how many are done; those that stand first."""
    _require(request, VIEW)
    page = Paginator(selectors.assignments_seen_by(request.user), PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "rows": [selectors.figures_of(one, request.user) for one in page],
        "may_assign": can_anywhere(request.user, ASSIGN),
        "tabs": _tabs("assignment-list"),
    }
    return render(request, "courses/assignments.html", context)


@login_required
def assignment_new(request: SignedInRequest) -> HttpResponse:
    """Give a course to study by a day."""
    _require(request, ASSIGN)
    form = AssignmentForm(
        request.user, request.POST if request.method == "POST" else None, initial={"course": request.GET.get("course")}
    )
    if request.method == "POST" and form.is_valid():
        try:
            row = study.assign(**form.cleaned_data, by=request.user)
        except StudyError as error:
            field, said = PROBLEMS[error.code]
            form.add_error(field, str(said))
        else:
            messages.success(request, _("已布置，党员会在“我的课程”里看到。"))
            return redirect("assignment-detail", row.pk)
    return render(request, "courses/assignment_new.html", {"form": form}, status=422 if form.is_bound else 200)


def _assignment_or_404(request: SignedInRequest, pk: int) -> CourseAssignment:
    return get_object_or_404(selectors.assignments_seen_by(request.user), pk=pk)


@login_required
@require_safe
def assignment_detail(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """One assignment with its people and who is done; with ``?format=`` as a file."""
    assignment = _assignment_or_404(request, pk)
    form, done = PeopleFilter(request.GET), selectors.done_with(assignment.course)
    people = form.apply(selectors.people_of(assignment, request.user), done)
    if format := request.GET.get("format"):
        return _table_or_404(PEOPLE, _with_state(people[:MOST_EXPORTED], done), format, assignment.course.title)
    page = Paginator(people, PEOPLE_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "figures": selectors.figures_of(assignment, request.user),
        "form": form,
        "page_obj": page,
        "done": set(done.filter(pk__in=[member.pk for member in page]).values_list("pk", flat=True)),
        "filtered": any(request.GET.get(name) for name in form.fields),
        "may_withdraw": assignment.withdrawn_at is None and can(request.user, ASSIGN, assignment.unit),
    }
    return render(request, "courses/assignment.html", context)


def _with_state(people: Iterable[Member], done: Any) -> Iterator[list[Any]]:
    found = list(people)
    finished = set(done.values_list("pk", flat=True))
    for member in found:
        yield [member.unit.name, member.name, _("已学完") if member.pk in finished else _("还没学完")]


@login_required
def assignment_withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask once, and take an assignment back."""
    assignment = _assignment_or_404(request, pk)
    if assignment.withdrawn_at is not None or not can(request.user, ASSIGN, assignment.unit):
        raise Http404
    if request.method == "POST":
        study.withdraw(assignment=assignment, by=request.user)
        messages.success(request, _("已撤回，党员不再看到这项任务。"))
        return redirect("assignment-list")
    context = {
        "heading": _("撤回这项任务？"),
        "text": _("“%(title)s”不再出现在党员的待学里；已经学完的学时不变。") % {"title": assignment.course.title},
        "action": _("撤回"),
        "back": redirect("assignment-detail", pk).url,
    }
    return render(request, "lms/confirm.html", context)


@login_required
@require_safe
def overdue_list(request: SignedInRequest) -> HttpResponseBase:
    """Who has not done in time what he was given; with ``?format=`` as a file with all of them."""
    _require(request, VIEW)
    found = selectors.overdue_seen_by(request.user)
    if format := request.GET.get("format"):
        return _table_or_404(LATE, _late(islice(found, MOST_EXPORTED)), format, _("超期未学"))
    rows = list(islice(found, MOST_LATE + 1))
    context = {"rows": rows[:MOST_LATE], "more": len(rows) > MOST_LATE, "most": MOST_LATE}
    return render(request, "courses/overdue.html", {**context, "tabs": _tabs("overdue-list")})


def _late(rows: Iterable[tuple[CourseAssignment, Member]]) -> Iterator[list[Any]]:
    today = clock.today()
    for assignment, member in rows:
        days = (today - assignment.due_on).days
        yield [
            assignment.due_on,
            assignment.course.title,
            member.unit.name,
            member.name,
            days,
            assignment.unit.label,
        ]


# -- what members say -------------------------------------------------------------------------------


@login_required
@require_safe
def use_list(request: SignedInRequest) -> HttpResponse:
    """What members told of use, searched and paged."""
    _require(request, VIEW)
    form = TextFilter(request.GET)
    page = Paginator(form.apply(selectors.uses_seen_by(request.user)), PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page_obj": page, "tabs": _tabs("use-list"), "filtered": bool(request.GET.get("q"))}
    return render(request, "courses/uses.html", context)


@login_required
@require_safe
def question_list(request: SignedInRequest) -> HttpResponse:
    """What members ask, without an answer first."""
    _require(request, EDIT)
    form = TextFilter(request.GET)
    page = Paginator(form.apply(selectors.questions_seen_by(request.user)), PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page_obj": page, "filtered": bool(request.GET.get("q"))}
    return render(request, "courses/questions.html", context)


@login_required
def question_answer(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Answer a question, or better the answer."""
    question = get_object_or_404(selectors.questions_seen_by(request.user), uuid=uuid)
    form = AnswerForm(request.POST if request.method == "POST" else None, instance=question)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        study.answer(question=question, text=values["answer"], shared=values["shared"], by=request.user)
        messages.success(request, _("已回答，提问人会看到。"))
        return redirect("question-list")
    status = 422 if form.is_bound else 200
    return render(request, "courses/question.html", {"question": question, "form": form}, status=status)
