"""The life of a claim, without Django: which act leads where, and which level decides.

Sources: issue "hours that can be defended" (branch → town → county, approval limits, appeal in 15 days); reliability case
19: who raises hours of his own people is confirmed by the level above.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

BRANCH, TOWN, COUNTY = "branch", "town", "county"
LEVELS = (BRANCH, TOWN, COUNTY)

DRAFT, WAITING, RETURNED, APPROVED = "draft", "waiting", "returned", "approved"
REFUSED, WITHDRAWN, REVOKED = "refused", "withdrawn", "revoked"

SUBMIT, APPROVE, RETURN, REFUSE = "submit", "approve", "return", "refuse"
APPEAL, WITHDRAW, REVOKE = "appeal", "withdraw", "revoke"
DECISIONS = (APPROVE, RETURN, REFUSE)

APPEAL_TIME = dt.timedelta(days=15)

# What may be done in a state. Where it leads is fixed but for an approval, which may be one of several.
MOVES: dict[tuple[str, str], str] = {
    (DRAFT, SUBMIT): WAITING,
    (DRAFT, WITHDRAW): WITHDRAWN,
    (RETURNED, SUBMIT): WAITING,
    (RETURNED, WITHDRAW): WITHDRAWN,
    (WAITING, APPROVE): APPROVED,
    (WAITING, RETURN): RETURNED,
    (WAITING, REFUSE): REFUSED,
    (WAITING, WITHDRAW): WITHDRAWN,
    (REFUSED, APPEAL): WAITING,
    (APPROVED, REVOKE): REVOKED,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Up to how many 学时 of one claim a branch and a town may approve alone; above that the county decides."""

    branch: Decimal
    town: Decimal

    def suffices(self, level: str, hours: Decimal) -> bool:
        """Whether a level's approval is the last one needed."""
        if level == BRANCH:
            return hours <= self.branch
        return level == COUNTY or hours <= self.town


def level_above(level: str) -> str | None:
    """The next level; None above the county."""
    at = LEVELS.index(level) + 1
    return LEVELS[at] if at < len(LEVELS) else None


def first_level(held: Collection[str]) -> str:
    """Where a claim begins: above the highest level that the claimant or the submitter holds over the member's unit.

    Their own level has spoken by submitting (case 19); at the county it is another officer of the county.
    """
    highest = highest_level(held)
    return BRANCH if highest is None else level_above(highest) or COUNTY


def highest_level(held: Collection[str]) -> str | None:
    """The highest of some levels; None of none."""
    return max(held, key=LEVELS.index, default=None)


def reaches(held: Collection[str], level: str) -> bool:
    """Whether a person of these levels may decide at ``level``: his own, or one above it (a branch may have nobody)."""
    return any(LEVELS.index(own) >= LEVELS.index(level) for own in held)


def after_approval(level: str, hours: Decimal, limits: Limits) -> tuple[str, str]:
    """(state, level) of a claim that ``level`` has approved: done, or waiting at the level above."""
    above = level_above(level)
    if above is None or limits.suffices(level, hours):
        return APPROVED, level
    return WAITING, above


def may_appeal(level: str, refused_at: dt.datetime, now: dt.datetime) -> bool:
    """Whether a refusal can still be taken to the level above: within 15 days, and not above the county."""
    return level_above(level) is not None and now - refused_at <= APPEAL_TIME
