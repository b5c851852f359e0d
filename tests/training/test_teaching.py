"""Opinions of teachers: asked of those who heard them, nobody's, shown from five on; an expert's page with hours by year."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from lms.members.models import Member
from lms.training import services
from lms.training.closing import surveys, teaching
from lms.training.errors import TrainingError
from lms.training.models import Expert, TeacherMark, Training
from tests.conftest import County
from tests.factories import make_member
from tests.training.conftest import ClassRoom, on

Login = Callable[[str], Client]
MARKS = {"content": 5, "teaching": 4, "arrangement": 5}


@pytest.fixture
def teachers(classroom: ClassRoom, personas: County) -> list[Expert]:
    """An expert of the first morning and one of the second."""
    found = [Expert.objects.create(unit=personas.town, name=name, title="农艺师") for name in ("周农艺", "林园艺")]
    for session, expert in zip((classroom.first, classroom.second), found, strict=True):
        session.experts.set([expert])
    return found


def filled(classroom: ClassRoom, personas: County, count: int) -> list[Member]:
    """So many people who were there on the first morning alone."""
    services.update_training(training=classroom.training, capacity=20, by=None)
    more = [make_member(personas.branch, f"学员{n}") for n in range(count - 3)]
    services.enrol_many(training=classroom.training, members=more, by=None)
    people = [*classroom.people, *more]
    services.mark(session=classroom.first, marks={person.pk: "present" for person in people}, by=None)
    services.mark(session=classroom.second, marks={person.pk: "absent" for person in people}, by=None)
    return people


def say(room: ClassRoom, person: Member, **teachers: int) -> None:
    surveys.answer(training=room.training, member=person, marks=MARKS, comment="", teachers=teachers)


def test_one_is_asked_about_those_whom_one_heard(
    classroom: ClassRoom, teachers: list[Expert], personas: County
) -> None:
    person = filled(classroom, personas, 3)[0]
    asked = [teacher.name for teacher in surveys.teachers_of(classroom.training, person)]
    assert asked == [str(classroom.training.trainer), "周农艺"]
    assert len(surveys.teachers_of(classroom.training)) == 3
    with pytest.raises(TrainingError, match="survey-not-there"):
        say(classroom, person, **{f"e{teachers[1].pk}": 5})
    with pytest.raises(TrainingError, match="survey-one-to-five"):
        say(classroom, person, **{f"e{teachers[0].pk}": 6})
    assert not TeacherMark.objects.exists()
    person.user = classroom.training.trainer
    assert [teacher.name for teacher in surveys.teachers_of(classroom.training, person)] == ["周农艺"]


def test_a_teachers_mean_is_shown_from_five_on(classroom: ClassRoom, teachers: list[Expert], personas: County) -> None:
    people = filled(classroom, personas, 6)
    key = f"e{teachers[0].pk}"
    for n, person in enumerate(people[:4]):
        say(classroom, person, **{key: 5 - n % 2})
    say(classroom, people[4])  # of the class, of no teacher
    rated = {rating.name: rating for rating in teaching.ratings_of(classroom.training)}
    assert (rated["周农艺"].marks, rated["周农艺"].mean) == (4, None)
    assert teaching.ratings_of_experts(teachers)[teachers[0].pk].mean is None
    say(classroom, people[5], **{key: 5})
    rated = {rating.name: rating for rating in teaching.ratings_of(classroom.training)}
    assert (rated["周农艺"].marks, rated["周农艺"].mean) == (5, Decimal("4.6"))
    assert (rated["林园艺"].marks, rated["林园艺"].mean) == (0, None)
    with pytest.raises(TrainingError, match="survey-once"):
        say(classroom, people[5], **{key: 1})
    assert TeacherMark.objects.filter(expert=teachers[0]).count() == 5


def test_a_class_of_few_opinions_is_left_out_of_the_sum(
    classroom: ClassRoom, teachers: list[Expert], personas: County
) -> None:
    key = f"e{teachers[0].pk}"
    for person in filled(classroom, personas, 5):
        say(classroom, person, **{key: 4})
    other = Training.objects.create(unit=personas.town, kind="class", title="别的班", category="skills", capacity=3)
    for _n in range(4):
        TeacherMark.objects.create(training=other, expert=teachers[0], stars=1)
    assert teaching.ratings_of_experts(teachers)[teachers[0].pk] == teaching.Rating("周农艺", 5, Decimal("4.0"))


def test_nothing_leads_from_a_mark_to_a_person(classroom: ClassRoom) -> None:
    assert {field.name for field in TeacherMark._meta.fields} == {"id", "training", "expert", "trainer", "stars"}


@pytest.mark.parametrize(
    "facts", [{"stars": 0}, {"stars": 6}, {"stars": 3, "expert": None}, {"stars": 3, "both": True}]
)
def test_a_mark_is_one_to_five_and_of_one_teacher(
    classroom: ClassRoom, teachers: list[Expert], facts: dict[str, object]
) -> None:
    values = {"expert": teachers[0], **facts}
    if values.pop("both", False):
        values["trainer"] = classroom.training.trainer
    with pytest.raises(IntegrityError, match="teacher_mark"), transaction.atomic():
        TeacherMark.objects.create(training=classroom.training, **values)


def test_the_questionnaire_asks_and_the_overview_shows(
    classroom: ClassRoom, teachers: list[Expert], personas: County, member: Member, login: Login
) -> None:
    people = filled(classroom, personas, 5)
    services.enrol(training=classroom.training, member=member, by=None)
    services.mark(session=classroom.first, marks={member.pk: "present"}, by=None)
    for person in people[:4]:
        say(classroom, person, **{f"e{teachers[0].pk}": 4})
    client, address = login("member"), reverse("own-opinion", args=[classroom.training.uuid])
    field = f"teacher-e{teachers[0].pk}"
    shown = client.get(address).content.decode()
    assert "周农艺讲得怎样" in shown and field in shown and "林园艺" not in shown
    assert client.post(address, {**MARKS, field: "5"}).status_code == 302
    seen = login("trainer").get(reverse("training-overview", args=[classroom.training.uuid])).content.decode()
    assert "对教师的评分" in seen and "4.2 分（5 份）" in seen


def test_an_experts_page_has_hours_by_year_and_the_rating(
    classroom: ClassRoom, teachers: list[Expert], personas: County, login: Login
) -> None:
    for person in filled(classroom, personas, 5):
        say(classroom, person, **{f"e{teachers[0].pk}": 4})
    assert teaching.years_of(teachers[0]) == []  # not closed yet
    classroom.close()
    (year,) = teaching.years_of(teachers[0])
    assert (year.year, year.sessions, year.hours) == (2026, 1, Decimal("3.0"))
    address = reverse("expert-record", args=[teachers[0].pk])
    shown = login("town").get(address).content.decode()
    assert classroom.training.title in shown and "4.0" in shown and "3.0" in shown
    register = login("town").get(reverse("register-list", args=["experts"])).content.decode()
    assert address in register and "4.0" in register
    file = login("town").get(address, {"format": "json"})
    (row,) = json.loads(b"".join(file.streaming_content))  # type: ignore[attr-defined]
    assert (row["training"], row["hours"], row["rating"]) == (classroom.training.title, 3, 4)
    assert login("member").get(address).status_code == 404


def test_hours_of_last_year_stay_with_last_year(classroom: ClassRoom, teachers: list[Expert], personas: County) -> None:
    day = dt.date(2025, 11, 3)
    plan = services.SessionPlan(on(day, 9), on(day, 10, 30), "clock", "讲一讲", None, (teachers[0],))
    old = services.plan_training(
        kind="class", unit=personas.town, sessions=[plan], by=None, title="去年", category="skills", capacity=3
    )
    classroom.close()
    services.close_training(training=old, said=services.Reconciliation(), by=None)
    found = teaching.years_of(teachers[0])
    assert [(one.year, one.hours) for one in found] == [(2026, Decimal("3.0")), (2025, Decimal("1.5"))]
