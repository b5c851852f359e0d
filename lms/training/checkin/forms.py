"""Forms of check-in."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from lms.training import tokens
from lms.training.models import Scan


class ScanForm(forms.Form):
    """One code, scanned or typed; ``key`` is made by the page, so that the same reading sent again is one."""

    code = forms.CharField(label=_("党员码或编号"), max_length=80)
    direction = forms.ChoiceField(choices=Scan.Direction)
    key = forms.CharField(max_length=40, required=False)


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
