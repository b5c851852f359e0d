"""The media library's own pages in the admin: files in pieces, and how far a film is."""

from __future__ import annotations

from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from wagtailmedia.permissions import permission_policy

from courses import media_status, transcoding, uploads
from courses.media import MediaError
from courses.media_forms import PROBLEMS
from courses.media_models import MediaFile, Upload
from courses.uploads import UploadError
from lms.members.models import User

REFUSALS = {
    "too-large": _("文件太大，超过了服务器允许的大小。请压缩或分成几段。"),
    "empty": _("这个文件是空的。"),
    "no-room": _("服务器的磁盘空间不够存放这个文件，请联系系统管理员。"),
    "too-many": _("您有五个文件还没有传完。请先传完或取消其中的一个。"),
    "wrong-offset": _("另一个窗口正在上传这个文件。"),
    "unfinished": _("文件还没有传完。"),
    "bad-request": _("上传请求的格式不对。"),
    **{code: PROBLEMS[code] for code in ("not-media", "broken", "no-picture", "too-long")},
}


def _may(request: HttpRequest, action: str, row: MediaFile | None = None) -> User:
    """The signed-in person, who may do this in the library. Raises PermissionDenied."""
    user = cast(User, request.user)
    allowed = (
        permission_policy.user_has_permission_for_instance(user, action, row)
        if row
        else permission_policy.user_has_permission(user, action)
    )
    if not allowed:
        raise PermissionDenied
    return user


def _refusal(code: str, status: int = 400, **facts: object) -> JsonResponse:
    return JsonResponse({"code": code, "message": str(REFUSALS[code]), **facts}, status=status)


def _state(upload: Upload) -> dict[str, Any]:
    return {
        "offset": upload.offset,
        "size": upload.size,
        "piece": uploads.PIECE_BYTES,
        "url": reverse("media-upload", args=[upload.uuid]),
    }


@require_POST
def begin(request: HttpRequest) -> JsonResponse:
    """Start or take up an upload: ``name``, ``size`` in bytes, ``fingerprint``; answers the address and the offset."""
    user = _may(request, "add")
    try:
        size = int(request.POST["size"])
        name, fingerprint = request.POST["name"][:255], request.POST["fingerprint"][:64]
    except (KeyError, ValueError):
        return _refusal("bad-request")
    try:
        return JsonResponse(_state(uploads.begin(name=name, size=size, fingerprint=fingerprint, by=user)))
    except UploadError as error:
        return _refusal(error.code)


@require_http_methods(["GET", "PUT", "POST", "DELETE"])
def upload(request: HttpRequest, uuid: str) -> HttpResponse:
    """One's own upload: how far it is (GET), the next piece (PUT, ``Upload-Offset``), the end (POST, ``title``), given up
    (DELETE)."""
    user = _may(request, "add")
    one = get_object_or_404(Upload, uuid=uuid, user=user)
    try:
        if request.method == "PUT":
            uploads.append(upload=one, offset=_offset(request), piece=request.body)
        elif request.method == "POST":
            row = uploads.finish(upload=one, title=request.POST.get("title") or one.name, by=user)
            return JsonResponse({"edit": reverse("wagtailmedia:edit", args=[row.pk])})
        elif request.method == "DELETE":
            uploads.cancel(upload=one)
            return HttpResponse(status=204)
    except UploadError as error:
        if error.code == "not-media":
            uploads.cancel(upload=one)
        return _refusal(error.code, 409 if error.code == "wrong-offset" else 400, offset=one.offset)
    except MediaError as error:
        return _refusal(error.code)
    return JsonResponse(_state(one))


def _offset(request: HttpRequest) -> int:
    value = request.headers.get("Upload-Offset", "")
    if not value.isdecimal() or len(value) > 15:
        raise UploadError("bad-request")
    return int(value)


@require_GET
def status(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a film is, a part of its page that asks again every two seconds while it waits."""
    row = get_object_or_404(MediaFile, pk=pk)
    _may(request, "change", row)
    return render(request, "courses/admin/media_status.html", media_status.of(row))


@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a film made again."""
    user = _may(request, "change", get_object_or_404(MediaFile, pk=pk))
    transcoding.retry(pk=pk, by=user)
    return redirect("wagtailmedia:edit", pk)


@require_POST
def cover(request: HttpRequest, pk: int) -> HttpResponse:
    """Make one of the stills the cover."""
    user = _may(request, "change", get_object_or_404(MediaFile, pk=pk))
    try:
        transcoding.choose_cover(pk=pk, number=int(request.POST.get("number", "")), by=user)
    except (ValueError, OSError) as error:
        raise Http404 from error
    return redirect("wagtailmedia:edit", pk)
