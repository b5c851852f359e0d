"""The sandbox on the desk: try a draft of goals or of a rule of hours on this or last year before it is published."""

from __future__ import annotations

from typing import NamedTuple

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from lms.core.queue import enqueue
from lms.goals import selectors
from lms.goals.models import GoalPolicy
from lms.hours.trial import CreditRule
from lms.members.http import SignedInRequest
from lms.members.permissions import can_anywhere, visible
from lms.reports import trials
from lms.reports.models import GoalTrial, TrialChange

PAGE = 50
WORKER = "lms.reports.trial_tasks.work_trial"
REFUSALS = {
    "no-lines": _("草稿还没有目标项，不能试算。"),
    "no-ledger": _("所选年度没有已发布的目标，没有可以对照的结果。"),
}


class TrialForm(forms.Form):
    """On which year's ledger to try."""

    year = forms.TypedChoiceField(label=_("用哪一年的台账"), coerce=int)

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self.fields["year"].choices = [(year, str(year)) for year in selectors.published_years()]  # type: ignore[attr-defined]


class Subject(NamedTuple):
    """What a trial page speaks of: the draft, its name, where it is kept and where its progress is asked for."""

    draft: trials.Draft
    title: str
    home: str
    progress: str


def _policy(request: SignedInRequest, pk: int) -> Subject:
    if not can_anywhere(request.user, "goals.manage"):
        raise Http404
    policy = get_object_or_404(GoalPolicy, pk=pk)
    return Subject(policy, policy.title, reverse("goal-policy", args=[pk]), reverse("goal-trial-progress", args=[pk]))


def _rule(request: SignedInRequest, pk: int) -> Subject:
    if not can_anywhere(request.user, "rules.manage"):
        raise Http404
    rule = get_object_or_404(CreditRule, pk=pk)
    title = f"{rule.get_activity_display()}：{rule.in_words}"
    return Subject(rule, title, reverse("credit-rule", args=[pk]), reverse("rule-trial-progress", args=[pk]))


@login_required
@never_cache
def goal_trial(request: SignedInRequest, pk: int) -> HttpResponse:
    """The last trial of a policy, and a form to begin another."""
    return _trial(request, _policy(request, pk))


@login_required
@never_cache
def rule_trial(request: SignedInRequest, pk: int) -> HttpResponse:
    """The last trial of a version of a rule of hours, and a form to begin another."""
    return _trial(request, _rule(request, pk))


def _trial(request: SignedInRequest, subject: Subject) -> HttpResponse:
    form = TrialForm(request.POST or None)
    if form.is_valid():
        try:
            with transaction.atomic():
                trial = trials.begin(draft=subject.draft, year=form.cleaned_data["year"], by=request.user)
                enqueue(WORKER, trial.pk)
            return redirect(request.path)
        except trials.TrialRefused as refused:
            form.add_error(None, REFUSALS[refused.code])
    trial_or_none = trials.latest(subject.draft)
    context = {"subject": subject, "form": form, "trial": trial_or_none, **_shown(request, trial_or_none)}
    return render(request, "reports/trial.html", context, status=422 if form.is_bound else 200)


def _shown(request: SignedInRequest, trial: GoalTrial | None) -> dict[str, object]:
    if trial is None or trial.state != GoalTrial.State.DONE:
        return {}
    rows = visible(TrialChange.objects.filter(trial=trial), request.user).select_related("member__unit")
    page = Paginator(rows.order_by("key", "member__unit__path", "member__sort_key"), PAGE).get_page(
        request.GET.get("page")
    )
    outcomes = trials.result(trial)
    labels = {one.key: one.label for one in outcomes}
    return {"outcomes": outcomes, "page_obj": page, "changes": [(row, labels.get(row.key, row.key)) for row in page]}


@login_required
@never_cache
def goal_trial_progress(request: SignedInRequest, pk: int) -> HttpResponse:
    """How far the trial of a policy is, asked for again and again."""
    return _progress(request, _policy(request, pk))


@login_required
@never_cache
def rule_trial_progress(request: SignedInRequest, pk: int) -> HttpResponse:
    """How far the trial of a version of a rule is, asked for again and again."""
    return _progress(request, _rule(request, pk))


def _progress(request: SignedInRequest, subject: Subject) -> HttpResponse:
    """The progress bar alone; the whole page when there is nothing left to wait for."""
    trial = trials.latest(subject.draft)
    if trial is None:
        raise Http404
    response = render(request, "reports/trial_progress.html", {"subject": subject, "trial": trial})
    if trial.state == GoalTrial.State.DONE or trial.problem:
        response["HX-Refresh"] = "true"
    return response
