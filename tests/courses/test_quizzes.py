"""Tests that earn hours: limits, the ledger, and what a dishonest member tries."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from wagtail.blocks.stream_block import StreamBlockValidationError

from courses import quiz_statistics, quizzes
from courses.kept import records_below
from courses.models import LessonPage, ScormPackage
from courses.quiz_blocks import QuestionBank
from courses.quiz_models import QuizAttempt, QuizMark, QuizPage, QuizResult
from courses.quizzes import QuizError
from lms.core import clock as house_clock
from lms.core.append_only import AppendOnlyError
from lms.hours import totals
from lms.hours.services import adopt_rule
from lms.members.models import AuditEntry, Member
from lms.reports import audit
from tests.conftest import County
from tests.courses import quiz_questions as made
from tests.factories import make_course, make_member, make_user
from tests.reports import tampering


@pytest.fixture
def lesson(member: Member) -> LessonPage:
    """A lesson that the member has studied, with one question of each kind."""
    one = make_course(10)[0]
    made.give_quiz(one, quiz_wait_minutes=10)
    made.complete(one, member)
    return one


def hours(member: Member) -> Decimal:
    return sum((entry.hours for entry in totals.entries(member.pk, 2026)), Decimal(0))


def lines(member: Member) -> list[tuple[str, str, str]]:
    return [(line.source, str(line.hours), line.rule) for line in totals.entries(member.pk, 2026)]


# -- what a passed test is worth (domain §3) ------------------------------------------------


def test_a_passed_test_is_worth_half_an_hour_once(lesson: LessonPage, member: Member) -> None:
    assert made.take(lesson, member).passed
    assert lines(member) == [(f"courses.test:{lesson.pk}:{member.pk}", "0.50", "test@2019-01-01")]
    with pytest.raises(QuizError, match="passed"):
        quizzes.start(page=lesson, member=member, by=member.user)
    quizzes.settle(member_ids=[member.pk], by=None)
    assert hours(member) == Decimal("0.50")


def test_the_county_sets_what_it_is_worth(lesson: LessonPage, member: Member) -> None:
    adopt_rule(activity="test", effective_from=dt.date(2026, 1, 1), by=None, method="fixed", fixed="0.25")
    made.take(lesson, member)
    assert hours(member) == Decimal("0.25")


def test_a_failed_test_is_worth_nothing_and_the_pass_mark_is_the_pages(lesson: LessonPage, member: Member) -> None:
    result = made.take(lesson, member, wrong=(0, 1))
    assert (result.right, result.total, result.passed) == (2, 4, False)
    assert lines(member) == []


def test_what_was_earned_is_recomputed_from_the_evidence(lesson: LessonPage, member: Member) -> None:
    made.take(lesson, member)
    assert audit.run().violations == []
    tampering.run("DELETE FROM courses_quizmark")
    tampering.run("DELETE FROM courses_quizresult")
    assert audit.run().violations


def test_a_final_test_draws_from_all_lessons_and_what_the_course_adds(member: Member) -> None:
    first, second = make_course(10, 10)
    made.give_quiz(first, ("single", made.SINGLE))
    made.give_quiz(second, ("truefalse", made.TRUE_FALSE))
    course = made.give_quiz(first.course, ("order", made.ORDER), final_quiz=True)
    assert [one.kind for one in course.bank()] == ["single", "truefalse", "order"]
    made.complete(first, member)
    with pytest.raises(QuizError, match="study-first"):
        quizzes.start(page=course, member=member, by=member.user)
    made.complete(second, member)
    made.take(course, member)
    made.take(first, member)
    assert hours(member) == Decimal("1.00")


def test_an_edited_lesson_changes_no_attempt(lesson: LessonPage, member: Member) -> None:
    attempt = quizzes.start(page=lesson, member=member, by=member.user)
    before = attempt.drawn
    made.give_quiz(lesson, ("truefalse", {**made.TRUE_FALSE, "answer": "false"}))
    attempt = QuizAttempt.objects.get()
    assert attempt.drawn == before
    assert attempt.revision_id and attempt.revision_id != lesson.live_revision_id
    assert quizzes.submit(attempt=attempt, answers=made.answers(attempt), by=member.user).passed


def test_a_page_with_attempts_is_not_deleted(lesson: LessonPage, member: Member) -> None:
    assert "测试" not in records_below(lesson)
    quizzes.start(page=lesson, member=member, by=member.user)
    assert "测试" in records_below(lesson)
    assert "测试" in records_below(lesson.course)


# -- limits ---------------------------------------------------------------------------------


def test_who_has_not_studied_cannot_be_tested(lesson: LessonPage, personas: County) -> None:
    other = make_member(personas.branch, "张三", user=make_user("zhang"))
    with pytest.raises(QuizError, match="study-first"):
        quizzes.start(page=lesson, member=other, by=other.user)


@pytest.mark.parametrize("of", ["lesson", "course"])
def test_a_package_is_studied_before_its_test_as_a_film_is(of: str, member: Member) -> None:
    film, packaged = make_course(10, 10)
    package = ScormPackage.objects.create(
        title="课件", minutes=10, state=ScormPackage.State.READY, created_at=house_clock.now()
    )
    packaged.media, packaged.package = None, package
    packaged.save_revision().publish()
    made.complete(film, member)
    if of == "lesson":
        page = made.give_quiz(packaged, ("single", made.SINGLE))
    else:
        page = made.give_quiz(packaged.course, ("single", made.SINGLE), final_quiz=True)
    with pytest.raises(QuizError, match="study-first"):
        quizzes.start(page=page, member=member, by=member.user)
    made.complete(packaged, member)
    assert made.take(page, member).passed


def test_a_package_that_cannot_be_played_keeps_nobody_from_the_test(member: Member) -> None:
    (lesson,) = make_course(10)
    lesson.media, lesson.package = (
        None,
        ScormPackage.objects.create(
            title="课件", minutes=10, state="refused", reason="broken", created_at=house_clock.now()
        ),
    )
    made.give_quiz(lesson, ("single", made.SINGLE))
    assert made.take(lesson, member).passed


def test_after_a_failure_one_waits(lesson: LessonPage, member: Member) -> None:
    with time_machine.travel(dt.datetime(2026, 3, 5, 4, tzinfo=dt.UTC), tick=False) as clock:
        made.take(lesson, member, wrong=(0, 1))
        clock.shift(9 * 60)
        with pytest.raises(QuizError, match="wait"):
            quizzes.start(page=lesson, member=member, by=member.user)
        clock.shift(60)
        assert quizzes.start(page=lesson, member=member, by=member.user).number == 2


def test_submit_after_the_limit(lesson: LessonPage, member: Member) -> None:
    """After the last attempt neither a new one nor the old ones take anything more."""
    made.give_quiz(lesson, quiz_attempts=1, quiz_wait_minutes=0)
    made.take(lesson, member, wrong=(0, 1, 2))
    with pytest.raises(QuizError, match="no-attempts-left"):
        quizzes.start(page=lesson, member=member, by=member.user)
    attempt = QuizAttempt.objects.get()
    assert not quizzes.submit(attempt=attempt, answers=made.answers(attempt), by=member.user).passed
    assert lines(member) == []


# -- attacks --------------------------------------------------------------------------------


def test_replay_of_a_handed_in_test_changes_nothing(lesson: LessonPage, member: Member) -> None:
    attempt = quizzes.start(page=lesson, member=member, by=member.user)
    first = quizzes.submit(attempt=attempt, answers=made.answers(attempt, wrong=(0, 1)), by=member.user)
    for _again in range(3):
        later = quizzes.submit(attempt=attempt, answers=made.answers(attempt), by=member.user)
        assert (later.pk, later.right, later.passed) == (first.pk, 2, False)
    assert QuizMark.objects.count() == 4
    assert lines(member) == []


def test_replay_of_a_passed_test_is_credited_once(lesson: LessonPage, member: Member) -> None:
    attempt = quizzes.start(page=lesson, member=member, by=member.user)
    for _again in range(3):
        quizzes.submit(attempt=attempt, answers=made.answers(attempt), by=member.user)
    assert len(lines(member)) == 1
    assert AuditEntry.objects.filter(action="quiz.submit").count() == 1


def test_nobody_skips_what_he_has_drawn(lesson: LessonPage, member: Member) -> None:
    """Beginning again gives the attempt that is open, not an easier draw."""
    made.give_quiz(lesson, *made.ALL, quiz_draw=1)
    drawn = {quizzes.start(page=lesson, member=member, by=member.user).uuid for _again in range(10)}
    assert len(drawn) == 1
    assert QuizAttempt.objects.count() == 1


def test_another_members_attempt_is_not_handed_in(lesson: LessonPage, member: Member, personas: County) -> None:
    attempt = quizzes.start(page=lesson, member=member, by=member.user)
    for name in ("county", "town", "secretary", "editor"):
        with pytest.raises(QuizError, match="not-yours"):
            quizzes.submit(attempt=attempt, answers=made.answers(attempt), by=personas.users[name])
        with pytest.raises(QuizError, match="not-yours"):
            quizzes.save_draft(attempt=attempt, fields={}, by=personas.users[name])


def test_the_keys_of_one_attempt_open_no_other(lesson: LessonPage, member: Member) -> None:
    made.give_quiz(lesson, quiz_wait_minutes=0)
    first = quizzes.start(page=lesson, member=member, by=member.user)
    known = made.answers(first)
    quizzes.submit(attempt=first, answers=made.answers(first, wrong=(0, 1)), by=member.user)
    second = quizzes.start(page=lesson, member=member, by=member.user)
    with pytest.raises(QuizError, match="incomplete"):
        quizzes.submit(attempt=second, answers=known, by=member.user)
    values = list(known.values())
    with pytest.raises(QuizError, match="incomplete"):
        moved = dict(zip(made.answers(second), values, strict=True))
        quizzes.submit(attempt=second, answers=moved, by=member.user)


@pytest.mark.parametrize(("kind", "question"), made.ALL, ids=[kind for kind, _question in made.ALL])
def test_choosing_everything_or_twice_the_same_is_no_answer(
    kind: str, question: dict[str, object], lesson: LessonPage, member: Member
) -> None:
    made.give_quiz(lesson, (kind, question))
    attempt = quizzes.start(page=lesson, member=member, by=member.user)
    one = attempt.asked()[0]
    right = made.right_keys(one)
    tries = [[*right, right[0]], [], [*right, "0000000000000000"]]
    if kind in ("single", "truefalse"):
        tries.append([option.key for option in one.options])
    for keys in tries:
        with pytest.raises(QuizError, match="incomplete"):
            quizzes.submit(attempt=attempt, answers={one.key: keys}, by=member.user)
    if kind == "multiple":
        everything = {one.key: [option.key for option in one.options]}
        assert not quizzes.submit(attempt=attempt, answers=everything, by=member.user).passed


def test_what_was_drawn_and_handed_in_is_written_once(lesson: LessonPage, member: Member) -> None:
    made.take(lesson, member, wrong=(0, 1))
    for row in (QuizAttempt.objects.get(), QuizResult.objects.get(), QuizMark.objects.first()):
        assert row is not None
        with pytest.raises(AppendOnlyError):
            row.save()
    for table, change in (("attempt", "pass_percent = 1"), ("result", "passed = true"), ("mark", "chosen = '0'")):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE courses_quiz{table} SET {change}")


def test_an_attempt_has_one_result_and_one_number(lesson: LessonPage, member: Member) -> None:
    result = made.take(lesson, member)
    attempt = result.attempt
    with pytest.raises(IntegrityError), transaction.atomic():
        QuizResult.objects.create(attempt=attempt, submitted_at=attempt.started_at, right=4, total=4, passed=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        quizzes.drawn(page=lesson, member=member, number=1).save()
    with pytest.raises(IntegrityError), transaction.atomic():
        second = quizzes.drawn(page=lesson, member=member, number=2)
        second.save()
        QuizResult.objects.create(attempt=second, submitted_at=attempt.started_at, right=5, total=4, passed=True)


# -- what editors may write -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "question"),
    [
        ("single", {**made.SINGLE, "options": [{"text": "甲", "right": True}, {"text": "乙", "right": True}]}),
        ("single", {**made.SINGLE, "options": [{"text": "甲", "right": False}, {"text": "乙", "right": False}]}),
        ("single", {**made.SINGLE, "options": [{"text": "甲", "right": True}, {"text": "甲 ", "right": False}]}),
        ("multiple", {**made.MULTIPLE, "options": [{"text": "甲", "right": False}, {"text": "乙", "right": False}]}),
        ("order", {**made.ORDER, "steps": ["甲", "甲"]}),
        ("order", {**made.ORDER, "steps": ["甲"]}),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(kind: str, question: dict[str, object], db: None) -> None:
    bank = QuestionBank()
    with pytest.raises(StreamBlockValidationError):
        bank.clean(bank.to_python([{"type": kind, "value": question}]))


def test_good_questions_are_taken(db: None) -> None:
    bank = QuestionBank()
    bank.clean(bank.to_python([{"type": kind, "value": question} for kind, question in made.ALL]))


# -- statistics -------------------------------------------------------------------------------


def crowd(page: QuizPage, county: County, number: int) -> list[Member]:
    found = [make_member(county.branch, f"学员{at}", user=make_user(f"learner{at}")) for at in range(number)]
    for one in found:
        made.complete(page, one)  # type: ignore[arg-type]
    return found


def test_statistics_count_first_attempts_of_this_wording(lesson: LessonPage, personas: County) -> None:
    made.give_quiz(lesson, *made.ALL, quiz_wait_minutes=0, quiz_pass_percent=80)
    people = crowd(lesson, personas, 12)
    for at, one in enumerate(people):
        order = [row.question.kind for row in quizzes.start(page=lesson, member=one, by=one.user).asked()]
        weak = [order.index("single"), order.index("multiple")] if at % 3 == 0 else []
        made.take(lesson, one, wrong=weak)
    made.take(lesson, people[0])  # a second attempt is not counted
    single, multiple, truth, steps = quiz_statistics.figures(lesson.course)
    assert (single.tries, single.right, single.percent) == (12, 8, 66)
    assert [(one.text, one.times, one.right) for one in single.choices] == [
        ("落叶后到伤流前", 8, True),
        ("萌芽以后", 4, False),
    ]
    assert single.discrimination == pytest.approx(1.0) and single.verdict == "good"
    assert multiple.tries == 12
    assert truth.discrimination is None and truth.percent == 100
    assert [(one.text, one.times) for one in steps.choices] == [("看架面 → 定母枝 → 下剪", 12)]
    course = quiz_statistics.courses()[0]
    assert (course.questions, course.submitted, course.passed, course.percent) == (4, 13, 9, 69)


def test_a_reworded_question_begins_anew(lesson: LessonPage, member: Member) -> None:
    made.take(lesson, member)
    stream = lesson.questions
    stream[0].value["text"] = "葡萄的冬剪放在什么时候？"
    lesson.questions = stream
    lesson.save_revision().publish()
    lesson.refresh_from_db()
    single = quiz_statistics.figures(lesson.course)[0]
    assert (single.tries, single.earlier, single.percent) == (0, 1, None)
