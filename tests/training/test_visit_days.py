"""A visit from plan to register: who may plan one, the host's code and count, members' photographs, 基地参观登记 (domain §6)."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from lms.core import clock
from lms.members.models import Member
from lms.notices.models import Notice
from lms.training import services as trainings
from lms.training import sheets, tokens
from lms.training.checkin import selectors as scans
from lms.training.checkin import services as checkin
from lms.training.errors import TrainingError
from lms.training.models import Attendance, Base, Scan, Training, VisitPhoto
from lms.training.services import Reconciliation, SessionPlan
from lms.training.visits import register, rules, selectors, services
from lms.training.visits.services import Wish
from tests.conftest import County
from tests.factories import make_member
from tests.training.conftest import NEXT_DAY, on
from tests.training.pictures import photo
from tests.training.test_views import plan_form

Login = Callable[[str], Client]
Means = Attendance.Means
DAY = NEXT_DAY + dt.timedelta(days=3)
MORNING = SessionPlan(on(DAY, 8, 30), on(DAY, 11, 30), "half_day", "看冬剪")


@pytest.fixture
def visit(orchard: Base, personas: County, member: Member, after_class: time_machine.Coordinates) -> Training:
    """A visit of one morning that the base has agreed to, ``member`` enrolled; it is eight o'clock of that day."""
    orchard.guide = "周师傅"
    orchard.save()
    wish = Wish(DAY, "am", 30, "看冬剪")
    asked = services.ask(base=orchard, unit=personas.branch, wish=wish, by=personas.users["secretary"])
    training = services.agree(request=asked, guide="老周", answer="欢迎", by=personas.users["town"])
    trainings.enrol(training=training, member=member, by=None)
    after_class.move_to(on(DAY, 8, 5))
    return training


# -- consent --------------------------------------------------------------------------------------


def plan(personas: County, by: str | None, orchard: Base, **more: object) -> Training:
    user = personas.users[by] if by else None
    facts = {"kind": "visit", "title": "参观", "category": "skills", "base": orchard, "capacity": 20, **more}
    return trainings.plan_training(unit=personas.branch, sessions=[MORNING], by=user, **facts)


def test_issue_5_7_nobody_plans_over_a_bases_head(orchard: Base, personas: County) -> None:
    with pytest.raises(TrainingError, match="base-consent"):
        plan(personas, "secretary", orchard)
    assert not Training.objects.exists()
    assert plan(personas, "town", orchard).base == orchard  # the base belongs to the town
    assert plan(personas, "secretary", orchard, kind="class", title="班").base == orchard  # no visit, only its place


def test_what_was_agreed_to_is_not_widened(visit: Training, orchard: Base, personas: County) -> None:
    secretary, session = personas.users["secretary"], visit.sessions.get()
    later = SessionPlan(on(DAY, 14), on(DAY, 17), "half_day")
    with pytest.raises(TrainingError, match="base-consent"):
        trainings.update_training(training=visit, capacity=31, by=secretary)
    with pytest.raises(TrainingError, match="base-consent"):
        trainings.update_session(session=session, plan=later, by=secretary)
    with pytest.raises(TrainingError, match="base-consent"):
        trainings.add_session(training=visit, plan=later, by=secretary)
    assert trainings.update_training(training=visit, capacity=10, title="看剪枝", by=secretary)
    assert trainings.update_session(session=session, plan=later, by=personas.users["town"])


def test_the_page_leads_to_asking(orchard: Base, personas: County, login: Login) -> None:
    ask = reverse("visit-ask", args=[orchard.code])
    new = reverse("training-new")
    answer = login("secretary").get(new, {"kind": "visit", "base": orchard.pk})
    assert (answer.status_code, answer["Location"]) == (302, ask)
    assert login("town").get(new, {"kind": "visit", "base": orchard.pk}).status_code == 200
    values = {**plan_form(), "kind": "visit", "base": orchard.pk, "unit": personas.branch.code}
    refused = login("secretary").post(new, values)
    assert refused.status_code == 302 and refused["Location"].startswith(f"{ask}?")
    assert not Training.objects.exists()
    asked = login("secretary").get(refused["Location"]).content.decode()
    assert str(values["title"]) in asked
    shown = login("secretary").get(reverse("base-detail", args=[orchard.code])).content.decode()
    direct = f"{new}?kind=visit&amp;base={orchard.pk}"
    assert ask in shown and direct not in shown
    assert direct in login("town").get(reverse("base-detail", args=[orchard.code])).content.decode()


