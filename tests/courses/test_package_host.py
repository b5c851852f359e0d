"""The host of packages: another origin, on which nothing but packages is; and ``top`` in their scripts (docs/decisions/0030)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings as site_settings
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from courses import package_top, packages, services, tasks
from courses.models import CourseIndexPage, CoursePage, LessonPage, ScormPackage
from lms.members.models import Member
from tests.courses import scorm_packages as made

Login = Callable[[str], Client]
HOST = "packages.localhost"
SCRIPT = b"function begin() { top.API.LMSInitialize(''); }"


@pytest.fixture
def package(personas: object, tmp_path: Path, settings: Settings) -> ScormPackage:
    settings.MEDIA_ROOT = tmp_path
    files = made.single12()
    files.files["top.js"] = SCRIPT
    found = ScormPackage(title="课件", minutes=5, file=ContentFile(files.zip(), name="course.zip"))
    packages.take_in(package=found, by=None)
    tasks.unpack_package(found.pk)
    found.refresh_from_db()
    return found


@pytest.fixture
def lesson(package: ScormPackage) -> LessonPage:
    index = CourseIndexPage.objects.get()
    course = index.add_child(instance=CoursePage(title="课件课程", slug="scorm", summary="互动", category="skills"))
    found: LessonPage = course.add_child(instance=LessonPage(title="第一课", slug="one", package=package))
    return found


def test_a_package_has_an_origin_on_its_own_host_alone(client: Client, package: ScormPackage) -> None:
    address = reverse("package-file", args=[package.prefix, "index.html"])
    apart = client.get(address, headers={"host": f"{HOST}:8000"})
    assert apart.status_code == 200
    policy = apart["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-scripts allow-forms allow-modals allow-same-origin;")
    assert "allow-top-navigation" not in policy and "allow-popups" not in policy
    assert f"connect-src http://{HOST}:8000/package/{package.prefix}/ data: blob:;" in policy
    for host in ("127.0.0.1:8000", "localhost:8000", "testserver"):
        assert "allow-same-origin" not in client.get(address, headers={"host": host})["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path", ["/", "/learn/", "/login/", "/admin/", "/healthz", "/play/beat/", "/courses/", "/media/x"]
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_the_host_of_packages_has_nothing_else(
    login: Login, path: str, method: str, django_assert_num_queries: Callable[[int], object]
) -> None:
    """Not even for one who is signed in, and no session is read for the answer."""
    client = login("county")
    with django_assert_num_queries(0):  # type: ignore[attr-defined]
        answer = getattr(client, method)(path, headers={"host": f"{HOST}:8000"})
    assert (answer.status_code, answer.content, dict(answer.cookies)) == (404, b"", {})


def test_without_such_a_host_packages_play_on_the_sites_own(
    login: Login, lesson: LessonPage, member: Member, settings: Settings
) -> None:
    client = login("member")
    services.start_play(member=member, lesson=lesson, by=None)
    address = reverse("package-open", args=[lesson.pk, 0])

    def src(host: str) -> str:
        return str(client.post(address, headers={"host": host}).json()["src"])

    assert src("127.0.0.1:8123").startswith(f"http://{HOST}:8123/package/")
    assert src("localhost").startswith(f"http://{HOST}/package/")
    assert src("testserver").startswith(
        "/package/"
    )  # a name of one's own for this PC: packages.localhost may be another
    settings.PACKAGE_HOST = ""
    assert src("127.0.0.1:8123").startswith("/package/")
    settings.EMBEDDED, settings.PACKAGE_HOST = False, "kejian.example"
    assert src("testserver").startswith("http://kejian.example/package/")


def test_the_lessons_page_may_frame_that_host_and_previews_there(client: Client, lesson: LessonPage) -> None:
    answer = client.get(lesson.url, headers={"host": "127.0.0.1:8000"})
    assert f"frame-src 'self' http://{HOST}:*;" in answer["Content-Security-Policy"] + ";"
    assert f'data-preview="http://{HOST}:8000/package/{lesson.package.prefix}/"' in answer.content.decode()


def test_a_package_leaves_no_worker_in_the_browser(client: Client, package: ScormPackage) -> None:
    address = reverse("package-file", args=[package.prefix, "top.js"])
    assert client.get(address, headers={"host": HOST}).status_code == 200
    assert client.get(address, headers={"host": HOST, "service-worker": "script"}).status_code == 404


def started(**environment: str) -> subprocess.CompletedProcess[str]:
    code = "from lms import settings; print(settings.PACKAGE_HOST, settings.CSRF_TRUSTED_ORIGINS, settings.ALLOWED_HOSTS, settings.PACKAGE_FRAMES)"
    keys = {"XIANGXUE_SECRET_KEY": "s" * 40, "XIANGXUE_FIELD_KEY": "f" * 40}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=site_settings.BASE_DIR,
        env={**os.environ, **keys, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_setting_names_another_host_or_refuses_to_start(tmp_path: Path) -> None:
    site = {"ALLOWED_HOSTS": "xuexi.example", "XIANGXUE_DATA": str(tmp_path)}
    assert started(**site).stdout.startswith(" ['https://xuexi.example'] ['xuexi.example'] []")
    told = started(**site, PACKAGE_HOST="kejian.example").stdout
    assert told.startswith(
        "kejian.example ['https://xuexi.example'] ['xuexi.example', 'kejian.example'] ['https://kejian.example']"
    )
    for bad in ("xuexi.example", "https://kejian.example", ".example"):
        refused = started(**site, PACKAGE_HOST=bad)
        assert refused.returncode != 0 and "PACKAGE_HOST" in refused.stderr


# -- top --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ("top.API.LMSFinish('');", "xiangxueTop.API.LMSFinish('');"),
        ("var API=top.API;", "var API=xiangxueTop.API;"),
        ("if (window.top == self) go();", "if (window.xiangxueTop == self) go();"),
        ("if (self != top) go();", "if (self != xiangxueTop) go();"),
        ("if (top !== self) { a(); }", "if (xiangxueTop !== self) { a(); }"),
        ("while (win != top) { a(); }", "while (win != xiangxueTop) { a(); }"),
        ("find(top);", "find(xiangxueTop);"),
        ("w = top;", "w = xiangxueTop;"),
        ("top['API']", "xiangxueTop['API']"),
        ("parent.top.done()", "parent.xiangxueTop.done()"),
        # what is another thing of that name
        ("el.style.top = '3px';", "el.style.top = '3px';"),
        ("rect.top == 0", "rect.top == 0"),
        ("$(a).css({top: 5, left: 2})", "$(a).css({top: 5, left: 2})"),
        ("x = 'top.html'; y = \"top\";", "x = 'top.html'; y = \"top\";"),
        ("var top = a.offset(); top.left;", "var top = a.offset(); top.left;"),
        ("var left = 1, top = 2; f(top);", "var left = 1, top = 2; f(top);"),
        ("function place(left, top) { f(top); }", "function place(left, top) { f(top); }"),
        ("(left, top) => f(top)", "(left, top) => f(top)"),
        ("place(left, top) { f(top); }", "place(left, top) { f(top); }"),
        ("const {top, left} = box; f(top);", "const {top, left} = box; f(top);"),
        ("laptop.API; desktop.f(); $top.x; top_.y; stop.z", "laptop.API; desktop.f(); $top.x; top_.y; stop.z"),
        ("var top = 1; window.top.API.f();", "var top = 1; window.xiangxueTop.API.f();"),
    ],
)
def test_top_in_a_script_is_the_packages_own(script: str, wanted: str) -> None:
    assert package_top.in_script(script.encode()).decode() == wanted


def test_top_in_a_page_is_changed_in_its_scripts_alone() -> None:
    page = (
        '<p style="top: 3px">top.API</p><a href="top.html" target="_top">top.f()</a>'
        "<a href=\"javascript:top.f()\">x</a><b onclick='top.g()'>y</b><script>top.h()</script>"
    )
    assert package_top.in_page(page.encode()).decode() == (
        '<p style="top: 3px">top.API</p><a href="top.html" target="_top">top.f()</a>'
        "<a href=\"javascript:xiangxueTop.f()\">x</a><b onclick='xiangxueTop.g()'>y</b><script>xiangxueTop.h()</script>"
    )


def test_scripts_and_pages_go_out_so(client: Client, package: ScormPackage) -> None:
    answer = client.get(reverse("package-file", args=[package.prefix, "top.js"]))
    assert b"xiangxueTop.API" in answer.content and answer["Content-Type"] == "text/javascript"
    page = client.get(reverse("package-file", args=[package.prefix, "index.html"])).content
    assert b"window.xiangxueTop.opener" in page
