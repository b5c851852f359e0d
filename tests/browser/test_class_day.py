"""A class from its plan to the hours, in real browsers at once: trainer's phone, two members' phones, a kiosk, the room's screen.

Planned, filled by nomination and sign-up with a waiting list, signed in by all six ways, somebody late, somebody early, closed. The
same class a day later with the line down for its middle third leaves the same ledger. The server's clock is turned.
"""

from __future__ import annotations

import datetime as dt
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pypdfium2 as pdfium
import pytest
from PIL import ImageDraw
from playwright.sync_api import Browser, Page, expect

from lms.core import clock
from lms.training.paper import layout
from tests.browser.conftest import DESK, PATIENCE_MS, PHONE, log_in
from tests.browser.shifted import Hour
from tests.browser.site import Site, prepared, running
from tests.training import paper_photos

pytestmark = pytest.mark.browser
SEATS = 7
WHOLE, LATE, EARLY = Decimal("2.0"), Decimal("1.5"), Decimal("1.0")
"""By the rule of classes that the prepared county has adopted (60 min = 1, down to 0.5): all of 14:00–16:00, from 14:10 (1.83),
until 15:00."""

RULE = "class@2019-01-03"
READ_QR = """async () => {
  const text = new XMLSerializer().serializeToString(document.querySelector(".room-qr svg"));
  const image = new Image();
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 640;
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, 640, 640);
  context.drawImage(image, 20, 20, 600, 600);
  return jsQR(context.getImageData(0, 0, 640, 640).data, 640, 640).data;
}"""


@dataclass
class Town:
    """The site with a clock of its own, and the browsers of everybody who takes part."""

    site: Site
    hour: Hour
    pages: dict[str, Page]
    people: list[dict[str, str]]
    phones: list[dict[str, str]]

    def __getitem__(self, name: str) -> Page:
        return self.pages[name]


