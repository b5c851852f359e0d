"""The three screens on which people study, for an editor who looks at a draft."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

TV = "tv"


class Television(NamedTuple):
    """How the screen of a station shows a kind of page: the template, and what is in it for a page that nobody plays."""

    template: str
    context: Callable[[Any], dict[str, Any]]


TELEVISIONS: dict[str, Television] = {}


def on_television(kind: str, template: str, context: Callable[[Any], dict[str, Any]]) -> None:
    """Preview a kind of page (``courses.LessonPage``) as a station shows it; the room of the stations says so when it is ready."""
    TELEVISIONS[kind] = Television(template, context)


class Screens:
    """A page whose preview is as wide as a member's phone, an office PC and a station's television.

    What stations play is shown as their screen shows it; the editor's script (``admin-preview.js``) keeps width and mode together.
    """

    _meta: Any

    @property
    def preview_sizes(self) -> list[dict[str, Any]]:
        """Wagtail's form: name, icon, width in pixels, label."""
        return [
            {"name": "phone", "icon": "mobile-alt", "device_width": 390, "label": _("手机")},
            {"name": "pc", "icon": "desktop", "device_width": 1280, "label": _("电脑")},
            {"name": TV, "icon": "media", "device_width": 1920, "label": _("站点电视")},
        ]

    @property
    def preview_modes(self) -> list[tuple[str, Any]]:
        """The page and, where stations show it, their screen."""
        modes: list[tuple[str, Any]] = super().preview_modes  # type: ignore[misc]
        return [*modes, (TV, _("站点电视"))] if self._meta.label in TELEVISIONS else modes

    def get_preview_template(self, request: HttpRequest, mode_name: str) -> str:
        """The template for what an editor looks at."""
        if mode_name == TV:
            return TELEVISIONS[self._meta.label].template
        return str(super().get_preview_template(request, mode_name))  # type: ignore[misc]

    def get_preview_context(self, request: HttpRequest, mode_name: str) -> dict[str, Any]:
        """What is in it."""
        context: dict[str, Any] = super().get_preview_context(request, mode_name)  # type: ignore[misc]
        return {**context, **TELEVISIONS[self._meta.label].context(self)} if mode_name == TV else context
