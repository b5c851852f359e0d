"""Forms of closing: what a class asks for, scores, a lesson made up, an appeal, an opinion, a decision."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lms.core import clock
from lms.members.models import Member, Unit
from lms.members.selectors import named
from lms.training.claims_forms import ManyFiles
from lms.training.closing import absences, rules
from lms.training.closing.makeups import Lesson
from lms.training.closing.selectors import Overview
from lms.training.closing.surveys import Teacher
from lms.training.forms import DateInput, TimeInput, UnitChoice
from lms.training.models import Appeal, MakeUp

SCORE, TEACHER = "score-", "teacher-"
GRADES = [(5, _("5 很好")), (4, _("4 好")), (3, _("3 一般")), (2, _("2 差")), (1, _("1 很差"))]


def _area(rows: int, most: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "maxlength": most})


class TermsForm(forms.Form):
    """What a class asks for beside attendance."""

    reflection = forms.BooleanField(label=_("须交学习心得"), required=False)
    pass_mark = forms.IntegerField(
        label=_("考核合格分"),
        help_text=_("0–100 分；空着表示不考核"),
        min_value=0,
        max_value=rules.FULL_MARKS,
        required=False,
    )


class ScoresForm(forms.Form):
    """A score a person, by the member's code; empty: none."""

    def __init__(self, data: Any, *, seen: Overview) -> None:
        super().__init__(data)
        self.members = {person.member.code: person.member.pk for person in seen.people}
        for person in seen.people:
            self.fields[f"{SCORE}{person.member.code}"] = forms.IntegerField(
                label=_("%(name)s 的成绩") % {"name": person.member.name},
                min_value=0,
                max_value=rules.FULL_MARKS,
                required=False,
                initial=person.outcome.score if person.outcome else None,
            )

    def scores(self) -> dict[int, int | None]:
        """The scores of those whose field was on the page, by member id."""
        return {
            pk: self.cleaned_data[f"{SCORE}{code}"]
            for code, pk in self.members.items()
            if f"{SCORE}{code}" in self.data
        }


class ReflectionForm(forms.Form):
    """学习心得."""

    text = forms.CharField(label=_("学习心得"), max_length=5000, widget=_area(8, 5000))


