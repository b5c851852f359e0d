"""Signing in by card, room code and digits; abuse cases 1–3 and 6 of the list in docs, by their numbers."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from lms.core.append_only import AppendOnlyError
from lms.hours import totals
from lms.members.models import Member, User
from lms.training import services as trainings
from lms.training import tokens
from lms.training.checkin import selectors, services
from lms.training.errors import TrainingError
from lms.training.models import Attendance, Scan, ScanDecision
from tests.conftest import County
from tests.factories import make_member, make_user
from tests.training.conftest import FIRST_DAY, ClassRoom, on

pytestmark = pytest.mark.usefixtures("at_the_door")
Result, Means = Scan.Result, Attendance.Means
_keys = itertools.count(1)


def scan(classroom: ClassRoom, number: int = 0, means: str = Means.MEMBER_CODE, **said: object) -> Scan:
    by = said.pop("by", None)
    values = {"key": f"test:{next(_keys)}", "direction": "in", "at": on(FIRST_DAY, 8, 15), **said}
    member = values.pop("member", classroom.people[number])
    reading = services.Reading(member=member, means=means, **values)
    return services.record(session=classroom.first, reading=reading, by=by)


def attendance(classroom: ClassRoom, number: int = 0) -> Attendance | None:
    return Attendance.objects.filter(session=classroom.first, member=classroom.people[number]).first()


def hours(classroom: ClassRoom, number: int = 0) -> str:
    entries = totals.entries(classroom.people[number].pk, 2026)
    return str(sum(entry.hours for entry in entries))


# -- the trainer's camera ---------------------------------------------------------------------


def test_a_card_that_the_trainer_scans_is_a_presence(classroom: ClassRoom, trainer: User) -> None:
    assert scan(classroom, by=trainer).result == Result.TAKEN
    row = attendance(classroom)
    assert row is not None
    assert (row.status, row.means, row.arrived_at, row.marked_by) == ("present", Means.MEMBER_CODE, None, trainer)


def test_late_and_early_by_the_minute(classroom: ClassRoom) -> None:
    scan(classroom, at=on(FIRST_DAY, 8, 47) + dt.timedelta(seconds=50))
    scan(classroom, direction="out", at=on(FIRST_DAY, 11, 2) + dt.timedelta(seconds=1))
    row = attendance(classroom)
    assert row is not None
    assert (row.arrived_at, row.left_at) == (on(FIRST_DAY, 8, 47), on(FIRST_DAY, 11, 3))


def test_case_6_the_same_scan_twice_is_one(classroom: ClassRoom) -> None:
    first = scan(classroom, key="once")
    again = scan(classroom, key="once", at=on(FIRST_DAY, 9, 0))
    assert again.pk == first.pk
    assert Scan.objects.count() == Attendance.objects.count() == 1


def test_a_second_scan_of_the_same_card_changes_nothing(classroom: ClassRoom) -> None:
    scan(classroom)
    scan(classroom, at=on(FIRST_DAY, 9, 30))
    row = attendance(classroom)
    assert row is not None
    assert row.arrived_at is None


@pytest.mark.parametrize(
    ("said", "result"),
    [
        ({"at": on(FIRST_DAY, 7, 29)}, Result.TOO_EARLY),
        ({"at": on(FIRST_DAY, 11, 31)}, Result.TOO_LATE),
        ({"member": None}, Result.BAD_CODE),
        ({"fault": "expired"}, Result.EXPIRED),
    ],
)
def test_failed_scans_are_kept_and_mark_nobody(classroom: ClassRoom, said: dict[str, object], result: str) -> None:
    assert scan(classroom, **said).result == result
    assert Scan.objects.get().result == result
    assert not Attendance.objects.exists()


def test_somebody_who_is_not_on_the_list_is_not_signed_in(classroom: ClassRoom, personas: County) -> None:
    assert scan(classroom, member=make_member(personas.branch, "路过")).result == Result.NOT_ENROLLED
    assert not Attendance.objects.exists()


def test_nobody_scans_his_own_card(classroom: ClassRoom, trainer: User) -> None:
    Member.objects.filter(pk=classroom.people[0].pk).update(user=trainer)
    classroom.people[0].refresh_from_db()
    assert scan(classroom, by=trainer).result == Result.OWN_RECORD
    assert not Attendance.objects.exists()


def test_scans_are_written_once(classroom: ClassRoom) -> None:
    row = scan(classroom)
    row.result = Result.BAD_CODE
    with pytest.raises(AppendOnlyError):
        row.save()
    with pytest.raises(AppendOnlyError):
        Scan.objects.all().delete()


# -- beside marks made by hand ----------------------------------------------------------------


def test_a_tick_before_the_scan_keeps_its_beginning(classroom: ClassRoom) -> None:
    classroom.mark("present", "present", "present")
    scan(classroom, at=on(FIRST_DAY, 9, 0))
    scan(classroom, direction="out", at=on(FIRST_DAY, 10, 0))
    row = attendance(classroom)
    assert row is not None
    assert (row.means, row.arrived_at, row.left_at) == (Means.ROSTER, None, on(FIRST_DAY, 10))


def test_an_absence_gives_way_to_a_later_scan_alone(classroom: ClassRoom) -> None:
    classroom.mark("absent", "absent", "absent")
    scan(classroom, 0, at=on(FIRST_DAY, 8, 10))
    scan(classroom, 1, at=on(FIRST_DAY, 8, 40))
    found = [row.status for row in (attendance(classroom, 0), attendance(classroom, 1)) if row]
    assert found == ["absent", "present"]


def test_case_8_three_weeks_late_corrects_a_closed_class_by_reversal(
    classroom: ClassRoom, at_the_door: time_machine.Coordinates
) -> None:
    scan(classroom, 1, at=on(FIRST_DAY, 8, 20))
    at_the_door.move_to(on(FIRST_DAY, 18) + dt.timedelta(days=1))
    classroom.close()
    assert (hours(classroom, 0), hours(classroom, 1)) == ("0", "4.00")
    at_the_door.move_to(on(FIRST_DAY, 9) + dt.timedelta(days=21))
    scan(classroom, 0, at=on(FIRST_DAY, 8, 20))
    assert hours(classroom, 0) == hours(classroom, 1) == "4.00"


# -- by oneself -------------------------------------------------------------------------------


def test_case_2_ones_own_scan_alone_marks_nobody(classroom: ClassRoom) -> None:
    assert scan(classroom, means=Means.ROOM_CODE).result == Result.PROVISIONAL
    assert attendance(classroom) is None
    assert [one.scan.member for one in selectors.waiting(classroom.first)] == [classroom.people[0]]


def test_case_2_the_trainers_word_confirms_it_from_the_scans_own_minute(classroom: ClassRoom, trainer: User) -> None:
    row = scan(classroom, means=Means.DIGITS, at=on(FIRST_DAY, 8, 41))
    services.decide(scan=row, accepted=True, by=trainer)
    mark = attendance(classroom)
    assert mark is not None
    assert (mark.status, mark.means, mark.arrived_at) == ("present", Means.DIGITS, on(FIRST_DAY, 8, 41))
    assert not selectors.waiting(classroom.first)


def test_case_2_a_refusal_says_why_and_a_word_is_given_once(classroom: ClassRoom, trainer: User) -> None:
    row = scan(classroom, means=Means.ROOM_CODE)
    with pytest.raises(TrainingError, match="reason"):
        services.decide(scan=row, accepted=False, by=trainer)
    services.decide(scan=row, accepted=False, reason="人不在现场", by=trainer)
    with pytest.raises(TrainingError, match="moved-on"):
        services.decide(scan=row, accepted=True, by=trainer)
    assert attendance(classroom) is None
    assert ScanDecision.objects.get().reason == "人不在现场"


def test_case_2_the_head_count_confirms_when_it_agrees(classroom: ClassRoom, trainer: User) -> None:
    scan(classroom, 0)
    scan(classroom, 1, Means.ROOM_CODE)
    services.count_heads(session=classroom.first, heads=1, by=trainer)
    assert attendance(classroom, 1) is None
    services.count_heads(session=classroom.first, heads=2, by=trainer)
    assert attendance(classroom, 1) is not None


def test_case_3_one_phone_for_three_people_is_looked_at(classroom: ClassRoom, trainer: User) -> None:
    for number in range(3):
        scan(classroom, number, Means.ROOM_CODE, phone="a" * 32)
    assert [one.crowd for one in selectors.waiting(classroom.first)] == [3, 3, 3]
    services.count_heads(session=classroom.first, heads=3, by=trainer)
    assert not Attendance.objects.exists()


def test_case_3_a_couple_with_one_phone_is_not(classroom: ClassRoom) -> None:
    for number in range(2):
        scan(classroom, number, Means.ROOM_CODE, phone="a" * 32)
    assert [one.crowd for one in selectors.waiting(classroom.first)] == [0, 0]


def test_signing_out_by_oneself_counts_at_once(classroom: ClassRoom) -> None:
    scan(classroom, 0)
    scan(classroom, 0, Means.ROOM_CODE, direction="out", at=on(FIRST_DAY, 10, 0))
    mark = attendance(classroom)
    assert mark is not None
    assert mark.left_at == on(FIRST_DAY, 10)


# -- pages ------------------------------------------------------------------------------------


@pytest.fixture
def person(classroom: ClassRoom) -> User:
    user = make_user()
    Member.objects.filter(pk=classroom.people[0].pk).update(user=user)
    return user


def room_token(classroom: ClassRoom) -> str:
    return tokens.room_code(selectors.room_key(), classroom.first.pk, "in", selectors.now())


def test_a_scan_comes_first_and_signing_in_later(
    client: Client, classroom: ClassRoom, person: User, at_the_door: time_machine.Coordinates
) -> None:
    claim = client.get(reverse("room-code", args=[room_token(classroom)]))["Location"]
    assert client.get(claim)["Location"].startswith(reverse("login"))
    at_the_door.shift(240)
    client.force_login(person)
    page = client.post(claim).content.decode()
    assert "等现场教师确认" in page
    row = Scan.objects.get()
    assert (row.result, row.member, row.happened_at) == (Result.PROVISIONAL, classroom.people[0], on(FIRST_DAY, 8, 15))
    assert len(row.phone) == 32


def test_case_1_a_picture_of_the_code_is_expired_and_kept(
    client: Client, classroom: ClassRoom, person: User, at_the_door: time_machine.Coordinates
) -> None:
    token = room_token(classroom)
    at_the_door.shift(91 + tokens.STEP)
    client.force_login(person)
    answer = client.get(reverse("room-code", args=[token]))
    assert answer.status_code == 410
    assert "签到码已过期" in answer.content.decode()
    row = Scan.objects.get()
    assert (row.result, row.member) == (Result.EXPIRED, classroom.people[0])


def test_a_claim_is_one_persons(client: Client, classroom: ClassRoom, person: User) -> None:
    other = make_user()
    Member.objects.filter(pk=classroom.people[1].pk).update(user=other)
    claim = client.get(reverse("room-code", args=[room_token(classroom)]))["Location"]
    client.force_login(person)
    client.post(claim)
    client.post(claim)
    client.force_login(other)
    assert "已被别人使用" in client.post(claim).content.decode()
    assert sorted(Scan.objects.values_list("result", flat=True)) == [Result.PROVISIONAL, Result.USED]


def test_six_digits_do_what_the_code_does(client: Client, classroom: ClassRoom, person: User) -> None:
    digits = tokens.room_digits(selectors.room_key(), classroom.first.pk, "in", selectors.now())
    answer = client.post(reverse("room-digits"), {"digits": digits})
    client.force_login(person)
    client.post(answer["Location"])
    assert Scan.objects.get().means == Means.DIGITS


def test_case_25_digits_cannot_be_tried_without_end(client: Client, classroom: ClassRoom) -> None:
    right = tokens.room_digits(selectors.room_key(), classroom.first.pk, "in", selectors.now())
    wrong = f"{(int(right) + 1) % 10**6:06}"
    for _try in range(10):
        assert client.post(reverse("room-digits"), {"digits": wrong}).status_code == 422
    assert "试了太多次" in client.post(reverse("room-digits"), {"digits": right}).content.decode()


def test_an_invented_code_is_refused_and_leaves_no_row(client: Client, classroom: ClassRoom) -> None:
    assert client.get(reverse("room-code", args=["R.1.IN.5.AAAAAAAAAAAAAAAA"])).status_code == 410
    assert not Scan.objects.exists()


def test_confirming_and_counting_from_the_page(client: Client, classroom: ClassRoom, trainer: User) -> None:
    client.force_login(trainer)
    at = [classroom.training.uuid, classroom.first.pk]
    first, second = (scan(classroom, number, Means.ROOM_CODE) for number in range(2))
    client.post(reverse("session-decide", args=[*at, first.key]), {"accept": "1"})
    client.post(reverse("session-decide", args=[*at, second.key]), {"reason": "代签"})
    page = client.post(reverse("session-count", args=at), {"heads": "1"}, follow=True).content.decode()
    assert "与签到一致" in page
    assert attendance(classroom, 0) is not None
    assert attendance(classroom, 1) is None


def test_the_screen_shows_a_code_that_is_taken(client: Client, classroom: ClassRoom, trainer: User) -> None:
    client.force_login(trainer)
    address = reverse("session-screen", args=[classroom.training.uuid, classroom.first.pk])
    digits = tokens.room_digits(selectors.room_key(), classroom.first.pk, "in", selectors.now())
    for page in (client.get(address), client.get(address, {"part": "1"})):
        assert f"{digits[:3]} {digits[3:]}" in page.content.decode()
        assert "<svg" in page.content.decode()


def test_cards_of_a_class_and_of_a_branch(client: Client, classroom: ClassRoom, personas: County) -> None:
    client.force_login(personas.users["town"])
    for answer in (
        client.get(reverse("training-cards", args=[classroom.training.uuid])),
        client.get(reverse("branch-cards", args=[personas.branch.code])),
    ):
        assert answer.content.startswith(b"%PDF")


def test_ones_own_code_is_on_ones_own_page(client: Client, classroom: ClassRoom, person: User) -> None:
    client.force_login(person)
    page = client.get(reverse("own-code")).content.decode()
    assert classroom.people[0].code in page
    assert "<svg" in page


def test_the_trainers_page_asks_as_often_for_one_as_for_many(
    client: Client, classroom: ClassRoom, trainer: User, django_assert_max_num_queries: object
) -> None:
    client.force_login(trainer)
    scan(classroom, 0, Means.ROOM_CODE)
    address = reverse("session-checkin", args=[classroom.training.uuid, classroom.first.pk])
    client.get(address)
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        client.get(address)


def test_a_training_that_was_called_off_takes_nobody(classroom: ClassRoom, personas: County) -> None:
    trainings.cancel_training(training=classroom.training, reason="暴雨", by=personas.users["town"])
    assert scan(classroom).result == Result.NOT_OPEN


# -- the kiosk --------------------------------------------------------------------------------


@pytest.fixture
def hall(client: Client, classroom: ClassRoom, trainer: User) -> Client:
    """The browser of a machine in the hall that the trainer opened."""
    client.force_login(trainer)
    client.post(reverse("kiosk-open", args=[classroom.training.uuid, classroom.first.pk]))
    return client


def test_the_kiosk_finds_a_name_and_takes_four_digits(hall: Client, classroom: ClassRoom) -> None:
    person = classroom.people[0]  # has a mobile that ends in 6726
    assert "李大山" not in hall.get(reverse("kiosk")).content.decode()
    assert "李大山" in hall.get(reverse("kiosk"), {"q": "lds"}).content.decode()
    page = hall.post(reverse("kiosk-person", args=[person.code]), {"four": "6726"}).content.decode()
    assert "已签到" in page
    row = attendance(classroom)
    assert row is not None
    assert (row.means, row.arrived_at) == (Means.KIOSK, None)


def test_case_4_the_kiosk_keeps_no_account(hall: Client, classroom: ClassRoom) -> None:
    answer = hall.get(reverse("session-checkin", args=[classroom.training.uuid, classroom.first.pk]))
    assert answer["Location"].startswith(reverse("login"))


def test_case_4_its_key_is_for_its_own_session_today(
    hall: Client, classroom: ClassRoom, personas: County, at_the_door: time_machine.Coordinates
) -> None:
    stranger = make_member(personas.branch, "路过", mobile="13800000000")
    assert hall.get(reverse("kiosk-person", args=[stranger.code])).status_code == 404
    at_the_door.move_to(on(FIRST_DAY, 8) + dt.timedelta(days=1))
    assert hall.get(reverse("kiosk")).status_code == 404


def test_case_4_what_a_stopped_kiosk_sends_waits_for_a_person(
    hall: Client, classroom: ClassRoom, trainer: User
) -> None:
    device = selectors.devices(classroom.first).get()
    assert services.revoke_device(device=device, by=trainer)
    assert not services.revoke_device(device=device, by=trainer)
    hall.post(reverse("kiosk-person", args=[classroom.people[0].code]), {"four": "6726"})
    assert Scan.objects.get().result == Result.QUARANTINED
    assert attendance(classroom) is None
    waiting = selectors.waiting(classroom.first)
    assert [one.stopped for one in waiting] == [True]
    services.count_heads(session=classroom.first, heads=1, by=trainer)
    assert attendance(classroom) is None
    services.decide(scan=waiting[0].scan, accepted=True, by=trainer)
    assert attendance(classroom) is not None


def test_case_4_an_edited_key_opens_nothing(hall: Client) -> None:
    token = hall.cookies["kiosk"].value
    hall.cookies["kiosk"] = ("L" if token[0] == "K" else "K") + token[1:]
    assert hall.get(reverse("kiosk")).status_code == 404


def test_case_25_four_digits_cannot_be_guessed(hall: Client, classroom: ClassRoom) -> None:
    address = reverse("kiosk-person", args=[classroom.people[0].code])
    for number in range(5):
        assert "后四位不对" in hall.post(address, {"four": f"000{number}"}).content.decode()
    assert "试了太多次" in hall.post(address, {"four": "6726"}).content.decode()
    assert attendance(classroom) is None
    assert Scan.objects.filter(result=Result.WRONG_DIGITS).count() == 5


def test_somebody_without_any_number_is_sent_to_the_trainer(hall: Client, classroom: ClassRoom) -> None:
    assert selectors.last_four(classroom.people[1]) == set()
    page = hall.post(reverse("kiosk-person", args=[classroom.people[1].code]), {"four": "0000"})
    assert "找教师" in page.content.decode()


def test_the_trainer_stops_a_kiosk_from_his_page(client: Client, classroom: ClassRoom, trainer: User) -> None:
    device = services.open_device(session=classroom.first, by=trainer)
    client.force_login(trainer)
    client.post(reverse("kiosk-revoke", args=[classroom.training.uuid, classroom.first.pk, device.uuid]))
    assert not selectors.devices(classroom.first).exists()
