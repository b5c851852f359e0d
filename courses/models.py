"""Courses as Wagtail pages, their media, and the evidence of watching.

Times of the media and of the clock are whole milliseconds: the clock's since 1970 UTC, by the server, never the viewer's.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, HelpPanel, MultiFieldPanel, MultipleChooserPanel
from wagtail.fields import StreamField
from wagtail.models import Orderable, Page
from wagtail.search import index
from wagtailmedia.edit_handlers import MediaChooserPanel

from courses import lengths
from courses.blocks import LessonBody
from courses.epub import VERSION as EPUB
from courses.lesson_panel import LessonsPanel
from courses.lesson_text import TimedText
from courses.media_models import MediaFile, Upload
from courses.package_models import PackageFile, ScoAttempt, ScormPackage
from courses.page_forms import BookForm, CourseForm, KnownIndustries, LessonForm
from courses.previews import Screens
from courses.quiz_blocks import questions_of
from courses.quiz_models import QuizAttempt, QuizDraft, QuizMark, QuizPage, QuizResult, quiz_panel
from courses.quiz_rules import Question
from courses.reading_models import BookNote, LibraryPage, ReadingPlace, ReadPage, ShelfPage, check_pdf
from courses.rules import by_the_clock
from courses.study_models import (
    CourseAssignment,
    CourseEnrolment,
    CourseQuestion,
    CourseRating,
    FavouriteCourse,
    UseFeedback,
)
from courses.watch_models import LessonProgress, PresenceCheck, WatchFlag
from lms.hours.credit import Category, Mode
from lms.hours.rules import NORMAL_SPEED, TOP_SPEED
from lms.members.models import Member

__all__ = [
    "BookNote",
    "BookPage",
    "CourseAssignment",
    "CourseEnrolment",
    "CourseIndexPage",
    "CoursePage",
    "CoursePrerequisite",
    "CourseQuestion",
    "CourseRating",
    "FavouriteCourse",
    "GroupWatch",
    "LessonPage",
    "LessonProgress",
    "LibraryPage",
    "MediaFile",
    "PackageFile",
    "PlaySession",
    "PlaySpan",
    "PresenceCheck",
    "QuizAttempt",
    "QuizDraft",
    "QuizMark",
    "QuizResult",
    "ReadPage",
    "ReadingPlace",
    "ScoAttempt",
    "ScormPackage",
    "ShelfPage",
    "Upload",
    "UseFeedback",
    "WatchFlag",
]


class CourseIndexPage(Screens, Page):
    """The catalogue of courses."""

    intro = models.CharField(_("简介"), max_length=300, blank=True)

    content_panels = [*Page.content_panels, FieldPanel("intro")]
    subpage_types = ["courses.CoursePage"]
    max_count = 1
    template = "courses/index.html"

    class Meta:
        verbose_name = _("课程目录")


class CoursePage(Screens, QuizPage):
    """A course: lessons in order, in one of the seven categories."""

    summary = models.TextField(
        _("简介"), max_length=500, help_text=_("学完能做什么，两三句话。会显示在目录和搜索结果里。")
    )
    category = models.CharField(_("内容类别"), max_length=12, choices=Category)
    industry = models.CharField(_("产业或作物"), max_length=40, blank=True, help_text=_("例如：葡萄、蚕桑"))
    audience = models.CharField(_("适合对象"), max_length=100, blank=True, help_text=_("例如：种植户、新任支部书记"))
    season = models.CharField(_("适用时节"), max_length=60, blank=True, help_text=_("例如：12月至次年2月冬剪期"))
    archived = models.BooleanField(
        _("已归档"),
        default=False,
        help_text=_("归档的课程不再出现在目录、搜索和推荐里；学过的人仍可打开，学时不变。"),
    )
    cover = models.ForeignKey(
        "wagtailimages.Image",
        verbose_name=_("封面"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    final_quiz = models.BooleanField(
        _("设结业测试"), default=False, help_text=_("从各课时的题目和下面另加的题目里一起抽题")
    )

    content_panels = [
        LessonsPanel(),
        *Page.content_panels,
        FieldPanel("summary"),
        FieldPanel("cover"),
        MultiFieldPanel(
            [
                FieldPanel("category"),
                FieldPanel("industry", widget=KnownIndustries),
                FieldPanel("audience"),
                FieldPanel("season"),
                HelpPanel(template="courses/admin/_season.html"),
            ],
            _("分类"),
        ),
        MultipleChooserPanel("prerequisites", chooser_field_name="course", label=_("先修课程")),
        quiz_panel(_("结业测试"), FieldPanel("final_quiz")),
        FieldPanel("archived"),
    ]
    base_form_class = CourseForm
    # A copy is the course of another year: it is not put away with this one's.
    exclude_fields_in_copy = ["archived"]
    search_fields = [
        *Page.search_fields,
        index.SearchField("summary", boost=1.5),
        index.SearchField("industry", boost=1.5),
        index.SearchField("audience", boost=1.5),
        index.SearchField("get_category_display"),
        index.FilterField("category"),
        index.FilterField("archived"),
    ]
    parent_page_types = ["courses.CourseIndexPage"]
    subpage_types = ["courses.LessonPage"]
    template = "courses/course.html"

    class Meta:
        verbose_name = _("课程")

    def lessons(self) -> models.QuerySet[LessonPage]:
        """The published lessons in order."""
        return LessonPage.objects.child_of(self).live().order_by("path").select_related("media", "package")

    @property
    def has_quiz(self) -> bool:
        """Whether there is a final test to take."""
        return self.final_quiz

    def bank(self) -> Iterator[Question]:
        """The questions of all published lessons, then those that the course adds."""
        for lesson in self.lessons():
            yield from lesson.bank()
        yield from questions_of(self.questions)


class CoursePrerequisite(Orderable):
    """A course that should be completed before another is begun."""

    page = ParentalKey(CoursePage, on_delete=models.CASCADE, related_name="prerequisites")
    course = models.ForeignKey(CoursePage, verbose_name=_("先修课程"), on_delete=models.CASCADE, related_name="+")

    class Meta(Orderable.Meta):
        verbose_name = _("先修课程")
        constraints = [
            models.UniqueConstraint(fields=["page", "course"], name="course_prerequisite_once"),
            models.CheckConstraint(condition=~Q(page=F("course")), name="course_prerequisite_not_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.page_id} ← {self.course_id}"


class LessonPage(Screens, TimedText, QuizPage):
    """A lesson: a film, a recording or a SCORM package, a text, or both. What plays earns hours alone and in a group
    (个人在线学习, 集中收看), a package alone."""

    summary = models.CharField(_("简介"), max_length=300, blank=True)
    media = models.ForeignKey(
        MediaFile, verbose_name=_("视频"), null=True, blank=True, on_delete=models.PROTECT, related_name="lessons"
    )
    package = models.ForeignKey(
        ScormPackage,
        verbose_name=_("互动课件"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("SCORM 课件包。一课有视频，或者有互动课件，不能两样都有。"),
    )
    body = StreamField(LessonBody(), verbose_name=_("正文"), blank=True)
    required = models.BooleanField(_("必修"), default=True, help_text=_("选修课时不影响“本课程已学完”。"))
    # What is studied of another edition counts anew; ``LessonForm`` begins the next one.
    edition = models.PositiveSmallIntegerField(_("版次"), default=1, db_default=1, editable=False)
    reading_seconds = models.PositiveIntegerField(_("阅读时长（秒）"), default=0, editable=False)
    # What a book takes to read, and what earns hours; ``reading_seconds`` is what is said of a lesson beside its film: text,
    # clips, test.
    reading_minutes = models.PositiveSmallIntegerField(_("阅读时长（分钟）"), default=0)
    complete_percent = models.PositiveSmallIntegerField(
        _("看完标准（百分比）"), default=90, validators=[MinValueValidator(50), MaxValueValidator(100)]
    )

    content_panels = [
        HelpPanel(template="courses/admin/_of_course.html", heading=_("课程")),
        *Page.content_panels,
        FieldPanel("summary"),
        MediaChooserPanel("media"),
        FieldPanel("package"),
        FieldPanel("body"),
        MultiFieldPanel(
            [FieldPanel("required"), FieldPanel("complete_percent"), FieldPanel("new_edition")], _("学习要求")
        ),
        quiz_panel(_("课后测试")),
    ]
    base_form_class = LessonForm
    search_fields = [
        *Page.search_fields,
        index.SearchField("summary", boost=1.5),
        index.SearchField("course_title", boost=1.5),
        index.SearchField("body"),
    ]
    parent_page_types = ["courses.CoursePage"]
    subpage_types: list[str] = []
    template = "courses/lesson.html"
    reads_epub = False
    wrong_package: Any = _("这是电子书。请把它放进农家书屋的图书里，课时里放 SCORM 课件。")

    class Meta:
        verbose_name = _("课时")
        constraints = [models.CheckConstraint(condition=Q(edition__gte=1), name="lesson_edition_from_one")]

    @property
    def minutes(self) -> int:
        """About how long it takes, with its text, in whole minutes; of a book, what its editor says."""
        return self.reading_minutes or lengths.minutes(self.reading_seconds * 1000 + self.duration_ms)

    @property
    def course(self) -> CoursePage:
        """The course that this lesson belongs to."""
        return self.get_parent().specific

    def clean(self) -> None:
        super().clean()
        if self.media_id and self.package_id:
            raise ValidationError({"package": _("这一课已经有视频了。请把互动课件放进单独的一课。")})
        if self.package and not self.takes(self.package):
            raise ValidationError({"package": self.wrong_package})

    def takes(self, package: ScormPackage) -> bool:
        """Whether a package is of the kind for this page; one that was not unpacked yet may be."""
        return not package.version or (package.version == EPUB) == self.reads_epub

    @property
    def mode(self) -> str:
        """How hours are earned with it alone: a book is read (自学读书), everything else is watched (个人在线学习)."""
        return Mode.READING if self.reading_minutes else Mode.ONLINE

    @property
    def duration_ms(self) -> int:
        """Milliseconds of what is studied: the film's own length, or what the editor says of book or package; 0 for a text."""
        if self.reading_minutes:
            return self.reading_minutes * 60_000
        if self.media:
            return int(self.media.duration_ms)
        return self.package.duration_ms if self.package and self.package.ready else 0

    @property
    def course_title(self) -> str:
        """What the course is called: a lesson is also found by it (葡萄 清园)."""
        return Page.objects.filter(path=self.path[: -self.steplen]).values_list("title", flat=True).first() or ""

    @property
    def needed_ms(self) -> int:
        """Different milliseconds of it that must be studied to complete the lesson."""
        return self.duration_ms * self.complete_percent // 100


