"""A member's player on a line that is cut, in a page that goes away, behind another page, and before a question.

What the server credited is read from the site's own database.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PATIENCE_MS, PHONE, SignIn
from tests.browser.site import FILM_SECONDS, Site

pytestmark = pytest.mark.browser
BEAT_MS = 10_000
"""One beat's interval: more than that nobody loses."""
PLAYING = "() => { const v = document.querySelector('video'); return !v.paused && v.currentTime > %s; }"
Credited = Callable[[], int]


@pytest.fixture
def watching(site: Site) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(site.data / "db.sqlite3", timeout=20)) as connection:
        yield connection


LESSONS = [
    f"/courses/{course}/lesson-{number}/" for course in ("03-silkworm", "04-rice", "05-pear") for number in (1, 2, 3)
]
"""Of the demo county; no other test in the browser plays them."""


def lesson_of(page: Page, number: int) -> str:
    """Open one of the lessons; returns its address."""
    address = LESSONS[number - 1]
    page.goto(address)
    expect(page.locator("[data-player] video")).to_have_count(1)
    return address


def credited(rows: sqlite3.Connection, since: int) -> int:
    """Milliseconds of the film that the server has taken in the sessions after one."""
    own = "SELECT coalesce(sum(to_ms - from_ms), 0) FROM courses_playspan WHERE session_id > ? AND NOT held"
    still = "SELECT coalesce(sum(span_to_ms - span_from_ms), 0) FROM courses_playsession WHERE id > ?"
    return int(rows.execute(own, [since]).fetchone()[0]) + int(rows.execute(still, [since]).fetchone()[0])


