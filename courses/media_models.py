"""Films and recordings of the media library: the file as it came, what was made of it for slow lines, and how far that is."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtailmedia.models import AbstractMedia, MediaType

STREAMS = "streams"
# Where no adaptive player can be had, and unless the viewer chooses another.
USUAL = "480p"
SOUND = "audio"
TYPES = {".webm": "video/webm", ".mp3": "audio/mpeg", ".m4a": "audio/mp4"}


@dataclass(frozen=True, slots=True)
class Rendition:
    """One form of a film: its name (``480p``, ``audio``), its file's name, pixels, bytes, its peak in bits a second."""

    name: str
    file: str
    width: int
    height: int
    size: int
    peak: int


class MediaFile(AbstractMedia):
    """An uploaded film or recording. Length and poster are read from the file when it is stored, never typed.

    ``state`` is the queue of the media worker: a row that is not at its end is taken up again until it is. A worker holds a
    row by ``claim`` until ``lease_until``; whoever has lost it can write nothing more.
    """

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("等待处理")
        CHECKING = "checking", _("正在检查")
        TRANSCODING = "transcoding", _("正在转码")
        READY = "ready", _("可以播放")
        REFUSED = "refused", _("未能处理")

    WAITING = (State.UPLOADED, State.CHECKING, State.TRANSCODING)

    duration_ms = models.PositiveIntegerField(_("时长（毫秒）"), default=0, editable=False)
    captions = models.FileField(
        _("字幕"),
        upload_to="captions",
        blank=True,
        help_text=_("可选。SRT 或 VTT 字幕文件，播放时默认显示。"),
    )
    state = models.CharField(_("状态"), max_length=12, choices=State, default=State.READY, editable=False)
    reason = models.CharField(max_length=20, blank=True, editable=False)
    percent = models.PositiveSmallIntegerField(default=0, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    claim = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    # Whether browsers play the file as it came (H.264 in MP4 yes, a phone's HEVC no).
    original_plays = models.BooleanField(default=True, editable=False)
    stream = models.UUIDField(null=True, editable=False)
    made = models.JSONField(default=list, editable=False)

    admin_form_fields = ("title", "file", "captions", "collection", "tags")

    class Meta(AbstractMedia.Meta):
        verbose_name = _("视频")
        verbose_name_plural = _("视频")
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=models.Q(state__in=["uploaded", "checking", "transcoding"]),
                name="media_file_waiting",
            )
        ]

    @property
    def minutes(self) -> int:
        """Length in whole minutes, at least one."""
        return max(1, round(self.duration_ms / 60_000))

    @property
    def is_audio(self) -> bool:
        """A recording without a picture."""
        return bool(self.type == MediaType.AUDIO)

    @property
    def size(self) -> int | None:
        """Bytes of the file as it came; None when it is not there: the page's text must still be readable."""
        try:
            return int(self.file.size)
        except OSError:
            return None

    @property
    def original_type(self) -> str:
        """The media type of the file as it came."""
        return next((kind for ending, kind in TYPES.items() if self.file.name.lower().endswith(ending)), "video/mp4")

    def renditions(self) -> list[Rendition]:
        """What was made of the file, smallest picture first; the sound alone last."""
        return [Rendition(**facts) for facts in self.made]

    def pictures(self) -> list[Rendition]:
        """The renditions with a picture."""
        return [one for one in self.renditions() if one.name != SOUND]

    def sound(self) -> Rendition | None:
        """The sound alone."""
        return next((one for one in self.renditions() if one.name == SOUND), None)

    def usual(self) -> Rendition | None:
        """What plays unless the viewer chooses another."""
        pictures = self.pictures()
        named = [one for one in pictures if one.name == USUAL]
        return next(iter(named or pictures[-1:]), None)

    @property
    def plain_url(self) -> str:
        """The one file that plays without an adaptive player: the usual rendition, else the file as it came."""
        plain = self._plain()
        return self.stream_url(plain.file) if plain else str(self.file.url)

    @property
    def plain_type(self) -> str:
        """The media type of that file."""
        if self._plain() is None:
            return self.original_type
        return "audio/mp4" if self.is_audio else "video/mp4"

    @property
    def plain_size(self) -> int | None:
        """The bytes of that file; None when it is not there."""
        plain = self._plain()
        return plain.size if plain else self.size

    def _plain(self) -> Rendition | None:
        return self.sound() if self.is_audio else self.usual()

    def stream_name(self, file: str) -> str:
        """The name in the storage of a file that was made."""
        return f"{STREAMS}/{self.stream}/{file}"

    def stream_url(self, file: str) -> str:
        """The address of a file that was made."""
        return default_storage.url(self.stream_name(file))

    @property
    def refused(self) -> bool:
        """Whether an editor has to do something about it: the file is no good, or nothing of it plays and nothing is being made."""
        return self.state == self.State.REFUSED and not (self.reason == "gave-up" and self.playable)

    @property
    def playable(self) -> bool:
        """Whether there is anything that a browser plays."""
        return bool(self.made) or self.original_plays

    @property
    def playlist_url(self) -> str:
        """The adaptive stream; empty while there is none."""
        return reverse("stream-playlist", args=[self.stream, "master"]) if self.pictures() else ""

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete the row and, once that is certain, what was made of the file and its captions."""
        streams, captions = self.stream, self.captions.name
        gone = super().delete(*args, **kwargs)
        if streams:
            transaction.on_commit(lambda: forget_stream(streams))
        if captions:
            transaction.on_commit(lambda: default_storage.delete(captions))
        return gone


def forget_stream(stream: uuid.UUID) -> None:
    """Remove what was made of a file; removing it again changes nothing."""
    folder = f"{STREAMS}/{stream}"
    if not default_storage.exists(folder) and not hasattr(default_storage, "bucket"):
        return
    for name in default_storage.listdir(folder)[1]:
        default_storage.delete(f"{folder}/{name}")
    default_storage.delete(folder)


class Upload(models.Model):
    """A file on its way in pieces. ``offset`` bytes of it are safe; the rest is asked for again, also after a week.

    The bytes lie in ``DATA_DIR/uploads``, which no address leads to, until the whole file has been looked at.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=255)
    # Name, size and date of the file as the sender's browser knows it: the same file goes on where it stopped.
    fingerprint = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    offset = models.PositiveBigIntegerField(default=0)
    media = models.ForeignKey(MediaFile, null=True, blank=True, on_delete=models.SET_NULL, related_name="uploads")
    touched_at = models.DateTimeField()

    class Meta:
        verbose_name = _("上传")
        verbose_name_plural = _("上传")
        constraints = [
            models.CheckConstraint(condition=models.Q(offset__lte=models.F("size")), name="upload_inside_its_size"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.offset}/{self.size}"
