"""The screen of a base's host: the rotating code of a visit that is under way. What is scanned waits for the host's count."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lms.core.pdf import qr_svg
from lms.members.http import SignedInRequest
from lms.training import selectors as trainings
from lms.training import tokens
from lms.training.checkin import rules as checkin_rules
from lms.training.checkin import selectors as checkin
from lms.training.models import Training
from lms.training.visits import selectors


@login_required
@never_cache
@require_safe
def screen(request: SignedInRequest, uuid: UUID, session_id: int) -> HttpResponse:
    """The code for a telephone or a television at the base; with ``?part`` only what changes."""
    training = selectors.visit_or_404(request.user, uuid)
    base = training.base
    if base is None or not selectors.may_host(request.user, base) or training.state != Training.State.OPEN:
        raise Http404
    session = get_object_or_404(training.sessions.all(), pk=session_id)
    session.training = training
    direction = checkin_rules.OUT if request.GET.get("direction") == checkin_rules.OUT else checkin_rules.IN
    key, at = checkin.room_key(), checkin.now()
    token = tokens.room_code(key, session.pk, direction, at, tokens.HOST)
    digits = tokens.room_digits(key, session.pk, direction, at)
    context = {
        "session": session,
        "training": training,
        "direction": direction,
        "qr": qr_svg(request.build_absolute_uri(reverse("room-code", args=[token]))),
        "digits": f"{digits[:3]} {digits[3:]}",
        "entry": request.build_absolute_uri(reverse("room-digits")),
        "left": tokens.left(at),
        "tally": trainings.tally(session),
    }
    template = "training/checkin/_code.html" if "part" in request.GET else "training/visits/screen.html"
    return render(request, template, context)
