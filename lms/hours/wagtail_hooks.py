"""The table of 学时 in Wagtail's admin.

Views of our own and no viewset: a version has steps (publish, withdraw), not the open list of edit, delete, history and bulk
addresses that a generic viewset would bring, each of which would have to be closed again.
"""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from lms.hours import rule_views as views
from lms.members.permissions import can_anywhere


class RulesMenuItem(MenuItem):
    """Shown to who may keep the table."""

    def is_shown(self, request: HttpRequest) -> bool:
        return can_anywhere(request.user, views.PERMISSION)


@hooks.register("register_admin_menu_item")
def rules_menu_item() -> MenuItem:
    """The table of rules, below the pages and files."""
    return RulesMenuItem(_("学时折算规则"), reverse("credit-rules"), name="credit-rules", icon_name="table", order=800)


@hooks.register("register_admin_urls")
def rules_urls() -> list[URLPattern]:
    """Addresses below the admin's own."""
    return [
        path("rules/", views.rule_list, name="credit-rules"),
        path("rules/new/", views.rule_new, name="credit-rule-new"),
        path("rules/examples/", views.rule_examples, name="credit-rule-examples"),
        path("rules/<int:pk>/", views.rule_detail, name="credit-rule"),
        path("rules/<int:pk>/edit/", views.rule_edit, name="credit-rule-edit"),
        path("rules/<int:pk>/copy/", views.rule_copy, name="credit-rule-copy"),
        *(
            path(f"rules/<int:pk>/{step}/", views.rule_step, {"step": step}, name=f"credit-rule-{step}")
            for step in views.STEPS
        ),
    ]
