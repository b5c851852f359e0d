"""The claims' desk: what waits for me, what I may read, for whom I may claim, and who decides how much."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from lms.core import clock, tables
from lms.core.tables import Column
from lms.members.http import SignedInRequest
from lms.members.permissions import can_anywhere
from lms.training import claims
from lms.training import claims_selectors as selectors
from lms.training.claim_models import Claim
from lms.training.claims_forms import ClaimantFilter, ClaimFilter, LimitsForm
from lms.training.forms import posted
from lms.training.views_claims import PAGE, with_worth, write

MOST_EXPORTED = 20_000
WAITING, BELOW, MINE, ALL = "waiting", "below", "mine", "all"

COLUMNS = [
    Column("member", gettext_lazy("姓名"), 12),
    Column("unit", gettext_lazy("所在党支部"), 28),
    Column("title", gettext_lazy("培训名称"), 30),
    Column("organiser", gettext_lazy("主办单位"), 24),
    Column("kind", gettext_lazy("申报类型"), 22),
    Column("mode", gettext_lazy("形式"), 12),
    Column("category", gettext_lazy("内容类别"), 18),
    Column("first", gettext_lazy("第一天"), 12),
    Column("hours", gettext_lazy("核算学时"), 10),
    Column("state", gettext_lazy("状态"), 10),
    Column("level", gettext_lazy("审批层级"), 10),
    Column("submitted", gettext_lazy("提交日期"), 12),
]


@login_required
@require_safe
def claim_list(request: SignedInRequest) -> HttpResponseBase:
    """The claims by tab, filtered and paged; with ``?format=`` as a file."""
    if not selectors.may_open_desk(request.user):
        raise Http404
    tab, form = request.GET.get("tab", WAITING), ClaimFilter(request.GET)
    rows = form.apply(_in_tab(request.user, tab))
    if format := request.GET.get("format"):
        return _download(rows[:MOST_EXPORTED], format)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "tab": tab,
        "tabs": _tabs(request.user, tab),
        "page_obj": page,
        "rows": with_worth(page),
        "may_submit": can_anywhere(request.user, "claims.submit"),
        "may_manage": can_anywhere(request.user, "claims.manage"),
        "filtered": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "training/claims_list.html", context)


def _in_tab(user: Any, tab: str) -> QuerySet[Claim]:
    if tab == WAITING:
        return selectors.inbox_of(user)
    if tab == BELOW:
        return selectors.waiting_below(user)
    rows = selectors.claims(user)
    return rows.filter(author=user) if tab == MINE else rows


def _tabs(user: Any, tab: str) -> list[dict[str, Any]]:
    words = [(WAITING, _("等我审批"), selectors.inbox_of(user).count())]
    if can_anywhere(user, "claims.town") or can_anywhere(user, "claims.county"):
        words.append((BELOW, _("下级待审批"), selectors.waiting_below(user).count()))
    shown: list[tuple[str, str, int | None]] = [*words, (MINE, _("我代为申报的"), None), (ALL, _("全部"), None)]
    return [
        {"label": label, "url": f"?tab={name}", "active": name == tab, "count": count} for name, label, count in shown
    ]


def _download(rows: Iterable[Claim], format: str) -> HttpResponseBase:
    try:
        return tables.table_response(COLUMNS, _table(rows), format, name=_("学时申报"))
    except KeyError as error:
        raise Http404 from error


def _table(rows: Iterable[Claim]) -> Iterator[list[Any]]:
    for claim, hours in with_worth(rows):
        first = next(iter(claim.stretches.all()), None)
        yield [
            claim.member.name,
            claim.member.unit.name,
            claim.title,
            claim.organiser,
            claim.get_kind_display(),
            claim.get_mode_display(),
            claim.get_category_display(),
            clock.local_date(first.starts_at) if first else None,
            hours,
            claim.get_state_display(),
            claim.get_level_display(),
            clock.local_date(claim.submitted_at) if claim.submitted_at else None,
        ]


@login_required
@require_safe
def claimants(request: SignedInRequest) -> HttpResponse:
    """For whom: the members of one's units, searched."""
    if not can_anywhere(request.user, "claims.submit"):
        raise Http404
    form = ClaimantFilter(request.GET)
    page = Paginator(form.apply(selectors.claimants(request.user)), PAGE).get_page(request.GET.get("page"))
    return render(request, "training/claimants.html", {"form": form, "page_obj": page})


@login_required
def claim_for(request: SignedInRequest, code: str) -> HttpResponse:
    """Write a claim for a member of one's units; the level above decides."""
    member = get_object_or_404(selectors.claimants(request.user), code=code)
    return write(request, member, reverse("claim-new"))


@login_required
def claim_settings(request: SignedInRequest) -> HttpResponse:
    """Up to how many 学时 a branch and a town may approve alone, kind by kind."""
    if not can_anywhere(request.user, "claims.manage"):
        raise Http404
    forms = [LimitsForm(posted(request), policy=policy) for policy in selectors.policies()]
    valid = [form.is_valid() for form in forms]
    if request.method == "POST" and all(valid):
        _save_limits(forms, request.user)
        messages.success(request, _("审批权限已保存，从现在起的审批照此办理"))
        return redirect("claim-settings")
    status = 422 if request.method == "POST" else 200
    return render(request, "training/claim_settings.html", {"forms": forms}, status=status)


@transaction.atomic
def _save_limits(forms: list[LimitsForm], by: Any) -> None:
    """All of one page or nothing of it."""
    for form in forms:
        values = form.cleaned_data
        claims.set_limits(kind=form.policy.kind, branch=values["branch"], town=values["town"], by=by)
