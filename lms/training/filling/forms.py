"""Forms: for whom a training is, quotas by unit, terms of signing up, why a nomination is not approved."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from lms.core.templatetags.xiangxue import moment_zh
from lms.members.models import Member, Post, Unit
from lms.members.selectors import industries
from lms.training.filling.rules import Rule
from lms.training.filling.selectors import QuotaRow
from lms.training.models import Audience, Training, TrainingSession

MOST_SEATS = 10_000
MOST_LETTERS = 200
MOST_RIDERS = 100
REASONS = (_("因病"), _("因事"), _("因公外出"), _("家中农忙"))
"""What is offered when somebody types why he stays away; other words are as good."""


class QuotaForm(forms.Form):
    """One number for each unit below; empty or 0: nothing is kept for it."""

    def __init__(self, data: Any, *, rows: list[QuotaRow]) -> None:
        super().__init__(data, prefix="q")
        self.rows = rows
        for row in rows:
            self.fields[str(row.unit.pk)] = forms.IntegerField(
                label=row.unit.label,
                required=False,
                min_value=0,
                max_value=MOST_SEATS,
                initial=row.seats or None,
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )

    def lines(self) -> list[tuple[QuotaRow, forms.BoundField]]:
        """Each unit with its field."""
        return [(row, self[str(row.unit.pk)]) for row in self.rows]

    def quotas(self) -> dict[Unit, int]:
        """Seats by unit."""
        return {row.unit: self.cleaned_data[str(row.unit.pk)] or 0 for row in self.rows}


class TermsForm(forms.Form):
    """Whether members sign up themselves, and until when; until when units propose people."""

    is_open = forms.BooleanField(label=_("党员可以自己报名"), required=False)
    until = forms.DateTimeField(
        label=_("报名和退出截止"),
        required=False,
        help_text=_("空着：开课之前都可以"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    nominate_until = forms.DateTimeField(
        label=_("党组织推荐截止"),
        required=False,
        help_text=_("空着：开课之前都可以；分配名额时告诉各党组织"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class SessionChoice(forms.ModelChoiceField):
    """A session by its beginning and topic; none: all of them."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{moment_zh(obj.starts_at)} {obj.topic}".strip()


class MemberChoice(forms.ModelChoiceField):
    """A member by code, shown with his unit."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name}（{obj.unit.label}）"


class LeaveForm(forms.Form):
    """Which session one does not come to, or all of them, and why. Whose leave it is is asked for only on the desk."""

    member = MemberChoice(Member.objects.none(), label=_("党员"), to_field_name="code")
    session = SessionChoice(
        TrainingSession.objects.none(), label=_("哪一次课"), required=False, empty_label=_("整个培训")
    )
    reason = forms.CharField(
        label=_("请假事由"),
        max_length=MOST_LETTERS,
        help_text=_("例如：因病、因事、因公外出、家中农忙"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: Any, *, sessions: Iterable[TrainingSession], members: QuerySet[Member] | None) -> None:
        super().__init__(data)
        rows = list(sessions)
        choices = cast(SessionChoice, self.fields["session"])
        choices.queryset = TrainingSession.objects.filter(pk__in=[row.pk for row in rows])
        if len(rows) == 1:
            del self.fields["session"]
        if members is None:
            del self.fields["member"]
        else:
            cast(MemberChoice, self.fields["member"]).queryset = members


class AnswerForm(forms.Form):
    """What is answered to somebody who asks for leave; a refusal needs words."""

    answer = forms.CharField(label=_("答复（不准假时必填）"), required=False, max_length=MOST_LETTERS)


class SubstituteForm(forms.Form):
    """Why another comes."""

    reason = forms.CharField(label=_("换人的原因"), max_length=MOST_LETTERS)


class RideForm(forms.Form):
    """A vehicle: when and where it leaves, how many it takes, who drives."""

    vehicle = forms.CharField(label=_("车辆（车牌号）"), max_length=40)
    leaves_at = forms.DateTimeField(
        label=_("发车时间"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    place = forms.CharField(
        label=_("上车地点"), max_length=100, help_text=_("写上乡镇名称，自动分配时这个乡镇的人先坐这辆车")
    )
    seats = forms.IntegerField(
        label=_("座位数（不含驾驶员）"),
        min_value=1,
        max_value=MOST_RIDERS,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    driver = forms.CharField(label=_("驾驶员"), max_length=40, required=False)
    phone = forms.CharField(
        label=_("驾驶员电话"), max_length=20, required=False, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )


class QueueForm(forms.Form):
    """What is done with somebody in the waiting list, and why."""

    place = forms.IntegerField(label=_("移到第几位"), min_value=1, max_value=MOST_SEATS, required=False)
    reason = forms.CharField(label=_("理由"), max_length=MOST_LETTERS)


class RefuseForm(forms.Form):
    """Why the chosen nominations are not approved."""

    reason = forms.CharField(label=_("不通过的理由"), required=False, max_length=200)


def _ticks(label: Any, choices: Any = ()) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(label=label, required=False, choices=choices, widget=forms.CheckboxSelectMultiple)


def _initial(rule: Rule) -> dict[str, Any]:
    """A rule as the form's fields take it: lists, for widgets take a set for one value."""
    values = ((name, getattr(rule, name)) for name in AudienceForm.base_fields)
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in values}


class AudienceForm(forms.Form):
    """For whom a training is: nothing ticked in a group asks nothing of it."""

    paths = _ticks(_("党组织"))
    settings = _ticks(_("所在领域"), Unit.Setting.choices)
    offices = _ticks(_("党内职务"), Post.Office.choices)
    categories = _ticks(_("人员类别"), Member.Category.choices)
    ranks = _ticks(_("干部职级"), Member.CadreRank.choices)
    industries = _ticks(_("从事产业"))
    away = forms.ChoiceField(label=_("流动党员"), required=False, choices=Audience.Away.choices)
    gap = forms.ChoiceField(label=_("达标情况"), required=False, choices=Audience.Gap.choices)

    def __init__(self, data: Any, *, training: Training, rule: Rule | None = None) -> None:
        super().__init__(data, prefix="a", initial=_initial(rule) if rule else None)
        below = [(unit.path, unit.label) for unit in training.unit.get_children().order_by("path")]
        known = dict.fromkeys([*industries(), *(rule.industries if rule else ())])
        cast(forms.MultipleChoiceField, self.fields["paths"]).choices = below
        cast(forms.MultipleChoiceField, self.fields["industries"]).choices = [(name, name) for name in known]
        if not below:
            del self.fields["paths"]

    def rule(self) -> Rule:
        """What was ticked."""
        values = {name: frozenset(value) for name, value in self.cleaned_data.items() if isinstance(value, list)}
        return Rule(**values, away=self.cleaned_data["away"], gap=self.cleaned_data["gap"])
