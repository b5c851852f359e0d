"""SCORM packages from the upload to the ledger: unpacked once, served as nobody's, believed in nothing (reliability 12–15)."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ
from pytest_django import Settings

from courses import packages, services, tasks
from courses.models import CourseIndexPage, CoursePage, LessonPage, LessonProgress, ScoAttempt, ScormPackage
from courses.packages import ClaimError
from lms.core import clock
from lms.hours import totals
from lms.members.models import AuditEntry, Member
from tests.courses import scorm_packages as made
from tests.courses.conftest import Player
from tests.factories import MINUTE

Login = Callable[[str], Client]
Play = Callable[[Member, LessonPage], Player]


@pytest.fixture(autouse=True)
def media_root(tmp_path: Path, settings: Settings) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def taken_in(archive: bytes, minutes: int = 20) -> ScormPackage:
    package = ScormPackage(title="课件", minutes=minutes, file=ContentFile(archive, name="course.zip"))
    return packages.take_in(package=package, by=None)


def ready(made_of: made.Package, minutes: int = 20) -> ScormPackage:
    package = taken_in(made_of.zip(), minutes)
    tasks.unpack_package(package.pk)
    package.refresh_from_db()
    assert package.ready, package.reason
    return package


def lesson_of(package: ScormPackage) -> LessonPage:
    index = CourseIndexPage.objects.get()
    course = index.add_child(instance=CoursePage(title="课件课程", slug="scorm", summary="互动", category="skills"))
    lesson: LessonPage = course.add_child(instance=LessonPage(title="第一课", slug="one", package=package))
    return LessonPage.objects.get(pk=lesson.pk)


@pytest.fixture
def lesson(personas: object) -> LessonPage:
    """A lesson of twenty minutes with one part."""
    return lesson_of(ready(made.single12()))


def save(attempt: ScoAttempt, number: int, cmi: dict[str, Any], **more: Any) -> None:
    told = {"launch": attempt.launch, "number": number, "cmi": cmi, "ended": False, **more}
    packages.keep(attempt_uuid=attempt.uuid, body=json.dumps(told).encode())


def hours_of(member: Member) -> str:
    found = totals.of_members([member.pk], 2026).get(member.pk)
    return str(sum(found.by_mode.values())) if found else "0"


# -- taking in and unpacking ----------------------------------------------------------------


def test_an_upload_is_unpacked_by_the_worker(personas: object) -> None:
    package = taken_in(made.multi12().zip())
    assert not package.ready
    assert "unpack_package" in str(OrmQ.objects.get().task["func"])
    tasks.unpack_package(package.pk)
    package.refresh_from_db()
    assert (package.state, package.version, len(package.items)) == ("ready", "1.2", 3)
    assert set(package.files.values_list("key", flat=True)) == {
        "imsmanifest.xml",
        "content/one.html",
        "content/deep/two.html",
    }
    assert AuditEntry.objects.filter(action="package.unpack").count() == 1


def test_unpacking_again_changes_nothing(personas: object) -> None:
    package = ready(made.single12())
    before = sorted(package.files.values_list("key", "stored"))
    tasks.unpack_package(package.pk)
    assert sorted(package.files.values_list("key", "stored")) == before


def test_an_unpacking_that_was_cut_is_done_again_and_leaves_nothing_behind(
    personas: object, monkeypatch: pytest.MonkeyPatch, media_root: Path
) -> None:
    package = taken_in(made.multi12().zip())
    whole, calls = default_storage.save, []

    def cut(name: str, content: Any) -> str:
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(name)
        return whole(name, content)

    monkeypatch.setattr(default_storage, "save", cut)
    with pytest.raises(KeyboardInterrupt):
        tasks.unpack_package(package.pk)
    assert not package.files.exists()
    monkeypatch.undo()
    ScormPackage.objects.update(created_at=clock.now() - packages.FORGOTTEN * 2)
    tasks.unpack_forgotten()
    package.refresh_from_db()
    assert package.ready
    kept = set(default_storage.listdir(f"packages/{package.prefix}")[1])
    assert {f"packages/{package.prefix}/{name}" for name in kept} == set(package.files.values_list("stored", flat=True))


def test_after_four_attempts_a_package_is_refused(personas: object) -> None:
    package = taken_in(made.single12().zip())
    ScormPackage.objects.update(attempts=packages.MOST_ATTEMPTS)
    tasks.unpack_package(package.pk)
    package.refresh_from_db()
    assert (package.state, package.reason) == ("refused", "broken")


@pytest.mark.parametrize(
    ("archive", "reason"),
    [(made.bomb(), "bomb"), (made.slip("../../owned.html"), "outside"), (made.link(), "link"), (b"PK", "not-zip")],
)
def test_cases_14_and_15_the_worker_refuses_too(
    personas: object, archive: bytes, reason: str, media_root: Path
) -> None:
    """The worker does not trust that somebody looked before."""
    package = taken_in(archive)
    tasks.unpack_package(package.pk)
    package.refresh_from_db()
    assert (package.state, package.reason) == ("refused", reason)
    assert not package.files.exists() and not (media_root / "packages").exists()
    assert not list(media_root.parent.glob("**/owned.html"))


def test_a_refused_package_must_say_why(personas: object) -> None:
    package = taken_in(made.single12().zip())
    package.state = "refused"
    with pytest.raises(IntegrityError), transaction.atomic():
        package.save()


ADD = "wagtailsnippets_courses_scormpackage:add"


def upload(client: Client, archive: bytes) -> Any:
    file = SimpleUploadedFile("course.zip", archive, content_type="application/zip")
    return client.post(reverse(ADD), {"title": "修剪", "minutes": "30", "file": file})


def test_an_editor_uploads_a_package(login: Login) -> None:
    assert upload(login("editor"), made.single12().zip()).status_code == 302
    package = ScormPackage.objects.get()
    assert (package.title, package.minutes, package.created_by.username) == ("修剪", 30, "editor")
    page = login("editor").get(reverse("wagtailsnippets_courses_scormpackage:list")).content.decode()
    assert "修剪" in page and "等待解压" in page


@pytest.mark.parametrize(
    ("archive", "said"),
    [(made.bomb(), "压缩比异常"), (made.slip("../x"), "指向包外"), (made.link(), "链接文件"), (b"hello", "不是 ZIP")],
)
def test_an_editor_is_told_why_a_package_is_refused(login: Login, archive: bytes, said: str) -> None:
    assert said in upload(login("editor"), archive).content.decode()
    assert not ScormPackage.objects.exists()


def test_the_archive_of_a_package_is_not_replaced(login: Login) -> None:
    package = ready(made.single12())
    address = reverse("wagtailsnippets_courses_scormpackage:edit", args=[package.pk])
    other = SimpleUploadedFile("other.zip", made.multi12().zip())
    login("editor").post(address, {"title": "新名称", "minutes": "40", "file": other})
    before = package.file.name
    package.refresh_from_db()
    assert (package.title, package.minutes, package.file.name) == ("新名称", 40, before)


# -- serving ---------------------------------------------------------------------------------


def opened(member: Member, lesson: LessonPage, number: int = 0) -> ScoAttempt:
    services.start_play(member=member, lesson=lesson, by=None)
    return packages.open_part(member=member, lesson=lesson, number=number)


def test_case_13_a_page_has_no_origin_and_no_way_out(client: Client, member: Member, lesson: LessonPage) -> None:
    attempt = opened(member, lesson)
    answer = client.get(attempt.root + "index.html")
    policy = answer["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-scripts allow-forms allow-modals;")
    assert "allow-same-origin" not in policy and "allow-top-navigation" not in policy
    connect = re.search(r"connect-src ([^;]+)", policy)
    assert connect and connect.group(1) == f"http://testserver{attempt.root} data: blob:"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert not answer.cookies


def test_a_page_has_the_runtime_before_its_own_scripts(client: Client, member: Member, lesson: LessonPage) -> None:
    page = client.get(opened(member, lesson).root + "INDEX.html").content.decode()
    assert page.index("package-frame.js") < page.index("scan(win")
    assert page.index("<head>") < page.index("scorm12") < page.index("package-frame.js")
    assert "M00" in page or member.code in page


def test_a_page_asks_the_database_twice(
    client: Client, member: Member, lesson: LessonPage, django_assert_num_queries: Any
) -> None:
    """The attempt with member and package; the file. No session, no user."""
    address = opened(member, lesson).root + "index.html"
    with django_assert_num_queries(2):
        assert client.get(address).status_code == 200


def test_pages_in_old_encodings_keep_them(client: Client, member: Member) -> None:
    package = ready(made.gbk_names())
    answer = client.get(reverse("package-file", args=[package.prefix, "课件/首页.html"]))
    assert answer["Content-Type"] == "text/html; charset=gb18030"
    assert "水稻育秧" in answer.content.decode("gb18030")
    wide = made.single12()
    wide.files["index.html"] = "<html><head></head><body>宽</body></html>".encode("utf-16")
    answer = client.get(reverse("package-file", args=[ready(wide).prefix, "index.html"]))
    assert answer["Content-Type"] == "text/html; charset=utf-8" and "宽" in answer.content.decode()


def test_other_files_go_out_as_they_are_by_ranges_and_may_be_kept(client: Client, personas: object) -> None:
    package = made.single12()
    package.files["film.mp4"] = film = b"\x00\x00\x00\x18ftypisom" + bytes(range(200))
    address = reverse("package-file", args=[ready(package).prefix, "film.mp4"])
    answer = client.get(address, headers={"range": "bytes=4-11"})
    assert (answer.status_code, b"".join(answer)) == (206, film[4:12])
    assert answer["Content-Type"] == "video/mp4" and "immutable" in answer["Cache-Control"]
    assert answer["Access-Control-Allow-Origin"] == "*"  # a page without an origin asks for its own data


@pytest.mark.parametrize("path", ["gone.html", "../index.html", "%2e%2e/imsmanifest.xml", "", "imsmanifest.xml/"])
def test_what_is_not_in_the_package_is_not_there(client: Client, personas: object, path: str) -> None:
    assert client.get(f"/package/{ready(made.single12()).prefix}/{path}").status_code == 404


def test_files_are_not_public_media(client: Client, personas: object) -> None:
    package = ready(made.single12())
    assert client.get(f"/media/{package.files.first().stored}").status_code == 404
    assert client.get(f"/media/{package.file.name}").status_code == 404


def test_another_persons_address_cannot_be_guessed(client: Client, member: Member, lesson: LessonPage) -> None:
    attempt = opened(member, lesson)
    assert str(attempt.uuid) != str(attempt.package.prefix)
    assert client.get(f"/package/{attempt.member.uuid}/index.html").status_code == 404


def test_without_a_member_nothing_is_saved(client: Client, personas: object) -> None:
    package = ready(made.single12())
    address = reverse("package-file", args=[package.prefix, "index.html"])
    assert "&quot;launch&quot;: 0" in client.get(address).content.decode()
    root = reverse("package-file", args=[package.prefix, ""])
    assert client.post(root, b"{}", content_type="text/plain").status_code in (400, 404)


# -- what a part saves -------------------------------------------------------------------------


def test_suspend_and_resume(member: Member, lesson: LessonPage, client: Client) -> None:
    attempt = opened(member, lesson)
    cmi = {"suspend_data": "seen:3", "core": {"lesson_location": "3", "lesson_status": "incomplete", "exit": "suspend"}}
    save(attempt, 1, cmi, ended=True)
    again = packages.open_part(member=member, lesson=lesson, number=0)
    assert (again.uuid, again.launch) == (attempt.uuid, attempt.launch + 1)
    page = client.get(again.root + "index.html").content.decode()
    assert "&quot;suspend_data&quot;: &quot;seen:3&quot;" in page


def test_what_comes_late_or_from_another_window_overwrites_nothing(member: Member, lesson: LessonPage) -> None:
    old = opened(member, lesson)
    save(old, 2, {"suspend_data": "second"})
    save(old, 1, {"suspend_data": "first"})
    new = packages.open_part(member=member, lesson=lesson, number=0)
    save(new, 1, {"suspend_data": "new"})
    with pytest.raises(ClaimError, match="superseded"):
        save(old, 3, {"suspend_data": "old window"})
    new.refresh_from_db()
    assert new.cmi == {"suspend_data": "new"}


def test_nothing_is_kept_when_nobody_studies(member: Member, lesson: LessonPage, play: Play) -> None:
    player = play(member, lesson)
    attempt = packages.open_part(member=member, lesson=lesson, number=0)
    services.finish(player.token)
    player.wait(packages.LATE_MS - 1_000)
    save(attempt, 1, {"suspend_data": "last word"})
    player.wait(2_000)
    with pytest.raises(ClaimError, match="superseded"):
        save(attempt, 2, {"suspend_data": "an hour later"})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"nonsense",
        b'{"launch": 1}',
        b'{"launch": 1, "number": 0, "cmi": {}, "ended": false}',
        b'{"launch": 1, "number": 1, "cmi": [], "ended": false}',
        b'{"launch": true, "number": "1", "cmi": {}, "ended": false}',
        b'{"launch": 1, "number": 1, "cmi": {"a": "\\u0000"}, "ended": false}',
        b'{"launch": 1, "number": 1, "cmi": ' + b"[" * 60_000,
    ],
)
def test_nonsense_is_refused(client: Client, member: Member, lesson: LessonPage, body: bytes) -> None:
    attempt = opened(member, lesson)
    assert client.post(attempt.root, body, content_type="text/plain").status_code == 400


def test_too_much_is_refused(client: Client, member: Member, lesson: LessonPage) -> None:
    attempt = opened(member, lesson)
    body = json.dumps({"launch": 1, "number": 1, "cmi": {"suspend_data": "x" * packages.MOST_SAVED}, "ended": False})
    assert client.post(attempt.root, body, content_type="text/plain").status_code == 413


@pytest.mark.parametrize(
    ("cmi", "status", "score"),
    [
        ({"core": {"lesson_status": "incomplete"}}, "begun", None),
        ({"core": {"lesson_status": "completed", "score": {"raw": "85"}}}, "completed", "85.00"),
        ({"core": {"lesson_status": "failed", "score": {"raw": "abc"}}}, "failed", None),
        ({"completion_status": "completed", "success_status": "unknown"}, "completed", None),
        ({"completion_status": "completed", "success_status": "passed", "score": {"scaled": "0.9"}}, "passed", "90.00"),
        ({"score": {"raw": "1e400"}}, "begun", None),
        ({"core": {"score": {"raw": "500"}}}, "begun", "100.00"),
        ({"core": [], "score": "x"}, "begun", None),
    ],
)
def test_what_a_part_reports(cmi: dict[str, Any], status: str, score: str | None) -> None:
    found, number = packages.claimed(cmi)
    assert (found, None if number is None else str(number)) == (status, score)


def test_a_weaker_report_takes_nothing_back(member: Member, lesson: LessonPage) -> None:
    attempt = opened(member, lesson)
    save(attempt, 1, {"core": {"lesson_status": "passed", "score": {"raw": "90"}}})
    save(attempt, 2, {"core": {"lesson_status": "incomplete", "score": {"raw": "10"}}})
    attempt.refresh_from_db()
    assert (attempt.status, str(attempt.score)) == ("passed", "90.00")


# -- hours -------------------------------------------------------------------------------------


def test_case_12_completed_from_the_console_earns_nothing(member: Member, lesson: LessonPage, play: Play) -> None:
    """Status, score and total time say that it is all done; the server's clock says ten seconds."""
    player = play(member, lesson)
    attempt = packages.open_part(member=member, lesson=lesson, number=0)
    forged = {"core": {"lesson_status": "completed", "score": {"raw": "100"}, "total_time": "10:00:00"}}
    save(attempt, 1, forged, ended=True)
    player.wait(10_000)
    player.send(0, 20 * MINUTE, done=True)
    services.finish(player.token)
    assert hours_of(member) in ("0", "0.00")
    assert LessonProgress.objects.get(member=member).completed_at is None
    attempt.refresh_from_db()
    assert attempt.status == "completed"  # kept as what it is: a claim


