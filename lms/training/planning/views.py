"""Answers while a plan is typed: what stands in its way, and when it would be free."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from lms.members.http import SignedInRequest
from lms.members.models import User
from lms.training import selectors
from lms.training.forms import SessionFormSet, plans_of
from lms.training.models import Base
from lms.training.planning import bookings
from lms.training.planning.agenda import agenda
from lms.training.planning.registers import Stock
from lms.training.planning.rules import Slot


@login_required
@require_POST
def clashes(request: SignedInRequest) -> HttpResponse:
    """What stands in the way of the plan as far as it is typed; ``?training=`` names the one that is changed. Saves nothing."""
    if not selectors.may_begin(request.user):
        raise Http404
    training = (
        selectors.training_or_404(request.user, selectors.uuid_or_404(request.GET["training"]), "plan")
        if "training" in request.GET
        else None
    )
    sessions = SessionFormSet(request.POST, prefix="s", form_kwargs={"stock": Stock.of_county(besides=training)})
    plans = plans_of(sessions) if sessions.management_form.is_valid() else []
    trainer = User.objects.filter(pk=_number(request.POST.get("trainer"))).first()
    wanted = [
        bookings.Need(Slot(plan.starts_at, plan.ends_at), bookings.resources(trainer, plan.room, plan.experts))
        for plan in plans
    ]
    base = Base.objects.filter(pk=_number(request.POST.get("base"))).first()
    capacity = _number(request.POST.get("capacity"))
    context = {
        "clashes": bookings.clashes(wanted, besides=training),
        "base_full": bookings.base_full(base, capacity, [need.slot for need in wanted], besides=training),
        "too_small": bookings.room_too_small(capacity, (plan.room for plan in plans)),
        "looked": bool(wanted),
        "member_clashes": bookings.member_clashes(training, [need.slot for need in wanted]) if training else [],
    }
    return render(request, "training/planning/_clashes.html", context)


@login_required
@require_safe
def agenda_pdf(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """The agenda to print and hand out."""
    training = selectors.training_or_404(request.user, uuid)
    name = content_disposition_header(False, f"{training.title}.pdf") or "inline"
    return HttpResponse(agenda(training), content_type="application/pdf", headers={"Content-Disposition": name})


def _number(text: str | None) -> int:
    """A number as it was typed; 0 when it is none."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else 0
