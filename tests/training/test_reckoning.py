"""Before a training is closed: scans that wait, heads that are not the ticks; afterwards: who is told what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from lms.core import clock
from lms.hours import totals
from lms.notices.models import Notice
from lms.training import services
from lms.training.checkin import selectors as scans
from lms.training.checkin import services as checkin
from lms.training.closing import appeals, makeups, overdue, reckoning
from lms.training.closing import selectors as reads
from lms.training.errors import TrainingError
from lms.training.models import Attendance, Scan, Training
from tests.conftest import County
from tests.training.claiming import PDF
from tests.training.conftest import FIRST_DAY, NEXT_DAY, ClassRoom, on

Login = Callable[[str], Client]
Means = Attendance.Means


@pytest.fixture
def alone(classroom: ClassRoom, after_class: time_machine.Coordinates) -> Scan:
    """On the first morning the first of three has scanned the room's code and the second was ticked; now it is the evening after."""
    now = clock.now()
    after_class.move_to(on(FIRST_DAY, 8, 20))
    reading = checkin.Reading("test:alone", classroom.people[0], Means.ROOM_CODE, "in", on(FIRST_DAY, 8, 20), "a" * 32)
    scan = checkin.record(session=classroom.first, reading=reading, by=None)
    services.mark(session=classroom.first, marks={classroom.people[1].pk: "present"}, by=None)
    after_class.move_to(now)
    return scan


def mark(classroom: ClassRoom, number: int = 0) -> Attendance | None:
    return Attendance.objects.filter(session=classroom.first, member=classroom.people[number]).first()


def earned(classroom: ClassRoom, number: int = 0) -> list[str]:
    return [str(entry.hours) for entry in totals.entries(classroom.people[number].pk, 2026)]


def told(kind: str) -> list[Notice]:
    return list(Notice.objects.filter(kind=kind).order_by("pk"))


# -- scans that wait ------------------------------------------------------------------------------


def test_nobody_closes_over_a_scan_that_waits(classroom: ClassRoom, alone: Scan) -> None:
    with pytest.raises(TrainingError, match="scans-waiting"):
        classroom.close()
    checkin.decide(scan=alone, accepted=True, by=None)
    classroom.close()
    found = mark(classroom)
    assert found is not None and (found.status, found.means) == ("present", Means.ROOM_CODE)
    assert earned(classroom) == ["4.00"]


def test_a_refused_scan_lets_the_training_be_closed(classroom: ClassRoom, alone: Scan) -> None:
    checkin.decide(scan=alone, accepted=False, reason="没来", by=None)
    classroom.close()
    found = mark(classroom)
    assert found is not None and found.status == "absent"


def test_a_tick_by_hand_is_a_word_too(classroom: ClassRoom, alone: Scan) -> None:
    services.mark(session=classroom.first, marks={classroom.people[0].pk: "absent"}, by=None)
    assert reckoning.waiting([classroom.first]) == {}
    classroom.close()
    assert reads.unsettled_for(classroom.training.trainer) == []


def test_the_page_of_closing_lists_who_waits_and_refuses(classroom: ClassRoom, alone: Scan, login: Login) -> None:
    client, address = login("trainer"), reverse("training-close", args=[classroom.training.uuid])
    shown = client.get(address).content.decode()
    assert "还有人的签到待确认" in shown and classroom.people[0].name in shown
    assert reverse("session-checkin", args=[classroom.training.uuid, classroom.first.pk]) in shown
    assert client.post(address, {"absent": "on"}).status_code == 422
    assert Training.objects.get().state == "open"
    checkin.decide(scan=alone, accepted=True, by=None)
    assert client.post(address, {"absent": "on"}).status_code == 302


def test_the_house_closes_and_voids_no_scan(
    classroom: ClassRoom, alone: Scan, after_class: time_machine.Coordinates, personas: County, login: Login
) -> None:
    after_class.move_to(on(NEXT_DAY + dt.timedelta(days=6), 9))
    assert overdue.close_overdue() == 1
    assert mark(classroom) is None  # neither present nor absent
    other = mark(classroom, 2)
    assert other is not None and other.status == "absent"
    (notice,) = told("training.unsettled")
    assert notice.user == personas.users["trainer"] and "1 人次" in notice.body
    assert reads.unsettled_for(personas.users["trainer"]) == [(classroom.first, 1)]
    shown = login("trainer").get(reverse("matter-list")).content.decode()
    assert "结课时还待确认的签到" in shown
    address = reverse("session-decide", args=[classroom.training.uuid, classroom.first.pk, alone.key])
    assert login("trainer").post(address, {"accept": "1"}).status_code == 302
    assert earned(classroom) == ["4.00"]
    assert reads.unsettled_for(personas.users["trainer"]) == []


