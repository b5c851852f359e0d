"""Check-in with the line down: reliability cases 4–8 by their numbers, and the page around them."""

from __future__ import annotations

import datetime as dt
import json

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from lms.core import clock
from lms.goals import services as goals
from lms.hours import totals
from lms.members.models import AuditEntry, Member, RoleGrant, User
from lms.reports import adjustments, closing
from lms.training import services as trainings
from lms.training.checkin import offline, selectors, services
from lms.training.models import Attendance, OfflineEvent, Scan, ScanDecision
from tests.conftest import County
from tests.factories import make_member
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


def marks(classroom: ClassRoom) -> list[tuple[object, ...]]:
    rows = Attendance.objects.filter(session__training=classroom.training).order_by("session", "member")
    return list(rows.values_list("session", "member__name", "status", "arrived_at", "left_at", "means"))


EXPECTED = [
    ("李大山", "present", None, None, Means.MEMBER_CODE),
    ("单春花", "present", on(FIRST_DAY, 8, 47), None, Means.MEMBER_CODE),
    ("曾小河", "present", None, on(FIRST_DAY, 10, 30), Means.TAPPED),
]


def test_what_was_queued_all_day_is_what_was_seen(
    classroom: ClassRoom, phone: Phone, trainer: User, in_the_morning: time_machine.Coordinates
) -> None:
    a_morning(classroom, phone)
    in_the_morning.move_to(EVENING)
    answer = phone.send().json()
    assert [row["kind"] for row in answer["events"]] == ["good"] * 4
    assert answer["reach"] == 4
    assert sorted(row[1:] for row in marks(classroom)) == sorted(EXPECTED)
    row = OfflineEvent.objects.get(counter=2)
    assert (row.device_at, row.mono, row.scan.received_at) == (on(FIRST_DAY, 8, 47), 82 * 60_000, EVENING)
    assert (row.basis, row.scan.happened_at, row.scan.by) == ("clock", on(FIRST_DAY, 8, 47), trainer)


def test_a_card_that_is_not_ours_and_a_stranger_are_kept_and_mark_nobody(
    classroom: ClassRoom, phone: Phone, personas: County, in_the_morning: time_machine.Coordinates
) -> None:
    first, stranger = classroom.first.pk, make_member(personas.branch, "路过")
    forged = card(classroom, 0)[:-1] + ("A" if card(classroom, 0)[-1] != "A" else "B")
    phone.scan(first, forged, on(FIRST_DAY, 8, 10))
    phone.scan(first, stranger.code, on(FIRST_DAY, 8, 11), kind="tap")
    phone.scan(first, card(classroom, 1), on(FIRST_DAY, 7, 29))
    in_the_morning.move_to(EVENING)
    phone.send()
    found = list(Scan.objects.order_by("pk").values_list("result", flat=True))
    assert found == [Result.BAD_CODE, Result.NOT_ENROLLED, Result.TOO_EARLY]
    assert not Attendance.objects.exists()


def test_nobody_signs_himself_in_by_his_own_phone(
    classroom: ClassRoom, phone: Phone, trainer: User, in_the_morning: time_machine.Coordinates
) -> None:
    Member.objects.filter(pk=classroom.people[0].pk).update(user=trainer)
    phone.scan(classroom.first.pk, card(classroom, 0), on(FIRST_DAY, 8, 10))
    in_the_morning.move_to(EVENING)
    phone.send()
    assert Scan.objects.get().result == Result.OWN_RECORD


# -- case 2: what confirms a phone's own scan -------------------------------------------------


def _own_scan(classroom: ClassRoom) -> Scan:
    reading = services.Reading("own", classroom.people[0], Means.ROOM_CODE, "in", on(FIRST_DAY, 8, 35))
    return services.record(session=classroom.first, reading=reading, by=None)


def test_case_2_the_trainers_tick_confirms_a_provisional_scan(
    classroom: ClassRoom, trainer: User, in_the_morning: time_machine.Coordinates
) -> None:
    in_the_morning.move_to(on(FIRST_DAY, 8, 40))
    assert _own_scan(classroom).result == Result.PROVISIONAL
    assert len(selectors.waiting(classroom.first)) == 1
    trainings.mark(session=classroom.first, marks={classroom.people[0].pk: "present"}, by=trainer)
    assert selectors.waiting(classroom.first) == []
    assert marks(classroom)[0][2:] == ("present", None, None, Means.ROSTER)


