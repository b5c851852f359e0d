"""Two workers at the same notices on PostgreSQL, in live connections; with the fence off the control sends twice."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from lms.members.models import Member
from lms.notices import sending
from lms.notices.models import Delivery, Message, Notice
from lms.notices.services import notify
from tests.conftest import build_tree
from tests.notices.conftest import open_channel, with_phone
from tests.notices.gateway import Gateway

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
ROUNDS = 10
WORKERS = 2


@pytest.fixture
def people(gateway: Gateway, settings: Any) -> list[Member]:
    """Members with telephones, in a county without quiet hours where nothing waits to be gathered."""
    settings.NOTICES = {**settings.NOTICES, "quiet": (0, 0, 0), "gather": dt.timedelta(0)}
    open_channel("sms", gateway)
    branch = build_tree().branch
    return [with_phone(branch, f"党员{n}", f"1380000000{n}") for n in range(5)]


def at_once(act: Callable[[], object], workers: int = WORKERS) -> list[Exception]:
    """Run an act in several threads with connections of their own, started together; returns the errors."""
    gate = threading.Barrier(workers)
    errors: list[Exception] = []

    def run() -> None:
        try:
            connection.ensure_connection()
            gate.wait()
            act()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _n in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def tell(people: list[Member], about: str) -> int:
    return notify("training.enrolled", members=people, about=about, context={"title": about}, by=None)


def test_two_workers_send_each_message_once(people: list[Member], gateway: Gateway) -> None:
    for number in range(ROUNDS):
        tell(people, f"event:{number}")
        assert at_once(sending.drain) == []
    keys = [taken["body"]["key"] for taken in gateway.taken]
    assert len(keys) == len(set(keys)) == ROUNDS * len(people)
    assert set(Message.objects.values_list("state", "attempts", "uncertain")) == {("sent", 1, False)}
    assert Delivery.objects.filter(message__isnull=True).count() == 0


def check_then_act(pk: int) -> Message | None:
    """``sending.claim`` as it would be without the one conditional update."""
    message = Message.objects.select_related("channel").get(pk=pk)
    if message.state != Message.State.WAITING:
        return None
    message.state, message.attempts, message.token = Message.State.SENDING, message.attempts + 1, uuid.uuid4()
    message.lease_until = timezone.now() + sending.LEASE
    message.save()
    return message


def test_control_without_the_fence_two_workers_send_twice(
    people: list[Member], gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Barrier(WORKERS)

    def slow_claim(pk: int) -> Message | None:
        gate.wait(timeout=10)
        return check_then_act(pk)

    monkeypatch.setattr(sending, "claim", slow_claim)
    doubled = 0
    for number in range(ROUNDS):
        tell(people[:1], f"event:{number}")
        sending.compose()
        (pk,) = Message.objects.filter(state=Message.State.WAITING).values_list("pk", flat=True)
        before = len(gateway.taken)
        assert at_once(lambda pk=pk: sending.attempt(pk)) == []
        doubled += len(gateway.taken) - before - 1
    assert doubled > 0


def test_with_the_fence_the_same_two_workers_send_once(people: list[Member], gateway: Gateway) -> None:
    for number in range(ROUNDS):
        tell(people[:1], f"event:{number}")
        sending.compose()
        (pk,) = Message.objects.filter(state=Message.State.WAITING).values_list("pk", flat=True)
        assert at_once(lambda pk=pk: sending.attempt(pk)) == []
    assert len(gateway.taken) == ROUNDS


def test_the_same_event_told_by_two_at_once_is_one_notice_a_person(people: list[Member]) -> None:
    for number in range(ROUNDS):
        assert at_once(lambda number=number: tell(people, f"event:{number}")) == []
    assert Notice.objects.count() == Delivery.objects.count() == ROUNDS * len(people)
