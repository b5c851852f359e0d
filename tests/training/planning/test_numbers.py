"""Issue 5: series numbers (期): proposed, unique per unit, kind and year, shown wherever the training is; copies raise them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from lms.notices.models import Notice
from lms.training import services
from lms.training.errors import TrainingError
from lms.training.filling import services as filling
from lms.training.models import BudgetLine, SignUpTerms, Training
from lms.training.planning import budgets, numbers
from lms.training.planning.agenda import agenda
from lms.training.planning.budgets import Cost
from tests.conftest import County
from tests.factories import make_member
from tests.training.conftest import FIRST_DAY, NEXT_DAY, ClassRoom, half_day, on
from tests.training.planning.test_views_planning import SENT
from tests.training.test_views import Login, plan_form

pytestmark = pytest.mark.django_db
NEXT_YEAR = FIRST_DAY.replace(year=2027)


def plan(unit: Any, *days: dt.date, **fields: Any) -> Training:
    values = {"kind": "class", "title": "培训班", "category": "skills", "by": None, **fields}
    return services.plan_training(unit=unit, sessions=[half_day(day) for day in days], **values)


def numbered(training: Training) -> tuple[int | None, int | None]:
    training.refresh_from_db()
    return training.year, training.number


def test_a_number_is_the_next_of_its_unit_kind_and_year(personas: County) -> None:
    first, second = plan(personas.town, FIRST_DAY), plan(personas.town, NEXT_DAY)
    assert [numbered(one) for one in (first, second)] == [(2026, 1), (2026, 2)]
    assert numbered(plan(personas.root, FIRST_DAY)) == (2026, 1)
    assert numbered(plan(personas.town, FIRST_DAY, kind="lecture")) == (2026, 1)
    assert numbered(plan(personas.town, NEXT_YEAR)) == (2027, 1)
    assert numbered(plan(personas.town)) == (None, None)
    assert [one.series for one in (second, plan(personas.town, FIRST_DAY, kind="meeting"))] == ["第2期", "第1次"]


def test_a_typed_number_is_held_once_and_free_again_when_called_off(personas: County) -> None:
    seventh = plan(personas.town, FIRST_DAY, number=7)
    with pytest.raises(TrainingError, match="number-taken"):
        plan(personas.town, NEXT_DAY, number=7)
    assert numbered(plan(personas.town, NEXT_DAY)) == (2026, 8)
    services.cancel_training(training=seventh, reason="下雨", by=None)
    again = plan(personas.town, NEXT_DAY)
    assert services.update_training(training=again, number=7, by=None)
    assert numbered(again) == (2026, 7)
    with pytest.raises(TrainingError, match="number-taken"):
        services.update_training(training=again, number=8, by=None)
    assert not services.update_training(training=again, number=None, by=None)  # left empty: it stays


def test_the_number_follows_the_year_of_the_first_session(personas: County) -> None:
    plan(personas.town, NEXT_YEAR)
    held = plan(personas.town, FIRST_DAY)
    session = held.sessions.get()
    services.update_session(session=session, plan=half_day(NEXT_YEAR), by=None)
    assert numbered(held) == (2027, 2)
    services.remove_session(session=session, by=None)
    assert numbered(held) == (None, None)
    services.add_session(training=held, plan=half_day(NEXT_DAY), by=None)
    assert numbered(held) == (2026, 1)


def test_new_years_eve_belongs_to_the_countys_year(personas: County) -> None:
    """00:30 on 1 January with us is still the old year in Greenwich."""
    early = services.SessionPlan(on(dt.date(2027, 1, 1), 0, 30), on(dt.date(2027, 1, 1), 1, 30))
    held = services.plan_training(
        kind="class", unit=personas.town, title="守岁", category="skills", sessions=[early], by=None
    )
    assert numbered(held) == (2027, 1)


def test_the_database_says_so_itself(personas: County) -> None:
    first, second = plan(personas.town, FIRST_DAY), plan(personas.town, NEXT_DAY)
    rows = Training.objects.filter(pk=second.pk)
    with pytest.raises(IntegrityError), transaction.atomic():  # training_number_once
        rows.update(number=first.number)
    for broken in ({"number": 0}, {"year": None}):
        with pytest.raises(IntegrityError, match="training_number_of_a_year"), transaction.atomic():
            rows.update(**broken)


def test_a_number_that_somebody_takes_meanwhile_is_passed_over(
    personas: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan(personas.town, FIRST_DAY)
    answers = iter([1, 2])
    monkeypatch.setattr(numbers, "proposed", lambda training, year: next(answers))
    assert numbered(plan(personas.town, NEXT_DAY)) == (2026, 2)


def test_what_was_written_all_at_once_is_numbered_in_order(personas: County) -> None:
    late, early = plan(personas.town, NEXT_DAY), plan(personas.town, FIRST_DAY)
    Training.objects.update(year=None, number=None)
    kept = plan(personas.town, FIRST_DAY + dt.timedelta(days=9))
    numbers.fill([late.pk, early.pk, kept.pk])
    assert [numbered(one)[1] for one in (kept, early, late)] == [1, 2, 3]


# -- where it is shown ------------------------------------------------------------------------


def test_it_is_shown_wherever_the_training_is(personas: County, login: Login, time_of_planning: Any) -> None:
    plan(personas.town, FIRST_DAY)
    held = plan(personas.town, FIRST_DAY, title="嫁接", trainer=personas.users["trainer"])
    desk = login("town")
    detail = desk.get(reverse("training-detail", args=[held.uuid])).content.decode()
    assert "2026 年第2期" in detail
    assert "第2期" in desk.get(reverse("training-list")).content.decode()
    file = desk.get(reverse("training-list"), {"format": "csv"})
    assert "第2期" in b"".join(file).decode("utf-8-sig")
    sheet = desk.get(reverse("session-sheet", args=[held.uuid, held.sessions.get().pk])).content.decode()
    assert "2026 第2期" in sheet
    person = make_member(personas.branch)
    services.enrol(training=held, member=person, by=None)
    assert Notice.objects.get(member=person).title == "您已报名：嫁接（第2期）"
    assert agenda(held).startswith(b"%PDF-")


def test_the_form_takes_a_number_and_refuses_one_that_is_held(personas: County, login: Login) -> None:
    desk = login("town")
    form = plan_form(kind="class", number=3)
    assert desk.post(reverse("training-new"), form).status_code == 302
    answer = desk.post(reverse("training-new"), form)
    assert answer.status_code == 422 and "这个期次已经有了" in answer.content.decode()
    edit = reverse("training-edit", args=[Training.objects.get().uuid])
    assert 'name="number" value="3"' in desk.get(edit).content.decode()


# -- copying ----------------------------------------------------------------------------------


def test_a_copy_brings_quotas_terms_and_the_planned_budget(
    classroom: ClassRoom, personas: County, login: Login, time_of_planning: Any
) -> None:
    held = classroom.training
    services.update_training(training=held, title="2026年第3期葡萄栽培培训班", by=None)
    filling.set_quotas(training=held, quotas={personas.branch: 2, personas.branch2: 1}, by=None)
    until = classroom.first.starts_at - dt.timedelta(days=2)
    filling.set_terms(training=held, is_open=False, until=until, by=None)
    budgets.save(training=held, costs={"lecture": Cost(planned=600, spent=550, note="两位")}, by=None)  # type: ignore[arg-type]
    address = reverse("training-new") + f"?copy={held.uuid}"
    page = login("town").get(address)
    title = page.context["form"]["title"].value()
    assert title == "2027年第4期葡萄栽培培训班"
    rows = [form.initial for form in page.context["sessions"].initial_forms]
    sent = {f"s-{n}-{name}": value for n, row in enumerate(rows) for name, value in row.items() if name in SENT}
    form = plan_form(kind="class", title=title, capacity=4, **sent, **{"s-TOTAL_FORMS": 2, "s-INITIAL_FORMS": 2})
    assert login("town").post(address, form).status_code == 302
    copy = Training.objects.get(title=title)
    assert numbered(copy) == (2027, 1)
    assert dict(copy.quotas.values_list("unit__name", "seats")) == {
        personas.branch.name: 2,
        personas.branch2.name: 1,
    }
    terms = SignUpTerms.objects.get(training=copy)
    assert (terms.is_open, terms.until) == (False, until + dt.timedelta(weeks=52))
    line = BudgetLine.objects.get(training=copy)
    assert (str(line.planned), line.spent, line.note) == ("600.00", None, "两位")
    assert copy.enrolments.count() == 0


def test_quotas_that_do_not_fit_the_copy_stay_behind_and_a_trainer_copies_no_money(
    classroom: ClassRoom, personas: County, login: Login, time_of_planning: Any
) -> None:
    held, trainer = classroom.training, personas.users["trainer"]
    filling.set_quotas(training=held, quotas={personas.branch: 3, personas.branch2: 1}, by=None)
    budgets.save(training=held, costs={"lecture": Cost(planned=600, spent=None)}, by=None)  # type: ignore[arg-type]
    day = timezone.localtime(classroom.first.starts_at).date() + dt.timedelta(weeks=52)
    form = plan_form(kind="class", title="小班", capacity=3, trainer=trainer.pk, **{"s-0-day": day.isoformat()})
    page = login("trainer").get(reverse("training-new") + f"?copy={held.uuid}").content.decode()
    assert 'name="s-1-DELETE"' in page and 'name="s-2-DELETE"' not in page  # a copied session can be left out
    form |= {"s-INITIAL_FORMS": 2, "s-1-DELETE": "on"}
    desk: Client = login("trainer")
    assert desk.post(reverse("training-new") + f"?copy={held.uuid}", form).status_code == 302
    copy = Training.objects.get(title="小班")
    assert not copy.quotas.exists() and not copy.budget.exists()


@pytest.mark.parametrize(
    ("title", "after"),
    [
        ("第3期培训班", "第4期培训班"),
        ("春季第九场报告会", "春季第十场报告会"),
        ("第十九期", "第二十期"),
        ("第九十九次", "第100次"),
        ("第99期", "第100期"),
        ("一季度培训班", "一季度培训班"),
        ("第一书记培训班", "第一书记培训班"),
        ("第2期第3次", "第3期第3次"),
    ],
)
def test_a_number_in_a_title_is_raised(title: str, after: str) -> None:
    assert numbers.raised(title) == after


@given(st.integers(1, 98))
def test_every_number_in_words_is_raised_by_one(number: int) -> None:
    assert numbers.raised(f"第{numbers.in_words(number)}期") == f"第{numbers.in_words(number + 1)}期"
