"""What one notices only when it is missing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import DESK, PHONE, SignIn
from tests.browser.site import Site
from tests.browser.test_axe_every_page import pages_of

pytestmark = pytest.mark.browser


def test_a_form_keeps_what_was_typed_after_an_error(sign_in: SignIn) -> None:
    page = sign_in("town", DESK)
    page.goto("/desk/trainings/new/")
    page.fill("input[name=title]", "冬季果园管理培训班")
    page.locator("main form[method=post] button[type=submit]").last.click()
    expect(page.locator(".error-summary")).to_be_visible()
    expect(page.locator("input[name=title]")).to_have_value("冬季果园管理培训班")


def test_the_back_button_shows_nothing_after_signing_out(sign_in: SignIn) -> None:
    """On a shared PC the next person presses it."""
    page = sign_in("secretary", DESK)
    page.goto("/desk/members/")
    page.locator(".user-menu summary").click()
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url(lambda url: "/desk/" not in url)
    page.go_back()
    expect(page).to_have_url(re.compile(r"/login/\?next=/desk/members/"))


def test_the_language_switch_keeps_the_page(sign_in: SignIn) -> None:
    page = sign_in("member", PHONE)
    page.goto("/learn/hours/")
    page.get_by_role("button", name="English").click()
    page.wait_for_url("**/learn/hours/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("link", name="跳到正文")).to_have_count(0)


def test_a_sheet_prints_the_paper_alone(site: Site, sign_in: SignIn) -> None:
    page = sign_in("county", DESK)
    address = next(path for rows in pages_of(site).values() for name, path in rows if name == "session-sheet")
    page.goto(address)
    page.emulate_media(media="print")
    expect(page.locator(".sheet")).to_be_visible()
    for left_out in (".bar", ".nav", ".no-print"):
        expect(page.locator(left_out).first).to_be_hidden()


def test_play_pressed_before_the_player_has_come_over_a_slow_line_counts(sign_in: SignIn) -> None:
    page = sign_in("member", PHONE)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/player*.js", hold)
    page.goto("/courses/02-gardenia/lesson-2/", wait_until="commit")
    page.locator("video").evaluate("video => { video.muted = true; return video.play(); }")
    with page.expect_response(lambda answer: answer.url.endswith("/play/")) as answer:
        held[0].continue_()
    assert answer.value.ok
