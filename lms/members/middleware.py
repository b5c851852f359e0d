"""What every signed-in request must satisfy: a live session and, the first time, a password of one's own."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

ADMIN = "/admin/"


class AccountMiddleware:
    """Ends sessions that a change of role or password made invalid; sends a first login to the password page; keeps the
    admin to the roles that work in it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return self.get_response(request)
        user = request.user
        if user.is_authenticated:
            if request.session.setdefault("epoch", user.session_epoch) != user.session_epoch:
                logout(request)
                return redirect("login")
            allowed = {reverse("password-change"), reverse("logout"), reverse("set_language"), reverse("elder-mode")}
            # Wagtail would send him to the login page, which sends a signed-in person straight back: for ever.
            if request.path.startswith(ADMIN) and not user.has_perm("wagtailadmin.access_admin"):
                raise PermissionDenied
            if user.must_change_password and request.path not in allowed:
                return redirect("password-change")
        return self.get_response(request)
