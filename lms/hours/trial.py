"""A version of a rule tried out: what members' hours of a year would be by it. Nothing is stored."""

from __future__ import annotations

import copy
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator

from lms.core.hours import ZERO
from lms.hours import evidence, ledger, totals
from lms.hours.conversion import Tariffs
from lms.hours.models import Assertion, CreditRule
from lms.hours.totals import Standing, Totals

__all__ = ["CreditRule", "table_of", "totals_under"]


def table_of(rule: CreditRule, year: int) -> Tariffs:
    """The table of rules as if one version had been the only one of its activity since 1 January of a year.

    So a draft for next month, or for next year, can be tried on a year's evidence as a whole.
    """
    tried = copy.copy(rule)
    tried.effective_from = dt.date(year, 1, 1)
    others = CreditRule.objects.published()
    replaced = others.filter(activity=rule.activity, effective_from__gte=tried.effective_from)
    return Tariffs(rules=others.exclude(pk__in=replaced.values("pk")), as_if=[tried])


def totals_under(rule: CreditRule, member_ids: Iterable[int], year: int) -> dict[int, Totals]:
    """A year's totals of some members, as ``totals.of_members`` gives them, by a rule that is tried for the whole year.

    Every source is recomputed from its evidence and every member-day priced as a set; a source behind which no evidence
    stands keeps what it asserts. Members without hours are absent. Raises NoRuleError. Call it by chunks.
    """
    ids = sorted(set(member_ids))
    return totals.summed(_standing(_asserted(table_of(rule, year), ids, year)))


def _asserted(tariffs: Tariffs, ids: list[int], year: int) -> Iterator[Assertion]:
    """What all sources of some members would assert of a year."""
    credits = {credit.source: credit for credit in evidence.credits(ids, tariffs) if credit.earned_on.year == year}
    yield from map(ledger.assertion, credits.values())
    stored = Assertion.objects.filter(
        member_id__in=ids, earned_on__gte=dt.date(year, 1, 1), earned_on__lte=dt.date(year, 12, 31)
    )
    yield from (row for row in stored.iterator() if not evidence.can_recompute(row.source))


def _standing(rows: Iterable[Assertion]) -> Iterator[Standing]:
    """What would stand of each activity, member-day by member-day."""
    days: defaultdict[tuple[int, dt.date], list[Assertion]] = defaultdict(list)
    for row in rows:
        days[row.member_id, row.earned_on].append(row)
    for asserted in days.values():
        prices = ledger.price(asserted)
        for row in asserted:
            if prices[row.source].hours > ZERO:
                yield Standing(row.member_id, row.mode, row.category, row.occasion, prices[row.source].hours)