def test_case_2_the_kiosk_confirms_a_provisional_scan_from_its_own_minute_on(
    client: Client, classroom: ClassRoom, trainer: User, in_the_morning: time_machine.Coordinates
) -> None:
    in_the_morning.move_to(on(FIRST_DAY, 8, 40))
    _own_scan(classroom)
    client.force_login(trainer)
    client.post(reverse("kiosk-open", args=[classroom.training.uuid, classroom.first.pk]))
    client.post(reverse("kiosk-person", args=[classroom.people[0].code]), {"four": "6726"})
    assert selectors.waiting(classroom.first) == []
    assert marks(classroom)[0][2:] == ("present", on(FIRST_DAY, 8, 40), None, Means.KIOSK)


# -- case 4: a lost phone ---------------------------------------------------------------------


def test_case_4_what_a_stopped_phone_sends_waits_for_a_person(
    client: Client, classroom: ClassRoom, phone: Phone, trainer: User, in_the_morning: time_machine.Coordinates
) -> None:
    phone.scan(classroom.first.pk, card(classroom, 0), on(FIRST_DAY, 8, 10))
    phone.scan(classroom.first.pk, card(classroom, 0), on(FIRST_DAY, 10, 0), direction="out")
    client.force_login(trainer)
    page = client.get(reverse("session-checkin", args=[classroom.training.uuid, classroom.first.pk])).content.decode()
    stop = reverse("offline-revoke", args=[classroom.training.uuid, "2026-03-05", phone.device.uuid])
    assert stop in page
    client.post(stop)
    assert not offline.revoke_device(device=phone.device, by=trainer)
    in_the_morning.move_to(EVENING)
    answer = phone.send().json()
    assert answer["stopped"]
    assert [row["kind"] for row in answer["events"]] == ["wait", "wait"]
    assert set(Scan.objects.values_list("result", flat=True)) == {Result.QUARANTINED}
    assert not Attendance.objects.exists()
    client.force_login(trainer)
    address = reverse("session-checkin", args=[classroom.training.uuid, classroom.first.pk])
    page = client.get(address).content.decode()
    assert page.count("设备已停用") >= 2
    for scan in Scan.objects.order_by("happened_at"):
        address = reverse("session-decide", args=[classroom.training.uuid, classroom.first.pk, scan.key])
        assert address in page
        client.post(address, {"accept": "1"})
    assert marks(classroom)[0][2:5] == ("present", None, on(FIRST_DAY, 10))


def test_case_4_a_key_is_for_one_training_and_one_day(
    classroom: ClassRoom, phone: Phone, personas: County, in_the_morning: time_machine.Coordinates
) -> None:
    other = trainings.plan_training(
        kind="class",
        unit=personas.town,
        title="别的班",
        category="skills",
        sessions=[trainings.plan_of(classroom.first)],
        by=None,
    )
    trainings.enrol(training=other, member=classroom.people[0], by=None)
    phone.scan(other.sessions.get().pk, card(classroom, 0), on(FIRST_DAY, 8, 40))
    phone.scan(classroom.second.pk, card(classroom, 0), on(NEXT_DAY, 8, 40))
    phone.scan(classroom.first.pk, card(classroom, 1), on(FIRST_DAY, 8, 20))
    in_the_morning.move_to(on(NEXT_DAY, 18))
    phone.send()
    found = list(OfflineEvent.objects.order_by("counter").values_list("chain", "scan__session", "scan__result"))
    assert found == [
        ("place", classroom.first.pk, Result.QUARANTINED),
        ("place", classroom.second.pk, Result.QUARANTINED),
        ("", classroom.first.pk, Result.TAKEN),
    ]
    assert not Attendance.objects.filter(session__training=other).exists()
    assert not Attendance.objects.filter(session=classroom.second).exists()


