"""The desk after a training: who attended what, what is asked for, scores, matters that wait, the archive package."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lms.members.http import SignedInRequest
from lms.training import files, selectors
from lms.training.closing import absences, appeals, makeups, overdue, packages, results, teaching
from lms.training.closing import selectors as reads
from lms.training.closing.forms import DecisionForm, ScoresForm, TermsForm
from lms.training.closing.rules import safe_name
from lms.training.errors import TrainingError
from lms.training.filling import selectors as filling
from lms.training.filling.forms import AnswerForm
from lms.training.forms import posted
from lms.training.models import Package, Training

MOST_SHOWN = 200


# -- one training --------------------------------------------------------------------------


@login_required
@require_safe
def overview(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Attendance by half-day, what the class asks for, who completed it, opinions, the package."""
    return _show(request, selectors.training_or_404(request.user, uuid))


def _show(request: SignedInRequest, training: Training, status: int = 200, **bound: Any) -> HttpResponse:
    seen, may_run = reads.overview(training), selectors.may_run(request.user, training)
    scores = bound.get("scores") or ScoresForm(None, seen=seen)
    rows = [(person, scores[f"score-{person.member.code}"]) for person in seen.people]
    context = {
        "training": training,
        "seen": seen,
        "rows": rows,
        "scores": scores,
        "terms": bound.get("terms") or TermsForm(initial=seen.terms._asdict()),
        "is_class": training.kind == Training.Kind.CLASS,
        "is_closed": training.state == Training.State.CLOSED,
        "may_run": may_run and training.state != Training.State.CANCELLED,
        "opinions": reads.opinions_of(training),
        "of_trainer": reads.opinions_of_trainer(training.trainer) if training.trainer else None,
        "teachers": teaching.ratings_of(training),
        "package": reads.latest_package(training) if may_run else None,
    }
    return render(request, "training/closing/overview.html", context, status=status)


@login_required
@require_POST
def terms(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Set what a class asks for."""
    training = selectors.training_or_404(request.user, uuid, "run")
    form = TermsForm(request.POST)
    if form.is_valid():
        try:
            results.set_terms(training=training, by=request.user, **form.cleaned_data)
            messages.success(request, _("结业要求已保存"))
            return redirect("training-overview", uuid)
        except TrainingError as error:
            form.add_error(None, error.message)
    return _show(request, training, 422, terms=form)


@login_required
@require_POST
def scores(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Enter the scores of all at once."""
    training = selectors.training_or_404(request.user, uuid, "run")
    form = ScoresForm(request.POST, seen=reads.overview(training))
    if form.is_valid():
        try:
            count = results.set_scores(training=training, scores=form.scores(), by=request.user)
            messages.success(request, _("已保存 %(n)s 人的成绩") % {"n": count})
            return redirect("training-overview", uuid)
        except TrainingError as error:
            form.add_error(None, error.message)
    return _show(request, training, 422, scores=form)


# -- matters that wait -------------------------------------------------------------------------


@login_required
@require_safe
def matters(request: SignedInRequest) -> HttpResponse:
    """What waits for this person: trainings to close, make-ups and appeals to decide."""
    if not selectors.may_open_desk(request.user):
        raise Http404
    due = [row for row in overdue.due().select_related("unit") if selectors.may_run(request.user, row)]
    context = {
        "due": due[:MOST_SHOWN],
        "unsettled": reads.unsettled_for(request.user),
        "may_make_up": absences.may_open(request.user),
        "make_ups": reads.make_ups_for(request.user)[:MOST_SHOWN],
        "appeals": reads.appeals_for(request.user)[:MOST_SHOWN],
        "waiting": filling.leaves_for(request.user)[:MOST_SHOWN],
        "answer": AnswerForm(auto_id=False),
        "own_user": request.user.pk,
    }
    return render(request, "training/closing/matters.html", context)


@login_required
def make_up(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """One make-up with its evidence; whom it waits for decides here."""
    row = reads.make_up_or_404(request.user, uuid)
    form = DecisionForm(posted(request))
    if request.method == "POST":
        _may_decide(request, row)
    if request.method == "POST" and form.is_valid():
        try:
            answer = form.cleaned_data["answer"]
            makeups.decide(make_up=row, approve="yes" in request.POST, answer=answer, by=request.user)
            messages.success(request, _("已办理，学时随之调整"))
            return redirect("matter-list")
        except TrainingError as error:
            form.add_error(None, error.message)
    context = {"row": row, "form": form, "files": row.files.all(), "may_decide": reads.may_decide(request.user, row)}
    return render(request, "training/closing/make_up.html", context, status=422 if request.method == "POST" else 200)


def _may_decide(request: SignedInRequest, row: Any) -> None:
    """Who may not run the training, or asks for himself, finds nothing here; of two at once the second is told."""
    if not selectors.may_run(request.user, row.session.training) or row.member.user_id == request.user.pk:
        raise Http404


@login_required
@require_safe
def make_up_file(request: SignedInRequest, uuid: UUID, file: UUID) -> HttpResponseBase:
    """One photograph or PDF of a make-up."""
    row = reads.make_up_file_or_404(request.user, uuid, file)
    return files.served(row.file, files.SHOWN_AS[row.kind], inline=row.kind == files.PHOTO)


@login_required
def appeal(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """One appeal; whom it waits for decides here."""
    row = reads.appeal_or_404(request.user, uuid)
    form = DecisionForm(posted(request))
    if request.method == "POST":
        _may_decide(request, row)
    if request.method == "POST" and form.is_valid():
        try:
            answer = form.cleaned_data["answer"]
            appeals.decide(appeal=row, grant="yes" in request.POST, answer=answer, by=request.user)
            messages.success(request, _("已办理，学时随之调整"))
            return redirect("matter-list")
        except TrainingError as error:
            form.add_error(None, error.message)
    mark = row.session.attendances.filter(member=row.member).select_related("marked_by").first()
    context = {"row": row, "form": form, "mark": mark, "may_decide": reads.may_decide(request.user, row)}
    return render(request, "training/closing/appeal.html", context, status=422 if request.method == "POST" else 200)


# -- the package -----------------------------------------------------------------------------------


@login_required
@require_POST
def package_begin(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Have the archive package made, or made anew."""
    training = selectors.training_or_404(request.user, uuid, "run")
    try:
        packages.begin(training=training, by=request.user)
    except TrainingError as error:
        messages.error(request, error.message)
    return redirect("training-overview", uuid)


@login_required
@never_cache
@require_safe
def package_progress(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """How far a package is; asked for each second while it is being made."""
    package = reads.package_or_404(request.user, uuid)
    return render(request, "training/closing/_package.html", {"package": package, "training": package.training})


@login_required
@require_safe
def package_file(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """The finished file."""
    package = reads.package_or_404(request.user, uuid)
    if package.state != Package.State.DONE:
        raise Http404
    name = _("%(title)s 归档") % {"title": safe_name(package.training.title)}
    return files.served(package.file, "application/zip", inline=False, name=f"{name}.zip")
