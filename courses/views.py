"""What a player talks to: start, beat, finish. Beats carry a signed token and read neither session nor user."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from courses import services
from courses.engine import Answer, PlayError, Token
from courses.models import LessonPage
from lms.members.http import SignedInRequest

STATUS = {"superseded": 409}
MESSAGES = {
    "bad-token": _("播放凭证无效或已过期，请刷新页面。"),
    "bad-beat": _("播放记录的格式不对。"),
    "superseded": _("这一课已在另一处播放，此处不再计时。"),
    "no-video": _("这一课没有视频。"),
}


def _refusal(request: HttpRequest, error: PlayError) -> JsonResponse:
    """Why not, in the reader's language: a beat has passed no middleware that would have chosen it."""
    with translation.override(translation.get_language_from_request(request)):
        body = {"code": error.code, "message": str(MESSAGES[error.code])}
    return JsonResponse(body, status=STATUS.get(error.code, 400))


def _sent(request: HttpRequest) -> tuple[str, dict[str, Any]]:
    """The token and the fields that were sent. Raises PlayError for what is no JSON object."""
    try:
        data = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise PlayError("bad-beat") from error
    if not isinstance(data, dict):
        raise PlayError("bad-beat")
    if not isinstance(data.get("token"), str):
        raise PlayError("bad-token")
    return data["token"], data


@login_required
@require_POST
def play(request: SignedInRequest, pk: int) -> JsonResponse:
    """Start the member's own session of a lesson: token; in milliseconds, where to resume, the video's length, what may be
    credited before the person must answer (``left``) and what is still needed to complete it (``missing``); in percent,
    how fast it may run and count (``speed``); what the open page of a book may still earn (``page``)."""
    member = getattr(request.user, "member", None)
    if member is None:
        raise Http404
    lesson = get_object_or_404(LessonPage.objects.live().select_related("media"), pk=pk)
    try:
        session, token = services.start_play(member=member, lesson=lesson, by=request.user)
    except PlayError as error:
        return _refusal(request, error)
    return JsonResponse(
        {
            "token": token,
            "position": session.span_to_ms,
            "duration": session.duration_ms,
            "left": session.presence_left_ms,
            "missing": Token.read(token).left_ms,
            "speed": session.speed,
            "page": session.page_left_ms,
        }
    )


@csrf_exempt
@require_POST
def beat(request: HttpRequest) -> HttpResponse:
    """Take a beat: answers the last number taken, the end of what is credited, and what may be credited before the person
    at the player must say that he is there (``left``, milliseconds; ``ask`` once the question is due). ``over`` says why the
    session has ended that it came late to: ``superseded`` by another one, or fallen ``silent``."""
    try:
        token, data = _sent(request)
        answer = services.beat(token, data)
    except PlayError as error:
        return _refusal(request, error)
    return _told(answer)


def _told(answer: Answer) -> HttpResponse:
    """The answer as JSON: plain numbers and words, without the encoder that Django's own class looks for at each beat."""
    told = {
        "sequence": answer.sequence,
        "position": answer.position,
        "settled": answer.settle,
        "left": answer.left,
        "ask": answer.ask,
        "page": answer.page,
        "over": answer.over,
    }
    return HttpResponse(json.dumps(told), content_type="application/json")


@csrf_exempt
@require_POST
def present(request: HttpRequest) -> HttpResponse:
    """The person at the player is there: crediting goes on. With ``offline`` it was pressed while the line was down."""
    try:
        token, data = _sent(request)
        return _told(services.confirm_presence(token, offline=data.get("offline") is True))
    except PlayError as error:
        return _refusal(request, error)


@csrf_exempt
@require_POST
def finish(request: HttpRequest) -> JsonResponse:
    """End a session (the page was closed). What waited in the player may come with it: a list of ``beats``, in order."""
    try:
        token, data = _sent(request)
        waiting = data.get("beats")
        services.finish(token, waiting if isinstance(waiting, list) else [])
    except PlayError as error:
        return _refusal(request, error)
    return JsonResponse({"ended": True})
