"""The desk of the paper loop: print the day's sheet, send photographs of it, confirm what was read."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lms.core.templatetags.xiangxue import date_zh
from lms.members.http import SignedInRequest
from lms.training import files
from lms.training import selectors as room
from lms.training.errors import TrainingError
from lms.training.models import SheetPhoto, SignInSheet, Training
from lms.training.paper import layout, printing, reader, selectors, services


@login_required
@require_safe
def desk(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """The days to print, where to send photographs, those already sent."""
    training = room.training_or_404(request.user, uuid, "run")
    context = {
        "training": training,
        "days": selectors.days_of(training),
        "photos": selectors.photos_of(training),
        "is_open": training.state == Training.State.OPEN,
        "takes_photos": training.state != Training.State.CANCELLED,
    }
    return render(request, "training/paper/desk.html", context)


@login_required
@require_POST
def sheet(request: SignedInRequest, uuid: UUID, year: int, month: int, day: int) -> HttpResponse:
    """Print the sheet of a day: a PDF whose rows are fixed from now on."""
    training = room.training_or_404(request.user, uuid, "run")
    try:
        printed = services.print_sheet(training=training, day=dt.date(year, month, day), by=request.user)
    except TrainingError as error:
        messages.error(request, error.message)
        return redirect("paper-desk", uuid)
    except ValueError as error:
        raise Http404 from error
    address = request.build_absolute_uri(reverse("paper-desk", args=[uuid]))
    response = HttpResponse(_pdf(printed, address), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="sign-in-{printed.day}.pdf"'
    return response


def _pdf(printed: SignInSheet, address: str) -> bytes:
    training = printed.training
    members = {member.pk: member for member in room.enrolled_members(training)}
    pages, number = [], 0
    for page in printed.pages.all():
        rows = []
        for pk in page.members:
            number += 1
            member = members[pk]
            office = room.RosterRow(member, None).office
            sex = str(member.get_sex_display())
            rows.append([str(number), member.name, sex, member.unit.name, office, member.mobile_masked])
        pages.append(printing.PrintedPage(services.identity_of(page), address, rows))
    place = training.place or (training.base.name if training.base else "")
    ordinal = training.number
    title = {"title": training.title, "n": ordinal}
    heads = [
        _("班次：%(title)s　期次：第 %(n)s 期") % title
        if ordinal
        else _("班次：%(title)s") % {"title": training.title},
        _("日期：%(day)s　地点：%(place)s") % {"day": date_zh(printed.day), "place": place},
        _("主办：%(unit)s") % {"unit": training.unit.name},
        _("应到 %(n)s 人　实到 ______ 人　请假 ______ 人　缺席 ______ 人") % {"n": number},
    ]
    return printing.sheet_pdf(_("%(kind)s签到表") % {"kind": training.get_kind_display()}, heads, pages)


@login_required
@require_POST
def photo_add(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Take photographs; one that cannot be read is named with the reason, the others are kept."""
    training = room.training_or_404(request.user, uuid, "run")
    added: list[SheetPhoto] = []
    for upload in request.FILES.getlist("photos"):
        try:
            if (upload.size or 0) > files.MOST_BYTES:
                raise TrainingError("file-too-large")
            added.append(services.add_photo(training=training, data=upload.read(), by=request.user))
        except TrainingError as error:
            messages.error(request, _("%(name)s：%(why)s") % {"name": upload.name, "why": error.message})
    if len(added) == 1:
        return redirect("paper-photo", uuid, added[0].uuid)
    return redirect("paper-desk", uuid)


def _photo_or_404(request: SignedInRequest, uuid: UUID, photo: UUID, act: str = "run") -> SheetPhoto:
    training = room.training_or_404(request.user, uuid, act)
    return get_object_or_404(selectors.photos_of(training), uuid=photo)


@login_required
def photo(request: SignedInRequest, uuid: UUID, photo: UUID) -> HttpResponse:
    """What was read from one photograph, doubtful boxes first; confirming marks who signed."""
    row = _photo_or_404(request, uuid, photo)
    boxes = selectors.proposals(row)
    if request.method == "POST":
        try:
            count = services.confirm(photo=row, signed=_signed(request, boxes), by=request.user)
            messages.success(request, _("已按签到表记录 %(n)s 人次") % {"n": count})
            return redirect("paper-desk", uuid)
        except TrainingError as error:
            messages.error(request, error.message)
    context = {
        "training": row.page.sheet.training,
        "photo": row,
        "doubtful": [box for box in boxes if box.verdict == reader.DOUBTFUL],
        "clear": [box for box in boxes if box.verdict != reader.DOUBTFUL],
    }
    return render(request, "training/paper/photo.html", context, status=422 if request.method == "POST" else 200)


def _signed(request: SignedInRequest, boxes: list[selectors.Proposal]) -> set[services.Box]:
    """The boxes that the person says are signed. Raises TrainingError while a doubtful one is undecided."""
    said = {box: request.POST.get(box.field, "") for box in boxes}
    if any(box.verdict == reader.DOUBTFUL and not word for box, word in said.items()):
        raise TrainingError("paper-doubts")
    return {(box.row, box.half) for box, word in said.items() if word == reader.PRESENT}


@login_required
@require_safe
def photo_file(request: SignedInRequest, uuid: UUID, photo: UUID) -> HttpResponseBase:
    """The photograph itself: the evidence, for everybody who may read the training."""
    row = _photo_or_404(request, uuid, photo, "view")
    return files.served(row.file, files.SHOWN_AS[files.PHOTO], inline=True)


@login_required
@require_safe
def box(request: SignedInRequest, uuid: UUID, photo: UUID, row: int, half: str) -> HttpResponse:
    """One box cut out of the straightened page."""
    found = _photo_or_404(request, uuid, photo)
    if half not in layout.HALVES or row >= len(found.page.members):
        raise Http404
    response = HttpResponse(services.crop(found, row, half), content_type="image/jpeg")
    response["Cache-Control"] = "private, max-age=3600"
    return response
