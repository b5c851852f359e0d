"""The page of a closed year: each unit's frozen figures beside those with what was recorded since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from lms.core.tables import Column
from lms.members.models import Unit
from lms.reports import adjustments, rollup
from lms.reports.models import YearClosing
from lms.reports.rollup import Row

COLUMNS = (
    Column("unit", _("编码")),
    Column("name", _("党组织"), 30),
    Column("members", _("党员总数")),
    Column("exempt", _("免考核人数")),
    Column("assessed", _("应训人数")),
    Column("met", _("达标人数（结转）"), 16),
    Column("rate", _("达标率（结转）"), 16),
    Column("met_now", _("达标人数（含调整）"), 18),
    Column("rate_now", _("达标率（含调整）"), 18),
    Column("leaders_assessed", _("书记班子应训"), 14),
    Column("leaders_met", _("书记班子达标（结转）"), 20),
    Column("leaders_met_now", _("书记班子达标（含调整）"), 22),
    Column("person_times", _("人次（结转）"), 14),
    Column("person_times_now", _("人次（含调整）"), 16),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """One unit then (frozen) and now (with what was recorded since)."""

    then: Row
    now: Row

    @property
    def differs(self) -> bool:
        """Whether anything that was recorded since moves a figure of the unit."""
        return (self.then.of_members, self.then.of_leaders) != (self.now.of_members, self.now.of_leaders)


@dataclass(frozen=True, slots=True)
class Figures:
    """The children of a unit as the tree was, its whole, and the ledger lines posted since."""

    rows: list[Pair]
    total: Pair
    lines: QuerySet[Any]


def figures(closing: YearClosing, unit: Unit) -> Figures:
    """A unit's figures by the closing of a year."""
    rows, total = adjustments.frozen(closing, unit)
    now, whole = adjustments.adjusted(closing, rows, total)
    pairs = [Pair(*pair) for pair in zip(rows, now, strict=True)]
    if any(True for _row in rollup.direct(total, rows)):
        pairs.append(Pair(rollup.rest(total, rows), rollup.rest(whole, now)))
    return Figures(pairs, Pair(total, whole), adjustments.lines(closing, total.unit.path))


def table(found: Figures) -> Iterator[tuple[Any, ...]]:
    """The figures in the order of ``COLUMNS``, the whole last."""
    for pair in (*found.rows, found.total):
        members, leaders, now = pair.then.of_members, pair.then.of_leaders, pair.now
        yield (
            *(pair.then.unit.code, pair.then.name, members.members, members.exempt, members.assessed),
            *(members.met, pair.then.rate, now.of_members.met, now.rate),
            *(leaders.assessed, leaders.met, now.of_leaders.met),
            *(members.person_times, now.of_members.person_times),
        )
