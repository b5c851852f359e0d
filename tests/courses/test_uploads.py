"""Large files in pieces: nothing missing, nothing twice, nothing public before it was looked at, and whose it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.test import Client
from pytest_django import Settings

from courses import tasks, uploads
from courses.models import MediaFile, Upload
from courses.uploads import UploadError
from lms.members.models import AuditEntry, User
from tests.conftest import County
from tests.factories import make_course

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]
BEGIN = "/admin/media/uploads/"


@pytest.fixture
def editor(personas: County, login: Callable[[str], Client]) -> Client:
    return login("editor")


def begin(client: Client, content: bytes, name: str = "讲座.mp4", **fields: Any) -> dict[str, Any]:
    sent = {"name": name, "size": len(content), "fingerprint": "1700000000000", **fields}
    return client.post(BEGIN, sent).json()


def put(client: Client, url: str, offset: int | str, piece: bytes) -> Any:
    headers = {"Upload-Offset": str(offset)}
    return client.put(url, piece, content_type="application/octet-stream", headers=headers)


def send(client: Client, content: bytes, piece: int = 20_000, **fields: Any) -> tuple[str, Any]:
    """Upload all of it; returns its address and what the end was answered with."""
    state = begin(client, content, **fields)
    for offset in range(state["offset"], len(content), piece):
        answer = put(client, state["url"], offset, content[offset : offset + piece])
        if answer.status_code != 200:
            return state["url"], answer
    return state["url"], client.post(state["url"], {"title": "葡萄修剪"})


def test_a_film_in_pieces_is_the_film_and_waits_for_the_worker(editor: Client, video: Path) -> None:
    _url, answer = send(editor, video.read_bytes())
    row = MediaFile.objects.get()
    assert answer.json() == {"edit": f"/admin/media/edit/{row.pk}/"}
    with row.file.open() as stored:
        assert stored.read() == video.read_bytes()
    assert (row.title, row.state, row.duration_ms) == ("葡萄修剪", MediaFile.State.UPLOADED, 3_000)
    assert row.uploaded_by_user == User.objects.get(username="editor")
    assert AuditEntry.objects.filter(action="media.upload").count() == 1


def test_the_page_loaded_anew_goes_on_where_the_server_stopped(editor: Client, video: Path) -> None:
    content = video.read_bytes()
    first = begin(editor, content)
    put(editor, first["url"], 0, content[:10_000])
    again = begin(editor, content)
    assert (again["url"], again["offset"]) == (first["url"], 10_000)
    assert begin(editor, content, fingerprint="another file")["offset"] == 0


@pytest.mark.parametrize("offset", [0, 9_999, 10_001, 10**14])
def test_only_the_offset_that_the_server_has_is_taken(editor: Client, video: Path, offset: int) -> None:
    content = video.read_bytes()
    url = begin(editor, content)["url"]
    put(editor, url, 0, content[:10_000])
    answer = put(editor, url, offset, content[10_000:12_000])
    assert (answer.status_code, answer.json()["offset"]) == (409, 10_000)
    assert uploads.part(Upload.objects.get()).read_bytes() == content[:10_000]


def test_a_piece_that_was_half_written_when_the_power_went_is_written_again(editor: Client, video: Path) -> None:
    content = video.read_bytes()
    url = begin(editor, content)["url"]
    put(editor, url, 0, content[:10_000])
    part = uploads.part(Upload.objects.get())
    part.write_bytes(content[:10_000] + b"half of a piece")
    assert put(editor, url, 10_000, content[10_000:]).json()["offset"] == len(content)
    assert part.read_bytes() == content


def test_a_disk_that_has_less_than_the_row_says_is_believed(editor: Client, video: Path) -> None:
    content = video.read_bytes()
    url = begin(editor, content)["url"]
    put(editor, url, 0, content[:10_000])
    uploads.part(Upload.objects.get()).write_bytes(content[:4_000])
    assert put(editor, url, 10_000, content[10_000:]).json()["offset"] == 4_000
    assert put(editor, url, 4_000, content[4_000:]).json()["offset"] == len(content)


def test_more_than_was_announced_is_refused(editor: Client, video: Path) -> None:
    url = begin(editor, video.read_bytes()[:5_000])["url"]
    assert put(editor, url, 0, video.read_bytes()[:6_000]).status_code == 409


def test_of_two_windows_one_writes(editor: Client, video: Path) -> None:
    url = begin(editor, video.read_bytes())["url"]
    with uploads._alone(Upload.objects.get()):
        assert put(editor, url, 0, video.read_bytes()[:100]).status_code == 409
    assert put(editor, url, 0, video.read_bytes()[:100]).status_code == 200


@pytest.mark.parametrize(
    "content", [b"<html><script>alert(1)</script></html>", b"MZ\x90\x00" + bytes(64), b"#EXTM3U\n/etc/passwd\n"]
)
def test_case_17_what_is_no_film_is_refused_at_its_first_piece(editor: Client, content: bytes) -> None:
    url = begin(editor, content)["url"]
    answer = put(editor, url, 0, content)
    assert (answer.status_code, answer.json()["code"]) == (400, "not-media")
    assert "MP4" in answer.json()["message"]
    assert not Upload.objects.exists()


def test_a_film_that_cannot_be_read_is_refused_whole_and_thrown_away(editor: Client, library: Path) -> None:
    _url, answer = send(editor, b"\x00\x00\x00\x20ftypisom" + bytes(50_000))
    assert (answer.status_code, answer.json()["code"]) == (400, "broken")
    assert not MediaFile.objects.exists()
    assert list((library / "uploads").iterdir()) == []


def test_nothing_is_public_before_it_was_looked_at(editor: Client, video: Path, library: Path) -> None:
    content = video.read_bytes()
    url = begin(editor, content)["url"]
    put(editor, url, 0, content)
    part = uploads.part(Upload.objects.get())
    assert not part.is_relative_to(library / "media")
    for address in (f"/media/uploads/{part.name}", f"/media/../uploads/{part.name}"):
        assert Client().get(address).status_code == 404


def test_the_end_can_be_told_twice(editor: Client, video: Path) -> None:
    url, answer = send(editor, video.read_bytes())
    assert editor.post(url, {"title": "葡萄修剪"}).json() == answer.json()
    assert MediaFile.objects.count() == 1


def test_the_end_comes_after_all_pieces(editor: Client, video: Path) -> None:
    url = begin(editor, video.read_bytes())["url"]
    put(editor, url, 0, video.read_bytes()[:100])
    assert editor.post(url).json()["code"] == "unfinished"


@pytest.mark.parametrize(
    ("size", "code"), [(0, "empty"), (-1, "empty"), (3 * 1024**3, "too-large"), ("x", "bad-request")]
)
def test_sizes_that_are_refused_before_a_byte_comes(editor: Client, size: object, code: str) -> None:
    assert begin(editor, b"", size=size)["code"] == code


def test_a_full_disk_refuses_before_a_byte_comes(editor: Client, settings: Settings) -> None:
    settings.MEDIA_LIMITS = {**settings.MEDIA_LIMITS, "reserve_mb": 10**9}
    assert begin(editor, b"x" * 100)["code"] == "no-room"


def test_somebody_has_so_many_unfinished_ones(editor: Client) -> None:
    codes = [begin(editor, b"x" * 100, fingerprint=str(number)).get("code") for number in range(uploads.UNFINISHED + 1)]
    assert codes == [None] * uploads.UNFINISHED + ["too-many"]


def test_case_18_anothers_upload_reads_as_absent(editor: Client, login: Callable[[str], Client], video: Path) -> None:
    url = begin(editor, video.read_bytes())["url"]
    other = login("county")
    for answer in (other.get(url), put(other, url, 0, video.read_bytes()), other.post(url), other.delete(url)):
        assert answer.status_code == 404
    assert Upload.objects.count() == 1


@pytest.mark.parametrize("who", ["secretary", "member", "auditor"])
def test_only_those_who_may_add_films_upload(personas: County, login: Callable[[str], Client], who: str) -> None:
    assert login(who).post(BEGIN, {"name": "a.mp4", "size": 10, "fingerprint": "1"}).status_code in (302, 403)
    assert not Upload.objects.exists()


def test_given_up_the_pieces_are_gone(editor: Client, video: Path, library: Path) -> None:
    url = begin(editor, video.read_bytes())["url"]
    put(editor, url, 0, video.read_bytes()[:100])
    assert editor.delete(url).status_code == 204
    assert list((library / "uploads").iterdir()) == []


def test_what_nobody_goes_on_with_for_a_week_is_thrown_away(editor: Client, video: Path, library: Path) -> None:
    with time_machine.travel(dt.datetime(2026, 3, 5, tzinfo=dt.UTC), tick=False) as traveller:
        user = User.objects.get(username="editor")
        old = uploads.begin(name="a.mp4", size=500, fingerprint="1", by=user)
        uploads.append(upload=old, offset=0, piece=video.read_bytes()[:100])
        traveller.shift(uploads.FORGOTTEN - dt.timedelta(hours=1))
        fresh = uploads.begin(name="b.mp4", size=500, fingerprint="2", by=user)
        uploads.append(upload=fresh, offset=0, piece=video.read_bytes()[:100])
        (library / "uploads" / "lost.part").write_bytes(b"no row knows it")
        traveller.shift(dt.timedelta(hours=2))
        tasks.forget_old_uploads()
    assert list(Upload.objects.all()) == [fresh]
    assert [path.name for path in (library / "uploads").iterdir()] == [f"{fresh.uuid}.part"]


def test_a_name_cannot_lead_out_of_the_library(editor: Client, video: Path) -> None:
    send(editor, video.read_bytes(), name="../../keys/evil.sh")
    name = MediaFile.objects.get().file.name
    assert name.startswith("media/")
    assert name.endswith(".mp4")
    assert default_storage.exists(name)


def test_a_piece_at_a_place_that_is_no_number_is_refused(editor: Client, video: Path) -> None:
    url = begin(editor, video.read_bytes())["url"]
    assert put(editor, url, "-1", b"x").json()["code"] == "bad-request"
    with pytest.raises(UploadError, match="wrong-offset"):
        uploads.append(upload=Upload.objects.get(), offset=7, piece=b"x")


# -- in the place of the file in a form ---------------------------------------------------------

CHOOSER = "/admin/media/video/chooser/upload/"


def in_pieces(client: Client, content: bytes, **fields: Any) -> str:
    """Upload all of it but do not tell the end; returns the upload's number."""
    url = begin(client, content, **fields)["url"]
    put(client, url, 0, content)
    return url.rstrip("/").rsplit("/", 1)[-1]


