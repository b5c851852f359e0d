"""SCORM packages in a real browser: they play, suspend and resume, and a hostile one gets nothing (reliability 12, 13)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Frame, Page, Route, expect

from tests.browser.conftest import DESK, PHONE, SignIn
from tests.browser.site import Site
from tests.browser.test_main_job import CODE
from tests.courses import scorm_packages as made

pytestmark = pytest.mark.browser
BEGUN, COMPLETED, PASSED = "学习中", "已完成", "已通过"


OWN_AND_SITE = pytest.mark.parametrize("host", ["packages", "site"])
"""On the host of packages, and without one: on the site's own."""


def play_on(page: Page, host: str) -> None:
    """Let the parts be opened on the site's own host, as where no other is set."""
    if host == "site":

        def moved(route: Route) -> None:
            answer = route.fetch()
            src = answer.json()["src"]
            route.fulfill(response=answer, json={"src": src[src.index("/package/") :]})

        page.route("**/learn/lessons/*/parts/*/", moved)


@pytest.fixture
def learner(sign_in: SignIn) -> Page:
    page = sign_in("member", DESK)
    page.on("dialog", lambda dialog: dialog.accept())
    return page


def start(page: Page, shape: str, part: int = 0) -> Frame:
    """Go to the lesson of a shape and open one of its parts."""
    page.goto(f"/courses/scorm/{shape}/")
    return begin(page, part)


def begin(page: Page, part: int = 0) -> Frame:
    key = page.locator("[data-part]").nth(part)
    key.click()
    expect(key).to_have_attribute("aria-current", "")  # the part before has said good-bye
    return playing(page)


def playing(page: Page) -> Frame:
    """The frame of the part that is open, once its page is there."""
    frame = page.locator("[data-stage] iframe").element_handle().content_frame()
    assert frame is not None
    frame.wait_for_url("**/package/**")
    return frame


def marks(page: Page) -> list[str]:
    return page.locator("[data-mark]").all_inner_texts()


def saved(page: Page, work: Callable[[], object]) -> None:
    """Do something and wait until the server has kept what the part saves of it."""
    with page.expect_response(lambda answer: "/package/" in answer.url and answer.request.method == "POST") as answer:
        work()
    assert answer.value.ok


def leave(page: Page) -> None:
    """Press the key that closes the part and keeps what it says as it goes."""
    page.locator("[data-leave]").click()
    expect(page.locator("[data-said]")).to_contain_text("进度已保存")


@OWN_AND_SITE
@pytest.mark.parametrize("shape", ["single", "above", "bare", "gbk"])
def test_scorm_12_plays_suspends_and_resumes(learner: Page, shape: str, host: str) -> None:
    play_on(learner, host)
    if host == "site":
        shape += "-site"
    part = start(learner, shape)
    expect(part.locator("#page")).to_have_text("page 1")
    expect(part.locator("#entry")).to_have_text("ab-initio")
    expect(part.locator("#learner")).not_to_be_empty()
    if shape.startswith("gbk"):
        expect(part.locator("#text")).to_have_text("水稻育秧")
    part.click("#next")
    saved(learner, lambda: part.click("#next"))
    saved(learner, lambda: part.click("#done"))
    expect(learner.locator("[data-mark]").first).to_have_text(COMPLETED)

    learner.reload()  # torn away: the part could not say good-bye in peace
    part = begin(learner)
    expect(part.locator("#page")).to_have_text("page 3")
    expect(part.locator("#entry")).to_have_text("resume")
    expect(part.locator("#kept")).to_have_text("seen:3")

    leave(learner)
    part = start(learner, shape)
    expect(part.locator("#page")).to_have_text("page 3")
    expect(part.locator("#entry")).to_have_text("resume")


def test_scorm_12_with_several_parts_of_minimum_and_basic_calls(learner: Page) -> None:
    part = start(learner, "multi")
    expect(part.locator("#began")).to_have_text("true")
    saved(learner, lambda: part.click("#bye"))
    expect(part.locator("#ended")).to_have_text("true")
    expect(learner.locator("[data-mark]").first).to_have_text(COMPLETED)
    part = begin(learner, 1)
    assert part.url.endswith("?mode=a&x=1")
    expect(part.locator("#page")).to_have_text("page 1")
    saved(learner, lambda: part.click("#next"))
    learner.reload()
    assert marks(learner) == [COMPLETED, BEGUN]
    part = begin(learner, 1)
    expect(part.locator("#page")).to_have_text("page 2")
    expect(part.locator("#entry")).to_have_text("resume")


