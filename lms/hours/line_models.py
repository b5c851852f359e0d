"""What a line of the ledger and what a source asserts consist of; the ledger's tables and a re-rating's stage share it."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from lms.core.hours import HoursField
from lms.hours.credit import Category, Mode
from lms.members.models import Member, Unit


class Asserted(models.Model):
    """What a source says it is worth on a day, gross, with the time it covers and the rule that priced it."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    earned_on = models.DateField(_("日期"))
    gross = HoursField(_("毛学时"))
    step = HoursField(default="0.50")
    category = models.CharField(_("内容类别"), max_length=12, choices=Category.choices)
    mode = models.CharField(_("学习形式"), max_length=12, choices=Mode.choices)
    title = models.CharField(_("名称"), max_length=200)
    occasion = models.CharField(_("活动"), max_length=80)
    rule = models.CharField(_("规则"), max_length=60)
    covers = models.JSONField(default=list)
    day_cap = HoursField(default="8.00")
    note = models.CharField(_("核减说明"), max_length=200, blank=True)

    class Meta:
        abstract = True


class LedgerLine(models.Model):
    """Hours credited or taken back, with everything that a report shows of them."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source = models.CharField(_("来源"), max_length=120)
    sequence = models.PositiveIntegerField(_("序号"))
    member = models.ForeignKey(Member, verbose_name=_("党员"), on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, verbose_name=_("当时所在组织"), on_delete=models.PROTECT, related_name="+")
    unit_name = models.CharField(_("当时所在组织名称"), max_length=100)
    earned_on = models.DateField(_("日期"))
    hours = HoursField(_("学时"))
    category = models.CharField(_("内容类别"), max_length=12, choices=Category.choices)
    mode = models.CharField(_("学习形式"), max_length=12, choices=Mode.choices)
    title = models.CharField(_("名称"), max_length=200)
    occasion = models.CharField(_("活动"), max_length=80)
    rule = models.CharField(_("规则"), max_length=60)
    note = models.CharField(_("核减说明"), max_length=200, blank=True)

    class Meta:
        abstract = True
