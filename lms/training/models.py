"""People in a room: bases, trainings with their sessions, who is enrolled and who came."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from wagtail.search import index

from lms.hours.credit import Category
from lms.members.models import Member, Unit, User
from lms.training.checkin.models import CheckinDevice, HeadCount, OfflineDevice, OfflineEvent, Scan, ScanDecision
from lms.training.claim_models import ApprovalPolicy, Claim, ClaimEvent, ClaimFile, ClaimStretch
from lms.training.closing.models import (
    Appeal,
    ClosingTerms,
    MakeUp,
    MakeUpFile,
    Outcome,
    Package,
    SurveyAnswer,
    SurveyTicket,
    TeacherMark,
)
from lms.training.filling.models import Audience, Leave, Quota, Ride, RideSeat, SignUpTerms
from lms.training.paper.models import SheetPage, SheetPhoto, SignInSheet
from lms.training.planning.models import (
    BasePhoto,
    Booking,
    BudgetLine,
    CalendarFeed,
    Expert,
    Material,
    Organiser,
    RemovedSession,
    Room,
    Venue,
)
from lms.training.visits.models import BaseRating, HostCount, PlaceCheck, VisitPhoto, VisitReflection, VisitRequest

# Claims, closing, filling, planning, visits and printed sheets have modules of their own; here they join the app's models.
__all__ = [
    "Appeal",
    "ApprovalPolicy",
    "Attendance",
    "Audience",
    "Base",
    "BasePhoto",
    "BaseRating",
    "Booking",
    "BudgetLine",
    "CalendarFeed",
    "CheckinDevice",
    "Claim",
    "ClaimEvent",
    "ClaimFile",
    "ClaimStretch",
    "ClosingTerms",
    "Enrolment",
    "Expert",
    "HeadCount",
    "HostCount",
    "Leave",
    "MakeUp",
    "MakeUpFile",
    "Material",
    "OfflineDevice",
    "OfflineEvent",
    "Organiser",
    "Outcome",
    "Package",
    "PlaceCheck",
    "Quota",
    "RemovedSession",
    "Ride",
    "RideSeat",
    "Room",
    "Scan",
    "ScanDecision",
    "SheetPage",
    "SheetPhoto",
    "SignInSheet",
    "SignUpTerms",
    "SurveyAnswer",
    "SurveyTicket",
    "TeacherMark",
    "Training",
    "TrainingSession",
    "Venue",
    "VisitPhoto",
    "VisitReflection",
    "VisitRequest",
]

MAP = "https://uri.amap.com/marker"


class Base(index.Indexed, models.Model):
    """A place that is visited: an orchard, a silkworm farm, a memorial, a warning-education hall."""

    class Kind(models.TextChoices):
        PRACTICE = "practice", _("实践培训基地")
        SCHOOL = "school", _("职业技术院校")
        INDUSTRY = "industry", _("农业产业基地")
        WARNING = "warning", _("警示教育基地")
        INTEGRITY = "integrity", _("廉政教育示范基地")
        PATRIOTIC = "patriotic", _("爱国主义教育基地")

    code = models.CharField(_("编码"), max_length=20, unique=True)
    name = models.CharField(_("名称"), max_length=100)
    kind = models.CharField(_("类别"), max_length=12, choices=Kind)
    theme = models.CharField(_("主题或作物"), max_length=60, blank=True)
    unit = models.ForeignKey(Unit, verbose_name=_("所属组织"), on_delete=models.PROTECT, related_name="bases")
    address = models.CharField(_("地址"), max_length=200, blank=True)
    lat = models.DecimalField(_("纬度"), max_digits=8, decimal_places=5, null=True, blank=True)
    lng = models.DecimalField(_("经度"), max_digits=8, decimal_places=5, null=True, blank=True)
    capacity = models.PositiveIntegerField(_("容纳人数"), default=50)
    opening = models.CharField(_("开放时间"), max_length=100, blank=True)
    guide = models.CharField(_("讲解员"), max_length=60, blank=True)
    what_to_bring = models.CharField(_("参观须知"), max_length=200, blank=True)
    contact = models.CharField(_("联系人"), max_length=60, blank=True)
    phone = models.CharField(_("联系电话"), max_length=20, blank=True)
    description = models.TextField(_("简介"), blank=True)
    is_active = models.BooleanField(_("在用"), default=True)

    search_fields = [
        index.SearchField("name", boost=2),
        index.SearchField("theme", boost=1.5),
        index.SearchField("description", boost=1.5),
        index.SearchField("get_kind_display"),
        index.SearchField("address"),
        index.RelatedFields("unit", [index.SearchField("name"), index.SearchField("short_name")]),
    ]

    class Meta:
        verbose_name = _("基地")
        verbose_name_plural = _("基地")
        ordering = ["kind", "code"]
        constraints = [
            models.CheckConstraint(condition=Q(capacity__gt=0), name="base_holds_somebody"),
            models.CheckConstraint(
                condition=Q(lat__isnull=True, lng__isnull=True)
                | Q(lat__gte=-90, lat__lte=90, lng__gte=-180, lng__lte=180),
                name="base_lies_on_earth",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def map_address(self) -> str:
        """Where a map of the network shows the base, for who follows the link; nothing is fetched from there."""
        return f"{MAP}?{urlencode({'position': f'{self.lng},{self.lat}', 'coordinate': 'wgs84', 'name': self.name}, safe=',')}"


class Training(index.Indexed, models.Model):
    """A class (培训班), lecture (报告会), meeting (三会一课、主题党日) or base visit (基地参观), with its sessions."""

    class Kind(models.TextChoices):
        CLASS = "class", _("培训班")
        LECTURE = "lecture", _("报告会")
        MEETING = "meeting", _("三会一课/主题党日")
        VISIT = "visit", _("基地参观")

    class State(models.TextChoices):
        OPEN = "open", _("报名中")
        CLOSED = "closed", _("已结课")
        CANCELLED = "cancelled", _("已取消")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("形式"), max_length=10, choices=Kind)
    title = models.CharField(_("名称"), max_length=100)
    # 期次: the how-manieth of its kind that the unit holds in the year of its first session; both are kept by the services.
    number = models.PositiveSmallIntegerField(_("期次"), null=True, blank=True)
    year = models.PositiveSmallIntegerField(_("年度"), null=True, blank=True, editable=False)
    category = models.CharField(_("内容类别"), max_length=12, choices=Category)
    unit = models.ForeignKey(Unit, verbose_name=_("主办单位"), on_delete=models.PROTECT, related_name="trainings")
    base = models.ForeignKey(
        Base, verbose_name=_("基地"), null=True, blank=True, on_delete=models.PROTECT, related_name="trainings"
    )
    place = models.CharField(_("地点"), max_length=100, blank=True)
    trainer = models.ForeignKey(
        User, verbose_name=_("负责教师"), null=True, blank=True, on_delete=models.PROTECT, related_name="trainings"
    )
    lecturer = models.CharField(_("主讲人或讲解员"), max_length=60, blank=True)
    organiser = models.ForeignKey(
        Organiser,
        verbose_name=_("承办单位"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="trainings",
    )
    capacity = models.PositiveIntegerField(_("名额"), default=60)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.OPEN)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    view_permission = "trainings.view"
    unit_lookup = "unit"
    own_lookup = "trainer"

    search_auto_update = False  # its sessions are saved after it: the services write the entry when all is there
    search_fields = [
        index.SearchField("title", boost=2),
        index.RelatedFields("sessions", [index.SearchField("topic", boost=1.5)]),
        index.RelatedFields("base", [index.SearchField("name", boost=1.5), index.SearchField("theme")]),
        index.RelatedFields("unit", [index.SearchField("name"), index.SearchField("short_name")]),
        index.SearchField("get_kind_display"),
        index.SearchField("get_category_display"),
        index.SearchField("place"),
        index.SearchField("lecturer"),
    ]

    class Meta:
        verbose_name = _("培训")
        verbose_name_plural = _("培训")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(kind="visit") | Q(base__isnull=False), name="training_visit_has_base"),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False) | ~Q(state="closed"),
                name="training_closed_has_time",
            ),
            models.CheckConstraint(condition=Q(capacity__gt=0), name="training_has_seats"),
            models.CheckConstraint(
                condition=Q(number__isnull=True) | Q(number__gt=0, year__isnull=False), name="training_number_of_a_year"
            ),
            models.UniqueConstraint(
                fields=["unit", "kind", "year", "number"],
                condition=Q(number__isnull=False) & ~Q(state="cancelled"),
                name="training_number_once",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def series(self) -> str:
        """Which of its kind it is in the year, as people say it: 第3期, 第2场, 第5次; "" before a session is planned."""
        return gettext(SERIES[self.kind]) % {"n": self.number} if self.number else ""


# What a class, a lecture, a meeting and a visit are counted in.
SERIES: dict[str, str] = {
    Training.Kind.CLASS: gettext_noop("第%(n)s期"),
    Training.Kind.LECTURE: gettext_noop("第%(n)s场"),
    Training.Kind.MEETING: gettext_noop("第%(n)s次"),
    Training.Kind.VISIT: gettext_noop("第%(n)s次"),
}


class TrainingSession(models.Model):
    """One stretch of a training, by the clock or by the half-day."""

    class Measure(models.TextChoices):
        CLOCK = "clock", _("按时间")
        HALF_DAY = "half_day", _("半天")
        DAY = "day", _("全天")

    training = models.ForeignKey(Training, on_delete=models.PROTECT, related_name="sessions")
    starts_at = models.DateTimeField(_("开始时间"))
    ends_at = models.DateTimeField(_("结束时间"))
    measure = models.CharField(_("计时方式"), max_length=8, choices=Measure, default=Measure.CLOCK)
    topic = models.CharField(_("内容"), max_length=100, blank=True)
    room = models.ForeignKey(
        Room, verbose_name=_("教室"), null=True, blank=True, on_delete=models.PROTECT, related_name="sessions"
    )
    experts = models.ManyToManyField(Expert, verbose_name=_("授课专家"), blank=True, related_name="sessions")
    # How often it was moved or called off: calendars take the version with the higher number (RFC 5545, SEQUENCE).
    sequence = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(auto_now=True)

    view_permission = "trainings.view"
    unit_lookup = "training__unit"
    own_lookup = "training__trainer"

    class Meta:
        verbose_name = _("课次")
        verbose_name_plural = _("课次")
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="session_ends_after_start"),
            models.UniqueConstraint(fields=["training", "starts_at"], name="session_once"),
        ]
        indexes = [
            models.Index(fields=["starts_at"], name="session_start"),
            models.Index(fields=["ends_at"], name="session_end"),
        ]

    def __str__(self) -> str:
        return f"{self.training} {self.starts_at:%Y-%m-%d %H:%M}"


class Enrolment(models.Model):
    """A member's place in a training: proposed, waited for, had (``enrolled`` alone is a seat), refused or given up."""

    class State(models.TextChoices):
        NOMINATED = "nominated", _("待审")
        WAITING = "waiting", _("候补")
        ENROLLED = "enrolled", _("已报名")
        REFUSED = "refused", _("未通过")
        CANCELLED = "cancelled", _("已取消")

    OPEN_STATES = (State.NOMINATED, State.WAITING, State.ENROLLED)

    training = models.ForeignKey(Training, on_delete=models.PROTECT, related_name="enrolments")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="enrolments")
    unit = models.ForeignKey(Unit, verbose_name=_("当时所在组织"), on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.ENROLLED)
    enrolled_at = models.DateTimeField(auto_now_add=True)
    waiting_since = models.DateTimeField(_("候补起始时间"), null=True, blank=True)
    nominated_by = models.ForeignKey(
        User, verbose_name=_("推荐人"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    replaces = models.ForeignKey(
        "self", verbose_name=_("顶替"), null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by"
    )

    outside_reason = models.CharField(
        _("不在面向范围仍报名的理由"), max_length=200, blank=True, help_text=_("由组织培训的人写明")
    )

    view_permission = "trainings.view"
    unit_lookup = "training__unit"
    own_lookup = "member__user"

    class Meta:
        verbose_name = _("报名")
        verbose_name_plural = _("报名")
        constraints = [
            models.UniqueConstraint(fields=["training", "member"], name="enrolment_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", waiting_since__isnull=False)
                | (~Q(state="waiting") & Q(waiting_since__isnull=True)),
                name="enrolment_waits_since",
            ),
            models.CheckConstraint(
                condition=Q(replaces__isnull=True) | ~Q(replaces=F("id")), name="enrolment_replaces_another"
            ),
        ]
        indexes = [models.Index(fields=["training", "state", "waiting_since"], name="enrolment_queue")]

    def __str__(self) -> str:
        return f"{self.member} · {self.training}"

    def is_proposed_by(self, user: User) -> bool:
        """Whether this is a nomination that the person made: somebody else decides it."""
        return self.state == self.State.NOMINATED and self.nominated_by_id == user.pk


class Attendance(models.Model):
    """Whether an enrolled member came to a session: the evidence behind the hours."""

    class Status(models.TextChoices):
        PRESENT = "present", _("到")
        LEAVE = "leave", _("假")
        ABSENT = "absent", _("缺")

    class Means(models.TextChoices):
        """How the presence was taken; what stands behind it differs (a scan, a sheet of paper, the trainer's word)."""

        ROSTER = "roster", _("点名")
        MEMBER_CODE = "member_code", _("扫个人码")
        ROOM_CODE = "room_code", _("扫现场码")
        DIGITS = "digits", _("输入现场数字")
        KIOSK = "kiosk", _("自助签到机")
        TAPPED = "tapped", _("断网点名")
        PAPER = "paper", _("纸质签到表")
        VISIT_CODE = "visit_code", _("扫基地码")
        HOST = "host", _("基地确认")
        CLOSING = "closing", _("结课时未签到")

    session = models.ForeignKey(TrainingSession, on_delete=models.PROTECT, related_name="attendances")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="attendances")
    status = models.CharField(_("到课情况"), max_length=8, choices=Status)
    means = models.CharField(_("记录方式"), max_length=12, choices=Means, default=Means.ROSTER)
    arrived_at = models.DateTimeField(_("到达时间"), null=True, blank=True)
    left_at = models.DateTimeField(_("离开时间"), null=True, blank=True)
    marked_by = models.ForeignKey(
        User, verbose_name=_("记录人"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    marked_at = models.DateTimeField(_("记录时间"))

    view_permission = "trainings.view"
    unit_lookup = "session__training__unit"
    own_lookup = "member__user"

    class Meta:
        verbose_name = _("签到")
        verbose_name_plural = _("签到")
        constraints = [
            models.UniqueConstraint(fields=["session", "member"], name="attendance_once"),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True) | Q(arrived_at__isnull=True) | Q(left_at__gte=F("arrived_at")),
                name="attendance_leaves_after_arriving",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} {self.get_status_display()}"
