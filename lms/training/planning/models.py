"""Registers that plans draw on (venues, rooms, experts, organisers), what is taken when, and subscribed calendars."""

from __future__ import annotations

import uuid
from pathlib import PurePath

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lms.members.models import Member, Unit, User


class Venue(models.Model):
    """A building in which people meet: a party school, a hall, a village's service centre."""

    unit = models.ForeignKey(Unit, verbose_name=_("管理单位"), on_delete=models.PROTECT, related_name="venues")
    name = models.CharField(_("名称"), max_length=100)
    address = models.CharField(_("地址"), max_length=200, blank=True)
    contact = models.CharField(_("联系人"), max_length=60, blank=True)
    phone = models.CharField(_("联系电话"), max_length=20, blank=True)
    is_active = models.BooleanField(_("在用"), default=True)

    view_permission = "trainings.plan"
    unit_lookup = "unit"
    own_lookup = None

    class Meta:
        verbose_name = _("场所")
        verbose_name_plural = _("场所")
        ordering = ["unit__path", "name"]
        constraints = [models.UniqueConstraint(fields=["unit", "name"], name="venue_once")]

    def __str__(self) -> str:
        return self.name


class Room(models.Model):
    """A room of a venue: one session at a time."""

    venue = models.ForeignKey(Venue, verbose_name=_("场所"), on_delete=models.PROTECT, related_name="rooms")
    name = models.CharField(_("教室或会议室"), max_length=60)
    capacity = models.PositiveIntegerField(_("座位数"), default=60)
    equipment = models.CharField(_("设备"), max_length=200, blank=True)
    is_active = models.BooleanField(_("在用"), default=True)

    view_permission = "trainings.plan"
    unit_lookup = "venue__unit"
    own_lookup = None

    class Meta:
        verbose_name = _("教室")
        verbose_name_plural = _("教室")
        ordering = ["venue__unit__path", "venue__name", "name"]
        constraints = [
            models.UniqueConstraint(fields=["venue", "name"], name="room_once"),
            models.CheckConstraint(condition=Q(capacity__gt=0), name="room_holds_somebody"),
        ]

    def __str__(self) -> str:
        return f"{self.venue.name} · {self.name}"

    @property
    def unit(self) -> Unit:
        """Who looks after the room: the unit of its venue."""
        return self.venue.unit