@OWN_AND_SITE
def test_scorm_12_in_frames_of_its_own(learner: Page, host: str) -> None:
    """The pages of the part call the frame around them, read its variables and its run-time."""
    play_on(learner, host)
    part = start(learner, "frames")
    inside = part.locator("iframe").element_handle().content_frame()
    assert inside is not None
    expect(inside.locator("#title")).to_have_text("考试")
    expect(inside.locator("#learner")).not_to_be_empty()
    saved(learner, lambda: inside.click("#hand-in"))
    expect(part.locator("#score")).to_have_text("score 75")
    expect(learner.locator("[data-mark]")).to_have_text(PASSED)


@pytest.mark.parametrize("shape", ["third", "fourth"])
def test_scorm_2004_plays_resumes_and_goes_on_to_the_next_part(learner: Page, shape: str) -> None:
    part = start(learner, shape)
    expect(part.locator("#entry")).to_have_text("ab-initio")
    expect(part.locator("#passing")).to_have_text("0.8")
    saved(learner, lambda: part.click("#next"))
    learner.reload()
    part = begin(learner)
    expect(part.locator("#page")).to_have_text("page 2")
    expect(part.locator("#entry")).to_have_text("resume")
    expect(part.locator("#kept")).to_have_text("资料")
    part.click("#done")  # asks for the next part
    expect(learner.locator("[data-part][aria-current]")).to_contain_text("分蜂")
    assert marks(learner)[0] == PASSED


def frame(page: Page, name: str) -> Frame:
    """The frame of the part whose address ends so."""
    page.wait_for_function("() => document.querySelector('[data-stage] iframe')")
    for _try in range(100):
        found = [one for one in page.frames if one.url.endswith(name)]
        if found:
            found[0].wait_for_load_state()
            return found[0]
        page.wait_for_timeout(50)
    raise AssertionError([one.url for one in page.frames])


def test_frames_of_a_frameset_reach_each_other_and_the_run_time(learner: Page) -> None:
    """``parent.f()`` and ``parent.frames['content'].f()`` give back what they found; a frame two below finds the run-time."""
    start(learner, "frameset")
    menu, deep = frame(learner, "/menu.html"), frame(learner, "/deep.html")
    saved(learner, lambda: menu.click("#go"))
    expect(menu.locator("#learner")).to_have_text(re.compile("."))
    expect(menu.locator("#text")).to_have_text("剪枝")
    expect(menu.locator("#count")).to_have_text("1内容")
    saved(learner, lambda: deep.click("#ask"))
    expect(deep.locator("#deep")).to_have_text("true7")
    menu.click("#second")  # a link into the frame beside it, not over everything
    expect(frame(learner, "/second.html").locator("#second")).to_have_text("second page")
    leave(learner)
    part = start(learner, "frameset")
    part.wait_for_function("getAPI() !== null")
    assert part.evaluate("getAPI().LMSGetValue('cmi.suspend_data')") == "a"


def test_a_menu_sends_the_frame_beside_it_by_script(learner: Page) -> None:
    """The sandbox forbids that among frames of one origin too; the page around them does it for them."""
    start(learner, "beside")
    menu = frame(learner, "/menu.html")
    frame(learner, "/first.html")
    for way, name in (("assigned", "one"), ("href", "two"), ("replaced", "three"), ("method", "four")):
        menu.evaluate(f"ways.{way}()")
        expect(frame(learner, f"/{name}.html").locator(f"#{name}")).to_have_text(name)
        assert not [one for one in learner.frames if one.url.endswith("/first.html")], way
    assert menu.evaluate("read()") == "four,21,kept,four.html,our.html,true,content,number,true,true"
    assert menu.evaluate("write()") == "written"
    menu.evaluate("ways.reloaded()")
    menu.wait_for_function("parent.content.secret === 'kept'")
    assert learner.url.endswith("/scorm/beside/")


def test_a_word_that_is_also_a_frames_name_is_the_pages_own(learner: Page) -> None:
    part = start(learner, "two-words")
    expect(part.locator("#said")).to_have_text("number,string,5,text")


