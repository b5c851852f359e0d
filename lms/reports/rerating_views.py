"""Rules that wait and what they would change: planned here, looked at, and decided by a second person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lms.core import clock, tables
from lms.core.tables import Column
from lms.hours import rerating
from lms.hours import rerating_selectors as selectors
from lms.hours.conversion import rules_in_force
from lms.hours.rerating import ReratingRefused
from lms.hours.rerating_models import ReratedMember, ReratingRun
from lms.members.http import SignedInRequest
from lms.members.models import Member
from lms.members.permissions import can_anywhere, get_or_404
from lms.members.selectors import named

PAGE = 50
PROBLEMS = {
    "nothing-waits": _("这条规则已全部生效，不需要重新折算。"),
    "open": _("这条规则已有一次重新折算正在进行。"),
    "not-planned": _("这次重新折算现在不能批准或否决。"),
    "own": _("提出的人不能自己批准，请另一位县级管理员办理。"),
    "no-reason": _("否决时请写明理由。"),
}
COLUMNS = [
    Column("member", _("姓名"), 12),
    Column("unit", _("党组织"), 30),
    Column("less", _("冲回学时"), 10),
    Column("more", _("重新计入学时"), 12),
    Column("net", _("增减"), 10),
]


class DecisionForm(forms.Form):
    """Why; needed to reject."""

    reason = forms.CharField(label=_("意见"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


def _reader(request: SignedInRequest) -> None:
    if not can_anywhere(request.user, "audit.view"):
        raise Http404


@login_required
@require_safe
@never_cache
def rules(request: SignedInRequest) -> HttpResponse:
    """What each activity is worth with worked examples, the versions that wait, and the runs so far."""
    _reader(request)
    context = {
        "rules": rules_in_force(clock.today()),
        "waiting": selectors.waiting(),
        "runs": selectors.runs()[:PAGE],
        "may_manage": can_anywhere(request.user, "rules.manage"),
    }
    return render(request, "reports/rules.html", context)


@login_required
@require_POST
def rerating_begin(request: SignedInRequest, pk: int) -> HttpResponse:
    """Begin to work out what a rule that waits would change."""
    if not can_anywhere(request.user, "rules.manage"):
        raise Http404
    rule = next((rule for rule, _run in selectors.waiting() if rule.pk == pk), None)
    if rule is None:
        raise Http404
    try:
        return redirect("rerating", rerating.begin(rule=rule, by=request.user).pk)
    except ReratingRefused as refused:
        messages.error(request, PROBLEMS[refused.code])
        return redirect("rules")


def _run(request: SignedInRequest, pk: int) -> ReratingRun:
    _reader(request)
    return get_object_or_404(selectors.runs(), pk=pk)


@login_required
@require_safe
@never_cache
def rerating_detail(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """One run: how far it is, whom it would change and by how much; with ``?format=`` the members as a file."""
    return _show(request, _run(request, pk), DecisionForm())


def _show(request: SignedInRequest, run: ReratingRun, form: DecisionForm, status: int = 200) -> HttpResponseBase:
    everybody = selectors.changed(run, request.user)
    rows = _named(everybody, request.GET.get("q", ""))
    if format := request.GET.get("format"):
        return _download(rows, format)
    units, whole = selectors.by_unit(everybody)
    context = {
        "run": run,
        "form": form,
        "units": units,
        "whole": whole,
        "q": request.GET.get("q", ""),
        "page_obj": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "works": run.state in (ReratingRun.State.PLANNING, ReratingRun.State.APPROVED) and not run.problem,
        "may_decide": can_anywhere(request.user, "rules.manage") and run.state == ReratingRun.State.PLANNED,
        "own": run.planned_by_id == request.user.pk,
    }
    return render(request, "reports/rerating.html", context, status=status)


def _named(rows: QuerySet[ReratedMember], text: str) -> QuerySet[ReratedMember]:
    return rows.filter(member__in=named(Member.objects.order_by(), text)) if text.strip() else rows


def _download(rows: QuerySet[ReratedMember], format: str) -> HttpResponseBase:
    try:
        return tables.table_response(COLUMNS, _table(rows), format, name=str(_("重新折算")))
    except KeyError as error:
        raise Http404 from error


def _table(rows: QuerySet[ReratedMember]) -> Iterator[list[Any]]:
    for row in rows.iterator():
        yield [row.member.name, row.member.unit.name, row.less, row.more, row.more - row.less]


@login_required
@require_POST
def rerating_decide(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Approve or reject a planned run: another person than the one who asked for it."""
    if not can_anywhere(request.user, "rules.manage"):
        raise Http404
    run, form = _run(request, pk), DecisionForm(request.POST)
    act = {"approve": rerating.approve, "reject": rerating.reject}.get(request.POST.get("act", ""))
    if act is None:
        raise Http404
    if form.is_valid():
        try:
            act(run=run, by=request.user, reason=form.cleaned_data["reason"])
            return redirect("rerating", run.pk)
        except ReratingRefused as refused:
            form.add_error("reason", PROBLEMS[refused.code])
    return _show(request, run, form, 422)


@login_required
@never_cache
def rerating_progress(request: SignedInRequest, pk: int) -> HttpResponse:
    """The progress bar alone, asked for again and again; the whole page when there is nothing left to wait for."""
    run = _run(request, pk)
    response = render(request, "reports/rerating_progress.html", {"run": run})
    if run.problem or run.state not in (ReratingRun.State.PLANNING, ReratingRun.State.APPROVED):
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_safe
def rerating_member(request: SignedInRequest, pk: int, code: str) -> HttpResponse:
    """What would change of one member, line by line."""
    run = _run(request, pk)
    member = get_or_404(Member.objects.select_related("unit"), request.user, code=code)
    context = {"run": run, "member": member, "lines": list(selectors.lines_of(run, member))}
    return render(request, "reports/rerating_member.html", context)