class Expert(models.Model):
    """A person who is appointed (聘任) to teach: a lecturer of the party school, an agronomist, a model farmer."""

    class Fee(models.TextChoices):
        NONE = "none", _("不取酬")
        JUNIOR = "junior", _("中级及以下")
        SENIOR = "senior", _("副高级")
        FULL = "full", _("正高级")
        FELLOW = "fellow", _("院士、全国知名专家")

    unit = models.ForeignKey(Unit, verbose_name=_("聘任单位"), on_delete=models.PROTECT, related_name="experts")
    name = models.CharField(_("姓名"), max_length=60)
    title = models.CharField(_("职务或职称"), max_length=60, blank=True)
    employer = models.CharField(_("工作单位"), max_length=100, blank=True)
    fields = models.CharField(_("专长"), max_length=200, blank=True)
    fee_class = models.CharField(_("讲课费档次"), max_length=8, choices=Fee, default=Fee.NONE)
    phone = models.CharField(_("联系电话"), max_length=20, blank=True)
    availability = models.CharField(_("可授课时间"), max_length=200, blank=True)
    appointed_on = models.DateField(_("聘任日期"), null=True, blank=True)
    appointed_until = models.DateField(_("聘期至"), null=True, blank=True)
    is_active = models.BooleanField(_("在聘"), default=True)
    # Who it is when the house knows him otherwise too: one person is in one place, as whatever he is booked.
    user = models.ForeignKey(
        User, verbose_name=_("登录账号"), null=True, blank=True, on_delete=models.PROTECT, related_name="experts"
    )
    member = models.ForeignKey(
        Member, verbose_name=_("党员"), null=True, blank=True, on_delete=models.PROTECT, related_name="experts"
    )

    view_permission = "trainings.plan"
    unit_lookup = "unit"
    own_lookup = None

    class Meta:
        verbose_name = _("专家教师")
        verbose_name_plural = _("专家教师")
        ordering = ["unit__path", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(appointed_until__isnull=True)
                | Q(appointed_on__isnull=True)
                | Q(appointed_until__gte=F("appointed_on")),
                name="expert_term_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.title}）" if self.title else self.name


class Organiser(models.Model):
    """Who carries a training out for the unit that holds it (承办单位)."""

    unit = models.ForeignKey(Unit, verbose_name=_("所属组织"), on_delete=models.PROTECT, related_name="organisers")
    name = models.CharField(_("名称"), max_length=100)
    contact = models.CharField(_("联系人"), max_length=60, blank=True)
    phone = models.CharField(_("联系电话"), max_length=20, blank=True)
    is_active = models.BooleanField(_("在用"), default=True)

    view_permission = "trainings.plan"
    unit_lookup = "unit"
    own_lookup = None

    class Meta:
        verbose_name = _("承办单位")
        verbose_name_plural = _("承办单位")
        ordering = ["unit__path", "name"]
        constraints = [models.UniqueConstraint(fields=["unit", "name"], name="organiser_once")]

    def __str__(self) -> str:
        return self.name


class Booking(models.Model):
    """That a room, an expert or a trainer is taken by a session. No two of one resource overlap: the database says so.

    PostgreSQL by an exclusion constraint (``booking_never_twice``); SQLite by its one writer at a time, under which the
    service looks before it books.
    """

    class Kind(models.TextChoices):
        ROOM = "room", _("教室")
        EXPERT = "expert", _("专家教师")
        TRAINER = "trainer", _("负责教师")
        PERSON = "person", _("党员")  # whoever of the three above is a member of the Party, beside what else he is

    session = models.ForeignKey("training.TrainingSession", on_delete=models.CASCADE, related_name="bookings")
    kind = models.CharField(max_length=8, choices=Kind)
    resource_id = models.PositiveBigIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        verbose_name = _("占用")
        verbose_name_plural = _("占用")
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="booking_ends_after_start"),
            models.UniqueConstraint(fields=["session", "kind", "resource_id"], name="booking_once_a_session"),
        ]
        indexes = [models.Index(fields=["kind", "resource_id", "ends_at"], name="booking_resource")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.resource_id} {self.starts_at:%Y-%m-%d %H:%M}"


class RemovedSession(models.Model):
    """A session that was taken off a training: what calendars need to show it as called off (RFC 5545, STATUS)."""

    training = models.ForeignKey("training.Training", on_delete=models.PROTECT, related_name="removed_sessions")
    session_pk = models.PositiveBigIntegerField(unique=True)
    starts_at = models.DateTimeField(_("开始时间"))
    ends_at = models.DateTimeField(_("结束时间"))
    topic = models.CharField(_("内容"), max_length=100, blank=True)
    place = models.CharField(_("地点"), max_length=200, blank=True)
    sequence = models.PositiveIntegerField()
    changed_at = models.DateTimeField(_("取消时间"))

    view_permission = "trainings.view"
    unit_lookup = "training__unit"
    own_lookup = "training__trainer"

    class Meta:
        verbose_name = _("已取消的课次")
        verbose_name_plural = _("已取消的课次")
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="removed_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.training} {self.starts_at:%Y-%m-%d %H:%M}"


