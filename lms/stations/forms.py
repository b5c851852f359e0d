"""What an operator types: the book's columns, a corrected roll call, which part of the book to show."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lms.core import clock
from lms.stations.models import GroupViewing, Station
from lms.stations.selectors import month_of
from lms.stations.services import Notes, StayTimes

MOST_VILLAGERS = 2000


class NotesForm(forms.Form):
    """The columns of 学习收看记录簿 that a person writes.

    No text is required: a remote has no letters, and who only presses OK still ends the viewing and writes later.
    """

    villagers = forms.IntegerField(
        label=_("实到群众人数"),
        min_value=0,
        max_value=MOST_VILLAGERS,
        initial=0,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    host = forms.CharField(label=_("主持人"), max_length=60, required=False)
    recorder = forms.CharField(label=_("记录人"), max_length=60, required=False)
    discussion = forms.CharField(
        label=_("讨论情况"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    feedback = forms.CharField(
        label=_("意见反馈"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    application = forms.CharField(
        label=_("学用情况"),
        max_length=2000,
        required=False,
        help_text=_("学了准备怎么用，用得怎么样。"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def notes(self) -> Notes:
        """The valid form as the service takes it."""
        return Notes(**self.cleaned_data)

    @classmethod
    def initial_of(cls, viewing: GroupViewing) -> dict[str, Any]:
        """What the book has already; a new row begins with the host and recorder of the time before."""
        initial = {name: getattr(viewing, name) for name in cls.base_fields}
        if not viewing.host:
            before = viewing.station.viewings.exclude(host="").exclude(pk=viewing.pk).first()
            if before is not None:
                initial |= {"host": before.host, "recorder": before.recorder}
        return initial


class CorrectionForm(forms.Form):
    """Where one person was during a viewing, and why the record changes."""

    class Where:
        WHOLE = "whole"
        PART = "part"
        ABSENT = "absent"

    where = forms.ChoiceField(
        label=_("实际到场情况"),
        choices=[(Where.WHOLE, _("全程在场")), (Where.PART, _("只在一段时间")), (Where.ABSENT, _("没有到场"))],
        widget=forms.RadioSelect,
    )
    joined = forms.TimeField(
        label=_("到场时间"),
        required=False,
        help_text=_("只在一段时间的填写，例如 19:20"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    left = forms.TimeField(
        label=_("离场时间"),
        required=False,
        help_text=_("空着表示一直到结束"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    reason = forms.CharField(label=_("更正理由"), max_length=200)

    def __init__(self, *args: Any, viewing: GroupViewing, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.viewing = viewing

    def clean(self) -> dict[str, Any]:
        """A part needs its beginning."""
        cleaned = super().clean() or {}
        if cleaned.get("where") == self.Where.PART and not cleaned.get("joined"):
            self.add_error("joined", _("请填写到场时间。"))
        return cleaned

    def stays(self) -> list[StayTimes]:
        """The valid form as the service takes it; minutes of the clock are cut to the viewing's own beginning and end."""
        where = self.cleaned_data["where"]
        if where == self.Where.ABSENT:
            return []
        if where == self.Where.WHOLE:
            return [StayTimes(self.viewing.opened_at)]
        joined = self._moment(self.cleaned_data["joined"])
        left = self.cleaned_data["left"]
        return [StayTimes(joined, self._moment(left) if left else None)]

    def _moment(self, time: dt.time) -> dt.datetime:
        """The moment of a time of day, on the viewing's evening or, past midnight, the day after."""
        opened = timezone.localtime(self.viewing.opened_at)
        closed = self.viewing.closed_at or clock.now()
        moment = timezone.make_aware(dt.datetime.combine(opened.date(), time))
        if moment < opened.replace(second=0, microsecond=0) and opened.date() < timezone.localtime(closed).date():
            moment += dt.timedelta(days=1)
        if opened.replace(second=0, microsecond=0) <= moment < opened:
            return self.viewing.opened_at
        return closed if closed < moment < closed + dt.timedelta(minutes=1) else moment


class BookFilter(forms.Form):
    """Which station and which month of the book."""

    station = forms.ModelChoiceField(
        label=_("站点"),
        queryset=Station.objects.none(),
        to_field_name="code",
        required=False,
        empty_label=_("全部站点"),
    )
    month = forms.DateField(
        label=_("月份"),
        required=False,
        input_formats=["%Y-%m"],
        widget=forms.DateInput(attrs={"type": "month"}, format="%Y-%m"),
    )

    def __init__(self, *args: Any, stations: QuerySet[Station], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["station"]).queryset = stations

    def apply(self, viewings: QuerySet[GroupViewing]) -> QuerySet[GroupViewing]:
        """Narrow the book; what cannot be read narrows nothing."""
        chosen = self.cleaned_data if self.is_valid() else {}
        if chosen.get("station"):
            viewings = viewings.filter(station=chosen["station"])
        if chosen.get("month"):
            start, end = month_of(chosen["month"])
            viewings = viewings.filter(opened_at__gte=start, opened_at__lt=end)
        return viewings
