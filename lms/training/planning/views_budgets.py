"""Money: what one training may cost and did, and the register of a year."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from lms.core import clock, tables
from lms.members.http import SignedInRequest
from lms.training import selectors
from lms.training.forms import posted
from lms.training.models import BudgetLine
from lms.training.planning import budgets
from lms.training.planning.forms import cost_forms

PAGE = 30
COLUMNS = [
    tables.Column("title", gettext_lazy("名称"), 30),
    tables.Column("unit", gettext_lazy("主办单位"), 24),
    tables.Column("day", gettext_lazy("日期")),
    tables.Column("planned", gettext_lazy("预算（元）")),
    tables.Column("spent", gettext_lazy("决算（元）")),
]


@login_required
def training_budget(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """The lines of one training, for those who plan it."""
    training = selectors.training_or_404(request.user, uuid, "budget")
    forms = cost_forms(training, posted(request))
    if request.method == "POST" and all(form.is_valid() for _label, form in forms):
        costs = {item.value: form.cost() for item, (_label, form) in zip(BudgetLine.Item, forms, strict=True)}
        budgets.save(training=training, costs=costs, by=request.user)
        messages.success(request, _("经费已保存"))
        return redirect("training-budget", uuid)
    context = {"training": training, "forms": forms, "sums": budgets.Sums.of(training)}
    status = 422 if request.method == "POST" else 200
    return render(request, "training/planning/budget.html", context, status=status)


@login_required
@require_safe
def budget_register(request: SignedInRequest) -> HttpResponseBase:
    """What the trainings of a year may cost and did, with their sum; with ``?format=`` as a file."""
    if not selectors.may_open_desk(request.user):
        raise Http404
    asked = request.GET.get("year", "")
    year = int(asked) if asked in map(str, budgets.years()) else clock.today().year
    rows = budgets.register(request.user, year)
    if format := request.GET.get("format"):
        try:
            return tables.table_response(COLUMNS, _lines(rows), format, name=_("培训经费"))
        except KeyError as error:
            raise Http404 from error
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "rows": [(training, budgets.Sums.of(training)) for training in page],
        "totals": budgets.totals(rows),
        "year": year,
        "years": budgets.years(),
    }
    return render(request, "training/planning/budgets.html", context)


def _lines(rows: Iterable[Any]) -> Iterator[list[object]]:
    """A training a line; sums as text, so that no spreadsheet rounds them."""
    for training in rows:
        sums = budgets.Sums.of(training)
        day = clock.local_date(training.first_at)
        yield [training.title, training.unit.name, day, f"{sums.planned:.2f}", f"{sums.spent:.2f}"]
