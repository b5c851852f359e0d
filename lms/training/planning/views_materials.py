"""Materials of a training: the page of who runs it, and the files for who may read them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lms.members.http import SignedInRequest
from lms.training import files, selectors
from lms.training.errors import TrainingError
from lms.training.forms import posted
from lms.training.models import Material, Training
from lms.training.planning import materials
from lms.training.planning.forms import MaterialForm


@login_required
def training_materials(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """The materials for whoever runs the training: one to add, any to take away."""
    training = selectors.training_or_404(request.user, uuid, "run")
    form = MaterialForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            _add(request, training, form)
            return redirect("training-materials", uuid)
        except TrainingError as error:
            form.add_error("file", error.message)
    context = {"training": training, "materials": training.materials.all(), "form": form, "most": materials.MOST}
    status = 422 if request.method == "POST" else 200
    return render(request, "training/planning/materials.html", context, status=status)


def _add(request: SignedInRequest, training: Training, form: MaterialForm) -> None:
    upload = form.cleaned_data["file"]
    if upload.size > files.MOST_BYTES:
        raise TrainingError("file-too-large")
    materials.add(training=training, data=upload.read(), title=form.title(), by=request.user)
    messages.success(request, _("资料已加上"))


@login_required
@require_POST
def training_material_remove(request: SignedInRequest, uuid: UUID, file: UUID) -> HttpResponse:
    """Take one away."""
    training = selectors.training_or_404(request.user, uuid, "run")
    row = get_object_or_404(Material.objects.select_related("training__unit"), training=training, uuid=file)
    materials.remove(material=row, by=request.user)
    messages.success(request, _("资料已删去"))
    return redirect("training-materials", uuid)


@login_required
@require_safe
def training_material(request: SignedInRequest, uuid: UUID, file: UUID) -> HttpResponseBase:
    """One file, for those who may see the training at the desk."""
    training = selectors.training_or_404(request.user, uuid)
    return materials.served(get_object_or_404(Material, training=training, uuid=file))


@login_required
@require_safe
def own_material(request: SignedInRequest, uuid: UUID, file: UUID) -> HttpResponseBase:
    """One file, for a member who is enrolled."""
    return materials.served(materials.own_or_404(request.user, uuid, file))
