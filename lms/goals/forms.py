"""Forms of exemptions."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lms.core import clock
from lms.goals.models import Exemption


class ExemptionForm(forms.ModelForm):
    """Reason, document and dates of an exemption; it always has an end."""

    class Meta:
        model = Exemption
        fields = ["reason", "document", "starts_on", "ends_on"]
        widgets = {
            "starts_on": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            "ends_on": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        today = clock.today()
        kwargs.setdefault("initial", {"starts_on": dt.date(today.year, 1, 1), "ends_on": dt.date(today.year, 12, 31)})
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        """The end is not before the start (the database says the same)."""
        values = super().clean() or {}
        start, end = values.get("starts_on"), values.get("ends_on")
        if start and end and end < start:
            self.add_error("ends_on", _("截止日期不能早于起始日期"))
        return values


class WithdrawForm(forms.Form):
    """Why an exemption is taken back."""

    reason = forms.CharField(label=_("撤销理由"), max_length=200)


class ExemptionFilter(forms.Form):
    """Which exemptions to list; stays in the address."""

    STATES = [("now", _("有效")), ("ending", _("30 天内到期")), ("all", _("全部"))]

    state = forms.ChoiceField(label=_("状态"), required=False, choices=STATES)
    reason = forms.ChoiceField(label=_("事由"), required=False, choices=[("", _("全部")), *Exemption.Reason.choices])
