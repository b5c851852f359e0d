"""The desk of pairs, and the page of one pair for the two and their branch."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from lms.members.http import SignedInRequest
from lms.members.permissions import can, can_anywhere
from lms.pairs import selectors, services
from lms.pairs.forms import PairFilter, PairForm, TaskForm
from lms.pairs.models import HelpPair
from lms.pairs.services import MANAGE, PairError

PAGE = 30
PROBLEMS = {
    "same": ("helper", gettext_lazy("帮带人和学员不能是同一个人。")),
    "gone": ("helper", gettext_lazy("其中一人已不在名册上，或者已不在聘。")),
    "stands": ("member", gettext_lazy("这两个人已经结对。")),
    "not-yours": ("member", gettext_lazy("学员不在您管理的党组织里。")),
}


@login_required
@require_safe
def pair_list(request: SignedInRequest) -> HttpResponse:
    """The pairs of one's units."""
    if not can_anywhere(request.user, selectors.VIEW):
        raise Http404
    form = PairFilter(request.GET)
    page = Paginator(form.apply(selectors.pairs_seen_by(request.user)), PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page_obj": page, "may_begin": can_anywhere(request.user, MANAGE)}
    return render(request, "pairs/list.html", context)


@login_required
def pair_new(request: SignedInRequest) -> HttpResponse:
    """Bring a member and who helps together."""
    if not can_anywhere(request.user, MANAGE):
        raise Http404
    form = PairForm(request.user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            pair = services.begin(**form.cleaned_data, by=request.user)
        except PairError as error:
            field, said = PROBLEMS[error.code]
            form.add_error(field, str(said))
        else:
            messages.success(request, _("已结对，两个人在首页都能看到。"))
            return redirect("pair", pair.uuid)
    return render(request, "pairs/new.html", {"form": form}, status=422 if form.is_bound else 200)


def _pair_or_404(request: SignedInRequest, uuid: UUID) -> HelpPair:
    return get_object_or_404(selectors.pairs_seen_by(request.user), uuid=uuid)


@login_required
def pair(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """A pair with its list; who keeps it puts lessons and sessions on it."""
    found = _pair_or_404(request, uuid)
    keeps = found.ended_on is None and services.may_work_on(found, request.user)
    if request.method == "POST" and not keeps:
        raise Http404
    form = TaskForm(found, request.POST if request.method == "POST" else None) if keeps else None
    if form is not None and form.is_bound and form.is_valid():
        services.put(pair=found, by=request.user, **form.cleaned_data)
        return redirect("pair", uuid)
    context = {
        "pair": found,
        "rows": selectors.listed(found),
        "form": form,
        "may_end": found.ended_on is None and can(request.user, MANAGE, found.member.unit),
    }
    return render(request, "pairs/pair.html", context, status=422 if form is not None and form.is_bound else 200)


@login_required
@require_POST
def pair_tick(request: SignedInRequest, uuid: UUID, pk: int) -> HttpResponse:
    """Tick a line of the list, or take the tick off."""
    task = get_object_or_404(
        _pair_or_404(request, uuid).tasks.select_related("pair__member__unit", "pair__helper", "pair__expert__member"),
        pk=pk,
    )
    try:
        services.tick(task=task, done=request.POST.get("done") == "1", by=request.user)
    except PairError as error:
        raise Http404 from error
    return redirect("pair", uuid)


@login_required
def pair_end(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Ask once, and end a pair."""
    found = _pair_or_404(request, uuid)
    if found.ended_on is not None or not can(request.user, MANAGE, found.member.unit):
        raise Http404
    if request.method == "POST":
        services.end(pair=found, by=request.user)
        messages.success(request, _("已结束，清单留作记录。"))
        return redirect("pair-list")
    context = {
        "heading": _("结束这对结对帮学？"),
        "text": _("%(helper)s 和 %(member)s 的清单会保留，不能再改。")
        % {"helper": found.guide.name, "member": found.member.name},
        "action": _("结束结对"),
        "back": redirect("pair", uuid).url,
    }
    return render(request, "lms/confirm.html", context)