def test_who_asks_and_who_answers_are_told(orchard: Base, personas: County) -> None:
    orchard.guide = "周师傅"
    orchard.save()
    wish = Wish(DAY, "am", 30, "看冬剪", "有四位老同志")
    asked = services.ask(base=orchard, unit=personas.branch, wish=wish, by=personas.users["secretary"])
    (notice,) = Notice.objects.filter(kind="visit.requested")
    assert notice.user == personas.users["town"] and "有四位老同志" in notice.body and "3月9日" in notice.body
    services.decline(request=asked, answer="上午已满", offered=(DAY, "pm"), by=personas.users["town"])
    (notice,) = Notice.objects.filter(kind="visit.answered")
    assert notice.user == personas.users["secretary"]
    assert "未同意" in notice.body and "上午已满" in notice.body and "可改到 3月9日" in notice.body
    again = services.ask(base=orchard, unit=personas.branch, wish=wish, by=personas.users["secretary"])
    services.agree(request=again, guide="老周", answer="", by=personas.users["town"])
    last = Notice.objects.filter(kind="visit.answered").latest("pk")
    assert "已同意" in last.body and "老周" in last.body


def test_who_was_asked_hears_that_the_request_is_withdrawn(orchard: Base, personas: County, login: Login) -> None:
    wish = Wish(DAY, "am", 30, "看冬剪")
    asked = services.ask(base=orchard, unit=personas.branch, wish=wish, by=personas.users["secretary"])
    page = reverse("visit-request", args=[asked.uuid])
    assert login("secretary").post(page, {"withdraw": "1"}).status_code == 302
    (notice,) = Notice.objects.filter(kind="visit.withdrawn")
    assert (notice.user, notice.link) == (personas.users["town"], page)
    assert "看冬剪" in notice.title and "人数：30" in notice.body and "3月9日" in notice.body


def test_of_a_day_that_is_over_nobody_hears(orchard: Base, personas: County) -> None:
    asked = services.ask(base=orchard, unit=personas.branch, wish=Wish(DAY, "am", 30, "看冬剪"), by=None)
    with clock.told(on(DAY, 9) + dt.timedelta(days=1)):
        services.withdraw(request=asked, by=personas.users["secretary"])
    asked.refresh_from_db()
    assert asked.state == "withdrawn"
    assert not Notice.objects.filter(kind="visit.withdrawn").exists()


def test_the_bases_guide_is_proposed(orchard: Base, personas: County, login: Login) -> None:
    orchard.guide, orchard.contact = "周师傅", "办公室"
    orchard.save()
    wish = Wish(DAY, "am", 30, "看冬剪")
    asked = services.ask(base=orchard, unit=personas.branch, wish=wish, by=None)
    shown = login("town").get(reverse("visit-request", args=[asked.uuid])).content.decode()
    assert 'value="周师傅"' in shown and 'value="办公室"' not in shown


# -- the host -------------------------------------------------------------------------------------


def scanned(visit: Training, member: Member, key: str = "t:1", phone: str = "a") -> Scan:
    reading = checkin.Reading(key, member, Means.VISIT_CODE, "in", on(DAY, 8, 20), phone * 32)
    return checkin.record(session=visit.sessions.get(), reading=reading, by=None)


def test_issue_5_7_the_hosts_code_waits_for_the_hosts_word(
    visit: Training, member: Member, personas: County, login: Login
) -> None:
    session = visit.sessions.get()
    shown = login("town").get(reverse("visit-screen", args=[visit.uuid, session.pk]))
    assert shown.status_code == 200 and "svg" in shown.content.decode()
    assert login("secretary").get(reverse("visit-screen", args=[visit.uuid, session.pk])).status_code == 404
    token = tokens.room_code(scans.room_key(), session.pk, "in", scans.now(), tokens.HOST)
    client = login("member")
    claim = client.get(reverse("room-code", args=[token]))
    assert claim.status_code == 302
    client.post(claim["Location"])
    scan = Scan.objects.get()
    assert (scan.means, scan.result) == (Means.VISIT_CODE, Scan.Result.PROVISIONAL)
    assert not Attendance.objects.exists()