class BookPage(LessonPage):
    """A book: a text of its own, a PDF or an EPUB. It is a lesson that is read, so that one engine keeps its time."""

    author = models.CharField(_("作者"), max_length=120, blank=True)
    source = models.CharField(_("来源"), max_length=120, blank=True, help_text=_("出版社、期刊或编写单位"))
    file = models.FileField(
        _("PDF 文件"),
        upload_to="books/",
        blank=True,
        validators=[check_pdf],
        help_text=_("电子书（EPUB）请先在“互动课件”里上传，再在下面选用。"),
    )

    content_panels = [
        *Page.content_panels,
        FieldPanel("author"),
        FieldPanel("source"),
        FieldPanel("summary"),
        FieldPanel("reading_minutes"),
        FieldPanel("file"),
        FieldPanel("package"),
        FieldPanel("body"),
        FieldPanel("new_edition"),
    ]
    search_fields = [*LessonPage.search_fields, index.SearchField("author")]
    base_form_class = BookForm
    parent_page_types = ["courses.ShelfPage"]
    template = "courses/book.html"
    reads_epub = True
    wrong_package = _("这是 SCORM 课件，不是电子书。请把它放进课程的课时里。")

    class Meta:
        verbose_name = _("图书")

    def clean(self) -> None:
        super().clean()
        if not self.reading_minutes:
            raise ValidationError({"reading_minutes": _("请填写认真读完大约需要的分钟数，学时最多计到这个时长。")})
        if sum((bool(self.file), bool(self.package_id), bool(self.body))) > 1:
            raise ValidationError({"file": _("PDF、电子书、正文三样里只能有一样，请去掉多余的。")})


