"""Forms of the roster."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from lms.members.models import Member, Unit
from lms.members.selectors import named


class UnitChoice(forms.ModelChoiceField):
    """A unit by its code in the address, by its indented name on the page."""

    def __init__(self, queryset: QuerySet[Unit], **kwargs: Any) -> None:
        super().__init__(queryset, to_field_name="code", **kwargs)

    def label_from_instance(self, unit: Unit) -> str:
        return f"{'　' * (unit.depth - 1)}{unit.label}"


class MemberFilter(forms.Form):
    """Search and filters of the roster; they stay in the address."""

    q = forms.CharField(label=_("姓名、拼音、编号或手机尾号"), required=False)
    unit = UnitChoice(Unit.objects.none(), label=_("党组织"), required=False, empty_label=_("全部"))
    category = forms.ChoiceField(
        label=_("人员类别"), required=False, choices=[("", _("全部")), *Member.Category.choices]
    )
    state = forms.ChoiceField(label=_("党籍状态"), required=False, choices=[("", _("全部")), *Member.State.choices])

    def __init__(self, data: Any, *, units: QuerySet[Unit]) -> None:
        super().__init__(data)
        cast(forms.ModelChoiceField, self.fields["unit"]).queryset = units

    def apply(self, members: QuerySet[Member]) -> QuerySet[Member]:
        """The members that pass; a filter that makes no sense finds nobody."""
        if not self.is_valid():
            return members.none()
        wanted = self.cleaned_data
        if wanted["unit"]:
            members = members.filter(unit__path__startswith=wanted["unit"].path)
        for name in ("category", "state"):
            if wanted[name]:
                members = members.filter(**{name: wanted[name]})
        return named(members, wanted["q"])


class ReasonForm(forms.Form):
    """Why somebody looks at what is hidden."""

    reason = forms.CharField(label=_("查看理由"), max_length=200)


class RankForm(forms.Form):
    """Whether a person is a cadre, and of which rank: cadres have goals of their own."""

    cadre_rank = forms.ChoiceField(
        label=_("干部职级"), required=False, choices=[("", _("非干部")), *Member.CadreRank.choices]
    )


class IndustryForm(forms.Form):
    """What a member mainly lives by: what is grown is taken from those of the county, another is typed."""

    industry = forms.CharField(
        label=_("从事产业"),
        required=False,
        max_length=40,
        help_text=_("主要的一项，例如：葡萄、蚕桑；空着表示没有"),
        widget=forms.TextInput(attrs={"list": "industries", "autocomplete": "off"}),
    )


class LoginForm(forms.Form):
    """A login for a member: a user name; the first password is made here and shown once."""

    username = forms.RegexField(
        r"^[\w.@+-]{3,60}$",
        label=_("用户名"),
        error_messages={"invalid": _("用户名为 3 至 60 个字母、数字或 . @ + - _")},
    )
