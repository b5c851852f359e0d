"""Forms: for whom a training is, quotas by unit, terms of signing up, why a nomination is not approved."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from lms.members.models import Member, Post, Unit
from lms.members.selectors import industries
from lms.training.filling.rules import Rule
from lms.training.filling.selectors import QuotaRow
from lms.training.models import Audience, Training

MOST_SEATS = 10_000


class QuotaForm(forms.Form):
    """One number for each unit below; empty or 0: nothing is kept for it."""

    def __init__(self, data: Any, *, rows: list[QuotaRow]) -> None:
        super().__init__(data, prefix="q")
        self.rows = rows
        for row in rows:
            self.fields[str(row.unit.pk)] = forms.IntegerField(
                label=row.unit.label,
                required=False,
                min_value=0,
                max_value=MOST_SEATS,
                initial=row.seats or None,
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )

    def lines(self) -> list[tuple[QuotaRow, forms.BoundField]]:
        """Each unit with its field."""
        return [(row, self[str(row.unit.pk)]) for row in self.rows]

    def quotas(self) -> dict[Unit, int]:
        """Seats by unit."""
        return {row.unit: self.cleaned_data[str(row.unit.pk)] or 0 for row in self.rows}


class TermsForm(forms.Form):
    """Whether members sign up themselves, and until when."""

    is_open = forms.BooleanField(label=_("党员可以自己报名"), required=False)
    until = forms.DateTimeField(
        label=_("报名和退出截止"),
        required=False,
        help_text=_("空着：开课之前都可以"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class RefuseForm(forms.Form):
    """Why the chosen nominations are not approved."""

    reason = forms.CharField(label=_("不通过的理由"), required=False, max_length=200)


def _ticks(label: Any, choices: Any = ()) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(label=label, required=False, choices=choices, widget=forms.CheckboxSelectMultiple)


def _initial(rule: Rule) -> dict[str, Any]:
    """A rule as the form's fields take it: lists, for widgets take a set for one value."""
    values = ((name, getattr(rule, name)) for name in AudienceForm.base_fields)
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in values}


class AudienceForm(forms.Form):
    """For whom a training is: nothing ticked in a group asks nothing of it."""

    paths = _ticks(_("党组织"))
    settings = _ticks(_("所在领域"), Unit.Setting.choices)
    offices = _ticks(_("党内职务"), Post.Office.choices)
    categories = _ticks(_("人员类别"), Member.Category.choices)
    ranks = _ticks(_("干部职级"), Member.CadreRank.choices)
    industries = _ticks(_("从事产业"))
    away = forms.ChoiceField(label=_("流动党员"), required=False, choices=Audience.Away.choices)
    gap = forms.ChoiceField(label=_("达标情况"), required=False, choices=Audience.Gap.choices)

    def __init__(self, data: Any, *, training: Training, rule: Rule | None = None) -> None:
        super().__init__(data, prefix="a", initial=_initial(rule) if rule else None)
        below = [(unit.path, unit.label) for unit in training.unit.get_children().order_by("path")]
        known = dict.fromkeys([*industries(), *(rule.industries if rule else ())])
        cast(forms.MultipleChoiceField, self.fields["paths"]).choices = below
        cast(forms.MultipleChoiceField, self.fields["industries"]).choices = [(name, name) for name in known]
        if not below:
            del self.fields["paths"]

    def rule(self) -> Rule:
        """What was ticked."""
        values = {name: frozenset(value) for name, value in self.cleaned_data.items() if isinstance(value, list)}
        return Rule(**values, away=self.cleaned_data["away"], gap=self.cleaned_data["gap"])
