"""Answers while a plan is typed: what stands in its way, and when it would be free."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from lms.members.http import SignedInRequest
from lms.members.models import User
from lms.training import selectors
from lms.training.forms import SeriesForm, SessionFormSet, plans_of
from lms.training.models import Base, Room, Training
from lms.training.planning import bookings, persons
from lms.training.planning.agenda import agenda
from lms.training.planning.registers import Stock
from lms.training.planning.rules import Slot
from lms.training.services import SessionPlan


@login_required
@require_POST
def clashes(request: SignedInRequest) -> HttpResponse:
    """What stands in the way of the plan as far as it is typed, its repeats among it. Saves nothing.

    ``?training=`` names the one that is changed, ``?copy=`` the one whose people are likely to come again.
    """
    if not selectors.may_begin(request.user):
        raise Http404
    training = (
        selectors.training_or_404(request.user, selectors.uuid_or_404(request.GET["training"]), "plan")
        if "training" in request.GET
        else None
    )
    people = training or _copied(request)
    sessions = SessionFormSet(request.POST, prefix="s", form_kwargs={"stock": Stock.of_county(besides=training)})
    plans = plans_of(sessions) if sessions.management_form.is_valid() else []
    series = SeriesForm(request.POST, prefix="r")
    if training is None and series.is_valid():
        plans = series.expand(plans)
    trainer = User.objects.filter(pk=_number(request.POST.get("trainer"))).first()
    wanted = [
        bookings.Need(Slot(plan.starts_at, plan.ends_at), bookings.resources(trainer, plan.room, plan.experts))
        for plan in plans
    ]
    slots = [need.slot for need in wanted]
    base = Base.objects.filter(pk=_number(request.POST.get("base"))).first()
    capacity = _number(request.POST.get("capacity"))
    context = {
        "clashes": bookings.clashes(wanted, besides=training),
        "base_full": bookings.base_full(base, capacity, slots, besides=training),
        "too_small": bookings.room_too_small(capacity, _rooms(plans), besides=training),
        "looked": bool(wanted),
        "teacher_clashes": persons.teacher_clashes(wanted, besides=training),
        "member_clashes": persons.member_clashes(people, slots) if people else [],
        "copied": training is None,
    }
    return render(request, "training/planning/_clashes.html", context)


@login_required
@require_safe
def agenda_pdf(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """The agenda to print and hand out."""
    training = selectors.training_or_404(request.user, uuid)
    name = content_disposition_header(False, f"{training.title}.pdf") or "inline"
    return HttpResponse(agenda(training), content_type="application/pdf", headers={"Content-Disposition": name})


def _copied(request: SignedInRequest) -> Training | None:
    """The training that is copied: its people are those who may well come again."""
    if "copy" not in request.GET:
        return None
    return selectors.training_or_404(request.user, selectors.uuid_or_404(request.GET["copy"]))


def _rooms(plans: Iterable[SessionPlan]) -> list[tuple[Room | None, Slot]]:
    return [(plan.room, Slot(plan.starts_at, plan.ends_at)) for plan in plans]


def _number(text: str | None) -> int:
    """A number as it was typed; 0 when it is none."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else 0
