"""Check-in as a member sees it: one's own code; the room's code or digits on one's own phone, signed in or not yet.

Reading a room's code needs no session: it makes a claim, good for five minutes, in which there is time to sign in.
"""

from __future__ import annotations

import secrets

from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lms.core import clock
from lms.core.pdf import qr_svg
from lms.members.http import SignedInRequest
from lms.members.models import Member
from lms.training import tokens
from lms.training.checkin import replies, selectors, services
from lms.training.checkin.forms import DigitsForm
from lms.training.forms import posted
from lms.training.models import Attendance, TrainingSession

Means = Attendance.Means
PHONE = "phone"
PHONE_LIFE = 365 * 24 * 3600
TRIES = 10
TRIES_TIME = 600
CLAIMED = {"code": Means.ROOM_CODE, "host": Means.VISIT_CODE, "digits": Means.DIGITS}


def phone_of(request: HttpRequest) -> str:
    """The random number that this browser keeps; a new one for a browser that has none."""
    kept = request.COOKIES.get(PHONE, "")
    return kept if len(kept) == 32 and kept.isalnum() else secrets.token_hex(16)


def with_phone(response: HttpResponse, phone: str, request: HttpRequest) -> HttpResponse:
    response.set_cookie(PHONE, phone, max_age=PHONE_LIFE, httponly=True, samesite="Lax", secure=request.is_secure())
    return response


def _claim(request: HttpRequest, places: list[int], direction: str, means: str) -> HttpResponse:
    """Go on to the page that asks who one is, if need be, and for one tap."""
    claim = tokens.Claim(tuple(places), direction, means, selectors.now(), secrets.token_hex(8))
    response = redirect("own-checkin", tokens.make_claim(selectors.room_key(), claim))
    return with_phone(response, phone_of(request), request)


@never_cache
@require_safe
def room_code(request: HttpRequest, token: str) -> HttpResponse:
    """Where a room's QR code leads; an old one is kept as a failed scan and says so."""
    purpose = tokens.purpose_of(token)
    way = "host" if purpose == tokens.HOST else "code"
    try:
        code = tokens.read_room_code(selectors.room_key(), token, selectors.now(), purpose)
    except tokens.TokenError as error:
        return _refused(request, token, error, CLAIMED[way])
    return _claim(request, [code.place], code.direction, way)


def _refused(request: HttpRequest, token: str, error: tokens.TokenError, means: str) -> HttpResponse:
    """Say why a code is not taken. Only one that was ours once is kept: anybody can make up codes without end."""
    phone, member = phone_of(request), getattr(request.user, "member", None)
    session = TrainingSession.objects.filter(pk=error.place).first() if error.place is not None else None
    if session is not None:
        reading = services.Reading(
            key=f"old:{token[-tokens.MAC_BYTES * 8 // 5 :]}:{phone}",
            member=member if isinstance(member, Member) else None,
            means=means,
            direction="in",
            at=clock.now(),
            phone=phone,
            fault=error.code,
        )
        services.record(session=session, reading=reading, by=None)
    context = {"text": replies.refusal(error.code), "form": DigitsForm()}
    return with_phone(render(request, "training/checkin/digits.html", context, status=410), phone, request)


@never_cache
def room_digits(request: HttpRequest) -> HttpResponse:
    """Six digits instead of a camera."""
    form, phone = DigitsForm(posted(request)), phone_of(request)
    claim = read_digits(form, phone) if request.method == "POST" else None
    if claim is not None:
        return with_phone(redirect("own-checkin", tokens.make_claim(selectors.room_key(), claim)), phone, request)
    status = 422 if request.method == "POST" else 200
    return with_phone(render(request, "training/checkin/digits.html", {"form": form}, status=status), phone, request)


def read_digits(form: DigitsForm, phone: str) -> tokens.Claim | None:
    """The claim that the digits on the room's screen make, else the form says what is wrong. After ten wrong ones a phone
    waits ten minutes."""
    if not form.is_valid():
        return None
    tries = f"digits:{phone}"
    if cache.get(tries, 0) >= TRIES:
        form.add_error("digits", _("试了太多次，请过 10 分钟再试，或找教师签到"))
        return None
    places, direction = selectors.showing(form.cleaned_data["digits"])
    if places:
        return tokens.Claim(tuple(places), direction, "digits", selectors.now(), secrets.token_hex(8))
    cache.set(tries, cache.get(tries, 0) + 1, TRIES_TIME)
    form.add_error("digits", _("数字不对或已过期，请看现场屏幕上现在的数字"))
    return None


@login_required
@never_cache
def own_checkin(request: SignedInRequest, claim: str) -> HttpResponse:
    """One tap for the scan that this phone just made."""
    member = selectors.own_member(request.user)
    try:
        read = tokens.read_claim(selectors.room_key(), claim, selectors.now())
    except tokens.TokenError as error:
        return _refused(request, claim, error, Means.ROOM_CODE)
    session = selectors.place_of(read, member)
    if session is None:
        return _refused(request, claim, tokens.TokenError("bad-code"), Means.ROOM_CODE)
    context = {"session": session, "training": session.training, "direction": read.direction, "member": member}
    if request.method == "POST":
        made = read._replace(means=str(CLAIMED[read.means]))
        scan = services.redeem(claim=made, session=session, member=member, phone=phone_of(request))
        context["reply"] = replies.reply(scan)
    return with_phone(render(request, "training/checkin/own.html", context), phone_of(request), request)


@login_required
@never_cache
@require_safe
def own_code(request: SignedInRequest) -> HttpResponse:
    """One's own code for the trainer's camera; it stays the same and can be kept as a picture."""
    member = selectors.own_member(request.user)
    context = {"member": member, "qr": qr_svg(selectors.card_text(member)), "form": DigitsForm()}
    return render(request, "training/checkin/own_code.html", context)
