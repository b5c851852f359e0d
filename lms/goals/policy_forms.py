"""Forms of a year's goals: a new draft, one line of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from lms.core import clock
from lms.goals.models import GoalLine, GoalPolicy
from lms.goals.rules import ONLINE
from lms.hours.credit import Category, Mode

BOARD = (GoalLine.Audience.MEMBERS, GoalLine.Audience.LEADERS)


class DraftForm(forms.Form):
    """The year of a new draft, and the policy whose lines it starts with."""

    year = forms.IntegerField(
        label=_("年度"),
        validators=[MinValueValidator(2000), MaxValueValidator(2100)],
        initial=lambda: clock.today().year + 1,
    )
    like = forms.ModelChoiceField(
        GoalPolicy.objects.order_by("-year", "-pk"), label=_("照搬"), required=False, empty_label=_("系统默认目标")
    )


class LineForm(forms.ModelForm):
    """One goal line. Minima and caps are one number a category or mode; what is left empty asks nothing."""

    modes = forms.MultipleChoiceField(
        label=_("只计入的学习形式"),
        choices=Mode.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("不选表示全部计入"),
    )

    class Meta:
        model = GoalLine
        fields = [
            *("audience", "period", "event", "deadline_months", "required_hours", "required_classes"),
            *("online_cap_percent", "role_rule", "exempt_by_month", "basis", "modes"),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["required_hours"].help_text = _("只要求集中培训时填 0")
        for name, label, initial in self._numbers():
            whole = name.startswith("mode_caps")
            field: forms.Field = (
                forms.IntegerField(label=label, required=False, min_value=0, max_value=100, initial=initial)
                if whole
                else forms.DecimalField(
                    label=label, required=False, min_value=0, max_value=1000, decimal_places=2, initial=initial
                )
            )
            self.fields[name] = field

    def _numbers(self) -> Iterator[tuple[str, Any, Any]]:
        """(name, label, stored value) of the field of each category and mode."""
        for column, choices in GROUPS:
            stored = getattr(self.instance, column)
            for value, label in choices:
                yield f"{column}-{value}", label, stored.get(value)

    @property
    def sections(self) -> list[tuple[Any, list[forms.BoundField], bool]]:
        """What is asked: (heading, fields, whether any is filled in); the first section has no heading and stays open."""
        found: list[tuple[Any, list[forms.BoundField], bool]] = [("", [self[name] for name in self.Meta.fields], True)]
        for (column, choices), heading in SECTIONS:
            fields = [self[f"{column}-{value}"] for value, _label in choices]
            found.append((heading, fields, any(field.value() or field.errors for field in fields)))
        return found

    def clean(self) -> dict[str, Any]:
        """What the database would refuse is said at the field."""
        values = super().clean() or {}
        for column, choices in GROUPS:
            setattr(self.instance, column, self._group(column, choices, values))
        deadline = values.get("period") == GoalLine.Period.DEADLINE
        if deadline and not values.get("event"):
            self.add_error("event", _("限期完成的目标要选起算事项"))
        if deadline and not values.get("deadline_months"):
            self.add_error("deadline_months", _("请填写期限的月数"))
        if not deadline and (values.get("event") or values.get("deadline_months")):
            self.add_error("event", _("只有限期完成的目标才有起算事项和期限"))
        self._check_amounts(values)
        self._check_board(values)
        return values

    def _group(self, column: str, choices: Iterable[tuple[str, Any]], values: dict[str, Any]) -> dict[str, Any]:
        found = {value: values.get(f"{column}-{value}") for value, _label in choices}
        kept = {value: number for value, number in found.items() if number is not None}
        if column == "mode_caps":
            return {value: number for value, number in kept.items() if number < 100}
        return {value: str(number) for value, number in kept.items() if number > 0}

    def _check_amounts(self, values: dict[str, Any]) -> None:
        hours = values.get("required_hours")
        if hours is not None and (hours < 0 or (hours == 0 and not values.get("required_classes"))):
            self.add_error("required_hours", _("学时和集中培训次数至少要求一项"))
        percent = values.get("online_cap_percent")
        if percent is not None and percent > 100:
            self.add_error("online_cap_percent", _("百分比不超过 100"))
        asked = sum((Decimal(hours) for hours in self.instance.category_minima.values()), Decimal(0))
        if hours is not None and asked > hours:
            self.add_error("required_hours", _("各内容类别的最低学时之和超过了应修学时"))

    def _check_board(self, values: dict[str, Any]) -> None:
        """The boards read one yearly line each of members and of leaders."""
        if values.get("audience") not in BOARD:
            return
        if values.get("period") != GoalLine.Period.YEAR:
            self.add_error("period", _("该对象的目标按自然年度计算"))
        others = self.instance.policy.lines.exclude(pk=self.instance.pk)
        if others.filter(audience=values["audience"]).exists():
            self.add_error("audience", _("该对象已有目标项"))


GROUPS: tuple[tuple[str, list[tuple[str, Any]]], ...] = (
    ("category_minima", list(Category.choices)),
    ("mode_minima", list(Mode.choices)),
    ("mode_caps", [(value, label) for value, label in Mode.choices if value != ONLINE]),
)
SECTIONS = tuple(
    zip(GROUPS, (_("内容类别最低学时"), _("学习形式最低学时"), _("其他学习形式上限（占应修学时百分比）")), strict=True)
)
