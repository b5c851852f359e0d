"""The desk's pages: seats and quotas of a training with what waits for a decision; proposing people for one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.forms import model_to_dict
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lms.members.http import SignedInRequest
from lms.members.models import Member, Unit
from lms.members.permissions import can_anywhere, units_where, visible_units
from lms.training import selectors as trainings
from lms.training.errors import TrainingError
from lms.training.filling import audience, seats, selectors, services
from lms.training.filling.forms import AnswerForm, AudienceForm, QuotaForm, RefuseForm, TermsForm
from lms.training.filling.picking import ByGap
from lms.training.forms import PickForm
from lms.training.models import Leave, Training
from lms.training.planning import persons

PAGE = 30
PICK_PAGE = 60


# -- who plans it --------------------------------------------------------------------------


@login_required
@require_safe
def filling(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """For whom it is, seats by unit, nominations to decide, the waiting list, the terms of signing up."""
    return _filling(request, trainings.training_or_404(request.user, uuid, "plan"))


def _filling(request: SignedInRequest, training: Training, status: int = 422, **bound: Any) -> HttpResponse:
    rule = audience.rule_of(training)
    rows, terms = selectors.quota_rows(training), selectors.terms_of(training)
    nominations = list(selectors.nominations(training))
    own = [row.is_proposed_by(request.user) or row.member.user_id == request.user.pk for row in nominations]
    context = {
        "training": training,
        "is_open": training.state == Training.State.OPEN,
        "quotas": bound.get("quotas") or QuotaForm(None, rows=rows),
        "terms": bound.get("terms") or TermsForm(initial=model_to_dict(terms)),
        "refusal": bound.get("refusal") or RefuseForm(),
        "nominations": list(zip(nominations, own, strict=True)),
        "busy": persons.busy([row.member_id for row in nominations], training),
        "may_decide": not all(own),
        "waiting": seats.waiting_list(training),
        "enrolled": trainings.enrolled_members(training).count(),
        "substitutes": selectors.substitutes_in(training),
        "asked": selectors.leaves_of(training).filter(state=Leave.State.ASKED),
        "answer": AnswerForm(auto_id=False),
        "own_user": request.user.pk,
        "shared": selectors.shared_left(training),
        "audience": bound.get("audience") or AudienceForm(None, training=training, rule=rule),
        "looked_at": "audience" in bound,
        "rule": rule,
        "whom": audience.words(rule),
        "may_gauge": can_anywhere(request.user, "reports.view"),
        "count": audience.invited(training, bound.get("rule", rule)).count(),
    }
    return render(request, "training/filling/overview.html", context, status=status if bound else 200)


@login_required
@require_POST
def whom(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Say for whom the training is; with ``look`` only say how many that would be, nothing saved."""
    training = trainings.training_or_404(request.user, uuid, "plan")
    form = AudienceForm(request.POST, training=training)
    if not form.is_valid():
        return _filling(request, training, audience=form)
    if "look" in request.POST:
        return _filling(request, training, status=200, audience=form, rule=form.rule())
    try:
        services.set_audience(training=training, rule=form.rule(), by=request.user)
    except TrainingError as error:
        form.add_error(None, error.message)
        return _filling(request, training, audience=form)
    messages.success(request, _("面向范围已保存"))
    return redirect("training-filling", training.uuid)


