"""Forms of courses: the filters of the catalogue and of the inbox of flags."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from courses import catalogue
from courses.catalogue import Wanted
from courses.watch_models import WatchFlag
from lms.hours.credit import Category


class CatalogueFilter(forms.Form):
    """Search and filters of the catalogue; they stay in the address. ``done``: ids of the courses that the reader has completed."""

    ANY = ("", _("全部"))
    LENGTHS = [ANY, (catalogue.SHORT, _("半小时以内")), (catalogue.LONG, _("半小时以上"))]

    q = forms.CharField(label=_("想学什么"), required=False, max_length=60)
    category = forms.ChoiceField(label=_("内容类别"), required=False, choices=[ANY, *Category.choices])
    season = forms.ChoiceField(label=_("时节"), required=False, choices=[ANY, ("now", _("正当时节"))])
    length = forms.ChoiceField(label=_("用时"), required=False, choices=LENGTHS)
    form = forms.ChoiceField(label=_("形式"), required=False, choices=[ANY, ("video", _("有视频"))])
    state = forms.ChoiceField(label=_("进度"), required=False, choices=[ANY, ("todo", _("还没学完"))])

    field_order = ["q", "category", "industry", "audience", "season", "length", "form", "state"]

    def __init__(self, data: Any, done: Collection[int] | None = None) -> None:
        super().__init__(data)
        crops = [(crop, crop) for crop in catalogue.industries()]
        self.fields["industry"] = forms.ChoiceField(label=_("产业或作物"), required=False, choices=[self.ANY, *crops])
        people = [(one, one) for one in catalogue.audiences()]
        self.fields["audience"] = forms.ChoiceField(label=_("适合谁学"), required=False, choices=[self.ANY, *people])
        self.done = done
        if done is None:
            del self.fields["state"]
        self.order_fields(self.field_order)

    def wanted(self) -> Wanted:
        """What is looked for; a filter that makes no sense is left out."""
        self.is_valid()
        values = self.cleaned_data
        return Wanted(
            text=values.get("q", ""),
            category=values.get("category", ""),
            industry=values.get("industry", ""),
            audience=values.get("audience", ""),
            length=values.get("length", ""),
            timely=values.get("season") == "now",
            video=values.get("form") == "video",
            without=self.done or () if values.get("state") == "todo" else (),
        )


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
