"""What stands beside the evidence of watching: questions whether anybody is there, what a person should look
at, and where a member is in a lesson."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.members.models import Member, User


class PresenceCheck(models.Model):
    """A question to the person at the screen, and when by the server's clock it was answered (milliseconds since 1970)."""

    session = models.ForeignKey("courses.PlaySession", on_delete=models.PROTECT, related_name="presence_checks")
    asked_ms = models.BigIntegerField()
    answered_ms = models.BigIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = _("在场确认")
        verbose_name_plural = _("在场确认")
        constraints = [
            models.UniqueConstraint(
                fields=["session"], condition=Q(answered_ms__isnull=True), name="presence_check_one_open"
            ),
            models.CheckConstraint(
                condition=Q(answered_ms__isnull=True) | Q(answered_ms__gte=F("asked_ms")),
                name="presence_check_answered_after",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.asked_ms}"


class WatchFlag(models.Model):
    """Something about a session that a person should look at. Its hours stand until somebody says otherwise (domain §7)."""

    class Kind(models.TextChoices):
        TOO_FAST = "too-fast", _("报送的时长超过实际时间")
        OFFLINE = "offline", _("断网期间的学习，恢复后补交")
        RESTARTS = "restarts", _("短时间内反复重新打开")
        UNANSWERED = "unanswered", _("没有确认在场仍继续报送")
        MACHINE = "machine", _("在场确认的间隔过于规律")

    class State(models.TextChoices):
        OPEN = "open", _("待核实")
        CLEARED = "cleared", _("无异常")
        VOIDED = "voided", _("已核减")
        APPEALED = "appealed", _("已申诉")

    session = models.ForeignKey("courses.PlaySession", on_delete=models.PROTECT, related_name="flags")
    member = models.ForeignKey(Member, verbose_name=_("党员"), on_delete=models.PROTECT, related_name="watch_flags")
    kind = models.CharField(_("情况"), max_length=12, choices=Kind)
    times = models.PositiveIntegerField(_("次数"), default=1)
    milliseconds = models.PositiveBigIntegerField(_("涉及时长（毫秒）"), default=0)
    first_at = models.DateTimeField(_("首次出现"))
    last_at = models.DateTimeField(_("最近出现"))
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(
        User, verbose_name=_("核实人"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(_("核实时间"), null=True, blank=True)
    # Whose decision the member appealed against: somebody else decides on the appeal.
    voided_by = models.ForeignKey(
        User, verbose_name=_("原核减人"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(_("核实意见"), max_length=300, blank=True)
    appeal = models.TextField(_("申诉理由"), max_length=500, blank=True)

    view_permission = "watching.view"
    unit_lookup = "member__unit"
    own_lookup = "member__user"

    class Meta:
        verbose_name = _("学习异常")
        verbose_name_plural = _("学习异常")
        ordering = ["-last_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["session", "kind"], name="watch_flag_once"),
            models.CheckConstraint(condition=~Q(state="voided") | ~Q(reason=""), name="watch_flag_voided_says_why"),
            models.CheckConstraint(condition=~Q(state="appealed") | ~Q(appeal=""), name="watch_flag_appeal_says_why"),
            models.CheckConstraint(
                condition=Q(voided_by__isnull=True) | Q(state="appealed") | ~Q(decided_by=F("voided_by")),
                name="watch_flag_appeal_decided_by_another",
            ),
        ]
        indexes = [models.Index(fields=["state", "-last_at"], name="watch_flag_state")]

    def __str__(self) -> str:
        return f"{self.kind} {self.session_id}"


class LessonProgress(models.Model):
    """Where a member is in a lesson, of the latest edition that he began: what to resume, what is complete. Derived from the
    evidence."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="lesson_progress")
    lesson = models.ForeignKey("courses.LessonPage", on_delete=models.PROTECT, related_name="progress")
    edition = models.PositiveSmallIntegerField(default=1, db_default=1)
    position_ms = models.PositiveIntegerField(default=0)
    watched_ms = models.PositiveIntegerField(default=0)
    completed_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField()

    view_permission = "hours.view"
    unit_lookup = "member__unit"
    own_lookup = "member__user"

    class Meta:
        verbose_name = _("课时进度")
        verbose_name_plural = _("课时进度")
        constraints = [models.UniqueConstraint(fields=["member", "lesson"], name="lesson_progress_once")]

    def __str__(self) -> str:
        return f"{self.member} {self.lesson_id}"