def test_a_menu_sends_the_frame_beside_it_nowhere_else(learner: Page) -> None:
    """Neither out of the package nor over our page; and our page is not to be had through a stand-in."""
    start(learner, "beside")
    menu = frame(learner, "/menu.html")
    frame(learner, "/first.html")
    menu.evaluate("parent.content.location = 'https://example.invalid/'")
    menu.evaluate("address => { parent.content.location.href = address; }", learner.url)
    learner.wait_for_timeout(1_000)
    assert learner.url.endswith("/scorm/beside/")
    assert not [one for one in learner.frames[1:] if "/courses/" in one.url or "example.invalid" in one.url]
    start(learner, "beside")
    menu = frame(learner, "/menu.html")
    frame(learner, "/first.html")
    reach = "() => { try { return parent.content.parent.parent.document.cookie; } catch (error) { return 'refused'; } }"
    assert menu.evaluate(reach) == "refused"


@OWN_AND_SITE
def test_a_part_that_calls_the_window_at_the_top(learner: Page, host: str) -> None:
    play_on(learner, host)
    part = start(learner, "top")
    expect(part.locator("#began")).to_have_text(re.compile("^true"))
    inner = frame(learner, "/inner.html")
    saved(learner, lambda: inner.click("#done"))
    expect(inner.locator("#said")).to_have_text("truetrue")
    expect(learner.locator("[data-mark]")).to_have_text(PASSED)


def test_a_part_that_plays_in_a_window_of_its_own(learner: Page) -> None:
    part = start(learner, "opener")
    part.click("#launch")
    player = frame(learner, "/player.html")
    expect(part.locator("#state")).to_have_text("open")
    saved(learner, lambda: player.click("#work"))
    expect(player.locator("#length")).to_have_text("2")
    expect(part.locator("#heard")).to_have_text("听见")
    saved(learner, lambda: player.click("#end"))
    expect(part.locator("#state")).to_have_text("closed")
    expect(learner.locator("[data-mark]")).to_have_text(PASSED)


def test_a_part_that_calls_into_the_frame_below_it(learner: Page) -> None:
    part = start(learner, "below")
    frame(learner, "/inner.html")
    saved(learner, lambda: part.click("#ask"))
    expect(part.locator("#sum")).to_have_text("5 词")
    assert part.evaluate("API.LMSGetValue('cmi.suspend_data')") == "n=2"


# -- the run-time, call by call ------------------------------------------------------------------


def test_scorm_12_answers_call_by_call(learner: Page) -> None:
    part = start(learner, "calls")
    call = part.evaluate
    assert call("API.LMSGetLastError()") == "0"
    assert call("[API.LMSSetValue('cmi.core.lesson_location', '1'), API.LMSGetLastError()]") == ["false", "301"]
    assert call("[API.LMSInitialize(''), API.LMSInitialize(''), API.LMSGetLastError()]") == ["true", "false", "101"]
    names = "['student_id', 'student_name', 'credit', 'lesson_mode', 'lesson_status', 'entry']"
    found = dict(call(f"{names}.map(name => [name, API.LMSGetValue('cmi.core.' + name)])"))
    assert found.pop("student_id") == CODE and found.pop("student_name")
    assert found == {
        "credit": "credit",
        "lesson_mode": "normal",
        "lesson_status": "not attempted",
        "entry": "ab-initio",
    }
    assert call("[API.LMSGetValue('cmi.no_such'), API.LMSGetLastError()]") in (["", "201"], ["", "401"])
    assert isinstance(call("API.LMSGetErrorString('201')"), str) and call("API.LMSGetErrorString('201')")
    assert call("API.LMSSetValue('cmi.core.lesson_status', 'rubbish')") == "false"
    assert call("API.LMSGetLastError()") == "405"
    assert call("API.LMSSetValue('cmi.objectives.0.id', 'prune')") == "true"
    assert call("API.LMSSetValue('cmi.objectives.0.score.raw', '80')") == "true"
    assert call("API.LMSSetValue('cmi.interactions.0.id', 'q1')") == "true"
    assert call("API.LMSSetValue('cmi.interactions.0.type', 'choice')") == "true"
    saved(learner, lambda: call("API.LMSCommit('')"))
    learner.reload()
    part = begin(learner)
    part.evaluate("API.LMSInitialize('')")
    names = "['cmi.objectives._count', 'cmi.objectives.0.id', 'cmi.objectives.0.score.raw', 'cmi.interactions._count']"
    assert part.evaluate(f"{names}.map(name => API.LMSGetValue(name))") == ["1", "prune", "80", "1"]


