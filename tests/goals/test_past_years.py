"""A year that is over keeps the roster of its last day; only its hours, exemptions and offices can still be corrected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from django.db import transaction

from lms.goals import progress
from lms.goals import services as goals
from lms.goals.models import GoalPolicy, Standing
from lms.hours import ledger
from lms.members import services
from lms.members.models import Member
from tests.conftest import County
from tests.factories import make_credit, make_member

pytestmark = pytest.mark.django_db
DECEMBER = dt.datetime(2026, 12, 20, 4, tzinfo=dt.UTC)
JANUARY = dt.datetime(2027, 1, 15, 4, tzinfo=dt.UTC)


@pytest.fixture
def member(tree: County) -> Iterator[Member]:
    """Entered in December with the goals of 2026; then it is January."""
    with time_machine.travel(DECEMBER, tick=False):
        goals.open_year(year=2026, by=None)
        made = make_member(tree.branch)
    with time_machine.travel(JANUARY, tick=False):
        yield made


def disagreeing() -> list[object]:
    """What of the stored standings does not follow: what the nightly audit asks."""
    policy = GoalPolicy.objects.get(year=2026)
    due = progress.expected(policy, list(policy.lines.all()), list(Member.objects.values_list("pk", flat=True)))
    stored = {(row.line_id, row.member_id): row for row in Standing.objects.filter(line__policy=policy)}
    return [
        key
        for key in due.keys() | stored.keys()
        if key not in due or key not in stored or progress.facts(due[key]) != progress.facts(stored[key])
    ]


def test_a_transfer_in_january_moves_no_verdict_of_december(tree: County, member: Member) -> None:
    services.transfer(member=member, to=tree.other_branch, by=None)
    assert disagreeing() == []
    with transaction.atomic():
        ledger.post(make_credit(member, "8.00", earned_on=dt.date(2026, 12, 1)), by=None)
    standing = Standing.objects.get(member=member, line__key="members")
    assert (standing.unit_id, standing.total) == (tree.branch.pk, 8)
    known = progress.standings_as_of(tree.town, 2026, dt.date(2027, 1, 15))
    assert [row.total for _path, key, row in known if key == "members"] == [8]
    assert not list(progress.standings_as_of(tree.other_town, 2026, dt.date(2027, 1, 15)))
    assert disagreeing() == []


def test_who_died_or_came_in_january_is_as_he_was_in_december(tree: County, member: Member) -> None:
    services.set_state(member=member, state="deceased", on=dt.date(2027, 1, 2), by=None)
    make_member(tree.branch, "新党员")
    assert disagreeing() == []
    assert Standing.objects.filter(line__policy__year=2026, line__key="members").count() == 1


def test_a_county_that_began_later_takes_the_roster_it_has(tree: County) -> None:
    with time_machine.travel(JANUARY, tick=False):
        member = make_member(tree.branch)
        goals.open_year(year=2026, by=None)
        assert Standing.objects.filter(member=member, line__key="members").exists()
        assert disagreeing() == []


def test_who_is_entered_later_joins_the_years_that_have_no_other_roster(tree: County) -> None:
    with time_machine.travel(JANUARY, tick=False):
        goals.open_year(year=2026, by=None)
        goals.open_year(year=2027, by=None)
        member = services.create_member(unit=tree.branch, name="后录入", category="full", by=None)
        assert Standing.objects.filter(member=member, line__policy__year=2026).exists()
        assert disagreeing() == []


def test_an_exemption_or_office_of_the_year_before_moves_its_verdict(tree: County, member: Member) -> None:
    goals.exempt(member=member, reason="ill", starts_on=dt.date(2026, 1, 1), ends_on=dt.date(2026, 12, 31), by=None)
    assert Standing.objects.get(member=member, line__key="members").exempt
    assert disagreeing() == []
    services.appoint(member=member, unit=tree.branch, office="secretary", started_on=dt.date(2026, 2, 1), by=None)
    assert disagreeing() == []
