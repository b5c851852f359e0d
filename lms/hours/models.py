"""The ledger of hours and the rules that price evidence. Private to this room: others use ``ledger`` and ``totals``."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Mod
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from lms.core.append_only import AppendOnlyModel
from lms.core.hours import HoursField
from lms.hours.credit import Category, Mode
from lms.members.models import Member, Unit, User


class CreditRule(models.Model):
    """What one kind of activity is worth, from a day on (domain §3: a versioned table, not a constant).

    A version is never edited once hours were priced by it: a change is a new row with a later ``effective_from``.
    """

    class Activity(models.TextChoices):
        CLASS = "class", _("培训班")
        LECTURE = "lecture", _("报告会")
        MEETING = "meeting", _("三会一课")
        VISIT = "visit", _("基地参观")
        GROUP = "group", _("集中收看")
        ONLINE = "online", _("个人在线学习")

    class Method(models.TextChoices):
        CLOCK = "clock", _("按时间折算")
        TIERS = "tiers", _("按课件时长分档")

    activity = models.CharField(_("活动"), max_length=10, choices=Activity)
    effective_from = models.DateField(_("生效日期"))
    method = models.CharField(_("折算方式"), max_length=6, choices=Method, default=Method.CLOCK)
    unit_minutes = models.PositiveSmallIntegerField(_("每学时分钟数"), default=60)
    step = HoursField(_("向下取整单位"), default="0.50")
    half_day = HoursField(_("半天学时"), default="4.00")
    full_day = HoursField(_("全天学时"), default="8.00")
    tiers = models.JSONField(
        _("分档"),
        default=list,
        blank=True,
        help_text=_('[[最少秒数, "学时"], …]，例如 [[0, "0.25"], [900, "0.50"], [1800, "1.00"]]'),
    )
    day_cap = HoursField(_("每人每天上限"), default="8.00")
    basis = models.CharField(_("依据"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("学时折算规则")
        verbose_name_plural = _("学时折算规则")
        ordering = ["activity", "-effective_from"]
        constraints = [
            models.UniqueConstraint(fields=["activity", "effective_from"], name="credit_rule_one_version_a_day"),
            models.CheckConstraint(
                condition=Q(unit_minutes__gt=0, step__gt=0, day_cap__gt=0), name="credit_rule_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.activity}@{self.effective_from.isoformat()}"


class Assertion(models.Model):
    """What one source says it is worth, gross, with the time it covers. One row a source, replaced when it changes.

    A member's day is priced over all its assertions together (``rules.price_day``); the entries are made to agree.
    """

    source = models.CharField(_("来源"), max_length=120, unique=True)
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

    view_permission = "hours.view"
    unit_lookup = "member__unit"
    own_lookup = "member__user"

    class Meta:
        verbose_name = _("学时凭据")
        verbose_name_plural = _("学时凭据")
        indexes = [models.Index(fields=["member", "earned_on"], name="assertion_member_day")]
        constraints = [models.CheckConstraint(condition=Q(gross__gte=0), name="assertion_not_negative")]

    def __str__(self) -> str:
        return self.source


def odd_credit() -> Exact:
    """The line's sequence number is odd."""
    return Exact(Mod(F("sequence"), Value(2)), Value(1))


class HourEntry(AppendOnlyModel):
    """One line of the ledger: hours credited, or a reversal of such a line. Never updated, never deleted.

    Everything a report shows is copied here, so that no report needs an activity's table and a merger of branches
    rewrites nothing.
    """

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
    posted_at = models.DateTimeField(_("记账时间"))
    posted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    view_permission = "hours.view"
    unit_lookup = "member__unit"
    own_lookup = "member__user"

    class Meta:
        verbose_name = _("学时记录")
        verbose_name_plural = _("学时记录")
        indexes = [models.Index(fields=["member", "earned_on"], name="entry_member_day")]
        constraints = [
            models.UniqueConstraint(fields=["source", "sequence"], name="entry_once_per_source_and_sequence"),
            models.CheckConstraint(condition=~Q(hours=0), name="entry_has_hours"),
            models.CheckConstraint(condition=Q(sequence__gt=0), name="entry_sequence_from_one"),
            # Odd lines credit, even lines take the line before them back: at most one stands for a source.
            models.CheckConstraint(
                condition=Q(odd_credit(), hours__gt=0) | Q(~odd_credit(), hours__lt=0),
                name="entry_credits_and_reversals_alternate",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source}#{self.sequence} {self.hours}"

    @property
    def is_reversal(self) -> bool:
        """Whether this line takes an earlier one back."""
        return bool(self.hours < 0)


class LedgerSeal(AppendOnlyModel):
    """What the ledger was at the end of a day of posting: a link of the chain that shows any later change (``seals``).

    A seal covers the lines after the seal before it up to ``last_id``: a range of ids, not of timestamps, so that a line
    committed late finds its place without breaking what is sealed (docs/decisions/0011-ledger-seals.md).
    """

    day = models.DateField(_("日期"), unique=True)
    last_id = models.BigIntegerField(_("最后一条的序号"), unique=True)
    lines = models.PositiveIntegerField(_("条数"))
    content = models.CharField(_("当日内容摘要"), max_length=64)
    digest = models.CharField(_("校验码"), max_length=64, unique=True)
    form = models.PositiveSmallIntegerField(default=1, help_text=_("逐条内容的排列方式"))
    sealed_at = models.DateTimeField(_("封存时间"))

    class Meta:
        verbose_name = _("台账封存")
        verbose_name_plural = _("台账封存")
        ordering = ["day"]
        constraints = [models.CheckConstraint(condition=Q(lines__gt=0), name="seal_covers_lines")]

    def __str__(self) -> str:
        return f"{self.day.isoformat()} {self.digest[:16]}"