@login_required
@require_safe
def whom_count(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """How many people what is ticked would name: a part of the page, fetched while choosing."""
    training = trainings.training_or_404(request.user, uuid, "plan")
    form = AudienceForm(request.GET, training=training)
    count = audience.invited(training, form.rule()).count() if form.is_valid() else None
    return render(request, "training/filling/_count.html", {"count": count})


@login_required
@require_POST
def quotas(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Keep seats for units."""
    training = trainings.training_or_404(request.user, uuid, "plan")
    form = QuotaForm(request.POST, rows=selectors.quota_rows(training))
    if form.is_valid():
        try:
            services.set_quotas(training=training, quotas=form.quotas(), by=request.user)
            messages.success(request, _("名额分配已保存"))
            return redirect("training-filling", training.uuid)
        except TrainingError as error:
            form.add_error(None, error.message)
    return _filling(request, training, quotas=form)


@login_required
@require_POST
def terms(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Open or close signing up by oneself."""
    training = trainings.training_or_404(request.user, uuid, "plan")
    form = TermsForm(request.POST)
    if form.is_valid():
        try:
            services.set_terms(training=training, by=request.user, **form.cleaned_data)
            messages.success(request, _("报名和推荐的设置已保存"))
            return redirect("training-filling", training.uuid)
        except TrainingError as error:
            form.add_error(None, error.message)
    return _filling(request, training, terms=form)


@login_required
@require_POST
def decide(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Approve or refuse the chosen nominations."""
    training = trainings.training_or_404(request.user, uuid, "plan")
    chosen = Member.objects.filter(code__in=request.POST.getlist("member"), enrolments__training=training)
    form = RefuseForm(request.POST)
    if form.is_valid():
        try:
            messages.success(request, _decided(request, training, list(chosen), form.cleaned_data["reason"]))
            return redirect("training-filling", training.uuid)
        except TrainingError as error:
            form.add_error(None, error.message)
    return _filling(request, training, refusal=form)


def _decided(request: SignedInRequest, training: Training, chosen: list[Member], reason: str) -> str:
    if "refuse" in request.POST:
        count = services.refuse(training=training, members=chosen, reason=reason, by=request.user)
        return _("%(n)s 人未通过，已通知本人") % {"n": count}
    seated, waiting = services.approve(training=training, members=chosen, by=request.user)
    if waiting:
        return _("%(n)s 人已报名，%(m)s 人进入候补") % {"n": seated, "m": waiting}
    return _("已报名 %(n)s 人") % {"n": seated}


# -- who proposes --------------------------------------------------------------------------


@login_required
@require_safe
def nomination_list(request: SignedInRequest) -> HttpResponse:
    """The trainings ahead for which the person may propose people."""
    if not can_anywhere(request.user, "trainings.plan"):
        raise Http404
    page = Paginator(selectors.nominable(request.user), PAGE).get_page(request.GET.get("page"))
    return render(request, "training/filling/nominations.html", {"page_obj": page})


@login_required
def nominate(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Propose people of one's units, many at once, and see what became of them."""
    training = selectors.nominable_or_404(request.user, uuid)
    form = PickForm(request.GET, units=visible_units(request.user, "trainings.plan").order_by("path"))
    found = form.apply(selectors.candidates(request.user, training))
    if request.method == "POST":
        chosen = found.filter(code__in=request.POST.getlist("member"))
        try:
            count = services.nominate(training=training, members=chosen, unit=_own_unit(request), by=request.user)
            messages.success(request, _("已推荐 %(n)s 人，等主办单位审批") % {"n": count})
            return redirect("nominate", training.uuid)
        except TrainingError as error:
            messages.error(request, error.message)
    page = Paginator(ByGap(training, found), PICK_PAGE).get_page(request.GET.get("page"))
    context = {
        "training": training,
        "form": form,
        "page_obj": page,
        "busy": persons.busy([member.pk for member in page], training),
        "whom": audience.words(audience.rule_of(training)),
        "may_gauge": can_anywhere(request.user, "reports.view"),
        "listed": selectors.proposed_from(request.user, training),
        "terms": selectors.terms_of(training),
        "is_over": selectors.nominations_over(training),
        "quotas": selectors.own_quotas(request.user, training),
    }
    return render(request, "training/filling/nominate.html", context)


def _own_unit(request: SignedInRequest) -> Unit:
    """In whose name the person proposes: the highest unit for which he plans."""
    return min(units_where(request.user, "trainings.plan"), key=lambda unit: (unit.depth, unit.path))
