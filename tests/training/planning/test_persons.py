"""Issue 5: nobody is in two places at once, as whatever the house knows him: account, expert of two towns, member."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from lms.members.models import Member
from lms.training import services
from lms.training.errors import TrainingError
from lms.training.filling import services as filling
from lms.training.models import Booking, Enrolment, Expert, Room, Training, Venue
from lms.training.planning import bookings, persons
from tests.conftest import County
from tests.factories import make_member
from tests.training.conftest import ClassRoom
from tests.training.planning.test_bookings import at, plan
from tests.training.test_views import Login, plan_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def ahead(time_of_planning: Any) -> None:
    """Seats are given out before the class begins."""


@pytest.fixture
def teacher(personas: County) -> Member:
    """A member with the trainer's account."""
    return make_member(personas.branch, "方志远", user=personas.users["trainer"])


def test_an_expert_who_has_an_account_is_one_person_with_the_trainer(personas: County) -> None:
    trainer = personas.users["trainer"]
    expert = Expert.objects.create(unit=personas.root, name="方志远", user=trainer)
    plan(personas.town, at(9, 11), trainer=trainer)
    with pytest.raises(bookings.DoubleBooked) as refused:
        plan(personas.root, at(10, 12, experts=(expert,)))
    assert [clash.resource for clash in refused.value.clashes] == ["方志远"]
    plan(personas.root, at(11, 13, experts=(expert,)))
    with pytest.raises(bookings.DoubleBooked):
        plan(personas.town, at(12, 13), trainer=trainer)


def test_two_entries_for_one_member_meet_and_so_does_his_account(personas: County, teacher: Member) -> None:
    here = Expert.objects.create(unit=personas.town, name="方志远", member=teacher)
    there = Expert.objects.create(unit=personas.other_town, name="方老师", member=teacher)
    plan(personas.town, at(9, 11, experts=(here,)))
    for fields in ({}, {"trainer": personas.users["trainer"]}):
        with pytest.raises(bookings.DoubleBooked):
            plan(personas.other_town, at(10, 12, experts=() if fields else (there,)), **fields)
    both = plan(personas.town, at(14, 16, experts=(here,)), trainer=personas.users["trainer"])
    kinds = sorted(Booking.objects.filter(session__training=both).values_list("kind", flat=True))
    assert kinds == ["expert", "person", "trainer"]  # one person, in one place


def test_who_an_expert_is_can_be_said_later_and_what_is_booked_follows(
    personas: County, login: Login, ahead: None, teacher: Member
) -> None:
    expert = Expert.objects.create(unit=personas.town, name="方志远")
    other = plan(personas.town, at(9, 11), trainer=personas.users["trainer"])
    plan(personas.town, at(10, 12, experts=(expert,)))
    page = reverse("register-edit", args=["experts", expert.pk])
    form = {"name": "方志远", "unit": "C-T01", "fee_class": "none", "is_active": "on"}
    refused = login("town").post(page, {**form, "member_code": teacher.code})
    assert refused.status_code == 422 and "已有安排" in refused.content.decode()
    services.cancel_training(training=other, reason="下雨", by=None)
    assert login("town").post(page, {**form, "member_code": teacher.code}).status_code == 302
    expert.refresh_from_db()
    assert expert.member == teacher
    with pytest.raises(bookings.DoubleBooked):
        plan(personas.town, at(11, 12), trainer=personas.users["trainer"])
    stranger = make_member(personas.other_branch, "外人")
    for wrong in ({"member_code": "nobody"}, {"member_code": stranger.code}):
        assert login("town").post(page, {**form, **wrong}).status_code == 422
    mixed = {"member_code": make_member(personas.branch, "李大山").code, "user": personas.users["trainer"].pk}
    assert "另一名党员" in login("town").post(page, {**form, **mixed}).content.decode()


def test_the_bookings_of_one_person_cannot_be_written_twice_for_a_session(personas: County, teacher: Member) -> None:
    expert = Expert.objects.create(unit=personas.town, name="方志远", member=teacher, user=personas.users["trainer"])
    held = plan(personas.town, at(9, 11, experts=(expert,)), trainer=personas.users["trainer"])
    assert Booking.objects.filter(session__training=held).count() == 3


