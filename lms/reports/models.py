"""What the reports keep for themselves: the results of audits."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.core import clock
from lms.core.append_only import AppendOnlyModel


class AuditRun(AppendOnlyModel):
    """One complete run of ``audit_hours``: what was looked at, what was found, and the head of the ledger's chain then."""

    LATE = dt.timedelta(hours=26)
    """After so long without a run the nightly job is not running."""

    started_at = models.DateTimeField(_("开始时间"))
    finished_at = models.DateTimeField(_("完成时间"))
    entries = models.PositiveIntegerField(_("学时记录条数"))
    members = models.PositiveIntegerField(_("党员人数"))
    seconds = models.FloatField(_("用时（秒）"))
    violations = models.PositiveIntegerField(_("不符处数"))
    first = models.JSONField(
        _("前若干处"), default=list, help_text=_("每处：check、member_id、where、detail；不超过 200 处")
    )
    sealed_on = models.DateField(_("封存至"), null=True, blank=True)
    head = models.CharField(_("校验码"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("台账核对")
        verbose_name_plural = _("台账核对")
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} {self.violations}"

    @property
    def agrees(self) -> bool:
        """Whether everything agreed."""
        return self.violations == 0

    @property
    def late(self) -> bool:
        """Whether the next run should have been here by now."""
        return clock.now() - self.finished_at > self.LATE
