"""Tests: what an editor sets on a page, and the evidence of who answered what.

What was drawn and what was handed in are rows that are written once: the model refuses to change them and so does the
database. A page that is edited later changes no attempt: each carries the questions as they were.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page

from courses.page_forms import PlainPageForm
from courses.quiz_blocks import QuestionBank, questions_of
from courses.quiz_rules import Drawn, Limits, Question
from lms.core.append_only import AppendOnlyModel
from lms.hours.credit import Category
from lms.members.models import Member

QUIZ_PREVIEW = "quiz"


class QuizPage(Page):
    """A page that can have a test. Its questions are never part of what the page shows."""

    questions = StreamField(QuestionBank(), verbose_name=_("题目"), blank=True)
    quiz_draw = models.PositiveSmallIntegerField(
        _("每次抽几题"), default=0, help_text=_("每次从题库里随机抽这么多题；0 表示全部都考")
    )
    quiz_pass_percent = models.PositiveSmallIntegerField(
        _("及格线（百分比）"), default=60, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    quiz_attempts = models.PositiveSmallIntegerField(_("最多考几次"), default=3, help_text=_("0 表示不限次数"))
    quiz_wait_minutes = models.PositiveSmallIntegerField(
        _("没及格要等几分钟再考"), default=10, validators=[MaxValueValidator(10_080)]
    )

    base_form_class = PlainPageForm

    class Meta:
        abstract = True

    @property
    def has_quiz(self) -> bool:
        """Whether there is a test to take."""
        return bool(self.questions)

    def bank(self) -> Iterator[Question]:
        """All the questions from which an attempt is drawn."""
        return questions_of(self.questions)

    @property
    def quiz_limits(self) -> Limits:
        """How often the test may be tried."""
        return Limits(self.quiz_attempts, self.quiz_wait_minutes)

    @property
    def preview_modes(self) -> list[tuple[str, Any]]:
        """The page, and its test with the answers."""
        return [*super().preview_modes, (QUIZ_PREVIEW, _("测试题（含答案）"))]

    def get_preview_template(self, request: Any, mode_name: str) -> str:
        """The template for what an editor looks at."""
        if mode_name == QUIZ_PREVIEW:
            return "courses/quiz_preview.html"
        return super().get_preview_template(request, mode_name)


def quiz_panel(heading: Any, *first: FieldPanel) -> MultiFieldPanel:
    """The test in the page's editor."""
    names = ("questions", "quiz_draw", "quiz_pass_percent", "quiz_attempts", "quiz_wait_minutes")
    return MultiFieldPanel([*first, *(FieldPanel(name) for name in names)], heading)


class QuizAttempt(AppendOnlyModel):
    """A test that a member began: the questions that were drawn for him, as they were worded. Handed in: see ``QuizResult``.

    ``page`` is the lesson or the course; title, course and category are copied, so that what was earned does not change.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="tests")
    page = models.ForeignKey("wagtailcore.Page", on_delete=models.PROTECT, related_name="tests")
    number = models.PositiveSmallIntegerField()
    revision_id = models.BigIntegerField(null=True, blank=True)
    title = models.CharField(max_length=255)
    course_id = models.BigIntegerField(db_index=True)
    category = models.CharField(max_length=12, choices=Category)
    pass_percent = models.PositiveSmallIntegerField()
    drawn = models.JSONField()
    started_at = models.DateTimeField()

    view_permission = "hours.view"
    unit_lookup = "member__unit"
    own_lookup = "member__user"

    class Meta:
        verbose_name = _("测试")
        verbose_name_plural = _("测试")
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["member", "page", "number"], name="quiz_attempt_numbered_once"),
            models.CheckConstraint(
                condition=Q(number__gte=1, pass_percent__gte=1, pass_percent__lte=100), name="quiz_attempt_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.number}"

    def asked(self) -> list[Drawn]:
        """The questions of this attempt, in its order."""
        return [Drawn.read(record) for record in self.drawn]


class QuizDraft(models.Model):
    """What a member has ticked so far, field by field; it is read by nobody else and graded never."""

    attempt = models.OneToOneField(QuizAttempt, on_delete=models.CASCADE, related_name="draft")
    answers = models.JSONField(default=dict)
    saved_at = models.DateTimeField()

    class Meta:
        verbose_name = _("未交的答卷")
        verbose_name_plural = _("未交的答卷")

    def __str__(self) -> str:
        return str(self.attempt)


class QuizResult(AppendOnlyModel):
    """A test that was handed in. One an attempt, written once: a second handing in finds this one."""

    attempt = models.OneToOneField(QuizAttempt, on_delete=models.PROTECT, related_name="result")
    submitted_at = models.DateTimeField()
    right = models.PositiveSmallIntegerField()
    total = models.PositiveSmallIntegerField()
    passed = models.BooleanField()

    view_permission = "hours.view"
    unit_lookup = "attempt__member__unit"
    own_lookup = "attempt__member__user"

    class Meta:
        verbose_name = _("测试成绩")
        verbose_name_plural = _("测试成绩")
        constraints = [
            models.CheckConstraint(condition=Q(total__gte=1, right__lte=F("total")), name="quiz_result_in_range")
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id} {self.right}/{self.total}"

    @property
    def percent(self) -> int:
        """How much was right, in whole percent, rounded down."""
        return self.right * 100 // self.total


class QuizMark(AppendOnlyModel):
    """One answered question: what was chosen and whether it was right.

    ``chosen``: the places in the bank, in the order chosen (``0,2``); ``version``: the wording (``Question.version``);
    ``rest``: percent of the attempt's other questions that were right.
    """

    result = models.ForeignKey(QuizResult, on_delete=models.PROTECT, related_name="marks")
    place = models.PositiveSmallIntegerField()
    question = models.CharField(max_length=40)
    version = models.CharField(max_length=16)
    chosen = models.CharField(max_length=40)
    right = models.BooleanField()
    rest = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = _("答题记录")
        verbose_name_plural = _("答题记录")
        ordering = ["place"]
        constraints = [models.UniqueConstraint(fields=["result", "place"], name="quiz_mark_once")]
        indexes = [models.Index(fields=["question", "version"], name="quiz_mark_question")]

    def __str__(self) -> str:
        return f"{self.result_id} {self.place}"

    @property
    def places(self) -> list[int]:
        """The places in the bank that were chosen."""
        return [int(at) for at in self.chosen.split(",")]