# -- who learns and who teaches -------------------------------------------------------------


def test_who_teaches_gets_no_seat_elsewhere_at_the_time(personas: County, ahead: None, teacher: Member) -> None:
    plan(personas.town, at(9, 11), trainer=personas.users["trainer"])
    other = plan(personas.town, at(10, 12), title="报告会")
    with pytest.raises(TrainingError, match="elsewhere"):
        filling.sign_up(training=other, member=teacher, by=None)
    assert persons.busy([teacher.pk], other).keys() == {teacher.pk}
    free = plan(personas.town, at(11, 12), title="晚一点")
    assert filling.sign_up(training=free, member=teacher, by=None).state == "enrolled"


def test_who_has_a_seat_is_named_when_he_is_to_teach(
    personas: County, ahead: None, teacher: Member, login: Login
) -> None:
    other = plan(personas.town, at(10, 12), title="报告会")
    services.enrol(training=other, member=teacher, by=None)
    typed = plan_form(
        kind="class", trainer=personas.users["trainer"].pk, **{"s-0-day": "2026-03-12", "s-0-starts": "09:00"}
    )
    page = login("town").post(reverse("training-clashes"), typed).content.decode()
    assert "授课的人同一时间报了别的培训" in page
    assert "03-12 10:00–12:00 石桥镇党委：方志远；最近的空档：3月12日 12:00–14:30" in page
    held = plan(personas.town, at(9, 11), trainer=personas.users["trainer"])
    detail = login("town").get(reverse("training-detail", args=[held.uuid])).content.decode()
    assert "授课的人同一时间报了别的培训" in detail


def test_nobody_is_proposed_or_approved_who_is_elsewhere(
    classroom: ClassRoom, personas: County, ahead: None, login: Login
) -> None:
    busy, free = classroom.people[0], make_member(personas.branch, "周有空")
    first = classroom.first
    other = plan(personas.town, services.plan_of(first), title="报告会")
    with pytest.raises(persons.Elsewhere) as refused:
        filling.nominate(training=other, members=[busy, free], unit=personas.branch, by=None)
    assert "李大山" in refused.value.message and "周有空" not in refused.value.message
    assert not Enrolment.objects.filter(training=other).exists()
    page = login("secretary").get(reverse("nominate", args=[other.uuid]))
    assert page.content.decode().count("同一时间已有别的培训") == 2  # 李大山 and 单春花, of this branch
    filling.nominate(training=other, members=[free], unit=personas.branch, by=personas.users["secretary"])
    services.enrol(training=classroom.training, member=free, by=None)
    desk = login("town")
    overview = desk.get(reverse("training-filling", args=[other.uuid])).content.decode()
    assert "同一时间已有别的培训" in overview
    answer = desk.post(reverse("nominations-decide", args=[other.uuid]), {"member": [free.code]})
    assert answer.status_code == 422 and "周有空同一时间已有别的培训" in answer.content.decode()


def test_the_people_of_a_copy_are_looked_at_while_it_is_typed(
    classroom: ClassRoom, personas: County, ahead: None, login: Login
) -> None:
    """Who came last year may well come again: those who are elsewhere are named with the next free times."""
    taken = plan(personas.town, at(9, 11), title="报告会")
    services.enrol(training=taken, member=classroom.people[0], by=None)
    desk = login("town")
    form = desk.get(reverse("training-new") + f"?copy={classroom.training.uuid}").content.decode()
    assert f"{reverse('training-clashes')}?copy={classroom.training.uuid}" in form
    typed = plan_form(kind="class", **{"s-0-day": "2026-03-12", "s-0-starts": "10:00", "s-0-ends": "12:00"})
    own = {"query_params": {"copy": str(classroom.training.uuid)}}
    page = desk.post(reverse("training-clashes"), typed, **own).content.decode()
    assert "上一期的人里" in page and "李大山；最近的空档：3月12日 11:00–13:00" in page


