"""The second question before a year is closed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class CloseForm(forms.Form):
    """The cut-off date of the roster, the year typed once more, and a tick: what is frozen stays frozen."""

    cut_off = forms.DateField(
        label=_("名册截止日期"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=_("人员和所在党组织以这一天结束时的名册为准，一般是 12 月 31 日。"),
    )
    typed = forms.CharField(label=_("再输入一次年度"), max_length=4, help_text=_("例如 2026，防止选错年度。"))
    sure = forms.BooleanField(label=_("我确认：结转后的数字不再改变，此后的补记和冲销只作为调整列在旁边"))

    def __init__(self, data: Any, *, year: int) -> None:
        super().__init__(data, initial={"cut_off": dt.date(year, 12, 31)})
        self.year = year

    def clean_typed(self) -> str:
        """The year that the address names."""
        typed = str(self.cleaned_data["typed"]).strip()
        if typed != str(self.year):
            raise forms.ValidationError(_("与要结转的年度不一致"))
        return typed


REFUSALS = {
    "not-over": _("这一年还没有结束，不能结转。"),
    "no-goals": _("这一年没有已发布的目标，没有可以结转的数字。"),
    "cut-off": _("名册截止日期不能早于 12 月 31 日，也不能是今天或以后。"),
    "begun": _("这一年已经结转或正在结转。"),
}
