"""The trainer's page: scanning by the page's own key, what ends that key, what an answer says."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from lms.core import clock
from lms.members.models import AuditEntry, User
from lms.training import tokens
from lms.training.checkin import selectors
from lms.training.models import Attendance, Scan
from tests.training.conftest import ClassRoom

pytestmark = pytest.mark.usefixtures("at_the_door")
Means = Attendance.Means


def desk_key(client: Client, classroom: ClassRoom) -> str:
    """The key that the signed-in person's page of the first session holds."""
    page = client.get(reverse("session-checkin", args=[classroom.training.uuid, classroom.first.pk])).content.decode()
    found = re.search(r'name="desk" value="([^"]+)"', page)
    assert found
    return found[1]


def test_the_trainers_page_takes_cards_and_typed_numbers(client: Client, classroom: ClassRoom, trainer: User) -> None:
    client.force_login(trainer)
    address = reverse("session-scan", args=[classroom.training.uuid, classroom.first.pk])
    card = selectors.card_text(classroom.people[0])
    sent = {"code": card, "direction": "in", "key": "k1", "desk": desk_key(client, classroom)}
    part = client.post(reverse("scan-by-key"), sent)
    assert "李大山" in part.content.decode()
    client.post(address, {"code": classroom.people[1].code.lower(), "direction": "in"})
    client.post(address, {"code": card[:-1] + ("A" if card[-1] != "A" else "B"), "direction": "in"})
    assert Attendance.objects.count() == 2
    page = client.get(reverse("session-checkin", args=[classroom.training.uuid, classroom.first.pk])).content.decode()
    assert "不是有效的签到码" in page


def test_a_scan_by_the_pages_key_is_the_trainers_own(client: Client, classroom: ClassRoom, trainer: User) -> None:
    client.force_login(trainer)
    sent = {"code": selectors.card_text(classroom.people[0]), "direction": "in", "desk": desk_key(client, classroom)}
    with CaptureQueriesContext(connection) as queries:
        answer = Client().post(reverse("scan-by-key"), {**sent, "key": "once"})
    again = Client().post(reverse("scan-by-key"), {**sent, "key": "once"})
    assert (answer.status_code, again.status_code) == (200, 200)
    assert again.content == answer.content
    row = Attendance.objects.get()
    assert (row.marked_by, row.means) == (trainer, Means.MEMBER_CODE)
    assert Scan.objects.get().by == trainer
    trail = AuditEntry.objects.filter(action="attendance.times").get()
    assert (trail.actor, trail.unit) == (trainer, classroom.training.unit)
    assert len(queries) <= 10, [query["sql"] for query in queries]


def test_the_pages_key_ends_with_the_hour_the_role_and_the_account(
    client: Client, classroom: ClassRoom, trainer: User
) -> None:
    client.force_login(trainer)
    sent = {"code": selectors.card_text(classroom.people[0]), "direction": "in", "desk": desk_key(client, classroom)}

    def status(**more: str) -> int:
        return int(Client().post(reverse("scan-by-key"), {**sent, **more}).status_code)

    key = sent["desk"]
    assert status(desk="") == status(desk=key[:-1] + ("A" if key[-1] != "A" else "B")) == 403
    assert status(desk=tokens.device_key(selectors.room_key(), "S")) == 403
    with clock.told(clock.now() + dt.timedelta(seconds=tokens.DESK_LIFE + 60)):
        assert status() == 403
    User.objects.filter(pk=trainer.pk).update(is_active=False)
    assert status() == 403
    User.objects.filter(pk=trainer.pk).update(is_active=True, session_epoch=trainer.session_epoch + 1)
    assert status() == 403
    assert not Scan.objects.exists()


def test_the_answer_to_a_scan_is_in_the_readers_language(client: Client, classroom: ClassRoom, trainer: User) -> None:
    client.force_login(trainer)
    sent = {"code": selectors.card_text(classroom.people[0]), "direction": "in", "desk": desk_key(client, classroom)}
    client.cookies["django_language"] = "en"
    answer = client.post(reverse("scan-by-key"), sent)
    assert "Signed in" in answer.content.decode()


def test_what_stands_beside_the_scanner_costs_the_same_for_one_scan_and_for_eight(
    client: Client, classroom: ClassRoom, trainer: User
) -> None:
    client.force_login(trainer)
    at = [classroom.training.uuid, classroom.first.pk]
    desk = desk_key(client, classroom)
    cards = [selectors.card_text(person) for person in classroom.people]
    counts = []
    for scans in (cards[:1], cards * 3):
        for number, card in enumerate(scans):
            sent = {"code": card, "direction": "in", "key": f"{len(scans)}-{number}", "desk": desk}
            answer = client.post(reverse("scan-by-key"), sent)
            assert "scanned" in answer["HX-Trigger"]
        with CaptureQueriesContext(connection) as queries:
            part = client.get(reverse("session-checkin", args=at), {"part": "1"}).content.decode()
        assert part.count("已签到") == min(len(scans), 8)
        counts.append(len(queries))
    assert counts[0] == counts[1]
