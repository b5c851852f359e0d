"""顶替: the seat passes at once, past the waiting list, within the quota; who may, who may not, who is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from lms.members.models import AuditEntry, Member
from lms.notices.models import Notice
from lms.training import services as core
from lms.training.filling import services, substitutes
from lms.training.models import Enrolment, Training
from tests.conftest import County
from tests.factories import make_member
from tests.training.conftest import FIRST_DAY, half_day, on
from tests.training.filling.conftest import states
from tests.training.filling.test_services import refused, sign_up

Login = Callable[[str], Client]


@pytest.fixture
def people(personas: County, week_before: time_machine.Coordinates) -> list[Member]:
    return [make_member(personas.branch, f"甲{n}") for n in range(5)]


def swap(training: Training, one: Member, other: Member, by: object = None, reason: str = "家中有事") -> Enrolment:
    return substitutes.substitute(training=training, member=one, by_member=other, reason=reason, by=by)


def test_the_seat_passes_while_somebody_waits_and_both_are_told(
    small: Training, people: list[Member], personas: County
) -> None:
    sign_up(small, *people[:3])
    new = swap(small, people[0], people[3], by=personas.users["county"])
    assert states(small) == {"甲0": "cancelled", "甲1": "enrolled", "甲2": "waiting", "甲3": "enrolled"}
    assert new.replaces.member == people[0]
    told = {
        (notice.kind, notice.member.name): notice.body
        for notice in Notice.objects.filter(about__contains="substituted")
    }
    assert "甲3" in told["training.withdrawn", "甲0"] and "甲0" in told["training.enrolled", "甲3"]
    assert AuditEntry.objects.get(action="enrolment.substitute").reason == "家中有事"


def test_a_quota_that_is_used_up_holds_against_another_unit_but_not_within_it(
    small: Training, people: list[Member], personas: County
) -> None:
    stranger = make_member(personas.other_branch, "乙")
    services.set_quotas(training=small, quotas={personas.town: 1, personas.other_town: 1}, by=None)
    sign_up(small, people[0], stranger)
    with refused("quota"):
        swap(small, people[0], make_member(personas.other_branch, "丙"))
    assert states(small) == {"甲0": "enrolled", "乙": "enrolled"}
    swap(small, people[0], people[1])
    assert states(small) == {"甲0": "cancelled", "甲1": "enrolled", "乙": "enrolled"}


def test_who_is_marked_keeps_his_place(
    small: Training, people: list[Member], week_before: time_machine.Coordinates
) -> None:
    sign_up(small, people[0])
    week_before.move_to(on(FIRST_DAY, 9))
    core.mark(session=small.sessions.get(), marks={people[0].pk: "present"}, by=None)
    with refused("substitute-marked"):
        swap(small, people[0], people[1])


def test_on_leave_one_may_send_another(small: Training, people: list[Member]) -> None:
    sign_up(small, people[0])
    core.mark(session=small.sessions.get(), marks={people[0].pk: "leave"}, by=None)
    swap(small, people[0], people[1])
    assert states(small)["甲1"] == "enrolled"


def test_who_may_not_come_instead(small: Training, people: list[Member], personas: County) -> None:
    sign_up(small, *people[:3])
    for other in (people[1], people[2]):
        with refused("substitute-in"):
            swap(small, people[0], other)
    rival = core.plan_training(
        kind="lecture",
        unit=personas.town,
        title="形势报告会",
        category="theory",
        sessions=[half_day(FIRST_DAY)],
        by=None,
    )
    core.enrol(training=rival, member=people[3], by=None)
    with refused("substitute-busy"):
        swap(small, people[0], people[3])
    Member.objects.filter(pk=people[4].pk).update(state="transferred", state_on=FIRST_DAY)
    people[4].refresh_from_db()
    with refused("not-active"):
        swap(small, people[0], people[4])
    with refused("not-enrolled"):
        swap(small, people[2], make_member(personas.branch, "新"))
    with refused("reason"):
        swap(small, people[0], make_member(personas.branch, "新"), reason=" ")


def test_nobody_puts_himself_in_or_out(small: Training, people: list[Member], personas: County) -> None:
    sign_up(small, people[0])
    Member.objects.filter(pk=people[1].pk).update(user=personas.users["secretary"])
    people[1].refresh_from_db()
    with refused("substitute-own"):
        swap(small, people[0], people[1], by=personas.users["secretary"])


def test_a_place_that_is_given_anew_replaces_nobody(small: Training, people: list[Member]) -> None:
    sign_up(small, people[0])
    swap(small, people[0], people[1])
    core.cancel_enrolment(training=small, member=people[1], by=None)
    core.enrol(training=small, member=people[1], by=None)
    assert Enrolment.objects.get(member=people[1]).replaces is None


def test_the_database_knows_that_nobody_replaces_himself(small: Training, people: list[Member]) -> None:
    sign_up(small, people[0])
    row = Enrolment.objects.get()
    with pytest.raises(IntegrityError, match="enrolment_replaces_another"), transaction.atomic():
        Enrolment.objects.filter(pk=row.pk).update(replaces=row)


def test_a_branch_sends_another_of_its_own_and_of_nobody_elses(
    login: Login, small: Training, people: list[Member], personas: County
) -> None:
    stranger = make_member(personas.other_branch, "乙")
    sign_up(small, people[0], stranger)
    client = login("secretary")
    url = reverse("nominee-substitute", args=[small.uuid, people[0].code])
    assert url in client.get(reverse("nominate", args=[small.uuid])).text
    assert "甲1" in client.get(url).text
    other = make_member(personas.other_branch, "丙")
    assert client.post(url, {"member": other.code, "reason": "有事"}).status_code == 404
    assert client.get(reverse("nominee-substitute", args=[small.uuid, stranger.code])).status_code == 404
    assert client.post(url, {"member": people[1].code, "reason": ""}).status_code == 422
    client.post(url, {"member": people[1].code, "reason": "有事"})
    assert states(small) == {"甲0": "cancelled", "甲1": "enrolled", "乙": "enrolled"}
    assert "顶替 甲0" in client.get(reverse("nominate", args=[small.uuid])).text


def test_who_runs_it_finds_the_key_beside_each_name(
    login: Login, small: Training, people: list[Member], personas: County
) -> None:
    sign_up(small, people[0])
    client = login("county")
    url = reverse("training-substitute", args=[small.uuid, people[0].code])
    assert url in client.get(reverse("training-detail", args=[small.uuid])).text
    client.post(url, {"member": people[1].code, "reason": "有事"})
    assert states(small) == {"甲0": "cancelled", "甲1": "enrolled"}
    assert "甲1 顶替 甲0" in client.get(reverse("training-filling", args=[small.uuid])).text
