"""The page of who gains most by a training; ticked people go to the pages of training that propose or enrol them."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from lms.core.tables import FORMATS, table_response
from lms.members.forms import UnitChoice
from lms.members.http import SignedInRequest
from lms.members.models import Unit
from lms.members.permissions import visible_units
from lms.reports import gains
from lms.training.filling import audience
from lms.training.filling import selectors as filling
from lms.training.models import Training
from lms.training.selectors import may_plan, may_run

PAGE = 50


class GainsFilter(forms.Form):
    """Which of the people to list; it stays in the address."""

    q = forms.CharField(label=_("姓名、拼音或编号"), required=False, max_length=60)
    unit = UnitChoice(Unit.objects.none(), label=_("党组织"), required=False, empty_label=_("全部"))
    effect = forms.ChoiceField(
        label=_("作用"),
        required=False,
        choices=[("", _("全部")), ("closes", _("参加后达标")), ("class", _("补上集中培训"))],
    )

    def __init__(self, data: Any, *, units: QuerySet[Unit]) -> None:
        super().__init__(data)
        cast(forms.ModelChoiceField, self.fields["unit"]).queryset = units

    def wanted(self) -> dict[str, Any]:
        """The filters as ``Gains.ids`` takes them; one that makes no sense is left out."""
        self.is_valid()
        values = self.cleaned_data
        return {"unit": values.get("unit"), "text": values.get("q", ""), "effect": values.get("effect", "")}


@login_required
@require_safe
def training_gains(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
    """The people for whom the training closes a gap, first; by town how many; the same rows as a file."""
    training = gains.training_or_404(request.user, uuid)
    units = visible_units(request.user, "reports.view").filter(path__startswith=training.unit.path).order_by("path")
    form = GainsFilter(request.GET, units=units)
    wanted, found = form.wanted(), gains.Gains(request.user, training)
    ids = found.ids(**wanted)
    if (format := request.GET.get("format", "")) in FORMATS:
        rows = gains.values(found.people(ids[: gains.MOST_EXPORTED]))
        return table_response(gains.COLUMNS, rows, format, name=str(_("谁最需要")))
    page = Paginator(ids, PAGE).get_page(request.GET.get("page"))
    above = wanted["unit"] or units.first()
    context = {
        "training": training,
        "form": form,
        "page_obj": page,
        "rows": found.people(list(page)),
        "above": above,
        "towns": found.towns(above, request.user) if above else [],
        "total": found.total,
        "earns": found.earns,
        "year": found.activity.year,
        "whom": audience.words(audience.rule_of(training)),
        **_acts(request, training),
    }
    return render(request, "reports/gains.html", context)


def _acts(request: SignedInRequest, training: Training) -> dict[str, bool]:
    """What the person may do with whom he ticks, and which pages of the training he may open."""
    return {
        "may_run": may_run(request.user, training),
        "may_plan": may_plan(request.user, training),
        "may_nominate": filling.nominable(request.user).filter(pk=training.pk).exists(),
    }
