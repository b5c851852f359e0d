"""A member takes a test in the browser's terms: pages that hide the answers, keep what was ticked, explain afterwards."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from courses import quizzes
from courses.models import LessonPage
from courses.quiz_models import QuizAttempt, QuizDraft, QuizResult
from lms.hours import totals
from lms.hours.services import adopt_rule
from lms.members.models import Member
from tests.conftest import County
from tests.courses import quiz_questions as made
from tests.factories import make_course, make_member, make_user

Login = Callable[[str], Client]


@pytest.fixture
def lesson(member: Member) -> LessonPage:
    one = make_course(10)[0]
    made.give_quiz(one, quiz_wait_minutes=0)
    made.complete(one, member)
    return one


@pytest.fixture
def client(login: Login) -> Client:
    return login("member")


def begin(client: Client, lesson: LessonPage) -> QuizAttempt:
    answer = client.post(reverse("quiz-start", args=[lesson.pk]))
    attempt = QuizAttempt.objects.latest("pk")
    assert answer.url == address(attempt)
    return attempt


def address(attempt: QuizAttempt) -> str:
    return reverse("quiz-attempt", args=[attempt.uuid])


def text(answer: Any) -> str:
    return answer.content.decode()


def test_from_the_lesson_to_the_hours(client: Client, lesson: LessonPage, member: Member) -> None:
    assert reverse("quiz", args=[lesson.pk]) in text(client.get(lesson.url))
    assert "开始测试" in text(client.get(reverse("quiz", args=[lesson.pk])))
    attempt = begin(client, lesson)
    assert client.get(address(attempt)).status_code == 200
    answer = client.post(address(attempt), made.fields(attempt), follow=True)
    assert "通过了" in text(answer)
    assert "伤流以后剪，伤口流水伤树。" in text(answer)
    entry = totals.entries(member.pk, attempt.started_at.year).get()
    assert "第 1 次测试" in text(client.get(reverse("hour-entry", args=[entry.uuid])))
    assert "通过" in text(client.get(lesson.url))
    assert lesson.title in text(client.get(reverse("quiz-list")))


def test_answer_oracle(client: Client, lesson: LessonPage) -> None:
    """Nothing that is sent before the test is handed in tells right from wrong."""
    attempt = begin(client, lesson)
    pages = [text(client.get(lesson.url)), text(client.get(reverse("quiz", args=[lesson.pk])))]
    sheet = text(client.get(address(attempt)))
    for page in [*pages, sheet]:
        for hidden in ("伤流以后剪", "病枝和弱枝都不留", "离得太近", "先看后剪", "explanation", '"answer"', "right"):
            assert hidden not in page.replace("data-right", "")
        for one in attempt.asked():
            assert one.question.id not in page and one.question.version not in page
    saved = client.post(reverse("quiz-save", args=[attempt.uuid]), made.fields(attempt))
    wrong = client.post(reverse("quiz-save", args=[attempt.uuid]), made.fields(attempt, wrong=(0, 1, 2, 3)))
    assert (saved.status_code, saved.content, set(saved.headers)) == (200, wrong.content, set(wrong.headers))
    some = dict(list(made.fields(attempt).items())[:2])
    assert "正确" not in text(client.post(address(attempt), some))


def test_right_options_look_like_all_others(client: Client, lesson: LessonPage) -> None:
    """Apart from keys and words an option's mark-up is the same for right and wrong."""
    attempt = begin(client, lesson)
    page = text(client.get(address(attempt)))
    shapes = set()
    for one in attempt.asked():
        if one.question.kind != "order":
            for option in one.options:
                at = page.index(f'value="{option.key}"')
                tag = page[page.rindex("<input", 0, at) : page.index(">", at)]
                shapes.add((one.question.kind, tag.replace(option.key, "").replace(one.key, "").rstrip("0123456789")))
    assert len({(kind, shape.split("id=")[0]) for kind, shape in shapes}) == 3


def test_the_order_of_options_is_not_that_of_the_bank(lesson: LessonPage, personas: County) -> None:
    made.give_quiz(lesson, ("order", made.ORDER))
    shown = set()
    for at in range(12):
        one = make_member(personas.branch, f"学员{at}", user=make_user(f"u{at}"))
        made.complete(lesson, one)
        attempt = quizzes.start(page=lesson, member=one, by=one.user)
        shown.add(tuple(option.text for option in attempt.asked()[0].options))
    assert len(shown) > 1


