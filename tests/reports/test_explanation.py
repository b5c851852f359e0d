"""The page that explains a figure: what counts, what does not and why, what is missing, the nearest ways; also as JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from lms.core import clock
from lms.hours import ledger
from lms.members.models import Member
from lms.training import services as trainings
from lms.training.services import SessionPlan
from tests.conftest import County
from tests.factories import make_course, make_credit, make_member
from tests.reports.conftest import Held

pytestmark = pytest.mark.django_db
Login = Callable[[str], Client]


@pytest.fixture
def grower(county: County, hold: Held) -> Member:
    """A class of one day (8) and 20 学时 watched alone, of which 16 count: half of 32."""
    member = make_member(county.branch, "李大山")
    hold(county.branch, [member], days=1)
    for number in range(4):
        day = dt.date(2026, 4, 1 + number)
        credit = make_credit(member, "5.00", source=f"x:{number}", mode="online", earned_on=day, occasion=f"x:{number}")
        ledger.post(credit, by=None)
    return member


def asked(login: Login, member: Member, who: str = "county", **query: str) -> Any:
    address = reverse("member-explanation", args=[member.code, "members"])
    return login(who).get(address, {"year": "2026", **query})


def test_the_record_says_what_counts_what_does_not_and_what_is_missing(login: Login, grower: Member) -> None:
    found = asked(login, grower, format="json").json()
    assert (found["total"], found["counted"], found["required_hours"], found["state"]) == (28.0, 24.0, 32.0, "behind")
    assert found["lacks"] == [{"code": "hours", "name": "", "amount": 8.0}]
    (cut,) = found["does_not_count"]
    assert (cut["earned_on"], cut["gross"], cut["counted"], cut["reasons"]) == ("2026-04-04", 5.0, 1.0, ["over-cap"])
    assert sum(item["counted"] for item in found["counts"]) == found["counted"]


def test_the_page_opens_each_line_to_its_evidence_and_gives_the_reason(login: Login, grower: Member) -> None:
    page = asked(login, grower).content.decode()
    assert "超出该学习形式的上限" in page
    assert "葡萄冬季修剪培训班" in page
    assert "/hours/" in page


def test_ways_name_a_training_with_seats_and_no_lesson_when_online_is_full(login: Login, grower: Member) -> None:
    make_course(60)
    start = clock.now() + dt.timedelta(days=3)
    trainings.plan_training(
        kind="class",
        unit=grower.unit,
        title="油茶抚育培训班",
        category="skills",
        sessions=[SessionPlan(start, start + dt.timedelta(hours=3), "half_day", "")],
        by=None,
    )
    ways = asked(login, grower, format="json").json()["ways"]
    assert [(one["title"], one["hours"]) for one in ways["trainings"]] == [("油茶抚育培训班", 4.0)]
    assert (ways["lessons"], ways["online_full"]) == ([], True)


def test_an_earlier_day_is_explained_by_what_was_known_and_offers_nothing(login: Login, grower: Member) -> None:
    with time_machine.travel(clock.now() + dt.timedelta(days=3), tick=False):
        late = make_credit(grower, "4.00", source="x:late", earned_on=dt.date(2026, 5, 1), occasion="x:late")
        ledger.post(late, by=None)
        found = asked(login, grower, format="json", as_of="2026-11-22").json()
        assert (found["total"], found["ways"]) == (28.0, None)
        assert asked(login, grower, format="json").json()["total"] == 32.0
        assert asked(login, grower, as_of="2026-11-21").status_code == 404  # he was not on the roster then


def test_his_own_explanation_is_the_members(county: County, client: Client) -> None:
    own = county.users["member"].member
    client.force_login(county.users["member"])
    answer = client.get(reverse("own-explanation", args=["members"]), {"year": "2026", "format": "json"})
    assert answer.json()["member"] == own.code


@pytest.mark.parametrize("key", ["leaders", "nowhere"])
def test_a_line_that_does_not_bind_him_is_not_there(login: Login, grower: Member, key: str) -> None:
    assert login("county").get(reverse("member-explanation", args=[grower.code, key])).status_code == 404
