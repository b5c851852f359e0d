"""What the admin looks like and begins with, for an editor without training."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from cms.front import StartPanel, new_course
from lms.members.permissions import can_anywhere

# Menus that an editor has no use for: Wagtail's reports are the county's, its help is about Wagtail and in English.
FOR_THE_COUNTY = {"reports"}
FOR_NOBODY = {"help"}
NOISE = {"page-types-usage", "workflow-tasks"}


@hooks.register("insert_global_admin_css")
def our_style() -> str:
    """Our colours and fonts, on every page of the admin."""
    return format_html('<link rel="stylesheet" href="{}">', static("css/admin.css"))


@hooks.register("construct_homepage_panels")
def begin_here(request: HttpRequest, panels: list[Any]) -> None:
    """What one can begin comes before Wagtail's own lists."""
    panels.insert(0, StartPanel())


@hooks.register("construct_main_menu")
def short_menu(request: HttpRequest, items: list[MenuItem]) -> None:
    """Leave what this person uses."""
    hidden = FOR_NOBODY if can_anywhere(request.user, "content.approve") else FOR_NOBODY | FOR_THE_COUNTY
    items[:] = [item for item in items if item.name not in hidden]


@hooks.register("construct_reports_menu")
def short_reports(request: HttpRequest, items: list[MenuItem]) -> None:
    """Without the lists of Wagtail's own inner parts."""
    items[:] = [item for item in items if item.name not in NOISE]


@hooks.register("register_admin_menu_item")
def help_item() -> MenuItem:
    """How a course is made, last in the menu."""
    return MenuItem(
        gettext_lazy("怎么做一门课"),
        reverse("authoring-help"),
        name="authoring-help",
        icon_name="info-circle",
        order=9000,
    )


@require_safe
def authoring_help(request: HttpRequest) -> HttpResponse:
    """How a course is made, step by step."""
    title = _("怎么做一门课")
    context = {"header_title": title, "page_title": title, "breadcrumbs_items": [{"url": "", "label": title}]}
    return render(request, "cms/admin/authoring_help.html", {**context, "new_course": new_course(request.user)})


@hooks.register("register_admin_urls")
def help_address() -> list[URLPattern]:
    """Below the admin's own, so that only who enters the admin reads it."""
    return [path("help/course/", authoring_help, name="authoring-help")]