def test_time_by_the_servers_clock_earns_what_a_film_would(member: Member, lesson: LessonPage, play: Play) -> None:
    player = play(member, lesson)
    packages.open_part(member=member, lesson=lesson, number=0)
    player.play(20 * MINUTE)
    services.finish(player.token)
    assert LessonProgress.objects.get(member=member).completed_at is not None
    assert hours_of(member) == "0.25"  # twenty minutes, rounded down to quarters


def test_no_more_than_its_length_is_ever_earned(member: Member, lesson: LessonPage, play: Play) -> None:
    for _again in range(3):
        player = play(member, lesson)
        player.position = 0
        player.play(20 * MINUTE)
        services.finish(player.token)
    assert hours_of(member) == "0.25"


def test_a_package_that_is_not_ready_starts_nothing(login: Login, member: Member, lesson: LessonPage) -> None:
    ScormPackage.objects.update(state="waiting")
    client = login("member")
    assert client.post(reverse("play-start", args=[lesson.pk])).json()["code"] == "no-video"
    assert client.post(reverse("package-open", args=[lesson.pk, 0])).status_code == 404
    assert "课件正在准备" in client.get(lesson.url).content.decode()


def test_a_member_opens_a_part_and_only_what_is_there(login: Login, member: Member, lesson: LessonPage) -> None:
    client = login("member")
    answer = client.post(reverse("package-open", args=[lesson.pk, 0]))
    assert answer.json()["src"].endswith("/index.html")
    assert client.post(reverse("package-open", args=[lesson.pk, 7])).status_code == 404
    assert client.get(reverse("package-open", args=[lesson.pk, 0])).status_code == 405


def test_the_page_lists_the_parts_with_what_they_report(login: Login, member: Member) -> None:
    lesson = lesson_of(ready(made.multi12()))
    save(opened(member, lesson, 1), 1, {"core": {"lesson_status": "passed"}})
    page = login("member").get(lesson.url).content.decode()
    assert page.count("data-part=") == 2 and "第一章" in page and "已通过" in page
    stranger = Client().get(lesson.url).content.decode()
    assert "data-player" not in stranger and "党员登录后学习才会记录学时" in stranger


def test_a_lesson_has_a_video_or_a_package(personas: object) -> None:
    from django.core.exceptions import ValidationError

    from tests.factories import make_course

    lesson = make_course(5)[0]
    lesson.package = ready(made.single12())
    with pytest.raises(ValidationError, match="已经有视频"):
        lesson.clean()


def test_the_archive_is_read_from_a_file_in_memory_or_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "course.zip"
    path.write_bytes(made.single12().zip())
    with path.open("rb") as file:
        assert packages.examine(file).manifest.title == packages.examine(io.BytesIO(path.read_bytes())).manifest.title
