"""The pages around check-in without a line: the shell and its preparation, all scans of a session, what the database holds to."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from lms.core.append_only import AppendOnlyError
from lms.members.models import User
from lms.training import services as trainings
from lms.training.checkin import offline, services
from lms.training.errors import TrainingError
from lms.training.models import Attendance, OfflineDevice, OfflineEvent, Scan
from tests.training.conftest import FIRST_DAY, NEXT_DAY, ClassRoom, on
from tests.training.phones import Phone, a_morning, card

Result, Means = Scan.Result, Attendance.Means
MINUTE = dt.timedelta(minutes=1)
EVENING = on(FIRST_DAY, 18)


@pytest.fixture(autouse=True)
def in_the_morning(after_class: time_machine.Coordinates) -> time_machine.Coordinates:
    """It is half past seven on the first day, where there still is a line."""
    after_class.move_to(on(FIRST_DAY, 7, 30))
    return after_class


@pytest.fixture
def phone(classroom: ClassRoom, trainer: User) -> Phone:
    """The trainer's phone, prepared."""
    made = Phone(booted=on(FIRST_DAY, 7, 25))
    made.prepare(classroom.training, FIRST_DAY, trainer)
    return made


# -- the page ---------------------------------------------------------------------------------


@pytest.fixture
def address(classroom: ClassRoom) -> str:
    return reverse("offline-checkin", args=[classroom.training.uuid, "2026-03-05"])


def test_the_shell_names_nobody_and_the_preparation_everybody(
    client: Client, classroom: ClassRoom, trainer: User, address: str
) -> None:
    client.force_login(trainer)
    page = client.get(address)
    assert "no-cache" in page["Cache-Control"]
    assert "李大山" not in page.content.decode()
    assert 'data-zone="Asia/Shanghai"' in page.content.decode()
    clocks = Phone(booted=on(FIRST_DAY, 7, 25)).clocks(on(FIRST_DAY, 7, 30))
    found = client.post(address, json.dumps(clocks), content_type="application/json").json()
    assert {row["name"]: row["tail"] for row in found["roster"]} == {"李大山": "6726", "单春花": "", "曾小河": ""}
    device = OfflineDevice.objects.get()
    assert (device.day, device.opened_by, device.clock_at) == (FIRST_DAY, trainer, on(FIRST_DAY, 7, 30))
    phone = Phone(booted=on(FIRST_DAY, 7, 25), device=device)
    assert (found["key"], found["device"]) == (phone.key, str(device.uuid))


def test_its_pages_link_to_it(client: Client, classroom: ClassRoom, trainer: User, address: str) -> None:
    client.force_login(trainer)
    for name, args in (
        ("training-detail", [classroom.training.uuid]),
        ("session-checkin", [classroom.training.uuid, classroom.first.pk]),
    ):
        assert address in client.get(reverse(name, args=args)).content.decode()


