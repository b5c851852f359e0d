"""Domain §2, row by row, as worked examples named after their sources; then the awkward ones."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from lms.goals import rules
from lms.goals.audience import Audience, Due, Person, Terms, due
from lms.goals.rules import Event, Pairs, Period, Progress, Requirement, RoleRule, Span, evaluate, reference_day

D = Decimal
END = dt.date(2026, 12, 31)
PERSON = Person(member_id=1, unit_id=1, category="full")
MEMBERS = Terms("members", Audience.MEMBERS, Requirement(D(32), 0, {"online": 50}))
LEADERS = Terms("leaders", Audience.LEADERS, Requirement(D(56), 1, {"online": 50}, base=D(32)))
NEW_SECRETARY = Terms(
    "secretaries", Audience.SECRETARIES, Requirement(D(0), 1), period=Period.DEADLINE, event=Event.OFFICE, months=6
)
PROBATIONARY = replace(NEW_SECRETARY, key="probationary", audience=Audience.PROBATIONARY, event=Event.JOINED, months=12)
CONFIRMED = replace(NEW_SECRETARY, key="confirmed", audience=Audience.CONFIRMED, event=Event.CONFIRMED, months=12)
CANDIDATES = Terms(
    "candidates", Audience.CANDIDATES, Requirement(D(24), modes=frozenset(("class",))), period=Period.ONCE
)
TOWNSHIP = Terms("cadres-township", Audience.CADRES_TOWNSHIP, Requirement(D(90)))
COUNTY = Terms("cadres-county", Audience.CADRES_COUNTY, Requirement(D(550)), period=Period.FIVE_YEARS)
CADRES_ONLINE = Terms("cadres", Audience.CADRES, Requirement(D(50), modes=frozenset(("online",))))
HALF_ONLINE = {"online": 50}
MEMBER_LINE = Requirement(D(32), 0, HALF_ONLINE)
LEADER_LINE = Requirement(D(56), 1, HALF_ONLINE)
LINES = (MEMBERS, LEADERS, NEW_SECRETARY, PROBATIONARY, CONFIRMED, CANDIDATES, TOWNSHIP, COUNTY, CADRES_ONLINE)


def day(month: int, number: int, year: int = 2026) -> dt.date:
    return dt.date(year, month, number)


def someone(*offices: tuple[str, dt.date, dt.date | None], **facts: Any) -> Person:
    return replace(PERSON, offices=tuple((office, (start, end)) for office, start, end in offices), **facts)


def asked(terms: Terms, person: Person, year: int = 2026, on: dt.date | None = None) -> Due:
    found = due(terms, person, year, on or dt.date(year, 12, 31))
    assert found is not None
    return found


def bound(person: Person, on: dt.date = END) -> list[str]:
    return [terms.key for terms in LINES if due(terms, person, on.year, on) is not None]


def by_mode(requirement: Requirement, hours: dict[str, Decimal], classes: int, *, exempt: bool = False) -> Progress:
    """Hours by mode, all of one category."""
    pairs: Pairs = {(mode, "skills"): amount for mode, amount in hours.items()}
    return evaluate(requirement, pairs, classes, exempt=exempt)


# -- domain §2, row by row ------------------------------------------------------------------


@pytest.mark.parametrize("category", ["full", "probationary"])
def test_regulations_article_20_every_party_member_owes_32(category: str) -> None:
    found = asked(MEMBERS, someone(category=category))
    assert (found.requirement.hours, found.first, found.last) == (32, day(1, 1), END)


@pytest.mark.parametrize("office", ["secretary", "deputy", "committee"])
def test_plan_2019_secretaries_and_committees_owe_56_and_one_class(office: str) -> None:
    found = asked(LEADERS, someone((office, day(3, 1, 2024), None)))
    assert (found.requirement.hours, found.requirement.classes) == (56, 1)


def test_plan_2019_a_new_secretary_attends_a_class_within_six_months_of_taking_office() -> None:
    found = asked(NEW_SECRETARY, someone(("secretary", day(3, 15), None)))
    assert (found.first, found.due_on, found.requirement.classes) == (day(3, 15), day(9, 15), 1)


def test_plan_2019_the_six_months_run_on_into_the_next_year() -> None:
    person = someone(("secretary", day(10, 1), None))
    assert asked(NEW_SECRETARY, person).due_on == day(4, 1, 2027)
    assert asked(NEW_SECRETARY, person, 2027, day(2, 1, 2027)).first == day(10, 1)
    assert due(NEW_SECRETARY, person, 2028, day(2, 1, 2028)) is None


def test_plan_2019_a_secretary_elected_again_is_not_new() -> None:
    person = someone(("secretary", day(3, 1, 2021), day(2, 28)), ("secretary", day(3, 1), None))
    assert due(NEW_SECRETARY, person, 2026, END) is None
    gap = someone(("secretary", day(3, 1, 2021), day(2, 27)), ("secretary", day(3, 1), None))
    assert asked(NEW_SECRETARY, gap).event_on == day(3, 1)


def test_plan_2019_a_deputy_has_no_class_of_new_secretaries() -> None:
    assert "secretaries" not in bound(someone(("deputy", day(3, 1), None)))


def test_plan_2019_a_probationary_member_owes_32_and_a_class_in_the_year_of_probation() -> None:
    person = someone(category="probationary", joined_on=day(5, 20))
    assert bound(person) == ["members", "probationary"]
    assert asked(PROBATIONARY, person).due_on == day(5, 20, 2027)


def test_plan_2019_a_confirmed_member_owes_a_class_within_a_year() -> None:
    person = someone(joined_on=day(6, 30, 2025), confirmed_on=day(6, 30))
    assert bound(person) == ["members", "confirmed"]
    assert asked(CONFIRMED, person).due_on == day(6, 30, 2027)
    assert due(CONFIRMED, person, 2028, day(1, 1, 2028)) is None


def test_a_day_of_confirmation_still_ahead_binds_nobody() -> None:
    assert due(CONFIRMED, someone(confirmed_on=day(6, 30)), 2026, day(6, 29)) is None
    assert due(CONFIRMED, someone(), 2026, END) is None


def test_development_rules_article_17_a_candidate_owes_24_hours_of_class_once() -> None:
    person = someone(category="candidate")
    assert bound(person) == ["candidates"]
    found = asked(CANDIDATES, person)
    assert found.first == dt.date.min
    pairs = {("class", "theory"): D(24), ("online", "theory"): D(30)}
    assert evaluate(found.requirement, pairs, 1).met
    assert not evaluate(found.requirement, {**pairs, ("class", "theory"): D("23.5")}, 1).met


def test_domain_2_activists_owe_nothing() -> None:
    assert bound(someone(category="activist")) == []


def test_regulations_article_23_the_exempt_are_bound_but_outside() -> None:
    assert asked(MEMBERS, someone(exemptions=((day(1, 1), END),))).exempt


def test_cadre_rules_2023_township_cadres_owe_90_a_year() -> None:
    assert asked(TOWNSHIP, someone(cadre_rank="township")).requirement.hours == 90
    assert "cadres-county" not in bound(someone(cadre_rank="township"))


def test_cadre_rules_2023_county_cadres_owe_550_in_the_five_years_that_end_with_this_one() -> None:
    found = asked(COUNTY, someone(cadre_rank="county"))
    assert (found.requirement.hours, found.first, found.last) == (550, day(1, 1, 2022), END)
    assert "cadres-township" not in bound(someone(cadre_rank="county"))


@pytest.mark.parametrize("rank", ["township", "county"])
def test_cadre_plan_2023_the_50_online_hours_have_a_counter_of_their_own(rank: str) -> None:
    found = asked(CADRES_ONLINE, someone(cadre_rank=rank))
    progress = evaluate(found.requirement, {("online", "theory"): D(50), ("class", "skills"): D(40)}, 3)
    assert (progress.total, progress.counted, progress.met) == (50, 50, True)


# -- the awkward ones --------------------------------------------------------------------------


def test_secretary_and_civil_servant_at_once_stands_under_every_line() -> None:
    person = someone(("secretary", day(2, 1), None), cadre_rank="township")
    assert bound(person) == ["members", "leaders", "secretaries", "cadres-township", "cadres"]


ELECTED_IN_SEPTEMBER = someone(("secretary", day(9, 10), None))
LEFT_IN_JUNE = someone(("secretary", day(1, 1, 2020), day(6, 10)))


@pytest.mark.parametrize(
    ("rule", "elected", "left"),
    [(RoleRule.MAX, 56, 56), (RoleRule.MONTHS, 40, 44), (RoleRule.LAST_DAY, 56, None)],
)
def test_elected_in_september_by_three_policies(rule: RoleRule, elected: int, left: int | None) -> None:
    """Months: 56 × 4/12 + 32 × 8/12 = 40; left in June: 56 × 6/12 + 32 × 6/12 = 44. The month of the change counts whole."""
    terms = replace(LEADERS, role_rule=rule)
    assert asked(terms, ELECTED_IN_SEPTEMBER).requirement.hours == elected
    found = due(terms, LEFT_IN_JUNE, 2026, END)
    assert (found.requirement.hours if found else None) == left
    if found:
        assert found.requirement.classes == 1


def test_before_the_election_no_policy_knows_of_it() -> None:
    for rule in RoleRule:
        assert due(replace(LEADERS, role_rule=rule), ELECTED_IN_SEPTEMBER, 2026, day(9, 9)) is None


def test_who_left_office_last_year_owes_nothing_as_a_leader() -> None:
    person = someone(("secretary", day(1, 1, 2020), day(12, 31, 2025)))
    for rule in RoleRule:
        assert due(replace(LEADERS, role_rule=rule), person, 2026, END) is None


def test_the_cap_on_online_study_follows_what_the_person_owes() -> None:
    found = asked(replace(LEADERS, role_rule=RoleRule.MONTHS), ELECTED_IN_SEPTEMBER)
    assert found.requirement.cap("online") == 20


def test_exempt_from_april_is_outside_from_then_on_and_owes_a_quarter_before() -> None:
    person = someone(exemptions=((day(4, 1), END),))
    before = asked(MEMBERS, person, on=day(3, 31))
    assert (before.exempt, before.requirement.hours) == (False, 8)
    assert asked(MEMBERS, person, on=day(4, 1)).exempt
    assert asked(MEMBERS, person).exempt


def test_exempt_until_march_owes_the_other_nine_months() -> None:
    person = someone(exemptions=((day(1, 1), day(3, 31)),))
    found = asked(MEMBERS, person)
    assert (found.exempt, found.requirement.hours) == (False, 24)
    assert asked(replace(MEMBERS, exempt_by_month=False), person).requirement.hours == 32


def test_a_month_is_off_only_when_exemptions_have_all_its_days() -> None:
    assert asked(MEMBERS, someone(exemptions=((day(1, 2), day(2, 28)),))).requirement.hours == D("29")
    two = ((day(1, 1), day(1, 20)), (day(1, 21), day(2, 27)))
    assert asked(MEMBERS, someone(exemptions=two)).requirement.hours == D("29")
    assert asked(MEMBERS, someone(exemptions=((day(1, 1), day(1, 30)),))).requirement.hours == 32


def test_five_years_lose_a_sixtieth_a_month() -> None:
    person = someone(cadre_rank="county", exemptions=((day(1, 1, 2023), day(12, 31, 2023)),))
    assert asked(COUNTY, person).requirement.hours == 440


def test_a_secretary_exempt_for_the_months_of_the_office_owes_the_members_goal_for_the_rest() -> None:
    person = replace(LEFT_IN_JUNE, exemptions=((day(1, 1), day(6, 30)),))
    assert asked(replace(LEADERS, role_rule=RoleRule.MONTHS), person).requirement.hours == 16


def test_minima_are_divided_like_the_hours() -> None:
    asks = Requirement(D(32), category_minima={"discipline": D(4)}, mode_minima={"class": D(8)})
    person = someone(exemptions=((day(1, 1), day(3, 31)),))
    found = asked(replace(MEMBERS, requirement=asks), person).requirement
    assert (found.category_minima, found.mode_minima) == ({"discipline": 3}, {"class": 6})


def test_29_february_falls_due_on_the_last_of_february() -> None:
    assert rules.add_months(dt.date(2024, 2, 29), 12) == dt.date(2025, 2, 28)
    assert rules.add_months(dt.date(2024, 2, 29), 48) == dt.date(2028, 2, 29)
    assert rules.add_months(dt.date(2023, 8, 31), 6) == dt.date(2024, 2, 29)
    assert rules.add_months(dt.date(2026, 7, 31), 6) == dt.date(2027, 1, 31)
    person = someone(confirmed_on=dt.date(2024, 2, 29))
    assert asked(CONFIRMED, person, 2024).due_on == dt.date(2025, 2, 28)


def test_29_february_belongs_to_its_month() -> None:
    assert not rules.covers([(dt.date(2024, 2, 1), dt.date(2024, 2, 28))], (2024, 2))
    assert rules.covers([(dt.date(2024, 2, 1), dt.date(2024, 2, 29))], (2024, 2))


# -- hours, classes, caps and minima -----------------------------------------------------------------------------


def test_article_20_a_member_owes_32_hours_a_year() -> None:
    assert by_mode(MEMBER_LINE, {"class": D(32)}, 1).met
    short = by_mode(MEMBER_LINE, {"class": D("31.75")}, 1)
    assert not short.met
    assert short.missing_hours == D("0.25")


def test_article_20_a_leader_owes_56_hours_and_one_class() -> None:
    assert by_mode(LEADER_LINE, {"class": D(8), "group": D(48)}, 1).met
    no_class = by_mode(LEADER_LINE, {"group": D(56)}, 0)
    assert not no_class.met
    assert (no_class.missing_hours, no_class.missing_classes) == (0, 1)


def test_domain_2_own_online_study_fills_at_most_half_of_the_goal() -> None:
    progress_ = by_mode(MEMBER_LINE, {"online": D(20), "group": D(10)}, 0)
    assert (progress_.counted, progress_.over_cap, progress_.missing_hours) == (26, 4, 6)


def test_domain_2_the_county_can_lift_the_cap_or_leave_online_study_out() -> None:
    assert by_mode(Requirement(D(32), 0, {"online": 100}), {"online": D(40)}, 0).met
    assert by_mode(Requirement(D(32), 0, {"online": 0}), {"online": D(40)}, 0).counted == 0


def test_article_23_the_exempt_are_outside_and_never_missing() -> None:
    outside = by_mode(MEMBER_LINE, {}, 0, exempt=True)
    assert not outside.met
    assert outside.missing_hours == 0


def test_offices_are_looked_at_today_or_on_the_last_of_december() -> None:
    assert reference_day(2026, dt.date(2026, 11, 22)) == dt.date(2026, 11, 22)
    assert reference_day(2025, dt.date(2026, 11, 22)) == dt.date(2025, 12, 31)
    assert reference_day(2027, dt.date(2026, 11, 22)) == dt.date(2027, 1, 1)


def test_a_minimum_by_category_is_asked_beside_the_total() -> None:
    asks = Requirement(D(10), category_minima={"discipline": D(4)})
    short = evaluate(asks, {("class", "skills"): D(12), ("class", "discipline"): D(3)}, 0)
    assert (short.met, short.missing_hours, short.shortfalls) == (False, 0, {"category:discipline": 1})
    assert evaluate(asks, {("class", "skills"): D(6), ("group", "discipline"): D(4)}, 0).met


def test_a_minimum_by_mode_is_asked_beside_the_total() -> None:
    asks = Requirement(D(10), mode_minima={"visit": D(4), "class": D(2)})
    short = evaluate(asks, {("visit", "history"): D("3.5"), ("group", "skills"): D(9)}, 0)
    assert short.shortfalls == {"mode:class": 2, "mode:visit": D("0.5")}


def test_each_mode_has_a_cap_of_its_own() -> None:
    asks = Requirement(D(32), mode_caps={"online": 50, "visit": 25})
    found = evaluate(asks, {("online", "skills"): D(20), ("visit", "history"): D(10), ("class", "skills"): D(6)}, 0)
    assert (found.over_caps, found.over_cap, found.counted) == ({"online": 4, "visit": 2}, 6, 30)


def test_a_mode_that_the_rules_do_not_know_yet_counts_like_any_other() -> None:
    assert evaluate(Requirement(D(2)), {("reading", "skills"): D(2)}, 0).met


def test_the_exempt_lack_no_minimum() -> None:
    asks = Requirement(D(10), 1, category_minima={"discipline": D(4)})
    found = evaluate(asks, {}, 0, exempt=True)
    assert (found.met, found.missing_hours, found.missing_classes, found.shortfalls) == (False, 0, 0, {})


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(day(1, 1), day(1, 31)), (day(2, 1), None)], day(1, 1)),
        ([(day(1, 1), day(1, 30)), (day(2, 1), None)], day(2, 1)),
        ([(day(1, 1), day(3, 1)), (day(2, 1), None)], day(1, 1)),
        ([(day(1, 1), day(3, 1))], None),
    ],
)
def test_an_unbroken_time_begins_with_its_first_day(spans: list[Span], expected: dt.date | None) -> None:
    assert rules.begun_on(spans, day(6, 1)) == expected
