"""The farm library in a real browser: a PDF by pages, an EPUB by chapters, the clock beside them, on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, SignIn

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
