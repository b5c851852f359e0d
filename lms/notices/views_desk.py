"""The county's desk of notices: channels, wordings, and what could not be sent."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lms.members.http import SignedInRequest
from lms.members.permissions import can_anywhere
from lms.notices import desk as writes
from lms.notices import sending
from lms.notices.forms import ChannelForm, WordingForm
from lms.notices.kinds import EXAMPLE, KINDS, PLACEHOLDERS
from lms.notices.models import Channel, Message, Wording
from lms.notices.services import worded

PERMISSION = "notices.manage"
MOST_SHOWN = 100
View = Callable[..., HttpResponse]


def for_managers(view: View) -> View:
    """Who does not keep the channels finds nothing here."""

    @wraps(view)
    def guarded(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not can_anywhere(request.user, PERMISSION):
            raise Http404
        return view(request, *args, **kwargs)

    return login_required(guarded)


@for_managers
@require_safe
def desk(request: SignedInRequest) -> HttpResponse:
    """All channels, all wordings, and the messages that wait for a decision."""
    channels = list(Channel.objects.select_related("unit"))
    taken = {channel.kind for channel in channels if not channel.is_group}
    own = set(Wording.objects.values_list("kind", flat=True))
    parked = Message.objects.filter(state=Message.State.PARKED).select_related("channel")
    context = {
        "channels": channels,
        "addable": [kind for kind in Channel.Kind if kind not in taken],
        "kinds": [(kind, kind.name in own) for kind in KINDS.values()],
        "parked": parked[:MOST_SHOWN],
    }
    return render(request, "notices/desk.html", context)


@for_managers
def channel_new(request: SignedInRequest, kind: str) -> HttpResponse:
    """Add a channel of a kind."""
    if kind not in Channel.Kind.values:
        raise Http404
    found = Channel.objects.filter(kind=kind).first()
    if found is not None and not found.is_group:
        return redirect("notice-channel", found.pk)
    return _channel(request, Channel(kind=kind, name=str(Channel.Kind(kind).label)))


@for_managers
def channel_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change a channel or switch it off."""
    return _channel(request, get_object_or_404(Channel, pk=pk))


def _channel(request: SignedInRequest, channel: Channel) -> HttpResponse:
    form = ChannelForm(request.POST if request.method == "POST" else None, instance=channel)
    if form.is_bound and form.is_valid():
        typed = {name: form.cleaned_data.get(name, "") for name in ("address", "secret")}
        writes.save_channel(channel=form.save(commit=False), **typed, by=request.user)
        messages.success(request, _("已保存。"))
        return redirect("notice-desk")
    context = {"form": form, "channel": channel}
    return render(request, "notices/channel.html", context, status=422 if form.is_bound else 200)


@for_managers
def wording(request: SignedInRequest, kind: str) -> HttpResponse:
    """The wording of a kind, with example values as people will read it."""
    if kind not in KINDS:
        raise Http404
    form = WordingForm.of(kind, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid() and "preview" not in request.POST:
        writes.save_wording(kind=kind, **form.cleaned_data, by=request.user)
        messages.success(request, _("已保存，以后的通知按新的说法。"))
        return redirect("notice-desk")
    bad = form.is_bound and not form.is_valid()
    example = {name: str(value) for name, value in EXAMPLE.items()}
    shown = None if bad else worded(KINDS[kind], example, form.instance)
    context = {"form": form, "kind": KINDS[kind], "shown": shown, "placeholders": PLACEHOLDERS.items()}
    return render(request, "notices/wording.html", context, status=422 if bad else 200)


@for_managers
@require_POST
def message_retry(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Send a parked message after all."""
    sending.retry(message=get_object_or_404(Message, uuid=uuid), by=request.user)
    messages.success(request, _("已重新排队。"))
    return redirect("notice-desk")
