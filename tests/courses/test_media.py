"""Videos: known by their content, described by themselves, refused with the reason."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from pytest_django import Settings

from courses import media
from courses.media import MediaError
from courses.models import MediaFile
from lms.members.models import AuditEntry


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real video of three seconds."""
    path = tmp_path_factory.mktemp("video") / "lesson.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10:duration=3"]
    coding = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "+faststart"]
    subprocess.run([media.ffmpeg(), "-v", "error", *source, *coding, str(path)], check=True)
    return path


@pytest.fixture(autouse=True)
def media_root(tmp_path: Path, settings: Settings) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


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
        ("page.mp4", b"<html><script>alert(1)</script></html>", "not-mp4"),
        ("drawing.mp4", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "not-mp4"),
        ("empty.mp4", b"", "not-mp4"),
        ("program.mp4", b"MZ\x90\x00" + bytes(64), "not-mp4"),
        ("broken.mp4", b"\x00\x00\x00\x20ftypisom" + bytes(5000), "broken"),
    ],
)
def test_case_17_a_renamed_or_broken_file_is_refused(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(MediaError) as refused:
        media.inspect(str(path))
    assert refused.value.code == code


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
    assert MediaFile.objects.get().duration_ms == 3_000


def test_an_editor_reads_why_a_file_was_refused(personas: object, login: object) -> None:
    page = upload(login("editor"), "lesson.mp4", b"<html></html>")  # type: ignore[operator]
    assert "这不是 MP4 视频" in page
    assert not MediaFile.objects.exists()
