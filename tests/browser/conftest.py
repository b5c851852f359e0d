"""A real Chromium against a real server: both see the test's own database and its own folder of media."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from decimal import Decimal
from importlib import import_module
from pathlib import Path

import pytest
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from playwright.sync_api import Browser, Page, sync_playwright
from wagtail.models import Page as SitePage
from wagtail.models import Site

from courses import media
from courses.models import CourseIndexPage, CoursePage, LessonPage
from lms.core import clock
from lms.goals import services as goals
from lms.hours.services import adopt_rule
from tests.conftest import County
from tests.factories import PASSWORD

# Playwright's loop lives in the test's thread; the ORM would take that for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

SECONDS = 12
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the run."""
    path = shutil.which("chromium")
    assert path, "the browser tests need Chromium (apt-get install chromium)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A moving test picture of twelve seconds in H.264."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    source = f"testsrc=duration={SECONDS}:size=320x180:rate=10"
    command = [media.ffmpeg(), "-loglevel", "error", "-f", "lavfi", "-i", source]
    command += ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "10", "-movflags", "+faststart", str(path)]
    subprocess.run(command, check=True, timeout=60)
    return path


@pytest.fixture
def lesson(personas: County, film: Path, settings: object, tmp_path: Path) -> LessonPage:
    """A published lesson with that film in a year with goals; short lessons earn 0.25 by the county's table."""
    goals.open_year(year=clock.today().year, by=None)
    settings.MEDIA_ROOT = str(tmp_path / "media")  # type: ignore[attr-defined]
    for activity in ("online", "group"):
        adopt_rule(
            activity=activity,
            by=None,
            effective_from=dt.date(clock.today().year, 1, 1),
            method="tiers",
            step=Decimal("0.25"),
            tiers=[[0, "0.25"], [900, "0.50"], [1800, "1.00"]],
        )
    index = CourseIndexPage.objects.first()
    if index is None:
        home = Site.objects.get(is_default_site=True).root_page
        index = SitePage.objects.get(pk=home.pk).add_child(instance=CourseIndexPage(title="课程", slug="courses"))
    course = index.add_child(
        instance=CoursePage(
            title="葡萄栽培技术", slug="putao", summary="从修剪到采收", category="skills", industry="葡萄"
        )
    )
    clip = media.store(title="冬季修剪", path=film, by=None)
    return course.add_child(instance=LessonPage(title="冬季修剪", slug="xiujian", media=clip))


@pytest.fixture
def sign_in(chromium: Browser, live_server: object, personas: County) -> Iterator[Callable[..., Page]]:
    """``sign_in("trainer", PHONE)``: a page of that persona, signed in through the form; ``""`` is nobody."""
    contexts = []

    def open_page(name: str, viewport: dict[str, int], **options: object) -> Page:
        context = chromium.new_context(viewport=viewport, base_url=live_server.url, locale="zh-CN", **options)  # type: ignore[attr-defined,arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        if name:
            page.goto("/login/")
            page.fill("input[name=username]", name)
            page.fill("input[name=password]", PASSWORD)
            page.click("main button[type=submit]")
            page.wait_for_url(lambda url: "/login/" not in url)
        return page

    yield open_page
    for context in contexts:
        context.close()


def work_off_the_queue() -> int:
    """Run what waits in the queue, here and now, as a worker would; returns how many jobs ran."""
    ran = 0
    while (job := OrmQ.objects.order_by("pk").first()) is not None:
        task = SignedPackage.loads(job.payload)
        job.delete()
        module, name = task["func"].rsplit(".", 1)
        getattr(import_module(module), name)(*task["args"], **task["kwargs"])
        ran += 1
    return ran
