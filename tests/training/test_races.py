"""Two people for the last seat at the same moment, on PostgreSQL in live connections; with the lock off the control oversells."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection

from lms.hours import totals
from lms.hours.models import HourEntry
from lms.members.models import Member, Unit
from lms.training import selectors, services
from lms.training.errors import TrainingError
from lms.training.models import Enrolment, Training
from lms.training.services import Reconciliation
from tests.conftest import build_tree
from tests.factories import make_member
from tests.training.conftest import FIRST_DAY, half_day

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
ROUNDS = 10
RIVALS = 4


@pytest.fixture
def branch() -> Unit:
    return build_tree().branch


@pytest.fixture
def rivals(branch: Unit) -> list[Member]:
    return [make_member(branch, f"争{n}") for n in range(RIVALS)]


def plan(branch: Unit, capacity: int, day: dt.date = FIRST_DAY) -> Training:
    return services.plan_training(
        kind="class",
        unit=branch,
        title="葡萄栽培培训班",
        category="skills",
        capacity=capacity,
        sessions=[half_day(day)],
        by=None,
    )


def at_once(*acts: Callable[[], object]) -> list[Exception]:
    """Run each act in a thread with a connection of its own, started together; returns the errors."""
    gate = threading.Barrier(len(acts))
    errors: list[Exception] = []

    def run(act: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            gate.wait()
            act()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def oversold(branch: Unit, rivals: list[Member]) -> int:
    """How many seats too many were sold over all rounds when everybody asks for the one that is left."""
    too_many = 0
    for _round in range(ROUNDS):
        training = plan(branch, capacity=1)
        errors = at_once(*(partial(services.enrol, training=training, member=who, by=None) for who in rivals))
        assert all(isinstance(error, TrainingError) and error.code == "full" for error in errors)
        seats = Enrolment.objects.filter(training=training, state="enrolled").count()
        assert seats + len(errors) == RIVALS
        too_many += seats - 1
    return too_many


def test_the_last_seat_is_sold_once(branch: Unit, rivals: list[Member]) -> None:
    assert oversold(branch, rivals) == 0


def test_control_without_the_lock_the_last_seat_is_oversold(
    branch: Unit, rivals: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "_lock", lambda training: Training.objects.select_related("unit").get(pk=training.pk))
    assert oversold(branch, rivals) > 0


def test_a_tap_at_the_moment_of_closing_is_credited_or_corrected(branch: Unit, rivals: list[Member]) -> None:
    for day in range(ROUNDS):
        training = plan(branch, capacity=RIVALS, day=FIRST_DAY - dt.timedelta(days=day))
        services.enrol_many(training=training, members=rivals, by=None)
        session = training.sessions.get()
        services.mark_rest(session=session, by=None, status="leave")
        marks = {person.pk: "present" for person in rivals}
        errors = at_once(
            partial(services.mark, session=session, marks=marks, by=None),
            partial(services.close_training, training=training, said=Reconciliation(), by=None),
        )
        assert not errors
        credits = selectors.credits_of(Training.objects.get(pk=training.pk))
        worth = {credit.source: credit.hours for credit in credits}
        lines = HourEntry.objects.filter(source__in=worth).order_by("sequence")
        assert len(worth) == RIVALS
        assert {line.source: line.hours for line in totals.standing(lines)} == worth