def test_the_worker_reaches_the_page_alone(client: Client, address: str) -> None:
    answer = client.get(f"{address}worker.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert "no-cache" in answer["Cache-Control"]
    assert "Service-Worker-Allowed" not in answer
    assert b"skipWaiting" in answer.content


def test_a_day_without_a_session_has_no_page_and_a_closed_class_prepares_none(
    client: Client,
    classroom: ClassRoom,
    trainer: User,
    address: str,
    in_the_morning: time_machine.Coordinates,
) -> None:
    client.force_login(trainer)
    for day in ("2026-03-07", "today", "2026-13-01"):
        found = client.get(reverse("offline-checkin", args=[classroom.training.uuid, day]))
        assert found.status_code == 404
    assert client.post(address, "x", content_type="application/json").status_code == 400
    in_the_morning.move_to(on(NEXT_DAY, 18))
    classroom.close()
    client.force_login(trainer)
    assert "data-prepare>" not in client.get(address).content.decode()
    refused = client.post(address, "{}", content_type="application/json")
    assert (refused.status_code, OfflineDevice.objects.count()) == (409, 0)


def test_all_scans_are_listed_filtered_and_exported(
    client: Client,
    classroom: ClassRoom,
    phone: Phone,
    trainer: User,
    in_the_morning: time_machine.Coordinates,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    a_morning(classroom, phone)
    phone.queue[3]["at"] += 1
    phone.scan(classroom.first.pk, "=1+1", on(FIRST_DAY, 8, 30), kind="code")
    in_the_morning.move_to(EVENING)
    phone.send()
    client.force_login(trainer)
    address = reverse("session-scans", args=[classroom.training.uuid, classroom.first.pk])
    page = client.get(address).content.decode()
    assert all(text in page for text in ("李大山", "断网点名", "记录被改动过", "=1+1"))
    only = client.get(address, {"result": Result.QUARANTINED, "direction": "out"}).content.decode()
    assert "曾小河" in only
    assert "单春花" not in only
    assert "没有找到" in client.get(address, {"q": "没有这人"}).content.decode()
    table = b"".join(client.get(address, {"format": "csv", "q": "单"}).streaming_content).decode()
    assert "单春花" in table
    assert "2026-03-05 08:47:00" in table
    assert "李大山" not in table
    everything = b"".join(client.get(address, {"format": "csv"}).streaming_content).decode()
    assert "'=1+1" in everything
    assert b"".join(client.get(address, {"format": "xlsx"}).streaming_content).startswith(b"PK")
    assert client.get(address, {"format": "exe"}).status_code == 404
    with django_assert_max_num_queries(25):
        client.get(address)


# -- what the database holds to ---------------------------------------------------------------


def test_events_are_written_once(classroom: ClassRoom, phone: Phone, in_the_morning: time_machine.Coordinates) -> None:
    a_morning(classroom, phone)
    in_the_morning.move_to(EVENING)
    phone.send()
    row = OfflineEvent.objects.first()
    with pytest.raises(AppendOnlyError):
        row.save()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("offline_counter_once", {"counter": 1, "mac": "m"}),
        ("offline_sound_is_signed", {"counter": 9, "mac": ""}),
        ("offline_sound_is_signed", {"counter": 0, "mac": "m"}),
    ],
)
def test_a_counter_has_one_sound_event_and_that_is_signed(
    classroom: ClassRoom,
    phone: Phone,
    in_the_morning: time_machine.Coordinates,
    name: str,
    values: dict[str, object],
) -> None:
    phone.scan(classroom.first.pk, card(classroom, 0), on(FIRST_DAY, 8, 10))
    in_the_morning.move_to(EVENING)
    phone.send()
    reading = services.Reading("bare", classroom.people[1], Means.MEMBER_CODE, "in", on(FIRST_DAY, 8, 30))
    scan = services.record(session=classroom.first, reading=reading, by=None)
    with pytest.raises(IntegrityError) as broken, transaction.atomic():
        OfflineEvent.objects.create(scan=scan, device=phone.device, device_at=EVENING, mono=1, **values)
    assert name in str(broken.value) or "training_offlineevent.counter" in str(broken.value)


@pytest.mark.parametrize("values", [{"reach": 1, "head": ""}, {"reach": 0, "head": "a"}])
def test_offline_reach_has_head(phone: Phone, values: dict[str, object]) -> None:
    with pytest.raises(IntegrityError, match="offline_reach_has_head"), transaction.atomic():
        OfflineDevice.objects.filter(pk=phone.device.pk).update(**values)


def test_a_training_without_any_session_keeps_the_queue_where_it_is(
    classroom: ClassRoom, phone: Phone, in_the_morning: time_machine.Coordinates
) -> None:
    phone.scan(classroom.first.pk, card(classroom, 0), on(FIRST_DAY, 8, 10))
    for session in classroom.training.sessions.all():
        trainings.remove_session(session=session, by=None)
    in_the_morning.move_to(EVENING)
    assert phone.send().status_code == 409
    with pytest.raises(TrainingError, match="no-session"):
        offline.take(device=phone.device, events=[offline.queued(phone.queue[0])], sent=phone.tick)
