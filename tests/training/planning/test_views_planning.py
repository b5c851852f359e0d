"""The pages of planning: registers, what a plan takes, what is said while it is typed, a series."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from lms.members.models import AuditEntry
from lms.training import services
from lms.training.models import Base, Booking, Expert, Room, Training, Venue
from lms.training.services import SessionPlan
from tests.conftest import County
from tests.training.conftest import FIRST_DAY, NEXT_DAY, ClassRoom, on
from tests.training.test_views import Login, plan_form

pytestmark = pytest.mark.django_db
SENT = ("day", "starts", "ends", "measure", "topic")


@pytest.fixture
def hall(personas: County) -> Room:
    return Room.objects.create(
        venue=Venue.objects.create(unit=personas.town, name="党校分校"), name="报告厅", capacity=60
    )


@pytest.fixture
def desk(login: Login, personas: County) -> Client:
    return login("town")


def class_form(**more: object) -> dict[str, object]:
    return plan_form(kind="class", title="葡萄栽培培训班", **more)


def test_a_venue_a_room_and_an_expert_are_registered_and_audited(desk: Client, personas: County) -> None:
    desk.post(reverse("register-new", args=["venues"]), {"name": "党校分校", "unit": "C-T01", "is_active": "on"})
    venue = Venue.objects.get()
    room = {"venue": venue.pk, "name": "报告厅", "capacity": 80, "is_active": "on"}
    assert desk.post(reverse("register-new", args=["rooms"]), room).status_code == 302
    desk.post(reverse("register-edit", args=["rooms", Room.objects.get().pk]), {**room, "capacity": 90})
    assert Room.objects.get().capacity == 90
    entry = AuditEntry.objects.get(action="room.update")
    assert entry.detail["changes"] == {"capacity": ["80", "90"]}
    expert = {"name": "方志远", "unit": "C-T01", "title": "高级农艺师", "fee_class": "senior", "is_active": "on"}
    assert desk.post(reverse("register-new", args=["experts"]), expert).status_code == 302
    page = desk.get(reverse("register-list", args=["experts"]), {"q": "农艺"}).content.decode()
    assert "方志远" in page and "副高级" in page
    assert desk.get(reverse("register-list", args=["experts"]), {"q": "无此人"}).context["lines"] == []
    file = desk.get(reverse("register-list", args=["rooms"]), {"format": "csv"})
    assert "报告厅" in b"".join(file).decode("utf-8-sig")


def test_nothing_is_registered_in_the_name_of_another_town(desk: Client, personas: County) -> None:
    answer = desk.post(reverse("register-new", args=["venues"]), {"name": "柳河礼堂", "unit": "C-T02"})
    assert answer.status_code == 422
    foreign = Venue.objects.create(unit=personas.other_town, name="柳河礼堂")
    assert (
        desk.post(
            reverse("register-new", args=["rooms"]), {"venue": foreign.pk, "name": "厅", "capacity": 9}
        ).status_code
        == 422
    )
    assert not Room.objects.exists()


def test_a_plan_takes_its_room_and_experts_and_shows_them(desk: Client, personas: County, hall: Room) -> None:
    expert = Expert.objects.create(unit=personas.town, name="方志远")
    posted = class_form(**{"s-0-room": hall.pk, "s-0-experts": [expert.pk]})
    answer = desk.post(reverse("training-new"), posted)
    assert {row.kind for row in Booking.objects.all()} == {"room", "expert"}
    page = desk.get(answer["Location"]).content.decode()
    assert "报告厅" in page and "方志远" in page
    edit = desk.get(reverse("training-edit", args=[Training.objects.get().uuid])).content.decode()
    assert f'<option value="{hall.pk}" selected>' in edit


def test_a_plan_that_takes_what_is_taken_is_refused_with_the_next_free_times(
    desk: Client, personas: County, hall: Room
) -> None:
    desk.post(reverse("training-new"), class_form(**{"s-0-room": hall.pk}))
    answer = desk.post(reverse("training-new"), class_form(**{"s-0-room": hall.pk}))
    assert answer.status_code == 422
    assert "最近的空档：3月5日 11:30–14:30" in answer.content.decode()
    assert Training.objects.count() == 1


def test_it_is_said_while_typing_and_nothing_is_saved(desk: Client, personas: County, hall: Room) -> None:
    desk.post(reverse("training-new"), class_form(**{"s-0-room": hall.pk}))
    typed = class_form(**{"s-0-room": hall.pk, "s-1-day": "not a day"})
    page = desk.post(reverse("training-clashes"), typed).content.decode()
    assert "报告厅在 3月5日 08:30–11:30 已有安排（石桥镇党委）" in page
    assert "坐不下" in desk.post(reverse("training-clashes"), {**typed, "capacity": 61}).content.decode()
    own = {"query_params": {"training": str(Training.objects.get().uuid)}}
    assert "没有冲突" in desk.post(reverse("training-clashes"), typed, **own).content.decode()
    assert Training.objects.count() == 1


def test_who_is_enrolled_elsewhere_is_named_while_typing_and_while_picking(desk: Client, classroom: ClassRoom) -> None:
    desk.post(reverse("training-new"), class_form(**{"s-0-starts": "14:00", "s-0-ends": "16:00"}))
    other = Training.objects.exclude(pk=classroom.training.pk).get()
    services.enrol(training=other, member=classroom.people[0], by=None)
    address, own = reverse("training-clashes"), {"query_params": {"training": str(other.uuid)}}
    free = desk.post(address, class_form(**{"s-0-starts": "14:00", "s-0-ends": "16:00"}), **own).content.decode()
    assert "李大山" not in free
    taken = desk.post(address, class_form(**{"s-0-starts": "11:00", "s-0-ends": "13:00"}), **own).content.decode()
    assert "有人同一时间还报了别的培训" in taken and "李大山" in taken
    services.cancel_enrolment(training=other, member=classroom.people[0], by=None)
    picks = reverse("training-enrol", args=[other.uuid])
    assert "已报别的培训" not in desk.get(picks).content.decode()
    other.sessions.update(starts_at=classroom.first.starts_at, ends_at=classroom.first.ends_at)
    page = desk.get(picks)
    assert "已报别的培训：03-05 08:30–11:30" in page.content.decode()
    assert {member for member, slot, _outside in page.context["picks"] if slot} == set(classroom.people)


def test_a_half_day_is_chosen_instead_of_times(desk: Client, personas: County) -> None:
    desk.post(reverse("training-new"), class_form(**{"s-0-preset": "afternoon", "s-0-starts": "", "s-0-ends": ""}))
    session = Training.objects.get().sessions.get()
    assert (session.starts_at, session.ends_at) == (on(FIRST_DAY, 14, 30), on(FIRST_DAY, 17, 30))
    assert session.measure == "half_day"
    answer = desk.post(reverse("training-new"), class_form(**{"s-0-starts": ""}))
    assert "请填写时间，或选择时段" in answer.content.decode()


def test_a_series_is_planned_at_once(desk: Client, personas: County) -> None:
    desk.post(reverse("training-new"), class_form(**{"r-every": "weekdays", "r-weekdays": [0, 3], "r-times": 4}))
    days = [row.starts_at for row in Training.objects.get().sessions.all()]
    assert days == [on(FIRST_DAY + dt.timedelta(days=n), 8, 30) for n in (0, 4, 7, 11)]
    answer = desk.post(reverse("training-new"), class_form(**{"r-every": "7"}))
    assert answer.status_code == 422 and "请填写共几次" in answer.content.decode()


def test_who_is_enrolled_elsewhere_is_named_on_the_page(classroom: ClassRoom, desk: Client, personas: County) -> None:
    plan = SessionPlan(classroom.first.starts_at, classroom.first.ends_at)
    other = services.plan_training(
        kind="class", unit=personas.town, title="另一期", category="skills", sessions=[plan], by=None
    )
    services.enrol_many(training=other, members=classroom.people[:1], by=None)
    page = desk.get(reverse("training-detail", args=[other.uuid])).content.decode()
    assert "有人同一时间还报了别的培训" in page and "李大山" in page


def test_last_years_class_is_copied_to_the_same_day_of_the_week(
    classroom: ClassRoom, desk: Client, personas: County
) -> None:
    """The form comes filled in; nothing is planned until it is saved, and the old one stays as it is."""
    services.update_training(training=classroom.training, title="2026年葡萄栽培培训班", by=None)
    address = reverse("training-new") + f"?copy={classroom.training.uuid}"
    page = desk.get(address)
    rows = [form.initial for form in page.context["sessions"].initial_forms]
    assert [row["day"] for row in rows] == [FIRST_DAY + dt.timedelta(weeks=52), NEXT_DAY + dt.timedelta(weeks=52)]
    assert page.context["form"]["title"].value() == "2027年葡萄栽培培训班"
    sent = {f"s-{n}-{name}": value for n, row in enumerate(rows) for name, value in row.items() if name in SENT}
    form = plan_form(kind="class", title="2027年葡萄栽培培训班", **sent, **{"s-TOTAL_FORMS": 2, "s-INITIAL_FORMS": 2})
    assert desk.post(address, form).status_code == 302
    copy = Training.objects.get(title="2027年葡萄栽培培训班")
    assert [row.starts_at.date() for row in copy.sessions.all()] == [row["day"] for row in rows]
    assert classroom.training.sessions.count() == 2
    assert desk.get(reverse("training-new") + "?copy=nothing").status_code == 404


def test_the_agenda_names_days_topics_and_teachers(classroom: ClassRoom, desk: Client, personas: County) -> None:
    expert = Expert.objects.create(unit=personas.town, name="方志远")
    plan = replace(services.plan_of(classroom.first), experts=(expert,))
    services.update_session(session=classroom.first, plan=plan, by=None)
    answer = desk.get(reverse("training-agenda", args=[classroom.training.uuid]))
    assert answer["Content-Type"] == "application/pdf"
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    for words in ("2026-03-05（四）", "08:30–11:30", "修剪与嫁接", "方志远", "葡萄栽培培训班"):
        assert words in text, text


def test_a_base_has_a_page_for_everybody_without_the_telephone(orchard: Base, personas: County, login: Login) -> None:
    Base.objects.update(contact="老周", phone="13800000000", opening="每天 8:00–17:00", lat="30.12345", lng="114.54321")
    address = reverse("public-base", args=[orchard.code])
    page = Client().get(address).content.decode()
    assert "每天 8:00–17:00" in page and "geo:30.12345,114.54321" in page
    assert "老周" not in page
    assert "老周" in login("member").get(address).content.decode()
    assert address in Client().get(reverse("public-bases")).content.decode()
    assert Client().get(reverse("public-base", args=["NO"])).status_code == 404
