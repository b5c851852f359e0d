"""Check-in as the trainer sees it: scanning, the room's screen, who waits for a word, the head count, cards to print."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from lms.core import clock
from lms.core.pdf import pdf_response, qr_svg
from lms.core.turns import turn
from lms.members.http import SignedInRequest
from lms.members.permissions import can
from lms.training import selectors as trainings
from lms.training import tokens
from lms.training.checkin import rules, selectors, services
from lms.training.checkin.cards import cards
from lms.training.checkin.forms import DecideForm, HeadsForm
from lms.training.checkin.replies import replies, reply, told
from lms.training.errors import TrainingError
from lms.training.models import Attendance, Training, TrainingSession

MOST_CARDS = 1000
LONGEST = 64
"""Signs of a code or of the key of a reading."""


def _session(request: SignedInRequest, uuid: UUID, session_id: int) -> TrainingSession:
    """A session that the person runs, of a training that was not called off."""
    session = trainings.session_or_404(request.user, uuid, session_id, "run")
    if session.training.state == Training.State.CANCELLED:
        raise Http404
    return session


def _direction(request: SignedInRequest) -> str:
    values = request.POST if request.method == "POST" else request.GET
    return rules.OUT if values.get("direction") == rules.OUT else rules.IN


# -- scanning -----------------------------------------------------------------------------------


def _standing(request: SignedInRequest, session: TrainingSession) -> dict[str, Any]:
    waiting = selectors.waiting(session)
    return {
        "session": session,
        "training": session.training,
        "key": selectors.desk_key(request.user, session),
        "tally": trainings.tally(session),
        "waiting": waiting,
        "held": selectors.held(session, waiting),
        "recent": replies(session, selectors.recent(session)),
        "failed": selectors.failed(session),
        "last_count": selectors.last_count(session),
        "devices": selectors.devices(session),
    }


@login_required
@never_cache
@require_safe
def desk(request: SignedInRequest, uuid: UUID, session_id: int) -> HttpResponse:
    """The trainer's page: scan or type codes, see who waits, count heads. With ``?part`` only what scans change."""
    session = _session(request, uuid, session_id)
    if "part" in request.GET:
        return render(request, "training/checkin/_standing.html", _standing(request, session))
    context = {**_standing(request, session), "direction": _direction(request), "heads": HeadsForm()}
    day = clock.local_date(session.starts_at)
    context |= {"day": day.isoformat(), "pages": selectors.offline_devices(session.training, day)}
    context["may_pick"] = can(request.user, "members.pick", session.training.unit)
    return render(request, "training/checkin/desk.html", context)


@login_required
@never_cache
@require_POST
def scan(request: SignedInRequest, uuid: UUID, session_id: int) -> HttpResponse:
    """One code that was typed on a page without scripts; ``scan_by_key`` is for those with."""
    session, reading = _session(request, uuid, session_id), _reading(request)
    if reading is None:
        return _nothing_read()
    found = reply(services.record(session=session, reading=reading, by=request.user))
    (messages.error if found.kind == "bad" else messages.success)(request, f"{found.who} {found.text}".strip())
    return redirect(f"{reverse('session-checkin', args=[uuid, session_id])}?direction={_direction(request)}")


@csrf_exempt
@require_POST
def scan_by_key(request: HttpRequest) -> HttpResponse:
    """One code that was read by the camera or typed; answers with a line.

    The page's key is the permission: no session, no account is read while people stand in the queue. What stands beside the
    scanner is fetched once the queue rests (``scanned``): people come in faster than a page is made.
    """
    desk = selectors.desk_of(request.POST.get("desk", ""))
    if desk is None:
        return HttpResponse(_("这一页已经过期，请刷新"), status=403, content_type="text/plain; charset=utf-8")
    reading = _reading(request)
    if reading is None:
        return _nothing_read()
    by, session = desk
    with turn():
        kept = services.keep(session=session, reading=reading, by=by)
    with translation.override(translation.get_language_from_request(request)):
        part = render(request, "training/checkin/_reply.html", {"reply": told(kept.scan, kept.mark)})
    return trigger_client_event(part, "scanned")


