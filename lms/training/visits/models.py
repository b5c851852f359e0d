"""A visit asked for, the host's count, photographs, reflections, ratings, and whether a telephone was at the place."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.members.models import Member, Unit, User


class VisitRequest(models.Model):
    """A unit asks to bring so many people to a base on half a day; the base agrees or declines, naming another half-day."""

    class Half(models.TextChoices):
        MORNING = "am", _("上午")
        AFTERNOON = "pm", _("下午")

    class State(models.TextChoices):
        WAITING = "waiting", _("待基地答复")
        AGREED = "agreed", _("已同意")
        DECLINED = "declined", _("未同意")
        WITHDRAWN = "withdrawn", _("已撤回")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    base = models.ForeignKey("training.Base", verbose_name=_("基地"), on_delete=models.PROTECT, related_name="requests")
    unit = models.ForeignKey(Unit, verbose_name=_("组织单位"), on_delete=models.PROTECT, related_name="visit_requests")
    day = models.DateField(_("日期"))
    half = models.CharField(_("时段"), max_length=2, choices=Half)
    people = models.PositiveIntegerField(_("人数"))
    topic = models.CharField(_("参观主题"), max_length=100)
    note = models.CharField(_("说明"), max_length=300, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.WAITING)
    asked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("申请时间"))
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(_("答复时间"), null=True, blank=True)
    answer = models.CharField(_("答复"), max_length=200, blank=True)
    guide = models.CharField(_("讲解员"), max_length=60, blank=True)
    offered_day = models.DateField(_("可改到"), null=True, blank=True)
    offered_half = models.CharField(_("可改的时段"), max_length=2, choices=Half, blank=True)
    training = models.OneToOneField(
        "training.Training", null=True, blank=True, on_delete=models.PROTECT, related_name="visit_request"
    )

    view_permission = "trainings.view"
    unit_lookup = "unit"
    own_lookup = "asked_by"

    class Meta:
        verbose_name = _("参观申请")
        verbose_name_plural = _("参观申请")
        ordering = ["day", "half", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(people__gt=0), name="visit_request_has_people"),
            models.CheckConstraint(
                condition=Q(state="agreed", training__isnull=False) | (~Q(state="agreed") & Q(training__isnull=True)),
                name="visit_request_agreed_is_planned",
            ),
            models.CheckConstraint(
                condition=~Q(state="declined") | (~Q(answer="") & Q(answered_at__isnull=False)),
                name="visit_request_declined_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.base} {self.day} {self.get_half_display()}"


class HostCount(models.Model):
    """How many heads the host counted at a visit; it stands beside the ticks and does not change them."""

    session = models.OneToOneField("training.TrainingSession", on_delete=models.PROTECT, related_name="host_count")
    heads = models.PositiveIntegerField(_("接待人数"))
    guide = models.CharField(_("讲解员"), max_length=60, blank=True)
    counted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    counted_at = models.DateTimeField(_("确认时间"))

    class Meta:
        verbose_name = _("基地确认")
        verbose_name_plural = _("基地确认")

    def __str__(self) -> str:
        return f"{self.session} {self.heads}"


class VisitPhoto(models.Model):
    """A photograph of a session, of a visit or any other. ``taken_at`` is what the camera said (None: nothing), ``added_at`` when it came here."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey("training.TrainingSession", on_delete=models.PROTECT, related_name="photos")
    file = models.FileField(_("文件"), upload_to="visits/%Y/%m/", max_length=200)
    digest = models.CharField(max_length=64)
    taken_at = models.DateTimeField(_("拍摄时间"), null=True, blank=True)
    added_at = models.DateTimeField(_("上传时间"))
    added_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("现场照片")
        verbose_name_plural = _("现场照片")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["session", "digest"], name="visit_photo_once")]

    def __str__(self) -> str:
        return f"{self.session} {self.pk}"


class VisitReflection(models.Model):
    """心得 of a visit, in words or by voice; of a member, or of the group when ``member`` is None."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    training = models.ForeignKey("training.Training", on_delete=models.PROTECT, related_name="reflections")
    member = models.ForeignKey(
        Member, null=True, blank=True, on_delete=models.PROTECT, related_name="visit_reflections"
    )
    text = models.TextField(_("心得"), max_length=2000, blank=True)
    voice = models.FileField(_("录音"), upload_to="voices/%Y/%m/", max_length=200, blank=True)
    added_at = models.DateTimeField(_("提交时间"))
    added_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("参观心得")
        verbose_name_plural = _("参观心得")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=~Q(text="") | ~Q(voice=""), name="visit_reflection_says_something"),
            models.UniqueConstraint(
                fields=["training", "member"], condition=Q(member__isnull=False), name="visit_reflection_once"
            ),
            models.UniqueConstraint(
                fields=["training"], condition=Q(member__isnull=True), name="visit_reflection_of_group_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.training} {self.member or ''}"


class BaseRating(models.Model):
    """What an attendee thought of the base, 1 to 5."""

    training = models.ForeignKey("training.Training", on_delete=models.PROTECT, related_name="base_ratings")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="base_ratings")
    stars = models.PositiveSmallIntegerField(_("评分"))
    comment = models.CharField(_("评语"), max_length=200, blank=True)
    rated_at = models.DateTimeField()

    class Meta:
        verbose_name = _("基地评分")
        verbose_name_plural = _("基地评分")
        constraints = [
            models.UniqueConstraint(fields=["training", "member"], name="base_rating_once"),
            models.CheckConstraint(condition=Q(stars__gte=1, stars__lte=5), name="base_rating_one_to_five"),
        ]

    def __str__(self) -> str:
        return f"{self.training} {self.stars}"


class PlaceCheck(models.Model):
    """Whether a member's telephone was near the base when he asked for it: yes or no, never where it was."""

    session = models.ForeignKey("training.TrainingSession", on_delete=models.PROTECT, related_name="place_checks")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="place_checks")
    near = models.BooleanField(_("在基地"))
    checked_at = models.DateTimeField()

    class Meta:
        verbose_name = _("到场核对")
        verbose_name_plural = _("到场核对")
        constraints = [models.UniqueConstraint(fields=["session", "member"], name="place_check_once")]

    def __str__(self) -> str:
        return f"{self.session} {self.member}"
