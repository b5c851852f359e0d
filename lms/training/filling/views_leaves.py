"""请假 on the desk and on the member's pages: ask, grant, refuse, enter for somebody without a telephone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lms.core import clock
from lms.members.http import SignedInRequest
from lms.training import selectors as trainings
from lms.training.errors import TrainingError
from lms.training.filling import leaves, selectors
from lms.training.filling.forms import MOST_LETTERS, AnswerForm, LeaveForm
from lms.training.filling.views_own import own_member
from lms.training.forms import posted
from lms.training.models import Enrolment, Leave, Training

# -- who runs it -----------------------------------------------------------------------------


@login_required
def training_leaves(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """What waits, what was decided and by whom; entering a leave for somebody, for which one answers oneself."""
    training = trainings.training_or_404(request.user, uuid, "run")
    if training.state == Training.State.CANCELLED:
        raise Http404
    people = trainings.enrolled_members(training).exclude(user=request.user)
    form = LeaveForm(posted(request), sessions=training.sessions.all(), members=people)
    if request.method == "POST" and form.is_valid():
        try:
            leaves.enter(training=training, by=request.user, **_values(form, training))
            messages.success(request, _("已记请假"))
            return redirect("training-leaves", training.uuid)
        except TrainingError as error:
            form.add_error(None, error.message)
    rows = list(selectors.leaves_of(training))
    context = {
        "training": training,
        "form": form,
        "waiting": [row for row in rows if row.state == Leave.State.ASKED],
        "decided": [row for row in rows if row.state in Leave.DECIDED],
        "answer": AnswerForm(auto_id=False),
        "own_user": request.user.pk,
    }
    return render(request, "training/filling/leaves.html", context, status=422 if request.method == "POST" else 200)


def _values(form: LeaveForm, training: Training) -> dict[str, Any]:
    """What was filled in; a training of one session has no choice of sessions."""
    values = dict(form.cleaned_data)
    if "session" not in values:
        values["session"] = training.sessions.get()
    if values["session"] is not None:
        values["session"].training = training
    return values


@login_required
@require_POST
def leave_decide(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Grant or refuse what somebody asked for; nobody his own."""
    row = get_object_or_404(Leave.objects.select_related("training", "member"), uuid=uuid)
    trainings.training_or_404(request.user, row.training.uuid, "run")
    if row.member.user_id == request.user.pk:
        raise Http404
    answer = request.POST.get("answer", "")[:MOST_LETTERS]
    try:
        if "refuse" in request.POST:
            leaves.refuse(leave=row, answer=answer, by=request.user)
            messages.success(request, _("没有准假，已通知本人"))
        else:
            leaves.grant(leave=row, answer=answer, by=request.user)
            messages.success(request, _("已准假，已通知本人"))
    except TrainingError as error:
        messages.error(request, error.message)
    return redirect("training-leaves", row.training.uuid)


# -- the member --------------------------------------------------------------------------------


@login_required
def own_leave(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Ask for leave from a session ahead or running, and see what became of it."""
    member = own_member(request)
    seat = get_object_or_404(
        Enrolment.objects.select_related("training__unit"),
        training__uuid=uuid,
        member=member,
        state=Enrolment.State.ENROLLED,
    )
    training = seat.training
    ahead = list(training.sessions.filter(ends_at__gt=clock.now()).order_by("starts_at"))
    rows = list(selectors.leaves_of(training).filter(member=member))
    may_ask = training.state == Training.State.OPEN and bool(ahead)
    form = LeaveForm(posted(request), sessions=ahead, members=None)
    if request.method == "POST" and form.is_valid():
        try:
            session = form.cleaned_data.get("session") or (ahead[0] if len(ahead) == 1 else None)
            reason = form.cleaned_data["reason"]
            leaves.ask(training=training, session=session, member=member, reason=reason, by=request.user)
            messages.success(request, _("已提出请假，批准后通知您"))
            return redirect("own-leave", training.uuid)
        except TrainingError as error:
            form.add_error(None, error.message)
    context = {
        "training": training,
        "rows": rows,
        "form": form,
        "may_ask": may_ask and not any(row.state == Leave.State.ASKED for row in rows),
    }
    return render(request, "training/filling/own_leave.html", context, status=422 if request.method == "POST" else 200)


@login_required
@require_POST
def own_leave_withdraw(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Take back what one asked for."""
    row = get_object_or_404(Leave.objects.select_related("training"), uuid=uuid, member=own_member(request))
    try:
        leaves.withdraw(leave=row, by=request.user)
        messages.success(request, _("已撤回请假"))
    except TrainingError as error:
        messages.error(request, error.message)
    return redirect("own-leave", row.training.uuid)
