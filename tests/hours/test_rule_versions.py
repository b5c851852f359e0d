"""Rules as data: drafts price nothing, published versions bind, and what hours were priced by is never changed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction

from lms.hours import ledger, services
from lms.hours.conversion import NoRuleError, Tariffs, rule_named, rules_in_force
from lms.hours.models import CreditRule, RuleInUseError
from lms.hours.services import RuleError, adopt_rule, publish, save_draft
from lms.members.models import AuditEntry, Member
from tests.conftest import County
from tests.factories import make_credit, make_member

pytestmark = pytest.mark.django_db

TODAY = dt.date(2026, 9, 10)
MARCH = dt.date(2026, 3, 1)


@pytest.fixture(autouse=True)
def now() -> Any:
    with time_machine.travel(dt.datetime(2026, 9, 10, 4, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def member(tree: County) -> Member:
    return make_member(tree.branch, "周建国")


@pytest.fixture
def priced(member: Member) -> CreditRule:
    """The default rule of classes, by which hours were priced in May."""
    ledger.post(make_credit(member, earned_on=dt.date(2026, 5, 4), rule="class@2019-01-01"), by=None)
    return CreditRule.objects.get(activity="class")


def draft(**numbers: Any) -> CreditRule:
    fields = {"activity": "class", "effective_from": MARCH, "unit_minutes": 50, "basis": "组发〔2026〕9号", **numbers}
    return save_draft(rule=CreditRule(**fields), by=None)


def test_every_row_of_domain_3_has_a_rule_from_the_start() -> None:
    assert [rule.activity for rule in rules_in_force(TODAY)] == CreditRule.Activity.values


def test_a_draft_prices_nothing() -> None:
    rule = draft()
    assert Tariffs()("class", TODAY).name == "class@2019-01-01"
    assert rule_named(str(rule)) is None
    assert rule not in rules_in_force(TODAY)


def test_a_draft_can_be_tried_without_binding_anybody() -> None:
    tried = Tariffs(as_if=[draft()])
    assert tried("class", TODAY).unit_minutes == 50
    assert tried("class", dt.date(2026, 2, 28)).unit_minutes == 45
    assert Tariffs()("class", TODAY).unit_minutes == 45


def test_a_version_without_hours_behind_it_binds_from_its_date() -> None:
    rule = publish(rule=draft(), by=None)
    assert (rule.binds_from, rule.waits) == (MARCH, False)
    assert Tariffs()("class", MARCH).unit_minutes == 50


def test_case_29_a_version_for_days_that_were_priced_binds_from_tomorrow(priced: CreditRule) -> None:
    """A rule change never rewrites silently."""
    rule = publish(rule=draft(), by=None)
    assert (rule.binds_from, rule.waits) == (dt.date(2026, 9, 11), True)
    tariffs = Tariffs()
    assert tariffs("class", TODAY).unit_minutes == 45
    assert tariffs("class", dt.date(2026, 9, 11)).unit_minutes == 50


def test_of_the_versions_that_bind_the_latest_prices_the_day(priced: CreditRule) -> None:
    publish(rule=draft(effective_from=dt.date(2026, 6, 1), unit_minutes=40), by=None)
    publish(rule=draft(), by=None)
    assert Tariffs()("class", dt.date(2026, 12, 1)).unit_minutes == 40


def test_publishing_is_written_down(tree: County) -> None:
    publish(rule=draft(), by=None)
    (entry,) = AuditEntry.objects.filter(action="rule.publish")
    assert entry.detail["rule"] == "class@2026-03-01"


def test_two_published_versions_never_share_a_date() -> None:
    publish(rule=draft(), by=None)
    with pytest.raises(RuleError, match="date-taken"):
        publish(rule=draft(unit_minutes=55), by=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        CreditRule.objects.create(activity="class", effective_from=MARCH, binds_from=MARCH, state="published")


def test_only_drafts_are_edited_published_and_thrown_away(priced: CreditRule) -> None:
    for act in (services.save_draft, services.publish, services.discard_draft):
        with pytest.raises(RuleError, match="not-draft"):
            act(rule=priced, by=None)  # type: ignore[operator]
    kept = draft()
    services.discard_draft(rule=kept, by=None)
    assert not CreditRule.objects.filter(effective_from=MARCH).exists()


def test_a_published_version_that_priced_nothing_becomes_a_draft_again() -> None:
    rule = publish(rule=draft(), by=None)
    assert services.withdraw(rule=rule, by=None).state == "draft"
    assert Tariffs()("class", TODAY).unit_minutes == 45


def test_a_version_that_priced_hours_is_not_withdrawn(priced: CreditRule) -> None:
    with pytest.raises(RuleError, match="in-use"):
        services.withdraw(rule=priced, by=None)


def test_a_copy_is_a_draft_from_tomorrow_with_the_same_numbers(priced: CreditRule) -> None:
    copy = services.copy_as_draft(rule=priced, by=None)
    assert (copy.state, copy.effective_from, copy.unit_minutes) == ("draft", dt.date(2026, 9, 11), 45)


# -- what hours were priced by ------------------------------------------------------------


def test_the_model_refuses_to_change_what_priced_hours(priced: CreditRule) -> None:
    priced.unit_minutes = 10
    with pytest.raises(RuleInUseError):
        priced.save()
    with pytest.raises(RuleInUseError):
        priced.delete()
    with pytest.raises(RuleInUseError):
        CreditRule.objects.update(day_cap=Decimal(9))
    with pytest.raises(RuleInUseError):
        CreditRule.objects.all().delete()


@pytest.mark.parametrize(
    "change", ["unit_minutes = 10", "state = 'draft', binds_from = NULL", "tiers = '[[0, \"8\"]]'"]
)
def test_the_database_refuses_to_change_what_priced_hours(priced: CreditRule, change: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE hours_creditrule SET {change} WHERE id = %s", [priced.pk])


@pytest.mark.postgres
def test_postgresql_refuses_to_delete_what_priced_hours(priced: CreditRule) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM hours_creditrule WHERE id = %s", [priced.pk])


def test_hours_that_were_taken_back_keep_their_rule(priced: CreditRule, member: Member) -> None:
    credit = make_credit(member, earned_on=dt.date(2026, 5, 4), rule="class@2019-01-01")
    ledger.post(credit.nothing(), by=None)
    with pytest.raises(RuleInUseError):
        priced.delete()


def test_the_database_lets_a_version_go_that_priced_nothing() -> None:
    rule = publish(rule=draft(), by=None)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE hours_creditrule SET unit_minutes = 40 WHERE id = %s", [rule.pk])
        cursor.execute("DELETE FROM hours_creditrule WHERE id = %s", [rule.pk])
        assert cursor.rowcount == 1


def test_the_day_from_which_a_version_prices_may_move(priced: CreditRule) -> None:
    priced.binds_from = dt.date(2019, 1, 2)
    priced.save(update_fields=["binds_from"])
    with pytest.raises(NoRuleError):
        Tariffs()("class", dt.date(2019, 1, 1))


# -- what a version may say ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("numbers", "field"),
    [
        ({"method": "tiers", "tiers": [[0, "0.25"]]}, "method"),
        ({"activity": "online", "method": "tiers"}, "tiers"),
        ({"activity": "online", "method": "tiers", "tiers": [["a", "b"]]}, "tiers"),
        ({"activity": "online", "method": "tiers", "tiers": [[0, "-1"]]}, "tiers"),
        ({"activity": "online", "method": "tiers", "tiers": 5}, "tiers"),
        ({"activity": "test", "method": "clock"}, "method"),
    ],
)
def test_a_draft_says_something_that_can_be_priced(numbers: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        draft(**numbers)
    assert field in refused.value.message_dict


@pytest.mark.parametrize(
    ("numbers", "constraint"),
    [
        ({"unit_minutes": 0}, "credit_rule_positive"),
        ({"step": 0}, "credit_rule_positive"),
        ({"factor": 2}, "credit_rule_factor"),
        ({"method": "factor", "factor": 0}, "credit_rule_factor"),
        ({"method": "fixed"}, "credit_rule_fixed"),
        ({"fixed": 1}, "credit_rule_fixed"),
        ({"binds_from": MARCH}, "credit_rule_published_binds"),
        ({"state": "published", "binds_from": dt.date(2026, 2, 1)}, "credit_rule_published_binds"),
        ({"state": "published"}, "credit_rule_published_binds"),
    ],
)
def test_what_the_database_refuses_of_a_rule(numbers: dict[str, Any], constraint: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        CreditRule.objects.create(**{"activity": "class", "effective_from": MARCH, **numbers})
    assert constraint in {one.name for one in CreditRule._meta.constraints}


def test_adopting_is_drafting_and_publishing() -> None:
    rule = adopt_rule(activity="visit", effective_from=MARCH, by=None, half_day="3.00")
    assert (rule.state, Tariffs()("visit", TODAY).half_day) == ("published", Decimal("3.00"))
