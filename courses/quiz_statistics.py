"""What the answers say about the questions: how many tried, how many knew, what they chose, whether it tells who knows.

Only each member's first attempt at a test is counted: who comes back has seen the explanation. An answer counts for the
wording under which it was given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils.translation import gettext as _
from wagtail.models import Page

from courses import quiz_rules
from courses.models import CoursePage, LessonPage
from courses.quiz_blocks import questions_of
from courses.quiz_models import QuizMark, QuizResult
from courses.quiz_rules import ORDER, Question, Sums

FAIR, GOOD = 0.2, 0.3
"""From which discrimination on a question is fair, and good (by the usual reading of item analysis)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An option: how many chose it, and whether it is right."""

    text: str
    times: int
    right: bool


@dataclass(frozen=True, slots=True)
class QuestionFigures:
    """One question as it is worded now. ``earlier``: answers given to other wordings, which are in no other figure."""

    number: int
    question: Question
    where: str
    page_id: int
    tries: int
    right: int
    choices: list[Choice]
    discrimination: float | None
    earlier: int

    @property
    def percent(self) -> int | None:
        """How many of those who tried were right, in whole percent; None before anybody tried."""
        return self.right * 100 // self.tries if self.tries else None

    @property
    def verdict(self) -> str:
        """``good``, ``fair``, ``poor`` by the discrimination; "" where it says nothing yet."""
        if self.discrimination is None:
            return ""
        return "good" if self.discrimination >= GOOD else "fair" if self.discrimination >= FAIR else "poor"


@dataclass(frozen=True, slots=True)
class CourseFigures:
    """A course with tests: questions in its bank, tests handed in, how many of them were passed."""

    course: CoursePage
    questions: int
    submitted: int
    passed: int

    @property
    def percent(self) -> int | None:
        """Passed of handed in, in whole percent."""
        return self.passed * 100 // self.submitted if self.submitted else None


def courses() -> list[CourseFigures]:
    """The courses that have questions, or had attempts, in the order of the catalogue; two queries and one a course's lessons."""
    counted = QuizResult.objects.values("attempt__course_id").annotate(
        submitted=Count("pk"), won=Count("pk", filter=Q(passed=True))
    )
    results = {row["attempt__course_id"]: row for row in counted}
    found = []
    for course in CoursePage.objects.order_by("path"):
        number = len(bank_of(course))
        row = results.get(course.pk, {"submitted": 0, "won": 0})
        if number or row["submitted"]:
            found.append(CourseFigures(course, number, row["submitted"], row["won"]))
    return found


def bank_of(course: CoursePage) -> list[tuple[Page, Question]]:
    """(page on which it is written, question) of a course's bank: lesson by lesson, then what the course adds.

    Lessons that were taken down are among them: what was answered there was answered.
    """
    lessons = LessonPage.objects.child_of(course).order_by("path")
    found = [(lesson, one) for lesson in lessons for one in lesson.bank()]
    return [*found, *((course, one) for one in questions_of(course.questions))]


def figures(course: CoursePage) -> list[QuestionFigures]:
    """The figures of each question of a course, in four queries whatever the number of questions and answers."""
    return list(_figures(course))


def _first_marks(course: CoursePage) -> QuerySet[QuizMark]:
    return QuizMark.objects.order_by().filter(result__attempt__course_id=course.pk, result__attempt__number=1)


def _figures(course: CoursePage) -> Iterator[QuestionFigures]:
    marks = _first_marks(course)
    sums = _sums(marks)
    tries = {row["question"]: row["n"] for row in marks.values("question").annotate(n=Count("pk"))}
    chosen: dict[tuple[str, str], dict[str, int]] = {}
    for row in marks.values("question", "version", "chosen").annotate(n=Count("pk")):
        chosen.setdefault((row["question"], row["version"]), {})[row["chosen"]] = row["n"]
    for number, (page, question) in enumerate(bank_of(course), 1):
        key = (question.id, question.version)
        own = sums.get(key, Sums(0, 0, 0, 0, 0))
        yield QuestionFigures(
            number=number,
            question=question,
            where=page.title if page.live else _("%(title)s（未发布）") % {"title": page.title},
            page_id=page.pk,
            tries=own.tries,
            right=own.right,
            choices=_choices(question, chosen.get(key, {})),
            discrimination=quiz_rules.discrimination(own),
            earlier=tries.get(question.id, 0) - own.tries,
        )


def _sums(marks: QuerySet[QuizMark]) -> dict[tuple[str, str], Sums]:
    rows = marks.values("question", "version").annotate(
        n=Count("pk"),
        won=Count("pk", filter=Q(right=True)),
        sum_rest=Sum("rest"),
        sum_squared=Sum(F("rest") * F("rest")),
        sum_right=Sum("rest", filter=Q(right=True), default=0),
    )
    return {
        (row["question"], row["version"]): Sums(
            row["n"], row["won"], row["sum_rest"], row["sum_squared"], row["sum_right"]
        )
        for row in rows
    }


def _choices(question: Question, chosen: dict[str, int]) -> list[Choice]:
    """How often each option was chosen; where the order is asked, the orders that were given most."""
    if question.kind == ORDER:
        most = sorted(chosen.items(), key=lambda one: (-one[1], one[0]))[:4]
        return [_order(question, [int(at) for at in places.split(",")], times) for places, times in most]
    times = dict.fromkeys(range(len(question.options)), 0)
    for places, number in chosen.items():
        for at in places.split(","):
            times[int(at)] += number
    return [Choice(text, times[at], at in question.answer) for at, text in enumerate(question.options)]


def _order(question: Question, places: list[int], times: int) -> Choice:
    return Choice(" → ".join(question.options[at] for at in places), times, tuple(places) == question.answer)
