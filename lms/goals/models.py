"""What each person owes in a year, who need not, and how far everybody is."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.core import clock
from lms.core.hours import HoursField
from lms.goals import audience, rules
from lms.members.models import Member, Unit, User


class GoalPolicy(models.Model):
    """The goals of one year (素质提升工程). A draft binds nobody; one published policy a year, replaced by another as a whole."""

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        PUBLISHED = "published", _("已发布")
        REPLACED = "replaced", _("已被替代")

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
    """One goal of a policy for one audience: hours, classes (集中培训) held apart from hours, minima and caps (domain §2).

    The boards read the lines of ``members`` and of ``leaders``: one each a policy, whose key is the audience's name.
    ``audience.Terms`` says what the columns mean; ``selectors.terms_of`` makes them.
    """

    class Audience(models.TextChoices):
        MEMBERS = audience.Audience.MEMBERS.value, _("全体党员")
        LEADERS = audience.Audience.LEADERS.value, _("支部书记和班子成员")
        SECRETARIES = audience.Audience.SECRETARIES.value, _("党组织书记")
        PROBATIONARY = audience.Audience.PROBATIONARY.value, _("预备党员")
        CONFIRMED = audience.Audience.CONFIRMED.value, _("转正党员")
        CANDIDATES = audience.Audience.CANDIDATES.value, _("发展对象")
        CADRES_TOWNSHIP = audience.Audience.CADRES_TOWNSHIP.value, _("乡科级及以下干部")
        CADRES_COUNTY = audience.Audience.CADRES_COUNTY.value, _("县处级干部")
        CADRES = audience.Audience.CADRES.value, _("全体干部")

    class Period(models.TextChoices):
        YEAR = rules.Period.YEAR.value, _("自然年度")
        ONCE = rules.Period.ONCE.value, _("一次性")
        FIVE_YEARS = rules.Period.FIVE_YEARS.value, _("五年累计")
        DEADLINE = rules.Period.DEADLINE.value, _("事项发生后限期完成")

    class RoleRule(models.TextChoices):
        MAX = rules.RoleRule.MAX.value, _("年内任过职即按全年要求")
        MONTHS = rules.RoleRule.MONTHS.value, _("按任职月数折算")
        LAST_DAY = rules.RoleRule.LAST_DAY.value, _("以年末身份为准")

    class Event(models.TextChoices):
        OFFICE = rules.Event.OFFICE.value, _("任职")
        JOINED = rules.Event.JOINED.value, _("加入党组织")
        CONFIRMED = rules.Event.CONFIRMED.value, _("转为正式党员")

    policy = models.ForeignKey(GoalPolicy, on_delete=models.PROTECT, related_name="lines")
    key = models.SlugField(_("代号"), max_length=40)
    position = models.PositiveSmallIntegerField(_("顺序"), default=0)
    audience = models.CharField(_("对象"), max_length=16, choices=Audience)
    period = models.CharField(_("计算期间"), max_length=10, choices=Period, default=Period.YEAR)
    event = models.CharField(_("起算事项"), max_length=10, choices=Event, blank=True)
    deadline_months = models.PositiveSmallIntegerField(_("期限（月）"), default=0)
    required_hours = HoursField(_("应修学时"))
    required_classes = models.PositiveSmallIntegerField(_("集中培训次数"), default=0)
    online_cap_percent = models.PositiveSmallIntegerField(
        _("个人在线学习上限（占应修学时百分比）"), default=50, help_text=_("100 表示不设上限，0 表示不计入")
    )
    mode_caps = models.JSONField(
        _("其他学习形式上限（百分比）"), default=dict, blank=True, help_text=_('例如 {"visit": 30}')
    )
    modes = models.JSONField(_("只计入的学习形式"), default=list, blank=True, help_text=_("不选表示全部计入"))
    category_minima = models.JSONField(
        _("内容类别最低学时"), default=dict, blank=True, help_text=_('例如 {"discipline": "4"}')
    )
    mode_minima = models.JSONField(_("学习形式最低学时"), default=dict, blank=True)
    role_rule = models.CharField(_("年内任职变动"), max_length=10, choices=RoleRule, default=RoleRule.LAST_DAY)
    exempt_by_month = models.BooleanField(_("已结束的免考核按整月折减"), default=True)
    basis = models.CharField(_("依据"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("目标项")
        verbose_name_plural = _("目标项")
        ordering = ["policy", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "key"], name="goal_line_key_once"),
            models.UniqueConstraint(
                fields=["policy", "audience"],
                condition=Q(audience__in=["members", "leaders"]),
                name="goal_line_board_audience_once",
            ),
            models.CheckConstraint(
                condition=~Q(audience__in=["members", "leaders"]) | Q(key=F("audience"), period="year"),
                name="goal_line_board_key_is_audience",
            ),
            models.CheckConstraint(
                condition=Q(required_hours__gt=0) | Q(required_hours=0, required_classes__gt=0),
                name="goal_line_asks_something",
            ),
            models.CheckConstraint(condition=Q(online_cap_percent__lte=100), name="goal_line_cap_is_percentage"),
            models.CheckConstraint(
                condition=Q(period="deadline", deadline_months__gt=0) & ~Q(event="")
                | ~Q(period="deadline") & Q(deadline_months=0, event=""),
                name="goal_line_deadline_has_event",
            ),
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
    approved_at = models.DateTimeField(default=clock.now, editable=False)
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
    required = HoursField(_("应修学时"), default=0, help_text=_("本人应修，已按任职和免考核月份折算"))
    required_classes = models.PositiveSmallIntegerField(_("应参加集中培训次数"), default=0)
    due_on = models.DateField(_("截止日期"), null=True, blank=True)
    exempt = models.BooleanField(default=False)
    met = models.BooleanField(default=False)
    total = HoursField(_("已修学时"), default=0)
    counted = HoursField(_("计入学时"), default=0)
    online = HoursField(_("其中在线"), default=0)
    classes = models.PositiveSmallIntegerField(_("集中培训次数"), default=0)
    occasions = models.PositiveSmallIntegerField(_("参加活动次数"), default=0)
    shortfalls = models.JSONField(
        _("最低要求的差额"), default=dict, help_text=_('{"category:skills": "2.00"}：rules.Progress.shortfalls')
    )

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
        return f"{self.member} {self.counted}/{self.required}"


class StagedStanding(models.Model):
    """What a standing would say after a re-rating (``hours.rerating``), and what it said when that was worked out."""

    run = models.BigIntegerField()
    line = models.ForeignKey(GoalLine, on_delete=models.CASCADE, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    met = models.BooleanField()
    total = HoursField()
    counted = HoursField()
    online = HoursField()
    classes = models.PositiveSmallIntegerField()
    occasions = models.PositiveSmallIntegerField()
    shortfalls = models.JSONField(default=dict)
    # By what it was worked out: where one of these has moved since, it is worked out again.
    unit_id = models.BigIntegerField()
    required = HoursField()
    exempt = models.BooleanField()
    was_met = models.BooleanField()
    was_total = HoursField()
    was_counted = HoursField()

    class Meta:
        verbose_name = _("重新折算后的达标情况")
        verbose_name_plural = _("重新折算后的达标情况")
        constraints = [models.UniqueConstraint(fields=["run", "line", "member"], name="staged_standing_once")]
        indexes = [models.Index(fields=["run", "member"], name="staged_standing_member")]

    def __str__(self) -> str:
        return f"{self.run} {self.member_id} {self.line_id}"


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
