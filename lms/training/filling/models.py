"""How the seats of a training are given out: what is kept for each unit below, whether members sign up themselves."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.members.models import Unit


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
