"""乘车安排: shared out by town within the seats there are, moved by hand, said to the member, taken away with an audit row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from lms.core import clock
from lms.members.models import AuditEntry, Member
from lms.notices.models import Notice
from lms.training import services as core
from lms.training import telling
from lms.training.filling import substitutes, transport
from lms.training.models import Enrolment, Ride, RideSeat, Training
from tests.conftest import County
from tests.factories import make_member
from tests.training.conftest import FIRST_DAY, half_day, on
from tests.training.filling.test_services import refused

Login = Callable[[str], Client]


@pytest.fixture
def class_of_two_towns(personas: County, week_before: time_machine.Coordinates) -> Training:
    """Four of one town and two of the other, in a class of the county."""
    training = core.plan_training(
        kind="class",
        unit=personas.root,
        title="葡萄栽培培训班",
        category="skills",
        capacity=10,
        sessions=[half_day(FIRST_DAY)],
        by=None,
    )
    people = [make_member(personas.branch, f"甲{n}", mobile=f"1381234672{n}") for n in range(4)]
    people += [make_member(personas.other_branch, f"乙{n}") for n in range(2)]
    core.enrol_many(training=training, members=people, by=None)
    return training


def ride(training: Training, vehicle: str, seats: int, place: str = "县城北门") -> Ride:
    return transport.add_ride(
        training=training, vehicle=vehicle, leaves_at=on(FIRST_DAY, 7), place=place, seats=seats, by=None
    )


def seated(training: Training) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    rows = RideSeat.objects.filter(ride__training=training)
    for vehicle, name in rows.values_list("ride__vehicle", "enrolment__member__name"):
        found.setdefault(vehicle, set()).add(name)
    return found


# -- services ------------------------------------------------------------------------------------


def test_people_are_shared_out_by_town_and_the_seats_are_kept(class_of_two_towns: Training, personas: County) -> None:
    ride(class_of_two_towns, "大巴", 4)
    ride(class_of_two_towns, "中巴", 1, place=f"{personas.other_town.label}政府门口")
    assert transport.share_out(training=class_of_two_towns, by=None) == 5
    assert seated(class_of_two_towns) == {"大巴": {"甲0", "甲1", "甲2", "甲3"}, "中巴": {"乙0"}}
    assert [row.member.name for row in transport.without_seat(class_of_two_towns)] == ["乙1"]
    assert transport.share_out(training=class_of_two_towns, by=None) == 0


def test_people_are_moved_and_a_full_vehicle_takes_nobody(class_of_two_towns: Training) -> None:
    small, big = ride(class_of_two_towns, "中巴", 2), ride(class_of_two_towns, "大巴", 6)
    people = list(Member.objects.filter(enrolments__training=class_of_two_towns).order_by("name"))
    with refused("ride-full"):
        transport.put(training=class_of_two_towns, members=people[:3], ride=small, by=None)
    assert not RideSeat.objects.exists()
    assert transport.put(training=class_of_two_towns, members=people[:2], ride=small, by=None) == 2
    assert transport.put(training=class_of_two_towns, members=people[1:3], ride=big, by=None) == 2
    assert transport.put(training=class_of_two_towns, members=people[1:3], ride=big, by=None) == 0
    assert seated(class_of_two_towns) == {"中巴": {people[0].name}, "大巴": {people[1].name, people[2].name}}
    assert transport.put(training=class_of_two_towns, members=people[:1], ride=None, by=None) == 1
    assert "中巴" not in seated(class_of_two_towns)


def test_a_vehicle_of_another_training_and_somebody_not_enrolled_are_refused(
    class_of_two_towns: Training, personas: County
) -> None:
    other = core.plan_training(
        kind="class", unit=personas.root, title="x", category="skills", sessions=[half_day(FIRST_DAY)], by=None
    )
    people = list(Member.objects.filter(enrolments__training=class_of_two_towns))
    with refused("ride-elsewhere"):
        transport.put(training=class_of_two_towns, members=people[:1], ride=ride(other, "大巴", 5), by=None)
    with refused("not-enrolled"):
        stranger = make_member(personas.branch, "生人")
        transport.put(
            training=class_of_two_towns, members=[stranger], ride=ride(class_of_two_towns, "小车", 4), by=None
        )
    with refused("ride-twice"):
        ride(class_of_two_towns, "小车", 4)


def test_fewer_seats_than_people_are_refused_and_more_are_numbered_anew(class_of_two_towns: Training) -> None:
    one = ride(class_of_two_towns, "大巴", 6)
    transport.share_out(training=class_of_two_towns, by=None)
    with refused("ride-seats"):
        transport.update_ride(ride=one, seats=5, by=None)
    assert transport.update_ride(ride=one, seats=8, driver="老陈", by=None)
    assert not transport.update_ride(ride=one, seats=8, by=None)
    assert set(RideSeat.objects.values_list("of", flat=True)) == {8}
    transport.remove_ride(ride=one, by=None)
    assert len(transport.without_seat(class_of_two_towns)) == 6


def test_who_gives_up_his_place_leaves_the_vehicle_and_a_substitute_takes_his_seat(
    class_of_two_towns: Training, personas: County
) -> None:
    ride(class_of_two_towns, "大巴", 6)
    transport.share_out(training=class_of_two_towns, by=None)
    first, second = Member.objects.get(name="甲0"), Member.objects.get(name="甲1")
    core.cancel_enrolment(training=class_of_two_towns, member=first, by=None)
    other = make_member(personas.branch, "替")
    substitutes.substitute(training=class_of_two_towns, member=second, by_member=other, reason="有事", by=None)
    assert seated(class_of_two_towns) == {"大巴": {"甲2", "甲3", "乙0", "乙1", "替"}}
    assert "县城北门" in Notice.objects.get(member=other, about__contains="substituted").body


def test_the_reminder_says_where_to_get_on(class_of_two_towns: Training, week_before: time_machine.Coordinates) -> None:
    ride(class_of_two_towns, "大巴", 4)
    transport.share_out(training=class_of_two_towns, by=None)
    week_before.move_to(on(FIRST_DAY - dt.timedelta(days=1), 10))
    assert telling.remind_of_tomorrow() == 6
    assert telling.remind_of_tomorrow() == 0
    told = {notice.member.name: notice.body for notice in Notice.objects.filter(kind="training.reminder")}
    assert "07:00 在 县城北门 上车" in told["甲0"] and "上车" not in told["乙0"]


# -- what the database knows ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "broken"),
    [("ride_has_seats", {"seats": 0}), ("ride_leaves_somewhere", {"place": ""})],
)
def test_the_database_refuses_a_vehicle(class_of_two_towns: Training, name: str, broken: dict[str, object]) -> None:
    values = {"vehicle": "大巴", "place": "北门", "seats": 4, "leaves_at": clock.now(), **broken}
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Ride.objects.create(training=class_of_two_towns, **values)


def test_the_database_refuses_the_same_vehicle_twice(class_of_two_towns: Training) -> None:
    ride(class_of_two_towns, "大巴", 4)
    with pytest.raises(IntegrityError), transaction.atomic():
        Ride.objects.create(
            training=class_of_two_towns, vehicle="大巴", place="南门", seats=2, leaves_at=on(FIRST_DAY, 7)
        )


def test_the_database_has_each_seat_once_and_none_beyond_the_vehicle(class_of_two_towns: Training) -> None:
    one = ride(class_of_two_towns, "小车", 1)
    first, second = Enrolment.objects.order_by("pk")[:2]
    RideSeat.objects.create(ride=one, enrolment=first, number=1, of=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        RideSeat.objects.create(ride=one, enrolment=second, number=1, of=1)
    with pytest.raises(IntegrityError, match="ride_seat_in_vehicle"), transaction.atomic():
        RideSeat.objects.create(ride=one, enrolment=second, number=2, of=1)


# -- pages ---------------------------------------------------------------------------------------


def test_the_page_registers_shares_out_moves_and_removes(login: Login, class_of_two_towns: Training) -> None:
    client = login("county")
    page = reverse("training-transport", args=[class_of_two_towns.uuid])
    assert page in client.get(reverse("training-detail", args=[class_of_two_towns.uuid])).text
    assert "还有 6 人没有车" in client.get(page).text
    posted = {
        "vehicle": "云A12345",
        "leaves_at": "2026-03-05T07:00",
        "place": "县城北门",
        "seats": "6",
        "driver": "",
        "phone": "",
    }
    assert client.post(page, {**posted, "seats": "0"}).status_code == 422
    client.post(page, posted)
    seats = reverse("transport-seats", args=[class_of_two_towns.uuid])
    client.post(seats, {"share": "1"})
    assert "还有 0 人没有车" in client.get(page).text
    client.post(seats, {"member": [Member.objects.get(name="甲0").code], "ride": ""})
    assert "还有 1 人没有车" in client.get(page).text
    edit = reverse("ride-edit", args=[Ride.objects.get().uuid])
    assert client.post(edit, {**posted, "seats": "4"}).status_code == 422
    client.post(edit, {**posted, "place": "县委门口"})
    assert "县委门口" in client.get(page).text
    client.post(edit, {"remove": "1"})
    assert not Ride.objects.exists()


@pytest.mark.parametrize("format", ["pdf", "xlsx", "csv"])
def test_the_list_leaves_the_house_with_an_audit_row(login: Login, class_of_two_towns: Training, format: str) -> None:
    ride(class_of_two_towns, "大巴", 4)
    transport.share_out(training=class_of_two_towns, by=None)
    answer = login("county").get(reverse("transport-file", args=[class_of_two_towns.uuid, format]))
    data = b"".join(answer) if answer.streaming else answer.content
    assert data.startswith({"pdf": b"%PDF", "xlsx": b"PK"}.get(format, b"\xef\xbb\xbf"))
    if format == "csv":
        assert "13812346720" in data.decode() and "没有安排" in data.decode()
    assert AuditEntry.objects.get(action="training.transport").detail == {"people": 6, "format": format}


def test_the_member_sees_where_to_get_on(login: Login, class_of_two_towns: Training, member: Member) -> None:
    core.enrol(training=class_of_two_towns, member=member, by=None)
    bus = ride(class_of_two_towns, "云A12345", 8)
    transport.put(training=class_of_two_towns, members=[member], ride=bus, by=None)
    page = login("member").get(reverse("training-choices")).text
    assert "云A12345" in page and "县城北门" in page
