"""Forms of visits: asking a base, its answer, the host's count, photographs, a reflection, a rating."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lms.members.models import User
from lms.training import selectors
from lms.training.claims_forms import ManyFiles
from lms.training.forms import DateInput, UnitChoice
from lms.training.models import Base, VisitRequest
from lms.training.services import SessionPlan
from lms.training.visits import rules
from lms.training.visits.services import Wish

STARS = [(5, _("5 很好")), (4, _("4 好")), (3, _("3 一般")), (2, _("2 差")), (1, _("1 很差"))]


class AskForm(forms.Form):
    """A half-day at a base for so many people."""

    unit = UnitChoice(label=_("组织单位"))
    day = forms.DateField(label=_("日期"), widget=DateInput)
    half = forms.ChoiceField(label=_("时段"), choices=VisitRequest.Half.choices, widget=forms.RadioSelect, initial="am")
    people = forms.IntegerField(label=_("人数"), min_value=1)
    topic = forms.CharField(label=_("参观主题"), max_length=100)
    note = forms.CharField(label=_("说明"), max_length=300, required=False)

    def __init__(self, data: Any, *, user: User, base: Base, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial={"topic": base.name, **(initial or {})})
        units = selectors.planners_units(user)
        cast(forms.ModelChoiceField, self.fields["unit"]).queryset = units
        named = units.filter(code=(initial or {}).get("unit", "")).first()
        self.initial["unit"] = self.fields["unit"].initial = named or units.first()
        cast(forms.IntegerField, self.fields["people"]).max_value = base.capacity

    def wish(self) -> Wish:
        """What is asked for, as the service takes it."""
        return Wish(**{name: self.cleaned_data[name] for name in ("day", "half", "people", "topic", "note")})


def wish_address(values: dict[str, Any], plans: Sequence[SessionPlan]) -> str:
    """The page that asks a base for what was being planned, filled in with it."""
    first = {"people": values["capacity"], "topic": values["title"], "unit": values["unit"].code}
    if plans:
        start = timezone.localtime(plans[0].starts_at)
        first |= {"day": start.date().isoformat(), "half": "am" if start.hour < rules.NOON else "pm"}
    return f"{reverse('visit-ask', args=[values['base'].code])}?{urlencode(first)}"


class AnswerForm(forms.Form):
    """The base's answer; another half-day can be offered with a refusal."""

    guide = forms.CharField(label=_("讲解员"), max_length=60, required=False)
    answer = forms.CharField(
        label=_("答复"), max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 2, "maxlength": 200})
    )
    offered_day = forms.DateField(label=_("不同意时，可改到"), widget=DateInput, required=False)
    offered_half = forms.ChoiceField(
        label=_("可改的时段"), choices=[("", "–"), *VisitRequest.Half.choices], required=False
    )

    def offered(self) -> tuple[dt.date, str] | None:
        """The half-day that the base offers instead."""
        day, half = self.cleaned_data["offered_day"], self.cleaned_data["offered_half"]
        return (day, half or "am") if day else None


class CountForm(forms.Form):
    """What the host confirms."""

    heads = forms.IntegerField(label=_("接待人数"), min_value=0, max_value=100_000)
    guide = forms.CharField(label=_("讲解员"), max_length=60, required=False)


class PhotosForm(forms.Form):
    """Photographs of the visit; each is judged by the service."""

    evidence = forms.FileField(
        label=_("照片"),
        widget=ManyFiles(attrs={"multiple": True, "accept": "image/jpeg,image/png,image/webp"}),
    )


class ThoughtsForm(forms.Form):
    """A reflection in words, by voice, or both."""

    text = forms.CharField(
        label=_("心得"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 5, "maxlength": 2000})
    )
    voice = forms.FileField(
        label=_("录音"),
        help_text=_("可以只录音，不超过 3 分钟"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": "audio/*", "capture": "user"}),
    )


class RatingForm(forms.Form):
    """What one thinks of the base."""

    stars = forms.TypedChoiceField(label=_("给基地打分"), choices=STARS, coerce=int, widget=forms.RadioSelect)
    comment = forms.CharField(label=_("评语"), max_length=200, required=False)
