"""Forms of certificates: which to list, which to issue, for whom, why one is taken back."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from lms.core import clock
from lms.goals import selectors as goals
from lms.members.forms import UnitChoice
from lms.members.models import Member, Unit
from lms.members.selectors import named
from lms.reports import certificates
from lms.reports import certificates_rules as rules
from lms.reports.certificates import CertificateRefused, Content
from lms.reports.models import Certificate

YEAR = "year:"
YEARS = 3
"""So many years back a certificate is asked for on a page."""


def years() -> list[int]:
    """The years to choose from, the latest first."""
    return (goals.published_years() or [clock.year_of(clock.today())])[:YEARS]


class CertificateFilter(forms.Form):
    """Search in the list; it stays in the address."""

    q = forms.CharField(label=_("编号、姓名或拼音"), required=False, max_length=60)
    state = forms.ChoiceField(
        label=_("状态"), required=False, choices=[("", _("全部")), ("valid", _("有效")), ("revoked", _("已撤销"))]
    )

    def apply(self, found: QuerySet[Certificate]) -> QuerySet[Certificate]:
        """The certificates that pass; a filter that makes no sense finds none."""
        if not self.is_valid():
            return found.none()
        text, state = self.cleaned_data["q"].strip(), self.cleaned_data["state"]
        if text:
            theirs = Q(member__in=named(Member.objects.order_by(), text)) | Q(name__icontains=text)
            found = found.filter(theirs | Q(number__startswith=rules.tidy_number(text) or text))
        return found.filter(revocation__isnull=state == "valid") if state else found


class IssueForm(forms.Form):
    """What to certify for one member: a year with hours, or a class completed in it."""

    what = forms.ChoiceField(label=_("开具范围"), widget=forms.RadioSelect)

    def __init__(self, data: Any, *, member: Member) -> None:
        super().__init__(data)
        self.member = member
        choices: list[tuple[str, Any]] = []
        for year in years():
            choices.append((f"{YEAR}{year}", _("%(year)s 年度全部学时") % {"year": year}))
            choices += [(occasion, title) for occasion, title in certificates.classes_of(member, year)]
        cast(forms.ChoiceField, self.fields["what"]).choices = choices
        self.initial["what"] = choices[0][0]

    def content(self) -> Content | None:
        """What the certificate would state; None when the form is not valid, with the reason as its error."""
        if not self.is_valid():
            return None
        what = self.cleaned_data["what"]
        try:
            if what.startswith(YEAR):
                return certificates.of_year(self.member, int(what.removeprefix(YEAR)))
            return certificates.of_class(self.member, what)
        except CertificateRefused as refused:
            self.add_error("what", REFUSALS[refused.code])
            return None


class BatchForm(forms.Form):
    """For the people of which unit; the year where it is not for one class."""

    unit = UnitChoice(Unit.objects.none(), label=_("党组织"), empty_label=None)
    year = forms.TypedChoiceField(label=_("年度"), coerce=int)

    def __init__(self, data: Any, *, units: QuerySet[Unit], chosen: str = "", for_class: bool = False) -> None:
        super().__init__(data, initial={"unit": chosen})
        cast(forms.ModelChoiceField, self.fields["unit"]).queryset = units
        cast(forms.ChoiceField, self.fields["year"]).choices = [(year, str(year)) for year in years()]
        if for_class:
            del self.fields["year"]


class RevokeForm(forms.Form):
    """Why a certificate is taken back."""

    reason = forms.CharField(label=_("撤销理由"), max_length=200, help_text=_("会写在证明页和审计记录里。"))


class CheckForm(forms.Form):
    """The number on a paper that somebody holds. A slip shows by the check sign, before any look-up."""

    number = forms.CharField(
        label=_("证明编号"),
        max_length=60,
        help_text=_("印在证明右上角，形如 2026-7K3F-9QHM-2TDC。大小写、横线都不要紧。"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )

    def clean_number(self) -> str:
        number = rules.tidy_number(self.cleaned_data["number"])
        if not rules.is_number(number):
            raise forms.ValidationError(_("编号里有抄错的字，请逐位对照。编号里没有字母 O、I、L、U。"))
        return number


REFUSALS = {
    "no-hours": _("这个范围内还没有学时，不能开具。"),
    "not-completed": _("这次培训没有结业（请假超过七分之一），学时计入年度，但不单独开具证明。"),
    "nobody": _("所选党组织里没有可以开具的人。"),
    "too-many": _("人数太多，一次最多 3000 人。请按乡镇分别开具。"),
}
