"""The public site around the courses: home, news."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from courses.blocks import TextBody
from courses.page_forms import PlainPageForm
from courses.previews import Screens


class HomePage(Screens, Page):
    """The county's front page."""

    county = models.CharField(_("县名"), max_length=60)
    slogan = models.CharField(_("标语"), max_length=120, blank=True)

    content_panels = [*Page.content_panels, FieldPanel("county"), FieldPanel("slogan")]
    subpage_types = ["courses.CourseIndexPage", "courses.LibraryPage", "cms.NewsIndexPage"]
    max_count = 1

    class Meta:
        verbose_name = _("首页")


class NewsIndexPage(Screens, Page):
    """The list of news."""

    subpage_types = ["cms.NewsPage"]
    parent_page_types = ["cms.HomePage"]
    max_count = 1

    class Meta:
        verbose_name = _("动态目录")


class NewsPage(Screens, Page):
    """A piece of news."""

    date = models.DateField(_("日期"))
    summary = models.CharField(_("摘要"), max_length=200, blank=True)
    picture = models.ForeignKey(
        "wagtailimages.Image",
        verbose_name=_("图片"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    body = StreamField(TextBody(), verbose_name=_("正文"), blank=True)

    content_panels = [
        *Page.content_panels,
        FieldPanel("date"),
        FieldPanel("summary"),
        FieldPanel("picture"),
        FieldPanel("body"),
    ]
    base_form_class = PlainPageForm
    search_fields = [*Page.search_fields, index.SearchField("summary", boost=1.5), index.SearchField("body")]
    parent_page_types = ["cms.NewsIndexPage"]
    subpage_types: list[str] = []

    class Meta:
        verbose_name = _("动态")
