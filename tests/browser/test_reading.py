"""The farm library in a real browser: a PDF by pages, an EPUB by chapters, the clock beside them, on a phone."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, SignIn
from tests.browser.site import Site

pytestmark = pytest.mark.browser


@pytest.fixture
def reader(sign_in: SignIn) -> Page:
    return sign_in("member", PHONE)


def opened(page: Page, title: str) -> None:
    """From the shelf."""
    page.goto("/library/")
    page.get_by_role("link", name=title).click()


def turned(page: Page) -> None:
    """The next page; the server has noted the place."""
    with page.expect_response("**/place/") as answer:
        page.locator("[data-on]").click()
    assert answer.value.ok


def test_a_pdf_is_read_by_pages_and_opened_where_one_stopped(reader: Page) -> None:
    opened(reader, "葡萄避雨栽培十二个月")
    canvas = reader.locator("[data-stage] canvas")
    expect(canvas).to_be_visible(timeout=60_000)
    assert "大寒前后" in (canvas.get_attribute("aria-label") or "")
    reader.locator("[data-begin]").click()
    expect(reader.locator("[data-status]")).to_contain_text("阅读中")
    turned(reader)
    reader.reload()
    expect(reader.locator("[data-at]")).to_have_value("2")
    expect(canvas).to_be_visible(timeout=60_000)
    assert "立春后" in (canvas.get_attribute("aria-label") or "")
    assert reader.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_page_that_is_full_waits_to_be_turned(sign_in: SignIn, site: Site) -> None:
    """All but three seconds of the page are used up already: the clock stops at what was credited, and goes on at the next."""
    reader = sign_in("elder", PHONE)
    opened(reader, "葡萄避雨栽培十二个月")
    expect(reader.locator("[data-stage] canvas")).to_be_visible(timeout=20_000)
    status = reader.locator("[data-status]")
    with reader.expect_response("**/play/"):
        reader.locator("[data-begin]").click()
    expect(status).to_contain_text("阅读")
    with closing(sqlite3.connect(site.data / "db.sqlite3", timeout=20)) as rows, rows:
        used = "UPDATE courses_playsession SET page_left_ms = 3000 WHERE id = (SELECT max(id) FROM courses_playsession)"
        rows.execute(used)
    expect(status).to_contain_text("这一页的阅读时间已记满", timeout=30_000)
    stood = reader.evaluate("document.querySelector('[data-reader]').clock.currentTime")
    reader.wait_for_timeout(1_500)
    assert reader.evaluate("document.querySelector('[data-reader]').clock.currentTime") == stood
    with reader.expect_response(
        lambda one: "/play/beat/" in one.url and one.json()["page"] and one.json()["position"] > stood * 1000 + 5_000,
        timeout=30_000,
    ):
        turned(reader)
        expect(status).to_contain_text("阅读")


def test_an_epub_is_read_by_chapters_without_scripts(reader: Page) -> None:
    opened(reader, "青梧红色故事三则")
    reader.locator("[data-begin]").click()
    chapter = reader.frame_locator("[data-stage] iframe")
    expect(chapter.locator("h1")).to_have_text("渡口的灯")
    turned(reader)
    expect(chapter.locator("h1")).to_have_text("背粮的队伍")
    assert reader.locator("[data-stage] iframe").get_attribute("sandbox") == ""


def test_reading_time_reaches_the_server(reader: Page) -> None:
    opened(reader, "村级集体资产管理问答")
    with reader.expect_response("**/play/beat/", timeout=60_000) as answer:
        reader.locator("[data-begin]").click()
    assert answer.value.ok
    with reader.expect_response(
        lambda one: "/play/beat/" in one.url and one.json()["position"] > 5_000, timeout=60_000
    ):
        pass


def test_a_note_is_written(reader: Page) -> None:
    opened(reader, "村级集体资产管理问答")
    reader.fill("#note", "租约要挂牌")
    reader.get_by_role("button", name="保存笔记").click()
    expect(reader.locator("#notes")).to_contain_text("租约要挂牌")
