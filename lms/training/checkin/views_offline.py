"""The trainer's page that works without a line: its shell and worker, its preparation, and where it sends what it queued."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from lms.members.http import SignedInRequest
from lms.training import selectors as trainings
from lms.training import tokens
from lms.training.checkin import offline, replies, selectors
from lms.training.errors import TrainingError
from lms.training.models import OfflineDevice, Scan, Training


def _training(request: SignedInRequest, uuid: UUID, day: str) -> tuple[Training, dt.date]:
    """A training that the person runs and that was not called off, and one of its days."""
    training = trainings.training_or_404(request.user, uuid, "run")
    if training.state == Training.State.CANCELLED:
        raise Http404
    return training, selectors.day_or_404(training, day)


# -- the page -----------------------------------------------------------------------------------


@login_required
@never_cache
def page(request: SignedInRequest, uuid: UUID, day: str) -> HttpResponse:
    """The shell: no name is in it, so that the browser may keep it. POST prepares it and answers with what it needs for a day."""
    training, date = _training(request, uuid, day)
    if request.method == "POST":
        return _prepared(request, training, date)
    context = {
        "training": training,
        "day": date,
        "sessions": selectors.sessions_of(training, date),
        "is_open": training.state == Training.State.OPEN,
    }
    return render(request, "training/checkin/offline.html", context)


def _prepared(request: SignedInRequest, training: Training, day: dt.date) -> JsonResponse:
    said = _body(request)
    if said is None:
        return JsonResponse({"text": "bad request"}, status=400)
    try:
        device = offline.open_device(training=training, day=day, tick=offline.tick_of(said), by=request.user)
    except TrainingError as error:
        return JsonResponse({"text": error.message}, status=409)
    number, key = str(device.uuid), selectors.room_key()
    found = {
        "device": number,
        "key": tokens.offline_key(key, number),
        "chain": tokens.chain_key(key, number).hex(),
        "roster": _roster(training),
    }
    return JsonResponse(found)


def _roster(training: Training) -> list[dict[str, str]]:
    """Who is enrolled, as the page shows and finds them; the tail of a telephone number tells two of one name apart."""
    rows = [trainings.RosterRow(member, None) for member in trainings.enrolled_members(training)]
    return [
        {
            "code": row.member.code,
            "name": row.member.name,
            "unit": row.member.unit.label,
            "tail": row.member.mobile[-4:],
            "letters": row.letters,
        }
        for row in rows
    ]


@never_cache
@require_safe
def worker(request: HttpRequest, uuid: UUID, day: str) -> HttpResponse:
    """The page's service worker. It lies below the page's own address, so that it reaches nothing else; it holds no data."""
    path = finders.find("js/offline-worker.js")
    if not isinstance(path, str):
        raise Http404
    return HttpResponse(Path(path).read_bytes(), content_type="text/javascript; charset=utf-8")


@login_required
@require_POST
def revoke(request: SignedInRequest, uuid: UUID, day: str, device: UUID) -> HttpResponse:
    """Stop a prepared page."""
    training, date = _training(request, uuid, day)
    row = get_object_or_404(OfflineDevice, training=training, day=date, uuid=device)
    offline.revoke_device(device=row, by=request.user)
    messages.success(request, _("断网签到设备已停用，它再送来的记录须由人审核"))
    return redirect("session-checkin", uuid, selectors.sessions_of(training, date)[0].pk)


# -- what it sends ------------------------------------------------------------------------------


def _body(request: HttpRequest) -> dict[str, Any] | None:
    try:
        found = json.loads(request.body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


@csrf_exempt
@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """A batch of queued events. The key in it is the permission: no account, no session, one training, one day.

    The answer is made from what is stored alone, so the same batch is answered in the same bytes.
    """
    said = _body(request)
    if said is None or not isinstance(said.get("events"), list) or len(said["events"]) > offline.BATCH:
        return JsonResponse({"text": "bad request"}, status=400)
    device = selectors.offline_device_of(said.get("key"))
    if device is None:
        return JsonResponse({"text": "unknown key"}, status=403)
    if device.events.count() >= offline.MOST_EVENTS:
        return JsonResponse({"text": "too many"}, status=409)
    try:
        taken = offline.take(
            device=device,
            events=[offline.queued(event) for event in said["events"]],
            sent=offline.tick_of(said),
        )
    except TrainingError as error:
        return JsonResponse({"text": error.code}, status=409)
    return JsonResponse(_answer(device, taken), json_dumps_params={"ensure_ascii": False, "sort_keys": True})


def _answer(device: OfflineDevice, taken: list[Scan]) -> dict[str, Any]:
    device.refresh_from_db(fields=["reach", "revoked_at"])
    keys = [scan.key for scan in taken]
    rows = Scan.objects.filter(key__in=keys).select_related("session", "member__unit", "decision", "offline")
    return {
        "reach": device.reach,
        "stopped": device.revoked_at is not None,
        "events": [_event_row(row) for row in sorted(rows, key=lambda row: (row.offline.counter, row.key))],
    }


def _event_row(scan: Scan) -> dict[str, Any]:
    said = replies.settled(scan)
    return {"n": scan.offline.counter, "mac": scan.offline.mac, "kind": said.kind, "who": said.who, "text": said.text}
