"""Training elsewhere: what a member claims, the time, the evidence, every step of its life, and who decides how much."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.core.append_only import AppendOnlyModel
from lms.core.hours import HoursField
from lms.hours.credit import Category
from lms.members.models import Member, Unit, User
from lms.training import claims_rules as rules


class ClaimKind(models.TextChoices):
    """Where the training took place."""

    CLASS = "class", _("上级或外单位办的培训")
    HOST = "host", _("流动党员在流入地参加的活动")
    HOME = "home", _("送学上门")
    LECTURER = "lecturer", _("本人授课")


class ClaimMode(models.TextChoices):
    """The activity whose rule prices the time; the values are those of ``lms.hours``."""

    CLASS = "class", _("培训班")
    LECTURE = "lecture", _("报告会")
    MEETING = "meeting", _("三会一课")
    VISIT = "visit", _("基地参观")
    GROUP = "group", _("集中收看")
    TEACHING = "teaching", _("授课")
    HOME = "home", _("送学上门")


class Level(models.TextChoices):
    """Who decides, from below."""

    BRANCH = rules.BRANCH, _("党支部")
    TOWN = rules.TOWN, _("乡镇党委")
    COUNTY = rules.COUNTY, _("县委")


class Claim(models.Model):
    """Training that took place elsewhere, claimed with evidence; its hours follow from the time, they are never typed."""

    class State(models.TextChoices):
        DRAFT = rules.DRAFT, _("未提交")
        WAITING = rules.WAITING, _("待审批")
        RETURNED = rules.RETURNED, _("已退回")
        APPROVED = rules.APPROVED, _("已通过")
        REFUSED = rules.REFUSED, _("未通过")
        WITHDRAWN = rules.WITHDRAWN, _("已撤回")
        REVOKED = rules.REVOKED, _("已撤销")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    member = models.ForeignKey(Member, verbose_name=_("党员"), on_delete=models.PROTECT, related_name="claims")
    unit = models.ForeignKey(Unit, verbose_name=_("申报时所在组织"), on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("申报类型"), max_length=10, choices=ClaimKind)
    title = models.CharField(_("培训名称"), max_length=100)
    organiser = models.CharField(_("主办单位"), max_length=100)
    place = models.CharField(_("地点"), max_length=100, blank=True)
    mode = models.CharField(_("形式"), max_length=12, choices=ClaimMode)
    category = models.CharField(_("内容类别"), max_length=12, choices=Category)
    note = models.TextField(_("说明"), max_length=500, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.DRAFT)
    level = models.CharField(_("审批层级"), max_length=8, choices=Level, blank=True)
    round = models.PositiveSmallIntegerField(default=1, help_text=_("每退回重报一次加一"))
    author = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    submitted_by = models.ForeignKey(
        User, verbose_name=_("提交人"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    submitted_at = models.DateTimeField(_("提交时间"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, verbose_name=_("审批人"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(_("审批时间"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    view_permission = "claims.view"
    unit_lookup = "member__unit"
    own_lookup = "member__user"

    class Meta:
        verbose_name = _("学时申报")
        verbose_name_plural = _("学时申报")
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "level"], name="claim_state_level")]
        constraints = [
            models.CheckConstraint(condition=~Q(title="") & ~Q(organiser=""), name="claim_says_what"),
            models.CheckConstraint(
                condition=~Q(state="waiting")
                | (Q(level__in=rules.LEVELS) & Q(submitted_at__isnull=False) & Q(decided_by__isnull=True)),
                name="claim_waits_at_a_level",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "refused", "revoked"])
                | Q(decided_by__isnull=False, decided_at__isnull=False, level__in=rules.LEVELS),
                name="claim_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | Q(submitted_by__isnull=True) | ~Q(decided_by=F("submitted_by")),
                name="claim_second_person",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class ClaimStretch(models.Model):
    """One stretch of the claimed time, by the clock, the half-day or the day."""

    class Measure(models.TextChoices):
        CLOCK = "clock", _("按时间")
        HALF_DAY = "half_day", _("半天")
        DAY = "day", _("全天")

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="stretches")
    starts_at = models.DateTimeField(_("开始时间"))
    ends_at = models.DateTimeField(_("结束时间"))
    measure = models.CharField(_("计时方式"), max_length=8, choices=Measure, default=Measure.CLOCK)

    class Meta:
        verbose_name = _("申报时段")
        verbose_name_plural = _("申报时段")
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="claim_stretch_ends_after_start"),
            models.UniqueConstraint(fields=["claim", "starts_at"], name="claim_stretch_once"),
        ]

    def __str__(self) -> str:
        return f"{self.claim} {self.starts_at:%Y-%m-%d %H:%M}"


class ClaimFile(models.Model):
    """A photograph or PDF behind a claim. Taken off, it stays in the store with the time at which that happened.

    ``digest`` is of the bytes as they were sent. ``fingerprint`` is the photograph's dHash (64 bits, as a signed number);
    ``band0``–``band3`` are its four 16-bit parts, by which near copies are found (``photos.near``).
    """

    class Kind(models.TextChoices):
        PHOTO = "photo", _("照片")
        PDF = "pdf", _("PDF 文件")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="files")
    kind = models.CharField(_("类型"), max_length=6, choices=Kind)
    file = models.FileField(_("文件"), upload_to="claims/%Y/%m/", max_length=200)
    size = models.PositiveIntegerField(_("字节数"))
    digest = models.CharField(max_length=64, db_index=True)
    fingerprint = models.BigIntegerField(null=True, blank=True)
    band0 = models.PositiveIntegerField(null=True, blank=True, db_index=True)
    band1 = models.PositiveIntegerField(null=True, blank=True, db_index=True)
    band2 = models.PositiveIntegerField(null=True, blank=True, db_index=True)
    band3 = models.PositiveIntegerField(null=True, blank=True, db_index=True)
    added_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(_("上传时间"))
    removed_at = models.DateTimeField(null=True, blank=True)

    view_permission = "claims.view"
    unit_lookup = "claim__member__unit"
    own_lookup = "claim__member__user"

    class Meta:
        verbose_name = _("申报材料")
        verbose_name_plural = _("申报材料")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="pdf", fingerprint__isnull=True)
                | Q(
                    kind="photo",
                    fingerprint__isnull=False,
                    band0__isnull=False,
                    band1__isnull=False,
                    band2__isnull=False,
                    band3__isnull=False,
                ),
                name="claim_photo_has_fingerprint",
            ),
            models.UniqueConstraint(
                fields=["claim", "digest"], condition=Q(removed_at__isnull=True), name="claim_file_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.claim} {self.get_kind_display()} {self.pk}"

    @property
    def is_photo(self) -> bool:
        """Whether it is shown as a picture."""
        return self.kind == self.Kind.PHOTO


class ClaimEvent(AppendOnlyModel):
    """One act in the life of a claim: submitted, approved at a level, returned, refused, appealed, withdrawn, revoked."""

    class Act(models.TextChoices):
        SUBMIT = rules.SUBMIT, _("提交")
        APPROVE = rules.APPROVE, _("同意")
        RETURN = rules.RETURN, _("退回修改")
        REFUSE = rules.REFUSE, _("不同意")
        APPEAL = rules.APPEAL, _("申诉")
        WITHDRAW = rules.WITHDRAW, _("撤回")
        REVOKE = rules.REVOKE, _("撤销认定")

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="events")
    act = models.CharField(_("操作"), max_length=8, choices=Act)
    round = models.PositiveSmallIntegerField()
    level = models.CharField(_("审批层级"), max_length=8, choices=Level, blank=True)
    by = models.ForeignKey(
        User, verbose_name=_("操作人"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(_("时间"))
    reason = models.CharField(_("理由"), max_length=200, blank=True)
    hours = HoursField(_("当时核算的学时"))

    class Meta:
        verbose_name = _("申报经过")
        verbose_name_plural = _("申报经过")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["claim", "round", "by"],
                condition=Q(act__in=list(rules.DECISIONS)),
                name="claim_decided_once_a_person",
            ),
            models.CheckConstraint(
                condition=~Q(act__in=list(rules.DECISIONS)) | Q(by__isnull=False, level__in=rules.LEVELS),
                name="claim_decision_has_a_person",
            ),
            models.CheckConstraint(
                condition=~Q(act__in=["return", "refuse", "appeal", "revoke"]) | ~Q(reason=""),
                name="claim_act_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.claim} {self.act}"


class ApprovalPolicy(models.Model):
    """Up to how many 学时 of one claim each level may approve alone, by kind of claim. A kind without a row has the defaults."""

    kind = models.CharField(_("申报类型"), max_length=10, choices=ClaimKind, unique=True)
    branch_limit = HoursField(_("党支部可批学时"), default="4.00")
    town_limit = HoursField(_("乡镇可批学时"), default="16.00")

    class Meta:
        verbose_name = _("申报审批权限")
        verbose_name_plural = _("申报审批权限")
        constraints = [
            models.CheckConstraint(
                condition=Q(branch_limit__gte=0, town_limit__gte=F("branch_limit")), name="approval_limits_grow"
            )
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())

    @property
    def limits(self) -> rules.Limits:
        """As the rules take it."""
        field: Any = ApprovalPolicy._meta.get_field("branch_limit")
        return rules.Limits(field.to_python(self.branch_limit), field.to_python(self.town_limit))
