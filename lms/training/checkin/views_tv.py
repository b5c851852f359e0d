"""Signing in at a television, with its remote and no account: the room's six digits, one's name, four digits.

What a television says is provisional, as what a phone says by itself: the digits show that somebody saw the room's screen.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lms.training import selectors as trainings
from lms.training import tokens
from lms.training.checkin import replies, selectors, services
from lms.training.checkin.forms import DigitsForm, FourForm
from lms.training.checkin.views_kiosk import tried
from lms.training.checkin.views_own import phone_of, read_digits, with_phone
from lms.training.forms import posted
from lms.training.models import Attendance, Scan, TrainingSession


@never_cache
def tv_digits(request: HttpRequest) -> HttpResponse:
    """The six digits, by the keys of the remote or those on the screen."""
    form, phone = DigitsForm(posted(request)), phone_of(request)
    claim = read_digits(form, phone) if request.method == "POST" else None
    if claim is not None:
        return with_phone(redirect("tv-names", tokens.make_claim(selectors.room_key(), claim)), phone, request)
    status = 422 if request.method == "POST" else 200
    return with_phone(render(request, "training/checkin/tv_digits.html", {"form": form}, status=status), phone, request)


def _claimed(claim: str) -> tuple[tokens.Claim, TrainingSession] | None:
    """What a claim says and its session; None when it is too old, or never was one."""
    try:
        read = tokens.read_claim(selectors.room_key(), claim, selectors.now())
    except tokens.TokenError:
        return None
    session = TrainingSession.objects.select_related("training__unit").filter(pk__in=read.places).order_by("pk").first()
    return (read, session) if session is not None else None


def _too_late(request: HttpRequest) -> HttpResponse:
    context = {"form": DigitsForm(), "text": _("时间过了 5 分钟，请再输一次现场屏幕上的数字")}
    return render(request, "training/checkin/tv_digits.html", context, status=410)


@never_cache
@require_safe
def tv_names(request: HttpRequest, claim: str) -> HttpResponse:
    """Whose name it is: first the letter that its pinyin begins with, then the name."""
    found = _claimed(claim)
    if found is None:
        return _too_late(request)
    read, session = found
    people = selectors.by_first_letter(session)
    letter = request.GET.get("letter", "")
    context = {
        "claim": claim,
        "session": session,
        "training": session.training,
        "direction": read.direction,
        "letters": sorted(people),
        "letter": letter,
        "found": people.get(letter, []),
    }
    return render(request, "training/checkin/tv_names.html", context)


@never_cache
def tv_person(request: HttpRequest, claim: str, code: str) -> HttpResponse:
    """Four digits show who it is; the scan waits for the trainer's word."""
    found = _claimed(claim)
    if found is None:
        return _too_late(request)
    read, session = found
    member = get_object_or_404(trainings.enrolled_members(session.training), code=code)
    form, status = FourForm(posted(request)), 422 if request.method == "POST" else 200
    context = {"claim": claim, "session": session, "training": session.training, "member": member, "form": form}
    if form.is_valid():
        at = selectors.moment_of(read)
        key = f"tv:{read.nonce}:{member.pk}"
        reading = services.Reading(key, member, Attendance.Means.DIGITS, read.direction, at, phone_of(request))
        scan = tried(session, reading, form.cleaned_data["four"])
        if scan is None:
            form.add_error("four", _("试了太多次，请过 10 分钟再试，或找教师签到"))
        elif scan.result == Scan.Result.WRONG_DIGITS:
            form.add_error("four", replies.refusal(scan.result))
        else:
            context["reply"], status = replies.reply(scan), 200
    page = render(request, "training/checkin/tv_person.html", context, status=status)
    return with_phone(page, phone_of(request), request)