class MakeUpForm(forms.Form):
    """When and what a lesson was made up, with its evidence (taken from the request's files by the view).

    ``late``: the deadline is over, so why it is taken all the same is asked.
    """

    day = forms.DateField(label=_("补学日期"), widget=DateInput)
    starts = forms.TimeField(label=_("开始"), widget=TimeInput)
    ends = forms.TimeField(label=_("结束"), widget=TimeInput)
    text = forms.CharField(
        label=_("补学内容和收获"),
        help_text=_("看了什么、学会了什么，至少 20 个字"),
        max_length=2000,
        widget=_area(5, 2000),
    )
    evidence = forms.FileField(
        label=_("照片或 PDF"),
        required=False,  # several files are read from the request; the service says when there is none
        widget=ManyFiles(attrs={"multiple": True, "accept": "image/jpeg,image/png,image/webp,application/pdf"}),
    )

    late_reason = forms.CharField(
        label=_("逾期受理的理由"),
        help_text=_("补学期限已过；理由会留在记录里"),
        max_length=200,
        widget=_area(2, 200),
    )

    def __init__(self, *args: Any, late: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not late:
            del self.fields["late_reason"]

    def lesson(self, evidence: list[bytes]) -> Lesson:
        """The lesson as the service takes it."""
        values = self.cleaned_data
        return Lesson(
            starts_at=timezone.make_aware(dt.datetime.combine(values["day"], values["starts"])),
            ends_at=timezone.make_aware(dt.datetime.combine(values["day"], values["ends"])),
            text=values["text"],
            evidence=evidence,
        )


class AppealForm(forms.Form):
    """What the record should say, and why."""

    wanted = forms.ChoiceField(
        label=_("应记为"), choices=Appeal.Wanted.choices, widget=forms.RadioSelect, initial="present"
    )
    reason = forms.CharField(
        label=_("说明"), help_text=_("当时的情况，谁可以证明"), max_length=500, widget=_area(3, 500)
    )


class OpinionForm(forms.Form):
    """Three marks, one for each teacher whom the person heard, and a sentence; nobody's name is asked."""

    content = forms.TypedChoiceField(label=_("内容有用"), choices=GRADES, coerce=int, widget=forms.RadioSelect)
    teaching = forms.TypedChoiceField(label=_("讲得明白"), choices=GRADES, coerce=int, widget=forms.RadioSelect)
    arrangement = forms.TypedChoiceField(label=_("组织安排"), choices=GRADES, coerce=int, widget=forms.RadioSelect)
    comment = forms.CharField(label=_("意见建议"), max_length=300, required=False, widget=_area(3, 300))

    def __init__(self, data: Any, *, teachers: Sequence[Teacher] = ()) -> None:
        super().__init__(data)
        self.keys = [teacher.key for teacher in teachers]
        for teacher in teachers:
            self.fields[f"{TEACHER}{teacher.key}"] = forms.TypedChoiceField(
                label=_("%(name)s讲得怎样") % {"name": teacher.name},
                help_text=_("没听他的课，可以不选"),
                choices=GRADES,
                coerce=int,
                empty_value=None,
                required=False,
                widget=forms.RadioSelect,
            )
        self.order_fields(["content", "teaching", *(f"{TEACHER}{key}" for key in self.keys), "arrangement"])

    def teachers(self) -> dict[str, int]:
        """The marks of the teachers by key, without those that were left empty."""
        found = {key: self.cleaned_data[f"{TEACHER}{key}"] for key in self.keys}
        return {key: stars for key, stars in found.items() if stars is not None}

    def marks(self) -> dict[str, int]:
        """The three marks by question."""
        return {name: self.cleaned_data[name] for name in ("content", "teaching", "arrangement")}


class DecisionForm(forms.Form):
    """Yes or no, with words for the member."""

    answer = forms.CharField(label=_("意见"), max_length=200, required=False, widget=_area(2, 200))


class AbsenceFilter(forms.Form):
    """Which absences: of whom, of which unit, of which year, made up or not. They stay in the address."""

    q = forms.CharField(label=_("姓名、拼音或培训名称"), required=False)
    unit = UnitChoice(label=_("党组织"), required=False, empty_label=_("全部"))
    year = forms.TypedChoiceField(label=_("年度"), required=False, coerce=int, empty_value=None)
    state = forms.ChoiceField(
        label=_("补学"),
        required=False,
        choices=[("", _("还没补")), *MakeUp.State.choices, ("all", _("全部"))],
    )

    def __init__(self, data: Any, *, units: QuerySet[Unit]) -> None:
        super().__init__(data)
        cast(forms.ModelChoiceField, self.fields["unit"]).queryset = units
        now = clock.today().year
        cast(forms.ChoiceField, self.fields["year"]).choices = [(year, str(year)) for year in range(now, now - 4, -1)]

    def apply(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The absences that pass; a filter that makes no sense finds none."""
        if not self.is_valid():
            return rows.none()
        values = self.cleaned_data
        rows = absences.in_year(rows, values["year"] or clock.today().year)
        if unit := values["unit"]:
            rows = rows.filter(member__unit__path__startswith=unit.path)
        if text := values["q"].strip():
            people = named(Member.objects.all(), text).values("pk")
            rows = rows.filter(Q(member__in=people) | Q(session__training__title__icontains=text))
        if values["state"] == "all":
            return rows
        if values["state"]:
            return rows.filter(made_up=values["state"])
        return rows.filter(Q(made_up__isnull=True) | Q(made_up=MakeUp.State.REFUSED))