class CalendarFeed(models.Model):
    """A calendar that somebody's phone or computer subscribes to. Who has the address reads it: only a hash is kept.

    What it shows is what its owner may read at the moment it is fetched.
    """

    class Kind(models.TextChoices):
        OWN = "own", _("我的培训")
        UNIT = "unit", _("党组织的培训")
        BASE = "base", _("基地的活动")

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="calendar_feeds")
    kind = models.CharField(_("日历"), max_length=8, choices=Kind)
    unit = models.ForeignKey(
        Unit, verbose_name=_("党组织"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    base = models.ForeignKey(
        "training.Base", verbose_name=_("基地"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("日历订阅")
        verbose_name_plural = _("日历订阅")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="own", unit__isnull=True, base__isnull=True)
                | Q(kind="unit", unit__isnull=False, base__isnull=True)
                | Q(kind="base", unit__isnull=True, base__isnull=False),
                name="feed_of_one_thing",
            ),
        ]

    def __str__(self) -> str:
        about = self.unit or self.base
        return f"{self.get_kind_display()} · {about}" if about else str(self.get_kind_display())


class BasePhoto(models.Model):
    """What a base looks like: a photograph on its public page, in the order in which they came."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    base = models.ForeignKey("training.Base", on_delete=models.PROTECT, related_name="photos")
    file = models.FileField(_("文件"), upload_to="bases/%Y/%m/", max_length=200)
    caption = models.CharField(_("照片说明"), max_length=60, blank=True)
    # As pages show it: not wider than a telephone needs, and how large that is, so that nothing jumps while it loads.
    small = models.FileField(upload_to="bases/%Y/%m/", max_length=200, blank=True)
    width = models.PositiveSmallIntegerField(null=True, blank=True)
    height = models.PositiveSmallIntegerField(null=True, blank=True)
    digest = models.CharField(max_length=64)
    added_at = models.DateTimeField(_("上传时间"))
    added_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("基地照片")
        verbose_name_plural = _("基地照片")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["base", "digest"], name="base_photo_once")]

    def __str__(self) -> str:
        return self.caption or f"{self.base} {self.pk}"


class Material(models.Model):
    """A file that goes with a training: slides, a handout, a form; for who is enrolled and who runs it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    training = models.ForeignKey("training.Training", on_delete=models.PROTECT, related_name="materials")
    title = models.CharField(_("资料名称"), max_length=80)
    file = models.FileField(_("文件"), upload_to="materials/%Y/%m/", max_length=200)
    size = models.PositiveIntegerField(_("大小"))
    digest = models.CharField(max_length=64)
    added_at = models.DateTimeField(_("上传时间"))
    added_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("培训资料")
        verbose_name_plural = _("培训资料")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["training", "digest"], name="material_once")]

    def __str__(self) -> str:
        return self.title

    @property
    def suffix(self) -> str:
        """What kind of file it is, by its ending: ``.pdf``."""
        return PurePath(str(self.file.name)).suffix


class BudgetLine(models.Model):
    """What one kind of expense of a training may cost, and did (None: not settled yet), in yuan."""

    class Item(models.TextChoices):
        LECTURE = "lecture", _("讲课费")
        VENUE = "venue", _("场地费")
        MEALS = "meals", _("伙食费")
        LODGING = "lodging", _("住宿费")
        TRAVEL = "travel", _("交通费")
        MATERIAL = "material", _("资料费")
        OTHER = "other", _("其他费用")

    training = models.ForeignKey("training.Training", on_delete=models.PROTECT, related_name="budget")
    item = models.CharField(_("项目"), max_length=8, choices=Item)
    planned = models.DecimalField(_("预算（元）"), max_digits=10, decimal_places=2)
    spent = models.DecimalField(_("决算（元）"), max_digits=10, decimal_places=2, null=True, blank=True)
    note = models.CharField(_("说明"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("培训经费")
        verbose_name_plural = _("培训经费")
        ordering = ["training", "id"]
        constraints = [
            models.UniqueConstraint(fields=["training", "item"], name="budget_item_once"),
            models.CheckConstraint(condition=Q(planned__gte=0), name="budget_not_negative"),
            models.CheckConstraint(condition=Q(spent__isnull=True) | Q(spent__gte=0), name="budget_spent_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.training} {self.get_item_display()}"
