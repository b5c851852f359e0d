"""The lending of a paper book, and which part of the register to show."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from lms.core import clock
from lms.stations.loans import Loan
from lms.stations.models import BookLoan, Station

USUAL_DAYS = 30


class LoanForm(forms.Form):
    """One line of the register; a month is usual."""

    borrower = forms.CharField(label=_("借书人"), max_length=60)
    title = forms.CharField(label=_("书名"), max_length=120)
    out_on = forms.DateField(label=_("借出日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    due_on = forms.DateField(label=_("应还日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, data: Any = None) -> None:
        today = clock.today()
        super().__init__(data, initial={"out_on": today, "due_on": today + dt.timedelta(days=USUAL_DAYS)})

    def loan(self) -> Loan:
        """The valid form as the service takes it."""
        return Loan(**self.cleaned_data)


class LoanFilter(forms.Form):
    """Station, what is still out, a word; they stay in the address."""

    OUT, OVERDUE = "out", "overdue"

    q = forms.CharField(label=_("书名或借书人"), required=False, max_length=60)
    station = forms.ModelChoiceField(
        label=_("站点"),
        queryset=Station.objects.none(),
        required=False,
        to_field_name="code",
        empty_label=_("全部站点"),
    )
    state = forms.ChoiceField(
        label=_("状态"), required=False, choices=[("", _("全部")), (OUT, _("未归还")), (OVERDUE, _("已超期"))]
    )

    def __init__(self, data: Any, *, stations: QuerySet[Station]) -> None:
        super().__init__(data)
        self.fields["station"].queryset = stations  # type: ignore[attr-defined]

    def apply(self, rows: QuerySet[BookLoan]) -> QuerySet[BookLoan]:
        """The lines that pass; a filter that makes no sense finds none."""
        if not self.is_valid():
            return rows.none()
        values = self.cleaned_data
        if text := values["q"].strip():
            rows = rows.filter(Q(title__icontains=text) | Q(borrower__icontains=text))
        if values["station"]:
            rows = rows.filter(station=values["station"])
        if values["state"]:
            rows = rows.filter(back_on__isnull=True)
        return rows.filter(due_on__lt=clock.today()) if values["state"] == self.OVERDUE else rows