class PlaySession(models.Model):
    """One playing of a lesson or reading of a book: a member's own (``member`` set) or a station's for the people in the room.

    The row carries the span that is being watched, so that a beat is one UPDATE; a closed span becomes a PlaySpan.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    member = models.ForeignKey(Member, null=True, blank=True, on_delete=models.PROTECT, related_name="play_sessions")
    lesson = models.ForeignKey(LessonPage, on_delete=models.PROTECT, related_name="play_sessions")
    revision_id = models.BigIntegerField(null=True, blank=True)
    edition = models.PositiveSmallIntegerField(default=1, db_default=1)
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.ONLINE)
    # The lesson as it was: what was earned does not change when the page does.
    title = models.CharField(max_length=255)
    course_id = models.BigIntegerField()
    category = models.CharField(max_length=12, choices=Category)
    duration_ms = models.PositiveIntegerField()
    needed_ms = models.PositiveIntegerField()
    started_ms = models.BigIntegerField()
    beat_ms = models.BigIntegerField()
    sequence = models.PositiveIntegerField(default=0)
    allowance_ms = models.PositiveIntegerField(default=0)
    # Of the allowance, what was too long without a line to be credited before somebody has looked at it.
    held_left_ms = models.PositiveIntegerField(default=0, db_default=0)
    span_from_ms = models.PositiveIntegerField(default=0)
    span_to_ms = models.PositiveIntegerField(default=0)
    span_wall_ms = models.BigIntegerField(default=0)
    # How fast the video may run against the clock and still count, in percent: the rule's, as it was at the start.
    speed = models.PositiveSmallIntegerField(default=NORMAL_SPEED, db_default=NORMAL_SPEED)
    # What may still be credited before the person says that he is there; a station's screen is never asked.
    presence_left_ms = models.PositiveIntegerField(null=True, blank=True)
    # The page of a book that is open and what it may still earn; empty for what is no book.
    place = models.PositiveIntegerField(null=True, blank=True)
    page_left_ms = models.PositiveIntegerField(null=True, blank=True)
    # What was claimed and not credited: more than the server's clock had given, or with nobody there to answer.
    refused_ms = models.PositiveBigIntegerField(default=0)
    ended_ms = models.BigIntegerField(null=True, blank=True)
    # Found not to be true on review: earns nothing while it is set, and is kept.
    voided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("播放会话")
        verbose_name_plural = _("播放会话")
        constraints = [
            models.UniqueConstraint(
                fields=["member"],
                condition=Q(ended_ms__isnull=True, member__isnull=False),
                name="play_session_one_active_a_member",
            ),
            models.CheckConstraint(condition=Q(span_to_ms__gte=F("span_from_ms")), name="play_session_span_forward"),
            models.CheckConstraint(
                condition=Q(span_to_ms__lte=F("duration_ms")), name="play_session_span_inside_video"
            ),
            models.CheckConstraint(condition=Q(held_left_ms__lte=F("allowance_ms")), name="play_session_held_allowed"),
            models.CheckConstraint(condition=Q(edition__gte=1), name="play_session_edition_from_one"),
            models.CheckConstraint(
                condition=Q(member__isnull=True) | Q(ended_ms__isnull=False) | Q(presence_left_ms__isnull=False),
                name="play_session_own_one_asks",
            ),
            models.CheckConstraint(
                condition=Q(speed=NORMAL_SPEED)
                | Q(member__isnull=False, mode=Mode.ONLINE, speed__gt=NORMAL_SPEED, speed__lte=TOP_SPEED),
                name="play_session_speed",
            ),
        ]
        indexes = [models.Index(fields=["member", "lesson"], name="play_session_member_lesson")]

    def __str__(self) -> str:
        return f"{self.title} {self.uuid}"

    @property
    def stood_ms(self) -> int:
        """Up to when the server's clock has been used: the end of the open span."""
        return self.beat_ms - by_the_clock(self.allowance_ms, self.speed)


