"""Issue 5: a trainer plans. Of his own unit and in his own charge, from the first session to calling it off; no more than that."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from lms.members.models import RoleGrant
from lms.training import services
from lms.training.filling import services as filling
from lms.training.models import Enrolment, Quota, Training
from tests.conftest import County
from tests.factories import make_grant, make_member, make_user
from tests.training.conftest import FIRST_DAY, ClassRoom, half_day
from tests.training.test_views import Login, plan_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(login: Login, personas: County) -> Client:
    return login("trainer")


def typed(**more: object) -> dict[str, object]:
    return plan_form(kind="class", title="葡萄栽培培训班", **more)


def test_a_trainer_plans_edits_fills_copies_and_calls_off(
    desk: Client, personas: County, time_of_planning: Any
) -> None:
    trainer = personas.users["trainer"]
    page = desk.get(reverse("training-new"))
    assert list(page.context["form"].fields["trainer"].queryset) == [trainer]
    answer = desk.post(reverse("training-new"), typed(trainer=trainer.pk))
    held = Training.objects.get()
    assert answer["Location"] == reverse("training-detail", args=[held.uuid])
    assert held.trainer == trainer and held.unit == personas.town
    edit = reverse("training-edit", args=[held.uuid])
    row = {"s-INITIAL_FORMS": 1, "s-0-pk": held.sessions.get().pk, "s-0-starts": "09:00"}
    assert desk.post(edit, typed(trainer=trainer.pk, capacity=20, **row)).status_code == 302
    assert held.sessions.get().starts_at.hour == 1  # nine o'clock in the county
    quota = {f"q-{personas.branch.pk}": 5}
    assert desk.post(reverse("training-quotas", args=[held.uuid]), quota).status_code == 302
    assert Quota.objects.get().seats == 5
    assert desk.get(reverse("training-new") + f"?copy={held.uuid}").status_code == 200
    assert (
        "没有冲突"
        in desk.post(
            reverse("training-clashes"), typed(trainer=trainer.pk), query_params={"training": str(held.uuid)}
        ).content.decode()
    )
    assert desk.post(reverse("training-cancel", args=[held.uuid]), {"reason": "下雨"}).status_code == 302
    held.refresh_from_db()
    assert held.state == "cancelled"


def test_a_trainer_is_in_charge_of_what_he_plans(desk: Client, personas: County) -> None:
    colleague = make_user("colleague")
    make_grant(colleague, RoleGrant.Role.TRAINER, personas.town)
    for trainer in ("", colleague.pk):
        assert desk.post(reverse("training-new"), typed(trainer=trainer)).status_code == 422
    own = personas.users["trainer"].pk
    assert desk.post(reverse("training-new"), typed(trainer=own, unit="C-T02")).status_code == 422
    assert not Training.objects.exists()


def test_the_training_of_a_colleague_of_another_town_or_closed_stays_as_it_is(
    desk: Client, classroom: ClassRoom, personas: County
) -> None:
    trainer = personas.users["trainer"]
    pages = ("training-edit", "training-cancel", "training-filling")

    def answers(training: Training) -> set[int]:
        return {desk.get(reverse(name, args=[training.uuid])).status_code for name in pages}

    assert answers(classroom.training) == {200}
    assert desk.get(reverse("training-budget", args=[classroom.training.uuid])).status_code == 404
    assert desk.get(reverse("register-list", args=["rooms"])).status_code == 404
    values = {"kind": "class", "title": "柳河", "category": "skills", "capacity": 9, "by": None}
    lent = services.plan_training(unit=personas.other_town, trainer=trainer, **values)
    assert answers(lent) == {404}
    services.update_training(training=classroom.training, trainer=None, by=None)
    assert answers(classroom.training) == {404}
    services.update_training(training=classroom.training, trainer=trainer, by=None)
    classroom.close()
    assert answers(classroom.training) == {404}


def test_whoever_proposed_does_not_approve_in_charge_or_not(
    desk: Client, personas: County, time_of_planning: Any
) -> None:
    trainer = personas.users["trainer"]
    held = services.plan_training(
        kind="class",
        title="嫁接",
        category="skills",
        unit=personas.town,
        trainer=trainer,
        sessions=[half_day(FIRST_DAY)],
        by=trainer,
    )
    own, other = make_member(personas.branch, "李大山"), make_member(personas.branch, "单春花")
    filling.nominate(training=held, members=[own], unit=personas.town, by=trainer)
    filling.nominate(training=held, members=[other], unit=personas.branch, by=personas.users["secretary"])
    decide = reverse("nominations-decide", args=[held.uuid])
    assert desk.post(decide, {"member": [own.code]}).status_code == 422
    assert desk.post(decide, {"member": [other.code]}).status_code == 302
    states = dict(Enrolment.objects.values_list("member__name", "state"))
    assert states == {"李大山": "nominated", "单春花": "enrolled"}