def chooser_form(number: str) -> dict[str, str]:
    prefix = "media-chooser-upload"
    return {f"{prefix}-title": "葡萄修剪", f"{prefix}-tags": "", f"{prefix}-upload": number}


def test_a_film_sent_in_pieces_comes_back_chosen(editor: Client, video: Path) -> None:
    number = in_pieces(editor, video.read_bytes())
    answer = editor.post(CHOOSER, chooser_form(number)).json()
    row = MediaFile.objects.get()
    assert (answer["step"], answer["result"]["id"], answer["result"]["title"]) == ("media_chosen", row.pk, "葡萄修剪")
    assert (row.state, row.duration_ms, row.type) == (MediaFile.State.UPLOADED, 3_000, "video")
    with row.file.open() as stored:
        assert stored.read() == video.read_bytes()
    assert AuditEntry.objects.filter(action="media.upload").count() == 1
    assert not uploads.part(Upload.objects.get()).exists()


def test_the_chooser_says_why_not(editor: Client, video: Path, login: Callable[[str], Client]) -> None:
    number = begin(editor, video.read_bytes())["url"].rstrip("/").rsplit("/", 1)[-1]
    assert "文件还没有传完" in editor.post(CHOOSER, chooser_form(number)).json()["html"]
    for nothing in ("", "not-a-number", number):
        assert login("county").post(CHOOSER, chooser_form(nothing)).json()["step"] == "chooser"  # nor another's
    broken = in_pieces(editor, b"\x00\x00\x00\x20ftypisom" + bytes(5_000), name="坏.mp4")
    assert "已损坏" in editor.post(CHOOSER, chooser_form(broken)).json()["html"]
    taken = in_pieces(editor, video.read_bytes(), fingerprint="again")
    assert editor.post(CHOOSER, chooser_form(taken)).json()["step"] == "media_chosen"
    assert "已经存进视频库" in editor.post(CHOOSER, chooser_form(taken)).json()["html"]
    assert MediaFile.objects.count() == 1


