"""What the reports keep for themselves: the results of audits, certificates and their batches, the closings of years."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from lms.core import clock
from lms.core.append_only import AppendOnlyModel
from lms.core.hours import HoursField
from lms.goals.models import GoalLine, GoalPolicy
from lms.hours import seals
from lms.hours.trial import CreditRule
from lms.members.models import Member, Unit, User


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
    def short(self) -> str:
        """The head as it is read aloud; empty before the first seal."""
        return seals.short(self.head)

    @property
    def late(self) -> bool:
        """Whether the next run should have been here by now."""
        return clock.now() - self.finished_at > self.LATE


def heading_of(thing: Certificate | CertificateBatch) -> str:
    """The title of a class, or the year in the reader's language."""
    return thing.title or _g("%(year)s 年度") % {"year": thing.year}


class Certificate(AppendOnlyModel):
    """A 学时证明: what one member earned in a year or in one class, frozen on the day it was issued (domain §6).

    Written once. What takes it back is a row of its own (``Revocation``), so that nothing on paper is ever rewritten.
    """

    class Scope(models.TextChoices):
        YEAR = "year", _("年度")
        CLASS = "class", _("单次培训")

    number = models.CharField(_("编号"), max_length=20, unique=True)
    member = models.ForeignKey(Member, verbose_name=_("党员"), on_delete=models.PROTECT, related_name="+")
    scope = models.CharField(_("范围"), max_length=5, choices=Scope)
    year = models.PositiveSmallIntegerField(_("年度"))
    occasion = models.CharField(_("活动"), max_length=80, blank=True)
    title = models.CharField(_("名称"), max_length=200, blank=True, help_text=_("培训名称；年度证明没有"))
    name = models.CharField(_("姓名"), max_length=60)
    id_number_masked = models.CharField(_("公民身份证号"), max_length=18, blank=True)
    unit_name = models.CharField(_("所在党组织"), max_length=100)
    issuer_name = models.CharField(_("开具单位"), max_length=100)
    items = models.JSONField(
        _("学时明细"), help_text=_("每条：date、title、category、mode、hours、rule、source，均为文字")
    )
    total = HoursField(_("合计学时"))
    digest = models.CharField(_("校验码"), max_length=64)
    copy = models.PositiveSmallIntegerField(default=1, help_text=_("同一内容的第几份；撤销之后才有第二份"))
    issued_at = models.DateTimeField(_("开具时间"))
    issued_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    view_permission = "hours.view"
    unit_lookup = "member__unit"
    own_lookup = "member__user"

    class Meta:
        verbose_name = _("学时证明")
        verbose_name_plural = _("学时证明")
        ordering = ["-issued_at", "-id"]
        indexes = [models.Index(fields=["member", "-issued_at"], name="certificate_of_member")]
        constraints = [
            models.UniqueConstraint(fields=["member", "digest", "copy"], name="certificate_once_for_one_content"),
            models.CheckConstraint(condition=Q(total__gt=0), name="certificate_has_hours"),
            models.CheckConstraint(
                condition=Q(scope="year", occasion="") | (Q(scope="class") & ~Q(occasion="")),
                name="certificate_of_class_names_it",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def heading(self) -> str:
        """What the certificate is about: 2026 年度, or the title of the class."""
        return heading_of(self)

    @property
    def is_revoked(self) -> bool:
        """Whether the certificate was taken back (read it with ``select_related("revocation")``)."""
        return hasattr(self, "revocation")


class Revocation(AppendOnlyModel):
    """Why a certificate no longer counts, since when and by whose hand. One a certificate, for good."""

    certificate = models.OneToOneField(
        Certificate, verbose_name=_("学时证明"), on_delete=models.PROTECT, related_name="revocation"
    )
    reason = models.CharField(_("理由"), max_length=200)
    revoked_at = models.DateTimeField(_("撤销时间"))
    revoked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("学时证明撤销")
        verbose_name_plural = _("学时证明撤销")
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="revocation_has_reason")]

    def __str__(self) -> str:
        return str(self.certificate)


class CertificateBatch(models.Model):
    """Certificates for everybody of a unit, or for who took part in one class: a job that is cut and goes on.

    The rows say whom it is for and what came of it; the file is all the certificates as one PDF.
    """

    class State(models.TextChoices):
        ISSUING = "issuing", _("正在开具")
        PRINTING = "printing", _("正在排版")
        DONE = "done", _("已完成")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(Unit, verbose_name=_("党组织"), on_delete=models.PROTECT, related_name="+")
    scope = models.CharField(_("范围"), max_length=5, choices=Certificate.Scope)
    year = models.PositiveSmallIntegerField(_("年度"))
    occasion = models.CharField(_("活动"), max_length=80, blank=True)
    title = models.CharField(_("名称"), max_length=200, blank=True)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.ISSUING)
    problem = models.CharField(_("问题"), max_length=40, blank=True)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    printed = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    file = models.FileField(_("合订文件"), upload_to="certificates/%Y/", blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    view_permission = "certificates.issue"
    unit_lookup = "unit"
    own_lookup = None

    class Meta:
        verbose_name = _("批量开具")
        verbose_name_plural = _("批量开具")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.heading} · {self.unit.label}"

    @property
    def heading(self) -> str:
        """What the certificates are about: 2026 年度, or the title of the class."""
        return heading_of(self)


