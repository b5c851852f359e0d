"""图书借阅登记簿: the list, the A4 sheet, lending and taking back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from lms.core import tables
from lms.core.tables import Column
from lms.members.http import SignedInRequest
from lms.members.permissions import can_anywhere, get_or_404
from lms.stations import loans as register
from lms.stations import selectors
from lms.stations.loan_forms import LoanFilter, LoanForm
from lms.stations.models import BookLoan
from lms.stations.services import StationError

PAGE = 30
MOST_PRINTED = 500
COLUMNS = [
    Column("title", gettext_lazy("书名"), 30),
    Column("borrower", gettext_lazy("借书人"), 14),
    Column("station", gettext_lazy("站点"), 24),
    Column("out", gettext_lazy("借出日期"), 12),
    Column("due", gettext_lazy("应还日期"), 12),
    Column("back", gettext_lazy("归还日期"), 12),
    Column("state", gettext_lazy("状态"), 10),
]


def _register(request: SignedInRequest) -> tuple[LoanFilter, Any]:
    if not can_anywhere(request.user, "stations.view"):
        raise Http404
    form = LoanFilter(request.GET, stations=selectors.readable_stations(request.user))
    return form, form.apply(register.seen_by(request.user))


@login_required
@require_safe
def loans(request: SignedInRequest) -> HttpResponseBase:
    """The registers that the person may read, by station and by what is still out; with ``?format=`` as a file."""
    form, rows = _register(request)
    if format := request.GET.get("format"):
        return _download(rows, format)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    operated = set(selectors.stations_of(request.user).values_list("pk", flat=True))
    stations = selectors.stations_of(request.user)
    context = {"form": form, "page_obj": page, "operated": operated, "stations": stations}
    return render(request, "stations/loans.html", context)


def _download(rows: QuerySet[BookLoan], format: str) -> HttpResponseBase:
    lines = (
        [row.title, row.borrower, row.station.name, row.out_on, row.due_on, row.back_on or "", _state(row)]
        for row in rows.iterator(1000)
    )
    try:
        return tables.table_response(COLUMNS, lines, format, name=_("图书借阅登记簿"))
    except KeyError as error:
        raise Http404 from error


def _state(row: BookLoan) -> str:
    if row.back_on:
        return _("已归还")
    return _("已超期") if row.overdue else _("未归还")


@login_required
@require_safe
def loans_print(request: SignedInRequest) -> HttpResponse:
    """The same rows on A4, oldest first."""
    form, rows = _register(request)
    return render(request, "stations/loans_print.html", {"form": form, "rows": list(reversed(rows[:MOST_PRINTED]))})


@login_required
def lend(request: SignedInRequest, code: str) -> HttpResponse:
    """Write down a book that goes."""
    station = selectors.station_or_404(request.user, code)
    form = LoanForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            register.lend(station=station, loan=form.loan(), by=request.user)
        except StationError as error:
            form.add_error("due_on", str(error))
        else:
            messages.success(request, _("已登记借出。"))
            return redirect("loan-list")
    context = {"station": station, "form": form}
    return render(request, "stations/loan_new.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def back(request: SignedInRequest, pk: int) -> HttpResponse:
    """The book is back."""
    loan = get_or_404(BookLoan.objects.select_related("station__unit"), request.user, "stations.operate", pk=pk)
    register.take_back(loan=loan, by=request.user)
    messages.success(request, _("《%(title)s》已归还。") % {"title": loan.title})
    return redirect("loan-list")
