"""Photographs of any training, by session: of a class or a lecture as of a visit."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from lms.members.http import SignedInRequest
from lms.training import files
from lms.training import selectors as trainings
from lms.training.models import Training, VisitPhoto
from lms.training.visits import selectors
from lms.training.visits.forms import PhotosForm
from lms.training.visits.views import add_photos


@login_required
@require_safe
def training_photos(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """The photographs of a training's sessions, with their times; who runs it adds some."""
    training = trainings.training_or_404(request.user, uuid)
    sessions = list(training.sessions.all())
    context = {
        "training": training,
        "rows": [(one, selectors.photos_of(one), PhotosForm(auto_id=f"id_{one.pk}_%s")) for one in sessions],
        "may_add": trainings.may_run(request.user, training) and training.state != Training.State.CANCELLED,
    }
    return render(request, "training/visits/photos.html", context)


@login_required
@require_POST
def training_photo_add(request: SignedInRequest, uuid: UUID, session_id: int) -> HttpResponse:
    """Add photographs to a session."""
    add_photos(request, trainings.session_or_404(request.user, uuid, session_id, "run"))
    return redirect("training-photos", uuid)


@login_required
@require_safe
def training_photo(request: SignedInRequest, uuid: UUID, file: UUID) -> HttpResponseBase:
    """One photograph."""
    training = trainings.training_or_404(request.user, uuid)
    row = get_object_or_404(VisitPhoto, session__training=training, uuid=file)
    return files.served(row.file, files.SHOWN_AS[files.PHOTO], inline=True)
