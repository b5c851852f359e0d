"""Evidence → ledger → standing, lived through at random: nothing is falsified, and bugs seeded on purpose are found."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from lms.core.hours import round_down
from lms.goals import progress
from lms.hours import hooks, ledger, rules
from lms.hours.models import Assertion
from tests.hours.machine import LedgerMachine

QUICK = settings(
    max_examples=40,
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
HUNT = settings(QUICK, max_examples=150, phases=[Phase.generate], print_blob=False)


@pytest.mark.django_db
def test_any_life_of_evidence_ends_in_the_same_ledger() -> None:
    run_state_machine_as_test(LedgerMachine, settings=QUICK)


# -- bugs, each put in on purpose ------------------------------------------------------


def overlap_is_counted_twice(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "subtract", lambda intervals, taken: rules.union(intervals))


def the_day_has_no_cap(patch: pytest.MonkeyPatch) -> None:
    honest = ledger.price_day
    patch.setattr(ledger, "price_day", lambda day, cap: honest(day, Decimal(24)))


def precedence_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "_rank", lambda claimed: (0, 0, claimed.source))


def a_trimmed_credit_is_not_rounded(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "round_down", lambda hours, step: round_down(hours, Decimal("0.01")))


def a_repeat_posts_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ledger, "_facts", lambda row: (object(),))
    patch.setattr(ledger, "_content", lambda entry: (object(),))


def the_day_that_was_left_is_not_settled(patch: pytest.MonkeyPatch) -> None:
    honest = ledger._assert

    def forgetful(credits: Any) -> Any:
        wanted = {(credit.member_id, credit.earned_on) for credit in credits}
        return honest(credits) & wanted

    patch.setattr(ledger, "_assert", forgetful)


def a_withdrawal_is_ignored(patch: pytest.MonkeyPatch) -> None:
    honest = ledger._checked
    patch.setattr(ledger, "_checked", lambda found: [credit for credit in honest(found) if credit.hours])


def the_neighbours_of_a_change_keep_their_price(patch: pytest.MonkeyPatch) -> None:
    honest = ledger._settle

    def selfish(days: Any, members: Any, by: Any) -> Any:
        newest = set(Assertion.objects.order_by("-id").values_list("source", flat=True)[:1])
        real = ledger._asserted_on
        patch.setattr(
            ledger,
            "_asserted_on",
            lambda wanted: {k: [r for r in v if r.source in newest] for k, v in real(wanted).items()},
        )
        try:
            return honest(days, members, by)
        finally:
            patch.setattr(ledger, "_asserted_on", real)

    patch.setattr(ledger, "_settle", selfish)


def a_correction_moves_to_the_new_unit(patch: pytest.MonkeyPatch) -> None:
    honest = ledger._agree

    def restless(row: Any, priced: Any, last: Any, member: Any, by: Any) -> Any:
        for line in honest(row, priced, last, member, by):
            line.unit_id = member.unit_id
            yield line

    patch.setattr(ledger, "_agree", restless)


def standings_do_not_follow_a_post(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(hooks.hours_settled, "_functions", [])


def roll_ups_forget_what_a_standing_was(patch: pytest.MonkeyPatch) -> None:
    honest = progress._note
    patch.setattr(
        progress, "_note", lambda moved, path, row, sign: honest(moved, path, row, sign) if sign > 0 else None
    )


def a_class_is_counted_once_a_session(patch: pytest.MonkeyPatch) -> None:
    honest = progress._standing

    def generous(line: Any, member: Any, earned: Any, exempt: bool) -> Any:
        earned.classes = earned.occasions
        return honest(line, member, earned, exempt)

    patch.setattr(progress, "_standing", generous)


BUGS: list[Callable[[pytest.MonkeyPatch], None]] = [
    overlap_is_counted_twice,
    the_day_has_no_cap,
    precedence_is_forgotten,
    a_trimmed_credit_is_not_rounded,
    a_repeat_posts_again,
    the_day_that_was_left_is_not_settled,
    a_withdrawal_is_ignored,
    the_neighbours_of_a_change_keep_their_price,
    a_correction_moves_to_the_new_unit,
    standings_do_not_follow_a_post,
    roll_ups_forget_what_a_standing_was,
    a_class_is_counted_once_a_session,
]


@pytest.mark.django_db
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_a_bug_seeded_on_purpose_is_found(bug: Callable[[pytest.MonkeyPatch], None]) -> None:
    with pytest.MonkeyPatch.context() as patch, pytest.raises((AssertionError, BaseExceptionGroup)):
        bug(patch)
        run_state_machine_as_test(LedgerMachine, settings=HUNT)
