"""Signing up and leaving at the same moment, on PostgreSQL in live connections: never oversold, never an idle seat."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest

from lms.core import clock
from lms.members.models import Member
from lms.training import services as core
from lms.training.filling import services, substitutes
from lms.training.models import Enrolment, Training
from lms.training.services import SessionPlan
from tests.conftest import County, build_tree
from tests.factories import make_member
from tests.training.test_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
TRIALS = 200
"""So often the last seat is fought for; the control stops at the first that is sold twice."""

ROUNDS = 20
RIVALS = 4


@pytest.fixture
def county() -> County:
    return build_tree()


def count(training: Training, state: str) -> int:
    return Enrolment.objects.filter(training=training, state=state).count()


def plan(county: County, capacity: int) -> Training:
    start = clock.now() + dt.timedelta(days=3)
    return core.plan_training(
        kind="class",
        unit=county.root,
        title="葡萄栽培培训班",
        category="skills",
        capacity=capacity,
        sessions=[SessionPlan(start, start + dt.timedelta(hours=3))],
        by=None,
    )


def rivals(county: County) -> list[Member]:
    return [make_member(county.branch, f"争{n}") for n in range(RIVALS)]


def oversold(county: County, people: list[Member], *, until: int = RIVALS * TRIALS) -> int:
    """Seats too many over all trials, or until so many, when everybody signs up for the one that is left; each training is
    called off after."""
    too_many = 0
    for _trial in range(TRIALS):
        if too_many >= until:
            break
        training = plan(county, capacity=1)
        errors = at_once(*(partial(services.sign_up, training=training, member=who, by=None) for who in people))
        assert not errors
        assert count(training, "enrolled") + count(training, "waiting") == RIVALS
        too_many += count(training, "enrolled") - 1
        core.cancel_training(training=training, reason="", by=None)
    return too_many


def test_in_200_trials_the_last_seat_goes_to_one_and_the_others_wait(county: County) -> None:
    assert oversold(county, rivals(county)) == 0


def test_control_without_the_lock_signing_up_oversells(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "_lock", lambda training: Training.objects.select_related("unit").get(pk=training.pk))
    assert oversold(county, rivals(county), until=1) > 0


def test_leaving_and_arriving_at_once_leaves_no_seat_idle_while_somebody_waits(county: County) -> None:
    people = rivals(county)
    for _round in range(ROUNDS):
        training = plan(county, capacity=2)
        for who in people[:3]:
            services.sign_up(training=training, member=who, by=None)
        errors = at_once(
            partial(services.withdraw, training=training, member=people[0], by=None),
            partial(services.withdraw, training=training, member=people[1], by=None),
            partial(services.sign_up, training=training, member=people[3], by=None),
        )
        assert not errors
        assert (count(training, "enrolled"), count(training, "waiting")) == (2, 0)
        core.cancel_training(training=training, reason="", by=None)


def test_a_quota_is_never_overfull_when_all_its_people_come_at_once(county: County) -> None:
    people = rivals(county)
    for _round in range(ROUNDS):
        training = plan(county, capacity=3)
        services.set_quotas(training=training, quotas={county.town: 1, county.other_town: 2}, by=None)
        assert not at_once(*(partial(services.sign_up, training=training, member=who, by=None) for who in people))
        assert (count(training, "enrolled"), count(training, "waiting")) == (1, RIVALS - 1)
        core.cancel_training(training=training, reason="", by=None)


def two_seats_of_one(county: County, people: list[Member]) -> int:
    """Seats too many over all rounds when two at once send another for the same person."""
    too_many = 0
    for _round in range(ROUNDS):
        training = plan(county, capacity=2)
        core.enrol(training=training, member=people[0], by=None)
        core.enrol(training=training, member=people[3], by=None)
        at_once(
            *(
                partial(
                    substitutes.substitute,
                    training=training,
                    member=people[0],
                    by_member=other,
                    reason="家中有事",
                    by=None,
                )
                for other in people[1:3]
            )
        )
        too_many += count(training, "enrolled") - 2
        core.cancel_training(training=training, reason="", by=None)
    return too_many


def test_one_seat_passes_to_one_when_two_are_sent_for_it(county: County) -> None:
    assert two_seats_of_one(county, rivals(county)) == 0


def test_control_without_the_lock_one_seat_passes_to_two(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "_lock", lambda training: Training.objects.select_related("unit").get(pk=training.pk))
    assert two_seats_of_one(county, rivals(county)) > 0


def test_a_seat_that_passes_is_never_idle_nor_taken_twice_while_others_leave_and_wait(county: County) -> None:
    people = [*rivals(county), make_member(county.branch, "替")]
    for _round in range(ROUNDS):
        training = plan(county, capacity=2)
        for who in people[:3]:
            services.sign_up(training=training, member=who, by=None)
        errors = at_once(
            partial(
                substitutes.substitute,
                training=training,
                member=people[0],
                by_member=people[4],
                reason="家中有事",
                by=None,
            ),
            partial(services.withdraw, training=training, member=people[1], by=None),
            partial(services.sign_up, training=training, member=people[3], by=None),
        )
        assert not errors
        assert (count(training, "enrolled"), count(training, "waiting")) == (2, 1)
        core.cancel_training(training=training, reason="", by=None)
