"""The editor of a year's goals, for who may manage them: draft, lines, publish."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from lms.goals import selectors, services
from lms.goals.models import GoalLine, GoalPolicy
from lms.goals.policy_forms import DraftForm, LineForm
from lms.members.http import SignedInRequest
from lms.members.permissions import can_anywhere

ERRORS = {
    "not-draft": _("已发布的目标不能修改；请照搬出一份草稿，改好后替代它。"),
    "no-lines": _("还没有目标项，不能发布。"),
    "no-members-line": _("缺少“全体党员”的目标项，看板无法统计，不能发布。"),
    "year-published": _("该年度已有发布的目标。勾选“替代”后才能发布。"),
    "year-over": _("该年度已结束，结论不再改变。"),
}


def _require_manager(request: SignedInRequest) -> None:
    if not can_anywhere(request.user, "goals.manage"):
        raise Http404


@login_required
def policy_list(request: SignedInRequest) -> HttpResponse:
    """Every year's goals; a new draft like another year's in one click."""
    _require_manager(request)
    form = DraftForm(request.POST) if request.method == "POST" else DraftForm()
    if request.method == "POST" and form.is_valid():
        policy = services.draft_year(by=request.user, **form.cleaned_data)
        messages.success(request, _("草稿已建立，核对后发布。"))
        return redirect("goal-policy", policy.pk)
    context = {"policies": selectors.policies(), "form": form}
    return render(request, "goals/policies.html", context, status=422 if form.is_bound else 200)


@login_required
def policy_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """The lines of one policy; those of a draft can be edited."""
    _require_manager(request)
    policy = get_object_or_404(GoalPolicy, pk=pk)
    context = {
        "policy": policy,
        "lines": policy.lines.all(),
        "draft": policy.state == GoalPolicy.State.DRAFT,
        "published": selectors.policy_of(policy.year),
    }
    return render(request, "goals/policy.html", context)


@login_required
def line_add(request: SignedInRequest, pk: int) -> HttpResponse:
    """A new line of a draft."""
    _require_manager(request)
    return _edit(request, GoalLine(policy=get_object_or_404(GoalPolicy, pk=pk)))


@login_required
def line_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """One line of a draft."""
    _require_manager(request)
    return _edit(request, get_object_or_404(GoalLine.objects.select_related("policy"), pk=pk))


def _edit(request: SignedInRequest, line: GoalLine) -> HttpResponse:
    form = LineForm(request.POST if request.method == "POST" else None, instance=line)
    if form.is_bound and form.is_valid() and _done(request, form):
        return redirect("goal-policy", line.policy_id)
    context = {"form": form, "policy": line.policy, "line": line}
    return render(request, "goals/line.html", context, status=422 if form.is_bound else 200)


def _done(request: SignedInRequest, form: LineForm) -> bool:
    """Save what the form says; False with the error on the form when the policy is no draft any more."""
    try:
        services.save_line(line=form.instance, by=request.user)
    except services.GoalError as error:
        form.add_error(None, ERRORS[error.code])
        return False
    messages.success(request, _("已保存。"))
    return True


@login_required
@require_POST
def line_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a line out of a draft."""
    _require_manager(request)
    line = get_object_or_404(GoalLine.objects.select_related("policy"), pk=pk)
    try:
        services.remove_line(line=line, by=request.user)
    except services.GoalError as error:
        messages.error(request, ERRORS[error.code])
    return redirect("goal-policy", line.policy_id)


@login_required
@require_POST
def policy_publish(request: SignedInRequest, pk: int) -> HttpResponse:
    """Bind everybody by a draft; in the place of what is published only when that is asked for."""
    _require_manager(request)
    policy = get_object_or_404(GoalPolicy, pk=pk)
    try:
        services.publish(policy=policy, by=request.user, replace="replace" in request.POST)
    except services.GoalError as error:
        messages.error(request, ERRORS[error.code])
    else:
        messages.success(request, _("目标已发布，达标情况已更新。"))
    return redirect("goal-policy", policy.pk)
