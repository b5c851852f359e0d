"""SCORM packages in the admin: a list with what became of each, the upload, the chooser of a lesson."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, ObjectList
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views.snippets import SnippetViewSet

from courses.package_forms import PROBLEMS, PackageForm
from courses.package_models import ScormPackage


def state_of(package: ScormPackage) -> str:
    """The state in words, with why a package cannot be used."""
    words = str(package.get_state_display())
    return f"{words}：{PROBLEMS[package.reason]}" if package.reason in PROBLEMS else words


class PackageViewSet(SnippetViewSet):
    """Listed by the newest; copies and deletion are off, for what was studied is evidence."""

    model = ScormPackage
    icon = "media"
    menu_label = _("互动课件")
    menu_order = 310
    add_to_admin_menu = True
    copy_view_enabled = False
    list_display = [
        "title",
        "version",
        "minutes",
        Column("state", label=_("状态"), accessor=state_of),
        "created_at",
    ]
    search_fields = ["title"]
    edit_handler = ObjectList(
        [FieldPanel("title"), FieldPanel("file"), FieldPanel("minutes")], base_form_class=PackageForm
    )
