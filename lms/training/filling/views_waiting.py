"""The waiting list on the desk: move somebody, take somebody off; a branch takes its nomination back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lms.members.http import SignedInRequest
from lms.members.models import Member
from lms.members.permissions import units_where, within
from lms.training import selectors as trainings
from lms.training.errors import TrainingError
from lms.training.filling import seats, selectors
from lms.training.filling import waiting as services
from lms.training.filling.forms import QueueForm
from lms.training.forms import posted
from lms.training.models import Enrolment


@login_required
def waiting(request: SignedInRequest, uuid: UUID, code: str) -> HttpResponse:
    """One person of the list: to the front, to another place, or off it; each with a reason."""
    training = trainings.training_or_404(request.user, uuid, "plan")
    rows = list(seats.waiting_list(training))
    row = next((one for one in rows if one.member.code == code), None)
    if row is None:  # called in meanwhile, or never there
        member = get_object_or_404(Member, code=code, enrolments__training=training)
        messages.error(request, _("%(name)s 已不在候补名单里") % {"name": member.name})
        return redirect("training-filling", uuid)
    form = QueueForm(posted(request))
    if request.method == "POST" and form.is_valid():
        act = {"training": training, "member": row.member, "reason": form.cleaned_data["reason"], "by": request.user}
        try:
            if "remove" in request.POST:
                services.remove(**act)
                messages.success(request, _("%(name)s 已移出候补，已通知本人") % {"name": row.member.name})
            else:
                place = 1 if "front" in request.POST else form.cleaned_data["place"] or 0
                services.move(place=place, **act)
                messages.success(request, _("%(name)s 现在排在第 %(n)s 位") % {"name": row.member.name, "n": place})
            return redirect("training-filling", uuid)
        except TrainingError as error:
            form.add_error(None, error.message)
    context = {"training": training, "row": row, "form": form, "place": rows.index(row) + 1, "of": len(rows)}
    return render(request, "training/filling/waiting.html", context, status=422 if request.method == "POST" else 200)


@login_required
@require_POST
def take_back(request: SignedInRequest, uuid: UUID, code: str) -> HttpResponse:
    """Withdraw a nomination of one's own units."""
    training = selectors.nominable_or_404(request.user, uuid)
    own = within(units_where(request.user, "trainings.plan"), "unit")
    rows = Enrolment.objects.filter(own, training=training, member__code=code).select_related("member")
    row = get_object_or_404(rows)
    try:
        services.take_back(training=training, member=row.member, by=request.user)
        messages.success(request, _("已撤回对 %(name)s 的推荐") % {"name": row.member.name})
    except TrainingError as error:
        messages.error(request, error.message)
    return redirect("nominate", uuid)