# The least milliseconds of the clock that a span takes at its speed; where that is not the video's own, both of its ends were
# cut to whole milliseconds.
LEAST_CLOCK = ((F("to_ms") - F("from_ms")) * NORMAL_SPEED - (F("speed") - NORMAL_SPEED) * 10) / F("speed")


class PlaySpan(models.Model):
    """A closed span of a play session: which milliseconds of the video ran, and when by the server's clock."""

    session = models.ForeignKey(PlaySession, on_delete=models.PROTECT, related_name="spans")
    number = models.PositiveIntegerField()
    from_ms = models.PositiveIntegerField()
    to_ms = models.PositiveIntegerField()
    wall_from_ms = models.BigIntegerField()
    wall_to_ms = models.BigIntegerField()
    speed = models.PositiveSmallIntegerField(default=NORMAL_SPEED, db_default=NORMAL_SPEED)
    # Claimed after too long without a line: earns nothing until a person credits it.
    held = models.BooleanField(default=False, db_default=False)

    class Meta:
        verbose_name = _("播放片段")
        verbose_name_plural = _("播放片段")
        constraints = [
            models.UniqueConstraint(fields=["session", "number"], name="play_span_once"),
            models.CheckConstraint(condition=Q(to_ms__gt=F("from_ms")), name="play_span_forward"),
            models.CheckConstraint(
                condition=Q(wall_to_ms__gte=F("wall_from_ms") + LEAST_CLOCK),
                name="play_span_within_the_servers_clock",
            ),
            models.CheckConstraint(condition=Q(speed__gte=NORMAL_SPEED, speed__lte=TOP_SPEED), name="play_span_speed"),
        ]

    def __str__(self) -> str:
        return f"{self.from_ms}–{self.to_ms}"


class GroupWatch(models.Model):
    """What a member saw in the room: a span of a station's playing while the member was there.

    Written by the station's closing; a corrected roll call withdraws rows and adds others, nothing is deleted.
    """

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="group_watches")
    session = models.ForeignKey(PlaySession, on_delete=models.PROTECT, related_name="group_watches")
    occasion = models.CharField(max_length=80, db_index=True)
    title = models.CharField(max_length=200)
    from_ms = models.PositiveIntegerField()
    to_ms = models.PositiveIntegerField()
    wall_from_ms = models.BigIntegerField()
    wall_to_ms = models.BigIntegerField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("集中收看片段")
        verbose_name_plural = _("集中收看片段")
        constraints = [
            models.CheckConstraint(condition=Q(to_ms__gt=F("from_ms")), name="group_watch_forward"),
            models.CheckConstraint(
                condition=Q(wall_to_ms__gte=F("wall_from_ms") + F("to_ms") - F("from_ms")),
                name="group_watch_within_the_servers_clock",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} {self.title}"
