"""The lessons of a course on its own form in the admin: an editor sees at once where the next one goes."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import HelpPanel
from wagtail.models import Page

from lms.members.permissions import can_anywhere


class LessonsPanel(HelpPanel):
    """The course's lessons with their state, a way to add one, and the two acts on all of them together.

    A course that is not saved yet has nowhere to put a lesson; the panel then says what comes first.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("heading", _("课时"))
        kwargs.setdefault("template", "courses/admin/_lessons.html")
        super().__init__(**kwargs)

    class BoundPanel(HelpPanel.BoundPanel):
        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            context: dict[str, Any] = super().get_context_data(parent_context)
            course = self.instance
            if not course.pk:
                return context
            lessons = list(
                apps.get_model("courses", "LessonPage")
                .objects.child_of(course)
                .order_by("path")
                .select_related("media", "package")
                .annotate_approved_schedule()
                .prefetch_workflow_states()
            )
            waiting = [page for page in (course, *lessons) if page.workflow_in_progress]
            drafts = [page for page in (course, *lessons) if page not in waiting and _changed(page)]
            return {
                **context,
                "course": course,
                "lessons": lessons,
                "drafts": drafts,
                "waiting": waiting,
                "approves": can_anywhere(self.request.user, "content.approve"),
                "add_url": reverse("wagtailadmin_pages:add", args=["courses", "lessonpage", course.pk]),
            }


def _changed(page: Page) -> bool:
    return bool(page.has_unpublished_changes or not page.live)
