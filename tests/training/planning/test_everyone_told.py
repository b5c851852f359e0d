"""Issue 5: move, add and cancel with everyone told. One test a group, and one for each thing that can change."""

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
from lms.members.models import Member, RoleGrant
from lms.notices.models import Notice
from lms.training import services, telling
from lms.training.filling import services as filling
from lms.training.models import Base, Expert, Organiser, Room, Training, Venue
from lms.training.services import SessionPlan, plan_of
from tests.conftest import County
from tests.factories import make_grant, make_member, make_user

pytestmark = pytest.mark.django_db
NOW = timezone.make_aware(dt.datetime(2026, 11, 23, 10, 0))
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def monday() -> Any:
    """All of this happens on a Monday morning."""
    with clock.told(NOW):
        yield


def on_day(days: int, **fields: Any) -> SessionPlan:
    begins = timezone.make_aware(dt.datetime(2026, 11, 23, 9, 0)) + dt.timedelta(days=days)
    return SessionPlan(begins, begins + 3 * HOUR, **fields)


@pytest.fixture
def visit(personas: County) -> Training:
    """A visit of the town to a base of the town next door, for one person; no notice of its planning counts."""
    base = Base.objects.create(
        code="JD02", name="柳河蚕桑基地", kind="industry", unit=personas.other_town, contact="老周", phone="13800000002"
    )
    training = services.plan_training(
        kind="visit",
        unit=personas.town,
        base=base,
        capacity=1,
        sessions=[on_day(4)],
        by=None,
        title="蚕桑参观",
        category="skills",
        trainer=personas.users["trainer"],
    )
    Notice.objects.all().delete()
    return training


def told(who: Any) -> list[str]:
    return list(who.notices.order_by("pk").values_list("kind", flat=True))


def move(training: Training, days: int = 5) -> None:
    services.update_session(session=training.sessions.get(), plan=on_day(days), by=None)


def cancel(training: Training) -> None:
    services.cancel_training(training=training, reason="下雨", by=None)


def add(training: Training) -> None:
    experts = tuple(training.sessions.get().experts.all())
    services.add_session(training=training, plan=on_day(5, topic="嫁接", experts=experts), by=None)


EACH = pytest.mark.parametrize(
    ("act", "kind"), [(move, "training.moved"), (cancel, "training.cancelled"), (add, "training.added")]
)


@EACH
def test_who_has_a_seat_and_who_teaches(act: Callable[..., None], kind: str, visit: Training, personas: County) -> None:
    seated = make_member(personas.branch, "李大山")
    services.enrol(training=visit, member=seated, by=None)
    act(visit)
    assert told(seated)[-1] == kind
    assert told(personas.users["trainer"]) == [kind]


@EACH
def test_who_waits(act: Callable[..., None], kind: str, visit: Training, personas: County) -> None:
    services.enrol(training=visit, member=make_member(personas.branch, "李大山"), by=None)
    waiting = make_member(personas.branch, "单春花")
    filling.sign_up(training=visit, member=waiting, by=None)
    act(visit)
    assert told(waiting) == ["training.waiting", kind]


@EACH
def test_who_is_proposed_and_who_proposed_him(
    act: Callable[..., None], kind: str, visit: Training, personas: County
) -> None:
    proposed, secretary = make_member(personas.branch, "曾小河"), personas.users["secretary"]
    filling.nominate(training=visit, members=[proposed], unit=personas.branch, by=secretary)
    Notice.objects.all().delete()
    act(visit)
    assert told(proposed) == [kind]
    assert told(secretary) == [kind]


@EACH
def test_who_keeps_the_base(act: Callable[..., None], kind: str, visit: Training, personas: County) -> None:
    keeper = make_user("keeper")
    make_grant(keeper, RoleGrant.Role.TOWN_ADMIN, personas.other_town)
    act(visit)
    assert told(keeper) == [kind]
    assert keeper.notices.get().link == f"/desk/visits/{visit.uuid}/"
    assert told(personas.users["county"]) == []  # the town has somebody: the county is not asked


@EACH
def test_experts_who_have_an_account_or_are_members(
    act: Callable[..., None], kind: str, visit: Training, personas: County
) -> None:
    account, member = make_user("expert"), make_member(personas.branch, "方志远")
    experts = [
        Expert.objects.create(unit=personas.town, name="甲", user=account),
        Expert.objects.create(unit=personas.town, name="乙", member=member),
    ]
    visit.sessions.get().experts.set(experts)
    act(visit)
    assert told(account) == told(member) == [kind]  # the move takes them off the session: they hear that too


def test_one_who_is_all_of_it_is_told_once(visit: Training, personas: County, member: Member) -> None:
    services.enrol(training=visit, member=member, by=None)
    make_grant(member.user, RoleGrant.Role.TOWN_ADMIN, personas.other_town)
    services.update_training(training=visit, trainer=member.user, by=None)
    Notice.objects.all().delete()
    move(visit)
    assert Notice.objects.filter(member=member).count() + Notice.objects.filter(user=member.user).count() == 1


# -- what can change --------------------------------------------------------------------------


def last_words(training: Training, personas: County) -> str:
    return str(Notice.objects.filter(user=personas.users["trainer"]).latest("pk").body)


