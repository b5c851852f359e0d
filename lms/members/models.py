"""People and places: accounts, the organisation tree, members, offices held, roles granted, the audit trail."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from treebeard.mp_tree import MP_Node

from lms.core import clock
from lms.core.append_only import AppendOnlyModel
from lms.core.crypto import decrypt
from lms.members import rules


class User(AbstractUser):  # type: ignore[django-manager-missing]  # the reverse of a library's own foreign key
    """An account that can sign in. Most members have none; a county officer need not be a member."""

    must_change_password = models.BooleanField(_("须修改密码"), default=False)
    elder_mode = models.BooleanField(_("长辈版"), null=True, blank=True, default=None)
    session_epoch = models.PositiveIntegerField(
        _("会话批次"), default=0, help_text=_("改变角色或密码时加一，已登录的会话随即失效")
    )

    class Meta:
        verbose_name = _("账号")
        verbose_name_plural = _("账号")

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def get_full_name(self) -> str:
        """Chinese order: the family name first, no space."""
        return f"{self.last_name}{self.first_name}".strip()


class Unit(MP_Node):
    """A party organisation in the tree: county → town → general branch → branch → group."""

    class Kind(models.TextChoices):
        COUNTY = "county", _("县委")
        TOWN = "town", _("乡镇党委")
        FARM = "farm", _("国营农场")
        PARK = "park", _("园区")
        DEPARTMENT = "department", _("县直机关")
        GENERAL_BRANCH = "general_branch", _("党总支")
        BRANCH = "branch", _("党支部")
        GROUP = "group", _("党小组")

    class Setting(models.TextChoices):
        VILLAGE = "village", _("行政村")
        COMMUNITY = "community", _("社区居委会")
        ORGAN = "organ", _("机关单位")
        ENTERPRISE = "enterprise", _("企业")
        OTHER = "other", _("其他")

    code = models.CharField(_("编码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=100)
    short_name = models.CharField(_("简称"), max_length=40, blank=True)
    kind = models.CharField(_("类别"), max_length=16, choices=Kind)
    setting = models.CharField(_("所在领域"), max_length=12, choices=Setting, default=Setting.OTHER)
    closed_on = models.DateField(_("撤销日期"), null=True, blank=True)

    node_order_by: list[str] = []

    class Meta:
        verbose_name = _("党组织")
        verbose_name_plural = _("党组织")
        constraints = [models.CheckConstraint(condition=~Q(code=""), name="unit_has_code")]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """The short form where there is one."""
        return self.short_name or self.name

    @property
    def ancestor_paths(self) -> list[str]:
        """The paths of this unit and every unit above it, the county first."""
        return rules.ancestor_paths(self.path, self.steplen)

    def covers(self, other: Unit) -> bool:
        """Whether ``other`` is this unit or lies below it."""
        return bool(other.path.startswith(self.path))


class MemberQuerySet(models.QuerySet["Member"]):
    """Reads that every room needs."""

    def active(self) -> MemberQuerySet:
        """People whose party life is here and now."""
        return self.filter(state=Member.State.ACTIVE)

    def party(self) -> MemberQuerySet:
        """Full and probationary members, the people whom the yearly hours bind (党员教育管理工作条例 art. 20)."""
        return self.filter(category__in=[Member.Category.FULL, Member.Category.PROBATIONARY])

    def in_unit(self, unit: Unit) -> MemberQuerySet:
        """Members of a unit and of all units below it."""
        return self.filter(unit__path__startswith=unit.path)


class Member(models.Model):
    """A person on the roster, with or without a login. Never deleted: leaving is a state with a date."""

    class Sex(models.TextChoices):
        MALE = "male", _("男")
        FEMALE = "female", _("女")

    class Category(models.TextChoices):
        FULL = "full", _("正式党员")
        PROBATIONARY = "probationary", _("预备党员")
        CANDIDATE = "candidate", _("发展对象")
        ACTIVIST = "activist", _("入党积极分子")

    class State(models.TextChoices):
        ACTIVE = "active", _("正常")
        STOPPED = "stopped", _("停止党籍")
        TRANSFERRED = "transferred", _("转出")
        DECEASED = "deceased", _("去世")
        EXPELLED = "expelled", _("开除党籍")

    class CadreRank(models.TextChoices):
        """Whom the hours of 干部教育培训工作条例 (2023) bind, by rank; "" for who is no cadre."""

        TOWNSHIP = "township", _("乡科级及以下")
        COUNTY = "county", _("县处级")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField(_("编号"), max_length=20, unique=True)
    user = models.OneToOneField(
        User, verbose_name=_("账号"), null=True, blank=True, on_delete=models.SET_NULL, related_name="member"
    )
    unit = models.ForeignKey(Unit, verbose_name=_("所在党支部"), on_delete=models.PROTECT, related_name="members")
    name = models.CharField(_("姓名"), max_length=60)
    sort_key = models.CharField(_("拼音"), max_length=200, blank=True, db_index=True)
    sex = models.CharField(_("性别"), max_length=6, choices=Sex, blank=True)
    nation = models.CharField(_("民族"), max_length=20, blank=True)
    birth_date = models.DateField(_("出生日期"), null=True, blank=True)
    education = models.CharField(_("学历"), max_length=40, blank=True)
    category = models.CharField(_("人员类别"), max_length=12, choices=Category, default=Category.FULL)
    joined_on = models.DateField(_("加入党组织日期"), null=True, blank=True)
    confirmed_on = models.DateField(_("转为正式党员日期"), null=True, blank=True)
    job = models.CharField(_("工作岗位"), max_length=60, blank=True)
    cadre_rank = models.CharField(_("干部职级"), max_length=10, choices=CadreRank, blank=True)
    industry = models.CharField(_("从事产业"), max_length=40, blank=True, help_text=_("主要的一项，例如：葡萄、蚕桑"))
    mobile = models.CharField(_("手机号"), max_length=20, blank=True)
    landline = models.CharField(_("固定电话"), max_length=20, blank=True)
    state = models.CharField(_("党籍状态"), max_length=12, choices=State, default=State.ACTIVE)
    state_on = models.DateField(_("状态日期"), null=True, blank=True)
    lost_contact = models.BooleanField(_("是否为失联党员"), default=False)
    lost_contact_on = models.DateField(_("失去联系日期"), null=True, blank=True)
    away = models.BooleanField(_("是否为流动党员"), default=False)
    away_to = models.CharField(_("外出流向"), max_length=100, blank=True)
    hardship = models.BooleanField(_("是否困难党员"), default=False)
    id_number_sealed = models.TextField(_("公民身份证号（加密）"), blank=True, editable=False)
    id_number_hash = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)
    id_number_masked = models.CharField(_("公民身份证号"), max_length=18, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = MemberQuerySet.as_manager()

    view_permission = "members.view"
    unit_lookup = "unit"
    own_lookup = "user"

    class Meta:
        verbose_name = _("党员")
        verbose_name_plural = _("党员")
        ordering = ["sort_key", "code"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="member_has_name"),
            models.CheckConstraint(
                condition=Q(state="active") | Q(state_on__isnull=False), name="member_left_state_has_date"
            ),
            models.CheckConstraint(
                condition=Q(id_number_hash__isnull=True, id_number_sealed="")
                | (Q(id_number_hash__isnull=False) & ~Q(id_number_sealed="")),
                name="member_id_number_sealed_and_hashed",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def mobile_masked(self) -> str:
        """The mobile number as lists show it: ``138****6726``."""
        return rules.mask_mobile(self.mobile)

    @property
    def is_party_member(self) -> bool:
        """Whether the yearly hours bind this person."""
        return self.category in (self.Category.FULL, self.Category.PROBATIONARY)

    def reveal_id_number(self) -> str:
        """The ID number in full. Only ``services.look_at_id_number`` calls this: each look leaves an audit row."""
        return decrypt(self.id_number_sealed) if self.id_number_sealed else ""


class MemberVersion(AppendOnlyModel):
    """What the roster said of a member from a moment on: what decides who is counted where (``history``).

    A report as of an earlier day reads these, not the member's row of today; the unit's name is copied, so that a unit
    renamed or merged later is shown as it was called. A row is written with each change, in the same transaction.
    """

    member = models.ForeignKey(Member, verbose_name=_("党员"), on_delete=models.PROTECT, related_name="versions")
    unit = models.ForeignKey(Unit, verbose_name=_("所在党支部"), on_delete=models.PROTECT, related_name="+")
    unit_name = models.CharField(_("党组织名称"), max_length=100)
    state = models.CharField(_("党籍状态"), max_length=12, choices=Member.State)
    category = models.CharField(_("人员类别"), max_length=12, choices=Member.Category)
    away = models.BooleanField(_("是否为流动党员"), default=False)
    cadre_rank = models.CharField(_("干部职级"), max_length=10, choices=Member.CadreRank, blank=True)
    joined_on = models.DateField(_("加入党组织日期"), null=True, blank=True)
    confirmed_on = models.DateField(_("转为正式党员日期"), null=True, blank=True)
    industry = models.CharField(_("从事产业"), max_length=40, blank=True)
    recorded_at = models.DateTimeField(_("登记时间"))

    view_permission = "members.view"
    unit_lookup = "member__unit"
    own_lookup = "member__user"

    class Meta:
        verbose_name = _("名册变更")
        verbose_name_plural = _("名册变更")
        ordering = ["member", "recorded_at", "id"]
        indexes = [
            models.Index(fields=["member", "recorded_at"], name="member_version_known"),
            models.Index(fields=["unit", "recorded_at"], name="member_version_unit_known"),
        ]

    def __str__(self) -> str:
        return f"{self.member} {self.unit_name} {self.recorded_at:%Y-%m-%d}"


class PostQuerySet(models.QuerySet["Post"]):
    """Offices in force, now or as they were known."""

    def held(self, day: dt.date, known_on: dt.datetime | None = None) -> PostQuerySet:
        """Offices held on a day; with ``known_on`` by what was recorded before that moment."""
        if known_on is None:
            return self.filter(Q(ended_on__isnull=True) | Q(ended_on__gte=day), started_on__lte=day)
        end_unknown = Q(ended_on__isnull=True) | Q(ended_recorded_at__gte=known_on)
        return self.filter(end_unknown | Q(ended_on__gte=day), started_on__lte=day, recorded_at__lt=known_on)


class Post(models.Model):
    """An office held in a unit, dated. The leaders' goal follows it (支部书记和班子成员).

    ``recorded_at`` and ``ended_recorded_at`` say when the office and its end became known here.
    """

    class Office(models.TextChoices):
        SECRETARY = "secretary", _("书记")
        DEPUTY = "deputy", _("副书记")
        COMMITTEE = "committee", _("委员")

    member = models.ForeignKey(Member, verbose_name=_("党员"), on_delete=models.PROTECT, related_name="posts")
    unit = models.ForeignKey(Unit, verbose_name=_("党组织"), on_delete=models.PROTECT, related_name="posts")
    office = models.CharField(_("党内职务"), max_length=12, choices=Office)
    started_on = models.DateField(_("任职日期"))
    ended_on = models.DateField(_("免职日期"), null=True, blank=True)
    recorded_at = models.DateTimeField(_("登记时间"), default=clock.now, editable=False)
    ended_recorded_at = models.DateTimeField(_("免职登记时间"), null=True, blank=True, editable=False)

    objects = PostQuerySet.as_manager()

    view_permission = "members.view"
    unit_lookup = "member__unit"
    own_lookup = "member__user"

    class Meta:
        verbose_name = _("任职")
        verbose_name_plural = _("任职")
        ordering = ["-started_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")), name="post_ends_after_start"
            ),
            models.UniqueConstraint(fields=["member", "unit", "office", "started_on"], name="post_once"),
        ]

    def __str__(self) -> str:
        return f"{self.unit.label} {self.get_office_display()}"

    def held_on(self, day: dt.date) -> bool:
        """Whether the office is held on a day."""
        return self.started_on <= day and (self.ended_on is None or day <= self.ended_on)


class RoleGrant(models.Model):
    """A role held over a unit and everything below it."""

    class Role(models.TextChoices):
        STATION_OPERATOR = "station_operator", _("站点管理员")
        TRAINER = "trainer", _("培训教师")
        BRANCH_SECRETARY = "branch_secretary", _("支部书记")
        TOWN_ADMIN = "town_admin", _("乡镇管理员")
        COUNTY_ADMIN = "county_admin", _("县级管理员")
        EDITOR = "editor", _("编辑")
        AUDITOR = "auditor", _("审计员")
        SYSTEM_ADMIN = "system_admin", _("系统管理员")

    user = models.ForeignKey(User, verbose_name=_("账号"), on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(_("角色"), max_length=20, choices=Role)
    unit = models.ForeignKey(Unit, verbose_name=_("范围"), on_delete=models.PROTECT, related_name="grants")
    granted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    granted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("角色授予")
        verbose_name_plural = _("角色授予")
        constraints = [models.UniqueConstraint(fields=["user", "role", "unit"], name="role_granted_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.unit.label}"


class AuditEntry(AppendOnlyModel):
    """Who did what to whom, when and why. Kept for good; the law asks for six months (GB/T 22239)."""

    at = models.DateTimeField(_("时间"), auto_now_add=True, db_index=True)
    actor = models.ForeignKey(
        User, verbose_name=_("操作人"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    action = models.CharField(_("操作"), max_length=60, db_index=True)
    target = models.CharField(_("对象"), max_length=80, db_index=True)
    unit = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    detail = models.JSONField(_("详情"), default=dict)
    reason = models.CharField(_("理由"), max_length=200, blank=True)

    view_permission = "audit.view"
    unit_lookup = "unit"
    own_lookup = None

    class Meta:
        verbose_name = _("审计记录")
        verbose_name_plural = _("审计记录")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.action} {self.target}"


def target_of(obj: Any) -> str:
    """How the audit trail names a row: ``members.member:4711``."""
    return f"{obj._meta.label_lower}:{obj.pk}"