def test_case_4_the_key_opens_no_page_and_another_key_nothing(classroom: ClassRoom, phone: Phone) -> None:
    client = Client(headers={"authorization": phone.key})
    assert client.get(reverse("session-checkin", args=[classroom.training.uuid, classroom.first.pk])).status_code == 302
    phone.scan(classroom.first.pk, card(classroom, 0), on(FIRST_DAY, 7, 30))
    for key in (
        "",
        "O.X",
        phone.key[:-1] + ("A" if phone.key[-1] != "A" else "B"),
        phone.key.replace("O.", "K.", 1),
        7,
    ):
        body = {"key": key, **phone.clocks(on(FIRST_DAY, 8)), "events": phone.queue}
        answer = client.post("/checkin/offline/", json.dumps(body), content_type="application/json")
        assert answer.status_code == 403
    assert not Scan.objects.exists()


def test_case_4_a_key_outlives_the_session_but_not_the_post(
    classroom: ClassRoom, phone: Phone, trainer: User, in_the_morning: time_machine.Coordinates
) -> None:
    first = phone.scan(classroom.first.pk, card(classroom, 0), on(FIRST_DAY, 8, 10))
    second = phone.scan(classroom.first.pk, card(classroom, 1), on(FIRST_DAY, 8, 11))
    in_the_morning.move_to(EVENING)
    phone.send(first)
    RoleGrant.objects.filter(user=trainer).delete()
    type(classroom.training).objects.filter(pk=classroom.training.pk).update(trainer=None)
    phone.send(second)
    assert list(Scan.objects.order_by("pk").values_list("result", flat=True)) == [Result.TAKEN, Result.QUARANTINED]


def test_case_4_a_lost_key_does_not_fill_the_disk(
    classroom: ClassRoom, phone: Phone, monkeypatch: pytest.MonkeyPatch, in_the_morning: time_machine.Coordinates
) -> None:
    monkeypatch.setattr(offline, "MOST_EVENTS", 2)
    a_morning(classroom, phone)
    in_the_morning.move_to(EVENING)
    assert phone.send(*phone.queue[:2]).status_code == 200
    assert phone.send(*phone.queue[2:]).status_code == 409
    assert Scan.objects.count() == 2


# -- case 5: the clock ------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [-30, -1, 5])
def test_case_5_a_clock_that_is_wrong_all_day_is_put_right(
    classroom: ClassRoom, trainer: User, in_the_morning: time_machine.Coordinates, hours: int
) -> None:
    phone = Phone(booted=on(FIRST_DAY, 7, 25), wrong=dt.timedelta(hours=hours))
    phone.prepare(classroom.training, FIRST_DAY, trainer)
    a_morning(classroom, phone)
    in_the_morning.move_to(EVENING)
    phone.send()
    assert sorted(row[1:] for row in marks(classroom)) == sorted(EXPECTED)


def test_case_5_a_clock_that_was_moved_gives_way_to_the_running_time(
    classroom: ClassRoom, phone: Phone, in_the_morning: time_machine.Coordinates
) -> None:
    phone.wrong = dt.timedelta(hours=-3)
    a_morning(classroom, phone)
    in_the_morning.move_to(EVENING)
    phone.send()
    assert sorted(row[1:] for row in marks(classroom)) == sorted(EXPECTED)
    assert set(OfflineEvent.objects.values_list("basis", "timing")) == {("sent", "")}


def test_case_5_moved_and_loaded_anew_it_waits_for_a_person_with_the_best_guess(
    classroom: ClassRoom, phone: Phone, trainer: User, in_the_morning: time_machine.Coordinates
) -> None:
    phone.reload(on(FIRST_DAY, 8))
    phone.wrong = dt.timedelta(minutes=-20)
    phone.scan(classroom.first.pk, card(classroom, 0), on(FIRST_DAY, 8, 55))
    phone.reload(on(FIRST_DAY, 12))
    in_the_morning.move_to(EVENING)
    phone.send()
    scan = Scan.objects.get()
    assert (scan.result, scan.offline.timing, scan.happened_at) == (Result.QUARANTINED, "moved", on(FIRST_DAY, 8, 35))
    assert [one.reason for one in selectors.waiting(classroom.first)] == ["设备时钟被调过，时间无法核实"]
    services.count_heads(session=classroom.first, heads=1, by=trainer)
    assert not Attendance.objects.exists()
    services.decide(scan=scan, accepted=False, reason="九点才到", by=trainer)
    assert not Attendance.objects.exists()
    assert phone.send().json()["events"][0]["text"] == "没有认可：九点才到"


