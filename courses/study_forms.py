"""Forms of self-chosen and assigned study."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from courses import catalogue
from courses.models import CoursePage
from courses.study_models import CourseAssignment, CourseQuestion, UseFeedback
from lms.core import clock
from lms.members.forms import UnitChoice
from lms.members.models import Member, Unit
from lms.members.permissions import visible_units
from lms.members.selectors import named


class AssignmentForm(forms.Form):
    """Which course, for whom, by when."""

    course = forms.ModelChoiceField(CoursePage.objects.none(), label=_("课程"), empty_label=_("请选择"))
    unit = UnitChoice(Unit.objects.none(), label=_("哪个党组织"), empty_label=_("请选择"))
    whom = forms.ChoiceField(label=_("对象"), choices=CourseAssignment.Whom)
    due_on = forms.DateField(
        label=_("完成期限"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), help_text=_("含当天")
    )
    note = forms.CharField(
        label=_("说明"), required=False, max_length=200, help_text=_("党员会看到，例如为什么要学、怎么安排")
    )

    def __init__(self, user: Any, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        cast(forms.ModelChoiceField, self.fields["course"]).queryset = catalogue.on_offer().order_by("path")
        units = visible_units(user, "courses.assign").order_by("path")
        cast(forms.ModelChoiceField, self.fields["unit"]).queryset = units
        self.fields["due_on"].widget.attrs["min"] = clock.today().isoformat()


class PeopleFilter(forms.Form):
    """Search and state over whom an assignment binds; they stay in the address."""

    MISSING, DONE = "missing", "done"

    q = forms.CharField(label=_("姓名、拼音、编号或手机尾号"), required=False)
    state = forms.ChoiceField(
        label=_("状态"), required=False, choices=[("", _("全部")), (MISSING, _("还没学完")), (DONE, _("已学完"))]
    )

    def apply(self, people: QuerySet[Member], done: QuerySet[Member]) -> QuerySet[Member]:
        """The people that pass, by unit and name; a filter that makes no sense finds nobody."""
        if not self.is_valid():
            return people.none()
        found = named(people, self.cleaned_data["q"])
        if self.cleaned_data["state"] == self.MISSING:
            found = found.exclude(pk__in=done.values("pk"))
        if self.cleaned_data["state"] == self.DONE:
            found = found.filter(pk__in=done.values("pk"))
        return found.order_by("unit__path", "sort_key", "code")


class RatingForm(forms.Form):
    """One to five."""

    STARS = [(5, _("5 很有用")), (4, _("4 有用")), (3, _("3 一般")), (2, _("2 用处不大")), (1, _("1 没用"))]

    stars = forms.TypedChoiceField(label=_("这门课对您有用吗"), choices=STARS, coerce=int, widget=forms.RadioSelect)


class AskForm(forms.ModelForm):
    """A question to who made the course."""

    class Meta:
        model = CourseQuestion
        fields = ["text"]
        labels = {"text": _("您的问题")}
        widgets = {"text": forms.Textarea(attrs={"rows": 4})}


class AnswerForm(forms.ModelForm):
    """The answer."""

    class Meta:
        model = CourseQuestion
        fields = ["answer", "shared"]
        widgets = {"answer": forms.Textarea(attrs={"rows": 5})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["answer"].required = True


class UseForm(forms.ModelForm):
    """What was put to use, with a photograph if wanted. The picture's bytes are looked at by the service."""

    photo = forms.FileField(
        label=_("照片（可以不传）"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )

    class Meta:
        model = UseFeedback
        fields = ["text"]
        widgets = {"text": forms.Textarea(attrs={"rows": 4})}


class TextFilter(forms.Form):
    """A search over people, courses and words; it stays in the address."""

    q = forms.CharField(label=_("姓名、课程或内容"), required=False)

    def apply(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows in which the words occur."""
        if not self.is_valid():
            return rows.none()
        word = self.cleaned_data["q"].strip()
        if not word:
            return rows
        found = Q(text__icontains=word) | Q(member__name__icontains=word) | Q(course__title__icontains=word)
        return rows.filter(found)
