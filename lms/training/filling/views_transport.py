"""乘车安排 on the desk: vehicles, sharing out by town, moving people, the list for the driver."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lms.core import tables
from lms.core.pdf import pdf_response
from lms.members import audit
from lms.members.http import SignedInRequest
from lms.training import selectors as trainings
from lms.training.errors import TrainingError
from lms.training.filling import rides, transport
from lms.training.filling.forms import RideForm
from lms.training.forms import posted
from lms.training.models import Ride, Training


@login_required
def training_transport(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """The vehicles with their people and who has no seat; adding one."""
    training = trainings.training_or_404(request.user, uuid, "run")
    form = RideForm(posted(request), initial=_first_values(training))
    if request.method == "POST" and form.is_valid():
        try:
            transport.add_ride(training=training, by=request.user, **form.cleaned_data)
            messages.success(request, _("车辆已登记"))
            return redirect("training-transport", uuid)
        except TrainingError as error:
            form.add_error(None, error.message)
    context = {
        "training": training,
        "is_open": training.state == Training.State.OPEN,
        "form": form,
        "rides": rides.rides_of(training),
        "left": transport.without_seat(training),
    }
    return render(request, "training/filling/transport.html", context, status=422 if request.method == "POST" else 200)


def _first_values(training: Training) -> dict[str, Any]:
    """A vehicle leaves on the first day, an hour before it begins, unless it is said otherwise."""
    first = training.sessions.order_by("starts_at").first()
    return {"leaves_at": first.starts_at - dt.timedelta(hours=1)} if first else {}


@login_required
@require_POST
def transport_seats(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Share out by town, or move the people ticked."""
    training = trainings.training_or_404(request.user, uuid, "run")
    try:
        if "share" in request.POST:
            count = transport.share_out(training=training, by=request.user)
        else:
            codes = request.POST.getlist("member")
            people = trainings.enrolled_members(training).filter(code__in=codes)
            number = request.POST.get("ride", "")
            ride = get_object_or_404(training.rides, pk=number) if number.isdigit() else None
            count = transport.put(training=training, members=people, ride=ride, by=request.user)
        messages.success(request, _("已安排 %(n)s 人") % {"n": count})
    except TrainingError as error:
        messages.error(request, error.message)
    return redirect("training-transport", uuid)


@login_required
@require_safe
@never_cache
def transport_file(request: SignedInRequest, uuid: UUID, format: str) -> HttpResponseBase:
    """The list as a file; it holds telephone numbers in full, so taking it leaves an audit row."""
    training = trainings.training_or_404(request.user, uuid, "run")
    if format not in ("pdf", *tables.FORMATS):
        raise Http404
    found = rides.rows(training)
    audit.record(
        "training.transport", by=request.user, on=training, unit=training.unit, people=len(found), format=format
    )
    name = f"{_('乘车安排表')}-{training.title}"
    if format == "pdf":
        return pdf_response(rides.document(training), f"{name}.pdf")
    return tables.table_response(rides.COLUMNS, found, format, name=name)


@login_required
def ride_edit(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Change a vehicle, or take it off."""
    ride = get_object_or_404(Ride.objects.select_related("training"), uuid=uuid)
    training = trainings.training_or_404(request.user, ride.training.uuid, "run")
    form = RideForm(posted(request), initial={name: getattr(ride, name) for name in transport.FIELDS})
    if request.method == "POST" and ("remove" in request.POST or form.is_valid()):
        try:
            if "remove" in request.POST:
                transport.remove_ride(ride=ride, by=request.user)
                messages.success(request, _("车辆已移除，车上的人要重新安排"))
            else:
                transport.update_ride(ride=ride, by=request.user, **form.cleaned_data)
                messages.success(request, _("车辆已保存"))
            return redirect("training-transport", training.uuid)
        except TrainingError as error:
            form.add_error(None, error.message)
    context = {"training": training, "ride": ride, "form": form}
    return render(request, "training/filling/ride.html", context, status=422 if request.method == "POST" else 200)
