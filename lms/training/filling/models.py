"""How the seats of a training are given out: what is kept for each unit below, whether members sign up themselves."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.members.models import Unit
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
    """Whether and until when members sign up themselves (自主参训); without a row they may until the training begins."""

    training = models.OneToOneField("training.Training", on_delete=models.PROTECT, related_name="sign_up_terms")
    is_open = models.BooleanField(_("党员可以自己报名"), default=True)
    until = models.DateTimeField(_("报名和退出截止"), null=True, blank=True, help_text=_("空着：开课之前都可以"))

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
