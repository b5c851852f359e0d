"""An editor looks at a draft as a phone, a PC and the station's television show it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, SignIn
from tests.browser.site import Site

pytestmark = pytest.mark.browser


def previewed(page: Page, site: Site) -> None:
    """Open a lesson with a film in the editor, with its preview."""
    films = "SELECT page_ptr_id FROM courses_lessonpage WHERE media_id IS NOT NULL ORDER BY page_ptr_id LIMIT 1"
    with closing(sqlite3.connect(site.data / "db.sqlite3", timeout=20)) as rows:
        (number,) = rows.execute(films).fetchone()
    page.goto(f"/admin/pages/{number}/edit/")
    page.locator("[data-side-panel-toggle='preview']").click()


def test_the_width_of_the_television_shows_the_stations_screen(sign_in: SignIn, site: Site) -> None:
    page = sign_in("editor", DESK)
    previewed(page, site)
    mode = page.locator("#id_preview_mode")
    shown = page.frame_locator("#w-preview-iframe, .w-preview__iframe").first
    expect(shown.locator("h1")).to_be_visible()
    page.locator("input[name='preview-size'][value='tv']").check(force=True)
    expect(mode).to_have_value("tv")
    expect(shown.locator(".tv-room h1")).to_be_visible()
    page.locator("input[name='preview-size'][value='phone']").check(force=True)
    expect(mode).to_have_value("")
    expect(shown.locator(".tv-room")).to_have_count(0)
    mode.select_option("tv")
    expect(page.locator("input[name='preview-size'][value='tv']")).to_be_checked()
    expect(shown.locator(".tv-room h1")).to_be_visible()
