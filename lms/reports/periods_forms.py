"""Which unit, from which day to which, as of when; quick choices of usual periods."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from lms.core import clock
from lms.members.models import Unit, User
from lms.members.permissions import visible_units
from lms.reports import asof
from lms.reports.periods import Period


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))


class PeriodForm(forms.Form):
    """From a day to a day, by default this year; the person's own highest unit unless the address says otherwise."""

    unit = forms.CharField(required=False, widget=forms.HiddenInput)
    start = _day(_("起始日期"))
    end = _day(_("截止日期"))
    as_of = _day(_("按哪天已登记的情况"))

    def __init__(self, data: Any, *, user: User) -> None:
        year = clock.today().year
        defaults = {"start": f"{year}-01-01", "end": f"{year}-12-31"}
        super().__init__({**defaults, **{name: value for name, value in data.items() if value}})
        self.user = user

    def chosen(self) -> tuple[Unit | None, Period]:
        """The unit (None: there is none, or it is not the person's) and the period. Days in the wrong order are turned round."""
        self.is_valid()
        units = visible_units(self.user, "reports.view")
        code = self.data.get("unit", "")
        unit = units.filter(code=code).first() if code else units.order_by("depth", "path").first()
        today = clock.today()
        start = self.cleaned_data.get("start") or dt.date(today.year, 1, 1)
        end = self.cleaned_data.get("end") or dt.date(today.year, 12, 31)
        return unit, Period(min(start, end), max(start, end), asof.asked(self.data.get("as_of")) or today)


@dataclass(frozen=True, slots=True)
class Choice:
    """A usual period with its name."""

    label: str
    start: dt.date
    end: dt.date


def choices(today: dt.date) -> list[Choice]:
    """This month, the last one, this quarter, this half-year, this year, the last one."""
    year, month = today.year, today.month
    last = dt.date(year, month, 1) - clock.DAY
    return [
        _months(_g("本月"), year, month, 1),
        _months(_g("上月"), last.year, last.month, 1),
        _months(_g("本季度"), year, month - (month - 1) % 3, 3),
        _months(_g("本半年"), year, 1 if month <= 6 else 7, 6),
        _months(_g("本年"), year, 1, 12),
        _months(_g("上年"), year - 1, 1, 12),
    ]


def _months(label: str, year: int, first: int, count: int) -> Choice:
    after = first + count
    end = dt.date(year + 1, 1, 1) if after > 12 else dt.date(year, after, 1)
    return Choice(label, dt.date(year, first, 1), end - clock.DAY)
