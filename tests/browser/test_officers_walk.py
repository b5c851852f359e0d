"""An inspector points at one number: from the county's rate to one row's evidence in three clicks, each figure the last's."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from lms.core import clock
from tests.browser.conftest import DESK, SignIn

pytestmark = pytest.mark.browser
PICTURES = Path(settings.BASE_DIR, "docs", "screenshots")


@pytest.fixture
def picture(request: pytest.FixtureRequest):
    """``picture(page, 1)`` keeps the first picture of the walk for the documents, where ``--update-pictures`` asks for it."""

    def keep(page: Page, number: int) -> None:
        if request.config.getoption("update_pictures"):
            page.screenshot(path=PICTURES / f"officers-walk-{number}.png", animations="disabled")

    return keep


def cell(row: object, label: str) -> str:
    """What a row of a table says in the column of that name."""
    return row.locator(f"td[data-label='{label}']").inner_text().strip()  # type: ignore[attr-defined]


def test_from_the_countys_rate_to_the_evidence_of_one_hour_in_three_clicks(sign_in: SignIn, picture) -> None:
    year = (clock.today() - dt.timedelta(days=60)).year  # in January there is little to look at yet
    page = sign_in("county", DESK)
    page.goto(f"/desk/reports/?year={year}")
    rate = page.locator("a.stat", has_text="党员达标率")
    met, assessed = map(int, re.search(r"(\d+) ÷ (\d+)", rate.inner_text()).groups())
    shown = Decimal(rate.locator(".stat-number").inner_text().removesuffix("%"))
    assert 0 <= Decimal(100 * met) / assessed - shown < Decimal("0.1")  # a share is never rounded up
    picture(page, 1)

    rate.click()
    expect(page.locator("main")).to_contain_text(f"共 {met} 条")
    person = page.locator("tbody tr").first
    name, counted = person.locator("th").inner_text(), cell(person, "已修学时")
    picture(page, 2)

    person.get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    expect(page.locator(".meter").first).to_contain_text(counted)
    entries = page.locator("tbody tr")
    standing = [Decimal(cell(row, "学时")) for row in entries.all()]
    assert sum(standing) >= Decimal(counted)  # hours beyond a cap are shown and not counted
    entry = entries.filter(has_text="培训班").first
    entry.scroll_into_view_if_needed()
    title, hours = entry.locator("th").inner_text(), cell(entry, "学时")
    picture(page, 3)

    entry.get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.locator(".lead")).to_contain_text(f"{hours} 学时")
    for said in ("签到", "主办单位", "确认人", "规则", "依据", "记入"):
        expect(page.locator("main")).to_contain_text(said)
    picture(page, 4)
