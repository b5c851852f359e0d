"""Completion by unit: one row a child unit with the columns of the contract, and the total.

``board`` reads roll-up rows only, as many as units are shown. ``as_of`` computes the same rows live from the ledger, by
what was known at the end of a day. Both feed the page, the command and the exports.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from decimal import ROUND_DOWN, Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from lms.core.hours import HUNDREDTH, ZERO
from lms.core.tables import Column
from lms.goals import progress, selectors
from lms.goals.models import GoalLine, Rollup, Standing
from lms.members.models import Unit

MEMBERS, LEADERS = GoalLine.Audience.MEMBERS, GoalLine.Audience.LEADERS
SHARE_PLACES = Decimal("0.0001")

COLUMNS = [
    Column("unit", _("编码"), 14),
    Column("name", _("党组织"), 28),
    Column("members", _("党员总数"), 10),
    Column("exempt", _("免考核人数"), 12),
    Column("assessed", _("应考核人数"), 12),
    Column("met", _("达标人数"), 10),
    Column("rate", _("学时达标率"), 12),
    Column("leaders_assessed", _("书记班子应考核"), 15),
    Column("leaders_met", _("书记班子达标"), 14),
    Column("leaders_rate", _("书记班子达标率"), 15),
    Column("average_hours", _("人均学时"), 10),
    Column("person_times", _("参训人次"), 10),
]


@dataclass(slots=True)
class Sums:
    """What adds up over units: counts of people and occasions, 学时 that count of those assessed."""

    members: int = 0
    exempt: int = 0
    met: int = 0
    hours: Decimal = ZERO
    occasions: int = 0
    zero: int = 0
    leaders: int = 0
    leaders_exempt: int = 0
    leaders_met: int = 0

    def __add__(self, other: Sums) -> Sums:
        return Sums(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def __sub__(self, other: Sums) -> Sums:
        return Sums(*(getattr(self, one.name) - getattr(other, one.name) for one in fields(self)))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the board: a unit and the sums of everybody in and below it.

    ``direct`` marks the people who belong to the unit itself and to no unit below it, so that the rows add up to the total.
    """

    unit: Unit
    sums: Sums
    direct: bool = False

    @property
    def name(self) -> str:
        """The unit's name; people of the unit itself are told apart."""
        return str(_("%(name)s（直属）") % {"name": self.unit.label}) if self.direct else self.unit.label

    @property
    def assessed(self) -> int:
        """People whom the goal binds: members less the exempt (条例 art. 23)."""
        return self.sums.members - self.sums.exempt

    @property
    def rate(self) -> Decimal | None:
        """学时达标率 = met ÷ assessed, between 0 and 1, cut to four places; None when nobody is assessed."""
        return share(self.sums.met, self.assessed)

    @property
    def leaders_assessed(self) -> int:
        """Secretaries and committee members whom the goal binds."""
        return self.sums.leaders - self.sums.leaders_exempt

    @property
    def leaders_rate(self) -> Decimal | None:
        """书记班子达标率, as ``rate``."""
        return share(self.sums.leaders_met, self.leaders_assessed)

    @property
    def average_hours(self) -> Decimal:
        """人均学时: 学时 that count ÷ people assessed, rounded down to a hundredth."""
        if not self.assessed:
            return ZERO
        return (self.sums.hours / self.assessed).quantize(HUNDREDTH, rounding=ROUND_DOWN)

    def values(self) -> tuple[Any, ...]:
        """The row in the order of ``COLUMNS``."""
        return (
            self.unit.code,
            self.name,
            self.sums.members,
            self.sums.exempt,
            self.assessed,
            self.sums.met,
            self.rate,
            self.leaders_assessed,
            self.sums.leaders_met,
            self.leaders_rate,
            self.average_hours,
            self.sums.occasions,
        )

    def record(self) -> dict[str, Any]:
        """The row for JSON: numbers as numbers."""
        named = zip(COLUMNS, self.values(), strict=True)
        return {column.name: float(value) if isinstance(value, Decimal) else value for column, value in named}


def share(part: int, whole: int) -> Decimal | None:
    """part ÷ whole cut to four places, so that 99.996 % never reads as all; None of nothing."""
    return (Decimal(part) / whole).quantize(SHARE_PLACES, rounding=ROUND_DOWN) if whole else None


@dataclass(frozen=True, slots=True)
class Completion:
    """The rows of a unit's children, in tree order, and the unit's own total."""

    unit: Unit
    year: int
    rows: list[Row]
    total: Row

    def table(self) -> Iterator[tuple[Any, ...]]:
        """The rows and, last, the total, for export."""
        for row in self.rows:
            yield row.values()
        yield (self.unit.code, _("合计"), *self.total.values()[2:])


def board(unit: Unit, year: int) -> Completion:
    """Completion from roll-ups: two queries, however many people there are."""
    children = open_children(unit)
    stored = selectors.rollups([unit.pk, *(child.pk for child in children)], year)
    return _completion(unit, year, children, {one.pk: _of_rollups(stored, one.pk) for one in [unit, *children]})


def as_of(unit: Unit, year: int, day: dt.date) -> Completion:
    """Completion by what was known at the end of a day, computed from the ledger. The roster is today's."""
    children = open_children(unit)
    sums = {one.pk: Sums() for one in [unit, *children]}
    by_path = {child.path: child.pk for child in children}
    length = len(unit.path) + Unit.steplen
    for path, audience, standing in progress.standings_as_of(unit, year, day):
        part = _of_standing(audience, standing)
        sums[unit.pk] += part
        child = by_path.get(path[:length])
        if child is not None:
            sums[child] += part
    return _completion(unit, year, children, sums)


def open_children(unit: Unit) -> list[Unit]:
    """The units right below that are not closed, in tree order."""
    return list(unit.get_children().filter(closed_on__isnull=True).order_by("path"))


def _completion(unit: Unit, year: int, children: Iterable[Unit], sums: dict[int, Sums]) -> Completion:
    rows = [Row(child, sums[child.pk]) for child in children]
    rest = sums[unit.pk]
    for row in rows:
        rest -= row.sums
    if not rows or rest.members or rest.leaders:
        rows.append(Row(unit, rest, direct=bool(rows)))
    return Completion(unit, year, rows, Row(unit, sums[unit.pk]))


def _of_rollups(stored: dict[tuple[int, str], Rollup], unit_id: int) -> Sums:
    everybody = stored.get((unit_id, MEMBERS)) or Rollup()
    leaders = stored.get((unit_id, LEADERS)) or Rollup()
    return Sums(
        members=everybody.members,
        exempt=everybody.exempt,
        met=everybody.met,
        hours=Decimal(everybody.assessed_hours),
        occasions=everybody.occasions,
        zero=everybody.zero,
        leaders=leaders.members,
        leaders_exempt=leaders.exempt,
        leaders_met=leaders.met,
    )


def _of_standing(audience: str, row: Standing) -> Sums:
    if audience == LEADERS:
        return Sums(leaders=1, leaders_exempt=int(row.exempt), leaders_met=int(row.met))
    _one, exempt, met, _hours, assessed_hours, occasions, _reached, zero = progress.contribution(row)
    return Sums(1, exempt, met, assessed_hours, occasions, zero)