def test_a_films_file_is_replaced_in_pieces(
    editor: Client, video: Path, talking: Path, django_capture_on_commit_callbacks: Any
) -> None:
    row = MediaFile.objects.get(pk=int(send(editor, video.read_bytes())[1].json()["edit"].split("/")[-2]))
    before = row.file.name
    number = in_pieces(editor, talking.read_bytes(), name="新讲座.mp4")
    with django_capture_on_commit_callbacks(execute=True):
        form = {"title": "新讲座", "tags": "", "upload": number}
        assert editor.post(f"/admin/media/edit/{row.pk}/", form).status_code == 302
    row.refresh_from_db()
    assert (row.title, row.duration_ms, row.state) == ("新讲座", 7_000, MediaFile.State.UPLOADED)
    with row.file.open() as stored:
        assert stored.read() == talking.read_bytes()
    assert not default_storage.exists(before)


def test_every_page_on_which_a_film_is_chosen_sends_it_in_pieces(editor: Client, video: Path) -> None:
    row = MediaFile.objects.get(pk=int(send(editor, video.read_bytes())[1].json()["edit"].split("/")[-2]))
    course = make_course(5)[0].course
    for address in (
        "/admin/media/video/add/",
        f"/admin/media/edit/{row.pk}/",
        f"/admin/pages/add/courses/lessonpage/{course.pk}/",
    ):
        assert "js/upload.js" in editor.get(address).content.decode()
