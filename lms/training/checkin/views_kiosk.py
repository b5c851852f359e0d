"""The kiosk in the hall: find one's name, type four digits, next please. It knows one session and no account.

Who opens it is signed out of that machine: what stays there is a key that can add scans to this session today.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lms.core import clock
from lms.members.http import SignedInRequest
from lms.training import selectors as trainings
from lms.training import tokens
from lms.training.checkin import replies, rules, selectors, services
from lms.training.checkin.forms import FourForm
from lms.training.errors import TrainingError
from lms.training.forms import posted
from lms.training.models import Attendance, CheckinDevice, Scan, TrainingSession

COOKIE = "kiosk"
COOKIE_LIFE = 24 * 3600
TRIES, TRIES_TIME = 5, 600


@login_required
@require_POST
def kiosk_open(request: SignedInRequest, uuid: UUID, session_id: int) -> HttpResponse:
    """Make this machine a kiosk of the session and sign out."""
    session = trainings.session_or_404(request.user, uuid, session_id, "run")
    try:
        device = services.open_device(session=session, by=request.user)
    except TrainingError as error:
        messages.error(request, error.message)
        return redirect("session-checkin", uuid, session_id)
    logout(request)
    response = redirect("kiosk")
    token = tokens.device_key(selectors.room_key(), str(device.uuid))
    response.set_cookie(
        COOKIE, token, COOKIE_LIFE, path=reverse("kiosk"), httponly=True, samesite="Strict", secure=request.is_secure()
    )
    return response


@login_required
@require_POST
def kiosk_revoke(request: SignedInRequest, uuid: UUID, session_id: int, device: UUID) -> HttpResponse:
    """Stop a kiosk of the session."""
    session = trainings.session_or_404(request.user, uuid, session_id, "run")
    row = get_object_or_404(CheckinDevice, session=session, uuid=device)
    services.revoke_device(device=row, by=request.user)
    messages.success(request, _("签到机已停用"))
    return redirect("session-checkin", uuid, session_id)


def _device(request: HttpRequest) -> CheckinDevice:
    device = selectors.device_of(request.COOKIES.get(COOKIE, ""))
    if device is None:
        raise Http404
    return device


@never_cache
@require_safe
def kiosk(request: HttpRequest) -> HttpResponse:
    """Find one's name by a piece of it; nobody is shown before something is typed."""
    device = _device(request)
    q = request.GET.get("q", "").strip()
    direction = rules.OUT if request.GET.get("direction") == rules.OUT else rules.IN
    context = {
        "session": device.session,
        "training": device.session.training,
        "q": q,
        "found": selectors.found_by(device.session, q),
        "direction": direction,
    }
    return render(request, "training/checkin/kiosk.html", context)


@never_cache
def kiosk_person(request: HttpRequest, code: str) -> HttpResponse:
    """Four digits show who it is; after five wrong ones the name is locked for ten minutes."""
    device = _device(request)
    member = get_object_or_404(trainings.enrolled_members(device.session.training), code=code)
    direction = rules.OUT if request.GET.get("direction") == rules.OUT else rules.IN
    form, status = FourForm(posted(request)), 200
    context = {"session": device.session, "training": device.session.training, "member": member, "direction": direction}
    if request.method == "POST":
        status = 422
        if form.is_valid():
            reading = services.Reading(
                f"kiosk:{uuid4()}", member, Attendance.Means.KIOSK, direction, clock.now(), device=device
            )
            scan = tried(device.session, reading, form.cleaned_data["four"])
            if scan is None:
                form.add_error("four", _("试了太多次，请过 10 分钟再试，或找教师签到"))
            elif scan.result == Scan.Result.WRONG_DIGITS:
                form.add_error("four", replies.refusal(scan.result))
            else:
                context["reply"], status = replies.reply(scan), 200
    return render(request, "training/checkin/kiosk_person.html", {**context, "form": form}, status=status)


def tried(session: TrainingSession, reading: services.Reading, four: str) -> Scan | None:
    """The scan that a try makes, right or wrong; None while the name is locked. ``reading`` is of the member meant."""
    assert reading.member is not None
    tries = f"kiosk:{session.pk}:{reading.member.pk}"
    wrong = cache.get(tries, 0)
    if wrong >= TRIES:
        return None
    if four.upper() not in selectors.last_four(reading.member):
        cache.set(tries, wrong + 1, TRIES_TIME)
        reading = replace(reading, key=f"wrong:{uuid4()}", fault=Scan.Result.WRONG_DIGITS)
    return services.record(session=session, reading=reading, by=None)
