"""Signing in at a television: the room's digits by the remote, a name, four digits; without an account."""

from __future__ import annotations

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from lms.training import tokens
from lms.training.checkin import selectors
from lms.training.models import Attendance, Scan
from tests.training.conftest import FIRST_DAY, ClassRoom, on

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def before_class(after_class: time_machine.Coordinates) -> time_machine.Coordinates:
    """It is ten past eight; the class begins at half past."""
    after_class.move_to(on(FIRST_DAY, 8, 10))
    return after_class


def entered(client: Client, classroom: ClassRoom) -> str:
    """Type what the room's screen shows; returns where that leads."""
    digits = tokens.room_digits(selectors.room_key(), classroom.first.pk, "in", selectors.now())
    answer = client.post(reverse("tv-digits"), {"digits": digits})
    assert answer.status_code == 302
    return str(answer["Location"])


def test_digits_a_name_and_four_digits_wait_for_the_trainer(client: Client, classroom: ClassRoom) -> None:
    person = classroom.people[0]
    names = entered(client, classroom)
    page = client.get(names).content.decode()
    assert "?letter=L" in page and person.name not in page  # nobody is shown before a letter is chosen
    assert person.name in client.get(names, {"letter": "L"}).content.decode()
    address = f"{names}{person.code}/"
    assert person.mobile not in client.get(address).content.decode()
    answer = client.post(address, {"four": "6726"})
    assert "等现场教师确认" in answer.content.decode()
    scan = Scan.objects.get()
    assert (scan.member, scan.means, scan.result, scan.by) == (person, "digits", "provisional", None)
    client.post(address, {"four": "6726"})
    assert Scan.objects.count() == 1
    assert not Attendance.objects.exists()


def test_wrong_digits_are_kept_and_lock_the_name(client: Client, classroom: ClassRoom) -> None:
    address = f"{entered(client, classroom)}{classroom.people[0].code}/"
    for _try in range(5):
        assert client.post(address, {"four": "0000"}).status_code == 422
    assert "试了太多次" in client.post(address, {"four": "6726"}).content.decode()
    assert set(Scan.objects.values_list("result", flat=True)) == {"wrong-digits"}


def test_what_was_typed_is_good_for_five_minutes(
    client: Client, classroom: ClassRoom, before_class: time_machine.Coordinates
) -> None:
    names = entered(client, classroom)
    before_class.shift(tokens.CLAIM_LIFE + 1)
    for address in (names, f"{names}{classroom.people[0].code}/"):
        assert client.get(address).status_code == 410
    assert client.post(f"{names}{classroom.people[0].code}/", {"four": "6726"}).status_code == 410
    assert not Scan.objects.exists()


def test_digits_of_no_room_lead_nowhere(client: Client, classroom: ClassRoom) -> None:
    answer = client.post(reverse("tv-digits"), {"digits": "000000"})
    assert (answer.status_code, "数字不对" in answer.content.decode()) == (422, True)
    assert client.get(reverse("tv-names", args=["C.1.IN.DIGITS.5.00.AAAAAAAAAAAAAAAA"])).status_code == 410


def test_nobody_of_another_class_can_be_named(client: Client, classroom: ClassRoom) -> None:
    other = classroom.people[2]
    classroom.training.enrolments.filter(member=other).update(state="cancelled")
    names = entered(client, classroom)
    assert client.get(f"{names}{other.code}/").status_code == 404
