"""Whom a training tells what, and what the trainer sees of it."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from lms.core import clock
from lms.members.models import AuditEntry, Member
from lms.notices import sending
from lms.notices.models import Channel, Notice
from lms.training import claims, services, telling
from lms.training.models import Training
from lms.training.services import SessionPlan
from tests.conftest import County
from tests.factories import make_member, make_user
from tests.training.claiming import DAYS, MORNING, sent

pytestmark = pytest.mark.django_db
NOW = timezone.make_aware(dt.datetime(2026, 11, 23, 10, 0))
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def monday() -> Any:
    """All of this happens on a Monday morning."""
    with clock.told(NOW):
        yield


def plan(days: int = 4) -> SessionPlan:
    begins = timezone.make_aware(dt.datetime(2026, 11, 23, 9, 0)) + dt.timedelta(days=days)
    return SessionPlan(begins, begins + 3 * HOUR)


def make_training(county: County, *days: int) -> Training:
    return services.plan_training(
        kind="class",
        unit=county.town,
        sessions=[plan(day) for day in days or (4,)],
        by=county.users["town"],
        title="葡萄修剪",
        category="skills",
        place="桃源果园",
        trainer=county.users["trainer"],
    )


def kinds_of(who: Any) -> list[str]:
    return list(who.notices.order_by("pk").values_list("kind", flat=True))


def test_planning_tells_the_teacher_and_the_secretaries_below(personas: County) -> None:
    make_training(personas)
    notice = Notice.objects.get(user=personas.users["secretary"])
    assert notice.title == "新的培训：葡萄修剪"
    assert "时间：11月27日（周五）09:00" in notice.body
    assert kinds_of(personas.users["trainer"]) == ["training.planned"]
    assert kinds_of(personas.users["town"]) == [], "who did it knows"


def test_what_is_over_tells_nobody(personas: County) -> None:
    training = make_training(personas, -3)
    services.enrol(training=training, member=make_member(personas.branch), by=None)
    services.update_session(session=training.sessions.get(), plan=plan(-4), by=None)
    services.cancel_training(training=training, reason="记错了", by=None)
    assert Notice.objects.count() == 0


def test_a_member_hears_of_his_seat_of_moves_and_of_the_end(personas: County) -> None:
    training, person = make_training(personas), make_member(personas.branch)
    services.enrol(training=training, member=person, by=None)
    services.enrol(training=training, member=person, by=None)
    session = training.sessions.get()
    for number, days in enumerate((5, 4, 5)):
        with clock.told(NOW + number * HOUR):
            services.update_session(session=session, plan=plan(days), by=None)
    services.update_training(training=training, place="枫林果园", by=None)
    services.update_training(training=training, title="葡萄冬剪", by=None)
    services.cancel_training(training=training, reason="下雨", by=None)
    assert kinds_of(person) == ["training.enrolled", *["training.moved"] * 4, "training.cancelled"]
    bodies = list(person.notices.order_by("pk").values_list("body", flat=True))
    assert "原来：11月27日（周五）09:00" in bodies[1]
    assert "改为：11月28日（周六）09:00" in bodies[1]
    assert "地点：枫林果园" in bodies[4]
    assert "原因：下雨" in bodies[5]


def test_one_session_called_off_is_told(personas: County) -> None:
    training, person = make_training(personas, 4, 5), make_member(personas.branch)
    services.enrol(training=training, member=person, by=None)
    services.remove_session(session=training.sessions.last(), by=None)
    assert kinds_of(person) == ["training.enrolled", "training.cancelled"]


def test_who_loses_his_seat_is_told_and_not_of_a_seat_he_gave_up_himself(personas: County, member: Member) -> None:
    training, other = make_training(personas), make_member(personas.branch)
    services.enrol_many(training=training, members=[member, other], by=member.user)
    services.cancel_enrolment(training=training, member=member, by=member.user)
    services.cancel_enrolment(training=training, member=other, by=None)
    assert kinds_of(member) == []
    assert kinds_of(other) == ["training.enrolled", "training.withdrawn"]


def test_tomorrow_is_told_once_however_often_the_job_runs(personas: County) -> None:
    training, person = make_training(personas, 1, 2), make_member(personas.branch)
    services.enrol(training=training, member=person, by=None)
    assert telling.remind_of_tomorrow() == 2, "the member and the teacher"
    assert telling.remind_of_tomorrow() == 0
    with clock.told(NOW + 24 * HOUR):
        assert telling.remind_of_tomorrow() == 2
    assert kinds_of(person) == ["training.enrolled", "training.reminder", "training.reminder"]


def test_of_a_cancelled_training_nobody_is_reminded(personas: County) -> None:
    training = make_training(personas, 1)
    services.enrol(training=training, member=make_member(personas.branch), by=None)
    services.cancel_training(training=training, reason="下雨", by=None)
    assert telling.remind_of_tomorrow() == 0


# -- the trainer's page ------------------------------------------------------------------------


@pytest.fixture
def told(personas: County) -> Training:
    """A training of four: one got e-mail, one read it, one has only a telephone, one has none."""
    Channel.objects.create(kind="email", name="邮件")
    training = make_training(personas)
    mailed = make_member(personas.branch, "收邮件", user=make_user("mailed", email="a@example.cn"))
    reader = make_member(personas.branch, "看站内")
    phone = make_member(personas.branch, "有电话", mobile="13800000001")
    without = make_member(personas.branch, "没电话")
    services.enrol_many(training=training, members=[mailed, reader, phone, without], by=None)
    reader.notices.update(read_at=NOW)
    secretary = make_member(personas.branch, "周书记", mobile="13900000009")
    secretary.posts.create(unit=personas.branch, office="secretary", started_on=dt.date(2025, 1, 1))
    with clock.told(NOW + HOUR):
        assert sending.drain() == 1
    return training


def test_the_trainer_sees_who_was_told_how_and_who_was_not(told: Training, login: Callable[[str], Client]) -> None:
    page = login("trainer").get(f"/desk/trainings/{told.uuid}/told/").content.decode()
    missing, reached = page.split("已通知到 2 人")
    assert "还没有通知到 2 人" in missing
    assert "有电话" in missing
    assert "没电话" in missing
    assert "13800000001" not in page, "a page shows no number in full"
    assert "邮件 · 已发送" in reached
    assert "看站内" in reached


def test_the_call_list_has_numbers_or_who_passes_it_on_and_leaves_a_trace(
    told: Training, login: Callable[[str], Client]
) -> None:
    client = login("trainer")
    answer = client.get(f"/desk/trainings/{told.uuid}/told/xlsx/")
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    found = {row[0]: row for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert set(found) == {"有电话", "没电话"}
    assert found["有电话"][2] == "13800000001"
    assert found["没电话"][3] == "周书记 13900000009"
    assert found["没电话"][4].startswith("您已报名：葡萄修剪。时间：11月27日（周五）09:00")
    pdf = client.get(f"/desk/trainings/{told.uuid}/told/pdf/").content
    assert pdf.startswith(b"%PDF-")
    trail = AuditEntry.objects.filter(action="training.call_list")
    assert [row.detail["format"] for row in trail.order_by("pk")] == ["xlsx", "pdf"]
    assert client.get(f"/desk/trainings/{told.uuid}/told/exe/").status_code == 404


def test_who_was_called_is_noted_and_only_of_this_training(told: Training, login: Callable[[str], Client]) -> None:
    stranger = make_member(told.unit, "外人")
    other = services.plan_training(
        kind="class", unit=told.unit, sessions=[plan()], by=None, title="别的班", category="skills"
    )
    services.enrol(training=other, member=stranger, by=None)
    codes = list(Member.objects.filter(name__in=["没电话", "外人"]).values_list("code", flat=True))
    login("trainer").post(f"/desk/trainings/{told.uuid}/told/voice/", {"told": codes})
    assert list(Notice.objects.filter(told_at__isnull=False).values_list("member__name", flat=True)) == ["没电话"]
    page = login("trainer").get(f"/desk/trainings/{told.uuid}/told/").content.decode()
    assert "还没有通知到 1 人" in page


def test_the_page_takes_the_same_queries_for_four_and_for_sixty(
    told: Training, login: Callable[[str], Client], django_assert_max_num_queries: Any
) -> None:
    people = [make_member(told.unit, f"党员{n}") for n in range(56)]
    services.enrol_many(training=told, members=people, by=None)
    client = login("trainer")
    with django_assert_max_num_queries(20):
        assert client.get(f"/desk/trainings/{told.uuid}/told/").status_code == 200


def test_a_claimant_hears_how_his_claim_was_decided_and_until_when_he_may_appeal(personas: County) -> None:
    person, secretary = make_member(personas.branch), personas.users["secretary"]
    claims.approve(claim=sent(person, MORNING), by=secretary)
    claims.give_back(claim=sent(person, DAYS[1]), reason="照片看不清", by=secretary)
    claims.refuse(claim=sent(person, DAYS[2]), reason="不是培训", by=secretary)
    said = dict(person.notices.values_list("kind", "body"))
    assert set(said) == {"claim.approved", "claim.returned", "claim.refused"}
    assert said["claim.approved"] == "计入学时：4"
    assert said["claim.returned"].startswith("原因：照片看不清")
    assert "可在 12月8日（周二）10:00 前" in said["claim.refused"]
