"""One verb: the ledger agrees with the credit. And the database refuses what the ledger would never do."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st

from lms.core.append_only import AppendOnlyError
from lms.core.hours import HoursField, from_hundredths, round_down, to_hundredths
from lms.hours import ledger, totals
from lms.hours.conversion import NoRuleError, Tariffs
from lms.hours.ledger import LedgerError
from lms.hours.models import Assertion, HourEntry
from lms.hours.services import adopt_rule
from lms.members import services
from lms.members.models import Member
from tests.conftest import County
from tests.factories import make_credit, make_member

DAY = dt.date(2026, 3, 5)


@pytest.fixture
def grower(tree: County) -> Member:
    return make_member(tree.branch)


def lines() -> list[tuple[int, Decimal]]:
    return list(HourEntry.objects.order_by("source", "sequence").values_list("sequence", "hours"))


def test_it_works(grower: Member) -> None:
    (entry,) = ledger.post(make_credit(grower, "2"), by=None)
    assert (entry.sequence, entry.hours, entry.unit_name) == (1, 2, grower.unit.name)


def test_unchanged_adds_nothing(grower: Member) -> None:
    credit = make_credit(grower)
    ledger.post(credit, by=None)
    assert ledger.post(credit, by=None) == []


def test_changed_is_reversed_and_posted_again(grower: Member) -> None:
    credit = make_credit(grower, "2")
    ledger.post(credit, by=None)
    ledger.post(replace(credit, hours=Decimal(3)), by=None)
    assert lines() == [(1, 2), (2, -2), (3, 3)]


def test_zero_reverses_and_the_hours_can_come_back(grower: Member) -> None:
    credit = make_credit(grower, "2")
    ledger.post(credit, by=None)
    ledger.post(credit.nothing(), by=None)
    ledger.post(credit.nothing(), by=None)
    assert lines() == [(1, 2), (2, -2)]
    ledger.post(credit, by=None)
    assert lines() == [(1, 2), (2, -2), (3, 2)]


def test_a_moved_date_leaves_the_old_day_and_frees_what_it_had_trimmed(grower: Member) -> None:
    nine = int(dt.datetime(2026, 3, 5, 9, tzinfo=dt.UTC).timestamp())
    lesson = make_credit(grower, "1", covers=((nine, nine + 3600),))
    online = make_credit(grower, "1", mode="online", covers=((nine, nine + 3600),), step=Decimal("0.25"))
    ledger.post(lesson, online, by=None)
    assert totals.of_members([grower.pk], 2026)[grower.pk].by_mode == {"class": 1}
    ledger.post(replace(lesson, earned_on=DAY + dt.timedelta(days=1)), by=None)
    assert totals.of_members([grower.pk], 2026)[grower.pk].by_mode == {"class": 1, "online": 1}


def test_a_correction_stays_with_the_unit_in_which_the_hours_were_earned(grower: Member, tree: County) -> None:
    credit = make_credit(grower, "2")
    ledger.post(credit, by=None)
    services.transfer(member=grower, to=tree.other_branch, by=None)
    ledger.post(replace(credit, hours=Decimal(3)), by=None)
    assert set(HourEntry.objects.values_list("unit", flat=True)) == {tree.branch.pk}
    (fresh,) = ledger.post(make_credit(grower), by=None)
    assert fresh.unit_id == tree.other_branch.pk


def test_one_source_cannot_belong_to_two_members(grower: Member, tree: County) -> None:
    other = make_member(tree.branch, "王二河")
    credit = make_credit(grower)
    with pytest.raises(LedgerError):
        ledger.post(credit, replace(credit, member_id=other.pk), by=None)
    ledger.post(credit, by=None)
    with pytest.raises(LedgerError):
        ledger.post(replace(credit, member_id=other.pk), by=None)


def test_less_than_nothing_and_nobody_are_refused(grower: Member) -> None:
    with pytest.raises(LedgerError):
        ledger.post(make_credit(grower, "-1"), by=None)
    with pytest.raises(LedgerError):
        ledger.post(replace(make_credit(grower), member_id=grower.pk + 999), by=None)
    assert not Assertion.objects.exists()


def test_a_failed_post_leaves_nothing_behind(grower: Member) -> None:
    good = make_credit(grower)
    with pytest.raises(LedgerError):
        ledger.post(good, replace(make_credit(grower), member_id=0), by=None)
    assert not HourEntry.objects.exists()


def test_rows_are_never_updated_or_deleted_by_the_model(grower: Member) -> None:
    (entry,) = ledger.post(make_credit(grower), by=None)
    entry.hours = Decimal(9)
    for attempt in (entry.save, entry.delete, HourEntry.objects.all().delete):
        with pytest.raises(AppendOnlyError):
            attempt()
    with pytest.raises(AppendOnlyError):
        HourEntry.objects.update(hours=9)


def test_rows_are_never_updated_by_the_database(grower: Member) -> None:
    ledger.post(make_credit(grower), by=None)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE hours_hourentry SET hours = 900")


@pytest.mark.postgres
def test_rows_are_never_deleted_by_postgresql(grower: Member) -> None:
    ledger.post(make_credit(grower), by=None)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM hours_hourentry")


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"sequence": 1}, "entry_once_per_source_and_sequence"),
        ({"sequence": 2, "hours": Decimal(1)}, "entry_credits_and_reversals_alternate"),
        ({"sequence": 3, "hours": Decimal(-1)}, "entry_credits_and_reversals_alternate"),
        ({"sequence": 3, "hours": Decimal(0)}, "entry_has_hours"),
    ],
)
def test_what_the_database_refuses(grower: Member, changes: dict[str, object], constraint: str) -> None:
    (entry,) = ledger.post(make_credit(grower), by=None)
    fields = {field.attname: getattr(entry, field.attname) for field in HourEntry._meta.concrete_fields}
    del fields["id"], fields["uuid"]
    with pytest.raises(IntegrityError), transaction.atomic():
        HourEntry.objects.create(**{**fields, **changes})
    assert constraint in {one.name for one in HourEntry._meta.constraints}


def test_posting_takes_the_same_queries_for_one_and_for_twenty(
    grower: Member, tree: County, django_assert_num_queries: Any
) -> None:
    others = [make_member(tree.branch, f"组员{number}") for number in range(20)]
    # the members, locked · what the sources asserted before · store · the days' assertions · their last lines · insert ·
    # the policies of the years (none here), and a savepoint with its release around the post and the refresh
    with django_assert_num_queries(10):
        ledger.post(make_credit(grower), by=None)
    with django_assert_num_queries(10):
        ledger.post(*(make_credit(other) for other in others), by=None)


def test_sums_are_exact(grower: Member) -> None:
    day = dt.date(2026, 1, 1)
    for number in range(32):
        ledger.post(make_credit(grower, "0.10", earned_on=day + dt.timedelta(days=number)), by=None)
    assert HourEntry.objects.aggregate(total=Sum("hours"))["total"] == Decimal("3.20")


@given(st.integers(-(10**9), 10**9))
def test_hundredths_and_hours_are_the_same_number(value: int) -> None:
    assert to_hundredths(from_hundredths(value)) == value
    assert HoursField().get_prep_value(from_hundredths(value)) == value


def test_hours_finer_than_a_hundredth_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="finer"):
        to_hundredths("0.005")
    with pytest.raises(ValueError, match="positive"):
        round_down(Decimal(1), Decimal(0))


@pytest.mark.django_db
def test_the_version_in_force_on_the_day_prices_the_day() -> None:
    adopt_rule(activity="class", effective_from=dt.date(2026, 7, 1), by=None, unit_minutes=50, step="0.50")
    tariffs = Tariffs()
    assert tariffs("class", dt.date(2026, 6, 30)).unit_minutes == 45
    assert tariffs("class", dt.date(2026, 7, 1)).unit_minutes == 50
    assert tariffs("class", dt.date(2026, 7, 1)).name == "class@2026-07-01"
    with pytest.raises(NoRuleError):
        tariffs("class", dt.date(2018, 12, 31))
