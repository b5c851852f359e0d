"""What people were told: the notice in the site, how it is carried outside, and how the county wants that done."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lms.core.crypto import decrypt
from lms.members.models import Member, Unit, User


class Channel(models.Model):
    """A way out of the site: e-mail, a gateway for SMS, a robot in a group chat. Address and secret are sealed."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("电子邮件")
        SMS = "sms", _("短信网关")
        WECOM = "wecom", _("企业微信群机器人")
        DINGTALK = "dingtalk", _("钉钉群机器人")

    kind = models.CharField(_("方式"), max_length=10, choices=Kind)
    name = models.CharField(_("名称"), max_length=60)
    unit = models.ForeignKey(
        Unit,
        verbose_name=_("群所属党组织"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("群里是哪个党组织（含下级）的人；只用于群机器人"),
    )
    host = models.CharField(_("服务器"), max_length=200, blank=True, editable=False)
    address_sealed = models.TextField(blank=True, editable=False)
    secret_sealed = models.TextField(blank=True, editable=False)
    active = models.BooleanField(_("启用"), default=True)

    class Meta:
        verbose_name = _("发送渠道")
        verbose_name_plural = _("发送渠道")
        ordering = ["kind", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=Q(kind__in=["email", "sms"]), name="channel_to_people_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["email", "sms"], unit__isnull=True)
                | Q(kind__in=["wecom", "dingtalk"], unit__isnull=False),
                name="channel_group_has_unit",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_group(self) -> bool:
        """Whether it speaks to a group of people at once."""
        return self.kind in (self.Kind.WECOM, self.Kind.DINGTALK)

    @property
    def address(self) -> str:
        """The web address in full; it may hold a key, so pages show ``host`` alone."""
        return decrypt(self.address_sealed) if self.address_sealed else ""

    @property
    def secret(self) -> str:
        """The key that signs; empty where none was given."""
        return decrypt(self.secret_sealed) if self.secret_sealed else ""


class Notice(models.Model):
    """What one person was told, in the words of that day. A person on the roster is told as member, others as account."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("类别"), max_length=40)
    about = models.CharField(_("事由"), max_length=200)
    member = models.ForeignKey(Member, null=True, blank=True, on_delete=models.PROTECT, related_name="notices")
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="notices")
    title = models.CharField(_("标题"), max_length=200)
    body = models.TextField(_("内容"), blank=True)
    link = models.CharField(max_length=300, blank=True)
    urgent = models.BooleanField(default=False)
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(_("时间"))
    read_at = models.DateTimeField(_("阅读时间"), null=True, blank=True)
    told_at = models.DateTimeField(_("口头告知时间"), null=True, blank=True)
    told_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("通知")
        verbose_name_plural = _("通知")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(member__isnull=True, user__isnull=False) | Q(member__isnull=False, user__isnull=True),
                name="notice_to_one_person",
            ),
            models.UniqueConstraint(
                fields=["kind", "about", "member"], condition=Q(member__isnull=False), name="notice_once_a_member"
            ),
            models.UniqueConstraint(
                fields=["kind", "about", "user"], condition=Q(user__isnull=False), name="notice_once_a_user"
            ),
        ]
        indexes = [
            models.Index(fields=["member"], condition=Q(read_at__isnull=True), name="notice_unread_member"),
            models.Index(fields=["user"], condition=Q(read_at__isnull=True), name="notice_unread_user"),
            models.Index(fields=["about"], name="notice_about"),
        ]

    def __str__(self) -> str:
        return self.title


class Message(models.Model):
    """What goes out in one piece over one channel: one notice, or several for one person. ``uuid`` is the key against doubles.

    An attempt is counted and fenced before it begins: ``sending`` with a ``token`` until ``lease_until``. Its end is only
    recorded by who holds the token. ``uncertain``: it may have arrived although nobody could record it, and went out again.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("待发送")
        SENDING = "sending", _("发送中")
        SENT = "sent", _("已发送")
        PARKED = "parked", _("发送失败")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="messages")
    to = models.CharField(max_length=260)
    address = models.TextField(blank=True)
    title = models.CharField(max_length=200)
    text = models.TextField()
    urgent = models.BooleanField(default=False)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("次数"), default=0)
    token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    next_try = models.DateTimeField(_("下次发送"))
    last_error = models.CharField(_("问题"), max_length=200, blank=True)
    uncertain = models.BooleanField(_("可能重复"), default=False)
    external_id = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(_("发送时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("外发消息")
        verbose_name_plural = _("外发消息")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="sending") | Q(token__isnull=False, lease_until__isnull=False),
                name="message_sending_is_fenced",
            ),
            models.CheckConstraint(condition=~Q(state="sent") | Q(sent_at__isnull=False), name="message_sent_has_time"),
        ]
        indexes = [
            models.Index(fields=["next_try"], condition=Q(state="waiting"), name="message_waiting"),
            models.Index(fields=["lease_until"], condition=Q(state="sending"), name="message_sending"),
        ]

    def __str__(self) -> str:
        return f"{self.title} → {self.channel}"


class Delivery(models.Model):
    """One notice over one channel. Without a message it waits for its time; then the message says how it fared."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="deliveries")
    to = models.CharField(max_length=260)
    due_at = models.DateTimeField()
    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.PROTECT, related_name="deliveries")

    class Meta:
        verbose_name = _("送达")
        verbose_name_plural = _("送达")
        constraints = [models.UniqueConstraint(fields=["notice", "channel"], name="delivery_once")]
        indexes = [
            models.Index(fields=["channel", "due_at"], condition=Q(message__isnull=True), name="delivery_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.notice} → {self.channel}"

    @property
    def state(self) -> str:
        """The message's state; ``waiting`` before there is one."""
        return self.message.state if self.message is not None else Message.State.WAITING

    @property
    def state_label(self) -> str:
        """The state as people read it."""
        return str(Message.State(self.state).label)


class Wording(models.Model):
    """The county's own wording of a kind, in place of the default in ``kinds``."""

    kind = models.CharField(_("类别"), max_length=40, unique=True)
    title = models.CharField(_("标题"), max_length=120)
    body = models.TextField(_("内容"), max_length=1000, blank=True)

    class Meta:
        verbose_name = _("通知模板")
        verbose_name_plural = _("通知模板")
        constraints = [models.CheckConstraint(condition=~Q(title=""), name="wording_has_title")]

    def __str__(self) -> str:
        return self.kind


class Preference(models.Model):
    """How a person with an account wants to be told besides the site, which always tells him."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="notice_preference")
    by_email = models.BooleanField(_("发电子邮件"), default=True)
    by_sms = models.BooleanField(_("发短信"), default=True)
    by_group = models.BooleanField(_("在群里提到我"), default=True)

    class Meta:
        verbose_name = _("通知设置")
        verbose_name_plural = _("通知设置")

    def __str__(self) -> str:
        return str(self.user)
