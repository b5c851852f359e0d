"""Writes of tests: begin, keep what was ticked, hand in. Who passes is credited in the same transaction."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any

from django.db import transaction

from courses import quiz_rules
from courses import quiz_selectors as selectors
from courses.quiz_models import QuizAttempt, QuizDraft, QuizMark, QuizPage, QuizResult
from courses.quiz_rules import Drawn
from lms.core import clock
from lms.hours import ledger
from lms.members import audit
from lms.members.models import Member, User

Answers = Mapping[str, Sequence[str]]
"""Chosen option keys by question key, in the order chosen."""


class QuizError(ValueError):
    """What cannot be done with a test.

    ``passed``, ``no-attempts-left``, ``wait``, ``study-first`` (none may begin), ``no-questions``, ``not-yours``,
    ``incomplete`` (a question without an answer), ``handed-in`` (what was handed in is not changed).
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@transaction.atomic
def start(*, page: QuizPage, member: Member, by: User | None, random: Random | None = None) -> QuizAttempt:
    """The attempt that is open, or a new one; so nobody skips what he has drawn. Raises QuizError."""
    Member.objects.select_for_update().get(pk=member.pk)
    found = selectors.standing(page, member)
    if found.open is not None:
        return found.open
    if found.refusal:
        raise QuizError(found.refusal)
    attempt = drawn(page=page, member=member, number=len(found.attempts) + 1, random=random)
    attempt.save()
    audit.record("quiz.start", by=by, on=attempt, unit=member.unit, number=attempt.number)
    return attempt


def drawn(*, page: QuizPage, member: Member, number: int, random: Random | None = None) -> QuizAttempt:
    """An unsaved attempt with its questions. Raises QuizError("no-questions")."""
    chosen = quiz_rules.draw(list(page.bank()), page.quiz_draw, random or secrets.SystemRandom())
    if not chosen:
        raise QuizError("no-questions")
    course = selectors.course_of(page)
    return QuizAttempt(
        member=member,
        page_id=page.pk,
        number=number,
        revision_id=page.live_revision_id,
        title=page.title,
        course_id=course.pk,
        category=course.category,
        pass_percent=page.quiz_pass_percent,
        drawn=[one.record() for one in chosen],
        started_at=clock.now(),
    )


@transaction.atomic
def save_draft(*, attempt: QuizAttempt, fields: dict[str, list[str]], by: User) -> None:
    """Keep what is ticked, field by field; nothing is looked at. Raises QuizError: ``not-yours``, ``handed-in``."""
    _lock_own(attempt, by)
    if QuizResult.objects.filter(attempt=attempt).exists():
        raise QuizError("handed-in")
    QuizDraft.objects.update_or_create(attempt=attempt, defaults={"answers": fields, "saved_at": clock.now()})


@transaction.atomic
def submit(*, attempt: QuizAttempt, answers: Answers, by: User) -> QuizResult:
    """Grade a test and credit who passes. Handed in before: that result, whatever is sent now.

    Raises QuizError: ``not-yours``, ``incomplete``.
    """
    _lock_own(attempt, by)
    earlier = QuizResult.objects.filter(attempt=attempt).first()
    if earlier is not None:
        return earlier
    result, marks = graded(attempt, answers)
    result.save()
    for mark in marks:
        mark.result = result
    QuizMark.objects.bulk_create(marks)
    audit.record("quiz.submit", by=by, on=attempt, unit=attempt.member.unit, right=result.right, total=result.total)
    if result.passed:
        settle(member_ids=[attempt.member_id], by=by)
    return result


def graded(attempt: QuizAttempt, answers: Answers) -> tuple[QuizResult, list[QuizMark]]:
    """The unsaved result of an attempt, and each question's. Raises QuizError("incomplete")."""
    asked = attempt.asked()
    chosen = [_places(one, answers) for one in asked]
    right = [one.is_right(places) for one, places in zip(asked, chosen, strict=True)]
    number = sum(right)
    result = QuizResult(
        attempt=attempt,
        submitted_at=clock.now(),
        right=number,
        total=len(asked),
        passed=quiz_rules.is_passed(number, len(asked), attempt.pass_percent),
    )
    marks = [
        QuizMark(
            place=place,
            question=one.question.id,
            version=one.question.version,
            chosen=",".join(str(at) for at in places),
            right=is_right,
            rest=quiz_rules.rest_percent(number, len(asked), this_one=is_right),
        )
        for place, (one, places, is_right) in enumerate(zip(asked, chosen, right, strict=True))
    ]
    return result, marks


def _places(one: Drawn, answers: Answers) -> tuple[int, ...]:
    """What was chosen; for anything but an order sorted. Raises QuizError for no answer, one too many, keys of elsewhere."""
    keys = list(answers.get(one.key, ()))
    try:
        places = one.places(keys)
    except KeyError as error:
        raise QuizError("incomplete") from error
    kind = one.question.kind
    too_many = len(set(places)) != len(places) or (kind in quiz_rules.ONE_CHOICE and len(places) > 1)
    if not places or too_many or (kind == quiz_rules.ORDER and len(places) != len(one.options)):
        raise QuizError("incomplete")
    return places if kind == quiz_rules.ORDER else tuple(sorted(places))


@transaction.atomic
def settle(*, member_ids: Iterable[int], by: User | None) -> None:
    """Make the ledger agree with the tests that some members have passed. Repeating it changes nothing."""
    ledger.post(*selectors.credits(member_ids), by=by)


def _lock_own(attempt: QuizAttempt, by: Any) -> None:
    """Hold the member of an attempt, which must be the person's own. Raises QuizError("not-yours")."""
    member = Member.objects.select_for_update().get(pk=attempt.member_id)
    if member.user_id is None or member.user_id != by.pk:
        raise QuizError("not-yours")
