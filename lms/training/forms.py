"""Forms of trainings: filters, the plan with its sessions, times of one person, closing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lms.core import clock
from lms.members.models import Member, Unit, User
from lms.members.permissions import can, can_anywhere
from lms.members.selectors import named
from lms.training import selectors
from lms.training.filling import audience
from lms.training.models import Attendance, Organiser, Training, TrainingSession
from lms.training.planning.registers import Stock
from lms.training.planning.rules import MOST_REPEATS, repeats
from lms.training.services import Reconciliation, SessionPlan, moved

BLANK_SESSIONS = 3
PRESETS = (("", _("按下面的时间")), ("morning", _("上午")), ("afternoon", _("下午")), ("day", _("全天")))


def posted(request: HttpRequest) -> QueryDict | None:
    """What was sent, also when every field was left empty; None for a page that is only looked at."""
    return request.POST if request.method == "POST" else None


class DateInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    """The browser's own clock."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class UnitChoice(forms.ModelChoiceField):
    """A unit by its code, shown by its indented name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Unit.objects.none(), to_field_name="code", **kwargs)

    def label_from_instance(self, unit: Unit) -> str:
        return f"{'　' * (unit.depth - 1)}{unit.label}"


class TrainingFilter(forms.Form):
    """Search and kind over the list; they stay in the address."""

    q = forms.CharField(label=_("名称、地点或主讲人"), required=False)
    kind = forms.ChoiceField(label=_("形式"), required=False, choices=[("", _("全部")), *Training.Kind.choices])

    def apply(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The trainings that pass; a filter that makes no sense finds none."""
        if not self.is_valid():
            return rows.none()
        if kind := self.cleaned_data["kind"]:
            rows = rows.filter(kind=kind)
        return selectors.searched(rows, self.cleaned_data["q"])


class TrainingForm(forms.ModelForm):
    """What is planned. Unit and kind are chosen once; later they stand."""

    unit = UnitChoice(label=_("主办单位"))

    class Meta:
        model = Training
        fields = [
            "kind",
            "title",
            "number",
            "category",
            "unit",
            "base",
            "place",
            "trainer",
            "lecturer",
            "organiser",
            "capacity",
        ]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        units = selectors.planners_units(user)
        open_now = Q(is_active=True) | Q(pk=self.instance.base_id)
        cast(forms.ModelChoiceField, self.fields["base"]).queryset = selectors.bases().filter(open_now)
        cast(forms.ModelChoiceField, self.fields["organiser"]).queryset = Organiser.objects.filter(is_active=True)
        cast(forms.ModelChoiceField, self.fields["trainer"]).queryset = selectors.trainers(user)
        cast(forms.IntegerField, self.fields["capacity"]).min_value = 1
        cast(forms.IntegerField, self.fields["number"]).min_value = 1
        self.fields["number"].help_text = _("本单位本年的第几期（场、次）；空着自动接着编")
        if not can_anywhere(
            user, "trainings.plan"
        ):  # who prepares is in charge, also of what he copies from somebody else
            self.initial["trainer"] = user.pk
            self.fields["trainer"].required = True
        if self.instance.pk:
            del self.fields["kind"], self.fields["unit"]
        else:
            cast(forms.ModelChoiceField, self.fields["unit"]).queryset = units
            self.fields["unit"].initial = units.first()

    def clean(self) -> dict[str, Any]:
        """A visit names its base (the database says the same); in a unit where one only prepares, one is in charge oneself."""
        values = super().clean() or {}
        unit = self.instance.unit if self.instance.pk else values.get("unit")
        if unit is not None and not can(self.user, "trainings.plan", unit) and values.get("trainer") != self.user:
            self.add_error("trainer", _("您在这里只能安排自己负责的培训"))
        kind = values.get("kind") or self.instance.kind
        if kind == Training.Kind.VISIT and not values.get("base"):
            self.add_error("base", _("基地参观要选一个基地"))
        return values


