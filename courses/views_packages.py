"""Opening a part of a lesson's package."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from courses import package_host, packages
from courses.models import LessonPage
from lms.members.http import SignedInRequest


@login_required
@require_POST
def open_part(request: SignedInRequest, pk: int, number: int) -> JsonResponse:
    """Open a part for the member: ``src``, the address at which it begins for him."""
    member = getattr(request.user, "member", None)
    lesson = get_object_or_404(LessonPage.objects.live().select_related("package"), pk=pk)
    try:
        if member is None:
            raise LookupError(number)
        attempt = packages.open_part(member=member, lesson=lesson, number=number)
    except LookupError as error:
        raise Http404 from error
    return JsonResponse({"src": package_host.origin(request) + attempt.root + attempt.package.item(number)["href"]})
