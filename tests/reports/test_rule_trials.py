"""A version of a rule tried for a year: hours recomputed from evidence, verdicts beside those that stand, nothing moved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from lms.goals.models import Standing
from lms.hours import ledger, services, totals
from lms.hours.models import Assertion, CreditRule, HourEntry
from lms.hours.trial import totals_under
from lms.members.models import AuditEntry, Member
from lms.reports import trials
from lms.reports.models import GoalTrial, TrialChange
from tests.conftest import County
from tests.factories import make_credit
from tests.worker import work_off_the_queue

pytestmark = pytest.mark.django_db
Login = Callable[[str], Client]


def draft(full_day: str = "4.00", activity: str = "class", since: dt.date = dt.date(2026, 12, 1)) -> CreditRule:
    """A whole day of class is worth less (8 学时 by the rule in force), from next month."""
    return services.save_draft(rule=CreditRule(activity=activity, effective_from=since, full_day=full_day), by=None)


def everybody() -> list[int]:
    return list(Member.objects.values_list("pk", flat=True))


def outcome(rule: CreditRule) -> tuple[GoalTrial, trials.Outcome]:
    trial = trials.work(trial=trials.begin(draft=rule, year=2026, by=None))
    assert trial.state == GoalTrial.State.DONE
    return trial, next(one for one in trials.result(trial) if one.key == "members")


# -- hours under a rule -----------------------------------------------------------------------


def test_by_the_rule_in_force_the_evidence_gives_what_stands(lived: County) -> None:
    standing = totals.of_members(everybody(), 2026)
    assert standing
    for rule in CreditRule.objects.published():
        assert totals_under(rule, everybody(), 2026) == standing


def test_a_draft_prices_the_whole_year_as_if_since_1_january(lived: County) -> None:
    grower = Member.objects.get(name="李大山")
    found = totals_under(draft(), [grower.pk], 2026)[grower.pk]
    assert found.by_mode["class"] == Decimal("16.00")
    assert found.classes == totals.of_members([grower.pk], 2026)[grower.pk].classes


def test_a_day_is_priced_as_a_set_under_the_draft(lived: County) -> None:
    """A rule that gives more is cut by the day's cap, and what it trims of others comes off too."""
    grower = Member.objects.get(name="李大山")
    found = totals_under(draft("12.00"), [grower.pk], 2026)[grower.pk]
    assert found.by_mode["class"] == Decimal("32.00")


def test_hours_without_evidence_keep_what_they_assert(lived: County) -> None:
    grower = Member.objects.get(name="李大山")
    before = totals_under(draft(), [grower.pk], 2026)[grower.pk].hours
    ledger.post(make_credit(grower, "3.00", earned_on=dt.date(2026, 7, 1), source="paper:1"), by=None)
    assert totals_under(draft(), [grower.pk], 2026)[grower.pk].hours == before + Decimal("3.00")


def test_another_year_is_another_year(lived: County) -> None:
    assert totals_under(draft(), everybody(), 2025) == {}


# -- the trial ----------------------------------------------------------------------------------


def test_a_rule_that_gives_less_shows_who_loses_and_how_the_rates_move(lived: County) -> None:
    trial, found = outcome(draft())
    assert (found.gain, found.lose) == (0, 1)
    assert [(row.name, row.met, row.met_then) for row in found.rows] == [
        (lived.town.label, 1, 0),
        (lived.other_town.label, 0, 0),
        (lived.root.label, 1, 0),
    ]
    change = TrialChange.objects.get(key="members")
    assert (change.member.name, change.was, change.becomes) == ("李大山", True, False)
    assert (trial.more, trial.less) == (0, 2)


def test_a_trial_of_a_rule_moves_nothing(lived: County) -> None:
    def stored() -> list[list[dict[str, object]]]:
        return [list(model.objects.order_by("pk").values()) for model in (HourEntry, Assertion, Standing)]

    before = stored()
    outcome(draft())
    assert stored() == before


@pytest.mark.parametrize("cuts", [1, 2, 3])
def test_a_trial_of_a_rule_that_is_cut_ends_as_one_that_was_not(
    lived: County, monkeypatch: pytest.MonkeyPatch, cuts: int
) -> None:
    rule = draft()
    whole, found = outcome(rule)
    monkeypatch.setattr(trials, "MEMBERS_A_STEP", 2)
    trial = trials.begin(draft=rule, year=2026, by=None)
    for _cut in range(cuts):
        trials.step(trial)
    trial = trials.work(trial=trial)
    assert (trial.sums, trial.more, trial.less) == (whole.sums, whole.more, whole.less)
    assert next(one for one in trials.result(trial) if one.key == "members") == found


def test_goal_trial_of_one_draft(lived: County) -> None:
    trial = trials.begin(draft=draft(), year=2026, by=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        GoalTrial.objects.filter(pk=trial.pk).update(rule=None)


def test_a_draft_that_is_thrown_away_takes_its_trials_along(lived: County) -> None:
    rule = draft()
    outcome(rule)
    services.discard_draft(rule=rule, by=None)
    assert not GoalTrial.objects.exists()


def test_the_county_tries_a_rule_on_the_desk(lived: County, login: Login) -> None:
    rule = draft()
    address = reverse("rule-trial", args=[rule.pk])
    client = login("county")
    assert client.post(address, {"year": "2026"}).status_code == 302
    assert "正在试算" in client.get(address).content.decode()
    progress = client.get(reverse("rule-trial-progress", args=[rule.pk]))
    assert reverse("rule-trial-progress", args=[rule.pk]) in progress.content.decode()
    assert work_off_the_queue() == 1
    page = client.get(address).content.decode()
    assert "李大山" in page
    assert "会减少的 2 人" in page
    assert AuditEntry.objects.get(action="rule.trial").actor == lived.users["county"]
    assert login("town").get(address).status_code == 404