def test_a_commit_before_the_beginning_ends_nothing(learner: Page) -> None:
    part = start(learner, "early")
    part.evaluate("API.LMSInitialize(''); API.LMSSetValue('cmi.core.lesson_location', '5')")
    saved(learner, lambda: part.evaluate("API.LMSCommit('')"))
    learner.reload()
    part = begin(learner)
    assert part.evaluate("[API.LMSCommit(''), API.LMSGetLastError()]") == ["false", "301"]
    assert part.evaluate("API.LMSFinish('')") == "false"
    learner.wait_for_timeout(800)
    expect(learner.locator("[data-said]")).not_to_contain_text("这一节结束了")
    part.evaluate("API.LMSInitialize('')")
    assert part.evaluate("[API.LMSGetValue('cmi.core.entry'), API.LMSGetValue('cmi.core.lesson_location')]") == [
        "resume",
        "5",
    ]


def test_scorm_2004_keeps_what_was_answered(learner: Page) -> None:
    part = start(learner, "arrays")
    part.evaluate("API.Initialize('')")
    for name, value in (
        ("cmi.objectives.0.id", "urn:prune"),
        ("cmi.objectives.0.success_status", "passed"),
        ("cmi.interactions.0.id", "urn:q1"),
        ("cmi.interactions.0.type", "choice"),
        ("cmi.interactions.0.learner_response", "a[,]b"),
        ("cmi.exit", "suspend"),
    ):
        assert part.evaluate("([name, value]) => API.SetValue(name, value)", [name, value]) == "true", name
    saved(learner, lambda: part.evaluate("API.Commit('')"))
    learner.reload()
    part = begin(learner)
    part.evaluate("API.Initialize('')")
    names = ["objectives._count", "objectives.0.id", "objectives.0.success_status", "interactions._count", "interactions.0.learner_response", "learner_id"]  # fmt: skip
    found = part.evaluate("names => names.map(name => API.GetValue('cmi.' + name))", names)
    assert found == ["1", "urn:prune", "passed", "1", "a[,]b", CODE]


@OWN_AND_SITE
@pytest.mark.parametrize("length", [25_000, 64_000])
def test_scorm_2004_suspends_as_many_chinese_characters_as_the_standard_gives(
    learner: Page, length: int, host: str
) -> None:
    """Three bytes each: more than a browser sends for a page that goes. What is said as the part is closed arrives too."""
    play_on(learner, host)
    part = start(learner, "long")
    part.evaluate("API.Initialize(''); API.SetValue('cmi.exit', 'suspend')")
    filled = "length => API.SetValue('cmi.suspend_data', '剪'.repeat(length - 1) + '一')"
    saved(learner, lambda: part.evaluate(filled, length))
    part.evaluate(
        "length => window.addEventListener('unload', () => { API.SetValue('cmi.suspend_data', '剪'.repeat(length - 1) + '二'); API.Terminate(''); })",
        length,
    )
    leave(learner)
    part = begin(learner)
    part.evaluate("API.Initialize('')")
    kept = part.evaluate("API.GetValue('cmi.suspend_data')")
    assert (len(kept), kept[-1], part.evaluate("API.GetValue('cmi.entry')")) == (length, "二", "resume")


def test_the_learner_is_told_when_nothing_is_kept(learner: Page) -> None:
    part = start(learner, "refused")
    told = learner.locator("[data-said]")
    part.evaluate("API.Initialize('')")
    fill = """() => { API.SetValue('cmi.suspend_data', '剪'.repeat(64000)); for (let n = 0; n < 8; n++) {
        API.SetValue(`cmi.interactions.${n}.id`, `urn:${n}`); API.SetValue(`cmi.interactions.${n}.type`, 'long-fill-in');
        API.SetValue(`cmi.interactions.${n}.learner_response`, '枝'.repeat(3900)); } API.Commit(''); }"""
    part.evaluate(fill)
    expect(told).to_contain_text("内容太多")
    part.evaluate("API.SetValue('cmi.suspend_data', 'a')")
    start(learner.context.new_page(), "refused")  # the same part, opened elsewhere
    part.evaluate("API.SetValue('cmi.suspend_data', 'b'); API.Commit('')")
    expect(told).to_contain_text("在另一处打开")


