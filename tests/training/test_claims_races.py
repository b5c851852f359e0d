"""Two approvers of one claim at the same moment, on PostgreSQL in live connections; with the lock off both go through."""

from __future__ import annotations

from functools import partial

import pytest

from lms.hours import totals
from lms.members.models import Member
from lms.training import claims
from lms.training import claims_selectors as reads
from lms.training.claim_models import Claim, ClaimEvent
from lms.training.errors import TrainingError
from tests.conftest import County, build_tree
from tests.factories import make_grant, make_member, make_user
from tests.training.claiming import sent
from tests.training.test_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
ROUNDS = 8


@pytest.fixture
def county() -> County:
    tree = build_tree()
    for name in ("first", "second"):
        tree.users[name] = make_user(name)
        make_grant(tree.users[name], "branch_secretary", tree.branch)
    return tree


@pytest.fixture
def claimant(county: County) -> Member:
    return make_member(county.branch, "王秀英", user=make_user("member"))


def clash(county: County, claimant: Member) -> tuple[int, int]:
    """Approve each claim by two people at once: (rounds with other than one approval, errors other than a refusal)."""
    wrong = strange = 0
    for _round in range(ROUNDS):
        claim = sent(claimant)
        acts = [partial(claims.approve, claim=claim, by=county.users[name]) for name in ("first", "second")]
        errors = at_once(*acts)
        strange += sum(not isinstance(error, TrainingError) for error in errors)
        wrong += ClaimEvent.objects.filter(claim=claim, act="approve").count() != 1
        assert Claim.objects.get(pk=claim.pk).state == "approved"
    return wrong, strange


def test_one_of_two_approvers_is_told_that_it_is_done(county: County, claimant: Member) -> None:
    assert clash(county, claimant) == (0, 0)
    [standing] = totals.standing(totals.entries(claimant.pk, 2026))
    assert standing.hours == 4


def test_control_without_the_lock_both_approve(
    county: County, claimant: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlocked(claim: Claim) -> Claim:
        return Claim.objects.select_related("member__unit", "member__user", "unit").get(pk=claim.pk)

    monkeypatch.setattr(claims, "_lock", unlocked)
    wrong, strange = clash(county, claimant)
    assert wrong + strange > 0


def test_approved_and_withdrawn_at_once_ends_in_one_of_the_two(county: County, claimant: Member) -> None:
    for _round in range(ROUNDS):
        claim = sent(claimant)
        errors = at_once(
            partial(claims.approve, claim=claim, by=county.users["first"]),
            partial(claims.withdraw, claim=claim, by=claimant.user),
        )
        assert [type(error) for error in errors] == [TrainingError]
        claim = Claim.objects.get(pk=claim.pk)
        posted = totals.of_occasion(reads.occasion_of(claim), [claimant.pk])
        asserted = totals.assertion_of(f"training.claim:{claim.pk}:2026-03-05")
        assert (asserted is not None) == (claim.state == "approved")
        assert posted == {} or claim.state == "approved"
