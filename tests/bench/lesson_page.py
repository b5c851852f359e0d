"""A lesson's page on a phone with slow 4G, before its film is asked for: what comes over the line, and when its largest part
stands; beside a bare page of the same server. Chromium with the network and a quarter of the CPU held back."""

from __future__ import annotations

import io
import os
import shutil
import uuid
from contextlib import ExitStack
from statistics import median
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from courses.models import LessonPage, MediaFile
from lms.members.models import Unit, User
from tests.bench import beats
from tests.bench.checkin_data import cookie
from tests.factories import make_course, make_member, make_user

GOAL_MS, MOST_BYTES = 2500.0, 100 * 1024
ROUNDS = 5
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}
PHONE = {"width": 390, "height": 844}
LARGEST = """() => new Promise(done => {
  let at = 0;
  new PerformanceObserver(list => { for (const entry of list.getEntries()) at = entry.startTime; })
    .observe({type: "largest-contentful-paint", buffered: true});
  setTimeout(() => done(at), 1500);
})"""


def run() -> dict[str, Any]:
    """``figure``: milliseconds until the largest part stands; ``bytes``: all that came, compressed, pictures left out."""
    session, path = _fill()
    env = {**os.environ, "XIANGXUE_DEBUG": "", "DJANGO_SETTINGS_MODULE": "lms.settings"}
    env.pop("DATABASE_URL", None)
    times: dict[str, list[float]] = {path: [], "/login/": []}
    weight = 0
    with ExitStack() as stack:
        stack.enter_context(beats.served("house", {key: value for key, value in env.items() if value}))
        playwright = stack.enter_context(sync_playwright())
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for number in range(ROUNDS + 1):
            for address, taken in times.items():
                largest, came = _look(browser, session, address)
                if number:
                    taken.append(largest)
                if address == path:
                    weight = came
        browser.close()
    figure, reference = median(times[path]), median(times["/login/"])
    print(f"a lesson's page without its film: {weight / 1024:.1f} KiB")
    return {
        "name": "lesson page on slow 4G, largest part (ms)",
        "figure": round(figure),
        "reference": round(reference),
        "ratio": round(figure / reference, 2),
        "reference_name": "the sign-in page on the same line",
        "target": GOAL_MS,
        "bytes": weight,
        "met": figure <= GOAL_MS and weight <= MOST_BYTES,
    }


def _look(browser: Browser, session: str, path: str) -> tuple[float, int]:
    """Milliseconds to the largest part, and bytes on the line but for pictures, with nothing cached."""
    address = f"http://127.0.0.1:{beats.PORTS['house']}"
    context = browser.new_context(viewport=PHONE, device_scale_factor=2, locale="zh-CN")
    context.add_cookies([{"name": "sessionid", "value": session, "url": address}] if path != "/login/" else [])
    page = context.new_page()
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW_4G)
    line.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    pictures, came = set[str](), dict[str, float]()

    def answered(event: dict[str, Any]) -> None:
        if event["response"]["mimeType"].startswith("image/") and "svg" not in event["response"]["mimeType"]:
            pictures.add(event["requestId"])

    line.on("Network.responseReceived", answered)
    line.on("Network.loadingFinished", lambda event: came.update({event["requestId"]: event["encodedDataLength"]}))
    answer = page.goto(address + path, wait_until="load")
    if answer is None or not answer.ok:
        raise RuntimeError(f"{path} does not answer")
    largest = float(page.evaluate(LARGEST))
    context.close()
    return largest, round(sum(size for request, size in came.items() if request not in pictures))


def _fill() -> tuple[str, str]:
    """A member's session and the address of a lesson with text, a cover and a film in three qualities."""
    root = Unit.objects.filter(depth=1).first() or Unit.add_root(code="C", name="清溪县委", kind=Unit.Kind.COUNTY)
    user: User = make_user("reader")
    make_member(root, "李大山", user=user)
    lesson = make_course(30, slug="bench-page")[0]
    cover = io.BytesIO()
    Image.effect_noise((640, 360), 40).convert("RGB").save(cover, "JPEG", quality=60)
    made = [
        {"name": name, "file": f"{name}.mp4", "width": width, "height": side, "size": 12_000_000, "peak": 500_000}
        for name, width, side in (("240p", 426, 240), ("480p", 854, 480), ("720p", 1280, 720))
    ]
    MediaFile.objects.filter(pk=lesson.media_id).update(
        stream=uuid.uuid4(),
        width=1920,
        height=1080,
        thumbnail=default_storage.save("media_thumbnails/bench.jpg", ContentFile(cover.getvalue())),
        made=made,
    )
    lesson.body = [("paragraph", "<p>" + "先看长势，再定修剪的时间和方法，做完记一笔账。" * 40 + "</p>")]
    lesson.save_revision().publish()
    return cookie(user), str(LessonPage.objects.get(pk=lesson.pk).url)
