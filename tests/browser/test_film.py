"""A film from the editor's disk to a member's phone: in pieces over a bad line, made ready by the worker, chosen by the viewer."""

from __future__ import annotations

import re
import struct
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from courses import media
from tests.browser.conftest import DESK, PHONE, SignIn

pytestmark = pytest.mark.browser
SECONDS = 14
MADE_MS = 120_000
LESSON = "/courses/06-peach/lesson-1/"
"""Of the demo county; no other test in the browser plays it."""
NO_HLS = """
  const knows = HTMLMediaElement.prototype.canPlayType;
  HTMLMediaElement.prototype.canPlayType = function (type) { return type.includes("mpegurl") ? "" : knows.call(this, type); };
"""


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film with sound, wide enough for two sizes, as large as a file that goes in pieces."""
    path = tmp_path_factory.mktemp("film") / "讲座.mp4"
    sources = ["-f", "lavfi", "-i", f"testsrc2=size=854x480:rate=10:duration={SECONDS}"]
    sources += ["-f", "lavfi", "-i", f"sine=frequency=440:duration={SECONDS}"]
    coding = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run([media.ffmpeg(), "-v", "error", *sources, *coding, str(path)], check=True)
    padding = 18 * 1024 * 1024
    with path.open("ab") as file:
        file.write(struct.pack(">I4s", padding, b"free") + bytes(padding - 8))
    return path


def test_a_large_film_survives_a_cut_line_and_is_made_ready(sign_in: SignIn, talk: Path) -> None:
    page = sign_in("editor", DESK)
    cut: list[str] = []

    def once(route: Route) -> None:
        if route.request.method == "PUT" and not cut:
            cut.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    page.route("**/admin/media/uploads/**", once)
    page.goto("/admin/media/video/add/")
    page.fill("input[name=title]", "冬剪讲座")
    page.set_input_files("input[name=file]", talk)
    page.get_by_role("button", name="上传", exact=True).click()
    page.wait_for_url(re.compile(r"/admin/media/edit/\d+/"), timeout=60_000)
    assert cut, "the line was never cut"
    status = page.locator("#media-status")
    expect(status.locator("h2")).to_have_text("可以播放", timeout=MADE_MS)
    expect(status).to_contain_text("854×480")
    expect(status).to_contain_text("只听声音")
    with page.expect_navigation():
        status.locator("button[name=number]").nth(1).click()
    expect(page.locator("#media-status h2")).to_have_text("可以播放")


def test_a_large_film_picked_in_a_lesson_goes_in_pieces_and_comes_back_chosen(sign_in: SignIn, talk: Path) -> None:
    page = sign_in("editor", DESK)
    page.goto("/admin/pages/")
    for title in ("课程", ""):
        rows = page.locator("tr", has_text=title) if title else page.locator("tr")
        rows.locator("td.children a").first.click()
        page.wait_for_load_state()
    course = re.search(r"/pages/(\d+)/", page.url)
    assert course
    pieces: list[str] = []
    page.on("request", lambda one: pieces.append(one.url) if one.method == "PUT" else None)
    page.goto(f"/admin/pages/add/courses/lessonpage/{course[1]}/")
    page.get_by_role("button", name=re.compile("选择.*(媒体|视频)")).first.click()
    modal = page.locator(".modal")
    modal.get_by_role("tab", name=re.compile("上传视频|Upload Video")).click()
    upload = modal.locator("#tab-upload-video")
    upload.locator("input[type=file][name$=file]").set_input_files(talk)
    upload.locator("input[name$=title]").fill("选枝讲座")
    upload.locator("button[type=submit]").click()
    expect(page.locator(".modal-body")).to_have_count(0, timeout=60_000)
    expect(page.locator(".chooser", has_text="选枝讲座").first).to_be_visible()
    assert len(pieces) >= 4


def filmed_lesson(sign_in: SignIn, talk: Path) -> str:
    """Give a lesson a film with sound through the admin, wait until it is ready; the lesson's address."""
    member = sign_in("member", PHONE)
    member.goto(LESSON)
    if member.locator("[data-quality]").count():
        return LESSON
    title = member.locator("h1").inner_text()
    editor = sign_in("editor", DESK)
    editor.goto(f"/admin/media/?q={title}")
    editor.locator("#media-results .title a").first.click()
    small = talk.with_name("small.mp4")
    small.write_bytes(talk.read_bytes()[: -18 * 1024 * 1024])
    editor.set_input_files("input[name=file]", small)
    editor.locator("form[enctype] button[type=submit]").first.click()
    editor.goto(f"/admin/media/?q={title}")
    editor.locator("#media-results .title a").first.click()
    expect(editor.locator("#media-status h2")).to_have_text("可以播放", timeout=MADE_MS)
    return LESSON


