"""The county's completion by unit: one row a child unit, read from the roll-ups (as it is now) or recomputed (as of a day).

A row, in the order of ``COLUMNS``: ``unit`` (code), ``name``, ``members`` (whom the goal of all members names), ``exempt``,
``assessed`` (= members − exempt), ``met``, ``rate`` (met ÷ assessed), the same for leaders (支部书记和班子成员),
``average_hours`` (counted 学时 of the assessed ÷ assessed) and ``person_times`` (人次). Figures of domain §6.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from decimal import ROUND_DOWN, Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from lms.core import clock
from lms.core.hours import HUNDREDTH, ZERO
from lms.core.tables import Column
from lms.goals import progress, selectors
from lms.members.models import Unit
from lms.reports.models import YearClosing

MEMBERS, LEADERS = "members", "leaders"
COLUMNS = (
    Column("unit", _("编码")),
    Column("name", _("党组织"), 30),
    Column("members", _("党员总数")),
    Column("exempt", _("免考核人数")),
    Column("assessed", _("应训人数")),
    Column("met", _("党员达标人数")),
    Column("rate", _("党员达标率")),
    Column("leaders_assessed", _("书记班子应训")),
    Column("leaders_met", _("书记班子达标")),
    Column("leaders_rate", _("书记班子达标率")),
    Column("average_hours", _("人均学时")),
    Column("person_times", _("人次")),
)
SHARE = Decimal("0.0001")


def share(part: int, whole: int) -> Decimal | None:
    """``part`` of ``whole`` between 0 and 1, cut to four places; None of nobody."""
    return (Decimal(part) / whole).quantize(SHARE, rounding=ROUND_DOWN) if whole else None


@dataclass(slots=True)
class Sums:
    """What the rows are made of, for one audience."""

    members: int = 0
    exempt: int = 0
    met: int = 0
    assessed_hours: Decimal = ZERO
    person_times: int = 0
    zero: int = 0

    @property
    def assessed(self) -> int:
        return self.members - self.exempt

    def __sub__(self, other: Sums) -> Sums:
        return Sums(*(getattr(self, one.name) - getattr(other, one.name) for one in fields(self)))


@dataclass(frozen=True, slots=True)
class Row:
    """One unit's completion; ``direct``: only of the people who belong to the unit itself and to none below it."""

    unit: Unit
    of_members: Sums
    of_leaders: Sums
    direct: bool = False

    @property
    def name(self) -> str:
        return str(_("%(name)s（直属）") % {"name": self.unit.name}) if self.direct else self.unit.name

    def of(self, key: str) -> Sums | None:
        """The sums of a goal line by its key; None for a line that the board does not show."""
        return {MEMBERS: self.of_members, LEADERS: self.of_leaders}.get(key)

    @property
    def rate(self) -> Decimal | None:
        return share(self.of_members.met, self.of_members.assessed)

    @property
    def leaders_rate(self) -> Decimal | None:
        return share(self.of_leaders.met, self.of_leaders.assessed)

    @property
    def average_hours(self) -> Decimal | None:
        sums = self.of_members
        return (sums.assessed_hours / sums.assessed).quantize(HUNDREDTH, rounding=ROUND_DOWN) if sums.assessed else None

    def as_dict(self) -> dict[str, Any]:
        """The row by the names of the contract."""
        return dict(zip([column.name for column in COLUMNS], self.values(), strict=True))

    def values(self) -> tuple[Any, ...]:
        """The row in the order of ``COLUMNS``."""
        members, leaders = self.of_members, self.of_leaders
        return (
            self.unit.code,
            self.name,
            members.members,
            members.exempt,
            members.assessed,
            members.met,
            self.rate,
            leaders.assessed,
            leaders.met,
            self.leaders_rate,
            self.average_hours,
            members.person_times,
        )


@dataclass(frozen=True, slots=True)
class Completion:
    """A unit's report: its child units (itself when it has none) and its total.

    ``earlier``: as of a day before today; ``closing``: the year is closed, these are its frozen figures.
    """

    unit: Unit
    year: int
    as_of: dt.date
    rows: list[Row]
    total: Row
    earlier: bool = False
    closing: YearClosing | None = None

    def as_dict(self) -> dict[str, Any]:
        """The report by the names of the contract."""
        closed = {"closed_at": self.closing.closed_at.isoformat()} if self.closing else {}
        return {
            "unit": self.unit.code,
            "year": self.year,
            "as_of": self.as_of.isoformat(),
            **closed,
            "rows": [row.as_dict() for row in self.rows],
            "total": self.total.as_dict(),
        }


def completion(unit: Unit, year: int, as_of: dt.date | None = None) -> Completion:
    """The report of a unit: from the roll-ups as of now, recomputed from the ledger for an earlier day (slower)."""
    children = list(unit.get_children().order_by("path")) or [unit]
    today = clock.today()
    if as_of is None or as_of >= today:
        rows, total, day = _now(unit, children, year), _now(unit, [unit], year)[0], today
    else:
        rows, total, day = *_then(unit, children, year, as_of), as_of
    return Completion(unit, year, day, [*rows, *direct(total, rows)], total, earlier=day < today)


def direct(total: Row, rows: Sequence[Row]) -> Iterator[Row]:
    """The row of the people of the unit itself, where it has any: so that the rows add up."""
    left = rest(total, rows)
    if left.of_members.members or left.of_leaders.members:
        yield left


def rest(total: Row, rows: Sequence[Row]) -> Row:
    """What the children's rows leave of the total: the people of the unit itself."""
    members, leaders = total.of_members, total.of_leaders
    for row in rows:
        members, leaders = members - row.of_members, leaders - row.of_leaders
    return Row(total.unit, members, leaders, direct=True)


def _now(unit: Unit, units: Sequence[Unit], year: int) -> list[Row]:
    found = selectors.rollups([one.pk for one in units], year)

    def sums(one: Unit, audience: str) -> Sums:
        row = found.get((one.pk, audience))
        if row is None:
            return Sums()
        return Sums(row.members, row.exempt, row.met, Decimal(row.assessed_hours), row.occasions, row.zero)

    return [Row(one, sums(one, MEMBERS), sums(one, LEADERS)) for one in units]


def _then(unit: Unit, children: Sequence[Unit], year: int, day: dt.date) -> tuple[list[Row], Row]:
    """What was known at the end of a day: the hours, the roster, the offices and the exemptions of then."""
    rows = {child.path: Row(child, Sums(), Sums()) for child in children}
    total = Row(unit, Sums(), Sums())
    for path, key, standing in progress.standings_as_of(unit, year, day):
        child = next((row for prefix, row in rows.items() if path.startswith(prefix)), None)
        for row in (total, child):
            sums = row.of(key) if row is not None else None
            if sums is not None:
                _add(sums, standing)
    return list(rows.values()), total


def _add(sums: Sums, standing: Any) -> None:
    sums.members += 1
    sums.exempt += standing.exempt
    sums.met += standing.met
    sums.assessed_hours += ZERO if standing.exempt else standing.counted
    sums.person_times += standing.occasions
    sums.zero += not standing.exempt and standing.total == 0


def table(rows: Iterable[Row], total: Row) -> list[tuple[Any, ...]]:
    """The rows of a file, the total last."""
    last = list(total.values())
    last[1] = f"{total.unit.name} {_('合计')}"
    return [*(row.values() for row in rows), tuple(last)]
