"""A test on a lesson, and a member who answers it as one wants."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from courses import quizzes
from courses.models import LessonPage, LessonProgress
from courses.quiz_models import QuizAttempt, QuizPage, QuizResult
from courses.quiz_rules import Drawn
from lms.core import clock
from lms.members.models import Member

SINGLE = {
    "text": "葡萄冬剪在什么时候？",
    "picture": None,
    "picture_text": "",
    "options": [{"text": "落叶后到伤流前", "right": True}, {"text": "萌芽以后", "right": False}],
    "explanation": "伤流以后剪，伤口流水伤树。",
}
MULTIPLE = {
    "text": "哪些枝要剪掉？",
    "picture": None,
    "picture_text": "",
    "options": [
        {"text": "病枝", "right": True},
        {"text": "细弱枝", "right": True},
        {"text": "健壮的结果母枝", "right": False},
    ],
    "explanation": "病枝和弱枝都不留。",
}
TRUE_FALSE = {
    "text": "剪口要离芽一厘米以上。",
    "picture": None,
    "picture_text": "",
    "answer": "true",
    "explanation": "离得太近，芽会抽干。",
}
ORDER = {
    "text": "修剪的先后",
    "picture": None,
    "picture_text": "",
    "steps": ["看架面", "定母枝", "下剪"],
    "explanation": "先看后剪。",
}
ALL: tuple[tuple[str, dict[str, Any]], ...] = (
    ("single", SINGLE),
    ("multiple", MULTIPLE),
    ("truefalse", TRUE_FALSE),
    ("order", ORDER),
)


def give_quiz(page: QuizPage, *questions: tuple[str, dict[str, Any]], **settings: Any) -> QuizPage:
    """Put a test on a page and publish it."""
    page.questions = list(questions or ALL)
    for name, value in settings.items():
        setattr(page, name, value)
    page.save_revision().publish()
    page.refresh_from_db()
    return page


def complete(lesson: LessonPage, member: Member) -> None:
    """The member has studied the lesson."""
    now = clock.now()
    LessonProgress.objects.update_or_create(
        member=member, lesson=lesson, defaults={"completed_at": now, "updated_at": now}
    )


def right_keys(one: Drawn) -> list[str]:
    """The keys of the right answer, as only the server knows them."""
    by_place = {option.at: option.key for option in one.options}
    return [by_place[at] for at in one.question.answer]


def wrong_keys(one: Drawn) -> list[str]:
    """A whole answer that is not right."""
    if one.question.kind == "order":
        return right_keys(one)[::-1]
    right = set(right_keys(one))
    return [next(option.key for option in one.options if option.key not in right)]


def answers(attempt: QuizAttempt, wrong: Collection[int] = ()) -> dict[str, list[str]]:
    """Right answers to all questions, but for those with the numbers (from 0) in ``wrong``."""
    asked = enumerate(attempt.asked())
    return {one.key: wrong_keys(one) if number in wrong else right_keys(one) for number, one in asked}


def fields(attempt: QuizAttempt, wrong: Collection[int] = ()) -> dict[str, Any]:
    """The same as the fields of the sheet."""
    chosen = answers(attempt, wrong)
    sent: dict[str, Any] = {}
    for one in attempt.asked():
        if one.question.kind == "order":
            sent.update({key: str(rank) for rank, key in enumerate(chosen[one.key], 1)})
        else:
            sent[one.key] = chosen[one.key]
    return sent


def take(page: QuizPage, member: Member, wrong: Collection[int] = ()) -> QuizResult:
    """Begin and hand in."""
    attempt = quizzes.start(page=page, member=member, by=member.user)
    assert member.user is not None
    return quizzes.submit(attempt=attempt, answers=answers(attempt, wrong), by=member.user)
