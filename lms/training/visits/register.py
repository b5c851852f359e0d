"""基地参观登记 (domain §6): the visits of a year with guide, photographs and remarks, by base and by town."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from django import forms
from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from lms.core import clock
from lms.members.models import Unit, User
from lms.members.permissions import visible_units
from lms.training import selectors
from lms.training.forms import UnitChoice
from lms.training.models import Base, HostCount, PlaceCheck, VisitPhoto
from lms.training.visits.rules import LATE

YEARS_BACK = 4


def rows(user: Any) -> QuerySet[Any]:
    """``selectors.visits`` with ``host_guide``, ``host_heads``, ``photo_count``, ``late_photos``, ``near`` and ``checked``; one query."""
    host = HostCount.objects.filter(session=OuterRef("pk"))
    photos = VisitPhoto.objects.filter(session=OuterRef("pk"))
    checks = PlaceCheck.objects.filter(session=OuterRef("pk"))
    return selectors.visits(user).annotate(
        host_guide=Subquery(host.values("guide")[:1]),
        host_heads=Subquery(host.values("heads")[:1]),
        photo_count=_number(photos),
        late_photos=_number(photos.filter(added_at__gte=F("taken_at") + LATE)),
        near=_number(checks.filter(near=True)),
        checked=_number(checks),
    )


def _number(found: QuerySet[Any]) -> Any:
    counted = found.order_by().values("session").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


class RegisterFilter(forms.Form):
    """Which visits: of a year, a base, a town. They stay in the address."""

    year = forms.TypedChoiceField(label=_("年度"), required=False, coerce=int, empty_value=None)
    base = forms.ModelChoiceField(
        Base.objects.order_by("name"), label=_("基地"), required=False, to_field_name="code", empty_label=_("全部")
    )
    unit = UnitChoice(label=_("组织单位"), required=False, empty_label=_("全部"))

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        units: QuerySet[Unit] = visible_units(user, "trainings.view").order_by("path")
        cast(forms.ModelChoiceField, self.fields["unit"]).queryset = units
        now = clock.today().year
        years = [(year, str(year)) for year in range(now, now - YEARS_BACK, -1)]
        cast(forms.ChoiceField, self.fields["year"]).choices = [("", _("全部")), *years]

    def apply(self, visits: QuerySet[Any]) -> QuerySet[Any]:
        """The visits that pass; a filter that makes no sense finds none."""
        if not self.is_valid():
            return visits.none()
        values = self.cleaned_data
        if year := values["year"]:
            first, after = (clock.day_start(dt.date(number, 1, 1)) for number in (year, year + 1))
            visits = visits.filter(starts_at__gte=first, starts_at__lt=after)
        if base := values["base"]:
            visits = visits.filter(training__base=base)
        if unit := values["unit"]:
            visits = visits.filter(Q(training__unit__path__startswith=unit.path))
        return visits

    def words(self) -> str:
        """What was chosen, for the head of the sheet."""
        if not self.is_valid():
            return ""
        values = self.cleaned_data
        year = _("%(year)s 年") % {"year": values["year"]} if values["year"] else ""
        chosen = (year, values["base"], values["unit"] and values["unit"].label)
        return " · ".join(str(one) for one in chosen if one)
