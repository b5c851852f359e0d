"""Packages, SCORM or EPUB: what was uploaded, the files that came out of it, and what its parts report of a member.

What a part reports (status, score) is a claim. Hours come from the play sessions of the lesson, by the server's clock.
"""

from __future__ import annotations

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from lms.members.models import Member, User


class ScormPackage(models.Model):
    """An uploaded package: SCORM, or a book as EPUB, whose parts are its chapters. ``items`` is its table of contents (``manifest.Item`` as dicts); the files lie under ``prefix``."""

    class State(models.TextChoices):
        WAITING = "waiting", _("等待解压")
        READY = "ready", _("可以使用")
        REFUSED = "refused", _("不能使用")

    title = models.CharField(_("名称"), max_length=255)
    file = models.FileField(_("课件包（ZIP）或电子书（EPUB）"), upload_to="package_archives/")
    minutes = models.PositiveSmallIntegerField(
        _("学习时长（分钟）"),
        validators=[MinValueValidator(1), MaxValueValidator(600)],
        help_text=_("认真学完大约需要的时间。学时按服务器记录的时间计算，最多计到这个时长。"),
    )
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.WAITING, editable=False)
    reason = models.CharField(_("原因"), max_length=20, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    version = models.CharField(_("标准"), max_length=5, blank=True, editable=False)
    items = models.JSONField(default=list, editable=False)
    prefix = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_by = models.ForeignKey(
        User,
        verbose_name=_("上传人"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("上传时间"), editable=False)

    class Meta:
        verbose_name = _("互动课件")
        verbose_name_plural = _("互动课件")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(reason=""), name="scorm_package_refused_says_why"
            ),
            models.CheckConstraint(condition=Q(minutes__gt=0), name="scorm_package_takes_time"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def duration_ms(self) -> int:
        """Milliseconds that studying it takes, as its editor says: never is more credited."""
        return self.minutes * 60_000

    @property
    def ready(self) -> bool:
        """Whether it can be played."""
        return self.state == self.State.READY

    def item(self, number: int) -> dict[str, str]:
        """The part with that number in the contents. Raises LookupError for a heading and for what is not there."""
        found: dict[str, str] = self.items[number] if 0 <= number < len(self.items) else {}
        if not found.get("href"):
            raise LookupError(number)
        return found


class PackageFile(models.Model):
    """A file of a package. Its name in the archive is a key here and never a name in the storage."""

    package = models.ForeignKey(ScormPackage, on_delete=models.CASCADE, related_name="files")
    key = models.CharField(max_length=400)
    stored = models.CharField(max_length=120)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()

    class Meta:
        verbose_name = _("课件文件")
        verbose_name_plural = _("课件文件")
        constraints = [models.UniqueConstraint(fields=["package", "key"], name="package_file_once")]

    def __str__(self) -> str:
        return self.key

    @staticmethod
    def key_of(path: str) -> str:
        """How a path is looked up: packages made on Windows do not keep to the case of their own names."""
        return path.casefold()


class ScoAttempt(models.Model):
    """A member in one part of a package: what the part saved to go on from, and what it reports.

    ``uuid`` is the address of the part's files for this member and cannot be guessed. ``launch`` counts its openings and
    ``number`` what the last of them saved, so that a page left open elsewhere overwrites nothing.
    """

    class Status(models.TextChoices):
        BEGUN = "begun", _("学习中")
        COMPLETED = "completed", _("已完成")
        PASSED = "passed", _("已通过")
        FAILED = "failed", _("未通过")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="sco_attempts")
    package = models.ForeignKey(ScormPackage, on_delete=models.PROTECT, related_name="sco_attempts")
    item = models.PositiveSmallIntegerField()
    launch = models.PositiveIntegerField(default=0)
    number = models.PositiveIntegerField(default=0)
    cmi = models.JSONField(default=dict)
    # Whether the part said good-bye; one that was torn away goes on where it was.
    ended = models.BooleanField(default=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.BEGUN)
    score = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = _("课件学习记录")
        verbose_name_plural = _("课件学习记录")
        constraints = [models.UniqueConstraint(fields=["member", "package", "item"], name="sco_attempt_once")]

    def __str__(self) -> str:
        return f"{self.member} {self.package} {self.item}"

    @property
    def root(self) -> str:
        """Address under which the package's files lie for this member."""
        return reverse("package-file", args=[self.uuid, ""])
