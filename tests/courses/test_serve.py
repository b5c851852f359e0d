"""Media by ranges, and nothing but what is meant to be public (reliability 13, 18)."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from courses import serve

CONTENT = bytes(range(256)) * 4
URL = "/media/media/lesson.mp4"


@pytest.fixture(autouse=True)
def files(tmp_path: Path, settings: Settings) -> Path:
    settings.MEDIA_ROOT = tmp_path
    for name in ("media", "images", "imports", "documents"):
        (tmp_path / name).mkdir()
    (tmp_path / "media" / "lesson.mp4").write_bytes(CONTENT)
    for name in (
        "media/page.html",
        "images/drawing.svg",
        "images/noname",
        "imports/roster.xlsx",
        "documents/plan.docx",
    ):
        (tmp_path / name).write_bytes(b"<script>alert(1)</script>")
    (tmp_path.parent / "outside.txt").write_bytes(b"secret")
    return tmp_path


def get(client: Client, url: str = URL, **headers: str) -> HttpResponse:
    return client.get(url, headers={key.replace("_", "-"): value for key, value in headers.items()})


def body(response: HttpResponse) -> bytes:
    return b"".join(response) if response.streaming else response.content


def test_the_whole_file(client: Client) -> None:
    answer = get(client)
    assert (answer.status_code, body(answer)) == (200, CONTENT)
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["Content-Length"] == "1024"
    assert answer["Content-Type"] == "video/mp4"


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=1000-", 1000, 1023),
        ("bytes=-24", 1000, 1023),
        ("bytes=-5000", 0, 1023),
        ("bytes=1020-9999", 1020, 1023),
    ],
)
def test_one_range(client: Client, wanted: str, first: int, last: int) -> None:
    answer = get(client, Range=wanted)
    assert (answer.status_code, body(answer)) == (206, CONTENT[first : last + 1])
    assert answer["Content-Range"] == f"bytes {first}-{last}/1024"
    assert answer["Content-Length"] == str(last - first + 1)


@pytest.mark.parametrize("wanted", ["bytes=1024-", "bytes=5000-6000", "bytes=-0"])
def test_a_range_outside_the_file(client: Client, wanted: str) -> None:
    answer = get(client, Range=wanted)
    assert answer.status_code == 416
    assert answer["Content-Range"] == "bytes */1024"


@pytest.mark.parametrize("wanted", ["bytes=9-2", "bytes=a-b", "chapters=1-2", "bytes=-", "bytes=0-1,4-5", "x"])
def test_a_range_that_makes_no_sense_gets_the_whole_file(client: Client, wanted: str) -> None:
    """RFC 9110 14.2: an invalid or unknown Range header is ignored; so is more than one range."""
    assert get(client, Range=wanted).status_code == 200


def test_a_range_of_a_file_that_changed_gets_the_whole_new_one(client: Client) -> None:
    first = get(client)
    assert get(client, Range="bytes=0-9", If_Range=first["ETag"]).status_code == 206
    assert get(client, Range="bytes=0-9", If_Range=first["Last-Modified"]).status_code == 206
    assert get(client, Range="bytes=0-9", If_Range='"another"').status_code == 200
    assert get(client, Range="bytes=0-9", If_Range="Sat, 01 Jan 2000 00:00:00 GMT").status_code == 200


def test_unchanged(client: Client) -> None:
    assert get(client, If_None_Match=get(client)["ETag"]).status_code == 304


def test_head_has_the_headers_alone(client: Client) -> None:
    answer = client.head(URL)
    assert (answer.status_code, answer["Content-Length"]) == (200, "1024")
    assert body(answer) == b""
    assert client.post(URL).status_code == 405


@pytest.mark.parametrize("url", ["/media/media/page.html", "/media/images/drawing.svg", "/media/images/noname"])
def test_case_13_what_a_browser_would_run_is_an_attachment(client: Client, url: str) -> None:
    answer = get(client, url)
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == "attachment"


@pytest.mark.parametrize("url", [URL, "/media/media/page.html"])
def test_case_13_every_file_is_sandboxed(client: Client, url: str) -> None:
    answer = get(client, url)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"


@pytest.mark.parametrize(
    "url",
    [
        "/media/imports/roster.xlsx",
        "/media/documents/plan.docx",
        "/media/media/",
        "/media/media",
        "/media/media/none.mp4",
        "/media/media/../imports/roster.xlsx",
        "/media/media/%2e%2e/imports/roster.xlsx",
        "/media/media/../../outside.txt",
        "/media//etc/passwd",
        "/media/media/a%00b.mp4",
    ],
)
def test_everything_else_reads_as_absent(client: Client, db: None, url: str) -> None:
    assert get(client, url).status_code == 404


STREAM = "7f9c2b1e-4a53-4a5e-9c55-6a8f1f0f6a11"
PLAYLIST = '#EXTM3U\n#EXT-X-MAP:URI="480p.mp4",BYTERANGE="800@0"\n#EXTINF:6.000,\n480p.mp4\n#EXTINF:2.000,\n480p.mp4\n#EXT-X-ENDLIST\n'


@pytest.fixture
def stream(files: Path) -> Path:
    folder = files / "streams" / STREAM
    folder.mkdir(parents=True)
    (folder / "480p.mp4").write_bytes(CONTENT)
    (folder / "480p.m3u8").write_text(PLAYLIST)
    (folder / "master.m3u8").write_text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n480p.m3u8\n")
    return folder


def test_a_playlist_names_the_addresses_that_the_storage_gives(client: Client, stream: Path) -> None:
    answer = get(client, f"/play/streams/{STREAM}/480p.m3u8")
    address = f"/media/streams/{STREAM}/480p.mp4"
    assert answer["Content-Type"] == "application/vnd.apple.mpegurl"
    assert body(answer).decode() == PLAYLIST.replace("480p.mp4", address)
    assert get(client, address, Range="bytes=0-799").status_code == 206


def test_a_master_playlist_leads_to_its_neighbours(client: Client, stream: Path) -> None:
    assert body(get(client, f"/play/streams/{STREAM}/master.m3u8")).endswith(b"\n480p.m3u8\n")


def test_a_remote_storage_is_asked_for_a_signed_address(
    client: Client, stream: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve.default_storage, "url", lambda name: f"https://store.example/{name}?signature=abc")
    text = body(get(client, f"/play/streams/{STREAM}/480p.m3u8")).decode()
    assert text.count(f"https://store.example/streams/{STREAM}/480p.mp4?signature=abc") == 3
    assert "\n480p.mp4" not in text


@pytest.mark.parametrize("name", ["720p.m3u8", "..%2f..%2fdb.m3u8", "480p.mp4.m3u8"])
def test_a_playlist_that_is_not_there(client: Client, db: None, stream: Path, name: str) -> None:
    assert get(client, f"/play/streams/{STREAM}/{name}").status_code == 404


def test_captions_are_text_for_the_player(client: Client, files: Path) -> None:
    (files / "captions").mkdir()
    (files / "captions" / "one.vtt").write_text("WEBVTT\n")
    assert get(client, "/media/captions/one.vtt")["Content-Type"] == "text/vtt"
