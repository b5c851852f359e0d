"""A year of a county lived through at random: nothing is falsified, and bugs seeded on purpose are found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from lms.goals import progress, rerated
from lms.goals import services as goal_services
from lms.goals.models import Exemption, Rollup
from lms.hours import ledger, rerating
from lms.hours import services as rules
from lms.members.hooks import members_changed
from lms.members.models import Unit
from lms.reports import adjustments
from lms.reports.rollup import Row
from lms.training import claims
from tests.reports.county_machine import CountyMachine, LivedInMachine

QUICK = settings(
    max_examples=12,
    stateful_step_count=10,
    phases=[Phase.generate],
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
HUNT = settings(QUICK, max_examples=60, print_blob=False)


@pytest.mark.django_db
def test_any_year_of_a_county_is_what_the_telling_says() -> None:
    run_state_machine_as_test(CountyMachine, settings=QUICK)


# -- bugs, each put in on purpose ------------------------------------------------------


def a_revoked_claim_keeps_its_hours(patch: pytest.MonkeyPatch) -> None:
    honest = claims.ledger.post
    patch.setattr(claims.ledger, "post", lambda *credits, by: honest(*(c for c in credits if c.hours), by=by))


def a_withdrawn_exemption_still_frees(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(progress.people, "exemptions_known", lambda known_on: Exemption.objects.all())


def an_exempt_person_can_meet_the_goal(patch: pytest.MonkeyPatch) -> None:
    honest = progress.evaluate
    patch.setattr(progress, "evaluate", lambda *a, exempt, due_on: honest(*a, exempt=False, due_on=due_on))


def goals_are_replaced_without_a_new_verdict(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(goal_services.progress, "rebuild", lambda policy: None)


def a_transfer_leaves_the_boards(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(members_changed, "_functions", [])


def a_rule_rewrites_the_hours_that_stand(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "would_bind_from", lambda rule: rule.effective_from)


def a_re_rating_forgets_the_ledger(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rerating, "_write", lambda run: None)


def a_re_rating_forgets_the_boards(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rerated, "_differences", lambda run_id: {})


def a_re_rating_forgets_that_the_rule_binds(patch: pytest.MonkeyPatch) -> None:
    honest, calls = rerating._bind, iter(range(10**6))
    patch.setattr(rerating, "_bind", lambda rule: honest(rule) if next(calls) == 0 else None)


def a_rejected_re_rating_is_released(patch: pytest.MonkeyPatch) -> None:
    honest = rerating.reject

    def deaf(*, run: Any, by: Any, reason: str) -> Any:
        honest(run=run, by=by, reason=reason)
        type(run).objects.filter(pk=run.pk).update(state="approved")
        return rerating.work(run=run)

    patch.setattr(rerating, "reject", deaf)


def the_past_knows_what_came_later(patch: pytest.MonkeyPatch) -> None:
    honest = progress.totals.of_members
    patch.setattr(progress.totals, "of_members", lambda ids, year, **_when: honest(ids, year))


def a_closed_year_moves_with_the_boards(patch: pytest.MonkeyPatch) -> None:
    def live(closing: Any, unit: Unit) -> Any:
        sums = Rollup.objects.filter(unit=unit, line__policy__year=2026).order_by("line").values_list("hours", "met")
        return [Row(unit, tuple(sums), ())], None  # type: ignore[arg-type]

    patch.setattr(adjustments, "frozen", live)


def a_correction_keeps_the_old_mark(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ledger, "_facts", lambda row: (row.source,))


BUGS = [
    a_revoked_claim_keeps_its_hours,
    a_withdrawn_exemption_still_frees,
    an_exempt_person_can_meet_the_goal,
    goals_are_replaced_without_a_new_verdict,
    a_transfer_leaves_the_boards,
    a_rule_rewrites_the_hours_that_stand,
    a_re_rating_forgets_the_ledger,
    a_re_rating_forgets_the_boards,
    a_re_rating_forgets_that_the_rule_binds,
    a_rejected_re_rating_is_released,
    the_past_knows_what_came_later,
    a_closed_year_moves_with_the_boards,
    a_correction_keeps_the_old_mark,
]


@pytest.mark.django_db
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_a_seeded_bug_is_found(bug: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    bug(monkeypatch)
    with pytest.raises(Exception) as found:  # noqa: PT011 (whatever way it shows)
        run_state_machine_as_test(LivedInMachine, settings=HUNT)
    assert not isinstance(found.value, AttributeError | NameError | TypeError), "the bug itself is broken"
