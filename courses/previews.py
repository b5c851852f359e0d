"""The three screens on which people study, for an editor who looks at a draft."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _


class Screens:
    """A page whose preview is as wide as a member's phone, an office PC and a station's television."""

    @property
    def preview_sizes(self) -> list[dict[str, Any]]:
        """Wagtail's form: name, icon, width in pixels, label."""
        return [
            {"name": "phone", "icon": "mobile-alt", "device_width": 390, "label": _("手机")},
            {"name": "pc", "icon": "desktop", "device_width": 1280, "label": _("电脑")},
            {"name": "tv", "icon": "media", "device_width": 1920, "label": _("站点电视")},
        ]
