"""What the admin does differently for courses."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.models import Page

from courses.selectors import studied_below


@hooks.register("before_delete_page")
def keep_what_was_studied(request: HttpRequest, page: Page) -> HttpResponse | None:
    """A page with records of learning is not deleted; unpublishing hides it and keeps the records."""
    if not studied_below(page):
        return None
    messages.error(
        request,
        _("“%(title)s”已有学习记录，不能删除。可以取消发布：页面不再显示，学习记录保留。") % {"title": page.title},
    )
    return redirect("wagtailadmin_pages:unpublish", page.pk) if page.live else redirect("wagtailadmin_explore", page.pk)
