"""Evidence of coming and going: scans, what was decided on the doubtful ones, heads counted, pages that work without a line.

Rows of evidence are written once.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.core.append_only import AppendOnlyModel
from lms.members.models import Member, User


class CheckinDevice(models.Model):
    """A machine that may add scans to one session on its day and do nothing else; its key is derived from its number."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey("training.TrainingSession", on_delete=models.PROTECT, related_name="devices")
    opened_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(_("启用时间"))
    revoked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(_("停用时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("签到机")
        verbose_name_plural = _("签到机")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.session} {self.uuid}"


class Scan(AppendOnlyModel):
    """One try to sign in or out, whatever came of it; failed ones are kept (who tried, when, with what).

    ``happened_at`` is the time by the device that read the code, ``received_at`` by the server. ``key`` is made by who reads
    the code, so that the same scan sent twice is one. ``phone`` is a random number that a browser keeps, never a person.
    """

    class Direction(models.TextChoices):
        IN = "in", _("签到")
        OUT = "out", _("签退")

    class Result(models.TextChoices):
        TAKEN = "taken", _("已记录")
        PROVISIONAL = "provisional", _("待现场确认")
        TOO_EARLY = "too-early", _("还没有到签到时间")
        TOO_LATE = "too-late", _("已过签到时间")
        EXPIRED = "expired", _("签到码已过期")
        BAD_CODE = "bad-code", _("不是有效的签到码")
        NOT_ENROLLED = "not-enrolled", _("不在名单里")
        OWN_RECORD = "own-record", _("不能给自己签到")
        NOT_OPEN = "not-open", _("培训已取消")
        USED = "used", _("这次扫码已被别人使用")
        WRONG_DIGITS = "wrong-digits", _("后四位不对")
        QUARANTINED = "quarantined", _("待审核")

    key = models.CharField(max_length=80, unique=True)
    session = models.ForeignKey("training.TrainingSession", on_delete=models.PROTECT, related_name="scans")
    member = models.ForeignKey(Member, null=True, blank=True, on_delete=models.PROTECT, related_name="scans")
    means = models.CharField(_("记录方式"), max_length=12)
    direction = models.CharField(_("方向"), max_length=3, choices=Direction)
    result = models.CharField(_("结果"), max_length=12, choices=Result)
    happened_at = models.DateTimeField(_("扫码时间"))
    received_at = models.DateTimeField(_("收到时间"))
    phone = models.CharField(max_length=32, blank=True)
    device = models.ForeignKey(CheckinDevice, null=True, blank=True, on_delete=models.PROTECT, related_name="scans")
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    view_permission = "trainings.view"
    unit_lookup = "session__training__unit"
    own_lookup = "member__user"

    class Meta:
        verbose_name = _("扫码记录")
        verbose_name_plural = _("扫码记录")
        ordering = ["happened_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(result__in=["taken", "provisional"]) | Q(member__isnull=False),
                name="scan_taken_of_somebody",
            ),
            models.CheckConstraint(condition=Q(direction__in=["in", "out"]), name="scan_in_or_out"),
        ]
        indexes = [models.Index(fields=["session", "member"], name="scan_of_member")]

    def __str__(self) -> str:
        return f"{self.member or ''} {self.get_direction_display()} {self.get_result_display()}"


class ScanDecision(AppendOnlyModel):
    """A person's word on a provisional scan; a refusal says why."""

    scan = models.OneToOneField(Scan, on_delete=models.PROTECT, related_name="decision")
    accepted = models.BooleanField(_("是否确认"))
    reason = models.CharField(_("理由"), max_length=200, blank=True)
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("扫码认定")
        verbose_name_plural = _("扫码认定")
        constraints = [
            models.CheckConstraint(condition=Q(accepted=True) | ~Q(reason=""), name="scan_refused_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.scan} {self.accepted}"


class HeadCount(AppendOnlyModel):
    """How many heads were counted in the room, beside what the marks and the waiting scans made at that moment."""

    session = models.ForeignKey("training.TrainingSession", on_delete=models.PROTECT, related_name="counts")
    heads = models.PositiveIntegerField(_("清点人数"))
    marked = models.PositiveIntegerField(_("已记到"))
    waiting = models.PositiveIntegerField(_("待确认"))
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("清点记录")
        verbose_name_plural = _("清点记录")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.session} {self.heads}"


class OfflineDevice(models.Model):
    """A trainer's page that was prepared to work without a line; it may add scans to one training on one day, nothing else.

    ``clock_at``, ``mono`` and ``boot`` are what its clocks said when it was prepared, ``opened_at`` what ours said. ``reach``
    and ``head`` are the number and the signature of the last event up to which nothing is missing.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    training = models.ForeignKey("training.Training", on_delete=models.PROTECT, related_name="offline_devices")
    day = models.DateField(_("日期"))
    opened_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(_("启用时间"))
    clock_at = models.DateTimeField(_("设备时间"))
    mono = models.BigIntegerField()
    boot = models.CharField(max_length=32)
    reach = models.PositiveIntegerField(default=0)
    head = models.CharField(max_length=64, blank=True)
    revoked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(_("停用时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("断网签到设备")
        verbose_name_plural = _("断网签到设备")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reach=0, head="") | (Q(reach__gt=0) & ~Q(head="")), name="offline_reach_has_head"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.training} {self.day} {self.uuid}"


class OfflineEvent(AppendOnlyModel):
    """What a prepared page sent about one scan: its own clocks and counter, its signature, and what was wrong with them."""

    class Chain(models.TextChoices):
        SOUND = "", _("完好")
        GAP = "gap", _("前面的记录还没有送到")
        BAD_MAC = "bad-mac", _("记录被改动过")
        TWICE = "twice", _("同一序号有两条记录")
        REVOKED = "revoked", _("设备已停用")
        PLACE = "place", _("不是这一天的课次")

    class Timing(models.TextChoices):
        KNOWN = "", _("可信")
        MOVED = "moved", _("设备时钟被调过，时间无法核实")
        FUTURE = "future", _("设备时间晚于收到时间")
        BEFORE = "before", _("设备时间早于准备时间")

    scan = models.OneToOneField(Scan, on_delete=models.PROTECT, related_name="offline")
    device = models.ForeignKey(OfflineDevice, on_delete=models.PROTECT, related_name="events")
    counter = models.PositiveIntegerField(_("序号"))
    text = models.CharField(max_length=80, blank=True)
    device_at = models.DateTimeField(_("设备时间"))
    mono = models.BigIntegerField()
    boot = models.CharField(max_length=32, blank=True)
    prior = models.CharField(max_length=64, blank=True)
    mac = models.CharField(max_length=64, blank=True)
    chain = models.CharField(max_length=8, choices=Chain, blank=True)
    timing = models.CharField(max_length=8, choices=Timing, blank=True)
    basis = models.CharField(max_length=8, blank=True)

    class Meta:
        verbose_name = _("断网签到记录")
        verbose_name_plural = _("断网签到记录")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["device", "counter"], condition=Q(chain__in=["", "gap", "place"]), name="offline_counter_once"
            ),
            models.CheckConstraint(
                condition=~Q(chain="") | (Q(counter__gt=0) & ~Q(mac="")), name="offline_sound_is_signed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.counter}"

    @property
    def doubt(self) -> str:
        """Why a person has to look at it, in words; empty when nobody has to."""
        return str(self.get_chain_display() if self.chain else self.get_timing_display() if self.timing else "")
