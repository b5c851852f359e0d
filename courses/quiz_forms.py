"""The answer sheet of an attempt: one field a question, or one a step where the order is asked.

Names and values are the attempt's own keys; a choice is required, and which one is right is nowhere in the form.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.quiz_rules import MULTIPLE, ORDER, TRUE_FALSE, Drawn, Option

NO_ANSWER = {"required": gettext_lazy("还没有作答")}
TRUTH = (gettext_lazy("对"), gettext_lazy("错"))


@dataclass(frozen=True, slots=True)
class Row:
    """A question with its fields: one of choices, or a rank for each step."""

    number: int
    drawn: Drawn
    fields: list[BoundField]
    picture: Any

    @property
    def is_order(self) -> bool:
        """Whether steps are to be put in order."""
        return self.drawn.question.kind == ORDER

    @property
    def errors(self) -> list[str]:
        """What is wrong with the answer, each thing once."""
        return list(dict.fromkeys(str(error) for field in self.fields for error in field.errors))


class AnswerSheet(forms.Form):
    """What a member answers. ``initial``: what was kept before (``kept``)."""

    def __init__(
        self,
        asked: list[Drawn],
        pictures: dict[int | None, Any],
        data: QueryDict | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial, auto_id="q-%s")
        self.sent = data if data is not None else QueryDict()
        self.asked, self.pictures = asked, pictures
        for number, one in enumerate(asked, 1):
            label = _("第 %(number)s 题") % {"number": number}
            if one.question.kind == ORDER:
                self.fields.update({option.key: _rank(one, option) for option in one.options})
            else:
                self.fields[one.key] = _choice(one, label)

    def rows(self) -> Iterator[Row]:
        """The questions with their fields, in the attempt's order."""
        for number, one in enumerate(self.asked, 1):
            names = [option.key for option in one.options] if one.question.kind == ORDER else [one.key]
            picture = self.pictures.get(one.question.picture)
            yield Row(number, one, [self[name] for name in names], picture)

    def clean(self) -> dict[str, Any]:
        """No two steps have the same place."""
        values = super().clean() or {}
        for one in self.asked:
            if one.question.kind == ORDER:
                ranks = [values.get(option.key) for option in one.options]
                if None not in ranks and len(set(ranks)) < len(ranks):
                    self.add_error(one.options[0].key, _("有两步排在了同一位置"))
        return values

    def answers(self) -> dict[str, list[str]]:
        """What a valid sheet says, as ``quizzes.submit`` takes it."""
        found: dict[str, list[str]] = {}
        for one in self.asked:
            if one.question.kind == ORDER:
                ranks = {option.key: int(self.cleaned_data[option.key]) for option in one.options}
                found[one.key] = sorted(ranks, key=ranks.__getitem__)
            else:
                value = self.cleaned_data[one.key]
                found[one.key] = value if isinstance(value, list) else [value]
        return found

    def kept(self) -> dict[str, list[str]]:
        """What was ticked so far, of the fields and choices that there are; nothing is required."""
        found = {}
        for name, field in self.fields.items():
            allowed = {str(value) for value, _label in field.choices}  # type: ignore[attr-defined]
            sent = [value for value in self.sent.getlist(name) if value in allowed and value]
            if sent:
                found[name] = sent
        return found


def initial_of(fields: dict[str, list[str]], asked: list[Drawn]) -> dict[str, Any]:
    """What was kept, as the sheet's initial values."""
    several = {one.key for one in asked if one.question.kind == MULTIPLE}
    return {name: values if name in several else values[0] for name, values in fields.items()}


def _choice(one: Drawn, label: str) -> forms.Field:
    is_true_false = one.question.kind == TRUE_FALSE
    choices = [(option.key, TRUTH[option.at] if is_true_false else option.text) for option in one.options]
    if one.question.kind == MULTIPLE:
        widget = forms.CheckboxSelectMultiple
        return forms.MultipleChoiceField(label=label, choices=choices, widget=widget, error_messages=NO_ANSWER)
    return forms.ChoiceField(label=label, choices=choices, widget=forms.RadioSelect, error_messages=NO_ANSWER)


def _rank(one: Drawn, option: Option) -> forms.Field:
    places = range(1, len(one.options) + 1)
    choices = [("", _("请选择")), *((str(at), _("第 %(n)s 步") % {"n": at}) for at in places)]
    return forms.ChoiceField(label=option.text, choices=choices, error_messages=NO_ANSWER)
