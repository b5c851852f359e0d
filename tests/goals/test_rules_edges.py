"""The edges of goals: first and last days, full caps, empty sums, and every figure of a verdict."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from lms.core.hours import ZERO
from lms.goals import rules
from lms.goals.audience import Person, due, spans_of
from lms.goals.rules import Period, Progress, Requirement, RoleRule, Share, evaluate
from tests.goals.test_rules_audience import LEADERS, MEMBERS, NEW_SECRETARY, PERSON, asked, day, someone

D = Decimal
JUNE = (2026, 6)
HALF_ONLINE = Requirement(D(32), 1, {"online": 50})


def test_a_verdict_tells_every_figure() -> None:
    learnt = {("online", "skills"): D(18), ("online", "party"): D(2), ("class", "party"): D(4)}
    assert evaluate(HALF_ONLINE, learnt, 1, due_on=day(6, 30)) == Progress(
        total=D(24),
        online=D(20),
        counted=D(20),
        over_cap=D(4),
        classes=1,
        exempt=False,
        met=False,
        missing_hours=D(12),
        missing_classes=0,
        required=D(32),
        required_classes=1,
        over_caps={"online": D(4)},
        shortfalls={},
        due_on=day(6, 30),
    )


def test_who_has_nothing_yet_has_nothing_in_numbers() -> None:
    found = evaluate(HALF_ONLINE, {}, 0, exempt=True)
    assert (found.total, found.online, found.over_cap, found.exempt) == (ZERO, ZERO, ZERO, True)
    assert all(isinstance(figure, Decimal) for figure in (found.total, found.online, found.over_cap))


def test_a_category_is_added_up_over_its_modes() -> None:
    asked_for = replace(HALF_ONLINE, category_minima={"party": D(8)})
    learnt = {("class", "party"): D(5), ("visit", "party"): D(3)}
    assert evaluate(asked_for, learnt, 1).shortfalls == {}


def test_a_full_cap_is_none_and_a_cap_is_cut_to_hundredths() -> None:
    assert replace(HALF_ONLINE, mode_caps={"online": 100}).cap("online") is None
    assert HALF_ONLINE.cap("class") is None
    assert replace(HALF_ONLINE, mode_caps={"online": 99}).cap("online") == D("31.68")
    assert replace(HALF_ONLINE, hours=D("2.99"), mode_caps={"online": 50}).cap("online") == D("1.49")


def test_hours_that_just_fill_a_cap_are_all_counted() -> None:
    assert evaluate(HALF_ONLINE, {("online", "skills"): D(16)}, 0).over_caps == {}


def test_without_months_in_the_role_rule_no_month_is_other() -> None:
    window = day(1, 1), day(12, 31)
    assert rules.share_of(window, [(day(6, 1), None)], [], RoleRule.MAX) == Share(12, 12, 0)


def test_a_deadline_without_its_event_looks_at_the_year() -> None:
    year = day(1, 1), day(12, 31)
    assert rules.window_of(Period.DEADLINE, 2026, None, 6) == year
    assert rules.window_of(Period.YEAR, 2026, day(3, 1), 6) == year
    assert rules.window_of(Period.DEADLINE, 2026, day(3, 1)) == (day(3, 1), day(3, 1))


@pytest.mark.parametrize(
    ("start", "end", "touched"),
    [
        (day(6, 30), None, True),
        (day(7, 1), None, False),
        (day(1, 1), day(6, 1), True),
        (day(1, 1), day(5, 31), False),
    ],
)
def test_one_day_of_a_month_is_enough_to_touch_it(start: dt.date, end: dt.date | None, touched: bool) -> None:
    assert rules.touches([(start, end)], JUNE) is touched


@pytest.mark.parametrize(
    ("spans", "covered"),
    [
        ([(day(6, 1), day(6, 30))], True),
        ([(day(6, 1), day(6, 29))], False),
        ([(day(6, 2), None)], False),
        ([(day(5, 1), None)], True),
        ([(day(6, 1), day(6, 1)), (day(6, 2), day(6, 30))], True),
        ([(day(6, 1), day(6, 14)), (day(6, 16), day(6, 30))], False),
        ([(day(6, 10), day(6, 30)), (day(5, 1), day(6, 9))], True),
        ([(day(6, 1), None), (day(6, 1), day(6, 5))], True),
        ([(day(1, 1), day(5, 31)), (day(6, 1), day(6, 30))], True),
        ([(day(6, 1), day(6, 9)), (day(6, 1), None)], True),
    ],
)
def test_exemptions_cover_a_month_only_with_all_its_days(spans: list[rules.Span], covered: bool) -> None:
    assert rules.covers(spans, JUNE) is covered


def test_a_time_of_office_that_begins_on_the_day_is_unbroken_from_it() -> None:
    assert rules.begun_on([(day(6, 1), day(6, 30)), (day(7, 1), None)], day(7, 1)) == day(6, 1)
    assert rules.begun_on([(day(6, 1), day(6, 29)), (day(7, 1), None)], day(7, 1)) == day(7, 1)


def test_office_taken_today_binds_from_today() -> None:
    today = day(6, 1)
    assert asked(NEW_SECRETARY, someone(("secretary", today, None)), on=today).event_on == today
    assert due(replace(LEADERS, role_rule=RoleRule.MAX), someone(("secretary", today, None)), 2026, today)


@pytest.mark.parametrize(("left", "bound"), [(day(1, 1), True), (day(12, 31, 2025), False)])
def test_whoever_was_in_office_on_the_first_of_january_owes_it_all(left: dt.date, bound: bool) -> None:
    terms = replace(LEADERS, role_rule=RoleRule.MAX)
    found = due(terms, someone(("secretary", day(1, 1, 2024), left)), 2026, day(12, 31))
    assert (found is not None) is bound


@pytest.mark.parametrize(("confirmed", "bound"), [(day(1, 1, 2025), True), (day(12, 31, 2024), False)])
def test_a_deadline_on_the_first_of_january_belongs_to_the_year(confirmed: dt.date, bound: bool) -> None:
    terms = replace(NEW_SECRETARY, audience="confirmed", event="confirmed", months=12)
    assert (due(terms, replace(PERSON, confirmed_on=confirmed), 2026, day(6, 1)) is not None) is bound


def test_only_a_deadline_falls_due_and_a_share_is_told() -> None:
    found = asked(replace(LEADERS, role_rule=RoleRule.MONTHS), someone(("secretary", day(9, 1), None)))
    assert (found.due_on, found.share) == (None, Share(12, 4, 8))
    assert asked(MEMBERS, PERSON).due_on is None


def test_an_office_on_the_roster_of_someone_outside_the_party_binds_nobody() -> None:
    outside: Person = someone(("secretary", day(1, 1), None), category="candidate")
    assert spans_of("leaders", outside) == ()
