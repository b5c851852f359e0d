"""Tests of the demo county: questions of three lessons and a final test, and how the people did in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from random import Random
from typing import Any

from courses import quizzes
from courses.models import CoursePage, LessonPage, LessonProgress
from courses.quiz_models import QuizAttempt, QuizMark, QuizPage, QuizResult
from courses.quiz_rules import Drawn
from lms.core import clock
from lms.core.inserts import insert
from lms.members.models import Member, User

MOST_PEOPLE = 60
"""Members who sat each test."""
KNOWS = (0.55, 0.7, 0.85, 0.95)
"""How likely people of four kinds are to know an answer."""
COURSE = "01-grape-pruning"

Question = tuple[str, str, tuple[str, ...], tuple[int, ...], str]
"""Kind, words, options (the right order of steps), places of the right ones, explanation."""

# By the number of the lesson in its course.
QUESTIONS: dict[int, tuple[Question, ...]] = {
    1: (
        ("single", "葡萄冬季修剪，什么时候最稳当？", ("落叶后两三周到伤流前一个月", "叶子还绿的时候", "萌芽以后"), (0,), "叶子没落就剪，养分一起剪掉；树液流动再剪，剪口会滴水。"),
        ("multiple", "下剪以前先看哪三样？", ("看架面哪里空、哪里挤", "看枝条粗细和颜色", "看病斑", "看邻居剪了没有"), (0, 1, 2), "架面、枝条、病斑，一样不能少。"),
        ("truefalse", "零下五度以下的早晨也可以动剪。", (), (1,), "天太冷枝条脆，容易劈裂。"),
        ("single", "去年挂果太多的树，今年怎么办？", ("先养树，少留十几个芽", "多留芽，再多收一年", "从根部锯掉"), (0,), "树累了一年，先让它缓过来。"),
    ),
    2: (
        ("single", "剪口离芽眼大约多远？", ("两厘米左右", "贴着芽眼", "十厘米以上"), (0,), "留一截保护桩，芽眼不会抽干。"),
        ("truefalse", "每剪完一棵病树，剪刀要用酒精擦一次。", (), (0,), "剪刀会把病带到下一棵树。"),
        ("order", "定产量和留芽，先做哪一步？", ("定一亩收多少斤", "算要多少穗", "算要留多少芽", "平均到每棵树"), (0, 1, 2, 3), "先定产量，再定穗数，最后才是芽。"),
    ),
    3: (
        ("multiple", "剪完以后，哪些东西要清出园子？", ("剪下的枝条", "架上的卷须", "地上的落叶和烂果"), (0, 1, 2), "这些都是病虫过冬的地方。"),
        ("truefalse", "剪下的枝条可以在园里点火烧掉。", (), (1,), "不要在园里点火，运到园外粉碎沤肥。"),
        ("single", "绒球期用多少度的石硫合剂？", ("三波美度以下", "五波美度", "十波美度"), (0,), "芽松动了就要降到三波美度以下，免得烧芽。"),
    ),
}  # fmt: skip


def publish(by: User) -> None:
    """Put the questions on the lessons of a course, and a final test of five on the course."""
    course = CoursePage.objects.get(slug=COURSE)
    for number, lesson in enumerate(course.lessons(), 1):
        lesson.questions = [_block(question) for question in QUESTIONS.get(number, ())]
        lesson.save_revision(user=by).publish()
    course.final_quiz, course.quiz_draw = True, 5
    course.save_revision(user=by).publish()


def _block(question: Question) -> tuple[str, dict[str, Any]]:
    """A question as Wagtail's StreamField takes it."""
    kind, text, options, right, explanation = question
    value: dict[str, Any] = {"text": text, "picture": None, "picture_text": "", "explanation": explanation}
    if kind == "truefalse":
        value["answer"] = "false" if right[0] else "true"
    elif kind == "order":
        value["steps"] = list(options)
    else:
        value["options"] = [{"text": option, "right": at in right} for at, option in enumerate(options)]
    return kind, value


def live_through(random: Random) -> None:
    """Members who have studied a lesson sat its test a day later; some tried twice."""
    sat = [row for lesson in CoursePage.objects.get(slug=COURSE).lessons() for row in _sat(lesson, random)]
    QuizAttempt.objects.bulk_create([attempt for attempt, _result, _marks in sat])
    QuizResult.objects.bulk_create([result for _attempt, result, _marks in sat])
    for _attempt, result, marks in sat:
        for mark in marks:
            mark.result = result
    insert([mark for _attempt, _result, marks in sat for mark in marks])
    quizzes.settle(member_ids={attempt.member_id for attempt, _result, _marks in sat}, by=None)


Sat = tuple[QuizAttempt, QuizResult, list[QuizMark]]


def _sat(lesson: LessonPage, random: Random) -> Iterator[Sat]:
    done = LessonProgress.objects.filter(lesson=lesson, completed_at__isnull=False).select_related("member")
    for progress in done.order_by("member__code")[:MOST_PEOPLE]:
        begun: dt.datetime = (progress.completed_at or clock.now()) + dt.timedelta(hours=random.randint(1, 40))
        knows = random.choice(KNOWS)
        for number in (1, 2):
            if begun + dt.timedelta(hours=1) > clock.now():
                break
            with clock.told(begun):
                one = _try(lesson, progress.member, number, knows, random)
            yield one
            if one[1].passed:
                break
            begun += dt.timedelta(days=1)


def _try(page: QuizPage, member: Member, number: int, knows: float, random: Random) -> Sat:
    attempt = quizzes.drawn(page=page, member=member, number=number, random=random)
    answers = {one.key: _answer(one, random.random() < knows, random) for one in attempt.asked()}
    with clock.told(attempt.started_at + dt.timedelta(minutes=4)):
        result, marks = quizzes.graded(attempt, answers)
    return attempt, result, marks


def _answer(one: Drawn, knows: bool, random: Random) -> list[str]:
    """The keys of the right answer, or of a guess."""
    by_place = {option.at: option.key for option in one.options}
    if knows:
        return [by_place[at] for at in one.question.answer]
    keys = [option.key for option in one.options]
    random.shuffle(keys)
    wanted = {"order": len(keys), "multiple": random.randint(1, len(keys))}
    return keys[: wanted.get(one.question.kind, 1)]
