"""Forms of check-in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from lms.training import tokens
from lms.training.models import Attendance, Scan


class DigitsForm(forms.Form):
    """The six digits under the room's code."""

    digits = forms.RegexField(
        rf"^[0-9]{{{tokens.DIGITS}}}$",
        label=_("现场屏幕上的六位数字"),
        error_messages={"invalid": _("请输入六位数字")},
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": tokens.DIGITS, "pattern": "[0-9]*"}
        ),
    )


class HeadsForm(forms.Form):
    """How many heads are in the room."""

    heads = forms.IntegerField(
        label=_("现场人数"), min_value=0, max_value=9999, widget=forms.NumberInput(attrs={"inputmode": "numeric"})
    )


class DecideForm(forms.Form):
    """A word on a provisional scan."""

    reason = forms.CharField(label=_("理由"), max_length=200, required=False)


class FourForm(forms.Form):
    """The last four signs of an ID number or a telephone number; never remembered by the browser."""

    four = forms.RegexField(
        r"^[0-9]{3}[0-9Xx]$",
        label=_("身份证号或手机号后四位"),
        error_messages={"invalid": _("请输入四位")},
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": 4, "autofocus": True}
        ),
    )


class ScansFilter(forms.Form):
    """Search and filters over all scans of a session; they stay in the address."""

    q = forms.CharField(label=_("姓名或编号"), required=False)
    result = forms.ChoiceField(label=_("结果"), required=False, choices=[("", _("全部")), *Scan.Result.choices])
    direction = forms.ChoiceField(label=_("方向"), required=False, choices=[("", _("全部")), *Scan.Direction.choices])
    means = forms.ChoiceField(label=_("记录方式"), required=False, choices=[("", _("全部")), *Attendance.Means.choices])

    def apply(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The scans that pass; a filter that makes no sense finds none."""
        if not self.is_valid():
            return rows.none()
        said = self.cleaned_data
        rows = rows.filter(**{name: said[name] for name in ("result", "direction", "means") if said[name]})
        typed = said["q"].strip()
        return rows.filter(Q(member__name__icontains=typed) | Q(member__code__icontains=typed)) if typed else rows
