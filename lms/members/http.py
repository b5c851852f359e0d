"""What a view behind ``login_required`` may rely on."""

from __future__ import annotations

from django.http import HttpRequest

from lms.members.models import User


class SignedInRequest(HttpRequest):
    """A request whose user is an account; only a type, views get Django's own request."""

    user: User
