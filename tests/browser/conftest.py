"""A real Chromium against a real server on a demo county. Runs once, on SQLite (``.ci/suite.py``); see ``site.py``."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from lms.demo.people import PASSWORD
from tests.browser.site import Site, prepared, running

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--lang=zh-CN",
    "--autoplay-policy=no-user-gesture-required",
]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
PATIENCE_MS = 60_000
"""A film on two busy cores takes its time. What never comes fails all the same."""

expect.set_options(timeout=PATIENCE_MS / 2)
SignIn = Callable[..., Page]


@pytest.fixture(scope="session")
def site(django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demo county of this run, with all that earlier tests did to it."""
    mine = tmp_path_factory.getbasetemp()
    shared = mine.parent if mine.name.startswith("popen-") else mine  # the workers of xdist prepare one together
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        county = prepared(shared / "county")
    with running(county, mine / "site") as found:
        yield found


@pytest.fixture(scope="session")
def chromium(site: Site) -> Iterator[Browser]:
    """One browser for the run. Its loop stays in this thread: tests that use the database must have run before."""
    path = shutil.which("chromium")
    assert path, "the browser tests need Chromium (apt-get install chromium)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def sign_in(chromium: Browser, site: Site) -> Iterator[SignIn]:
    """``sign_in("trainer", PHONE)``: a page of that demo account, signed in through the form; ``""`` is nobody."""
    contexts = []

    def open_page(name: str, viewport: dict[str, int], **options: object) -> Page:
        context = chromium.new_context(viewport=viewport, base_url=site.url, locale="zh-CN", **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        if name:
            log_in(page, name)
        return page

    yield open_page
    for context in contexts:
        context.close()


def log_in(page: Page, name: str) -> None:
    """Through the form, with the demo's password."""
    page.goto("/login/")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/login/" not in url)
