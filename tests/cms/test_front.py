"""The admin as an editor without training meets it: our name, Chinese words, where to begin (issue 4, part 1)."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils.html import strip_tags

from cms.models import HomePage, NewsIndexPage
from courses.models import CourseIndexPage, CoursePage, LessonPage
from tests.cms.test_admin import add
from tests.factories import make_course

Login = Callable[[str], Client]
ENTRIES = ["新建课程", "上传视频", "上传图片", "上传资料", "互动课件", "题目统计", "写动态"]


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["editor", "county"])
def test_it_works(login: Login, name: str) -> None:
    page = text(login(name).get("/admin/"))
    assert [entry for entry in ENTRIES if f"<strong>{entry}</strong>" in page] == ENTRIES


def test_new_course_and_news_go_straight_to_their_forms(login: Login) -> None:
    editor = login("editor")
    page = text(editor.get("/admin/"))
    for address in (
        f"/admin/pages/add/courses/coursepage/{CourseIndexPage.objects.get().pk}/",
        f"/admin/pages/add/cms/newspage/{NewsIndexPage.objects.get().pk}/",
    ):
        assert f'href="{address}"' in page
        assert editor.get(address).status_code == 200


def test_every_entry_opens(login: Login) -> None:
    editor = login("editor")
    nav = re.search(r'<nav class="xx-entries".*?</nav>', text(editor.get("/admin/")), re.S)
    assert nav
    addresses = re.findall(r'<a href="([^"]+)"', nav[0])
    assert {address: editor.get(address).status_code for address in addresses} == dict.fromkeys(addresses, 200)
    assert len(addresses) == len(ENTRIES)


@pytest.mark.parametrize("address", ["/admin/", "/admin/pages/", "/admin/help/course/", "/admin/images/"])
def test_it_carries_our_name_and_no_other(login: Login, address: str) -> None:
    page = text(login("editor").get(address, follow=True))
    assert re.search(r"<title>[^<]+- 乡学</title>", page)
    assert "img/favicon.svg" in page
    assert "css/admin.css" in page
    assert "Wagtail" not in strip_tags(re.sub(r"<(script|noscript|template)\b.*?</\1>", "", page, flags=re.S))


def test_an_editor_reads_no_english_on_the_front_page(login: Login) -> None:
    page = text(login("editor").get("/admin/"))
    body = strip_tags(re.sub(r"<(script|noscript|template|style)\b.*?</\1>", "", page.split("<body", 1)[1], flags=re.S))
    words = set(re.findall(r"[A-Za-z]{2,}", body.split(">", 1)[1]))
    assert words <= {"MP", "MOV", "PDF", "SCORM", "EPUB", "editor"}


def test_the_page_tree_begins_at_the_sites_home(login: Login) -> None:
    for name in ("editor", "county"):
        answer = login(name).get("/admin/pages/")
        assert answer["Location"] == f"/admin/pages/{HomePage.objects.get().pk}/"
        assert "Root" not in text(login(name).get("/admin/pages/", follow=True))


def test_the_menu_is_short(login: Login) -> None:
    props = {name: text(login(name).get("/admin/")) for name in ("editor", "county")}
    assert '"name": "reports"' not in props["editor"]
    assert '"name": "reports"' in props["county"]
    for page in props.values():
        assert '"name": "authoring-help"' in page
        assert '"name": "help"' not in page


def test_ones_own_drafts_are_listed_until_they_are_handed_in(login: Login) -> None:
    editor = login("editor")
    fields = {"title": "自己的草稿", "slug": "cao", "summary": "x", "category": "skills"}
    pk = add(editor, CourseIndexPage.objects.get(), "coursepage", **fields)
    assert f'href="/admin/pages/{pk}/edit/"' in text(editor.get("/admin/")).split("我的草稿")[1]
    assert "自己的草稿" not in text(login("county").get("/admin/"))
    editor.post(f"/admin/courses/{pk}/submit/")
    assert "我的草稿" not in text(editor.get("/admin/"))


def test_a_new_course_says_what_comes_first_and_a_saved_one_where_lessons_go(login: Login) -> None:
    editor = login("editor")
    index = CourseIndexPage.objects.get()
    assert "这里就会出现“添加课时”" in text(editor.get(f"/admin/pages/add/courses/coursepage/{index.pk}/"))
    fields = {"title": "新课", "slug": "xin", "summary": "x", "category": "skills"}
    pk = add(editor, index, "coursepage", **fields)
    page = text(editor.get(f"/admin/pages/{pk}/edit/"))
    assert f'href="/admin/pages/add/courses/lessonpage/{pk}/"' in page
    assert f'href="/admin/courses/{pk}/submit/"' in page
    assert f'href="/admin/courses/{pk}/approve/"' not in page


def test_a_title_pasted_and_saved_at_once_makes_the_address(login: Login) -> None:
    editor, index = login("editor"), CourseIndexPage.objects.get()
    made = [
        add(editor, index, "coursepage", title="枇杷疏花", slug="", summary="x", category="skills")
        for _time in range(2)
    ]
    assert list(CoursePage.objects.filter(pk__in=made).order_by("pk").values_list("slug", flat=True)) == [
        "枇杷疏花",
        "枇杷疏花-2",
    ]


def test_a_course_lists_its_lessons_and_a_lesson_leads_back(login: Login) -> None:
    lessons = make_course(5, 5)
    course = CoursePage.objects.get()
    page = text(login("editor").get(f"/admin/pages/{course.pk}/edit/"))
    assert [f'href="/admin/pages/{lesson.pk}/edit/"' in page for lesson in lessons] == [True, True]
    lesson = text(login("editor").get(f"/admin/pages/{lessons[0].pk}/edit/"))
    assert f'href="/admin/pages/{course.pk}/edit/"' in lesson
    assert f'href="/admin/pages/add/courses/lessonpage/{course.pk}/"' in lesson


def test_the_number_of_queries_does_not_grow_with_the_lessons(
    login: Login, django_assert_max_num_queries: object
) -> None:
    counts = []
    for minutes, slug in (((5,), "one"), ((5,) * 9, "nine")):
        course = make_course(*minutes, slug=slug)[0].course
        assert LessonPage.objects.child_of(course).count() == len(minutes)
        editor = login("editor")
        editor.get(f"/admin/pages/{course.pk}/edit/")
        with django_assert_max_num_queries(200) as captured:  # type: ignore[operator]
            editor.get(f"/admin/pages/{course.pk}/edit/")
        counts.append(len(captured))
    assert counts[0] == counts[1]


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2 between two colours ``#rrggbb``."""

    def light(colour: str) -> float:
        parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    lighter, darker = sorted((light(one), light(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


WHITE, DARK = "#ffffff", "#262626"  # what Wagtail's two themes paint a page with


@pytest.mark.parametrize(
    ("name", "on"),
    [
        ("primary", WHITE),
        ("primary-200", WHITE),
        ("secondary", WHITE),
        ("secondary-400", WHITE),
        ("secondary-600", WHITE),
        ("secondary-100", DARK),
        ("secondary-75", DARK),
    ],
)
def test_our_colours_can_be_read_in_both_themes(name: str, on: str) -> None:
    style = Path(settings.BASE_DIR, "static/css/admin.css").read_text()
    found = re.search(rf"--w-color-{name}: (#[0-9a-f]{{6}});", style)
    assert found
    assert contrast(found[1], on) >= 4.5