def test_another_end_room_or_expert_is_told_and_another_topic_is_not(visit: Training, personas: County) -> None:
    session = visit.sessions.get()
    old = plan_of(session)
    venue = Venue.objects.create(unit=personas.town, name="党校分校")
    room = Room.objects.create(venue=venue, name="报告厅")
    expert = Expert.objects.create(unit=personas.town, name="方志远")

    def become(**fields: Any) -> int:
        values = {"starts_at": old.starts_at, "ends_at": old.ends_at, **fields}
        services.update_session(session=session, plan=SessionPlan(**values), by=None)
        return Notice.objects.filter(user=personas.users["trainer"]).count()

    assert become(ends_at=old.ends_at + HOUR) == 1
    assert "改为：11月27日（周五）09:00–13:00\n原来：11月27日（周五）09:00–12:00" in last_words(visit, personas)
    with clock.told(NOW + HOUR):
        assert become(ends_at=old.ends_at + HOUR, room=room) == 2
    assert "地点：党校分校 · 报告厅" in last_words(visit, personas)
    assert "教室由未定改为党校分校 · 报告厅" in last_words(visit, personas)
    with clock.told(NOW + 2 * HOUR):
        assert become(ends_at=old.ends_at + HOUR, room=room, experts=(expert,)) == 3
    assert "授课人由未定改为方志远" in last_words(visit, personas)
    with clock.told(NOW + 3 * HOUR):
        assert become(ends_at=old.ends_at + HOUR, room=room, experts=(expert,), topic="嫁接") == 3


def test_an_added_session_is_told_with_its_topic_time_and_expert(visit: Training, personas: County) -> None:
    expert = Expert.objects.create(unit=personas.town, name="方志远", user=make_user("expert"))
    services.add_session(training=visit, plan=on_day(5, topic="嫁接", experts=(expert,)), by=None)
    assert told(expert.user) == ["training.added"]
    notice = Notice.objects.get(user=personas.users["trainer"])
    assert notice.title == "加了一次课：蚕桑参观（嫁接）"
    assert notice.body == "时间：11月28日（周六）09:00\n地点：柳河蚕桑基地\n授课：方志远"


def test_each_of_several_added_sessions_is_told_and_not_to_who_adds_them(visit: Training, personas: County) -> None:
    seated, trainer = make_member(personas.branch, "李大山"), personas.users["trainer"]
    services.enrol(training=visit, member=seated, by=None)
    make_grant(trainer, RoleGrant.Role.TOWN_ADMIN, personas.other_town)  # he answers for the base, too
    Notice.objects.all().delete()
    for days in (5, 6):
        services.add_session(training=visit, plan=on_day(days), by=trainer)
    assert told(seated) == ["training.added", "training.added"]
    assert told(trainer) == []


def test_a_session_added_to_the_record_afterwards_is_told_to_nobody(visit: Training, personas: County) -> None:
    services.add_session(training=visit, plan=on_day(-3), by=None)
    assert told(personas.users["trainer"]) == []


def test_another_teacher_or_base_is_told_to_those_who_were_before_too(visit: Training, personas: County) -> None:
    keeper, successor = make_user("keeper"), make_user("successor", last_name="周", first_name="明")
    make_grant(keeper, RoleGrant.Role.TOWN_ADMIN, personas.other_town)
    services.update_training(training=visit, trainer=successor, by=None)
    assert told(personas.users["trainer"]) == told(successor) == ["training.moved"]
    assert "负责教师由" in last_words(visit, personas)
    own = Base.objects.create(code="JD03", name="石桥果园", kind="industry", unit=personas.town)
    with clock.told(NOW + HOUR):
        services.update_training(training=visit, base=own, by=None)
    assert told(keeper) == ["training.moved", "training.moved"]
    assert told(personas.users["town"])[-1] == "training.moved"


def test_where_is_the_registered_room_when_a_seat_is_told(visit: Training, personas: County) -> None:
    venue = Venue.objects.create(unit=personas.town, name="党校分校")
    visit.sessions.update(room=Room.objects.create(venue=venue, name="报告厅"))
    seated = make_member(personas.branch, "李大山")
    services.enrol(training=visit, member=seated, by=None)
    assert "地点：党校分校 · 报告厅" in seated.notices.get().body


def test_the_trainer_who_prepares_hears_of_nominations(visit: Training, personas: County) -> None:
    proposed = make_member(personas.branch, "曾小河")
    filling.nominate(training=visit, members=[proposed], unit=personas.branch, by=personas.users["secretary"])
    assert told(personas.users["trainer"]) == ["training.nominated"]


def test_experts_the_organiser_and_the_base_stand_on_the_call_list(
    visit: Training, personas: County, login: Callable[[str], Client]
) -> None:
    expert = Expert.objects.create(unit=personas.town, name="方志远", employer="县委党校", phone="13800000001")
    organiser = Organiser.objects.create(unit=personas.town, name="农技站", contact="小王", phone="0713-123")
    visit.sessions.get().experts.add(expert)
    services.update_training(training=visit, organiser=organiser, by=None)
    client = login("trainer")
    page = client.get(f"/desk/trainings/{visit.uuid}/told/").content.decode()
    assert "方志远" in page and "13800000001" not in page
    answer = client.get(f"/desk/trainings/{visit.uuid}/told/xlsx/")
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    found = {row[0]: row for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert {name: row[2] for name, row in found.items()} == {
        "方志远": "13800000001",
        "小王": "0713-123",
        "老周": "13800000002",
    }
    assert found["方志远"][4] == "蚕桑参观，11月27日（周五）09:00，柳河蚕桑基地"
    assert client.get(f"/desk/trainings/{visit.uuid}/told/pdf/").content.startswith(b"%PDF-")
    cancel(visit)
    visit.refresh_from_db()
    assert telling.in_a_sentence(visit).startswith("已取消：")
