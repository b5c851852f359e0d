"""What a class asks of its people beside coming, what came of it, lessons made up, appeals, opinions, archive packages."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.members.models import Member, User

LEAST, MOST = 1, 5


def _one_to_five(name: str) -> Q:
    return Q(**{f"{name}__gte": LEAST, f"{name}__lte": MOST})


class ClosingTerms(models.Model):
    """What a class (培训班) asks for before it counts as completed; a class without a row asks for attendance alone."""

    training = models.OneToOneField("training.Training", on_delete=models.PROTECT, related_name="terms")
    reflection = models.BooleanField(_("须交学习心得"), default=False)
    pass_mark = models.PositiveSmallIntegerField(
        _("考核合格分"), null=True, blank=True, help_text=_("0–100 分；空着表示不考核")
    )

    class Meta:
        verbose_name = _("结业要求")
        verbose_name_plural = _("结业要求")
        constraints = [
            models.CheckConstraint(condition=Q(pass_mark__isnull=True) | Q(pass_mark__lte=100), name="terms_of_100")
        ]

    def __str__(self) -> str:
        return str(self.training)


class Outcome(models.Model):
    """What one person handed in or scored in a class."""

    training = models.ForeignKey("training.Training", on_delete=models.PROTECT, related_name="outcomes")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="outcomes")
    reflection = models.TextField(_("学习心得"), max_length=5000, blank=True)
    score = models.PositiveSmallIntegerField(_("考核成绩"), null=True, blank=True)
    reflected_at = models.DateTimeField(null=True, blank=True)
    scored_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    scored_at = models.DateTimeField(null=True, blank=True)

    view_permission = "trainings.view"
    unit_lookup = "training__unit"
    own_lookup = "member__user"

    class Meta:
        verbose_name = _("结业成绩")
        verbose_name_plural = _("结业成绩")
        constraints = [
            models.UniqueConstraint(fields=["training", "member"], name="outcome_once"),
            models.CheckConstraint(condition=Q(score__isnull=True) | Q(score__lte=100), name="outcome_of_100"),
        ]

    def __str__(self) -> str:
        return f"{self.member} · {self.training}"


class MakeUp(models.Model):
    """补学 of a session that was missed: when, what, with which evidence. A second person approves; it earns what was missed."""

    class State(models.TextChoices):
        WAITING = "waiting", _("待审批")
        APPROVED = "approved", _("已通过")
        REFUSED = "refused", _("未通过")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey("training.TrainingSession", on_delete=models.PROTECT, related_name="make_ups")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="make_ups")
    starts_at = models.DateTimeField(_("开始时间"))
    ends_at = models.DateTimeField(_("结束时间"))
    text = models.TextField(_("补学内容和收获"), max_length=2000)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.WAITING)
    sent_by = models.ForeignKey(
        User, verbose_name=_("提交人"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    sent_at = models.DateTimeField(_("提交时间"))
    decided_by = models.ForeignKey(
        User, verbose_name=_("审批人"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(_("审批时间"), null=True, blank=True)
    answer = models.CharField(_("审批意见"), max_length=200, blank=True)
    late_reason = models.CharField(_("逾期受理的理由"), max_length=200, blank=True)

    view_permission = "trainings.view"
    unit_lookup = "session__training__unit"
    own_lookup = "member__user"

    class Meta:
        verbose_name = _("补学")
        verbose_name_plural = _("补学")
        ordering = ["sent_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "member"], condition=~Q(state="refused"), name="make_up_once_at_a_time"
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="make_up_ends_after_start"),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at__isnull=True)
                | (~Q(state="waiting") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="make_up_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | Q(sent_by__isnull=True) | ~Q(decided_by=F("sent_by")),
                name="make_up_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} · {self.session}"


class MakeUpFile(models.Model):
    """A photograph or PDF behind a make-up."""

    class Kind(models.TextChoices):
        PHOTO = "photo", _("照片")
        PDF = "pdf", _("PDF 文件")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    make_up = models.ForeignKey(MakeUp, on_delete=models.PROTECT, related_name="files")
    kind = models.CharField(_("类型"), max_length=6, choices=Kind)
    file = models.FileField(_("文件"), upload_to="make-ups/%Y/%m/", max_length=200)
    digest = models.CharField(max_length=64)

    view_permission = "trainings.view"
    unit_lookup = "make_up__session__training__unit"
    own_lookup = "make_up__member__user"

    class Meta:
        verbose_name = _("补学材料")
        verbose_name_plural = _("补学材料")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["make_up", "digest"], name="make_up_file_once")]

    def __str__(self) -> str:
        return f"{self.make_up} {self.pk}"


class Appeal(models.Model):
    """A member's objection to his attendance of one session, within 15 days of closing. A second person decides."""

    class State(models.TextChoices):
        WAITING = "waiting", _("待复核")
        GRANTED = "granted", _("已更正")
        REFUSED = "refused", _("维持原记录")

    class Wanted(models.TextChoices):
        PRESENT = "present", _("到，全程参加")
        LEAVE = "leave", _("假")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey("training.TrainingSession", on_delete=models.PROTECT, related_name="appeals")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="appeals")
    wanted = models.CharField(_("应记为"), max_length=8, choices=Wanted, default=Wanted.PRESENT)
    reason = models.CharField(_("说明"), max_length=500)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.WAITING)
    sent_at = models.DateTimeField(_("提交时间"))
    decided_by = models.ForeignKey(
        User, verbose_name=_("复核人"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(_("复核时间"), null=True, blank=True)
    answer = models.CharField(_("复核意见"), max_length=200, blank=True)

    view_permission = "trainings.view"
    unit_lookup = "session__training__unit"
    own_lookup = "member__user"

    class Meta:
        verbose_name = _("考勤申诉")
        verbose_name_plural = _("考勤申诉")
        ordering = ["sent_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["session", "member"], name="appeal_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at__isnull=True)
                | (~Q(state="waiting") & Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(answer="")),
                name="appeal_decided_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} · {self.session}"


class SurveyTicket(models.Model):
    """That somebody gave his opinion of a class: a keyed hash, so that he gives it once. No name, no time."""

    token = models.CharField(primary_key=True, max_length=64)

    class Meta:
        verbose_name = _("问卷凭据")
        verbose_name_plural = _("问卷凭据")

    def __str__(self) -> str:
        return self.token


class SurveyAnswer(models.Model):
    """One opinion of a class, 1 (bad) to 5 (good). Its key is by chance and there is no time: neither leads to a person."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    training = models.ForeignKey("training.Training", on_delete=models.PROTECT, related_name="answers")
    content = models.PositiveSmallIntegerField(_("内容有用"))
    teaching = models.PositiveSmallIntegerField(_("讲得明白"))
    arrangement = models.PositiveSmallIntegerField(_("组织安排"))
    comment = models.CharField(_("意见建议"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("问卷")
        verbose_name_plural = _("问卷")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=_one_to_five("content") & _one_to_five("teaching") & _one_to_five("arrangement"),
                name="survey_one_to_five",
            )
        ]

    def __str__(self) -> str:
        return str(self.training)


class TeacherMark(models.Model):
    """One opinion of one teacher in a class, 1 (bad) to 5 (good): of an expert, or of the account in charge.

    Like ``SurveyAnswer`` it has a key by chance and no time; nothing leads from it to a person or to his other marks.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    training = models.ForeignKey("training.Training", on_delete=models.PROTECT, related_name="teacher_marks")
    expert = models.ForeignKey(
        "training.Expert", null=True, blank=True, on_delete=models.PROTECT, related_name="teacher_marks"
    )
    trainer = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="teacher_marks")
    stars = models.PositiveSmallIntegerField(_("讲得怎样"))

    class Meta:
        verbose_name = _("对教师的评分")
        verbose_name_plural = _("对教师的评分")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=_one_to_five("stars"), name="teacher_mark_one_to_five"),
            models.CheckConstraint(
                condition=Q(expert__isnull=False, trainer__isnull=True) | Q(expert__isnull=True, trainer__isnull=False),
                name="teacher_mark_of_one_teacher",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.expert or self.trainer} {self.stars}"


class Package(models.Model):
    """One file with all of a closed training (归档包), made as a job that can be cut and made again."""

    class State(models.TextChoices):
        WORKING = "working", _("正在归档")
        DONE = "done", _("已完成")
        FAILED = "failed", _("没有完成")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    training = models.ForeignKey("training.Training", on_delete=models.PROTECT, related_name="packages")
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.WORKING)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    file = models.FileField(_("文件"), upload_to="packages/%Y/", max_length=200, blank=True)
    size = models.PositiveBigIntegerField(_("字节数"), default=0)
    digest = models.CharField(max_length=64, blank=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("时间"))

    view_permission = "trainings.run"
    unit_lookup = "training__unit"
    own_lookup = "training__trainer"

    class Meta:
        verbose_name = _("归档包")
        verbose_name_plural = _("归档包")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["training"], condition=Q(state="working"), name="package_one_at_a_time")
        ]

    def __str__(self) -> str:
        return str(self.training)