@pytest.fixture(scope="module")
def town(chromium: Browser, site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A site beside the others', in the same county."""
    mine = tmp_path_factory.getbasetemp()
    shared = mine.parent if mine.name.startswith("popen-") else mine
    with running(prepared(shared / "county"), mine / "class-day", "tests.browser.shifted:application") as found:
        known = found.run("tests.browser.class_day", "people")
        pages = {}
        for name in ("trainer", "secretary", "town", "member", "elder", "kiosk", "screen"):
            viewport = PHONE if name in {"trainer", "member", "elder"} else DESK
            context = chromium.new_context(
                viewport=viewport, base_url=found.url, locale="zh-CN", bypass_csp=name == "screen"
            )
            pages[name] = context.new_page()
            pages[name].set_default_timeout(PATIENCE_MS)
        yield Town(found, Hour(found.data), pages, known["plain"], known["phones"])
        for page in pages.values():
            page.context.close()


# -- before ------------------------------------------------------------------------------------


def plan(page: Page, title: str, day: dt.date) -> str:
    """The trainer plans two hours in the afternoon; returns the training's address."""
    page.goto("/desk/trainings/new/")
    page.select_option("select[name=kind]", "class")
    page.fill("input[name=title]", title)
    page.select_option("select[name=category]", "skills")
    page.fill("input[name=place]", "镇党校一楼")
    page.fill("input[name=capacity]", str(SEATS))
    page.fill("input[name=s-0-day]", day.isoformat())
    page.fill("input[name=s-0-starts]", "14:00")
    page.fill("input[name=s-0-ends]", "16:00")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    return page.url


def fill(town: Town, address: str) -> None:
    """Six are proposed and approved, one signs up, one waits; a seat that is given back goes to who waits."""
    uuid = address.rstrip("/").rsplit("/", 1)[1]
    secretary = town["secretary"]
    secretary.goto(f"/desk/nominations/{uuid}/")
    for person in town.people:
        secretary.check(f"input[name=member][value={person['code']}]")
    secretary.get_by_role("button", name="推荐选中的人").click()
    expect(secretary.locator("body")).to_contain_text("已推荐 6 人")

    approver = town["town"]
    approver.goto(f"{address}filling/")
    for person in town.people:
        approver.check(f"input[name=member][value={person['code']}]")
    approver.get_by_role("button", name="通过选中的人", exact=True).click()
    expect(approver.locator("body")).to_contain_text("已报名 6 人")
    approver.check("input[name=is_open]")
    approver.locator("form", has=approver.locator("input[name=is_open]")).locator("button[type=submit]").click()
    expect(approver.locator("body")).to_contain_text("报名和推荐的设置已保存")

    for name, state in (("member", "已报名"), ("elder", "候补")):
        page = town[name]
        page.goto("/learn/trainings/")
        page.locator(f"form[action*='{uuid}'] button").click()
        page.goto("/learn/trainings/")
        expect(page.locator("section.card", has=page.locator(f"form[action*='{uuid}']")).locator("h2")).to_contain_text(
            state
        )

    trainer = town["trainer"]
    trainer.goto(address)
    trainer.locator(f"form[action$='/enrol/{town.people[5]['code']}/cancel/'] button").click()
    town["elder"].goto("/learn/trainings/")
    own = town["elder"].locator("section.card", has=town["elder"].locator(f"form[action*='{uuid}']"))
    expect(own.locator("h2")).to_contain_text("已报名")


# -- on the day --------------------------------------------------------------------------------


def room(town: Town, session: str, direction: str = "in") -> tuple[str, str]:
    """What the room's screen shows now: where its QR code leads, and the six digits."""
    screen = town["screen"]
    screen.goto(f"{session}checkin/screen/?direction={direction}")
    screen.add_script_tag(url="/static/vendor/jsqr-1.4.0/dist/jsQR.js")
    return screen.evaluate(READ_QR), screen.locator(".room-digits").inner_text().replace(" ", "")


def by_code(town: Town, session: str, name: str, direction: str = "in") -> None:
    """A member's phone reads the room's code."""
    page = town[name]
    page.goto(room(town, session, direction)[0])
    page.get_by_role("button", name="签退" if direction == "out" else "签到", exact=True).click()
    expect(page.locator("[role=status]").first).to_be_visible()


def by_digits(town: Town, session: str, name: str) -> None:
    """A member types the six digits."""
    page = town[name]
    page.goto("/in/")
    page.fill("input[name=digits]", room(town, session)[1])
    page.locator("main button[type=submit]").first.click()
    page.get_by_role("button", name="签到", exact=True).click()
    expect(page.locator("[role=status]").first).to_be_visible()


def by_card(page: Page, session: str, person: dict[str, str]) -> None:
    """The trainer reads a card (what the camera finds in it goes into the same field)."""
    page.goto(f"{session}checkin/")
    page.fill("#scan-code", person["card"])
    page.get_by_role("button", name="记录", exact=True).click()
    expect(page.locator("#scan-reply")).to_contain_text(person["name"])


def by_kiosk(town: Town, session: str, person: dict[str, str]) -> None:
    """A machine in the hall: a name, four digits."""
    page = town["kiosk"]
    page.goto(f"{session}checkin/")
    page.get_by_role("button", name="在这台机器上打开").click()
    page.locator("dialog[open]").get_by_role("button", name="确定").click()
    page.wait_for_url("**/kiosk/")
    page.fill("#kiosk-q", person["name"])
    page.get_by_role("button", name="查找").click()
    page.locator(f"a[href*='/kiosk/{person['code']}/']").click()
    page.locator("main input[name=four]").fill(person["four"])
    page.get_by_role("button", name="签到", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text(person["name"])


def by_tick(page: Page, session: str, person: dict[str, str]) -> None:
    """The trainer ticks the roster."""
    page.goto(session)
    with page.expect_response(lambda answer: f"/mark/{person['code']}/" in answer.url) as answer:
        page.locator(f"label:has(#p-{person['code']})").click()
    assert answer.value.ok


def by_paper(page: Page, address: str, day: dt.date, person: dict[str, str]) -> None:
    """The sheet is printed, signed by one, photographed, confirmed."""
    page.goto(f"{address}paper/")
    token = page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    printed = page.request.post(
        f"{address}paper/{day.year}-{day.month}-{day.day}.pdf",
        form={"csrfmiddlewaretoken": token},
        headers={"Referer": page.url},
    )
    assert printed.ok
    with pdfium.PdfDocument(printed.body()) as document:
        text = document[0].get_textpage().get_text_range()
        sheet = document[0].render(scale=paper_photos.DRAW * 25.4 / 72).to_pil().convert("RGB")
    row = _row_of(text, person["name"])
    chance = random.Random(11)
    paper_photos.sign(ImageDraw.Draw(sheet), chance, layout.box(row, layout.AFTERNOON))
    out = io.BytesIO()
    paper_photos.camera(sheet, chance).save(out, "JPEG", quality=90)
    page.set_input_files("#photos", {"name": "sheet.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()})
    page.get_by_role("button", name="上传并识别").click()
    expect(page.get_by_role("heading", name="确认签名")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="确认，记入签到").click()
    page.wait_for_load_state()


def _row_of(text: str, name: str) -> int:
    """The row (from 0) of a person on the printed page: lines of the table begin with 序号."""
    before = text[: text.index(name)]
    return int(before.split()[-1]) - 1


def confirm_all(page: Page, session: str, people: list[dict[str, str]]) -> None:
    """The trainer sees those who signed in by themselves."""
    page.goto(f"{session}checkin/")
    for person in people:
        page.get_by_role("button", name=f"确认 {person['name']} 到场").click()
        page.wait_for_load_state()
    expect(page.locator("body")).not_to_contain_text("人待确认")


def without_a_line(page: Page, address: str, people: list[dict[str, str]], day: dt.date) -> None:
    """The middle third: prepared, cut off, three people signed in, sent when the line is back."""
    page.goto(f"{address}offline/{day.isoformat()}/")
    page.get_by_role("button", name="准备断网签到").first.click()
    expect(page.get_by_text("准备好了：没有网络也能打开这一页")).to_be_visible(timeout=60_000)
    page.context.set_offline(True)
    page.reload()
    page.fill("#offline-code", people[0]["card"])
    page.get_by_role("button", name="记录", exact=True).click()
    for person in people[1:]:
        page.fill("#offline-find", person["name"])
        page.locator("[data-people] button", has_text=person["name"]).first.click()
    expect(page.locator("[data-unsent]")).to_have_text(f"还有 {len(people)} 条没有送出")
    page.context.set_offline(False)
    page.locator("[data-send]").dispatch_event("click")  # it goes when the page has sent by itself already
    expect(page.locator("[data-unsent]")).to_have_text("全部送出", timeout=60_000)


def close(page: Page, address: str) -> None:
    page.goto(f"{address}close/")
    page.get_by_role("button", name="结课并记学时").click()
    page.wait_for_url(address)
    expect(page.locator("body")).to_contain_text("已结课")


def a_day(town: Town, day: dt.date, title: str, *, cut: bool) -> list[list[Any]]:
    """The whole of a class; returns what the ledger says."""

    def at(hour: int, minute: int = 0) -> dt.datetime:
        return clock.day_start(day) + dt.timedelta(hours=hour, minutes=minute)

    trainer, (member, elder) = town["trainer"], town.phones
    town.hour.turn(at(10))
    for name, page in town.pages.items():  # who signed in the day before is signed out by now
        page.context.clear_cookies()
        log_in(page, "trainer" if name in {"kiosk", "screen"} else name)
    address = plan(trainer, title, day)
    fill(town, address)

    town.hour.turn(at(13, 40))
    trainer.goto(address)
    session = str(trainer.locator("a[href*='/sessions/']").first.get_attribute("href")).split("/sessions/")
    here = f"{session[0]}/sessions/{session[1].split('/')[0]}/"
    by_code(town, here, "member")
    by_digits(town, here, "elder")
    confirm_all(trainer, here, [member, elder])
    if cut:
        without_a_line(trainer, address, town.people[:3], day)
    else:
        by_card(trainer, here, town.people[0])
        by_kiosk(town, here, town.people[1])
        by_tick(trainer, here, town.people[2])
    town.hour.turn(at(14, 10))
    by_card(trainer, here, town.people[3])
    by_paper(trainer, address, day, town.people[4])
    town.hour.turn(at(15))
    by_code(town, here, "member", "out")
    town.hour.turn(at(16, 5))
    close(trainer, address)
    return town.site.run("tests.browser.class_day", "ledger", title)


def test_a_class_day_with_and_without_a_line(town: Town) -> None:
    tomorrow = clock.today() + dt.timedelta(days=3)
    with_line = a_day(town, tomorrow, "有网络的一天", cut=False)
    without = a_day(town, tomorrow + dt.timedelta(days=1), "断网的一天", cut=True)
    assert without == with_line
    hours = {code: Decimal(worth) for code, worth, *_rest in with_line}
    assert {rule for _code, _worth, rule, *_rest in with_line} == {RULE}
    member, elder = town.phones
    expected = {person["code"]: WHOLE for person in [*town.people[:5], elder]}
    expected[town.people[3]["code"]] = LATE
    expected[member["code"]] = EARLY
    assert hours == expected
