"""Batches of certificates on the desk: begin one, watch it run, take the file."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages as flash
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from lms.core.pdf import pdf_response
from lms.core.queue import enqueue
from lms.members.http import SignedInRequest
from lms.members.permissions import can_anywhere, get_or_404, visible_units
from lms.reports import certificates_batches as batches
from lms.reports.certificates_batches import BatchRefused
from lms.reports.certificates_forms import REFUSALS, BatchForm
from lms.reports.models import CertificateBatch
from lms.training import selectors as training
from lms.training import worth
from lms.training.models import Training

PAGE = 50
WORKER = "lms.reports.certificates_tasks.work_batch"


@login_required
def batch_list(request: SignedInRequest) -> HttpResponse:
    """The batches that the person may open."""
    if not can_anywhere(request.user, "certificates.issue"):
        raise Http404
    page = Paginator(batches.batches(request.user), PAGE).get_page(request.GET.get("page"))
    return render(request, "reports/certificate_batch_list.html", {"page_obj": page})


@login_required
def batch_new(request: SignedInRequest) -> HttpResponse:
    """Begin a batch: a year for the people of a unit, or one class (``?training=``); the worker does it."""
    units = visible_units(request.user, "certificates.issue").order_by("path")
    if not units.exists():
        raise Http404
    held = _training(request)
    chosen = request.GET.get("unit") or (held.unit.code if held else "")
    form = BatchForm(request.POST or None, units=units, chosen=chosen, for_class=held is not None)
    if form.is_valid():
        try:
            with transaction.atomic():
                batch = _begin(request, form.cleaned_data, held)
                enqueue(WORKER, batch.pk)
            return redirect("certificate-batch", batch.uuid)
        except BatchRefused as refused:
            form.add_error("unit", REFUSALS[refused.code])
    context = {"form": form, "training": held}
    return render(request, "reports/certificate_batch_new.html", context, status=422 if form.is_bound else 200)


def _training(request: SignedInRequest) -> Training | None:
    asked = request.GET.get("training", "")
    if not asked:
        return None
    try:
        held = training.training_or_404(request.user, uuid.UUID(asked))
    except ValueError as error:
        raise Http404 from error
    if held.state != Training.State.CLOSED:
        raise Http404
    return held


def _begin(request: SignedInRequest, wanted: dict[str, Any], held: Training | None) -> CertificateBatch:
    if held is None:
        return batches.begin_year(unit=wanted["unit"], year=wanted["year"], by=request.user)
    return batches.begin_class(unit=wanted["unit"], occasion=worth.occasion_of(held), title=held.title, by=request.user)


def _batch(request: SignedInRequest, batch: uuid.UUID) -> CertificateBatch:
    return get_or_404(CertificateBatch.objects.select_related("unit", "created_by"), request.user, uuid=batch)


@login_required
@never_cache
def batch_detail(request: SignedInRequest, batch: uuid.UUID) -> HttpResponse:
    """Progress while it works, then the file and who got none."""
    found = _batch(request, batch)
    context = {"batch": found, "outcomes": batches.outcomes(found), "left_out": batches.left_out(found)}
    return render(request, "reports/certificate_batch.html", context)


@login_required
@never_cache
def batch_progress(request: SignedInRequest, batch: uuid.UUID) -> HttpResponse:
    """The progress bar alone, asked for again and again; the whole page when there is nothing left to wait for."""
    found = _batch(request, batch)
    response = render(request, "reports/certificate_batch_progress.html", {"batch": found})
    if found.state == CertificateBatch.State.DONE or found.problem:
        response["HX-Refresh"] = "true"
    return response


@login_required
@never_cache
def batch_file(request: SignedInRequest, batch: uuid.UUID) -> HttpResponse:
    """All certificates of a finished batch as one PDF."""
    found = _batch(request, batch)
    if not found.file:
        raise Http404
    name = f"{_('学时证明')}-{found.unit.label}-{found.heading}.pdf"
    return pdf_response(batches.content(found), name)


@login_required
@require_POST
def batch_resume(request: SignedInRequest, batch: uuid.UUID) -> HttpResponse:
    """Go on with a batch that was parked."""
    found = _batch(request, batch)
    try:
        with transaction.atomic():
            batches.resume(batch=found, by=request.user)
            enqueue(WORKER, found.pk)
    except BatchRefused:
        flash.info(request, _("正在开具，请稍候。"))
    return redirect("certificate-batch", found.uuid)
