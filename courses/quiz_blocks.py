"""The blocks from which editors build a test: four kinds of question, each with a picture and an explanation if wanted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.images.blocks import ImageChooserBlock

from courses import quiz_rules
from courses.quiz_rules import Question

TRUE, FALSE = "true", "false"


class OptionBlock(blocks.StructBlock):
    """An option and whether it is right."""

    text = blocks.CharBlock(label=_("选项"), max_length=200)
    right = blocks.BooleanBlock(label=_("正确"), required=False)

    class Meta:
        icon = "radio-empty"
        label = _("选项")


class QuestionBlock(blocks.StructBlock):
    """What all questions have; a kind adds how it is answered."""

    text = blocks.TextBlock(label=_("题目"), max_length=500, rows=2)
    picture = ImageChooserBlock(label=_("配图"), required=False)
    picture_text = blocks.CharBlock(
        label=_("配图说明"), required=False, max_length=120, help_text=_("读屏软件会念出来，不要写出答案")
    )

    kind = ""

    def question(self, id: str, value: Any) -> Question:
        """The question that an editor has written."""
        options, answer = self.answers(value)
        picture = value["picture"]
        return Question(
            id=id,
            kind=self.kind,
            text=value["text"],
            options=tuple(options),
            answer=tuple(answer),
            explanation=value["explanation"],
            picture=picture.pk if picture else None,
            picture_text=value["picture_text"],
        )

    def answers(self, value: Any) -> tuple[list[str], list[int]]:
        """The options and the places of the right ones."""
        raise NotImplementedError

    class Meta:
        icon = "help"


def _explanation() -> blocks.TextBlock:
    return blocks.TextBlock(
        label=_("解析"), required=False, max_length=600, rows=2, help_text=_("交卷后显示，告诉学员为什么")
    )


class ChoiceBlock(QuestionBlock):
    """Options of which some are right."""

    options = blocks.ListBlock(
        OptionBlock(), label=_("选项"), min_num=2, max_num=8, default=[{"text": "", "right": False}] * 2
    )
    explanation = _explanation()

    def answers(self, value: Any) -> tuple[list[str], list[int]]:
        options = list(value["options"])
        return [one["text"] for one in options], [at for at, one in enumerate(options) if one["right"]]

    def clean(self, value: Any) -> Any:
        """Options differ, and as many are right as the kind wants."""
        cleaned = super().clean(value)
        texts, right = self.answers(cleaned)
        problem = _alike(texts) or self.problem(len(right))
        if problem:
            raise StructBlockValidationError(block_errors={"options": ValidationError(problem)})
        return cleaned

    def problem(self, right: int) -> Any:
        """What is wrong with that many right options; "" when nothing is."""
        raise NotImplementedError


def _alike(texts: Iterable[str]) -> Any:
    """What to say about two options that read alike; "" when all differ."""
    twice = max(Counter(text.strip() for text in texts).values(), default=0) > 1
    return _("有两个选项写得一样。") if twice else ""


class SingleBlock(ChoiceBlock):
    """Just one option is right."""

    kind = quiz_rules.SINGLE

    def problem(self, right: int) -> Any:
        return "" if right == 1 else _("单选题要有一个、也只能有一个选项勾选“正确”。")

    class Meta:
        icon = "radio-full"
        label = _("单选题")


class MultipleBlock(ChoiceBlock):
    """One or more options are right; all of them must be chosen."""

    kind = quiz_rules.MULTIPLE

    def problem(self, right: int) -> Any:
        return "" if right else _("多选题至少要有一个选项勾选“正确”。")

    class Meta:
        icon = "tasks"
        label = _("多选题")


class TrueFalseBlock(QuestionBlock):
    """A statement that is true or not."""

    kind = quiz_rules.TRUE_FALSE
    answer = blocks.ChoiceBlock(label=_("答案"), choices=[(TRUE, _("对")), (FALSE, _("错"))])
    explanation = _explanation()

    def answers(self, value: Any) -> tuple[list[str], list[int]]:
        return ["对", "错"], [0 if value["answer"] == TRUE else 1]

    class Meta:
        icon = "check"
        label = _("判断题")


class OrderBlock(QuestionBlock):
    """Steps, written in the right order and shown mixed."""

    kind = quiz_rules.ORDER
    steps = blocks.ListBlock(
        blocks.CharBlock(max_length=200),
        label=_("步骤"),
        min_num=2,
        max_num=8,
        help_text=_("按正确的先后顺序写，学员看到的是打乱的"),
    )
    explanation = _explanation()

    def answers(self, value: Any) -> tuple[list[str], list[int]]:
        steps = list(value["steps"])
        return steps, list(range(len(steps)))

    def clean(self, value: Any) -> Any:
        """Steps that read alike have no order."""
        cleaned = super().clean(value)
        problem = _alike(cleaned["steps"])
        if problem:
            raise StructBlockValidationError(block_errors={"steps": ValidationError(problem)})
        return cleaned

    class Meta:
        icon = "list-ol"
        label = _("排序题")


class QuestionBank(blocks.StreamBlock):
    """The questions of a lesson or course, in any number and order."""

    single = SingleBlock()
    multiple = MultipleBlock()
    truefalse = TrueFalseBlock()
    order = OrderBlock()


def questions_of(stream: Any) -> Iterator[Question]:
    """The questions of a bank as ``quiz_rules`` takes them; each keeps its id while it is edited and moved."""
    for child in stream:
        yield child.block.question(child.id, child.value)
