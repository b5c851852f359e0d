"""All courses on one page of the admin, those put away among them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import BooleanColumn
from wagtail.admin.views.pages.listing import IndexView
from wagtail.admin.viewsets.pages import PageListingViewSet

from courses.models import CoursePage


class CourseListing(PageListingViewSet):
    """Listed with category, industry, and whether a course is archived; each of them filters."""

    model = CoursePage
    icon = "openquote"
    menu_label = _("全部课程")
    menu_order = 105
    add_to_admin_menu = True
    list_filter = ["archived", "category", "industry"]
    columns = [
        *IndexView.base_columns[:-1],
        BooleanColumn("archived", label=_("已归档"), accessor="specific.archived"),
        IndexView.base_columns[-1],
    ]


course_listing = CourseListing("course_list")
