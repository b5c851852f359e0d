"""Printed sign-in sheets, page by page as they were printed, and the photographs of them."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.members.models import User


class SignInSheet(models.Model):
    """The sign-in sheet of one day of a training, as printed; printed again after a change of the roster it is another."""

    training = models.ForeignKey("training.Training", on_delete=models.PROTECT, related_name="sign_in_sheets")
    day = models.DateField(_("日期"))
    printed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    printed_at = models.DateTimeField(_("打印时间"))

    class Meta:
        verbose_name = _("纸质签到表")
        verbose_name_plural = _("纸质签到表")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.training} {self.day}"


class SheetPage(models.Model):
    """One page. ``members``: ids in the order of the rows at printing, so that a later enrolment shifts nobody's box."""

    sheet = models.ForeignKey(SignInSheet, on_delete=models.PROTECT, related_name="pages")
    number = models.PositiveSmallIntegerField(_("页码"))
    members = models.JSONField()

    class Meta:
        verbose_name = _("签到表页")
        verbose_name_plural = _("签到表页")
        ordering = ["sheet", "number"]
        constraints = [models.UniqueConstraint(fields=["sheet", "number"], name="sheet_page_once")]

    def __str__(self) -> str:
        return f"{self.sheet} {self.number}"


class SheetPhoto(models.Model):
    """A photograph of a page: evidence. ``boxes`` is what the reader proposed: rows of [row, half, verdict, ink mm², why]."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    page = models.ForeignKey(SheetPage, on_delete=models.PROTECT, related_name="photos")
    file = models.FileField(_("照片"), upload_to="sheets/%Y/%m/", max_length=200)
    straight = models.FileField(_("摆正后的页"), upload_to="sheets/%Y/%m/", max_length=200)
    digest = models.CharField(max_length=64)
    boxes = models.JSONField()
    added_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(_("上传时间"))
    confirmed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(_("确认时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("签到表照片")
        verbose_name_plural = _("签到表照片")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["page", "digest"], name="sheet_photo_once"),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | Q(confirmed_at__isnull=False), name="sheet_photo_confirmed_at"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.page} {self.pk}"
