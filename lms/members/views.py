"""The roster on the desk: find a member, see who he is, look at an ID number against a reason, give him a login."""

from __future__ import annotations

import secrets

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from lms.members import accounts, selectors, services
from lms.members.forms import IndustryForm, LoginForm, MemberFilter, RankForm, ReasonForm
from lms.members.http import SignedInRequest
from lms.members.models import Member
from lms.members.permissions import can, can_anywhere, get_or_404

PAGE = 50
# Readable aloud over a telephone: no letters or digits that look or sound alike.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
ERRORS = {"username-taken": _("这个用户名已有人使用"), "has-login": _("该党员已有账号")}


@login_required
def member_list(request: SignedInRequest) -> HttpResponse:
    """The roster that the person may read, filtered and paged."""
    if not can_anywhere(request.user, "members.view"):
        raise Http404
    form = MemberFilter(request.GET, units=selectors.branches(request.user))
    members = form.apply(selectors.roster(request.user))
    page = Paginator(members, PAGE).get_page(request.GET.get("page"))
    return render(request, "members/list.html", {"form": form, "page_obj": page})


def _member(request: SignedInRequest, code: str, permission: str) -> Member:
    return get_or_404(Member.objects.select_related("unit", "user"), request.user, permission, code=code)


@login_required
def member_detail(request: SignedInRequest, code: str) -> HttpResponse:
    """Who a member is; numbers are masked."""
    return _detail(request, _member(request, code, "members.view"))


def _detail(request: SignedInRequest, member: Member, status: int = 200, **extra: object) -> HttpResponse:
    context = {
        "member": member,
        "posts": member.posts.select_related("unit"),
        "may_see_id": can(request.user, "members.see_id", member.unit),
        "may_edit": can(request.user, "members.edit", member.unit),
        "may_see_goals": can(request.user, "goals.view", member.unit),
        "reason_form": ReasonForm(),
        "rank_form": RankForm(initial={"cadre_rank": member.cadre_rank}),
        "industry_form": IndustryForm(initial={"industry": member.industry}),
        "industries": selectors.industries(),
        "login_form": LoginForm(initial={"username": member.code.lower()}),
        **extra,
    }
    return render(request, "members/detail.html", context, status=status)


@login_required
@never_cache
@require_POST
def id_number(request: SignedInRequest, code: str) -> HttpResponse:
    """The ID number in full, once, against a reason; the look is on the record."""
    member = _member(request, code, "members.see_id")
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _detail(request, member, 422, reason_form=form)
    shown = services.look_at_id_number(member=member, by=request.user, reason=form.cleaned_data["reason"])
    return _detail(request, member, shown_id_number=shown)


@login_required
@require_POST
def cadre_rank(request: SignedInRequest, code: str) -> HttpResponse:
    """Set a member's rank as a cadre; his goals follow."""
    member = _member(request, code, "members.edit")
    form = RankForm(request.POST)
    if not form.is_valid():
        return _detail(request, member, 422, rank_form=form)
    services.update_member(member=member, by=request.user, **form.cleaned_data)
    messages.success(request, _("干部职级已保存，学时目标随之更新。"))
    return redirect("member-detail", code)


@login_required
@require_POST
def industry(request: SignedInRequest, code: str) -> HttpResponse:
    """Set what a member mainly lives by; trainings for that industry find him."""
    member = _member(request, code, "members.edit")
    form = IndustryForm(request.POST)
    if not form.is_valid():
        return _detail(request, member, 422, industry_form=form)
    services.update_member(member=member, by=request.user, **form.cleaned_data)
    messages.success(request, _("从事产业已保存。"))
    return redirect("member-detail", code)


@login_required
@never_cache
@require_POST
def login_account(request: SignedInRequest, code: str) -> HttpResponse:
    """Make a login for a member; its first password is shown once and must be changed at the first sign-in."""
    member = _member(request, code, "members.edit")
    form = LoginForm(request.POST)
    password = "".join(secrets.choice(ALPHABET) for _place in range(10))
    if not form.is_valid():
        return _detail(request, member, 422, login_form=form)
    try:
        accounts.create_login(username=form.cleaned_data["username"], password=password, member=member, by=request.user)
    except services.MemberError as error:
        form.add_error("username", ERRORS[error.code])
        return _detail(request, member, 422, login_form=form)
    return _detail(request, member, first_password=password)
