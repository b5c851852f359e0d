"""What a station's screen shows of a draft: the pages of the room with nobody in it and nothing that is counted."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from courses.models import CoursePage, LessonPage


def _somewhere() -> dict[str, Any]:
    """A station that is none; an open viewing, so that the screen does not sign its operator out."""
    return {"station": {"name": _("某村站点")}, "viewing": {"is_open": True}}


def lesson(page: LessonPage) -> dict[str, Any]:
    """The film in full, as ``views.play`` shows it."""
    counts = {"due": 0, "now": 0}
    return {**_somewhere(), "item": {"play_session": page}, "media": page.media, "people": [], "counts": counts}


def course(page: CoursePage) -> dict[str, Any]:
    """The lessons to choose from, as ``views.lessons`` shows them, and those that are still drafts."""
    inside = LessonPage.objects.filter(path__startswith=page.path) if page.pk else LessonPage.objects.none()
    lessons = inside.filter(media__duration_ms__gt=0).select_related("media").order_by("path")
    return {**_somewhere(), "course": page, "lessons": lessons}
