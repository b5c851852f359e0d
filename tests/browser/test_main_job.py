"""The house's main job in a real browser: roster, lesson, base visit, correction, and the figures that follow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from lms.core import clock
from lms.demo.people import MEMBER
from lms.demo.trainings import last_half_day
from tests.browser.conftest import DESK, PHONE, SignIn
from tests.browser.site import Site
from tests.exchange.rosters import official, person

pytestmark = pytest.mark.browser
NAMES = ["赵春生", "钱有田", "孙桂兰", "李长河"]
UNITS = ("C", "C-T01", "C-T01-B01")
BEGUN = "/courses/01-grape-pruning/lesson-2/"
VISIT = "葡萄冬季修剪现场观摩"
CODE = f"M{MEMBER[0] + 1:06d}"
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Figures:
    """What the county reads of a year: averages (学时) of county, town and branch over so many people; hours of one."""

    averages: tuple[Decimal, ...]
    people: tuple[int, ...]
    hours: Decimal

    def assert_gained(self, before: Figures, hours: str) -> None:
        """One person has so much more than before, and the averages of all above follow, cut to hundredths."""
        assert self.hours - before.hours == Decimal(hours)
        assert self.people == before.people
        for now, then, count in zip(self.averages, before.averages, self.people, strict=True):
            assert abs(now - then - Decimal(hours) / count) <= CENT


def figures(page: Page, site: Site, year: int) -> Figures:
    """As the pages say them, and for the one person as ``member_hours`` does."""
    averages, people = [], []
    for unit in UNITS:
        page.goto(f"/desk/reports/?unit={unit}&year={year}")
        averages.append(Decimal(page.locator(".stat", has_text="人均学时").locator(".stat-number").inner_text()))
        people.append(int(re.search(r"÷ (\d+)", page.locator(".stat", has_text="党员达标率").inner_text())[1]))
    found = site.manage("member_hours", CODE, "--year", str(year))
    return Figures(tuple(averages), tuple(people), sum((Decimal(e["hours"]) for e in found["entries"]), Decimal(0)))


def import_roster(page: Page) -> None:
    """Upload four people of another town's branch in the official form, look at the plan, apply it; a worker does it."""
    page.goto("/desk/reports/?unit=C-T02")
    branch = page.locator("tbody th a").first.inner_text()
    people = [person(serial, name, branch) for serial, name in enumerate(NAMES, 301)]
    page.goto("/desk/imports/new/")
    root = page.locator("select[name=unit] option", has_text="青梧").first
    page.select_option("select[name=unit]", value=root.get_attribute("value"))
    page.set_input_files(
        "input[type=file]",
        {"name": "名册.xlsx", "mimeType": "application/octet-stream", "buffer": official(people)},
    )
    page.get_by_role("button", name="上传并检查").click()
    page.get_by_role("button", name="导入 4 行").click(timeout=60_000)
    expect(page.get_by_text("导入完成")).to_be_visible(timeout=60_000)
    page.goto("/desk/members/?q=" + NAMES[2])
    expect(page.get_by_text(NAMES[2]).first).to_be_visible()


def watch(page: Page) -> None:
    """Go on with the lesson that the demo's member has begun, press play and stay to the end."""
    page.goto(BEGUN)
    page.locator("video").evaluate("video => { video.muted = true; video.play(); }")
    expect(page.locator("[data-status]")).to_have_text("这一课已学完，学时已记入。", timeout=60_000)


def tick(page: Page, roster: str, key: str) -> None:
    """Tap a key of the roster and wait until the server has it."""
    page.goto(roster)
    with page.expect_response(lambda answer: f"/mark/{CODE}/" in answer.url) as answer:
        page.locator(f"label:has(#{key}-{CODE})").click()
    assert answer.value.ok


def open_visit(page: Page) -> None:
    """From the list of what runs; it waits there to be ticked and closed."""
    page.goto("/desk/trainings/?tab=running")
    page.get_by_role("link", name=VISIT).first.click()


def close(page: Page) -> None:
    """Close the visit; whoever is not ticked was not there."""
    open_visit(page)
    page.get_by_role("link", name="结课").first.click()
    page.locator("input[name=absent]").check()
    page.get_by_role("button", name="结课并记学时").click()
    page.wait_for_load_state()


def test_the_main_job(site: Site, sign_in: SignIn) -> None:
    """Issue 2: import, watch, tick, untick; each hour appears everywhere and goes everywhere."""
    county, own, trainer = sign_in("county", DESK), sign_in("member", PHONE), sign_in("trainer", PHONE)
    import_roster(county)

    this_year = clock.today().year
    before = figures(county, site, this_year)
    watch(own)
    figures(county, site, this_year).assert_gained(before, "0.25")

    open_visit(trainer)
    trainer.locator("a[href*='/sessions/']").first.click()
    trainer.wait_for_url("**/sessions/*/")
    year = last_half_day(clock.now())[0].year  # on 1 January the last morning was last year's
    before = figures(county, site, year)
    roster = trainer.url
    tick(trainer, roster, "p")
    close(trainer)
    figures(county, site, year).assert_gained(before, "4")

    tick(trainer, roster, "a")
    figures(county, site, year).assert_gained(before, "0")
    own.goto(f"/learn/hours/?year={year}")
    expect(own.locator("main")).to_contain_text("冲销")
    assert site.manage("audit_hours", "--member", CODE)["violations"] == []
