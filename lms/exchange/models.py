"""Imports as rows with a state: what was uploaded, what is planned, what is applied."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.members.models import Unit, User


class ImportRun(models.Model):
    """One roster file on its way in: parse → plan → apply. A run that is cut is picked up where it stands."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("已上传")
        PLANNED = "planned", _("待确认")
        APPLYING = "applying", _("正在导入")
        APPLIED = "applied", _("已完成")
        FAILED = "failed", _("未能读取")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(Unit, verbose_name=_("导入到"), on_delete=models.PROTECT, related_name="+")
    file = models.FileField(_("名册文件"), upload_to="imports/%Y/")
    file_name = models.CharField(_("文件名"), max_length=200)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.UPLOADED)
    skip_errors = models.BooleanField(_("跳过有错误的行"), default=False)
    problem = models.TextField(_("问题"), blank=True)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    to_create = models.PositiveIntegerField(default=0)
    to_update = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    view_permission = "imports.view"
    unit_lookup = "unit"
    own_lookup = None

    class Meta:
        verbose_name = _("名册导入")
        verbose_name_plural = _("名册导入")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name


class ImportRow(models.Model):
    """One row of the file: what it says (sealed, it holds ID numbers), what is planned for it, whether that is done."""

    class Verdict(models.TextChoices):
        CREATE = "create", _("新增")
        UPDATE = "update", _("更新")
        UNCHANGED = "unchanged", _("无变化")
        ERROR = "error", _("有错误")

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(_("行号"))
    name = models.CharField(_("姓名"), max_length=60, blank=True)
    verdict = models.CharField(_("结论"), max_length=10, choices=Verdict)
    sealed = models.TextField(blank=True)
    changes = models.JSONField(default=list)
    problems = models.JSONField(default=list)
    done = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("导入行")
        verbose_name_plural = _("导入行")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="import_row_once")]
        indexes = [models.Index(fields=["run", "verdict", "done"], name="import_row_work")]

    def __str__(self) -> str:
        return f"{self.number} {self.verdict}"
