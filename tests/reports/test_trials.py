"""The sandbox: a draft tried on a ledger shows who would gain or lose, binds nobody, and survives a cut."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from lms.goals import services as goals
from lms.goals.models import GoalPolicy, Standing
from lms.reports import trials
from lms.reports.models import GoalTrial, TrialChange
from tests.conftest import County
from tests.worker import work_off_the_queue

pytestmark = pytest.mark.django_db
Login = Callable[[str], Client]


def draft(hours: str, year: int = 2026) -> GoalPolicy:
    """Next to the published goals of 2026, a draft that asks other hours of all members."""
    policy = goals.draft_year(year=year, like=GoalPolicy.objects.get(year=2026, state="published"), by=None)
    line = policy.lines.get(key="members")
    line.required_hours = hours
    goals.save_line(line=line, by=None)
    return policy


def outcome(policy: GoalPolicy, year: int = 2026) -> trials.Outcome:
    trial = trials.work(trial=trials.begin(draft=policy, year=year, by=None))
    assert trial.state == GoalTrial.State.DONE
    return next(one for one in trials.result(trial) if one.key == "members")


def test_an_easier_goal_shows_who_gains_and_how_the_rates_move(lived: County) -> None:
    found = outcome(draft("8"))
    # 石桥镇: 李大山 has 32, 周建国 8; 王秀英 and 柳河镇 nothing; 陈德明 is exempt.
    assert [(row.name, row.met, row.met_then, row.assessed_then) for row in found.rows] == [
        (lived.town.label, 1, 2, 3),
        (lived.other_town.label, 0, 0, 1),
        (lived.root.label, 1, 2, 4),
    ]
    assert (found.gain, found.lose) == (1, 0)
    change = TrialChange.objects.get(key="members")
    assert (change.member.name, change.was, change.becomes) == ("周建国", False, True)


def test_a_harder_goal_shows_who_loses(lived: County) -> None:
    found = outcome(draft("40"))
    assert (found.gain, found.lose) == (0, 1)


def test_a_draft_of_next_year_is_tried_on_this_years_ledger(lived: County) -> None:
    assert outcome(draft("8", year=2027)).gain == 1


def test_a_trial_binds_nobody(lived: County) -> None:
    before = list(Standing.objects.order_by("pk").values())
    outcome(draft("8"))
    assert list(Standing.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("cuts", [1, 2, 3])
def test_a_trial_that_is_cut_ends_as_one_that_was_not(
    lived: County, monkeypatch: pytest.MonkeyPatch, cuts: int
) -> None:
    policy = draft("8")
    whole = outcome(policy)
    monkeypatch.setattr(trials, "MEMBERS_A_STEP", 2)
    trial = trials.begin(draft=policy, year=2026, by=None)
    for _cut in range(cuts):
        trials.step(trial)
    trials.work(trial=trial)
    (again,) = (one for one in trials.result(trial) if one.key == "members")
    assert again == whole


def test_a_trial_without_lines_or_ledger_is_refused(lived: County) -> None:
    empty = GoalPolicy.objects.create(year=2027, title="空草稿")
    with pytest.raises(trials.TrialRefused, match="no-lines"):
        trials.begin(draft=empty, year=2026, by=None)
    with pytest.raises(trials.TrialRefused, match="no-ledger"):
        trials.begin(draft=draft("8"), year=2019, by=None)


def test_the_county_tries_a_draft_on_the_desk(lived: County, login: Login) -> None:
    address = reverse("goal-trial", args=[draft("8").pk])
    client = login("county")
    assert client.post(address, {"year": "2026"}).status_code == 302
    assert "正在试算" in client.get(address).content.decode()
    assert work_off_the_queue() == 1
    page = client.get(address).content.decode()
    assert "周建国" in page
    assert "变为达标 1 人" in page
    assert login("town").get(address).status_code == 404
