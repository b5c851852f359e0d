"""The member's pages: trainings ahead, signing up with one tap, giving the place up again."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lms.members.http import SignedInRequest
from lms.members.models import Member
from lms.training.errors import TrainingError
from lms.training.filling import selectors, services
from lms.training.models import Enrolment, Training


def own_member(request: SignedInRequest) -> Member:
    """The member whose account it is; the page of nobody is not there."""
    member: Member | None = getattr(request.user, "member", None)
    if member is None:
        raise Http404
    return member


@login_required
@require_safe
def choices(request: SignedInRequest) -> HttpResponse:
    """What the member may sign up for, and where he has a place."""
    return render(request, "training/filling/choices.html", {"choices": selectors.choices_for(own_member(request))})


@login_required
@require_POST
def sign_up(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """A seat, or a place in the waiting list."""
    member, training = own_member(request), _training(request, uuid)

    def act() -> str:
        row = services.sign_up(training=training, member=member, by=request.user)
        waits = row.state == Enrolment.State.WAITING
        return _("名额已满，您已进入候补，有名额时通知您") if waits else _("已报名，请按时参加")

    return _done(request, act)


@login_required
@require_POST
def withdraw(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Give the place up."""
    member, training = own_member(request), _training(request, uuid)

    def act() -> str:
        services.withdraw(training=training, member=member, by=request.user)
        return _("已退出，名额留给下一位")

    return _done(request, act)


def _training(request: SignedInRequest, uuid: UUID) -> Training:
    """A training on the member's page, or one on it until a moment ago; another reads as not there."""
    member = own_member(request)
    own = Training.objects.filter(unit__path__in=member.unit.ancestor_paths) | Training.objects.filter(
        enrolments__member=member
    )
    return get_object_or_404(own.distinct(), uuid=uuid)


def _done(request: SignedInRequest, act: Callable[[], str]) -> HttpResponse:
    try:
        messages.success(request, act())
    except TrainingError as error:
        messages.error(request, error.message)
    return redirect("training-choices")
