"""Forms: quotas by unit, terms of signing up, why a nomination is not approved."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lms.members.models import Unit
from lms.training.filling.selectors import QuotaRow

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
