"""What every page can rely on: elder mode, the site's name, the navigation of the signed-in person."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

ELDER_COOKIE = "elder"


def page(request: HttpRequest) -> dict[str, Any]:
    """``elder`` (bool: the person's choice, else the device's), ``site_name``."""
    user = getattr(request, "user", None)
    chosen = getattr(user, "elder_mode", None)
    device = request.COOKIES.get(ELDER_COOKIE) == "1"
    return {"elder": device if chosen is None else chosen, "site_name": _("乡学")}