# -- while it is typed ----------------------------------------------------------------------


@pytest.fixture
def hall(personas: County) -> Room:
    venue = Venue.objects.create(unit=personas.town, name="党校分校")
    return Room.objects.create(venue=venue, name="报告厅", capacity=60)


@pytest.fixture
def desk(login: Login, personas: County) -> Client:
    return login("town")


def typed_at(desk: Client, **more: object) -> str:
    return desk.post(reverse("training-clashes"), plan_form(**{"kind": "class", **more})).content.decode()


def test_the_days_of_a_repeat_are_looked_at_too(desk: Client, personas: County, hall: Room) -> None:
    """A week after the typed day the hall is taken; nothing stands in the way of the day itself."""
    plan(personas.town, at(9, 11, room=hall))
    assert "没有冲突" in typed_at(desk, **{"s-0-room": hall.pk})
    page = typed_at(desk, **{"s-0-room": hall.pk, "r-every": "7", "r-times": 3})
    assert "报告厅在 3月12日 09:00–11:00 已有安排" in page
    assert "没有冲突" in typed_at(desk, **{"s-0-room": hall.pk, "r-every": "14", "r-times": 3})


def test_a_full_base_names_the_next_times_with_room_for_all(desk: Client, personas: County, orchard: Any) -> None:
    plan(personas.town, at(9, 11), at(13, 15), kind="visit", base=orchard, capacity=30)
    page = typed_at(
        desk, base=orchard.pk, capacity=21, **{"s-0-day": "2026-03-12", "s-0-starts": "10:00", "s-0-ends": "12:00"}
    )
    assert "同时已安排 30 人，总共容纳 50 人" in page
    assert "最近的空档：3月12日 11:00–13:00、3月12日 15:00–17:00、3月13日 08:00–10:00" in page
    with pytest.raises(bookings.BaseFull) as refused:
        plan(personas.town, at(10, 12), kind="visit", base=orchard, capacity=21)
    assert "最近的空档：3月12日 11:00–13:00" in refused.value.message


def test_a_room_that_is_too_small_names_those_that_fit_and_are_free(desk: Client, personas: County, hall: Room) -> None:
    big = Room.objects.create(venue=hall.venue, name="礼堂", capacity=200)
    Room.objects.create(venue=hall.venue, name="剧场", capacity=150)
    Room.objects.create(venue=hall.venue, name="仓库", capacity=300, is_active=False)
    plan(personas.town, at(9, 11, room=big))
    page = typed_at(
        desk, capacity=90, **{"s-0-room": hall.pk, "s-0-day": "2026-03-12", "s-0-starts": "10:00", "s-0-ends": "12:00"}
    )
    assert "报告厅只有 60 个座位，坐不下 90 人" in page
    assert "坐得下又空着的：党校分校 · 剧场（150）" in page and "礼堂" not in page.split("坐得下")[1].split("</li>")[0]


def test_crowded_is_where_more_are_there_than_may() -> None:
    start = dt.datetime(2026, 3, 12, 8, tzinfo=dt.UTC)

    def slot(begin: int, end: int) -> bookings.Slot:
        return bookings.Slot(start + dt.timedelta(hours=begin), start + dt.timedelta(hours=end))

    others = [(slot(0, 2), 20), (slot(1, 3), 20)]
    assert bookings.crowded(others, 30) == [slot(1, 2)]
    assert bookings.crowded(others, 40) == []
    assert bookings.crowded(others, 0) == [slot(0, 1), slot(1, 2), slot(2, 3)]


def test_a_training_is_not_proposed_a_time_for_more_than_the_base_holds(personas: County, orchard: Any) -> None:
    plan(personas.town, at(9, 11), kind="visit", base=orchard, capacity=50)
    wanted = [bookings.Slot(at(9, 10).starts_at, at(9, 10).ends_at)]
    found = bookings.base_full(orchard, 60, wanted, besides=None)
    assert found is not None and found.free == ()
    assert Training.objects.count() == 1
