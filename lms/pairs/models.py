"""Help between members (结对帮学): an able grower or an expert and a member, with a list of what they study together."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from courses.models import LessonPage
from lms.members.models import Member, User
from lms.training.models import Expert, TrainingSession


class HelpPair(models.Model):
    """A member, and who helps: another member, or an expert of the register who is none. Ended, it is kept; it earns no hours."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    helper = models.ForeignKey(
        Member, verbose_name=_("帮带人"), null=True, blank=True, on_delete=models.PROTECT, related_name="helps"
    )
    expert = models.ForeignKey(
        Expert, verbose_name=_("帮带专家"), null=True, blank=True, on_delete=models.PROTECT, related_name="helps"
    )
    member = models.ForeignKey(Member, verbose_name=_("学员"), on_delete=models.PROTECT, related_name="helped_by")
    topic = models.CharField(_("帮学内容"), max_length=120)
    begun_on = models.DateField(_("结对日期"))
    ended_on = models.DateField(_("结束日期"), null=True, blank=True)
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("结对帮学")
        verbose_name_plural = _("结对帮学")
        ordering = ["ended_on", "-begun_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["helper", "member"], condition=Q(ended_on__isnull=True), name="help_pair_stands_once"
            ),
            models.UniqueConstraint(
                fields=["expert", "member"], condition=Q(ended_on__isnull=True), name="help_pair_of_expert_once"
            ),
            models.CheckConstraint(
                condition=Q(helper__isnull=True, expert__isnull=False) | Q(helper__isnull=False, expert__isnull=True),
                name="help_pair_one_kind_of_helper",
            ),
            models.CheckConstraint(condition=~Q(helper=F("member")), name="help_pair_of_two"),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("begun_on")),
                name="help_pair_ends_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.guide} → {self.member}"

    @property
    def guide(self) -> Member | Expert:
        """Who helps, of whichever kind."""
        found = self.expert or self.helper
        assert found is not None  # help_pair_one_kind_of_helper
        return found

    @property
    def accounts(self) -> set[int]:
        """The accounts of the two: an expert's is the one he teaches with or, found to be a member, his own there."""
        expert = self.expert
        people = [self.member, self.helper, expert, expert.member if expert else None]
        return {one.user_id for one in people if one is not None and one.user_id is not None}


class PairTask(models.Model):
    """A lesson or a session on a pair's list, and whether they have been through it together."""

    pair = models.ForeignKey(HelpPair, on_delete=models.PROTECT, related_name="tasks")
    lesson = models.ForeignKey(LessonPage, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(TrainingSession, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    added_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("帮学清单")
        verbose_name_plural = _("帮学清单")
        ordering = ["added_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(lesson__isnull=True, session__isnull=False) | Q(lesson__isnull=False, session__isnull=True),
                name="pair_task_lesson_or_session",
            ),
            models.UniqueConstraint(
                fields=["pair", "lesson"], condition=Q(lesson__isnull=False), name="pair_task_lesson_once"
            ),
            models.UniqueConstraint(
                fields=["pair", "session"], condition=Q(session__isnull=False), name="pair_task_session_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.lesson or self.session)
