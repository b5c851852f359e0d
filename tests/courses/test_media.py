"""Videos: known by their content, described by themselves, refused with the reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from courses import media
from courses.media import MediaError
from courses.models import MediaFile
from lms.members.models import AuditEntry

pytestmark = pytest.mark.usefixtures("library")


def test_length_size_and_poster_are_read_from_the_file(video: Path) -> None:
    facts = media.inspect(str(video))
    assert (facts.duration_ms, facts.width, facts.height) == (3_000, 320, 180)
    assert facts.poster[:3] == b"\xff\xd8\xff"


def test_a_video_is_stored_with_its_facts_and_its_audit_row(video: Path, db: None) -> None:
    stored = MediaFile.objects.get(pk=media.store(title="修剪", path=video, by=None).pk)
    assert (stored.duration_ms, stored.width, stored.height, stored.minutes) == (3_000, 320, 180, 1)
    assert Image.open(stored.thumbnail.path).size == (320, 180)
    assert AuditEntry.objects.filter(action="media.store").count() == 1


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("page.mp4", b"<html><script>alert(1)</script></html>", "not-media"),
        ("drawing.mp4", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "not-media"),
        ("empty.mp4", b"", "not-media"),
        ("program.mp4", b"MZ\x90\x00" + bytes(64), "not-media"),
        ("broken.mp4", b"\x00\x00\x00\x20ftypisom" + bytes(5000), "broken"),
    ],
)
def test_case_17_a_renamed_or_broken_file_is_refused(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(MediaError) as refused:
        media.inspect(str(path))
    assert refused.value.code == code


def test_a_recording_needs_no_picture(recording: Path) -> None:
    facts = media.inspect(str(recording))
    assert (facts.width, facts.poster, facts.plays, facts.sound) == (0, b"", True, True)
    assert 1_900 <= facts.duration_ms <= 2_200


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x00\x00\x00\x14ftypqt  ", "mov"),
        (b"\x00\x00\x00\x14ftypM4A ", "m4a"),
        (b"\x00\x00\x00\x14ftypisom", "mp4"),
        (b"\x00\x00\x00\x14ftypheic", None),
        (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm", "webm"),
        (b"\x1a\x45\xdf\xa3\x9fB\x82\x88matroska", None),
        (b"ID3\x04" + bytes(20), "mp3"),
        (b"\xff\xfb\x90\x64" + bytes(20), "mp3"),
        (b"\xff\xd8\xff\xe0" + bytes(20), None),
        (b"#EXTM3U\nfile:///secret", None),
    ],
)
def test_case_17_the_content_says_what_a_file_is(head: bytes, kind: str | None) -> None:
    assert media.kind_of(head) == kind


def test_a_phones_codec_is_taken_and_known_not_to_play(tmp_path: Path, ffmpeg: Callable[..., None]) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=180x320:rate=10:duration=1", "-c:v", "mpeg4", tmp_path / "phone.mov")
    facts = media.inspect(str(tmp_path / "phone.mov"))
    assert (facts.width, facts.height, facts.plays, facts.sound) == (180, 320, False, False)


def test_a_file_cut_in_the_middle_of_its_index_is_refused(tmp_path: Path, video: Path) -> None:
    path = tmp_path / "cut.mp4"
    path.write_bytes(video.read_bytes()[:400])
    with pytest.raises(MediaError):
        media.inspect(str(path))


def upload(client: Client, name: str, content: bytes) -> str:
    fields = {"title": "新视频", "tags": "", "file": SimpleUploadedFile(name, content, "video/mp4")}
    return client.post("/admin/media/video/add/", fields, follow=True).content.decode()


def test_an_editor_uploads_a_video(personas: object, login: object, video: Path) -> None:
    upload(login("editor"), "lesson.mp4", video.read_bytes())  # type: ignore[operator]
    stored = MediaFile.objects.get()
    assert (stored.duration_ms, stored.state) == (3_000, MediaFile.State.UPLOADED)


def test_an_editor_reads_why_a_file_was_refused(personas: object, login: object) -> None:
    page = upload(login("editor"), "lesson.mp4", b"<html></html>")  # type: ignore[operator]
    assert "这不是 MP4、MOV、WebM 视频或 MP3 音频" in page
    assert not MediaFile.objects.exists()


def test_captions_go_with_a_film_and_a_wrong_file_is_refused(personas: object, login: object, video: Path) -> None:
    client = login("editor")  # type: ignore[operator]
    upload(client, "lesson.mp4", video.read_bytes())
    address = f"/admin/media/edit/{MediaFile.objects.get().pk}/"
    fields = {"title": "新视频", "tags": ""}
    wrong = SimpleUploadedFile("picture.srt", b"\x89PNG\r\n" + bytes(range(256)))
    assert "字幕文件" in client.post(address, {**fields, "captions": wrong}).content.decode()
    assert not MediaFile.objects.get().captions
    right = SimpleUploadedFile("lesson.srt", "1\n00:00:00,500 --> 00:00:02,000\n先看枝条\n".encode("gb18030"))
    client.post(address, {**fields, "captions": right})
    with MediaFile.objects.get().captions.open() as stored:
        assert stored.read().decode() == "WEBVTT\n\n00:00:00.500 --> 00:00:02.000\n先看枝条\n"
