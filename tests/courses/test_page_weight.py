"""What a lesson page weighs on the wire before its film is asked for: at most 100 KB (2G and slow 4G)."""

from __future__ import annotations

import gzip
import io
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from PIL import Image

from courses import media
from courses.models import LessonPage, MediaFile
from tests.conftest import County
from tests.factories import make_course

MOST = 100 * 1024
ASSET = re.compile(r"""(?:href|src)="/static/([^"]+\.(?:css|js|mjs|svg|woff2))["#?]""")
IMPORT = re.compile(r"""^import[^"']*["'](\./[^"']+)["']""", re.MULTILINE)


def shipped(name: str, seen: dict[str, int]) -> None:
    """Compressed bytes of a static file and of the modules that it imports."""
    if name in seen:
        return
    content = Path(str(finders.find(name))).read_bytes()
    seen[name] = len(gzip.compress(content, 9))
    if name.endswith(".js"):
        for target in IMPORT.findall(content.decode()):
            shipped(f"js/{target.removeprefix('./')}", seen)


@pytest.fixture
def adaptive(personas: County) -> LessonPage:
    """A published lesson whose film has been made ready."""
    lesson = make_course(30)[0]
    MediaFile.objects.filter(pk=lesson.media_id).update(
        stream="7f9c2b1e-4a53-4a5e-9c55-6a8f1f0f6a11",
        width=1920,
        height=1080,
        captions="captions/one.vtt",
        thumbnail="media_thumbnails/one.jpg",
        made=[
            {"name": name, "file": f"{name}.mp4", "width": width, "height": side, "size": 12_000_000, "peak": 500_000}
            for name, width, side in (("240p", 426, 240), ("480p", 854, 480), ("720p", 1280, 720))
        ]
        + [{"name": "audio", "file": "audio.m4a", "width": 0, "height": 0, "size": 9_000_000, "peak": 64_000}],
    )
    return lesson


def test_a_lesson_page_without_its_film_is_light(login: object, adaptive: LessonPage) -> None:
    client: Client = login("member")  # type: ignore[operator]
    answer = client.get(adaptive.url, headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    html = (
        gzip.decompress(answer.content).decode()
        if answer.get("Content-Encoding") == "gzip"
        else answer.content.decode()
    )
    assets: dict[str, int] = {}
    for name in ASSET.findall(html):
        if "vendor/hls" not in name:
            shipped(name, assets)
    assert "js/film.js" in assets
    assert "data-hls" in html, "the library is named, and loaded only when it is needed"
    assert 'preload="none"' in html
    assert "约 11.4 MB" in html
    total = len(gzip.compress(html.encode(), 6)) + sum(assets.values()) + media.POSTER_BYTES
    assert total <= MOST, (total, assets)


def test_a_poster_gives_way_before_the_line_does() -> None:
    noise = Image.effect_noise((1920, 1080), 120)
    poster = media.small_jpeg(noise)
    assert len(poster) <= media.POSTER_BYTES
    assert Image.open(io.BytesIO(poster)).size == (640, 360)


def test_a_member_is_told_that_faster_earns_nothing_and_a_guest_is_not(
    login: object, client: Client, adaptive: LessonPage
) -> None:
    address = adaptive.url
    assert "不记学时" in login("member").get(address).content.decode()  # type: ignore[operator]
    assert "1.5×（不记学时）" not in client.get(address).content.decode()


def test_a_recording_has_a_player_of_its_own(login: object, adaptive: LessonPage) -> None:
    MediaFile.objects.filter(pk=adaptive.media_id).update(type="audio", made=[], file="media/talk.mp3")
    page = login("member").get(adaptive.url).content.decode()  # type: ignore[operator]
    assert '<source src="/media/media/talk.mp3" type="audio/mpeg">' in page
    assert "<audio controls" in page
    assert "<video" not in page
    assert "data-start=" in page, "it is counted as a film is"


def test_a_film_that_no_phone_plays_yet_says_so(login: object, adaptive: LessonPage) -> None:
    MediaFile.objects.filter(pk=adaptive.media_id).update(state="transcoding", made=[], original_plays=False)
    page = login("member").get(adaptive.url).content.decode()  # type: ignore[operator]
    assert "视频正在处理" in page
    assert "<video" not in page
