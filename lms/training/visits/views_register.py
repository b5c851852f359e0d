"""基地参观登记 on A4 across, or as a file."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lms.core import clock, tables
from lms.core.pdf import qr_svg
from lms.members.http import SignedInRequest
from lms.training import selectors, sheets
from lms.training.visits.register import RegisterFilter, rows

# What a person can look through before a download; beyond it the filter is narrowed.
MOST_EXPORTED = 20_000


@login_required
@require_safe
def visit_register(request: SignedInRequest) -> HttpResponseBase:
    """The visits that the person may read, filtered; with ``?format=`` as a file (domain §6)."""
    if not selectors.may_open_desk(request.user):
        raise Http404
    form = RegisterFilter(request.GET, user=request.user)
    visits = form.apply(rows(request.user))[:MOST_EXPORTED]
    if format := request.GET.get("format"):
        try:
            lines = sheets.visit_rows(visits)
            return tables.table_response(sheets.VISIT_COLUMNS, lines, format, name=_("基地参观登记"))
        except KeyError as error:
            raise Http404 from error
    context = {
        "form": form,
        "chosen": form.words(),
        "heads": [column.title for column in sheets.VISIT_COLUMNS],
        "lines": list(sheets.visit_rows(visits)),
        "qr": qr_svg(request.build_absolute_uri()),
        "day": clock.today(),
    }
    return render(request, "training/visits/register.html", context)
