"""Forms of courses: the filters of the catalogue and of the inbox of flags."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from courses import selectors
from courses.watch_models import WatchFlag
from lms.hours.credit import Category


class CatalogueFilter(forms.Form):
    """Search and filters of the catalogue; they stay in the address."""

    q = forms.CharField(label=_("想学什么"), required=False, max_length=60)
    category = forms.ChoiceField(label=_("内容类别"), required=False, choices=[("", _("全部")), *Category.choices])

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        crops = [(crop, crop) for crop in selectors.industries()]
        self.fields["industry"] = forms.ChoiceField(
            label=_("产业或作物"), required=False, choices=[("", _("全部")), *crops]
        )

    def wanted(self) -> dict[str, str]:
        """The filters as ``selectors.catalogue`` takes them; one that makes no sense is left out."""
        self.is_valid()
        values = self.cleaned_data
        return {
            "text": values.get("q", ""),
            "category": values.get("category", ""),
            "industry": values.get("industry", ""),
        }


class FlagFilter(forms.Form):
    """Search, state and kind over the inbox of flagged watching; they stay in the address."""

    WAITING = "waiting"
    STATES = [(WAITING, _("待处理")), ("", _("全部")), *WatchFlag.State.choices]

    q = forms.CharField(label=_("姓名或课时"), required=False)
    state = forms.ChoiceField(label=_("状态"), required=False, choices=STATES)
    kind = forms.ChoiceField(label=_("情况"), required=False, choices=[("", _("全部")), *WatchFlag.Kind.choices])

    def apply(self, rows: QuerySet[WatchFlag]) -> QuerySet[WatchFlag]:
        """The flags that pass; a filter that makes no sense finds none."""
        if not self.is_valid():
            return rows.none()
        values = self.cleaned_data
        if text := values["q"].strip():
            rows = rows.filter(Q(member__name__icontains=text) | Q(session__title__icontains=text))
        if values["kind"]:
            rows = rows.filter(kind=values["kind"])
        if values["state"] == self.WAITING:
            return rows.filter(state__in=[WatchFlag.State.OPEN, WatchFlag.State.APPEALED])
        return rows.filter(state=values["state"]) if values["state"] else rows


class ReviewForm(forms.Form):
    """Why; the member reads it."""

    reason = forms.CharField(label=_("理由"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 3}))