def test_after_closing_a_no_makes_absent(
    classroom: ClassRoom, alone: Scan, after_class: time_machine.Coordinates
) -> None:
    after_class.move_to(on(NEXT_DAY + dt.timedelta(days=6), 9))
    overdue.close_overdue()
    checkin.decide(scan=alone, accepted=False, reason="没来", by=None)
    found = mark(classroom)
    assert found is not None and (found.status, found.means) == ("absent", Means.CLOSING)
    assert earned(classroom) == []


# -- heads ----------------------------------------------------------------------------------------


def test_the_count_of_the_day_stands_until_a_reason_is_given(classroom: ClassRoom) -> None:
    classroom.mark("present", "present", "absent")
    checkin.count_heads(session=classroom.first, heads=3, by=None)
    with pytest.raises(TrainingError, match="head-count"):
        classroom.close()
    with pytest.raises(TrainingError, match="head-count"):  # another figure than the one counted needs one too
        classroom.close(head_counts={classroom.first.pk: 2})
    classroom.close(reason="一位是陪同")


def test_a_count_that_agrees_needs_no_reason(classroom: ClassRoom) -> None:
    classroom.mark("present", "present", "absent")
    checkin.count_heads(session=classroom.first, heads=5, by=None)
    checkin.count_heads(session=classroom.first, heads=2, by=None)
    assert reckoning.last_counts([classroom.first]) == {classroom.first.pk: 2}
    classroom.close()


def test_the_page_begins_with_the_count_of_the_day(classroom: ClassRoom, login: Login) -> None:
    classroom.mark("present", "present", "absent")
    checkin.count_heads(session=classroom.first, heads=17, by=None)
    shown = login("trainer").get(reverse("training-close", args=[classroom.training.uuid])).content.decode()
    assert 'value="17"' in shown and "当天最后一次清点 17 人" in shown


# -- who is told ----------------------------------------------------------------------------------


def test_closing_tells_everybody_his_hours_and_the_time_to_object(classroom: ClassRoom) -> None:
    classroom.mark("present", "present", "absent")
    classroom.mark("present", "absent", "absent", session=classroom.second)
    classroom.close()
    said = {notice.member: notice for notice in told("training.closed")}
    assert set(said) == set(classroom.people)
    assert [said[person].body.splitlines()[0] for person in classroom.people] == [
        "计入学时：8",
        "计入学时：4",
        "计入学时：0",
    ]
    assert "3月21日" in said[classroom.people[0]].body  # closed on 6 March
    makeup = sorted((notice.member.name, notice.about) for notice in told("training.makeup") if notice.member)
    assert len(makeup) == 3 and makeup[0][0] == "单春花"
    assert all("12月31日" in notice.body for notice in told("training.makeup"))


def test_a_book_of_long_ago_rings_no_telephone(classroom: ClassRoom, after_class: time_machine.Coordinates) -> None:
    after_class.move_to(on(NEXT_DAY + dt.timedelta(days=40), 9))
    classroom.mark("present", "present", "absent")
    classroom.close()
    assert told("training.closed") == [] and told("training.makeup") == []


def test_an_answer_to_an_appeal_and_to_a_make_up_is_told(
    classroom: ClassRoom, personas: County, after_class: time_machine.Coordinates
) -> None:
    classroom.mark("absent", "absent", "present")
    classroom.close()
    one, two = classroom.people[:2]
    row = appeals.send(session=classroom.first, member=one, wanted="present", reason="我在", by=None)
    appeals.decide(appeal=row, grant=True, answer="监控可见", by=personas.users["town"])
    (notice,) = told("appeal.answered")
    assert notice.member == one and "已更正" in notice.title and "监控可见" in notice.body
    after_class.move_to(on(NEXT_DAY + dt.timedelta(days=2), 9))
    evening = on(NEXT_DAY + dt.timedelta(days=1), 19)
    text = "看了录像，对照讲义做了笔记，弄懂了修剪和嫁接的要点，回去就试。"
    lesson = makeups.Lesson(evening, evening + dt.timedelta(hours=2), text, [PDF])
    made = makeups.send(session=classroom.first, member=two, lesson=lesson, by=personas.users["secretary"])
    makeups.decide(make_up=made, approve=False, answer="照片看不清", by=personas.users["town"])
    said = told("makeup.answered")
    assert {(notice.member, notice.user) for notice in said} == {(two, None), (None, personas.users["secretary"])}
    assert all("未通过" in notice.title and "照片看不清" in notice.body for notice in said)
    assert scans.waiting(classroom.first) == []
