"""What the admin does differently for courses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.models import Page
from wagtail.snippets.models import register_snippet

from courses import approval_admin, kept, quiz_admin, views_kept, views_media
from courses.course_admin import CourseListing, course_listing
from courses.package_admin import PackageViewSet
from courses.study_models import CourseQuestion
from courses.study_selectors import questions_seen_by
from lms.members.permissions import can_anywhere

register_snippet(PackageViewSet)


@hooks.register("register_admin_viewset")
def all_courses() -> CourseListing:
    """All courses, with a filter for those that were put away."""
    return course_listing


def _refused(request: HttpRequest, page: Page) -> bool:
    """Whether a page must stay because of what people did with it or a page below it; says so."""
    records = kept.records_below(page)
    if not records:
        return False
    words = {"title": page.title, "records": "、".join(records)}
    messages.error(
        request,
        _("“%(title)s”已有学习记录（%(records)s），不能删除。可以取消发布：页面不再显示，学习记录保留。") % words,
    )
    return True


@hooks.register("before_delete_page")
def keep_what_was_studied(request: HttpRequest, page: Page) -> HttpResponse | None:
    """A page with records of learning is not deleted; unpublishing hides it and keeps the records."""
    if not _refused(request, page):
        return None
    return redirect("wagtailadmin_pages:unpublish", page.pk) if page.live else redirect("wagtailadmin_explore", page.pk)


@hooks.register("before_bulk_action")
def keep_in_bulk(request: HttpRequest, action: str, rows: Sequence[Any], _action_view: object) -> HttpResponse | None:
    """Of several to be deleted a page with records, or a thing that a page shows, stops them all, before any is gone."""
    if action != "delete":
        return None
    refused = [row for row in rows if isinstance(row, Page) and _refused(request, row)]
    if refused:
        return redirect("wagtailadmin_explore", refused[0].get_parent().pk)
    return views_kept.refused_in_bulk(request, rows)


@hooks.register("insert_editor_js")
def one_save_at_a_time() -> str:
    """A key pressed while the form saves itself waits for that: a page is made once."""
    return format_html('<script type="module" src="{}"></script>', static("js/admin-save.js"))


@hooks.register("insert_editor_js")
def televisions_in_previews() -> str:
    """The width of a station's television shows the station's screen."""
    return format_html('<script type="module" src="{}"></script>', static("js/admin-preview.js"))


@hooks.register("insert_editor_js")
def films_in_pieces() -> str:
    """A film chosen from one's own disk in a page's chooser goes in pieces too, and comes back chosen."""
    return format_html(
        '<link rel="stylesheet" href="{}">{}',
        static("css/admin-media.css"),
        render_to_string("courses/admin/_upload_script.html"),
    )


class QuizMenuItem(MenuItem):
    """Shown to who edits content."""

    def is_shown(self, request: HttpRequest) -> bool:
        return can_anywhere(request.user, quiz_admin.PERMISSION)


@hooks.register("register_admin_menu_item")
def quiz_menu_item() -> MenuItem:
    """The figures of tests, below the pages and files."""
    return QuizMenuItem(
        gettext_lazy("测试统计"), reverse("quiz-statistics"), name="quiz-statistics", icon_name="help", order=790
    )


class QuestionMenuItem(MenuItem):
    """Shown to who may answer, with how many questions wait."""

    def is_shown(self, request: HttpRequest) -> bool:
        return can_anywhere(request.user, CourseQuestion.view_permission)

    def render_component(self, request: HttpRequest) -> Any:
        item = super().render_component(request)
        waiting = questions_seen_by(request.user).filter(answered_at__isnull=True).count()
        if waiting:
            item.label = _("%(label)s（%(n)s 条待答）") % {"label": item.label, "n": waiting}
        return item


@hooks.register("register_admin_menu_item")
def question_menu_item() -> MenuItem:
    """What members ask, on the desk."""
    return QuestionMenuItem(
        gettext_lazy("学员提问"), reverse("question-list"), name="course-questions", icon_name="comment", order=780
    )


@hooks.register("register_admin_urls")
def quiz_urls() -> list[URLPattern]:
    """Addresses below the admin's own."""
    return [
        path("tests/", quiz_admin.quiz_courses, name="quiz-statistics"),
        path("tests/<int:pk>/", quiz_admin.quiz_questions, name="quiz-statistics-course"),
    ]


@hooks.register("register_admin_urls")
def media_addresses() -> list[URLPattern]:
    """The media library's own addresses; the admin lets in whoever may open it, the views ask for the right."""
    return [
        path("media/uploads/", views_media.begin, name="media-upload-begin"),
        path("media/uploads/<uuid:uuid>/", views_media.upload, name="media-upload"),
        path("media/status/<int:pk>/", views_media.status, name="media-status"),
        path("media/retry/<int:pk>/", views_media.retry, name="media-retry"),
        path("media/cover/<int:pk>/", views_media.cover, name="media-cover"),
    ]


@hooks.register("register_admin_urls", order=-1)
def removal_from_libraries() -> list[URLPattern]:
    """In the place of the libraries' own: a film, picture or document that a page shows is not deleted."""
    return views_kept.urlpatterns


@hooks.register("register_admin_urls")
def approval_addresses() -> list[URLPattern]:
    """A course with all its lessons, handed in or approved in one act."""
    return [
        path("courses/<int:pk>/submit/", approval_admin.submit, name="course-submit"),
        path("courses/<int:pk>/approve/", approval_admin.approve, name="course-approve"),
    ]