def test_case_5_set_back_for_one_scan_and_right_again_the_running_time_tells(
    classroom: ClassRoom, phone: Phone, in_the_morning: time_machine.Coordinates
) -> None:
    phone.wrong = dt.timedelta(hours=-1)
    phone.scan(classroom.first.pk, card(classroom, 0), on(FIRST_DAY, 9, 25))
    phone.wrong = dt.timedelta(0)
    in_the_morning.move_to(EVENING)
    phone.send()
    assert marks(classroom)[0][3] == on(FIRST_DAY, 9, 25)


@pytest.mark.parametrize(
    ("at", "doubt"), [(on(FIRST_DAY, 7, 20), "before"), (EVENING + 10 * MINUTE, "future"), (EVENING + MINUTE, "")]
)
def test_case_5_neither_before_it_was_prepared_nor_after_it_was_sent(
    classroom: ClassRoom, phone: Phone, in_the_morning: time_machine.Coordinates, at: dt.datetime, doubt: str
) -> None:
    phone.boot = "b" * 16
    phone.scan(classroom.first.pk, card(classroom, 0), at)
    phone.boot = "c" * 16
    in_the_morning.move_to(EVENING)
    phone.send()
    assert OfflineEvent.objects.get().timing == doubt


# -- case 6: the same batch twice -------------------------------------------------------------


def test_case_6_the_same_batch_twice_is_answered_in_the_same_bytes_and_changes_nothing(
    classroom: ClassRoom, phone: Phone, in_the_morning: time_machine.Coordinates
) -> None:
    a_morning(classroom, phone)
    phone.queue.append({"n": 5, "mac": "x"})
    in_the_morning.move_to(EVENING)
    first, audited = phone.send().content, AuditEntry.objects.count()
    before = (marks(classroom), list(Scan.objects.values_list("pk", "key")))
    in_the_morning.move_to(EVENING + dt.timedelta(days=3))
    assert phone.send().content == first
    assert (marks(classroom), list(Scan.objects.values_list("pk", "key"))) == before
    assert AuditEntry.objects.count() == audited


# -- case 7: an edited queue ------------------------------------------------------------------


def results() -> list[tuple[int, str, str]]:
    return list(OfflineEvent.objects.order_by("counter", "pk").values_list("counter", "chain", "scan__result"))


@pytest.mark.parametrize(
    "edit",
    [
        {"at": 1_772_000_000_000},
        {"text": "C-0001"},
        {"direction": "out"},
        {"session": 999_999},
        {"mono": 5},
        {"boot": "d" * 16},
        {"kind": "tap"},
        {"prior": "0" * 64},
        {"mac": ""},
        {"mac": "é" * 64},
        {"n": "2"},
        {"at": None, "text": ["x"]},
    ],
)
def test_case_7_an_edited_event_and_what_follows_are_kept_in_quarantine(
    classroom: ClassRoom, phone: Phone, in_the_morning: time_machine.Coordinates, edit: dict[str, object]
) -> None:
    a_morning(classroom, phone)
    phone.queue[1] |= edit
    in_the_morning.move_to(EVENING)
    assert phone.send().status_code == 200
    quarantined = Scan.objects.filter(result=Result.QUARANTINED)
    assert quarantined.count() == 3
    assert sorted(quarantined.values_list("offline__chain", flat=True)) == ["bad-mac", "gap", "gap"]
    assert [row[1] for row in marks(classroom)] == ["李大山"]


def test_case_7_a_gap_is_quarantine_until_what_is_missing_comes(
    classroom: ClassRoom, phone: Phone, in_the_morning: time_machine.Coordinates
) -> None:
    a_morning(classroom, phone)
    in_the_morning.move_to(EVENING)
    answer = phone.send(phone.queue[0], *phone.queue[2:]).json()
    assert [row["kind"] for row in answer["events"]] == ["good", "wait", "wait"]
    assert len(marks(classroom)) == 1
    answer = phone.send().json()
    assert [row["kind"] for row in answer["events"]] == ["good"] * 4
    assert sorted(row[1:] for row in marks(classroom)) == sorted(EXPECTED)
    assert ScanDecision.objects.filter(accepted=True, by=None).count() == 2