def test_nothing_ticked_is_lost_on_a_bad_line(client: Client, lesson: LessonPage) -> None:
    """What was ticked is kept while one goes on, when the sheet is sent half done, and on another device."""
    attempt = begin(client, lesson)
    some = dict(list(made.fields(attempt).items())[:2])
    assert client.post(reverse("quiz-save", args=[attempt.uuid]), some).status_code == 200
    page = text(client.get(address(attempt)))
    assert page.count(" checked") + page.count(" selected") >= 1
    more = dict(list(made.fields(attempt).items())[:4])
    answer = client.post(address(attempt), more)
    assert answer.status_code == 422
    assert "还没有交卷" in text(answer)
    kept = QuizDraft.objects.get(attempt=attempt).answers
    assert kept == {key: value if isinstance(value, list) else [value] for key, value in more.items()}
    assert not QuizResult.objects.exists()
    later = client.post(address(attempt), {**more, "act": "later"})
    assert later.url == reverse("quiz", args=[lesson.pk])


def test_two_steps_at_one_place_are_said_and_kept(client: Client, lesson: LessonPage) -> None:
    made.give_quiz(lesson, ("order", made.ORDER))
    attempt = begin(client, lesson)
    sent = dict.fromkeys((option.key for option in attempt.asked()[0].options), "1")
    answer = client.post(address(attempt), sent)
    assert answer.status_code == 422
    assert "有两步排在了同一位置" in text(answer)
    assert text(answer).count(" selected") == 3


def test_a_draft_takes_no_field_that_is_not_on_the_sheet(client: Client, lesson: LessonPage) -> None:
    attempt = begin(client, lesson)
    one = attempt.asked()[0]
    client.post(reverse("quiz-save", args=[attempt.uuid]), {"x" * 100: "y", one.key: "z" * 5000, "act": "later"})
    assert QuizDraft.objects.get(attempt=attempt).answers == {}


def test_a_second_handing_in_finds_the_first(client: Client, lesson: LessonPage) -> None:
    attempt = begin(client, lesson)
    client.post(address(attempt), made.fields(attempt, wrong=(0, 1, 2)))
    again = client.post(address(attempt), made.fields(attempt), follow=True)
    assert "这次没有通过" in text(again)
    late = client.post(reverse("quiz-save", args=[attempt.uuid]), made.fields(attempt))
    assert late.status_code == 409


def test_the_right_answers_are_shown_once_they_are_of_no_more_use(client: Client, lesson: LessonPage) -> None:
    made.give_quiz(lesson, quiz_attempts=2)
    attempt = begin(client, lesson)
    failed = text(client.post(address(attempt), made.fields(attempt, wrong=(0, 1, 2)), follow=True))
    assert "正确答案" not in failed
    assert "解析" in failed
    second = begin(client, lesson)
    last = text(client.post(address(second), made.fields(second, wrong=(0, 1, 2)), follow=True))
    assert "正确答案" in last


@pytest.mark.parametrize("who", ["county", "town", "secretary", "auditor", "editor", "trainer", "system"])
def test_another_members_attempt_reads_as_absent(who: str, lesson: LessonPage, login: Login, member: Member) -> None:
    attempt = quizzes.start(page=lesson, member=member, by=member.user)
    client = login(who)
    assert client.get(address(attempt)).status_code == 404
    assert client.post(address(attempt), made.fields(attempt)).status_code == 404
    assert client.post(reverse("quiz-save", args=[attempt.uuid]), {}).status_code == 404
    assert not QuizResult.objects.exists()


def test_a_lesson_without_a_test_or_not_published_has_none(client: Client, lesson: LessonPage) -> None:
    plain = make_course(10, slug="plain")[0]
    assert client.get(reverse("quiz", args=[plain.pk])).status_code == 404
    assert client.post(reverse("quiz-start", args=[plain.pk])).status_code == 404
    lesson.unpublish()
    assert client.get(reverse("quiz", args=[lesson.pk])).status_code == 404


def test_what_refuses_is_said(client: Client, lesson: LessonPage, member: Member) -> None:
    made.give_quiz(lesson, quiz_wait_minutes=30)
    made.take(lesson, member, wrong=(0, 1, 2))
    assert "以后可以再考" in text(client.get(reverse("quiz", args=[lesson.pk])))
    answer = client.post(reverse("quiz-start", args=[lesson.pk]), follow=True)
    assert "还没到可以再考的时间" in text(answer)


def test_a_picture_has_the_editors_words_and_not_its_title(client: Client, lesson: LessonPage) -> None:
    image = get_image_model().objects.create(title="正确的剪口", file=get_test_image_file())
    question = {**made.TRUE_FALSE, "picture": image, "picture_text": "一个剪口"}
    made.give_quiz(lesson, ("truefalse", question))
    attempt = begin(client, lesson)
    page = text(client.get(address(attempt)))
    assert 'alt="一个剪口"' in page
    assert "正确的剪口" not in page
    image.delete()
    assert client.get(address(attempt)).status_code == 200


