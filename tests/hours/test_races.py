"""Two posts for one member at the same moment, on PostgreSQL in live connections; with the lock off the control fails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from lms.goals.services import open_year
from lms.hours import ledger
from lms.hours.models import HourEntry
from lms.members.models import Member
from tests.conftest import build_tree
from tests.factories import make_credit, make_member

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = 12


@pytest.fixture
def grower() -> Member:
    return make_member(build_tree().branch)


def at_once(*acts: Callable[[], object]) -> list[Exception]:
    """Run each act in a thread with a connection of its own, started together; returns the errors."""
    gate = threading.Barrier(len(acts))
    errors: list[Exception] = []

    def run(act: Callable[[], object]) -> None:
        try:
            gate.wait()
            act()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def clash(grower: Member) -> tuple[int, int]:
    """Post two half-overlapping credits of one day and one source twice, at once; (errors, days over the price)."""
    wrong = failed = 0
    for _round in range(ROUNDS):
        first = make_credit(grower, "6", earned_on=make_credit(grower).earned_on.replace(day=1 + _round))
        second = replace(make_credit(grower, "6"), earned_on=first.earned_on)
        failed += len(
            at_once(
                lambda first=first: ledger.post(first, by=None),
                lambda first=first: ledger.post(first, by=None),
                lambda second=second: ledger.post(second, by=None),
            )
        )
        hours = sum(HourEntry.objects.filter(earned_on=first.earned_on).values_list("hours", flat=True), Decimal(0))
        wrong += hours != 8
    return failed, wrong


def test_posts_for_one_member_queue_up(grower: Member) -> None:
    assert clash(grower) == (0, 0)


def test_control_without_the_lock_the_day_is_wrong(grower: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    def unlocked(member_ids: set[int]) -> dict[int, Any]:
        return {member.pk: member for member in Member.objects.select_related("unit").filter(pk__in=member_ids)}

    monkeypatch.setattr(ledger, "_lock", unlocked)
    failed, wrong = clash(grower)
    assert failed + wrong > 0


def test_two_members_of_one_branch_do_not_deadlock(grower: Member) -> None:
    open_year(year=2026, by=None)
    other = make_member(grower.unit, "王二河")
    for _round in range(ROUNDS):
        pair = [make_credit(grower, "1"), make_credit(other, "1")]
        turned = [make_credit(other, "1"), make_credit(grower, "1")]
        errors = at_once(
            lambda pair=pair: ledger.post(*pair, by=None), lambda turned=turned: ledger.post(*turned, by=None)
        )
        assert not errors