class SessionForm(forms.Form):
    """One session: a day and two times, or a half-day of the county's; an end not after the beginning lies on the next day."""

    pk = forms.IntegerField(widget=forms.HiddenInput, required=False)
    day = forms.DateField(label=_("日期"), widget=DateInput)
    preset = forms.ChoiceField(label=_("时段"), required=False, choices=PRESETS)
    starts = forms.TimeField(label=_("开始"), widget=TimeInput, required=False)
    ends = forms.TimeField(label=_("结束"), widget=TimeInput, required=False)
    measure = forms.ChoiceField(
        label=_("计时方式"), choices=TrainingSession.Measure.choices, initial=TrainingSession.Measure.CLOCK
    )
    topic = forms.CharField(label=_("内容"), max_length=100, required=False)
    room = forms.TypedChoiceField(label=_("教室"), required=False, coerce=int, empty_value=None)
    experts = forms.TypedMultipleChoiceField(label=_("授课专家"), required=False, coerce=int)

    def __init__(self, *args: Any, stock: Stock | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stock = stock or Stock()
        cast(forms.ChoiceField, self.fields["room"]).choices = [("", _("不占用")), *self.stock.room_choices]
        cast(forms.ChoiceField, self.fields["experts"]).choices = self.stock.expert_choices
        for name in ("room", "experts"):
            if not self.fields[name].choices[name == "room" :]:  # type: ignore[attr-defined]
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """The two times: as typed, or those of the half-day that was chosen."""
        values = super().clean() or {}
        if preset := values.get("preset"):
            starts, ends, measure = settings.TRAINING_HALF_DAYS[preset]
            values |= {"starts": dt.time.fromisoformat(starts), "ends": dt.time.fromisoformat(ends), "measure": measure}
        for name in ("starts", "ends"):
            if name in values and values[name] is None:
                self.add_error(name, _("请填写时间，或选择时段"))
        return values

    def plan(self) -> SessionPlan:
        """The session as the services take it."""
        values = self.cleaned_data
        starts_at = timezone.make_aware(dt.datetime.combine(values["day"], values["starts"]))
        ends_at = timezone.make_aware(dt.datetime.combine(values["day"], values["ends"]))
        if ends_at <= starts_at:
            ends_at += dt.timedelta(days=1)
        room = self.stock.rooms.get(values.get("room"))
        experts = tuple(self.stock.experts[pk] for pk in sorted(values.get("experts", [])))
        return SessionPlan(starts_at, ends_at, values["measure"], values["topic"], room, experts)


SessionFormSet = forms.formset_factory(SessionForm, extra=BLANK_SESSIONS, can_delete=True, max_num=60)


def plans_of(sessions: forms.BaseFormSet[Any]) -> list[SessionPlan]:
    """The rows of a ``SessionFormSet`` that were filled in and hold together, as plans."""
    rows = [row for row in sessions.forms if row.has_changed() or row.initial]
    return [row.plan() for row in rows if row.is_valid() and not row.cleaned_data.get("DELETE")]


class SeriesForm(forms.Form):
    """Whether the first session of a new plan repeats: how often, on which days, until when."""

    every = forms.ChoiceField(
        label=_("重复"),
        required=False,
        choices=[
            ("", _("不重复")),
            ("1", _("每天")),
            ("7", _("每周")),
            ("14", _("每两周")),
            ("weekdays", _("按星期几")),
        ],
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("星期几"),
        required=False,
        coerce=int,
        choices=list(enumerate((_("一"), _("二"), _("三"), _("四"), _("五"), _("六"), _("日")))),
        widget=forms.CheckboxSelectMultiple,
    )
    times = forms.IntegerField(label=_("共几次"), required=False, min_value=2, max_value=MOST_REPEATS)
    until = forms.DateField(label=_("到哪天为止"), required=False, widget=DateInput)

    def clean(self) -> dict[str, Any]:
        """A series has an end, and one by days of the week names them."""
        values = super().clean() or {}
        if values.get("every") and not values.get("times") and not values.get("until"):
            self.add_error("times", _("请填写共几次，或到哪天为止"))
        if values.get("every") == "weekdays" and not values.get("weekdays"):
            self.add_error("weekdays", _("请选择星期几"))
        return values

    def expand(self, plans: list[SessionPlan]) -> list[SessionPlan]:
        """The plans, the first of them repeated as was chosen; a day that is planned already stays as it is."""
        every = self.cleaned_data["every"]
        if not every or not plans:
            return plans
        first, end = plans[0], {name: self.cleaned_data[name] for name in ("times", "until")}
        rhythm: dict[str, Any] = (
            {"weekdays": self.cleaned_data["weekdays"]} if every == "weekdays" else {"every_days": int(every)}
        )
        day = clock.local_date(first.starts_at)
        days = repeats(day, **rhythm, times=end["times"] or 0, until=end["until"])
        series = [moved(first, one - day) for one in days]
        starts = {plan.starts_at for plan in plans}
        return [*plans, *(plan for plan in series if plan.starts_at not in starts)]


def session_values(session: TrainingSession) -> dict[str, Any]:
    """The first values of a session's form."""
    starts, ends = timezone.localtime(session.starts_at), timezone.localtime(session.ends_at)
    return {
        "pk": session.pk,
        "day": starts.date(),
        "starts": starts.time(),
        "ends": ends.time(),
        "measure": session.measure,
        "topic": session.topic,
        "room": session.room_id,
        "experts": [expert.pk for expert in session.experts.all()],
    }


class PickForm(forms.Form):
    """Whom to enrol: search by name or pinyin within one branch."""

    q = forms.CharField(label=_("姓名、拼音或编号"), required=False)
    unit = UnitChoice(label=_("党组织"), required=False, empty_label=_("全部"))

    def __init__(self, data: Any, *, units: QuerySet[Unit]) -> None:
        super().__init__(data)
        cast(forms.ModelChoiceField, self.fields["unit"]).queryset = units

    def apply(self, members: QuerySet[Member]) -> QuerySet[Member]:
        """The members that pass."""
        if not self.is_valid():
            return members.none()
        if unit := self.cleaned_data["unit"]:
            members = members.filter(unit__path__startswith=unit.path)
        return named(members, self.cleaned_data["q"])


class EnrolForm(PickForm):
    """Whom to enrol: those for whom the training is, and on request the others."""

    outside = forms.BooleanField(label=_("也列出不在面向范围的人"), required=False)

    def __init__(self, data: Any, *, units: QuerySet[Unit], training: Training) -> None:
        super().__init__(data, units=units)
        self.training, self.rule = training, audience.rule_of(training)
        if self.rule.everybody:
            del self.fields["outside"]

    def apply(self, members: QuerySet[Member]) -> QuerySet[Member]:
        """The members that pass."""
        found = super().apply(members)
        if self.shows_outside:
            return found
        return audience.fitting(found, self.rule, audience.year_of(self.training))

    @property
    def shows_outside(self) -> bool:
        """Whether people for whom it is not are listed too."""
        return bool(self.cleaned_data.get("outside"))


class TimesForm(forms.Form):
    """When one person came and went; empty: from the beginning, to the end."""

    arrived = forms.TimeField(label=_("到达时间"), widget=TimeInput, required=False)
    left = forms.TimeField(label=_("离开时间"), widget=TimeInput, required=False)

    def moments(self, session: TrainingSession) -> dict[str, dt.datetime | None]:
        """The times as moments on the session's own day, after midnight on the next."""
        return {
            "arrived_at": self._moment(session, self.cleaned_data["arrived"]),
            "left_at": self._moment(session, self.cleaned_data["left"]),
        }

    @staticmethod
    def _moment(session: TrainingSession, at: dt.time | None) -> dt.datetime | None:
        if at is None:
            return None
        starts = timezone.localtime(session.starts_at)
        ends = timezone.localtime(session.ends_at)
        across = ends.date() > starts.date() and at <= ends.time()
        return timezone.make_aware(dt.datetime.combine(ends.date() if across else starts.date(), at))


def times_values(mark: Attendance | None) -> dict[str, dt.time]:
    """The first values of ``TimesForm``."""
    moments = {"arrived": mark.arrived_at, "left": mark.left_at} if mark else {}
    return {name: timezone.localtime(moment).time() for name, moment in moments.items() if moment}


class CloseForm(forms.Form):
    """Reconcile the heads with the ticks, session by session, then close."""

    absent = forms.BooleanField(label=_("没有记录的人，按缺席处理"), required=False)
    reason = forms.CharField(
        label=_("人数不一致的原因"),
        help_text=_("清点的人数与签到、或与当天清点的不一致时填写"),
        max_length=200,
        required=False,
    )

    def __init__(
        self, data: Any, *, sessions: list[TrainingSession], unmarked: int, counted: Mapping[int, int] | None = None
    ) -> None:
        super().__init__(data)
        if not unmarked:
            del self.fields["absent"]
        self.head_fields = []
        for session in sessions:
            name = f"heads-{session.pk}"
            self.fields[name] = forms.IntegerField(
                label=_("现场清点人数"),
                min_value=0,
                max_value=100_000,
                required=False,
                initial=(counted or {}).get(session.pk),
            )
            self.head_fields.append((session, self[name]))

    def said(self) -> Reconciliation:
        """What was said, as the service takes it; a head count left empty was not made."""
        heads = {session.pk: self.cleaned_data.get(bound.name) for session, bound in self.head_fields}
        return Reconciliation(
            absent_confirmed=self.cleaned_data.get("absent", False),
            head_counts={pk: count for pk, count in heads.items() if count is not None},
            reason=self.cleaned_data["reason"].strip(),
        )


class CancelForm(forms.Form):
    """Why a training is called off."""

    reason = forms.CharField(label=_("取消原因"), max_length=200)
