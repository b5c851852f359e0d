"""The queue of lessons to make up, and a make-up handed in for somebody who cannot do it himself."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lms.core import tables
from lms.members.http import SignedInRequest
from lms.training import files
from lms.training import selectors as trainings
from lms.training.closing import absences, makeups, selectors
from lms.training.closing.forms import AbsenceFilter, MakeUpForm
from lms.training.errors import TrainingError
from lms.training.forms import posted

PAGE = 30
MOST_EXPORTED = 20_000


@login_required
@require_safe
def absence_list(request: SignedInRequest) -> HttpResponseBase:
    """Who missed what and has not made it up, filtered and paged; with ``?format=`` as a file."""
    if not absences.may_open(request.user):
        raise Http404
    form = AbsenceFilter(request.GET, units=absences.units_of(request.user))
    rows = form.apply(absences.absences_for(request.user))
    if format := request.GET.get("format"):
        lines = absences.rows_of(absences.lines_of(rows[:MOST_EXPORTED]))
        try:
            return tables.table_response(absences.COLUMNS, lines, format, name=_("缺课补学"))
        except KeyError as error:
            raise Http404 from error
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page_obj": page, "lines": absences.lines_of(page)}
    return render(request, "training/closing/absences.html", context)


@login_required
def make_up_for(request: SignedInRequest, pk: int) -> HttpResponse:
    """Hand in a lesson made up for somebody else; a second person decides. After the deadline who runs the training, with a reason."""
    row = absences.absence_or_404(request.user, pk)
    training = row.session.training
    late = selectors.make_up_late(training, row.session)
    if late and not trainings.may_run(request.user, training):
        messages.error(request, TrainingError("make-up-late").message)
        return redirect("absence-list")
    form = MakeUpForm(posted(request), late=late)
    if request.method == "POST" and form.is_valid():
        try:
            uploads = request.FILES.getlist("evidence")
            if any((upload.size or 0) > files.MOST_BYTES for upload in uploads):
                raise TrainingError("file-too-large")
            lesson = form.lesson([upload.read() for upload in uploads])
            why = form.cleaned_data.get("late_reason", "")
            makeups.send(session=row.session, member=row.member, lesson=lesson, by=request.user, late_reason=why)
            messages.success(request, _("%(name)s的补学已提交，等另一个人审批") % {"name": row.member.name})
            return redirect("absence-list")
        except TrainingError as error:
            form.add_error(None, error.message)
    context = {
        "session": row.session,
        "heading": _("代%(name)s提交补学") % {"name": row.member.name},
        "text": _("写明他看了什么、学会了什么，传上笔记或现场照片。由您以外的另一个人审批，通过后计学时。"),
        "action": _("提交审批"),
        "upload": True,
        "form": form,
        "back": reverse("absence-list"),
    }
    return render(request, "training/closing/ask.html", context, status=422 if request.method == "POST" else 200)
