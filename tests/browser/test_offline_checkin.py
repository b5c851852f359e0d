"""The trainer's page without a line, in a real browser: prepared, cut off, loaded anew, and everything there in the end."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, SignIn
from tests.browser.site import Site

pytestmark = pytest.mark.browser
COUNTER = "[data-unsent]"


def prepare(page: Page, twin: dict[str, Any]) -> None:
    page.goto(f"/desk/trainings/{twin['uuid']}/")
    page.get_by_role("link", name="准备断网签到").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("断网签到")
    page.get_by_role("button", name="准备断网签到").click()
    expect(page.get_by_text("准备好了：没有网络也能打开这一页")).to_be_visible(timeout=60_000)
    expect(page.locator(COUNTER)).to_have_text("还没有记录")


def typed(page: Page, code: str, name: str) -> None:
    page.fill("#offline-code", code)
    page.get_by_role("button", name="记录", exact=True).click()
    expect(page.locator("[data-answer] .scan-who")).to_have_text(name)


def test_a_day_without_a_line_ends_as_one_with_it(site: Site, sign_in: SignIn) -> None:
    with_line, without = site.run("tests.browser.twins", "make")
    desk = sign_in("trainer", DESK)
    desk.goto(f"/desk/trainings/{with_line['uuid']}/sessions/{with_line['session']}/checkin/")
    for person, said in zip(with_line["people"], ("card", "card", "code"), strict=False):
        desk.fill("#scan-code", person[said])
        desk.get_by_role("button", name="记录", exact=True).click()
        expect(desk.locator("#scan-reply")).to_contain_text(person["name"])

    phone = sign_in("trainer", PHONE)
    prepare(phone, without)
    people = without["people"]
    phone.context.set_offline(True)
    typed(phone, people[0]["card"], people[0]["name"])
    expect(phone.locator(COUNTER)).to_have_text("还有 1 条没有送出")

    phone.reload()  # the worker brings the page, the browser's database the queue
    expect(phone.locator(COUNTER)).to_have_text("还有 1 条没有送出")
    expect(phone.locator("[data-trouble]")).to_have_text("现在没有网络，有网络时会自动送出")
    typed(phone, people[1]["card"], people[1]["name"])
    phone.fill("#offline-find", people[2]["name"])
    phone.locator("[data-people] button").first.click()
    expect(phone.locator("[data-people] button").first).to_contain_text("✓")
    expect(phone.locator(COUNTER)).to_have_text("还有 3 条没有送出")

    address = phone.url
    phone.close()
    phone = phone.context.new_page()
    phone.goto(address)  # a tab that was closed
    expect(phone.locator(COUNTER)).to_have_text("还有 3 条没有送出")
    expect(phone.locator("[data-latest] li")).to_have_count(3)

    phone.context.clear_cookies()  # signed out meanwhile: the key is the permission
    phone.context.set_offline(False)
    expect(phone.locator(COUNTER)).to_have_text("全部送出", timeout=60_000)
    expect(phone.locator("[data-latest] li.scan-good")).to_have_count(3)

    online, offline = site.run("tests.browser.twins", "end", with_line["uuid"], without["uuid"])
    assert online == offline
    assert [row[0] for row in offline] == ["present", "present", "present", "absent"]
    assert [float(row[3]) > 0 for row in offline] == [True, True, True, False]


def test_what_was_queued_can_be_taken_out_of_the_browser_when_it_is_sent(site: Site, sign_in: SignIn) -> None:
    """Two tabs share one queue; nothing is deleted before it is sent."""
    training = site.run("tests.browser.twins", "make")[1]
    phone = sign_in("trainer", PHONE)
    prepare(phone, training)
    phone.context.set_offline(True)
    second = phone.context.new_page()
    second.goto(phone.url)
    typed(phone, training["people"][0]["code"], training["people"][0]["name"])
    typed(second, training["people"][1]["code"], training["people"][1]["name"])
    expect(second.locator(COUNTER)).to_have_text("还有 2 条没有送出")
    second.locator("summary", has_text="名单和这台设备").click()
    expect(second.get_by_role("button", name="从这台设备上删除")).to_be_disabled()
    second.context.set_offline(False)
    second.locator("[data-send]").dispatch_event("click")  # it goes when the page has sent by itself already
    expect(second.locator(COUNTER)).to_have_text("全部送出", timeout=60_000)
    second.get_by_role("button", name="从这台设备上删除").click()
    second.get_by_role("button", name="删除", exact=True).click()
    expect(second.get_by_role("button", name="准备断网签到")).to_be_visible()
    assert second.evaluate("caches.keys().then(keys => keys.length)") == 0
