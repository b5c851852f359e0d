"""The table of 学时 in the admin: versions are drafted, published and withdrawn here, by who may and by the services alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lms.core import clock
from lms.hours import services
from lms.hours.models import CreditRule
from lms.hours.rule_forms import RuleForm
from lms.hours.rules import BY_THE_DAY
from lms.hours.services import RuleError
from lms.members.http import SignedInRequest
from lms.members.permissions import can_anywhere

View = Callable[..., HttpResponse]
PERMISSION = "rules.manage"
REFUSALS = {
    "not-draft": gettext_lazy("这一版已不是草稿，可能刚由别人发布或删除。"),
    "date-taken": gettext_lazy("该活动在这个生效日期已有发布的版本，请先改草稿的生效日期。"),
    "in-use": gettext_lazy("已有学时按这一版折算，不能撤回。要改请复制为草稿，另定生效日期。"),
}


def for_managers(view: View) -> View:
    """Who does not keep the table of rules finds nothing here."""

    @wraps(view)
    def guarded(request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not can_anywhere(request.user, PERMISSION):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def _page(request: SignedInRequest, name: str, title: str, status: int = 200, **context: Any) -> HttpResponse:
    crumbs = [{"url": redirect("credit-rules").url, "label": _("学时折算规则")}, {"url": "", "label": title}]
    full = {"header_title": title, "page_title": title, "breadcrumbs_items": crumbs[-1:] if name == "list" else crumbs}
    return render(request, f"hours/admin/rule_{name}.html", {**full, **context}, status=status)


@require_safe
@for_managers
def rule_list(request: SignedInRequest) -> HttpResponse:
    """All versions, activity by activity, the newest first, with what binds today."""
    found: dict[str, list[CreditRule]] = {name: [] for name in CreditRule.Activity.values}
    for rule in CreditRule.objects.order_by("-effective_from", "-pk"):
        found[rule.activity].append(rule)
    groups = [(CreditRule.Activity(name), _with_standing(rules)) for name, rules in found.items()]
    return _page(request, "list", _("学时折算规则"), groups=groups)


def _with_standing(rules: list[CreditRule]) -> list[tuple[CreditRule, bool]]:
    """Each version of one activity, the newest first, and whether it is the one that prices today."""
    today = clock.today()
    now = next((rule for rule in rules if rule.binds_from and rule.binds_from <= today), None)
    return [(rule, rule is now) for rule in rules]


@require_safe
@for_managers
def rule_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One version in words, with its worked examples, and why it can or cannot be changed."""
    rule = get_object_or_404(CreditRule, pk=pk)
    return _page(request, "detail", _title(rule), rule=rule, in_use=rule.is_in_use())


def _title(rule: CreditRule) -> str:
    return _("%(activity)s（%(date)s 起）") % {
        "activity": rule.get_activity_display(),
        "date": rule.effective_from.isoformat(),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@for_managers
def rule_new(request: SignedInRequest) -> HttpResponse:
    """Begin a draft."""
    return _edit(request, CreditRule(activity=request.GET.get("activity", "")), _("新的草稿"))


@require_http_methods(["GET", "HEAD", "POST"])
@for_managers
def rule_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change a draft; a published version is shown with the reason why it stays as it is."""
    rule = get_object_or_404(CreditRule, pk=pk)
    if rule.state != CreditRule.State.DRAFT and request.method != "POST":
        return redirect("credit-rule", rule.pk)
    return _edit(request, rule, _title(rule))


def _edit(request: SignedInRequest, rule: CreditRule, title: str) -> HttpResponse:
    form = RuleForm(request.POST or None, instance=rule)
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.save_draft(rule=form.save(commit=False), by=request.user)
        except RuleError as refused:
            form.add_error(None, REFUSALS[refused.code])
        else:
            messages.success(request, _("草稿已保存。发布以前不影响任何人的学时。"))
            return redirect("credit-rule", saved.pk)
    typed = RuleForm(request.POST, instance=CreditRule()).numbers() if form.is_bound else _shown(rule)
    context = {"form": form, "typed": typed, "rule": rule, "by_the_day": " ".join(BY_THE_DAY)}
    return _page(request, "form", title, 422 if form.is_bound else 200, **context)


def _shown(rule: CreditRule) -> CreditRule | None:
    return rule if rule.pk else None


@require_POST
@for_managers
def rule_examples(request: SignedInRequest) -> HttpResponse:
    """The worked examples of what is being typed; nothing is stored."""
    typed = RuleForm(request.POST, instance=CreditRule()).numbers()
    return render(request, "hours/admin/_rule_examples.html", {"typed": typed})


@require_POST
@for_managers
def rule_copy(request: SignedInRequest, pk: int) -> HttpResponse:
    """A new draft with the numbers of another version."""
    draft = services.copy_as_draft(rule=get_object_or_404(CreditRule, pk=pk), by=request.user)
    messages.success(request, _("已复制为草稿，请改数字和生效日期。"))
    return redirect("credit-rule-edit", draft.pk)


class Step(NamedTuple):
    """A step that is asked about once: the service, the question's heading, the button, what is said afterwards."""

    act: Callable[..., Any]
    title: Promise
    button: Promise
    done: Promise


STEPS = {
    "publish": Step(
        services.publish, gettext_lazy("发布这一版？"), gettext_lazy("发布"), gettext_lazy("已发布，原有学时没有变化。")
    ),
    "withdraw": Step(
        services.withdraw,
        gettext_lazy("撤回这一版？"),
        gettext_lazy("撤回为草稿"),
        gettext_lazy("已撤回为草稿，不再用于折算。"),
    ),
    "discard": Step(
        services.discard_draft, gettext_lazy("删除这份草稿？"), gettext_lazy("删除草稿"), gettext_lazy("草稿已删除。")
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
@for_managers
def rule_step(request: SignedInRequest, pk: int, step: str) -> HttpResponse:
    """Ask once what a step will do, and do it."""
    asked = STEPS[step]
    rule = get_object_or_404(CreditRule, pk=pk)
    refusal = None
    if request.method == "POST":
        try:
            asked.act(rule=rule, by=request.user)
        except RuleError as refused:
            refusal = REFUSALS[refused.code]
        else:
            messages.success(request, str(asked.done))
            return redirect("credit-rules")
    binds_from = services.would_bind_from(rule) if step == "publish" else None
    context = {"rule": rule, "step": step, "asked": asked, "binds_from": binds_from, "refusal": refusal}
    return _page(request, "step", str(asked.title), 409 if refusal else 200, **context)
