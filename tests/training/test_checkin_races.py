"""The same scan and the same person from many lines at once, on PostgreSQL in live connections."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import time_machine
from django.db import connection

from lms.training import services as trainings
from lms.training.checkin import offline, services
from lms.training.models import Attendance, OfflineDevice, Scan, TrainingSession
from tests.conftest import build_tree
from tests.factories import make_member
from tests.training.conftest import FIRST_DAY, half_day, on
from tests.training.phones import Phone

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.usefixtures("at_the_door"),
]
RIVALS = 6


def at_once(act: Callable[[int], object]) -> None:
    """Run an act from ``RIVALS`` connections that start together."""
    gate, failed = threading.Barrier(RIVALS), []

    def run(number: int) -> None:
        gate.wait()
        try:
            act(number)
        except Exception as error:  # shown below
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(RIVALS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


@pytest.fixture
def session() -> TrainingSession:
    branch = build_tree().branch
    made = trainings.plan_training(
        kind="class", unit=branch, title="剪枝", category="skills", sessions=[half_day(FIRST_DAY)], by=None
    )
    trainings.enrol(training=made, member=make_member(branch, "争"), by=None)
    return made.sessions.get()


@pytest.mark.parametrize("same", [True, False])
def test_case_6_many_lines_at_once_make_one_mark(session: TrainingSession, same: bool) -> None:
    member = session.training.enrolments.get().member

    def scan(number: int) -> None:
        key = "same" if same else f"other:{number}"
        reading = services.Reading(key, member, Attendance.Means.MEMBER_CODE, "in", on(FIRST_DAY, 8, 15 + number))
        services.record(session=TrainingSession.objects.get(pk=session.pk), reading=reading, by=None)

    at_once(scan)
    assert Scan.objects.count() == (1 if same else RIVALS)
    assert Attendance.objects.get().arrived_at is None


def test_case_6_the_same_batch_over_many_lines_is_taken_once(
    session: TrainingSession, after_class: time_machine.Coordinates
) -> None:
    member = session.training.enrolments.get().member
    after_class.move_to(on(FIRST_DAY, 7, 30))
    phone = Phone(booted=on(FIRST_DAY, 7, 25))
    device = phone.prepare(session.training, FIRST_DAY, None)
    for minute in range(5):
        phone.scan(session.pk, member.code, on(FIRST_DAY, 8, 15 + minute), kind="code")
    after_class.move_to(on(FIRST_DAY, 12))
    sent = phone.tick

    def send(number: int) -> None:
        events = [offline.queued(event) for event in phone.queue[number % 3 :]]
        offline.take(device=OfflineDevice.objects.get(), events=events, sent=sent)

    at_once(send)
    assert Scan.objects.count() == 5
    device.refresh_from_db()
    assert device.reach == 5
    assert Attendance.objects.get().arrived_at is None
