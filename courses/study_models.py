"""What members choose and are given to study (自主参训), what they think of it, ask about it and make of it."""

from __future__ import annotations

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.members.models import Member, Unit, User

COURSE = "courses.CoursePage"


class CourseEnrolment(models.Model):
    """A member has chosen a course for himself. Leaving it is a moment; choosing it again takes the same row."""

    member = models.ForeignKey(
        Member, verbose_name=_("党员"), on_delete=models.PROTECT, related_name="enrolled_courses"
    )
    course = models.ForeignKey(COURSE, verbose_name=_("课程"), on_delete=models.PROTECT, related_name="enrolments")
    enrolled_at = models.DateTimeField(_("报名时间"))
    left_at = models.DateTimeField(_("退出时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("自主参训")
        verbose_name_plural = _("自主参训")
        constraints = [models.UniqueConstraint(fields=["member", "course"], name="course_enrolment_once")]

    def __str__(self) -> str:
        return f"{self.member} {self.course_id}"


class FavouriteCourse(models.Model):
    """A course that a member wants to find again."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="favourite_courses")
    course = models.ForeignKey(COURSE, on_delete=models.CASCADE, related_name="favourites")
    added_at = models.DateTimeField()

    class Meta:
        verbose_name = _("收藏的课程")
        verbose_name_plural = _("收藏的课程")
        constraints = [models.UniqueConstraint(fields=["member", "course"], name="favourite_course_once")]

    def __str__(self) -> str:
        return f"{self.member_id} {self.course_id}"


class CourseRating(models.Model):
    """What a member thinks of a course, 1–5; one a member, his to change."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="course_ratings")
    course = models.ForeignKey(COURSE, on_delete=models.PROTECT, related_name="ratings")
    stars = models.PositiveSmallIntegerField(_("评分"), validators=[MinValueValidator(1), MaxValueValidator(5)])
    rated_at = models.DateTimeField()

    class Meta:
        verbose_name = _("课程评分")
        verbose_name_plural = _("课程评分")
        constraints = [
            models.UniqueConstraint(fields=["member", "course"], name="course_rating_once"),
            models.CheckConstraint(condition=Q(stars__gte=1, stars__lte=5), name="course_rating_one_to_five"),
        ]

    def __str__(self) -> str:
        return f"{self.course_id} {self.stars}"


class CourseAssignment(models.Model):
    """A course to be studied by a day, by whoever belongs to a unit and is of a kind while the assignment stands.

    Nobody is written down: who joins the branch later owes it, who leaves does not. Withdrawn, it is kept.
    """

    class Whom(models.TextChoices):
        ALL = "all", _("全体党员")
        LEADERS = "leaders", _("支部书记和班子成员")
        SECRETARIES = "secretaries", _("党组织书记")
        COMMITTEE = "committee", _("支部委员")
        PROBATIONARY = "probationary", _("预备党员")
        CANDIDATES = "candidates", _("发展对象")
        ACTIVISTS = "activists", _("入党积极分子")
        AWAY = "away", _("流动党员")

    course = models.ForeignKey(COURSE, verbose_name=_("课程"), on_delete=models.PROTECT, related_name="assignments")
    unit = models.ForeignKey(
        Unit, verbose_name=_("党组织"), on_delete=models.PROTECT, related_name="course_assignments"
    )
    whom = models.CharField(_("对象"), max_length=12, choices=Whom, default=Whom.ALL)
    due_on = models.DateField(_("完成期限"))
    note = models.CharField(_("说明"), max_length=200, blank=True)
    assigned_by = models.ForeignKey(
        User, verbose_name=_("布置人"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    assigned_at = models.DateTimeField(_("布置时间"))
    withdrawn_at = models.DateTimeField(_("撤回时间"), null=True, blank=True)

    view_permission = "courses.view"
    unit_lookup = "unit"
    own_lookup = None

    class Meta:
        verbose_name = _("课程任务")
        verbose_name_plural = _("课程任务")
        ordering = ["-due_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["course", "unit", "whom"],
                condition=Q(withdrawn_at__isnull=True),
                name="course_assignment_stands_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.course_id} {self.unit} {self.due_on}"


class CourseQuestion(models.Model):
    """A question to who made a course, and the answer; the others read both when the answer was shared."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    course = models.ForeignKey(COURSE, verbose_name=_("课程"), on_delete=models.PROTECT, related_name="asked")
    member = models.ForeignKey(
        Member, verbose_name=_("党员"), on_delete=models.PROTECT, related_name="course_questions"
    )
    text = models.TextField(_("问题"), max_length=500)
    asked_at = models.DateTimeField(_("提问时间"))
    answer = models.TextField(_("回答"), max_length=1000, blank=True)
    answered_by = models.ForeignKey(
        User, verbose_name=_("回答人"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(_("回答时间"), null=True, blank=True)
    shared = models.BooleanField(_("公开"), default=False, help_text=_("其他学员也能在课程页看到，不显示提问人"))

    view_permission = "content.edit"
    unit_lookup = "member__unit"
    own_lookup = "member__user"

    class Meta:
        verbose_name = _("学员提问")
        verbose_name_plural = _("学员提问")
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="course_question_asks"),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True, shared=False)
                | ~Q(answer="") & Q(answered_at__isnull=False),
                name="course_question_answered_or_open",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:40]


class UseFeedback(models.Model):
    """学用反馈: what a member has put to use of a course, with a photograph if he likes. Taken back, it is kept."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    course = models.ForeignKey(COURSE, verbose_name=_("课程"), on_delete=models.PROTECT, related_name="uses")
    member = models.ForeignKey(Member, verbose_name=_("党员"), on_delete=models.PROTECT, related_name="course_uses")
    text = models.TextField(_("学到的用在了哪里"), max_length=500)
    photo = models.FileField(_("照片"), upload_to="uses/%Y/%m/", max_length=200, blank=True)
    sent_at = models.DateTimeField(_("提交时间"))
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    view_permission = "courses.view"
    unit_lookup = "member__unit"
    own_lookup = "member__user"

    class Meta:
        verbose_name = _("学用反馈")
        verbose_name_plural = _("学用反馈")
        ordering = ["-sent_at", "-pk"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="use_feedback_says_something")]

    def __str__(self) -> str:
        return self.text[:40]
