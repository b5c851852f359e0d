"""The upload of a SCORM package in the admin, refused with the reason before anything is kept."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm

from courses import packages
from courses.archives import ArchiveError
from courses.manifest import ManifestError
from courses.package_models import ScormPackage

PROBLEMS = {
    "not-zip": _("这不是 ZIP 压缩包。请上传课件厂家给的 ZIP 原文件，不要改名。"),
    "too-big": _("压缩包超过 500 MB。请让厂家压缩其中的视频后再上传。"),
    "too-many": _("压缩包里的文件超过 5000 个，不能上传。"),
    "bomb": _("压缩包解开后太大或压缩比异常，为了安全不能上传。"),
    "outside": _("压缩包里有指向包外的文件名，为了安全不能上传。"),
    "link": _("压缩包里有链接文件，为了安全不能上传。"),
    "encrypted": _("压缩包设了密码。请去掉密码后重新打包。"),
    "method": _(
        "压缩包用了很少见的压缩方式（如 Deflate64），打不开。请在电脑上解开后，用“发送到→压缩文件夹”重新打包。"
    ),
    "broken": _("压缩包不完整或已损坏。请重新下载或拷贝后再上传。"),
    "no-manifest": _("这个压缩包不是 SCORM 课件（没有 imsmanifest.xml），也不是 EPUB 电子书。"),
    "several": _("压缩包里有好几个课件。请一个课件一个压缩包分别上传。"),
    "bad-manifest": _("课件的 imsmanifest.xml 读不出来。请联系课件厂家重新导出。"),
    "entities": _("课件的 imsmanifest.xml 里有不安全的内容，不能上传。"),
    "no-launch": _("课件里没有可以打开的页面。请联系课件厂家重新导出。"),
    "launch-missing": _("课件目录里的页面在压缩包中找不到。请联系课件厂家重新导出。"),
    "external": _("课件的内容在别的网站上，离开网络就打不开，不能上传。"),
    "flash": _("这是 Flash 课件，现在的浏览器已经不能播放。请向厂家要 HTML5 版本。"),
}


class PackageForm(WagtailAdminModelForm):
    """Title, archive, minutes. The archive of a package that people study stays what it was."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["file"]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if isinstance(file, UploadedFile):
            try:
                packages.examine(file.file)  # type: ignore[arg-type]  # an upload holds an open binary file
            except (ArchiveError, ManifestError) as error:
                raise forms.ValidationError(PROBLEMS[error.code], code=error.code) from error
        return file

    def save(self, commit: bool = True) -> ScormPackage:
        package: ScormPackage = super().save(commit=False)
        if package.pk is None:
            return packages.take_in(package=package, by=self.for_user)
        package.save()
        return package
