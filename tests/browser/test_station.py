"""A group viewing run from across the room: arrow keys and OK, nothing else."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, SignIn

pytestmark = pytest.mark.browser


def focused(page: Page, selector: str) -> bool:
    """Whether what has the focus is such a thing."""
    return bool(page.evaluate("selector => document.activeElement.matches(selector)", selector))


def press_ok(page: Page, address: str) -> None:
    """OK on what has the focus; the next page has such an address."""
    page.keyboard.press("Enter")
    page.wait_for_url(address)
    page.wait_for_load_state()


def walk_to(page: Page, selector: str, *keys: str) -> None:
    """Press each key in turn, up to twenty times, until such a thing has the focus."""
    for key in keys:
        for _press in range(20):
            if focused(page, selector):
                return
            page.keyboard.press(key)
    assert focused(page, selector), f"no way to {selector}"


def test_a_group_viewing_by_arrow_keys_and_ok(sign_in: SignIn) -> None:
    page = sign_in("station", DESK)
    page.goto("/station/")
    assert focused(page, "a[href$='/courses/']")
    press_ok(page, "**/courses/")
    press_ok(page, "**/courses/*/")
    press_ok(page, "**/roll/*/")

    assert focused(page, "input[name=member]")
    page.keyboard.press("Enter")
    expect(page.locator("[data-count]")).to_have_text("1")
    walk_to(page, "button.button-main", "ArrowDown", "ArrowRight")
    press_ok(page, "**/play/")

    assert focused(page, "[data-begin]")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('video').currentTime > 1")
    walk_to(page, "[data-forward]", "ArrowLeft", "ArrowRight")
    walk_to(page, "[data-back]", "ArrowLeft")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('video').currentTime < 1.5")
    expect(page.locator("[data-next]")).to_be_focused(timeout=60_000)  # the film is over
    press_ok(page, "**/close/")
    walk_to(page, "button.button-main", "ArrowDown")
    press_ok(page, "**/result/")
    expect(page.get_by_role("heading", level=1)).to_have_text("记好了，大家辛苦了")
    expect(page.locator(".tv-results li")).to_have_count(1)
