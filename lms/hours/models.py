"""The ledger of hours and the rules that price evidence. Private to this room: others use ``ledger`` and ``totals``."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Mod
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from lms.core.append_only import AppendOnlyModel
from lms.core.hours import HoursField
from lms.hours import rules, wording
from lms.hours.line_models import Asserted, LedgerLine
from lms.hours.rerating_models import ReratedMember, ReratingRun, StagedAssertion, StagedEntry
from lms.hours.rules import Tariff
from lms.members.models import User

__all__ = [
    "Assertion",
    "CreditRule",
    "HourEntry",
    "LedgerSeal",
    "ReratedMember",
    "ReratingRun",
    "StagedAssertion",
    "StagedEntry",
]


class RuleInUseError(RuntimeError):
    """Someone tried to change or delete a version of a rule by which hours were priced."""


class CreditRuleQuerySet(models.QuerySet["CreditRule"]):
    """Versions of rules. A published one is changed and deleted one by one, so that each can refuse."""

    def drafts(self) -> CreditRuleQuerySet:
        """Versions that price nothing."""
        return self.filter(state=CreditRule.State.DRAFT)

    def published(self) -> CreditRuleQuerySet:
        """Versions that price hours."""
        return self.filter(state=CreditRule.State.PUBLISHED)

    def update(self, **values: Any) -> int:
        if set(values) != {"binds_from"} and any(rule.is_in_use() for rule in self.published()):
            raise RuleInUseError("hours were priced by it")
        return super().update(**values)

    def delete(self) -> tuple[int, dict[str, int]]:
        if any(rule.is_in_use() for rule in self.published()):
            raise RuleInUseError("hours were priced by it")
        return super().delete()


class CreditRule(models.Model):
    """What one kind of activity is worth, from a day on (domain §3: a versioned table, not a constant).

    A draft prices nothing. A published version is never edited or deleted once hours were priced by it, which the database
    sees to as well (``guards``): a change is a new version. ``binds_from`` is the first day that a version prices by itself;
    it is later than ``effective_from`` where hours of earlier days stand that only an approved re-rating may touch.
    """

    class Activity(models.TextChoices):
        CLASS = "class", _("培训班")
        LECTURE = "lecture", _("报告会")
        MEETING = "meeting", _("三会一课")
        VISIT = "visit", _("基地参观")
        GROUP = "group", _("集中收看")
        ONLINE = "online", _("个人在线学习")
        TEACHING = "teaching", _("授课")
        READING = "reading", _("自学读书")
        TEST = "test", _("通过测试")
        HOME = "home", _("送学上门")

    class Method(models.TextChoices):
        CLOCK = rules.CLOCK, _("按时间折算")
        TIERS = rules.TIERS, _("按课件时长分档")
        FACTOR = rules.FACTOR, _("按时间折算后乘以系数")
        FIXED = rules.FIXED, _("每次固定学时")

    class Rounding(models.TextChoices):
        DOWN = rules.DOWN, _("向下取整")
        NEAREST = rules.NEAREST, _("四舍五入")

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        PUBLISHED = "published", _("已发布")

    activity = models.CharField(_("活动"), max_length=10, choices=Activity)
    effective_from = models.DateField(_("生效日期"))
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.DRAFT, editable=False)
    binds_from = models.DateField(
        _("自动计价起始日期"), null=True, blank=True, editable=False, help_text=_("此日期以前的学时须经批准才重新折算")
    )
    method = models.CharField(_("折算方式"), max_length=6, choices=Method, default=Method.CLOCK)
    unit_minutes = models.PositiveSmallIntegerField(_("每学时分钟数"), default=60)
    step = HoursField(_("取整单位"), default="0.50")
    rounding = models.CharField(_("取整方式"), max_length=8, choices=Rounding, default=Rounding.DOWN)
    half_day = HoursField(_("半天学时"), default="4.00")
    full_day = HoursField(_("全天学时"), default="8.00")
    factor = HoursField(_("系数"), default="1.00", help_text=_("授课：听课人所得学时的倍数"))
    fixed = HoursField(_("每次学时"), default="0.00", help_text=_("通过一次测试所得的学时"))
    tiers = models.JSONField(
        _("分档"),
        default=list,
        blank=True,
        help_text=_('[[最少秒数, "学时"], …]，例如 [[0, "0.25"], [900, "0.50"], [1800, "1.00"]]'),
    )
    day_cap = HoursField(_("每人每天上限"), default="8.00")
    speed = models.PositiveSmallIntegerField(
        _("计学时的最快倍速"),
        choices=[(100, _("原速")), (125, _("1.25 倍")), (150, _("1.5 倍"))],
        default=rules.NORMAL_SPEED,
        help_text=_("个人看视频：不快于这个速度时，看过的时长都计学时；再快可以看，不计学时"),
    )
    basis = models.CharField(_("依据"), max_length=200, blank=True)
    published_at = models.DateTimeField(_("发布时间"), null=True, blank=True, editable=False)
    published_by = models.ForeignKey(
        User,
        verbose_name=_("发布人"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )

    objects = CreditRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("学时折算规则")
        verbose_name_plural = _("学时折算规则")
        ordering = ["activity", "-effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["activity", "effective_from"],
                condition=Q(state="published"),
                name="credit_rule_one_version_a_day",
            ),
            models.CheckConstraint(
                condition=Q(unit_minutes__gt=0, step__gt=0, day_cap__gt=0, half_day__gte=0, full_day__gte=0),
                name="credit_rule_positive",
            ),
            models.CheckConstraint(
                condition=Q(factor__gt=0) & (Q(factor=1) | Q(method="factor")), name="credit_rule_factor"
            ),
            models.CheckConstraint(
                condition=Q(fixed__gt=0, method="fixed") | Q(fixed=0) & ~Q(method="fixed"), name="credit_rule_fixed"
            ),
            models.CheckConstraint(
                condition=Q(speed=rules.NORMAL_SPEED)
                | Q(activity="online", speed__gt=rules.NORMAL_SPEED, speed__lte=rules.TOP_SPEED),
                name="credit_rule_speed",
            ),
            models.CheckConstraint(
                condition=Q(state="draft", binds_from=None)
                | Q(state="published", binds_from__isnull=False, binds_from__gte=F("effective_from")),
                name="credit_rule_published_binds",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.activity}@{self.effective_from.isoformat()}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        moves_only = set(kwargs.get("update_fields") or ["everything"]) == {"binds_from"}
        if not moves_only:
            self._refuse_when_in_use()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        self._refuse_when_in_use()
        return super().delete(*args, **kwargs)

    def tariff(self) -> Tariff:
        """The version as numbers for ``rules``."""
        return Tariff(
            name=str(self),
            method=self.method,
            unit_minutes=self.unit_minutes,
            step=self.step,
            half_day=self.half_day,
            full_day=self.full_day,
            tiers=tuple((int(least), Decimal(hours)) for least, hours in self.tiers),
            day_cap=self.day_cap,
            factor=self.factor,
            fixed=self.fixed,
            rounding=self.rounding,
            speed=self.speed,
        )

    @property
    def in_words(self) -> str:
        """What it says, in one line."""
        return wording.in_words(self.activity, self.tariff())

    @property
    def worked_examples(self) -> list[str]:
        """“100 分钟的培训班 = 2.0 学时” and the like, as the house prices them."""
        return wording.worked(self.activity, str(self.get_activity_display()), self.tariff())

    @property
    def waits(self) -> bool:
        """Whether hours of earlier days stand that it prices only once a re-rating is approved."""
        return self.binds_from is not None and self.binds_from > self.effective_from

    def clean(self) -> None:
        """What no constraint says: methods that fit the activity, a table of tiers that can be read."""
        if self.activity and self.method not in rules.METHODS[self.activity]:
            labels = "、".join(str(self.Method(method).label) for method in rules.METHODS[self.activity])
            raise ValidationError({"method": _("该活动只能%(methods)s。") % {"methods": labels}})
        self._check_numbers()
        if self.method == self.Method.TIERS and not self.tiers:
            raise ValidationError({"tiers": _("按课件时长分档时，至少要有一档。")})
        try:
            tiers = [(int(least), HoursField().to_python(hours)) for least, hours in self.tiers]
        except (TypeError, ValueError) as error:
            raise ValidationError({"tiers": _("分档的写法不对。")}) from error
        if any(least < 0 or not hours or hours < 0 for least, hours in tiers):
            raise ValidationError({"tiers": _("每档的时长和学时都应大于零。")})

    def _check_numbers(self) -> None:
        """What the constraints say as well, told at the field and in words."""
        positive, not_negative = ("unit_minutes", "step", "day_cap"), ("half_day", "full_day")
        refused: dict[str, Any] = {name: _("应大于零。") for name in positive if self._hours(name) <= 0}
        refused |= {name: _("不能小于零。") for name in not_negative if self._hours(name) < 0}
        if self.method == self.Method.FACTOR and self._hours("factor") <= 0:
            refused["factor"] = _("系数应大于零。")
        if self.method != self.Method.FACTOR and self._hours("factor") != 1:
            refused["factor"] = _("只有授课才乘系数，其他活动请填 1。")
        if self.method == self.Method.FIXED and self._hours("fixed") <= 0:
            refused["fixed"] = _("每次学时应大于零。")
        if self.method != self.Method.FIXED and self._hours("fixed") != 0:
            refused["fixed"] = _("只有每次固定学时的活动才填，其他活动请填 0。")
        if self.activity != self.Activity.ONLINE and self.speed != rules.NORMAL_SPEED:
            refused["speed"] = _("只有个人在线学习能选倍速，其他活动请选“原速”。")
        if refused:
            raise ValidationError(refused)

    def _hours(self, name: str) -> Decimal:
        """A number as it will be stored; a default is still a text until the row was cleaned."""
        return Decimal(getattr(self, name))

    def is_in_use(self) -> bool:
        """Whether hours were ever priced by it, those that were taken back later included."""
        name = str(self)
        return HourEntry.objects.filter(rule=name).exists() or Assertion.objects.filter(rule=name).exists()

    def _refuse_when_in_use(self) -> None:
        stored = type(self).objects.filter(pk=self.pk).first() if self.pk else None
        if stored is not None and stored.state == self.State.PUBLISHED and stored.is_in_use():
            raise RuleInUseError(f"hours were priced by {stored}")


class Assertion(Asserted):
    """What one source says it is worth, gross, with the time it covers. One row a source, replaced when it changes.

    A member's day is priced over all its assertions together (``rules.price_day``); the entries are made to agree.
    """

    source = models.CharField(_("来源"), max_length=120, unique=True)
    # When it was last written: who prices ahead (a re-rating) sees by it what has moved since.
    stated_at = models.DateTimeField(null=True, editable=False)

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


class HourEntry(LedgerLine, AppendOnlyModel):
    """One line of the ledger: hours credited, or a reversal of such a line. Never updated, never deleted.

    Everything a report shows is copied here, so that no report needs an activity's table and a merger of branches
    rewrites nothing.
    """

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
