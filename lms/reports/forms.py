"""Filters of the reports; they stay in the address."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from lms.core import clock
from lms.goals import selectors
from lms.members.models import Unit, User
from lms.members.permissions import visible_units
from lms.reports import asof


class UnitYear(forms.Form):
    """Which unit and which year: the person's own highest unit and this year unless the address says otherwise."""

    unit = forms.CharField(required=False, widget=forms.HiddenInput)
    year = forms.TypedChoiceField(label=_("年度"), required=False, coerce=int, empty_value=None)
    as_of = forms.DateField(
        label=_("截至"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        years = selectors.published_years() or [clock.year_of(clock.today())]
        cast(forms.ChoiceField, self.fields["year"]).choices = [(year, str(year)) for year in years]
        self.user = user
        self.years = years

    def chosen(self) -> tuple[Unit | None, int]:
        """The unit (None: there is none, or it is not the person's) and the year."""
        self.is_valid()
        units = visible_units(self.user, "reports.view")
        code = self.data.get("unit", "")
        unit = units.filter(code=code).first() if code else units.order_by("depth", "path").first()
        return unit, self.cleaned_data.get("year") or self.years[0]

    @property
    def day(self) -> dt.date | None:
        """The earlier day as of which is asked; None: as it is now."""
        return asof.asked(self.data.get("as_of"))


class PeopleFilter(forms.Form):
    """Which members of a unit to list."""

    q = forms.CharField(label=_("姓名或拼音"), required=False, max_length=60)
    audience = forms.ChoiceField(
        label=_("目标"), required=False, choices=[("members", _("全体党员")), ("leaders", _("书记和班子成员"))]
    )
    state = forms.ChoiceField(
        label=_("结论"),
        required=False,
        choices=[
            ("", _("全部")),
            ("met", _("已达标")),
            ("behind", _("未达标")),
            ("zero", _("零学时")),
            ("exempt", _("免考核")),
        ],
    )
    unit = forms.CharField(required=False, widget=forms.HiddenInput)
    year = forms.CharField(required=False, widget=forms.HiddenInput)
    as_of = forms.CharField(required=False, widget=forms.HiddenInput)

    def wanted(self) -> dict[str, str]:
        """The filters as ``people.standings`` takes them; one that makes no sense is left out."""
        self.is_valid()
        values = self.cleaned_data
        return {
            "text": values.get("q", ""),
            "audience": values.get("audience") or "members",
            "state": values.get("state", ""),
        }
