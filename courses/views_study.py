"""A member's own courses: chosen, given, kept, rated; questions, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from courses import study
from courses import study_selectors as selectors
from courses.models import CoursePage
from courses.study import StudyError
from courses.study_forms import AskForm, RatingForm, UseForm
from courses.study_models import UseFeedback
from lms.members.http import SignedInRequest
from lms.members.models import Member
from lms.members.permissions import get_or_404

ACTS: dict[str, tuple[Callable[..., Any], Any]] = {
    "enrol": (study.enrol, _("已报名，课程在“我的课程”里。")),
    "leave": (study.leave, _("已退出，学过的记录都还在。")),
    "favour": (study.favour, _("已收藏。")),
    "disfavour": (study.disfavour, _("已取消收藏。")),
}
PHOTO_PROBLEMS = {
    "file-too-large": _("照片超过 20 MB，请换一张小一些的。"),
    "photo-unreadable": _("这个文件不是照片，或者已经损坏。请传 JPG 或 PNG。"),
    "photo-too-large": _("照片的像素太大，请换一张小一些的。"),
}


def _member_or_404(request: SignedInRequest) -> Member:
    member: Member | None = getattr(request.user, "member", None)
    if member is None:
        raise Http404
    return member


def _course_or_404(pk: int) -> CoursePage:
    return get_object_or_404(CoursePage.objects.live(), pk=pk)


@login_required
@require_safe
def own_courses(request: SignedInRequest) -> HttpResponse:
    """What is given, what is begun, what is done, what is kept."""
    return render(request, "courses/own_courses.html", {"shelf": selectors.shelf(_member_or_404(request))})


@login_required
@require_POST
def course_act(request: SignedInRequest, pk: int) -> HttpResponse:
    """Choose a course or leave it, keep it or not."""
    member, course = _member_or_404(request), _course_or_404(pk)
    if request.POST.get("act") not in ACTS:
        raise Http404
    act, said = ACTS[request.POST["act"]]
    act(course=course, member=member, by=request.user)
    messages.success(request, said)
    return redirect(course.get_url(request))


@login_required
def course_rate(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say what one thinks of a course, or something else than before."""
    member, course = _member_or_404(request), _course_or_404(pk)
    stars = selectors.standing_in(course, member).stars
    form = RatingForm(request.POST if request.method == "POST" else None, initial={"stars": stars})
    if request.method == "POST" and form.is_valid():
        study.rate(course=course, member=member, stars=form.cleaned_data["stars"], by=request.user)
        messages.success(request, _("谢谢，评分已记下，随时可以改。"))
        return redirect(course.get_url(request))
    return _form(request, "course_rate", course, form)


@login_required
def course_ask(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask who made the course; one's own questions with their answers."""
    member, course = _member_or_404(request), _course_or_404(pk)
    form = AskForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        study.ask(course=course, member=member, text=form.cleaned_data["text"], by=request.user)
        messages.success(request, _("问题已送到，回答后会显示在这里。"))
        return redirect("course-ask", pk)
    return _form(request, "course_ask", course, form, own=selectors.standing_in(course, member))


@login_required
def course_use(request: SignedInRequest, pk: int) -> HttpResponse:
    """Tell what came of a course; what one has told before."""
    member, course = _member_or_404(request), _course_or_404(pk)
    form = UseForm(request.POST if request.method == "POST" else None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            photo = _bytes(form.cleaned_data["photo"])
            study.tell_use(course=course, member=member, text=form.cleaned_data["text"], photo=photo, by=request.user)
        except StudyError as error:
            form.add_error("photo", PHOTO_PROBLEMS[error.code])
        else:
            messages.success(request, _("谢谢，您的反馈支部和课程编辑都能看到。"))
            return redirect("course-use", pk)
    return _form(request, "course_use", course, form, own=selectors.standing_in(course, member))


def _bytes(upload: UploadedFile | None) -> bytes | None:
    """What was sent; one that is too large is not read. Raises StudyError("file-too-large")."""
    if upload is None:
        return None
    if (upload.size or 0) > study.MOST_BYTES:
        raise StudyError("file-too-large")
    return bytes(upload.read())


def _form(request: SignedInRequest, name: str, course: CoursePage, form: Any, **context: Any) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render(request, f"courses/{name}.html", {"course": course, "form": form, **context}, status=status)


@login_required
@require_POST
def use_withdraw(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Take back what one has told."""
    rows = UseFeedback.objects.filter(member=_member_or_404(request), withdrawn_at__isnull=True)
    row = get_object_or_404(rows, uuid=uuid)
    study.take_back(feedback=row, by=request.user)
    messages.success(request, _("已收回。"))
    return redirect("course-use", row.course_id)


@login_required
@require_safe
def use_photo(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """The photograph of a feedback that the person may read, in a way that no browser runs it as part of the site."""
    row = get_or_404(UseFeedback.objects.filter(withdrawn_at__isnull=True).exclude(photo=""), request.user, uuid=uuid)
    try:
        opened = row.photo.open()
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(opened, content_type="image/jpeg")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, max-age=300"
    return response
