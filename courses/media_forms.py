"""The form of the media library: a film or a recording, its captions, refused with the reason."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from django import forms
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from wagtailmedia.forms import BaseMediaForm

from courses import captions, media, transcoding, uploads
from courses.captions import CaptionError
from courses.media import Facts, MediaError
from courses.models import MediaFile, Upload
from courses.uploads import UploadError

PROBLEMS = {
    "not-media": _("这不是 MP4、MOV、WebM 视频或 MP3 音频。请在手机或电脑上另存为 MP4（H.264）后再上传。"),
    "broken": _("这个文件不完整或已损坏，读不出时长。请重新导出后再上传。"),
    "no-picture": _("这个文件里没有画面。请上传带画面的视频；只有声音的，请存为 MP3 上传。"),
    "too-long": _("超过 12 小时的视频请分成几段上传。"),
    "unfinished": _("文件还没有传完。请再选同一个文件，会接着传。"),
    "taken": _("这个文件已经存进视频库了，请在列表里选它。"),
    "wrong-offset": _("另一个窗口正在上传这个文件。"),
    "too-large": _("字幕文件超过 2 MB。请检查是不是选错了文件。"),
    "no-text": _("读不出字幕文件里的文字。请另存为 UTF-8 编码的 SRT 文件。"),
    "no-times": _("这不是 SRT 或 VTT 字幕文件：里面没有时间。"),
}


class MediaForm(BaseMediaForm):
    """A film or a recording: its facts are read from the file, a broken one is refused with the reason."""

    facts: Facts | None = None

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self.by = user
        self.upload = self._sent_in_pieces()
        if self.upload:
            self.fields["file"].required = False

    def _sent_in_pieces(self) -> Upload | None:
        """The person's own upload that the form names instead of carrying the file (static/js/upload.js)."""
        try:
            named = uuid.UUID(self.data.get(self.add_prefix("upload"), ""))
        except ValueError:
            return None
        return Upload.objects.filter(uuid=named, user=self.by).first()

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if self.upload:
            try:
                self.facts = uploads.look_at(self.upload)
            except (MediaError, UploadError) as error:
                raise forms.ValidationError(PROBLEMS[error.code], code=error.code) from error
            if not self.instance.file:  # the library looks at the name of a file before it is saved
                self.instance.file.name = uploads.file_name(self.upload)
            return None
        if isinstance(file, UploadedFile):
            try:
                with media.on_disk(file) as path:
                    self.facts = media.inspect(path)
            except MediaError as error:
                raise forms.ValidationError(PROBLEMS[error.code], code=error.code) from error
        return file

    def clean_captions(self) -> Any:
        file = self.cleaned_data.get("captions")
        if not isinstance(file, UploadedFile):
            return file
        try:
            converted = captions.to_vtt(file.read(captions.LARGEST + 1))
        except CaptionError as error:
            raise forms.ValidationError(PROBLEMS[error.code], code=error.code) from error
        return ContentFile(converted, name=f"{Path(file.name or 'captions').stem}.vtt")

    def save(self, commit: bool = True) -> MediaFile:
        if self.upload and self.facts is not None:
            uploads.put_into(upload=self.upload, row=self.instance, facts=self.facts, by=self.by)
        elif self.facts is not None:
            media.describe(self.instance, self.facts)
            transcoding.begin_anew(self.instance)
        return super().save(commit=commit)