class CertificateBatchRow(models.Model):
    """One person of a batch: not yet seen to, given a certificate, or why there is none."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("等待")
        ISSUED = "issued", _("已开具")
        KEPT = "kept", _("此前已开具")
        NO_HOURS = "no-hours", _("没有学时")
        NOT_COMPLETED = "not-completed", _("未结业")
        NOT_PERMITTED = "not-permitted", _("无权开具")

    batch = models.ForeignKey(CertificateBatch, on_delete=models.CASCADE, related_name="rows")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    certificate = models.ForeignKey(Certificate, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(_("结果"), max_length=13, choices=Outcome, default=Outcome.WAITING)

    class Meta:
        verbose_name = _("批量开具名单")
        verbose_name_plural = _("批量开具名单")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "member"], name="batch_row_once_a_member"),
            models.CheckConstraint(
                condition=Q(outcome__in=["issued", "kept"], certificate__isnull=False)
                | (~Q(outcome__in=["issued", "kept"]) & Q(certificate__isnull=True)),
                name="batch_row_outcome_fits",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} {self.outcome}"


class ClosingRun(models.Model):
    """The making of a year's closing: a job that is cut and goes on where it stood.

    What it writes is seen by nobody until ``YearClosing`` says that it is whole. All of it follows from two dates, so a run
    that is resumed next week ends as one that was not cut.
    """

    class State(models.TextChoices):
        WORKING = "working", _("正在结转")
        DONE = "done", _("已完成")

    year = models.PositiveSmallIntegerField(_("年度"), unique=True)
    cut_off = models.DateField(_("名册截止日期"), help_text=_("人员和所在党组织以这一天结束时的名册为准"))
    known_on = models.DateTimeField(_("记录截止时间"), help_text=_("此前登记的学时、免考核和任职计入，此后的列为调整"))
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.WORKING)
    problem = models.CharField(_("问题"), max_length=40, blank=True)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    last_member = models.BigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    started_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(_("开始时间"))

    class Meta:
        verbose_name = _("年度结转任务")
        verbose_name_plural = _("年度结转任务")
        ordering = ["-year"]

    def __str__(self) -> str:
        return f"{self.year} {self.get_state_display()}"


class YearClosing(AppendOnlyModel):
    """A year's figures, frozen: whole, dated, signed with a digest over every row. Later corrections stand beside it."""

    year = models.PositiveSmallIntegerField(_("年度"), unique=True)
    run = models.OneToOneField(ClosingRun, on_delete=models.PROTECT, related_name="closing")
    closed_at = models.DateTimeField(_("结转时间"))
    closed_by = models.ForeignKey(
        User, verbose_name=_("结转人"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    cut_off = models.DateField(_("名册截止日期"))
    known_on = models.DateTimeField(_("记录截止时间"))
    last_entry = models.BigIntegerField(_("台账最后一条的序号"), default=0)
    members = models.PositiveIntegerField(_("党员人数"))
    digest = models.CharField(_("校验码"), max_length=64)

    class Meta:
        verbose_name = _("年度结转")
        verbose_name_plural = _("年度结转")
        ordering = ["-year"]

    def __str__(self) -> str:
        return f"{self.year} {self.digest[:16]}"


class ClosedStanding(AppendOnlyModel):
    """How far one member was under one goal line when the year was closed, with the names of that day."""

    run = models.ForeignKey(ClosingRun, on_delete=models.PROTECT, related_name="standings")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(_("编号"), max_length=20)
    name = models.CharField(_("姓名"), max_length=60)
    category = models.CharField(_("人员类别"), max_length=12, choices=Member.Category)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    unit_name = models.CharField(_("党组织"), max_length=100)
    unit_path = models.CharField(max_length=255, db_index=True)
    line = models.ForeignKey(GoalLine, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(_("目标"), max_length=100)
    required = HoursField(_("应修学时"), help_text=_("本人应修，已按任职和免考核月份折算"))
    required_classes = models.PositiveSmallIntegerField(_("应参加集中培训次数"), default=0)
    due_on = models.DateField(_("截止日期"), null=True, blank=True)
    total = HoursField(_("已修学时"), default=0)
    counted = HoursField(_("计入学时"), default=0)
    online = HoursField(_("其中在线"), default=0)
    classes = models.PositiveSmallIntegerField(_("集中培训次数"), default=0)
    occasions = models.PositiveSmallIntegerField(_("参加活动次数"), default=0)
    shortfalls = models.JSONField(_("最低要求的差额"), default=dict)
    exempt = models.BooleanField(_("免考核"), default=False)
    met = models.BooleanField(_("达标"), default=False)

    view_permission = "reports.view"
    unit_lookup = "unit"
    own_lookup = "member__user"

    class Meta:
        verbose_name = _("结转的达标情况")
        verbose_name_plural = _("结转的达标情况")
        ordering = ["line_id", "code"]
        constraints = [models.UniqueConstraint(fields=["run", "line", "member"], name="closed_standing_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.counted}/{self.required}"


class ClosedUnit(AppendOnlyModel):
    """The sums of a unit and all below it under one goal line when the year was closed, with its name and place then."""

    run = models.ForeignKey(ClosingRun, on_delete=models.PROTECT, related_name="units")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(_("编码"), max_length=40)
    name = models.CharField(_("党组织"), max_length=100)
    short_name = models.CharField(_("简称"), max_length=40, blank=True)
    path = models.CharField(max_length=255, db_index=True)
    line = models.ForeignKey(GoalLine, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(_("目标"), max_length=100)
    members = models.PositiveIntegerField(_("党员总数"), default=0)
    exempt = models.PositiveIntegerField(_("免考核人数"), default=0)
    met = models.PositiveIntegerField(_("达标人数"), default=0)
    hours = HoursField(_("学时"), default=0)
    assessed_hours = HoursField(default=0)
    occasions = models.PositiveIntegerField(_("人次"), default=0)
    reached = models.PositiveIntegerField(_("参加过集中培训的人数"), default=0)
    zero = models.PositiveIntegerField(_("零学时人数"), default=0)

    view_permission = "reports.view"
    unit_lookup = "unit"
    own_lookup = None

    class Meta:
        verbose_name = _("结转的单位数字")
        verbose_name_plural = _("结转的单位数字")
        ordering = ["line_id", "path"]
        constraints = [
            models.UniqueConstraint(fields=["run", "line", "unit"], name="closed_unit_once"),
            models.CheckConstraint(condition=Q(members__gte=F("exempt") + F("met")), name="closed_unit_parts_fit"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.met}/{self.members - self.exempt}"


class GoalTrial(models.Model):
    """What the goals' verdicts of a year would be by a draft, before it binds anybody: a job that is cut and goes on where it
    stood. The draft is one of goals (``policy``) or a version of a rule of hours (``rule``).

    ``sums``: ``{line key: {unit path: [assessed, met, assessed by the draft, met by the draft]}}`` of the county and the
    units right below it.
    """

    class State(models.TextChoices):
        WORKING = "working", _("正在试算")
        DONE = "done", _("已完成")

    policy = models.ForeignKey(GoalPolicy, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    rule = models.ForeignKey("hours.CreditRule", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    year = models.PositiveSmallIntegerField(_("用哪一年的台账"))
    day = models.DateField(_("截至"))
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.WORKING)
    problem = models.CharField(_("问题"), max_length=40, blank=True)
    sums = models.JSONField(default=dict)
    more = models.PositiveIntegerField(_("学时会增加的人数"), default=0)
    less = models.PositiveIntegerField(_("学时会减少的人数"), default=0)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    last_member = models.BigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    started_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(_("开始时间"))

    class Meta:
        verbose_name = _("目标试算")
        verbose_name_plural = _("目标试算")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(policy__isnull=False, rule=None) | Q(policy=None, rule__isnull=False),
                name="goal_trial_of_one_draft",
            )
        ]

    def __str__(self) -> str:
        return f"{self.draft} @ {self.year}"

    @property
    def draft(self) -> GoalPolicy | CreditRule:
        """What is tried."""
        found = self.rule if self.rule is not None else self.policy
        assert found is not None  # a constraint
        return found


class TrialChange(models.Model):
    """A member whose verdict under a line would change: None where the line does not bind, or he is exempt."""

    trial = models.ForeignKey(GoalTrial, on_delete=models.CASCADE, related_name="changes")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    key = models.SlugField(_("代号"), max_length=40)
    was = models.BooleanField(_("现行"), null=True)
    becomes = models.BooleanField(_("试算"), null=True)
    counted_was = HoursField(_("现行计入学时"), default=0)
    counted_becomes = HoursField(_("试算计入学时"), default=0)
    required_was = HoursField(_("现行应修学时"), default=0)
    required_becomes = HoursField(_("试算应修学时"), default=0)

    view_permission = "reports.view"
    unit_lookup = "member__unit"
    own_lookup = None

    class Meta:
        verbose_name = _("试算变化")
        verbose_name_plural = _("试算变化")
        constraints = [models.UniqueConstraint(fields=["trial", "member", "key"], name="trial_change_once")]

    def __str__(self) -> str:
        return f"{self.member_id} {self.key} {self.was}→{self.becomes}"