def test_queries_of_a_sheet_do_not_grow_with_its_questions(
    client: Client, lesson: LessonPage, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made.give_quiz(lesson, *made.ALL * 5)
    attempt = begin(client, lesson)
    with django_assert_num_queries(6):  # session, user, member, grants for the bar, the bell, the attempt
        client.get(address(attempt))


# -- the admin ------------------------------------------------------------------------------


def test_editors_see_the_figures(login: Login, lesson: LessonPage, member: Member) -> None:
    made.take(lesson, member)
    for who in ("editor", "county"):
        client = login(who)
        assert lesson.course.title in text(client.get(reverse("quiz-statistics")))
        page = text(client.get(reverse("quiz-statistics-course", args=[lesson.course.pk])))
        assert "1 人答过，1 人答对（100%）" in page
        assert "选它的人" in page


def test_an_editor_sees_a_test_with_its_answers_before_it_is_published(login: Login, lesson: LessonPage) -> None:
    lesson.save_revision()
    answer = login("editor").get(reverse("wagtailadmin_pages:view_draft", args=[lesson.pk]), {"mode": "quiz"})
    assert answer.status_code == 200
    preview = lesson.make_preview_request(preview_mode="quiz")
    assert "伤流以后剪" in text(preview.render() if hasattr(preview, "render") else preview)


def test_an_editor_writes_a_question_in_the_page(login: Login, lesson: LessonPage) -> None:
    page = text(login("editor").get(reverse("wagtailadmin_pages:edit", args=[lesson.pk])))
    assert "课后测试" in page
    assert "单选题" in json.loads(json.dumps(page)) or "\\u5355\\u9009" in page


def test_a_test_handed_in_near_midnight_counts_on_the_countys_day(lesson: LessonPage, member: Member) -> None:
    import time_machine

    with time_machine.travel(dt.datetime(2026, 3, 5, 16, 30, tzinfo=dt.UTC), tick=False):
        made.take(lesson, member)
    assert totals.entries(member.pk, 2026).get().earned_on == dt.date(2026, 3, 6)


# -- the bank in the admin, and what a test is worth --------------------------------------------------


def bank(login: Login, lesson: LessonPage, **query: str) -> Any:
    return login("editor").get(reverse("quiz-statistics-course", args=[lesson.course.pk]), query)


def test_each_question_leads_to_the_page_on_which_it_is_written(login: Login, lesson: LessonPage) -> None:
    edit = reverse("wagtailadmin_pages:edit", args=[lesson.pk])
    assert text(bank(login, lesson)).count(f'href="{edit}#') == len(made.ALL)


def test_the_bank_is_searched_and_exported(login: Login, lesson: LessonPage) -> None:
    page = text(bank(login, lesson, q="病枝"))
    assert "哪些枝要剪掉" in page and "修剪的先后" not in page
    assert "没有这样的题目" in text(bank(login, lesson, q="水稻"))
    answer = bank(login, lesson, q="病枝", format="csv")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").strip().splitlines()
    assert len(lines) == 2 and "病枝；细弱枝" in lines[1] and lesson.title in lines[1]
    assert bank(login, lesson, format="xlsx")["Content-Type"].endswith("spreadsheetml.sheet")
    assert bank(login, lesson, format="exe").status_code == 404
    assert login("trainer").get(reverse("quiz-statistics-course", args=[lesson.course.pk])).status_code == 403


def test_the_figures_of_a_lesson_that_was_taken_down_stay(login: Login, client: Client, lesson: LessonPage) -> None:
    attempt = begin(client, lesson)
    client.post(address(attempt), made.fields(attempt))
    lesson.unpublish()
    page = text(bank(login, lesson))
    assert "1 人答过，1 人答对" in page and "（未发布）" in page
    assert lesson.course.title in text(login("editor").get(reverse("quiz-statistics")))


def test_hours_are_said_to_be_there_where_the_ledger_has_them(
    client: Client, lesson: LessonPage, member: Member
) -> None:
    """A day holds no more than its rule says: one of two tests passed on it earns nothing."""
    adopt_rule(
        activity="test", effective_from=dt.date(2026, 1, 1), by=None, method="fixed", fixed="0.50", day_cap="0.50"
    )
    second = make_course(10, slug="second", title="第二门")[0]
    made.give_quiz(second)
    made.complete(second, member)
    attempts = [begin(client, one) for one in (lesson, second)]
    for attempt in attempts:
        client.post(address(attempt), made.fields(attempt))
    answers = [text(client.get(address(attempt))) for attempt in attempts]
    assert all("通过了" in answer for answer in answers)
    assert sorted("学时已记入" in answer for answer in answers) == [False, True]
