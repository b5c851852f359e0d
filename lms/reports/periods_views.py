"""Figures for any period on the desk: by child unit, and person by person in a branch."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponseBase
from django.shortcuts import render

from lms.core import clock
from lms.core.tables import FORMATS, table_response
from lms.members.http import SignedInRequest
from lms.members.models import Unit
from lms.members.permissions import visible_units
from lms.reports import menus, periods
from lms.reports.periods import Period
from lms.reports.periods_forms import PeriodForm, choices

PAGE = 50


@login_required
def period(request: SignedInRequest) -> HttpResponseBase:
    """A unit's figures from one day to another, also as of an earlier day; the same rows as a file."""
    form = PeriodForm(request.GET, user=request.user)
    unit, asked = form.chosen()
    if unit is None:
        raise Http404
    if unit.is_leaf():
        return _people(request, form, unit, asked)
    found = periods.report(unit, asked)
    wanted = request.GET.get("format", "")
    if wanted in FORMATS:
        return table_response(periods.COLUMNS, periods.table(found), wanted, name=_file_name(unit, asked))
    return render(request, "reports/period.html", {**_context(request, form, unit, asked), "report": found})


def _people(request: SignedInRequest, form: PeriodForm, unit: Unit, asked: Period) -> HttpResponseBase:
    """A branch: its own figures, and its members."""
    found, others = periods.people(unit, asked, request.user)
    wanted = request.GET.get("format", "")
    if wanted in FORMATS:
        rows = periods.people_table(found, asked)
        return table_response(periods.PEOPLE_COLUMNS, rows, wanted, name=_file_name(unit, asked))
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {"report": periods.report(unit, asked), "page_obj": page, "others": others}
    return render(request, "reports/period.html", {**_context(request, form, unit, asked), **context})


def _context(request: SignedInRequest, form: PeriodForm, unit: Unit, asked: Period) -> dict[str, Any]:
    today = clock.today()
    earlier = asked.as_of < today
    dates = {"start": asked.start, "end": asked.end, **({"as_of": asked.as_of} if earlier else {})}
    keep = urlencode(dates)
    above = visible_units(request.user, "reports.view").filter(path__in=unit.ancestor_paths).order_by("path")
    return {
        "form": form,
        "unit": unit,
        "period": asked,
        "earlier": earlier,
        "keep": keep,
        "choices": choices(today),
        "tabs": menus.tabs("report-period", unit),
        "crumbs": [(one.label, f"?unit={one.code}&{keep}" if one.pk != unit.pk else "") for one in above],
    }


def _file_name(unit: Unit, asked: Period) -> str:
    name = f"{unit.code}-{asked.start}-{asked.end}"
    return f"{name}-asof-{asked.as_of}" if asked.as_of < clock.today() else name
