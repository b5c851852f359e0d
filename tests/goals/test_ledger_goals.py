"""Goals over a real ledger: lines beyond the year, people who move, away members, exemptions; trial and explanation."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lms.goals import progress, selectors, services, trial
from lms.goals.explain import explain
from lms.goals.models import GoalLine, GoalPolicy, Rollup, Standing
from lms.hours import ledger, totals
from lms.members import services as member_services
from lms.members.models import Member
from tests.conftest import County
from tests.factories import make_credit, make_member

D = Decimal
TODAY = dt.date(2026, 11, 22)


@pytest.fixture(autouse=True)
def late_november() -> object:
    with time_machine.travel(dt.datetime(2026, 11, 22, 4, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def policy(tree: County) -> GoalPolicy:
    return services.open_year(year=2026, by=None)


def earn(member: Member, hours: str, on: dt.date, **fields: Any) -> None:
    ledger.post(make_credit(member, hours, earned_on=on, **fields), by=None)


def standing(member: Member, key: str, year: int = 2026) -> Standing:
    return Standing.objects.select_related("line__policy").get(
        member=member, line__key=key, line__policy__year=year, line__policy__state="published"
    )


def appoint(member: Member, start: dt.date) -> None:
    member_services.appoint(member=member, unit=member.unit, office="secretary", started_on=start, by=None)


# -- lines beyond the year ----------------------------------------------------------------------


def test_article_17_hours_of_a_candidate_add_up_over_the_years_once(policy: GoalPolicy, tree: County) -> None:
    candidate = make_member(tree.branch, category="candidate")
    for day in (dt.date(2025, 11, 3), dt.date(2025, 11, 4), dt.date(2026, 1, 5)):
        earn(candidate, "8", day, occasion="training:17")
    earn(candidate, "2", dt.date(2026, 2, 1), mode="group")
    found = standing(candidate, "candidates")
    assert (found.met, found.counted, found.classes) == (True, 24, 1)
    assert [row.line.key for row in selectors.standings_of(candidate.pk, 2026)] == ["candidates"]


def test_a_late_post_of_2023_moves_the_five_years_of_2026_and_not_its_year(policy: GoalPolicy, tree: County) -> None:
    cadre = make_member(tree.branch, cadre_rank="county")
    earn(cadre, "8", dt.date(2023, 5, 5))
    earn(cadre, "8", dt.date(2021, 12, 31))
    assert standing(cadre, "cadres-county").counted == 8
    assert standing(cadre, "members").counted == 0


def test_a_new_secretary_meets_the_deadline_by_a_class_after_taking_office(policy: GoalPolicy, tree: County) -> None:
    secretary = make_member(tree.branch)
    appoint(secretary, dt.date(2026, 3, 1))
    earn(secretary, "8", dt.date(2026, 2, 28))
    assert not standing(secretary, "secretaries").met
    earn(secretary, "8", dt.date(2026, 9, 2))
    assert not standing(secretary, "secretaries").met
    earn(secretary, "8", dt.date(2026, 9, 1))
    found = standing(secretary, "secretaries")
    assert (found.met, found.classes, found.due_on) == (True, 1, dt.date(2026, 9, 1))
    assert selectors.progress_of(found).missing_classes == 0


def test_a_class_that_was_not_completed_does_not_meet_a_deadline(policy: GoalPolicy, tree: County) -> None:
    newcomer = make_member(tree.branch, category="probationary", joined_on=dt.date(2026, 5, 1))
    earn(newcomer, "4", dt.date(2026, 6, 1), occasion="training:9/incomplete")
    found = standing(newcomer, "probationary")
    assert (found.met, found.classes, found.total) == (False, 0, 4)


def test_what_decides_about_goals_settles_when_it_is_edited(policy: GoalPolicy, tree: County) -> None:
    person = make_member(tree.branch)
    member_services.update_member(member=person, by=None, cadre_rank="township")
    assert standing(person, "cadres-township").required == 90
    member_services.update_member(member=person, by=None, confirmed_on=dt.date(2026, 7, 1))
    assert standing(person, "confirmed").due_on == dt.date(2027, 7, 1)
    member_services.update_member(member=person, by=None, cadre_rank="")
    assert not Standing.objects.filter(member=person, line__key="cadres").exists()


def test_cadre_plan_online_hours_are_counted_apart(policy: GoalPolicy, tree: County) -> None:
    cadre = make_member(tree.branch, cadre_rank="township")
    earn(cadre, "4", dt.date(2026, 3, 1), mode="online")
    earn(cadre, "8", dt.date(2026, 3, 2))
    assert (standing(cadre, "cadres").total, standing(cadre, "cadres-township").total) == (4, 12)


# -- people who move ------------------------------------------------------------------------------


def test_transferred_in_june_the_hours_and_the_whole_goal_go_along(policy: GoalPolicy, tree: County) -> None:
    person = make_member(tree.branch)
    earn(person, "8", dt.date(2026, 3, 1))
    with time_machine.travel(dt.datetime(2026, 6, 15, 4, tzinfo=dt.UTC), tick=False):
        member_services.transfer(member=person, to=tree.other_branch, by=None)
    earn(person, "8", dt.date(2026, 7, 1))
    found = standing(person, "members")
    assert (found.unit_id, found.required, found.counted) == (tree.other_branch.pk, 32, 16)


def test_who_came_from_elsewhere_in_june_owes_the_whole_year(policy: GoalPolicy, tree: County) -> None:
    with time_machine.travel(dt.datetime(2026, 6, 15, 4, tzinfo=dt.UTC), tick=False):
        person = make_member(tree.branch)
    assert standing(person, "members").required == 32


def test_who_left_the_county_in_june_is_bound_by_nothing(policy: GoalPolicy, tree: County) -> None:
    person = make_member(tree.branch, cadre_rank="county")
    appoint(person, dt.date(2026, 1, 1))
    member_services.set_state(member=person, state="transferred", on=dt.date(2026, 6, 15), by=None)
    assert not Standing.objects.filter(member=person).exists()


def test_away_the_whole_year_owes_what_everybody_owes_at_home(policy: GoalPolicy, tree: County) -> None:
    person = make_member(tree.branch, away=True, away_to="武汉")
    found = standing(person, "members")
    assert (found.unit_id, found.required, found.exempt, found.met) == (tree.branch.pk, 32, False, False)


def test_exempt_until_march_and_then_assessed_on_the_rest(policy: GoalPolicy, tree: County) -> None:
    person = make_member(tree.branch)
    earn(person, "8", dt.date(2026, 5, 1))
    dates = {"starts_on": dt.date(2026, 1, 1), "ends_on": dt.date(2026, 9, 30)}
    services.exempt(member=person, reason="illness", by=None, **dates)
    found = standing(person, "members")
    assert (found.exempt, found.required, found.met) == (False, 8, True)


def test_an_earlier_day_knows_the_rank_of_then(policy: GoalPolicy, tree: County) -> None:
    with time_machine.travel(dt.datetime(2026, 3, 1, 4, tzinfo=dt.UTC), tick=False):
        person = make_member(tree.branch, cadre_rank="township")
    member_services.update_member(member=person, by=None, cadre_rank="county")
    keys = {key for _path, key, _row in progress.standings_as_of(tree.root, 2026, dt.date(2026, 6, 1))}
    assert keys == {"members", "cadres-township", "cadres"}
    keys = {key for _path, key, _row in progress.standings_as_of(tree.root, 2026, TODAY)}
    assert keys == {"members", "cadres-county", "cadres"}


# -- cost -----------------------------------------------------------------------------------------


def test_a_refresh_reads_as_often_for_one_as_for_forty(policy: GoalPolicy, tree: County) -> None:
    def reads(count: int) -> int:
        people = [make_member(tree.branch, cadre_rank="county") for _ in range(count)]
        credits = [make_credit(person, "4", earned_on=dt.date(2026, 3, 1)) for person in people]
        ledger.post(*credits, by=None)
        Rollup.objects.all().delete()
        Standing.objects.all().delete()
        with CaptureQueriesContext(connection) as seen:
            progress.refresh([person.pk for person in people], [2026])
        return sum(query["sql"].startswith("SELECT") for query in seen.captured_queries)

    assert reads(1) == reads(40) > 5


# -- trial and explanation ---------------------------------------------------------------------------


def test_a_trial_says_what_a_draft_would_make_and_stores_nothing(policy: GoalPolicy, tree: County) -> None:
    person, candidate = make_member(tree.branch), make_member(tree.branch, category="candidate")
    earn(person, "20", dt.date(2026, 3, 1), mode="online", day_cap=D(24))
    earn(candidate, "8", dt.date(2025, 3, 1))
    draft = GoalPolicy(year=2026, title="试算")
    lines = [
        GoalLine(policy=draft, key="members", audience="members", required_hours=D(24), online_cap_percent=50),
        GoalLine(policy=draft, key="candidates", audience="candidates", required_hours=D(8), period="once"),
    ]
    ids = [person.pk, candidate.pk]
    before = list(Standing.objects.order_by("pk").values())
    found = trial.outcomes(lines, ids, totals.of_members(ids, 2026), TODAY)
    assert set(found) == {("members", person.pk), ("candidates", candidate.pk)}
    assert (found["members", person.pk].counted, found["members", person.pk].missing_hours) == (12, 12)
    assert found["candidates", candidate.pk].met
    assert list(Standing.objects.order_by("pk").values()) == before
    assert GoalPolicy.objects.count() == 1


def test_a_trial_of_what_is_published_equals_the_standings(policy: GoalPolicy, tree: County) -> None:
    people = [make_member(tree.branch, cadre_rank=rank) for rank in ("", "township", "county")]
    appoint(people[0], dt.date(2026, 3, 1))
    for person in people:
        earn(person, "6", dt.date(2026, 4, 1), mode="online")
        earn(person, "6", dt.date(2026, 4, 2))
    ids = [person.pk for person in people]
    found = trial.outcomes(list(policy.lines.all()), ids, totals.of_members(ids, 2026), TODAY)
    stored = {(row.line.key, row.member_id): row for row in selectors.standings(2026)}
    assert set(found) == set(stored)
    for key, one in found.items():
        row = stored[key]
        assert (one.counted, one.total, one.met, one.required) == (row.counted, row.total, row.met, row.required)


def test_explain_says_what_counts_and_why_the_rest_does_not(policy: GoalPolicy, tree: County) -> None:
    person = make_member(tree.branch)
    start = 1_772_668_800  # 2026-03-05 08:00 in the county
    earn(person, "4", dt.date(2026, 3, 5), covers=((start, start + 14_400),))
    earn(person, "2", dt.date(2026, 3, 5), mode="group", covers=((start, start + 7_200),))
    for day, hours in ((1, "8"), (2, "8"), (3, "5")):
        earn(person, hours, dt.date(2026, 4, day), mode="online", title=f"第{day}课")
    earn(person, "3", dt.date(2025, 12, 31))
    line = selectors.lines_of(2026)["members"]
    found = explain(person, line, TODAY)
    assert found is not None
    row = standing(person, "members")
    assert (found.progress.counted, found.progress.total) == (row.counted, row.total) == (20, 25)
    assert sum(item.counted for item in found.items) == row.counted
    reasons = {(item.mode, str(item.day)): item.reasons for item in found.not_counting}
    assert reasons == {
        ("class", "2025-12-31"): ("expired",),
        ("group", "2026-03-05"): ("overlap",),
        ("online", "2026-04-03"): ("over-cap",),
    }
    nothing = next(item for item in found.items if item.mode == "group")
    assert (nothing.uuid, nothing.gross, nothing.counted) == (None, 2, 0)
    assert all(item.labels for item in found.not_counting)
    assert [(lack.code, lack.amount) for lack in found.lacks] == [("hours", 12)]
    assert found.online_room == 0


def test_explain_names_the_mode_that_a_line_leaves_out_and_the_minimum_that_is_short(
    policy: GoalPolicy, tree: County
) -> None:
    person = make_member(tree.branch)
    line = selectors.lines_of(2026)["members"]
    GoalLine.objects.filter(pk=line.pk).update(modes=["class"], category_minima={"discipline": "4"})
    line.refresh_from_db()
    earn(person, "2", dt.date(2026, 3, 1), category="discipline")
    earn(person, "2", dt.date(2026, 3, 2), mode="group")
    found = explain(person, line, TODAY)
    assert found is not None
    assert [item.reasons for item in found.items] == [(), ("mode",)]
    assert found.items[0].minima == ("category:discipline",)
    assert {(lack.code, lack.name, lack.amount) for lack in found.lacks} == {
        ("hours", "", D(30)),
        ("category", "discipline", D(2)),
    }
    assert all("discipline" not in lack.label for lack in found.lacks)


def test_explain_tells_late_from_early_for_a_deadline(policy: GoalPolicy, tree: County) -> None:
    secretary = make_member(tree.branch)
    appoint(secretary, dt.date(2026, 3, 1))
    for day in (dt.date(2026, 2, 1), dt.date(2026, 10, 1)):
        earn(secretary, "8", day)
    found = explain(secretary, selectors.lines_of(2026)["secretaries"], TODAY)
    assert found is not None
    assert [item.reasons for item in found.items] == [("expired",), ("late",)]
    assert not any(item.is_class for item in found.items)
    assert [lack.code for lack in found.lacks] == ["classes"]


def test_explain_says_that_months_were_taken_off(policy: GoalPolicy, tree: County) -> None:
    person = make_member(tree.branch)
    line = selectors.lines_of(2026)["members"]
    services.exempt(
        member=person, reason="illness", starts_on=dt.date(2026, 1, 1), ends_on=dt.date(2026, 3, 31), by=None
    )
    found = explain(person, line, TODAY)
    assert found is not None
    assert (found.adjusted, found.progress.required, len(found.exemptions)) == (("exempt-months",), 24, 1)


def test_explain_an_earlier_day_by_what_was_known_then(policy: GoalPolicy, tree: County) -> None:
    with time_machine.travel(dt.datetime(2026, 3, 1, 4, tzinfo=dt.UTC), tick=False):
        person = make_member(tree.branch)
        earn(person, "2", dt.date(2026, 3, 1))
    earn(person, "4", dt.date(2026, 3, 2))
    line = selectors.lines_of(2026)["members"]
    then, now = explain(person, line, dt.date(2026, 5, 1)), explain(person, line, TODAY)
    assert then is not None
    assert now is not None
    assert (then.progress.counted, now.progress.counted) == (2, 6)
    assert explain(person, line, dt.date(2026, 2, 1)) is None


def test_explain_nothing_to_whom_the_line_does_not_bind(policy: GoalPolicy, tree: County) -> None:
    assert explain(make_member(tree.branch), selectors.lines_of(2026)["leaders"], TODAY) is None
