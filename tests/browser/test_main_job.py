"""The house's main job in a real browser: roster, lesson, base visit, correction, and the figures that follow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from courses.models import LessonPage
from lms.core import clock
from lms.hours import totals
from lms.members.models import Member
from lms.training import services
from lms.training.models import Base, TrainingSession
from tests.browser.conftest import DESK, PHONE, work_off_the_queue
from tests.conftest import County
from tests.exchange.rosters import official, person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
SignIn = Callable[..., Page]
NAMES = ["赵春生", "钱有田", "孙桂兰", "李长河"]


def import_roster(page: Page) -> None:
    """Upload four people of another town's branch in the official form, look at the plan, apply it."""
    people = [person(serial, name, "杨柳村") for serial, name in enumerate(NAMES, 1)]
    page.goto("/desk/imports/new/")
    root = page.locator("select[name=unit] option", has_text="清溪").first
    page.select_option("select[name=unit]", value=root.get_attribute("value"))
    page.set_input_files(
        "input[type=file]",
        {"name": "名册.xlsx", "mimeType": "application/octet-stream", "buffer": official(people)},
    )
    page.get_by_role("button", name="上传并检查").click()
    page.wait_for_url("**/desk/imports/*-*/")
    assert work_off_the_queue() == 1
    page.reload()
    page.get_by_role("button", name="导入 4 行").click()
    page.wait_for_load_state()
    assert work_off_the_queue() == 1
    page.reload()
    expect(page.get_by_text("导入完成")).to_be_visible()
    page.goto("/desk/members/?q=" + NAMES[2])
    expect(page.get_by_text(NAMES[2]).first).to_be_visible()


def watch(page: Page, lesson: LessonPage) -> None:
    """Press play and stay to the end."""
    page.goto(lesson.url)
    page.locator("video").evaluate("video => { video.muted = true; video.play(); }")
    expect(page.locator("[data-status]")).to_have_text("这一课已学完，学时已记入。", timeout=60_000)


def figures(page: Page, county: County) -> tuple[str, str, str]:
    """As the county reads them: the average of the county, the row of the town, the row of the branch."""
    page.goto("/desk/reports/")
    average = page.locator(".stat", has_text="人均学时").locator(".stat-number").inner_text()
    town = page.locator("tr", has_text=county.town.label).first.inner_text()
    page.goto(f"/desk/reports/?unit={county.town.code}")
    return average, town, page.locator("tr", has_text=county.branch.label).first.inner_text()


def assert_figures(page: Page, county: County, average: str, hours: str) -> None:
    """The county's average over five people, and ``hours`` for the town and the branch of one."""
    told, town, branch = figures(page, county)
    assert Decimal(told) == Decimal(average)
    assert hours in town.split()
    assert hours in branch.split()
    page.goto(f"/desk/reports/members/?unit={county.branch.code}")
    assert hours in page.locator("tr", has_text="王秀英").inner_text().split()


def visit(county: County, member: Member) -> TrainingSession:
    """A half-day at a base yesterday, with the member enrolled."""
    base = Base.objects.create(
        code="JD01", name="石桥葡萄基地", kind=Base.Kind.INDUSTRY, theme="葡萄", unit=county.town, capacity=50
    )
    start = clock.day_start(clock.today() - dt.timedelta(days=1)) + dt.timedelta(hours=8, minutes=30)
    plan = services.SessionPlan(start, start + dt.timedelta(hours=3), "half_day", "看冬剪")
    training = services.plan_training(
        kind="visit",
        unit=county.town,
        base=base,
        title="石桥葡萄基地现场教学",
        category="skills",
        capacity=20,
        trainer=county.users["trainer"],
        sessions=[plan],
        by=county.users["town"],
    )
    services.enrol(training=training, member=member, by=county.users["town"])
    return training.sessions.get()


def tick(page: Page, session: TrainingSession, member: Member, key: str) -> None:
    """Tap a key of the roster and wait until the server has it."""
    page.goto(f"/desk/trainings/{session.training.uuid}/sessions/{session.pk}/")
    with page.expect_response(lambda answer: f"/mark/{member.code}/" in answer.url) as answer:
        page.locator(f"label:has(#{key}-{member.code})").click()
    assert answer.value.ok


def test_the_main_job(personas: County, member: Member, lesson: LessonPage, sign_in: SignIn) -> None:
    """Issue 2: import, watch, tick, untick; each hour appears everywhere and goes everywhere."""
    county, own, trainer = sign_in("county", DESK), sign_in("member", PHONE), sign_in("trainer", PHONE)
    import_roster(county)
    assert_figures(county, personas, "0", "0")

    watch(own, lesson)
    own.goto("/learn/")
    expect(own.locator("main")).to_contain_text("0.25")
    assert_figures(county, personas, "0.05", "0.25")

    session = visit(personas, member)
    tick(trainer, session, member, "p")
    trainer.get_by_role("link", name="点完了，去结课").click()
    trainer.get_by_role("button", name="结课并记学时").click()
    trainer.wait_for_load_state()
    own.goto("/learn/")
    expect(own.locator("main")).to_contain_text("4.25")
    assert_figures(county, personas, "0.85", "4.25")

    tick(trainer, session, member, "a")
    own.goto("/learn/hours/")
    expect(own.locator("main")).to_contain_text("冲销")
    assert_figures(county, personas, "0.05", "0.25")
    taken_back = [entry for entry in totals.entries(member.pk, session.starts_at.year) if entry.is_reversal]
    assert [str(entry.hours) for entry in taken_back] == ["-4.00"]
    call_command("audit_hours")  # exits with 1 when anything does not agree
