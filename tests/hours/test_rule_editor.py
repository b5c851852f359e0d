"""The table of 学时 in the admin: who keeps it, what a step does, and that what is typed is computed and never lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from lms.hours import ledger, services
from lms.hours.models import CreditRule
from lms.members.models import AuditEntry
from tests.conftest import County
from tests.factories import make_credit, make_member

pytestmark = pytest.mark.django_db
Login = Callable[[str], Client]
OTHERS = ["", "town", "secretary", "station", "trainer", "editor", "auditor", "system", "member"]
STEPS = ["publish", "withdraw", "discard"]


@pytest.fixture(autouse=True)
def now() -> Any:
    with time_machine.travel(dt.datetime(2026, 9, 10, 4, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def county(login: Login) -> Client:
    return login("county")


@pytest.fixture
def draft(tree: County) -> CreditRule:
    rule = CreditRule(activity="class", effective_from=dt.date(2026, 3, 1), unit_minutes=50)
    return services.save_draft(rule=rule, by=None)


def typed(**fields: str) -> dict[str, str]:
    """What the form sends for a plain class of 45 minutes an hour."""
    numbers = {
        "activity": "class",
        "effective_from": "2026-10-01",
        "basis": "组发〔2026〕9号",
        "method": "clock",
        "unit_minutes": "45",
        "step": "0.5",
        "rounding": "down",
        "half_day": "4",
        "full_day": "8",
        "factor": "1",
        "fixed": "0",
        "day_cap": "8",
        "speed": "100",
    }
    return {**numbers, **fields}


def tiers(*rows: tuple[str, str]) -> dict[str, str]:
    """An online rule by the length of a course, its rows as they were typed."""
    boxes = {
        f"tiers-{at}-{box}": text
        for at, row in enumerate(rows)
        for box, text in zip(("minutes", "hours"), row, strict=True)
    }
    return typed(activity="online", method="tiers", **boxes)


def text(answer: HttpResponse) -> str:
    return answer.content.decode()


# -- who ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OTHERS)
def test_nobody_but_the_county_reads_or_changes_the_table(login: Login, draft: CreditRule, name: str) -> None:
    client = login(name)
    pages = [reverse("credit-rules"), reverse("credit-rule-new")]
    pages += [reverse(one, args=[draft.pk]) for one in ("credit-rule", "credit-rule-edit")]
    steps = [reverse(f"credit-rule-{step}", args=[draft.pk]) for step in STEPS]
    posts = [reverse("credit-rule-examples"), reverse("credit-rule-copy", args=[draft.pk])]
    for address in pages + steps:
        assert client.get(address).status_code in {302, 403, 404}, address
    for address in steps + posts + pages[1:]:
        assert client.post(address, typed()).status_code in {302, 403, 404, 405}, address
    assert list(CreditRule.objects.drafts()) == [draft]


def test_the_menu_shows_the_table_to_the_county_alone(login: Login) -> None:
    address = f'"{reverse("credit-rules")}"'
    assert address in text(login("county").get("/admin/")).replace("&quot;", '"')
    assert address not in text(login("editor").get("/admin/", follow=True)).replace("&quot;", '"')


# -- reading ----------------------------------------------------------------------------------


def test_the_list_says_what_each_version_says_and_which_binds(county: Client, draft: CreditRule) -> None:
    page = text(county.get(reverse("credit-rules")))
    assert "50 分钟 = 1 学时" in page
    assert "已发布，现行" in page
    assert "草稿" in page


def test_a_version_shows_its_worked_examples(county: Client) -> None:
    rule = CreditRule.objects.get(activity="class")
    assert "100 分钟的培训班 = 2.0 学时" in text(county.get(reverse("credit-rule", args=[rule.pk])))


# -- writing ------------------------------------------------------------------------------------


def test_a_draft_is_kept_by_whom_and_binds_nobody(county: Client, personas: County) -> None:
    answer = county.post(reverse("credit-rule-new"), typed(unit_minutes="40"))
    rule = CreditRule.objects.drafts().get()
    assert (answer.status_code, answer["Location"]) == (302, reverse("credit-rule", args=[rule.pk]))
    assert (rule.unit_minutes, rule.step, rule.basis) == (40, Decimal("0.50"), "组发〔2026〕9号")
    assert AuditEntry.objects.get(action="rule.draft").actor == personas.users["county"]


def test_tiers_are_typed_as_rows_of_minutes(county: Client) -> None:
    county.post(reverse("credit-rule-new"), tiers(("30", "1"), ("", ""), ("0", "0.25"), ("15", "0.5")))
    rule = CreditRule.objects.drafts().get()
    assert rule.tiers == [[0, "0.25"], [900, "0.50"], [1800, "1.00"]]
    page = text(county.get(reverse("credit-rule-edit", args=[rule.pk])))
    assert 'name="tiers-1-minutes" value="15"' in page
    assert 'name="tiers-3-minutes" value=""' in page


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([("半小时", "1")], "第 1 档"),
        ([("0", "0.25"), ("30", "")], "第 2 档"),
        ([("30", "0")], "第 1 档"),
        ([("30", "0.125")], "第 1 档"),
        ([("2000", "1")], "第 1 档"),
        ([("30", "1"), ("30", "2")], "时长相同"),
        ([], "至少要有一档"),
    ],
)
def test_wrong_rows_are_told_at_the_field_and_nothing_is_lost(
    county: Client, rows: list[tuple[str, str]], told: str
) -> None:
    answer = county.post(reverse("credit-rule-new"), tiers(*rows))
    assert (answer.status_code, CreditRule.objects.drafts().count()) == (422, 0)
    assert told in str(answer.context["form"].errors["tiers"])
    page = text(answer)
    for at, (minutes, hours) in enumerate(rows):
        assert f'name="tiers-{at}-minutes" value="{minutes}"' in page
        assert f'name="tiers-{at}-hours" value="{hours}"' in page
    assert "组发〔2026〕9号" in page


@pytest.mark.parametrize(
    ("fields", "field", "told"),
    [
        ({"unit_minutes": "0"}, "unit_minutes", "应大于零"),
        ({"step": "0"}, "step", "应大于零"),
        ({"half_day": "-1"}, "half_day", "不能小于零"),
        ({"factor": "5"}, "factor", "只有授课"),
        ({"fixed": "1"}, "fixed", "请填 0"),
        ({"activity": "teaching", "method": "factor", "factor": "0"}, "factor", "系数应大于零"),
        ({"activity": "test", "method": "fixed"}, "fixed", "应大于零"),
        ({"method": "tiers"}, "method", "该活动只能"),
        ({"speed": "125"}, "speed", "请选“原速”"),
        ({"effective_from": "明天"}, "effective_from", "日期"),
    ],
)
def test_errors_are_in_chinese_at_the_field(county: Client, fields: dict[str, str], field: str, told: str) -> None:
    answer = county.post(reverse("credit-rule-new"), typed(**fields))
    assert answer.status_code == 422
    assert told in str(answer.context["form"].errors[field])
    assert "Constraint" not in text(answer)


def test_the_speed_of_online_study_is_kept_and_said(county: Client) -> None:
    county.post(reverse("credit-rule-new"), typed(activity="online", speed="125"))
    (draft,) = CreditRule.objects.drafts()
    assert draft.speed == 125
    assert "不快于 1.25 倍速看的都计" in text(county.get(reverse("credit-rule", args=[draft.pk])))


def test_a_published_version_is_read_with_the_reason_why(county: Client, tree: County) -> None:
    ledger.post(make_credit(make_member(tree.branch), earned_on=dt.date(2026, 5, 4), rule="class@2019-01-01"), by=None)
    rule = CreditRule.objects.get(activity="class")
    answer = county.get(reverse("credit-rule-edit", args=[rule.pk]), follow=True)
    assert "已有学时按这一版折算，所以不能修改" in text(answer)
    answer = county.post(reverse("credit-rule-edit", args=[rule.pk]), typed(unit_minutes="10"))
    assert "已不是草稿" in text(answer)
    assert 'value="10"' in text(answer)
    rule.refresh_from_db()
    assert rule.unit_minutes == 45


# -- steps --------------------------------------------------------------------------------------


def test_publishing_asks_once_and_says_from_when_it_binds(county: Client, draft: CreditRule) -> None:
    address = reverse("credit-rule-publish", args=[draft.pk])
    assert "2026年3月1日起的培训班按这一版折算" in text(county.get(address))
    draft.refresh_from_db()
    assert draft.state == "draft"
    assert county.post(address).status_code == 302
    draft.refresh_from_db()
    assert (draft.state, draft.published_by.username) == ("published", "county")


def test_case_29_publishing_says_that_earlier_days_need_a_re_rating(
    county: Client, draft: CreditRule, tree: County
) -> None:
    ledger.post(make_credit(make_member(tree.branch), earned_on=dt.date(2026, 5, 4), rule="class@2019-01-01"), by=None)
    page = text(county.get(reverse("credit-rule-publish", args=[draft.pk])))
    assert "2026年9月11日起的活动按这一版折算" in page
    assert "经批准的重新折算" in page


def test_a_taken_date_is_told_and_nothing_is_published(county: Client, draft: CreditRule) -> None:
    services.publish(rule=services.copy_as_draft(rule=draft, by=None), by=None)
    CreditRule.objects.drafts().update(effective_from=dt.date(2026, 9, 11))
    answer = county.post(reverse("credit-rule-publish", args=[draft.pk]))
    assert answer.status_code == 409
    assert "已有发布的版本" in text(answer)


def test_copy_withdraw_and_discard(county: Client, draft: CreditRule) -> None:
    county.post(reverse("credit-rule-copy", args=[draft.pk]))
    copy = CreditRule.objects.drafts().exclude(pk=draft.pk).get()
    assert (copy.unit_minutes, copy.effective_from) == (50, dt.date(2026, 9, 11))
    county.post(reverse("credit-rule-discard", args=[copy.pk]))
    county.post(reverse("credit-rule-publish", args=[draft.pk]))
    county.post(reverse("credit-rule-withdraw", args=[draft.pk]))
    assert list(CreditRule.objects.drafts()) == [draft]


def test_a_used_version_is_not_withdrawn_nor_a_published_one_discarded(county: Client, tree: County) -> None:
    ledger.post(make_credit(make_member(tree.branch), earned_on=dt.date(2026, 5, 4), rule="class@2019-01-01"), by=None)
    rule = CreditRule.objects.get(activity="class")
    assert county.post(reverse("credit-rule-withdraw", args=[rule.pk])).status_code == 409
    assert county.post(reverse("credit-rule-discard", args=[rule.pk])).status_code == 409
    assert CreditRule.objects.published().filter(pk=rule.pk).exists()


# -- the examples while it is typed -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (typed(), "100 分钟的培训班 = 2.0 学时"),
        (typed(unit_minutes="50", rounding="nearest"), "45 分钟的培训班 = 1.0 学时"),
        (typed(effective_from="", basis=""), "半天的培训班 = 4.0 学时"),
        (typed(activity="teaching", method="factor", factor="5"), "100 分钟的授课 = 10.0 学时"),
        (typed(activity="test", method="fixed", fixed="0.5"), "通过测试一次 = 0.5 学时"),
        (tiers(("0", "0.25"), ("30", "1")), "学完一节 30 分钟的课件（个人在线学习）= 1.0 学时"),
    ],
)
def test_the_examples_follow_what_is_typed(county: Client, fields: dict[str, str], said: str) -> None:
    before = CreditRule.objects.count()
    assert said in text(county.post(reverse("credit-rule-examples"), fields))
    assert CreditRule.objects.count() == before


@pytest.mark.parametrize("fields", [{}, typed(unit_minutes="x"), typed(activity=""), tiers(("a", "b"))])
def test_examples_wait_for_numbers_that_can_be_priced(county: Client, fields: dict[str, str]) -> None:
    answer = county.post(reverse("credit-rule-examples"), fields)
    assert answer.status_code == 200
    assert "这里列出算例" in text(answer)


def test_an_error_in_the_date_keeps_the_examples_of_the_numbers(county: Client) -> None:
    answer = county.post(reverse("credit-rule-new"), typed(effective_from="", unit_minutes="50"))
    assert "100 分钟的培训班 = 2.0 学时" in text(answer)
