"""How the seats of a training are given out, who stays away and by whose leave, who travels in which vehicle."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.members.models import Member, Unit, User
from lms.training.filling import rules


class Quota(models.Model):
    """Seats of a training that are kept for the people of one unit below the one that holds it (分配名额)."""

    training = models.ForeignKey("training.Training", on_delete=models.PROTECT, related_name="quotas")
    unit = models.ForeignKey(Unit, verbose_name=_("党组织"), on_delete=models.PROTECT, related_name="+")
    seats = models.PositiveIntegerField(_("名额"))

    class Meta:
        verbose_name = _("分配名额")
        verbose_name_plural = _("分配名额")
        constraints = [
            models.UniqueConstraint(fields=["training", "unit"], name="quota_once"),
            models.CheckConstraint(condition=Q(seats__gt=0), name="quota_of_somebody"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.seats}"


class SignUpTerms(models.Model):
    """Whether and until when members sign up themselves (自主参训) and units propose; without a row until it begins."""

    training = models.OneToOneField("training.Training", on_delete=models.PROTECT, related_name="sign_up_terms")
    is_open = models.BooleanField(_("党员可以自己报名"), default=True)
    until = models.DateTimeField(_("报名和退出截止"), null=True, blank=True, help_text=_("空着：开课之前都可以"))
    nominate_until = models.DateTimeField(_("推荐截止"), null=True, blank=True, help_text=_("空着：开课之前都可以"))

    class Meta:
        verbose_name = _("自主报名")
        verbose_name_plural = _("自主报名")

    def __str__(self) -> str:
        return str(self.training)


class Audience(models.Model):
    """Whom a training is for (面向范围); without a row, everybody below the unit that holds it. See ``rules.Rule``."""

    class Away(models.TextChoices):
        ANY = "", _("不限")
        AWAY = rules.AWAY, _("只面向流动党员")
        HOME = rules.HOME, _("不含流动党员")

    class Gap(models.TextChoices):
        ANY = "", _("不限")
        HOURS = rules.LACKS_HOURS, _("今年学时还没修满的")
        CLASS = rules.LACKS_CLASS, _("今年还缺集中培训的")
        EITHER = rules.LACKS_EITHER, _("今年还没达标的")

    training = models.OneToOneField("training.Training", on_delete=models.PROTECT, related_name="audience")
    units = models.ManyToManyField(Unit, verbose_name=_("党组织"), blank=True, related_name="+")
    settings = models.JSONField(_("所在领域"), default=list, blank=True)
    offices = models.JSONField(_("党内职务"), default=list, blank=True)
    categories = models.JSONField(_("人员类别"), default=list, blank=True)
    ranks = models.JSONField(_("干部职级"), default=list, blank=True)
    industries = models.JSONField(_("从事产业"), default=list, blank=True)
    away = models.CharField(_("流动党员"), max_length=4, choices=Away, blank=True)
    gap = models.CharField(_("达标情况"), max_length=6, choices=Gap, blank=True)

    class Meta:
        verbose_name = _("面向范围")
        verbose_name_plural = _("面向范围")
        constraints = [
            models.CheckConstraint(condition=Q(away__in=["", rules.AWAY, rules.HOME]), name="audience_away_known"),
            models.CheckConstraint(condition=Q(gap__in=["", *rules.GAPS]), name="audience_gap_known"),
        ]

    def __str__(self) -> str:
        return str(self.training)


class Leave(models.Model):
    """Somebody asks not to come to a session, or to the whole training (请假): why, and who allowed it.

    One that whoever runs the training entered himself is granted as it is written. ``account`` is the member's own account
    at that time: the database knows by it that nobody allows himself to stay away.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("待批")
        GRANTED = "granted", _("已准假")
        REFUSED = "refused", _("未准假")
        WITHDRAWN = "withdrawn", _("已撤回")

    DECIDED = (State.GRANTED, State.REFUSED)

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    training = models.ForeignKey("training.Training", on_delete=models.PROTECT, related_name="leaves")
    session = models.ForeignKey(
        "training.TrainingSession",
        verbose_name=_("课次"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,  # a session is deleted only before anybody is marked, so before any leave is granted
        related_name="leaves",
    )
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="leaves")
    account = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("请假事由"), max_length=500)
    state = models.CharField(_("状态"), max_length=9, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(
        User, verbose_name=_("提出人"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField(_("提出时间"))
    decided_by = models.ForeignKey(
        User, verbose_name=_("批准人"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(_("办理时间"), null=True, blank=True)
    answer = models.CharField(_("答复"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("请假")
        verbose_name_plural = _("请假")
        ordering = ["asked_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="leave_has_reason"),
            models.CheckConstraint(
                condition=Q(state__in=["granted", "refused"], decided_by__isnull=False, decided_at__isnull=False)
                | Q(state__in=["asked", "withdrawn"], decided_by__isnull=True, decided_at__isnull=True),
                name="leave_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(account__isnull=True) | Q(decided_by__isnull=True) | ~Q(decided_by=F("account")),
                name="leave_not_ones_own",
            ),
            models.UniqueConstraint(
                fields=["training", "member"], condition=Q(state="asked"), name="leave_one_open_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} {self.get_state_display()}"


class Ride(models.Model):
    """A vehicle that takes people to a training (乘车安排): when and where it leaves, who drives, how many it holds."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    training = models.ForeignKey("training.Training", on_delete=models.PROTECT, related_name="rides")
    vehicle = models.CharField(_("车辆（车牌号）"), max_length=40)
    driver = models.CharField(_("驾驶员"), max_length=40, blank=True)
    phone = models.CharField(_("驾驶员电话"), max_length=20, blank=True)
    leaves_at = models.DateTimeField(_("发车时间"))
    place = models.CharField(_("上车地点"), max_length=100)
    seats = models.PositiveSmallIntegerField(_("座位数（不含驾驶员）"))

    class Meta:
        verbose_name = _("车辆")
        verbose_name_plural = _("车辆")
        ordering = ["leaves_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(seats__gt=0), name="ride_has_seats"),
            models.CheckConstraint(condition=~Q(vehicle="") & ~Q(place=""), name="ride_leaves_somewhere"),
            models.UniqueConstraint(fields=["training", "vehicle", "leaves_at"], name="ride_once"),
        ]

    def __str__(self) -> str:
        return self.vehicle


class RideSeat(models.Model):
    """One person's seat in a vehicle, by number. ``of`` is how many the vehicle holds: the database counts along."""

    ride = models.ForeignKey(Ride, on_delete=models.CASCADE, related_name="places")
    enrolment = models.OneToOneField("training.Enrolment", on_delete=models.CASCADE, related_name="ride_seat")
    number = models.PositiveSmallIntegerField(_("座号"))
    of = models.PositiveSmallIntegerField(_("座位数"))

    class Meta:
        verbose_name = _("座位")
        verbose_name_plural = _("座位")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["ride", "number"], name="ride_seat_once"),
            models.CheckConstraint(condition=Q(number__gt=0, number__lte=F("of")), name="ride_seat_in_vehicle"),
        ]

    def __str__(self) -> str:
        return f"{self.ride} {self.number}"