def playing(page: Page) -> None:
    page.locator("video").evaluate("video => { video.muted = true; video.play().catch(() => {}); }")
    page.wait_for_function(
        "() => { const v = document.querySelector('video'); return !v.paused && v.currentTime > 1.5; }"
    )


@pytest.mark.parametrize("native", [True, False], ids=["the-browsers-own", "the-library"])
def test_the_stream_adapts_and_what_was_watched_counts(sign_in: SignIn, talk: Path, native: bool) -> None:
    address = filmed_lesson(sign_in, talk)
    page = sign_in("member", PHONE)
    if not native:
        page.add_init_script(NO_HLS)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    before = [url for url in asked if "hls.light" in url or "/media/streams/" in url]
    assert before == [], "nothing of the film comes before play is pressed"
    expect(page.locator("[data-film-tools]")).to_be_visible()
    with page.expect_response(lambda answer: answer.url.endswith("/play/beat/") and answer.status == 200):
        playing(page)
    assert any("master.m3u8" in url for url in asked)
    assert any("hls.light" in url for url in asked) is not native
    assert page.locator("video").evaluate("video => video.currentSrc.startsWith('blob:')") is not native


def test_another_form_goes_on_at_the_same_second(sign_in: SignIn, talk: Path) -> None:
    page = sign_in("member", PHONE)
    page.goto(filmed_lesson(sign_in, talk))
    playing(page)
    for value, file in (("240p", "240p.mp4"), ("sound", "audio.m4a"), ("480p", "480p.mp4")):
        at = page.locator("video").evaluate("video => video.currentTime")
        page.select_option("[data-quality]", value)
        page.wait_for_function("file => document.querySelector('video').currentSrc.endsWith(file)", arg=file)
        page.wait_for_function(
            "at => { const v = document.querySelector('video'); return v.readyState > 2 && v.currentTime >= at - 0.5; }",
            arg=at,
        )
    page.reload()
    expect(page.locator("[data-quality]")).to_have_value("480p")
    page.evaluate("localStorage.clear()")


def test_faster_than_the_clock_is_seen_and_not_counted(sign_in: SignIn, talk: Path) -> None:
    page = sign_in("member", PHONE)
    page.goto(filmed_lesson(sign_in, talk))
    playing(page)
    page.select_option("[data-speed]", "1.5")
    expect(page.locator("[data-status]")).to_contain_text("不记学时")
    claimed = page.evaluate(
        """async () => {
          const player = document.querySelector("[data-player]").player;
          await new Promise((done) => setTimeout(done, 1500));
          return player.from === null && player.unsent() === 0;
        }"""
    )
    assert claimed
    page.wait_for_function("() => document.querySelector('[data-player]').player.queue.length === 0")
    expect(page.locator("[data-status]")).to_contain_text("不记学时")  # also when what came before it has been saved


def test_large_keys_space_and_arrows(sign_in: SignIn, talk: Path) -> None:
    page = sign_in("member", PHONE)
    page.goto(filmed_lesson(sign_in, talk))
    playing(page)
    page.keyboard.press(" ")
    page.wait_for_function("() => document.querySelector('video').paused")
    at = page.locator("video").evaluate("video => video.currentTime")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("at => document.querySelector('video').currentTime > at + 3", arg=at)
    for name in ("退 10 秒", "播放 / 暂停", "进 10 秒"):
        box = page.get_by_role("button", name=name).bounding_box()
        assert box is not None
        assert box["height"] >= 44


def test_the_keys_of_a_remote(sign_in: SignIn, talk: Path) -> None:
    """Stop halts, the keys of a track go ten seconds back and on, play and pause are no toggles."""
    page = sign_in("member", PHONE)
    page.goto(filmed_lesson(sign_in, talk))
    playing(page)
    video = page.locator("video")

    def press(key: str) -> None:
        page.evaluate("key => document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))", key)

    for key, paused in (("MediaStop", True), ("MediaPlay", False), ("MediaPlay", False), ("MediaPause", True)):
        press(key)
        page.wait_for_function("paused => document.querySelector('video').paused === paused", arg=paused)
    for forward, back in (("MediaFastForward", "MediaRewind"), ("MediaTrackNext", "MediaTrackPrevious")):
        video.evaluate("video => { video.currentTime = 2; }")
        press(forward)
        page.wait_for_function("() => document.querySelector('video').currentTime > 6")
        press(back)
        page.wait_for_function("() => document.querySelector('video').currentTime < 5")
