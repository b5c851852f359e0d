"""The search page: what a person may see of what fits, kinds as tabs, the part that htmx asks for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import Page, PageViewRestriction

from cms.models import NewsIndexPage, NewsPage
from courses.models import CoursePage, LessonPage, MediaFile
from lms.core import clock
from lms.core.search.finding import find
from lms.members.models import Member, Unit
from lms.training import services
from lms.training.models import Base, Enrolment, Training
from lms.training.services import SessionPlan
from tests.conftest import County
from tests.factories import make_course

Login = Callable[[str], Client]


def plan(unit: Unit, title: str, topic: str = "") -> Training:
    start = clock.day_start(clock.today()) + dt.timedelta(days=3, hours=9)
    session = SessionPlan(start, start + dt.timedelta(hours=2), topic=topic)
    return services.plan_training(
        kind="class",
        unit=unit,
        sessions=[session],
        by=None,
        title=title,
        category="skills",
        place="会议室",
        capacity=20,
    )


@pytest.fixture
def everything(personas: County) -> County:
    """A course, a piece of news, a base and trainings of two towns, all about grapes."""
    make_course(20, slug="putao", title="葡萄栽培技术")
    news = NewsIndexPage.objects.get().add_child(
        instance=NewsPage(
            title="葡萄开园", slug="kaiyuan", date=dt.date(2026, 6, 1), body=[("paragraph", "<p>采摘节</p>")]
        )
    )
    assert news.live
    Base.objects.create(code="B1", name="石桥葡萄基地", kind="practice", theme="葡萄", unit=personas.town)
    plan(personas.town, "葡萄修剪班", "冬剪示范")
    plan(personas.other_town, "葡萄嫁接班")
    return personas


def titles(client: Client, typed: str, **query: str) -> list[str]:
    answer = client.get("/search/", {"q": typed, **query})
    assert answer.status_code == 200
    return ["".join(piece.text for piece in result.title) for result in answer.context.get("results", [])]


def test_it_works(everything: County, client: Client) -> None:
    answer = client.get("/search/", {"q": "栽培"})
    page = answer.content.decode()
    assert "葡萄<mark>栽培</mark>技术" in page
    assert 'href="/courses/' in page


def test_a_stranger_finds_what_is_published(everything: County, client: Client) -> None:
    assert set(titles(client, "葡萄")) == {"葡萄栽培技术", "葡萄栽培技术 第1课", "葡萄开园"}


def test_drafts_and_restricted_pages_are_not_found(everything: County, client: Client) -> None:
    course = CoursePage.objects.get()
    PageViewRestriction.objects.create(page=course, restriction_type=PageViewRestriction.LOGIN)
    assert titles(client, "葡萄") == ["葡萄开园"]
    NewsPage.objects.get().unpublish()
    assert titles(client, "葡萄") == []


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("county", {"葡萄修剪班", "葡萄嫁接班"}),
        ("town", {"葡萄修剪班"}),
        ("secretary", set()),
        ("member", {"葡萄修剪班"}),
        ("editor", set()),
        ("system", set()),
    ],
)
def test_trainings_are_found_by_those_who_may(everything: County, login: Login, name: str, seen: set[str]) -> None:
    assert set(titles(login(name), "葡萄", kind="trainings")) == seen


def test_a_member_is_led_from_an_offer_to_the_sign_up_and_never_to_the_desk(everything: County, login: Login) -> None:
    (offer,) = login("member").get("/search/", {"q": "修剪班"}).context["results"]
    assert offer.url == reverse("training-choices")
    assert "葡萄修剪班" in login("member").get(offer.url).content.decode()
    training = Training.objects.get(title="葡萄修剪班")
    member = Member.objects.get(name="王秀英")
    Enrolment.objects.create(training=training, member=member, unit=member.unit)
    (own,) = login("member").get("/search/", {"q": "修剪班"}).context["results"]
    assert own.url == reverse("learn") and "葡萄修剪班" in login("member").get(own.url).content.decode()
    assert "会议室" in offer.facts
    (own,) = login("town").get("/search/", {"q": "修剪班"}).context["results"]
    assert login("town").get(own.url).status_code == 200


def test_a_lesson_says_what_it_is(everything: County, login: Login) -> None:
    def form() -> list[str]:
        (lesson,) = [
            row for row in login("").get("/search/", {"q": "葡萄"}).context["results"] if row.kind.code == "lessons"
        ]
        return [fact for fact in lesson.facts if fact in ("视频", "音频", "互动课件", "图文")]

    assert form() == ["视频"]
    MediaFile.objects.update(type="audio")
    assert form() == ["音频"]
    page = login("").get(LessonPage.objects.get().course.url).content.decode()
    assert "音频" in page and "<small>视频" not in page


def test_a_training_is_found_by_its_sessions_topic(everything: County) -> None:
    training = Training.objects.get(title="葡萄修剪班")
    assert [row.pk for row in find("dongjian", Training.objects.all()).rows] == [training.pk]
    session = training.sessions.get()
    moved = SessionPlan(session.starts_at, session.ends_at, topic="嫁接")
    services.update_session(session=session, plan=moved, by=None)
    assert find("冬剪示范", Training.objects.all()).rows == ()
    assert find("jiajie", Training.objects.filter(pk=training.pk)).count(0) == 1


def test_a_cancelled_training_is_not_found(everything: County, login: Login) -> None:
    services.cancel_training(training=Training.objects.get(title="葡萄修剪班"), reason="下雨", by=None)
    assert titles(login("town"), "修剪班", kind="trainings") == []


def test_bases_are_for_who_is_signed_in(everything: County, login: Login, client: Client) -> None:
    assert titles(login("member"), "葡萄", kind="bases") == ["石桥葡萄基地"]
    assert titles(client, "葡萄", kind="bases") == []


def test_the_tabs_count_and_narrow(everything: County, login: Login) -> None:
    client = login("county")
    tabs = {tab["label"]: tab["count"] for tab in client.get("/search/", {"q": "葡萄"}).context["tabs"]}
    assert tabs == {"全部": 6, "课程": 1, "课时": 1, "动态": 1, "培训": 2, "基地": 1}
    assert titles(client, "葡萄", kind="news") == ["葡萄开园"]
    assert titles(client, "葡萄", kind="nonsense") == []


def test_what_was_typed_is_only_text(everything: County, client: Client) -> None:
    page = client.get("/search/", {"q": "<script>葡萄</script>"}).content.decode()
    assert "<script>葡萄" not in page
    assert "&lt;script&gt;葡萄" in page


@pytest.mark.parametrize("typed", ["", "   ", "，", "拖拉机维修", '"', "'; --", "a" * 500, "*", "葡" * 300, "\x00葡萄"])
def test_whatever_is_typed_has_an_answer(everything: County, client: Client, typed: str) -> None:
    answer = client.get("/search/", {"q": typed})
    assert answer.status_code == 200
    if not answer.context.get("results"):
        assert "葡萄" in answer.context["suggestions"]


def test_nothing_found_says_what_to_try(everything: County, client: Client) -> None:
    page = client.get("/search/", {"q": "拖拉机"}).content.decode()
    assert "没有找到“拖拉机”" in page
    assert "拼音" in page
    assert 'href="/search/?q=%E8%91%A1%E8%90%84"' in page


def test_a_guess_is_told_as_one(everything: County, client: Client) -> None:
    assert "读音相近" in client.get("/search/", {"q": "载培"}).content.decode()
    assert "部分符合" in client.get("/search/", {"q": "栽培 拖拉机"}).content.decode()


def test_while_typing_only_the_finds_are_sent(everything: County, client: Client) -> None:
    answer = client.get("/search/", {"q": "葡萄"}, headers={"HX-Request": "true", "HX-Target": "finds"})
    page = answer.content.decode()
    assert "<mark>葡萄</mark>" in page
    assert "<html" not in page


def test_pages_of_finds(everything: County, client: Client) -> None:
    make_course(*[5] * 30, slug="li", title="蜜梨优质高产")
    assert len(titles(client, "蜜梨", kind="lessons")) == 20
    assert len(titles(client, "蜜梨", kind="lessons", page="2")) == 10


def queries(client: Client, kind: str) -> int:
    client.get("/search/", {"q": "葡萄", "kind": kind})
    with CaptureQueriesContext(connection) as found:
        client.get("/search/", {"q": "葡萄", "kind": kind})
    return len(found)


@pytest.mark.parametrize("kind", ["courses", "lessons", "trainings"])
def test_the_queries_do_not_grow_with_the_finds(everything: County, login: Login, kind: str) -> None:
    client = login("county")
    few = queries(client, kind)
    for number in range(8):
        make_course(5, 5, slug=f"grape{number}", title=f"葡萄品种{number}")
        plan(everything.town, f"葡萄班{number}", "修剪")
    assert queries(client, kind) == few < 30


def test_every_page_has_the_way_to_it(everything: County, login: Login, client: Client) -> None:
    for answer in (client.get("/"), login("member").get("/learn/"), login("town").get("/desk/trainings/")):
        assert 'action="/search/"' in answer.content.decode()
    assert Page.objects.filter(slug="search").count() == 0
