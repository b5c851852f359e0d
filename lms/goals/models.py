"""What each person owes in a year, who need not, and how far everybody is."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.core.hours import HoursField
from lms.members.models import Member, Unit, User


class GoalPolicy(models.Model):
    """The goals of one year (素质提升工程). A draft binds nobody; one published policy a year."""

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        PUBLISHED = "published", _("已发布")

    year = models.PositiveSmallIntegerField(_("年度"))
    title = models.CharField(_("名称"), max_length=100)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.DRAFT)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("年度目标")
        verbose_name_plural = _("年度目标")
        ordering = ["-year"]
        constraints = [
            models.UniqueConstraint(
                fields=["year"], condition=Q(state="published"), name="goal_policy_one_published_a_year"
            )
        ]

    def __str__(self) -> str:
        return self.title


class GoalLine(models.Model):
    """One goal of a policy for one audience: hours, classes (集中培训) held apart from hours, and the cap on online study."""

    class Audience(models.TextChoices):
        MEMBERS = "members", _("全体党员")
        LEADERS = "leaders", _("支部书记和班子成员")

    policy = models.ForeignKey(GoalPolicy, on_delete=models.PROTECT, related_name="lines")
    audience = models.CharField(_("对象"), max_length=12, choices=Audience)
    required_hours = HoursField(_("应修学时"))
    required_classes = models.PositiveSmallIntegerField(_("集中培训次数"), default=0)
    online_cap_percent = models.PositiveSmallIntegerField(
        _("个人在线学习上限（占应修学时百分比）"), default=50, help_text=_("100 表示不设上限，0 表示不计入")
    )
    basis = models.CharField(_("依据"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("目标项")
        verbose_name_plural = _("目标项")
        ordering = ["policy", "required_hours"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "audience"], name="goal_line_once_per_audience"),
            models.CheckConstraint(condition=Q(required_hours__gt=0), name="goal_line_requires_hours"),
            models.CheckConstraint(condition=Q(online_cap_percent__lte=100), name="goal_line_cap_is_percentage"),
        ]

    def __str__(self) -> str:
        return f"{self.policy.year} {self.get_audience_display()}"


class Exemption(models.Model):
    """Leave from the goal for the old, the ill, the disabled (党员教育管理工作条例 art. 23): approved, with reason and expiry."""

    class Reason(models.TextChoices):
        AGE = "age", _("年老体弱")
        ILLNESS = "illness", _("重病")
        DISABILITY = "disability", _("失能")

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="exemptions")
    reason = models.CharField(_("事由"), max_length=12, choices=Reason)
    document = models.CharField(_("文号"), max_length=80, blank=True)
    starts_on = models.DateField(_("起始日期"))
    ends_on = models.DateField(_("截止日期"))
    approved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    view_permission = "goals.view"
    unit_lookup = "member__unit"
    own_lookup = "member__user"

    class Meta:
        verbose_name = _("免考核")
        verbose_name_plural = _("免考核")
        ordering = ["-starts_on"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="exemption_ends_after_start")
        ]

    def __str__(self) -> str:
        return f"{self.member} {self.get_reason_display()}"


class Standing(models.Model):
    """How far one member is under one goal line. Derived from the ledger, updated with each post, rebuilt at will."""

    line = models.ForeignKey(GoalLine, on_delete=models.CASCADE, related_name="standings")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="standings")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    exempt = models.BooleanField(default=False)
    met = models.BooleanField(default=False)
    total = HoursField(_("已修学时"), default=0)
    counted = HoursField(_("计入学时"), default=0)
    online = HoursField(_("其中在线"), default=0)
    classes = models.PositiveSmallIntegerField(_("集中培训次数"), default=0)
    occasions = models.PositiveSmallIntegerField(_("参加活动次数"), default=0)

    view_permission = "reports.view"
    unit_lookup = "unit"
    own_lookup = "member__user"

    class Meta:
        verbose_name = _("达标情况")
        verbose_name_plural = _("达标情况")
        constraints = [
            models.UniqueConstraint(fields=["line", "member"], name="standing_once"),
            models.CheckConstraint(condition=Q(counted__lte=F("total")), name="standing_counts_no_more_than_earned"),
            models.CheckConstraint(condition=~Q(exempt=True, met=True), name="standing_exempt_is_not_assessed"),
        ]
        indexes = [models.Index(fields=["unit", "line"], name="standing_unit_line")]

    def __str__(self) -> str:
        return f"{self.member} {self.counted}/{self.line.required_hours}"


class Rollup(models.Model):
    """The sums of the standings of a unit and all below it, one row a unit and line, so that a board reads only what it shows."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    line = models.ForeignKey(GoalLine, on_delete=models.CASCADE, related_name="+")
    members = models.PositiveIntegerField(default=0)
    exempt = models.PositiveIntegerField(default=0)
    met = models.PositiveIntegerField(default=0)
    hours = HoursField(default=0)
    assessed_hours = HoursField(default=0)
    occasions = models.PositiveIntegerField(default=0)
    reached = models.PositiveIntegerField(_("参加过集中培训的人数"), default=0)
    zero = models.PositiveIntegerField(_("零学时人数"), default=0)

    view_permission = "reports.view"
    unit_lookup = "unit"
    own_lookup = None

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "line"], name="rollup_once"),
            models.CheckConstraint(condition=Q(members__gte=F("exempt") + F("met")), name="rollup_parts_fit"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.met}/{self.assessed}"

    @property
    def assessed(self) -> int:
        """People whom the goal binds: members less the exempt."""
        return self.members - self.exempt
