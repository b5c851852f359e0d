"""What every page can rely on: elder mode. (The navigation comes from ``lms.members.navigation``.)"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

ELDER_COOKIE = "elder"


def page(request: HttpRequest) -> dict[str, Any]:
    """``elder`` (bool): the person's choice, else the device's."""
    user = getattr(request, "user", None)
    chosen = getattr(user, "elder_mode", None)
    device = request.COOKIES.get(ELDER_COOKIE) == "1"
    return {"elder": device if chosen is None else chosen}
