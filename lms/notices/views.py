"""A person's own notices, and how he wants to be told."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lms.members.http import SignedInRequest
from lms.notices import services
from lms.notices.forms import PreferenceForm

PAGE = 30


@login_required
@require_safe
def notice_list(request: SignedInRequest) -> HttpResponse:
    """One's notices, the latest first; those not read are marked."""
    rows = services.own(request.user)
    unread_only = request.GET.get("unread") == "1"
    page = Paginator(rows.filter(read_at__isnull=True) if unread_only else rows, PAGE).get_page(request.GET.get("page"))
    return render(request, "notices/list.html", {"page_obj": page, "unread_only": unread_only})


@login_required
@require_POST
def notice_open(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Mark one notice as read and go where it leads."""
    notice = get_object_or_404(services.own(request.user), uuid=uuid)
    services.mark_read(notices=services.own(request.user).filter(pk=notice.pk))
    return redirect(notice.link or "notice-list")


@login_required
@require_POST
def notice_read_all(request: SignedInRequest) -> HttpResponse:
    """Mark everything as read."""
    services.mark_read(notices=services.own(request.user))
    return redirect("notice-list")


@login_required
def notice_preferences(request: SignedInRequest) -> HttpResponse:
    """How one wants to be told besides the site."""
    form = PreferenceForm.of(request.user, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        services.set_preference(user=request.user, **form.cleaned_data)
        messages.success(request, _("已保存。"))
        return redirect("notice-list")
    return render(request, "notices/preferences.html", {"form": form}, status=422 if form.is_bound else 200)
