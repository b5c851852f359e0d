"""The closing of a year on the desk: begin it, watch it, read the frozen figures with the adjustments since beside them."""

from __future__ import annotations

from django.contrib import messages as flash
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from lms.core.queue import enqueue
from lms.core.tables import FORMATS, table_response
from lms.members.http import SignedInRequest
from lms.members.models import Unit, User
from lms.members.permissions import can, visible_units
from lms.reports import adjustments, closing, closing_page, menus
from lms.reports.closing import ClosingRefused
from lms.reports.closing_forms import REFUSALS, CloseForm
from lms.reports.forms import UnitYear
from lms.reports.models import ClosingRun, YearClosing

PAGE = 50
WORKER = "lms.reports.closing_tasks.work_closing"


def _may_close(user: User) -> bool:
    """Closing a year is for the county alone."""
    root = Unit.get_first_root_node()
    return root is not None and can(user, "reports.close", root)


def _unit(request: SignedInRequest) -> Unit:
    unit, _year = UnitYear(request.GET, user=request.user).chosen()
    if unit is None:
        raise Http404
    return unit


@login_required
def closing_list(request: SignedInRequest) -> HttpResponse:
    """The years that are closed, and for the county those that may be."""
    unit, may_close = _unit(request), _may_close(request.user)
    context = {
        "unit": unit,
        "closings": YearClosing.objects.select_related("closed_by"),
        "runs": ClosingRun.objects.exclude(state=ClosingRun.State.DONE) if may_close else [],
        "years": closing.closable_years() if may_close else [],
        "tabs": menus.tabs("closing-list", unit),
    }
    return render(request, "reports/closing_list.html", context)


@login_required
def closing_begin(request: SignedInRequest, year: int) -> HttpResponse:
    """Ask once more, then begin: the worker does it."""
    if not _may_close(request.user):
        raise Http404
    form = CloseForm(request.POST or None, year=year)
    if form.is_valid():
        try:
            with transaction.atomic():
                run = closing.begin(year=year, by=request.user, cut_off=form.cleaned_data["cut_off"])
                enqueue(WORKER, run.pk)
            return redirect("closing-detail", year)
        except ClosingRefused as refused:
            form.add_error(None, REFUSALS[refused.code])
    context = {"form": form, "year": year, "closable": form.is_bound or year in closing.closable_years()}
    return render(request, "reports/closing_begin.html", context, status=422 if form.is_bound else 200)


@login_required
@never_cache
def closing_detail(request: SignedInRequest, year: int) -> HttpResponseBase:
    """The frozen figures of a unit, what they are with what was recorded since, and each adjustment with its reason."""
    unit, closed = _unit(request), closing.closing_of(year)
    if closed is None:
        return _unfinished(request, year)
    figures = closing_page.figures(closed, unit)
    wanted = request.GET.get("format", "")
    if wanted in FORMATS:
        return _file(request, closed, figures, wanted)
    page = Paginator(figures.lines, PAGE).get_page(request.GET.get("page"))
    context = {
        "unit": unit,
        "closing": closed,
        "figures": figures,
        "page_obj": page,
        "adjustments": adjustments.explained(list(page)),
        "exemptions": adjustments.exemptions(closed, figures.total.then.unit.path),
        "tabs": menus.tabs("closing-list", unit),
        "crumbs": _crumbs(request, unit, year),
    }
    return render(request, "reports/closing.html", context)


def _crumbs(request: SignedInRequest, unit: Unit, year: int) -> list[tuple[str, str]]:
    above = visible_units(request.user, "reports.view").filter(path__in=unit.ancestor_paths).order_by("path")
    return [(one.label, f"?unit={one.code}" if one.pk != unit.pk else "") for one in above]


def _file(
    request: SignedInRequest, closed: YearClosing, figures: closing_page.Figures, wanted: str
) -> HttpResponseBase:
    """The figures, or (``?part=adjustments``) the adjustments, as a file."""
    name = f"{figures.total.then.unit.code}-{closed.year}-closed"
    if request.GET.get("part") == "adjustments":
        rows = adjustments.table(adjustments.explained(list(figures.lines)))
        return table_response(adjustments.COLUMNS, rows, wanted, name=f"{name}-adjustments")
    return table_response(closing_page.COLUMNS, closing_page.table(figures), wanted, name=name)


def _unfinished(request: SignedInRequest, year: int) -> HttpResponse:
    """A closing in the making: its progress for the county, nothing for anybody else."""
    return render(request, "reports/closing_progress_page.html", {"run": _run(request, year)})


def _run(request: SignedInRequest, year: int) -> ClosingRun:
    run = closing.run_of(year)
    if run is None or not _may_close(request.user):
        raise Http404
    return run


@login_required
@never_cache
def closing_progress(request: SignedInRequest, year: int) -> HttpResponse:
    """The progress bar alone, asked for again and again; the whole page when there is nothing left to wait for."""
    run = _run(request, year)
    response = render(request, "reports/closing_progress.html", {"run": run})
    if run.state == ClosingRun.State.DONE or run.problem:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_POST
def closing_resume(request: SignedInRequest, year: int) -> HttpResponse:
    """Go on with a closing that was parked."""
    run = _run(request, year)
    try:
        with transaction.atomic():
            closing.resume(run=run, by=request.user)
            enqueue(WORKER, run.pk)
    except ClosingRefused:
        flash.info(request, _("正在结转，请稍候。"))
    return redirect("closing-detail", year)
