"""A page that shows every component of the visual system with made-up content, for those who build pages.

Served only where XIANGXUE_DEBUG is on; docs/ui.md explains each component.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from lms.core import clock
from lms.core.templatetags.xiangxue import Bar, Column


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label="姓名", max_length=20)
    born = forms.DateField(
        label="出生日期",
        help_text="例如 1958-03-05",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    kind = forms.ChoiceField(label="形式", choices=[("class", "集中培训"), ("visit", "基地参观")])
    place = forms.ChoiceField(
        label="地点",
        choices=[("base", "葡萄产业基地"), ("school", "县委党校")],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(label="说明", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    agree = forms.BooleanField(label="到会人员已经当面核对")


class SampleFilter(forms.Form):
    """Filters over a list."""

    q = forms.CharField(label="姓名或编号", required=False)
    unit = forms.ChoiceField(label="支部", choices=[("", "全部支部"), ("1", "梨园村党支部")], required=False)
    state = forms.ChoiceField(label="进度", choices=[("", "全部"), ("met", "已达标")], required=False)


class SampleUpload(forms.Form):
    """One file."""

    roster = forms.FileField(label="名册文件")


TOWNS = [
    ("银杏镇", "met", "0.926", 118),
    ("石桥镇", "met", "0.905", 96),
    ("柳塘乡", "at-risk", "0.781", 74),
    ("云台乡", "at-risk", "0.744", 61),
    ("三河农场", "behind", "0.518", 88),
    ("东郊园区", "met", "1", 12),
]
PEOPLE = [
    ("周桂兰", "梨园村党支部", "34.5", "met"),
    ("黎福生", "梨园村党支部", "21", "at-risk"),
    ("邓志强", "石桥社区党支部", "6.25", "behind"),
    ("方秀英", "石桥社区党支部", "0", "exempt"),
]
MONTHS = [
    "2.1",
    "4.0",
    "7.5",
    "9.8",
    "14.2",
    "15.9",
    "18.0",
    "22.4",
    "24.0",
    None,
    None,
    None,
]


def sample_context() -> dict[str, Any]:
    """Made-up content for each component, the same at every look."""
    return {
        "today": clock.today(),
        "now": clock.now(),
        "crumbs": [("全县", "#"), ("银杏镇", "#"), ("梨园村党支部", "")],
        "towns": [(name, state, Decimal(rate), people) for name, state, rate, people in TOWNS],
        "people": PEOPLE,
        "bars": [
            Bar(name, Decimal(rate), f"{Decimal(rate) * 100:.1f}%", state, "#") for name, state, rate, _n in TOWNS
        ],
        "months": [
            Column(
                str(month),
                None if done is None else Decimal(done),
                Decimal(32) * month / 12,
            )
            for month, done in enumerate(MONTHS, start=1)
        ],
        "form": SampleForm({"name": "周桂兰", "born": "1958-13-05", "kind": "visit"}),
        "filter_form": SampleFilter(),
        "upload_form": SampleUpload(),
        "page": Paginator(range(312), 25).get_page(4),
        "steps": [_("上传"), _("核对"), _("写入")],
        "tabs": [
            {"label": "全部", "url": "#", "active": True, "count": 312},
            {"label": "已达标", "url": "#", "active": False, "count": 204},
            {"label": "有差距", "url": "#", "active": False, "count": 71},
        ],
    }


def style_guide(request: HttpRequest) -> HttpResponse:
    """Show every component."""
    return render(request, "lms/style_guide.html", sample_context())
