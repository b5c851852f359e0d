"""The bell of every page: how many notices a signed-in person has not read."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from lms.notices.services import own


def bell(request: HttpRequest) -> dict[str, Any]:
    """``unread_notices``: one count, made when a page shows the bell, and once a request."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    if not hasattr(request, "_unread_notices"):
        count = SimpleLazyObject(lambda: own(user).filter(read_at__isnull=True).count())
        request._unread_notices = count  # type: ignore[attr-defined]
    return {"unread_notices": request._unread_notices}  # type: ignore[attr-defined]
