"""The desk's hand on the list, towns told of the seats they fill, nominations with a deadline, seats of those who are gone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from lms.core import clock
from lms.members import services as roster
from lms.members.models import AuditEntry, Member
from lms.notices.models import Notice
from lms.training import selectors as trainings
from lms.training import services as core
from lms.training import tasks
from lms.training.filling import seats, services, waiting
from lms.training.models import Training
from tests.conftest import County
from tests.factories import make_member
from tests.training.conftest import FIRST_DAY, on
from tests.training.filling.conftest import states
from tests.training.filling.test_services import propose, refused, sign_up

Login = Callable[[str], Client]


@pytest.fixture
def people(personas: County, week_before: time_machine.Coordinates) -> list[Member]:
    return [make_member(personas.branch, f"甲{n}") for n in range(6)]


def queue(training: Training) -> list[str]:
    return [row.member.name for row in seats.waiting_list(training)]


# -- the list --------------------------------------------------------------------------------


def test_somebody_is_moved_to_the_front_with_a_reason_and_gets_the_next_seat(
    small: Training, people: list[Member], personas: County
) -> None:
    sign_up(small, *people)
    with refused("reason"):
        waiting.move(training=small, member=people[4], place=1, reason=" ", by=personas.users["county"])
    waiting.move(training=small, member=people[4], place=1, reason="种植大户", by=personas.users["county"])
    assert queue(small) == ["甲4", "甲2", "甲3", "甲5"]
    assert AuditEntry.objects.get(action="enrolment.queue").reason == "种植大户"
    core.cancel_enrolment(training=small, member=people[0], by=None)
    assert states(small)["甲4"] == "enrolled"


@pytest.mark.parametrize(
    ("who", "place", "order"),
    [(2, 3, ["甲3", "甲4", "甲2", "甲5"]), (5, 2, ["甲2", "甲5", "甲3", "甲4"]), (2, 4, ["甲3", "甲4", "甲5", "甲2"])],
)
def test_somebody_is_moved_to_a_place_and_the_others_keep_their_order(
    small: Training, people: list[Member], who: int, place: int, order: list[str]
) -> None:
    sign_up(small, *people)
    waiting.move(training=small, member=people[who], place=place, reason="调整", by=None)
    assert queue(small) == order


def test_no_place_beyond_the_list_and_nobody_moves_himself(
    small: Training, people: list[Member], personas: County
) -> None:
    sign_up(small, *people)
    for place in (0, 5):
        with refused("queue-place"):
            waiting.move(training=small, member=people[2], place=place, reason="调整", by=None)
    with refused("not-waiting"):
        waiting.move(training=small, member=people[0], place=1, reason="调整", by=None)
    Member.objects.filter(pk=people[3].pk).update(user=personas.users["county"])
    people[3].refresh_from_db()
    with refused("own-nomination"):
        waiting.move(training=small, member=people[3], place=1, reason="调整", by=personas.users["county"])


def test_somebody_is_taken_off_the_list_and_told_why(small: Training, people: list[Member]) -> None:
    sign_up(small, *people[:4])
    waiting.remove(training=small, member=people[2], reason="已参加同类培训", by=None)
    assert states(small) == {"甲0": "enrolled", "甲1": "enrolled", "甲2": "cancelled", "甲3": "waiting"}
    assert "已参加同类培训" in Notice.objects.get(kind="training.withdrawn").body
    with refused("not-waiting"):
        waiting.remove(training=small, member=people[1], reason="x", by=None)


def test_the_page_of_the_list_moves_and_removes(login: Login, small: Training, people: list[Member]) -> None:
    sign_up(small, *people[:5])
    client = login("county")
    url = reverse("waiting-act", args=[small.uuid, people[4].code])
    assert url in client.get(reverse("training-filling", args=[small.uuid])).text
    assert client.post(url, {"front": "1", "reason": ""}).status_code == 422
    client.post(url, {"front": "1", "reason": "优先"})
    assert queue(small) == ["甲4", "甲2", "甲3"]
    client.post(url, {"place": "2", "reason": "更正"})
    assert queue(small) == ["甲2", "甲4", "甲3"]
    client.post(url, {"remove": "1", "reason": "不来了"})
    assert queue(small) == ["甲2", "甲3"]
    assert "已不在候补名单里" in client.get(url, follow=True).text


def test_a_full_class_offers_the_waiting_list(login: Login, small: Training, people: list[Member]) -> None:
    sign_up(small, people[0])
    client = login("county")
    url = reverse("training-enrol", args=[small.uuid])
    codes = [person.code for person in people[1:4]]
    page = client.post(url, {"member": codes}).text
    assert "放进候补" in page and "甲3" in page
    assert states(small) == {"甲0": "enrolled"}
    client.post(url, {"member": codes, "wait": "1"})
    assert states(small) == {"甲0": "enrolled", "甲1": "enrolled", "甲2": "waiting", "甲3": "waiting"}


def test_nobody_waits_for_whom_he_proposed_nor_off_the_roster(
    small: Training, people: list[Member], personas: County
) -> None:
    propose(small, personas, people[:1])
    with refused("own-nomination"):
        waiting.enlist(training=small, members=people[:1], by=personas.users["secretary"])
    roster.set_state(member=people[1], state="transferred", on=clock.today(), by=None)
    with refused("not-active"):
        waiting.enlist(training=small, members=people[1:2], by=None)
    assert waiting.enlist(training=small, members=people[:1], by=personas.users["county"]) == (1, 0)
    assert waiting.enlist(training=small, members=people[:1], by=personas.users["county"]) == (0, 0)


def test_a_secretary_takes_her_own_nomination_back(
    login: Login, small: Training, people: list[Member], personas: County
) -> None:
    propose(small, personas, people[:2])
    stranger = make_member(personas.other_branch, "乙")
    services.nominate(training=small, members=[stranger], unit=personas.other_branch, by=None)
    client = login("secretary")
    url = reverse("nomination-withdraw", args=[small.uuid, people[0].code])
    assert url in client.get(reverse("nominate", args=[small.uuid])).text
    client.post(url)
    assert states(small) == {"甲0": "cancelled", "甲1": "nominated", "乙": "nominated"}
    assert client.post(reverse("nomination-withdraw", args=[small.uuid, stranger.code])).status_code == 404
    services.approve(training=small, members=people[1:2], by=personas.users["county"])
    with refused("not-nominated"):
        waiting.take_back(training=small, member=people[1], by=personas.users["secretary"])


# -- seats of those who are gone -----------------------------------------------------------------


def test_who_leaves_the_roster_leaves_his_seat_to_who_waits(
    small: Training, people: list[Member], week_before: time_machine.Coordinates
) -> None:
    sign_up(small, *people[:3])
    roster.set_state(member=people[0], state="transferred", on=clock.today(), by=None)
    tasks.release_seats()
    assert states(small) == {"甲0": "cancelled", "甲1": "enrolled", "甲2": "enrolled"}
    assert waiting.release_gone() == 0
    roster.set_state(member=people[1], state="transferred", on=clock.today(), by=None)
    week_before.move_to(on(FIRST_DAY, 9))
    tasks.release_seats()
    assert states(small)["甲1"] == "enrolled"


def test_what_is_offered_to_a_member_is_what_his_unit_has_left(
    small: Training, people: list[Member], personas: County
) -> None:
    services.set_quotas(training=small, quotas={personas.town: 1, personas.other_town: 1}, by=None)
    assert [offer.seats for offer in trainings.offers_for(people[0])] == [1]
    sign_up(small, people[1])
    assert trainings.offers_for(people[0]) == []
    assert [offer.seats for offer in trainings.offers_for(make_member(personas.other_branch, "乙"))] == [1]


# -- towns and their seats -----------------------------------------------------------------------


def told(kind: str = "training.quota") -> list[tuple[str, str]]:
    return [(notice.user.username, notice.body) for notice in Notice.objects.filter(kind=kind).order_by("pk")]


def test_a_town_is_told_of_the_seats_it_fills_and_of_another_number_only(
    small: Training, people: list[Member], personas: County, week_before: time_machine.Coordinates
) -> None:
    until = clock.now() + dt.timedelta(days=2)
    services.set_terms(training=small, is_open=True, until=None, nominate_until=until, by=None)
    services.set_quotas(training=small, quotas={personas.town: 1, personas.other_town: 1}, by=personas.users["county"])
    assert [name for name, _body in told()] == ["town"]
    assert "名额：1" in told()[0][1] and "2月28日（周六）09:00" in told()[0][1]
    services.set_quotas(training=small, quotas={personas.town: 1}, by=personas.users["county"])
    assert len(told()) == 1
    week_before.shift(60)
    services.set_quotas(training=small, quotas={personas.town: 2}, by=personas.users["county"])
    assert "名额：2" in told()[1][1]


def test_after_the_deadline_nobody_is_proposed_any_more(
    login: Login, small: Training, people: list[Member], personas: County, week_before: time_machine.Coordinates
) -> None:
    client = login("county")
    posted = {"is_open": "on", "until": "", "nominate_until": "2026-02-27T12:00"}
    client.post(reverse("sign-up-terms", args=[small.uuid]), posted)
    assert "2026-02-27T12:00" in client.get(reverse("training-filling", args=[small.uuid])).text
    services.set_quotas(training=small, quotas={personas.town: 1}, by=None)
    page = reverse("nominate", args=[small.uuid])
    secretary = login("secretary")
    text = secretary.get(page).text
    assert "前推荐" in text and "1 个名额" in text and "推荐选中的人" in text
    assert propose(small, personas, people[:1]) == 1
    week_before.move_to(on(dt.date(2026, 2, 27), 12))
    with refused("nominations-over"):
        propose(small, personas, people[1:2])
    text = login("secretary").get(page).text
    assert "截止" in text and "推荐选中的人" not in text
