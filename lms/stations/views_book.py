"""学习收看记录簿: the list, the A4 sheet, one row with its roll call, notes written later, a corrected presence."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lms.members.http import SignedInRequest
from lms.members.models import Member
from lms.members.permissions import can, can_anywhere
from lms.stations import selectors, services
from lms.stations.forms import BookFilter, CorrectionForm, NotesForm
from lms.stations.services import StationError

PAGE = 30
# A sheet for the printer is a month or a year of one station, not a county's archive.
MOST_PRINTED = 500


def _book(request: SignedInRequest) -> tuple[BookFilter, Any]:
    if not can_anywhere(request.user, "stations.view"):
        raise Http404
    form = BookFilter(request.GET, stations=selectors.readable_stations(request.user))
    return form, form.apply(selectors.book(request.user))


@login_required
@require_safe
def book(request: SignedInRequest) -> HttpResponse:
    """The book of the stations that the person may read, by station and month."""
    form, viewings = _book(request)
    page = Paginator(viewings, PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page_obj": page, "may_operate": can_anywhere(request.user, "stations.operate")}
    return render(request, "stations/book.html", context)


@login_required
@require_safe
def book_print(request: SignedInRequest) -> HttpResponse:
    """The same rows on A4 with the official columns, oldest first."""
    form, viewings = _book(request)
    rows = list(reversed(viewings[:MOST_PRINTED]))
    return render(request, "stations/book_print.html", {"form": form, "rows": rows})


@login_required
@require_safe
def detail(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """One row of the book with its roll call and what each person was credited."""
    viewing = selectors.viewing_or_404(request.user, uuid, "stations.view")
    context = {
        "viewing": viewing,
        "rows": selectors.attended(viewing),
        "absent": selectors.not_present(viewing),
        "items": selectors.played_items(viewing),
        "counts": selectors.present_counts(viewing),
        "may_operate": can(request.user, "stations.operate", viewing.station.unit),
    }
    return render(request, "stations/detail.html", context)


@login_required
def notes(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Write or complete the book's columns after the viewing."""
    viewing = selectors.viewing_or_404(request.user, uuid)
    form = NotesForm(request.POST or None, initial=NotesForm.initial_of(viewing))
    if request.method == "POST" and form.is_valid():
        services.write_notes(viewing=viewing, notes=form.notes(), by=request.user)
        messages.success(request, _("记录已保存。"))
        return redirect("viewing-detail", viewing.uuid)
    status = 422 if form.is_bound else 200
    return render(request, "stations/notes.html", {"viewing": viewing, "form": form}, status=status)


@login_required
def correct(request: SignedInRequest, uuid: UUID, code: str) -> HttpResponse:
    """Correct where one person was; the ledger follows by reversal."""
    viewing = selectors.viewing_or_404(request.user, uuid)
    member = get_object_or_404(Member, pk__in=selectors.may_be_ticked(viewing), code=code)
    form = CorrectionForm(request.POST or None, viewing=viewing, initial=selectors.whereabouts(viewing, member))
    if request.method == "POST" and form.is_valid():
        try:
            services.correct_presence(
                viewing=viewing,
                member=member,
                stays=form.stays(),
                by=request.user,
                reason=form.cleaned_data["reason"],
            )
        except StationError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("已更正，%(name)s 的学时已按新的记录重算。") % {"name": member.name})
            return redirect("viewing-detail", viewing.uuid)
    context = {"viewing": viewing, "member": member, "form": form, "back": reverse("viewing-detail", args=[uuid])}
    return render(request, "stations/correct.html", context, status=422 if form.is_bound else 200)
