"""Every page, on a phone and on a desk, normal and in elder mode: nothing serious for axe, nothing wider than the screen."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import DESK, PHONE, SignIn
from tests.browser.pages import READERS, ROLES
from tests.browser.site import Site

pytestmark = pytest.mark.browser
AXE = Axe()
OPTIONS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}
# The rows of a table are of one make, and reading them all is most of the time.
WITHIN = {"exclude": ["tbody tr:nth-child(n+6)", "li:nth-child(n+9)"]}
SIZES = (PHONE, DESK)
# Each mode is measured in both sizes; axe reads the two pictures that have least in common.
NORMAL, ELDER = (False, DESK), (True, PHONE)


def set_elder(page: Page, site: Site, on: bool) -> None:
    """The switch in the bar sets this cookie."""
    page.context.add_cookies([{"name": "elder", "value": "1" if on else "0", "url": site.url}])


def complaints(page: Page) -> Iterator[str]:
    """What axe finds serious or critical, with the first element each."""
    for found in AXE.run(page, context=WITHIN, options=OPTIONS).response["violations"]:
        if found["impact"] in ("serious", "critical"):
            yield f"{found['id']}: {found['nodes'][0]['html'][:160]}"


def too_wide(page: Page) -> Iterator[str]:
    """The widths at which the page scrolls sideways."""
    for size in SIZES:
        page.set_viewport_size(size)
        needed = page.evaluate("document.documentElement.scrollWidth")
        if needed > size["width"]:
            yield f"{needed} px wide on {size['width']}"


def opened(page: Page, site: Site, path: str) -> Iterator[str]:
    """Open a page; tells when it is not there or leads elsewhere. Where a claim of five minutes is over, a page says so (410)."""
    answer = page.goto(path)
    if answer is None or answer.status not in (200, 410):
        yield str(answer and answer.status)
    elif page.url.removeprefix(site.url) != path:
        yield f"leads to {page.url}"
    elif "text/html" not in (answer.header_value("content-type") or ""):
        yield "is no page: pages.py names what is a file or a part"  # axe would wait in it for ever


def inspect(page: Page, site: Site, path: str) -> Iterator[str]:
    """Open a page in both modes and tell what is wrong with it."""
    for elder, size in (NORMAL, ELDER):
        set_elder(page, site, elder)
        page.set_viewport_size(size)
        wrong = list(opened(page, site, path)) or [*complaints(page), *too_wide(page)]
        yield from (f"{'elder' if elder else 'normal'}: {one}" for one in wrong)


def pages_of(site: Site) -> dict[str, list[tuple[str, str]]]:
    """(name, address) by the account that opens it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, path, account in json.loads((site.data / "pages.json").read_text()):
        found.setdefault(account, []).append((name, path))
    return found


@pytest.mark.parametrize("role", ["", *READERS])
def test_every_page_is_readable_and_fits(role: str, site: Site, sign_in: SignIn) -> None:
    """Each kind of page once, by an account that may open it."""
    page = sign_in(role, DESK)
    wrong = [f"{name} {path} {one}" for name, path in pages_of(site)[role] for one in inspect(page, site, path)]
    assert not wrong, "\n".join(wrong)


def test_no_page_is_left_out(site: Site) -> None:
    """Whoever opens a page is one of those above."""
    assert set(pages_of(site)) == {"", *READERS}


@pytest.mark.parametrize("role", [*ROLES, "elder"])
def test_what_each_role_finds_in_its_navigation(role: str, site: Site, sign_in: SignIn) -> None:
    """The same addresses show each role something else: all open and fit, in the mode that the account has."""
    page = sign_in(role, PHONE)
    page.goto("/account/start/")
    links = [link.get_attribute("href") for link in page.locator("nav.nav a").all()]
    paths = dict.fromkeys([page.url.removeprefix(site.url), *links])
    paths.pop("/admin/", None)  # Wagtail's own
    wrong = [f"{path} {one}" for path in paths for one in [*opened(page, site, path), *too_wide(page)]]
    assert not wrong, "\n".join(wrong)
