"""The page that explains one member's figure under one goal line, for him and for those who answer for it; also as JSON."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render

from lms.core import clock
from lms.members.http import SignedInRequest
from lms.members.models import Member
from lms.members.permissions import get_or_404
from lms.reports import asof, explanations


def _explained(request: SignedInRequest, member: Member, key: str, *, own: bool) -> HttpResponse:
    today = clock.today()
    asked, day = request.GET.get("year", ""), asof.asked(request.GET.get("as_of"))
    year = int(asked) if asked.isdigit() and len(asked) == 4 else today.year
    one = explanations.explained(member, key, year, day, today)
    if one is None:
        raise Http404
    if request.GET.get("format") == "json":
        return JsonResponse(explanations.record(one), json_dumps_params={"ensure_ascii": False})
    return render(request, "reports/explain.html", {"one": one, "found": one.found, "own": own, "as_of": day})


@login_required
def own_explanation(request: SignedInRequest, key: str) -> HttpResponse:
    """What counts of the member's own hours, what does not and why, what is missing and how to reach it."""
    member = getattr(request.user, "member", None)
    if member is None:
        raise Http404
    return _explained(request, member, key, own=True)


@login_required
def member_explanation(request: SignedInRequest, code: str, key: str) -> HttpResponse:
    """The same about a member whose hours the person may read."""
    member = get_or_404(Member.objects.select_related("unit"), request.user, "hours.view", code=code)
    return _explained(request, member, key, own=False)