def test_the_two_codes_are_not_each_others(visit: Training) -> None:
    session = visit.sessions.get()
    token = tokens.room_code(scans.room_key(), session.pk, "in", scans.now(), tokens.HOST)
    with pytest.raises(tokens.TokenError, match="bad-code"):
        tokens.read_room_code(scans.room_key(), token, scans.now())
    changed = f"R{token[1:]}"
    with pytest.raises(tokens.TokenError, match="bad-code"):
        tokens.read_room_code(scans.room_key(), changed, scans.now(), tokens.purpose_of(changed))


def test_a_count_that_agrees_confirms_who_waits(
    visit: Training, member: Member, personas: County, after_class: time_machine.Coordinates
) -> None:
    session, other = visit.sessions.get(), make_member(personas.branch, "李大山")
    trainings.enrol(training=visit, member=other, by=None)
    trainings.mark(session=session, marks={other.pk: "present"}, by=None)
    scanned(visit, member)
    after_class.move_to(on(DAY, 12))
    services.count(session=session, heads=3, guide="", by=personas.users["town"])
    assert not Attendance.objects.filter(member=member).exists()
    assert selectors.record_of(session).waiting == 1
    services.count(session=session, heads=2, guide="", by=personas.users["town"])
    mark = Attendance.objects.get(member=member)
    assert (mark.status, mark.means) == ("present", Means.VISIT_CODE)
    assert scans.waiting(session) == []


def test_the_hosts_count_does_not_confirm_doubtful_scans(visit: Training, personas: County, member: Member) -> None:
    others = [make_member(personas.branch, name) for name in ("甲一", "乙二")]
    trainings.enrol_many(training=visit, members=others, by=None)
    for n, person in enumerate([member, *others]):
        scanned(visit, person, f"t:{n}")  # three people, one phone
    services.count(session=visit.sessions.get(), heads=3, guide="", by=personas.users["town"])
    assert not Attendance.objects.exists()


# -- photographs and places -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("taken", "added", "found"),
    [
        (None, on(DAY, 12), []),
        (on(DAY, 9), on(DAY, 12), []),
        (on(DAY, 9), on(DAY, 9) + dt.timedelta(days=1), ["late"]),
        (on(DAY, 9) - dt.timedelta(days=1), on(DAY, 8, 59), ["other-day"]),
        (on(DAY, 9) - dt.timedelta(days=400), on(DAY, 12), ["late", "other-day"]),
        (on(DAY, 12, 9), on(DAY, 12), []),
        (on(DAY, 12, 11), on(DAY, 12), ["future"]),
        (on(DAY, 9) + dt.timedelta(days=9), on(DAY, 12), ["future"]),
    ],
)
def test_issue_5_7_what_is_odd_about_a_pictures_times(
    taken: dt.datetime | None, added: dt.datetime, found: list[str]
) -> None:
    assert rules.remarks(taken, added, DAY, DAY) == found


def test_a_member_adds_photographs_of_his_visit(
    visit: Training, member: Member, login: Login, after_class: time_machine.Coordinates
) -> None:
    session = visit.sessions.get()
    after_class.move_to(on(DAY, 12))
    client, address = login("member"), reverse("own-visit-photo-add", args=[visit.uuid, session.pk])
    client.post(address, {"evidence": SimpleUploadedFile("a.jpg", photo(1))})
    assert not VisitPhoto.objects.exists()  # he was not there
    trainings.mark(session=session, marks={member.pk: "present"}, by=None)
    for n in range(rules.MOST_OWN_PHOTOS + 1):
        client.post(address, {"evidence": SimpleUploadedFile("a.jpg", photo(n + 1))})
    assert VisitPhoto.objects.filter(added_by=member.user).count() == rules.MOST_OWN_PHOTOS
    own = VisitPhoto.objects.first()
    assert own is not None
    page = client.get(reverse("own-visit", args=[visit.uuid])).content.decode()
    link = reverse("own-visit-photo", args=[visit.uuid, own.uuid])
    assert link in page and client.get(link).status_code == 200
    other = services.add_photo(session=session, data=photo(40), by=None)
    assert client.get(reverse("own-visit-photo", args=[visit.uuid, other.uuid])).status_code == 404


