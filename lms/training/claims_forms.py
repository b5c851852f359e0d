"""Forms of claims: what is claimed and when, the evidence, a decision, the limits, filters over the lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lms.core import clock
from lms.core.hours import HUNDREDTH
from lms.members.models import Member
from lms.members.selectors import named
from lms.training.claim_models import ApprovalPolicy, Claim, ClaimKind, ClaimStretch
from lms.training.claims import MOST_STRETCHES, Stretch
from lms.training.forms import DateInput, TimeInput

BLANK_ROWS = 2
CLOCK, MORNING, AFTERNOON, DAY = "clock", "morning", "afternoon", "day"
NOON = dt.time(12)
# When a half-day or a day without times is taken to be: it decides nothing but what it overlaps with.
PARTS: dict[str, tuple[dt.time, dt.time, str]] = {
    MORNING: (dt.time(8), NOON, ClaimStretch.Measure.HALF_DAY),
    AFTERNOON: (dt.time(14), dt.time(18), ClaimStretch.Measure.HALF_DAY),
    DAY: (dt.time(8), dt.time(18), ClaimStretch.Measure.DAY),
}


class ClaimForm(forms.ModelForm):
    """What took place; the hours follow from the time."""

    class Meta:
        model = Claim
        fields = ["kind", "title", "organiser", "place", "mode", "category", "note"]
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}
        help_texts = {"mode": _("学时按这个形式的规则、由时间算出，不用自己填")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("kind", "mode", "category"):
            field: Any = self.fields[name]
            field.choices = [("", _("请选择")), *list(field.choices)[1:]]


class StretchForm(forms.Form):
    """A day, or several days alike, by the half-day, the day or the clock."""

    day = forms.DateField(label=_("日期"), widget=DateInput)
    until = forms.DateField(label=_("到哪天（连续几天才填）"), widget=DateInput, required=False)
    part = forms.ChoiceField(
        label=_("时间"),
        choices=[(DAY, _("全天")), (MORNING, _("上午半天")), (AFTERNOON, _("下午半天")), (CLOCK, _("按起止时间"))],
        initial=DAY,
    )
    starts = forms.TimeField(label=_("开始"), widget=TimeInput, required=False)
    ends = forms.TimeField(label=_("结束"), widget=TimeInput, required=False)

    def clean(self) -> dict[str, Any]:
        """By the clock both times are needed; several days are in order and not more than a claim can hold."""
        values = super().clean() or {}
        if values.get("part") == CLOCK and not (values.get("starts") and values.get("ends")):
            self.add_error("starts", _("按起止时间计算的，要填开始和结束"))
        day, until = values.get("day"), values.get("until")
        if day and until and not dt.timedelta(0) <= until - day < dt.timedelta(days=MOST_STRETCHES):
            self.add_error("until", _("最后一天不能早于第一天，一次最多 31 天"))
        return values

    def stretches(self) -> Iterator[Stretch]:
        """One stretch a day; an end that is not after the beginning lies on the next day."""
        values = self.cleaned_data
        starts, ends, measure = PARTS.get(values["part"], (values["starts"], values["ends"], CLOCK))
        day, last = values["day"], values["until"] or values["day"]
        while day <= last:
            starts_at = timezone.make_aware(dt.datetime.combine(day, starts))
            ends_at = timezone.make_aware(dt.datetime.combine(day, ends))
            yield Stretch(starts_at, ends_at if ends_at > starts_at else ends_at + clock.DAY, measure)
            day += clock.DAY


StretchFormSet = forms.formset_factory(
    StretchForm, extra=BLANK_ROWS, can_delete=True, max_num=MOST_STRETCHES + BLANK_ROWS, absolute_max=60
)


def stretches_of(rows: Any) -> list[Stretch]:
    """What a valid formset says, rows left empty or taken off left out."""
    filled = [row for row in rows if row.has_changed() or row.initial]
    return [
        stretch
        for row in filled
        if row.cleaned_data and not row.cleaned_data.get("DELETE")
        for stretch in row.stretches()
    ]


def stretch_values(claim: Claim) -> list[dict[str, Any]]:
    """The first values of the rows of a claim that is mended."""
    found = []
    for row in claim.stretches.all():
        starts, ends = timezone.localtime(row.starts_at), timezone.localtime(row.ends_at)
        values: dict[str, Any] = {"day": starts.date(), "part": _part(row, starts.time())}
        if values["part"] == CLOCK:
            values |= {"starts": starts.time(), "ends": ends.time()}
        found.append(values)
    return found


def _part(row: ClaimStretch, starts: dt.time) -> str:
    if row.measure == ClaimStretch.Measure.DAY:
        return DAY
    if row.measure == ClaimStretch.Measure.HALF_DAY:
        return MORNING if starts < NOON else AFTERNOON
    return CLOCK


class ManyFiles(forms.FileInput):
    """A file button that takes several."""

    allow_multiple_selected = True


class EvidenceForm(forms.Form):
    """Photographs or a PDF; each file is judged by the service."""

    evidence = forms.FileField(
        label=_("照片或 PDF"),
        widget=ManyFiles(attrs={"multiple": True, "accept": "image/jpeg,image/png,image/webp,application/pdf"}),
    )


class ReasonForm(forms.Form):
    """Why: for returning, refusing, revoking and appealing."""

    reason = forms.CharField(
        label=_("理由"), max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 2, "maxlength": 200})
    )


class ClaimFilter(forms.Form):
    """Search, state and kind over the desk's list; they stay in the address."""

    q = forms.CharField(label=_("姓名、名称或主办单位"), required=False)
    state = forms.ChoiceField(label=_("状态"), required=False, choices=[("", _("全部")), *Claim.State.choices])
    kind = forms.ChoiceField(label=_("申报类型"), required=False, choices=[("", _("全部")), *ClaimKind.choices])

    def apply(self, rows: QuerySet[Claim]) -> QuerySet[Claim]:
        """The claims that pass; a filter that makes no sense finds none."""
        if not self.is_valid():
            return rows.none()
        values = self.cleaned_data
        if text := values["q"].strip():
            rows = rows.filter(
                Q(title__icontains=text) | Q(organiser__icontains=text) | Q(member__name__icontains=text)
            )
        chosen = {name: values[name] for name in ("state", "kind") if values[name]}
        return rows.filter(**chosen)


class ClaimantFilter(forms.Form):
    """For whom: by name, pinyin or code."""

    q = forms.CharField(label=_("姓名、拼音或编号"), required=False)

    def apply(self, rows: QuerySet[Member]) -> QuerySet[Member]:
        """The members that pass."""
        return named(rows, self.cleaned_data["q"]) if self.is_valid() else rows.none()


class LimitsForm(forms.Form):
    """Up to how many 学时 of one claim each level approves alone, for one kind."""

    branch = forms.DecimalField(label=_("党支部可批（学时）"), min_value=0, max_value=1000, decimal_places=2)
    town = forms.DecimalField(label=_("乡镇可批（学时）"), min_value=0, max_value=1000, decimal_places=2)

    def __init__(self, data: Any, *, policy: ApprovalPolicy) -> None:
        limits = policy.limits
        first = {"branch": limits.branch.quantize(HUNDREDTH), "town": limits.town.quantize(HUNDREDTH)}
        super().__init__(data, prefix=policy.kind, initial=first)
        self.policy = policy

    def clean(self) -> dict[str, Any]:
        """What a branch may approve a town may too."""
        values = super().clean() or {}
        if "branch" in values and "town" in values and values["branch"] > values["town"]:
            self.add_error("town", _("乡镇的权限不能小于党支部的权限"))
        return values
