"""Who gets a seat: by oneself or proposed, within quotas, the waiting list in order of arrival, nobody decides his own."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import IntegrityError, transaction

from lms.core import clock
from lms.members.models import AuditEntry, Member
from lms.notices.models import Notice
from lms.training import selectors as trainings
from lms.training import services as core
from lms.training.errors import TrainingError
from lms.training.filling import services
from lms.training.models import Enrolment, Quota, Training
from tests.conftest import County
from tests.factories import make_member
from tests.training.conftest import FIRST_DAY, half_day, on
from tests.training.filling.conftest import states


@pytest.fixture
def people(personas: County, week_before: time_machine.Coordinates) -> list[Member]:
    return [make_member(personas.branch, f"甲{n}") for n in range(4)]


@pytest.fixture
def neighbours(personas: County) -> list[Member]:
    return [make_member(personas.other_branch, f"乙{n}") for n in range(3)]


def sign_up(training: Training, *members: Member) -> None:
    for member in members:
        services.sign_up(training=training, member=member, by=None)


def refused(code: str) -> pytest.RaisesExc[TrainingError]:
    return pytest.raises(TrainingError, check=lambda error: error.code == code)


# -- by oneself, and waiting ---------------------------------------------------------------


def test_who_comes_after_the_last_seat_waits_and_is_told_his_place(small: Training, people: list[Member]) -> None:
    sign_up(small, *people)
    assert states(small) == {"甲0": "enrolled", "甲1": "enrolled", "甲2": "waiting", "甲3": "waiting"}
    told = Notice.objects.filter(kind="training.waiting").order_by("pk")
    assert ["候补序号：1" in told[0].body, "候补序号：2" in told[1].body] == [True, True]


def test_signing_up_twice_keeps_the_place(small: Training, people: list[Member]) -> None:
    sign_up(small, *people, people[2])
    core.cancel_enrolment(training=small, member=people[0], by=None)
    assert states(small)["甲2"] == "enrolled"


def test_a_freed_seat_goes_to_the_first_who_waits_and_tells_him(small: Training, people: list[Member]) -> None:
    sign_up(small, *people)
    services.withdraw(training=small, member=people[1], by=None)
    assert states(small) == {"甲0": "enrolled", "甲1": "cancelled", "甲2": "enrolled", "甲3": "waiting"}
    assert Notice.objects.filter(kind="training.seat").count() == 1


def test_who_gave_up_and_comes_again_is_the_last(
    small: Training, people: list[Member], week_before: time_machine.Coordinates
) -> None:
    for member in people:
        week_before.shift(60)
        sign_up(small, member)
    services.withdraw(training=small, member=people[2], by=None)
    week_before.shift(60)
    sign_up(small, people[2])
    core.cancel_enrolment(training=small, member=people[0], by=None)
    assert (states(small)["甲3"], states(small)["甲2"]) == ("enrolled", "waiting")


def test_more_seats_call_in_who_waits(small: Training, people: list[Member]) -> None:
    sign_up(small, *people)
    core.update_training(training=small, capacity=3, by=None)
    assert list(states(small).values()).count("enrolled") == 3
    assert states(small)["甲3"] == "waiting"


def test_who_sits_elsewhere_at_that_time_is_passed_over_and_keeps_his_place(
    small: Training, people: list[Member], personas: County
) -> None:
    sign_up(small, *people)
    rival = core.plan_training(
        kind="lecture",
        unit=personas.town,
        title="形势报告会",
        category="theory",
        sessions=[half_day(FIRST_DAY)],
        by=None,
    )
    core.enrol(training=rival, member=people[2], by=None)
    core.cancel_enrolment(training=small, member=people[0], by=None)
    assert (states(small)["甲2"], states(small)["甲3"]) == ("waiting", "enrolled")
    with refused("elsewhere"):
        sign_up(rival, people[3])


def test_nobody_is_called_in_once_it_has_begun(
    small: Training, people: list[Member], week_before: time_machine.Coordinates
) -> None:
    sign_up(small, *people)
    week_before.move_to(on(FIRST_DAY, 9))
    core.cancel_enrolment(training=small, member=people[0], by=None)
    assert states(small)["甲2"] == "waiting"
    with refused("sign-up-over"):
        sign_up(small, people[0])
    with refused("sign-up-over"):
        services.withdraw(training=small, member=people[1], by=None)


def test_terms_close_signing_up_and_the_deadline_closes_leaving_too(
    small: Training, people: list[Member], week_before: time_machine.Coordinates
) -> None:
    sign_up(small, people[0], people[1])
    services.set_terms(training=small, is_open=False, until=clock.now() + dt.timedelta(hours=1), by=None)
    with refused("sign-up-over"):
        sign_up(small, people[2])
    assert trainings.offers_for(people[2]) == []
    services.withdraw(training=small, member=people[1], by=None)
    week_before.shift(3601)
    with refused("sign-up-over"):
        services.withdraw(training=small, member=people[0], by=None)


def test_terms_without_a_row_leave_the_training_on_offer(small: Training, people: list[Member]) -> None:
    assert [offer.training for offer in trainings.offers_for(people[0])] == [small]
    services.set_terms(training=small, is_open=True, until=None, by=None)
    assert [offer.training for offer in trainings.offers_for(people[0])] == [small]


def test_a_training_of_another_town_takes_no_sign_up(people: list[Member], personas: County) -> None:
    there = core.plan_training(
        kind="class", unit=personas.other_town, title="水稻", category="skills", sessions=[half_day(FIRST_DAY)], by=None
    )
    with refused("not-for-you"):
        sign_up(there, people[0])


def test_the_database_knows_that_waiting_has_a_beginning(small: Training, people: list[Member]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Enrolment.objects.create(training=small, member=people[0], unit=people[0].unit, state="waiting")


def test_who_waits_is_on_no_roster(small: Training, people: list[Member]) -> None:
    sign_up(small, *people)
    assert len(trainings.roster(small.sessions.get())) == 2
    assert trainings.upcoming_for(people[2]) == []


# -- quotas --------------------------------------------------------------------------------


def test_a_quota_keeps_seats_and_limits_its_own(
    small: Training, people: list[Member], neighbours: list[Member], personas: County
) -> None:
    services.set_quotas(training=small, quotas={personas.town: 1, personas.other_town: 1}, by=None)
    sign_up(small, people[0], people[1], neighbours[0])
    assert states(small) == {"甲0": "enrolled", "甲1": "waiting", "乙0": "enrolled"}
    with refused("full"):
        core.enrol(training=small, member=people[2], by=None)
    core.cancel_enrolment(training=small, member=neighbours[0], by=None)
    assert states(small)["甲1"] == "waiting"
    with refused("quota"):
        core.enrol(training=small, member=people[2], by=None)
    services.set_quotas(training=small, quotas={}, by=None)
    assert states(small)["甲1"] == "enrolled"


def test_quotas_are_no_more_than_the_seats_and_no_fewer_than_who_sits(
    small: Training, people: list[Member], personas: County
) -> None:
    with refused("quota-over"):
        services.set_quotas(training=small, quotas={personas.town: 2, personas.other_town: 1}, by=None)
    sign_up(small, people[0], people[1])
    with refused("quota-over"):
        services.set_quotas(training=small, quotas={personas.town: 1}, by=None)
    with refused("quota-unit"):
        services.set_quotas(training=small, quotas={personas.branch: 1}, by=None)
    assert not Quota.objects.exists()
    services.set_quotas(training=small, quotas={personas.town: 2}, by=None)
    with refused("capacity"):
        core.update_training(training=small, capacity=1, by=None)


# -- nominations ---------------------------------------------------------------------------


def propose(training: Training, personas: County, members: list[Member]) -> int:
    by = personas.users["secretary"]
    return services.nominate(training=training, members=members, unit=personas.branch, by=by)


def test_a_nomination_takes_no_seat_and_rings_who_plans_for_the_unit(
    small: Training, people: list[Member], personas: County
) -> None:
    assert propose(small, personas, people[:3]) == 3
    assert set(states(small).values()) == {"nominated"}
    assert {notice.user for notice in Notice.objects.filter(kind="training.nominated")} == {personas.users["county"]}
    assert propose(small, personas, people[:3]) == 0


def test_approval_seats_as_far_as_seats_go_and_the_others_wait(
    small: Training, people: list[Member], personas: County
) -> None:
    propose(small, personas, people[:3])
    assert services.approve(training=small, members=people[:3], by=personas.users["county"]) == (2, 1)
    assert states(small) == {"甲0": "enrolled", "甲1": "enrolled", "甲2": "waiting"}


def test_nobody_decides_what_he_proposed_or_about_himself(
    small: Training, people: list[Member], personas: County
) -> None:
    propose(small, personas, people[:1])
    secretary = personas.users["secretary"]
    with refused("own-nomination"):
        services.approve(training=small, members=people[:1], by=secretary)
    with refused("own-nomination"):
        services.refuse(training=small, members=people[:1], reason="人数已够", by=secretary)
    with refused("own-nomination"):
        core.enrol(training=small, member=people[0], by=secretary)
    Member.objects.filter(pk=people[0].pk).update(user=personas.users["county"])
    with refused("own-nomination"):
        services.approve(training=small, members=people[:1], by=personas.users["county"])
    assert states(small) == {"甲0": "nominated"}


def test_a_refusal_has_a_reason_tells_it_and_is_not_evaded(
    small: Training, people: list[Member], personas: County
) -> None:
    propose(small, personas, people[:1])
    county = personas.users["county"]
    with refused("reason"):
        services.refuse(training=small, members=people[:1], reason=" ", by=county)
    services.refuse(training=small, members=people[:1], reason="上一期已经参加", by=county)
    assert "上一期已经参加" in Notice.objects.get(kind="training.refused").body
    with refused("sign-up-refused"):
        sign_up(small, people[0])
    with refused("not-nominated"):
        services.approve(training=small, members=people[:1], by=county)
    assert AuditEntry.objects.filter(action="enrolment.refuse").count() == 1
