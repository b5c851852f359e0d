"""Forms of help between members."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.models import LessonPage
from lms.core.templatetags.xiangxue import moment_zh
from lms.members.models import Member, User
from lms.members.permissions import visible
from lms.members.selectors import named
from lms.pairs import selectors
from lms.pairs.models import HelpPair
from lms.pairs.services import MANAGE
from lms.training.models import Expert, TrainingSession
from lms.training.planning.registers import serving_experts

MOST_NAMED = 5


class MemberField(forms.CharField):
    """One member by name, pinyin or number, among those of ``people``.

    Who knows somebody of ``others`` names him in full or by number: the roster of other units is not searched from here.
    """

    people: QuerySet[Member] = Member.objects.none()
    others: QuerySet[Member] = Member.objects.none()

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        exact = self.others.filter(Q(code=text) | Q(name=text))
        among = Member.objects.filter(Q(pk__in=named(self.people, text).values("pk")) | Q(pk__in=exact.values("pk")))
        found = list(among.select_related("unit").order_by("sort_key", "code")[: MOST_NAMED + 1])
        if not found:
            raise forms.ValidationError(_("没有找到“%(text)s”，请检查姓名或编号。") % {"text": text}, code="nobody")
        if len(found) > 1:
            them = "、".join(f"{one.code} {one.name}（{one.unit.name}）" for one in found[:MOST_NAMED])
            raise forms.ValidationError(_("有几个人符合，请填编号：%(them)s") % {"them": them}, code="several")
        return found[0]


class PairForm(forms.Form):
    """Who helps whom with what."""

    helper = MemberField(
        label=gettext_lazy("帮带人"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("有技术、愿意带人的能手：姓名、拼音或编号；别的党组织的人填全名或编号"),
    )
    expert = forms.ModelChoiceField(
        Expert.objects.none(),
        label=gettext_lazy("或者一位专家教师"),
        required=False,
        empty_label=gettext_lazy("不选"),
        help_text=gettext_lazy("聘任的专家不是本县党员也可以带；有账号的，登录后能看到清单"),
    )
    member = MemberField(label=gettext_lazy("学员"), max_length=60, help_text=gettext_lazy("姓名、拼音或编号"))
    topic = forms.CharField(
        label=gettext_lazy("帮学内容"), max_length=120, help_text=gettext_lazy("例如：葡萄冬季修剪、手机上课")
    )

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        active = Member.objects.active()
        own = visible(active, user, MANAGE)
        self.fields["helper"].people, self.fields["helper"].others = own, active  # type: ignore[attr-defined]
        self.fields["member"].people = own  # type: ignore[attr-defined]
        self.fields["expert"].queryset = serving_experts().order_by("name", "pk")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """``helper`` becomes the one who was named, a member or an expert."""
        cleaned = super().clean() or {}
        expert = cleaned.pop("expert", None)
        if not self.errors and bool(cleaned.get("helper")) == bool(expert):
            self.add_error("helper", forms.ValidationError(_("请填一名帮带人，或者选一位专家。"), code="one"))
        return {**cleaned, "helper": cleaned.get("helper") or expert}


class TaskForm(forms.Form):
    """A lesson or a session to put on the list, of those that are left."""

    lesson = forms.ModelChoiceField(
        LessonPage.objects.none(), label=gettext_lazy("课时"), required=False, empty_label=gettext_lazy("不选")
    )
    session = forms.ModelChoiceField(
        TrainingSession.objects.none(),
        label=gettext_lazy("培训场次"),
        required=False,
        empty_label=gettext_lazy("不选"),
    )

    def __init__(self, pair: HelpPair, data: Any = None) -> None:
        super().__init__(data)
        self.fields["lesson"].queryset = selectors.lessons_for(pair)  # type: ignore[attr-defined]
        self.fields["session"].queryset = selectors.sessions_for(pair)  # type: ignore[attr-defined]
        self.fields["session"].label_from_instance = _session_label  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and bool(cleaned.get("lesson")) == bool(cleaned.get("session")):
            raise forms.ValidationError(_("请选一课，或者选一场培训。"), code="one")
        return cleaned


def _session_label(session: TrainingSession) -> str:
    return f"{session.training.title} {moment_zh(session.starts_at)}"


class PairFilter(forms.Form):
    """A search over both names, and whether ended pairs are wanted; they stay in the address."""

    q = forms.CharField(label=gettext_lazy("姓名、拼音或编号"), required=False, max_length=60)
    state = forms.ChoiceField(
        label=gettext_lazy("状态"),
        required=False,
        choices=[("", gettext_lazy("进行中")), ("ended", gettext_lazy("已结束"))],
    )

    def apply(self, rows: QuerySet[HelpPair]) -> QuerySet[HelpPair]:
        """The pairs that pass; a filter that makes no sense finds none."""
        if not self.is_valid():
            return rows.none()
        rows = rows.filter(ended_on__isnull=self.cleaned_data["state"] != "ended")
        if text := self.cleaned_data["q"].strip():
            people = named(Member.objects.order_by(), text).values("pk")
            rows = rows.filter(Q(helper__in=people) | Q(member__in=people) | Q(expert__name__icontains=text))
        return rows
