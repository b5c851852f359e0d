"""An inspector points at one number: from the county's rate to one row's evidence in three clicks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from lms.core import clock
from lms.goals import services as goals
from lms.training import services
from lms.training.models import Training
from lms.training.services import Reconciliation, SessionPlan
from tests.browser.conftest import DESK
from tests.conftest import County
from tests.factories import make_member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def closed_class(personas: County, title: str) -> Training:
    """A class of four whole days, 32 学时, on the first days of the year that are over; 李大山 attended all of it."""
    year = (clock.today() - dt.timedelta(days=5)).year
    goals.open_year(year=year, by=None)
    first = clock.day_start(dt.date(year, 1, 1))
    days = [first + dt.timedelta(days=number, hours=8) for number in range(4)]
    training = services.plan_training(
        kind="class",
        unit=personas.town,
        title=title,
        category="skills",
        sessions=[SessionPlan(day, day + dt.timedelta(hours=9), "day", "冬季修剪") for day in days],
        by=personas.users["town"],
    )
    member = make_member(personas.branch, "李大山")
    services.enrol(training=training, member=member, by=personas.users["town"])
    for session in training.sessions.all():
        services.mark(session=session, marks={member.pk: "present"}, by=personas.users["trainer"])
    services.close_training(training=training, said=Reconciliation(absent_confirmed=True), by=personas.users["town"])
    return training


def test_from_the_countys_rate_to_the_evidence_of_one_hour_in_three_clicks(
    personas: County, sign_in: Callable[..., Page]
) -> None:
    training = closed_class(personas, "葡萄冬季修剪培训班")
    page = sign_in("county", DESK)
    page.goto(f"/desk/reports/?year={training.sessions.first().starts_at.year}")
    rate = page.locator("a.stat", has_text="党员达标率").first
    expect(rate).to_contain_text("1 ÷")

    rate.click()
    page.get_by_role("link", name="李大山").click()
    page.get_by_role("link", name="葡萄冬季修剪培训班").first.click()

    facts = page.locator("main")
    for said in ("签到", "到", "石桥镇党委", "trainer", "8", "class@", "记入"):
        expect(facts).to_contain_text(said)