def within(page: Page, true: Callable[[], bool]) -> None:
    """Wait for what the last beat brings: it is on its way when the film stands still."""
    for _try in range(PATIENCE_MS // 250):
        if true():
            return
        page.wait_for_timeout(250)
    raise AssertionError("it did not come true")


def latest(rows: sqlite3.Connection) -> int:
    return int(rows.execute("SELECT coalesce(max(id), 0) FROM courses_playsession").fetchone()[0])


def press_play(page: Page, after: float = 0.5) -> None:
    page.locator("video").evaluate("video => { video.muted = true; video.play().catch(() => {}); }")
    page.wait_for_function(PLAYING % after)


def played_ms(page: Page) -> int:
    return int(page.locator("video").evaluate("video => video.currentTime * 1000"))


def kept(page: Page) -> int:
    """Milliseconds that the browser keeps for the next page."""
    return int(
        page.evaluate(
            """() => Object.keys(localStorage).filter((name) => name.startsWith("beats:"))
              .flatMap((name) => JSON.parse(localStorage.getItem(name)))
              .reduce((sum, one) => sum + (one.to || 0) - (one.from || 0), 0)"""
        )
    )


@pytest.mark.parametrize("how", ["reload", "close"])
def test_a_page_that_goes_away_without_a_line_loses_nothing(
    sign_in: SignIn, watching: sqlite3.Connection, how: str
) -> None:
    page = sign_in("member", PHONE)
    address = lesson_of(page, 1 if how == "reload" else 2)
    since = latest(watching)
    page.evaluate("fetch(document.querySelector('video source').src).then((answer) => answer.blob())")
    press_play(page, 1)
    page.context.set_offline(True)
    page.wait_for_function("() => document.querySelector('video').currentTime > 6", timeout=60_000)
    page.locator("video").evaluate("video => video.pause()")
    played = played_ms(page)
    page.wait_for_function("() => Object.keys(localStorage).some((name) => name.startsWith('beats:'))", timeout=60_000)
    waited = kept(page)
    assert waited >= 2_000
    context = page.context
    if how == "reload":
        page.goto("about:blank")
    else:
        page.close(run_before_unload=False)
    context.set_offline(False)
    page = context.new_page()
    page.goto(address)
    page.wait_for_function("() => !Object.keys(localStorage).some((name) => name.startsWith('beats:'))", timeout=60_000)
    assert abs(credited(watching, since) - played) <= BEAT_MS // 10
    press_play(page)
    assert latest(watching) > since + 1
    assert page.locator("video").evaluate("video => video.currentTime * 1000") >= played - BEAT_MS // 10


def test_a_page_in_between_that_answers_everything_takes_no_beat(sign_in: SignIn, watching: sqlite3.Connection) -> None:
    """A hotel's login page says 200 to a beat; a server that is busy, 503; a proxy, 403."""
    page = sign_in("member", PHONE)
    lesson_of(page, 3)
    since = latest(watching)
    answers = iter([(200, "<html>请登录</html>"), (503, "busy"), (403, "{}")])
    tried: list[int] = []

    def between(route: Route) -> None:
        status, body = next(answers, (0, ""))
        if not status:
            route.fallback()
            return
        tried.append(status)
        route.fulfill(status=status, body=body, content_type="text/html")

    page.route("**/play/beat/", between)
    press_play(page, 3)
    page.locator("video").evaluate("video => video.pause()")
    played = played_ms(page)
    page.wait_for_function("() => document.querySelector('[data-player]').player.queue.length === 0", timeout=60_000)
    assert tried == [200, 503, 403]
    assert abs(credited(watching, since) - played) <= BEAT_MS // 10


def test_an_old_token_begins_a_new_session_and_says_so(sign_in: SignIn, watching: sqlite3.Connection) -> None:
    page = sign_in("member", PHONE)
    lesson_of(page, 4)
    press_play(page, 1)
    since = latest(watching)
    page.evaluate("document.querySelector('[data-player]').player.token = '1.2.3:old:token'")
    with page.expect_response(lambda answer: answer.url.endswith("/play/")) as begun:
        page.evaluate("document.querySelector('[data-player]').player.mark(false)")
    assert begun.value.ok
    page.wait_for_function("() => !document.querySelector('video').paused")
    assert latest(watching) == since + 1


def ask_soon(page: Page, rows: sqlite3.Connection, milliseconds: int) -> None:
    """Let the server want an answer after so much more of the film; the next beat tells the player."""
    rows.execute("UPDATE courses_playsession SET presence_left_ms = ? WHERE id = ?", [milliseconds, latest(rows)])
    rows.commit()
    page.evaluate("document.querySelector('[data-player]').player.mark(false)")


def test_the_question_pauses_the_film_and_loses_nothing(sign_in: SignIn, watching: sqlite3.Connection) -> None:
    page = sign_in("member", PHONE)
    lesson_of(page, 5)
    page.context.add_cookies([{"name": "elder", "value": "1", "url": page.url}])
    page.reload()
    since = latest(watching)
    press_play(page, 1)
    ask_soon(page, watching, 3_000)
    question = page.locator("[data-presence]")
    expect(question).to_be_visible()
    key = question.get_by_role("button")
    box = key.bounding_box()
    assert box is not None
    assert box["height"] >= 60
    page.wait_for_function("() => document.querySelector('video').paused", timeout=60_000)
    within(page, lambda: credited(watching, since) >= 2_500)
    key.click()
    expect(question).to_be_hidden()
    page.wait_for_function("() => document.querySelector('video').ended", timeout=60_000)
    page.wait_for_function("() => document.querySelector('[data-player]').player.queue.length === 0")
    assert abs(credited(watching, since) - FILM_SECONDS * 1000) <= BEAT_MS // 10
    answered = "SELECT count(*) FROM courses_presencecheck WHERE session_id = ? AND answered_ms IS NOT NULL"
    assert watching.execute(answered, [latest(watching)]).fetchone() == (1,)


def test_an_answer_without_a_line_waits_and_the_film_goes_on(sign_in: SignIn, watching: sqlite3.Connection) -> None:
    page = sign_in("member", PHONE)
    lesson_of(page, 6)
    since = latest(watching)
    press_play(page, 1)
    ask_soon(page, watching, 2_000)
    question = page.locator("[data-presence]")
    expect(question).to_be_visible()
    page.route("**/play/**", lambda route: route.abort())
    page.wait_for_function("() => document.querySelector('video').paused", timeout=60_000)
    question.get_by_role("button").click()
    expect(question).to_be_hidden()
    page.wait_for_function("() => document.querySelector('video').ended", timeout=60_000)
    page.unroute("**/play/**")
    page.wait_for_function("() => document.querySelector('[data-player]').player.queue.length === 0", timeout=60_000)
    assert abs(credited(watching, since) - FILM_SECONDS * 1000) <= BEAT_MS // 10


def test_a_page_behind_another_pauses_the_film(sign_in: SignIn) -> None:
    page = sign_in("member", PHONE)
    lesson_of(page, 7)
    press_play(page, 0.2)
    page.evaluate(
        """() => {
          Object.defineProperty(document, "hidden", { value: true, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    page.wait_for_function("() => document.querySelector('video').paused")
    expect(page.locator("[data-status]")).to_have_text(re.compile("后台"))


def test_the_question_calls_who_only_listens_and_leaves_a_phones_own_player(
    sign_in: SignIn, watching: sqlite3.Connection
) -> None:
    page = sign_in("member", PHONE)
    page.add_init_script(
        """
        window.called = [];
        navigator.vibrate = (pattern) => { window.called.push("buzz"); return true; };
        const sound = window.AudioContext;
        window.AudioContext = class extends sound { constructor() { super(); window.called.push("sound"); } };
        Object.defineProperty(HTMLVideoElement.prototype, "webkitDisplayingFullscreen", { get: () => true });
        HTMLVideoElement.prototype.webkitExitFullscreen = () => window.called.push("out");
        """
    )
    lesson_of(page, 8)
    page.evaluate("document.querySelector('[data-player]').dataset.audio = 'on'")
    press_play(page, 0.2)
    ask_soon(page, watching, 60_000)
    expect(page.locator("[data-presence]")).to_be_visible()
    assert page.evaluate("window.called") == ["out", "buzz", "sound"]
