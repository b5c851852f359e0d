"""The bases for everybody, without a sign-in: where one can go, what there is, when it is open, what to bring."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lms.members.http import SignedInRequest
from lms.members.permissions import can
from lms.training import files, selectors
from lms.training.errors import TrainingError
from lms.training.forms import posted
from lms.training.models import Base, BasePhoto
from lms.training.planning import photographs
from lms.training.planning.forms import PhotoForm
from lms.training.visits.selectors import stars_of


@require_safe
def public_bases(request: SignedInRequest) -> HttpResponse:
    """All bases by kind."""
    bases = Base.objects.filter(is_active=True).select_related("unit").order_by("kind", "code")
    kinds = [(kind.label, [base for base in bases if base.kind == kind]) for kind in Base.Kind]
    return render(request, "training/planning/public_bases.html", {"kinds": [one for one in kinds if one[1]]})


@require_safe
def public_base(request: SignedInRequest, code: str) -> HttpResponse:
    """One base; who is in touch with it is told to who is signed in."""
    base = get_object_or_404(Base.objects.select_related("unit"), code=code)
    signed_in = request.user.is_authenticated
    context = {
        "base": base,
        "photos": base.photos.all(),
        "stars": stars_of(base),
        "told_contact": signed_in and bool(base.contact or base.phone),
        "on_desk": signed_in and selectors.may_open_desk(request.user),
        "may_plan": signed_in and selectors.may_begin(request.user),
    }
    return render(request, "training/planning/public_base.html", context)


@require_safe
def base_photo(request: SignedInRequest, code: str, file: UUID) -> HttpResponseBase:
    """One photograph of a base, for everybody: as small as pages show it, or the whole one with ``?whole``."""
    row = get_object_or_404(BasePhoto, base__code=code, uuid=file)
    shown = row.file if "whole" in request.GET or not row.small else row.small
    response = files.served(shown, files.SHOWN_AS[files.PHOTO], inline=True)
    response["Cache-Control"] = "public, max-age=86400"
    return response


def _keeper_of(request: SignedInRequest, code: str) -> Base:
    """The base, for those who plan for its unit."""
    base: Base = get_object_or_404(Base.objects.select_related("unit"), code=code)
    if not can(request.user, "trainings.plan", base.unit):
        raise Http404
    return base


@login_required
def base_photos(request: SignedInRequest, code: str) -> HttpResponse:
    """The photographs of a base for whoever looks after them: one to add, any to take away."""
    base = _keeper_of(request, code)
    form = PhotoForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            _add(request, base, form)
            return redirect("base-photos", code)
        except TrainingError as error:
            form.add_error("photo", error.message)
    context = {"base": base, "photos": base.photos.all(), "form": form, "most": photographs.MOST}
    status = 422 if request.method == "POST" else 200
    return render(request, "training/planning/base_photos.html", context, status=status)


def _add(request: SignedInRequest, base: Base, form: PhotoForm) -> None:
    upload = form.cleaned_data["photo"]
    if upload.size > files.MOST_BYTES:
        raise TrainingError("file-too-large")
    photographs.add(base=base, data=upload.read(), caption=form.cleaned_data["caption"], by=request.user)
    messages.success(request, _("照片已加上"))


@login_required
@require_POST
def base_photo_remove(request: SignedInRequest, code: str, file: UUID) -> HttpResponse:
    """Take a photograph away."""
    base = _keeper_of(request, code)
    photographs.remove(photo=get_object_or_404(base.photos.select_related("base__unit"), uuid=file), by=request.user)
    messages.success(request, _("照片已删去"))
    return redirect("base-photos", code)
