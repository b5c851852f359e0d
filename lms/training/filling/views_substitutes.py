"""顶替 by whoever runs the training, or by the branch whose person cannot come."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from lms.members.http import SignedInRequest
from lms.members.models import Member
from lms.members.permissions import units_where, visible_units, within
from lms.training import selectors as trainings
from lms.training.errors import TrainingError
from lms.training.filling import selectors, substitutes
from lms.training.filling.forms import SubstituteForm
from lms.training.forms import PickForm
from lms.training.models import Enrolment, Training
from lms.training.planning import persons

PICK_PAGE = 60


@login_required
def substitute(request: SignedInRequest, uuid: UUID, code: str) -> HttpResponse:
    """Whoever runs the training picks among all whom he may enrol."""
    training = trainings.training_or_404(request.user, uuid, "run")
    seat = _seat(Enrolment.objects.all(), training, code)
    people = selectors.not_listed(trainings.pickable(request.user), training)
    return _pick(request, seat, people, reverse("training-detail", args=[uuid]), "members.pick")


@login_required
def nominee_substitute(request: SignedInRequest, uuid: UUID, code: str) -> HttpResponse:
    """The branch sends another of its own people for one of them."""
    training = selectors.nominable_or_404(request.user, uuid)
    own = within(units_where(request.user, "trainings.plan"), "unit")
    seat = _seat(Enrolment.objects.filter(own), training, code)
    people = selectors.candidates(request.user, training)
    return _pick(request, seat, people, reverse("nominate", args=[uuid]), "trainings.plan")


def _seat(rows: QuerySet[Enrolment], training: Training, code: str) -> Enrolment:
    found = rows.select_related("member__unit", "training")
    return get_object_or_404(found, training=training, member__code=code, state=Enrolment.State.ENROLLED)


def _pick(request: SignedInRequest, seat: Enrolment, people: QuerySet[Member], back: str, held: str) -> HttpResponse:
    find = PickForm(request.GET, units=visible_units(request.user, held).order_by("path"))
    found = find.apply(people.exclude(pk=seat.member_id))
    form = SubstituteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        other = get_object_or_404(people, code=request.POST.get("member", ""))
        try:
            substitutes.substitute(
                training=seat.training, member=seat.member, by_member=other, by=request.user, **form.cleaned_data
            )
            names = {"other": other.name, "name": seat.member.name}
            messages.success(request, _("%(other)s 顶替 %(name)s 参加，已通知两人") % names)
            return redirect(back)
        except TrainingError as error:
            form.add_error(None, error.message)
    page = Paginator(found, PICK_PAGE).get_page(request.GET.get("page"))
    busy = persons.busy([member.pk for member in page], seat.training)
    context = {
        "seat": seat,
        "training": seat.training,
        "find": find,
        "form": form,
        "page_obj": page,
        "picks": [(member, busy.get(member.pk)) for member in page],
        "back": back,
    }
    return render(request, "training/filling/substitute.html", context, status=422 if form.errors else 200)