def test_from_the_upload_in_the_admin_to_the_part_that_plays(sign_in: SignIn) -> None:
    """The county uploads an archive, the worker unpacks it, a lesson gets it, a member plays it, leaves and goes on."""
    admin = sign_in("county", DESK)
    admin.goto("/admin/snippets/courses/scormpackage/add/")
    admin.fill("input[name=title]", "走一遍")
    admin.fill("input[name=minutes]", "1")
    archive = {"name": "课件.zip", "mimeType": "application/zip", "buffer": made.single12().zip()}
    admin.set_input_files("input[name=file]", [archive])  # type: ignore[list-item]
    admin.click("form[method=POST] button[type=submit]:has-text('保存')")
    row = admin.locator("tr", has_text="走一遍").first
    for _try in range(60):
        admin.goto("/admin/snippets/courses/scormpackage/")
        if "可以使用" in row.inner_text():
            break
        admin.wait_for_timeout(1000)
    found = admin.request.get("/admin/api/main/pages/?slug=walk&fields=id").json()
    admin.goto(f"/admin/pages/{found['items'][0]['id']}/edit/")
    chooser = admin.locator("#id_package-chooser")
    chooser.scroll_into_view_if_needed()
    chooser.locator("[data-chooser-action-choose]").last.click()
    admin.locator(".modal-body a", has_text="走一遍").first.click()
    expect(chooser).to_contain_text("走一遍")
    admin.locator("button[name=action-publish]").evaluate("key => key.click()")
    admin.wait_for_url("**/admin/pages/**")
    learner = sign_in("member", DESK)
    part = start(learner, "walk")
    expect(part.locator("#page")).to_have_text("page 1")
    expect(learner.locator("[data-part]")).to_contain_text("葡萄冬季修剪")
    saved(learner, lambda: part.click("#next"))
    leave(learner)
    part = begin(learner)
    expect(part.locator("#page")).to_have_text("page 2")


@OWN_AND_SITE
def test_case_13_a_script_reads_neither_cookies_nor_the_page_around_it(learner: Page, host: str, site: Site) -> None:
    play_on(learner, host)
    part = start(learner, "thief")
    expect(part.locator("#loot")).to_contain_text("abroad")
    expect(part.locator("#loot")).to_contain_text("worker")
    loot = json.loads(part.locator("#loot").inner_text())
    assert loot.pop("origin") == ("null" if host == "site" else site.url.replace("127.0.0.1", "packages.localhost"))
    assert loot.pop("cookie") == ""
    assert loot.pop("cookie-below") == ("refused" if host == "site" else "")
    assert loot.pop("ancestor") == "none"
    assert set(loot.values()) == {"refused"}, loot
    assert learner.url.endswith("/scorm/thief/")


def test_case_12_completed_from_the_console_is_a_claim(learner: Page, site: Site) -> None:
    """The part is told to be complete the moment it is open. The page says so; the lesson is not learned, the hours stay."""
    part = start(learner, "console")
    saved(learner, lambda: part.click("#done"))
    expect(learner.locator("[data-mark]")).to_have_text(re.compile(f"{COMPLETED}|{PASSED}"))
    leave(learner)
    learner.reload()
    assert learner.locator("[data-progress]").evaluate("bar => bar.value") < 100
    assert "学时已记入" not in learner.locator("[data-status]").inner_text()
    assert site.manage("audit_hours", "--member", CODE)["violations"] == []


def test_a_minute_by_the_servers_clock_completes_a_lesson_of_a_minute(learner: Page) -> None:
    start(learner, "minute")
    expect(learner.locator("[data-status]")).to_have_text("这一课已学完，学时已记入。", timeout=90_000)


def test_a_package_fits_a_phone(sign_in: SignIn) -> None:
    page = sign_in("", PHONE)
    part = start(page, "single")
    expect(part.locator("#page")).to_have_text("page 1")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert "不保存进度" in page.locator("[data-said]").inner_text()
