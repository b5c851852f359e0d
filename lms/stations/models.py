"""The village station: one shared screen, an operator, people in the room."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from courses.models import PlaySession
from lms.core import clock
from lms.members.models import Member, Unit, User


class Station(models.Model):
    """A village station (党群服务中心) of a branch, with a TV or a PC that many people share."""

    class Screen(models.TextChoices):
        TV = "tv", _("电视")
        IPTV = "iptv", _("IPTV")
        PC = "pc", _("电脑")
        PHONE = "phone", _("手机")

    code = models.CharField(_("编码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=100)
    unit = models.OneToOneField(Unit, verbose_name=_("所属支部"), on_delete=models.PROTECT, related_name="station")
    screen = models.CharField(_("收看方式"), max_length=6, choices=Screen, default=Screen.TV)
    address = models.CharField(_("地址"), max_length=200, blank=True)
    active = models.BooleanField(_("启用"), default=True)

    view_permission = "stations.view"
    unit_lookup = "unit"
    own_lookup = None

    class Meta:
        verbose_name = _("站点")
        verbose_name_plural = _("站点")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class GroupViewing(models.Model):
    """A group viewing (集中收看): roll call → play → discuss → feedback → write it down (the columns of 学习收看记录簿)."""

    class State(models.TextChoices):
        OPEN = "open", _("进行中")
        CLOSED = "closed", _("已结束")
        UNPLAYED = "unplayed", _("未播放")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    station = models.ForeignKey(Station, on_delete=models.PROTECT, related_name="viewings")
    title = models.CharField(_("收看内容"), max_length=200, blank=True)
    opened_at = models.DateTimeField(_("开始时间"))
    closed_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.OPEN)
    host = models.CharField(_("主持人"), max_length=60, blank=True)
    recorder = models.CharField(_("记录人"), max_length=60, blank=True)
    due = models.PositiveSmallIntegerField(_("应到"), default=0)
    villagers = models.PositiveSmallIntegerField(_("实到群众人数"), default=0)
    discussion = models.TextField(_("讨论情况"), blank=True)
    feedback = models.TextField(_("意见反馈"), blank=True)
    application = models.TextField(_("学用情况"), blank=True)
    operator = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    view_permission = "stations.view"
    unit_lookup = "station__unit"
    own_lookup = None

    class Meta:
        verbose_name = _("集中收看")
        verbose_name_plural = _("集中收看")
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(fields=["station"], condition=Q(state="open"), name="viewing_one_open_a_station"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True) | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="viewing_closed_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(self.uuid)

    @property
    def is_open(self) -> bool:
        """Whether people are still in the room."""
        return self.state == self.State.OPEN

    @property
    def occasion(self) -> str:
        """How the ledger names this viewing as a whole."""
        return f"stations.viewing:{self.pk}"


class ViewingItem(models.Model):
    """A lesson played in a group viewing: what the station's screen truly played is in its play session."""

    viewing = models.ForeignKey(GroupViewing, on_delete=models.PROTECT, related_name="items")
    play_session = models.OneToOneField(PlaySession, on_delete=models.PROTECT, related_name="viewing_item")

    class Meta:
        verbose_name = _("播放")
        verbose_name_plural = _("播放")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.viewing} · {self.play_session.title}"


class PresenceQuerySet(models.QuerySet["Presence"]):
    """Reads of the roll call."""

    def standing(self) -> PresenceQuerySet:
        """What counts: stays that nobody took back."""
        return self.filter(withdrawn_at__isnull=True)


class Presence(models.Model):
    """One stay of a member in a group viewing, from when to when (``left_at`` empty: to the end).

    Who goes and comes back has two. A slip or a corrected roll call sets ``withdrawn_at``; nothing is deleted.
    """

    viewing = models.ForeignKey(GroupViewing, on_delete=models.PROTECT, related_name="presences")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="presences")
    joined_at = models.DateTimeField(_("到场时间"))
    left_at = models.DateTimeField(_("离场时间"), null=True, blank=True)
    marked_at = models.DateTimeField(_("点名时间"))
    marked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = PresenceQuerySet.as_manager()

    view_permission = "stations.view"
    unit_lookup = "viewing__station__unit"
    own_lookup = "member__user"

    class Meta:
        verbose_name = _("到场")
        verbose_name_plural = _("到场")
        constraints = [
            models.UniqueConstraint(
                fields=["viewing", "member"],
                condition=Q(left_at__isnull=True, withdrawn_at__isnull=True),
                name="presence_in_the_room_once",
            ),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True) | Q(left_at__gte=F("joined_at")), name="presence_leaves_after_joining"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} · {self.viewing}"


class BookLoan(models.Model):
    """A paper book of the farm library (农家书屋) that somebody took home: one line of the station's register."""

    station = models.ForeignKey(Station, verbose_name=_("站点"), on_delete=models.PROTECT, related_name="loans")
    borrower = models.CharField(_("借书人"), max_length=60)
    title = models.CharField(_("书名"), max_length=120)
    out_on = models.DateField(_("借出日期"))
    due_on = models.DateField(_("应还日期"))
    back_on = models.DateField(_("归还日期"), null=True, blank=True)
    lent_by = models.ForeignKey(
        User, verbose_name=_("经手人"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    view_permission = "stations.view"
    unit_lookup = "station__unit"
    own_lookup = None

    class Meta:
        verbose_name = _("图书借阅")
        verbose_name_plural = _("图书借阅")
        ordering = ["-out_on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(due_on__gte=F("out_on")), name="book_loan_due_after_out"),
            models.CheckConstraint(
                condition=Q(back_on__isnull=True) | Q(back_on__gte=F("out_on")), name="book_loan_back_after_out"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.borrower}"

    @property
    def overdue(self) -> bool:
        """Whether it should have been back before today."""
        return self.back_on is None and self.due_on < clock.today()
