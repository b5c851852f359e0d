"""The pages: one tap to sign up and to leave, a branch proposes, the planner decides and keeps seats."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from lms.members.models import Member
from lms.training import services as core
from lms.training.filling import services
from lms.training.models import Quota, Training
from tests.conftest import County
from tests.factories import make_member
from tests.training.conftest import FIRST_DAY, half_day
from tests.training.filling.conftest import states

Login = Callable[[str], Client]


def test_a_member_signs_up_and_leaves_with_one_tap_each(login: Login, small: Training, member: Member) -> None:
    client = login("member")
    assert small.title in client.get(reverse("training-choices")).text
    client.post(reverse("sign-up", args=[small.uuid]))
    assert states(small) == {"王秀英": "enrolled"}
    page = client.get(reverse("training-choices")).text
    assert reverse("sign-up-withdraw", args=[small.uuid]) in page
    assert reverse("sign-up", args=[small.uuid]) not in page
    client.post(reverse("sign-up-withdraw", args=[small.uuid]))
    assert states(small) == {"王秀英": "cancelled"}


def test_a_full_training_says_who_waits_before_one(
    login: Login, small: Training, member: Member, personas: County
) -> None:
    for n in range(3):
        services.sign_up(training=small, member=make_member(personas.branch2, f"先{n}"), by=None)
    client = login("member")
    assert "名额已满，有 1 人候补" in client.get(reverse("training-choices")).text
    answer = client.post(reverse("sign-up", args=[small.uuid]), follow=True)
    assert "您前面还有 1 人候补" in answer.text


def test_the_choices_ask_as_much_for_one_as_for_many(
    login: Login, small: Training, member: Member, personas: County, django_assert_max_num_queries: Callable
) -> None:
    for n in range(5):
        core.plan_training(
            kind="lecture",
            unit=personas.town,
            title=f"讲座{n}",
            category="theory",
            sessions=[half_day(FIRST_DAY)],
            by=None,
        )
    client = login("member")
    with django_assert_max_num_queries(18):
        assert "讲座4" in client.get(reverse("training-choices")).text


def test_a_secretary_proposes_and_the_county_approves(
    login: Login, small: Training, member: Member, personas: County
) -> None:
    stranger = make_member(personas.other_branch, "柳河人")
    secretary, county = login("secretary"), login("county")
    assert small.title in secretary.get(reverse("nomination-list")).text
    page = reverse("nominate", args=[small.uuid])
    assert "柳河人" not in secretary.get(page).text
    secretary.post(page, {"member": [member.code, stranger.code]})
    assert states(small) == {"王秀英": "nominated"}
    desk = reverse("training-filling", args=[small.uuid])
    assert "王秀英" in county.get(desk).text
    county.post(reverse("nominations-decide", args=[small.uuid]), {"member": [member.code]})
    assert states(small) == {"王秀英": "enrolled"}


def test_a_refusal_without_a_reason_is_sent_back(
    login: Login, small: Training, member: Member, personas: County
) -> None:
    services.nominate(training=small, members=[member], unit=personas.branch, by=personas.users["secretary"])
    url = reverse("nominations-decide", args=[small.uuid])
    answer = login("county").post(url, {"member": [member.code], "refuse": "1"})
    assert answer.status_code == 422
    assert "请写明理由" in answer.text
    login("county").post(url, {"member": [member.code], "refuse": "1", "reason": "上一期已经参加"})
    assert states(small) == {"王秀英": "refused"}


def test_the_planner_keeps_seats_for_towns_and_closes_signing_up(
    login: Login, small: Training, personas: County
) -> None:
    county, desk = login("county"), [small.uuid]
    url = reverse("training-quotas", args=desk)
    too_many = county.post(url, {f"q-{personas.town.pk}": "3"})
    assert too_many.status_code == 422
    assert not Quota.objects.exists()
    county.post(url, {f"q-{personas.town.pk}": "2", f"q-{personas.other_town.pk}": ""})
    assert Quota.objects.get().seats == 2
    county.post(reverse("sign-up-terms", args=desk), {})
    small.refresh_from_db()
    assert small.sign_up_terms.is_open is False


@pytest.mark.parametrize("name", ["sign-up", "sign-up-withdraw"])
def test_a_training_of_another_town_is_not_there(login: Login, personas: County, name: str) -> None:
    there = core.plan_training(
        kind="class", unit=personas.other_town, title="水稻", category="skills", sessions=[half_day(FIRST_DAY)], by=None
    )
    assert login("member").post(reverse(name, args=[there.uuid])).status_code == 404
