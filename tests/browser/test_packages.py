"""SCORM packages in a real browser: they play, suspend and resume, and a hostile one gets nothing (reliability 12, 13)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.browser.conftest import DESK, PHONE, SignIn
from tests.browser.site import Site
from tests.browser.test_main_job import CODE

pytestmark = pytest.mark.browser
BEGUN, COMPLETED, PASSED = "学习中", "已完成", "已通过"


@pytest.fixture
def learner(sign_in: SignIn) -> Page:
    page = sign_in("member", DESK)
    page.on("dialog", lambda dialog: dialog.accept())
    return page


def start(page: Page, shape: str, part: int = 0) -> Frame:
    """Go to the lesson of a shape and open one of its parts."""
    page.goto(f"/courses/scorm/{shape}/")
    return begin(page, part)


def begin(page: Page, part: int = 0) -> Frame:
    key = page.locator("[data-part]").nth(part)
    key.click()
    expect(key).to_have_attribute("aria-current", "")  # the part before has said good-bye
    return playing(page)


def playing(page: Page) -> Frame:
    """The frame of the part that is open, once its page is there."""
    frame = page.locator("[data-stage] iframe").element_handle().content_frame()
    assert frame is not None
    frame.wait_for_url("**/package/**")
    return frame


def marks(page: Page) -> list[str]:
    return page.locator("[data-mark]").all_inner_texts()


def saved(page: Page, work: Callable[[], object]) -> None:
    """Do something and wait until the server has kept what the part saves of it."""
    with page.expect_response(lambda answer: "/package/" in answer.url and answer.request.method == "POST") as answer:
        work()
    assert answer.value.ok


def leave(page: Page) -> None:
    """Press the key that closes the part and keeps what it says as it goes."""
    page.locator("[data-leave]").click()
    expect(page.locator("[data-said]")).to_contain_text("进度已保存")


@pytest.mark.parametrize("shape", ["single", "above", "bare"])
def test_scorm_12_plays_suspends_and_resumes(learner: Page, shape: str) -> None:
    part = start(learner, shape)
    expect(part.locator("#page")).to_have_text("page 1")
    expect(part.locator("#entry")).to_have_text("ab-initio")
    expect(part.locator("#learner")).not_to_be_empty()
    part.click("#next")
    saved(learner, lambda: part.click("#next"))
    saved(learner, lambda: part.click("#done"))
    expect(learner.locator("[data-mark]").first).to_have_text(COMPLETED)

    learner.reload()  # torn away: the part could not say good-bye in peace
    part = begin(learner)
    expect(part.locator("#page")).to_have_text("page 3")
    expect(part.locator("#entry")).to_have_text("resume")
    expect(part.locator("#kept")).to_have_text("seen:3")

    leave(learner)
    part = start(learner, shape)
    expect(part.locator("#page")).to_have_text("page 3")
    expect(part.locator("#entry")).to_have_text("resume")


def test_scorm_12_with_several_parts_of_minimum_and_basic_calls(learner: Page) -> None:
    part = start(learner, "multi")
    expect(part.locator("#began")).to_have_text("true")
    saved(learner, lambda: part.click("#bye"))
    expect(part.locator("#ended")).to_have_text("true")
    expect(learner.locator("[data-mark]").first).to_have_text(COMPLETED)
    part = begin(learner, 1)
    assert part.url.endswith("?mode=a&x=1")
    expect(part.locator("#page")).to_have_text("page 1")
    saved(learner, lambda: part.click("#next"))
    learner.reload()
    assert marks(learner) == [COMPLETED, BEGUN]


def test_scorm_12_in_frames_of_its_own(learner: Page) -> None:
    """The pages of the part call the frame around them, read its variables and its run-time."""
    part = start(learner, "frames")
    inside = part.locator("iframe").element_handle().content_frame()
    assert inside is not None
    expect(inside.locator("#title")).to_have_text("考试")
    expect(inside.locator("#learner")).not_to_be_empty()
    saved(learner, lambda: inside.click("#hand-in"))
    expect(part.locator("#score")).to_have_text("score 75")
    expect(learner.locator("[data-mark]")).to_have_text(PASSED)


@pytest.mark.parametrize("shape", ["third", "fourth"])
def test_scorm_2004_plays_resumes_and_goes_on_to_the_next_part(learner: Page, shape: str) -> None:
    part = start(learner, shape)
    expect(part.locator("#entry")).to_have_text("ab-initio")
    expect(part.locator("#passing")).to_have_text("0.8")
    saved(learner, lambda: part.click("#next"))
    learner.reload()
    part = begin(learner)
    expect(part.locator("#page")).to_have_text("page 2")
    expect(part.locator("#entry")).to_have_text("resume")
    expect(part.locator("#kept")).to_have_text("资料")
    part.click("#done")  # asks for the next part
    expect(learner.locator("[data-part][aria-current]")).to_contain_text("分蜂")
    assert marks(learner)[0] == PASSED


def test_a_package_with_names_and_pages_in_gbk(learner: Page) -> None:
    part = start(learner, "gbk")
    expect(part.locator("#text")).to_have_text("水稻育秧")


def test_case_13_a_script_reads_neither_cookies_nor_the_page_around_it(learner: Page) -> None:
    part = start(learner, "thief")
    expect(part.locator("#loot")).to_contain_text("abroad")
    loot = json.loads(part.locator("#loot").inner_text())
    assert loot.pop("origin") == "null"
    assert loot.pop("cookie") == ""
    assert loot.pop("ancestor") == "none"
    assert set(loot.values()) == {"refused"}, loot
    assert learner.url.endswith("/scorm/thief/")


def test_case_12_completed_from_the_console_is_a_claim(learner: Page, site: Site) -> None:
    """The part is told to be complete the moment it is open. The page says so; the lesson is not learned, the hours stay."""
    part = start(learner, "console")
    saved(learner, lambda: part.click("#done"))
    expect(learner.locator("[data-mark]")).to_have_text(re.compile(f"{COMPLETED}|{PASSED}"))
    leave(learner)
    learner.reload()
    assert learner.locator("[data-progress]").evaluate("bar => bar.value") < 100
    assert "学时已记入" not in learner.locator("[data-status]").inner_text()
    assert site.manage("audit_hours", "--member", CODE)["violations"] == []


def test_a_minute_by_the_servers_clock_completes_a_lesson_of_a_minute(learner: Page) -> None:
    start(learner, "minute")
    expect(learner.locator("[data-status]")).to_have_text("这一课已学完，学时已记入。", timeout=90_000)


def test_a_package_fits_a_phone(sign_in: SignIn) -> None:
    page = sign_in("", PHONE)
    part = start(page, "single")
    expect(part.locator("#page")).to_have_text("page 1")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert "不保存进度" in page.locator("[data-said]").inner_text()
