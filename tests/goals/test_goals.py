"""Standings and roll-ups follow posts, people and exemptions."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.db import IntegrityError, transaction

from lms.goals import progress, selectors, services, tasks
from lms.goals.models import Exemption, GoalPolicy, Rollup, Standing
from lms.goals.services import GoalError
from lms.hours import ledger
from lms.members import services as member_services
from lms.members.models import Member
from tests.conftest import County
from tests.factories import make_credit, make_member

D = Decimal
TODAY = dt.datetime(2026, 11, 22, 4, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def late_november() -> object:
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def grower(tree: County) -> Member:
    services.open_year(year=2026, by=None)
    return make_member(tree.branch)


def earn(member: Member, hours: int, mode: str = "class", occasion: str = "training:1") -> None:
    """So many hours, eight a day."""
    start = dt.date(2026, 1, 10) if mode == "class" else dt.date(2026, 5, 10)
    days = [(start + dt.timedelta(days=index), min(8, hours - 8 * index)) for index in range((hours + 7) // 8)]
    credits = [make_credit(member, str(part), earned_on=day, mode=mode, occasion=occasion) for day, part in days]
    ledger.post(*credits, by=None)


def test_a_post_moves_the_standing_and_every_unit_above(grower: Member, tree: County) -> None:
    earn(grower, 32)
    (standing,) = selectors.standings_of(grower.pk, 2026)
    assert (standing.counted, standing.met) == (32, True)
    rows = selectors.rollups([tree.root.pk, tree.town.pk, tree.branch.pk], 2026)
    assert {(row.members, row.met, row.hours) for row in rows.values()} == {(1, 1, D(32))}
    assert len(rows) == 3


def test_a_withdrawn_hour_takes_the_goal_back(grower: Member) -> None:
    earn(grower, 24)
    last = make_credit(grower, "8", earned_on=dt.date(2026, 6, 1))
    ledger.post(last, by=None)
    assert selectors.standings_of(grower.pk, 2026)[0].met
    ledger.post(last.nothing(), by=None)
    assert not selectors.standings_of(grower.pk, 2026)[0].met


def test_a_leader_stands_under_both_lines_and_a_three_day_class_is_one_class(grower: Member, tree: County) -> None:
    member_services.appoint(
        member=grower, unit=tree.branch, office="secretary", started_on=dt.date(2026, 1, 1), by=None
    )
    earn(grower, 24, occasion="training:7")
    member_line, leader_line, _first_class = selectors.standings_of(grower.pk, 2026)
    assert (member_line.line.required_hours, leader_line.line.required_hours) == (32, 56)
    assert leader_line.classes == 1
    assert selectors.progress_of(leader_line).missing_hours == 32


def test_who_leaves_office_leaves_the_leaders_line(grower: Member, tree: County) -> None:
    post = member_services.appoint(
        member=grower, unit=tree.branch, office="deputy", started_on=dt.date(2026, 1, 1), by=None
    )
    member_services.leave_office(post=post, on=dt.date(2026, 6, 1), by=None)
    assert len(selectors.standings_of(grower.pk, 2026)) == 1


def test_a_transfer_moves_the_person_between_the_units_verdicts(grower: Member, tree: County) -> None:
    earn(grower, 8)
    member_services.transfer(member=grower, to=tree.other_branch, by=None)
    rows = selectors.rollups([tree.branch.pk, tree.other_branch.pk, tree.root.pk], 2026)
    by_unit = {unit_id: (row.members, row.hours) for (unit_id, _audience), row in rows.items()}
    assert by_unit == {tree.branch.pk: (0, 0), tree.other_branch.pk: (1, 8), tree.root.pk: (1, 8)}


def test_who_dies_or_transfers_out_leaves_the_denominator(grower: Member) -> None:
    member_services.set_state(member=grower, state="deceased", on=dt.date(2026, 5, 1), by=None)
    assert not Standing.objects.exists()
    assert set(Rollup.objects.values_list("members", flat=True)) == {0}


def test_activists_owe_nothing(tree: County) -> None:
    services.open_year(year=2026, by=None)
    make_member(tree.branch, category="activist")
    assert not Standing.objects.exists()


def test_article_23_an_exemption_leaves_the_denominator_until_it_is_withdrawn(grower: Member, tree: County) -> None:
    exemption = services.exempt(
        member=grower, reason="age", starts_on=dt.date(2026, 1, 1), ends_on=dt.date(2026, 12, 31), by=None
    )
    row = selectors.rollups([tree.root.pk], 2026)[tree.root.pk, "members"]
    assert (row.members, row.exempt, row.assessed) == (1, 1, 0)
    services.withdraw_exemption(exemption=exemption, by=None, reason="康复")
    row = selectors.rollups([tree.root.pk], 2026)[tree.root.pk, "members"]
    assert (row.exempt, row.assessed) == (0, 1)


def test_nobody_approves_his_own_exemption(personas: County, member: Member) -> None:
    row = {"reason": "age", "starts_on": dt.date(2026, 1, 1), "ends_on": dt.date(2026, 12, 31)}
    with pytest.raises(GoalError) as refused:
        services.exempt(member=member, by=personas.users["member"], **row)
    assert refused.value.code == "own-record"


def test_an_exemption_ends_after_it_starts(grower: Member) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Exemption.objects.create(
            member=grower, reason="age", starts_on=dt.date(2026, 2, 1), ends_on=dt.date(2026, 1, 1)
        )


def test_one_published_policy_a_year(grower: Member) -> None:
    assert services.open_year(year=2026, by=None).year == 2026
    second = services.draft_year(year=2026, by=None)
    with pytest.raises(GoalError) as refused:
        services.publish(policy=second, by=None)
    assert refused.value.code == "year-published"
    with pytest.raises(IntegrityError), transaction.atomic():
        GoalPolicy.objects.filter(pk=second.pk).update(state="published")


def test_a_draft_without_lines_is_not_published(tree: County) -> None:
    draft = GoalPolicy.objects.create(year=2027, title="空")
    with pytest.raises(GoalError) as refused:
        services.publish(policy=draft, by=None)
    assert refused.value.code == "no-lines"


def test_the_nightly_run_opens_a_new_year_and_ends_expired_exemptions(grower: Member) -> None:
    services.exempt(member=grower, reason="age", starts_on=dt.date(2026, 1, 1), ends_on=dt.date(2026, 11, 22), by=None)
    assert selectors.standings_of(grower.pk, 2026)[0].exempt
    with time_machine.travel(TODAY + dt.timedelta(days=1), tick=False):
        tasks.follow_the_calendar()
    assert not selectors.standings_of(grower.pk, 2026)[0].exempt
    with time_machine.travel(dt.datetime(2027, 1, 1, 4, tzinfo=dt.UTC), tick=False):
        tasks.follow_the_calendar()
    assert selectors.published_years() == [2027, 2026]


def test_a_rebuild_changes_nothing(grower: Member) -> None:
    earn(grower, 20)
    before = list(Rollup.objects.order_by("pk").values_list("unit", "line", *progress.SUMS))
    progress.rebuild(selectors.policy_of(2026))
    assert list(Rollup.objects.order_by("pk").values_list("unit", "line", *progress.SUMS)) == before


def test_a_standing_counts_no_more_than_was_earned(grower: Member) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Standing.objects.update(counted=D(1), total=D(0))
