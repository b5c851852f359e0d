"""Goals in force and exemptions, on the desk."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lms.core import clock
from lms.goals import selectors, services
from lms.goals.forms import ExemptionFilter, ExemptionForm, WithdrawForm
from lms.goals.models import Exemption
from lms.hours.conversion import rules_in_force
from lms.members.http import SignedInRequest
from lms.members.models import Member
from lms.members.permissions import can, can_anywhere, get_or_404

PAGE = 50


@login_required
def goals_of_the_year(request: SignedInRequest) -> HttpResponse:
    """What is required this year and what each activity is worth: the same page for everybody."""
    today = clock.today()
    lines = selectors.lines_of(today.year).values()
    context = {
        "year": today.year,
        "lines": lines,
        "rules": rules_in_force(today),
        "today": today,
        "may_manage": can_anywhere(request.user, "goals.manage"),
    }
    return render(request, "goals/year.html", context)


@login_required
def exemption_list(request: SignedInRequest) -> HttpResponse:
    """The exemptions of the members whom the person may read."""
    if not can_anywhere(request.user, "goals.view"):
        raise Http404
    form = ExemptionFilter(request.GET)
    rows = selectors.exemptions(request.user, **(form.cleaned_data if form.is_valid() else {}))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(request, "goals/exemptions.html", {"form": form, "page_obj": page})


@login_required
def exemptions(request: SignedInRequest, code: str) -> HttpResponse:
    """One member's exemptions, and the form for another one."""
    member = get_or_404(Member.objects.select_related("unit"), request.user, "goals.view", code=code)
    may_exempt = can(request.user, "goals.exempt", member.unit)
    if request.method == "POST" and not may_exempt:
        raise Http404
    form = ExemptionForm(request.POST or None, instance=Exemption(member=member))
    if request.method == "POST" and form.is_valid() and _approve(request, form):
        return redirect("member-exemptions", code)
    context = {
        "member": member,
        "form": form,
        "may_exempt": may_exempt,
        "rows": selectors.exemptions_of(member.pk),
        "withdraw_form": WithdrawForm(),
    }
    return render(request, "goals/member.html", context, status=422 if form.is_bound else 200)


def _approve(request: SignedInRequest, form: ExemptionForm) -> bool:
    """Approve what the form says; False with the error on the form when it cannot be."""
    try:
        services.exempt_many([form.instance], by=request.user)
    except services.GoalError:
        form.add_error(None, _("不能审批自己的免考核申请。"))
        return False
    messages.success(request, _("已登记免考核，达标情况已更新。"))
    return True


@login_required
@require_POST
def withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take an exemption back, with a reason."""
    exemption = get_or_404(Exemption.objects.select_related("member__unit"), request.user, "goals.exempt", pk=pk)
    form = WithdrawForm(request.POST)
    if form.is_valid():
        services.withdraw_exemption(exemption=exemption, by=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, _("已撤销，该党员重新纳入考核。"))
    else:
        messages.error(request, _("请写明撤销理由。"))
    return redirect("member-exemptions", exemption.member.code)