def test_case_7_what_a_gap_held_up_is_judged_as_if_it_had_come_at_once(
    classroom: ClassRoom, phone: Phone, personas: County, in_the_morning: time_machine.Coordinates
) -> None:
    stranger = make_member(personas.branch, "路过")
    phone.scan(classroom.first.pk, card(classroom, 0), on(FIRST_DAY, 8, 10))
    phone.scan(classroom.first.pk, stranger.code, on(FIRST_DAY, 8, 11), kind="tap")
    in_the_morning.move_to(EVENING)
    phone.send(phone.queue[1])
    phone.send(phone.queue[0])
    decision = ScanDecision.objects.get()
    assert (decision.accepted, decision.reason) == (False, "不在名单里")
    assert len(marks(classroom)) == 1


def test_case_7_a_persons_word_on_a_held_event_stands(
    classroom: ClassRoom, phone: Phone, trainer: User, in_the_morning: time_machine.Coordinates
) -> None:
    a_morning(classroom, phone)
    in_the_morning.move_to(EVENING)
    phone.send(phone.queue[1])
    services.decide(scan=Scan.objects.get(), accepted=False, reason="没来", by=trainer)
    phone.send()
    assert [row[1] for row in marks(classroom)] == ["李大山", "曾小河"]


def test_case_7_a_number_used_twice_is_not_taken_again(
    classroom: ClassRoom, phone: Phone, in_the_morning: time_machine.Coordinates
) -> None:
    phone.scan(classroom.first.pk, card(classroom, 0), on(FIRST_DAY, 8, 10))
    again = phone.signed({**phone.queue[0], "text": card(classroom, 1)})
    in_the_morning.move_to(EVENING)
    phone.send()
    phone.send(again)
    assert results() == [(1, "", Result.TAKEN), (1, "twice", Result.QUARANTINED)]
    assert [row[1] for row in marks(classroom)] == ["李大山"]


def test_case_7_what_is_no_batch_is_refused(phone: Phone) -> None:
    client = Client()
    for body in ("", "[]", "{", json.dumps({"key": phone.key}), json.dumps({"key": phone.key, "events": [{}] * 201})):
        assert client.post("/checkin/offline/", body, content_type="application/json").status_code == 400
    assert client.get("/checkin/offline/").status_code == 405


# -- case 8: late -----------------------------------------------------------------------------


def hours(classroom: ClassRoom) -> list[str]:
    return [str(sum(entry.hours for entry in totals.entries(one.pk, 2026))) for one in classroom.people]


def test_case_8_three_weeks_late_a_closed_class_is_corrected_by_reversal(
    classroom: ClassRoom, phone: Phone, in_the_morning: time_machine.Coordinates
) -> None:
    a_morning(classroom, phone)
    in_the_morning.move_to(on(NEXT_DAY, 18))
    phone.send(phone.queue[2])
    classroom.close(keep_waiting=True)
    assert hours(classroom) == ["0", "0", "0"]
    in_the_morning.move_to(EVENING + dt.timedelta(days=21))
    phone.send()
    assert sorted(row[1:] for row in marks(classroom) if row[0] == classroom.first.pk) == sorted(EXPECTED)
    assert hours(classroom) == ["4.00", "3.50", "2.50"]


def test_case_8_after_the_year_is_closed_it_is_a_dated_adjustment(
    classroom: ClassRoom, phone: Phone, personas: County, in_the_morning: time_machine.Coordinates
) -> None:
    goals.open_year(year=2026, by=None)
    a_morning(classroom, phone)
    in_the_morning.move_to(on(NEXT_DAY, 18))
    classroom.close()
    in_the_morning.move_to(on(dt.date(2027, 1, 15), 12))
    closing.work(run=closing.begin(year=2026, by=None))
    closed = closing.closing_of(2026)
    assert closed is not None
    assert list(adjustments.lines(closed, personas.root.path)) == []
    in_the_morning.move_to(on(dt.date(2027, 1, 20), 9))
    phone.send()
    found = list(adjustments.lines(closed, personas.root.path))
    assert {clock.local_date(line.posted_at) for line in found} == {dt.date(2027, 1, 20)}
    assert {line.earned_on for line in found} == {FIRST_DAY}
    assert str(sum(line.hours for line in found)) == "10.00"
    assert hours(classroom) == ["4.00", "3.50", "2.50"]