def test_the_place_is_checked_from_half_an_hour_before(
    visit: Training, login: Login, after_class: time_machine.Coordinates
) -> None:
    Base.objects.update(lat="30.00000", lng="113.00000")
    session = visit.sessions.get()
    client, page = login("member"), reverse("own-visit", args=[visit.uuid])
    assert client.get(page).status_code == 200
    assert reverse("own-training", args=[visit.uuid]) in client.get(reverse("own-trainings")).content.decode()
    client.post(reverse("own-visit-place", args=[visit.uuid, session.pk]), {"lat": "30.0", "lng": "113.0"})
    assert selectors.record_of(session).near == 1
    after_class.move_to(on(DAY, 7, 59))
    assert client.get(page).status_code == 404


# -- the register ---------------------------------------------------------------------------------


@pytest.fixture
def closed(visit: Training, member: Member, personas: County, after_class: time_machine.Coordinates) -> Training:
    """The visit is over and closed: one there, the host counted two, two pictures of which one came late."""
    session = visit.sessions.get()
    Base.objects.update(lat="30.00000", lng="113.00000")
    session = Training.objects.get(pk=visit.pk).sessions.get()
    services.check_place(session=session, member=member, here=(30.0, 113.0))
    after_class.move_to(on(DAY, 12))
    trainings.mark(session=session, marks={member.pk: "present"}, by=None)
    services.count(session=session, heads=2, guide="周小满", by=personas.users["town"])
    services.add_photo(session=session, data=photo(1), by=None)
    late = services.add_photo(session=session, data=photo(2), by=None)
    VisitPhoto.objects.filter(pk=late.pk).update(taken_at=on(DAY, 9) - dt.timedelta(days=2))
    trainings.close_training(training=visit, said=Reconciliation(), by=None)
    return visit


HEADS = ["日期", "基地名称", "基地类别", "主题", "组织单位", "带队人", "讲解员", "应到", "实到", "学时", "照片", "备注"]


def test_domain_6_the_register_in_its_order(closed: Training, login: Login) -> None:
    answer = login("town").get(reverse("visit-register"), {"format": "xlsx"})
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active  # type: ignore[attr-defined]
    assert sheet is not None
    head, row = list(sheet.iter_rows(values_only=True))[:2]
    assert list(head) == HEADS
    found = dict(zip(head, row, strict=True))
    assert (found["讲解员"], found["应到"], found["实到"], found["学时"], found["照片"]) == ("周小满", 1, 1, 4, 2)
    assert found["备注"] == "基地确认 2 人；照片 1 张隔天以后上传；手机核对在基地 1/1 人"


def test_without_a_count_the_guide_is_the_one_agreed_on(
    visit: Training, personas: County, after_class: time_machine.Coordinates
) -> None:
    after_class.move_to(on(DAY, 12))
    trainings.close_training(training=visit, said=Reconciliation(absent_confirmed=True), by=None)
    (row,) = sheets.visit_rows(register.rows(personas.users["town"]))
    assert (row[6], row[10], row[11]) == ("老周", 0, "")


def test_the_register_is_filtered_and_printed_across(closed: Training, personas: County, login: Login) -> None:
    client, address = login("town"), reverse("visit-register")
    page = client.get(address).content.decode()
    assert "landscape.css" in page and "周小满" in page and "填表人" in page and "（盖章）" in page and "<svg" in page
    for query, is_there in (
        ({"year": "2026"}, True),
        ({"year": "2025"}, False),
        ({"base": "JD01"}, True),
        ({"base": "JD99"}, False),
        ({"unit": personas.branch.code}, True),
        ({"unit": personas.branch2.code}, False),
    ):
        assert ("周小满" in client.get(address, query).content.decode()) is is_there, query