def _reading(request: HttpRequest) -> services.Reading | None:
    """What was read or typed; None when that is no code. ``key`` is made by the page, so that sent again it is one reading.

    Read by hand: a form takes a tenth of the time of a scan.
    """
    code, direction, key = (request.POST.get(name, "").strip() for name in ("code", "direction", "key"))
    if not code or direction not in (rules.IN, rules.OUT) or max(len(code), len(key)) > LONGEST:
        return None
    return services.Reading(
        key=f"desk:{key or uuid4()}",
        member=selectors.member_of(code),
        means=Attendance.Means.MEMBER_CODE,
        direction=direction,
        at=clock.now(),
    )


def _nothing_read() -> HttpResponse:
    return HttpResponse(_("请扫码或输入编号"), status=422, content_type="text/plain; charset=utf-8")


# -- who waits ----------------------------------------------------------------------------------


@login_required
@require_POST
def decide(request: SignedInRequest, uuid: UUID, session_id: int, key: str) -> HttpResponse:
    """Accept or refuse one provisional scan."""
    session, form = _session(request, uuid, session_id), DecideForm(request.POST)
    row = selectors.scan_or_404(session, key)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        services.decide(scan=row, accepted="accept" in request.POST, reason=reason, by=request.user)
    except TrainingError as error:
        messages.error(request, error.message)
    return redirect("session-checkin", uuid, session_id)


@login_required
@require_POST
def count(request: SignedInRequest, uuid: UUID, session_id: int) -> HttpResponse:
    """A head count; it confirms who waits when it agrees."""
    session, form = _session(request, uuid, session_id), HeadsForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("请填写现场人数"))
        return redirect("session-checkin", uuid, session_id)
    try:
        row = services.count_heads(session=session, heads=form.cleaned_data["heads"], by=request.user)
        _say_count(request, session, row.heads)
    except TrainingError as error:
        messages.error(request, error.message)
    return redirect("session-checkin", uuid, session_id)


def _say_count(request: SignedInRequest, session: TrainingSession, heads: int) -> None:
    present = trainings.tally(session).present
    figures = {"heads": heads, "present": present}
    if present == heads:
        messages.success(request, _("现场 %(heads)s 人，与签到一致") % figures)
    else:
        messages.warning(request, _("现场 %(heads)s 人，签到 %(present)s 人，请核对名单") % figures)


# -- the room's screen --------------------------------------------------------------------------


def _shown(request: SignedInRequest, session: TrainingSession) -> dict[str, Any]:
    key, at, direction = selectors.room_key(), selectors.now(), _direction(request)
    token = tokens.room_code(key, session.pk, direction, at)
    digits = tokens.room_digits(key, session.pk, direction, at)
    address = request.build_absolute_uri(reverse("room-code", args=[token]))
    return {
        "session": session,
        "training": session.training,
        "direction": direction,
        "qr": qr_svg(address),
        "digits": f"{digits[:3]} {digits[3:]}",
        "entry": request.build_absolute_uri(reverse("room-digits")),
        "left": tokens.left(at),
        "tally": trainings.tally(session),
    }


@login_required
@never_cache
@require_safe
def screen(request: SignedInRequest, uuid: UUID, session_id: int) -> HttpResponse:
    """The rotating code for a television or projector; with ``?part`` only what changes."""
    session = _session(request, uuid, session_id)
    template = "training/checkin/_code.html" if "part" in request.GET else "training/checkin/screen.html"
    return render(request, template, _shown(request, session))


# -- cards --------------------------------------------------------------------------------------


@login_required
@require_safe
def training_cards(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """The cards of everybody who is enrolled."""
    training = trainings.training_or_404(request.user, uuid, "run")
    name = _("党员码 %(title)s") % {"title": training.title}
    return pdf_response(cards(trainings.enrolled_members(training), name), f"{name}.pdf")


@login_required
@require_safe
def branch_cards(request: SignedInRequest, code: str) -> HttpResponse:
    """The cards of a branch's members, or of all below a unit when they are not too many for one file."""
    unit, members = selectors.carded(request.user, code)
    if members.count() > MOST_CARDS:
        text = _("超过 %(n)s 人，请按党支部分别打印") % {"n": MOST_CARDS}
        return HttpResponse(text, status=422, content_type="text/plain; charset=utf-8")
    name = _("党员码 %(title)s") % {"title": unit.label}
    return pdf_response(cards(members, name), f"{name}.pdf")
