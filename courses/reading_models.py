"""The farm library around its books (``models.BookPage``), and what a reader leaves in one: his place and his notes, both his alone."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.models import Page
from wagtail.query import PageQuerySet

from courses.page_forms import PlainPageForm
from courses.previews import Screens
from lms.hours.credit import Category
from lms.members.models import Member


def check_pdf(file: Any) -> None:
    """Refuse a file that is no PDF, whatever it is called."""
    file.seek(0)
    head = file.read(5)
    file.seek(0)
    if head != b"%PDF-":
        raise ValidationError(_("这不是 PDF 文件。请在电脑上另存为 PDF 后再上传。"), code="not-pdf")


class LibraryPage(Screens, Page):
    """The farm library (农家书屋): shelves of books to read on the screen."""

    intro = models.CharField(_("简介"), max_length=300, blank=True)

    content_panels = [*Page.content_panels, FieldPanel("intro")]
    base_form_class = PlainPageForm
    parent_page_types = ["cms.HomePage"]
    subpage_types = ["courses.ShelfPage"]
    max_count = 1
    template = "courses/library.html"

    class Meta:
        verbose_name = _("农家书屋")


class ShelfPage(Screens, Page):
    """A shelf: books of one category."""

    category = models.CharField(_("内容类别"), max_length=12, choices=Category)

    content_panels = [*Page.content_panels, FieldPanel("category")]
    base_form_class = PlainPageForm
    parent_page_types = ["courses.LibraryPage"]
    subpage_types = ["courses.BookPage"]
    template = "courses/shelf.html"

    class Meta:
        verbose_name = _("书架")

    def books(self) -> PageQuerySet:
        """The published books in order."""
        return self.get_children().live().specific()


class ReadingPlace(models.Model):
    """The page of a PDF or the chapter of an EPUB at which a reader stopped, counted from 1."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="reading_places")
    book = models.ForeignKey("courses.BookPage", on_delete=models.PROTECT, related_name="places")
    place = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = _("阅读位置")
        verbose_name_plural = _("阅读位置")
        constraints = [models.UniqueConstraint(fields=["member", "book"], name="reading_place_once")]

    def __str__(self) -> str:
        return f"{self.member} {self.place}"


class ReadPage(models.Model):
    """A page of a book that a reader has left: what it may still earn, in milliseconds (``rules.page_worth``)."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    book = models.ForeignKey("courses.BookPage", on_delete=models.PROTECT, related_name="+")
    edition = models.PositiveSmallIntegerField(default=1)
    place = models.PositiveIntegerField()
    left_ms = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("读过的页")
        verbose_name_plural = _("读过的页")
        constraints = [models.UniqueConstraint(fields=["member", "book", "edition", "place"], name="read_page_once")]

    def __str__(self) -> str:
        return f"{self.member_id} {self.book_id}/{self.place}"


class BookNote(models.Model):
    """A reader's note on a book; nobody else reads it."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="book_notes")
    book = models.ForeignKey("courses.BookPage", on_delete=models.PROTECT, related_name="notes")
    text = models.TextField(_("笔记"), max_length=1000)
    place = models.PositiveIntegerField(default=0)
    written_at = models.DateTimeField(_("时间"))

    view_permission = None
    unit_lookup = "member__unit"
    own_lookup = "member__user"

    class Meta:
        verbose_name = _("读书笔记")
        verbose_name_plural = _("读书笔记")
        ordering = ["-written_at", "-pk"]

    def __str__(self) -> str:
        return self.text[:40]
