"""A re-rating: what a published rule would make of hours that stand already, staged for approval, then released at once."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.core.hours import HoursField
from lms.hours.line_models import Asserted, LedgerLine
from lms.members.models import Member, User


class ReratingRun(models.Model):
    """The life of one re-rating: planned in steps, approved or rejected by a second person, released in one transaction.

    A job that is cut goes on where it stood: ``last_member`` is how far the planning has come.
    """

    class State(models.TextChoices):
        PLANNING = "planning", _("正在测算")
        PLANNED = "planned", _("等待批准")
        APPROVED = "approved", _("已批准，正在入账")
        APPLIED = "applied", _("已入账")
        REJECTED = "rejected", _("已否决")

    OPEN = (State.PLANNING, State.PLANNED, State.APPROVED)

    rule = models.ForeignKey(
        "hours.CreditRule", verbose_name=_("规则"), on_delete=models.PROTECT, related_name="reratings"
    )
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.PLANNING)
    problem = models.CharField(_("问题"), max_length=40, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    total = models.PositiveIntegerField(_("党员人数"), default=0)
    done = models.PositiveIntegerField(_("已测算"), default=0)
    last_member = models.BigIntegerField(default=0)
    # What followed from the ledger when the planning began (the year's goals); when it changes, all is planned anew.
    basis = models.CharField(max_length=200, blank=True)
    planned_by = models.ForeignKey(
        User, verbose_name=_("提出人"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    planned_at = models.DateTimeField(_("提出时间"))
    decided_by = models.ForeignKey(
        User, verbose_name=_("批准人"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(_("批准时间"), null=True, blank=True)
    reason = models.CharField(_("意见"), max_length=300, blank=True)
    applied_at = models.DateTimeField(_("入账时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("重新折算")
        verbose_name_plural = _("重新折算")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule"], condition=Q(state__in=["planning", "planned", "approved"]), name="rerating_one_open"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | Q(planned_by__isnull=True) | ~Q(decided_by=F("planned_by")),
                name="rerating_second_person",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["planning", "planned"]) | Q(decided_at__isnull=False), name="rerating_decided"
            ),
            models.CheckConstraint(
                condition=Q(state="applied", applied_at__isnull=False) | ~Q(state="applied") & Q(applied_at=None),
                name="rerating_applied",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} #{self.pk}"


class ReratedMember(models.Model):
    """That a member was priced for a run, and when: what was asserted later makes it stale."""

    run = models.ForeignKey(ReratingRun, on_delete=models.CASCADE, related_name="members")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    staged_at = models.DateTimeField()
    # 学时 by which the member's ledger would move.
    less = HoursField(_("减少学时"), default=0)
    more = HoursField(_("增加学时"), default=0)
    changed = models.BooleanField(default=False)

    view_permission = "hours.view"
    unit_lookup = "member__unit"
    own_lookup = None

    class Meta:
        verbose_name = _("重新折算的党员")
        verbose_name_plural = _("重新折算的党员")
        constraints = [models.UniqueConstraint(fields=["run", "member"], name="rerated_member_once")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.member_id}"


class StagedEntry(LedgerLine):
    """A line that a run would add to the ledger, whole but for the moment and the person of the posting."""

    run = models.ForeignKey(ReratingRun, on_delete=models.CASCADE, related_name="entries")

    view_permission = "hours.view"
    unit_lookup = "member__unit"
    own_lookup = None

    class Meta:
        verbose_name = _("待入账的学时记录")
        verbose_name_plural = _("待入账的学时记录")
        indexes = [models.Index(fields=["run", "member"], name="staged_entry_member")]
        constraints = [models.UniqueConstraint(fields=["run", "source", "sequence"], name="staged_entry_once")]

    def __str__(self) -> str:
        return f"{self.source}#{self.sequence} {self.hours}"


class StagedAssertion(Asserted):
    """What a source would assert by the rule of a run."""

    run = models.ForeignKey(ReratingRun, on_delete=models.CASCADE, related_name="assertions")
    source = models.CharField(_("来源"), max_length=120)

    class Meta:
        verbose_name = _("待入账的学时凭据")
        verbose_name_plural = _("待入账的学时凭据")
        constraints = [models.UniqueConstraint(fields=["run", "source"], name="staged_assertion_once")]

    def __str__(self) -> str:
        return self.source
