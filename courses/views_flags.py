"""The inbox of flagged watching, for who may look into it and for the member whom it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from courses import flag_selectors as selectors
from courses import reviews
from courses.forms import FlagFilter, ReviewForm
from courses.reviews import ReviewError
from courses.watch_models import WatchFlag
from lms.core import clock, tables
from lms.core.tables import Column
from lms.members.http import SignedInRequest
from lms.members.permissions import can_anywhere, get_or_404

PAGE = 30
MOST_EXPORTED = 20_000

COLUMNS = [
    Column("member", _("姓名"), 12),
    Column("unit", _("所在党支部"), 28),
    Column("lesson", _("课时"), 30),
    Column("kind", _("情况"), 28),
    Column("times", _("次数"), 8),
    Column("minutes", _("涉及分钟"), 10),
    Column("last", _("最近出现"), 12),
    Column("state", _("状态"), 10),
    Column("reason", _("核实意见"), 30),
]

ACTS: dict[str, tuple[Callable[..., WatchFlag], Any]] = {
    "clear": (reviews.clear, _("已记为无异常，学时保留")),
    "credit": (reviews.credit, _("已补认，学时已记入")),
    "void": (reviews.void, _("已核减，党员会看到理由，15 天内可以申诉")),
}
PROBLEMS = {
    "own": _("不能核实本人的学习记录。"),
    "no-reason": _("请写明理由，党员会看到。"),
    "decided": _("这一条已经这样处理过了。"),
    "not-yours": _("这一条不能申诉。"),
    "appealed": _("这是对您本人决定的申诉，请由别的人核实。"),
    "final": _("申诉已经核实过，结果不再改变。"),
    "nothing-held": _("没有可以补认的时间。"),
    "too-late": _("已超过 15 天，不能再申诉。"),
}


@login_required
@require_safe
def watch_flags(request: SignedInRequest) -> HttpResponseBase:
    """What waits to be looked into, filtered and paged; with ``?format=`` as a file."""
    if not can_anywhere(request.user, "watching.view"):
        raise Http404
    form = FlagFilter({"state": "waiting", **request.GET.dict()})
    rows = form.apply(selectors.flags_seen_by(request.user))
    if format := request.GET.get("format"):
        return _download(rows[:MOST_EXPORTED], format)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(request, "courses/flags.html", {"form": form, "page_obj": page, "filtered": bool(request.GET)})


def _download(rows: Iterable[WatchFlag], format: str) -> HttpResponseBase:
    try:
        return tables.table_response(COLUMNS, _table(rows), format, name=str(_("学习异常")))
    except KeyError as error:
        raise Http404 from error


def _table(rows: Iterable[WatchFlag]) -> Iterator[list[Any]]:
    for flag in rows:
        yield [
            flag.member.name,
            flag.member.unit.name,
            flag.session.title,
            flag.get_kind_display(),
            flag.times,
            flag.milliseconds // 60_000,
            clock.local_date(flag.last_at),
            flag.get_state_display(),
            flag.reason,
        ]


@login_required
def watch_flag(request: SignedInRequest, pk: int) -> HttpResponse:
    """One flag with what the server's clock says of the session; decided here, or appealed against by the member."""
    rows = WatchFlag.objects.select_related("member__unit", "session", "decided_by")
    flag = get_or_404(rows, request.user, pk=pk)
    form = ReviewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, _act(request, flag, form.cleaned_data["reason"]))
            return redirect("watch-flag", flag.pk)
        except ReviewError as error:
            form.add_error("reason", PROBLEMS[error.code])
    context = {
        "flag": flag,
        "form": form,
        "facts": selectors.facts_of(flag.session),
        "may_decide": reviews.may_decide(request.user, flag),
        "may_appeal": reviews.may_appeal(request.user, flag),
        "on_desk": can_anywhere(request.user, "watching.view"),
    }
    return render(request, "courses/flag.html", context, status=422 if form.errors else 200)


def _act(request: SignedInRequest, flag: WatchFlag, reason: str) -> Any:
    """Do what was pressed; returns what to say. Raises ReviewError, Http404 for a key that the page does not have."""
    act = request.POST.get("act", "")
    if act == "appeal":
        reviews.appeal(flag=flag, text=reason, by=request.user)
        return _("申诉已提交，等待重新核实")
    if act not in ACTS:
        raise Http404
    service, said = ACTS[act]
    service(flag=flag, reason=reason, by=request.user)
    return said
